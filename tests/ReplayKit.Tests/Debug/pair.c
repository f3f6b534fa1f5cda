// A program with two threads beside its first, which waits for them: dynamically linked and at an address that is chosen at its start.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static long counts[2];
static volatile unsigned long work;
static pthread_barrier_t both;
static struct utsname about;

__attribute__((noinline)) void count(long *place)
{
    (*place)++;
    work = work * 31 + *place;
}

// The second begins to count when the first is done.
static void *worker(void *argument)
{
    long number = (long)argument;
    pthread_setname_np(pthread_self(), number ? "second" : "first");
    if (number)
        pthread_barrier_wait(&both);
    for (int i = 0; i < 1000; i++)
        count(&counts[number]);
    getppid();
    if (!number)
        pthread_barrier_wait(&both);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_barrier_init(&both, NULL, 2);
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    // The kernel writes into this program's memory.
    uname(&about);
    printf("counted to %ld and %ld\n", counts[0], counts[1]);
    return 0;
}
