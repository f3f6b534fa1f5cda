/* IRET in IA-32e mode (SDM 2A IRET, 3A 6.14.3). */
#include "kit.h"

/* The target of returns to CPL 3: INT 0E0h at UCODE + 1000h; and to CPL 0: the same at kcode + 1000h. */
#define UTARGET (UCODE + 0x1000)
#define KTARGET ((u64)kcode + 0x1000)

static struct snippet iretq_code(void) { return A64("push rax\npush rbx\npush rcx\npush rdx\npush rsi" MARK "iretq"); }
static struct snippet iretd_code(void)
{
    return A64("sub rsp, 20\nmov [rsp + 16], eax\nmov [rsp + 12], ebx\nmov [rsp + 8], ecx\nmov [rsp + 4], edx\nmov [rsp], esi" MARK "iretd");
}

static void image(u64 ss, u64 rsp, u64 flags, u64 cs, u64 rip)
{
    X.rax = ss;
    X.rbx = rsp;
    X.rcx = flags | 2;
    X.rdx = cs;
    X.rsi = rip;
}

static void bad(const char *name, u64 ss, u64 rsp, u64 flags, u64 cs, u64 rip, int vec, long err)
{
    image(ss, rsp, flags, cs, rip);
    exc(name, "2A IRET; 3A 6.13", K64, iretq_code(), vec, err);
}

static void good_forms(void)
{
    image(SEL_UDATA, 0x40011ff8, 0, SEL_U64, UTARGET);
    go(K64, iretq_code());
    yes("iret.to-user-64", "3A 6.14.3", R.vec == DONE_VECTOR && R.cs == SEL_U64 && R.ss == SEL_UDATA && R.rsp == 0x40011ff8);
    image(SEL_UDATA, 0x40011ff8, 0, SEL_U32, UTARGET);
    go(K64, iretq_code());
    yes("iret.to-user-compat-32", "3A 6.14.3", R.vec == DONE_VECTOR && R.cs == SEL_U32 && R.rip == UTARGET + 2);
    set_desc(SEL_U16, descriptor((u32)UCODE, 0xffff, 0xfb, 0));
    image(SEL_UDATA, 0x40011ff8, 0, SEL_U16, 0x1000);
    go(K64, iretq_code());
    yes("iret.to-user-compat-16", "3A 6.14.3", R.vec == DONE_VECTOR && R.cs == SEL_U16 && R.rip == 0x1002);
    image(SEL_KDATA, (u64)kdata + 0x800, 0, SEL_K64, KTARGET);
    go(K64, iretq_code());
    yes("iret.same-level-pops-ss-rsp", "3A 6.14.3", R.vec == DONE_VECTOR && R.cs == SEL_K64 && R.rsp == (u64)kdata + 0x800);
    image(SEL_KDATA, (u64)kdata + 0x800, 0, SEL_K32, KTARGET);
    go(K64, iretq_code());
    yes("iret.same-level-to-compat-32", "3A 6.14.3", R.vec == DONE_VECTOR && R.cs == SEL_K32 && R.rsp == (u64)kdata + 0x800);
    image(0, (u64)kdata + 0x800, 0, SEL_K64, KTARGET);
    go(K64, iretq_code());
    yes("iret.null-ss-to-cpl0-64-bit", "2A IRET; 3A 5.4.1.1", R.vec == DONE_VECTOR && R.ss == 0);
    image(SEL_UDATA, 0x800000000000, 0, SEL_U64, UTARGET);
    go(K64, iretq_code());
    yes("iret.noncanonical-rsp-is-loaded", "2A IRET", R.vec == DONE_VECTOR && R.rsp == 0x800000000000);
    image(SEL_UDATA, 0x40011ff8, 0, SEL_U64, UTARGET);
    go(K64, iretd_code());
    yes("iret.32-bit-operand-size", "2A IRET", R.vec == DONE_VECTOR && R.cs == SEL_U64 && R.rsp == 0x40011ff8);
    set_desc(SEL_FREE, descriptor((u32)UCODE, 0xffff, 0xfb, 0));
    go(K64, A64("sub rsp, 10\nmov word ptr [rsp + 8], 0x2b\nmov word ptr [rsp + 6], 0x1ff8\nmov word ptr [rsp + 4], 2\n"
        "mov word ptr [rsp + 2], 0x103\nmov word ptr [rsp], 0x1000\niretw"));
    yes("iret.16-bit-operand-size", "2A IRET", R.vec == DONE_VECTOR && R.cs == (SEL_FREE | 3) && R.rip == 0x1002 && R.rsp == 0x1ff8);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    go(U64, iretq_code());
    yes("iret.user-to-user", "2A IRET", R.vec == DONE_VECTOR && R.cs == SEL_U64);
    go(K32C, A32("push 2\npush 8\nlea eax, [edi]\ncall 1f\n1: pop eax\nadd eax, 2f - 1b\npush eax\niretd\n2:" DONE));
    yes("iret.compat-same-level-keeps-esp", "2A IRET; 3A 6.14.3", R.vec == DONE_VECTOR && R.rsp == KSTACK_TOP);
    X.rsi = UTARGET;
    go(K32C, A32("push 0x2b\npush 0x40011000\npush 2\npush 0x23\npush esi\niretd"));
    yes("iret.compat-to-outer-pops-esp", "2A IRET", R.vec == DONE_VECTOR && R.cs == SEL_U32 && R.rsp == 0x40011000);
    X.rsi = UTARGET;
    go(K32C, A32("push 0x2b\npush 0x40011000\npush 2\npush 0x33\npush esi\niretd"));
    yes("iret.compat-to-64-bit-user", "2A IRET", R.vec == DONE_VECTOR && R.cs == SEL_U64);
}

static void selector_faults(void)
{
    static const struct { const char *name; u64 cs_desc, ss_desc; u32 cs, ss; int vec; long err; } one[] =
    {
        { "cs-null", 0, 0, 0, SEL_UDATA, GP, 0 },
        { "cs-null-rpl3", 0, 0, 3, SEL_UDATA, GP, 0 },
        { "cs-beyond-limit", 0, 0, GDT_BYTES | 3, SEL_UDATA, GP, GDT_BYTES },
        { "cs-data", 0, 0, SEL_UDATA, SEL_UDATA, GP, SEL_UDATA & ~3 },
        { "cs-empty", 0, 0, SEL_FREE | 3, SEL_UDATA, GP, SEL_FREE },
        { "cs-system", 0x0000e90000000067, 0, SEL_FREE | 3, SEL_UDATA, GP, SEL_FREE },
        { "cs-dpl-below-rpl", 0x00af9b000000ffff, 0, SEL_FREE | 3, SEL_UDATA, GP, SEL_FREE },
        { "cs-conforming-dpl-above-rpl", 0x00afff000000ffff, 0, SEL_FREE, SEL_KDATA, GP, SEL_FREE },
        { "cs-l-and-d", 0x00effb000000ffff, 0, SEL_FREE | 3, SEL_UDATA, GP, SEL_FREE },
        { "cs-not-present", 0x00af7b000000ffff, 0, SEL_FREE | 3, SEL_UDATA, NP, SEL_FREE },
        { "cs-ldt-without-ldt", 0, 0, SEL_FREE | 7, SEL_UDATA, GP, SEL_FREE | 4 },
        { "ss-null-to-cpl3", 0, 0, SEL_U64, 0, GP, 0 },
        { "ss-null-rpl3-to-cpl3", 0, 0, SEL_U64, 3, GP, 0 },
        { "ss-null-to-compat", 0, 0, SEL_K32, 0, GP, 0 },
        { "ss-rpl-differs", 0, 0, SEL_U64, SEL_UDATA & ~3, GP, SEL_UDATA & ~3 },
        { "ss-beyond-limit", 0, 0, SEL_U64, GDT_BYTES | 3, GP, GDT_BYTES },
        { "ss-code", 0, 0, SEL_U64, SEL_U64, GP, SEL_U64 & ~3 },
        { "ss-read-only", 0, 0x00cff1000000ffff, SEL_U64, SEL_FREE + 8 + 3, GP, SEL_FREE + 8 },
        { "ss-dpl0", 0, 0x00cf93000000ffff, SEL_U64, SEL_FREE + 8 + 3, GP, SEL_FREE + 8 },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++)
    {
        set_desc(SEL_FREE, one[i].cs_desc);
        set_desc(SEL_FREE + 8, one[i].ss_desc);
        bad(nm("iret.%s", one[i].name), one[i].ss, USTACK_TOP, 0, one[i].cs, UTARGET, one[i].vec, one[i].err);
    }
    /* The manual's text says #NP, its pseudo-code #SS. */
    set_desc(SEL_FREE + 8, 0x00cf73000000ffff);
    image((SEL_FREE + 8) | 3, USTACK_TOP, 0, SEL_U64, UTARGET);
    go(K64, iretq_code());
    yes("iret.ss-not-present", "2A IRET", (R.vec == NP || R.vec == SS) && R.err == SEL_FREE + 8 && R.rip == code_base + 5);
    X.rflags = FL_NT;
    bad("iret.nt-set", SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET, GP, 0);
    X.rflags = FL_NT;
    exc("iret.nt-set-in-compat", "2A IRET; 3A 7.7", K32C, A32("push 2\npush 8\npush 0" MARK "iretd"), GP, 0);
    bad("iret.rip-noncanonical", SEL_UDATA, USTACK_TOP, 0, SEL_U64, 0x800000000000, GP, 0);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, 0x800000000000);
    go(K64, iretq_code());
    same("iret.rip-noncanonical-leaves-rsp", "2A IRET; 3A 6.5", R.rsp, KSTACK_TOP - 40);
    image(SEL_KDATA, KSTACK_TOP, 0, SEL_K64, KTARGET);
    exc("iret.user-to-inner", "2A IRET", U64, iretq_code(), GP, SEL_K64);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U32, 0x100000000 + UTARGET);
    go(K64, iretq_code());
    yes("iret.to-compat-checks-limit-or-truncates", "2A IRET", R.vec == DONE_VECTOR || (R.vec == GP && R.err == 0));
    set_desc(SEL_FREE, descriptor((u32)UCODE, 0xfff, 0xfb, 4));
    bad("iret.rip-beyond-compat-limit", SEL_UDATA, USTACK_TOP, 0, SEL_FREE | 3, 0x1000, GP, 0);
    /* The handlers need a stack of their own here. */
    gate(PF, (u64)stubs64 + PF * 16, SEL_K64, 0x8e, 2);
    gate(SS, (u64)stubs64 + SS * 16, SEL_K64, 0x8e, 2);
    X.rsp = TEST_VA + 0x1000 - 40;
    map_default();
    TEST_PTE = 0;
    flush();
    exc("iret.stack-page-fault", "2A IRET; 3A 4.7", K64, A64("iretq"), PF, 0);
    map_default();
    X.rsp = 0x800000000000;
    exc("iret.stack-noncanonical", "2A IRET", K64, A64("iretq"), SS, 0);
    default_gate(PF);
    default_gate(SS);
}

static void flags(void)
{
    static const struct { const char *name; u64 bit; int kernel, user; } one[] =
    {
        { "cf", FL_CF, 1, 1 }, { "if", FL_IF, 1, 0 }, { "df", FL_DF, 1, 1 }, { "iopl", FL_IOPL3, 1, 0 }, { "nt", FL_NT, 1, 1 },
        { "ac", FL_AC, 1, 1 }, { "id", FL_ID, 1, 1 },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++)
    {
        image(SEL_KDATA, KSTACK_TOP, one[i].bit, SEL_K64, KTARGET);
        go(K64, iretq_code());
        same(nm("iret.flags.kernel.%s", one[i].name), "2A IRET", R.rflags & one[i].bit, one[i].kernel ? one[i].bit : 0);
        image(SEL_UDATA, USTACK_TOP, one[i].bit, SEL_U64, UTARGET);
        go(U64, iretq_code());
        same(nm("iret.flags.user.%s", one[i].name), "2A IRET", R.rflags & one[i].bit, one[i].user ? one[i].bit : 0);
    }
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    X.rflags = FL_IF;
    go(U64, iretq_code());
    same("iret.flags.user-cannot-clear-if", "2A IRET", R.rflags & FL_IF, FL_IF);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    X.rflags = FL_IOPL3 | FL_IF;
    go(U64, iretq_code());
    same("iret.flags.user-with-iopl3-clears-if", "2A IRET", R.rflags & FL_IF, 0);
    same("iret.flags.user-keeps-iopl", "2A IRET", R.rflags & FL_IOPL3, FL_IOPL3);
    image(SEL_UDATA, USTACK_TOP, 0xffffffff00000002 | 0x28, SEL_U64, UTARGET);
    go(K64, iretq_code());
    same("iret.flags.reserved-bits-read-as-fixed", "2A IRET; 1 3.4.3", R.rflags & 0xffffffffffc0802a, 2);
}

static void data_segments(void)
{
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    X.ds = SEL_KDATA;
    X.es = SEL_UDATA;
    go(K64, iretq_code());
    same("iret.outer-clears-ds-of-lower-dpl", "2A IRET; 3A 5.8.6", R.ds, 0);
    same("iret.outer-keeps-es-of-dpl3", "2A IRET; 3A 5.8.6", R.es, SEL_UDATA);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    X.fs = SEL_KDATA;
    X.gs = SEL_KDATA;
    go(K64, iretq_code());
    same("iret.outer-clears-fs-of-lower-dpl", "2A IRET; 3A 5.8.6", R.fs, 0);
    same("iret.outer-clears-gs-of-lower-dpl", "2A IRET; 3A 5.8.6", R.gs, 0);
    set_desc(SEL_FREE, 0x00cf9f000000ffff);
    image(SEL_UDATA, USTACK_TOP, 0, SEL_U64, UTARGET);
    X.fs = SEL_FREE;
    go(K64, iretq_code());
    same("iret.outer-keeps-conforming-code", "2A IRET; 3A 5.8.6", R.fs, SEL_FREE);
    image(SEL_KDATA, KSTACK_TOP, 0, SEL_K64, KTARGET);
    X.ds = SEL_KDATA;
    go(K64, iretq_code());
    same("iret.same-level-keeps-ds", "2A IRET", R.ds, SEL_KDATA);
}

void group_iret(void)
{
    ucode_pages[0x1000] = kcode[0x1000] = 0xcd;
    ucode_pages[0x1001] = kcode[0x1001] = 0xe0;
    good_forms();
    selector_faults();
    flags();
    data_segments();
}
