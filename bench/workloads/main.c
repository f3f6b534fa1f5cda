// One static binary with all programs:  work PROGRAM [ARGUMENT...]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "work.h"

static const struct { const char *name; int (*run)(int, char **); } programs[] = {
    { "stamp", stamp_main }, { "data", data_main }, { "walk", walk_main }, { "matrix", matrix_main }, { "x87", x87_main },
    { "float-lanes", float_lanes_main }, { "byte-lanes", byte_lanes_main }, { "pipes", pipes_main }, { "locks", locks_main }, { "lines", lines_main },
    { "blocks", blocks_main },
};

long size_of_work(int argc, char **argv)
{
    char *end;
    long size = argc > 1 ? strtol(argv[argc - 1], &end, 10) : 0;
    if (size <= 0 || *end != 0) {
        fprintf(stderr, "usage: work %s SIZE\n", argv[0]);
        exit(1);
    }
    return size;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(argv[1], programs[i].name) == 0) {
            return programs[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "usage: work PROGRAM [ARGUMENT...]; programs:");
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        fprintf(stderr, " %s", programs[i].name);
    }
    fprintf(stderr, "\n");
    return 1;
}
