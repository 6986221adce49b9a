/* SQL of leases and of the pictures that were sent under them. */
#include <stdio.h>

#include "store/sql.h"
#include "store/task.h"

enum assay_err lease_insert(struct tx *tx, const struct lease_row *l, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO lease (task_id, token, fence, staff_id, session_id,"
                            " authorisation_id, purpose, reading_id, correction_id, taken_ms,"
                            " expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                            " ON CONFLICT (task_id) DO NOTHING");
    int64_t changed = 0;

    sql_int(q, l->task_id);
    sql_blob(q, l->token, 16);
    sql_int(q, l->fence);
    sql_int(q, l->staff_id);
    sql_int(q, l->session_id);
    sql_int(q, l->authorisation_id);
    sql_text(q, l->purpose);
    sql_id(q, l->reading_id);
    sql_id(q, l->correction_id);
    sql_int(q, l->taken_ms);
    sql_int(q, l->expires_ms);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_EEXISTS, "somebody else holds this task");
    return rc;
}

static enum assay_err lease_one(struct sql *q, struct lease_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct lease_row){.task_id = sql_get_int(q, 0),
                                  .fence = sql_get_int(q, 1),
                                  .staff_id = sql_get_int(q, 2),
                                  .session_id = sql_get_int(q, 3),
                                  .authorisation_id = sql_get_int(q, 4),
                                  .reading_id = sql_get_int(q, 5),
                                  .correction_id = sql_get_int(q, 6),
                                  .taken_ms = sql_get_int(q, 7),
                                  .expires_ms = sql_get_int(q, 8)};
        (void)sql_get_bytes(q, 9, out->token, 16);
        (void)snprintf(out->purpose, sizeof out->purpose, "%s", sql_get_text(q, 10));
    }
    sql_done(q);
    return rc;
}

enum assay_err lease_get(struct tx *tx, const uint8_t token[16], int64_t staff_id, int64_t now_ms,
                         struct lease_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT task_id, fence, staff_id, session_id, authorisation_id,"
                            " reading_id, correction_id, taken_ms, expires_ms, token, purpose"
                            " FROM lease WHERE token = $1 AND staff_id = $2 AND expires_ms > $3");

    sql_blob(q, token, 16);
    sql_int(q, staff_id);
    sql_int(q, now_ms);
    return lease_one(q, out, e);
}

enum assay_err lease_of_task(struct tx *tx, int64_t task_id, int64_t now_ms, struct lease_row *out,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT task_id, fence, staff_id, session_id, authorisation_id,"
                            " reading_id, correction_id, taken_ms, expires_ms, token, purpose"
                            " FROM lease WHERE task_id = $1 AND expires_ms > $2");

    sql_int(q, task_id);
    sql_int(q, now_ms);
    return lease_one(q, out, e);
}

enum assay_err lease_extend(struct tx *tx, const uint8_t token[16], int64_t expires_ms,
                            struct err *e)
{
    struct sql *q = sql(tx, "UPDATE lease SET expires_ms = $1 WHERE token = $2");
    int64_t changed = 0;

    sql_int(q, expires_ms);
    sql_blob(q, token, 16);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this lease is over");
    return rc;
}

enum assay_err lease_delete(struct tx *tx, const uint8_t token[16], struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM lease WHERE token = $1");
    int64_t changed = 0;

    sql_blob(q, token, 16);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this lease is over");
    return rc;
}

enum assay_err lease_count(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *count,
                           struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM lease WHERE staff_id = $1 AND expires_ms > $2");

    sql_int(q, staff_id);
    sql_int(q, now_ms);
    return sql_one_int(q, count, e);
}

enum assay_err lease_expire_one(struct tx *tx, int64_t now_ms, struct lease_row *out, struct err *e)
{
    struct sql *q =
        sql(tx, "DELETE FROM lease WHERE task_id = (SELECT task_id FROM lease"
                " WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT 1) AND expires_ms <= $2"
                " RETURNING task_id, fence, staff_id, session_id, authorisation_id, reading_id,"
                " correction_id, taken_ms, expires_ms, token, purpose");

    sql_int(q, now_ms);
    sql_int(q, now_ms);
    return lease_one(q, out, e);
}

enum assay_err lease_end_one(struct tx *tx, int64_t session_id, struct lease_row *out,
                             struct err *e)
{
    struct sql *q =
        sql(tx, "DELETE FROM lease WHERE task_id = (SELECT task_id FROM lease"
                " WHERE session_id = $1 ORDER BY task_id LIMIT 1)"
                " RETURNING task_id, fence, staff_id, session_id, authorisation_id, reading_id,"
                " correction_id, taken_ms, expires_ms, token, purpose");

    sql_int(q, session_id);
    return lease_one(q, out, e);
}

enum assay_err lease_end_one_unseen(struct tx *tx, int64_t batch_id, struct lease_row *out,
                                    struct err *e)
{
    struct sql *q = sql(
        tx, "DELETE FROM lease WHERE task_id = (SELECT l.task_id FROM lease l"
            " JOIN task t ON t.id = l.task_id WHERE t.batch_id = $1"
            " AND NOT " SQL_MAY_SEE(
                "t.batch_id", "l.staff_id") " ORDER BY l.task_id LIMIT 1)"
                                            " RETURNING task_id, fence, staff_id, session_id, "
                                            "authorisation_id, reading_id,"
                                            " correction_id, taken_ms, expires_ms, token, purpose");

    sql_int(q, batch_id);
    return lease_one(q, out, e);
}

enum assay_err lease_end_one_of(struct tx *tx, int64_t staff_id, struct lease_row *out,
                                struct err *e)
{
    struct sql *q =
        sql(tx, "DELETE FROM lease WHERE task_id = (SELECT task_id FROM lease"
                " WHERE staff_id = $1 ORDER BY task_id LIMIT 1)"
                " RETURNING task_id, fence, staff_id, session_id, authorisation_id, reading_id,"
                " correction_id, taken_ms, expires_ms, token, purpose");

    sql_int(q, staff_id);
    return lease_one(q, out, e);
}

enum assay_err viewing_insert(struct tx *tx, const struct viewing_row *v, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO viewing (id, event, ticket, task_id, staff_id, session_id,"
                            " fence, rendition, started_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

    sql_int(q, v->id);
    sql_blob(q, v->event, 16);
    sql_blob(q, v->ticket, 16);
    sql_int(q, v->task_id);
    sql_int(q, v->staff_id);
    sql_int(q, v->session_id);
    sql_int(q, v->fence);
    sql_text(q, v->rendition);
    sql_int(q, v->started_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err viewing_end(struct tx *tx, int64_t id, int64_t session_id, int64_t now_ms,
                           int64_t shown_ms, int64_t *task_id, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE viewing SET ended_ms = $1, shown_ms = $2 WHERE id = $3"
                            " AND session_id = $4 AND ended_ms IS NULL RETURNING task_id");

    sql_int(q, now_ms);
    sql_int(q, shown_ms);
    sql_int(q, id);
    sql_int(q, session_id);
    return sql_one_int(q, task_id, e);
}

enum assay_err viewing_revealed_ms(struct tx *tx, int64_t task_id, int64_t staff_id, int64_t now_ms,
                                   int64_t *revealed_ms, struct err *e)
{
    /* The cast gives BIGINT on PostgreSQL, where the sum of BIGINT is NUMERIC. */
    struct sql *q = sql(tx, "SELECT CAST(coalesce(sum(CASE WHEN ended_ms IS NULL"
                            " THEN $1 - started_ms ELSE shown_ms END), 0) AS BIGINT) FROM viewing"
                            " WHERE task_id = $2 AND staff_id = $3 AND rendition IN"
                            " ('small_grey', 'small_colour', 'full_grey', 'full_colour',"
                            " 'sheet_grey', 'sheet_colour')");

    sql_int(q, now_ms);
    sql_int(q, task_id);
    sql_int(q, staff_id);
    return sql_one_int(q, revealed_ms, e);
}
