/* SQLite's statements: preparing, binding, stepping, columns. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/sqlite_impl.h"

/* SQLite numbers $1, $2 by first appearance, as it would any name; we bind by the name. */
static enum assay_err number_parameters(struct sqlite_sql *q, struct err *e)
{
    q->count = sqlite3_bind_parameter_count(q->stmt);
    for (int i = 1; i <= q->count; i++) {
        const char *name = sqlite3_bind_parameter_name(q->stmt, i);
        int64_t number;
        if (name == NULL || name[0] != '$' ||
            str_int64(name + 1, 1, SQL_PARAMS_MAX, &number) != ASSAY_OK || number > q->count)
            return err_set(e, ASSAY_EUNSUPPORTED, "a statement's parameters are not $1, $2 ... %d",
                           q->count);
        q->index[number] = i;
    }
    return ASSAY_OK;
}

struct sql *sqlite_sql_new(struct conn *base, const char *text)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    struct sqlite_sql *q = mem_zalloc(sizeof *q);

    q->base.text = mem_strdup(text);
    int code = sqlite3_prepare_v3(c->db, text, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
    if (code != SQLITE_OK)
        q->base.rc = sqlite_error(c->db, code, &q->base.err);
    else
        q->base.rc = number_parameters(q, &q->base.err);
    return &q->base;
}

void sqlite_sql_free(struct sql *base)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    (void)sqlite3_finalize(q->stmt);
    mem_free(base->text);
    mem_free(q);
}

/* Where to bind, or 0 when the statement is spoiled or has no such parameter (seen at the step). */
static int where(const struct sqlite_sql *q, int index)
{
    return q->base.rc != ASSAY_OK || index > q->count ? 0 : q->index[index];
}

static void bound(struct sqlite_sql *q, int code)
{
    if (code != SQLITE_OK)
        q->base.rc = sqlite_error(sqlite3_db_handle(q->stmt), code, &q->base.err);
}

void sqlite_bind_int(struct sql *base, int index, int64_t v)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;
    int at = where(q, index);

    if (at != 0)
        bound(q, sqlite3_bind_int64(q->stmt, at, v));
}

/* Text and blobs are copied: SQLite may read them again at any step, the caller's live until the
 * first. */
void sqlite_bind_text(struct sql *base, int index, const char *text)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;
    int at = where(q, index);

    if (at != 0)
        bound(q,
              sqlite3_bind_text64(q->stmt, at, text, strlen(text), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void sqlite_bind_blob(struct sql *base, int index, const void *bytes, size_t size)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;
    int at = where(q, index);

    if (at != 0)
        bound(q, sqlite3_bind_blob64(q->stmt, at, bytes, size, SQLITE_TRANSIENT));
}

void sqlite_bind_null(struct sql *base, int index, enum sql_type type)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;
    int at = where(q, index);

    (void)type;
    if (at != 0)
        bound(q, sqlite3_bind_null(q->stmt, at));
}

enum assay_err sqlite_step(struct sql *base, struct err *e)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    if (base->bound != q->count)
        return err_set(e, ASSAY_EUNSUPPORTED, "a statement has %d parameters and got %d values",
                       q->count, base->bound);
    int code = sqlite3_step(q->stmt);
    if (code == SQLITE_ROW)
        return ASSAY_OK;
    if (code == SQLITE_DONE)
        return ASSAY_ENOTFOUND;
    return sqlite_error(sqlite3_db_handle(q->stmt), code, e);
}

int64_t sqlite_changed(struct sql *base)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    if (sqlite3_stmt_readonly(q->stmt) != 0)
        return 0;
    return sqlite3_changes64(sqlite3_db_handle(q->stmt));
}

bool sqlite_is_null(struct sql *base, int column)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    assert(column >= 0);
    assert(column < sqlite3_data_count(q->stmt));
    return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t sqlite_get_int(struct sql *base, int column)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    assert(sqlite3_column_type(q->stmt, column) == SQLITE_INTEGER);
    return sqlite3_column_int64(q->stmt, column);
}

const char *sqlite_get_text(struct sql *base, int column)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    assert(sqlite3_column_type(q->stmt, column) == SQLITE_TEXT);
    return (const char *)sqlite3_column_text(q->stmt, column);
}

const void *sqlite_get_blob(struct sql *base, int column, size_t *size)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    assert(sqlite3_column_type(q->stmt, column) == SQLITE_BLOB);
    const void *bytes = sqlite3_column_blob(q->stmt, column);
    *size = (size_t)sqlite3_column_bytes(q->stmt, column);
    return bytes == NULL ? "" : bytes; /* SQLite gives NULL for an empty blob too */
}

void sqlite_sql_reset(struct sql *base)
{
    struct sqlite_sql *q = (struct sqlite_sql *)base;

    (void)sqlite3_reset(q->stmt);
    (void)sqlite3_clear_bindings(q->stmt);
}
