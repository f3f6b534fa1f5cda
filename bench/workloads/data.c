// The same data everywhere.
//   work data bytes SIZE     random bytes
//   work data text SIZE      words with the repetitions of a text, for gzip
//   work data lines SIZE     lines of a number and a word, for sort
#include <stdio.h>
#include <string.h>
#include "work.h"

static uint64_t state = 88172645463325252ull;

static void bytes(long size)
{
    uint64_t block[512];
    for (long written = 0; written < size; written += (long)sizeof block) {
        for (int i = 0; i < 512; i++) {
            block[i] = next_random(&state);
        }
        fwrite(block, 1, size - written < (long)sizeof block ? (size_t)(size - written) : sizeof block, stdout);
    }
}

static const char *word(void)
{
    static char text[16];
    // Few words are frequent, many are rare, as in a text.
    uint64_t value = next_random(&state);
    uint64_t seed = (value & 7) != 0 ? (value >> 8) % 300 : (value >> 8) % 20000;
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    int length = 2 + (int)(next_random(&seed) % 8);
    for (int i = 0; i < length; i++) {
        text[i] = (char)('a' + (next_random(&seed) >> 33) % 26);
    }
    text[length] = 0;
    return text;
}

static void text(long size)
{
    for (long written = 0; written < size;) {
        int length = printf("%s%c", word(), (next_random(&state) & 15) != 0 ? ' ' : '\n');
        written += length;
    }
}

static void lines(long count)
{
    for (long i = 0; i < count; i++) {
        printf("%08llx %s\n", (unsigned long long)(next_random(&state) >> 32), word());
    }
}

int data_main(int argc, char **argv)
{
    long size = size_of_work(argc, argv);
    if (argc != 3) {
        return 1;
    }
    if (strcmp(argv[1], "bytes") == 0) {
        bytes(size);
    } else if (strcmp(argv[1], "text") == 0) {
        text(size);
    } else if (strcmp(argv[1], "lines") == 0) {
        lines(size);
    } else {
        return 1;
    }
    return fflush(stdout) != 0;
}
