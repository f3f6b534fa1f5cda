/* 16-bit gates, stacks and tasks, local descriptor tables, and tasks under paging or in virtual-8086 mode. */
#include "kit.h"

#define S SEL_FREE
#define OTHER SEL_TSS32B
#define FAR_CODE 0x1100

/* A code segment whose base is kcode, so that 16-bit offsets reach it; code at its offset 1100h. */
static void near_code(u32 sel, u32 access, u32 flags, struct snippet s)
{
    set_desc(sel, descriptor((u32)(u64)kcode, 0xffff, access, flags));
    copy(kcode + FAR_CODE, s.code, s.length);
}

static u64 gate16(u32 sel, u32 offset, u32 access) { return (offset & 0xffff) | (u64)sel << 16 | (u64)access << 40; }

static void gates16(void)
{
    static const char *const sdm = "3A 6.11, 6.12.1; 2A INT n";
    const u16 *top = (const u16 *)(KSTACK_TOP - 6);
    near_code(S, 0x9b, 4, A32("int 0xe0"));
    idt32[0x90] = gate16(S, FAR_CODE, 0x86);
    X.rflags = FL_IF;
    go(L32K, A32("int 0x90"));
    same("legacy16.interrupt-gate.pushes-words", sdm, R.vec == DONE_VECTOR ? R.rsp : ~0ul, KSTACK_TOP - 6);
    same("legacy16.interrupt-gate.ip", sdm, top[0], (code_base + 2) & 0xffff);
    same("legacy16.interrupt-gate.cs", sdm, top[1], SEL_K32);
    same("legacy16.interrupt-gate.flags", sdm, top[2] & FL_IF, FL_IF);
    same("legacy16.interrupt-gate.clears-if", sdm, R.rflags & FL_IF, 0);
    idt32[0x90] = gate16(S, FAR_CODE, 0x87);
    X.rflags = FL_IF;
    go(L32K, A32("int 0x90"));
    same("legacy16.trap-gate.keeps-if", sdm, R.vec == DONE_VECTOR ? R.rflags & FL_IF : ~0ul, FL_IF);
    idt32[0x90] = gate16(S, FAR_CODE, 0xe6);
    go(L32U, A32("int 0x90"));
    const u16 *inner = (const u16 *)((u64)trap_stack_top - 10);
    same("legacy16.interrupt-gate.inner-stack", sdm, R.vec == DONE_VECTOR ? R.rsp : ~0ul, (u64)trap_stack_top - 10);
    same("legacy16.interrupt-gate.old-sp", sdm, inner[3], KSTACK_TOP & 0xffff);
    same("legacy16.interrupt-gate.old-ss", sdm, inner[4], SEL_UDATA);
    idt32[0x90] = gate16(S, FAR_CODE, 0x06);
    exc("legacy16.interrupt-gate.not-present", sdm, L32K, A32("int 0x90"), NP, 0x90 * 8 + 2);
    default_gate(0x90);
    near_code(S + 8, 0x9b, 4, A32("int 0xe0"));
    set_desc(S, gate16(S + 8, FAR_CODE, 0x84));
    go(L32K, A32(".byte 0x9a\n.long 0\n.word 0x100"));
    same("legacy16.call-gate.pushes-words", "3A 5.8.3; 2A CALL", R.vec == DONE_VECTOR ? R.rsp : ~0ul, KSTACK_TOP - 4);
    set_desc(S, gate16(S + 8, FAR_CODE, 0xe4) | 1ul << 32);
    go(L32U, A32("pushw 0x7788\n.byte 0x9a\n.long 0\n.word 0x103"));
    inner = (const u16 *)((u64)trap_stack_top - 10);
    same("legacy16.call-gate.copies-words", "3A 5.8.5", R.vec == DONE_VECTOR ? inner[2] : ~0ul, 0x7788);
    same("legacy16.call-gate.inner-stack", "3A 5.8.5", R.rsp, (u64)trap_stack_top - 10);
    near_code(S + 8, 0x9b, 4, A32("retfw 2"));
    go(L32U, A32("pushw 0x7788\n.byte 0x9a\n.long 0\n.word 0x103\nint3"));
    yes("legacy16.retf-16-bit-to-outer", "2B RET", R.rsp == (KSTACK_TOP & 0xffff) || R.vec == PF || R.vec == GP || R.vec == BP || R.vec == UD);
    near_code(S, 0x9b, 0, A16("int 0xe0"));
    *(u32 *)kdata = FAR_CODE;
    *(u16 *)(kdata + 4) = S;
    go(L32K, A32("jmp fword ptr [edi]"));
    same("legacy16.jmp-to-16-bit-code", "2A JMP; 3B 21.1", R.vec == DONE_VECTOR ? R.rip : ~0ul, FAR_CODE + 2);
    *(u16 *)kdata = FAR_CODE;
    *(u16 *)(kdata + 2) = S;
    go(L32K, A32(".byte 0x66\ncall fword ptr [edi]"));
    same("legacy16.call-with-16-bit-operand", "2A CALL", R.vec == DONE_VECTOR ? R.rsp : ~0ul, KSTACK_TOP - 4);
    go(L32K, A32("pushfw\npushw 0x100\npushw 0x1100\niretw"));
    yes("legacy16.iretw", "2A IRET", R.vec == DONE_VECTOR && R.rip == FAR_CODE + 2 && R.rsp == KSTACK_TOP);
    okv("legacy16.operand-override", "1 3.6", L16K, A16("mov eax, 0x12345678\nmov ax, 1" DONE), 0x12340001);
    okv("legacy16.address-override", "1 3.6", L16K, A16("mov al, [edi]\nmov eax, 7" DONE), 7);
    exc("legacy16.jmp-beyond-limit", "2A JMP", L16K, A16(".byte 0x66, 0xe9, 0, 0, 2, 0"), GP, 0);
}

static void local_tables(void)
{
    u64 *table = (u64 *)(kdata + 0x2000);
    table[0] = 0;
    table[1] = descriptor((u32)(u64)kdata, 0xff, 0xf3, 4);
    table[2] = 0x00cffb000000ffff;
    table[3] = 0x00cf93000000ffff;
    set_desc(SEL_LDT, descriptor((u32)(u64)table, 31, 0x82, 0));
    set_desc(SEL_LDT + 8, 0);
    *(u32 *)kdata = 0x1d71d71d;
    static const char *const sdm = "3A 2.1.1, 3.5.1; 2A LLDT";
#define LOAD_LDT "mov eax, 0xa0\nlldt ax\n"
    okv("ldt.data-segment", sdm, L32K, A32(LOAD_LDT "mov eax, 0x0f\nmov fs, eax\nmov eax, fs:[0]" DONE), 0x1d71d71d);
    exc("ldt.limit-of-its-segment", sdm, L32K, A32(LOAD_LDT "mov eax, 0x0f\nmov fs, eax" MARK "mov eax, fs:[0xfd]"), GP, 0);
    exc("ldt.beyond-limit", sdm, L32K, A32(LOAD_LDT "mov eax, 0x27" MARK "mov fs, eax"), GP, 0x24);
    exc("ldt.null-entry-is-not-null-selector", sdm, L32K, A32(LOAD_LDT "mov eax, 4" MARK "mov fs, eax"), GP, 4);
    exc("ldt.data-dpl0-rpl3", sdm, L32K, A32(LOAD_LDT "mov eax, 0x1f" MARK "mov fs, eax"), GP, 0x1c);
    ok("ldt.stack-segment", sdm, L32K, A32(LOAD_LDT "mov eax, 0x1c\nmov ss, eax\npush eax\npop eax\nmov eax, 0x18\nmov ss, eax" DONE));
    kcode[FAR_CODE] = 0xcd;
    kcode[FAR_CODE + 1] = 0xe0;
    go(L32K, A32(LOAD_LDT "push 0x2b\npush edi\npush 0x17\nlea eax, [kcode + 0x1100]\npush eax\nretf"));
    same("ldt.code-segment-by-retf", "2B RET; 3A 3.5.1", R.vec == DONE_VECTOR ? R.cs : ~0ul, 0x17);
    set_sysdesc(SEL_LDT, (u64)table, 31, 0x82);
    okv("ldt.in-ia32e-mode", "3A 3.5.2; 2A LLDT", K64, A64(LOAD_LDT "mov eax, 0x0f\nmov fs, eax\nmov eax, fs:[0]" DONE), 0x1d71d71d);
    exc("ldt.in-ia32e-mode.beyond-limit", "3A 3.5.2", K64, A64(LOAD_LDT "mov eax, 0x27" MARK "mov fs, eax"), GP, 0x24);
    set_desc(SEL_LDT, 0);
}

static u16 *const tss16 = (u16 *)tss32b;
enum { W_LINK = 0, W_SP0 = 1, W_SS0 = 2, W_IP = 7, W_FLAGS = 8, W_AX = 9, W_CX, W_DX, W_BX, W_SP, W_BP, W_SI, W_DI, W_ES, W_CS, W_SS, W_DS, W_LDT };

static void new_task16(void)
{
    fill(tss32b, 0, 44);
    set_desc(S, descriptor((u32)(u64)kcode, 0xffff, 0x9b, 0));
    set_desc(S + 8, descriptor((u32)(u64)kdata, 0xffff, 0x93, 0));
    tss16[W_IP] = FAR_CODE;
    tss16[W_FLAGS] = 2;
    tss16[W_AX] = 0xa1a1;
    tss16[W_DI] = 0xd1d1;
    tss16[W_SP] = 0x2000;
    tss16[W_CS] = S;
    tss16[W_ES] = tss16[W_DS] = SEL_KDATA;
    tss16[W_SS] = SEL_KDATA;
    tss16[W_SP] = 0x2000;
    set_desc(OTHER, descriptor((u32)(u64)tss32b, 0x2b, 0x81, 0));
    *(u32 *)kdata = 0;
    *(u16 *)(kdata + 4) = OTHER;
    gdt[SEL_TSS32 >> 3] &= ~0x20000000000ul;
}

static void tasks16(void)
{
    static const char *const sdm = "3A 7.6, 7.3";
    /* The code of the new task uses a flat stack of its own before anything is pushed. */
    struct snippet code = A16("mov bx, 0x18\nmov ss, bx\nmov esp, 0x80000\nint 0xe0");
    new_task16();
    copy(kcode + FAR_CODE, code.code, code.length);
    go(L32K, A32("jmp fword ptr [edi]"));
    same("task16.jmp.tr", sdm, R.vec == DONE_VECTOR ? R.tr : ~0ul, OTHER);
    same("task16.jmp.registers", sdm, (R.rax & 0xffff) << 16 | (R.rdi & 0xffff), 0xa1a1d1d1);
    same("task16.jmp.cs-ip", sdm, R.cs << 16 | R.rip, (u64)S << 16 | (FAR_CODE + code.length));
    same("task16.jmp.new-busy", sdm, gdt[OTHER >> 3] >> 40 & 0xff, 0x83);
    new_task16();
    go(L32K, A32("call fword ptr [edi]"));
    same("task16.call.link", sdm, R.vec == DONE_VECTOR ? tss16[W_LINK] : ~0ul, SEL_TSS32);
    same("task16.call.nt", sdm, R.rflags & FL_NT, FL_NT);
    new_task16();
    if (!dies("efer.paging-with-16-bit-tss", "2B MOV CR; 3A 9.8.5"))
    {
        X.cr4 = CR4_OSFXSR | CR4_PAE;
        X.efer = 0x100;
        X.cr3 = (u64)main_pml4;
        exc("efer.paging-with-16-bit-tss", "2B MOV CR; 3A 9.8.5", L32K, A32("mov eax, 0x88\nltr ax\nmov eax, 0x80010033" MARK "mov cr0, eax"), GP, 0);
    }
    new_task16();
    set_desc(OTHER, descriptor((u32)(u64)tss32b, 0x2a, 0x81, 0));
    exc("task16.limit-too-small", "3A 7.6, 6.15 #TS", L32K, A32("jmp fword ptr [edi]"), TS, OTHER);
    set_desc(OTHER, 0);
}

/* ---- 32-bit tasks with a page directory of their own, and in virtual-8086 mode ---- */

static u32 pd_a[1024] __attribute__((aligned(4096)));
static u32 pd_b[1024] __attribute__((aligned(4096)));
static u32 *const tss_b = (u32 *)tss32b;

static void task32(u32 eip, u32 eflags)
{
    fill(tss32b, 0, 104);
    tss_b[1] = (u32)(u64)trap_stack_top;
    tss_b[2] = SEL_KDATA;
    tss_b[7] = (u32)(u64)pd_b;
    tss_b[8] = eip;
    tss_b[9] = eflags | 2;
    tss_b[14] = (u32)(u64)kdata + 0x2000;
    tss_b[17] = 0x80400000;
    tss_b[19] = SEL_K32;
    tss_b[18] = tss_b[20] = tss_b[21] = SEL_KDATA;
    set_desc(OTHER, descriptor((u32)(u64)tss32b, 0x67, 0x89, 0));
    *(u32 *)kdata = 0;
    *(u16 *)(kdata + 4) = OTHER;
    gdt[SEL_TSS32 >> 3] &= ~0x20000000000ul;
}

static void task_environment(void)
{
    for (u32 i = 0; i < 32; i++) pd_a[i] = pd_b[i] = i << 22 | 0xe7;
    pd_a[0x80400000 >> 22] = 0x02000000 | 0xe7;
    pd_b[0x80400000 >> 22] = 0x02400000 | 0xe7;
    *(volatile u32 *)0x02000000ul = 0xaaaa;
    *(volatile u32 *)0x02400000ul = 0xbbbb;
    struct snippet read = A32("mov eax, [edi]\nint 0xe0");
    copy(kcode + FAR_CODE, read.code, read.length);
    task32((u32)(u64)kcode + FAR_CODE, 0);
    X.cr0 = 0x80010033;
    X.cr4 = CR4_OSFXSR | CR4_PSE;
    X.cr3 = (u64)pd_a;
    go(L32K, A32("jmp fword ptr [edi]"));
    same("task.loads-cr3", "3A 7.2.1, 7.3", R.vec == DONE_VECTOR ? R.rax : ~0ul, 0xbbbb);
    task32((u32)(u64)kcode + FAR_CODE, 0);
    go(L32K, A32("jmp fword ptr [edi]"));
    same("task.without-paging-ignores-cr3", "3A 7.3", R.vec == PF || R.vec == DONE_VECTOR, 1);
    struct snippet in_v86 = A16("mov ax, cs\nint 0xe0");
    go(V86, A16(DONE));
    copy((u8 *)LOW_BASE + 0x5000, in_v86.code, in_v86.length);
    task32(0x5000, FL_VM | FL_IOPL3);
    tss_b[14] = LOW_STACK;
    tss_b[18] = tss_b[19] = tss_b[20] = tss_b[21] = tss_b[22] = tss_b[23] = LOW_SEG;
    go(L32K, A32("jmp fword ptr [edi]"));
    yes("task.enters-virtual-8086-mode", "3A 7.3; 3B 20.2.3", R.vec == DONE_VECTOR && (R.rflags & FL_VM) && R.cs == LOW_SEG && (R.rax & 0xffff) == LOW_SEG);
    set_desc(OTHER, 0);
}

static void stack_loads(void)
{
    static const char *const sdm = "3A 6.8.3; 2B POP; 3B 17.3.1.4";
    log_vector(DB);
    X.rflags = FL_TF;
    go(K32C, A32("push 0x18\n.byte 0x17\nnop\nnop" DONE));
    same("step.pop-ss-is-skipped", sdm, (u64)event_count << 24 | ((events[0].rip - code_base) & 0xff) << 16 | ((events[1].rip - code_base) & 0xff) << 8 | ((events[2].rip - code_base) & 0xff), 0x3020405);
    *(u32 *)kdata = (u32)KSTACK_TOP;
    *(u16 *)(kdata + 4) = SEL_KDATA;
    log_vector(DB);
    X.rflags = FL_TF;
    go(K32C, A32("lss esp, [edi]\nnop\nnop" DONE));
    same("step.lss-is-not-skipped", "2A LDS; 3A 6.8.3", (u64)event_count << 8 | ((events[0].rip - code_base) & 0xff), 0x303);
    set_desc(S, descriptor(0, 0xff, 0x97, 12));
    X.rbx = (u64)kdata + 0x1000;
    ok("segment.expand-down-stack", "3A 5.3", K32C, A32("mov eax, 0x100\nmov ss, eax\npush eax\npop eax\nmov eax, 0x18\nmov ss, eax" DONE));
    set_desc(S, descriptor((u32)(u64)kdata, 0xffff, 0x93, 0));
    okv("segment.16-bit-stack-uses-sp", "3A 3.4.5 B; 2B PUSH", L32K, A32("mov ecx, esp\nmov eax, 0x100\nmov ss, eax\nmov esp, 0xabcd1000\npush eax\nmov eax, esp\nmov edx, 0x18\nmov ss, edx\nmov esp, ecx" DONE), 0xabcd0ffc);
    exc("segment.16-bit-stack-limit", "3A 5.3, 6.15 #SS", L32K, A32("mov eax, 0x100\nmov ss, eax\nmov esp, 0x1000\nmov ebp, 0xfffd" MARK "mov ecx, [ebp]"), SS, 0);
}

void group_legacy16(void)
{
    gates16();
    local_tables();
    stack_loads();
    tasks16();
    task_environment();
}
