/* SQL of shifts, of opening and sealing their lots, and of escalations. */
#include "store/decision.h"
#include "store/sql.h"

enum assay_err shift_find(struct tx *tx, int64_t staff_id, struct shift_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.id, l.id, s.started_ms, s.checked_ms FROM shift s"
                            " JOIN lot l ON l.shift_id = s.id"
                            " WHERE s.staff_id = $1 AND s.submitted_ms IS NULL");

    sql_int(q, staff_id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        *out = (struct shift_row){.id = sql_get_int(q, 0),
                                  .lot_id = sql_get_int(q, 1),
                                  .staff_id = staff_id,
                                  .started_ms = sql_get_int(q, 2),
                                  .checked = !sql_is_null(q, 3)};
    }
    sql_done(q);
    return rc;
}

enum assay_err shift_hold(struct tx *tx, int64_t id, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE shift SET started_ms = started_ms WHERE id = $1"
                            " AND submitted_ms IS NULL");
    int64_t changed = 0;

    sql_int(q, id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this shift was submitted; start a new one");
    return rc;
}

enum assay_err shift_insert(struct tx *tx, const struct shift_row *s, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO shift (id, staff_id, started_ms) VALUES ($1, $2, $3)");

    sql_int(q, s->id);
    sql_int(q, s->staff_id);
    sql_int(q, s->started_ms);
    enum assay_err rc = sql_run_done(q, NULL, e);
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO lot (id, shift_id, staff_id, state) VALUES ($1, $2, $3, 'open')");
    sql_int(q, s->lot_id);
    sql_int(q, s->id);
    sql_int(q, s->staff_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err shift_checked(struct tx *tx, int64_t id, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE shift SET checked_ms = $1 WHERE id = $2");

    sql_int(q, now_ms);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err shift_seal(struct tx *tx, const struct shift_row *s, int64_t size, int64_t now_ms,
                          struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE shift SET submitted_ms = $1 WHERE id = $2 AND submitted_ms IS NULL");
    int64_t changed = 0;

    sql_int(q, now_ms);
    sql_int(q, s->id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this shift is submitted already");
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "UPDATE lot SET state = 'submitted', size = $1, submitted_ms = $2"
                " WHERE id = $3 AND state = 'open'");
    sql_int(q, size);
    sql_int(q, now_ms);
    sql_int(q, s->lot_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err later_count(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM task WHERE state = 'later' AND owner_id = $1");

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err escalation_insert(struct tx *tx, const struct escalation_row *x, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO escalation (id, task_id, staff_id, reason, note_sealed,"
                            " created_ms) VALUES ($1, $2, $3, $4, $5, $6)");

    sql_int(q, x->id);
    sql_int(q, x->task_id);
    sql_int(q, x->staff_id);
    sql_int(q, x->reason);
    sql_blob(q, x->note_sealed, x->note_size);
    sql_int(q, x->created_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err escalation_one(struct sql *q, struct escalation_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct escalation_row){.id = sql_get_int(q, 0),
                                       .task_id = sql_get_int(q, 1),
                                       .staff_id = sql_get_int(q, 2),
                                       .reason = sql_get_int(q, 3),
                                       .created_ms = sql_get_int(q, 4)};
    }
    sql_done(q);
    return rc;
}

enum assay_err escalation_open(struct tx *tx, int64_t task_id, struct escalation_row *out,
                               struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, task_id, staff_id, reason, created_ms FROM escalation"
                            " WHERE task_id = $1 AND settled_ms IS NULL ORDER BY id DESC LIMIT 1");

    sql_int(q, task_id);
    return escalation_one(q, out, e);
}

enum assay_err escalation_get(struct tx *tx, int64_t id, struct escalation_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, task_id, staff_id, reason, created_ms FROM escalation"
                            " WHERE id = $1 AND settled_ms IS NULL");

    sql_int(q, id);
    return escalation_one(q, out, e);
}

enum assay_err escalation_settle(struct tx *tx, int64_t id, int64_t staff_id, const char *outcome,
                                 int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE escalation SET settled_by = $1, outcome = $2, settled_ms = $3"
                            " WHERE id = $4 AND settled_ms IS NULL");
    int64_t changed = 0;

    sql_int(q, staff_id);
    sql_text(q, outcome);
    sql_int(q, now_ms);
    sql_int(q, id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this escalation is settled already");
    return rc;
}

enum assay_err escalation_each(struct tx *tx, int64_t staff_id, escalation_each_fn *fn, void *ctx,
                               struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT x.id, x.task_id, x.staff_id, x.reason, x.created_ms, x.note_sealed, f.label"
                " FROM escalation x JOIN staff f ON f.id = x.staff_id"
                " WHERE x.settled_ms IS NULL AND " SQL_MAY_SEE_TASK(
                    "x.task_id", "$1") " ORDER BY x.reason, x.id LIMIT 500");
    enum assay_err rc;

    sql_int(q, staff_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct escalation_row x = {.id = sql_get_int(q, 0),
                                   .task_id = sql_get_int(q, 1),
                                   .staff_id = sql_get_int(q, 2),
                                   .reason = sql_get_int(q, 3),
                                   .created_ms = sql_get_int(q, 4),
                                   .staff_label = sql_get_text(q, 6)};
        x.note_sealed = sql_get_blob(q, 5, &x.note_size);
        if ((rc = fn(ctx, &x)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
