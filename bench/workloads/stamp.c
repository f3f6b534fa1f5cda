// Times what runs between two calls by the monotonic clock, and marks both on standard output for whoever watches from outside.
//   work stamp begin NAME FILE     prints "@@ begin NAME" and notes the time in FILE
//   work stamp end NAME FILE       prints "@@ end NAME SECONDS"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "work.h"

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int stamp_main(int argc, char **argv)
{
    long long time = now();
    if (argc != 4) {
        return 1;
    }
    if (strcmp(argv[1], "begin") == 0) {
        printf("@@ begin %s\n", argv[2]);
        fflush(stdout);
        tcdrain(STDOUT_FILENO);
        FILE *file = fopen(argv[3], "w");
        if (file == NULL) {
            return 1;
        }
        fprintf(file, "%lld\n", now());
        return fclose(file) != 0;
    }
    long long begun;
    FILE *file = fopen(argv[3], "r");
    if (file == NULL || fscanf(file, "%lld", &begun) != 1) {
        return 1;
    }
    printf("@@ end %s %.6f\n", argv[2], (double)(time - begun) / 1e9);
    return 0;
}
