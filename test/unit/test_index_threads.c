/* Adds, deletes, merges and saves while others search: what stays is always found, what is gone is
 * never found, what was added is found from then on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "index/index_impl.h"
#include "index_fixture.h"

#define STAY      20000
#define COME      60000
#define LAG       20000 /* so late that what goes lies in a part, or is on its way into one */
#define SEARCHERS 2
#define RADIUS    12 /* made-up hashes are never so near by chance */

/* The first STAY hashes stay; of those behind, which come one by one, each tenth goes again. */
struct shared {
    struct assay_index *ix;
    uint8_t *hashes;
    char path[FOLDER_PATH_SIZE + 8];
    atomic_size_t come, gone; /* how many were added; of those, all before gone were looked at */
    atomic_bool end;
    atomic_uint wrong, searches;
};

static bool goes(size_t i)
{
    return i % 10 == 3;
}

/* Whether the search for hash i answers it at the distance asked for, and nothing else. */
static bool found(struct shared *s, struct assay_index_reader *r, uint64_t *draw, size_t i)
{
    const struct assay_index_hit *hits;
    uint8_t query[HASH_BYTES];
    unsigned bits = (unsigned)(made_next(draw) % (RADIUS + 1));
    size_t count;

    made_near(draw, s->hashes + i * HASH_BYTES, bits, query);
    if (assay_index_search(r, query, RADIUS, &hits, &count) != ASSAY_OK || count > 1)
        s->wrong++;
    if (count == 1 && (hits[0].id != i || hits[0].distance != bits))
        s->wrong++;
    return count == 1;
}

static void *search(void *shared)
{
    struct shared *s = shared;
    struct assay_index_reader *r;
    uint64_t draw = (uint64_t)(uintptr_t)&r;

    if (assay_index_reader_new(s->ix, &r) != ASSAY_OK) {
        s->wrong++;
        return NULL;
    }
    while (!s->end) {
        size_t gone = s->gone, come = s->come;
        s->wrong += !found(s, r, &draw, made_next(&draw) % STAY);
        if (come > 0) {
            size_t i = made_next(&draw) % come;
            bool there = found(s, r, &draw, STAY + i);
            s->wrong += !goes(i) && !there;
            s->wrong += goes(i) && i < gone && there;
        }
        s->searches++;
    }
    assay_index_reader_free(r);
    return NULL;
}

static void *change(void *shared)
{
    struct shared *s = shared;

    for (size_t i = 0; i < COME; i++) {
        const uint8_t *hash = s->hashes + (STAY + i) * HASH_BYTES;
        s->wrong += assay_index_add(s->ix, hash, (uint32_t)(STAY + i)) != ASSAY_OK;
        s->come = i + 1;
        if (i < LAG || !goes(i - LAG))
            continue;
        hash -= (size_t)LAG * HASH_BYTES;
        s->wrong += assay_index_delete(s->ix, hash, (uint32_t)(STAY + i - LAG)) != ASSAY_OK;
        s->gone = i - LAG + 1;
    }
    s->end = true;
    return NULL;
}

static void *tidy(void *shared)
{
    struct shared *s = shared;

    for (unsigned round = 0; !s->end; round++) {
        assay_index_set_form(s->ix, round % 2 == 0 ? ASSAY_INDEX_COMPACT : ASSAY_INDEX_FAST);
        s->wrong += assay_index_merge(s->ix) != ASSAY_OK;
        if (round % 4 == 0)
            s->wrong += assay_index_save(s->ix, s->path, NULL) != ASSAY_OK;
    }
    return NULL;
}

/* After all: the file that a last save writes holds what should be there. */
static void check_saved(struct shared *s)
{
    struct assay_index_reader *r;
    struct assay_index_info info;
    uint64_t draw = 1;

    assert_int_equal(assay_index_save(s->ix, s->path, NULL), ASSAY_OK);
    assay_index_free(s->ix);
    assert_int_equal(assay_index_verify(s->path, NULL), ASSAY_OK);
    assert_int_equal(assay_index_open(s->path, &s->ix, NULL), ASSAY_OK);
    assay_index_get_info(s->ix, &info);
    assert_int_equal(info.pairs, STAY + COME - (COME - LAG) / 10);
    assert_int_equal(assay_index_reader_new(s->ix, &r), ASSAY_OK);
    for (size_t i = 0; i < STAY + COME; i += 97)
        assert_int_equal(found(s, r, &draw, i),
                         i < STAY || !goes(i - STAY) || i - STAY >= COME - LAG);
    assay_index_reader_free(r);
}

static void searches_are_right_while_all_else_goes_on(void **state)
{
    char folder[FOLDER_PATH_SIZE];
    pthread_t threads[SEARCHERS + 2];
    uint32_t *ids = calloc(STAY, sizeof *ids);
    struct shared *s = calloc(1, sizeof *s);

    (void)state;
    assert_non_null(s);
    assert_non_null(ids);
    folder_make(folder);
    (void)snprintf(s->path, sizeof s->path, "%s/index", folder);
    s->hashes = malloc((size_t)(STAY + COME) * HASH_BYTES);
    assert_non_null(s->hashes);
    made_hashes(MADE_UNIFORM, 1, STAY + COME, s->hashes);
    for (uint32_t i = 0; i < STAY; i++)
        ids[i] = i;
    assert_int_equal(assay_index_new(&s->ix), ASSAY_OK);
    assert_int_equal(assay_index_add_many(s->ix, s->hashes, ids, STAY), ASSAY_OK);
    for (unsigned i = 0; i < SEARCHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search, s), 0);
    assert_int_equal(pthread_create(&threads[SEARCHERS], NULL, change, s), 0);
    assert_int_equal(pthread_create(&threads[SEARCHERS + 1], NULL, tidy, s), 0);
    for (unsigned i = 0; i < SEARCHERS + 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->wrong, 0);
    assert_true(s->searches > 0);
    check_saved(s);
    assert_int_equal(s->wrong, 0);
    assay_index_free(s->ix);
    folder_remove(folder);
    free(s->hashes);
    free(ids);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_right_while_all_else_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
