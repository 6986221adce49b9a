/* libassay without memory: the n-th allocation fails, for every n of every entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "assay/assay.h"

/* What fails: the n-th allocation alone, or it and all after it. */
enum want { WANT_NOTHING, WANT_ONE, WANT_ALL };

static struct {
    enum want want;
    unsigned until; /* allocations still granted */
    bool refused;
    long live; /* blocks that were given and not taken back since */
} memory;

static bool refuse(void)
{
    if (memory.want == WANT_NOTHING)
        return false;
    if (memory.until > 0) {
        memory.until--;
        return false;
    }
    if (memory.want == WANT_ONE && memory.refused)
        return false;
    memory.refused = true;
    return true;
}

static void *counted(void *block)
{
    memory.live += block != NULL ? 1 : 0;
    return block;
}

/* The linker sends the library's allocations here (--wrap); OpenSSL's come by its own hooks. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : counted(__real_malloc(size));
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : counted(__real_calloc(count, size));
}

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return refuse() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
    if (refuse())
        return NULL;
    return block == NULL ? counted(__real_realloc(block, size)) : __real_realloc(block, size);
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    memory.live -= block != NULL ? 1 : 0;
    __real_free(block);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

#define SIDE 70

static uint8_t pixels[3 * SIDE * SIDE];

static enum assay_err digest_whole(void)
{
    struct assay_digests out = {.size = 77};
    enum assay_err rc = assay_digest("abc", 3, &out);

    assert_true(out.size == (rc == ASSAY_OK ? 3 : 77));
    assert_true(rc != ASSAY_OK || out.sha256[0] == 0xba);
    return rc;
}

static enum assay_err digest_twice(void)
{
    struct assay_digests out = {.size = 77};
    struct assay_digester *d = NULL;
    enum assay_err rc = assay_digester_new(&d);

    assert_true((rc == ASSAY_OK) == (d != NULL));
    for (unsigned turn = 0; turn < 2 && rc == ASSAY_OK; turn++) {
        if ((rc = assay_digester_feed(d, "a", 1)) == ASSAY_OK &&
            (rc = assay_digester_feed(d, "bc", 2)) == ASSAY_OK)
            rc = assay_digester_finish(d, &out);
        assert_true(rc != ASSAY_OK || out.sha256[0] == 0xba);
    }
    assay_digester_free(d);
    return rc;
}

typedef enum assay_err feed_rows(struct assay_pdq_stream *s, const uint8_t *rows, size_t stride,
                                 uint32_t count);

static enum assay_err stream(feed_rows *feed)
{
    struct assay_pdq out = {.quality = 101};
    struct assay_pdq_stream *s = NULL;
    enum assay_err rc = assay_pdq_stream_new(SIDE, SIDE, &s);

    assert_true((rc == ASSAY_OK) == (s != NULL));
    for (uint32_t y = 0; y < SIDE && rc == ASSAY_OK; y++)
        rc = feed(s, pixels, sizeof pixels / SIDE, 1);
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish(s, &out);
    assert_true((rc == ASSAY_OK) == (out.quality <= 100));
    assay_pdq_stream_free(s);
    return rc;
}

static enum assay_err stream_rgb(void)
{
    return stream(assay_pdq_stream_rgb);
}

static enum assay_err stream_luma(void)
{
    return stream(assay_pdq_stream_luma);
}

static enum assay_err hash_rgb(void)
{
    struct assay_pdq out = {.quality = 101};
    enum assay_err rc = assay_pdq_hash_rgb(pixels, SIDE, SIDE, (size_t)3 * SIDE, &out);

    assert_true((rc == ASSAY_OK) == (out.quality <= 100));
    return rc;
}

static enum assay_err hash_luma(void)
{
    struct assay_pdq out = {.quality = 101};
    enum assay_err rc = assay_pdq_hash_luma(pixels, SIDE, SIDE, SIDE, &out);

    assert_true((rc == ASSAY_OK) == (out.quality <= 100));
    return rc;
}

/* A picture that is scaled, and all that can be asked of a stream. */
static enum assay_err stream_512(void)
{
    enum { WIDTH = 600, HEIGHT = 8 };
    static_assert(3 * WIDTH * HEIGHT <= sizeof pixels, "the picture lies in pixels");
    struct assay_pdq out[ASSAY_PDQ_TURNS] = {[ASSAY_PDQ_ORIG] = {.quality = 101}};
    struct assay_pdq_stream *s = NULL;
    unsigned stable = 1000;
    enum assay_err rc = assay_pdq_stream_new_512(WIDTH, HEIGHT, &s);

    assert_true((rc == ASSAY_OK) == (s != NULL));
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_rgb(s, pixels, (size_t)3 * WIDTH, HEIGHT);
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish_turned(s, out);
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_stable_bits(s, &stable);
    assert_true((rc == ASSAY_OK) == (out[ASSAY_PDQ_ORIG].quality <= 100 && stable <= 256));
    assay_pdq_stream_free(s);
    return rc;
}

typedef enum assay_err entry(void);

/* Where OpenSSL does without what it asked for, the digests must be right all the same. */
enum without { FAILS, MAY_DO };

static const struct {
    const char *name;
    entry *run;
    enum without without;
    unsigned least; /* failures that must be reported */
} entries[] = {
    {"digest_whole", digest_whole, MAY_DO, 4}, {"digest_twice", digest_twice, MAY_DO, 4},
    {"stream_rgb", stream_rgb, FAILS, 1},      {"stream_luma", stream_luma, FAILS, 1},
    {"stream_512", stream_512, FAILS, 1},      {"hash_rgb", hash_rgb, FAILS, 1},
    {"hash_luma", hash_luma, FAILS, 1},
};

/* One run in which allocation n fails; true where there was an n-th. */
static bool run_without(entry *run, enum want want, unsigned n, enum assay_err *rc)
{
    memory.until = n;
    memory.refused = false;
    memory.want = want;
    *rc = run();
    memory.want = WANT_NOTHING;
    return memory.refused;
}

static void check_entry(size_t i, enum want want)
{
    enum assay_err rc;
    unsigned n = 0, reported = 0;

    for (;; n++) {
        long before = memory.live;
        if (!run_without(entries[i].run, want, n, &rc))
            break;
        bool good = rc == ASSAY_ENOMEM || (rc == ASSAY_OK && entries[i].without == MAY_DO);
        if (!good || memory.live != before)
            print_message("# %s, allocation %u: %s, %ld blocks more\n", entries[i].name, n,
                          assay_err_name(rc), memory.live - before);
        assert_true(good);
        assert_int_equal(memory.live, before);
        assert_int_equal(ERR_peek_error(), 0);
        reported += rc == ASSAY_ENOMEM ? 1 : 0;
    }
    assert_int_equal(rc, ASSAY_OK);
    assert_true(reported >= entries[i].least);
    print_message("# %s: %u allocations, %u failures reported\n", entries[i].name, n, reported);
}

static void each_allocation_that_fails_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        assert_int_equal(entries[i].run(), ASSAY_OK); /* OpenSSL loads at its first use */
        check_entry(i, WANT_ONE);
        check_entry(i, WANT_ALL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_that_fails_is_reported_and_nothing_leaks),
    };
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
