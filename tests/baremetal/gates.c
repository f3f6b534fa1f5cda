/* Delivery through the IDT of IA-32e mode: gates, stacks, flags (SDM 3A 6.10 to 6.14). */
#include "kit.h"

#define G 0x90
#define HANDLER ((u64)stubs64 + G * 16)
static u64 seen_flags, seen_ss, seen_cs;

static int look(struct frame *f)
{
    (void)f;
    __asm__ volatile("pushfq; pop %0" : "=r"(seen_flags));
    __asm__ volatile("mov %%ss,%0" : "=r"(seen_ss));
    __asm__ volatile("mov %%cs,%0" : "=r"(seen_cs));
    return 0;
}

static struct snippet int_g(void) { return A64("nop" MARK "int 0x90"); }

static void access_rules(void)
{
    gate(G, HANDLER, SEL_K64, 0x8e, 0);
    exc("gate.dpl0-from-user", "3A 6.12.1; 2A INT n", U64, int_g(), GP, G * 8 + 2);
    exc("gate.dpl0-from-compat-user", "3A 6.12.1; 2A INT n", U32C, A32("nop" MARK "int 0x90"), GP, G * 8 + 2);
    go(K64, int_g());
    same("gate.dpl0-from-kernel", "3A 6.12.1", R.vec, G);
    same("gate.saved-rip-is-next-instruction", "3A 6.14.2", R.rip, code_base + 3);
    gate(BP, (u64)stubs64 + BP * 16, SEL_K64, 0x8e, 0);
    exc("gate.int3-dpl0-from-user", "3A 6.12.1; 2A INT n", U64, A64("int3"), GP, BP * 8 + 2);
    default_gate(BP);
    gate(OF, (u64)stubs64 + OF * 16, SEL_K64, 0x8e, 0);
    exc("gate.into-dpl0-from-user", "3A 6.12.1; 2A INT n", U32C, A32("mov al, 0x7f\ninc al" MARK ".byte 0xce"), GP, OF * 8 + 2);
    default_gate(OF);
    exc("gate.exceptions-ignore-dpl", "3A 6.12.1", U64, A64("ud2"), UD, NOERR);
    gate(G, HANDLER, SEL_K64, 0x6e, 0);
    exc("gate.not-present", "3A 6.13; 2A INT n", U64, int_g(), NP, G * 8 + 2);
    gate(G, HANDLER, SEL_K64, 0x0e, 0);
    exc("gate.dpl-before-present", "2A INT n", U64, int_g(), GP, G * 8 + 2);
    for (u32 type = 0; type < 16; type++)
    {
        const char *name = nm("gate.type%x", (u64)type);
        gate(G, HANDLER, SEL_K64, 0x80 | type, 0);
        if (type == 14 || type == 15) { go(K64, int_g()); same(name, "3A 6.14.1, 3.5", R.vec, G); }
        else exc(name, "3A 6.14.1, 3.5", K64, int_g(), GP, G * 8 + 2);
    }
    gate(G, HANDLER, SEL_K64, 0x9e, 0);
    exc("gate.s-bit-set", "3A 6.14.1, 3.5", K64, int_g(), GP, G * 8 + 2);
    X.rsi = (u64)kdata;
    *(u16 *)kdata = 0x1ff;
    *(u64 *)(kdata + 2) = (u64)idt64;
    exc("gate.beyond-idt-limit", "3A 6.10; 2A INT n", K64, A64("lidt [rsi]" MARK "int 0x90"), GP, G * 8 + 2);
    X.rsi = (u64)kdata;
    *(u16 *)kdata = G * 16 + 14;
    gate(G, HANDLER, SEL_K64, 0x8e, 0);
    exc("gate.partly-beyond-idt-limit", "3A 6.10; 2A INT n", K64, A64("lidt [rsi]" MARK "int 0x90"), GP, G * 8 + 2);
    X.rsi = (u64)kdata;
    *(u16 *)kdata = G * 16 + 15;
    go(K64, A64("lidt [rsi]\nint 0x90"));
    same("gate.last-in-idt-limit", "3A 6.10", R.vec, G);
    gate(GP, (u64)stubs64 + GP * 16, SEL_K64, 0xee, 0);
    go(U64, A64("int 13"));
    yes("gate.int-13-pushes-no-error-code", "3A 6.4.2; 2A INT n", R.vec == GP && !R.haserr);
    default_gate(GP);
}

static void handler_segments(void)
{
    static const struct { const char *name; u64 desc; u32 sel; int vec; long err; } one[] =
    {
        { "null", 0, 0, GP, 0 },
        { "null-rpl3", 0, 3, GP, 0 },
        { "beyond-limit", 0, GDT_BYTES, GP, GDT_BYTES },
        { "data", 0x00cf93000000ffff, SEL_FREE, GP, SEL_FREE },
        { "empty", 0, SEL_FREE, GP, SEL_FREE },
        { "compat-32", 0x00cf9b000000ffff, SEL_FREE, GP, SEL_FREE },
        { "compat-16", 0x000f9b000000ffff, SEL_FREE, GP, SEL_FREE },
        { "l-and-d", 0x00ef9b000000ffff, SEL_FREE, GP, SEL_FREE },
        { "dpl3", 0x00affb000000ffff, SEL_FREE, GP, SEL_FREE },
        { "not-present", 0x00af1b000000ffff, SEL_FREE, NP, SEL_FREE },
        { "ldt-without-ldt", 0, SEL_FREE | 4, GP, SEL_FREE | 4 },
        { "system-descriptor", 0x0000890000000067, SEL_FREE, GP, SEL_FREE },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++)
    {
        set_desc(SEL_FREE, one[i].desc);
        gate(G, HANDLER, one[i].sel, 0x8e, 0);
        exc(nm("gate.handler-cs.%s", one[i].name), "2A INT n; 3A 6.13", K64, int_g(), one[i].vec, one[i].err);
    }
    set_desc(SEL_FREE, 0x00af9b000000ffff);
    gate(G, HANDLER, SEL_FREE | 3, 0x8e, 0);
    X.hook = look;
    go(K64, int_g());
    same("gate.handler-cs.rpl-is-replaced-by-cpl", "2A INT n", R.vec == G ? seen_cs : ~0ul, SEL_FREE);
    set_desc(SEL_FREE, 0x00af9a000000ffff);
    gate(G, HANDLER, SEL_FREE, 0x8e, 0);
    go(K64, int_g());
    same("gate.handler-cs.accessed-bit-is-set", "3A 3.4.5.1", gdt[SEL_FREE >> 3], 0x00af9b000000ffff);
    set_desc(SEL_FREE, 0x00af9f000000ffff);
    gate(G, HANDLER, SEL_FREE, 0xee, 0);
    go(U64, int_g());
    ended("gate.handler-cs.conforming-keeps-cpl3", "3A 6.12.1, 5.8.1.2", PF, 0x15, HANDLER);
    gate(G, 0x800000000000, SEL_K64, 0x8e, 0);
    exc("gate.handler-rip-noncanonical", "2A INT n", K64, int_g(), GP, 0);
    gate(G, HANDLER, SEL_K64, 0xee, 0);
}

static void flags(void)
{
    static const struct { const char *name; u64 in, mask, handler_int, handler_trap; } one[] =
    {
        { "if", FL_IF, FL_IF, 0, FL_IF },
        { "nt", FL_NT, FL_NT, 0, 0 },
        { "ac", FL_AC, FL_AC, FL_AC, FL_AC },
        { "df", FL_DF, FL_DF, 0, 0 },
        { "iopl", FL_IOPL3, FL_IOPL3, FL_IOPL3, FL_IOPL3 },
        { "id", FL_ID, FL_ID, FL_ID, FL_ID },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++)
        for (int t = 0; t < 2; t++)
        {
            if (one[i].in == FL_DF) continue;    /* the stub clears it */
            gate(G, HANDLER, SEL_K64, t ? 0xef : 0xee, 0);
            X.rflags = one[i].in;
            X.hook = look;
            go(U64, int_g());
            const char *kind = t ? "trap-gate" : "interrupt-gate";
            same(nm("gate.flags.%s.%s.in-handler", kind, one[i].name), "3A 6.12.1.3", seen_flags & one[i].mask, t ? one[i].handler_trap : one[i].handler_int);
            same(nm("gate.flags.%s.%s.saved", kind, one[i].name), "3A 6.12.1.3, 6.14.2", R.rflags & one[i].mask, one[i].in);
        }
    gate(G, HANDLER, SEL_K64, 0xee, 0);
}

static void stacks(void)
{
    for (u32 off = 0; off < 16; off += 3)
    {
        X.rsp = (u64)kstack + 0x1000 + off;
        go(K64, int_g());
        same(nm("gate.stack.aligned-from-offset%d", off), "3A 6.14.2", R.frame, (u64)kstack + 0x1000 - 40);
        same(nm("gate.stack.saved-rsp-offset%d", off), "3A 6.14.2", R.rsp, (u64)kstack + 0x1000 + off);
    }
    X.rsp = (u64)kstack + 0x1000;
    go(K64, A64("mov eax, 0x7f8\nmov es, eax"));
    same("gate.stack.with-error-code", "3A 6.14.2", R.frame, (u64)kstack + 0x1000 - 48);
    X.hook = look;
    go(U64, int_g());
    same("gate.stack.rsp0", "3A 6.14.4, 7.7", R.frame, (u64)trap_stack_top - 40);
    same("gate.stack.new-ss-is-null", "3A 6.14.4", seen_ss, 0);
    same("gate.stack.saved-ss", "3A 6.14.2", R.ss, SEL_UDATA);
    same("gate.stack.saved-cs", "3A 6.14.2", R.cs, SEL_U64);
    same("gate.stack.saved-user-rsp", "3A 6.14.2", R.rsp, USTACK_TOP);
    X.hook = look;
    go(K64, int_g());
    same("gate.stack.ss-unchanged-without-privilege-change", "3A 6.14.4", seen_ss, SEL_KDATA);
    X.hook = look;
    go(U32C, A32("int 0x90"));
    same("gate.stack.from-compat-saved-cs", "3A 6.14.2", R.cs, SEL_U32);
    same("gate.stack.from-compat-rsp", "3A 6.14.2", R.rsp, USTACK_TOP);
    same("gate.stack.from-compat-handler-cs", "3A 6.14", seen_cs, SEL_K64);
    *(u64 *)(tss64 + 4) = (u64)trap_stack_top - 5;
    go(U64, int_g());
    same("gate.stack.rsp0-is-aligned-down", "3A 6.14.2", R.frame, ((u64)trap_stack_top & ~15ul) - 16 - 40);
    *(u64 *)(tss64 + 4) = (u64)trap_stack_top;
    for (u32 ist = 1; ist < 8; ist++)
        for (int user = 0; user < 2; user++)
        {
            *(u64 *)(tss64 + 36 + 6 * 8) = (u64)kdata + 0x4000;
            gate(G, HANDLER, SEL_K64, 0xee, ist);
            go(user ? U64 : K64, int_g());
            same(nm("gate.ist%d.%s", ist, user ? "user" : "kernel"), "3A 6.14.5", R.frame, *(u64 *)(tss64 + 36 + (ist - 1) * 8) - 40);
        }
    gate(SS, (u64)stubs64 + SS * 16, SEL_K64, 0x8e, 2);
    *(u64 *)(tss64 + 4) = 0x800000001000;
    exc("gate.stack.rsp0-noncanonical", "2A INT n; 3A 6.15 #SS", U64, A64("ud2"), SS, 1);
    *(u64 *)(tss64 + 4) = (u64)trap_stack_top;
    default_gate(SS);
    gate(PF, (u64)stubs64 + PF * 16, SEL_K64, 0x8e, 2);
    *(u64 *)(tss64 + 4) = 0x7f0000001000;
    exc("gate.stack.rsp0-not-mapped", "2A INT n; 3A 4.7", U64, A64("nop" MARK "ud2"), PF, 2);
    same("gate.stack.rsp0-not-mapped.cr2", "3A 4.7", R.cr2, 0x7f0000000ff8);
    *(u64 *)(tss64 + 4) = (u64)UDATA + 0x1000;
    X.cr4 = CR4_DEFAULT | (has.smap ? CR4_SMAP : 0);
    if (has.smap) exc("gate.stack.rsp0-on-user-page-with-smap", "3A 4.6.1", U64, A64("ud2"), PF, 3);
    else skip("gate.stack.rsp0-on-user-page-with-smap", "3A 4.6.1", "SMAP not announced");
    *(u64 *)(tss64 + 4) = (u64)trap_stack_top;
    default_gate(PF);
    set_sysdesc(SEL_TSS64B, (u64)tss64b, 0x20, 0x89);
    gate(G, HANDLER, SEL_K64, 0xee, 3);
    X.rax = SEL_TSS64B;
    exc("gate.ist-beyond-tss-limit", "2A INT n; 3A 6.15 #TS", K64, A64("ltr ax" MARK "int 0x90"), TS, SEL_TSS64B);
    gdt[SEL_TSS64 >> 3] &= ~0x20000000000ul;
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS64));
    *(u64 *)(tss64 + 36 + 6 * 8) = (u64)kstack + 0x1000;
    gate(G, HANDLER, SEL_K64, 0xee, 0);
}

void group_gates(void)
{
    access_rules();
    handler_segments();
    flags();
    stacks();
    default_gate(G);
}
