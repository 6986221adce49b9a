/* A set of hashes of many lists against a plain list of entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "index_fixture.h"
#include "match/match.h"

#define POOL   300 /* hashes of each kind, so that many entries share one */
#define STEPS  20000
#define PLACES 4000
#define RADIUS 31
#define ASKED  500

struct plain {
    struct match_entry entries[PLACES];
    size_t count;
};

static uint8_t pool[MATCH_KINDS][POOL][MATCH_HASH_MAX];

static bool same(const struct match_entry *a, const struct match_entry *b)
{
    return a->kind == b->kind && a->list == b->list && a->record == b->record &&
           memcmp(a->hash, b->hash, match_bytes(a->kind)) == 0;
}

static void make_pool(void)
{
    uint64_t draw = 7;

    made_hashes(MADE_CLUSTERED, 5, (size_t)MATCH_KINDS * POOL, pool[0][0]);
    for (unsigned i = 1; i < POOL; i += 2) /* half of the PDQs are near another */
        made_near(&draw, pool[MATCH_PDQ][i - 1], (unsigned)(made_next(&draw) % 40),
                  pool[MATCH_PDQ][i]);
}

static struct match_entry drawn(uint64_t *draw)
{
    struct match_entry entry = {.kind = made_next(draw) % MATCH_KINDS,
                                .list = (uint32_t)(made_next(draw) % 3),
                                .record = made_next(draw) % 50 << 33};

    memcpy(entry.hash, pool[entry.kind][made_next(draw) % POOL], MATCH_HASH_MAX);
    return entry;
}

static void put(struct plain *p, const struct match_entry *entry)
{
    for (size_t i = 0; i < p->count; i++) {
        if (same(&p->entries[i], entry))
            return;
    }
    assert_true(p->count < PLACES);
    p->entries[p->count++] = *entry;
}

static void drop(struct plain *p, const struct match_entry *entry)
{
    for (size_t i = p->count; i-- > 0;) {
        if (same(&p->entries[i], entry))
            p->entries[i] = p->entries[--p->count];
    }
}

static unsigned distance(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    unsigned sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += (unsigned)__builtin_popcount((unsigned)(a[i] ^ b[i]));
    return sum;
}

/* Every hit is one of the plain list at its distance, in order, and there are as many. */
static void check(struct match_reader *r, const struct plain *p, const struct match_entry *query)
{
    const struct match_hit *hits;
    const unsigned radius = query->kind == MATCH_PDQ ? RADIUS : 0;
    size_t count, want = 0;

    assert_int_equal(match_search(r, query->kind, query->hash, RADIUS, &hits, &count, NULL),
                     ASSAY_OK);
    for (size_t i = 0; i < p->count; i++) {
        const struct match_entry *entry = &p->entries[i];
        bool found = false;

        if (entry->kind != query->kind)
            continue;
        const unsigned bits = distance(entry->hash, query->hash, match_bytes(entry->kind));
        if (bits > radius)
            continue;
        want++;
        for (size_t j = 0; j < count; j++)
            found |= hits[j].list == entry->list && hits[j].record == entry->record &&
                     hits[j].distance == bits;
        assert_true(found);
    }
    assert_true(count <= want); /* one record may have two hashes at one distance */
    for (size_t j = 1; j < count; j++) {
        const struct match_hit *a = &hits[j - 1], *b = &hits[j];

        assert_true(a->distance < b->distance ||
                    (a->distance == b->distance &&
                     (a->list < b->list || (a->list == b->list && a->record < b->record))));
    }
}

static void what_is_found_is_what_was_added_and_not_removed(void **state)
{
    struct match_set *set = match_set_new();
    struct match_reader *r = match_reader_new(set);
    struct plain *p = calloc(1, sizeof *p);
    uint64_t draw = 11;

    (void)state;
    assert_non_null(p);
    make_pool();
    for (unsigned step = 0; step < STEPS; step++) {
        const struct match_entry entry = drawn(&draw);

        if (p->count + 1 < PLACES && made_next(&draw) % 5 < 3) {
            assert_int_equal(match_set_add(set, &entry, 1, NULL), ASSAY_OK);
            put(p, &entry);
        } else {
            const struct match_entry *goes =
                p->count == 0 ? &entry : &p->entries[made_next(&draw) % p->count];
            const struct match_entry kept = *goes;

            assert_int_equal(match_set_remove(set, &kept, 1, NULL), ASSAY_OK);
            drop(p, &kept);
        }
        if (step % 64 == 0)
            check(r, p, &entry);
        if (step % 5000 == 4999)
            assert_int_equal(match_set_merge(set, NULL), ASSAY_OK);
    }
    for (unsigned kind = 0; kind < MATCH_KINDS; kind++) {
        for (unsigned i = 0; i < POOL; i++) {
            struct match_entry query = {.kind = kind};

            memcpy(query.hash, pool[kind][i], MATCH_HASH_MAX);
            check(r, p, &query);
        }
    }
    free(p);
    match_reader_free(r);
    match_set_free(set);
}

/* Values that differ in one byte, at each end, so that no part of a digest can be left out. */
static void digests_that_differ_anywhere_are_apart(void **state)
{
    struct match_set *set = match_set_new();
    struct match_reader *r = match_reader_new(set);
    const struct match_hit *hits;
    size_t count;

    (void)state;
    for (unsigned kind = 0; kind < MATCH_PDQ; kind++) {
        for (unsigned at = 0; at < match_bytes(kind); at++) {
            struct match_entry entry = {.kind = kind, .list = kind, .record = at};

            entry.hash[at] = 1;
            assert_int_equal(match_set_add(set, &entry, 1, NULL), ASSAY_OK);
        }
    }
    for (unsigned kind = 0; kind < MATCH_PDQ; kind++) {
        for (unsigned at = 0; at < match_bytes(kind); at++) {
            uint8_t hash[MATCH_HASH_MAX] = {0};

            hash[at] = 1;
            assert_int_equal(match_search(r, kind, hash, 0, &hits, &count, NULL), ASSAY_OK);
            assert_int_equal(count, 1);
            assert_int_equal(hits[0].list, kind);
            assert_int_equal(hits[0].record, at);
            hash[at] = 2;
            assert_int_equal(match_search(r, kind, hash, 0, &hits, &count, NULL), ASSAY_OK);
            assert_int_equal(count, 0);
        }
    }
    match_reader_free(r);
    match_set_free(set);
}

/* A list may give a million records one value; that must not cost its square. */
static void many_records_of_one_hash_are_all_answered(void **state)
{
    enum { MANY = 200000 };
    struct match_entry *many = calloc(MANY, sizeof *many);
    struct match_set *set = match_set_new();
    struct match_reader *r = match_reader_new(set);
    struct match_info info;
    const struct match_hit *hits;
    size_t count;

    (void)state;
    assert_non_null(many);
    for (unsigned i = 0; i < MANY; i++)
        many[i] = (struct match_entry){.kind = i % 2 ? MATCH_PDQ : MATCH_MD5, .record = i};
    assert_int_equal(match_set_add(set, many, MANY, NULL), ASSAY_OK);
    match_set_info(set, &info);
    assert_int_equal(info.entries[MATCH_MD5], MANY / 2);
    assert_int_equal(info.entries[MATCH_PDQ], MANY / 2);
    for (unsigned kind = MATCH_MD5; kind <= MATCH_PDQ; kind += MATCH_PDQ) {
        assert_int_equal(match_search(r, kind, many[0].hash, 0, &hits, &count, NULL), ASSAY_OK);
        assert_int_equal(count, MANY / 2);
        assert_int_equal(hits[count - 1].record, MANY - (kind == MATCH_PDQ ? 1 : 2));
    }
    free(many);
    match_reader_free(r);
    match_set_free(set);
}

static void a_radius_that_is_too_long_is_refused(void **state)
{
    struct match_set *set = match_set_new();
    struct match_reader *r = match_reader_new(set);
    const uint8_t hash[MATCH_HASH_MAX] = {0};
    const struct match_hit *hits;
    size_t count;

    (void)state;
    assert_int_equal(match_search(r, MATCH_PDQ, hash, MATCH_RADIUS_MAX, &hits, &count, NULL),
                     ASSAY_OK);
    assert_int_equal(match_search(r, MATCH_PDQ, hash, MATCH_RADIUS_MAX + 1, &hits, &count, NULL),
                     ASSAY_ERANGE);
    match_reader_free(r);
    match_set_free(set);
}

/* Every other of those that share a hash, in one call; looking at all for each would take hours. */
static void many_records_of_one_hash_are_removed_together(void **state)
{
    enum { SHARED = 300000 };
    struct match_entry *entries = calloc(SHARED, sizeof *entries);
    const struct match_hit *hits;
    struct match_info info;
    size_t count;

    (void)state;
    assert_non_null(entries);
    make_pool();
    for (enum match_kind kind = MATCH_SHA256; kind <= MATCH_PDQ; kind++) {
        struct match_set *set = match_set_new();
        struct match_reader *r = match_reader_new(set);
        for (size_t i = 0; i < SHARED; i++) {
            entries[i] = (struct match_entry){.kind = kind, .list = i % 2 == 0, .record = i / 2};
            memcpy(entries[i].hash, pool[kind][3], MATCH_HASH_MAX);
        }
        assert_int_equal(match_set_add(set, entries, SHARED, NULL), ASSAY_OK);
        assert_int_equal(match_set_merge(set, NULL), ASSAY_OK);
        for (size_t i = 0; i < SHARED / 2; i++)
            entries[i] = entries[2 * i];
        assert_int_equal(match_set_remove(set, entries, SHARED / 2, NULL), ASSAY_OK);
        assert_int_equal(match_search(r, kind, pool[kind][3], 0, &hits, &count, NULL), ASSAY_OK);
        assert_int_equal(count, SHARED / 2);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(hits[i].list, 0);
            assert_int_equal(hits[i].record, i);
        }
        match_set_info(set, &info);
        assert_int_equal(info.entries[kind], SHARED / 2);
        match_reader_free(r);
        match_set_free(set);
    }
    free(entries);
}

/* Also with digests and other PDQs in between, and where each has more hits than are held. */
static void announced_queries_are_answered_as_others(void **state)
{
    struct match_set *set = match_set_new();
    struct match_reader *r = match_reader_new(set);
    struct plain *p = calloc(1, sizeof *p);
    uint8_t(*pdqs)[MATCH_HASH_MAX] = calloc(ASKED, MATCH_HASH_MAX);
    uint64_t draw = 17;

    (void)state;
    assert_non_null(p);
    assert_non_null(pdqs);
    make_pool();
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < 1200; i++) {
            struct match_entry entry = drawn(&draw);
            if (round == 2) { /* a crowd of one hash */
                entry.kind = MATCH_PDQ;
                entry.record = i;
                memcpy(entry.hash, pool[MATCH_PDQ][1], MATCH_HASH_MAX);
            }
            put(p, &entry);
            assert_int_equal(match_set_add(set, &entry, 1, NULL), ASSAY_OK);
        }
        for (size_t i = 0; i < ASKED; i++)
            memcpy(pdqs[i], pool[MATCH_PDQ][round == 2 ? 1 : made_next(&draw) % POOL],
                   MATCH_HASH_MAX);
        const size_t count = round == 0 ? 10 : ASKED;
        match_announce(r, pdqs[0], count, RADIUS);
        for (size_t i = 0; i < count; i++) {
            struct match_entry query = {.kind = MATCH_PDQ};
            const struct match_entry other = drawn(&draw);
            if (other.kind != MATCH_PDQ || i == count - 30)
                check(r, p, &other);
            memcpy(query.hash, pdqs[i], MATCH_HASH_MAX);
            check(r, p, &query);
        }
        match_announce(r, NULL, 0, 0);
    }
    free(pdqs);
    free(p);
    match_reader_free(r);
    match_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_what_was_added_and_not_removed),
        cmocka_unit_test(digests_that_differ_anywhere_are_apart),
        cmocka_unit_test(many_records_of_one_hash_are_all_answered),
        cmocka_unit_test(many_records_of_one_hash_are_removed_together),
        cmocka_unit_test(announced_queries_are_answered_as_others),
        cmocka_unit_test(a_radius_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
