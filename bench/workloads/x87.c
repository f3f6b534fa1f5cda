// long double: a Mandelbrot set, square roots and conversions, all on the x87 stack.
//   work x87 SIZE     rows and columns of the picture
#include <stdio.h>
#include "work.h"

static int escape(long double x, long double y)
{
    long double a = 0, b = 0;
    int step = 0;
    while (step < 64 && a * a + b * b < 4) {
        long double next = a * a - b * b + x;
        b = 2 * a * b + y;
        a = next;
        step++;
    }
    return step;
}

static long double root(long double value)
{
    __asm__("fsqrt" : "+t"(value));
    return value;
}

int x87_main(int argc, char **argv)
{
    long size = size_of_work(argc, argv);
    long steps = 0;
    long double sum = 0;
    for (long row = 0; row < size; row++) {
        for (long column = 0; column < size; column++) {
            int found = escape(3.0L * column / size - 2.25L, 2.5L * row / size - 1.25L);
            steps += found;
            sum += root((long double)(found + row)) / (1 + column);
            sum -= (long double)(int64_t)(sum / 3);
        }
    }
    printf("x87 %ld %.20Lg\n", steps, sum);
    return 0;
}
