/* What the guest's compiler compiles: integers, floats, strings, function pointers, recursion, long double, bit fields, variable arguments. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *left, *right;
    unsigned key : 20, height : 12;
    double weight;
};

static uint64_t state = 1;

static uint32_t next_number(void)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33);
}

static int height(const struct node *node) { return node != NULL ? (int)node->height : 0; }

static struct node *update(struct node *node)
{
    int left = height(node->left), right = height(node->right);
    node->height = (unsigned)((left > right ? left : right) + 1) & 0xfff;
    return node;
}

static struct node *turn(struct node *node, int to_left)
{
    struct node *child = to_left ? node->right : node->left;
    if (to_left) {
        node->right = child->left;
        child->left = update(node);
    } else {
        node->left = child->right;
        child->right = update(node);
    }
    return update(child);
}

static struct node *insert(struct node *node, unsigned key)
{
    if (node == NULL) {
        node = calloc(1, sizeof *node);
        if (node == NULL) {
            abort();
        }
        node->key = key & 0xfffff;
        node->height = 1;
        node->weight = sqrt((double)key);
        return node;
    }
    if (key == node->key) {
        node->weight += 1;
        return node;
    }
    if (key < node->key) {
        node->left = insert(node->left, key);
    } else {
        node->right = insert(node->right, key);
    }
    update(node);
    int balance = height(node->left) - height(node->right);
    if (balance > 1) {
        if (key > node->left->key) {
            node->left = turn(node->left, 1);
        }
        return turn(node, 0);
    }
    if (balance < -1) {
        if (key < node->right->key) {
            node->right = turn(node->right, 0);
        }
        return turn(node, 1);
    }
    return node;
}

static void walk(const struct node *node, double *sum, uint32_t *hash)
{
    if (node != NULL) {
        walk(node->left, sum, hash);
        *sum += node->weight;
        *hash = (*hash ^ node->key) * 16777619u;
        walk(node->right, sum, hash);
    }
}

static int by_text(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static long sum_of(int count, ...)
{
    va_list list;
    long sum = 0;
    va_start(list, count);
    while (count-- > 0) {
        sum = sum * 3 + va_arg(list, int);
    }
    va_end(list);
    return sum;
}

static double evaluate(const char **text);

static double factor(const char **text)
{
    if (**text == '(') {
        ++*text;
        double value = evaluate(text);
        ++*text;
        return value;
    }
    char *end;
    double value = strtod(*text, &end);
    *text = end;
    return value;
}

static double evaluate(const char **text)
{
    double sum = factor(text);
    while (**text != 0 && **text != ')') {
        char operation = *(*text)++;
        double right = factor(text);
        switch (operation) {
        case '+': sum += right; break;
        case '-': sum -= right; break;
        case '*': sum *= right; break;
        case '/': sum /= right; break;
        case '^': sum = pow(sum, right); break;
        default: abort();
        }
    }
    return sum;
}

int main(void)
{
    struct node *root = NULL;
    double sum = 0, table[40][40] = { { 0 } };
    uint32_t hash = 2166136261u;
    char *texts[500], text[32];
    for (int i = 0; i < 5000; i++) {
        root = insert(root, next_number() % 100000);
    }
    walk(root, &sum, &hash);
    printf("tree: height %d, %.15g, %08x\n", height(root), sum, hash);
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "%x-%d-%c", next_number(), i, toupper('a' + i % 26));
        texts[i] = strdup(text);
    }
    qsort(texts, 500, sizeof *texts, by_text);
    for (int i = 0; i < 500; i++) {
        for (const char *at = texts[i]; *at != 0; at++) {
            hash = hash * 31 + (unsigned char)*at;
        }
        free(texts[i]);
    }
    printf("texts: %08x, %ld\n", hash, sum_of(5, 1, -2, 3, -4, 5));
    for (int i = 0; i < 40; i++) {
        for (int j = 0; j < 40; j++) {
            for (int k = 0; k < 40; k++) {
                table[i][j] += (double)((i * k) % 7) * (double)((k + j) % 5) / 3;
            }
        }
    }
    long double product = 1;
    for (int i = 1; i < 300; i++) {
        product *= 1 + 1 / (long double)(i * i) + (long double)table[i % 40][i % 39] / 1000000;
    }
    const char *formula = "((1.5+2)*(7/3)^(0.5*3)-(2^10))/0.125";
    printf("floats: %.17g, %.20Lg, %.17g, %a\n", table[17][23], product, evaluate(&formula), sinh(1.25) + cbrt(3));
    return 0;
}
