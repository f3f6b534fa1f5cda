// Vectors of floats: loops that gcc -O3 vectorises (saxpy, a blur, a polynomial) and a dot product by hand.
//   work float-lanes SIZE     passes over the arrays
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "work.h"

enum { N = 16384 };

static _Alignas(64) float x[N], y[N], z[N];

static void saxpy(float factor)
{
    for (int i = 0; i < N; i++) {
        y[i] = factor * x[i] + 0.5f * y[i];
    }
}

static void blur(void)
{
    for (int i = 2; i < N - 2; i++) {
        z[i] = (x[i - 2] + 4 * x[i - 1] + 6 * x[i] + 4 * x[i + 1] + x[i + 2]) / 16;
    }
}

static void polynomial(void)
{
    for (int i = 0; i < N; i++) {
        float t = z[i];
        float value = ((0.0083f * t - 0.1666f) * t * t + 1) * t;
        y[i] = (value > y[i] ? value : y[i]) - sqrtf(fabsf(t)) * 0.125f;
    }
}

#ifdef __AVX2__
static float dot(void)
{
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (int i = 0; i < N; i += 16) {
        low = _mm256_fmadd_ps(_mm256_load_ps(x + i), _mm256_load_ps(y + i), low);
        high = _mm256_fmadd_ps(_mm256_load_ps(x + i + 8), _mm256_load_ps(z + i + 8), high);
    }
    low = _mm256_hadd_ps(low, high);
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(low), _mm256_extractf128_ps(low, 1));
    sum = _mm_hadd_ps(sum, sum);
    return _mm_cvtss_f32(_mm_hadd_ps(sum, sum));
}
#else
static float dot(void)
{
    __m128 low = _mm_setzero_ps(), high = _mm_setzero_ps();
    for (int i = 0; i < N; i += 8) {
        low = _mm_add_ps(_mm_mul_ps(_mm_load_ps(x + i), _mm_load_ps(y + i)), low);
        high = _mm_add_ps(_mm_mul_ps(_mm_load_ps(x + i + 4), _mm_load_ps(z + i + 4)), high);
    }
    low = _mm_add_ps(low, high);
    low = _mm_add_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_add_ss(low, _mm_shuffle_ps(low, low, 1)));
}
#endif

int float_lanes_main(int argc, char **argv)
{
    long passes = size_of_work(argc, argv);
    uint64_t state = 11;
    double sum = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(int32_t)next_random(&state) / 2147483648.0f;
        y[i] = (float)(int32_t)next_random(&state) / 2147483648.0f;
    }
    for (long pass = 0; pass < passes; pass++) {
        saxpy(0.5f + (float)(pass & 3) / 8);
        blur();
        polynomial();
        sum += dot();
        x[pass % N] = 0.5f * y[(pass * 7) % N];
    }
    printf("float-lanes %.9g %.9g\n", sum, y[N / 2]);
    return 0;
}
