// What the tests of names run inside the guest: processes that write down what they are and what they have mapped, and between which
// values of the time-stamp counter that holds.
//   worker FOLDER CHILDREN
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char maps[1 << 17];
static const char *folder;

static uint64_t now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static size_t read_maps(void)
{
    size_t length = 0;
    ssize_t part;
    int file = open("/proc/self/maps", O_RDONLY);
    while ((part = read(file, maps + length, sizeof maps - length)) > 0)
        length += part;
    close(file);
    return length;
}

// Work of every kind: calls many deep, system calls, sleeping, faults.
__attribute__((noinline)) static unsigned descend(unsigned depth, unsigned seed)
{
    volatile unsigned local[8];
    local[depth & 7] = seed * 2654435761u + depth;
    if (depth == 0)
        return local[0];
    unsigned result = descend(depth - 1, local[depth & 7]) ^ (depth & 1 ? descend(depth / 2, seed) : 1);
    return result + local[depth & 7];
}

static void work(int rounds)
{
    struct timespec moment = { 0, 1000000 };
    for (int i = 0; i < rounds; i++) {
        volatile unsigned sum = descend(14, i);
        (void)sum;
        if (i % 16 == 3)
            syscall(SYS_getppid);
        if (i % 64 == 9)
            sched_yield();
        if (i % 256 == 77)
            nanosleep(&moment, NULL);
    }
}

// One interval during which nothing is mapped or unmapped.
static void interval(const char *what, int rounds)
{
    char head[256], path[128];
    size_t length = read_maps();
    uint64_t from = now();
    work(rounds);
    uint64_t to = now();
    snprintf(path, sizeof path, "%s/%d", folder, getpid());
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int size = snprintf(head, sizeof head, "interval %s pid %d ppid %d from %llu to %llu\n", what, getpid(), getppid(), (unsigned long long)from, (unsigned long long)to);
    write(file, head, size);
    write(file, maps, length);
    write(file, "end\n", 4);
    close(file);
}

static void *thread(void *unused)
{
    work(400);
    return unused;
}

static void run(int number)
{
    interval("start", 300);
    int data = open("/data", O_RDWR | O_CREAT, 0644);
    ftruncate(data, 1 << 20);
    char *file = mmap(NULL, 5 << 12, PROT_READ | PROT_WRITE, number & 1 ? MAP_SHARED : MAP_PRIVATE, data, 3 << 12);
    file[4096] = 1;
    interval("file", 300);
    for (int i = 0; i < 120 + number; i++)
        mmap((void *)(0x200000000000 + (uintptr_t)i * 0x4000), 0x1000 << (i & 1), i % 3 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    interval("many", 300);
    for (int i = 0; i < 120; i += 2)
        munmap((void *)(0x200000000000 + (uintptr_t)i * 0x4000), 0x1000);
    int memory = memfd_create("in memory", 0);
    ftruncate(memory, 1 << 16);
    mmap(NULL, 1 << 16, PROT_READ, MAP_SHARED, memory, 0);
    mmap(NULL, 1 << 14, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char gone[64];
    snprintf(gone, sizeof gone, "/gone-%d", getpid());
    int deleted = open(gone, O_RDWR | O_CREAT, 0644);
    ftruncate(deleted, 8192);
    mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, deleted, 4096);
    unlink(gone);
    interval("fewer", 300);
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    interval("threads", 300);
    pthread_join(other, NULL);
    sbrk(3 << 12);
    interval("last", 300);
}

int main(int count, char **arguments)
{
    folder = arguments[1];
    int children = count > 2 ? atoi(arguments[2]) : 0;
    for (int i = 0; i < children; i++)
        if (fork() == 0) {
            if (i == children - 1)
                execl("/proc/self/exe", "worker-by-another-name", folder, (char *)NULL);
            run(i);
            return 0;
        }
    run(children);
    while (wait(NULL) > 0)
        ;
    return 0;
}
