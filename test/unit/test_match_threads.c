/* Entries come and go while others search: what stays is always found, what is gone never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "index_fixture.h"
#include "match/match.h"

#define STAY      3000
#define COME      20000
#define SEARCHERS 3

struct shared {
    struct match_set *set;
    uint8_t *hashes;    /* STAY, then COME */
    atomic_size_t gone; /* of those that come, all before are gone again */
    atomic_bool end;
    atomic_uint wrong, searches;
};

static struct match_entry entry_of(const struct shared *s, size_t i)
{
    struct match_entry entry = {.kind = i % MATCH_KINDS, .list = 1, .record = i};

    memcpy(entry.hash, s->hashes + i * HASH_BYTES, HASH_BYTES);
    return entry;
}

static size_t hits_of(struct shared *s, struct match_reader *r, size_t i)
{
    const struct match_entry entry = entry_of(s, i);
    const struct match_hit *hits;
    size_t count;

    if (match_search(r, entry.kind, entry.hash, 4, &hits, &count, NULL) != ASSAY_OK ||
        (count > 0 && hits[0].record != i))
        s->wrong++;
    return count;
}

static void *search(void *shared)
{
    struct shared *s = shared;
    struct match_reader *r = match_reader_new(s->set);
    uint64_t draw = (uint64_t)(uintptr_t)&r;

    while (!s->end) {
        const size_t gone = s->gone;

        s->wrong += hits_of(s, r, made_next(&draw) % STAY) != 1;
        if (gone > 0)
            s->wrong += hits_of(s, r, STAY + made_next(&draw) % gone) != 0;
        s->searches++;
    }
    match_reader_free(r);
    return NULL;
}

static void *tidy(void *shared)
{
    struct shared *s = shared;

    while (!s->end) {
        if (match_set_merge(s->set, NULL) != ASSAY_OK)
            s->wrong++;
    }
    return NULL;
}

static void searches_are_right_while_entries_come_and_go(void **state)
{
    struct shared *s = calloc(1, sizeof *s);
    pthread_t threads[SEARCHERS + 1];

    (void)state;
    assert_non_null(s);
    s->set = match_set_new();
    s->hashes = malloc((size_t)(STAY + COME) * HASH_BYTES);
    assert_non_null(s->hashes);
    made_hashes(MADE_UNIFORM, 3, STAY + COME, s->hashes);
    for (size_t i = 0; i < STAY; i++) {
        const struct match_entry entry = entry_of(s, i);
        assert_int_equal(match_set_add(s->set, &entry, 1, NULL), ASSAY_OK);
    }
    for (unsigned i = 0; i < SEARCHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search, s), 0);
    assert_int_equal(pthread_create(&threads[SEARCHERS], NULL, tidy, s), 0);
    for (size_t i = STAY; i < STAY + COME; i++) {
        struct match_entry entry = entry_of(s, i);

        assert_int_equal(match_set_add(s->set, &entry, 1, NULL), ASSAY_OK);
        assert_int_equal(match_set_remove(s->set, &entry, 1, NULL), ASSAY_OK);
        s->gone = i - STAY + 1;
    }
    s->end = true;
    for (unsigned i = 0; i < SEARCHERS + 1; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->wrong, 0);
    assert_true(s->searches > 0);
    match_set_free(s->set);
    free(s->hashes);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_right_while_entries_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
