// What bare-metal guests for several processors share: the start of the others by INIT and Start-Up, their waking out of HLT by an interrupt, locks and
// barriers, printing. Started by the 64-bit boot protocol. The guest defines start(), which processor 0 enters, and other(), with the number of each other one, from 0.
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stdint.h>

#define POWER_OFF_PORT 0x604
#define POWER_OFF (5 << 10 | 1 << 13)
#define SERIAL 0x3F8
#define MSR_APIC_BASE 0x1B
#define MSR_X2APIC_ID 0x802
#define MSR_X2APIC_SPURIOUS 0x80F
#define MSR_X2APIC_COMMAND 0x830
#define WAKE_VECTOR 0x40
#define ALL_BUT_SELF 0xC0000ull
#define TRAMPOLINE 0x8000
#define MOST_CPUS 64

struct gate { uint16_t low, selector, kind, middle; uint32_t high, zero; } __attribute__((packed));

static struct gate idt[256] __attribute__((aligned(16)));
static const char *command_line;
static uint64_t cpus, rounds;
static volatile uint64_t ready, phase, arrived, woken, nmis, next_index;
static volatile uint32_t lock_word;
uint8_t stacks[MOST_CPUS][4096] __attribute__((aligned(16)));
extern char trampoline[], trampoline_end[];
extern void wake_entry(void), nmi_entry(void);

__asm__(".globl _start\n"
        "_start:\n"
        "    lea boot_stack_end(%rip), %rsp\n"
        "    mov %rsi, %rdi\n"
        "    call start\n"
        "wake_entry:\n"
        "    push %rax\n    push %rcx\n    push %rdx\n"
        "    lock incq woken(%rip)\n"
        "    mov $0x80B, %ecx\n    xor %eax, %eax\n    xor %edx, %edx\n    wrmsr\n"
        "    pop %rdx\n    pop %rcx\n    pop %rax\n"
        "    iretq\n"
        "nmi_entry:\n"
        "    lock incq nmis(%rip)\n"
        "    iretq\n"
        "other64:\n"
        "    mov $24, %eax\n    mov %eax, %ds\n    mov %eax, %es\n    mov %eax, %ss\n"
        "    mov $1, %ebx\n"
        "    lock xadd %rbx, next_index(%rip)\n"
        "    mov %rbx, %rdi\n"
        "    inc %rbx\n    shl $12, %rbx\n"
        "    lea stacks(%rip), %rsp\n    add %rbx, %rsp\n"
        "    call other\n"
        ".code16\n"
        "trampoline:\n"
        "    cli\n"
        "    xor %ax, %ax\n    mov %ax, %ds\n"
        "    lgdtl 0x8000 + gdt_register - trampoline\n"
        "    mov $0x20, %eax\n    mov %eax, %cr4\n"
        "    mov $0x2000, %eax\n    mov %eax, %cr3\n"
        "    mov $0xC0000080, %ecx\n    rdmsr\n    or $0x100, %eax\n    wrmsr\n"
        "    mov %cr0, %eax\n    or $0x80000001, %eax\n    mov %eax, %cr0\n"
        "    ljmpl $16, $other64\n"
        ".balign 4\n"
        "gdt_register: .word 31\n    .long 0x8000 + gdt - trampoline\n"
        ".balign 8\n"
        "gdt: .quad 0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF\n"
        "trampoline_end:\n"
        ".code64\n"
        ".bss\n.balign 16\nboot_stack: .skip 16384\nboot_stack_end:\n.text\n");

static void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static void outw(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static void pause(void) { __asm__ volatile("pause"); }

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low | (uint64_t)high << 32;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
    return low | (uint64_t)high << 32;
}

static void put(char c) { outb(SERIAL, c); }
static void print(const char *text) { while (*text) put(*text++); }

static void print_number(const char *name, uint64_t value)
{
    char digits[20];
    int count = 0;
    do { digits[count++] = '0' + value % 10; value /= 10; } while (value);
    print(name);
    put(' ');
    while (count) put(digits[--count]);
    put('\n');
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    for (const char *at = command_line; *at; at++) {
        const char *a = at, *b = name;
        while (*b && *a == *b) { a++; b++; }
        if (*b) continue;
        uint64_t value = 0;
        while (*a >= '0' && *a <= '9') value = value * 10 + (*a++ - '0');
        return value;
    }
    return otherwise;
}

static void set_gate(int vector, void (*entry)(void))
{
    uint16_t selector;
    __asm__("mov %%cs, %0" : "=r"(selector));
    uint64_t handler = (uint64_t)entry;
    idt[vector] = (struct gate){ handler, selector, 0x8E00, handler >> 16, handler >> 32, 0 };
}

static void prepare(void)
{
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) register_value = { sizeof idt - 1, (uint64_t)idt };
    __asm__ volatile("lidt %0" : : "m"(register_value));
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 1 << 10 | 1 << 11);
    wrmsr(MSR_X2APIC_SPURIOUS, 0x1FF);
}

static void take_lock(void) { while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE)) pause(); }
static void release_lock(void) { __atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE); }

static void arrive_and_wait(uint64_t next)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (phase < next) pause();
}

static void wait_for_arrivals(uint64_t count)
{
    while (arrived < count) pause();
}

static void start_others(uint64_t destination)
{
    wrmsr(MSR_X2APIC_COMMAND, destination | 0x4500);
    wrmsr(MSR_X2APIC_COMMAND, destination | 0x4600 | TRAMPOLINE >> 12);
    wrmsr(MSR_X2APIC_COMMAND, destination | 0x4600 | TRAMPOLINE >> 12);
}

// Of processor 0, before it starts the others.
static void begin(const uint8_t *parameters)
{
    command_line = (const char *)(uint64_t)*(const uint32_t *)(parameters + 0x228);
    cpus = number("cpus=", 2);
    rounds = number("rounds=", 20000);
    for (char *from = trampoline, *to = (char *)TRAMPOLINE; from < trampoline_end;) *to++ = *from++;
    set_gate(WAKE_VECTOR, wake_entry);
    set_gate(2, nmi_entry);
    prepare();
}
