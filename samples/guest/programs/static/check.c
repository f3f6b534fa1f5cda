// Floats, vectors and x87 in one static program: prints checksums of what each step computed, bit for bit.
#define _GNU_SOURCE
#include <fenv.h>
#include <immintrin.h>
#include <math.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double next_double(void) { return (double)(int64_t)next_number() / 9.3e14; }

static uint64_t hash(uint64_t value, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * 1099511628211ull;
    }
    return value;
}

static void show(const char *name, uint64_t value) { printf("%s: %016llx\n", name, (unsigned long long)value); }

static void doubles(void)
{
    uint64_t sum = 0;
    static const int modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
    for (int mode = 0; mode < 4; mode++) {
        fesetround(modes[mode]);
        for (int i = 0; i < 1000; i++) {
            volatile double a = next_double(), b = next_double(), c;
            volatile float f = (float)a, g = (float)b, h;
            c = a + b; sum = hash(sum, (void *)&c, 8);
            c = a * b; sum = hash(sum, (void *)&c, 8);
            c = a / b; sum = hash(sum, (void *)&c, 8);
            c = sqrt(fabs(a)); sum = hash(sum, (void *)&c, 8);
            h = f / g - f * g; sum = hash(sum, (void *)&h, 4);
            long n = lrint(a); sum = hash(sum, &n, sizeof n);
            int m = (int)b; sum = hash(sum, &m, sizeof m);
            c = rint(a) + floor(b) - ceil(a) + trunc(b); sum = hash(sum, (void *)&c, 8);
        }
    }
    fesetround(FE_TONEAREST);
    show("doubles", sum);
}

static void functions(void)
{
    uint64_t sum = 0;
    for (int i = 1; i < 1500; i++) {
        double x = (double)i / 37;
        double values[] = { sin(x), cos(x * 100), tan(x), exp(x / 3), log(x), pow(x, 1.37), atan2(x, 3), sinh(x / 9), erf(x / 20), cbrt(x), tgamma(x / 8), fmod(1e17, x), hypot(x, 3) };
        sum = hash(sum, values, sizeof values);
    }
    show("functions", sum);
}

static void long_doubles(void)
{
    uint64_t sum = 0;
    unsigned short control;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    for (int round = 0; round < 4; round++) {
        unsigned short changed = (unsigned short)((control & ~0xf00) | round << 10 | (round == 3 ? 0x200 : 0x300));
        __asm__ volatile("fldcw %0" : : "m"(changed));
        for (int i = 0; i < 600; i++) {
            volatile long double a = next_double(), b = next_double() / 3, c;
            c = a + b; sum = hash(sum, (void *)&c, 10);
            c = a * b; sum = hash(sum, (void *)&c, 10);
            c = a / b; sum = hash(sum, (void *)&c, 10);
            long double root = a < 0 ? -a : a;
            __asm__("fsqrt" : "+t"(root));
            sum = hash(sum, &root, 10);
            long double whole = a;
            __asm__("frndint" : "+t"(whole));
            sum = hash(sum, &whole, 10);
            int64_t n = (int64_t)b; sum = hash(sum, &n, 8);
            double d = (double)a; sum = hash(sum, &d, 8);
            long double scaled = a;
            __asm__("fscale" : "+t"(scaled) : "u"((long double)(i % 40 - 20)));
            sum = hash(sum, &scaled, 10);
        }
    }
    __asm__ volatile("fldcw %0" : : "m"(control));
    char text[64];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%.21Lg %La", (long double)next_double() / 7, (long double)next_double());
        sum = hash(sum, text, strlen(text));
    }
    show("long doubles", sum);
}

static void vectors(void)
{
    static _Alignas(64) float x[1024], y[1024];
    static _Alignas(64) uint8_t bytes[4096], other[4096];
    static _Alignas(64) int16_t words[1024];
    uint64_t sum = 0;
    for (int i = 0; i < 1024; i++) {
        x[i] = (float)next_double();
        y[i] = (float)next_double() / 1000;
        words[i] = (int16_t)next_number();
    }
    for (int i = 0; i < 4096; i++) {
        bytes[i] = (uint8_t)next_number();
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 1024; i++) {
            y[i] = y[i] * 0.5f + x[i] / (1 + fabsf(y[i])) - sqrtf(fabsf(x[i]));
            words[i] = (int16_t)((words[i] * 3) ^ (words[i] >> 5));
        }
        for (int i = 1; i < 4095; i++) {
            other[i] = (uint8_t)((bytes[i - 1] + 2 * bytes[i] + bytes[i + 1] + round) >> 2);
        }
        memmove(bytes + round, other + 2 * round, 4000);
        for (int i = 0; i + 16 <= 4096; i += 16) {
            __m128i a = _mm_load_si128((__m128i *)(bytes + i)), b = _mm_load_si128((__m128i *)(other + i));
            a = _mm_add_epi8(_mm_avg_epu8(a, b), _mm_subs_epu8(b, a));
            b = _mm_packs_epi16(_mm_madd_epi16(a, b), _mm_mullo_epi16(a, _mm_srli_epi16(b, 3)));
            _mm_store_si128((__m128i *)(other + i), _mm_xor_si128(_mm_shuffle_epi32(b, 0x1b), _mm_unpacklo_epi8(a, b)));
        }
#ifdef __SSE4_2__
        for (int i = 0; i + 16 <= 4096; i += 16) {
            __m128i a = _mm_load_si128((__m128i *)(bytes + i)), b = _mm_load_si128((__m128i *)(other + i));
            sum = _mm_crc32_u64(sum, (uint64_t)_mm_cvtsi128_si64(_mm_shuffle_epi8(a, b))) + (uint64_t)_mm_cmpestri(a, 11, b, 16, 12) + (uint64_t)_mm_popcnt_u32((unsigned)_mm_movemask_epi8(_mm_max_epi8(a, b)));
            _mm_store_si128((__m128i *)(bytes + i), _mm_blendv_epi8(_mm_mulhrs_epi16(a, b), _mm_mpsadbw_epu8(a, b, 5), _mm_cmpgt_epi64(a, b)));
        }
#endif
#ifdef __AVX2__
        for (int i = 0; i + 32 <= 4096; i += 32) {
            __m256i a = _mm256_load_si256((__m256i *)(bytes + i)), b = _mm256_load_si256((__m256i *)(other + i));
            a = _mm256_permutevar8x32_epi32(_mm256_sllv_epi32(a, _mm256_and_si256(b, _mm256_set1_epi32(31))), b);
            b = _mm256_i32gather_epi32((const int *)x, _mm256_srli_epi32(b, 22), 4);
            _mm256_store_si256((__m256i *)(bytes + i), _mm256_add_epi16(a, b));
            __m256 f = _mm256_fmadd_ps(_mm256_load_ps(x + i / 4), _mm256_load_ps(y + i / 4), _mm256_set1_ps(0.25f));
            _mm256_store_ps(y + i / 4, _mm256_cvtph_ps(_mm256_cvtps_ph(f, 0)));
            sum += _pext_u64(sum * 77 + (uint64_t)i, 0xf0f0f0f00f0f0f0full) + _pdep_u64(sum, 0x5555555555555555ull);
        }
#endif
    }
    sum = hash(sum, y, sizeof y);
    sum = hash(sum, bytes, sizeof bytes);
    sum = hash(sum, other, sizeof other);
    sum = hash(sum, words, sizeof words);
    show("vectors", sum);
}

static sigjmp_buf back;
static volatile sig_atomic_t code;

static void caught(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
}

static void traps(void)
{
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };
    volatile uint64_t sum = 0;
    volatile double zero = 0, huge = 1e308;
    volatile long double one = 1, none = 0;
    volatile int divisor = 0;
    int *volatile none_at_all = NULL;
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (volatile int kind = 0; kind < 5; kind++) {
        code = 0;
        if (sigsetjmp(back, 1) == 0) {
            volatile double result = 1;
            feclearexcept(FE_ALL_EXCEPT);
            if (kind == 0) {
                divisor = 7 / divisor;
            } else if (kind == 1) {
                feenableexcept(FE_DIVBYZERO);
                result = result / zero;
            } else if (kind == 2) {
                feenableexcept(FE_OVERFLOW);
                result = huge * huge;
            } else if (kind == 3) {
                feenableexcept(FE_DIVBYZERO);
                one = one / none;
                __asm__ volatile("fwait");
            } else {
                *(volatile int *)none_at_all = 1;
            }
        }
        feclearexcept(FE_ALL_EXCEPT);
        fedisableexcept(FE_ALL_EXCEPT);
        sum = sum * 31 + (uint64_t)code;
    }
    show("traps", sum);
}

static int by_value(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void library(void)
{
    static double values[3000];
    static char text[200000];
    size_t length = 0;
    for (int i = 0; i < 3000; i++) {
        values[i] = next_double();
    }
    qsort(values, 3000, sizeof *values, by_value);
    for (int i = 0; i < 3000; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%.17g,%g,%a;", values[i], values[i], values[i]);
        if (strtod(strrchr(text, ';') != NULL && i == 0 ? text : "1.5", NULL) == 0) {
            abort();
        }
    }
    char *copy = strdup(text);
    for (char *at = strtok(copy, ";"); at != NULL; at = strtok(NULL, ";")) {
        if (strlen(at) != strcspn(at, ";") || memchr(at, ',', strlen(at)) == NULL || strstr(at, ",") == NULL) {
            abort();
        }
    }
    free(copy);
    wchar_t wide[64];
    swprintf(wide, 64, L"%ls %.3f", L"wide", values[17]);
    show("library", hash(hash(0, text, length), wide, wcslen(wide) * sizeof *wide));
}

int main(void)
{
    doubles();
    functions();
    long_doubles();
    vectors();
    traps();
    library();
    return 0;
}
