/* The one door to the database: SQLite and PostgreSQL behind transactions given as functions. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/err.h"

/*
 * All SQL text lies in src/store, one file a noun (store/item.h ...); those functions take a struct
 * tx. A write is a function that runs inside a transaction; when store_write returns ASSAY_OK, what
 * it did is on the disk. On SQLite one writer thread runs all that wait in one transaction (group
 * commit), each in its own savepoint, so one failing changes nothing for the others. On PostgreSQL
 * each caller uses a connection of a pool (READ COMMITTED, synchronous_commit on); a serialization
 * failure or deadlock runs the function anew. So fn must not have effects outside the transaction,
 * may run more than once, and should be short: under 50 ms in all.
 */
struct store;
struct tx;

typedef enum assay_err store_fn(struct tx *tx, void *ctx, struct err *e);

enum store_engine { STORE_SQLITE, STORE_POSTGRES };

/*
 * url NULL: DATA/assay.db. Else postgres://... Applies missing migrations under a lock, one process
 * at a time. EVERSION when the store is newer than the program, EDAMAGED when an applied migration
 * differs, EKEY when the server wants another password, EBUSY when it cannot be reached,
 * EUNSUPPORTED when it does not keep what it commits (fsync, synchronous_commit or
 * full_page_writes off). The url is remembered in DATA/store.url (without
 * password: use PGPASSFILE or PGPASSWORD) by `assay init`.
 */
enum assay_err store_open(const char *data_dir, const char *url, struct store **out, struct err *e);
void store_close(struct store *s); /* waits for writes under way; NULL is fine */
enum store_engine store_engine(const struct store *s);

/* Run fn in a transaction and commit it. What fn returns is returned; anything but ASSAY_OK leaves
 * no trace. EFULL: the disk is full, nothing was written, try again when there is room. EIO: the
 * disk failed; the store refuses every write from then on until the program is started anew; on
 * PostgreSQL the connection was lost while committing, and whether it was written is unknown.
 * EBUSY: somebody held a lock too long or the server is away; nothing was written. Safe from any
 * thread, but not from inside fn. */
enum assay_err store_write(struct store *s, store_fn *fn, void *ctx, struct err *e);

/* Run fn on one consistent snapshot; it must not write. Safe from any thread. */
enum assay_err store_read(struct store *s, store_fn *fn, void *ctx, struct err *e);

/* The schema's number after migration, and how many transactions were committed by this process. */
int64_t store_schema(const struct store *s);
int64_t store_commits(const struct store *s);

/* SQLite: PRAGMA integrity_check and foreign_key_check; PostgreSQL: constraints' validity.
 * EDAMAGED. */
enum assay_err store_check(struct store *s, struct err *e);

/*
 * Copy all that is committed, as of one moment, into a folder that is there and has no such copy:
 * SQLite's as assay.db, PostgreSQL's as a file a table. Nobody who writes is held up. look (may be
 * NULL) runs first, on the very snapshot that is copied. step (may be NULL) is told how much is
 * done: pages or tables. The files are on the disk on return, their names not yet. EFULL, EIO.
 */
struct store_copy {
    const char *folder;
    store_fn *look;
    void *look_ctx;
    void (*step)(void *ctx, uint64_t done, uint64_t total);
    void *step_ctx;
};
enum assay_err store_copy(struct store *s, const struct store_copy *copy, struct err *e);

/*
 * Fill the empty PostgreSQL database at url from such a folder, made at that schema, in one
 * transaction. EEXISTS when the database holds a store, unless it was filled under the same mark:
 * then nothing is left to do. (SQLite's copy is a database: put it in its place.)
 */
#define STORE_MARK_BYTES 16
struct store_filling {
    const char *folder;
    char mark[2 * STORE_MARK_BYTES + 1]; /* hex; of one restore, kept in the database */
};
enum assay_err store_fill(const char *url, const struct store_filling *filling, int64_t schema,
                          struct err *e);

#endif
