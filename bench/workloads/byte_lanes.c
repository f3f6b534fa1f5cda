// Vectors of integers: loops that gcc -O3 vectorises (a blur of bytes, a mix of 32-bit words) and two kernels by hand: sums of absolute
// differences, and a base-16 encoder with shuffles.
//   work byte-lanes SIZE     passes over the arrays
#include <immintrin.h>
#include <stdio.h>
#include <string.h>
#include "work.h"

enum { N = 16384 };

static _Alignas(64) uint8_t a[N], b[N], text[2 * N];
static _Alignas(64) uint32_t words[N / 4];

static void blur(void)
{
    for (int i = 1; i < N - 1; i++) {
        b[i] = (uint8_t)((a[i - 1] + 2 * a[i] + a[i + 1] + 2) >> 2);
    }
}

static void mix(uint32_t key)
{
    for (int i = 0; i < N / 4; i++) {
        uint32_t w = words[i] + key;
        w ^= w << 13;
        w ^= w >> 17;
        words[i] = w * 2654435761u ^ (w > 0x80000000u ? key : 0);
    }
}

#ifdef __AVX2__
typedef __m256i lanes;
#define LOAD(p) _mm256_load_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_store_si256((__m256i *)(p), v)
#define OP(name) _mm256_##name
#define ALL(byte) _mm256_set1_epi8(byte)
#define AND _mm256_and_si256
#define DIGITS _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)"0123456789abcdef"))
#define ZERO _mm256_setzero_si256()
static uint64_t total(lanes v)
{
    return (uint64_t)_mm256_extract_epi64(v, 0) + (uint64_t)_mm256_extract_epi64(v, 1)
         + (uint64_t)_mm256_extract_epi64(v, 2) + (uint64_t)_mm256_extract_epi64(v, 3);
}
#else
typedef __m128i lanes;
#define LOAD(p) _mm_load_si128((const __m128i *)(p))
#define STORE(p, v) _mm_store_si128((__m128i *)(p), v)
#define OP(name) _mm_##name
#define ALL(byte) _mm_set1_epi8(byte)
#define AND _mm_and_si128
#define DIGITS _mm_loadu_si128((const __m128i *)"0123456789abcdef")
#define ZERO _mm_setzero_si128()
static uint64_t total(lanes v)
{
    return (uint64_t)_mm_extract_epi64(v, 0) + (uint64_t)_mm_extract_epi64(v, 1);
}
#endif

static uint64_t difference(void)
{
    lanes sum = ZERO;
    for (int i = 0; i < N; i += (int)sizeof(lanes)) {
        lanes left = LOAD(a + i), right = LOAD(b + i);
        sum = OP(add_epi64)(sum, OP(sad_epu8)(left, right));
        sum = OP(add_epi64)(sum, OP(sad_epu8)(OP(max_epu8)(left, right), OP(avg_epu8)(left, right)));
    }
    return total(sum);
}

static void encode(void)
{
    lanes digits = DIGITS, low = ALL(15);
    for (int i = 0; i < N; i += (int)sizeof(lanes)) {
        lanes value = LOAD(b + i);
        lanes high = OP(shuffle_epi8)(digits, AND(OP(srli_epi16)(value, 4), low));
        lanes rest = OP(shuffle_epi8)(digits, AND(value, low));
        STORE(text + 2 * i, OP(unpacklo_epi8)(high, rest));
        STORE(text + 2 * i + sizeof(lanes), OP(unpackhi_epi8)(high, rest));
    }
}

int byte_lanes_main(int argc, char **argv)
{
    long passes = size_of_work(argc, argv);
    uint64_t state = 13, sum = 0;
    for (int i = 0; i < N; i++) {
        a[i] = (uint8_t)next_random(&state);
    }
    for (int i = 0; i < N / 4; i++) {
        words[i] = (uint32_t)next_random(&state);
    }
    for (long pass = 0; pass < passes; pass++) {
        blur();
        mix((uint32_t)pass);
        sum = sum * 31 + difference();
        encode();
        memcpy(a + (pass * 64) % (N - 1024), text + (pass * 128) % N, 512);
        a[pass % N] ^= (uint8_t)words[pass % (N / 4)];
    }
    printf("byte-lanes %016llx %08x\n", (unsigned long long)sum, words[N / 8]);
    return 0;
}
