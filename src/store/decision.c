/* SQL of decisions and of what inherits them. */
#include "store/decision.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err decision_insert(struct tx *tx, const struct decision_row *d, struct err *e)
{
    struct sql *q = sql(
        tx, "INSERT INTO decision (id, task_id, version, staff_id, lot_id, basis,"
            " from_decision_id, scheme_name, scheme_version, guidance_version, code, tags,"
            " note_sealed, fence, revealed_ms, software, decided_ms)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");

    sql_int(q, d->id);
    sql_int(q, d->task_id);
    sql_int(q, d->version);
    sql_int(q, d->staff_id);
    sql_id(q, d->lot_id);
    sql_text(q, d->basis);
    sql_id(q, d->from_decision_id);
    sql_text(q, d->scheme);
    sql_int(q, d->scheme_version);
    sql_int(q, d->guidance_version);
    sql_text(q, d->code);
    sql_text(q, d->tags);
    sql_blob(q, d->note_sealed, d->note_size);
    sql_int(q, d->fence);
    sql_int(q, d->revealed_ms);
    sql_text(q, d->software);
    sql_int(q, d->decided_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err decision_get(struct tx *tx, int64_t id, struct decision_copy *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT id, task_id, version, staff_id, lot_id, scheme_version, decided_ms,"
                " revealed_ms, basis, scheme_name, code, tags FROM decision WHERE id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const char *code = sql_get_text(q, 10);
        *out = (struct decision_copy){.id = sql_get_int(q, 0),
                                      .task_id = sql_get_int(q, 1),
                                      .version = sql_get_int(q, 2),
                                      .staff_id = sql_get_int(q, 3),
                                      .lot_id = sql_get_int(q, 4),
                                      .scheme_version = sql_get_int(q, 5),
                                      .decided_ms = sql_get_int(q, 6),
                                      .revealed_ms = sql_get_int(q, 7)};
        (void)snprintf(out->basis, sizeof out->basis, "%s", sql_get_text(q, 8));
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", sql_get_text(q, 9));
        (void)snprintf(out->code, sizeof out->code, "%s", code == NULL ? "" : code);
        (void)snprintf(out->tags, sizeof out->tags, "%s", sql_get_text(q, 11));
    }
    sql_done(q);
    return rc;
}

enum assay_err decision_version(struct tx *tx, int64_t task_id, int64_t *version, struct err *e)
{
    struct sql *q = sql(tx, "SELECT max(version) FROM decision WHERE task_id = $1");

    sql_int(q, task_id);
    return sql_one_int(q, version, e);
}

enum assay_err decision_newest(struct tx *tx, int64_t lot_id, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT d.id FROM decision d JOIN task t ON t.decision_id = d.id"
                            " WHERE d.lot_id = $1 AND t.state = 'graded'"
                            " ORDER BY d.id DESC LIMIT 1");

    sql_int(q, lot_id);
    return sql_one_int(q, id, e);
}

enum assay_err decision_each(struct tx *tx, int64_t lot_id, decision_each_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT d.id, d.task_id, t.item_id, d.scheme_version, d.revealed_ms, d.decided_ms,"
            " d.scheme_name, d.code, d.tags, d.basis, p.pdq_reason,"
            " (SELECT min(v.started_ms) FROM viewing v WHERE v.task_id = d.task_id"
            " AND v.staff_id = d.staff_id AND v.rendition <> 'cover' AND v.rendition <> 'strip')"
            " FROM task t JOIN decision d ON d.id = t.decision_id"
            " LEFT JOIN picture p ON p.item_id = t.item_id WHERE t.lot_id = $1 ORDER BY d.id");
    enum assay_err rc;

    sql_int(q, lot_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct decision_standing d = {.id = sql_get_int(q, 0),
                                      .task_id = sql_get_int(q, 1),
                                      .item_id = sql_get_int(q, 2),
                                      .scheme_version = sql_get_int(q, 3),
                                      .revealed_ms = sql_get_int(q, 4),
                                      .decided_ms = sql_get_int(q, 5),
                                      .handed_ms = sql_get_int(q, 11),
                                      .scheme = sql_get_text(q, 6),
                                      .code = sql_get_text(q, 7),
                                      .tags = sql_get_text(q, 8),
                                      .basis = sql_get_text(q, 9),
                                      .pdq_reason = sql_get_text(q, 10)};
        if ((rc = fn(ctx, &d)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err decision_count(struct tx *tx, int64_t lot_id, int64_t *count, struct err *e)
{
    /* A task is in a lot exactly as long as its decision stands, so the index alone answers. */
    struct sql *q = sql(tx, "SELECT count(*) FROM task WHERE lot_id = $1");

    sql_int(q, lot_id);
    return sql_one_int(q, count, e);
}

enum assay_err inheritance_spread(struct tx *tx, int64_t task_id, int64_t decision_id,
                                  int64_t now_ms, int64_t *count, struct err *e)
{
    struct sql *q = sql(
        tx,
        "INSERT INTO inheritance (sighting_id, version, decision_id, linked_ms)"
        " SELECT s.id, coalesce((SELECT max(h.version) FROM inheritance h"
        " WHERE h.sighting_id = s.id), 0) + 1, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM task t"
        " JOIN sighting s ON s.item_id = t.item_id"
        " JOIN batch b ON b.id = s.batch_id AND b.scheme_name = t.scheme_name"
        " WHERE t.id = $3 AND (s.batch_id <> t.batch_id OR EXISTS (SELECT 1 FROM inheritance g"
        " WHERE g.sighting_id = s.id))");

    sql_int(q, decision_id);
    sql_int(q, now_ms);
    sql_int(q, task_id);
    return sql_run_done(q, count, e);
}

enum assay_err inheritance_link(struct tx *tx, int64_t sighting_id, int64_t decision_id,
                                int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO inheritance (sighting_id, version, decision_id, linked_ms)"
                            " VALUES ($1, 1, $2, $3)");

    sql_int(q, sighting_id);
    sql_int(q, decision_id);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}
