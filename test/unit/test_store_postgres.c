/* What PostgreSQL alone can do to a store: lost connections, serialization failures, bad settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "store_fixture.h"

/* fail_with(state) raises; a row 666 in doom ends the connection while COMMIT runs. */
static const struct migration doom_migrations[] = {
    {
        .number = 1,
        .name = "doom",
        .text = "CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, name TEXT,"
                " count INTEGER NOT NULL, bytes BLOB, parent_id INTEGER, late_id INTEGER) STRICT;",
        .extra =
            {
                "",
                "CREATE FUNCTION fail_with(state text) RETURNS bigint LANGUAGE plpgsql AS $$\n"
                "BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = state; END $$;\n"
                "CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS $$\n"
                "BEGIN IF NEW.id = 666 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
                " RETURN NEW; END $$;\n"
                "CREATE CONSTRAINT TRIGGER doom AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION doom();",
            },
        .sha256 = {{7}, {7}},
    },
};

static const struct store_options doom_options = {.migrations = doom_migrations,
                                                  .migrations_count = 1};

static int setup(void **state)
{
    *state = db_new_with(&doom_options);
    return 0;
}

static int teardown(void **state)
{
    db_free(*state);
    return 0;
}

struct attempt {
    const char *state; /* SQLSTATE to fail with; NULL: the connection ends */
    int bad;           /* runs that go wrong before one that does not */
    int runs;
};

static enum assay_err go_wrong_at_first(struct tx *tx, void *ctx, struct err *e)
{
    struct attempt *a = ctx;
    struct thing t = {.id = 1};
    enum assay_err rc = thing_put(tx, &t, e);

    if (rc != ASSAY_OK || ++a->runs > a->bad)
        return rc;
    struct sql *q;
    if (a->state == NULL) {
        q = sql(tx, "SELECT pg_terminate_backend(pg_backend_pid())");
    } else {
        q = sql(tx, "SELECT fail_with($1)");
        sql_text(q, a->state);
    }
    return sql_run_done(q, NULL, e);
}

static void what_may_go_well_is_run_anew_and_done_once(void **state)
{
    static const char *const states[] = {"40001", "40P01", NULL};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct db *db = db_new_with(&doom_options);
        struct attempt a = {.state = states[i], .bad = 2};
        struct err e = {0};
        if (store_write(db_store(db), go_wrong_at_first, &a, &e) != ASSAY_OK)
            fail_msg("%s", e.text);
        assert_int_equal(a.runs, 3);
        assert_int_equal(count_of(db_store(db)), 1);
        assert_int_equal(store_commits(db_store(db)), 1);
        db_free(db);
    }
    (void)state;
}

static void what_never_goes_well_is_given_up(void **state)
{
    static const char *const states[] = {"40001", NULL};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct attempt a = {.state = states[i], .bad = 1000};
        struct err e = {0};
        assert_int_equal(store_write(db_store(*state), go_wrong_at_first, &a, &e), ASSAY_EBUSY);
        assert_in_range(a.runs, 2, 10);
        assert_int_equal(count_of(db_store(*state)), 0);
    }
}

static void server_errors_have_our_codes(void **state)
{
    static const struct {
        const char *state;
        enum assay_err rc;
    } cases[] = {{"53100", ASSAY_EFULL},  {"58030", ASSAY_EIO},    {"XX001", ASSAY_EDAMAGED},
                 {"55P03", ASSAY_EBUSY},  {"P0001", ASSAY_ESTATE}, {"23505", ASSAY_EEXISTS},
                 {"22003", ASSAY_ERANGE}, {"42501", ASSAY_ESTATE}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attempt a = {.state = cases[i].state, .bad = 1};
        struct err e = {0};
        assert_int_equal(store_write(db_store(*state), go_wrong_at_first, &a, &e), cases[i].rc);
        assert_int_equal(e.code, cases[i].rc);
        assert_int_equal(a.runs, 1);
        assert_int_equal(count_of(db_store(*state)), 0);
    }
    put_ok(db_store(*state), 2);
}

static enum assay_err put_666(struct tx *tx, void *ctx, struct err *e)
{
    struct thing t = {.id = 666};

    ++*(int *)ctx;
    return thing_put(tx, &t, e);
}

static void a_commit_whose_answer_is_lost_is_an_io_error_and_not_run_anew(void **state)
{
    struct err e = {0};
    int runs = 0;

    assert_int_equal(store_write(db_store(*state), put_666, &runs, &e), ASSAY_EIO);
    assert_int_equal(runs, 1);
    assert_non_null(strstr(e.text, "lost while committing"));
    put_ok(db_store(*state), 1);
    assert_int_equal(count_of(db_store(*state)), 1);
}

static void server_command(const char *text)
{
    PGconn *c = PQconnectdb(getenv("ASSAY_TEST_URL"));
    PGresult *r = PQexec(c, text);

    assert_true(PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK);
    PQclear(r);
    PQfinish(c);
}

/* Reads inside reads, so that the pool has this many connections. */
#define CONNECTIONS 8

struct deep {
    struct store *store;
    int left;
};

static enum assay_err read_deeper(struct tx *tx, void *ctx, struct err *e)
{
    struct deep *d = ctx;
    int64_t count;
    enum assay_err rc = thing_count(tx, &count, e);

    return rc != ASSAY_OK || --d->left == 0 ? rc : store_read(d->store, read_deeper, d, e);
}

static void connections_ended_by_the_server_are_made_anew(void **state)
{
    for (int i = 1; i <= 2; i++) {
        struct deep deep = {db_store(*state), CONNECTIONS};
        assert_int_equal(store_read(db_store(*state), read_deeper, &deep, NULL), ASSAY_OK);
        server_command("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                       " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
        if (i == 1)
            put_ok(db_store(*state), 1);
    }
    assert_int_equal(count_of(db_store(*state)), 1);
}

static void another_session_s_lock_is_waited_for_then_told(void **state)
{
    struct store_options options = doom_options;
    struct thing t = {.id = 1};
    struct err e = {0};

    (void)state;
    options.busy_ms = 200;
    struct db *db = db_new_with(&options);
    PGconn *other = PQconnectdb(db_url(db));
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "LOCK TABLE thing"));
    assert_int_equal(store_write(db_store(db), thing_put, &t, &e), ASSAY_EBUSY);
    PQfinish(other);
    put_ok(db_store(db), 1);
    db_free(db);
}

static void refused(const struct db *db, const char *end, enum assay_err want, const char *word)
{
    struct store *s = NULL;
    struct err e = {0};
    char url[2048];

    (void)snprintf(url, sizeof url, "%s%s", db_url(db), end);
    assert_int_equal(store_open_with(db_folder(db), url, &doom_options, &s, &e), want);
    if (strstr(e.text, word) == NULL)
        fail_msg("%s", e.text);
}

static void a_server_that_does_not_keep_its_word_is_refused(void **state)
{
    refused(*state, "%20-csynchronous_commit%3Doff", ASSAY_EUNSUPPORTED, "synchronous_commit");
    server_command("ALTER SYSTEM SET full_page_writes = off");
    server_command("SELECT pg_reload_conf(), pg_sleep(0.3)");
    refused(*state, "", ASSAY_EUNSUPPORTED, "full_page_writes");
    server_command("ALTER SYSTEM RESET full_page_writes");
    server_command("SELECT pg_reload_conf(), pg_sleep(0.3)");
    put_ok(db_store(*state), 1);
}

static void a_server_that_is_not_there_is_a_plain_error(void **state)
{
    refused(*state, "&port=1", ASSAY_EBUSY, "cannot be reached");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_go_well_is_run_anew_and_done_once),
        cmocka_unit_test_setup_teardown(what_never_goes_well_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(server_errors_have_our_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_commit_whose_answer_is_lost_is_an_io_error_and_not_run_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(connections_ended_by_the_server_are_made_anew, setup,
                                        teardown),
        cmocka_unit_test(another_session_s_lock_is_waited_for_then_told),
        cmocka_unit_test_setup_teardown(a_server_that_does_not_keep_its_word_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_server_that_is_not_there_is_a_plain_error, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
