// A guest for several processors: starts all that the machine has by INIT and Start-Up, wakes them out of HLT by an interrupt and lets them race.
// Started by the 64-bit boot protocol. Command line: cpus=N, rounds=N (default 20000). Prints, one line each: who started, increments without a lock
// (the sum depends on who was interrupted where), increments with a lock, code that another processor patches (within a page,
// and in the page that an instruction goes on in), a page that another one maps elsewhere,
// a counter of time that must not run backwards from one to the other, non-maskable interrupts, a processor that is started a second time.
#include "cpus.h"

#define REMAPPED 0x40000000ull

static volatile uint64_t unlocked, locked, wrong_code, wrong_page, backwards, last_time;
static uint64_t frames[2][512 * 512] __attribute__((aligned(2 << 20)));

// A function whose constant another processor changes, and its name as data.
__asm__(".balign 16\npatched: mov $0, %eax\n ret\n");
extern uint32_t patched(void);
extern uint8_t patched_bytes[] __asm__("patched");

// The same with the constant alone in the next page.
__asm__(".balign 4096\n.skip 4095\npatched_across: mov $0, %eax\n ret\n.balign 4096\n");
extern uint32_t patched_across(void);
extern uint8_t across_bytes[] __asm__("patched_across");

static void race(uint64_t writes_code)
{
    uint32_t last_code = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        if (writes_code && !(i & 7)) *(volatile uint32_t *)(across_bytes + 1) = i;
        uint32_t code = patched_across();
        wrong_code += code < last_code || code >= rounds;
        last_code = code;
        uint64_t value = unlocked;
        __asm__ volatile("" : "+r"(value));
        unlocked = value + 1;
        __atomic_add_fetch(&locked, 1, __ATOMIC_SEQ_CST);
        if (!(i & 63)) {
            take_lock();
            uint64_t now = rdtsc();
            backwards += now < last_time;
            last_time = now;
            release_lock();
        }
    }
}

void other(uint64_t index)
{
    prepare();
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    uint64_t before = phase;
    while (phase == 0) __asm__ volatile("sti; hlt; cli");
    if (before == 0) {
        race(0);
        arrive_and_wait(2);
        for (uint64_t round = 2; round < 52; round++) {
            if (patched() != round || patched_across() != round) __atomic_add_fetch(&wrong_code, 1, __ATOMIC_SEQ_CST);
            __asm__ volatile("invlpg (%0)" : : "r"(REMAPPED) : "memory");
            if (*(volatile uint64_t *)REMAPPED != (round & 1)) __atomic_add_fetch(&wrong_page, 1, __ATOMIC_SEQ_CST);
            arrive_and_wait(round + 1);
        }
    }
    for (;;) __asm__ volatile("hlt");
}

// The directory entry of the boot tables that maps the second GiB's first 2 MiB.
static void map(uint64_t round)
{
    uint64_t *directory = (uint64_t *)(0x2000 + 3 * 0x1000);
    directory[0] = (uint64_t)frames[round & 1] | 0x83;
}

void start(const uint8_t *parameters)
{
    begin(parameters);
    frames[1][0] = 1;
    start_others(ALL_BUT_SELF);
    while (ready < cpus - 1) pause();
    print_number("started", ready);

    phase = 1;
    wrmsr(MSR_X2APIC_COMMAND, ALL_BUT_SELF | 0x4000 | WAKE_VECTOR);
    race(1);
    wait_for_arrivals(cpus - 1);
    print_number("woken", woken);
    print_number("unlocked", unlocked);
    print_number("locked", locked);
    print_number("backwards", backwards);

    for (uint64_t round = 2; round < 53; round++) {
        *(volatile uint32_t *)(patched_bytes + 1) = round;
        *(volatile uint32_t *)(across_bytes + 1) = round;
        map(round);
        phase = round;
        if (round < 52) wait_for_arrivals((cpus - 1) * round);
    }
    print_number("wrong code", wrong_code);
    print_number("wrong page", wrong_page);

    wrmsr(MSR_X2APIC_COMMAND, ALL_BUT_SELF | 0x4400);
    while (nmis < cpus - 1) pause();
    print_number("nmis", nmis);

    uint64_t before = ready;
    start_others(1ull << 32);
    while (ready == before) pause();
    print_number("started again", ready - before);
    outw(POWER_OFF_PORT, POWER_OFF);
    for (;;) __asm__ volatile("hlt");
}
