/* The framework: console, descriptors, running a snippet, checks. */
#include "kit.h"

struct run X;
struct result R;
struct event events[64];
u32 event_count;
u32 resume_mask[8];
u32 real_trap;
u32 code_base, last_mark;
u32 expected_rip;
struct features has;

u64 idt64[512] __attribute__((aligned(4096)));
u64 idt32[256] __attribute__((aligned(4096)));
u8 tss64[104 + 8192 + 1] __attribute__((aligned(4096)));
u8 tss64b[104 + 1] __attribute__((aligned(4096)));
u8 tss32[104 + 8192 + 1] __attribute__((aligned(4096)));
u8 tss32b[104 + 8] __attribute__((aligned(4096)));
u8 kcode[8192] __attribute__((aligned(4096)));
u8 kdata[16384] __attribute__((aligned(4096)));
u8 kstack[8192] __attribute__((aligned(4096)));
u8 ucode_pages[8192] __attribute__((aligned(4096)));
u8 ustack_pages[8192] __attribute__((aligned(4096)));
u8 udata_pages[16384] __attribute__((aligned(4096)));
static u64 u_pd[512] __attribute__((aligned(4096)));
static u64 u_pt[512] __attribute__((aligned(4096)));
u64 t_pdpt[512] __attribute__((aligned(4096)));
u64 t_pd[512] __attribute__((aligned(4096)));
u64 t_pt[512] __attribute__((aligned(4096)));
u8 ist_stacks[8][4096] __attribute__((aligned(4096)));

static u32 passed, failed, skipped;
static int running;

void enter64(void);
void enter32(void);
__attribute__((noreturn)) void leave64(void);
extern u8 low_start[], low_end[], rm_stubs[], idt64_pointer[];
u64 *legacy_cr3(int pae);

void copy(void *to, const void *from, u64 n)
{
    for (u64 i = 0; i < n; i++) ((u8 *)to)[i] = ((const u8 *)from)[i];
}

void fill(void *to, u8 value, u64 n)
{
    for (u64 i = 0; i < n; i++) ((volatile u8 *)to)[i] = value;
}

void *memcpy(void *to, const void *from, u64 n) { copy(to, from, n); return to; }
void *memset(void *to, int value, u64 n) { fill(to, (u8)value, n); return to; }

/* ---- console ---- */

static void put(char c)
{
    while (!(inb(0x3fd) & 0x20)) { }
    outb(0x3f8, (u8)c);
}

static char *number(char *to, u64 v, u32 base)
{
    char digits[24];
    int n = 0;
    do { digits[n++] = "0123456789abcdef"[v % base]; v /= base; } while (v);
    while (n) *to++ = digits[--n];
    return to;
}

static char *format_list(char *to, const char *format, __builtin_va_list list)
{
    for (; *format; format++)
    {
        if (*format != '%') { *to++ = *format; continue; }
        switch (*++format)
        {
            case 's': for (const char *s = __builtin_va_arg(list, const char *); *s; s++) *to++ = *s; break;
            case 'x': *to++ = '0'; *to++ = 'x'; to = number(to, __builtin_va_arg(list, u64), 16); break;
            case 'd': to = number(to, __builtin_va_arg(list, u32), 10); break;
            default: *to++ = *format; break;
        }
    }
    *to = 0;
    return to;
}

void say(const char *format, ...)
{
    char line[512];
    __builtin_va_list list;
    __builtin_va_start(list, format);
    format_list(line, format, list);
    __builtin_va_end(list);
    for (char *c = line; *c; c++) put(*c);
}

const char *nm(const char *format, ...)
{
    static char name[256];
    __builtin_va_list list;
    __builtin_va_start(list, format);
    format_list(name, format, list);
    __builtin_va_end(list);
    return name;
}

__attribute__((noreturn)) static void power_off(void)
{
    outb(0xf4, failed ? 1 : 0);
    outw(0x604, 0x2000);
    outw(0x604, 0x3400);
    for (;;) __asm__ volatile("cli; hlt");
}

/* ---- checks ---- */

static void pass(const char *name, const char *sdm)
{
    passed++;
    say("PASS %s (SDM %s)\n", name, sdm);
}

static void fail(const char *name, const char *sdm) { failed++; say("FAIL %s (SDM %s): ", name, sdm); }

void skip(const char *name, const char *sdm, const char *reason)
{
    skipped++;
    say("SKIP %s (SDM %s): %s\n", name, sdm, reason);
}

int dies(const char *name, const char *sdm)
{
    if (has.tcg) skip(name, sdm, "QEMU TCG does not raise the exception and cannot go on");
    return has.tcg != 0;
}

static void say_error(long err) { if (err < 0) say("no error code"); else say("error %x", (u64)err); }

void ended(const char *name, const char *sdm, int vec, long err, u64 rip)
{
    long got = R.haserr ? (long)R.err : NOERR;
    if (R.vec == (u64)vec && got == err && R.rip == rip) { pass(name, sdm); return; }
    fail(name, sdm);
    say("expected vector %d, ", vec);
    say_error(err);
    say(", IP %x; got vector %d, ", rip, (u32)R.vec);
    say_error(got);
    say(", IP %x, CR2 %x\n", R.rip, R.cr2);
}

void same(const char *name, const char *sdm, u64 got, u64 expected)
{
    if (got == expected) { pass(name, sdm); return; }
    fail(name, sdm);
    say("expected %x, got %x; vector %d IP %x\n", expected, got, (u32)R.vec, R.rip);
}

void yes(const char *name, const char *sdm, int condition)
{
    if (condition) { pass(name, sdm); return; }
    fail(name, sdm);
    say("expected true, got false; vector %d IP %x\n", (u32)R.vec, R.rip);
}

void exc(const char *name, const char *sdm, enum mode mode, struct snippet s, int vec, long err)
{
    go(mode, s);
    ended(name, sdm, vec, err, code_base + s.mark);
}

void ok(const char *name, const char *sdm, enum mode mode, struct snippet s)
{
    go(mode, s);
    if (R.vec == DONE_VECTOR) { pass(name, sdm); return; }
    fail(name, sdm);
    say("expected no exception; got vector %d, error %x, IP +%x, CR2 %x\n", (u32)R.vec, R.err, R.rip - code_base, R.cr2);
}

void okv(const char *name, const char *sdm, enum mode mode, struct snippet s, u64 rax)
{
    go(mode, s);
    if (R.vec == DONE_VECTOR && R.rax == rax) { pass(name, sdm); return; }
    fail(name, sdm);
    say("expected accumulator %x; got %x, vector %d, error %x, IP +%x\n", rax, R.rax, (u32)R.vec, R.err, R.rip - code_base);
}

/* ---- descriptors ---- */

void set_desc(u32 sel, u64 value) { gdt[sel >> 3] = value; }

u64 descriptor(u32 base, u32 limit, u32 access, u32 flags)
{
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)access << 40 | (u64)(limit >> 16 & 15) << 48
        | (u64)(flags & 15) << 52 | (u64)(base >> 24) << 56;
}

void set_sysdesc(u32 sel, u64 base, u32 limit, u32 access)
{
    gdt[sel >> 3] = descriptor((u32)base, limit, access, 0);
    gdt[(sel >> 3) + 1] = base >> 32;
}

void gate(int vec, u64 handler, u32 sel, u32 access, u32 ist)
{
    idt64[vec * 2] = (handler & 0xffff) | (u64)sel << 16 | (u64)ist << 32 | (u64)access << 40 | (handler >> 16 & 0xffff) << 48;
    idt64[vec * 2 + 1] = handler >> 32;
}

void default_gate(int vec)
{
    int user = vec == BP || vec == OF || vec == DONE_VECTOR || vec == 0x80;
    u32 access = (vec == 0x80 ? 0x8f : 0x8e) | (user ? 0x60 : 0);
    u64 handler = (u64)stubs32 + (u64)vec * 16;
    gate(vec, (u64)stubs64 + (u64)vec * 16, SEL_K64, access, vec == DF ? 1 : 0);
    idt32[vec] = (handler & 0xffff) | (u64)SEL_K32 << 16 | (u64)access << 40 | (handler >> 16) << 48;
}

struct snippet raw(const u8 *bytes, u32 n) { return (struct snippet){ bytes, n, 0 }; }

void log_vector(int vec) { resume_mask[vec >> 5] |= 1u << (vec & 31); }

/* ---- running ---- */

void trap(struct frame *f)
{
    u64 cr2, dr6;
    u32 tr;
    __asm__ volatile("mov %%cr2,%0" : "=r"(cr2));
    __asm__ volatile("mov %%dr6,%0" : "=r"(dr6));
    __asm__ volatile("str %0" : "=r"(tr));
    if (!running)
    {
        say("PANIC vector %d error %x RIP %x CR2 %x\n", (u32)f->vec, f->err, f->rip, cr2);
        failed++;
        power_off();
    }
    if (X.hook && X.hook(f)) return;
    if (f->vec < 256 && resume_mask[f->vec >> 5] >> (f->vec & 31) & 1)
    {
        if (event_count < 64) events[event_count++] = (struct event){ f->vec, f->rip, dr6, f->rflags };
        __asm__ volatile("mov %0,%%dr6" : : "r"(0xffff0ff0ul));
        return;
    }
    running = 0;
    R = (struct result){ f->rax, f->rcx, f->rdx, f->rbx, f->rsp, f->rbp, f->rsi, f->rdi, f->r8, f->r9, f->r10, f->r11, f->r12,
        f->r13, f->r14, f->r15, f->vec, f->err, f->haserr, f->rip, f->cs, f->rflags, f->rsp, f->ss, cr2, dr6,
        f->haserr ? (u64)&f->err : (u64)&f->rip, 0, 0, 0, 0, tr };
    u32 v;
    __asm__ volatile("mov %%ds,%0" : "=r"(v)); R.ds = v;
    __asm__ volatile("mov %%es,%0" : "=r"(v)); R.es = v;
    __asm__ volatile("mov %%fs,%0" : "=r"(v)); R.fs = v;
    __asm__ volatile("mov %%gs,%0" : "=r"(v)); R.gs = v;
    if (f->vec == 0x100)
    {
        __asm__ volatile("mov %%cs,%0" : "=r"(v)); R.cs = v;
        __asm__ volatile("mov %%ss,%0" : "=r"(v)); R.ss = v;
    }
    leave64();
}

static void reset_run(void)
{
    fill(&X, 0, sizeof X);
    u64 *x = (u64 *)&X;
    for (int i = 0; i < 28; i++) x[i] = KEEP;
    fill(resume_mask, 0, sizeof resume_mask);
}

static void keep(u64 *field, u64 value) { if (*field == KEEP) *field = value; }

static void low_memory(void)
{
    copy((void *)LOW_BASE, low_start, (u64)(low_end - low_start));
    u16 *ivt = (u16 *)(LOW_BASE + LOW_IVT);
    for (int v = 0; v < 256; v++)
    {
        ivt[v * 2] = (u16)(rm_stubs - low_start + v * 3);
        ivt[v * 2 + 1] = LOW_SEG;
    }
}

static void place(enum mode mode, struct snippet s)
{
    u8 *at = mode == REAL || mode == V86 ? (u8 *)(LOW_BASE + LOW_CODE)
        : mode == U64 || mode == U32C || mode == U16C || mode == L32U ? ucode_pages : kcode;
    if (mode == L32U && !X.pae) at = kcode;
    if (mode == REAL || mode == V86) low_memory();
    fill(at, 0xcc, 4096);
    copy(at, s.code, s.length);
    code_base = mode == REAL || mode == V86 ? LOW_CODE : mode == K16C || mode == U16C || mode == L16K ? 0
        : at == ucode_pages ? (u32)UCODE : (u32)(u64)at;
    last_mark = s.mark;
}

static void defaults(enum mode mode)
{
    static const u16 cs[] = { SEL_K64, SEL_U64, SEL_K32, SEL_U32, SEL_K16, SEL_U16, SEL_K32, SEL_U32, SEL_K16, LOW_SEG, LOW_SEG };
    int user = mode == U64 || mode == U32C || mode == U16C || mode == L32U;
    int flat = mode == L32U && !X.pae;
    int low = mode == REAL || mode == V86;
    int legacy = mode >= L32K;
    u64 data = low ? LOW_DATA : user && !flat ? UDATA : (u64)kdata;
    u64 segment = low ? LOW_SEG : user ? SEL_UDATA : SEL_KDATA;
    keep(&X.cs, cs[mode]);
    keep(&X.ss, segment);
    keep(&X.ds, segment);
    keep(&X.es, segment);
    keep(&X.fs, low ? LOW_SEG : 0);
    keep(&X.gs, low ? LOW_SEG : 0);
    keep(&X.rip, code_base);
    keep(&X.rsp, low ? LOW_STACK : user && !flat ? USTACK_TOP : KSTACK_TOP);
    keep(&X.rflags, mode == V86 ? FL_VM | FL_IOPL3 | 2 : 2);
    X.rflags |= 2;
    keep(&X.rdi, data);
    keep(&X.rsi, data + 0x1000);
    keep(&X.rax, 0x0a0a0a0a11111111);
    keep(&X.rcx, 0x0c0c0c0c22222222);
    keep(&X.rdx, 0x0d0d0d0d33333333);
    keep(&X.rbx, 0x0b0b0b0b44444444);
    keep(&X.rbp, data + 0x800);
    for (u64 *r = &X.r8; r <= &X.r15; r++) keep(r, 0x0f0f0f0f55555550 + (u64)(r - &X.r8));
    keep(&X.cr0, legacy ? (X.pae || X.real ? CR0_DEFAULT & ~0x80000000ul : 0x33) : CR0_DEFAULT);
    keep(&X.cr4, legacy ? CR4_OSFXSR | CR4_OSXMMEXCPT : CR4_DEFAULT);
    keep(&X.cr3, legacy ? 0 : (u64)main_pml4);
    keep(&X.efer, legacy ? 0 : EFER_DEFAULT & ~0x400ul);
    X.real = mode == REAL;
}

#define WRITE_CR(n, v) __asm__ volatile("mov %0,%%cr" #n : : "r"((u64)(v)) : "memory")
#define WRITE_DR(n, v) __asm__ volatile("mov %0,%%dr" #n : : "r"((u64)(v)) : "memory")

static void run_long(void)
{
    wrmsr(0xc0000080, X.efer);
    WRITE_CR(4, X.cr4);
    WRITE_CR(3, X.cr3);
    WRITE_CR(0, X.cr0);
    WRITE_DR(7, X.dr7 ? X.dr7 : 0x400);
    enter64();
    WRITE_DR(7, 0x400);
    WRITE_CR(0, CR0_DEFAULT);
    WRITE_CR(4, CR4_DEFAULT | (X.cr4 & CR4_PCIDE));
    WRITE_CR(3, main_pml4);
    WRITE_CR(4, CR4_DEFAULT);
    wrmsr(0xc0000080, EFER_DEFAULT & ~0x400ul);
    wrmsr(0xc0000100, 0);
    wrmsr(0xc0000101, 0);
    wrmsr(0xc0000102, 0);
    __asm__ volatile("lidt (%0); lldt %w1" : : "r"(idt64_pointer), "r"(0) : "memory");
}

static void real_result(void)
{
    u32 *low = (u32 *)(u64)(LOW_BASE + LOW_R);
    u16 *words = (u16 *)low;
    R.rdi = low[0]; R.rsi = low[1]; R.rbp = low[2]; R.rbx = low[4]; R.rdx = low[5]; R.rcx = low[6]; R.rax = low[7];
    R.vec = (u64)((words[16] - (u32)(rm_stubs - low_start) - 3) / 3);
    R.rip = words[17];
    R.cs = words[18];
    R.rflags = words[19];
    R.ds = words[0x30];
    R.ss = words[0x31];
    R.es = words[0x32];
    R.rsp = (low[0x1a] & 0xffff) + 40;
}

static void run_legacy(void)
{
    real_trap = 0;
    WRITE_DR(7, X.dr7 ? X.dr7 : 0x400);
    enter32();
    WRITE_DR(7, 0x400);
    if (real_trap) real_result();
    R.haserr = !real_trap && (R.vec == DF || (R.vec >= TS && R.vec <= PF) || R.vec == AC);
}

void go(enum mode mode, struct snippet s)
{
    place(mode, s);
    defaults(mode);
    if (mode == K16C || mode == L16K) set_desc(SEL_K16, descriptor((u32)(u64)kcode, 0xffff, 0x9b, 0));
    if (mode == U16C) set_desc(SEL_U16, descriptor((u32)UCODE, 0xffff, 0xfb, 0));
    fill(&R, 0, sizeof R);
    event_count = 0;
    WRITE_DR(0, X.dr0);
    WRITE_DR(1, X.dr1);
    WRITE_DR(2, X.dr2);
    WRITE_DR(3, X.dr3);
    WRITE_DR(6, 0xffff0ff0);
    running = 1;
    if (mode >= L32K) run_legacy(); else run_long();
    running = 0;
    reset_run();
}

/* ---- start ---- */

/* The test window: every level permissive, leaf at TEST_PA. */
void map_default(void)
{
    fill(t_pdpt, 0, sizeof t_pdpt);
    fill(t_pd, 0, sizeof t_pd);
    fill(t_pt, 0, sizeof t_pt);
    TEST_PML4E = (u64)t_pdpt | 7;
    TEST_PDPTE = (u64)t_pd | 7;
    TEST_PDE = (u64)t_pt | 7;
    TEST_PTE = TEST_PA | 7;
    flush();
}

static void map_user(void)
{
    main_pdpt[1] = (u64)u_pd | 7;
    u_pd[0] = (u64)u_pt | 7;
    for (u64 i = 0; i < 2; i++) u_pt[i] = ((u64)ucode_pages + i * 4096) | 7;
    for (u64 i = 0; i < 2; i++) u_pt[16 + i] = ((u64)ustack_pages + i * 4096) | 7;
    for (u64 i = 0; i < 4; i++) u_pt[32 + i] = ((u64)udata_pages + i * 4096) | 7;
    map_default();
}

void quiet_pic(void)
{
    static const u16 port[] = { 0x20, 0x21, 0x21, 0x21, 0xa0, 0xa1, 0xa1, 0xa1, 0x21, 0xa1 };
    static const u8 value[] = { 0x11, 0x20, 4, 1, 0x11, 0x28, 2, 1, 0xff, 0xff };
    for (u32 i = 0; i < sizeof value; i++) outb(port[i], value[i]);
}

static void tables(void)
{
    for (int v = 0; v < 256; v++) default_gate(v);
    *(u64 *)(tss64 + 4) = (u64)trap_stack_top;
    for (int i = 1; i < 8; i++) *(u64 *)(tss64 + 36 + (i - 1) * 8) = (u64)ist_stacks[i] + 4096;
    *(u16 *)(tss64 + 102) = 104;
    fill(tss64 + 104, 0xff, 8193);
    set_sysdesc(SEL_TSS64, (u64)tss64, sizeof tss64 - 1, 0x89);
    *(u32 *)(tss32 + 4) = (u32)(u64)trap_stack_top;
    *(u32 *)(tss32 + 8) = SEL_KDATA;
    *(u16 *)(tss32 + 102) = 104;
    fill(tss32 + 104, 0xff, 8193);
    set_desc(SEL_TSS32, descriptor((u32)(u64)tss32, sizeof tss32 - 1, 0x89, 0));
    __asm__ volatile("lidt (%0); ltr %w1" : : "r"(idt64_pointer), "r"(SEL_TSS64) : "memory");
    wrmsr(0xc0000081, (u64)SEL_U32 << 48 | (u64)SEL_K64 << 32);
    wrmsr(0xc0000082, (u64)system_call_entry);
    wrmsr(0xc0000083, (u64)system_call_entry);
    wrmsr(0xc0000084, 0x200);
    wrmsr(0xc0000080, EFER_DEFAULT & ~0x400ul);
}

static void read_features(void)
{
    struct cpuid top = cpuid(0, 0), one = cpuid(1, 0), seven = { 0, 0, 0, 0 }, ext = cpuid(0x80000001, 0);
    if (top.a >= 7) seven = cpuid(7, 0);
    has.intel = top.b == 0x756e6547;
    has.monitor = one.c >> 3 & 1;
    has.pcid = one.c >> 17 & 1;
    has.x2apic = one.c >> 21 & 1;
    has.tsc_deadline = one.c >> 24 & 1;
    has.xsave = one.c >> 26 & 1;
    has.sep = one.d >> 11 & 1;
    has.fsgsbase = seven.b & 1;
    has.smep = seven.b >> 7 & 1;
    has.invpcid = seven.b >> 10 & 1;
    has.smap = seven.b >> 20 & 1;
    has.umip = seven.c >> 2 & 1;
    has.la57 = seven.c >> 16 & 1;
    has.nx = ext.d >> 20 & 1;
    has.avx = one.c >> 28 & 1;
    has.rdrand = one.c >> 30 & 1;
    has.rtm = seven.b >> 11 & 1;
    has.avx512 = seven.b >> 16 & 1;
    has.tcg = one.c >> 31 && cpuid(0x40000000, 0).b == 0x54474354;
    has.gb_pages = ext.d >> 26 & 1;
    has.rdtscp = ext.d >> 27 & 1;
    has.phys_bits = cpuid(0x80000008, 0).a & 0xff;
}

void main(void)
{
    outb(0x3f9, 0);
    outb(0x3fb, 3);
    outb(0x3fa, 0);
    outb(0x3fc, 3);
    quiet_pic();
    tables();
    map_user();
    read_features();
    reset_run();
    group_paging();
    group_paging_more();
    group_exceptions();
    group_gates();
    group_iret();
    group_syscall();
    group_segments();
    group_control();
    group_debug();
    group_io();
    group_apic();
    group_legacy();
    group_real();
    group_tasks();
    group_legacy16();
    say("DONE %d %d %d\n", passed, failed, skipped);
    power_off();
}
