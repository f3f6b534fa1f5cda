/* Control registers, model-specific registers, XCR0, CPUID (SDM 3A 2.5, 2.6, 2B MOV CR, 2C WRMSR). */
#include "kit.h"

static void control_registers(void)
{
    static const char *const sdm = "2B MOV CR; 3A 2.5";
    if (!dies("cr0.pg-without-pe", sdm)) exc("cr0.pg-without-pe", sdm, K64, A64("mov rax, cr0\nand eax, -2" MARK "mov cr0, rax"), GP, 0);
    exc("cr0.nw-without-cd", sdm, K64, A64("mov rax, cr0\nbts rax, 29" MARK "mov cr0, rax"), GP, 0);
    ok("cr0.cd-alone", sdm, K64, A64("mov rax, cr0\nmov rcx, rax\nbts rax, 30\nmov cr0, rax\nmov cr0, rcx" DONE));
    exc("cr0.upper-half", sdm, K64, A64("mov rax, cr0\nbts rax, 32" MARK "mov cr0, rax"), GP, 0);
    if (!dies("cr0.clear-pg-in-64-bit-mode", sdm)) exc("cr0.clear-pg-in-64-bit-mode", sdm, K64, A64("mov rax, cr0\nbtr rax, 31" MARK "mov cr0, rax"), GP, 0);
    okv("cr0.et-is-fixed", "3A 2.5 ET", K64, A64("mov rax, cr0\nbtr rax, 4\nmov cr0, rax\nmov rax, cr0\nand eax, 16" DONE), 16);
    okv("cr0.reserved-low-bits-are-ignored", "3A 2.5", K64, A64("mov rax, cr0\nor eax, 0x40\nmov cr0, rax\nmov rax, cr0\nand eax, 0x40" DONE), 0);
    X.cr0 = CR0_DEFAULT | CR0_TS;
    okv("cr0.clts", "2A CLTS", K64, A64("clts\nmov rax, cr0\nand eax, 8" DONE), 0);
    okv("cr0.lmsw-sets-ts", "2A LMSW", K64, A64("mov eax, 0xb\nlmsw ax\nmov rax, cr0\nclts\nand eax, 0xf" DONE), 0xb);
    okv("cr0.lmsw-cannot-clear-pe", "2A LMSW", K64, A64("xor eax, eax\nlmsw ax\nmov rax, cr0\nand eax, 1" DONE), 1);
    okv("cr2.reads-back", "2B MOV CR", K64, A64("movabs rax, 0x123456789abcdef0\nmov cr2, rax\nmov rax, cr2" DONE), 0x123456789abcdef0);
    if (!dies("cr3.reserved-above-maxphyaddr", sdm)) exc("cr3.reserved-above-maxphyaddr", sdm, K64, A64("mov rax, cr3\nbts rax, 62" MARK "mov cr3, rax"), GP, 0);
    if (!dies("cr4.upper-half", sdm)) exc("cr4.upper-half", sdm, K64, A64("mov rax, cr4\nbts rax, 32" MARK "mov cr4, rax"), GP, 0);
    if (!dies("cr4.clear-pae-in-ia32e-mode", sdm)) exc("cr4.clear-pae-in-ia32e-mode", sdm, K64, A64("mov rax, cr4\nbtr rax, 5" MARK "mov cr4, rax"), GP, 0);
    if (!dies("cr4.clear-pae-in-compat", sdm)) exc("cr4.clear-pae-in-compat", sdm, K32C, A32("mov eax, cr4\nbtr eax, 5" MARK "mov cr4, eax"), GP, 0);
    if (!dies("cr4.vmxe-or-reserved-bit15", sdm)) exc("cr4.vmxe-or-reserved-bit15", sdm, K64, A64("mov rax, cr4\nbts rax, 15" MARK "mov cr4, rax"), GP, 0);
    if (!dies("cr4.reserved-bit31", sdm)) exc("cr4.reserved-bit31", sdm, K64, A64("mov rax, cr4\nbts rax, 31" MARK "mov cr4, rax"), GP, 0);
    static const struct { u32 bit; u32 *has; const char *name; } feature[] =
    {
        { 11, &has.umip, "umip" }, { 16, &has.fsgsbase, "fsgsbase" }, { 18, &has.xsave, "osxsave" }, { 20, &has.smep, "smep" }, { 21, &has.smap, "smap" },
    };
    for (u32 i = 0; i < sizeof feature / sizeof *feature; i++)
    {
        X.rcx = feature[i].bit;
        if (*feature[i].has) ok(nm("cr4.%s-can-be-set", feature[i].name), sdm, K64, A64("mov rax, cr4\nbts rax, rcx\nmov cr4, rax" DONE));
        else exc(nm("cr4.%s-not-announced", feature[i].name), sdm, K64, A64("mov rax, cr4\nbts rax, rcx" MARK "mov cr4, rax"), GP, 0);
    }
    for (u32 bit = 0; bit < 11; bit++)
    {
        if (bit < 2 && !(cpuid(1, 0).d & 2)) continue;    /* VME and PVI come with the VME feature */
        X.rcx = bit;
        X.cr4 = bit == 5 ? CR4_PAE : CR4_DEFAULT & ~(1ul << bit);
        okv(nm("cr4.bit%d-sticks", bit), "3A 2.5", K64, A64("mov rax, cr4\nbts rax, rcx\nmov cr4, rax\nmov rdx, cr4\nxor eax, eax\nbt rdx, rcx\nsetc al" DONE), 1);
    }
    okv("cr8.reads-back", "3A 10.8.6", K64, A64("mov eax, 5\nmov cr8, rax\nmov rcx, cr8\nxor eax, eax\nmov cr8, rax\nmov rax, rcx" DONE), 5);
    exc("cr8.reserved-bits", "3A 10.8.6; 2B MOV CR", K64, A64("mov eax, 0x10" MARK "mov cr8, rax"), GP, 0);
    okv("cr.mod-bits-are-ignored", "2B MOV CR", K64, A64(".byte 0x0f, 0x20, 0x00\nand eax, 1" DONE), 1);
    okv("cr.operand-is-64-bit-with-66-prefix", "2B MOV CR", K64, A64("mov rax, -1\n.byte 0x66\nmov rax, cr3\nshr rax, 32" DONE), 0);
    exc("cr.compat-user", "2B MOV CR", U32C, A32("mov eax, cr0"), GP, 0);
}

static void efer(void)
{
    static const char *const sdm = "3A 2.2.1, 9.8.5";
    exc("efer.reserved-bit", sdm, K64, A64("mov ecx, 0xc0000080\nrdmsr\nbts eax, 2" MARK "wrmsr"), GP, 0);
    exc("efer.reserved-upper", sdm, K64, A64("mov ecx, 0xc0000080\nrdmsr\nmov edx, 1" MARK "wrmsr"), GP, 0);
    exc("efer.clear-lme-with-paging", "3A 9.8.5.4, 4.1.2", K64, A64("mov ecx, 0xc0000080\nrdmsr\nbtr eax, 8" MARK "wrmsr"), GP, 0);
    okv("efer.lma-is-read-only", sdm, K64, A64("mov ecx, 0xc0000080\nrdmsr\nbtr eax, 10\nwrmsr\nrdmsr\nand eax, 0x500" DONE), 0x500);
    okv("efer.sce-toggles", sdm, K64, A64("mov ecx, 0xc0000080\nrdmsr\nbtr eax, 0\nwrmsr\nrdmsr\nand eax, 1" DONE), 0);
    X.cr4 = CR4_OSFXSR;
    X.efer = 0x100;
    exc("efer.paging-needs-pae", "3A 4.1.2, 9.8.5", L32K, A32("mov eax, cr0\nbts eax, 31" MARK "mov cr0, eax"), GP, 0);
    if (!dies("efer.paging-with-l-bit-code-segment", "3A 9.8.5.3"))
    {
        /* L and D together, which legacy mode takes for a 32-bit segment. */
        set_desc(SEL_FREE, 0x00ef9b000000ffff);
        X.cr4 = CR4_OSFXSR | CR4_PAE;
        X.efer = 0x100;
        X.cr3 = (u64)main_pml4;
        X.cs = SEL_FREE;
        go(L32K, A32("mov eax, 0x80010033\nmov cr0, eax" DONE));
        yes("efer.paging-with-l-bit-code-segment", "3A 9.8.5.3", R.vec == GP);
    }
    X.efer = 0x100;
    X.cr4 = CR4_OSFXSR | CR4_PAE;
    okv("efer.lma-follows-paging", "3A 9.8.5", L32K, A32("mov ecx, 0xc0000080\nrdmsr\nand eax, 0x500" DONE), 0x100);
}

static void msrs(void)
{
    static const char *const sdm = "2B RDMSR; 2C WRMSR";
    static const u32 unknown[] = { 0x2, 0x3000, 0x12345678, 0x40001234, 0xc0001234, 0xffffffff };
    for (u32 i = 0; i < sizeof unknown / sizeof *unknown; i++)
    {
        X.rcx = unknown[i];
        exc(nm("msr.read-unknown.%x", (u64)unknown[i]), sdm, K64, A64("rdmsr"), GP, 0);
        X.rcx = unknown[i];
        exc(nm("msr.write-unknown.%x", (u64)unknown[i]), sdm, K64, A64("wrmsr"), GP, 0);
    }
    okv("msr.ecx-upper-half-is-ignored", sdm, K64, A64("mov rcx, 0x5500000000\nmov eax, 0xc0000080\nor rcx, rax\nrdmsr\nand eax, 0x400" DONE), 0x400);
    okv("msr.rdmsr-clears-upper-halves", sdm, K64, A64("mov rax, -1\nmov rdx, -1\nmov ecx, 0xc0000080\nrdmsr\nshr rax, 32\nshr rdx, 32\nor rax, rdx" DONE), 0);
    exc("msr.pat-reserved-type", "3A 11.12.2", K64, A64("mov ecx, 0x277\nmov eax, 2\nxor edx, edx" MARK "wrmsr"), GP, 0);
    exc("msr.pat-reserved-bits", "3A 11.12.2", K64, A64("mov ecx, 0x277\nmov eax, 0x10\nxor edx, edx" MARK "wrmsr"), GP, 0);
    okv("msr.pat-reads-back", "3A 11.12.4", K64, A64("mov ecx, 0x277\nrdmsr\nmov esi, eax\nmov edi, edx\nmov eax, 0x00070106\nmov edx, 0x05040100\nwrmsr\nrdmsr\nmov ebx, edx\nxchg esi, eax\nmov edx, edi\nwrmsr\nmov rax, rbx" DONE), 0x05040100);
    if (cpuid(1, 0).d >> 12 & 1) exc("msr.mtrr-cap-is-read-only", "3A 11.11.1", K64, A64("mov ecx, 0xfe\nrdmsr" MARK "wrmsr"), GP, 0);
    exc("msr.apic-base-reserved-bits", "3A 10.4.4", K64, A64("mov ecx, 0x1b\nrdmsr\nbts eax, 0" MARK "wrmsr"), GP, 0);
    if (has.rdtscp) okv("msr.tsc-aux", "2B RDTSCP", U64, A64("rdtscp\nmov eax, ecx" DONE), rdmsr(0xc0000103));
    else skip("msr.tsc-aux", "2B RDTSCP", "RDTSCP not announced");
    X.cr4 = CR4_DEFAULT | CR4_TSD;
    exc("msr.rdtsc-tsd-user", "2B RDTSC; 3A 2.5 TSD", U64, A64("rdtsc"), GP, 0);
    X.cr4 = CR4_DEFAULT | CR4_TSD;
    ok("msr.rdtsc-tsd-kernel", "2B RDTSC; 3A 2.5 TSD", K64, A64("rdtsc" DONE));
    if (has.rdtscp)
    {
        X.cr4 = CR4_DEFAULT | CR4_TSD;
        exc("msr.rdtscp-tsd-user", "2B RDTSCP; 3A 2.5 TSD", U64, A64("rdtscp"), GP, 0);
    }
    ok("msr.rdtsc-user", "2B RDTSC", U64, A64("rdtsc" DONE));
    okv("msr.rdtsc-is-monotonic", "3B 17.17", K64, A64("rdtsc\nshl rdx, 32\nor rax, rdx\nmov rbx, rax\nrdtsc\nshl rdx, 32\nor rax, rdx\ncmp rax, rbx\nsetae al\nmovzx eax, al" DONE), 1);
    okv("msr.tsc-write", "3B 17.17.3", K64, A64("mov ecx, 0x10\nrdmsr\nmov esi, eax\nmov edi, edx\nadd edx, 0x100\nwrmsr\nrdtsc\nsub edx, edi\nmov ebx, edx\nrdmsr\nsub edx, 0x100\nwrmsr\nmov rax, rbx" DONE), 0x100);
    exc("msr.rdpmc-user-without-pce", "2B RDPMC", U64, A64("xor ecx, ecx" MARK "rdpmc"), GP, 0);
    X.rcx = 0x7fffffff;
    exc("msr.rdpmc-no-such-counter", "2B RDPMC", K64, A64("rdpmc"), GP, 0);
}

static void xcr0(void)
{
    static const char *const sdm = "2C XSETBV; 3A 2.6";
    exc("xcr0.xgetbv-without-osxsave", "2C XGETBV", K64, A64("xor ecx, ecx" MARK "xgetbv"), UD, NOERR);
    exc("xcr0.xsetbv-without-osxsave", sdm, K64, A64("xor ecx, ecx\nmov eax, 1\nxor edx, edx" MARK "xsetbv"), UD, NOERR);
    exc("xcr0.xsave-without-osxsave", "2C XSAVE", K64, A64("xsave [rdi]"), UD, NOERR);
    exc("xcr0.xrstor-without-osxsave", "2C XRSTOR", U64, A64("xrstor [rdi]"), UD, NOERR);
    if (!has.xsave) { skip("xcr0.*", sdm, "XSAVE not announced"); return; }
#define XS X.cr4 = CR4_DEFAULT | CR4_OSXSAVE
    same("xcr0.cpuid-osxsave-follows-cr4.off", "2A CPUID 01H ECX[27]", cpuid(1, 0).c >> 27 & 1, 0);
    XS; okv("xcr0.cpuid-osxsave-follows-cr4.on", "2A CPUID 01H ECX[27]", K64, A64("mov eax, 1\ncpuid\nxor eax, eax\nbt ecx, 27\nsetc al" DONE), 1);
    XS; okv("xcr0.xgetbv-user", "2C XGETBV", U64, A64("xor ecx, ecx\nxgetbv\nand eax, 1" DONE), 1);
    XS; exc("xcr0.xgetbv-unknown", "2C XGETBV", U64, A64("mov ecx, 0x55" MARK "xgetbv"), GP, 0);
    XS; exc("xcr0.xsetbv-user", sdm, U64, A64("xor ecx, ecx\nmov eax, 1\nxor edx, edx" MARK "xsetbv"), GP, 0);
    XS; exc("xcr0.xsetbv-without-x87", sdm, K64, A64("xor ecx, ecx\nmov eax, 2\nxor edx, edx" MARK "xsetbv"), GP, 0);
    XS; exc("xcr0.xsetbv-avx-without-sse", sdm, K64, A64("xor ecx, ecx\nmov eax, 5\nxor edx, edx" MARK "xsetbv"), GP, 0);
    XS; exc("xcr0.xsetbv-unsupported", sdm, K64, A64("xor ecx, ecx\nmov eax, 1\nmov edx, 0x40000000" MARK "xsetbv"), GP, 0);
    XS; exc("xcr0.xsetbv-xcr1", sdm, K64, A64("mov ecx, 1\nmov eax, 1\nxor edx, edx" MARK "xsetbv"), GP, 0);
    XS; okv("xcr0.xsetbv-sse", sdm, K64, A64("xor ecx, ecx\nmov eax, 3\nxor edx, edx\nxsetbv\nxgetbv" DONE), 3);
    XS; exc("xcr0.xsave-misaligned", "2C XSAVE", K64, A64("mov eax, 3\nxor edx, edx" MARK "xsave [rdi + 8]"), GP, 0);
    fill(kdata, 0, 1024);
    kdata[512 + 8] = 1;
    XS; exc("xcr0.xrstor-header-reserved", "2C XRSTOR; 1 13.8.1", K64, A64("mov eax, 3\nxor edx, edx" MARK "xrstor [rdi]"), GP, 0);
    fill(kdata, 0, 1024);
    kdata[512] = 4;
    XS; exc("xcr0.xrstor-bit-not-in-xcr0", "2C XRSTOR; 1 13.8.1", K64, A64("mov eax, 3\nxor edx, edx" MARK "xrstor [rdi]"), GP, 0);
    fill(kdata, 0, 1024);
    kdata[512] = 2;
    *(u32 *)(kdata + 24) = 0x10000;
    XS; exc("xcr0.xrstor-mxcsr-reserved", "2C XRSTOR; 1 13.8.1", K64, A64("mov eax, 3\nxor edx, edx" MARK "xrstor [rdi]"), GP, 0);
    *(u32 *)(kdata + 24) = 0x1f80;
    XS; ok("xcr0.xrstor-sse", "2C XRSTOR", K64, A64("mov eax, 3\nxor edx, edx\nxrstor [rdi]" DONE));
    fill(kdata, 0, 512);
    *(u32 *)(kdata + 24) = 0x10000;
    exc("xcr0.fxrstor-mxcsr-reserved", "2A FXRSTOR", K64, A64("fxrstor [rdi]"), GP, 0);
}

static void announced(void)
{
    struct cpuid one = cpuid(1, 0), ext = cpuid(0x80000001, 0), top = cpuid(0, 0), size = cpuid(0x80000008, 0);
    yes("cpuid.max-leaf", "2A CPUID 00H", top.a >= 0xd);
    yes("cpuid.max-extended-leaf", "2A CPUID 80000000H", cpuid(0x80000000, 0).a >= 0x80000008);
    yes("cpuid.long-mode-syscall-nx", "2A CPUID 80000001H", (ext.d >> 29 & 1) && (ext.d >> 20 & 1) && (ext.d >> 11 & 1 || !has.intel));
    yes("cpuid.baseline", "2A CPUID 01H", (one.d & 0x0788a179) == 0x0788a179 || (one.d & 0x07808179) == 0x07808179);
    yes("cpuid.address-sizes", "2A CPUID 80000008H", (size.a & 0xff) >= 36 && (size.a & 0xff) <= 52 && (size.a >> 8 & 0xff) == (has.la57 ? 57u : 48u));
    okv("cpuid.user", "2A CPUID", U64, A64("xor eax, eax\ncpuid" DONE), top.a);
    okv("cpuid.clears-upper-halves", "2A CPUID", U64, A64("mov rbx, -1\nmov rdx, -1\nxor eax, eax\ncpuid\nshr rbx, 32\nshr rdx, 32\nlea rax, [rbx + rdx]" DONE), 0);
    okv("cpuid.id-flag-toggles", "1 3.4.3.3", U64, A64("pushfq\nxor dword ptr [rsp], 0x200000\npopfq\npushfq\npop rax\nshr eax, 21\nand eax, 1" DONE), 1);
    same("cpuid.apic-id-bit", "2A CPUID 01H EDX[9]", one.d >> 9 & 1, 1);
    if (!(rdmsr(0x1b) & 0x100)) yes("cpuid.bsp-flag", "3A 10.4.4", 0);
    else yes("cpuid.bsp-flag", "3A 10.4.4", 1);
}

void group_control(void)
{
    control_registers();
    efer();
    msrs();
    xcr0();
    announced();
}
