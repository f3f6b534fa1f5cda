// Two processes that wake each other through two pipes.
//   work pipes SIZE     round trips
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "work.h"

int pipes_main(int argc, char **argv)
{
    long trips = size_of_work(argc, argv);
    int there[2], back[2], status;
    uint64_t value = 1;
    if (pipe(there) != 0 || pipe(back) != 0) {
        return 1;
    }
    pid_t child = fork();
    if (child == 0) {
        for (long i = 0; i < trips && read(there[0], &value, sizeof value) == sizeof value; i++) {
            value = value * 6364136223846793005ull + 1;
            if (write(back[1], &value, sizeof value) != sizeof value) {
                _exit(1);
            }
        }
        _exit(0);
    }
    for (long i = 0; i < trips; i++) {
        if (write(there[1], &value, sizeof value) != sizeof value || read(back[0], &value, sizeof value) != sizeof value) {
            return 1;
        }
    }
    printf("pipes %016llx\n", (unsigned long long)value);
    return waitpid(child, &status, 0) != child || status != 0;
}
