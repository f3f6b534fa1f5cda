/* Local APIC, 8259, 8254, I/O APIC, and when an interrupt is taken (SDM 3A chapters 6 and 10). */
#include "kit.h"

#define APIC(offset) (*(volatile u32 *)(0xfee00000ul + (offset)))
enum { ID = 0x20, VERSION = 0x30, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, SVR = 0xf0, ISR = 0x100, IRR = 0x200, ESR = 0x280, ICR = 0x300, ICR2 = 0x310,
    TIMER = 0x320, LVT0 = 0x350, LVT1 = 0x360, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };
#define SELF 0x40000u
#define V 0x50u

static u32 bit(u32 base, u32 vec) { return APIC(base + (vec >> 5) * 16) >> (vec & 31) & 1; }

static void idle(void)
{
    APIC(TIMER) = 0x10000;
    APIC(INITIAL) = 0;
    APIC(TPR) = 0;
    for (int i = 0; i < 16; i++) APIC(EOI) = 0;
}

/* Takes whatever is still pending. */
static void drain(void)
{
    APIC(TPR) = 0;
    for (int i = 0; i < 8; i++)
    {
        X.rflags = FL_IF;
        X.rcx = 1000;
        go(K64, A64("1: dec rcx\njnz 1b" DONE));
        APIC(EOI) = 0;
        if (R.vec == DONE_VECTOR) break;
    }
    idle();
}

static void send(u32 vec) { APIC(ICR) = SELF | vec; }

static void enable(void)
{
    wrmsr(0x1b, (rdmsr(0x1b) & ~0x400ul) | 0x800);
    APIC(SVR) = 0x1ff;
    idle();
}

static void basics(void)
{
    static const char *const sdm = "3A 10.4, 10.8";
    yes("apic.version", "3A 10.4.8", (APIC(VERSION) & 0xff) >= 0x10 && (APIC(VERSION) >> 16 & 0xff) >= 3);
    X.rsi = 0xfee00300;
    X.rax = SELF | V;
    X.rflags = FL_IF;
    go(K64, A64("mov [rsi], eax\nmov rcx, 1000\n1: dec rcx\njnz 1b" DONE));
    same("apic.self-ipi", "3A 10.6.1", R.vec, V);
    yes("apic.no-error-code", "3A 6.13", !R.haserr);
    same("apic.isr-bit-in-service", sdm, bit(ISR, V), 1);
    same("apic.irr-bit-clear-in-service", sdm, bit(IRR, V), 0);
    same("apic.ppr-follows-isr", "3A 10.8.3.1", APIC(PPR), V & 0xf0);
    APIC(EOI) = 0;
    same("apic.eoi-clears-isr", "3A 10.8.5", bit(ISR, V), 0);
    send(V);
    go(K64, A64("mov rcx, 1000\n1: dec rcx\njnz 1b" DONE));
    same("apic.if-clear-holds", "3A 6.8.1", R.vec, DONE_VECTOR);
    same("apic.if-clear-stays-in-irr", sdm, bit(IRR, V), 1);
    X.rflags = FL_IF;
    go(U64, A64("nop\nnop" DONE));
    ended("apic.taken-before-first-instruction-after-iret", "3A 6.6, 6.8.1; 2A IRET", V, NOERR, UCODE);
    same("apic.dpl-of-gate-is-ignored", "3A 6.12.1", R.cs, SEL_U64);
    APIC(EOI) = 0;
    static const struct { u32 tpr, vec; int taken; } priority[] = { { 0x50, 0x50, 0 }, { 0x50, 0x5f, 0 }, { 0x4f, 0x50, 1 }, { 0x50, 0x60, 1 }, { 0xf0, 0xef, 0 }, { 0x00, 0x21, 1 } };
    for (u32 i = 0; i < sizeof priority / sizeof *priority; i++)
    {
        APIC(TPR) = priority[i].tpr;
        send(priority[i].vec);
        X.rflags = FL_IF;
        X.rcx = 1000;
        go(K64, A64("1: dec rcx\njnz 1b" DONE));
        same(nm("apic.tpr%x.vector%x", (u64)priority[i].tpr, (u64)priority[i].vec), "3A 10.8.3.1", R.vec, priority[i].taken ? priority[i].vec : DONE_VECTOR);
        drain();
    }
    okv("apic.cr8-sets-tpr", "3A 10.8.6", K64, A64("mov eax, 5\nmov cr8, rax\nmov esi, 0xfee00080\nmov eax, [rsi]\nxor ecx, ecx\nmov cr8, rcx" DONE), 0x50);
    APIC(TPR) = 0x7a;
    okv("apic.tpr-shows-in-cr8", "3A 10.8.6", K64, A64("mov rax, cr8\nxor ecx, ecx\nmov cr8, rcx" DONE), 7);
    __asm__ volatile("mov %0,%%cr8" : : "r"(8ul));
    send(V);
    X.rflags = FL_IF;
    go(K64, A64("nop\nxor eax, eax\nmov cr8, rax" MARK "nop\nnop" DONE));
    ended("apic.lowering-cr8-delivers-at-once", "3A 10.8.6", V, NOERR, code_base + last_mark);
    drain();
    /* In service at 60h: 50h waits, 70h interrupts. */
    send(0x60);
    X.rflags = FL_IF;
    go(K64, A64("nop\nnop" DONE));
    same("apic.nest.first", sdm, R.vec, 0x60);
    send(0x50);
    X.rflags = FL_IF;
    X.rcx = 1000;
    go(K64, A64("1: dec rcx\njnz 1b" DONE));
    same("apic.nest.lower-waits", "3A 10.8.3.1", R.vec, DONE_VECTOR);
    send(0x70);
    X.rflags = FL_IF;
    go(K64, A64("nop\nnop\nnop" DONE));
    same("apic.nest.higher-interrupts", "3A 10.8.3.1", R.vec, 0x70);
    APIC(EOI) = 0;
    same("apic.nest.eoi-clears-highest", "3A 10.8.5", bit(ISR, 0x70) << 1 | bit(ISR, 0x60), 1);
    APIC(EOI) = 0;
    X.rflags = FL_IF;
    go(K64, A64("nop\nnop\nnop" DONE));
    same("apic.nest.lower-after-eoi", "3A 10.8.5", R.vec, 0x50);
    drain();
    send(0x45);
    send(0x95);
    send(0x65);
    X.rflags = FL_IF;
    go(K64, A64("nop\nnop" DONE));
    same("apic.highest-vector-first", "3A 10.8.4", R.vec, 0x95);
    APIC(EOI) = 0;
    drain();
    APIC(ESR) = 0;
    APIC(ESR) = 0;
    send(5);
    APIC(ESR) = 0;
    yes("apic.esr.illegal-vector", "3A 10.5.3", (APIC(ESR) & 0x60) != 0);
    APIC(ESR) = 0;
    APIC(ESR) = 0;
    same("apic.esr.write-clears", "3A 10.5.3", APIC(ESR), 0);
    APIC(SVR) = 0xff;
    same("apic.software-disable-masks-lvt", "3A 10.4.7.2", APIC(TIMER) >> 16 & 1, 1);
    APIC(TIMER) = 0x40;
    same("apic.software-disable-keeps-mask", "3A 10.4.7.2", APIC(TIMER) >> 16 & 1, 1);
    enable();
    gate(V, (u64)stubs64 + V * 16, SEL_K64, 0x0e, 0);
    send(V);
    X.rflags = FL_IF;
    go(K64, A64("nop\nnop\nnop" DONE));
    yes("apic.not-present-gate-has-ext", "3A 6.13", R.vec == NP && R.err == V * 8 + 3);
    default_gate(V);
    APIC(EOI) = 0;
    drain();
}

static void taken(const char *name, const char *sdm, u64 flags, enum mode mode, struct snippet s)
{
    send(V);
    X.rflags = flags;
    X.rsi = (u64)kcode + 0x1000;
    exc(name, sdm, mode, s, (int)V, NOERR);
    APIC(EOI) = 0;
    drain();
}

static void shadow(void)
{
    static const char *const sdm = "2B STI; 3A 6.8.1";
    taken("shadow.sti-one-instruction", sdm, 0, K64, A64("nop\nsti\nnop" MARK "nop\nnop" DONE));
    taken("shadow.sti-then-longer-instruction", sdm, 0, K64, A64("sti\nmov eax, 1" MARK "nop\nnop" DONE));
    taken("shadow.sti-ret", sdm, 0, K64, A64("call 1f\n773: nop\nnop\nud2\n1: sti\nret"));
    taken("shadow.sti-hlt", "2B STI; 2A HLT", 0, K64, A64("sti\nhlt" MARK "nop" DONE));
    send(V);
    X.rflags = 0;
    ok("shadow.sti-cli-takes-none", sdm, K64, A64("sti\ncli\nnop\nnop" DONE));
    drain();
    taken("shadow.sti-sti", sdm, 0, K64, A64("sti\nsti" MARK "nop\nnop" DONE));
    taken("shadow.sti-compat", sdm, 0, K32C, A32("sti\nnop" MARK "nop\nnop" DONE));
    send(V);
    X.rflags = FL_IOPL3;
    exc("shadow.sti-user-iopl3", sdm, U64, A64("sti\nnop" MARK "nop" DONE), (int)V, NOERR);
    drain();
    taken("shadow.popf-has-none", "2B POPF", 0, K64, A64("push 0x202\npopfq" MARK "nop\nnop" DONE));
    taken("shadow.popf-has-none.before-cli", "2B POPF", 0, K64, A64("push 0x202\npopfq" MARK "cli\nnop" DONE));
    send(V);
    X.rflags = 0;
    go(K64, A64("mov eax, 0x18\nsti\nmov ss, eax\nnop\nnop" DONE));
    yes("shadow.sti-mov-ss", "3A 6.8.3; 2B MOV", R.vec == V && (R.rip == code_base + 8 || R.rip == code_base + 9));
    drain();
    send(V);
    X.rflags = 0;
    go(K64, A64("sti\nud2"));
    ended("shadow.sti-fault-comes-first", "3A 6.9", UD, NOERR, code_base + 1);
    same("shadow.sti-fault-saves-if", "2B STI", R.rflags & FL_IF, FL_IF);
    drain();
    /* An interrupt between the iterations of a repeated instruction keeps its registers. */
    APIC(DIVIDE) = 0xb;
    APIC(TIMER) = V;
    X.rflags = FL_IF;
    X.rcx = 0x3000;
    X.rax = 0xfee00380;
    X.rdi = (u64)kdata;
    go(K64, A64("mov dword ptr [rax], 2000\n1: mov rcx, 0x3000\nlea rdi, [r15]\nmov rdi, rbp\nsub rdi, 0x800\nrep stosb\njmp 1b"));
    yes("shadow.rep-is-interruptible", "2B REP; 3A 6.6", R.vec == V && R.rcx <= 0x3000 && (R.rip != code_base + 0x1a || R.rdi - (u64)kdata + R.rcx == 0x3000));
    drain();
    send(V);
    X.rflags = FL_IF | FL_TF;
    go(K64, A64("nop\nnop" DONE));
    same("shadow.interrupt-before-single-step", "3A 6.9", R.vec, V);
    same("shadow.interrupt-saves-tf", "3B 17.3.1.4", R.rflags & FL_TF, FL_TF);
    drain();
    send(V);
    gate(V, (u64)stubs64 + V * 16, SEL_K64, 0x8f, 0);
    X.rflags = FL_IF;
    log_vector((int)V);
    go(K64, A64("nop\nnop" DONE));
    same("shadow.logged-once", "3A 10.8.5", event_count, 1);
    default_gate(V);
    APIC(EOI) = 0;
    drain();
}

static u64 ticks;
static int tick(struct frame *f)
{
    if (f->vec != V) return 0;
    APIC(EOI) = 0;
    return ++ticks < 3;
}

static u32 wait_for(u64 loops)
{
    X.rflags = FL_IF;
    X.rcx = loops;
    go(K64, A64("1: dec rcx\njnz 1b" DONE));
    return (u32)R.vec;
}
#define LONG 200000000ul

static void timer(void)
{
    static const char *const sdm = "3A 10.5.4";
    APIC(DIVIDE) = 0xb;
    APIC(TIMER) = V;
    APIC(INITIAL) = 100000;
    same("timer.one-shot", sdm, wait_for(LONG), V);
    APIC(EOI) = 0;
    same("timer.one-shot-stops-at-zero", sdm, APIC(CURRENT), 0);
    same("timer.one-shot-does-not-repeat", sdm, wait_for(1000000), DONE_VECTOR);
    APIC(INITIAL) = 0x7fffffff;
    u32 a = APIC(CURRENT);
    for (volatile int i = 0; i < 1000; i++) { }
    u32 b = APIC(CURRENT);
    yes("timer.counts-down", sdm, b < a && a <= 0x7fffffff);
    APIC(INITIAL) = 0;
    same("timer.zero-stops", sdm, APIC(CURRENT), 0);
    APIC(TIMER) = 0x10000 | V;
    APIC(INITIAL) = 1000;
    same("timer.masked", sdm, wait_for(1000000), DONE_VECTOR);
    APIC(TIMER) = 0x20000 | V;
    APIC(INITIAL) = 50000;
    ticks = 0;
    X.hook = tick;
    same("timer.periodic", sdm, wait_for(LONG), V);
    same("timer.periodic-three-times", sdm, ticks, 3);
    idle();
    drain();
    APIC(TIMER) = V;
    APIC(INITIAL) = 100000;
    X.rflags = 0;
    go(K64, A64("sti\nhlt\nnop" DONE));
    ended("timer.wakes-hlt", "2A HLT; 3A 10.5.4", V, NOERR, code_base + 2);
    drain();
    if (!has.tsc_deadline) { skip("timer.tsc-deadline", "3A 10.5.4.1", "TSC deadline not announced"); return; }
    APIC(TIMER) = 0x40000 | V;
    wrmsr(0x6e0, rdtsc() + 1000000);
    same("timer.tsc-deadline", "3A 10.5.4.1", wait_for(LONG), V);
    APIC(EOI) = 0;
    same("timer.tsc-deadline-disarms", "3A 10.5.4.1", rdmsr(0x6e0), 0);
    wrmsr(0x6e0, rdtsc() + 100000000000ul);
    yes("timer.tsc-deadline-reads-back", "3A 10.5.4.1", rdmsr(0x6e0) > rdtsc());
    wrmsr(0x6e0, 0);
    same("timer.tsc-deadline-zero-disarms", "3A 10.5.4.1", wait_for(1000000), DONE_VECTOR);
    wrmsr(0x6e0, 1);
    same("timer.tsc-deadline-in-the-past", "3A 10.5.4.1", wait_for(LONG), V);
    APIC(EOI) = 0;
    APIC(INITIAL) = 1000;
    same("timer.tsc-deadline-ignores-initial-count", "3A 10.5.4.1", APIC(CURRENT), 0);
    APIC(TIMER) = V;
    wrmsr(0x6e0, rdtsc() + 1000);
    same("timer.tsc-deadline-ignored-in-one-shot-mode", "3A 10.5.4.1", rdmsr(0x6e0), 0);
    idle();
    drain();
}

static int nmis, nested;
static int on_nmi(struct frame *f)
{
    static int inside;
    if (f->vec != NMI) return 0;
    if (inside) nested = 1;
    inside = 1;
    if (++nmis == 1)
    {
        APIC(ICR2) = APIC(ID);
        APIC(ICR) = 0x400;
        for (volatile int i = 0; i < 100; i++) { }
    }
    inside = 0;
    return 1;
}

static void nmi(void)
{
    X.rsi = 0xfee00300;
    APIC(ICR2) = APIC(ID);
    X.rcx = 1000;
    go(K64, A64("mov dword ptr [rsi], 0x400\n1: dec rcx\njnz 1b" DONE));
    same("nmi.ignores-if", "3A 6.7", R.vec, NMI);
    X.rsi = 0xfee00300;
    X.rcx = 1000;
    X.hook = on_nmi;
    APIC(ICR2) = APIC(ID);
    go(K64, A64("mov dword ptr [rsi], 0x400\n1: dec rcx\njnz 1b" DONE));
    same("nmi.second-waits-for-iret", "3A 6.7.1", (u64)(nmis * 2 + nested), 4);
}

static void pic_and_pit(void)
{
    quiet_pic();
    APIC(LVT0) = 0x700;
    outb(0x43, 0x34);
    outb(0x40, 0xa9);
    outb(0x40, 4);
    same("pic.masked", "3A 6.3.1", wait_for(3000000), DONE_VECTOR);
    outb(0x21, 0xfe);
    same("pic.irq0-through-extint", "3A 10.5.1", wait_for(LONG), 0x20);
    outb(0x20, 0x0b);
    same("pic.isr", "3A 6.3.1", inb(0x20) & 1, 1);
    same("pic.in-service-blocks", "3A 6.3.1", wait_for(3000000), DONE_VECTOR);
    outb(0x20, 0x20);
    same("pic.eoi-unblocks", "3A 6.3.1", wait_for(LONG), 0x20);
    same("pic.sets-no-apic-isr", "3A 10.5.1, 10.8.4", bit(ISR, 0x20), 0);
    APIC(LVT0) = 0x10700;
    outb(0x20, 0x20);
    same("pic.lvt0-masked", "3A 10.5.1", wait_for(3000000), DONE_VECTOR);
    APIC(LVT0) = 0x700;
    outb(0x21, 0xff);
    volatile u32 *select = (u32 *)0xfec00000ul, *window = (u32 *)0xfec00010ul;
    *select = 0x10 + 2 * 2 + 1;
    *window = APIC(ID);
    *select = 0x10 + 2 * 2;
    *window = 0x44;
    same("ioapic.irq0-on-pin-2", "3A 10.1", wait_for(LONG), 0x44);
    same("ioapic.in-service", "3A 10.8.4", bit(ISR, 0x44), 1);
    APIC(EOI) = 0;
    *select = 0x10 + 2 * 2;
    *window = 0x10044;
    drain();
    same("ioapic.masked", "3A 10.1", wait_for(3000000), DONE_VECTOR);
    outb(0x43, 0x30);
    outb(0x40, 0xff);
    outb(0x40, 0xff);
    quiet_pic();
    drain();
}

static void x2apic(void)
{
    static const char *const sdm = "3A 10.12";
    X.rcx = 0x802;
    exc("x2apic.msr-in-xapic-mode", sdm, K64, A64("rdmsr"), GP, 0);
    if (!has.x2apic)
    {
        exc("x2apic.not-announced", "3A 10.12.1", K64, A64("mov ecx, 0x1b\nrdmsr\nor eax, 0xc00" MARK "wrmsr"), GP, 0);
        skip("x2apic.*", sdm, "x2APIC not announced");
        return;
    }
    u32 id = APIC(ID) >> 24;
    wrmsr(0x1b, rdmsr(0x1b) | 0xc00);
    same("x2apic.id", "3A 10.12.5", rdmsr(0x802), id);
    same("x2apic.svr-survives-switch", "3A 10.12.5", rdmsr(0x80f) & 0x1ff, 0x1ff);
    same("x2apic.ldr-is-derived", "3A 10.12.10.2", rdmsr(0x80d), (u64)(id >> 4) << 16 | 1ul << (id & 15));
    X.rflags = FL_IF;
    X.rcx = 0x83f;
    X.rax = V;
    X.rdx = 0;
    go(K64, A64("wrmsr\nmov rcx, 1000\n1: dec rcx\njnz 1b" DONE));
    same("x2apic.self-ipi", "3A 10.12.11", R.vec, V);
    same("x2apic.isr", "3A 10.12.1.2", rdmsr(0x812) >> (V & 31) & 1, 1);
    wrmsr(0x80b, 0);
    same("x2apic.eoi", "3A 10.12.1.2", rdmsr(0x812) >> (V & 31) & 1, 0);
    X.rflags = FL_IF;
    X.rcx = 0x830;
    X.rax = V;
    X.rdx = id;
    go(K64, A64("wrmsr\nmov rcx, 1000\n1: dec rcx\njnz 1b" DONE));
    same("x2apic.icr-is-64-bit", "3A 10.12.9", R.vec, V);
    wrmsr(0x80b, 0);
    static const struct { const char *name; u32 msr; u64 value; int write; } bad[] =
    {
        { "write-id", 0x802, 0, 1 }, { "write-version", 0x803, 0, 1 }, { "write-ppr", 0x80a, 0, 1 }, { "read-eoi", 0x80b, 0, 0 }, { "eoi-not-zero", 0x80b, 1, 1 },
        { "write-isr", 0x810, 0, 1 }, { "write-irr", 0x820, 0, 1 }, { "read-self-ipi", 0x83f, 0, 0 }, { "self-ipi-reserved", 0x83f, 0x100, 1 },
        { "tpr-reserved", 0x808, 0x100, 1 }, { "icr2-does-not-exist", 0x831, 0, 0 }, { "dfr-does-not-exist", 0x80e, 0, 0 }, { "esr-not-zero", 0x828, 1, 1 },
        { "write-current-count", 0x839, 0, 1 }, { "timer-reserved", 0x832, 0x100000, 1 }, { "svr-upper-half", 0x80f, 0x1000001ff, 1 }, { "unused-msr", 0x804, 0, 0 },
    };
    for (u32 i = 0; i < sizeof bad / sizeof *bad; i++)
    {
        X.rcx = bad[i].msr;
        X.rax = bad[i].value & 0xffffffff;
        X.rdx = bad[i].value >> 32;
        exc(nm("x2apic.gp.%s", bad[i].name), "3A 10.12.1.2, 10.12.1.3 table 10-6", K64, bad[i].write ? A64("wrmsr") : A64("rdmsr"), GP, 0);
    }
    okv("x2apic.cr8-and-tpr", "3A 10.8.6, 10.12.1.2", K64, A64("mov eax, 3\nmov cr8, rax\nmov ecx, 0x808\nrdmsr\nxor edx, edx\nmov cr8, rdx" DONE), 0x30);
    wrmsr(0x83e, 0xb);
    wrmsr(0x832, V);
    wrmsr(0x838, 100000);
    same("x2apic.timer", "3A 10.5.4, 10.12.1.2", wait_for(LONG), V);
    wrmsr(0x80b, 0);
    exc("x2apic.cannot-return-to-xapic", "3A 10.12.5", K64, A64("mov ecx, 0x1b\nrdmsr\nbtr eax, 10" MARK "wrmsr"), GP, 0);
    wrmsr(0x1b, rdmsr(0x1b) & ~0xc00ul);
    exc("x2apic.disabled-to-x2apic", "3A 10.12.5", K64, A64("mov ecx, 0x1b\nrdmsr\nor eax, 0xc00" MARK "wrmsr"), GP, 0);
    same("x2apic.disabled-clears-cpuid", "3A 10.4.3", cpuid(1, 0).d >> 9 & 1, 0);
    wrmsr(0x1b, rdmsr(0x1b) | 0x800);
    same("x2apic.enable-again", "3A 10.4.3, 10.12.5", rdmsr(0x1b) & 0xc00, 0x800);
    same("x2apic.reset-state-after-disable", "3A 10.4.3, 10.4.7.1", APIC(SVR) & 0x1ff, 0xff);
    enable();
}

void group_apic(void)
{
    enable();
    basics();
    shadow();
    timer();
    nmi();
    pic_and_pit();
    x2apic();
    drain();
    APIC(SVR) = 0xff;
}
