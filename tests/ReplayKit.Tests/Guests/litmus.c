// Litmus tests and races of several processors, millions of iterations without a barrier between them: each iteration has places of its own in arrays, so that
// processors meet wherever they happen to be. Command line: cpus=4, rounds=N (passes over the arrays, default 4). Prints for each test how often each outcome
// came (the loaded values, first processor's first) and a number that stands for the sequence of all outcomes.
#include "cpus.h"

#define SLOTS 16384
#define ITEMS 20000

typedef void role(uint64_t index);
struct test { const char *name; role *roles[4]; int values; };

static volatile uint64_t x[SLOTS] __attribute__((aligned(4096))), y[SLOTS] __attribute__((aligned(4096)));
static volatile uint8_t seen[4][SLOTS][2] __attribute__((aligned(4096)));
static volatile uint64_t counter __attribute__((aligned(4096)));
static volatile uint64_t tail __attribute__((aligned(4096)));
static volatile uint64_t queue[4 * ITEMS] __attribute__((aligned(4096)));
static const struct test *volatile running;
static volatile uint64_t spins;

static void mfence(void) { __asm__ volatile("mfence" : : : "memory"); }
static void exchange(volatile uint64_t *place) { (void)__atomic_exchange_n(place, 1, __ATOMIC_SEQ_CST); }

static void sb0(uint64_t i) { x[i] = 1; seen[0][i][0] = y[i]; }
static void sb1(uint64_t i) { y[i] = 1; seen[1][i][0] = x[i]; }
static void sbf0(uint64_t i) { x[i] = 1; mfence(); seen[0][i][0] = y[i]; }
static void sbf1(uint64_t i) { y[i] = 1; mfence(); seen[1][i][0] = x[i]; }
static void sbl0(uint64_t i) { exchange(&x[i]); seen[0][i][0] = y[i]; }
static void sbl1(uint64_t i) { exchange(&y[i]); seen[1][i][0] = x[i]; }
static void mp0(uint64_t i) { x[i] = 1; y[i] = 1; }
static void mp1(uint64_t i) { seen[0][i][0] = y[i]; seen[0][i][1] = x[i]; }
static void lb0(uint64_t i) { uint64_t r = x[i]; y[i] = 1; seen[0][i][0] = r; }
static void lb1(uint64_t i) { uint64_t r = y[i]; x[i] = 1; seen[1][i][0] = r; }
static void co0(uint64_t i) { x[i] = 1; x[i] = 2; }
static void co1(uint64_t i) { seen[0][i][0] = x[i]; seen[0][i][1] = x[i]; }
static void iriw0(uint64_t i) { x[i] = 1; }
static void iriw1(uint64_t i) { y[i] = 1; }
static void iriw2(uint64_t i) { seen[0][i][0] = x[i]; seen[0][i][1] = y[i]; }
static void iriw3(uint64_t i) { seen[1][i][0] = y[i]; seen[1][i][1] = x[i]; }

// A value that crosses the end of a line, and one that crosses the end of a page, written and read whole.
static uint64_t *crossing(volatile uint64_t *array, uint64_t i) { return (uint64_t *)((uint8_t *)array + (i & ~511) * 8 % (SLOTS * 8 - 8192) + (i & 1 ? 4092 : 60)); }
static void lock0(uint64_t i) { __asm__ volatile("lock addq %1, %0" : "+m"(*crossing(x, i)) : "r"(0x0000000100000001ull) : "memory"); }
static void lock1(uint64_t i)
{
    uint64_t value = 0;
    __asm__ volatile("lock xaddq %1, %0" : "+m"(*crossing(x, i)), "+r"(value) : : "memory");
    seen[0][i][0] = (uint32_t)value != value >> 32;
}

// A counter that is read and written in different functions: what another processor adds in between is lost.
static __attribute__((noinline)) uint64_t get(void) { return counter; }
static __attribute__((noinline)) void set(uint64_t value) { counter = value; }
static void lose(uint64_t i) { set(get() + 1); }

// Double-checked locking that says too early that the value is there.
static __attribute__((noinline)) void make(uint64_t i) { for (int n = 0; n < 20; n++) spins++; y[i] = 7; }
static void once(uint64_t i)
{
    if (!x[i]) {
        take_lock();
        if (!x[i]) { x[i] = 1; make(i); }
        release_lock();
    }
}
static void once0(uint64_t i) { once(i); seen[0][i][0] = y[i] == 7; }
static void once1(uint64_t i) { once(i); seen[1][i][0] = y[i] == 7; }

static const struct test tests[] = {
    { "sb", { sb0, sb1 }, 1 }, { "sb+mfence", { sbf0, sbf1 }, 1 }, { "sb+lock", { sbl0, sbl1 }, 1 }, { "mp", { mp0, mp1 }, 2 }, { "lb", { lb0, lb1 }, 1 },
    { "coherence", { co0, co1 }, 2 }, { "iriw", { iriw0, iriw1, iriw2, iriw3 }, 2 }, { "crossing", { lock0, lock1, lock0 }, 1 }, { "once", { once0, once1 }, 1 },
    { "lost", { lose, lose, lose, lose }, 0 },
};

static void run(uint64_t self)
{
    role *mine = running->roles[self];
    if (mine) for (uint64_t i = 0; i < SLOTS; i++) mine(i);
}

static void produce(uint64_t self)
{
    for (uint64_t i = 0; i < ITEMS; i++) queue[__atomic_fetch_add(&tail, 1, __ATOMIC_SEQ_CST)] = self << 32 | (i + 1);
}

void other(uint64_t index)
{
    prepare();
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    uint64_t self = index + 1;
    for (uint64_t next = 1;; next++) {
        while (phase < next) pause();
        if (running) run(self); else produce(self);
        __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    }
}

static uint64_t passed, sequence;
static void note(uint64_t value) { sequence = (sequence ^ value) * 0x100000001B3ull; }

static void all(void (*mine)(uint64_t))
{
    arrived = 0;
    phase = ++passed;
    mine(0);
    wait_for_arrivals(cpus - 1);
}

static void clear(volatile uint64_t *from, uint64_t bytes) { for (uint64_t i = 0; i < bytes / 8; i++) from[i] = 0; }

static void tally(const struct test *test, uint64_t *counts)
{
    for (uint64_t i = 0; i < SLOTS; i++) {
        uint64_t outcome = seen[0][i][0];
        if (test->values == 2) outcome = outcome * 3 + seen[0][i][1];
        if (test->roles[3]) outcome = (outcome * 3 + seen[1][i][0]) * 3 + seen[1][i][1];
        else if (test->values == 1) outcome = outcome * 3 + seen[1][i][0];
        counts[outcome]++;
        note(outcome);
    }
}

static void print_outcomes(const struct test *test, const uint64_t *counts)
{
    char name[48], *end;
    for (uint64_t outcome = 0; outcome < 81; outcome++) {
        if (!counts[outcome]) continue;
        end = name;
        for (const char *at = test->name; *at;) *end++ = *at++;
        *end++ = ' ';
        for (uint64_t unit = test->roles[3] ? 27 : 3; unit; unit /= 3) *end++ = '0' + outcome / unit % 3;
        *end = 0;
        print_number(name, counts[outcome]);
    }
}

static void litmus(const struct test *test)
{
    uint64_t counts[81];
    clear(counts, sizeof counts);
    running = test;
    for (uint64_t round = 0; round < rounds; round++) {
        clear(x, sizeof x);
        clear(y, sizeof y);
        clear((volatile uint64_t *)seen, sizeof seen);
        all(run);
        tally(test, counts);
    }
    if (test->values) print_outcomes(test, counts);
}

void start(const uint8_t *parameters)
{
    begin(parameters);
    start_others(ALL_BUT_SELF);
    while (ready < cpus - 1) pause();
    for (uint64_t i = 0; i < sizeof tests / sizeof *tests; i++) litmus(&tests[i]);
    print_number("counted", counter);
    running = 0;
    all(produce);
    for (uint64_t i = 0; i < cpus * ITEMS; i++) note(queue[i]);
    print_number("queued", tail);
    print_number("sequence", sequence);
    outw(POWER_OFF_PORT, POWER_OFF);
    for (;;) __asm__ volatile("hlt");
}
