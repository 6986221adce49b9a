/* Each allocation of the index made to fail in turn: ENOMEM, nothing lost, nothing half done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "index/index_impl.h"
#include "index_fixture.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *p);

static unsigned fail_at; /* this allocation from now on fails; 0: none */
static long held;        /* blocks not freed */

static bool fails(void)
{
    return fail_at > 0 && --fail_at == 0;
}

static void *counted(void *p)
{
    held += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    void *p = __real_realloc(old, size);
    held += old == NULL && p != NULL;
    return p;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *p)
{
    held -= p != NULL;
    __real_free(p);
}

/* An index with two parts, a full tail and one that is not, and a reader. */
struct thing {
    struct assay_index *ix;
    struct assay_index_reader *r;
    uint8_t *hashes;
    uint32_t *ids;
    size_t count;
    char path[FOLDER_PATH_SIZE + 8];
};

#define PART    (TAIL_PAIRS + 1)
#define ALL     (2 * PART + TAIL_PAIRS + 10)
#define SIMILAR 400 /* ids of the first hash: more hits than a reader first has room for */

static void thing_make(struct thing *t, enum assay_index_form form)
{
    t->hashes = malloc((size_t)(ALL + PART) * HASH_BYTES);
    t->ids = malloc((ALL + PART) * sizeof *t->ids);
    assert_non_null(t->hashes);
    assert_non_null(t->ids);
    made_hashes(MADE_UNIFORM, 1, ALL + PART, t->hashes);
    for (uint32_t i = 0; i < ALL + PART; i++)
        t->ids[i] = i;
    for (size_t i = 1; i < SIMILAR; i++)
        memcpy(t->hashes + i * HASH_BYTES, t->hashes, HASH_BYTES);
    assert_int_equal(assay_index_new(&t->ix), ASSAY_OK);
    assay_index_set_form(t->ix, form);
    assert_int_equal(assay_index_add_many(t->ix, t->hashes, t->ids, PART), ASSAY_OK);
    assert_int_equal(
        assay_index_add_many(t->ix, t->hashes + PART * HASH_BYTES, t->ids + PART, PART), ASSAY_OK);
    for (size_t i = 2 * PART; i < ALL; i++)
        assert_int_equal(assay_index_add(t->ix, t->hashes + i * HASH_BYTES, t->ids[i]), ASSAY_OK);
    assert_int_equal(assay_index_reader_new(t->ix, &t->r), ASSAY_OK);
    t->count = ALL;
}

static void thing_clear(struct thing *t)
{
    assay_index_reader_free(t->r);
    assay_index_free(t->ix);
    free(t->hashes);
    free(t->ids);
}

/* Every pair is there, by a few of them. */
static void thing_holds(struct thing *t)
{
    const struct assay_index_hit *hits;
    struct assay_index_info info;
    size_t count;

    assay_index_get_info(t->ix, &info);
    assert_int_equal(info.pairs, t->count);
    for (size_t i = SIMILAR; i < t->count; i += 1009) {
        enum assay_err rc = assay_index_search(t->r, t->hashes + i * HASH_BYTES, 0, &hits, &count);
        assert_int_equal(rc, ASSAY_OK);
        assert_int_equal(count, 1);
        assert_int_equal(hits[0].id, i);
    }
}

typedef enum assay_err act(struct thing *t);

/* Fail the first allocation, then the second, and so on until the act succeeds. */
static unsigned until_it_succeeds(struct thing *t, act *tried)
{
    unsigned failures = 0;

    for (;;) {
        long before = held;
        fail_at = failures + 1;
        enum assay_err rc = tried(t);
        bool all_done = fail_at > 0;
        fail_at = 0;
        if (all_done) {
            assert_int_equal(rc, ASSAY_OK);
            return failures;
        }
        assert_int_equal(rc, ASSAY_ENOMEM);
        assert_true(held <= before + 1); /* a grown list of hits, or log, may stay */
        thing_holds(t);
        failures++;
        assert_in_range(failures, 1, 1000);
    }
}

static enum assay_err act_new(struct thing *t)
{
    struct assay_index *ix;
    enum assay_err rc = assay_index_new(&ix);

    (void)t;
    if (rc == ASSAY_OK)
        assay_index_free(ix);
    return rc;
}

static enum assay_err act_reader(struct thing *t)
{
    struct assay_index_reader *r;
    enum assay_err rc = assay_index_reader_new(t->ix, &r);

    if (rc == ASSAY_OK)
        assay_index_reader_free(r);
    return rc;
}

static enum assay_err act_search(struct thing *t)
{
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    size_t count;

    enum assay_err rc = assay_index_reader_new(t->ix, &r);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay_index_search(r, t->hashes, 31, &hits, &count);
    if (rc == ASSAY_OK)
        assert_int_equal(count, SIMILAR);
    assay_index_reader_free(r);
    return rc;
}

static enum assay_err act_search_many(struct thing *t)
{
    static size_t begin[101];
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;

    enum assay_err rc = assay_index_reader_new(t->ix, &r);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay_index_search_many(r, t->hashes, 100, 31, &hits, begin);
    if (rc == ASSAY_OK)
        assert_int_equal(begin[100], 100 * SIMILAR);
    assay_index_reader_free(r);
    return rc;
}

static enum assay_err act_add_many(struct thing *t)
{
    enum assay_err rc =
        assay_index_add_many(t->ix, t->hashes + ALL * HASH_BYTES, t->ids + ALL, PART);

    if (rc == ASSAY_OK)
        t->count += PART;
    return rc;
}

static enum assay_err act_merge(struct thing *t)
{
    return assay_index_merge(t->ix);
}

static enum assay_err act_save(struct thing *t)
{
    return assay_index_save(t->ix, t->path, NULL);
}

static enum assay_err act_open(struct thing *t)
{
    struct assay_index *ix;
    enum assay_err rc = assay_index_open(t->path, &ix, NULL);

    if (rc == ASSAY_OK)
        assay_index_free(ix);
    return rc;
}

static enum assay_err act_verify(struct thing *t)
{
    return assay_index_verify(t->path, NULL);
}

static void fail_each(enum assay_index_form form)
{
    static struct thing t;
    char folder[FOLDER_PATH_SIZE];
    long before = held;

    folder_make(folder);
    (void)snprintf(t.path, sizeof t.path, "%s/index", folder);
    thing_make(&t, form);
    assert_int_equal(until_it_succeeds(&t, act_new), 2);
    assert_int_equal(until_it_succeeds(&t, act_reader), 1);
    assert_in_range(until_it_succeeds(&t, act_search), 3, 8);
    assert_in_range(until_it_succeeds(&t, act_search_many), 5, 60);
    assert_in_range(until_it_succeeds(&t, act_add_many), 5, 20);
    assert_in_range(until_it_succeeds(&t, act_merge), 5, 40);
    assert_in_range(until_it_succeeds(&t, act_save), 5, 60);
    assert_in_range(until_it_succeeds(&t, act_open), 3, 20);
    assert_in_range(until_it_succeeds(&t, act_verify), 1, 20);
    thing_holds(&t);
    thing_clear(&t);
    assert_int_equal(held, before);
    folder_remove(folder);
}

static void each_allocation_may_fail_and_nothing_is_lost(void **state)
{
    (void)state;
    fail_each(ASSAY_INDEX_FAST);
    fail_each(ASSAY_INDEX_COMPACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
