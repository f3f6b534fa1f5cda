// Two threads that write to the same cache lines: a shared atomic counter now and then, neighbouring words all the time.
//   work lines SIZE     millions of steps of each thread
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "work.h"

static _Alignas(64) _Atomic uint64_t shared;
static _Alignas(64) volatile uint64_t words[8];
static long steps;

static void *run(void *word)
{
    uint64_t at = (uint64_t)word;
    for (long i = 0; i < steps; i++) {
        words[at] = words[at] * 5 + 1;
        if ((i & 15) == 0) {
            atomic_fetch_add(&shared, 1);
        }
    }
    return NULL;
}

int lines_main(int argc, char **argv)
{
    steps = size_of_work(argc, argv) * 1000000;
    pthread_t threads[2];
    for (uint64_t i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, run, (void *)i) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("lines %llu %016llx %016llx\n", (unsigned long long)shared, (unsigned long long)words[0], (unsigned long long)words[1]);
    return 0;
}
