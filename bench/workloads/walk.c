// Integer work in registers and cache (a sieve, a hash) and a walk through 32 MB in random order.
//   work walk SIZE     millions of steps of the walk
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "work.h"

enum { CELLS = 1 << 22, LIMIT = 1 << 20 };

static uint64_t sieve(void)
{
    static unsigned char composite[LIMIT];
    uint64_t sum = 0;
    memset(composite, 0, sizeof composite);
    for (uint32_t i = 2; i < LIMIT; i++) {
        if (!composite[i]) {
            sum += i;
            for (uint64_t k = (uint64_t)i * i; k < LIMIT; k += i) {
                composite[k] = 1;
            }
        }
    }
    return sum;
}

static uint32_t checksum(const unsigned char *data, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ data[i]) * 16777619u;
        hash ^= hash >> 15;
    }
    return hash;
}

int walk_main(int argc, char **argv)
{
    long steps = size_of_work(argc, argv) * 1000000;
    uint64_t *cells = malloc(CELLS * sizeof *cells);
    uint64_t state = 42;
    if (cells == NULL) {
        return 1;
    }
    for (int i = 0; i < CELLS; i++) {
        cells[i] = next_random(&state);
    }
    uint64_t sum = sieve();
    uint64_t at = 0;
    for (long i = 0; i < steps; i++) {
        uint64_t value = cells[at];
        sum = (sum << 7 | sum >> 57) ^ value;
        cells[at] = value + sum;
        at = (value + (uint64_t)i * 0x9E3779B97F4A7C15ull) >> 42;
        if ((sum & 63) == 0) {
            sum += at * at;
        }
    }
    printf("walk %016llx %08x\n", (unsigned long long)sum, checksum((const unsigned char *)cells, CELLS));
    free(cells);
    return 0;
}
