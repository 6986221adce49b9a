/* SQL of referrals. */
#include "store/referral.h"

#include "base/str.h"
#include "store/sql.h"

static const char *const states[REFERRAL_STATES] = {"made", "sent", "acknowledged", "closed"};

const char *referral_state_name(enum referral_state s)
{
    return states[s];
}

enum assay_err referral_insert(struct tx *tx, const struct referral_row *r, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO referral (id, task_id, escalation_id, urgent, text_sealed,"
                            " contact_sealed, state, due_ms, made_by, made_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");

    sql_int(q, r->id);
    sql_int(q, r->task_id);
    sql_int(q, r->escalation_id);
    sql_int(q, r->urgent);
    sql_blob(q, r->text_sealed, r->text_size);
    sql_blob(q, r->contact_sealed, r->contact_size);
    sql_text(q, states[r->state]);
    sql_int(q, r->due_ms);
    sql_int(q, r->made_by);
    sql_int(q, r->made_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err referral_move(struct tx *tx, const struct referral_row *r, enum referral_state from,
                             struct err *e)
{
    struct sql *q = sql(tx, "UPDATE referral SET state = $1, outcome = $2, sent_ms = $3,"
                            " acknowledged_ms = $4, closed_ms = $5 WHERE id = $6 AND state = $7");
    int64_t changed = 0;

    sql_text(q, states[r->state]);
    sql_text(q, r->outcome);
    sql_id(q, r->sent_ms);
    sql_id(q, r->acknowledged_ms);
    sql_id(q, r->closed_ms);
    sql_int(q, r->id);
    sql_text(q, states[from]);
    const enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "somebody else has just changed this referral");
    return rc;
}

#define COLUMNS                                                                                    \
    "f.id, f.task_id, f.escalation_id, f.urgent, f.text_sealed, f.contact_sealed, f.state,"        \
    " f.outcome, f.due_ms, f.made_by, f.made_ms, f.sent_ms, f.acknowledged_ms, f.closed_ms,"       \
    " s.label"

static enum assay_err each(struct sql *q, int64_t *count, referral_fn *fn, void *ctx, struct err *e)
{
    enum assay_err rc;

    *count = 0;
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct referral_row r = {.id = sql_get_int(q, 0),
                                 .task_id = sql_get_int(q, 1),
                                 .escalation_id = sql_get_int(q, 2),
                                 .urgent = sql_get_int(q, 3) != 0,
                                 .outcome = sql_get_text(q, 7),
                                 .due_ms = sql_get_int(q, 8),
                                 .made_by = sql_get_int(q, 9),
                                 .made_ms = sql_get_int(q, 10),
                                 .sent_ms = sql_get_int(q, 11),
                                 .acknowledged_ms = sql_get_int(q, 12),
                                 .closed_ms = sql_get_int(q, 13),
                                 .made_label = sql_get_text(q, 14)};
        r.text_sealed = sql_get_blob(q, 4, &r.text_size);
        r.contact_sealed = sql_get_blob(q, 5, &r.contact_size);
        while (r.state < REFERRAL_CLOSED && !str_equal(sql_get_text(q, 6), states[r.state]))
            r.state++;
        ++*count;
        if ((rc = fn(ctx, &r, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err referral_get(struct tx *tx, int64_t id, referral_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM referral f JOIN staff s ON s.id = f.made_by"
                            " WHERE f.id = $1");
    int64_t count;

    sql_int(q, id);
    const enum assay_err rc = each(q, &count, fn, ctx, e);
    if (rc == ASSAY_OK && count == 0)
        return err_set(e, ASSAY_ENOTFOUND, "there is no such referral");
    return rc;
}

enum assay_err referral_each(struct tx *tx, int64_t staff_id, referral_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT " COLUMNS " FROM referral f JOIN staff s ON s.id = f.made_by"
                " WHERE ($1 = 0 OR " SQL_MAY_SEE_TASK(
                    "f.task_id",
                    "$2") ")"
                          " ORDER BY CASE WHEN f.closed_ms IS NULL THEN 0 ELSE 1 END,"
                          " CASE WHEN f.closed_ms IS NULL THEN f.due_ms ELSE -f.closed_ms END,"
                          " f.id LIMIT 200");
    int64_t count;

    sql_int(q, staff_id);
    sql_int(q, staff_id);
    return each(q, &count, fn, ctx, e);
}

enum assay_err referral_count_overdue(struct tx *tx, int64_t staff_id, int64_t now_ms,
                                      int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM referral f WHERE f.closed_ms IS NULL"
                            " AND f.acknowledged_ms IS NULL AND f.due_ms < $1"
                            " AND ($2 = 0 OR " SQL_MAY_SEE_TASK("f.task_id", "$3") ")");

    sql_int(q, now_ms);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}
