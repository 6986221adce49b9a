/* Statements for the files of src/store; nobody else includes this. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

/*
 * One SQL text for both engines: $1, $2 ... each first used in order; INTEGER, BLOB, STRICT in
 * migrations become BIGINT, BYTEA and nothing on PostgreSQL. The text must be a string literal (its
 * address is the key of the cache of prepared statements).
 *
 *     struct sql *q = sql(tx, "SELECT id FROM item WHERE sha256 = $1");
 *     sql_blob(q, sha256, 32);
 *     rc = sql_one(q, e);                     // OK with a row, ENOTFOUND without
 *     if (rc == ASSAY_OK) *id = sql_get_int(q, 0);
 *     sql_done(q);
 *
 * Errors while preparing or binding are kept and come out of the first sql_step/sql_one/sql_run.
 *
 * After an error the transaction is lost, on both engines: every later statement in it gives the
 * same error, and so does store_write even when fn returns ASSAY_OK. To go on past a conflict write
 * ON CONFLICT DO NOTHING and look at what changed. All rows of a PostgreSQL answer are in memory at
 * once, so long lists are read in pages.
 */
struct sql;

struct sql *sql(struct tx *tx, const char *text);

/* Bind the next parameter, from $1 on. Pointers must live until the first step. */
void sql_int(struct sql *q, int64_t v);
void sql_id(struct sql *q, int64_t id);                       /* 0 binds NULL */
void sql_text(struct sql *q, const char *text);               /* NULL binds NULL */
void sql_blob(struct sql *q, const void *bytes, size_t size); /* bytes NULL binds NULL */

/* The next row: ASSAY_OK, or ASSAY_ENOTFOUND after the last (no text in e). EEXISTS for a unique or
 * primary key conflict, ESTATE for a CHECK, foreign key or trigger that refuses, EFULL, EIO, EBUSY.
 */
enum assay_err sql_step(struct sql *q, struct err *e);
enum assay_err sql_one(struct sql *q, struct err *e); /* first row; same as sql_step */
/* Run to the end without rows; *changed (may be NULL) counts rows inserted, updated or deleted. */
enum assay_err sql_run(struct sql *q, int64_t *changed, struct err *e);
/* sql_run and sql_done in one. */
enum assay_err sql_run_done(struct sql *q, int64_t *changed, struct err *e);
/* The first column of the first row, and sql_done: for counts and ids. ENOTFOUND leaves *out alone.
 */
enum assay_err sql_one_int(struct sql *q, int64_t *out, struct err *e);

/* Columns of the present row, from 0. Text and blobs are borrowed until the next step. */
bool sql_is_null(struct sql *q, int column);
int64_t sql_get_int(struct sql *q, int column);                    /* NULL gives 0 */
const char *sql_get_text(struct sql *q, int column);               /* NULL gives NULL */
const void *sql_get_blob(struct sql *q, int column, size_t *size); /* NULL gives NULL, size 0 */
/* A blob of exactly size bytes into out; false (out zeroed) when NULL or of another size. */
bool sql_get_bytes(struct sql *q, int column, void *out, size_t size);

void sql_done(struct sql *q); /* always, also after errors; NULL is fine */

/* Part of a WHERE: the batch is for everybody, or for this person too. Both are SQL texts. */
#define SQL_MAY_SEE(batch, staff)                                                                  \
    "(NOT EXISTS (SELECT 1 FROM batch_person p WHERE p.batch_id = " batch ")"                      \
    " OR EXISTS (SELECT 1 FROM batch_person p WHERE p.batch_id = " batch                           \
    " AND p.staff_id = " staff "))"
/* The same for what has a task's id. */
#define SQL_MAY_SEE_TASK(task, staff)                                                              \
    "(SELECT " SQL_MAY_SEE("t.batch_id", staff) " FROM task t WHERE t.id = " task ")"

/* Part of a WHERE, of lot l: it is closed, and so are its corrections. */
#define SQL_LOT_IS_CLOSED                                                                          \
    "l.state = 'passed' AND NOT EXISTS (SELECT 1 FROM correction c WHERE c.lot_id = l.id"          \
    " AND c.state <> 'closed')"

/* How many readings of ours decision d of task t has: the grader's own and agreeing ones; and with
 * the sources that voted the same code. Lot and task are named because the index of readings begins
 * with them. */
#define SQL_OWN_READINGS                                                                           \
    "1 + (SELECT count(*) FROM reading r WHERE r.lot_id = t.lot_id AND r.task_id = t.id"           \
    " AND r.decision_id = d.id AND r.reader_id IS NOT NULL AND r.code = d.code)"
#define SQL_READINGS                                                                               \
    SQL_OWN_READINGS " + (SELECT count(*) FROM vote v WHERE v.task_id = t.id AND v.code = d.code)"

#endif
