// The product of two matrices of doubles, scalar as gcc -O2 leaves it.
//   work matrix SIZE     rows and columns
#include <stdio.h>
#include <stdlib.h>
#include "work.h"

int matrix_main(int argc, char **argv)
{
    long n = size_of_work(argc, argv);
    double *a = malloc((size_t)(n * n) * sizeof *a), *b = malloc((size_t)(n * n) * sizeof *b), *c = calloc((size_t)(n * n), sizeof *c);
    uint64_t state = 7;
    if (a == NULL || b == NULL || c == NULL) {
        return 1;
    }
    for (long i = 0; i < n * n; i++) {
        a[i] = (double)(int32_t)next_random(&state) / 2147483648.0;
        b[i] = (double)(int32_t)next_random(&state) / 2147483648.0;
    }
    for (long i = 0; i < n; i++) {
        for (long k = 0; k < n; k++) {
            double factor = a[i * n + k];
            for (long j = 0; j < n; j++) {
                c[i * n + j] += factor * b[k * n + j];
            }
        }
    }
    double trace = 0, sum = 0;
    for (long i = 0; i < n; i++) {
        trace += c[i * n + i];
        for (long j = 0; j < n; j++) {
            sum += c[i * n + j] * (double)((i ^ j) & 7);
        }
    }
    printf("matrix %.17g %.17g\n", trace, sum);
    free(a);
    free(b);
    free(c);
    return 0;
}
