// A program with a planted corruption: a store outside of a table changes the pointer behind it, and much later the program dies of it.
#include <stdio.h>

static int answer = 42;
static volatile unsigned long work;
struct state { long table[4]; int *pointer; };
struct state state = { { 0 }, &answer };

__attribute__((noinline)) void store(long index, long value) { state.table[index] = value; }

__attribute__((noinline)) void compute(unsigned long rounds)
{
    for (unsigned long i = 0; i < rounds; i++)
        work = work * 31 + i;
}

__attribute__((noinline)) int use(void) { return *state.pointer; }

int main(void)
{
    puts("victim begins");
    fflush(stdout);
    compute(100000);
    for (long i = 0; i <= 4; i++)
        store(i, 0x1000 + i);
    compute(3000000);
    printf("the answer is %d\n", use());
    return 0;
}
