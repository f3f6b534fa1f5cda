/* SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS and the FS and GS bases (SDM 3A 5.8.7, 5.8.8; 2B). */
#include "kit.h"

#define STAR 0xc0000081
#define LSTAR 0xc0000082
#define CSTAR 0xc0000083
#define FMASK 0xc0000084
#define UTARGET (UCODE + 0x1000)

static void syscall_checks(void)
{
    static const char *const sdm = "2B SYSCALL; 3A 5.8.8";
    wrmsr(FMASK, 0x200);
    X.rflags = FL_IF | FL_CF;
    go(U64, A64("syscall\nnop"));
    same("syscall.enters-lstar", sdm, R.vec, 0x100);
    same("syscall.rcx-is-next-rip", sdm, R.rcx, UCODE + 2);
    same("syscall.r11-is-rflags", sdm, R.r11, FL_IF | FL_CF | 2);
    same("syscall.fmask-clears-if", sdm, R.rflags & FL_IF, 0);
    same("syscall.other-flags-stay", sdm, R.rflags & FL_CF, FL_CF);
    same("syscall.cs-from-star", sdm, R.cs, SEL_K64);
    same("syscall.ss-from-star", sdm, R.ss, SEL_KDATA);
    same("syscall.rsp-unchanged", sdm, R.rsp, USTACK_TOP);
    wrmsr(FMASK, 0);
    X.rflags = FL_IF | FL_DF;
    go(U64, A64("syscall"));
    same("syscall.fmask-zero-keeps-flags", sdm, R.rflags & (FL_IF | FL_DF), FL_IF | FL_DF);
    wrmsr(FMASK, 0xffffffff);
    X.rflags = FL_IF | FL_DF | FL_CF | FL_AC | FL_NT | FL_ID;
    go(U64, A64("syscall"));
    same("syscall.fmask-all-ones", sdm, R.rflags, 2);
    same("syscall.r11-keeps-all", sdm, R.r11, FL_IF | FL_DF | FL_CF | FL_AC | FL_NT | FL_ID | 2);
    wrmsr(FMASK, 0x200);
    X.rflags = FL_RF;
    go(U64, A64("nop\nsyscall"));
    same("syscall.r11-rf-is-clear", sdm, R.r11 & FL_RF, 0);
    go(K64, A64("syscall"));
    same("syscall.from-cpl0", sdm, R.vec, 0x100);
    X.efer = 0xd01 & ~0x401ul;
    exc("syscall.sce-0", sdm, U64, A64("syscall"), UD, NOERR);
    X.efer = 0xd01 & ~0x401ul;
    exc("syscall.sysret-sce-0", "2B SYSRET", K64, A64("sysretq"), UD, NOERR);
    if (has.intel) exc("syscall.compat-mode", sdm, U32C, A32("syscall"), UD, NOERR);
    else skip("syscall.compat-mode", sdm, "not an Intel processor");
    wrmsr(STAR, (u64)SEL_U32 << 48 | (u64)(SEL_K64 | 3) << 32);
    go(U64, A64("syscall"));
    same("syscall.star-rpl-is-cleared", sdm, R.cs, SEL_K64);
    wrmsr(STAR, (u64)SEL_U32 << 48 | (u64)SEL_K64 << 32);
}

static void sysret_checks(void)
{
    static const char *const sdm = "2B SYSRET; 3A 5.8.8";
    X.rcx = UTARGET;
    X.r11 = FL_IF | FL_CF;
    go(K64, A64("mov rsp, 0x40011f00\nsysretq"));
    same("sysret.64.cs", sdm, R.vec == DONE_VECTOR ? R.cs : ~0ul, SEL_U64);
    same("sysret.64.ss", sdm, R.ss, SEL_UDATA);
    same("sysret.64.rflags", sdm, R.rflags, FL_IF | FL_CF | 2);
    same("sysret.64.rsp-unchanged", sdm, R.rsp, 0x40011f00);
    X.rcx = UTARGET;
    X.r11 = ~0ul & ~FL_TF;
    go(K64, A64("mov rsp, 0x40011f00\nsysretq"));
    same("sysret.64.r11-mask", sdm, R.rflags, 0x3c7ed7);
    same("sysret.64.clears-rf-and-vm", sdm, R.rflags & (FL_RF | FL_VM), 0);
    same("sysret.64.loads-nt-iopl", sdm, R.rflags & (FL_NT | FL_IOPL3), FL_NT | FL_IOPL3);
    X.rcx = 0xffffffff00000000 | UTARGET;
    X.r11 = 2;
    go(K64, A64("mov rsp, 0x40011f00\n.byte 0x0f, 0x07"));
    same("sysret.32.cs", sdm, R.vec == DONE_VECTOR ? R.cs : ~0ul, SEL_U32);
    same("sysret.32.ss", sdm, R.ss, SEL_UDATA);
    same("sysret.32.rip-is-ecx", sdm, R.rip, UTARGET + 2);
    X.rcx = 0x800000000000;
    X.r11 = 2;
    if (has.intel) exc("sysret.noncanonical-faults-at-cpl0", sdm, K64, A64("sysretq"), GP, 0);
    else skip("sysret.noncanonical-faults-at-cpl0", sdm, "not an Intel processor");
    exc("sysret.user", sdm, U64, A64("sysretq"), GP, 0);
    X.rcx = UTARGET;
    exc("sysret.compat-mode", sdm, K32C, A32(".byte 0x0f, 0x07"), UD, NOERR);
    static const u8 step[] = { 0x90, 0x90, 0xcd, 0xe0 };
    copy(ucode_pages + 0x1010, step, 4);
    X.rcx = UTARGET + 0x10;
    X.r11 = FL_TF | 2;
    go(K64, A64("mov rsp, 0x40011f00\nsysretq"));
    yes("sysret.tf-traps-after-next-instruction-or-at-once", "2B SYSRET; 3B 17.3.1.4", R.vec == DB && (R.rip == UTARGET + 0x10 || R.rip == UTARGET + 0x11));
}

static void sysenter_checks(void)
{
    static const char *const sdm = "2B SYSENTER; 3A 5.8.7";
    if (!has.sep) { skip("sysenter.*", sdm, "SEP not announced"); return; }
    wrmsr(0x174, 0);
    exc("sysenter.cs-msr-zero", sdm, U64, A64("sysenter"), GP, 0);
    exc("sysexit.cs-msr-zero", "2B SYSEXIT", K64, A64(".byte 0x0f, 0x35"), GP, 0);
    wrmsr(0x174, SEL_K64);
    wrmsr(0x175, (u64)kstack + 0x1800);
    wrmsr(0x176, (u64)system_call_entry);
    X.rflags = FL_IF | FL_CF;
    go(U64, A64("sysenter"));
    same("sysenter.64.enters", sdm, R.vec, 0x100);
    same("sysenter.64.cs", sdm, R.cs, SEL_K64);
    same("sysenter.64.ss", sdm, R.ss, SEL_KDATA);
    same("sysenter.64.rsp", sdm, R.rsp, (u64)kstack + 0x1800);
    same("sysenter.64.clears-if", sdm, R.rflags & (FL_IF | FL_CF), FL_CF);
    go(U32C, A32("sysenter"));
    same("sysenter.compat.enters-64-bit-mode", sdm, R.vec, 0x100);
    same("sysenter.compat.rsp-is-64-bit", sdm, R.rsp, (u64)kstack + 0x1800);
    go(K64, A64("sysenter"));
    same("sysenter.from-cpl0", sdm, R.vec, 0x100);
    X.rcx = USTACK + 0x800;
    X.rdx = UTARGET;
    go(K64, A64("rex.w\n.byte 0x0f, 0x35"));
    same("sysexit.64.cs", "2B SYSEXIT", R.vec == DONE_VECTOR ? R.cs : ~0ul, SEL_U64);
    same("sysexit.64.ss", "2B SYSEXIT", R.ss, SEL_UDATA2);
    same("sysexit.64.rsp", "2B SYSEXIT", R.rsp, USTACK + 0x800);
    X.rcx = USTACK + 0x800;
    X.rdx = UTARGET | 0xff00000000000000;
    go(K64, A64(".byte 0x0f, 0x35"));
    same("sysexit.32.cs", "2B SYSEXIT", R.vec == DONE_VECTOR ? R.cs : ~0ul, SEL_U32);
    same("sysexit.32.ss", "2B SYSEXIT", R.ss, SEL_UDATA);
    same("sysexit.32.rip-truncated", "2B SYSEXIT", R.rip, UTARGET + 2);
    X.rcx = USTACK + 0x800;
    X.rdx = 0x800000000000;
    exc("sysexit.64.rip-noncanonical", "2B SYSEXIT", K64, A64("rex.w\n.byte 0x0f, 0x35"), GP, 0);
    X.rcx = 0x800000000000;
    X.rdx = UTARGET;
    exc("sysexit.64.rsp-noncanonical", "2B SYSEXIT", K64, A64("rex.w\n.byte 0x0f, 0x35"), GP, 0);
    exc("sysenter.real-mode", sdm, REAL, A16(".byte 0x0f, 0x34"), GP, NOERR);
}

static void bases(void)
{
    X.rcx = 0x1234567890;
    okv("base.swapgs", "2B SWAPGS", K64,
        A64("mov ecx, 0xc0000101\nmov eax, 0x1111\nxor edx, edx\nwrmsr\nmov ecx, 0xc0000102\nmov eax, 0x2222\nwrmsr\nswapgs\n"
            "rdmsr\nmov ebx, eax\nmov ecx, 0xc0000101\nrdmsr\nshl rbx, 32\nor rax, rbx" DONE), 0x111100002222);
    X.rsi = UDATA;
    *(u64 *)(udata_pages + 0x20) = 0xabcdef;
    okv("base.gs-base-from-msr", "3A 3.4.4", K64, A64("mov ecx, 0xc0000101\nmov eax, esi\nxor edx, edx\nwrmsr\nmov rax, gs:[0x20]" DONE), 0xabcdef);
    okv("base.fs-base-wraps", "3A 3.4.4", K64, A64("mov ecx, 0xc0000100\nmov eax, -16\nmov edx, -1\nwrmsr\nmov rax, 0x40020030\nmov rax, fs:[rax]" DONE), 0xabcdef);
    exc("base.noncanonical-sum", "1 3.3.7.1", K64, A64("mov ecx, 0xc0000100\nxor eax, eax\nmov edx, 0x4000\nwrmsr\nmovabs rdi, 0x400000000000" MARK "mov al, fs:[rdi]"), GP, 0);
    exc("base.wrmsr-fs-base-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0xc0000100\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-gs-base-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0xc0000101\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-kernel-gs-base-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0xc0000102\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-lstar-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0xc0000082\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-cstar-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0xc0000083\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-sysenter-eip-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0x176\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    exc("base.wrmsr-sysenter-esp-noncanonical", "2C WRMSR", K64, A64("mov ecx, 0x175\nxor eax, eax\nmov edx, 0x8000" MARK "wrmsr"), GP, 0);
    wrmsr(LSTAR, (u64)system_call_entry);
    wrmsr(CSTAR, (u64)system_call_entry);
    wrmsr(0x175, (u64)kstack + 0x1800);
    wrmsr(0x176, (u64)system_call_entry);
    exc("base.wrfsbase-without-cr4", "2C WRFSBASE", U64, A64("wrfsbase rdi"), UD, NOERR);
    exc("base.rdgsbase-without-cr4", "2B RDFSBASE", K64, A64("rdgsbase rdi"), UD, NOERR);
    if (!has.fsgsbase) { skip("base.fsgsbase.*", "2C WRFSBASE", "FSGSBASE not announced"); return; }
    X.cr4 = CR4_DEFAULT | CR4_FSGSBASE;
    okv("base.wrfsbase-rdfsbase", "2C WRFSBASE", U64, A64("movabs rcx, 0x123456789abc\nwrfsbase rcx\nrdfsbase rax" DONE), 0x123456789abc);
    X.cr4 = CR4_DEFAULT | CR4_FSGSBASE;
    okv("base.wrgsbase-32-zero-extends", "2C WRFSBASE", U64, A64("mov rcx, -1\nwrgsbase ecx\nrdgsbase rax" DONE), 0xffffffff);
    X.cr4 = CR4_DEFAULT | CR4_FSGSBASE;
    X.rcx = 0x800000000000;
    exc("base.wrfsbase-noncanonical", "2C WRFSBASE", U64, A64("wrfsbase rcx"), GP, 0);
    X.cr4 = CR4_DEFAULT | CR4_FSGSBASE;
    exc("base.wrfsbase-compat", "2C WRFSBASE", U32C, A32(".byte 0xf3, 0x0f, 0xae, 0xd1"), UD, NOERR);
    X.cr4 = CR4_DEFAULT | CR4_FSGSBASE;
    okv("base.null-selector-keeps-or-clears-base", "3A 3.4.4", U64, A64("mov ecx, 0x1000\nwrfsbase rcx\nmov eax, 0x2b\nmov fs, eax\nrdfsbase rax" DONE), 0);
}

void group_syscall(void)
{
    syscall_checks();
    sysret_checks();
    sysenter_checks();
    bases();
}
