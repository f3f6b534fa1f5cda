// Two threads that share little: each takes the next block of work from a counter, computes in memory of its own, and writes one word of the result.
//   work blocks SIZE     blocks of 64 KiB
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "work.h"

enum { WORDS = 1 << 13 };

static _Alignas(4096) _Atomic long next;
static long size;
static uint64_t *results;

static void *run(void *unused)
{
    uint64_t *words = aligned_alloc(4096, WORDS * sizeof *words);
    for (long block; words != NULL && (block = atomic_fetch_add(&next, 1)) < size;) {
        uint64_t state = (uint64_t)block + 1, sum = 0;
        for (int i = 0; i < WORDS; i++) {
            words[i] = next_random(&state);
        }
        for (int pass = 0; pass < 4; pass++) {
            for (int i = 1; i < WORDS; i++) {
                words[i] += words[words[i - 1] & (WORDS - 1)] ^ (words[i] >> 7);
                sum += words[i];
            }
        }
        results[block] = sum;
    }
    free(words);
    return words == NULL ? &size : unused;
}

int blocks_main(int argc, char **argv)
{
    size = size_of_work(argc, argv);
    results = calloc((size_t)size, sizeof *results);
    pthread_t threads[2];
    void *failed;
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        if (results == NULL || pthread_create(&threads[i], NULL, run, NULL) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (pthread_join(threads[i], &failed) != 0 || failed != NULL) {
            return 1;
        }
    }
    for (long i = 0; i < size; i++) {
        sum = sum * 31 + results[i];
    }
    printf("blocks %ld %016llx\n", size, (unsigned long long)sum);
    return 0;
}
