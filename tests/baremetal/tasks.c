/* Hardware task switches of legacy protected mode (SDM 3A chapter 7). */
#include "kit.h"

#define S SEL_FREE
#define OTHER SEL_TSS32B
static u32 *const tss_b = (u32 *)tss32b;
enum { T_LINK = 0, T_ESP0 = 1, T_SS0 = 2, T_CR3 = 7, T_EIP = 8, T_EFLAGS = 9, T_EAX = 10, T_ECX, T_EDX, T_EBX, T_ESP, T_EBP, T_ESI, T_EDI,
    T_ES, T_CS, T_SS, T_DS, T_FS, T_GS, T_LDT, T_TRAP };

static void new_task(u64 eip)
{
    fill(tss32b, 0, 104);
    tss_b[T_ESP0] = (u32)(u64)trap_stack_top;
    tss_b[T_SS0] = SEL_KDATA;
    tss_b[T_EIP] = (u32)eip;
    tss_b[T_EFLAGS] = 2;
    tss_b[T_EAX] = 0xa1a1a1a1;
    tss_b[T_ECX] = 0xc1c1c1c1;
    tss_b[T_EDI] = 0xd1d1d1d1;
    tss_b[T_ESP] = (u32)(u64)kdata + 0x2000;
    tss_b[T_CS] = SEL_K32;
    tss_b[T_ES] = tss_b[T_SS] = tss_b[T_DS] = SEL_KDATA;
    set_desc(OTHER, descriptor((u32)(u64)tss32b, 0x67, 0x89, 0));
    *(u32 *)kdata = 0;
    *(u16 *)(kdata + 4) = OTHER;
    kcode[0x1100] = 0xcd;
    kcode[0x1101] = 0xe0;
    gdt[SEL_TSS32 >> 3] &= ~0x20000000000ul;
}
#define TASK ((u64)kcode + 0x1100)
#define BUSY(sel) (gdt[(sel) >> 3] >> 41 & 1)
static u32 *const tss_a = (u32 *)tss32;

static void task_switches(void)
{
    static const char *const sdm = "3A 7.3";
    new_task(TASK);
    go(L32K, A32("jmp fword ptr [edi]" MARK));
    same("task.jmp.tr", sdm, R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    same("task.jmp.registers", sdm, R.rax << 32 | (R.rdi & 0xffffffff), 0xa1a1a1a1d1d1d1d1);
    same("task.jmp.stack", sdm, R.rsp, (u64)kdata + 0x2000);
    same("task.jmp.old-not-busy", "3A 7.3 table 7-2", BUSY(SEL_TSS32), 0);
    same("task.jmp.new-busy", "3A 7.3 table 7-2", BUSY(OTHER), 1);
    same("task.jmp.nt-clear", "3A 7.3 table 7-2", R.rflags & FL_NT, 0);
    same("task.jmp.saves-eip", sdm, tss_a[T_EIP], code_base + last_mark);
    same("task.jmp.saves-registers", sdm, tss_a[T_EAX], 0x11111111);
    same("task.jmp.saves-cs", sdm, tss_a[T_CS] & 0xffff, SEL_K32);
    new_task(TASK);
    kcode[0x1100] = 0x0f; kcode[0x1101] = 0x20; kcode[0x1102] = 0xc0; kcode[0x1103] = 0xcd; kcode[0x1104] = 0xe0;    /* mov eax, cr0 */
    go(L32K, A32("jmp fword ptr [edi]"));
    same("task.sets-cr0-ts", "3A 7.3, 2.5 TS", R.rax & CR0_TS, CR0_TS);
    new_task(TASK);
    go(L32K, A32("call fword ptr [edi]" MARK));
    same("task.call.tr", sdm, R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    same("task.call.sets-nt", "3A 7.3 table 7-2, 7.4", R.rflags & FL_NT, FL_NT);
    same("task.call.link", "3A 7.4", tss_b[T_LINK] & 0xffff, SEL_TSS32);
    same("task.call.old-stays-busy", "3A 7.3 table 7-2", BUSY(SEL_TSS32), 1);
    new_task(TASK);
    kcode[0x1100] = 0xcf;
    go(L32K, A32("mov ebx, 0x777\ncall fword ptr [edi]\nclts" DONE));
    yes("task.iret-returns", "3A 7.4; 2A IRET", R.vec == DONE_VECTOR && R.tr == SEL_TSS32 && R.rbx == 0x777);
    same("task.iret-new-not-busy", "3A 7.3 table 7-2", BUSY(OTHER), 0);
    same("task.iret-saves-eip-of-callee", sdm, tss_b[T_EIP], TASK + 1);
    new_task(TASK);
    gdt[OTHER >> 3] |= 0x20000000000ul;
    exc("task.jmp.busy", "2A JMP", L32K, A32("jmp fword ptr [edi]"), GP, OTHER);
    new_task(TASK);
    gdt[OTHER >> 3] &= ~0x800000000000ul;
    exc("task.jmp.not-present", "2A JMP", L32K, A32("jmp fword ptr [edi]"), NP, OTHER);
    new_task(TASK);
    set_desc(OTHER, descriptor((u32)(u64)tss32b, 0x66, 0x89, 0));
    exc("task.limit-too-small", "3A 7.2.1, 6.15 #TS", L32K, A32("jmp fword ptr [edi]"), TS, OTHER);
    new_task(TASK);
    exc("task.jmp.dpl0-from-user", "2A JMP; 3A 7.2.2", L32U, A32("jmp fword ptr [edi]"), GP, OTHER);
    X.rflags = FL_NT;
    tss_a[T_LINK] = OTHER;
    new_task(TASK);
    exc("task.iret-to-task-that-is-not-busy", "3A 6.15 #TS; 2A IRET", L32K, A32("iretd"), TS, OTHER);
    tss_a[T_LINK] = 0;
    static const struct { const char *name; int field; u32 value; u64 desc; int vec; long err; } bad[] =
    {
        { "cs-null", T_CS, 0, 0, TS, 0 }, { "cs-data", T_CS, SEL_KDATA, 0, TS, SEL_KDATA }, { "cs-not-present", T_CS, S, 0x00cf1b000000ffff, NP, S },
        { "ss-null", T_SS, 0, 0, TS, 0 }, { "ss-code", T_SS, SEL_K32, 0, TS, SEL_K32 }, { "ss-dpl3", T_SS, SEL_UDATA & ~3, 0, TS, SEL_UDATA & ~3 },
        { "ss-not-present", T_SS, S, 0x00cf13000000ffff, SS, S }, { "ds-system", T_DS, SEL_TSS32, 0, TS, SEL_TSS32 }, { "ds-not-present", T_DS, S, 0x00cf13000000ffff, NP, S },
        { "es-execute-only", T_ES, S, 0x00cf99000000ffff, TS, S }, { "ldt-data", T_LDT, SEL_KDATA, 0, TS, SEL_KDATA }, { "ldt-not-present", T_LDT, S, 0x0000020000000067, TS, S },
    };
    for (u32 i = 0; i < sizeof bad / sizeof *bad; i++)
    {
        new_task(TASK);
        tss_b[bad[i].field] = bad[i].value;
        if (bad[i].desc) set_desc(S, bad[i].desc);
        /* The exception is taken in the new task, so give its handler a task of its own. */
        u64 keep = idt32[bad[i].vec];
        set_desc(S + 8, descriptor((u32)(u64)kdata + 0x3000, 0x67, 0x89, 0));
        fill(kdata + 0x3000, 0, 104);
        copy(kdata + 0x3000, tss32b, 104);
        u32 *t = (u32 *)(kdata + 0x3000);
        t[T_CS] = SEL_K32;
        t[T_ES] = t[T_SS] = t[T_DS] = SEL_KDATA;
        t[T_LDT] = 0;
        t[T_EIP] = (u32)(u64)stubs32 + (u32)bad[i].vec * 16;
        idt32[bad[i].vec] = (u64)(S + 8) << 16 | 0x85ul << 40;
        go(L32K, A32("jmp fword ptr [edi]"));
        idt32[bad[i].vec] = keep;
        same(nm("task.bad.%s", bad[i].name), "3A 6.15 #TS table 6-6", R.vec << 32 | (R.err & 0xffff), (u64)bad[i].vec << 32 | (u64)bad[i].err);
    }
    new_task(TASK);
    tss_b[T_TRAP] = 1 | 104u << 16;
    go(L32K, A32("jmp fword ptr [edi]"));
    yes("task.t-flag-traps", "3A 7.2.1; 3B 17.2.3 BT", R.vec == DB && (R.dr6 & 0x8000) && R.rip == TASK);
    new_task(TASK);
    set_desc(S, (u64)OTHER << 16 | 0x85ul << 40);
    *(u16 *)(kdata + 4) = S;
    go(L32K, A32("jmp fword ptr [edi]"));
    same("task.jmp-through-task-gate", "3A 7.2.5", R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    new_task(TASK);
    set_desc(S, (u64)OTHER << 16 | 0xe5ul << 40);
    *(u16 *)(kdata + 4) = S;
    go(L32U, A32("call fword ptr [edi]"));
    same("task.user-through-task-gate-dpl3", "3A 7.2.5", R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    new_task(TASK);
    idt32[0x90] = (u64)OTHER << 16 | 0x85ul << 40;
    go(L32K, A32("int 0x90"));
    same("task.int-through-task-gate", "3A 6.12.2", R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    same("task.int-through-task-gate-nt", "3A 6.12.2, 7.4", R.rflags & FL_NT, FL_NT);
    default_gate(0x90);
    new_task((u64)stubs32 + DF * 16);
    idt32[DF] = (u64)OTHER << 16 | 0x85ul << 40;
    idt32[GP] = 0;
    go(L32K, A32("mov eax, 0x7f8\nmov es, eax"));
    yes("task.double-fault-task", "3A 6.15 #DF", R.vec == DF && R.err == 0 && R.tr == OTHER);
    default_gate(DF);
    default_gate(GP);
    /* A bad ring-0 stack: the fault of the stack switch goes to a task of its own. */
    static const struct { const char *name; u32 ss0; u64 desc; int vec; long err; } stack[] =
    {
        { "null", 0, 0, TS, 1 }, { "rpl3", SEL_UDATA, 0, TS, (SEL_UDATA & ~3) | 1 }, { "dpl3", SEL_UDATA & ~3, 0, TS, (SEL_UDATA & ~3) | 1 },
        { "code", SEL_K32, 0, TS, SEL_K32 | 1 }, { "beyond-limit", GDT_BYTES, 0, TS, GDT_BYTES | 1 }, { "not-present", S, 0x00cf13000000ffff, SS, S | 1 },
    };
    for (u32 i = 0; i < sizeof stack / sizeof *stack; i++)
    {
        if (stack[i].vec == SS && dies(nm("legacy.ss0.%s", stack[i].name), "3A 6.15 #SS, 6.13; 2A INT n")) continue;
        new_task((u64)stubs32 + (u64)stack[i].vec * 16);
        if (stack[i].desc) set_desc(S, stack[i].desc);
        tss_a[T_SS0] = stack[i].ss0;
        idt32[stack[i].vec] = (u64)OTHER << 16 | 0x85ul << 40;
        go(L32U, A32("ud2"));
        same(nm("legacy.ss0.%s", stack[i].name), "3A 6.15 #TS, 6.13; 2A INT n", R.vec << 32 | (R.err & 0xffff), (u64)stack[i].vec << 32 | (u64)stack[i].err);
        default_gate(stack[i].vec);
        tss_a[T_SS0] = SEL_KDATA;
    }
    gdt[SEL_TSS32 >> 3] &= ~0x20000000000ul;
    set_desc(OTHER, 0);
}

void group_tasks(void) { task_switches(); }
