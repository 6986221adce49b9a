/* The vault's cost: sealing and opening beside the bare write + fsync and the bare cipher. */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "keys/aead.h"
#include "vault/vault.h"

/*
 * usage: bench_vault [FOLDER]   FOLDER lies on the disk to be measured; default: the present one.
 * For each size, five rounds; in each round the ways take turns, so that all meet the same disk.
 * Medians are printed.
 */
#define ROUNDS 5

static const struct {
    size_t size, count; /* bytes a file, files a round */
} plans[] = {{20000, 40}, {1u << 20, 20}, {64u << 20, 1}};

enum way { WAY_BARE, WAY_SEAL, WAY_OPEN, WAY_READ, WAY_CIPHER, WAYS };
static const char *const way_names[WAYS] = {"write+fsync", "seal", "open", "read", "cipher"};

struct bench {
    char folder[PATH_MAX];
    struct keys *keys;
    struct vault *vault;
    uint8_t *plain, *scratch;
    struct vault_blob blobs[40];
};

static void must(enum assay_err rc, const struct err *e)
{
    if (rc == ASSAY_OK)
        return;
    (void)fprintf(stderr, "bench_vault: %s\n", e->text);
    exit(1);
}

static void bare_path(const struct bench *b, size_t i, char path[PATH_MAX])
{
    int n = snprintf(path, PATH_MAX, "%s/bare-%zu", b->folder, i);

    if (n < 0 || n >= PATH_MAX)
        exit(1);
}

/* The same durability without seal: a file and its folder synced. */
static void bare_write(struct bench *b, size_t i, size_t size)
{
    char path[PATH_MAX];
    struct err e;

    bare_path(b, i, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        must(err_errno(&e, "create %s", path), &e);
    must(fs_write_all(fd, b->plain, size, &e), &e);
    must(fs_sync(fd, &e), &e);
    (void)close(fd);
    must(fs_sync_dir(b->folder, &e), &e);
}

static void one(struct bench *b, enum way way, size_t i, size_t size)
{
    static const struct audit_event_id event = {{1}};
    static const uint8_t key[AEAD_KEY_BYTES] = {1};
    char path[PATH_MAX];
    struct buf out;
    struct err e;

    buf_init(&out, size + 1);
    switch (way) {
    case WAY_BARE:
        bare_write(b, i, size);
        break;
    case WAY_SEAL:
        must(vault_put(b->vault, b->plain, size, &b->blobs[i], &e), &e);
        break;
    case WAY_OPEN:
        must(vault_get(b->vault, &b->blobs[i], &event, &out, &e), &e);
        break;
    case WAY_READ:
        bare_path(b, i, path);
        (void)buf_reserve(&out, size);
        must(fs_read_file(path, &out, &e), &e);
        break;
    default: {
        struct aead *a = aead_new(AEAD_SEAL, key);
        uint8_t nonce[AEAD_NONCE_BYTES] = {0};
        for (size_t at = 0; at < size; at += 65536) {
            size_t step = size - at < 65536 ? size - at : 65536;
            memcpy(nonce, &at, sizeof at);
            aead_seal(a, nonce, NULL, 0, b->plain + at, step, b->scratch);
        }
        aead_free(a);
    }
    }
    buf_clear(&out);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void measure(struct bench *b, size_t size, size_t count)
{
    double seconds[WAYS][ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        for (int way = 0; way < WAYS; way++) {
            int64_t start = clock_mono_ms();
            size_t repeats = 0;
            do { /* quick ways run for a while, so that milliseconds measure them */
                for (size_t i = 0; i < count; i++)
                    one(b, (enum way)way, i, size);
                repeats++;
            } while (way >= WAY_OPEN && clock_mono_ms() - start < 200);
            seconds[way][round] =
                (double)(clock_mono_ms() - start) / 1000.0 / (double)(repeats * count);
        }
        for (size_t i = 0; i < count; i++) {
            char path[PATH_MAX];
            bare_path(b, i, path);
            (void)unlink(path);
            vault_remove(b->vault, b->blobs[i].id);
        }
    }
    for (int way = 0; way < WAYS; way++)
        qsort(seconds[way], ROUNDS, sizeof(double), by_value);
    for (int way = 0; way < WAYS; way++) {
        double median = seconds[way][ROUNDS / 2];
        (void)printf("%9zu bytes  %-11s %10.1f files/s %9.1f MB/s\n", size, way_names[way],
                     1.0 / median, (double)size / 1e6 / median);
    }
    (void)printf("%9zu bytes  seal is %.2f of write+fsync; open is %.2f of read plus cipher\n",
                 size, seconds[WAY_SEAL][ROUNDS / 2] / seconds[WAY_BARE][ROUNDS / 2],
                 seconds[WAY_OPEN][ROUNDS / 2] /
                     (seconds[WAY_READ][ROUNDS / 2] + seconds[WAY_CIPHER][ROUNDS / 2]));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int main(int argc, char **argv)
{
    struct bench *b = mem_zalloc(sizeof *b);
    char data[PATH_MAX], key[PATH_MAX];
    const struct keys_place place = {.key_file = key};
    const size_t largest = plans[sizeof plans / sizeof plans[0] - 1].size;
    struct err e;

    (void)snprintf(b->folder, sizeof b->folder, "%.3000s/bench-vault-XXXXXX",
                   argc > 1 ? argv[1] : ".");
    if (mkdtemp(b->folder) == NULL)
        must(err_errno(&e, "make folder %.200s", b->folder), &e);
    (void)snprintf(data, sizeof data, "%.4000s/data", b->folder);
    (void)snprintf(key, sizeof key, "%.4000s/site.key", b->folder);
    must(keys_create(data, &place, &e), &e);
    must(keys_open(data, &place, &b->keys, &e), &e);
    must(vault_open(data, b->keys, &b->vault, &e), &e);
    b->plain = mem_alloc(largest);
    b->scratch = mem_alloc(65536 + AEAD_TAG_BYTES);
    for (size_t i = 0; i < largest; i++)
        b->plain[i] = (uint8_t)(i * 2654435761u >> 13);

    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        measure(b, plans[i].size, plans[i].count);
    (void)nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    vault_close(b->vault);
    keys_close(b->keys);
    mem_free(b->plain);
    mem_free(b->scratch);
    mem_free(b);
    return 0;
}
