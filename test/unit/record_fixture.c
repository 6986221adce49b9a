/* Makes, fills and tampers with a record for the tests of src/audit. */
#include "record_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

void record_open(struct record_fixture *f)
{
    struct keys_place place = {.key_file = f->key_file};

    if (db_store(f->db) == NULL)
        db_open(f->db);
    if (keys_open(db_folder(f->db), &place, &f->keys, &f->e) != ASSAY_OK)
        fail_msg("%s", f->e.text);
}

void record_close(struct record_fixture *f)
{
    db_close(f->db);
    keys_close(f->keys);
    f->keys = NULL;
}

int record_setup(void **state)
{
    struct record_fixture *f = mem_zalloc(sizeof *f);
    struct keys_place place = {.key_file = f->key_file};

    f->db = db_new();
    folder_make(f->config);
    (void)snprintf(f->key_file, sizeof f->key_file, "%s/site.key", f->config);
    if (keys_create(db_folder(f->db), &place, &f->e) != ASSAY_OK)
        fail_msg("%s", f->e.text);
    record_open(f);
    *state = f;
    return 0;
}

int record_teardown(void **state)
{
    struct record_fixture *f = *state;

    db_free(f->db);
    keys_close(f->keys);
    folder_remove(f->config);
    mem_free(f);
    return 0;
}

#define BATCH 50

struct batch {
    struct record_fixture *f;
    size_t n;
};

static enum assay_err write_batch(struct tx *tx, void *ctx, struct err *e)
{
    struct batch *b = ctx;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < b->n && rc == ASSAY_OK; i++) {
        size_t number = b->f->count + i;
        struct audit_entry entry = {
            .action = number % 2 == 0 ? AUDIT_TASK_LEASED : AUDIT_DECISION_MADE,
            .keys = b->f->keys,
            .actor = {.staff_id = 7, .role = "assessor", .session_id = 9, .workstation = "desk 3"},
            .objects = {{"task", (int64_t)number + 1}},
            .data = "{\"code\":\"A\", \"ms\":40}",
        };
        if (number % 3 == 0)
            entry.texts[0] = (struct audit_text){"note", "seen by the lake"};
        rc = audit_write(tx, &entry, &b->f->events[number], e);
    }
    return rc;
}

void record_write(struct record_fixture *f, size_t n)
{
    assert_true(f->count + n <= RECORD_EVENTS_MAX);
    while (n > 0) {
        struct batch b = {f, n < BATCH ? n : BATCH};
        if (store_write(db_store(f->db), write_batch, &b, &f->e) != ASSAY_OK)
            fail_msg("%s", f->e.text);
        f->count += b.n;
        n -= b.n;
    }
}

void record_advance(struct record_fixture *f)
{
    if (audit_advance(db_store(f->db), f->keys, db_folder(f->db), NULL, &f->e) != ASSAY_OK)
        fail_msg("advance: %s", f->e.text);
}

static enum assay_err verify(struct record_fixture *f)
{
    return audit_verify(db_store(f->db), f->keys, db_folder(f->db), &f->report, &f->e);
}

void record_verify(struct record_fixture *f)
{
    if (verify(f) != ASSAY_OK)
        fail_msg("verify: %s", f->e.text);
}

void record_says(struct record_fixture *f, const char *text)
{
    assert_int_equal(verify(f), ASSAY_EDAMAGED);
    if (strstr(f->e.text, text) == NULL)
        fail_msg("expected \"%s\" in: %s", text, f->e.text);
}

void record_names(struct record_fixture *f, size_t index)
{
    char hex[33], text[80];

    str_hex(f->events[index].bytes, 16, hex);
    (void)snprintf(text, sizeof text, "entry %zu (event %s)", index, hex);
    record_says(f, text);
}

/* ---- tampering ---- */

static void sqlite_statements(struct record_fixture *f, const char *statements)
{
    static const char past[] = "PRAGMA foreign_keys = OFF;"
                               "DROP TRIGGER IF EXISTS record_no_update;"
                               "DROP TRIGGER IF EXISTS record_no_delete;"
                               "DROP TRIGGER IF EXISTS record_seq_no_update;"
                               "DROP TRIGGER IF EXISTS record_seq_no_delete;"
                               "DROP TRIGGER IF EXISTS record_head_no_update;"
                               "DROP TRIGGER IF EXISTS record_head_no_delete;";
    char path[PATH_MAX];
    sqlite3 *c = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", db_folder(f->db));
    assert_int_equal(sqlite3_open(path, &c), SQLITE_OK);
    (void)sqlite3_busy_timeout(c, 5000);
    if (sqlite3_exec(c, past, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(c, statements, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(c));
    assert_int_equal(sqlite3_close(c), SQLITE_OK);
}

static void postgres_statements(struct record_fixture *f, const char *statements)
{
    PGconn *c = PQconnectdb(db_url(f->db));

    PQclear(PQexec(c, "SET session_replication_role = replica"));
    PGresult *r = PQexec(c, statements);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
}

void record_sql(struct record_fixture *f, const char *statements)
{
    if (db_engine() == STORE_SQLITE)
        sqlite_statements(f, statements);
    else
        postgres_statements(f, statements);
}

const char *record_blob(const void *bytes, size_t size)
{
    static char text[4][80];
    static size_t next;
    char hex[65], *out = text[next++ % 4];

    assert_true(size <= 32);
    str_hex(bytes, size, hex);
    (void)snprintf(out, sizeof text[0], db_engine() == STORE_SQLITE ? "x'%s'" : "'\\x%s'::bytea",
                   hex);
    return out;
}

const char *record_path(const struct record_fixture *f, const char *name)
{
    static char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/audit/%s", db_folder(f->db), name);
    return path;
}

void record_read(const char *path, struct buf *b)
{
    struct err e;

    if (fs_read_file(path, b, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
}

void record_flip(const char *path, size_t offset)
{
    struct buf b;

    buf_init(&b, 1 << 24);
    record_read(path, &b);
    assert_true(offset < b.size);
    b.data[offset] ^= 1;
    assert_int_equal(fs_replace(path, b.data, b.size, 0600, NULL), ASSAY_OK);
    buf_clear(&b);
}
