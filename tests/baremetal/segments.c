/* Segment loads, far transfers, call gates, and the instructions that look at descriptors (SDM 3A chapters 3 and 5). */
#include "kit.h"

static u64 seen_ss, seen_cs;

static int look(struct frame *f)
{
    (void)f;
    __asm__ volatile("mov %%ss,%0" : "=r"(seen_ss));
    __asm__ volatile("mov %%cs,%0" : "=r"(seen_cs));
    return 0;
}

#define TYPE_DATA 0x00cf93000000ffff
#define S (SEL_FREE)

/* Loads of data segments: descriptor, selector, privilege level, and what must come. */
static void loads(void)
{
    static const struct { const char *name; u64 desc; u32 sel; int user, vec; long err; } one[] =
    {
        { "data-dpl3-from-user", 0x00cff3000000ffff, S | 3, 1, 0, 0 },
        { "data-dpl3-rpl0-from-user", 0x00cff3000000ffff, S, 1, 0, 0 },
        { "data-dpl0-from-user", TYPE_DATA, S, 1, GP, S },
        { "data-dpl0-rpl3-from-kernel", TYPE_DATA, S | 3, 0, GP, S },
        { "data-dpl0-from-kernel", TYPE_DATA, S, 0, 0, 0 },
        { "data-dpl3-rpl3-from-kernel", 0x00cff3000000ffff, S | 3, 0, 0, 0 },
        { "read-only-data", 0x00cf91000000ffff, S, 0, 0, 0 },
        { "not-present", 0x00cf13000000ffff, S, 0, NP, S },
        { "not-present-dpl-first", 0x00cf13000000ffff, S | 3, 1, GP, S },
        { "code-readable", 0x00cf9b000000ffff, S, 0, 0, 0 },
        { "code-execute-only", 0x00cf99000000ffff, S, 0, GP, S },
        { "code-conforming-dpl0-from-user", 0x00cf9f000000ffff, S | 3, 1, 0, 0 },
        { "code-dpl0-from-user", 0x00cf9b000000ffff, S | 3, 1, GP, S },
        { "tss-descriptor", 0x0000890000000067, S, 0, GP, S },
        { "call-gate-descriptor", 0x00008c0000100000, S, 0, GP, S },
        { "empty-descriptor", 0, S, 0, GP, S },
        { "beyond-limit", 0, GDT_BYTES, 0, GP, GDT_BYTES },
        { "ldt-without-ldt", 0, S | 4, 0, GP, S | 4 },
        { "null", 0, 0, 1, 0, 0 },
        { "null-rpl3", 0, 3, 1, 0, 0 },
    };
    for (u32 i = 0; i < sizeof one / sizeof *one; i++)
        for (int compat = 0; compat < 2; compat++)
        {
            const char *name = nm("segment.load-es.%s.%s", one[i].name, compat ? "compat" : "64");
            enum mode mode = one[i].user ? compat ? U32C : U64 : compat ? K32C : K64;
            struct snippet s = compat ? A32("mov es, eax" DONE) : A64("mov es, eax" DONE);
            set_desc(S, one[i].desc);
            X.rax = one[i].sel;
            go(mode, s);
            if (one[i].vec) ended(name, "3A 5.6; 2B MOV", one[i].vec, one[i].err, code_base);
            else same(name, "3A 5.6; 2B MOV", R.vec == DONE_VECTOR ? R.es : ~0ul, one[i].sel);
        }
    static const struct { const char *name; u64 desc; u32 sel; enum mode mode; int vec; long err; } ss[] =
    {
        { "null-cpl0-64", 0, 0, K64, 0, 0 },
        { "null-rpl3-cpl0-64", 0, 3, K64, GP, 0 },
        { "null-cpl3-64", 0, 3, U64, GP, 0 },
        { "null-cpl0-compat", 0, 0, K32C, GP, 0 },
        { "null-cpl3-compat", 0, 3, U32C, GP, 0 },
        { "data-dpl0-cpl0", TYPE_DATA, S, K64, 0, 0 },
        { "rpl-differs", TYPE_DATA, S | 3, K64, GP, S },
        { "dpl-differs", 0x00cff3000000ffff, S, K64, GP, S },
        { "dpl0-from-user", TYPE_DATA, S | 3, U64, GP, S },
        { "dpl3-from-user", 0x00cff3000000ffff, S | 3, U64, 0, 0 },
        { "read-only", 0x00cf91000000ffff, S, K64, GP, S },
        { "code", 0x00cf9b000000ffff, S, K64, GP, S },
        { "not-present", 0x00cf13000000ffff, S, K64, SS, S },
        { "beyond-limit", 0, GDT_BYTES, K64, GP, GDT_BYTES },
        { "system", 0x0000890000000067, S, K64, GP, S },
    };
    for (u32 i = 0; i < sizeof ss / sizeof *ss; i++)
    {
        const char *name = nm("segment.load-ss.%s", ss[i].name);
        int compat = ss[i].mode == K32C || ss[i].mode == U32C;
        set_desc(S, ss[i].desc);
        X.rax = ss[i].sel;
        go(ss[i].mode, compat ? A32("mov ss, eax" DONE) : A64("mov ss, eax\nnop" DONE));
        if (ss[i].vec) ended(name, "3A 5.7; 2B MOV", ss[i].vec, ss[i].err, code_base);
        else same(name, "3A 5.7; 2B MOV", R.vec == DONE_VECTOR ? R.ss : ~0ul, ss[i].sel);
    }
    set_desc(S, TYPE_DATA & ~0x10000000000ul);
    X.rax = S;
    go(K64, A64("mov es, eax" DONE));
    same("segment.load-sets-accessed", "3A 3.4.5.1", gdt[S >> 3], TYPE_DATA);
    X.rax = S;
    ok("segment.pop-fs", "2B POP", U64, A64("push 0x2b\npop fs" DONE));
    exc("segment.pop-gs-faults-leave-rsp", "2B POP", U64, A64("push 0x18" MARK "pop gs"), GP, SEL_KDATA);
    same("segment.pop-gs-rsp", "2B POP; 3A 6.5", R.rsp, USTACK_TOP - 8);
    *(u32 *)udata_pages = 0x12345678;
    *(u16 *)(udata_pages + 4) = SEL_UDATA;
    okv("segment.les-compat", "2A LDS", U32C, A32("les eax, [edi]" DONE), 0x12345678);
    *(u16 *)(udata_pages + 4) = SEL_KDATA;
    exc("segment.lfs-bad-selector", "2A LDS", U64, A64("lfs eax, [rdi]"), GP, SEL_KDATA);
    go(U64, A64("lfs eax, [rdi]"));
    same("segment.lfs-bad-selector-leaves-register", "2A LDS; 3A 6.5", R.rax, 0x0a0a0a0a11111111);
    okv("segment.mov-from-segment-zero-extends", "2B MOV", U64, A64("mov rax, -1\nmov eax, ds" DONE), SEL_UDATA);
    okv("segment.mov-from-segment-16-bit", "2B MOV", U64, A64("mov rax, -1\nmov ax, ds" DONE), 0xffffffffffff0000 | SEL_UDATA);
}

/* LAR, LSL, VERR and VERW over every descriptor type. */
static void inspect(void)
{
    for (u32 type = 0; type < 32; type++)
    {
        static const u32 lar_ok = 0xffff0000u | 1u << 2 | 1u << 9 | 1u << 11 | 1u << 12;
        static const u32 lsl_ok = 0xffff0000u | 1u << 2 | 1u << 9 | 1u << 11;
        u64 desc = descriptor(0, 0x12345, 0x80 | type, 8);
        int code = type >= 24, readable = type >= 16 && (!code || type & 2), writable = type >= 16 && !code && type & 2;
        set_desc(S, desc);
        set_desc(S + 8, 0);
        X.rcx = S;
        okv(nm("segment.lar.type%x", (u64)type), "2A LAR", K64, A64("mov eax, 0x55\nxor edx, edx\nlar eax, ecx\nmov ecx, 0\nsetz cl\nmov rdx, rcx\ntest ecx, ecx\njnz 1f\nmov eax, 0\n1: and eax, 0xf0ff00" DONE),
            lar_ok >> type & 1 ? desc >> 32 & 0xf0ff00 : 0);
        X.rcx = S;
        okv(nm("segment.lsl.type%x", (u64)type), "2A LSL", K64, A64("xor eax, eax\nlsl eax, ecx" DONE), lsl_ok >> type & 1 ? 0x12345fff : 0);
        X.rcx = S;
        okv(nm("segment.verr.type%x", (u64)type), "2C VERR", K64, A64("xor eax, eax\nverr cx\nsetz al" DONE), (u64)readable);
        X.rcx = S;
        okv(nm("segment.verw.type%x", (u64)type), "2C VERR", K64, A64("xor eax, eax\nverw cx\nsetz al" DONE), (u64)writable);
    }
    set_desc(S, TYPE_DATA);
    X.rcx = S;
    okv("segment.lar.dpl0-from-user", "2A LAR", U64, A64("xor eax, eax\nlar eax, ecx" DONE), 0);
    set_desc(S, 0x00cf9f000000ffff);
    X.rcx = S;
    okv("segment.lar.conforming-dpl0-from-user", "2A LAR", U64, A64("xor eax, eax\nlar eax, ecx\nand eax, 0xf0ff00" DONE), 0xc09f00);
    set_desc(S, 0x00cf13000000ffff);
    X.rcx = S;
    okv("segment.lar.not-present-is-valid", "2A LAR", K64, A64("xor eax, eax\nlar eax, ecx\nand eax, 0xf0ff00" DONE), 0xc01300);
    X.rcx = 0;
    okv("segment.lar.null", "2A LAR", K64, A64("xor eax, eax\nlar eax, ecx" DONE), 0);
    X.rcx = GDT_BYTES;
    okv("segment.lsl.beyond-limit", "2A LSL", K64, A64("xor eax, eax\nlsl eax, ecx" DONE), 0);
    X.rcx = 0;
    okv("segment.verr.null", "2C VERR", K64, A64("xor eax, eax\nverr cx\nsetz al" DONE), 0);
    exc("segment.lar.real-mode", "2A LAR", REAL, A16("lar eax, ecx"), UD, NOERR);
    exc("segment.verr.v86", "2C VERR", V86, A16("verr cx"), UD, NOERR);
    exc("segment.arpl.real-mode", "2A ARPL", REAL, A16(".byte 0x63, 0xc8"), UD, NOERR);
    X.rax = 0x10;
    X.rcx = 0x13;
    okv("segment.arpl.adjusts", "2A ARPL", U32C, A32("arpl ax, cx" DONE), 0x13);
}

static void far_transfers(void)
{
    static const struct { const char *name; u64 desc; u32 sel; int user, vec; long err; } one[] =
    {
        { "null", 0, 0, 0, GP, 0 },
        { "null-rpl3", 0, 3, 1, GP, 0 },
        { "beyond-limit", 0, GDT_BYTES, 0, GP, GDT_BYTES },
        { "data", TYPE_DATA, S, 0, GP, S },
        { "not-present", 0x00af1b000000ffff, S, 0, NP, S },
        { "dpl0-from-user", 0x00af9b000000ffff, S, 1, GP, S },
        { "dpl3-from-kernel", 0x00affb000000ffff, S, 0, GP, S },
        { "rpl-above-cpl", 0x00af9b000000ffff, S | 3, 0, GP, S },
        { "conforming-dpl3-from-kernel", 0x00afff000000ffff, S, 0, GP, S },
        { "l-and-d", 0x00ef9b000000ffff, S, 0, GP, S },
        { "tss-available", 0x0000890000000067, S, 0, GP, S },
        { "task-gate", 0x0000850000600000, S, 0, GP, S },
        { "interrupt-gate", 0x00008e0000100000, S, 0, GP, S },
        { "same-level", 0x00af9b000000ffff, S, 0, 0, 0 },
        { "conforming-dpl0-from-user", 0x00af9f000000ffff, S, 1, 0, 0 },
        { "compat-32", 0x00cf9b000000ffff, S, 0, 0, 0 },
    };
    for (int call = 0; call < 2; call++)
        for (u32 i = 0; i < sizeof one / sizeof *one; i++)
        {
            const char *name = nm("far-%s.%s", call ? "call" : "jmp", one[i].name);
            const char *sdm = call ? "2A CALL; 3A 5.8.1" : "2A JMP; 3A 5.8.1";
            u8 *pointer = one[i].user ? udata_pages : kdata;
            set_desc(S, one[i].desc);
            set_desc(S + 8, 0);
            *(u32 *)pointer = (u32)(one[i].user ? UCODE + 0x1000 : (u64)kcode + 0x1000);
            *(u16 *)(pointer + 4) = (u16)one[i].sel;
            go(one[i].user ? U64 : K64, call ? A64("call fword ptr [rdi]") : A64("jmp fword ptr [rdi]"));
            if (one[i].vec) ended(name, sdm, one[i].vec, one[i].err, code_base);
            else same(name, sdm, R.vec == DONE_VECTOR ? R.cs : ~0ul, one[i].sel | (one[i].user ? 3u : 0));
        }
    set_desc(S, 0x00af9b000000ffff);
    *(u64 *)kdata = 0x800000000000;
    *(u16 *)(kdata + 8) = S;
    exc("far-jmp.m16-64-noncanonical", "2A JMP", K64, A64("rex.w jmp fword ptr [rdi]"), GP, 0);
    if (has.intel)
    {
        *(u64 *)kdata = (u64)kcode + 0x1000;
        go(K64, A64("rex.w jmp fword ptr [rdi]"));
        same("far-jmp.m16-64", "2A JMP", R.vec == DONE_VECTOR ? R.cs : ~0ul, S);
    }
    else skip("far-jmp.m16-64", "2A JMP", "not an Intel processor");
    *(u32 *)kdata = (u32)((u64)kcode + 0x1000);
    *(u16 *)(kdata + 4) = S;
    go(K64, A64("call fword ptr [rdi]"));
    same("far-call.32-bit-operand-pushes-8-bytes", "2A CALL", R.rsp, KSTACK_TOP - 8);
    exc("far-ret.to-inner", "2B RET", U64, A64("push 0x10\nlea rax, [rip]\npush rax" MARK "rex.w retf"), GP, SEL_K64);
    exc("far-ret.null-cs", "2B RET", K64, A64("push 0\nlea rax, [rip]\npush rax" MARK "rex.w retf"), GP, 0);
    exc("far-ret.noncanonical", "2B RET", K64, A64("push 0x10\nmovabs rax, 0x800000000000\npush rax" MARK "rex.w retf"), GP, 0);
    go(K64, A64("push 0x2b\npush 0x40011000\npush 0x33\npush 0x40001000\nrex.w retf"));
    yes("far-ret.to-outer", "2B RET; 3A 5.8.6", R.vec == DONE_VECTOR && R.cs == SEL_U64 && R.ss == SEL_UDATA && R.rsp == 0x40011000);
    go(K64, A64("push 0x2b\npush 0x40011000\npush 0\npush 0x33\npush 0x40001000\nrex.w retf 8"));
    yes("far-ret.to-outer-releases-parameters", "2B RET", R.vec == DONE_VECTOR && R.rsp == 0x40011008);
    exc("far-ret.outer-null-ss", "2B RET", K64, A64("push 0\npush 0x40011000\npush 0x33\npush 0x40001000" MARK "rex.w retf"), GP, 0);
    set_desc(S, 0x00cf73000000ffff);
    exc("far-ret.outer-ss-not-present", "2B RET", K64, A64("push 0x103\npush 0x40011000\npush 0x33\npush 0x40001000" MARK "rex.w retf"), SS, S);
    ok("far-ret.same-level", "2B RET", U64, A64("push 0x33\ncall 2f\n2: pop rax\nadd rax, 1f - 2b\npush rax\nrex.w retf\nud2\n1:" DONE));
}

/* 64-bit call gates: 16 bytes, no parameters, the stack pointer from the TSS, a null SS. */
static void call_gate(u32 type_dpl_p, u32 sel, u64 target, u32 upper_type)
{
    gdt[S >> 3] = (target & 0xffff) | (u64)sel << 16 | (u64)type_dpl_p << 40 | (target >> 16 & 0xffff) << 48;
    gdt[(S >> 3) + 1] = target >> 32 | (u64)upper_type << 40;
}

static void call_gates(void)
{
    static const char *const sdm = "3A 5.8.3.1, 5.8.5.1; 2A CALL";
    u64 target = (u64)stubs64 + 0xe0 * 16;
    *(u32 *)udata_pages = 0;
    *(u16 *)(udata_pages + 4) = S;
    *(u32 *)kdata = 0;
    *(u16 *)(kdata + 4) = S;
    /* The gate's target pushes a frame by hand and enters the stub as an interrupt would. */
    kcode[0x1100] = 0x90;
    struct snippet after = A64("int 0xe1");
    copy(kcode + 0x1100, after.code, after.length);
    call_gate(0xec, SEL_K64, (u64)kcode + 0x1100, 0);
    X.hook = look;
    go(U64, A64("call fword ptr [rdi]"));
    same("call-gate.to-cpl0", sdm, R.vec == 0xe1 ? R.cs : ~0ul, SEL_K64);
    same("call-gate.rsp0-with-four-slots", sdm, R.rsp, (u64)trap_stack_top - 32);
    same("call-gate.ss-is-null", sdm, R.ss, 0);
    u64 *stack = (u64 *)((u64)trap_stack_top - 32);
    same("call-gate.pushed-rip", sdm, stack[0], UCODE + 2);
    same("call-gate.pushed-cs", sdm, stack[1], SEL_U64);
    same("call-gate.pushed-rsp", sdm, stack[2], USTACK_TOP);
    same("call-gate.pushed-ss", sdm, stack[3], SEL_UDATA);
    go(K64, A64("call fword ptr [rdi]"));
    same("call-gate.same-level-keeps-stack", sdm, R.vec == 0xe1 ? R.rsp : ~0ul, KSTACK_TOP - 16);
    go(U32C, A32("call fword ptr [edi]"));
    same("call-gate.from-compat", sdm, R.vec == 0xe1 ? R.cs : ~0ul, SEL_K64);
    struct snippet back = A64("rex.w retf");
    copy(kcode + 0x1100, back.code, back.length);
    ok("call-gate.and-back", "3A 5.8.6; 2B RET", U64, A64("call fword ptr [rdi]" DONE));
    exc("call-gate.jmp-to-inner", "2A JMP; 3A 5.8.4", U64, A64("jmp fword ptr [rdi]"), GP, SEL_K64);
    copy(kcode + 0x1100, after.code, after.length);
    go(K64, A64("jmp fword ptr [rdi]"));
    same("call-gate.jmp-same-level", "2A JMP; 3A 5.8.4", R.vec == 0xe1 ? R.rsp : ~0ul, KSTACK_TOP);
    call_gate(0x8c, SEL_K64, target, 0);
    exc("call-gate.dpl-below-cpl", sdm, U64, A64("call fword ptr [rdi]"), GP, S);
    call_gate(0xec, SEL_K64, target, 0);
    *(u16 *)(kdata + 4) = S | 3;
    call_gate(0x8c, SEL_K64, target, 0);
    exc("call-gate.rpl-above-dpl", sdm, K64, A64("call fword ptr [rdi]"), GP, S);
    *(u16 *)(kdata + 4) = S;
    call_gate(0x6c, SEL_K64, target, 0);
    exc("call-gate.not-present", sdm, U64, A64("call fword ptr [rdi]"), NP, S);
    call_gate(0xe4, SEL_K64, target, 0);
    exc("call-gate.16-bit-type", sdm, U64, A64("call fword ptr [rdi]"), GP, S);
    call_gate(0xec, SEL_K64, target, 1);
    exc("call-gate.upper-type-not-zero", "3A 5.8.3.1", U64, A64("call fword ptr [rdi]"), GP, S);
    call_gate(0xec, 0, target, 0);
    exc("call-gate.null-target", sdm, U64, A64("call fword ptr [rdi]"), GP, 0);
    call_gate(0xec, SEL_K32, target, 0);
    exc("call-gate.target-not-64-bit", sdm, U64, A64("call fword ptr [rdi]"), GP, SEL_K32);
    call_gate(0xec, SEL_KDATA, target, 0);
    exc("call-gate.target-is-data", sdm, U64, A64("call fword ptr [rdi]"), GP, SEL_KDATA);
    call_gate(0xec, SEL_K64, 0x800000000000, 0);
    exc("call-gate.target-noncanonical", sdm, U64, A64("call fword ptr [rdi]"), GP, 0);
    call_gate(0xec, SEL_U64, target, 0);
    exc("call-gate.target-dpl-above-cpl", sdm, K64, A64("call fword ptr [rdi]"), GP, SEL_U64 & ~3);
    gdt[S >> 3] = gdt[(S >> 3) + 1] = 0;
    (void)seen_cs;
    (void)seen_ss;
}

static void table_registers(void)
{
    fill(kdata, 0, 64);
    go(K64, A64("sgdt [rdi]" DONE));
    same("table.sgdt-limit", "2B SGDT", *(u16 *)kdata, GDT_BYTES - 1);
    same("table.sgdt-base", "2B SGDT", *(u64 *)(kdata + 2), (u64)gdt);
    go(K64, A64("sidt [rdi]" DONE));
    same("table.sidt-base", "2B SIDT", *(u64 *)(kdata + 2), (u64)idt64);
    fill(udata_pages, 0xee, 16);
    go(U32C, A32("sgdt [edi]" DONE));
    same("table.sgdt-compat-stores-6-bytes", "2B SGDT", *(u64 *)(udata_pages + 2) >> 32, 0xeeeeeeee);
    okv("table.str", "2B STR", U64, A64("mov rax, -1\nstr eax" DONE), SEL_TSS64);
    okv("table.sldt", "2B SLDT", U64, A64("mov rax, -1\nsldt eax" DONE), 0);
    okv("table.smsw", "2B SMSW", U64, A64("smsw ax\nand eax, 0xffff" DONE), CR0_DEFAULT & 0xffff);
    okv("table.smsw-32-bit", "2B SMSW", K64, A64("smsw rax\nand eax, 0x8000ffff" DONE), CR0_DEFAULT & 0x8000ffff);
    set_desc(S, 0x0000820000000000 | 0xff);
    set_desc(S + 8, 0);
    X.rax = S;
    okv("table.lldt", "2A LLDT", K64, A64("lldt ax\nsldt eax" DONE), S);
    X.rax = 0;
    ok("table.lldt-null", "2A LLDT", K64, A64("lldt ax" DONE));
    set_desc(S, 0x0000020000000000 | 0xff);
    X.rax = S;
    exc("table.lldt-not-present", "2A LLDT", K64, A64("lldt ax"), NP, S);
    set_desc(S, TYPE_DATA);
    X.rax = S;
    exc("table.lldt-data", "2A LLDT", K64, A64("lldt ax"), GP, S);
    X.rax = S | 4;
    exc("table.lldt-ti-set", "2A LLDT", K64, A64("lldt ax"), GP, S | 4);
    X.rax = GDT_BYTES;
    exc("table.lldt-beyond-limit", "2A LLDT", K64, A64("lldt ax"), GP, GDT_BYTES);
    set_sysdesc(S, 0x800000000000, 0xff, 0x82);
    X.rax = S;
    exc("table.lldt-noncanonical-base", "2A LLDT; 3A 3.5", K64, A64("lldt ax"), GP, S);
    X.rax = 0;
    exc("table.ltr-null", "2A LTR", K64, A64("ltr ax"), GP, 0);
    X.rax = SEL_TSS64;
    exc("table.ltr-busy", "2A LTR", K64, A64("ltr ax"), GP, SEL_TSS64);
    set_sysdesc(SEL_TSS64B, (u64)tss64b, 0x67, 0x09);
    X.rax = SEL_TSS64B;
    exc("table.ltr-not-present", "2A LTR", K64, A64("ltr ax"), NP, SEL_TSS64B);
    set_desc(S, TYPE_DATA);
    X.rax = S;
    exc("table.ltr-data", "2A LTR", K64, A64("ltr ax"), GP, S);
    set_sysdesc(SEL_TSS64B, (u64)tss64, sizeof tss64 - 1, 0x89);
    X.rax = SEL_TSS64B;
    okv("table.ltr", "2A LTR", K64, A64("ltr ax\nstr eax" DONE), SEL_TSS64B);
    same("table.ltr-sets-busy", "2A LTR", gdt[SEL_TSS64B >> 3] >> 40 & 0xff, 0x8b);
    gdt[SEL_TSS64 >> 3] &= ~0x20000000000ul;
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS64));
    *(u16 *)kdata = GDT_BYTES - 1;
    *(u64 *)(kdata + 2) = 0x800000000000;
    if (!dies("table.lgdt-noncanonical", "2A LGDT")) exc("table.lgdt-noncanonical", "2A LGDT", K64, A64("lgdt [rdi]"), GP, 0);
    if (!dies("table.lidt-noncanonical", "2A LGDT")) exc("table.lidt-noncanonical", "2A LGDT", K64, A64("lidt [rdi]"), GP, 0);
    static const struct { const char *name; u8 n, b[5]; } umip[] =
    {
        { "sgdt", 3, { 0x0f, 0x01, 0x07 } }, { "sidt", 3, { 0x0f, 0x01, 0x0f } }, { "sldt", 3, { 0x0f, 0x00, 0xc0 } },
        { "str", 3, { 0x0f, 0x00, 0xc8 } }, { "smsw", 3, { 0x0f, 0x01, 0xe0 } }, { "smsw-memory", 3, { 0x0f, 0x01, 0x27 } },
    };
    for (u32 i = 0; i < 6; i++)
    {
        if (!has.umip) { skip(nm("umip.%s", umip[i].name), "3A 2.5 UMIP", "UMIP not announced"); continue; }
        X.cr4 = CR4_DEFAULT | CR4_UMIP;
        exc(nm("umip.%s.user", umip[i].name), "3A 2.5 UMIP", U64, raw(umip[i].b, umip[i].n), GP, 0);
        X.cr4 = CR4_DEFAULT | CR4_UMIP;
        go(K64, raw(umip[i].b, umip[i].n));
        same(nm("umip.%s.kernel", umip[i].name), "3A 2.5 UMIP", R.vec, BP);
    }
}

void group_segments(void)
{
    loads();
    inspect();
    far_transfers();
    call_gates();
    table_registers();
}
