/* The store's promises on the engine that ASSAY_TEST_DB names: commits, failures, values,
 * snapshots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db.h"
#include "store_fixture.h"

#define THREADS         16
#define WRITES_A_THREAD 200

static int setup(void **state)
{
    *state = db_new_with(&fixture_options);
    return 0;
}

static int teardown(void **state)
{
    db_free(*state);
    return 0;
}

static void a_commit_is_seen_and_counted(void **state)
{
    struct store *s = db_store(*state);

    assert_int_equal(store_engine(s), db_engine());
    assert_int_equal(store_schema(s), 2);
    assert_int_equal(count_of(s), 0);
    put_ok(s, 1);
    put_ok(s, 2);
    assert_int_equal(count_of(s), 2);
    assert_int_equal(store_commits(s), 2);
    assert_int_equal(store_check(s, NULL), ASSAY_OK);
}

static void a_commit_is_there_after_opening_anew(void **state)
{
    struct db *db = *state;

    put_ok(db_store(db), 1);
    db_close(db);
    db_open(db);
    assert_int_equal(count_of(db_store(db)), 1);
}

static void the_file_is_for_its_owner_alone(void **state)
{
    char path[512];
    struct stat st;

    if (db_engine() != STORE_SQLITE)
        return; /* PostgreSQL keeps its files itself */
    put_ok(db_store(*state), 1);
    for (size_t i = 0; i < 3; i++) {
        static const char *const ends[] = {"", "-wal", "-shm"};
        (void)snprintf(path, sizeof path, "%s/assay.db%s", db_folder(*state), ends[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static enum assay_err put_then_fail(struct tx *tx, void *ctx, struct err *e)
{
    enum assay_err rc = thing_put(tx, ctx, e);

    return rc != ASSAY_OK ? rc : err_set(e, ASSAY_EDENIED, "no");
}

static void a_failing_function_leaves_nothing(void **state)
{
    struct thing t = {.id = 1};
    struct err e = {0};

    assert_int_equal(store_write(db_store(*state), put_then_fail, &t, &e), ASSAY_EDENIED);
    assert_string_equal(e.text, "no");
    assert_int_equal(count_of(db_store(*state)), 0);
    assert_int_equal(store_commits(db_store(*state)), 0);
}

static enum assay_err put_twice_and_hide_it(struct tx *tx, void *ctx, struct err *e)
{
    int64_t count;
    enum assay_err rc = thing_put(tx, ctx, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)thing_put(tx, ctx, NULL);
    /* What follows a failure is refused with it. */
    return thing_count(tx, &count, e) == ASSAY_EEXISTS ? ASSAY_OK : ASSAY_EDAMAGED;
}

static void a_statement_error_fails_the_function_even_if_it_hides_it(void **state)
{
    struct thing t = {.id = 1};
    struct err e = {0};

    assert_int_equal(store_write(db_store(*state), put_twice_and_hide_it, &t, &e), ASSAY_EEXISTS);
    assert_int_equal(e.code, ASSAY_EEXISTS);
    assert_int_equal(count_of(db_store(*state)), 0);
}

struct crowd {
    struct store *store;
    pthread_t thread;
    int64_t first;
    int64_t acked, refused, wrong;
};

/* Every fifth function puts a row and then fails, or fails only when its deferred foreign key is
 * looked at; its neighbours in the group must not notice. */
static void *write_many(void *arg)
{
    struct crowd *c = arg;

    for (int64_t i = 0; i < WRITES_A_THREAD; i++) {
        struct thing t = {.id = c->first + i, .late_id = i % 10 == 9 ? 77 : 0};
        enum assay_err want = i % 10 == 9 ? ASSAY_ESTATE : i % 10 == 4 ? ASSAY_EDENIED : ASSAY_OK;
        store_fn *fn = want == ASSAY_EDENIED ? put_then_fail : thing_put;
        enum assay_err rc = store_write(c->store, fn, &t, NULL);
        c->acked += rc == ASSAY_OK;
        c->refused += rc == want && rc != ASSAY_OK;
        c->wrong += rc != want;
    }
    return NULL;
}

static void of_sixteen_threads_all_good_writes_are_there(void **state)
{
    struct crowd crowd[THREADS] = {0};

    for (size_t i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){.store = db_store(*state), .first = 1000 * (int64_t)(i + 1)};
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, write_many, &crowd[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(crowd[i].thread, NULL), 0);
        assert_int_equal(crowd[i].wrong, 0);
        assert_int_equal(crowd[i].acked, WRITES_A_THREAD * 4 / 5);
        assert_int_equal(crowd[i].refused, WRITES_A_THREAD / 5);
    }
    assert_int_equal(count_of(db_store(*state)), THREADS * WRITES_A_THREAD * 4 / 5);
    assert_int_equal(store_commits(db_store(*state)), THREADS * WRITES_A_THREAD * 4 / 5);
}

static enum assay_err put(struct store *s, struct thing t, struct err *e)
{
    return store_write(s, thing_put, &t, e);
}

static void conflicts_have_their_codes(void **state)
{
    struct store *s = db_store(*state);
    struct err e = {0};

    assert_int_equal(put(s, (struct thing){.id = 1, .name = "a"}, &e), ASSAY_OK);
    assert_int_equal(put(s, (struct thing){.id = 1}, &e), ASSAY_EEXISTS);
    assert_int_equal(put(s, (struct thing){.id = 2, .name = "a"}, &e), ASSAY_EEXISTS);
    assert_int_equal(e.code, ASSAY_EEXISTS);
    assert_true(strlen(e.text) > 0);
    assert_int_equal(put(s, (struct thing){.id = 2, .count = 13}, &e), ASSAY_ESTATE);
    assert_int_equal(put(s, (struct thing){.id = 2, .parent_id = 5}, &e), ASSAY_ESTATE);
    assert_int_equal(put(s, (struct thing){.id = 2, .late_id = 5}, &e), ASSAY_ESTATE);
    assert_int_equal(e.code, ASSAY_ESTATE);
    assert_int_equal(count_of(s), 1);
    assert_int_equal(put(s, (struct thing){.id = 2}, &e), ASSAY_OK);
}

static enum assay_err ledger_use(struct tx *tx, void *ctx, struct err *e)
{
    struct sql *q;

    switch (*(const char *)ctx) {
    case 'i':
        q = sql(tx, "INSERT INTO ledger (id, note) VALUES (1, 'x')");
        break;
    case 'u':
        q = sql(tx, "UPDATE ledger SET note = 'y'");
        break;
    default:
        q = sql(tx, "DELETE FROM ledger");
    }
    return sql_run_done(q, NULL, e);
}

static void a_trigger_that_refuses_is_a_state_error(void **state)
{
    struct store *s = db_store(*state);
    struct err e = {0};
    char insert = 'i', update = 'u', erase = 'd';

    assert_int_equal(store_write(s, ledger_use, &insert, &e), ASSAY_OK);
    assert_int_equal(store_write(s, ledger_use, &update, &e), ASSAY_ESTATE);
    assert_non_null(strstr(e.text, "ledger: append-only"));
    assert_int_equal(store_write(s, ledger_use, &erase, &e), ASSAY_ESTATE);
}

struct pragma {
    const char *text;
    int64_t want; /* -1: the text "wal" */
};

static enum assay_err pragma_check(struct tx *tx, void *ctx, struct err *e)
{
    const struct pragma *p = ctx;
    struct sql *q = sql(tx, p->text);
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK && p->want >= 0 && sql_get_int(q, 0) != p->want)
        rc = err_set(e, ASSAY_ESTATE, "%s is otherwise", p->text);
    if (rc == ASSAY_OK && p->want < 0 && strcmp(sql_get_text(q, 0), "wal") != 0)
        rc = err_set(e, ASSAY_ESTATE, "%s is otherwise", p->text);
    sql_done(q);
    return rc;
}

static void sqlite_writes_through_to_the_disk_and_trusts_no_schema(void **state)
{
    struct pragma pragmas[] = {{"PRAGMA journal_mode", -1},  {"PRAGMA synchronous", 2},
                               {"PRAGMA foreign_keys", 1},   {"PRAGMA recursive_triggers", 1},
                               {"PRAGMA trusted_schema", 0}, {"PRAGMA busy_timeout", 10000}};
    struct pragma load = {"SELECT load_extension('x')", 0};
    struct pragma replace = {"REPLACE INTO ledger (id, note) VALUES (1, 'y')", 0};
    struct err e = {0};
    char insert = 'i';

    if (db_engine() != STORE_SQLITE)
        return;
    for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0]; i++)
        if (store_write(db_store(*state), pragma_check, &pragmas[i], &e) != ASSAY_OK)
            fail_msg("%s", e.text);
    assert_int_equal(store_write(db_store(*state), pragma_check, &load, &e), ASSAY_EUNSUPPORTED);
    /* A row that may not be deleted may not be replaced either. */
    assert_int_equal(store_write(db_store(*state), ledger_use, &insert, &e), ASSAY_OK);
    assert_int_equal(store_write(db_store(*state), pragma_check, &replace, &e), ASSAY_ESTATE);
    assert_non_null(strstr(e.text, "ledger: append-only"));
}

static enum assay_err values_check(struct tx *tx, void *ctx, struct err *e)
{
    const struct thing *want = ctx;
    struct sql *q = sql(tx, "SELECT name, count, bytes, parent_id FROM thing WHERE id = $1");
    unsigned char same[4];
    size_t size = 99;

    sql_int(q, want->id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const char *name = sql_get_text(q, 0);
        const void *bytes = sql_get_blob(q, 2, &size);
        bool good = (name == NULL) == (want->name == NULL) && sql_get_int(q, 1) == want->count &&
                    (bytes == NULL) == (want->bytes == NULL) && size == want->size &&
                    sql_is_null(q, 3) && sql_get_int(q, 3) == 0;
        if (good && name != NULL)
            good = strcmp(name, want->name) == 0;
        if (good && size > 0)
            good = memcmp(bytes, want->bytes, size) == 0;
        if (good)
            good = sql_get_bytes(q, 2, same, sizeof same) == (size == sizeof same);
        if (!good)
            rc = err_set(e, ASSAY_EDAMAGED, "row %lld came back otherwise", (long long)want->id);
        else if (sql_step(q, e) != ASSAY_ENOTFOUND)
            rc = err_set(e, ASSAY_EDAMAGED, "two rows");
    }
    sql_done(q);
    return rc;
}

static void values_come_back_as_they_went_in(void **state)
{
    static const unsigned char all[] = {0, 255, 128, 0};
    struct thing things[] = {
        {.id = INT64_MAX, .name = "", .count = INT64_MIN, .bytes = "", .size = 0},
        {.id = INT64_MIN, .name = "g\xc3\xbcnstig \xf0\x9f\x8c\xb2", .count = INT64_MAX},
        {.id = 3, .count = -1, .bytes = all, .size = sizeof all},
        {.id = 4, .name = "it's $1 \"quoted\"; --", .count = 0, .bytes = all, .size = 1},
    };
    struct err e = {0};
    struct thing none = {.id = 5};

    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        assert_int_equal(store_write(db_store(*state), thing_put, &things[i], &e), ASSAY_OK);
        if (store_read(db_store(*state), values_check, &things[i], &e) != ASSAY_OK)
            fail_msg("%s", e.text);
    }
    assert_int_equal(store_read(db_store(*state), values_check, &none, &e), ASSAY_ENOTFOUND);
}

static enum assay_err figures(struct tx *tx, void *ctx, struct err *e)
{
    int64_t *out = ctx;
    struct sql *q =
        sql(tx, "SELECT sum(count), max(length(name)), count(*), coalesce(sum(count), 0),"
                " count(*) > 1, EXISTS (SELECT 1 FROM thing WHERE id = $2), 7"
                " FROM thing WHERE id <> $1");
    sql_int(q, 0);
    sql_id(q, 2);
    enum assay_err rc = sql_one(q, e);
    for (int i = 0; rc == ASSAY_OK && i < 7; i++)
        out[i] = sql_get_int(q, i);
    sql_done(q);
    return rc;
}

static void sums_counts_and_truths_are_integers(void **state)
{
    struct store *s = db_store(*state);
    int64_t out[7] = {-1, -1, -1, -1, -1, -1, -1};

    assert_int_equal(store_read(s, figures, out, NULL), ASSAY_OK);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[3], 0);
    assert_int_equal(
        put(s, (struct thing){.id = 1, .name = "abc", .count = 9000000000000000000}, NULL),
        ASSAY_OK);
    assert_int_equal(put(s, (struct thing){.id = 2, .name = "b", .count = -10000}, NULL), ASSAY_OK);
    assert_int_equal(store_read(s, figures, out, NULL), ASSAY_OK);
    assert_true(out[0] == 8999999999999990000);
    assert_int_equal(out[1], 3);
    assert_int_equal(out[2], 2);
    assert_true(out[3] == 8999999999999990000);
    assert_int_equal(out[4], 1);
    assert_int_equal(out[5], 1);
    assert_int_equal(out[6], 7);
}

static enum assay_err count_changes(struct tx *tx, void *ctx, struct err *e)
{
    int64_t *changed = ctx;
    struct sql *q;
    enum assay_err rc;

    q = sql(tx, "INSERT INTO parent (id) VALUES ($1), ($2) ON CONFLICT DO NOTHING");
    sql_int(q, 1);
    sql_int(q, 2);
    if ((rc = sql_run_done(q, &changed[0], e)) != 0)
        return rc;
    q = sql(tx, "INSERT INTO parent (id) VALUES ($1) ON CONFLICT DO NOTHING");
    sql_int(q, 1);
    if ((rc = sql_run_done(q, &changed[1], e)) != 0)
        return rc;
    q = sql(tx, "UPDATE parent SET id = id + 10 WHERE id > $1");
    sql_int(q, 0);
    if ((rc = sql_run_done(q, &changed[2], e)) != 0)
        return rc;
    q = sql(tx, "SELECT id FROM parent");
    if ((rc = sql_run_done(q, &changed[3], e)) != 0)
        return rc;
    q = sql(tx, "DELETE FROM parent WHERE id = $1 RETURNING id");
    sql_int(q, 11);
    rc = sql_one(q, e);
    if (rc == ASSAY_OK && sql_get_int(q, 0) == 11)
        rc = sql_run(q, &changed[4], e);
    sql_done(q);
    return rc;
}

static void changes_are_counted(void **state)
{
    int64_t changed[5] = {-1, -1, -1, -1, -1};

    assert_int_equal(store_write(db_store(*state), count_changes, changed, NULL), ASSAY_OK);
    assert_int_equal(changed[0], 2);
    assert_int_equal(changed[1], 0);
    assert_int_equal(changed[2], 2);
    assert_int_equal(changed[3], 0);
    assert_int_equal(changed[4], 1);
}

static enum assay_err text_in_one_buffer(struct tx *tx, void *ctx, struct err *e)
{
    char text[40];
    int64_t *sum = ctx;

    for (int i = 1; i <= 3; i++) {
        (void)snprintf(text, sizeof text, "SELECT %d", i);
        struct sql *q = sql(tx, text);
        enum assay_err rc = sql_one(q, e);
        if (rc == ASSAY_OK)
            *sum += sql_get_int(q, 0);
        sql_done(q);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

static void another_text_at_the_same_address_is_another_statement(void **state)
{
    int64_t sum = 0;

    assert_int_equal(store_read(db_store(*state), text_in_one_buffer, &sum, NULL), ASSAY_OK);
    assert_int_equal(sum, 6);
}

static enum assay_err nested(struct tx *tx, void *ctx, struct err *e)
{
    int64_t *pairs = ctx;
    struct sql *outer = NULL, *inner = NULL;
    enum assay_err rc, rc_inner;

    static const char text[] = "SELECT id FROM thing ORDER BY id";
    outer = sql(tx, text);
    while ((rc = sql_step(outer, e)) == ASSAY_OK) {
        inner = sql(tx, text);
        while ((rc_inner = sql_step(inner, e)) == ASSAY_OK)
            ++*pairs;
        sql_done(inner);
        if (rc_inner != ASSAY_ENOTFOUND)
            break;
    }
    sql_done(outer);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void one_statement_may_run_inside_itself(void **state)
{
    int64_t pairs = 0;

    for (int64_t i = 1; i <= 4; i++)
        put_ok(db_store(*state), i);
    assert_int_equal(store_read(db_store(*state), nested, &pairs, NULL), ASSAY_OK);
    assert_int_equal(pairs, 16);
}

static enum assay_err wrong_statement(struct tx *tx, void *ctx, struct err *e)
{
    struct sql *q;

    switch (*(const char *)ctx) {
    case 'n':
        q = sql(tx, "SELECT nothing FROM nowhere WHERE id = $1");
        sql_int(q, 1);
        break;
    case 'f':
        q = sql(tx, "SELECT id FROM thing WHERE id = $1 AND count = $2");
        sql_int(q, 1);
        break;
    default:
        q = sql(tx, "SELECT id FROM thing WHERE id = $1");
        sql_int(q, 1);
        sql_int(q, 2);
    }
    return sql_run_done(q, NULL, e);
}

static void a_wrong_statement_is_an_error_and_harms_nothing(void **state)
{
    struct store *s = db_store(*state);
    struct err e = {0};

    for (int i = 0; i < 2; i++) {
        char name = 'n', few = 'f', many = 'm';
        assert_int_equal(store_read(s, wrong_statement, &name, &e), ASSAY_EUNSUPPORTED);
        assert_int_equal(store_read(s, wrong_statement, &few, &e), ASSAY_EUNSUPPORTED);
        assert_int_equal(store_read(s, wrong_statement, &many, &e), ASSAY_EUNSUPPORTED);
        assert_int_equal(store_write(s, wrong_statement, &name, &e), ASSAY_EUNSUPPORTED);
    }
    put_ok(s, 1);
}

static enum assay_err leave_open(struct tx *tx, void *ctx, struct err *e)
{
    (void)ctx;
    return sql_one(sql(tx, "SELECT id FROM thing"), e);
}

static void a_statement_left_open_is_closed(void **state)
{
    put_ok(db_store(*state), 1);
    assert_int_equal(store_read(db_store(*state), leave_open, NULL, NULL), ASSAY_OK);
    assert_int_equal(store_write(db_store(*state), leave_open, NULL, NULL), ASSAY_OK);
    put_ok(db_store(*state), 2);
    assert_int_equal(count_of(db_store(*state)), 2);
}

static void a_read_may_not_write(void **state)
{
    struct thing t = {.id = 1};
    struct err e = {0};

    assert_int_equal(store_read(db_store(*state), thing_put, &t, &e), ASSAY_ESTATE);
    assert_int_equal(count_of(db_store(*state)), 0);
}

struct snapshot {
    struct store *store;
    sem_t looked, written;
    int64_t before, after;
};

static enum assay_err look_twice(struct tx *tx, void *ctx, struct err *e)
{
    struct snapshot *s = ctx;
    enum assay_err rc = thing_count(tx, &s->before, e);

    (void)sem_post(&s->looked);
    (void)sem_wait(&s->written);
    return rc != ASSAY_OK ? rc : thing_count(tx, &s->after, e);
}

static void *read_main(void *arg)
{
    struct snapshot *s = arg;

    (void)!store_read(s->store, look_twice, s, NULL);
    return NULL;
}

static void a_read_sees_one_snapshot(void **state)
{
    struct snapshot s = {.store = db_store(*state), .before = -1, .after = -1};
    pthread_t thread;

    put_ok(s.store, 1);
    assert_int_equal(sem_init(&s.looked, 0, 0), 0);
    assert_int_equal(sem_init(&s.written, 0, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, read_main, &s), 0);
    assert_int_equal(sem_wait(&s.looked), 0);
    put_ok(s.store, 2);
    assert_int_equal(count_of(s.store), 2);
    assert_int_equal(sem_post(&s.written), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(s.before, 1);
    assert_int_equal(s.after, 1);
    assert_int_equal(sem_destroy(&s.looked), 0);
    assert_int_equal(sem_destroy(&s.written), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_is_seen_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_commit_is_there_after_opening_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_for_its_owner_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_function_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_statement_error_fails_the_function_even_if_it_hides_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(of_sixteen_threads_all_good_writes_are_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(conflicts_have_their_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trigger_that_refuses_is_a_state_error, setup, teardown),
        cmocka_unit_test_setup_teardown(sqlite_writes_through_to_the_disk_and_trusts_no_schema,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(values_come_back_as_they_went_in, setup, teardown),
        cmocka_unit_test_setup_teardown(sums_counts_and_truths_are_integers, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(another_text_at_the_same_address_is_another_statement,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(one_statement_may_run_inside_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_statement_is_an_error_and_harms_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_statement_left_open_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_read_may_not_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_read_sees_one_snapshot, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
