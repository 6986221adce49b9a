/* decide-clients ADDRESS:PORT CLIENTS SECONDS: grades by the API as fast as answers come. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/*
 * Session tokens come on stdin, a line each, one for each client. A client is a thread with a
 * connection of its own: it takes leases as the console does, two at once, and sends a decision for
 * each with an Idempotency-Key. Acknowledged is what was answered with 200. Prints one JSON object.
 */
#define CLIENTS_MAX 256
#define SAMPLES_MAX 100000 /* a client */
#define ANSWER_MAX  65536
#define TAKE        2

static struct sockaddr_in address;
static char host[64];
static _Atomic int64_t begin_us, end_us; /* the time that counts */

struct client {
    pthread_t thread;
    int fd;
    char token[80];
    int64_t requests, decided;
    int32_t *samples; /* microseconds, a decision each */
    char answer[ANSWER_MAX];
};

static int64_t now_us(void)
{
    struct timespec t = clock_mono_in(0);

    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "decide-clients: %s: %s\n", what, why);
    exit(3);
}

static void connect_to(struct client *c)
{
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        die("connect", strerror(errno));
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* The whole answer into c->answer; its status, and *body where the body begins. */
static int read_answer(struct client *c, const char **body)
{
    size_t have = 0, head = 0, length = 0;

    do {
        ssize_t n = recv(c->fd, c->answer + have, ANSWER_MAX - 1 - have, 0);
        if (n <= 0)
            die("answer", n == 0 ? "the server closed" : strerror(errno));
        have += (size_t)n;
        c->answer[have] = '\0';
        const char *end = strstr(c->answer, "\r\n\r\n");
        if (head == 0 && end != NULL) {
            const char *at = strcasestr(c->answer, "\r\ncontent-length:");
            head = (size_t)(end - c->answer) + 4;
            length = at != NULL && at < end ? strtoul(at + 17, NULL, 10) : 0;
            if (head + length >= ANSWER_MAX)
                die("answer", "too long");
        }
    } while (head == 0 || have < head + length);
    *body = c->answer + head;
    return (int)strtol(c->answer + 9, NULL, 10);
}

static int post(struct client *c, const char *path, const char *body, const char **answer)
{
    char request[2048], once[80] = "";

    if (strstr(path, "decisions") != NULL)
        (void)snprintf(once, sizeof once, "Idempotency-Key: bench-%d-%.8s-%lld\r\n", (int)getpid(),
                       c->token, (long long)c->requests);
    int n =
        snprintf(request, sizeof request,
                 "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\n"
                 "Cookie: assay_session=%s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
                 path, host, host, c->token, once,
                 body[0] == '\0' ? "" : "Content-Type: application/json\r\n", strlen(body), body);
    c->requests++;
    if (n < 0 || (size_t)n >= sizeof request || send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        die("send", strerror(errno));
    return read_answer(c, answer);
}

static void decide(struct client *c, const char *lease)
{
    char body[256];
    const char *answer;

    (void)snprintf(body, sizeof body,
                   "{\"lease\":\"%.32s\",\"code\":\"L1\",\"tags\":[\"light:day\","
                   "\"season:winter\"]}",
                   lease);
    int64_t sent = now_us();
    int status = post(c, "/api/v1/decisions", body, &answer);
    int64_t came = now_us();
    if (status != 200)
        die("decision", answer);
    if (sent < atomic_load(&begin_us) || came > atomic_load(&end_us))
        return;
    if (c->decided == SAMPLES_MAX)
        die("decisions", "too many for the room");
    c->samples[c->decided++] = (int32_t)(came - sent);
}

static void *client_main(void *arg)
{
    static const char mark[] = "\"lease\":\"";
    struct client *c = arg;
    char leases[TAKE][33];
    const char *answer;

    while (now_us() < atomic_load(&end_us)) {
        int count = 0;
        if (post(c, "/api/v1/leases", "{\"queue\":\"grade\",\"count\":2}", &answer) != 200)
            die("leases", answer);
        for (const char *at = answer; count < TAKE && (at = strstr(at, mark)) != NULL; count++) {
            at += sizeof mark - 1;
            (void)snprintf(leases[count], sizeof leases[count], "%.32s", at);
        }
        if (count == 0)
            die("leases", "nothing waits: fill in more tasks");
        for (int i = 0; i < count; i++)
            decide(c, leases[i]);
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static void report(const struct client *clients, int64_t count, int64_t seconds)
{
    int64_t decided = 0, at = 0;

    for (int64_t i = 0; i < count; i++)
        decided += clients[i].decided;
    if (decided == 0)
        die("report", "nothing was decided");
    int32_t *all = mem_array((size_t)decided, sizeof *all);
    for (int64_t i = 0; i < count; i++) {
        memcpy(all + at, clients[i].samples, (size_t)clients[i].decided * sizeof *all);
        at += clients[i].decided;
    }
    qsort(all, (size_t)decided, sizeof *all, by_size);
    (void)printf("{\"clients\":%lld,\"decided\":%lld,\"per_s\":%.1f,\"p50_ms\":%.2f,"
                 "\"p95_ms\":%.2f,\"p99_ms\":%.2f}\n",
                 (long long)count, (long long)decided, (double)decided / (double)seconds,
                 all[decided / 2] / 1e3, all[decided * 95 / 100] / 1e3,
                 all[decided * 99 / 100] / 1e3);
    mem_free(all);
}

static void parse_address(const char *text)
{
    char ip[32];
    const char *colon = strrchr(text, ':');
    int64_t port;

    (void)snprintf(host, sizeof host, "%s", text);
    if (colon == NULL || (size_t)(colon - text) >= sizeof ip ||
        str_int64(colon + 1, 1, 65535, &port) != ASSAY_OK)
        die("address", text);
    (void)snprintf(ip, sizeof ip, "%.*s", (int)(colon - text), text);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, ip, &address.sin_addr) != 1)
        die("address", text);
}

int main(int argc, char **argv)
{
    int64_t count, seconds;

    if (argc != 4 || str_int64(argv[2], 1, CLIENTS_MAX, &count) != ASSAY_OK ||
        str_int64(argv[3], 1, 3600, &seconds) != ASSAY_OK) {
        (void)fputs("usage: decide-clients ADDRESS:PORT CLIENTS SECONDS <TOKENS\n", stderr);
        return 2;
    }
    parse_address(argv[1]);
    struct client *clients = mem_array((size_t)count, sizeof *clients);
    for (int64_t i = 0; i < count; i++) {
        struct client *c = &clients[i];
        const char *answer;
        if (fgets(c->token, sizeof c->token, stdin) == NULL)
            die("tokens", "too few on stdin");
        c->token[strcspn(c->token, "\n")] = '\0';
        c->samples = mem_array(SAMPLES_MAX, sizeof *c->samples);
        connect_to(c);
        if (post(c, "/api/v1/shift", "", &answer) != 200)
            die("shift", answer);
    }
    atomic_store(&begin_us, now_us());
    atomic_store(&end_us, now_us() + seconds * 1000000);
    for (int64_t i = 0; i < count; i++) {
        if (pthread_create(&clients[i].thread, NULL, client_main, &clients[i]) != 0)
            die("thread", "none can be started");
    }
    for (int64_t i = 0; i < count; i++)
        (void)pthread_join(clients[i].thread, NULL);
    report(clients, count, seconds);
    return 0;
}
