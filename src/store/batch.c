/* SQL of batches. */
#include <stdio.h>

#include "store/item.h"
#include "store/sql.h"

enum assay_err batch_insert(struct tx *tx, const struct batch_row *b, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO batch (id, name, scheme_name, sender, contact, case_reference,"
                " authority, purpose, handling, priority, due_ms, created_ms)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

    sql_int(q, b->id);
    sql_text(q, b->name);
    sql_text(q, b->scheme);
    sql_text(q, b->sender);
    sql_text(q, b->contact);
    sql_text(q, b->case_reference);
    sql_text(q, b->authority);
    sql_text(q, b->purpose);
    sql_text(q, b->handling);
    sql_int(q, b->priority);
    sql_int(q, b->due_ms);
    sql_int(q, b->created_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err batch_one(struct sql *q, struct batch_key *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        out->id = sql_get_int(q, 0);
        out->priority = sql_get_int(q, 1);
        out->due_ms = sql_get_int(q, 2);
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", sql_get_text(q, 3));
    }
    sql_done(q);
    return rc;
}

enum assay_err batch_find(struct tx *tx, const char *name, struct batch_key *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, priority, due_ms, scheme_name FROM batch WHERE name = $1");

    sql_text(q, name);
    return batch_one(q, out, e);
}

enum assay_err batch_get(struct tx *tx, int64_t id, struct batch_key *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, priority, due_ms, scheme_name FROM batch WHERE id = $1");

    sql_int(q, id);
    return batch_one(q, out, e);
}

enum assay_err batch_name(struct tx *tx, int64_t id, char *out, size_t out_size, struct err *e)
{
    struct sql *q = sql(tx, "SELECT name FROM batch WHERE id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        (void)snprintf(out, out_size, "%s", sql_get_text(q, 0));
    sql_done(q);
    return rc;
}

enum assay_err batch_each(struct tx *tx, batch_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT b.id, b.name, b.scheme_name, b.sender, b.priority, b.due_ms, b.created_ms,"
                " (SELECT count(*) FROM sighting s WHERE s.batch_id = b.id),"
                " (SELECT count(*) FROM task t WHERE t.batch_id = b.id),"
                " (SELECT count(*) FROM task t WHERE t.batch_id = b.id"
                " AND t.state IN ('received', 'waiting', 'later', 'second_look', 'escalated'))"
                " FROM batch b ORDER BY b.id DESC LIMIT 200");
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct batch_line b = {.row = {.id = sql_get_int(q, 0),
                                       .name = sql_get_text(q, 1),
                                       .scheme = sql_get_text(q, 2),
                                       .sender = sql_get_text(q, 3),
                                       .priority = sql_get_int(q, 4),
                                       .due_ms = sql_get_int(q, 5),
                                       .created_ms = sql_get_int(q, 6)},
                               .sightings = sql_get_int(q, 7),
                               .items = sql_get_int(q, 8),
                               .waiting = sql_get_int(q, 9)};
        fn(ctx, &b);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
