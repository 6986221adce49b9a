/* Migrations: the program's own apply, each once, by one process, and a strange store is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "db.h"
#include "store_fixture.h"

#define PROCESSES 4

static const struct store_options first_only = {.migrations = fixture_migrations,
                                                .migrations_count = 1};

static void the_program_s_own_migrations_apply_and_apply_once(void **state)
{
    struct db *db = db_new();

    (void)state;
    assert_true(migrations_count > 0);
    assert_int_equal(store_schema(db_store(db)), migrations_count);
    assert_int_equal(store_check(db_store(db), NULL), ASSAY_OK);
    db_close(db);
    db_open(db);
    assert_int_equal(store_schema(db_store(db)), migrations_count);
    db_free(db);
}

static void an_older_store_is_brought_up(void **state)
{
    struct db *db = db_new_closed(&first_only);
    struct store *s = NULL;

    (void)state;
    db_open(db);
    put_ok(db_store(db), 1);
    assert_int_equal(store_schema(db_store(db)), 1);
    db_close(db);
    assert_int_equal(store_open_with(db_folder(db), db_url(db), &fixture_options, &s, NULL),
                     ASSAY_OK);
    assert_int_equal(store_schema(s), 2);
    assert_int_equal(count_of(s), 1);
    store_close(s);
    db_free(db);
}

static void a_newer_store_is_refused_with_both_numbers(void **state)
{
    struct db *db = db_new_with(&fixture_options);
    struct store *s = NULL;
    struct err e = {0};

    (void)state;
    db_close(db);
    assert_int_equal(store_open_with(db_folder(db), db_url(db), &first_only, &s, &e),
                     ASSAY_EVERSION);
    assert_null(s);
    assert_string_equal(e.text, "the store is at schema 2, this assay knows schemas up to 1; use a "
                                "newer assay");
    db_free(db);
}

static void a_changed_migration_is_refused(void **state)
{
    struct migration changed[2] = {fixture_migrations[0], fixture_migrations[1]};
    struct store_options options = {.migrations = changed, .migrations_count = 2};
    struct db *db = db_new_with(&fixture_options);
    struct store *s = NULL;
    struct err e = {0};

    (void)state;
    db_close(db);
    changed[0].sha256[db_engine()][31] ^= 1;
    assert_int_equal(store_open_with(db_folder(db), db_url(db), &options, &s, &e), ASSAY_EDAMAGED);
    assert_non_null(strstr(e.text, "migration 1 (thing)"));
    changed[0].sha256[db_engine()][31] ^= 1;
    assert_int_equal(store_open_with(db_folder(db), db_url(db), &options, &s, &e), ASSAY_OK);
    store_close(s);
    db_free(db);
}

static void a_migration_that_fails_leaves_the_one_before(void **state)
{
    struct migration broken[2] = {fixture_migrations[0], fixture_migrations[1]};
    struct store_options options = {.migrations = broken, .migrations_count = 2};
    struct db *db = db_new_closed(&fixture_options);
    struct store *s = NULL;
    struct err e = {0};

    (void)state;
    broken[1].extra[0] = broken[1].extra[1] = "CREATE TABLE nonsense (((";
    assert_int_not_equal(store_open_with(db_folder(db), db_url(db), &options, &s, &e), ASSAY_OK);
    assert_non_null(strstr(e.text, "migration 2 (ledger)"));
    options.migrations_count = 1;
    assert_int_equal(store_open_with(db_folder(db), db_url(db), &options, &s, &e), ASSAY_OK);
    assert_int_equal(store_schema(s), 1);
    store_close(s);
    db_open(db); /* and the whole of the second goes in later */
    assert_int_equal(store_schema(db_store(db)), 2);
    db_free(db);
}

static void processes_that_open_at_once_migrate_once(void **state)
{
    struct db *db = db_new_closed(&fixture_options);
    pid_t children[PROCESSES];

    (void)state;
    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct err e = {0};
            struct store *s = NULL;
            if (store_open_with(db_folder(db), db_url(db), &fixture_options, &s, &e) != ASSAY_OK) {
                (void)fprintf(stderr, "# %s\n", e.text);
                _exit(1);
            }
            bool good = store_schema(s) == 2;
            store_close(s);
            _exit(good ? 0 : 2);
        }
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    db_open(db);
    put_ok(db_store(db), 1);
    db_free(db);
}

static void only_whole_words_become_postgresql_s(void **state)
{
    char *text = migrate_postgres_text("a INTEGER, b BLOB,INTEGERS xBLOB BLOB_ (STRICT) STRICT;");

    (void)state;
    assert_string_equal(text, "a BIGINT, b BYTEA,INTEGERS xBLOB BLOB_ () ;");
    mem_free(text);
}

static void a_store_that_is_not_there_is_a_plain_error(void **state)
{
    struct store *s = NULL;
    struct err e = {0};

    (void)state;
    assert_int_equal(store_open("/nonexistent/folder", NULL, &s, &e), ASSAY_ENOTFOUND);
    assert_int_equal(store_open("/tmp", "mysql://localhost", &s, &e), ASSAY_ERANGE);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_s_own_migrations_apply_and_apply_once),
        cmocka_unit_test(an_older_store_is_brought_up),
        cmocka_unit_test(a_newer_store_is_refused_with_both_numbers),
        cmocka_unit_test(a_changed_migration_is_refused),
        cmocka_unit_test(a_migration_that_fails_leaves_the_one_before),
        cmocka_unit_test(processes_that_open_at_once_migrate_once),
        cmocka_unit_test(only_whole_words_become_postgresql_s),
        cmocka_unit_test(a_store_that_is_not_there_is_a_plain_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
