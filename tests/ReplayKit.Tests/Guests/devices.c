// A bare-metal guest that drives virtio devices on PCI without an operating system: for tests that need many short recordings of devices.
// Started by the 64-bit boot protocol. Each word of the command line is a step, done in its order:
//   entropy          takes random bytes, a few requests at once, and prints their sum
//   disk             writes and reads disk 0 at random, several requests at once, compares, flushes; prints a sum of all that it read
//   read=DISK        prints a sum of everything on a disk
//   fill=DISK        writes numbers over a whole disk
//   frames=N         sends N frames, up to eight ahead of what has come back, and compares what comes back; prints a sum of it
//   echo             sends every frame back that it receives, until one says "quit"
//   panic            tells the panic device
#include <stdint.h>
#include <stddef.h>

#define POWER_OFF_PORT 0x604
#define POWER_OFF (5 << 10 | 1 << 13)
#define SERIAL 0x3F8
#define VECTOR 0x50
#define QUEUE_SIZE 64
#define FEATURE_EVENT_INDEX (1ull << 29)
#define FEATURE_VERSION_1 (1ull << 32)

struct gate { uint16_t low, selector, kind, middle; uint32_t high, zero; } __attribute__((packed));
struct descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct available { uint16_t flags, index, ring[QUEUE_SIZE], wake; };
struct used { uint16_t flags, index; struct { uint32_t id, length; } ring[QUEUE_SIZE]; uint16_t wake; };

struct queue {
    struct descriptor table[QUEUE_SIZE] __attribute__((aligned(16)));
    struct available available __attribute__((aligned(16)));
    struct used used __attribute__((aligned(16)));
    uint16_t next, seen, number;
};

struct device {
    uint32_t pci;
    volatile uint8_t *common, *configuration, *notify;
    uint32_t notify_step;
    struct queue *queues;
};

static struct gate idt[256] __attribute__((aligned(16)));
static volatile uint64_t interrupts;
static const char *command_line;
extern void interrupt_entry(void);

__asm__(".globl _start\n"
        "_start:\n"
        "    lea stack_end(%rip), %rsp\n"
        "    mov %rsi, %rdi\n"
        "    call start\n"
        "interrupt_entry:\n"
        "    push %rax\n    push %rcx\n    push %rdx\n"
        "    incq interrupts(%rip)\n"
        "    mov $0x80B, %ecx\n    xor %eax, %eax\n    xor %edx, %edx\n    wrmsr\n"
        "    pop %rdx\n    pop %rcx\n    pop %rax\n"
        "    iretq\n"
        ".bss\n.balign 16\nstack: .skip 16384\nstack_end:\n.text\n");

static void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static void outw(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static void outl(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static uint8_t inb(uint16_t port) { uint8_t value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static uint32_t inl(uint16_t port) { uint32_t value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }

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

void *memset(void *to, int value, size_t count)
{
    for (uint8_t *at = to; count--; at++) *at = value;
    return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
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

static void say(const char *what, uint64_t value)
{
    print(what);
    put(' ');
    print_hex(value);
    put('\n');
}

static void fail(const char *what, uint64_t value)
{
    print("FAILED: ");
    say(what, value);
    outw(POWER_OFF_PORT, POWER_OFF);
    for (;;) { }
}

static uint64_t sum(uint64_t before, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;
    while (count--) before = (before ^ *at++) * 0x100000001b3ull;
    return before;
}

static uint32_t read_pci(uint32_t device, int offset)
{
    outl(0xCF8, 0x80000000u | device << 11 | (offset & 0xFC));
    return inl(0xCFC) >> 8 * (offset & 3);
}

static void write_pci(uint32_t device, int offset, uint32_t value)
{
    outl(0xCF8, 0x80000000u | device << 11 | (offset & 0xFC));
    outl(0xCFC, value);
}

static void start_interrupts(void)
{
    uint16_t selector;
    __asm__("mov %%cs, %0" : "=r"(selector));
    uint64_t handler = (uint64_t)interrupt_entry;
    idt[VECTOR] = (struct gate){ handler, selector, 0x8E00, handler >> 16, handler >> 32, 0 };
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) value = { sizeof idt - 1, (uint64_t)idt };
    __asm__ volatile("lidt %0" : : "m"(value));
    wrmsr(0x1B, rdmsr(0x1B) | 1 << 10 | 1 << 11);
    wrmsr(0x80F, 0x1FF);
}

// Sleeps until an interrupt has come since the count was read.
static void wait(uint64_t since)
{
    while (interrupts == since) __asm__ volatile("sti; hlt; cli");
}

static uint32_t find(uint16_t type, int which)
{
    for (uint32_t device = 1; device < 32; device++)
        if (read_pci(device, 0) == (0x1AF4u | (uint32_t)(0x1040 + type) << 16) && which-- == 0)
            return device;
    fail("no device of type", type);
    return 0;
}

static uint8_t *range(uint32_t device, int bar) { return (uint8_t *)(uint64_t)(read_pci(device, 0x10 + 4 * bar) & ~0xFu); }

static void map(struct device *d)
{
    for (int at = read_pci(d->pci, 0x34) & 0xFF; at; at = read_pci(d->pci, at + 1) & 0xFF) {
        uint8_t id = read_pci(d->pci, at), kind = read_pci(d->pci, at + 3), bar = read_pci(d->pci, at + 4);
        uint32_t offset = read_pci(d->pci, at + 8);
        if (id == 0x11) {
            volatile uint32_t *table = (uint32_t *)(range(d->pci, read_pci(d->pci, at + 4) & 7) + (read_pci(d->pci, at + 4) & ~7u));
            write_pci(d->pci, at, 0x80000000u | (read_pci(d->pci, at) & 0xFFFF));
            for (int vector = 0; vector < 4; vector++) {
                table[4 * vector] = 0xFEE00000;
                table[4 * vector + 1] = 0;
                table[4 * vector + 2] = VECTOR;
                table[4 * vector + 3] = 0;
            }
        }
        if (id != 9) continue;
        if (kind == 1) d->common = range(d->pci, bar) + offset;
        if (kind == 4) d->configuration = range(d->pci, bar) + offset;
        if (kind == 2) {
            d->notify = range(d->pci, bar) + offset;
            d->notify_step = read_pci(d->pci, at + 16);
        }
    }
}

#define COMMON(d, type, offset) (*(volatile type *)((d)->common + (offset)))

static void open_device(struct device *d, uint16_t type, int which, uint64_t features, struct queue *queues, int count)
{
    d->pci = find(type, which);
    d->queues = queues;
    write_pci(d->pci, 4, read_pci(d->pci, 4) | 6);
    map(d);
    COMMON(d, uint8_t, 0x14) = 0;
    COMMON(d, uint8_t, 0x14) = 3;
    features |= FEATURE_VERSION_1 | FEATURE_EVENT_INDEX;
    COMMON(d, uint32_t, 0x08) = 0;
    COMMON(d, uint32_t, 0x0C) = features;
    COMMON(d, uint32_t, 0x08) = 1;
    COMMON(d, uint32_t, 0x0C) = features >> 32;
    COMMON(d, uint8_t, 0x14) = 11;
    if (COMMON(d, uint8_t, 0x14) != 11) fail("features", features);
    COMMON(d, uint16_t, 0x10) = 0;
    for (int i = 0; i < count; i++) {
        memset(&queues[i], 0, sizeof queues[i]);
        queues[i].number = i;
        COMMON(d, uint16_t, 0x16) = i;
        COMMON(d, uint16_t, 0x18) = QUEUE_SIZE;
        COMMON(d, uint16_t, 0x1A) = 1;
        COMMON(d, uint64_t, 0x20) = (uint64_t)queues[i].table;
        COMMON(d, uint64_t, 0x28) = (uint64_t)&queues[i].available;
        COMMON(d, uint64_t, 0x30) = (uint64_t)&queues[i].used;
        COMMON(d, uint16_t, 0x1C) = 1;
    }
    COMMON(d, uint8_t, 0x14) = 15;
}

struct buffer { void *address; uint32_t length; int writable; };

// Each request takes four descriptors from its own place on, so that request and place tell each other.
static void add(struct device *d, int queue, int place, const struct buffer *buffers, int count)
{
    struct queue *q = &d->queues[queue];
    for (int i = 0; i < count; i++)
        q->table[4 * place + i] = (struct descriptor){ (uint64_t)buffers[i].address, buffers[i].length, (buffers[i].writable ? 2 : 0) | (i + 1 < count ? 1 : 0), 4 * place + i + 1 };
    q->available.ring[q->next++ % QUEUE_SIZE] = 4 * place;
    __asm__ volatile("" : : : "memory");
    q->available.index = q->next;
    *(volatile uint16_t *)(d->notify + queue * d->notify_step) = queue;
}

// The place of a request that has been answered; -1 for none.
static int take(struct device *d, int queue, uint32_t *length)
{
    struct queue *q = &d->queues[queue];
    q->available.wake = q->seen;
    __asm__ volatile("" : : : "memory");
    if (*(volatile uint16_t *)&q->used.index == q->seen) return -1;
    int slot = q->seen++ % QUEUE_SIZE;
    if (length) *length = q->used.ring[slot].length;
    return q->used.ring[slot].id / 4;
}

static int take_next(struct device *d, int queue, uint32_t *length)
{
    for (;;) {
        uint64_t since = interrupts;
        int place = take(d, queue, length);
        if (place >= 0) return place;
        if (COMMON(d, uint8_t, 0x14) & 0x40) fail("the device needs a reset", d->pci);
        wait(since);
    }
}

static uint64_t random_state = 88172645463325252ull;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static struct queue queues[2];
static uint8_t buffers[16][65536] __attribute__((aligned(4096)));

static void entropy(void)
{
    struct device d;
    uint64_t total = 1;
    open_device(&d, 4, 0, 0, queues, 1);
    for (int i = 0; i < 4; i++) add(&d, 0, i, &(struct buffer){ buffers[i], 16 + i, 1 }, 1);
    for (int i = 0; i < 20; i++) {
        uint32_t length;
        int place = take_next(&d, 0, &length);
        total = sum(total, buffers[place], length);
        if (i < 16) add(&d, 0, place, &(struct buffer){ buffers[place], 16 + place, 1 }, 1);
    }
    say("entropy", total);
}

static struct { uint32_t type, zero; uint64_t sector; } headers[16];
static volatile uint8_t status[16];
static uint16_t versions[65536];

static void ask_disk(struct device *d, int place, uint32_t type, uint64_t sector, uint32_t length)
{
    headers[place].type = type;
    headers[place].zero = 0;
    headers[place].sector = sector;
    status[place] = 0xFF;
    struct buffer parts[3] = { { &headers[place], 16, 0 }, { buffers[place], length, type == 0 }, { (void *)&status[place], 1, 1 } };
    if (length == 0) parts[1] = parts[2];
    add(d, 0, place, parts, length == 0 ? 2 : 3);
}

static int finish_disk(struct device *d)
{
    int place = take_next(d, 0, 0);
    if (status[place]) fail("a request to the disk", headers[place].sector);
    return place;
}

static void fill(uint8_t *bytes, uint64_t block, uint64_t version)
{
    for (int i = 0; i < 4096; i += 8) *(uint64_t *)(bytes + i) = (block << 32 | version << 16 | i) * 0x9E3779B97F4A7C15ull;
}

static void check(uint8_t *bytes, uint64_t block)
{
    uint8_t expected[4096];
    if (!versions[block]) return;
    fill(expected, block, versions[block]);
    for (int i = 0; i < 4096; i++) if (bytes[i] != expected[i]) fail("a block of the disk", block);
}

static uint64_t disk_blocks(struct device *d)
{
    return *(volatile uint64_t *)d->configuration >> 3;
}

// Blocks of 4 KiB; no two requests that wait touch the same one.
static void disk(void)
{
    struct device d;
    uint64_t blocks[16], total = 1;
    int waiting = 0, free = 0xFFFF;
    open_device(&d, 2, 0, 1 << 9, queues, 1);
    uint64_t count = disk_blocks(&d) < 65536 ? disk_blocks(&d) : 65536;
    for (int i = 0; i < 600; i++) {
        while (!free || waiting > (int)(next_random() % 16)) {
            int place = finish_disk(&d);
            if (headers[place].type == 0) {
                check(buffers[place], blocks[place]);
                total = sum(total, buffers[place], 4096);
            }
            free |= 1 << place;
            waiting--;
        }
        int place = __builtin_ctz(free);
        uint64_t block = next_random() % count;
        for (int other = 0; other < 16; other++)
            if (!(free >> other & 1) && blocks[other] == block) block = count;
        if (block == count) continue;
        blocks[place] = block;
        free &= ~(1 << place);
        waiting++;
        if (next_random() % 20 == 0) {
            blocks[place] = ~0ull;
            ask_disk(&d, place, 4, 0, 0);
        } else if (next_random() % 2) {
            fill(buffers[place], block, ++versions[block]);
            ask_disk(&d, place, 1, block * 8, 4096);
        } else
            ask_disk(&d, place, 0, block * 8, 4096);
    }
    for (; waiting; waiting--) finish_disk(&d);
    for (uint64_t block = 0; block < count; block++) {
        if (!versions[block]) continue;
        ask_disk(&d, 0, 0, block * 8, 4096);
        finish_disk(&d);
        check(buffers[0], block);
    }
    say("disk", total);
}

static void read_disk(int which)
{
    struct device d;
    uint64_t total = 1;
    open_device(&d, 2, which, 0, queues, 1);
    for (uint64_t block = 0; block < disk_blocks(&d); block += 16) {
        ask_disk(&d, 0, 0, block * 8, 65536);
        finish_disk(&d);
        total = sum(total, buffers[0], 65536);
    }
    say("read", total);
}

static void fill_disk(int which)
{
    struct device d;
    open_device(&d, 2, which, 0, queues, 1);
    for (uint64_t block = 0; block < disk_blocks(&d); block += 16) {
        for (int i = 0; i < 16; i++) fill(buffers[0] + 4096 * i, block + i, 7);
        ask_disk(&d, 0, 1, block * 8, 65536);
        finish_disk(&d);
    }
    say("filled", disk_blocks(&d));
}

#define FRAME_HEADER 12
#define FRAME_TYPE 0xB588

static uint8_t incoming[16][2048], outgoing[16][2048];
static uint64_t frames_sent;

static void open_network(struct device *d)
{
    open_device(d, 1, 0, 0, queues, 2);
    frames_sent = 0;
    for (int i = 0; i < 16; i++) add(d, 0, i, &(struct buffer){ incoming[i], 2048, 1 }, 1);
}

// Where the next frame is to be written; send_frame sends it.
static uint8_t *next_frame(struct device *d)
{
    if (frames_sent >= 16) take_next(d, 1, 0);
    memset(outgoing[frames_sent % 16], 0, FRAME_HEADER);
    return outgoing[frames_sent % 16] + FRAME_HEADER;
}

static void send_frame(struct device *d, uint32_t length)
{
    int place = frames_sent++ % 16;
    add(d, 1, place, &(struct buffer){ outgoing[place], FRAME_HEADER + length, 0 }, 1);
}

static void make_frame(uint8_t *frame, uint64_t number, uint32_t length)
{
    memset(frame, 0xFF, 6);
    memcpy(frame + 6, "\x52\x54\0\x12\x34\x56", 6);
    *(uint16_t *)(frame + 12) = FRAME_TYPE;
    for (uint32_t i = 14; i < length; i++) frame[i] = number * 31 + i * 7;
}

static uint32_t length_of(uint64_t number) { return 60 + number * 131 % 1400; }

static void frames(uint64_t count)
{
    struct device d;
    uint8_t expected[2048];
    uint64_t received = 0, total = 1;
    open_network(&d);
    while (received < count) {
        if (frames_sent < count && frames_sent - received < 8) {
            make_frame(next_frame(&d), frames_sent, length_of(frames_sent));
            send_frame(&d, length_of(frames_sent));
            continue;
        }
        uint32_t length;
        int place = take_next(&d, 0, &length);
        uint8_t *frame = incoming[place] + FRAME_HEADER;
        if (*(uint16_t *)(frame + 12) == FRAME_TYPE) {
            make_frame(expected, received, length_of(received));
            if (length != FRAME_HEADER + length_of(received)) fail("the length of a frame", length);
            for (uint32_t i = 0; i < length - FRAME_HEADER; i++) if (frame[i] != expected[i]) fail("a frame", received);
            total = sum(total, frame, length - FRAME_HEADER);
            received++;
        }
        add(&d, 0, place, &(struct buffer){ incoming[place], 2048, 1 }, 1);
    }
    say("frames", total);
}

static void echo(void)
{
    struct device d;
    uint64_t total = 1;
    open_network(&d);
    for (;;) {
        uint32_t length;
        int place = take_next(&d, 0, &length);
        uint8_t *frame = incoming[place] + FRAME_HEADER;
        total = sum(total, frame, length - FRAME_HEADER);
        if (length >= FRAME_HEADER + 18 && frame[14] == 'q' && frame[15] == 'u' && frame[16] == 'i' && frame[17] == 't') break;
        memcpy(next_frame(&d), frame, length - FRAME_HEADER);
        send_frame(&d, length - FRAME_HEADER);
        add(&d, 0, place, &(struct buffer){ incoming[place], 2048, 1 }, 1);
    }
    say("echo", total);
}

static void panic(void)
{
    for (uint32_t device = 1; device < 32; device++)
        if (read_pci(device, 0) == 0x00111B36)
            *(volatile uint8_t *)range(device, 0) = 1;
    fail("no panic device", 0);
}

static int is(const char *step, const char *name)
{
    while (*name && *step == *name) { step++; name++; }
    return !*name && (*step == ' ' || *step == 0 || *step == '=');
}

static uint64_t number(const char *step)
{
    uint64_t value = 0;
    while (*step && *step != ' ' && *step != '=') step++;
    if (*step == '=') for (step++; *step >= '0' && *step <= '9'; step++) value = value * 10 + (*step - '0');
    return value;
}

static void perform(const char *step)
{
    if (is(step, "entropy")) entropy();
    else if (is(step, "disk")) disk();
    else if (is(step, "read")) read_disk(number(step));
    else if (is(step, "fill")) fill_disk(number(step));
    else if (is(step, "frames")) frames(number(step));
    else if (is(step, "echo")) echo();
    else if (is(step, "panic")) panic();
    else fail("no such step", (uint8_t)*step);
}

void start(const uint8_t *boot_parameters)
{
    command_line = (const char *)(uint64_t)*(const uint32_t *)(boot_parameters + 0x228);
    start_interrupts();
    outb(SERIAL + 4, 3);
    for (const char *at = command_line; *at; at++)
        if (*at != ' ' && (at == command_line || at[-1] == ' ')) perform(at);
    print("done\n");
    outw(POWER_OFF_PORT, POWER_OFF);
    for (;;) { }
}
