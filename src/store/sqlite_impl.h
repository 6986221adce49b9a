/* SQLite's connection and statement, shared by sqlite.c and sqlite_sql.c. */
#ifndef STORE_SQLITE_IMPL_H
#define STORE_SQLITE_IMPL_H

#include <sqlite3.h>

#include "store/engine_impl.h"

struct sqlite_conn {
    struct conn base;
    sqlite3 *db;
    int busy_ms;
    int log_pages; /* in the write-ahead log after the last commit */
};

struct sqlite_sql {
    struct sql base;
    sqlite3_stmt *stmt;            /* NULL when preparing failed */
    int count;                     /* parameters */
    int index[SQL_PARAMS_MAX + 1]; /* SQLite's number of $1, $2 ... */
};

/* The error of an extended result code; its text comes from db where there is one. */
enum assay_err sqlite_error(sqlite3 *db, int code, struct err *e);

enum assay_err sqlite_copy_out(struct conn *base, const struct store_copy *copy, struct err *e);

struct sql *sqlite_sql_new(struct conn *c, const char *text);
void sqlite_sql_free(struct sql *q);
void sqlite_bind_int(struct sql *q, int index, int64_t v);
void sqlite_bind_text(struct sql *q, int index, const char *text);
void sqlite_bind_blob(struct sql *q, int index, const void *bytes, size_t size);
void sqlite_bind_null(struct sql *q, int index, enum sql_type type);
enum assay_err sqlite_step(struct sql *q, struct err *e);
int64_t sqlite_changed(struct sql *q);
bool sqlite_is_null(struct sql *q, int column);
int64_t sqlite_get_int(struct sql *q, int column);
const char *sqlite_get_text(struct sql *q, int column);
const void *sqlite_get_blob(struct sql *q, int column, size_t *size);
void sqlite_sql_reset(struct sql *q);

#endif
