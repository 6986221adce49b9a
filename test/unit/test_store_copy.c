/* A copy of the store is that of one moment, holds nobody up, and is a store again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "db.h"
#include "store/backup.h"
#include "store/sql.h"
#include "store/workspace.h"

#define MARK        "00112233445566778899aabbccddeeff"
#define ROWS        400
#define VALUE_BYTES 6000 /* so that SQLite's copy takes several steps */

struct fill {
    int64_t first, count;
};

static enum assay_err put_settings(struct tx *tx, void *ctx, struct err *e)
{
    const struct fill *f = ctx;
    static char value[VALUE_BYTES + 1];
    char name[32];
    enum assay_err rc = ASSAY_OK;

    memset(value, 'x', VALUE_BYTES);
    for (int64_t i = f->first; rc == ASSAY_OK && i < f->first + f->count; i++) {
        (void)snprintf(name, sizeof name, "tab\tand \\ %lld", (long long)i);
        rc = setting_set(tx, name, value, i, e);
    }
    return rc;
}

static enum assay_err put_workspace(struct tx *tx, void *ctx, struct err *e)
{
    struct workspace_row w = {.key = "0011223344556677", .label = "L\xc3\xa4ke", .created_ms = 7};

    (void)ctx;
    return workspace_insert(tx, &w, e);
}

static enum assay_err get_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_get(tx, ctx, e);
}

static enum assay_err count(struct tx *tx, void *ctx, struct err *e)
{
    return sql_one_int(sql(tx, "SELECT count(*) FROM setting"), ctx, e);
}

struct busy {
    struct store *store;
    int64_t writes, looked;
};

/* Another writer, in the middle of the copy. */
static void write_on(void *ctx, uint64_t done, uint64_t total)
{
    struct busy *b = ctx;
    struct fill f = {ROWS + b->writes, 1};

    assert_true(done <= total);
    assert_int_equal(store_write(b->store, put_settings, &f, NULL), ASSAY_OK);
    b->writes++;
}

/* The copy in folder as a store of its own. */
static struct store *open_copy(const char *folder, struct db **other)
{
    struct store_options options = {.migrations = migrations, .migrations_count = migrations_count};
    struct store_filling filling = {folder, MARK};
    struct store *s = NULL;
    struct err e = {0};

    *other = db_new_closed(&options);
    for (int time = 0; time < 2 && db_engine() == STORE_POSTGRES; time++) /* again: it is done */
        if (store_fill(db_url(*other), &filling, (int64_t)migrations_count, &e) != ASSAY_OK)
            fail_msg("%s", e.text);
    if (store_open(folder, db_url(*other), &s, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    return s;
}

static void a_copy_is_that_of_one_moment_while_others_write(void **state)
{
    struct db *db = db_new(), *other;
    struct busy busy = {.store = db_store(db)};
    struct fill f = {0, ROWS};
    struct workspace_row w;
    char folder[300];
    int64_t found = 0, now = 0;
    struct err e = {0};

    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/copy", db_folder(db));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(store_write(db_store(db), put_workspace, NULL, NULL), ASSAY_OK);
    assert_int_equal(store_write(db_store(db), put_settings, &f, NULL), ASSAY_OK);
    struct store_copy copy = {folder, count, &busy.looked, write_on, &busy};
    if (store_copy(db_store(db), &copy, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    assert_int_equal(busy.looked, ROWS);
    assert_true(busy.writes > 2);
    assert_int_equal(store_read(db_store(db), count, &now, NULL), ASSAY_OK);
    assert_int_equal(now, ROWS + busy.writes);

    struct store *s = open_copy(folder, &other);
    assert_int_equal(store_read(s, count, &found, NULL), ASSAY_OK);
    assert_int_equal(found, ROWS);
    assert_int_equal(store_check(s, NULL), ASSAY_OK);
    assert_int_equal(store_read(s, get_workspace, &w, NULL), ASSAY_OK);
    assert_string_equal(w.label, "L\xc3\xa4ke");
    f = (struct fill){5000, 1};
    assert_int_equal(store_write(s, put_settings, &f, NULL), ASSAY_OK);
    store_close(s);
    db_free(other);
    db_free(db);
}

static void a_database_that_holds_a_workspace_is_never_filled(void **state)
{
    char folder[300];
    struct store_filling filling = {folder, MARK};
    struct err e = {0};

    (void)state;
    if (db_engine() != STORE_POSTGRES)
        skip();
    struct db *db = db_new();
    (void)snprintf(folder, sizeof folder, "%s/copy", db_folder(db));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(store_write(db_store(db), put_workspace, NULL, NULL), ASSAY_OK);
    struct store_copy copy = {.folder = folder};
    assert_int_equal(store_copy(db_store(db), &copy, &e), ASSAY_OK);
    assert_int_equal(store_fill(db_url(db), &filling, (int64_t)migrations_count, &e),
                     ASSAY_EEXISTS);
    assert_int_equal(store_fill(db_url(db), &filling, 9999, &e), ASSAY_EVERSION);
    db_free(db);
}

static enum assay_err put_backup(struct tx *tx, void *ctx, struct err *e)
{
    return backup_insert(tx, ctx, e);
}

struct last {
    enum backup_act act;
    struct backup_row row;
};

static enum assay_err read_last(struct tx *tx, void *ctx, struct err *e)
{
    struct last *l = ctx;

    return backup_last(tx, l->act, &l->row, e);
}

static void the_last_backup_and_the_last_test_are_told_apart(void **state)
{
    struct db *db = db_new();
    struct last l = {.act = BACKUP_TESTED};
    struct backup_row rows[] = {
        {1, BACKUP_MADE, "20261122T190000Z", 10, 4, 1000, 5, 100},
        {2, BACKUP_TESTED, "20261122T190000Z", 10, 4, 1000, 9, 150},
        {3, BACKUP_MADE, "20261122T200000Z", 12, 5, 1100, 5, 200},
    };

    (void)state;
    assert_int_equal(store_read(db_store(db), read_last, &l, NULL), ASSAY_ENOTFOUND);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(store_write(db_store(db), put_backup, &rows[i], NULL), ASSAY_OK);
    assert_int_equal(store_read(db_store(db), read_last, &l, NULL), ASSAY_OK);
    assert_int_equal(l.row.id, 2);
    l.act = BACKUP_MADE;
    assert_int_equal(store_read(db_store(db), read_last, &l, NULL), ASSAY_OK);
    assert_string_equal(l.row.name, "20261122T200000Z");
    assert_int_equal(l.row.size_bytes, 1100);
    db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_that_of_one_moment_while_others_write),
        cmocka_unit_test(a_database_that_holds_a_workspace_is_never_filled),
        cmocka_unit_test(the_last_backup_and_the_last_test_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
