/* Exceptions: which vector, which error code, which RIP, in which order (SDM 3A chapter 6). */
#include "kit.h"


static void divide(void)
{
    static const char *const sdm = "3A 6.15 #DE; 2A DIV";
    exc("exc.de.div8-zero", sdm, U64, A64("xor ecx, ecx" MARK "div cl"), DE, NOERR);
    exc("exc.de.div16-zero", sdm, U64, A64("xor ecx, ecx" MARK "div cx"), DE, NOERR);
    exc("exc.de.div32-zero", sdm, K64, A64("xor ecx, ecx" MARK "div ecx"), DE, NOERR);
    exc("exc.de.div64-zero", sdm, K64, A64("xor ecx, ecx" MARK "div rcx"), DE, NOERR);
    exc("exc.de.div8-overflow", sdm, U64, A64("mov ax, 0x200\nmov cl, 2" MARK "div cl"), DE, NOERR);
    exc("exc.de.div64-overflow", sdm, U64, A64("mov edx, 1\nmov ecx, 1" MARK "div rcx"), DE, NOERR);
    exc("exc.de.idiv32-overflow", sdm, U64, A64("mov eax, 0x80000000\nmov edx, -1\nmov ecx, -1" MARK "idiv ecx"), DE, NOERR);
    exc("exc.de.idiv64-overflow", sdm, U64, A64("movabs rax, 0x8000000000000000\nmov rdx, -1\nmov rcx, -1" MARK "idiv rcx"), DE, NOERR);
    exc("exc.de.idiv8-zero", sdm, U32C, A32("xor ecx, ecx" MARK "idiv cl"), DE, NOERR);
    exc("exc.de.aam-zero", "2A AAM", U32C, A32("nop" MARK ".byte 0xd4, 0"), DE, NOERR);
    exc("exc.de.memory-operand-fault-first", "3A 6.9", U64, A64("movabs rdi, 0x800000000000\nxor eax, eax" MARK "div qword ptr [rdi]"), GP, 0);
}

static void traps(void)
{
    exc("exc.bp.int3", "3A 6.15 #BP", U64, A64("int3" MARK), BP, NOERR);
    exc("exc.bp.cd03", "2A INT n", U64, A64(".byte 0xcd, 3" MARK), BP, NOERR);
    exc("exc.bp.kernel", "3A 6.15 #BP", K64, A64("nop\nint3" MARK), BP, NOERR);
    exc("exc.of.into", "3A 6.15 #OF", U32C, A32("mov al, 0x7f\ninc al\n.byte 0xce" MARK), OF, NOERR);
    ok("exc.of.into-without-of", "2A INT n", U32C, A32("xor eax, eax\n.byte 0xce" DONE));
    exc("exc.of.into-is-invalid-in-64-bit", "2A INT n", U64, A64(".byte 0xce"), UD, NOERR);
    *(u32 *)udata_pages = 10;
    *(u32 *)(udata_pages + 4) = 20;
    X.rax = 21;
    exc("exc.br.above", "3A 6.15 #BR", U32C, A32("bound eax, [edi]"), BR, NOERR);
    X.rax = 9;
    exc("exc.br.below", "3A 6.15 #BR", U32C, A32("bound eax, [edi]"), BR, NOERR);
    X.rax = 20;
    ok("exc.br.upper-bound-is-inside", "2A BOUND", U32C, A32("bound eax, [edi]" DONE));
    exc("exc.db.int1", "2A INT1", U64, A64(".byte 0xf1" MARK), DB, NOERR);
    ok("exc.db.int1-sets-no-dr6-bit", "3A 6.15 #DB; 3B 17.2.3", K64, A64("nop" DONE));
    go(K64, A64(".byte 0xf1"));
    same("exc.db.int1-dr6", "3B 17.2.3", R.dr6 & 0xe00f, 0);
}

static void invalid_in_64_bit(void)
{
    static const u8 op[] = { 0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x82, 0x9a, 0xd4, 0xd5, 0xd6, 0xea };
    for (u32 i = 0; i < sizeof op; i++)
    {
        u8 bytes[8] = { op[i], 0, 0, 0, 0, 0, 0, 0 };
        exc(nm("exc.ud.64-bit.%x", (u64)op[i]), "2D A.3 table A-2 i64", U64, raw(bytes, 8), UD, NOERR);
    }
}

static void invalid(void)
{
    static const struct { const char *name, *sdm; u8 n, b[12]; } op[] =
    {
        { "ud0", "2B UD", 3, { 0x0f, 0xff, 0xc0 } },
        { "ud1", "2B UD", 3, { 0x0f, 0xb9, 0xc0 } },
        { "ud2", "2B UD", 2, { 0x0f, 0x0b } },
        { "lock-mov", "2A LOCK", 3, { 0xf0, 0x89, 0x07 } },
        { "lock-add-register", "2A LOCK", 3, { 0xf0, 0x01, 0xc0 } },
        { "lock-add-memory-source", "2A LOCK", 3, { 0xf0, 0x03, 0x07 } },
        { "lock-cmp", "2A LOCK", 3, { 0xf0, 0x39, 0x07 } },
        { "lock-test", "2A LOCK", 3, { 0xf0, 0x85, 0x07 } },
        { "lock-nop", "2A LOCK", 2, { 0xf0, 0x90 } },
        { "lock-bt", "2A LOCK", 4, { 0xf0, 0x0f, 0xa3, 0x07 } },
        { "lock-push", "2A LOCK", 2, { 0xf0, 0x50 } },
        { "lock-jmp", "2A LOCK", 3, { 0xf0, 0xeb, 0x00 } },
        { "lock-int", "2A LOCK", 3, { 0xf0, 0xcd, 0xe0 } },
        { "lock-cpuid", "2A LOCK", 3, { 0xf0, 0x0f, 0xa2 } },
        { "lock-cmpxchg-register", "2A LOCK", 4, { 0xf0, 0x0f, 0xb1, 0xc1 } },
        { "mov-to-cs", "2B MOV", 2, { 0x8e, 0xc8 } },
        { "mov-to-segment-6", "2B MOV", 2, { 0x8e, 0xf0 } },
        { "mov-to-segment-7", "2B MOV", 2, { 0x8e, 0xf8 } },
        { "mov-from-segment-6", "2B MOV", 2, { 0x8c, 0xf0 } },
        { "lea-register", "2A LEA", 2, { 0x8d, 0xc0 } },
        { "cmpxchg8b-register", "2A CMPXCHG8B", 3, { 0x0f, 0xc7, 0xc8 } },
        { "group11-c6-1", "2D A.4", 3, { 0xc6, 0x0f, 0 } },
        { "group11-c7-2", "2D A.4", 6, { 0xc7, 0x17, 0, 0, 0, 0 } },
        { "group4-fe-2", "2D A.4", 2, { 0xfe, 0x17 } },
        { "group5-ff-7", "2D A.4", 2, { 0xff, 0x3f } },
        { "far-jmp-register", "2A JMP", 2, { 0xff, 0xe8 } },
        { "far-call-register", "2A CALL", 2, { 0xff, 0xd8 } },
        { "lgdt-register-form-3", "2D A.4 group 7", 3, { 0x0f, 0x01, 0xd9 + 6 } },
        { "lss-register", "2A LDS", 3, { 0x0f, 0xb2, 0xc0 } },
        { "lfs-register", "2A LDS", 3, { 0x0f, 0xb4, 0xc0 } },
        { "movnti-register", "2B MOVNTI", 3, { 0x0f, 0xc3, 0xc0 } },
        { "rsm-outside-smm", "2B RSM", 2, { 0x0f, 0xaa } },
        { "0f-04", "2D A.3", 2, { 0x0f, 0x04 } },
        { "0f-0a", "2D A.3", 2, { 0x0f, 0x0a } },
        { "0f-24", "2D A.3", 3, { 0x0f, 0x24, 0xc0 } },
        { "0f-26", "2D A.3", 3, { 0x0f, 0x26, 0xc0 } },
        { "0f-36", "2D A.3", 2, { 0x0f, 0x36 } },
        { "0f-39", "2D A.3", 2, { 0x0f, 0x39 } },
        { "0f-a6-c0", "2D A.3", 3, { 0x0f, 0xa6, 0xc0 } },
        { "0f-ba-0", "2D A.4 group 8", 4, { 0x0f, 0xba, 0x07, 0 } },
        { "0f-ba-3", "2D A.4 group 8", 4, { 0x0f, 0xba, 0x1f, 0 } },
        { "vex-with-lock", "2A 2.3.2", 6, { 0xf0, 0xc5, 0xf8, 0x58, 0xc0, 0x90 } },
        { "vex-with-66", "2A 2.3.2", 6, { 0x66, 0xc5, 0xf8, 0x58, 0xc0, 0x90 } },
        { "vex-with-rex", "2A 2.3.2", 6, { 0x40, 0xc5, 0xf8, 0x58, 0xc0, 0x90 } },
        { "vex-with-f3", "2A 2.3.2", 6, { 0xf3, 0xc5, 0xf8, 0x58, 0xc0, 0x90 } },
        { "pop-8f-1", "2B POP", 2, { 0x8f, 0xc8 } },
    };
    for (u32 i = 0; i < sizeof op / sizeof *op; i++) exc(nm("exc.ud.%s", op[i].name), op[i].sdm, U64, raw(op[i].b, op[i].n), UD, NOERR);
    ok("exc.lock-xchg-is-valid", "2A LOCK", U64, A64("lock xchg [rdi], rax" DONE));
    ok("exc.lock-bts-is-valid", "2A LOCK", U64, A64("xor eax, eax\nlock bts [rdi], eax" DONE));
    exc("exc.ud.before-page-fault", "3A 6.9", U64, A64("movabs rdi, 0x7f0000000000" MARK ".byte 0xf0, 0x8b, 0x07"), UD, NOERR);
    static const u8 cr[] = { 1, 5, 6, 7 };
    for (u32 i = 0; i < 4; i++)
    {
        u8 bytes[3] = { 0x0f, 0x20, (u8)(0xc0 | cr[i] << 3) };
        exc(nm("exc.ud.mov-from-cr%d", (u32)cr[i]), "2B MOV CR", K64, raw(bytes, 3), UD, NOERR);
        bytes[1] = 0x22;
        exc(nm("exc.ud.mov-to-cr%d", (u32)cr[i]), "2B MOV CR", K64, raw(bytes, 3), UD, NOERR);
    }
    exc("exc.ud.mov-from-cr9", "2B MOV CR", K64, A64(".byte 0x44, 0x0f, 0x20, 0xc8"), UD, NOERR);
    exc("exc.ud.mov-from-dr8", "2B MOV DR", K64, A64(".byte 0x44, 0x0f, 0x21, 0xc0"), UD, NOERR);
    exc("exc.ud.mov-cr-rex-lock", "2B MOV CR", K64, A64(".byte 0xf0, 0x0f, 0x22, 0xd0"), UD, NOERR);
    if (has.monitor) skip("exc.ud.monitor-not-announced", "2B MONITOR", "announced");
    else exc("exc.ud.monitor-not-announced", "2B MONITOR", K64, A64("xor ecx, ecx\nxor edx, edx\nmov rax, rdi" MARK "monitor"), UD, NOERR);
    if (has.monitor) skip("exc.ud.mwait-not-announced", "2B MWAIT", "announced");
    else exc("exc.ud.mwait-not-announced", "2B MWAIT", K64, A64("xor ecx, ecx\nxor eax, eax" MARK "mwait"), UD, NOERR);
    exc("exc.ud.monitor-user", "2B MONITOR", U64, A64("xor ecx, ecx\nxor edx, edx\nmov rax, rdi" MARK "monitor"), UD, NOERR);
    exc("exc.ud.mwait-user", "2B MWAIT", U64, A64("xor ecx, ecx\nxor eax, eax" MARK "mwait"), UD, NOERR);
    if (has.rdrand) skip("exc.ud.rdrand-not-announced", "2B RDRAND", "announced");
    else exc("exc.ud.rdrand-not-announced", "2B RDRAND", U64, A64("rdrand eax"), UD, NOERR);
    if (has.rtm) skip("exc.ud.xbegin-not-announced", "2C XBEGIN", "announced");
    else exc("exc.ud.xbegin-not-announced", "2C XBEGIN", U64, A64("xbegin 1f\n1:"), UD, NOERR);
    if (has.avx512) skip("exc.ud.evex-not-announced", "2A 2.7", "announced");
    else exc("exc.ud.evex-not-announced", "2A 2.7", U64, A64(".byte 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0"), UD, NOERR);
}

static void length(void)
{
    static u8 b[24];
    for (int i = 0; i < 24; i++) b[i] = 0x66;
    b[14] = 0x90;
    b[15] = 0xcd;
    b[16] = 0xe0;
    ok("exc.length.15-bytes", "2A 2.3.11; 3A 6.15 #GP", U64, raw(b, 17));
    for (int i = 0; i < 24; i++) b[i] = 0x66;
    b[15] = 0x90;
    exc("exc.length.16-bytes", "2A 2.3.11; 3A 6.15 #GP", U64, raw(b, 24), GP, 0);
    for (int i = 0; i < 24; i++) b[i] = 0x2e;
    exc("exc.length.only-prefixes", "2A 2.3.11; 3A 6.15 #GP", U32C, raw(b, 24), GP, 0);
    for (int i = 0; i < 12; i++) b[i] = 0x26;
    static const u8 mov[] = { 0xc7, 0x04, 0x25, 0, 0, 0, 0, 1, 2, 3, 4 };
    copy(b + 12, mov, sizeof mov);
    exc("exc.length.long-tail", "2A 2.3.11; 3A 6.15 #GP", K64, raw(b, 24), GP, 0);
}

static void fpu_state(u64 cr0_set, u64 cr0_clear) { X.cr0 = (CR0_DEFAULT | cr0_set) & ~cr0_clear; }

static void device_not_available(void)
{
    static const char *const sdm = "3A 2.5, 6.15 #NM";
    fpu_state(CR0_TS, 0);
    exc("exc.nm.x87-ts", sdm, K64, A64("fld1"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.fninit-ts", sdm, K64, A64("fninit"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.fnstsw-ts", sdm, U64, A64("fnstsw ax"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.mmx-ts", sdm, U64, A64("pxor mm0, mm0"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.emms-ts", sdm, U64, A64("emms"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.sse-ts", sdm, U64, A64("pxor xmm0, xmm0"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.fxsave-ts", "2A FXSAVE", K64, A64("fxsave [rdi]"), NM, NOERR);
    fpu_state(CR0_TS, 0);
    exc("exc.nm.ldmxcsr-ts", "2A LDMXCSR", K64, A64("ldmxcsr [rdi]"), NM, NOERR);
    fpu_state(CR0_TS | CR0_MP, 0);
    exc("exc.nm.wait-ts-mp", "2C WAIT", K64, A64("wait"), NM, NOERR);
    fpu_state(CR0_TS, CR0_MP);
    ok("exc.nm.wait-ts-without-mp", "2C WAIT", K64, A64("wait" DONE));
    fpu_state(CR0_EM, 0);
    exc("exc.nm.x87-em", sdm, U64, A64("fld1"), NM, NOERR);
    fpu_state(CR0_EM, 0);
    ok("exc.nm.wait-em", "2C WAIT", K64, A64("wait" DONE));
    fpu_state(CR0_EM, 0);
    exc("exc.ud.mmx-em", sdm, U64, A64("pxor mm0, mm0"), UD, NOERR);
    fpu_state(CR0_EM, 0);
    exc("exc.ud.sse-em", sdm, U64, A64("pxor xmm0, xmm0"), UD, NOERR);
    fpu_state(CR0_EM | CR0_TS, 0);
    exc("exc.ud.sse-em-before-ts", "3A 6.9; 2A 2.4.4", U64, A64("pxor xmm0, xmm0"), UD, NOERR);
    fpu_state(CR0_EM | CR0_TS, 0);
    exc("exc.ud.mmx-em-before-ts", "3A 6.9; 2A 2.4", U64, A64("pxor mm0, mm0"), UD, NOERR);
    X.cr4 = CR4_DEFAULT & ~CR4_OSFXSR;
    exc("exc.ud.sse-without-osfxsr", "3A 2.5 OSFXSR", U64, A64("addps xmm0, xmm0"), UD, NOERR);
    X.cr4 = CR4_DEFAULT & ~CR4_OSFXSR;
    ok("exc.ud.mmx-without-osfxsr-is-valid", "3A 2.5 OSFXSR", U64, A64("pxor mm0, mm0\nemms" DONE));
    X.cr4 = CR4_DEFAULT & ~CR4_OSFXSR;
    fpu_state(CR0_TS, 0);
    exc("exc.ud.sse-without-osfxsr-before-ts", "3A 6.9", U64, A64("addps xmm0, xmm0"), UD, NOERR);
    fpu_state(CR0_TS, 0);
    ok("exc.nm.integer-sse-forms-are-exempt", "2B MOVNTI; 2A LFENCE; 2A CRC32", U64,
        A64("movnti [rdi], eax\nsfence\nlfence\nmfence\ncrc32 eax, ecx\npopcnt eax, ecx\nprefetcht0 [rdi]" DONE));
    if (has.avx) exc("exc.ud.avx-without-osxsave", "2A 2.4; 3A 2.5 OSXSAVE", U64, A64("vpxor xmm0, xmm0, xmm0"), UD, NOERR);
    else skip("exc.ud.avx-without-osxsave", "2A 2.4", "AVX not announced");
    if (!has.xsave || !has.avx)
    {
        skip("exc.avx.*", "2A 2.4", "XSAVE or AVX not announced");
        return;
    }
    X.cr4 = CR4_DEFAULT | CR4_OSXSAVE;
    exc("exc.ud.avx-without-xcr0-avx", "2A 2.4; 3A 2.6", K64, A64("mov eax, 3\nxor edx, edx\nxor ecx, ecx\nxsetbv" MARK "vpxor xmm0, xmm0, xmm0"), UD, NOERR);
    X.cr4 = CR4_DEFAULT | CR4_OSXSAVE;
    ok("exc.avx-enabled", "2A 2.4; 3A 2.6", K64, A64("mov eax, 7\nxor edx, edx\nxor ecx, ecx\nxsetbv\nvpxor xmm0, xmm0, xmm0" DONE));
    X.cr4 = CR4_DEFAULT | CR4_OSXSAVE;
    fpu_state(CR0_TS, 0);
    exc("exc.nm.avx-ts", "2A 2.4", U64, A64("vpxor xmm0, xmm0, xmm0"), NM, NOERR);
    X.cr4 = CR4_DEFAULT | CR4_OSXSAVE;
    fpu_state(CR0_EM, 0);
    ok("exc.avx-ignores-em", "2A 2.4.4", U64, A64("vpxor xmm0, xmm0, xmm0" DONE));
    X.cr4 = CR4_DEFAULT | CR4_OSXSAVE;
    fpu_state(CR0_TS, 0);
    exc("exc.nm.xsave-ts", "2C XSAVE", K64, A64("mov eax, 7\nxor edx, edx" MARK "xsave [rdi]"), NM, NOERR);
}

static void float_errors(void)
{
    *(u32 *)udata_pages = 0x1f80 & ~0x200u;      /* unmask divide by zero */
    *(u16 *)(udata_pages + 8) = 0x37b;
    exc("exc.xm.divps", "3A 6.15 #XM", U64, A64("ldmxcsr [rdi]\npcmpeqd xmm0, xmm0\nxorps xmm1, xmm1\npsrld xmm0, 25\npslld xmm0, 23" MARK "divps xmm0, xmm1"), XM, NOERR);
    X.cr4 = CR4_DEFAULT & ~CR4_OSXMMEXCPT;
    exc("exc.xm.without-osxmmexcpt-is-ud", "3A 2.5 OSXMMEXCPT", U64,
        A64("ldmxcsr [rdi]\npcmpeqd xmm0, xmm0\nxorps xmm1, xmm1\npsrld xmm0, 25\npslld xmm0, 23" MARK "divps xmm0, xmm1"), UD, NOERR);
    okv("exc.xm.destination-unchanged", "1 11.5.1", U64,
        A64("ldmxcsr [rdi]\nmov eax, 0x3f800000\nmovd xmm0, eax\nxorps xmm1, xmm1\nmov dword ptr [rdi + 4], 0x1f80\nldmxcsr [rdi + 4]\ndivss xmm0, xmm1\nmovd eax, xmm0" DONE), 0x7f800000);
    exc("exc.gp.ldmxcsr-reserved", "2A LDMXCSR", U64, A64("mov dword ptr [rdi + 16], 0x10000" MARK "ldmxcsr [rdi + 16]"), GP, 0);
    exc("exc.mf.next-x87-instruction", "3A 6.15 #MF", U64, A64("fninit\nfldcw [rdi + 8]\nfld1\nfldz\nfdivp st(1), st(0)\nnop" MARK "fld1"), MF, NOERR);
    exc("exc.mf.wait", "3A 6.15 #MF", U64, A64("fninit\nfldcw [rdi + 8]\nfld1\nfldz\nfdivp st(1), st(0)" MARK "wait"), MF, NOERR);
    exc("exc.mf.mmx", "3A 6.15 #MF; 1 9.6.2", U64, A64("fninit\nfldcw [rdi + 8]\nfld1\nfldz\nfdivp st(1), st(0)" MARK "pxor mm0, mm0"), MF, NOERR);
    ok("exc.mf.no-wait-forms", "1 8.3.12", U64, A64("fninit\nfldcw [rdi + 8]\nfld1\nfldz\nfdivp st(1), st(0)\nfnstsw ax\nfnstcw [rdi + 16]\nfnclex\nfld1\nfninit" DONE));
    ok("exc.mf.sse-is-exempt", "1 11.5.2", U64, A64("fninit\nfldcw [rdi + 8]\nfld1\nfldz\nfdivp st(1), st(0)\naddps xmm0, xmm0\nfninit" DONE));
    go(K64, A64("fninit" DONE));
}

static void alignment(void)
{
    static const char *const sdm = "3A 6.15 #AC";
#define AC_ON X.cr0 = CR0_DEFAULT | CR0_AM; X.rflags = FL_AC
    AC_ON; exc("exc.ac.read2", sdm, U64, A64("mov ax, [rdi + 1]"), AC, 0);
    AC_ON; exc("exc.ac.read4", sdm, U64, A64("mov eax, [rdi + 2]"), AC, 0);
    AC_ON; exc("exc.ac.read8", sdm, U64, A64("mov rax, [rdi + 4]"), AC, 0);
    AC_ON; exc("exc.ac.write4", sdm, U64, A64("mov [rdi + 3], eax"), AC, 0);
    AC_ON; exc("exc.ac.push", sdm, U64, A64("add rsp, 4" MARK "push rax"), AC, 0);
    AC_ON; exc("exc.ac.compat", sdm, U32C, A32("mov eax, [edi + 2]"), AC, 0);
    AC_ON; exc("exc.ac.string", sdm, U64, A64("mov ecx, 2\ninc rdi" MARK "rep stosd"), AC, 0);
    AC_ON; exc("exc.ac.x87-m64", sdm, U64, A64("fld qword ptr [rdi + 4]"), AC, 0);
    AC_ON; ok("exc.ac.aligned", sdm, U64, A64("mov rax, [rdi + 8]\nmov eax, [rdi + 4]\nmov ax, [rdi + 2]\nmov al, [rdi + 1]" DONE));
    X.rflags = FL_AC; ok("exc.ac.not-without-am", sdm, U64, A64("mov eax, [rdi + 2]" DONE));
    X.cr0 = CR0_DEFAULT | CR0_AM; ok("exc.ac.not-without-flag", sdm, U64, A64("mov eax, [rdi + 2]" DONE));
    AC_ON; ok("exc.ac.not-at-cpl0", sdm, K64, A64("mov eax, [rdi + 2]" DONE));
    AC_ON; exc("exc.ac.movaps-stays-gp", "2B MOVAPS", U64, A64("movaps xmm0, [rdi + 4]"), GP, 0);
    AC_ON; go(U64, A64("mov [rdi + 3], eax"));
    same("exc.ac.dr6-untouched", "3B 17.2.3", R.dr6, 0xffff0ff0);
}

static void general_protection(void)
{
    static const char *const sdm = "3A 6.15 #GP";
    exc("exc.gp.movaps-misaligned", "2B MOVAPS", U64, A64("movaps xmm0, [rdi + 8]"), GP, 0);
    exc("exc.gp.movdqa-misaligned-kernel", "2B MOVDQA", K64, A64("movdqa [rdi + 1], xmm0"), GP, 0);
    exc("exc.gp.addps-misaligned", "2A 2.4 type 2", U64, A64("addps xmm0, [rdi + 4]"), GP, 0);
    exc("exc.gp.fxsave-misaligned", "2A FXSAVE", K64, A64("fxsave [rdi + 8]"), GP, 0);
    exc("exc.gp.cmpxchg16b-misaligned", "2A CMPXCHG8B", U64, A64("cmpxchg16b [rdi + 8]"), GP, 0);
    ok("exc.gp.movups-misaligned-is-valid", "2B MOVUPS", U64, A64("movups xmm0, [rdi + 8]" DONE));
    set_desc(SEL_FREE, descriptor((u32)UDATA, 0xff, 0xf3, 4));
    X.fs = SEL_FREE | 3;
    exc("exc.gp.limit", "3A 5.3", U32C, A32("mov eax, fs:[0xfd]"), GP, 0);
    X.fs = SEL_FREE | 3;
    ok("exc.gp.limit-last-byte", "3A 5.3", U32C, A32("mov eax, fs:[0xfc]" DONE));
    X.fs = SEL_FREE | 3;
    exc("exc.gp.limit-write", "3A 5.3", U32C, A32("mov fs:[0x100], al"), GP, 0);
    set_desc(SEL_FREE, descriptor((u32)UDATA, 0xff, 0xf3, 12));
    X.fs = SEL_FREE | 3;
    ok("exc.gp.limit-granularity", "3A 3.4.5, 5.3", U32C, A32("mov eax, fs:[0x1000]" DONE));
    set_desc(SEL_FREE, descriptor((u32)UDATA, 0xff, 0xf7, 4));
    X.fs = SEL_FREE | 3;
    exc("exc.gp.expand-down-below", "3A 5.3", U32C, A32("mov eax, fs:[0xff]"), GP, 0);
    X.fs = SEL_FREE | 3;
    ok("exc.gp.expand-down-above", "3A 5.3", U32C, A32("mov eax, fs:[0x100]" DONE));
    set_desc(SEL_FREE, descriptor((u32)UDATA, 0xff, 0xf7, 0));
    X.fs = SEL_FREE | 3;
    exc("exc.gp.expand-down-16-bit-top", "3A 5.3", U32C, A32("mov eax, fs:[0xfffe]"), GP, 0);
    set_desc(SEL_FREE, descriptor((u32)UDATA, 0xfff, 0xf1, 4));
    X.fs = SEL_FREE | 3;
    exc("exc.gp.write-to-read-only-segment", "3A 5.4", U32C, A32("mov fs:[0], eax"), GP, 0);
    X.fs = SEL_FREE | 3;
    ok("exc.gp.read-of-read-only-segment", "3A 5.4", U32C, A32("mov eax, fs:[0]" DONE));
    exc("exc.gp.write-to-code-segment", "3A 5.4", U32C, A32("mov cs:[edi], eax"), GP, 0);
    ok("exc.gp.read-of-code-segment", "3A 5.4", U32C, A32("mov eax, cs:[edi]" DONE));
    X.fs = 0;
    exc("exc.gp.null-segment-use", "3A 5.4.1", U32C, A32("mov eax, fs:[edi]"), GP, 0);
    X.fs = 0;
    ok("exc.gp.null-segment-in-64-bit-mode", "3A 5.4.1.1", U64, A64("mov eax, fs:[rdi]" DONE));
    set_desc(SEL_FREE, descriptor(0, 0xfff, 0xf3, 4));
    exc("exc.ss.limit", "3A 6.15 #SS", U32C, A32("mov eax, 0x103\nmov ss, eax" MARK "push eax"), SS, 0);
    exc("exc.ss.limit-ebp", "3A 6.15 #SS", U32C, A32("mov eax, 0x103\nmov ss, eax\nmov ebp, 0x2000" MARK "mov eax, [ebp]"), SS, 0);
    exc("exc.gp.limit-before-page-fault", "3A 6.9", U32C, A32("mov eax, 0x103\nmov ds, eax\nmov ebx, 0x70000000" MARK "mov eax, [ebx]"), GP, 0);
    exc("exc.gp.jmp-beyond-limit", "2A JMP", K16C, A16(".byte 0x66, 0xe9, 0, 0, 2, 0"), GP, 0);
    exc("exc.gp.privileged-before-memory", "3A 6.9", U64, A64("movabs rdi, 0x7f0000000000" MARK "lgdt [rdi]"), GP, 0);
    exc("exc.gp.lldt-before-memory", "3A 6.9", U64, A64("movabs rdi, 0x7f0000000000" MARK "lldt [rdi]"), GP, 0);
    exc("exc.gp.clts-user", sdm, U64, A64("clts"), GP, 0);
    exc("exc.gp.hlt-user", sdm, U64, A64("hlt"), GP, 0);
    exc("exc.gp.invd-user", sdm, U64, A64("invd"), GP, 0);
    exc("exc.gp.wbinvd-user", sdm, U64, A64("wbinvd"), GP, 0);
    exc("exc.gp.invlpg-user", sdm, U64, A64("invlpg [rdi]"), GP, 0);
    exc("exc.gp.mov-cr0-user", sdm, U64, A64("mov rax, cr0"), GP, 0);
    exc("exc.gp.mov-cr8-user", sdm, U64, A64("mov rax, cr8"), GP, 0);
    exc("exc.gp.mov-dr-user", sdm, U64, A64("mov rax, dr7"), GP, 0);
    exc("exc.gp.lmsw-user", sdm, U64, A64("lmsw ax"), GP, 0);
    exc("exc.gp.lgdt-user", sdm, U64, A64("lgdt [rdi]"), GP, 0);
    exc("exc.gp.lidt-user", sdm, U64, A64("lidt [rdi]"), GP, 0);
    exc("exc.gp.lldt-user", sdm, U64, A64("lldt ax"), GP, 0);
    exc("exc.gp.ltr-user", sdm, U64, A64("ltr ax"), GP, 0);
    exc("exc.gp.rdmsr-user", sdm, U64, A64("rdmsr"), GP, 0);
    exc("exc.gp.wrmsr-user", sdm, U64, A64("wrmsr"), GP, 0);
    exc("exc.gp.swapgs-user", "2B SWAPGS", U64, A64("swapgs"), GP, 0);
    exc("exc.gp.sysret-user", "2B SYSRET", U64, A64("sysretq"), GP, 0);
    exc("exc.gp.sysexit-user", "2B SYSEXIT", U64, A64(".byte 0x0f, 0x35"), GP, 0);
    exc("exc.ud.swapgs-compat", "2B SWAPGS", K32C, A32(".byte 0x0f, 0x01, 0xf8"), UD, NOERR);
}

/* RF in the pushed flags: 1 for faults, 0 for traps and software interrupts. */
static void resume_flag(void)
{
    static const char *const sdm = "3B 17.3.1.1; 3A 2.3 RF";
    go(K64, A64("ud2"));
    same("exc.rf.ud", sdm, R.rflags & FL_RF, FL_RF);
    go(U64, A64("hlt"));
    same("exc.rf.gp", sdm, R.rflags & FL_RF, FL_RF);
    go(U64, A64("movabs rdi, 0x7f0000000000\nmov rax, [rdi]"));
    same("exc.rf.pf", sdm, R.rflags & FL_RF, FL_RF);
    go(U64, A64("xor ecx, ecx\ndiv ecx"));
    same("exc.rf.de", sdm, R.rflags & FL_RF, FL_RF);
    go(U64, A64("int3"));
    same("exc.rf.int3", sdm, R.rflags & FL_RF, 0);
    go(U64, A64(DONE));
    same("exc.rf.int-n", sdm, R.rflags & FL_RF, 0);
    X.rflags = FL_TF;
    go(K64, A64("nop\nnop"));
    same("exc.rf.single-step", sdm, R.rflags & FL_RF, 0);
    X.rflags = FL_RF;
    go(K64, A64("nop" DONE));
    same("exc.rf.cleared-after-one-instruction", sdm, R.rflags & FL_RF, 0);
}

/* The double-fault table, SDM 3A 6.15 #DF tables 6-4 and 6-5: a first exception, and what goes wrong while it is delivered. */
enum second { NOT_PRESENT, NULL_CS, PAGE_FAULT, STACK_FAULT };
static const char *const second_name[] = { "gate-not-present", "gate-null-cs", "stack-page-fault", "stack-noncanonical" };

static struct snippet raise(int vec)
{
    switch (vec)
    {
        case DE: return A64("xor ecx, ecx\ndiv ecx");
        case DB: return A64(".byte 0xf1");
        case BP: return A64("int3");
        case UD: return A64("ud2");
        case NM: X.cr0 = CR0_DEFAULT | CR0_TS; return A64("fld1");
        case NP: set_desc(SEL_FREE, descriptor(0, 0xfffff, 0x13, 12)); return A64("mov eax, 0x100\nmov es, eax");
        case SS: return A64("movabs rbp, 0x800000000000\nmov al, [rbp]");
        case GP: return A64("mov eax, 0x7f8\nmov es, eax");
        case PF: return A64("movabs rdi, 0x7f0000000000\nmov al, [rdi]");
        case XM: *(u32 *)kdata = 0x1d80; return A64("ldmxcsr [rdi]\nmov eax, 0x3f800000\nmovd xmm0, eax\nxorps xmm1, xmm1\ndivss xmm0, xmm1");
        default: *(u16 *)kdata = 0x37b; return A64("fninit\nfldcw [rdi]\nfld1\nfldz\nfdivp st(1), st(0)\nwait");
    }
}

static void double_faults(void)
{
    static const int first[] = { DE, DB, BP, UD, NM, NP, SS, GP, PF, MF, XM };
    for (u32 i = 0; i < sizeof first / sizeof *first; i++)
        for (int s = NOT_PRESENT; s <= STACK_FAULT; s++)
        {
            int vec = first[i], ext = vec != BP;
            int contributory = vec == DE || (vec >= TS && vec <= GP);
            int second = s == NOT_PRESENT ? NP : s == NULL_CS ? GP : s == PAGE_FAULT ? PF : SS;
            long err = s == NOT_PRESENT ? vec * 8 + 2 + ext : s == PAGE_FAULT ? 2 : ext;
            if (vec == PF || (contributory && second != PF)) { second = DF; err = 0; }
            /* The second exception must not stumble over the same gate. */
            if (second == vec) { second = DF; err = 0; }
            u64 handler = (u64)stubs64 + (u64)vec * 16;
            *(u64 *)(tss64 + 36 + 6 * 8) = s == PAGE_FAULT ? 0x7f0000001000 : 0x800000001000;
            gate(vec, handler, s == NULL_CS ? 0 : SEL_K64, (s == NOT_PRESENT ? 0x0e : 0x8e) | (vec == BP ? 0x60 : 0), s >= PAGE_FAULT ? 7 : 0);
            go(K64, raise(vec));
            default_gate(vec);
            const char *name = nm("df.vector%d.%s", (u32)vec, second_name[s]);
            same(name, "3A 6.15 #DF table 6-5, 6.13", R.vec << 32 | (R.haserr ? R.err : 0xffff), (u64)second << 32 | (u64)err);
        }
    gate(GP, (u64)stubs64 + GP * 16, SEL_K64, 0x0e, 0);
    go(U64, A64("hlt"));
    default_gate(GP);
    yes("df.uses-ist-1", "3A 6.14.5", R.vec == DF && R.frame == *(u64 *)(tss64 + 36) - 48);
    *(u64 *)(tss64 + 36 + 6 * 8) = (u64)kstack + 0x1000;
    go(K64, A64("fninit" DONE));
}

void group_exceptions(void)
{
    divide();
    traps();
    invalid_in_64_bit();
    invalid();
    length();
    device_not_available();
    float_errors();
    alignment();
    general_protection();
    resume_flag();
    double_faults();
}
