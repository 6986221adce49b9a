/* Lists of hashes in the store: versions, what follows their changes, switches and floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "store/list.h"
#include "world.h"

#define LIST   71
#define ROWS   700 /* more than a page */
#define DAY_MS (24LL * 60 * 60 * 1000)

/* What a transaction is to do, and what it answered. */
struct call {
    int64_t id, version, count, now_ms, last;
    int first, end; /* records by number */
    const char *code;
    struct list_version_row v;
    struct list_switch sw;
    bool flooded, live[2 * ROWS];
    int64_t seen, changed;
    struct list_record got;
};

static enum assay_err insert_list(struct tx *tx, void *ctx, struct err *e)
{
    const struct call *c = ctx;
    const struct list_row_head l = {.id = c->id,
                                    .name = c->code,
                                    .kind = c->version == 0 ? "hashes" : "own",
                                    .trust = "trusted",
                                    .about_sealed = "x",
                                    .about_size = 1,
                                    .created_ms = 1};

    return list_insert(tx, &l, e);
}

/* A record whose hashes are made of its number, which is its row's id, too. */
static struct list_record record_of(int number, const char *code)
{
    struct list_record r = {.id = number + 1,
                            .list_id = LIST,
                            .has = LIST_MD5 | LIST_SHA256 | LIST_PDQ,
                            .pdq_quality = -1,
                            .scheme = "training-landscapes",
                            .scheme_version = 1,
                            .code = code,
                            .tags = ""};

    memcpy(r.identity, &number, sizeof number);
    memcpy(r.md5, &number, sizeof number);
    memcpy(r.sha256, &number, sizeof number);
    memcpy(r.pdq, &number, sizeof number);
    return r;
}

static enum assay_err put_records(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;
    enum list_put what;
    enum assay_err rc = ASSAY_OK;

    c->changed = 0;
    for (int i = c->first; i < c->end && rc == ASSAY_OK; i++) {
        struct list_record r = record_of(i, c->code);

        rc = list_put(tx, &r, c->version, &what, e);
        c->changed += what != LIST_SAME;
    }
    return rc;
}

static enum assay_err begin(struct tx *tx, void *ctx, struct err *e)
{
    return list_version_begin(tx, &((struct call *)ctx)->v, e);
}

static enum assay_err finish(struct tx *tx, void *ctx, struct err *e)
{
    return list_version_put(tx, &((struct call *)ctx)->v, e);
}

static enum assay_err drop_page(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_drop_page(tx, LIST, c->version, &c->count, e);
}

static enum assay_err note(void *ctx, const struct list_record *r, struct err *e)
{
    struct call *c = ctx;

    (void)e;
    assert_in_range(r->id, 1, 2 * ROWS);
    assert_int_equal(r->has, LIST_MD5 | LIST_SHA256 | LIST_PDQ);
    c->live[r->id - 1] = r->live;
    c->got = *r;
    c->seen++;
    return ASSAY_OK;
}

static enum assay_err follow_page(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_changes(tx, c->last, &c->last, note, c, e);
}

static enum assay_err read_page(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_page(tx, c->id, c->last, &c->last, note, c, e);
}

static enum assay_err get(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_get(tx, c->id, note, c, e);
}

static enum assay_err switch_row(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_switch(tx, c->id, &c->sw, e);
}

static enum assay_err hit(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_hit(tx, c->id, c->now_ms, 3, &c->flooded, e);
}

static enum assay_err end_quarantine(struct tx *tx, void *ctx, struct err *e)
{
    return list_end_quarantine(tx, ((struct call *)ctx)->id, e);
}

static enum assay_err remove_list(struct tx *tx, void *ctx, struct err *e)
{
    return list_set_removed(tx, ((struct call *)ctx)->id, 9, e);
}

static enum assay_err find_list(struct tx *tx, void *ctx, struct err *e)
{
    struct call *c = ctx;

    return list_find(tx, c->code, &c->id, e);
}

static enum assay_err try_write(struct world_test *t, store_fn *fn, struct call *c)
{
    return store_write(t->world.store, fn, c, &t->e);
}

static void run(struct world_test *t, store_fn *fn, struct call *c)
{
    if (try_write(t, fn, c) != ASSAY_OK)
        fail_msg("%s", t->e.text);
}

/* Every page until there is none. */
static void run_pages(struct world_test *t, store_fn *fn, struct call *c)
{
    enum assay_err rc;

    while ((rc = store_read(t->world.store, fn, c, &t->e)) == ASSAY_OK)
        ;
    assert_int_equal(rc, ASSAY_ENOTFOUND);
}

static struct call version_of(const char *file)
{
    struct call c = {.v = {.list_id = LIST, .form = "text", .started_ms = 5}};

    (void)snprintf((char *)c.v.file_sha256, sizeof c.v.file_sha256, "%s", file);
    return c;
}

/* A whole import: records first to end of a file of this name; how many rows changed. */
static int64_t import(struct world_test *t, const char *file, int first, int end, const char *code)
{
    struct call c = version_of(file);
    int64_t changed;

    run(t, begin, &c);
    c.version = c.v.version;
    c.first = first;
    c.end = end;
    c.code = code;
    run(t, put_records, &c);
    changed = c.changed;
    do {
        run(t, drop_page, &c);
        changed += c.count;
    } while (c.count > 0);
    c.v.done_ms = 6;
    run(t, finish, &c);
    return changed;
}

static void make_list(struct world_test *t)
{
    struct call c = {.id = LIST, .code = "lakes"};

    run(t, insert_list, &c);
}

/* Who follows the changes holds what who reads all rows holds. */
static void check_followed(struct world_test *t, struct call *follower)
{
    struct call all = {.id = LIST};

    run_pages(t, follow_page, follower);
    run_pages(t, read_page, &all);
    assert_memory_equal(all.live, follower->live, sizeof all.live);
}

static void a_new_version_adds_changes_and_takes_out(void **state)
{
    struct world_test *t = *state;
    struct call follower = {0};

    make_list(t);
    assert_int_equal(import(t, "one", 0, ROWS, "L1"), ROWS);
    check_followed(t, &follower);
    assert_int_equal(follower.seen, ROWS);
    assert_int_equal(import(t, "two", 100, ROWS, "L1"), 100);
    check_followed(t, &follower);
    assert_false(follower.live[99]);
    assert_true(follower.live[100]);
    assert_int_equal(import(t, "three", 50, ROWS + 20, "L1"), 50 + 20);
    check_followed(t, &follower);
    assert_true(follower.live[50]);
    assert_false(follower.live[49]);
    assert_int_equal(import(t, "four", 50, ROWS + 20, "L2"), ROWS - 30);
    check_followed(t, &follower);
    assert_int_equal(import(t, "five", 0, 0, "L2"), ROWS - 30); /* more than a page goes */
    check_followed(t, &follower);
    assert_int_equal(world_int(t, "SELECT version FROM list"), 5);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row"), ROWS + 20);
}

static void an_import_that_was_cut_goes_on_with_its_file_alone(void **state)
{
    struct world_test *t = *state;
    struct call c = version_of("one"), other = version_of("two");

    make_list(t);
    run(t, begin, &c);
    assert_int_equal(c.v.version, 1);
    assert_int_equal(try_write(t, begin, &other), ASSAY_ESTATE);
    assert_non_null(strstr(t->e.text, "from another file"));
    run(t, begin, &c);
    assert_int_equal(c.v.version, 1);
    c.v.done_ms = 6;
    run(t, finish, &c);
    assert_int_equal(try_write(t, begin, &c), ASSAY_EEXISTS);
    run(t, begin, &other);
    assert_int_equal(other.v.version, 2);
    assert_int_equal(world_int(t, "SELECT version FROM list"), 1);
}

static void a_row_that_is_switched_off_stays_so_in_the_next_version(void **state)
{
    struct world_test *t = *state;
    struct call c = {.id = 8, .sw = {.now_ms = 3, .reason_sealed = "why", .reason_size = 3}};
    struct call follower = {0};

    make_list(t);
    (void)import(t, "one", 0, 20, "L1");
    run(t, switch_row, &c);
    assert_int_equal(try_write(t, switch_row, &c), ASSAY_ESTATE);
    check_followed(t, &follower);
    assert_false(follower.live[7]);
    (void)import(t, "two", 0, 20, "L2");
    check_followed(t, &follower);
    assert_false(follower.live[7]);
    c.sw.reason_sealed = NULL;
    run(t, switch_row, &c);
    check_followed(t, &follower);
    assert_true(follower.live[7]);
    c.id = 999;
    assert_int_equal(try_write(t, switch_row, &c), ASSAY_ENOTFOUND);
}

static void too_many_hits_of_a_day_are_a_quarantine(void **state)
{
    struct world_test *t = *state;
    struct call c = {.id = 3, .now_ms = 100 * DAY_MS};

    make_list(t);
    (void)import(t, "one", 0, 5, "L1");
    for (int i = 0; i < 3; i++)
        run(t, hit, &c);
    assert_false(c.flooded);
    c.now_ms += DAY_MS; /* the count begins anew */
    for (int i = 0; i < 3; i++) {
        run(t, hit, &c);
        assert_false(c.flooded);
    }
    run(t, hit, &c);
    assert_true(c.flooded);
    run(t, hit, &c);
    assert_false(c.flooded); /* said once */
    run(t, get, &c);
    assert_int_equal(c.got.quarantined_ms, c.now_ms);
    assert_int_equal(c.got.hits, 8);
    run(t, end_quarantine, &c);
    assert_int_equal(try_write(t, end_quarantine, &c), ASSAY_ESTATE);
    run(t, hit, &c);
    assert_false(c.flooded);
}

static void rows_of_a_list_that_was_removed_match_no_more(void **state)
{
    struct world_test *t = *state;
    struct call c = {.id = LIST, .code = "lakes"}, own = {.id = 9, .version = 1, .code = "ours"};
    struct call follower = {0};

    make_list(t);
    (void)import(t, "one", 0, 5, "L1");
    run_pages(t, follow_page, &follower);
    assert_true(follower.live[4]);
    run(t, remove_list, &c);
    assert_int_equal(try_write(t, remove_list, &c), ASSAY_ENOTFOUND);
    assert_int_equal(try_write(t, find_list, &c), ASSAY_ENOTFOUND);
    c.version = 2;
    run(t, drop_page, &c);
    assert_int_equal(c.count, 5);
    run_pages(t, follow_page, &follower);
    assert_false(follower.live[4]);
    run(t, insert_list, &own);
    own.id = 10;
    own.code = "ours-too";
    assert_int_equal(try_write(t, insert_list, &own), ASSAY_EEXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_version_adds_changes_and_takes_out, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(an_import_that_was_cut_goes_on_with_its_file_alone,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_row_that_is_switched_off_stays_so_in_the_next_version,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(too_many_hits_of_a_day_are_a_quarantine, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(rows_of_a_list_that_was_removed_match_no_more, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
