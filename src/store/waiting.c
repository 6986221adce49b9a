/* SQL of what waits for a person. */
#include "store/waiting.h"

#include "store/sql.h"

enum assay_err waiting_corrections(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT count(*) FROM correction WHERE staff_id = $1 AND state = 'open'");

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err waiting_contested(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM correction c JOIN reading r"
                            " ON r.id = c.reading_id WHERE c.state = 'contested'"
                            " AND c.staff_id <> $1 AND r.reader_id <> $2"
                            " AND " SQL_MAY_SEE_TASK("c.task_id", "$3"));

    sql_int(q, staff_id);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err waiting_approvals(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM release WHERE state = 'requested'"
                            " AND requested_by <> $1");

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err waiting_authorisations(struct tx *tx, int64_t now_ms, int64_t until_ms,
                                      int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM (SELECT a.staff_id FROM authorisation a"
                            " JOIN staff f ON f.id = a.staff_id WHERE a.revoked_ms IS NULL"
                            " AND a.from_ms <= $1 AND a.to_ms > $2 AND f.disabled_ms IS NULL"
                            " GROUP BY a.staff_id HAVING max(a.to_ms) < $3) x");

    sql_int(q, now_ms);
    sql_int(q, now_ms);
    sql_int(q, until_ms);
    return sql_one_int(q, count, e);
}

enum assay_err waiting_for_nobody(struct tx *tx, int64_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT count(*) FROM task t WHERE t.state IN ('waiting', 'second_look')"
                " AND t.batch_id IN (SELECT p.batch_id FROM batch_person p"
                " EXCEPT SELECT p.batch_id FROM batch_person p"
                " JOIN staff f ON f.id = p.staff_id AND f.disabled_ms IS NULL"
                " JOIN staff_role r ON r.staff_id = f.id AND r.role = 'assessor')");
    return sql_one_int(q, count, e);
}

enum assay_err waiting_differing(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT count(*) FROM upload WHERE state = 'differs' AND staff_id = $1");

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}
