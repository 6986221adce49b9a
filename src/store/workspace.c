/* SQL of the workspace, its settings and requests that must act once. */
#include "store/workspace.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err workspace_insert(struct tx *tx, const struct workspace_row *w, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO workspace (id, workspace_key, label, training, created_ms)"
                            " VALUES (1, $1, $2, $3, $4)");

    sql_text(q, w->key);
    sql_text(q, w->label);
    sql_int(q, w->training);
    sql_int(q, w->created_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err workspace_get(struct tx *tx, struct workspace_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT workspace_key, label, training, created_ms FROM workspace");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        (void)snprintf(out->key, sizeof out->key, "%s", sql_get_text(q, 0));
        (void)snprintf(out->label, sizeof out->label, "%s", sql_get_text(q, 1));
        out->training = sql_get_int(q, 2) != 0;
        out->created_ms = sql_get_int(q, 3);
    }
    sql_done(q);
    return rc;
}

enum assay_err setting_get(struct tx *tx, const char *name, struct buf *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT value FROM setting WHERE name = $1");

    sql_text(q, name);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        buf_add_str(out, sql_get_text(q, 0));
    sql_done(q);
    return rc;
}

enum assay_err setting_set(struct tx *tx, const char *name, const char *value, int64_t now_ms,
                           struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO setting (name, value, changed_ms) VALUES ($1, $2, $3)"
                            " ON CONFLICT (name) DO UPDATE SET value = excluded.value,"
                            " changed_ms = excluded.changed_ms");

    sql_text(q, name);
    sql_text(q, value);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err once_get(struct tx *tx, int64_t staff_id, const char *key, uint8_t body_sha256[32],
                        struct buf *answer, struct err *e)
{
    struct sql *q = sql(tx, "SELECT body_sha256, answer FROM idempotency"
                            " WHERE staff_id = $1 AND request_key = $2");

    sql_int(q, staff_id);
    sql_text(q, key);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        (void)sql_get_bytes(q, 0, body_sha256, 32);
        buf_add_str(answer, sql_get_text(q, 1));
    }
    sql_done(q);
    return rc;
}

enum assay_err once_take(struct tx *tx, int64_t staff_id, const char *key,
                         const uint8_t body_sha256[32], int64_t now_ms, bool *taken, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO idempotency (staff_id, request_key, body_sha256, answer, created_ms)"
                " VALUES ($1, $2, $3, '', $4) ON CONFLICT (staff_id, request_key) DO NOTHING");
    int64_t changed = 0;

    sql_int(q, staff_id);
    sql_text(q, key);
    sql_blob(q, body_sha256, 32);
    sql_int(q, now_ms);
    enum assay_err rc = sql_run_done(q, &changed, e);
    *taken = changed > 0;
    return rc;
}

enum assay_err once_answer(struct tx *tx, int64_t staff_id, const char *key, const char *answer,
                           struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE idempotency SET answer = $1 WHERE staff_id = $2 AND request_key = $3");

    sql_text(q, answer);
    sql_int(q, staff_id);
    sql_text(q, key);
    return sql_run_done(q, NULL, e);
}

enum assay_err once_expire(struct tx *tx, int64_t before_ms, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM idempotency WHERE created_ms < $1");

    sql_int(q, before_ms);
    return sql_run_done(q, NULL, e);
}
