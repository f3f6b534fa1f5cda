// A small HTTP server with four threads, and the clients that load it: "shop serve" and "shop load REQUESTS". Something in it makes some requests slow (docs/investigation.md).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { Port = 8080, Workers = 4, Clients = 4, Items = 4096, Most = 1 << 14 };

static pthread_mutex_t stock_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned stock[Items], sold;

static struct sockaddr_in address(void) {
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(Port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

// Sorts the items by what is left of them, for a page that nobody asks for any more.
__attribute__((noinline)) static void rank_items(void) {
    static unsigned ranked[Items];
    memcpy(ranked, stock, sizeof ranked);
    for (int i = 1; i < Items; i++) {
        unsigned item = ranked[i];
        int at = i;
        for (; at > 0 && ranked[at - 1] > item; at--) ranked[at] = ranked[at - 1];
        ranked[at] = item;
    }
}

__attribute__((noinline)) static unsigned sell(unsigned item) {
    pthread_mutex_lock(&stock_lock);
    unsigned left = --stock[item % Items];
    if (++sold % 97 == 0) rank_items();
    pthread_mutex_unlock(&stock_lock);
    return left;
}

__attribute__((noinline)) static unsigned look(unsigned item) {
    pthread_mutex_lock(&stock_lock);
    unsigned left = stock[item % Items];
    pthread_mutex_unlock(&stock_lock);
    return left;
}

static void answer(int connection) {
    char request[512], text[256];
    long length = read(connection, request, sizeof request - 1);
    if (length > 0) {
        request[length] = 0;
        unsigned item = 0;
        unsigned left = sscanf(request, "GET /buy/%u", &item) == 1 ? sell(item) : sscanf(request, "GET /item/%u", &item) == 1 ? look(item) : 0;
        int size = snprintf(text, sizeof text, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%u left\n", left);
        if (write(connection, text, size) != size) perror("write");
    }
    close(connection);
}

static void *work(void *listener) {
    for (;;) {
        int connection = accept((int)(long)listener, 0, 0);
        if (connection >= 0) answer(connection);
    }
    return 0;
}

static int serve(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in where = address();
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&where, sizeof where) || listen(listener, 64)) return perror("listen"), 1;
    for (unsigned i = 0; i < Items; i++) stock[i] = (i * 2654435761u >> 12) + 1000;
    for (int i = 0; i < Workers; i++) {
        pthread_t thread;
        char name[16];
        pthread_create(&thread, 0, work, (void *)(long)listener);
        snprintf(name, sizeof name, "worker-%d", i);
        pthread_setname_np(thread, name);
    }
    pause();
    return 0;
}

static unsigned requests;
static double times[Clients][Most];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void *client(void *number) {
    unsigned seed = (unsigned)(long)number;
    for (unsigned i = 0; i < requests; i++) {
        char text[512];
        struct sockaddr_in where = address();
        double begun = now();
        int connection = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection, (struct sockaddr *)&where, sizeof where)) return perror("connect"), (void *)0;
        seed = seed * 1103515245 + 12345;
        int size = snprintf(text, sizeof text, "GET /%s/%u HTTP/1.0\r\n\r\n", i % 5 ? "item" : "buy", seed >> 8);
        if (write(connection, text, size) != size) perror("write");
        while (read(connection, text, sizeof text) > 0) {}
        close(connection);
        times[(long)number][i] = now() - begun;
        usleep(1000);
    }
    return 0;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int load(unsigned each) {
    static double all[Clients * Most];
    pthread_t threads[Clients];
    requests = each < Most ? each : Most;
    for (long i = 0; i < Clients; i++) pthread_create(&threads[i], 0, client, (void *)i);
    unsigned count = 0;
    for (int i = 0; i < Clients; i++) {
        pthread_join(threads[i], 0);
        memcpy(all + count, times[i], requests * sizeof(double));
        count += requests;
    }
    qsort(all, count, sizeof(double), compare);
    printf("%u requests: median %.2f ms, 95%% %.2f ms, 99%% %.2f ms, slowest %.2f ms\n", count, all[count / 2], all[count * 95 / 100], all[count * 99 / 100], all[count - 1]);
    return 0;
}

int main(int argc, char **argv) {
    return argc > 2 && !strcmp(argv[1], "load") ? load(atoi(argv[2])) : serve();
}
