/* Random bytes, ids and names from getrandom(2). */
#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/str.h"

#define ID_EPOCH_MS    1704067200000 /* 2024-01-01T00:00:00Z */
#define ID_RANDOM_BITS 22

void rand_bytes(void *out, size_t size)
{
    unsigned char *to = out;

    while (size > 0) {
        ssize_t n = getrandom(to, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fprintf(stderr, "assay: the kernel gives no random bytes\n");
            abort();
        }
        to += n;
        size -= (size_t)n;
    }
}

int64_t rand_id(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t last;
    uint32_t low;
    int64_t ms = clock_now_ms() - ID_EPOCH_MS;

    rand_bytes(&low, sizeof low);
    if (ms < 0)
        ms = 0;
    int64_t id = ms << ID_RANDOM_BITS | (int64_t)(low & ((1u << ID_RANDOM_BITS) - 1));
    (void)pthread_mutex_lock(&lock);
    if (id <= last)
        id = last + 1;
    last = id;
    (void)pthread_mutex_unlock(&lock);
    assert(id > 0);
    return id;
}

void rand_name(char *out)
{
    unsigned char bytes[16];

    rand_bytes(bytes, sizeof bytes);
    memcpy(out, ".tmp-", 5);
    str_hex(bytes, sizeof bytes, out + 5);
}
