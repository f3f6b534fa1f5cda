// The programs of the comparison: each prints one line with what it computed.
#ifndef WORK_H
#define WORK_H

#include <stdint.h>

int stamp_main(int argc, char **argv);
int data_main(int argc, char **argv);
int walk_main(int argc, char **argv);
int matrix_main(int argc, char **argv);
int x87_main(int argc, char **argv);
int float_lanes_main(int argc, char **argv);
int byte_lanes_main(int argc, char **argv);
int pipes_main(int argc, char **argv);
int locks_main(int argc, char **argv);
int lines_main(int argc, char **argv);
int blocks_main(int argc, char **argv);

// The size of the work: the last argument, a number.
long size_of_work(int argc, char **argv);

// xorshift64*: the same numbers everywhere.
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1Dull;
}

#endif
