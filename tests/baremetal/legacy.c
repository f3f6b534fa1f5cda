/* Legacy protected mode: 32-bit gates and call gates, virtual-8086 mode, 32-bit and PAE paging. */
#include "kit.h"

#define S SEL_FREE
extern u8 low_start[];
static u64 *const bitmap64 = (u64 *)(tss32 + 104);

/* ---- interrupts, stacks, call gates ---- */

static void gates(void)
{
    go(L32K, A32("int 0x90"));
    same("legacy.gate.same-level-frame", "3A 6.12.1", R.frame + 4, KSTACK_TOP - 12);
    go(L32U, A32("int 0xe0"));
    same("legacy.gate.ring0-stack", "3A 6.12.1, 7.2.1", R.frame + 4, (u64)trap_stack_top - 20);
    same("legacy.gate.saved-ss", "3A 6.12.1", R.ss, SEL_UDATA);
    same("legacy.gate.saved-esp", "3A 6.12.1", R.rsp, KSTACK_TOP);
    same("legacy.gate.saved-cs", "3A 6.12.1", R.cs, SEL_U32);
    exc("legacy.gate.dpl0-from-user", "3A 6.12.1", L32U, A32("nop" MARK "int 0x90"), GP, 0x90 * 8 + 2);
    idt32[0x90] = 0;
    exc("legacy.gate.empty", "2A INT n", L32K, A32("nop" MARK "int 0x90"), GP, 0x90 * 8 + 2);
    idt32[0x90] = 0x00000e0000080000;
    exc("legacy.gate.not-present", "2A INT n", L32K, A32("nop" MARK "int 0x90"), NP, 0x90 * 8 + 2);
    default_gate(0x90);
    exc("legacy.ud2", "3A 6.15 #UD", L32U, A32("nop" MARK "ud2"), UD, NOERR);
    exc("legacy.hlt-user", "3A 5.9", L32U, A32("hlt"), GP, 0);
    exc("legacy.cli-user", "2A CLI", L32U, A32("cli"), GP, 0);
    exc("legacy.in-user", "2A IN", L32U, A32("in al, 0x80"), GP, 0);
    exc("legacy.null-ss", "3A 5.7", L32K, A32("xor eax, eax" MARK "mov ss, eax"), GP, 0);
    exc("legacy.null-ds-use", "3A 5.4.1", L32K, A32("xor eax, eax\nmov ds, eax" MARK "mov eax, [edi]"), GP, 0);
    exc("legacy.syscall", "2B SYSCALL", L32K, A32("syscall"), UD, NOERR);
    exc("legacy.rex-is-inc", "2A 2.2.1", L32K, A32("xor eax, eax\n.byte 0x40\ncmp eax, 1\nje 1f\nhlt\n1:" MARK "ud2"), UD, NOERR);
    go(L32U, A32("push 0x11\npush 0x22\nint 0xe0"));
    same("legacy.push-is-4-bytes", "2B PUSH", R.rsp, KSTACK_TOP - 8);
    X.rflags = FL_TF;
    exc("legacy.single-step", "3B 17.3.1.4", L32U, A32("nop" MARK "nop"), DB, NOERR);
    X.rflags = FL_NT;
    go(L32K, A32("int 0x90"));
    same("legacy.gate.nt-saved", "3A 6.12.1.3", R.rflags & FL_NT, FL_NT);
}

static void call_gates(void)
{
    static const char *const sdm = "3A 5.8.5; 2A CALL";
    kcode[0x1100] = 0xcd;
    kcode[0x1101] = 0xe0;
    u64 target = (u64)kcode + 0x1100;
    gdt[S >> 3] = (target & 0xffff) | (u64)SEL_K32 << 16 | 2ul << 32 | 0xecul << 40 | (target >> 16) << 48;
    go(L32U, A32("push 0x11111111\npush 0x22222222\n.byte 0x9a\n.long 0\n.word 0x103"));
    same("legacy.call-gate.cpl0", sdm, R.vec == DONE_VECTOR ? R.cs : ~0ul, SEL_K32);
    same("legacy.call-gate.stack", sdm, R.rsp, (u64)trap_stack_top - 24);
    u32 *stack = (u32 *)((u64)trap_stack_top - 24);
    same("legacy.call-gate.copies-parameters", "3A 5.8.5", stack[2] | (u64)stack[3] << 32, 0x1111111122222222);
    same("legacy.call-gate.pushes-old-stack", "3A 5.8.5", stack[4] | (u64)stack[5] << 32, (KSTACK_TOP - 8) | (u64)SEL_UDATA << 32);
    same("legacy.call-gate.pushes-return", "3A 5.8.5", stack[1], SEL_U32);
    struct snippet back = A32("retf 8");
    copy(kcode + 0x1100, back.code, back.length);
    go(L32U, A32("push 0x11111111\npush 0x22222222\n.byte 0x9a\n.long 0\n.word 0x103" DONE));
    yes("legacy.call-gate.retf-releases-both-stacks", "3A 5.8.6; 2B RET", R.vec == DONE_VECTOR && R.cs == SEL_U32 && R.rsp == KSTACK_TOP);
    kcode[0x1100] = 0xcd;
    gdt[S >> 3] = (target & 0xffff) | (u64)SEL_K32 << 16 | 0x8cul << 40 | (target >> 16) << 48;
    exc("legacy.call-gate.dpl", sdm, L32U, A32(".byte 0x9a\n.long 0\n.word 0x103"), GP, S);
    set_desc(S, 0x00cf9b000000ffff);
    exc("legacy.far-call.dpl0-from-user", "3A 5.8.1.1", L32U, A32(".byte 0x9a\n.long 0\n.word 0x103"), GP, S);
    set_desc(S, 0x00cf9f000000ffff);
    kcode[0x1101] = 0xe0;
    X.rax = target;
    *(u32 *)kdata = (u32)target;
    *(u16 *)(kdata + 4) = S;
    go(L32U, A32("jmp fword ptr [edi]"));
    same("legacy.far-jmp.conforming-keeps-cpl", "3A 5.8.1.2", R.vec == DONE_VECTOR ? R.cs : ~0ul, S | 3);
}

static void sysenter(void)
{
    if (!has.sep) { skip("legacy.sysenter", "2B SYSENTER", "SEP not announced"); return; }
    kcode[0x1100] = 0xcd;
    kcode[0x1101] = 0xe0;
    wrmsr(0x174, SEL_K32);
    wrmsr(0x175, (u64)kstack + 0x1800);
    wrmsr(0x176, (u64)kcode + 0x1100);
    X.rflags = FL_IF;
    go(L32U, A32("sysenter"));
    yes("legacy.sysenter", "2B SYSENTER; 3A 5.8.7", R.vec == DONE_VECTOR && R.cs == SEL_K32 && R.rsp == (u64)kstack + 0x1800 && !(R.rflags & FL_IF));
    wrmsr(0x174, SEL_K64);
    X.rcx = KSTACK_TOP - 64;
    X.rdx = (u64)kcode + 0x1100;
    go(L32K, A32("sysexit"));
    yes("legacy.sysexit", "2B SYSEXIT; 3A 5.8.7", R.vec == DONE_VECTOR && R.cs == SEL_U32 && R.ss == SEL_UDATA && R.rsp == KSTACK_TOP - 64);
}

/* ---- virtual-8086 mode ---- */

static void v86(void)
{
    static const char *const sdm = "3B 20.2.7";
    go(V86, A16("mov ax, 0x1234" DONE));
    same("v86.frame-has-segments", "2A INT n; 3B 20.3.1", R.frame + 4, (u64)trap_stack_top - 36);
    same("v86.saved-vm", "3B 20.2", R.rflags & FL_VM, FL_VM);
    same("v86.saved-ds", "3B 20.3.1", R.ds, LOW_SEG);
    same("v86.saved-gs", "3B 20.3.1", R.gs, LOW_SEG);
    same("v86.saved-ss-sp", "3B 20.3.1", R.ss << 16 | R.rsp, LOW_SEG << 16 | LOW_STACK);
    static const struct { const char *name; u8 n, b[4]; int vec; long err; } one[] =
    {
        { "hlt", 1, { 0xf4 }, GP, 0 }, { "mov-from-cr0", 3, { 0x0f, 0x20, 0xc0 }, GP, 0 }, { "mov-to-dr7", 3, { 0x0f, 0x23, 0xf8 }, GP, 0 },
        { "lgdt", 4, { 0x0f, 0x01, 0x16, 0 }, GP, 0 }, { "lmsw", 3, { 0x0f, 0x01, 0xf0 }, GP, 0 }, { "clts", 2, { 0x0f, 0x06 }, GP, 0 },
        { "rdmsr", 2, { 0x0f, 0x32 }, GP, 0 }, { "invd", 2, { 0x0f, 0x08 }, GP, 0 }, { "lldt", 3, { 0x0f, 0x00, 0xd0 }, UD, NOERR },
        { "ltr", 3, { 0x0f, 0x00, 0xd8 }, UD, NOERR }, { "sldt", 3, { 0x0f, 0x00, 0xc0 }, UD, NOERR }, { "str", 3, { 0x0f, 0x00, 0xc8 }, UD, NOERR },
        { "verw", 3, { 0x0f, 0x00, 0xe8 }, UD, NOERR }, { "lar", 3, { 0x0f, 0x02, 0xc0 }, UD, NOERR }, { "lsl", 3, { 0x0f, 0x03, 0xc0 }, UD, NOERR },
        { "arpl", 2, { 0x63, 0xc0 }, UD, NOERR }, { "in-denied", 2, { 0xe4, 0x80 }, GP, 0 }, { "out-denied", 2, { 0xe6, 0x80 }, GP, 0 },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++) exc(nm("v86.%s", one[i].name), one[i].vec == UD ? "3B 20.2.1" : sdm, V86, raw(one[i].b, one[i].n), one[i].vec, one[i].err);
    static const struct { const char *name; u8 n, b[4]; } iopl[] =
    {
        { "cli", 1, { 0xfa } }, { "sti", 1, { 0xfb } }, { "pushf", 1, { 0x9c } }, { "popf", 1, { 0x9d } }, { "int-n", 2, { 0xcd, 0xe0 } }, { "iret", 1, { 0xcf } },
    };
    for (u32 i = 0; i < sizeof iopl / sizeof *iopl; i++)
    {
        X.rflags = FL_VM;
        exc(nm("v86.iopl0.%s", iopl[i].name), sdm, V86, raw(iopl[i].b, iopl[i].n), GP, 0);
    }
    X.rflags = FL_VM;
    exc("v86.iopl0.int3-is-not-sensitive", "3B 20.2.7; 2A INT n", V86, A16("int3" MARK), BP, NOERR);
    *bitmap64 = ~0ul;
    tss32[104 + 0x80 / 8] = 0xfe;
    ok("v86.in-allowed-by-map", "3B 20.2.8", V86, A16("in al, 0x80" DONE));
    tss32[104 + 0x80 / 8] = 0xff;
    ok("v86.cli-with-iopl3", sdm, V86, A16("cli\npushf\npop ax\npush ax\npopf" DONE));
    okv("v86.segment-is-paragraph", "3B 20.1.1, 20.2.1", V86, A16("mov ax, 0x1000\nmov es, ax\nmov word ptr es:[0x9000], 0x5678\nmov ax, 0x1900\nmov es, ax\nxor eax, eax\nmov ax, es:[0]" DONE), 0x5678);
    exc("v86.limit-is-64k", "3B 20.2.1", V86, A16("xor eax, eax" MARK "mov eax, [0xfffd]"), GP, 0);
    exc("v86.limit-is-64k-for-stack", "3B 20.2.1", V86, A16("mov bp, 0xffff" MARK "mov ax, [bp]"), SS, 0);
    exc("v86.32-bit-address-beyond-64k", "3B 20.2.1, 21.3", V86, A16("mov edi, 0x10000" MARK "mov al, [edi]"), GP, 0);
    ok("v86.iret-inside", "2A IRET", V86, A16("pushf\npush cs\ncall 1f\n1: pop ax\nadd ax, 2f - 1b\npush ax\niretw\nud2\n2:" DONE));
    exc("v86.divide-error", "3A 6.15 #DE", V86, A16("xor cx, cx" MARK "div cx"), DE, NOERR);
    idt32['V'] = 0;
    exc("v86.gp-for-int-beyond", "2A INT n", V86, A16("int 0x56"), GP, 'V' * 8 + 2);
    default_gate('V');
    /* A handler whose code segment is not DPL 0 cannot be entered from virtual-8086 mode. */
    idt32['V'] = (idt32['V'] & ~0xffff0000ul) | (u64)SEL_U32 << 16 | 0x60ul << 40;
    exc("v86.handler-must-be-dpl0", "2A INT n", V86, A16("int 0x56"), GP, SEL_U32 & ~3);
    default_gate('V');
}

/* ---- paging outside IA-32e mode ---- */

static u32 pd32[1024] __attribute__((aligned(4096)));
static u32 pt32[1024] __attribute__((aligned(4096)));
static u64 pdpt_pae[4] __attribute__((aligned(32)));
static u64 pd_pae[512] __attribute__((aligned(4096)));
static u64 pd_pae0[512] __attribute__((aligned(4096)));
static u64 pt_pae[512] __attribute__((aligned(4096)));
#define TEST32 0x80407000u

static void tables32(void)
{
    fill(pd32, 0, sizeof pd32);
    fill(pt32, 0, sizeof pt32);
    for (u32 i = 0; i < 32; i++) pd32[i] = i << 22 | 0xe7;
    pd32[TEST32 >> 22] = (u32)(u64)pt32 | 7;
    pt32[TEST32 >> 12 & 1023] = (u32)TEST_PA | 7;
}

static void tables_pae(void)
{
    fill(pd_pae, 0, sizeof pd_pae);
    fill(pt_pae, 0, sizeof pt_pae);
    for (u64 i = 0; i < 64; i++) pd_pae0[i] = i << 21 | 0xe7;
    pdpt_pae[0] = (u64)pd_pae0 | 1;
    pdpt_pae[1] = 0;
    pdpt_pae[2] = (u64)pd_pae | 1;
    pdpt_pae[3] = 0;
    pd_pae[TEST32 >> 21 & 511] = (u64)pt_pae | 7;
    pt_pae[TEST32 >> 12 & 511] = TEST_PA | 7;
}

static void use32(int wp) { X.cr0 = 0x80000033 | (wp ? CR0_WP : 0); X.cr4 = CR4_OSFXSR | CR4_PSE; X.cr3 = (u64)pd32; X.rdi = TEST32; }
static void use_pae(void) { X.cr0 = 0x80010033; X.cr4 = CR4_OSFXSR | CR4_PAE; X.cr3 = (u64)pdpt_pae; X.rdi = TEST32; X.efer = 0x800; }

static void paging32(void)
{
    static const char *const sdm = "3A 4.3, 4.6.1, 4.7";
    for (int level = 0; level < 2; level++)
        for (int flag = 0; flag < 3; flag++)
            for (int user = 0; user < 2; user++)
                for (int write = 0; write < 2; write++)
                    for (int wp = 0; wp < 2; wp++)
                    {
                        static const char *const flag_name[] = { "p0", "w0", "u0" };
                        long err = (flag ? 1 : 0) | write * 2 | user * 4;
                        int faults = flag == 0 || (flag == 1 && write && (user || wp)) || (flag == 2 && user);
                        const char *name = nm("paging32.%s.%s.%s.%s.wp%d", level ? "pde" : "pte", flag_name[flag], user ? "user" : "supervisor", write ? "write" : "read", (u32)wp);
                        tables32();
                        *(level ? &pd32[TEST32 >> 22] : &pt32[TEST32 >> 12 & 1023]) &= ~(1u << flag);
                        use32(wp);
                        go(user ? L32U : L32K, write ? A32("mov [edi], al" DONE) : A32("mov al, [edi]" DONE));
                        if (faults) ended(name, sdm, PF, err, code_base);
                        else same(name, sdm, R.vec, DONE_VECTOR);
                    }
    tables32();
    use32(1);
    go(L32U, A32("mov [edi], al" DONE));
    same("paging32.ad", "3A 4.8", (pd32[TEST32 >> 22] & 0x60) << 8 | (pt32[TEST32 >> 12 & 1023] & 0x60), 0x2060);
    tables32();
    pd32[TEST32 >> 22] = (u32)TEST_PA | 0x87;
    use32(1);
    *(volatile u32 *)(TEST_PA + 0x7000) = 0x4444;
    okv("paging32.4m-page", "3A 4.3", L32U, A32("mov eax, [edi]" DONE), 0x4444);
    tables32();
    pd32[TEST32 >> 22] |= 0x80;
    use32(1);
    X.cr4 = CR4_OSFXSR;
    for (u32 i = 0; i < 32; i++) pd32[i] = 0;
    static u32 low_pt[2][1024] __attribute__((aligned(4096)));
    for (u32 i = 0; i < 2048; i++) low_pt[i >> 10][i & 1023] = i << 12 | 7;
    pd32[0] = (u32)(u64)low_pt[0] | 7;
    pd32[1] = (u32)(u64)low_pt[1] | 7;
    *(volatile u32 *)TEST_PA = 0x5555;
    okv("paging32.ps-is-ignored-without-pse", "3A 4.3", L32K, A32("mov eax, [edi]" DONE), 0x5555);
    tables32();
    pd32[TEST32 >> 22] = (u32)TEST_PA | 0x87 | 1 << 21;
    use32(1);
    exc("paging32.4m-page.bit21-is-reserved", "3A 4.3 table 4-4", L32K, A32("mov eax, [edi]"), PF, 9);
    tables32();
    use32(1);
    X.cs = SEL_U32;
    pt32[TEST32 >> 12 & 1023] = 0;
    go(L32U, A32("jmp edi"));
    ended("paging32.fetch-has-no-i-bit", "3A 4.7", PF, 4, TEST32);
}

static void paging_pae(void)
{
    static const char *const sdm = "3A 4.4, 4.6.1, 4.7";
    tables_pae();
    use_pae();
    *(volatile u32 *)TEST_PA = 0x9abc;
    okv("pae.read", sdm, L32K, A32("mov eax, [edi]" DONE), 0x9abc);
    tables_pae();
    pt_pae[TEST32 >> 12 & 511] &= ~PTE_P;
    use_pae();
    exc("pae.pte.p0", sdm, L32K, A32("mov eax, [edi]"), PF, 0);
    tables_pae();
    pd_pae[TEST32 >> 21 & 511] &= ~PTE_U;
    use_pae();
    go(L32K, A32("mov eax, [edi]" DONE));
    same("pae.pde.u0.supervisor", sdm, R.vec, DONE_VECTOR);
    tables_pae();
    pt_pae[TEST32 >> 12 & 511] &= ~PTE_W;
    use_pae();
    exc("pae.pte.w0.write-wp", sdm, L32K, A32("mov [edi], eax"), PF, 3);
    tables_pae();
    pt_pae[TEST32 >> 12 & 511] |= PTE_NX;
    use_pae();
    go(L32K, A32("jmp edi"));
    ended("pae.pte.nx", sdm, PF, 0x11, TEST32);
    tables_pae();
    pt_pae[TEST32 >> 12 & 511] |= PTE_NX;
    use_pae();
    X.efer = 0;
    exc("pae.nx-without-nxe-is-reserved", "3A 4.4.2, 4.7", L32K, A32("mov eax, [edi]"), PF, 9);
    tables_pae();
    pd_pae[TEST32 >> 21 & 511] = TEST_PA | 0x87;
    *(volatile u32 *)(TEST_PA + 0x7000) = 0x2222;
    use_pae();
    okv("pae.2m-page", "3A 4.4.2", L32K, A32("mov eax, [edi]" DONE), 0x2222);
    tables_pae();
    use_pae();
    X.rdi = 0x40000000;
    exc("pae.pdpte-not-present", "3A 4.4.1", L32K, A32("mov eax, [edi]"), PF, 0);
    tables_pae();
    pdpt_pae[2] |= 1ul << 1;
    use_pae();
    X.cr0 = 0x33;
    X.rsi = 0x80010033;
    exc("pae.pdpte-reserved-bit-faults-at-mov-cr0", "3A 4.4.1; 2B MOV CR", L32K, A32("mov cr0, esi"), GP, 0);
    tables_pae();
    use_pae();
    X.rsi = (u64)&pdpt_pae[2];
    ok("pae.pdptes-are-read-at-mov-cr3-only", "3A 4.4.1", L32K, A32("mov dword ptr [esi], 0\ninvlpg [edi]\nmov eax, [edi]" DONE));
    tables_pae();
    use_pae();
    X.rsi = (u64)&pdpt_pae[2];
    exc("pae.mov-cr3-reads-pdptes", "3A 4.4.1", L32K, A32("mov dword ptr [esi], 0\nmov eax, cr3\nmov cr3, eax" MARK "mov eax, [edi]"), PF, 0);
    tables_pae();
    use_pae();
    X.rsi = (u64)&pdpt_pae[2];
    exc("pae.mov-cr3-reserved-bit", "3A 4.4.1; 2B MOV CR", L32K, A32("or dword ptr [esi], 4\nmov eax, cr3" MARK "mov cr3, eax"), GP, 0);
    tables_pae();
    use_pae();
    go(L32K, A32("mov [edi], eax" DONE));
    same("pae.ad", "3A 4.8", (pd_pae[TEST32 >> 21 & 511] & 0x60) << 8 | (pt_pae[TEST32 >> 12 & 511] & 0x60), 0x2060);
    same("pae.pdpte-has-no-accessed-flag", "3A 4.4.1, 4.8", pdpt_pae[2] & PTE_A, 0);
}

void group_legacy(void)
{
    gates();
    call_gates();
    sysenter();
    v86();
    paging32();
    paging_pae();
}
