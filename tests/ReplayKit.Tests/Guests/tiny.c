// A guest of a few hundred lines of machine code for tests that need many short recordings: computes over memory, reads the
// time-stamp counter, prints, halts until its local APIC's timer fires, echoes what is typed, and powers off.
// Started by the 64-bit boot protocol. Command line: lines=N (default 20), rounds=N (default 20000), forever, halt.
#include <stdint.h>

#define POWER_OFF_PORT 0x604
#define POWER_OFF (5 << 10 | 1 << 13)
#define SERIAL 0x3F8
#define MSR_APIC_BASE 0x1B
#define MSR_X2APIC_EOI 0x80B
#define MSR_X2APIC_SPURIOUS 0x80F
#define MSR_X2APIC_LVT_TIMER 0x832
#define MSR_X2APIC_INITIAL_COUNT 0x838
#define MSR_X2APIC_DIVIDE 0x83E
#define TIMER_VECTOR 0x40

struct gate { uint16_t low, selector, kind, middle; uint32_t high, zero; } __attribute__((packed));

static struct gate idt[256] __attribute__((aligned(16)));
static uint64_t words[32768];
static volatile uint64_t ticks;
static const char *command_line;
extern void timer_entry(void);

__asm__(".globl _start\n"
        "_start:\n"
        "    lea stack_end(%rip), %rsp\n"
        "    mov %rsi, %rdi\n"
        "    call start\n"
        "timer_entry:\n"
        "    push %rax\n    push %rcx\n    push %rdx\n"
        "    incq ticks(%rip)\n"
        "    mov $0x80B, %ecx\n    xor %eax, %eax\n    xor %edx, %edx\n    wrmsr\n"
        "    pop %rdx\n    pop %rcx\n    pop %rax\n"
        "    iretq\n"
        ".bss\n.balign 16\nstack: .skip 16384\nstack_end:\n.text\n");

static void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static void outw(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static uint8_t inb(uint16_t port) { uint8_t value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low | (uint64_t)high << 32;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low | (uint64_t)high << 32;
}

static void put(char c)
{
    while (!(inb(SERIAL + 5) & 0x20)) { }
    outb(SERIAL, c);
}

static void print(const char *text) { while (*text) put(*text++); }

static void print_hex(uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

// The text behind a word of the command line; null where the word is not there.
static const char *option(const char *name)
{
    for (const char *at = command_line; *at; at++) {
        const char *a = at, *b = name;
        while (*b && *a == *b) { a++; b++; }
        if (!*b && (at == command_line || at[-1] == ' ')) return a;
    }
    return 0;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = option(name);
    uint64_t value = 0;
    if (!text) return otherwise;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    return value;
}

static void start_timer(void)
{
    uint16_t selector;
    __asm__("mov %%cs, %0" : "=r"(selector));
    uint64_t handler = (uint64_t)timer_entry;
    idt[TIMER_VECTOR] = (struct gate){ handler, selector, 0x8E00, handler >> 16, handler >> 32, 0 };
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) register_value = { sizeof idt - 1, (uint64_t)idt };
    __asm__ volatile("lidt %0" : : "m"(register_value));
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 1 << 10 | 1 << 11);
    wrmsr(MSR_X2APIC_SPURIOUS, 0x1FF);
    wrmsr(MSR_X2APIC_DIVIDE, 0xB);
    wrmsr(MSR_X2APIC_LVT_TIMER, TIMER_VECTOR);
}

static void sleep_until_timer(void)
{
    uint64_t before = ticks;
    wrmsr(MSR_X2APIC_INITIAL_COUNT, 200000);
    while (ticks == before) __asm__ volatile("sti; hlt; cli");
}

static void echo(void)
{
    while (inb(SERIAL + 5) & 1) {
        print("typed ");
        put(inb(SERIAL));
        put('\n');
    }
}

static uint64_t compute(uint64_t seed, uint64_t rounds)
{
    uint64_t x = seed | 1;
    for (uint64_t i = 0; i < rounds; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        words[x & 32767] += x;
    }
    return x;
}

void start(const uint8_t *boot_parameters)
{
    uint64_t hash = 1;
    command_line = (const char *)(uint64_t)*(const uint32_t *)(boot_parameters + 0x228);
    uint64_t lines = number("lines=", 20), rounds = number("rounds=", 20000);
    start_timer();
    outb(SERIAL + 4, 3);
    print("tiny guest\n");
    for (uint64_t line = 0; line < lines || option("forever"); line++) {
        hash = compute(hash ^ rdtsc(), rounds);
        print("line ");
        print_hex(line);
        put(' ');
        print_hex(hash);
        put('\n');
        sleep_until_timer();
        echo();
    }
    print("done\n");
    if (option("halt")) for (;;) __asm__ volatile("cli; hlt");
    outw(POWER_OFF_PORT, POWER_OFF);
    for (;;) { }
}
