/* PostgreSQL's connection and statement, shared by postgres.c and postgres_sql.c. */
#ifndef STORE_POSTGRES_IMPL_H
#define STORE_POSTGRES_IMPL_H

#include <libpq-fe.h>

#include "store/engine_impl.h"

struct postgres_conn {
    struct conn base;
    PGconn *pg;
    bool again;           /* the transaction may go well when run anew */
    unsigned names_count; /* statements prepared so far, for their names */
};

#define POSTGRES_NAME_SIZE 16

struct postgres_sql {
    struct sql base;
    char name[POSTGRES_NAME_SIZE];      /* on the server; empty while not prepared */
    int count;                          /* parameters in the text */
    Oid prepared[SQL_PARAMS_MAX];       /* types it was prepared with; 0: the server chose */
    Oid types[SQL_PARAMS_MAX];          /* of what is bound now */
    const char *values[SQL_PARAMS_MAX]; /* in binary form; NULL binds NULL */
    int sizes[SQL_PARAMS_MAX];
    uint64_t ints[SQL_PARAMS_MAX]; /* big-endian, pointed to by values */
    PGresult *result;              /* all rows; NULL before the first step */
    int row;
};

/* The error of a result (may be NULL), by its SQLSTATE; notes a lost connection. */
enum assay_err postgres_error(struct postgres_conn *c, const PGresult *r, struct err *e);

enum assay_err postgres_copy_out(struct conn *base, const struct store_copy *copy, struct err *e);
enum assay_err postgres_copy_in(struct conn *base, const struct store_filling *filling,
                                struct err *e);

struct sql *postgres_sql_new(struct conn *c, const char *text);
void postgres_sql_free(struct sql *q);
void postgres_bind_int(struct sql *q, int index, int64_t v);
void postgres_bind_text(struct sql *q, int index, const char *text);
void postgres_bind_blob(struct sql *q, int index, const void *bytes, size_t size);
void postgres_bind_null(struct sql *q, int index, enum sql_type type);
enum assay_err postgres_step(struct sql *q, struct err *e);
int64_t postgres_changed(struct sql *q);
bool postgres_is_null(struct sql *q, int column);
int64_t postgres_get_int(struct sql *q, int column);
const char *postgres_get_text(struct sql *q, int column);
const void *postgres_get_blob(struct sql *q, int column, size_t *size);
void postgres_sql_reset(struct sql *q);

#endif
