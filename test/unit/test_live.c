/* The set of all lists on the engine that ASSAY_TEST_DB names: it follows what is put and taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "flow/live.h"
#include "record_fixture.h"
#include "store/list.h"

#define WAIT_MS 60000

static struct err e;
static int64_t list_id, row_id;

static struct store *store(void **state)
{
    return db_store(((struct record_fixture *)*state)->db);
}

static void run(void **state, store_fn *fn, void *ctx)
{
    if (store_write(store(state), fn, ctx, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
}

static enum assay_err insert(struct tx *tx, void *ctx, struct err *err)
{
    const struct list_row_head l = {.id = list_id = rand_id(),
                                    .name = "alpha",
                                    .kind = ctx,
                                    .trust = "trusted",
                                    .about_sealed = "x",
                                    .about_size = 1,
                                    .created_ms = 1};
    return list_insert(tx, &l, err);
}

/* A row of an MD5 and a PDQ that consist of one byte again and again. */
struct row {
    uint8_t byte;
    int64_t quality;
};

static enum assay_err put(struct tx *tx, void *ctx, struct err *err)
{
    const struct row *row = ctx;
    struct list_record r = {.id = rand_id(),
                            .list_id = list_id,
                            .has = LIST_MD5 | LIST_PDQ,
                            .pdq_quality = row->quality,
                            .tags = ""};
    enum list_put what;

    memset(r.md5, row->byte, sizeof r.md5);
    memset(r.pdq, row->byte, sizeof r.pdq);
    memset(r.identity, row->byte, sizeof r.identity);
    enum assay_err rc = list_put(tx, &r, 1, &what, err);
    row_id = r.id;
    return rc;
}

static enum assay_err turn_off(struct tx *tx, void *ctx, struct err *err)
{
    const struct list_switch s = {.now_ms = 1, .reason_sealed = "x", .reason_size = 1};

    (void)ctx;
    return list_switch(tx, row_id, &s, err);
}

static size_t found(struct live *l, enum match_kind kind, uint8_t byte)
{
    struct match_reader *r = live_take(l);
    const struct match_hit *hits;
    uint8_t hash[MATCH_HASH_MAX];
    size_t count = 0;

    memset(hash, byte, sizeof hash);
    assert_int_equal(match_search(r, kind, hash, 0, &hits, &count, &e), ASSAY_OK);
    if (count > 0)
        assert_int_equal(hits[0].list, live_number(l, list_id));
    live_give(l, r);
    return count;
}

static void await_ready(struct live *l)
{
    int64_t until = clock_mono_ms() + WAIT_MS;

    while (!live_ready(l) && clock_mono_ms() < until)
        clock_sleep_ms(2);
    assert_true(live_ready(l));
}

static void await_seq_after(struct live *l, int64_t seq)
{
    int64_t until = clock_mono_ms() + WAIT_MS;

    while (live_seq(l) <= seq && clock_mono_ms() < until)
        clock_sleep_ms(2);
    assert_true(live_seq(l) > seq);
}

static void what_is_in_the_store_at_the_start_is_found(void **state)
{
    struct row row = {7, -1};
    char kind[] = "test";

    run(state, insert, kind);
    run(state, put, &row);
    struct live *l = live_new(store(state));
    await_ready(l);
    assert_int_equal(found(l, MATCH_MD5, 7), 1);
    assert_int_equal(found(l, MATCH_PDQ, 7), 1);
    assert_int_equal(found(l, MATCH_MD5, 8), 0);
    assert_int_equal(live_test(l), live_number(l, list_id));
    assert_true(live_number(l, 1) == UINT32_MAX);
    live_free(l);
}

static void rows_that_are_put_and_switched_off_are_followed(void **state)
{
    struct row row = {7, 100};
    char kind[] = "hashes";

    struct live *l = live_new(store(state));
    await_ready(l);
    int64_t seq = live_seq(l);
    run(state, insert, kind);
    run(state, put, &row);
    await_seq_after(l, seq);
    assert_int_equal(found(l, MATCH_MD5, 7), 1);
    assert_true(live_test(l) == UINT32_MAX);
    seq = live_seq(l);
    run(state, turn_off, NULL);
    await_seq_after(l, seq);
    assert_int_equal(found(l, MATCH_MD5, 7), 0);
    assert_int_equal(found(l, MATCH_PDQ, 7), 0);
    live_free(l);
}

static void a_flat_pictures_pdq_is_not_searched(void **state)
{
    struct row row = {7, LIVE_QUALITY_MIN - 1};
    char kind[] = "hashes";

    run(state, insert, kind);
    run(state, put, &row);
    struct live *l = live_new(store(state));
    await_ready(l);
    assert_int_equal(found(l, MATCH_MD5, 7), 1);
    assert_int_equal(found(l, MATCH_PDQ, 7), 0);
    live_free(l);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, record_setup, record_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_in_the_store_at_the_start_is_found),
        TEST(rows_that_are_put_and_switched_off_are_followed),
        TEST(a_flat_pictures_pdq_is_not_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
