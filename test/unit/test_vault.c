/* vault: what is sealed comes back whole or not at all, whatever happens to the file or the disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "fault.h"
#include "folder.h"
#include "keys/aead.h"
#include "vault/blob.h"
#include "vault/vault.h"

#define PLAIN_MAX (1u << 20)
#define SEALED    (BLOB_CHUNK_BYTES + AEAD_TAG_BYTES)

static const struct audit_event_id event = {{1}};

struct fixture {
    char top[FOLDER_PATH_SIZE], data[FOLDER_PATH_SIZE + 32];
    struct keys *keys;
    struct vault *vault;
    uint8_t *plain; /* PLAIN_MAX bytes */
    struct err e;
};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    char config[FOLDER_PATH_SIZE + 32];
    const struct keys_place place = {0};

    folder_make(f->top);
    (void)snprintf(f->data, sizeof f->data, "%s/data", f->top);
    (void)snprintf(config, sizeof config, "%s/config", f->top);
    (void)setenv("XDG_CONFIG_HOME", config, 1);
    if (keys_create(f->data, &place, &f->e) != 0 ||
        keys_open(f->data, &place, &f->keys, &f->e) != 0 ||
        vault_open(f->data, f->keys, &f->vault, &f->e) != 0)
        return -1;
    f->plain = mem_alloc(PLAIN_MAX);
    for (size_t i = 0; i < PLAIN_MAX; i++)
        f->plain[i] = (uint8_t)(i % 251);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fault_none();
    vault_close(f->vault);
    keys_close(f->keys);
    folder_remove(f->top);
    mem_free(f->plain);
    mem_free(f);
    return 0;
}

static struct vault_blob sealed(struct fixture *f, const void *bytes, size_t size)
{
    struct vault_blob blob = {0};

    if (vault_put(f->vault, bytes, size, &blob, &f->e) != 0)
        fail_msg("put: %s", f->e.text);
    return blob;
}

static void path_of(const struct fixture *f, const struct vault_blob *blob, char path[PATH_MAX])
{
    char name[VAULT_NAME_SIZE];

    vault_name(f->vault, blob->id, name);
    (void)snprintf(path, PATH_MAX, "%s/vault/%.2s/%s", f->data, name, name);
}

static void file_of(const struct fixture *f, const struct vault_blob *blob, struct buf *b)
{
    char path[PATH_MAX];

    path_of(f, blob, path);
    buf_init(b, 2 * PLAIN_MAX);
    assert_int_equal(fs_read_file(path, b, NULL), ASSAY_OK);
}

static void replace_file(const struct fixture *f, const struct vault_blob *blob, const void *bytes,
                         size_t size)
{
    char path[PATH_MAX];

    path_of(f, blob, path);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0400); /* unsynced: there are hundreds */
    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, bytes, size, NULL), ASSAY_OK);
    (void)close(fd);
}

static void assert_comes_back(struct fixture *f, const struct vault_blob *blob, const void *bytes,
                              size_t size)
{
    struct buf b;

    buf_init(&b, PLAIN_MAX + 1);
    buf_add_char(&b, '>');
    if (vault_get(f->vault, blob, &event, &b, &f->e) != 0)
        fail_msg("get: %s", f->e.text);
    assert_int_equal(b.size, 1 + size);
    assert_int_equal(b.data[0], '>');
    if (size > 0)
        assert_memory_equal(b.data + 1, bytes, size);
    buf_clear(&b);
    assert_int_equal(vault_check_blob(f->vault, blob, true, &f->e), ASSAY_OK);
}

/* Nothing is given out, the blob's name is, and the check finds it too. */
static void assert_refused(struct fixture *f, const struct vault_blob *blob, enum assay_err want)
{
    char name[VAULT_NAME_SIZE];
    struct buf b;

    vault_name(f->vault, blob->id, name);
    buf_init(&b, PLAIN_MAX + 1);
    buf_add_char(&b, '>');
    enum assay_err rc = vault_get(f->vault, blob, &event, &b, &f->e);
    if (rc != want)
        fail_msg("get: %s instead of %s", assay_err_name(rc), assay_err_name(want));
    assert_int_equal(b.size, 1);
    assert_non_null(strstr(f->e.text, name));
    buf_clear(&b);
    assert_int_equal(vault_check_blob(f->vault, blob, true, &f->e), want);
    assert_non_null(strstr(f->e.text, name));
}

static void every_size_comes_back_as_it_went_in(void **state)
{
    static const size_t sizes[] = {0, 1, 20000, 65535, 65536, 65537, 131072, PLAIN_MAX};
    static const size_t steps[] = {PLAIN_MAX, 1, 7000, 65536, 65537};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
            struct vault_writer *w = NULL;
            struct vault_blob blob;
            struct buf b;
            if (steps[j] == 1 && sizes[i] > 65537)
                continue;
            assert_int_equal(vault_writer_new(f->vault, &w, &f->e), ASSAY_OK);
            for (size_t at = 0; at < sizes[i]; at += steps[j]) {
                size_t step = sizes[i] - at < steps[j] ? sizes[i] - at : steps[j];
                assert_int_equal(vault_writer_feed(w, f->plain + at, step, &f->e), ASSAY_OK);
            }
            assert_int_equal(vault_writer_finish(w, &blob, &f->e), ASSAY_OK);
            vault_writer_free(w);
            assert_int_equal(blob.size, sizes[i]);
            assert_comes_back(f, &blob, f->plain, sizes[i]);
            file_of(f, &blob, &b);
            assert_int_equal(b.size, blob_file_size(sizes[i]));
            buf_clear(&b);
            vault_remove(f->vault, blob.id);
        }
    }
}

/* Made apart, by Python's cryptography package, from the words of doc/vault.md: key 00..1f, key id
 * c0c0c0c0, blob id 10..1f. */
static const char *const example_empty =
    "4153534159424c4201000000c0c0c0c000000100101112131415161718191a1b1c1d1e1f"
    "b51e1266d9e7fbb410c6d14a498cb262";
static const char *const example_short =
    "4153534159424c4201000000c0c0c0c000000100101112131415161718191a1b1c1d1e1f"
    "79b7d1983797516e6b814a3d27f465596274411364f1c44489";
static const struct {
    size_t size; /* byte i is i % 251 */
    const char *sha256;
} example_long[] = {
    {65536, "895922270d0c2375b43e4266966e7f44e0c0f04268657544bc9f9606b661847c"},
    {65537, "2d787129e776bcec4e49588a6cabfa3e66d7434ae978a8868b6f8d67605a0fce"},
    {200000, "e7f026d18e5c915a8230c9ffe4dd35f0d534148e2541b183244d8e64a7fc7dc3"},
};

static size_t example(const void *plain, size_t size, uint8_t *out)
{
    static const uint8_t key_id[BLOB_KEY_ID_BYTES] = {0xc0, 0xc0, 0xc0, 0xc0};
    uint8_t key[AEAD_KEY_BYTES], id[BLOB_ID_BYTES];
    struct blob_stream s = {0};
    size_t at = 0, done = BLOB_HEADER_BYTES;

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof id; i++)
        id[i] = (uint8_t)(0x10 + i);
    s.aead = aead_new(AEAD_SEAL, key);
    blob_header_write(key_id, id, s.header);
    memcpy(out, s.header, BLOB_HEADER_BYTES);
    do {
        size_t step = size - at < BLOB_CHUNK_BYTES ? size - at : BLOB_CHUNK_BYTES;
        blob_seal_chunk(&s, at + step == size ? BLOB_LAST : BLOB_MORE_FOLLOW,
                        (const uint8_t *)plain + at, step, out + done);
        at += step;
        done += step + AEAD_TAG_BYTES;
    } while (at < size);
    aead_free(s.aead);
    return done;
}

static void the_blobs_of_the_documentation_are_made_to_the_byte(void **state)
{
    struct fixture *f = *state;
    uint8_t *out = mem_alloc(300000), digest[32];
    char hex[201];
    size_t size;

    size = example("", 0, out);
    str_hex(out, size, hex);
    assert_string_equal(hex, example_empty);
    size = example("landscape", 9, out);
    str_hex(out, size, hex);
    assert_string_equal(hex, example_short);
    for (size_t i = 0; i < sizeof example_long / sizeof example_long[0]; i++) {
        size = example(f->plain, example_long[i].size, out);
        assert_int_equal(size, blob_file_size(example_long[i].size));
        (void)crypto_hash_sha256(digest, out, size);
        str_hex(digest, sizeof digest, hex);
        assert_string_equal(hex, example_long[i].sha256);
    }
    mem_free(out);
}

static void a_flipped_bit_anywhere_is_found_and_nothing_given_out(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 150000);
    struct buf b;

    file_of(f, &blob, &b);
    for (size_t i = 0; i < b.size; i++) {
        size_t in_chunk = i < BLOB_HEADER_BYTES ? 0 : (i - BLOB_HEADER_BYTES) % SEALED;
        bool edge = in_chunk < 2 || in_chunk >= SEALED - AEAD_TAG_BYTES - 1;
        bool tail = i + AEAD_TAG_BYTES + 1 >= b.size;
        if (i >= BLOB_HEADER_BYTES && !edge && !tail && i % 9973 != 0)
            continue;
        b.data[i] ^= (uint8_t)(1u << (i % 8));
        replace_file(f, &blob, b.data, b.size);
        assert_refused(f, &blob, ASSAY_EDAMAGED);
        b.data[i] ^= (uint8_t)(1u << (i % 8));
    }
    replace_file(f, &blob, b.data, b.size);
    assert_comes_back(f, &blob, f->plain, 150000);
    buf_clear(&b);
}

static void a_cut_or_longer_file_is_found_even_without_reading_it(void **state)
{
    static const size_t cuts[] = {0, 1, 35, 36, 37, 52, SEALED, SEALED + 36, SEALED + 37, 65672};
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 65556);
    struct buf b;

    file_of(f, &blob, &b);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        if (cuts[i] == b.size)
            continue;
        replace_file(f, &blob, b.data, cuts[i] < b.size ? cuts[i] : b.size - 1);
        assert_refused(f, &blob, ASSAY_EDAMAGED);
        assert_int_equal(vault_check_blob(f->vault, &blob, false, &f->e), ASSAY_EDAMAGED);
    }
    buf_add_char(&b, 0);
    replace_file(f, &blob, b.data, b.size);
    assert_refused(f, &blob, ASSAY_EDAMAGED);
    assert_int_equal(vault_check_blob(f->vault, &blob, false, &f->e), ASSAY_EDAMAGED);
    buf_clear(&b);
}

/* The row's size is made to fit each time: the seal alone must find it. */
static void dropped_swapped_and_doubled_chunks_are_found(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 3 * BLOB_CHUNK_BYTES), changed = blob;
    uint8_t *first, *second, *third;
    struct buf b, c;

    file_of(f, &blob, &b);
    assert_int_equal(b.size, BLOB_HEADER_BYTES + 3 * SEALED);
    first = b.data + BLOB_HEADER_BYTES;
    second = first + SEALED;
    third = second + SEALED;
    static const char *const orders[] = {"12",  "13",  "23",   "1",    "3",    "",
                                         "213", "132", "1123", "1233", "1223", "111"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        buf_init(&c, 2 * PLAIN_MAX);
        buf_add(&c, b.data, BLOB_HEADER_BYTES);
        for (const char *o = orders[i]; *o != '\0'; o++)
            buf_add(&c, *o == '1' ? first : *o == '2' ? second : third, SEALED);
        changed.size = strlen(orders[i]) * BLOB_CHUNK_BYTES;
        replace_file(f, &blob, c.data, c.size);
        assert_refused(f, &changed, ASSAY_EDAMAGED);
        buf_clear(&c);
    }
    buf_clear(&b);
}

static void another_blob_under_the_name_is_found(void **state)
{
    struct fixture *f = *state;
    struct vault_blob one = sealed(f, f->plain, 70000), two = sealed(f, f->plain + 1, 70000);
    struct vault_blob mixed = one;
    struct buf a, b;

    file_of(f, &one, &a);
    file_of(f, &two, &b);
    replace_file(f, &one, b.data, b.size);
    assert_refused(f, &one, ASSAY_EDAMAGED);
    assert_int_equal(vault_check_blob(f->vault, &one, false, &f->e), ASSAY_EDAMAGED);
    /* A chunk of the other blob in the right place. */
    memcpy(a.data + BLOB_HEADER_BYTES, b.data + BLOB_HEADER_BYTES, SEALED);
    replace_file(f, &one, a.data, a.size);
    assert_refused(f, &one, ASSAY_EDAMAGED);
    /* The other blob's row. */
    memcpy(mixed.wrapped, two.wrapped, sizeof mixed.wrapped);
    assert_refused(f, &mixed, ASSAY_EDAMAGED);
    mixed = two;
    mixed.size--;
    assert_refused(f, &mixed, ASSAY_EDAMAGED);
    mixed.size = UINT64_MAX;
    assert_refused(f, &mixed, ASSAY_EDAMAGED);
    assert_comes_back(f, &two, f->plain + 1, 70000);
    buf_clear(&a);
    buf_clear(&b);
}

static void another_workspaces_blob_needs_its_key(void **state)
{
    struct fixture *f = *state, *g = NULL;
    void *other = NULL;

    assert_int_equal(set_up(&other), 0);
    g = other;
    struct vault_blob blob = sealed(f, f->plain, 1000);
    struct vault_blob own = sealed(g, g->plain, 1000);
    memcpy(own.wrapped, blob.wrapped, sizeof own.wrapped);
    assert_refused(g, &own, ASSAY_EKEY);
    assert_refused(g, &blob, ASSAY_ENOTFOUND);
    assert_int_equal(tear_down(&other), 0);
}

static void a_missing_blob_and_a_small_buffer_are_said(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 1000);
    struct buf b;

    buf_init(&b, 999);
    assert_int_equal(vault_get(f->vault, &blob, &event, &b, &f->e), ASSAY_ELIMIT);
    assert_int_equal(b.size, 0);
    buf_clear(&b);
    vault_remove(f->vault, blob.id);
    assert_refused(f, &blob, ASSAY_ENOTFOUND);
    vault_remove(f->vault, blob.id);
}

static void no_blob_opens_without_a_record_entry(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 1000);
    int status = 0;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct audit_event_id none = {{0}};
        const struct sigaction by_default = {.sa_handler = SIG_DFL};
        const struct rlimit no_core = {0, 0};
        struct buf b;
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)sigaction(SIGABRT, &by_default, NULL);
        (void)close(2);
        buf_init(&b, PLAIN_MAX);
        _exit(vault_get(f->vault, &blob, &none, &b, NULL) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void bytes_are_synced_before_the_name_and_the_name_after(void **state)
{
    struct fixture *f = *state;

    fault_trace();
    (void)sealed(f, f->plain, 20000);
    assert_string_equal(fault.trace, "wflf");
    fault_trace();
    (void)sealed(f, f->plain, 150000);
    assert_string_equal(fault.trace, "wwwflf");
}

struct count {
    size_t blobs, strays;
    int64_t oldest_s;
    char last[512];
};

static enum assay_err count_one(void *ctx, const char *name, bool stray, int64_t age_s)
{
    struct count *c = ctx;

    *(stray ? &c->strays : &c->blobs) += 1;
    c->oldest_s = age_s > c->oldest_s ? age_s : c->oldest_s;
    (void)snprintf(c->last, sizeof c->last, "%s", name);
    return ASSAY_OK;
}

static struct count counted(struct fixture *f)
{
    struct count c = {0};

    assert_int_equal(vault_each(f->vault, count_one, &c, &f->e), ASSAY_OK);
    return c;
}

static void a_failing_disk_leaves_no_blob_and_no_litter(void **state)
{
    static const struct {
        int number;
        enum assay_err want;
    } errors[] = {{ENOSPC, ASSAY_EFULL}, {EIO, ASSAY_EIO}, {EDQUOT, ASSAY_EFULL}};
    struct fixture *f = *state;
    size_t failures = 0;

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        for (int kind = 0; kind < FAULT_KINDS; kind++) {
            enum assay_err rc = ASSAY_EIO;
            for (long n = 0; rc != 0; n++) {
                struct vault_blob blob;
                fault_after((enum fault_kind)kind, n, errors[i].number);
                rc = vault_put(f->vault, f->plain, 200000, &blob, &f->e);
                fault_none();
                struct count c = counted(f);
                assert_int_equal(c.strays, 0);
                assert_int_equal(c.blobs, rc == 0 ? 1 : 0);
                if (rc == 0) {
                    assert_comes_back(f, &blob, f->plain, 200000);
                    vault_remove(f->vault, blob.id);
                    continue;
                }
                assert_int_equal(rc, errors[i].want);
                assert_non_null(strstr(f->e.text, "seal a blob"));
                failures++;
            }
        }
    }
    assert_int_equal(failures, 3 * (4 + 2 + 1));
}

static void a_real_limit_on_file_size_leaves_no_blob(void **state)
{
    struct fixture *f = *state;
    int status = 0;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct sigaction ignore = {.sa_handler = SIG_IGN};
        const struct rlimit limit = {100000, 100000};
        struct vault_blob blob;
        if (sigaction(SIGXFSZ, &ignore, NULL) != 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(1);
        if (vault_put(f->vault, f->plain, 200000, &blob, NULL) != ASSAY_EIO)
            _exit(2);
        _exit(vault_put(f->vault, f->plain, 90000, &blob, NULL) == 0 ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct count c = counted(f);
    assert_int_equal(c.blobs, 1);
    assert_int_equal(c.strays, 0);
}

static void a_blob_whose_write_failed_can_never_be_finished(void **state)
{
    struct fixture *f = *state;
    struct vault_writer *w = NULL;
    struct vault_blob blob;

    assert_int_equal(vault_writer_new(f->vault, &w, &f->e), ASSAY_OK);
    fault_after(FAULT_WRITE, 0, ENOSPC);
    assert_int_equal(vault_writer_feed(w, f->plain, 200000, &f->e), ASSAY_EFULL);
    fault_none();
    assert_int_equal(vault_writer_feed(w, f->plain, 10, &f->e), ASSAY_EFULL);
    assert_int_equal(vault_writer_finish(w, &blob, &f->e), ASSAY_EFULL);
    vault_writer_free(w);
    struct count c = counted(f);
    assert_int_equal(c.blobs + c.strays, 0);
}

static void an_unfinished_blob_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct vault_writer *w = NULL;

    assert_int_equal(vault_writer_new(f->vault, &w, &f->e), ASSAY_OK);
    assert_int_equal(vault_writer_feed(w, f->plain, 200000, &f->e), ASSAY_OK);
    assert_int_equal(counted(f).strays, 1);
    vault_writer_free(w);
    vault_writer_free(NULL);
    struct count c = counted(f);
    assert_int_equal(c.blobs + c.strays, 0);
}

static void a_stream_of_any_length_needs_the_same_memory(void **state)
{
    struct fixture *f = *state;
    struct rusage before, after;
    struct vault_writer *w = NULL;
    struct vault_blob blob;

    assert_int_equal(vault_writer_new(f->vault, &w, &f->e), ASSAY_OK);
    assert_int_equal(vault_writer_feed(w, f->plain, PLAIN_MAX, &f->e), ASSAY_OK);
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    for (int i = 1; i < 24; i++)
        assert_int_equal(vault_writer_feed(w, f->plain, PLAIN_MAX, &f->e), ASSAY_OK);
    assert_int_equal(vault_writer_finish(w, &blob, &f->e), ASSAY_OK);
    vault_writer_free(w);
    assert_int_equal(vault_check_blob(f->vault, &blob, true, &f->e), ASSAY_OK);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_true(after.ru_maxrss - before.ru_maxrss < 2048); /* KiB */
}

struct worker {
    pthread_t thread;
    struct fixture *f;
    size_t number, failures;
};

#define WORKERS       8
#define WORKERS_BLOBS 12

static void *work(void *arg)
{
    struct worker *w = arg;

    for (size_t i = 0; i < WORKERS_BLOBS; i++) {
        const uint8_t *bytes = w->f->plain + w->number;
        size_t size = 1000 + 30000 * i;
        struct vault_blob blob;
        struct buf b;
        buf_init(&b, PLAIN_MAX);
        if (vault_put(w->f->vault, bytes, size, &blob, NULL) != 0 ||
            vault_get(w->f->vault, &blob, &event, &b, NULL) != 0 || b.size != size ||
            memcmp(b.data, bytes, size) != 0)
            w->failures++;
        buf_clear(&b);
    }
    return NULL;
}

static void writers_at_once_never_meet(void **state)
{
    struct fixture *f = *state;
    struct worker workers[WORKERS];

    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.f = f, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
    struct count c = counted(f);
    assert_int_equal(c.blobs, WORKERS * WORKERS_BLOBS);
    assert_int_equal(c.strays, 0);
}

static void files_are_for_the_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 1000);
    char path[PATH_MAX];
    struct stat st;

    path_of(f, &blob, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(st.st_nlink, 1);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_stolen_disk_tells_nothing(void **state)
{
    struct fixture *f = *state;
    size_t files = 0;

    for (unsigned i = 0; i < 200; i++) {
        uint8_t marker[32], digest[32], data_key[KEYS_DATA_BYTES];
        char text[2 * sizeof marker + 1];
        rand_bytes(marker, sizeof marker);
        str_hex(marker, sizeof marker, text);
        memcpy(f->plain + 500 * i, marker, sizeof marker);
        struct vault_blob blob = sealed(f, f->plain + 500 * i, 500 + 400 * i);
        if (i % 20 != 0)
            continue;
        (void)crypto_hash_sha256(digest, f->plain + 500 * i, 500 + 400 * i);
        assert_int_equal(
            keys_unwrap(f->keys, blob.wrapped, blob.id, sizeof blob.id, data_key, &f->e), ASSAY_OK);
        assert_int_equal(folder_search(f->data, marker, sizeof marker, &files), 0);
        assert_int_equal(folder_search(f->data, digest, sizeof digest, NULL), 0);
        assert_int_equal(folder_search(f->data, data_key, sizeof data_key, NULL), 0);
        assert_int_equal(folder_search(f->data, blob.wrapped + 16, 48, NULL), 0);
    }
    assert_true(files > 180);
    /* Equal bytes make unequal files under unequal names. */
    struct vault_blob one = sealed(f, f->plain, 5000), two = sealed(f, f->plain, 5000);
    char name_one[VAULT_NAME_SIZE], name_two[VAULT_NAME_SIZE];
    vault_name(f->vault, one.id, name_one);
    vault_name(f->vault, two.id, name_two);
    assert_string_not_equal(name_one, name_two);
    struct buf b;
    file_of(f, &one, &b);
    assert_int_equal(folder_search(f->data, b.data + BLOB_HEADER_BYTES, 64, NULL), 1);
    buf_clear(&b);
}

static void what_a_crash_left_is_listed_and_taken_away(void **state)
{
    struct fixture *f = *state;
    struct vault_blob blob = sealed(f, f->plain, 1000);
    char path[PATH_MAX], name[VAULT_NAME_SIZE], temp[RAND_NAME_SIZE], stray[64];

    vault_name(f->vault, blob.id, name);
    path_of(f, &blob, path);
    const struct utimbuf then = {.actime = 0, .modtime = (time_t)(clock_now_ms() / 1000 - 5000)};
    assert_int_equal(utime(path, &then), 0);
    struct count c = counted(f);
    assert_int_equal(c.blobs, 1);
    assert_int_equal(c.strays, 0);
    assert_string_equal(c.last, name);
    assert_true(c.oldest_s >= 4999 && c.oldest_s < 5100);

    rand_name(temp);
    (void)snprintf(stray, sizeof stray, "0a/%s", temp);
    (void)snprintf(path, sizeof path, "%s/vault/%s", f->data, stray);
    assert_int_equal(fs_create(path, "x", 1, 0400, NULL), ASSAY_OK);
    c = counted(f);
    assert_int_equal(c.strays, 1);
    assert_int_equal(vault_remove_named(f->vault, stray, &f->e), ASSAY_OK);
    assert_int_equal(vault_remove_named(f->vault, stray, &f->e), ASSAY_OK);
    assert_int_equal(vault_remove_named(f->vault, name, &f->e), ASSAY_OK);
    c = counted(f);
    assert_int_equal(c.blobs + c.strays, 0);

    static const char *const others[] = {
        "../keys/keyring", "0a/../../keys/keyring", "", "0a", "0a/notes.txt", "notes.txt",
        "/etc/passwd"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(vault_remove_named(f->vault, others[i], &f->e), ASSAY_ERANGE);
    (void)snprintf(path, sizeof path, "%s/vault/notes.txt", f->data);
    assert_int_equal(fs_create(path, "x", 1, 0400, NULL), ASSAY_OK);
    c = counted(f);
    assert_int_equal(c.strays, 1);
    assert_string_equal(c.last, "notes.txt");
}

static enum assay_err stop_at_once(void *ctx, const char *name, bool stray, int64_t age_s)
{
    (void)name;
    (void)stray;
    (void)age_s;
    ++*(size_t *)ctx;
    return ASSAY_ESTATE;
}

static void a_walk_stops_when_told(void **state)
{
    struct fixture *f = *state;
    size_t calls = 0;

    (void)sealed(f, f->plain, 1);
    (void)sealed(f, f->plain, 1);
    assert_int_equal(vault_each(f->vault, stop_at_once, &calls, &f->e), ASSAY_ESTATE);
    assert_int_equal(calls, 1);
}

static void a_blob_reads_the_same_at_any_place(void **state)
{
    static const size_t places[][2] = {
        {0, 1},         {65535, 2},       {65536, 65536}, {3, 200000}, {PLAIN_MAX - 1, 1},
        {0, PLAIN_MAX}, {131071, 131074}, {77, 0}};
    struct fixture *f = *state;
    struct vault_reader *reader;
    struct vault_blob blob;
    struct seekable bytes;
    uint8_t *out = mem_alloc(PLAIN_MAX);

    assert_int_equal(vault_put(f->vault, f->plain, PLAIN_MAX, &blob, &f->e), ASSAY_OK);
    assert_int_equal(vault_reader_open(f->vault, &blob, &event, &reader, &bytes, &f->e), ASSAY_OK);
    assert_int_equal(bytes.size, PLAIN_MAX);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t at = places[i][0], size = places[i][1];
        assert_int_equal(seekable_read(&bytes, at, out, size, &f->e), ASSAY_OK);
        assert_memory_equal(out, f->plain + at, size);
    }
    assert_int_equal(seekable_read(&bytes, PLAIN_MAX, out, 1, &f->e), ASSAY_ERANGE);
    assert_int_equal(seekable_read(&bytes, UINT64_MAX, out, 2, &f->e), ASSAY_ERANGE);
    vault_reader_close(reader);
    mem_free(out);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(every_size_comes_back_as_it_went_in),
        CASE(a_blob_reads_the_same_at_any_place),
        CASE(the_blobs_of_the_documentation_are_made_to_the_byte),
        CASE(a_flipped_bit_anywhere_is_found_and_nothing_given_out),
        CASE(a_cut_or_longer_file_is_found_even_without_reading_it),
        CASE(dropped_swapped_and_doubled_chunks_are_found),
        CASE(another_blob_under_the_name_is_found),
        CASE(another_workspaces_blob_needs_its_key),
        CASE(a_missing_blob_and_a_small_buffer_are_said),
        CASE(no_blob_opens_without_a_record_entry),
        CASE(bytes_are_synced_before_the_name_and_the_name_after),
        CASE(a_failing_disk_leaves_no_blob_and_no_litter),
        CASE(a_real_limit_on_file_size_leaves_no_blob),
        CASE(a_blob_whose_write_failed_can_never_be_finished),
        CASE(an_unfinished_blob_leaves_nothing),
        CASE(a_stream_of_any_length_needs_the_same_memory),
        CASE(writers_at_once_never_meet),
        CASE(files_are_for_the_owner_alone),
        CASE(a_stolen_disk_tells_nothing),
        CASE(what_a_crash_left_is_listed_and_taken_away),
        CASE(a_walk_stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
