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
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        *id = sql_get_int(q, 0);
    sql_done(q);
    return rc;
}
