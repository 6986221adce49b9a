/* SQL of sessions. */
#include "store/session.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err session_insert(struct tx *tx, const struct session_row *s,
                              const uint8_t mac[SESSION_MAC_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO session (id, token_mac, staff_id, workstation, created_ms,"
                            " seen_ms) VALUES ($1, $2, $3, $4, $5, $6)");

    sql_int(q, s->id);
    sql_blob(q, mac, SESSION_MAC_BYTES);
    sql_int(q, s->staff_id);
    sql_text(q, s->workstation);
    sql_int(q, s->created_ms);
    sql_int(q, s->seen_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err session_find(struct tx *tx, const uint8_t mac[SESSION_MAC_BYTES],
                            struct session_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, staff_id, workstation, created_ms, seen_ms, ended_ms"
                            " FROM session WHERE token_mac = $1");

    sql_blob(q, mac, SESSION_MAC_BYTES);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        *out = (struct session_row){.id = sql_get_int(q, 0),
                                    .staff_id = sql_get_int(q, 1),
                                    .created_ms = sql_get_int(q, 3),
                                    .seen_ms = sql_get_int(q, 4),
                                    .ended = !sql_is_null(q, 5)};
        (void)snprintf(out->workstation, sizeof out->workstation, "%s", sql_get_text(q, 2));
    }
    sql_done(q);
    return rc;
}

enum assay_err session_seen(struct tx *tx, int64_t id, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE session SET seen_ms = $1 WHERE id = $2 AND ended_ms IS NULL");

    sql_int(q, now_ms);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err session_end(struct tx *tx, int64_t id, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE session SET ended_ms = $1 WHERE id = $2 AND ended_ms IS NULL");
    int64_t changed = 0;

    sql_int(q, now_ms);
    sql_int(q, id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    return rc == ASSAY_OK && changed == 0 ? ASSAY_ENOTFOUND : rc;
}

enum assay_err session_end_one(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *id,
                               struct err *e)
{
    struct sql *q = sql(tx, "UPDATE session SET ended_ms = $1 WHERE id = (SELECT id FROM session"
                            " WHERE staff_id = $2 AND ended_ms IS NULL ORDER BY id LIMIT 1)"
                            " RETURNING id");

    sql_int(q, now_ms);
    sql_int(q, staff_id);
    return sql_one_int(q, id, e);
}
