/* The index against a plain scan: every radius, kind of hashes, plan and kernel; adds, deletes and
 * merges in random order; the order of bits as doc/index.md writes it down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_impl.h"
#include "index_fixture.h"

/* The same answers from the index as from the model, by each plan and kernel. */
static void agree(struct assay_index *ix, struct assay_index_reader *r, struct model *m,
                  const uint8_t *hash, unsigned radius)
{
    static const enum index_plan plans[] = {PLAN_BEST, PLAN_SCAN, PLAN_COLUMNS};

    model_search(m, hash, radius);
    for (size_t set = 0; set < KERNEL_SETS; set++) {
        if (index_kernels_at(set) == NULL)
            continue;
        ix->kernels = index_kernels_at(set);
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            if (ix->form == ASSAY_INDEX_COMPACT && plans[i] == PLAN_SCAN && set > 0)
                continue; /* compact parts are read through by no kernel */
            assert_int_equal(index_search(r, hash, radius, plans[i]), ASSAY_OK);
            assert_int_equal(r->count, m->hit_count);
            assert_memory_equal(r->hits, m->hits, m->hit_count * sizeof *m->hits);
        }
    }
    ix->kernels = index_kernels_best();
}

/* Queries that hit and that miss, at every radius from first in steps. */
static void agree_all(struct assay_index *ix, struct model *m, unsigned first, unsigned step)
{
    struct assay_index_reader *r;
    uint8_t query[HASH_BYTES];
    uint64_t state = 7;

    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    for (unsigned radius = first; radius <= ASSAY_INDEX_RADIUS_MAX; radius += step) {
        made_hashes(MADE_UNIFORM, radius, 1, query);
        agree(ix, r, m, query, radius);
        if (m->count == 0)
            continue;
        size_t at = made_next(&state) % m->count;
        agree(ix, r, m, m->hashes + at * HASH_BYTES, radius);
        made_near(&state, m->hashes + at * HASH_BYTES, radius, query); /* just within */
        agree(ix, r, m, query, radius);
        made_near(&state, m->hashes + at * HASH_BYTES, radius + 1, query); /* just without */
        agree(ix, r, m, query, radius);
    }
    assay_index_reader_free(r);
}

static struct assay_index *filled_as(enum assay_index_form form, enum made kind, size_t count,
                                     struct model *m)
{
    struct assay_index *ix;

    model_init(m, count);
    made_hashes(kind, 1 + count, count, m->hashes);
    for (size_t i = 0; i < count; i++)
        m->ids[i] = (uint32_t)(i * 2654435761u);
    m->count = count;
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assay_index_set_form(ix, form);
    assert_int_equal(assay_index_add_many(ix, m->hashes, m->ids, count), ASSAY_OK);
    return ix;
}

static struct assay_index *filled(enum made kind, size_t count, struct model *m)
{
    return filled_as(ASSAY_INDEX_FAST, kind, count, m);
}

static void small_sets_and_edges_of_blocks_answer_as_a_plain_scan(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 33, 1000, 4095, 4096, 4097};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct model m;
        struct assay_index *ix = filled(MADE_UNIFORM, sizes[i], &m);
        agree_all(ix, &m, 0, 9);
        assert_int_equal(index_freeze_tails(ix), ASSAY_OK);
        agree_all(ix, &m, 1, 9);
        assay_index_free(ix);
        model_clear(&m);
    }
}

static void full_tails_and_one_pair_more_answer_as_a_plain_scan(void **state)
{
    (void)state;
    for (size_t count = TAIL_PAIRS - 1; count <= TAIL_PAIRS + 1; count++) {
        struct model m;
        struct assay_index *ix = filled(MADE_CLUSTERED, 0, &m);
        model_clear(&m);
        model_init(&m, count);
        made_hashes(MADE_CLUSTERED, count, count, m.hashes);
        for (size_t i = 0; i < count; i++) {
            m.ids[i] = (uint32_t)i;
            assert_int_equal(assay_index_add(ix, m.hashes + i * HASH_BYTES, (uint32_t)i), 0);
        }
        m.count = count;
        agree_all(ix, &m, 31, 17);
        assert_int_equal(assay_index_merge(ix), ASSAY_OK);
        agree_all(ix, &m, 31, 17);
        assay_index_free(ix);
        model_clear(&m);
    }
}

static void every_kind_of_hashes_answers_as_a_plain_scan_at_every_radius(void **state)
{
    (void)state;
    for (enum made kind = 0; kind < MADE_KINDS; kind++) {
        struct model m;
        struct assay_index *ix = filled(kind, 20000, &m);
        agree_all(ix, &m, 0, 1);
        assay_index_free(ix);
        model_clear(&m);
    }
}

static void compact_parts_answer_as_a_plain_scan_at_every_radius(void **state)
{
    (void)state;
    for (enum made kind = 0; kind < MADE_KINDS; kind++) {
        struct assay_index_info info;
        struct model m;
        struct assay_index *ix = filled_as(ASSAY_INDEX_COMPACT, kind, 20000, &m);
        assay_index_get_info(ix, &info);
        assert_true(info.bytes < 7000000); /* a fast part of so many takes 7.1 MB */
        agree_all(ix, &m, 0, 1);
        assay_index_free(ix);
        model_clear(&m);
    }
}

static void a_hundred_thousand_in_compact_form_answer_as_a_plain_scan(void **state)
{
    struct model m;
    struct assay_index *ix = filled_as(ASSAY_INDEX_COMPACT, MADE_CLUSTERED, 100000, &m);

    (void)state;
    agree_all(ix, &m, 0, 8);
    agree_all(ix, &m, 15, 16);
    assay_index_free(ix);
    model_clear(&m);
}

static void a_hundred_thousand_answer_as_a_plain_scan(void **state)
{
    struct model m;
    struct assay_index *ix = filled(MADE_CLUSTERED, 100000, &m);

    (void)state;
    agree_all(ix, &m, 0, 8);
    agree_all(ix, &m, 15, 16);
    assay_index_free(ix);
    model_clear(&m);
}

/* All within 20 bits of one hash: buckets are full, and the search turns to reading all rows. */
static void few_full_buckets(enum assay_index_form form, size_t count)
{
    struct assay_index *ix;
    uint8_t centre[HASH_BYTES];
    uint64_t draw = 8;
    struct model m;

    made_hashes(MADE_UNIFORM, 2, 1, centre);
    model_init(&m, count);
    for (m.count = 0; m.count < count; m.count++) {
        made_near(&draw, centre, (unsigned)(made_next(&draw) % 21),
                  m.hashes + m.count * HASH_BYTES);
        m.ids[m.count] = (uint32_t)m.count;
    }
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assay_index_set_form(ix, form);
    assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, m.count), ASSAY_OK);
    agree_all(ix, &m, 0, 5);
    assay_index_free(ix);
    model_clear(&m);
}

static void hashes_that_fill_few_buckets_answer_as_a_plain_scan(void **state)
{
    (void)state;
    few_full_buckets(ASSAY_INDEX_FAST, 20000);
    few_full_buckets(ASSAY_INDEX_COMPACT, 5000);
}

static void equal_hashes_are_stored_once_and_all_their_ids_answered(void **state)
{
    struct assay_index_info info;
    struct assay_index_reader *r;
    struct model m;
    struct assay_index *ix;

    (void)state;
    model_init(&m, 30000);
    made_hashes(MADE_UNIFORM, 5, 3, m.hashes);
    for (size_t i = 3; i < 30000; i++)
        memcpy(m.hashes + i * HASH_BYTES, m.hashes + i % 3 * HASH_BYTES, HASH_BYTES);
    for (size_t i = 0; i < 30000; i++)
        m.ids[i] = (uint32_t)(i % 20000); /* so some pairs come twice */
    m.count = 30000;
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, m.count), ASSAY_OK);
    assay_index_get_info(ix, &info);
    assert_int_equal(info.hashes, 3);
    assert_int_equal(info.parts, 1);
    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    agree(ix, r, &m, m.hashes, 0);
    assert_int_equal(r->count, 10000);
    assay_index_reader_free(r);
    assay_index_free(ix);
    model_clear(&m);
}

/* Some pairs share a row, all but a few, and most: the part has fewer rows than pairs came in. */
static void parts_of_fewer_rows_than_pairs_answer_as_a_plain_scan(void **state)
{
    static const struct {
        size_t rows, pairs;
    } sets[] = {{16900, 17000}, {20, 17000}, {9000, 18000}, {65536, 65560}, {599000, 600000}};

    (void)state;
    for (enum assay_index_form form = ASSAY_INDEX_FAST; form <= ASSAY_INDEX_COMPACT; form++) {
        for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
            struct assay_index_reader *r;
            struct assay_index *ix;
            struct model m;
            model_init(&m, sets[i].pairs);
            made_hashes(MADE_UNIFORM, i, sets[i].rows, m.hashes);
            for (m.count = 0; m.count < sets[i].pairs; m.count++) {
                memmove(m.hashes + m.count * HASH_BYTES,
                        m.hashes + m.count % sets[i].rows * HASH_BYTES, HASH_BYTES);
                m.ids[m.count] = (uint32_t)m.count;
            }
            assert_int_equal(assay_index_new(&ix), ASSAY_OK);
            assay_index_set_form(ix, form);
            assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, m.count), ASSAY_OK);
            assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
            agree(ix, r, &m, m.hashes, 0);
            agree(ix, r, &m, m.hashes + 19 * HASH_BYTES, 31);
            assay_index_reader_free(r);
            assay_index_free(ix);
            model_clear(&m);
        }
    }
}

/* Every seventh is deleted, some twice, some come back, and parts are merged on the way. */
static void change_in_any_order(bool compact)
{
    struct assay_index_info info;
    struct assay_index_reader *r;
    struct assay_index *ix;
    struct model m;
    uint64_t draw = 3;
    uint8_t hash[HASH_BYTES];

    model_init(&m, 120000);
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    for (size_t i = 0; i < 110000; i++) {
        uint64_t chance = made_next(&draw) % 1000;
        if (chance < 20 && m.count > 0) {
            size_t at = made_next(&draw) % m.count;
            bool there = model_delete(&m, m.hashes + at * HASH_BYTES, m.ids[at]);
            assert_int_equal(assay_index_delete(ix, m.hashes + at * HASH_BYTES, m.ids[at]),
                             there ? ASSAY_OK : ASSAY_ENOTFOUND);
            continue;
        }
        if (chance < 300 && m.count > 0)
            made_near(&draw, m.hashes + made_next(&draw) % m.count * HASH_BYTES, chance % 32, hash);
        else
            made_hashes(MADE_UNIFORM, i, 1, hash);
        model_add(&m, hash, (uint32_t)(i % 50000));
        assert_int_equal(assay_index_add(ix, hash, (uint32_t)(i % 50000)), ASSAY_OK);
        if (i % 27000 == 0 && compact) /* parts of both forms beside one another */
            assay_index_set_form(ix, i % 54000 == 0 ? ASSAY_INDEX_COMPACT : ASSAY_INDEX_FAST);
        if (i % 9000 == 0)
            assert_int_equal(assay_index_merge(ix), ASSAY_OK);
        if (i % 5000 == 0)
            agree(ix, r, &m, hash, 31);
    }
    assay_index_reader_free(r);
    assay_index_get_info(ix, &info);
    assert_in_range(info.parts, 1, 4);
    assert_in_range(info.tail, 1, 2 * TAIL_PAIRS);
    agree_all(ix, &m, 0, 7);
    assay_index_free(ix);
    model_clear(&m);
}

static void adds_deletes_and_merges_in_any_order_answer_as_a_plain_scan(void **state)
{
    (void)state;
    change_in_any_order(false);
    change_in_any_order(true);
}

static void what_is_all_deleted_is_gone_after_a_merge(void **state)
{
    struct assay_index_info info;
    struct assay_index *ix;
    struct model m;

    (void)state;
    ix = filled(MADE_UNIFORM, TAIL_PAIRS + 1, &m);
    for (size_t i = 0; i < m.count; i++)
        assert_int_equal(assay_index_delete(ix, m.hashes + i * HASH_BYTES, m.ids[i]), ASSAY_OK);
    assert_int_equal(assay_index_delete(ix, m.hashes, m.ids[0]), ASSAY_ENOTFOUND);
    assay_index_get_info(ix, &info);
    assert_int_equal(info.pairs, 0);
    assert_int_equal(info.deleted, m.count);
    assert_int_equal(assay_index_merge(ix), ASSAY_OK);
    assay_index_get_info(ix, &info);
    assert_int_equal(info.parts, 0);
    assert_int_equal(info.deleted, 0);
    assert_int_equal(assay_index_merge(ix), ASSAY_OK);
    assay_index_free(ix);
    model_clear(&m);
}

/* Enough queries that columns are read for all of them together, and more than one slice. */
static void many_queries_at_once_answer_as_each_alone(void **state)
{
    static const unsigned radii[] = {0, 8, 15, 31, 47, 64};
    enum { QUERIES = 200 };
    static uint8_t queries[QUERIES * HASH_BYTES];
    static size_t begin[QUERIES + 1];

    (void)state;
    for (enum made kind = 0; kind < MADE_KINDS; kind++) {
        const struct assay_index_hit *hits, *one;
        struct assay_index_reader *r, *single;
        uint64_t draw = 5;
        size_t count;
        struct model m;
        struct assay_index *ix = filled(kind, 30000, &m);
        assert_int_equal(assay_index_add_many(ix, m.hashes, m.ids, 100), ASSAY_OK);
        for (size_t i = 0; i < 3000; i += 3)
            assert_int_equal(assay_index_delete(ix, m.hashes + i * HASH_BYTES, m.ids[i]), 0);
        made_hashes(kind, 77, QUERIES, queries);
        for (size_t i = 0; i < QUERIES; i += 2)
            made_near(&draw, m.hashes + i * HASH_BYTES, (unsigned)i % 65, queries + i * HASH_BYTES);
        assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
        assert_int_equal(assay_index_reader_new(ix, &single), ASSAY_OK);
        for (size_t i = 0; i < sizeof radii / sizeof radii[0] * KERNEL_SETS; i++) {
            unsigned radius = radii[i / KERNEL_SETS];
            if (index_kernels_at(i % KERNEL_SETS) == NULL)
                continue;
            ix->kernels = index_kernels_at(i % KERNEL_SETS);
            assert_int_equal(assay_index_search_many(r, queries, QUERIES, radius, &hits, begin),
                             ASSAY_OK);
            for (size_t q = 0; q < QUERIES; q++) {
                assert_int_equal(
                    assay_index_search(single, queries + q * HASH_BYTES, radius, &one, &count),
                    ASSAY_OK);
                assert_int_equal(begin[q + 1] - begin[q], count);
                if (count > 0)
                    assert_memory_equal(hits + begin[q], one, count * sizeof *one);
            }
        }
        assert_int_equal(assay_index_search_many(r, queries, 0, 31, &hits, begin), ASSAY_OK);
        assert_int_equal(begin[0], 0);
        assert_int_equal(assay_index_search_many(r, queries, 1, 65, &hits, begin), ASSAY_ERANGE);
        assay_index_reader_free(r);
        assay_index_reader_free(single);
        assay_index_free(ix);
        model_clear(&m);
    }
}

static void a_radius_over_64_is_refused(void **state)
{
    const struct assay_index_hit *hits = NULL;
    struct assay_index_reader *r;
    struct assay_index *ix;
    uint8_t hash[HASH_BYTES] = {0};
    size_t count = 77;

    (void)state;
    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assert_int_equal(assay_index_reader_new(ix, &r), ASSAY_OK);
    assert_int_equal(assay_index_search(r, hash, 65, &hits, &count), ASSAY_ERANGE);
    assert_int_equal(count, 77);
    assert_int_equal(assay_index_search(r, hash, 64, &hits, &count), ASSAY_OK);
    assert_int_equal(count, 0);
    assay_index_reader_free(r);
    assay_index_free(ix);
}

static void every_kernel_finds_what_the_scalar_one_finds(void **state)
{
    static struct index_row rows[300], query;
    static struct index_block blocks[19];
    static uint16_t sym[300], few[300], want[512], got[512];
    struct kernel_budgets budgets;
    static struct permutation bits;
    uint64_t draw = 9;

    (void)state;
    permutation_init(&bits);
    for (unsigned round = 0; round < 400; round++) {
        size_t count = made_next(&draw) % 300;
        unsigned radius = (unsigned)(made_next(&draw) % 140);
        made_hashes(round % MADE_KINDS, round, 300, (uint8_t *)rows);
        made_near(&draw, (uint8_t *)&rows[5], radius % 65, (uint8_t *)&query);
        for (size_t i = 0; i < 300; i++) {
            sym[i] = row_chunk(&rows[i], round % CHUNKS);
            few[i] = sym[i] % 3;
        }
        for (size_t i = 0; i < CHUNKS; i++) {
            budgets.own[i] = (uint16_t)(made_next(&draw) % 8);
            budgets.both[i] = (uint16_t)(made_next(&draw) % 16);
        }
        for (size_t i = 0; i < 300; i++) {
            for (unsigned k = 0; k < BLOCK_WORDS; k++)
                blocks[i / 16].w[k][i % 16] = row_word32(&rows[i], k);
        }
        const struct index_kernels *plain = index_kernels_at(0);
        for (size_t set = 1; set < KERNEL_SETS; set++) {
            const struct index_kernels *k = index_kernels_at(set);
            if (k == NULL)
                continue;
            size_t n = plain->rows(rows, count, &query, radius, want);
            assert_int_equal(k->rows(rows, count, &query, radius, got), n);
            assert_memory_equal(got, want, n * sizeof *want);
            n = plain->blocks(blocks, count / 16, &query, radius, want);
            assert_int_equal(k->blocks(blocks, count / 16, &query, radius, got), n);
            assert_memory_equal(got, want, n * sizeof *want);
            n = plain->symbols(sym, count, row_chunk(&query, 3), radius % 17, want);
            assert_int_equal(k->symbols(sym, count, row_chunk(&query, 3), radius % 17, got), n);
            assert_memory_equal(got, want, n * sizeof *want);
            assert_int_equal(k->distance(&rows[1], &query), plain->distance(&rows[1], &query));
            if (k->permute != NULL) {
                struct index_row wide = k->permute(&bits, (const uint8_t *)&rows[7]);
                struct index_row narrow = permute(&bits, (const uint8_t *)&rows[7]);
                assert_memory_equal(&wide, &narrow, sizeof wide);
            }
            assert_int_equal(k->equal(few, count, 2), plain->equal(few, count, 2));
            for (size_t i = 0; i < 6; i++)
                assert_int_equal(k->first_chunk(&rows[i], &query, &budgets),
                                 plain->first_chunk(&rows[i], &query, &budgets));
        }
    }
}

static const char *kernel_of_a_new_index(void)
{
    struct assay_index_info info;
    struct assay_index *ix;

    assert_int_equal(assay_index_new(&ix), ASSAY_OK);
    assay_index_get_info(ix, &info);
    assay_index_free(ix);
    return info.kernel;
}

static void the_environment_may_name_a_kernel(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("ASSAY_CPU"), 0);
    const char *fastest = kernel_of_a_new_index();
    for (size_t set = 0; set < KERNEL_SETS; set++) {
        if (index_kernels_at(set) == NULL)
            continue;
        assert_int_equal(setenv("ASSAY_CPU", index_kernels_at(set)->name, 1), 0);
        assert_string_equal(kernel_of_a_new_index(), index_kernels_at(set)->name);
    }
    assert_int_equal(setenv("ASSAY_CPU", "abacus", 1), 0);
    assert_string_equal(kernel_of_a_new_index(), fastest);
    assert_int_equal(unsetenv("ASSAY_CPU"), 0);
}

static void the_order_of_bits_is_the_one_written_down(void **state)
{
    static const uint8_t begin[] = {143, 81, 242, 98,  164, 199, 198, 115,
                                    137, 59, 234, 205, 65,  157, 6,   168};
    struct permutation p;
    uint8_t source[256], hash[HASH_BYTES] = {0};
    bool seen[256] = {false};

    (void)state;
    permutation_bits(source);
    assert_memory_equal(source, begin, sizeof begin);
    for (unsigned i = 0; i < 256; i++) {
        assert_false(seen[source[i]]);
        seen[source[i]] = true;
    }
    permutation_init(&p);
    for (unsigned b = 0; b < 256; b++) {
        memset(hash, 0, sizeof hash);
        hash[source[b] / 8] = (uint8_t)(0x80 >> source[b] % 8);
        struct index_row row = permute(&p, hash);
        for (unsigned i = 0; i < ROW_WORDS; i++)
            assert_true(row.w[i] == (i == b / 64 ? (uint64_t)1 << (b % 64) : 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sets_and_edges_of_blocks_answer_as_a_plain_scan),
        cmocka_unit_test(full_tails_and_one_pair_more_answer_as_a_plain_scan),
        cmocka_unit_test(every_kind_of_hashes_answers_as_a_plain_scan_at_every_radius),
        cmocka_unit_test(compact_parts_answer_as_a_plain_scan_at_every_radius),
        cmocka_unit_test(a_hundred_thousand_in_compact_form_answer_as_a_plain_scan),
        cmocka_unit_test(a_hundred_thousand_answer_as_a_plain_scan),
        cmocka_unit_test(hashes_that_fill_few_buckets_answer_as_a_plain_scan),
        cmocka_unit_test(equal_hashes_are_stored_once_and_all_their_ids_answered),
        cmocka_unit_test(parts_of_fewer_rows_than_pairs_answer_as_a_plain_scan),
        cmocka_unit_test(adds_deletes_and_merges_in_any_order_answer_as_a_plain_scan),
        cmocka_unit_test(what_is_all_deleted_is_gone_after_a_merge),
        cmocka_unit_test(many_queries_at_once_answer_as_each_alone),
        cmocka_unit_test(a_radius_over_64_is_refused),
        cmocka_unit_test(every_kernel_finds_what_the_scalar_one_finds),
        cmocka_unit_test(the_environment_may_name_a_kernel),
        cmocka_unit_test(the_order_of_bits_is_the_one_written_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
