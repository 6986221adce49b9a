/* SQL of authorisations. */
#include "store/authorisation.h"

#include "store/sql.h"

enum assay_err authorisation_in_force(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *id,
                                      struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM authorisation WHERE staff_id = $1 AND from_ms <= $2"
                            " AND to_ms > $3 AND revoked_ms IS NULL ORDER BY to_ms DESC LIMIT 1");

    sql_int(q, staff_id);
    sql_int(q, now_ms);
    sql_int(q, now_ms);
    return sql_one_int(q, id, e);
}

enum assay_err authorisation_until(struct tx *tx, int64_t staff_id, int64_t now_ms,
                                   int64_t *until_ms, struct err *e)
{
    struct sql *q = sql(tx, "SELECT max(to_ms) FROM authorisation WHERE staff_id = $1"
                            " AND from_ms <= $2 AND to_ms > $3 AND revoked_ms IS NULL");

    sql_int(q, staff_id);
    sql_int(q, now_ms);
    sql_int(q, now_ms);
    return sql_one_int(q, until_ms, e);
}

enum assay_err authorisation_insert(struct tx *tx, const struct authorisation_row *a, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO authorisation (id, staff_id, authorised_by, purpose, reference,"
                " from_ms, to_ms, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

    sql_int(q, a->id);
    sql_int(q, a->staff_id);
    sql_text(q, a->authorised_by);
    sql_text(q, a->purpose);
    sql_text(q, a->reference);
    sql_int(q, a->from_ms);
    sql_int(q, a->to_ms);
    sql_int(q, a->created_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err authorisation_revoke(struct tx *tx, int64_t id, int64_t now_ms, int64_t *staff_id,
                                    struct err *e)
{
    struct sql *q = sql(tx, "UPDATE authorisation SET revoked_ms = $1 WHERE id = $2"
                            " AND revoked_ms IS NULL RETURNING staff_id");

    sql_int(q, now_ms);
    sql_int(q, id);
    return sql_one_int(q, staff_id, e);
}

enum assay_err authorisation_each(struct tx *tx, int64_t id, authorisation_each_fn *fn, void *ctx,
                                  struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT a.id, a.staff_id, s.name, a.authorised_by, a.purpose, a.reference,"
                " a.from_ms, a.to_ms, a.created_ms, a.revoked_ms FROM authorisation a"
                " JOIN staff s ON s.id = a.staff_id WHERE a.id = $1 OR $2 = 0"
                " ORDER BY a.created_ms DESC, a.id DESC");
    enum assay_err rc;

    sql_int(q, id);
    sql_int(q, id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct authorisation_row a = {.id = sql_get_int(q, 0),
                                            .staff_id = sql_get_int(q, 1),
                                            .staff_name = sql_get_text(q, 2),
                                            .authorised_by = sql_get_text(q, 3),
                                            .purpose = sql_get_text(q, 4),
                                            .reference = sql_get_text(q, 5),
                                            .from_ms = sql_get_int(q, 6),
                                            .to_ms = sql_get_int(q, 7),
                                            .created_ms = sql_get_int(q, 8),
                                            .revoked_ms = sql_get_int(q, 9)};
        fn(ctx, &a);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
