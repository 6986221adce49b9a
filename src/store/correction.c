/* SQL of corrections. */
#include <stdio.h>

#include "store/quality.h"
#include "store/sql.h"

#define CORRECTION_COLUMNS                                                                         \
    "c.id, c.reading_id, c.lot_id, c.task_id, c.staff_id, c.severity, c.opened_ms, c.answered_ms," \
    " c.closed_ms, c.closed_by, c.code, c.tags, c.state, c.outcome"

enum assay_err correction_insert(struct tx *tx, const struct correction_row *c, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO correction (id, reading_id, lot_id, task_id, staff_id, severity, code,"
                " tags, state, opened_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");

    sql_int(q, c->id);
    sql_int(q, c->reading_id);
    sql_int(q, c->lot_id);
    sql_int(q, c->task_id);
    sql_int(q, c->staff_id);
    sql_int(q, c->severity);
    sql_text(q, c->code);
    sql_text(q, c->tags);
    sql_text(q, c->state);
    sql_int(q, c->opened_ms);
    return sql_run_done(q, NULL, e);
}

static void fill(struct sql *q, struct correction_row *out)
{
    const char *outcome = sql_get_text(q, 13);

    *out = (struct correction_row){.id = sql_get_int(q, 0),
                                   .reading_id = sql_get_int(q, 1),
                                   .lot_id = sql_get_int(q, 2),
                                   .task_id = sql_get_int(q, 3),
                                   .staff_id = sql_get_int(q, 4),
                                   .severity = sql_get_int(q, 5),
                                   .opened_ms = sql_get_int(q, 6),
                                   .answered_ms = sql_get_int(q, 7),
                                   .closed_ms = sql_get_int(q, 8),
                                   .closed_by = sql_get_int(q, 9)};
    (void)snprintf(out->code, sizeof out->code, "%s", sql_get_text(q, 10));
    (void)snprintf(out->tags, sizeof out->tags, "%s", sql_get_text(q, 11));
    (void)snprintf(out->state, sizeof out->state, "%s", sql_get_text(q, 12));
    (void)snprintf(out->outcome, sizeof out->outcome, "%s", outcome == NULL ? "" : outcome);
}

enum assay_err correction_get(struct tx *tx, int64_t id, struct correction_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " CORRECTION_COLUMNS " FROM correction c WHERE c.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        fill(q, out);
    sql_done(q);
    return rc;
}

enum assay_err correction_move(struct tx *tx, const struct correction_row *c, const char *from,
                               const void *answer_sealed, size_t answer_size, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE correction SET state = $1, outcome = $2,"
                            " answer_sealed = coalesce($3, answer_sealed), answered_ms = $4,"
                            " closed_ms = $5, closed_by = $6 WHERE id = $7 AND state = $8");
    int64_t changed = 0;

    sql_text(q, c->state);
    sql_text(q, c->outcome[0] == '\0' ? NULL : c->outcome);
    sql_blob(q, answer_sealed, answer_size);
    sql_id(q, c->answered_ms);
    sql_id(q, c->closed_ms);
    sql_id(q, c->closed_by);
    sql_int(q, c->id);
    sql_text(q, from);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this correction has moved on; load it again");
    return rc;
}

enum assay_err correction_each(struct tx *tx, const struct correction_which *which,
                               correction_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " CORRECTION_COLUMNS ", d.code, d.tags, r.reason_sealed,"
                            " c.answer_sealed, r.id FROM correction c"
                            " JOIN reading r ON r.id = c.reading_id"
                            " JOIN decision d ON d.id = r.decision_id"
                            " WHERE CASE WHEN $1 <> 0 THEN c.id = $2"
                            " WHEN $3 <> 0 THEN c.staff_id = $4 AND c.state <> 'closed'"
                            " ELSE c.state = 'contested'"
                            " AND " SQL_MAY_SEE_TASK("c.task_id", "$5") " END"
                                                                        " ORDER BY c.id LIMIT 500");
    enum assay_err rc;

    sql_int(q, which->id);
    sql_int(q, which->id);
    sql_int(q, which->staff_id);
    sql_int(q, which->staff_id);
    sql_int(q, which->judge_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct correction_line line = {.given_code = sql_get_text(q, 14),
                                       .given_tags = sql_get_text(q, 15),
                                       .reading_id = sql_get_int(q, 18)};
        fill(q, &line.row);
        line.reason_sealed = sql_get_blob(q, 16, &line.reason_size);
        line.answer_sealed = sql_get_blob(q, 17, &line.answer_size);
        if ((rc = fn(ctx, &line)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
