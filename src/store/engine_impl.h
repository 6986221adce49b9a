/* What an engine is to the rest of src/store: connections, transactions and statements. */
#ifndef STORE_ENGINE_IMPL_H
#define STORE_ENGINE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "store/store.h"

#define SQL_PARAMS_MAX 64  /* values one statement can bind */
#define SQL_BUCKETS    256 /* of the cache of statements; a program has a few hundred */

#define STORE_FULL_TEXT "the disk is full; nothing was written, try again when there is room"

/* Where the data is; strings live as long as the store. */
struct store_place {
    const char *path; /* DATA/assay.db */
    const char *url;  /* PostgreSQL's; NULL on SQLite */
    const char *vfs;  /* SQLite's; NULL for its own */
    int busy_ms;      /* to wait for somebody else's lock before EBUSY */
};

enum tx_kind {
    TX_READ,    /* one snapshot, no writes */
    TX_WRITE,   /* committed means on the disk */
    TX_MIGRATE, /* TX_WRITE, and no other process migrates meanwhile */
};

enum sql_type { SQL_ANY, SQL_INT, SQL_TEXT, SQL_BLOB }; /* of a NULL that is bound */

enum conn_use { CONN_READ, CONN_WRITE };

/* A connection: one thread at a time. Engines put their own fields behind it. */
struct conn {
    const struct engine *engine;
    struct conn *next;              /* in the pool */
    struct sql *cache[SQL_BUCKETS]; /* by the address of the text */
    size_t open_count;              /* statements between sql() and sql_done() */
    bool lost;                      /* the connection is gone or unusable: close, do not reuse */
    enum assay_err fatal;           /* EFULL or EIO, seen by a statement in this transaction */
};

/* One run of one function. */
struct tx {
    struct conn *conn;
    enum assay_err failed; /* of the first statement that failed; those after it are refused */
    struct err failure;
};

/* A statement; it stays in its connection's cache between uses. Engines put fields behind it. */
struct sql {
    struct tx *tx;
    struct conn *conn;
    struct sql *next; /* in the bucket */
    size_t bucket;
    char *text;  /* our copy */
    int bound;   /* values bound so far */
    bool in_use; /* between sql() and sql_done() */
    bool stepped;
    enum assay_err rc; /* of preparing and binding */
    struct err err;
};

struct engine {
    enum store_engine kind;
    const char *has_migrations; /* SELECT that has a row when the table migration exists */

    enum assay_err (*connect)(const struct store_place *place, enum conn_use use, struct conn **out,
                              struct err *e);
    void (*disconnect)(struct conn *c);

    /* begin and commit may set c->lost. After a failed commit the connection is out of the
     * transaction or lost. rollback never fails in a way that matters: at worst it sets c->lost. */
    enum assay_err (*begin)(struct conn *c, enum tx_kind kind, struct err *e);
    enum assay_err (*commit)(struct conn *c, struct err *e);
    void (*rollback)(struct conn *c);
    /* Whether a failed run may be tried anew at once (serialization failure, lost connection). */
    bool (*retry)(const struct conn *c);

    enum assay_err (*script)(struct conn *c, const char *text, struct err *e); /* many statements */
    enum assay_err (*check)(struct conn *c, struct err *e);                    /* store_check */

    /* store_copy and store_fill, inside an open transaction; copy_in is PostgreSQL's alone. */
    enum assay_err (*copy_out)(struct conn *c, const struct store_copy *copy, struct err *e);
    enum assay_err (*copy_in)(struct conn *c, const struct store_filling *filling, struct err *e);

    /* Statements. prepare and bind_* leave errors in q->rc and q->err; index is from 1. */
    struct sql *(*sql_new)(struct conn *c, const char *text);
    void (*sql_free)(struct sql *q);
    void (*bind_int)(struct sql *q, int index, int64_t v);
    void (*bind_text)(struct sql *q, int index, const char *text);
    void (*bind_blob)(struct sql *q, int index, const void *bytes, size_t size);
    void (*bind_null)(struct sql *q, int index, enum sql_type type);
    enum assay_err (*step)(struct sql *q, struct err *e);
    int64_t (*changed)(struct sql *q); /* after the last step */
    bool (*is_null)(struct sql *q, int column);
    int64_t (*get_int)(struct sql *q, int column);
    const char *(*get_text)(struct sql *q, int column);
    const void *(*get_blob)(struct sql *q, int column, size_t *size);
    void (*reset)(struct sql *q); /* ready to be bound anew */
};

extern const struct engine engine_sqlite;
extern const struct engine engine_postgres;

/* A statement's error that the transaction, and on SQLite the whole group, does not outlive. */
void conn_note(struct conn *c, enum assay_err rc);

/* Run fn on a connection inside a transaction: what it returns, or the error of a statement that
 * failed and that it did not pass on. Statements left open are closed. */
enum assay_err tx_run(struct conn *c, store_fn *fn, void *ctx, struct err *e);

/* Free every cached statement; before disconnecting. */
void conn_clear(struct conn *c);

/* Bring the store up to the given migrations; *schema is the last number applied. */
enum assay_err migrate(struct conn *c, const struct store_options *options, int64_t *schema,
                       struct err *e);

/* SQLite's one writing thread. */
struct writer;

/* Takes the connection over. commits is counted up for each function committed. */
enum assay_err writer_start(struct conn *c, _Atomic int64_t *commits, struct writer **out,
                            struct err *e);
void writer_stop(struct writer *w); /* after what waits is done; disconnects */
enum assay_err writer_run(struct writer *w, store_fn *fn, void *ctx, struct err *e);

/* For the writer: what SQLite alone has. Each function has its mark inside the group. */
enum assay_err sqlite_mark(struct conn *c, struct err *e);
/* Keep what was done since the mark; ESTATE when a deferred foreign key is not met. */
enum assay_err sqlite_keep(struct conn *c, struct err *e);
void sqlite_undo(struct conn *c);
/* False when an error (full disk, I/O) has ended the transaction under us. */
bool sqlite_in_transaction(const struct conn *c);
/* After a commit: move pages from the log to the database when there are many. EIO. */
enum assay_err sqlite_checkpoint(struct conn *c, struct err *e);
/* The disk failed: leave the files alone when closing, the next start recovers from the log. */
void sqlite_abandon(struct conn *c);

#endif
