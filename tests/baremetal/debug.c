/* Single step and debug registers (SDM 3B 17.2, 17.3). */
#include "kit.h"

#define DR7_FIXED 0x400ul
#define BP0(rw, len) (DR7_FIXED | 2 | (u64)(rw) << 16 | (u64)(len) << 18)
enum { EXEC, WRITE, IO, READWRITE };
enum { LEN1, LEN2, LEN8, LEN4 };
#define DR6_BS 0x4000ul
#define DR6_BD 0x2000ul
#define HIT(dr6) ((dr6) & 0xe00f)

static u64 seen_flags, seen_dr7;
static int look(struct frame *f)
{
    (void)f;
    __asm__ volatile("pushfq; pop %0" : "=r"(seen_flags));
    __asm__ volatile("mov %%dr7,%0" : "=r"(seen_dr7));
    return 0;
}

/* The n-th logged event came at this offset of the snippet. */
static void stepped(const char *name, const char *sdm, u32 count, const u32 *offsets)
{
    u64 got = event_count, expected = count;
    for (u32 i = 0; i < count; i++)
    {
        got = got << 8 | (i < event_count ? (events[i].rip - code_base) & 0xff : 0xff);
        expected = expected << 8 | offsets[i];
    }
    same(name, sdm, R.vec << 56 | got, (u64)DONE_VECTOR << 56 | expected);
}
#define STEPPED(name, sdm, ...) do { static const u32 o_[] = { __VA_ARGS__ }; stepped(name, sdm, sizeof o_ / sizeof *o_, o_); } while (0)
#define STEP_LOG log_vector(DB); X.rflags = FL_TF

static void single_step(void)
{
    static const char *const sdm = "3B 17.3.1.4";
    X.rflags = FL_TF;
    X.hook = look;
    go(K64, A64("nop\nnop"));
    ended("step.traps-after-first-instruction", sdm, DB, NOERR, code_base + 1);
    same("step.dr6-bs", "3B 17.2.3", HIT(R.dr6), DR6_BS);
    same("step.saved-flags-have-tf", sdm, R.rflags & FL_TF, FL_TF);
    same("step.handler-runs-without-tf", "3A 6.12.1.3", seen_flags & FL_TF, 0);
    X.rflags = FL_TF;
    go(U64, A64("nop\nnop"));
    ended("step.user", sdm, DB, NOERR, code_base + 1);
    X.rflags = FL_TF;
    go(U32C, A32("nop\nnop"));
    ended("step.compat", sdm, DB, NOERR, code_base + 1);
    STEP_LOG; go(U64, A64("nop\nmov eax, 1\ncpuid\njmp 1f\n.byte 0x90\n1:" DONE));
    STEPPED("step.each-instruction", sdm, 1, 6, 8, 11);
    STEP_LOG; X.rcx = 3; go(U64, A64("rep stosb\nnop" DONE));
    STEPPED("step.rep-each-iteration", "2B REP; 3B 17.3.1.4", 0, 0, 2, 3);
    STEP_LOG; X.rcx = 0; go(U64, A64("rep stosb\nnop" DONE));
    STEPPED("step.rep-zero-count", "2B REP; 3B 17.3.1.4", 2, 3);
    log_vector(DB); go(U64, A64("pushfq\nor qword ptr [rsp], 0x100\npopfq\nnop\nnop" DONE));
    STEPPED("step.popf-set-traps-after-next", "3B 17.3.1.4; 2B POPF", 11, 12);
    STEP_LOG; go(U64, A64("pushfq\nand qword ptr [rsp], -257\npopfq\nnop" DONE));
    STEPPED("step.popf-clear-still-traps", "3B 17.3.1.4; 2B POPF", 1, 9, 10);
    STEP_LOG; go(K64, A64("mov eax, 0x18\nmov ss, eax\nnop\nnop" DONE));
    STEPPED("step.mov-ss-is-skipped", "3A 6.8.3; 2B MOV", 5, 8, 9);
    STEP_LOG; go(U64, A64("push 0x2b\n.byte 0x66\nnop\nmov eax, 0x2b\nmov ss, eax\nnop" DONE));
    STEPPED("step.mov-ss-is-skipped-user", "3A 6.8.3; 2B MOV", 2, 4, 9, 12);
    STEP_LOG; go(K64, A64("mov eax, 0x18\nmov ds, eax\nnop" DONE));
    STEPPED("step.mov-ds-is-not-skipped", "3A 6.8.3", 5, 7, 8);
    STEP_LOG; go(K64, A64("nop\nsti\ncli" DONE));
    STEPPED("step.sti-is-not-skipped", "3A 6.8.1; 3B 17.3.1.4", 1, 2, 3);
    X.rflags = FL_TF;
    go(U64, A64("ud2"));
    ended("step.fault-has-no-trap", "3A 6.9", UD, NOERR, code_base);
    same("step.fault-saves-tf", "3B 17.3.1.4", R.rflags & FL_TF, FL_TF);
    same("step.fault-leaves-dr6", "3B 17.2.3", HIT(R.dr6), 0);
    X.rflags = FL_TF;
    go(U64, A64(DONE));
    same("step.int-n-clears-tf-without-trap", "3B 17.3.1.4; 2A INT n", R.vec, DONE_VECTOR);
    same("step.int-n-saves-tf", "3B 17.3.1.4; 2A INT n", R.rflags & FL_TF, FL_TF);
    wrmsr(0xc0000084, 0x300);
    X.rflags = FL_TF;
    go(U64, A64("syscall"));
    same("step.syscall-with-tf-masked", "2B SYSCALL", R.vec, 0x100);
    same("step.syscall-r11-has-tf", "2B SYSCALL", R.r11 & FL_TF, FL_TF);
    wrmsr(0xc0000084, 0x200);
    X.rflags = FL_TF;
    go(U64, A64("syscall"));
    yes("step.syscall-with-tf-unmasked", "2B SYSCALL; 3B 17.3.1.4", R.vec == DB && R.cs == SEL_K64 && R.rip >= (u64)system_call_entry && R.rip < (u64)system_call_entry + 16);
    X.rflags = FL_TF;
    go(U64, A64("movabs rdi, 0x7f0000000000\nmov al, [rdi]"));
    same("step.before-page-fault", sdm, R.vec, DB);
    X.rflags = FL_TF | FL_RF;
    go(U64, A64("nop\nnop"));
    ended("step.rf-does-not-mask-step", "3A 2.3 RF", DB, NOERR, code_base + 1);
}

static void instruction_breakpoints(void)
{
    static const char *const sdm = "3B 17.3.1.1";
    for (u32 n = 0; n < 4; n++)
        for (u32 local = 0; local < 2; local++)
        {
            (&X.dr0)[n] = UCODE + 2;
            X.dr7 = DR7_FIXED | (local ? 1ul : 2ul) << n * 2;
            go(U64, A64("nop\nnop\nnop" DONE));
            ended(nm("break.exec.dr%d.%s", n, local ? "local" : "global"), sdm, DB, NOERR, UCODE + 2);
            same(nm("break.exec.dr%d.%s.dr6", n, local ? "local" : "global"), "3B 17.2.3", HIT(R.dr6) & (1ul << n | 0xe000), 1ul << n);
        }
    X.dr0 = UCODE + 1;
    X.dr7 = BP0(EXEC, LEN1);
    go(U64, A64("nop\nnop" DONE));
    same("break.exec.saved-rf-is-clear", "3B 17.3.1.1", R.rflags & FL_RF, 0);
    X.dr0 = UCODE;
    X.dr7 = BP0(EXEC, LEN1);
    X.rflags = FL_RF;
    ok("break.exec.rf-masks-one-instruction", "3A 2.3 RF; 3B 17.3.1.1", U64, A64("nop" DONE));
    X.dr0 = UCODE;
    X.dr1 = UCODE + 1;
    X.dr7 = DR7_FIXED | 2 | 8;
    X.rflags = FL_RF;
    go(U64, A64("nop\nnop" DONE));
    ended("break.exec.rf-masks-only-one-instruction", "3A 2.3 RF", DB, NOERR, UCODE + 1);
    X.dr0 = UCODE + 1;
    X.dr7 = DR7_FIXED;
    ok("break.exec.disabled", "3B 17.2.4", U64, A64("nop\nnop" DONE));
    X.dr0 = UCODE + 2;
    X.dr7 = BP0(EXEC, LEN1);
    ok("break.exec.only-first-byte", sdm, U64, A64("nop\nmov eax, 1" DONE));
    X.dr0 = UCODE + 1;
    X.dr7 = BP0(EXEC, LEN1);
    go(U64, A64("nop\nud2"));
    ended("break.exec.before-invalid-opcode", "3A 6.9", DB, NOERR, UCODE + 1);
    map_default();
    TEST_PTE = 0;
    flush();
    X.dr0 = TEST_VA;
    X.dr7 = BP0(EXEC, LEN1);
    X.rdi = TEST_VA;
    go(U64, A64("jmp rdi"));
    ended("break.exec.before-fetch-page-fault", "3A 6.9", DB, NOERR, TEST_VA);
    map_default();
    X.dr0 = (u64)kcode + 8;
    X.dr7 = BP0(EXEC, LEN1);
    go(K64, A64("mov eax, 0x18\nnop\nmov ss, eax\nnop" DONE));
    same("break.exec.suppressed-after-mov-ss", "3A 6.8.3", R.vec, DONE_VECTOR);
    X.dr0 = UDATA;
    X.dr7 = BP0(EXEC, LEN1);
    ok("break.exec.data-access-does-not-match", sdm, U64, A64("mov eax, [rdi]\nmov [rdi], eax" DONE));
}

static int repairs;
static int repair(struct frame *f)
{
    repairs = repairs * 256 + (int)f->vec;
    if (f->vec == DB) { f->rflags |= FL_RF; return 1; }
    if (f->vec == PF) { TEST_PTE = TEST_PA | 7; invlpg(TEST_VA); return 1; }
    return 0;
}

static void resume(void)
{
    map_default();
    TEST_PTE = 0;
    flush();
    repairs = 0;
    X.hook = repair;
    X.rdi = TEST_VA;
    X.dr0 = UCODE + 1;
    X.dr7 = BP0(EXEC, LEN1);
    go(U64, A64("nop\nmov eax, [rdi]" DONE));
    same("break.exec.fault-resumes-with-rf", "3B 17.3.1.1; 3A 6.8.2", (u64)repairs, DB * 65536 + PF * 256 + DONE_VECTOR);
    map_default();
}

static void repeated(void)
{
    repairs = 0;
    X.hook = repair;
    X.rcx = 0x2800;
    X.dr0 = (u64)kcode + 1;
    X.dr7 = BP0(EXEC, LEN1);
    go(K64, A64("nop\nrep stosb" DONE));
    same("break.exec.rep-matches-once", "3B 17.3.1.1", (u64)repairs, DB * 256 + DONE_VECTOR);
    same("break.exec.rep-completes", "2B REP", R.rcx, 0);
    X.rcx = 0x2800;
    X.dr0 = (u64)kcode;
    X.dr7 = BP0(EXEC, LEN1);
    X.rflags = FL_RF;
    ok("break.exec.rf-covers-all-iterations", "3A 2.3 RF; 3B 17.3.1.1", K64, A64("rep stosb" DONE));
    X.dr0 = UDATA + 4;
    X.dr7 = BP0(READWRITE, LEN4);
    X.rflags = 0;
    X.rcx = 4;
    go(U64, A64("mov rsi, rdi\nrepne scasd" MARK "nop" DONE));
    yes("break.scas-inside", "3B 17.3.1.2", R.vec == DB && R.rip == code_base + 3 && R.rcx == 2);
    X.dr0 = UDATA + 0x1000;
    X.dr7 = BP0(WRITE, LEN1);
    X.rcx = 0x1001;
    go(U64, A64("rep stosb" MARK "nop" DONE));
    ended("break.last-iteration", "3B 17.3.1.2", DB, NOERR, code_base + last_mark);
    same("break.saved-rf-inside-rep", "3B 17.3.1.1", R.rflags & FL_RF, 0);
}

static void data(const char *name, const char *sdm, u64 at, u32 rw, u32 len, struct snippet s, int hit)
{
    X.dr0 = at;
    X.dr7 = BP0(rw, len);
    go(U64, s);
    if (hit) yes(name, sdm, R.vec == DB && R.rip == code_base + s.mark && (R.dr6 & 0xe001) == 1);
    else same(name, sdm, R.vec, DONE_VECTOR);
}

static void data_breakpoints(void)
{
    static const char *const sdm = "3B 17.2.5, 17.3.1.2";
    data("break.write.hit", sdm, UDATA, WRITE, LEN4, A64("mov [rdi], eax" MARK "nop" DONE), 1);
    data("break.write.read-does-not-hit", sdm, UDATA, WRITE, LEN4, A64("mov eax, [rdi]" DONE), 0);
    data("break.readwrite.read", sdm, UDATA, READWRITE, LEN4, A64("mov eax, [rdi]" MARK "nop" DONE), 1);
    data("break.readwrite.write", sdm, UDATA, READWRITE, LEN4, A64("mov [rdi], eax" MARK "nop" DONE), 1);
    data("break.readwrite.fetch-does-not-hit", sdm, UCODE + 1, READWRITE, LEN1, A64("nop\nnop" DONE), 0);
    data("break.len1.next-byte", sdm, UDATA, WRITE, LEN1, A64("mov [rdi + 1], al" DONE), 0);
    data("break.len2.second-byte", sdm, UDATA, WRITE, LEN2, A64("mov [rdi + 1], al" MARK "nop" DONE), 1);
    data("break.len2.third-byte", sdm, UDATA, WRITE, LEN2, A64("mov [rdi + 2], al" DONE), 0);
    data("break.len4.last-byte", sdm, UDATA, WRITE, LEN4, A64("mov [rdi + 3], al" MARK "nop" DONE), 1);
    data("break.len4.after", sdm, UDATA, WRITE, LEN4, A64("mov [rdi + 4], al" DONE), 0);
    data("break.len4.before", sdm, UDATA + 4, WRITE, LEN4, A64("mov [rdi + 3], al" DONE), 0);
    data("break.len8.last-byte", sdm, UDATA, WRITE, LEN8, A64("mov [rdi + 7], al" MARK "nop" DONE), 1);
    data("break.len8.after", sdm, UDATA, WRITE, LEN8, A64("mov [rdi + 8], al" DONE), 0);
    data("break.access-that-overlaps-from-below", sdm, UDATA + 4, WRITE, LEN1, A64("mov [rdi + 1], eax" MARK "nop" DONE), 1);
    data("break.len4.low-address-bits-are-ignored", sdm, UDATA + 3, WRITE, LEN4, A64("mov [rdi], al" MARK "nop" DONE), 1);
    data("break.page-crossing-write", sdm, UDATA + 0x1000, WRITE, LEN1, A64("mov [rdi + 0xffe], eax" MARK "nop" DONE), 1);
    data("break.push", sdm, USTACK_TOP - 8, WRITE, LEN8, A64("push rax" MARK "nop" DONE), 1);
    data("break.pop", sdm, USTACK_TOP, READWRITE, LEN8, A64("pop rax" MARK "nop" DONE), 1);
    data("break.rmw", sdm, UDATA, WRITE, LEN4, A64("inc dword ptr [rdi]" MARK "nop" DONE), 1);
    data("break.xmm-store", sdm, UDATA + 12, WRITE, LEN1, A64("movups [rdi], xmm0" MARK "nop" DONE), 1);
    data("break.linear-address-not-offset", sdm, UDATA + 0x10, WRITE, LEN1, A64("mov byte ptr [rdi + 0x1010], 1" DONE), 0);
    X.dr0 = UDATA + 2;
    X.dr7 = BP0(WRITE, LEN1);
    X.rcx = 5;
    go(U64, A64("rep stosb\nnop" DONE));
    ended("break.rep-stosb-traps-inside", "3B 17.3.1.2", DB, NOERR, code_base);
    same("break.rep-stosb-rcx", "3B 17.3.1.2", R.rcx, 2);
    X.dr0 = UDATA;
    X.dr7 = BP0(WRITE, LEN4);
    go(U64, A64("mov eax, 0x12345678\nmov [rdi], eax\nnop" DONE));
    same("break.write-is-done-when-it-traps", sdm, *(volatile u32 *)udata_pages, 0x12345678);
    X.dr0 = UDATA;
    X.dr7 = BP0(WRITE, LEN4);
    go(U64, A64("mov [rdi], eax\nnop" DONE));
    same("break.trap-saved-rf", "3B 17.3.1.1", R.rflags & FL_RF, 0);
    for (u32 n = 1; n < 4; n++)
    {
        (&X.dr0)[n] = UDATA;
        X.dr7 = DR7_FIXED | 2ul << n * 2 | 0xdul << (16 + n * 4);
        go(U64, A64("mov [rdi], eax\nnop" DONE));
        yes(nm("break.write.dr%d", n), sdm, R.vec == DB && (R.dr6 & (1ul << n)));
    }
    X.dr0 = UDATA;
    X.dr1 = UDATA + 4;
    X.dr7 = DR7_FIXED | 0xa | 0xdd0000;
    go(U64, A64("mov [rdi], rax\nnop" DONE));
    same("break.two-at-once", "3B 17.2.3", R.vec == DB ? R.dr6 & 3 : 0, 3);
    X.dr0 = UDATA;
    X.dr7 = BP0(WRITE, LEN4);
    X.rflags = FL_TF;
    go(U64, A64("mov [rdi], eax\nnop" DONE));
    same("break.with-single-step", "3B 17.2.3", HIT(R.dr6), DR6_BS | 1);
    X.dr0 = (u64)kdata;
    X.dr7 = BP0(READWRITE, LEN1);
    log_vector(DB);
    *(u16 *)kdata = SEL_KDATA;
    go(K64, A64("mov ss, word ptr [rdi]\nnop\nnop" DONE));
    STEPPED("break.mov-ss-delays-the-trap", "3A 6.8.3; 3B 17.3.1.2", 3);
    map_default();
    TEST_PTE = 0;
    flush();
    X.dr0 = TEST_VA;
    X.dr7 = BP0(WRITE, LEN4);
    X.rdi = TEST_VA;
    exc("break.faulting-access-does-not-trap", "3A 6.9", U64, A64("mov [rdi], eax"), PF, 6);
    same("break.faulting-access-leaves-dr6", "3B 17.2.3", R.dr6 & 0xe000, 0);
    map_default();
    X.dr0 = 0x80;
    X.cr4 = CR4_DEFAULT | CR4_DE;
    X.dr7 = BP0(IO, LEN1);
    go(K64, A64("out 0x80, al" MARK "nop" DONE));
    yes("break.io.out", "3B 17.2.4, 17.3.1.2", R.vec == DB && R.rip == code_base + 2 && (R.dr6 & 1));
    X.dr0 = 0x80;
    X.cr4 = CR4_DEFAULT | CR4_DE;
    X.dr7 = BP0(IO, LEN1);
    go(K64, A64("in al, 0x80" MARK "nop" DONE));
    yes("break.io.in", "3B 17.2.4, 17.3.1.2", R.vec == DB && R.rip == code_base + 2 && (R.dr6 & 1));
    X.dr0 = 0x80;
    X.cr4 = CR4_DEFAULT | CR4_DE;
    X.dr7 = BP0(IO, LEN1);
    go(K64, A64("in al, 0x21\nmov al, [rdi]" DONE));
    same("break.io.other-port", "3B 17.2.4", R.vec, DONE_VECTOR);
}

static void registers(void)
{
    static const char *const sdm = "3B 17.2; 2B MOV DR";
    X.dr7 = DR7_FIXED | 0x2000;
    X.hook = look;
    exc("debug.gd-read", "3B 17.3.1.3", K64, A64("nop" MARK "mov rax, dr0"), DB, NOERR);
    same("debug.gd-sets-bd", "3B 17.2.3", HIT(R.dr6), DR6_BD);
    same("debug.gd-is-cleared-in-handler", "3B 17.2.4", seen_dr7 & 0x2000, 0);
    X.dr7 = DR7_FIXED | 0x2000;
    exc("debug.gd-write", "3B 17.3.1.3", K64, A64("nop" MARK "mov dr7, rax"), DB, NOERR);
    okv("debug.dr0-holds-any-address", sdm, K64, A64("mov rax, 0x8123456789abcdef\nmov dr0, rax\nmov rax, dr0\nxor ecx, ecx\nmov dr0, rcx" DONE), 0x8123456789abcdef);
    exc("debug.dr7-upper-half", sdm, K64, A64("mov rax, 0x100000400" MARK "mov dr7, rax"), GP, 0);
    exc("debug.dr6-upper-half", sdm, K64, A64("mov rax, 0x1ffff0ff0" MARK "mov dr6, rax"), GP, 0);
    okv("debug.dr6-fixed-bits", "3B 17.2.3", K64, A64("xor eax, eax\nmov dr6, rax\nmov rax, dr6\nand eax, 0xfffef7ff" DONE), 0xffff0ff0 & 0xfffef7ff);
    okv("debug.dr6-writable-bits", "3B 17.2.3", K64, A64("mov eax, 0xffffffff\nmov dr6, rax\nmov rax, dr6\nand eax, 0xf00f" DONE), 0xe00f);
    okv("debug.dr7-fixed-bits", "3B 17.2.4", K64, A64("mov eax, 0xd000\nmov dr7, rax\nmov rax, dr7" DONE), 0x400);
    X.cr4 = CR4_DEFAULT | CR4_DE;
    exc("debug.dr4-with-de", "3B 17.2.2", K64, A64("mov rax, dr4"), UD, NOERR);
    X.cr4 = CR4_DEFAULT | CR4_DE;
    exc("debug.dr5-with-de", "3B 17.2.2", K64, A64("mov dr5, rax"), UD, NOERR);
    okv("debug.dr4-is-dr6-without-de", "3B 17.2.2", K64, A64("mov rax, dr4\nmov rcx, dr6\nsub rax, rcx" DONE), 0);
    okv("debug.dr5-is-dr7-without-de", "3B 17.2.2", K64, A64("mov rax, dr5" DONE), 0x400);
    exc("debug.mov-dr-user", sdm, U64, A64("mov dr0, rax"), GP, 0);
    exc("debug.mov-dr-compat-user", sdm, U32C, A32("mov eax, dr6"), GP, 0);
    okv("debug.mov-dr-compat-is-32-bit", sdm, K32C, A32("mov eax, 0x89abcdef\nmov dr0, eax\nmov ecx, dr0\nxor eax, eax\nmov dr0, eax\nmov eax, ecx" DONE), 0x89abcdef);
}

void group_debug(void)
{
    single_step();
    instruction_breakpoints();
    resume();
    repeated();
    data_breakpoints();
    registers();
}
