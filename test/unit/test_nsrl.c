/* NSRL's SQLite files: their tables are read, and what a hostile one would run is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/nsrl.h"

#define MD5    "00112233445566778899AABBCCDDEEFF"
#define SHA1   MD5 "01234567"
#define SHA256 MD5 MD5

/* A name that a URI would take for something else. */
static char folder[] = "/tmp/assay-nsrl-XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a b?mode=rw#%%41.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void make(const char *sql)
{
    sqlite3 *db;
    char *why = NULL;

    (void)unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static enum assay_err take(void *ctx, const struct nsrl_row *row, struct err *e)
{
    struct buf *b = ctx;

    (void)e;
    buf_addf(b, "%d %s %s %s\n", (int)row->number, row->md5 == NULL ? "-" : row->md5,
             row->sha1 == NULL ? "-" : row->sha1, row->sha256 == NULL ? "-" : row->sha256);
    return ASSAY_OK;
}

static void check(const char *sql, const char *rows)
{
    struct err e = {0};
    struct buf b;

    make(sql);
    buf_init(&b, 1 << 20);
    if (nsrl_read(path, take, &b, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    assert_string_equal(buf_cstr(&b), rows);
    buf_clear(&b);
}

static void check_refused(enum assay_err code, const char *words)
{
    struct err e = {0};
    struct buf b;

    buf_init(&b, 1 << 20);
    assert_int_equal(nsrl_read(path, take, &b, &e), code);
    if (strstr(e.text, words) == NULL)
        fail_msg("%s", e.text);
    buf_clear(&b);
}

static void the_minimal_form_is_a_table_of_files(void **state)
{
    (void)state;
    check("CREATE TABLE FILE(sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT, file_size INTEGER,"
          " package_id INTEGER); CREATE TABLE PKG(package_id INTEGER);"
          "INSERT INTO FILE VALUES('" SHA256 "','" SHA1 "','" MD5 "','a.dll',1,2);"
          "INSERT INTO FILE VALUES(NULL,'','" MD5 "',x'ff',1,2)",
          "1 " MD5 " " SHA1 " " SHA256 "\n2 " MD5 "  -\n");
}

static void the_full_form_is_read_by_its_table_and_not_its_views(void **state)
{
    (void)state;
    check("CREATE TABLE METADATA(object_id INTEGER, MD5, Sha1 TEXT, crc32 TEXT);"
          "CREATE VIEW FILE AS SELECT upper(Sha1) AS sha1 FROM METADATA, METADATA;"
          "INSERT INTO METADATA VALUES(1, '" MD5 "', x'00', '12'), (2, 7, '" SHA1 "', NULL)",
          "1 " MD5 " - -\n2 - " SHA1 " -\n");
    check("CREATE TABLE METADATA(other TEXT); CREATE TABLE FILE(md5 TEXT);"
          "INSERT INTO FILE VALUES('" MD5 "')",
          "1 " MD5 " - -\n");
    check("CREATE TABLE FILE(md5 TEXT, sha1 TEXT AS (hex(zeroblob(100000000))));"
          "INSERT INTO FILE(md5) VALUES('" MD5 "')",
          "1 " MD5 " - -\n");
}

static void what_a_file_would_run_is_not_run(void **state)
{
    static const char *const evil[] = {
        "CREATE VIEW FILE AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS md5 FROM n",
        "CREATE VIEW METADATA AS SELECT 1 AS md5",
        "CREATE TABLE FILE(a TEXT, md5 TEXT AS (hex(zeroblob(100000000))));"
        "INSERT INTO FILE(a) VALUES(1)",
        "CREATE VIRTUAL TABLE FILE USING fts5(md5); INSERT INTO FILE VALUES('" MD5 "')",
        "CREATE TABLE OTHER(md5 TEXT)",
        "CREATE TABLE FILE(name TEXT)"};

    (void)state;
    for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++) {
        make(evil[i]);
        check_refused(ASSAY_EFORMAT, "none of NSRL's");
    }
}

static void a_damaged_file_is_an_error(void **state)
{
    struct err e = {0};

    (void)state;
    make("PRAGMA page_size = 512; CREATE TABLE FILE(md5 TEXT);"
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
         "INSERT INTO FILE SELECT '" MD5 "' FROM n");
    assert_int_equal(truncate(path, 2048), 0);
    check_refused(ASSAY_EFORMAT, "cannot be read");
    assert_int_equal(truncate(path, 60), 0);
    check_refused(ASSAY_EFORMAT, "cannot be read");
    assert_int_equal(unlink(path), 0);
    assert_true(nsrl_read(path, take, NULL, &e) != ASSAY_OK);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_minimal_form_is_a_table_of_files),
        cmocka_unit_test(the_full_form_is_read_by_its_table_and_not_its_views),
        cmocka_unit_test(what_a_file_would_run_is_not_run),
        cmocka_unit_test(a_damaged_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
