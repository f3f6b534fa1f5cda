// Two threads that take turns under a mutex.
//   work locks SIZE     thousands of turns of each thread
#include <pthread.h>
#include <stdio.h>
#include "work.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t table[64], turns;

static void *run(void *size)
{
    uint64_t state = 99, mine = 0;
    for (long i = 0; i < *(const long *)size * 1000; i++) {
        uint64_t value = next_random(&state);
        pthread_mutex_lock(&mutex);
        table[value & 63] += value >> 58;
        turns++;
        pthread_mutex_unlock(&mutex);
        mine ^= value;
    }
    return mine == 0 ? size : NULL;
}

int locks_main(int argc, char **argv)
{
    long size = size_of_work(argc, argv);
    pthread_t threads[2];
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, run, &size) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < 64; i++) {
        sum = sum * 31 + table[i];
    }
    printf("locks %llu %016llx\n", (unsigned long long)turns, (unsigned long long)sum);
    return 0;
}
