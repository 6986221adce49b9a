/* SQL of tasks, exclusions and hidden votes. */
#include "store/task.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err task_insert(struct tx *tx, const struct task_row *t, int64_t now_ms, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO task (id, item_id, scheme_name, batch_id, state, state_ms, priority,"
                " due_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

    sql_int(q, t->id);
    sql_int(q, t->item_id);
    sql_text(q, t->scheme);
    sql_int(q, t->batch_id);
    sql_text(q, t->state);
    sql_int(q, now_ms);
    sql_int(q, t->priority);
    sql_int(q, t->due_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err task_one(struct sql *q, struct task_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct task_row){.id = sql_get_int(q, 0),
                                 .item_id = sql_get_int(q, 1),
                                 .batch_id = sql_get_int(q, 2),
                                 .priority = sql_get_int(q, 5),
                                 .due_ms = sql_get_int(q, 6),
                                 .owner_id = sql_get_int(q, 7),
                                 .decision_id = sql_get_int(q, 8),
                                 .lot_id = sql_get_int(q, 9),
                                 .fence = sql_get_int(q, 10),
                                 .state_ms = sql_get_int(q, 11)};
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", sql_get_text(q, 3));
        (void)snprintf(out->state, sizeof out->state, "%s", sql_get_text(q, 4));
    }
    sql_done(q);
    return rc;
}

enum assay_err task_get(struct tx *tx, int64_t id, struct task_row *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT id, item_id, batch_id, scheme_name, state, priority, due_ms, owner_id,"
                " decision_id, lot_id, fence, state_ms FROM task WHERE id = $1");

    sql_int(q, id);
    return task_one(q, out, e);
}

enum assay_err task_find(struct tx *tx, int64_t item_id, const char *scheme, struct task_row *out,
                         struct err *e)
{
    struct sql *q = sql(
        tx,
        "SELECT id, item_id, batch_id, scheme_name, state, priority, due_ms, owner_id,"
        " decision_id, lot_id, fence, state_ms FROM task WHERE item_id = $1 AND scheme_name = $2");

    sql_int(q, item_id);
    sql_text(q, scheme);
    return task_one(q, out, e);
}

enum assay_err task_move(struct tx *tx, const struct task_row *t, const char *from, int64_t now_ms,
                         struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE task SET state = $1, state_ms = $2, owner_id = $3, decision_id = $4,"
                " lot_id = $5 WHERE id = $6 AND state = $7");
    int64_t changed = 0;

    sql_text(q, t->state);
    sql_int(q, now_ms);
    sql_id(q, t->owner_id);
    sql_id(q, t->decision_id);
    sql_id(q, t->lot_id);
    sql_int(q, t->id);
    sql_text(q, from);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "somebody else has moved this task on; take the next one");
    return rc;
}

enum assay_err task_press(struct tx *tx, int64_t id, int64_t priority, int64_t due_ms,
                          struct err *e)
{
    struct sql *q = sql(tx, "UPDATE task SET"
                            " priority = CASE WHEN priority > $1 THEN $2 ELSE priority END,"
                            " due_ms = CASE WHEN due_ms > $3 THEN $4 ELSE due_ms END"
                            " WHERE id = $5");

    sql_int(q, priority);
    sql_int(q, priority);
    sql_int(q, due_ms);
    sql_int(q, due_ms);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

static enum assay_err ids(struct sql *q, int64_t *out, size_t max, size_t *count, struct err *e)
{
    enum assay_err rc = ASSAY_ENOTFOUND;

    *count = 0;
    while (*count < max && (rc = sql_step(q, e)) == ASSAY_OK)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err task_ids_of_item(struct tx *tx, int64_t item_id, int64_t *out, size_t max,
                                size_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM task WHERE item_id = $1 ORDER BY id LIMIT $2");

    sql_int(q, item_id);
    sql_int(q, (int64_t)max);
    return ids(q, out, max, count, e);
}

enum assay_err task_ids_of_lot(struct tx *tx, int64_t lot_id, int64_t after, int64_t *out,
                               size_t max, size_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT id FROM task WHERE lot_id = $1 AND id > $2 ORDER BY id LIMIT $3");

    sql_int(q, lot_id);
    sql_int(q, after);
    sql_int(q, (int64_t)max);
    return ids(q, out, max, count, e);
}

enum assay_err task_ids_of_owner(struct tx *tx, int64_t owner_id, int64_t *out, size_t max,
                                 size_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM task WHERE state = 'later' AND owner_id = $1"
                            " ORDER BY priority, due_ms, id LIMIT $2");

    sql_int(q, owner_id);
    sql_int(q, (int64_t)max);
    return ids(q, out, max, count, e);
}

enum assay_err task_next_later(struct tx *tx, int64_t owner_id, int64_t *id, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT t.id FROM task t WHERE t.state = 'later' AND t.owner_id = $1"
            " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = t.id)"
            " AND " SQL_MAY_SEE("t.batch_id", "$2") " ORDER BY t.priority, t.due_ms, t.id LIMIT 1");

    sql_int(q, owner_id);
    sql_int(q, owner_id);
    return sql_one_int(q, id, e);
}

/* The two states are asked for apart, so that each is one short walk along task_in_order. */
enum assay_err task_next(struct tx *tx, int64_t staff_id, int64_t *id, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT id FROM (SELECT * FROM (SELECT t.id, t.priority, t.due_ms FROM task t"
                " WHERE t.state = 'waiting'"
                " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = t.id)"
                " AND NOT EXISTS (SELECT 1 FROM task_exclusion x"
                " WHERE x.task_id = t.id AND x.staff_id = $1)"
                " AND " SQL_MAY_SEE(
                    "t.batch_id",
                    "$2") " ORDER BY t.priority, t.due_ms, t.id LIMIT 1) a"
                          " UNION ALL SELECT * FROM (SELECT t.id, t.priority, t.due_ms FROM task t"
                          " WHERE t.state = 'second_look'"
                          " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = t.id)"
                          " AND NOT EXISTS (SELECT 1 FROM task_exclusion x"
                          " WHERE x.task_id = t.id AND x.staff_id = $3)"
                          " AND " SQL_MAY_SEE("t.batch_id",
                                              "$4") " ORDER BY t.priority, t.due_ms, t.id LIMIT 1) "
                                                    "b) c ORDER BY priority, due_ms, id"
                                                    " LIMIT 1");

    for (int i = 0; i < 4; i++)
        sql_int(q, staff_id);
    return sql_one_int(q, id, e);
}

enum assay_err task_count_next(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM (SELECT 1 FROM task t"
                            " WHERE t.state IN ('waiting', 'second_look')"
                            " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = t.id)"
                            " AND NOT EXISTS (SELECT 1 FROM task_exclusion x"
                            " WHERE x.task_id = t.id AND x.staff_id = $1)"
                            " AND " SQL_MAY_SEE("t.batch_id", "$2") " LIMIT $3) a");

    sql_int(q, staff_id);
    sql_int(q, staff_id);
    sql_int(q, TASK_COUNT_MAX);
    return sql_one_int(q, count, e);
}

enum assay_err task_next_escalated(struct tx *tx, int64_t staff_id, int64_t *id, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT t.id FROM task t WHERE t.state = 'escalated'"
            " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = t.id)"
            " AND " SQL_MAY_SEE("t.batch_id", "$1") " ORDER BY t.priority, t.due_ms, t.id LIMIT 1");

    sql_int(q, staff_id);
    return sql_one_int(q, id, e);
}

enum assay_err task_count_escalated(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM task t WHERE t.state = 'escalated'"
                            " AND " SQL_MAY_SEE("t.batch_id", "$1"));

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err task_fence(struct tx *tx, int64_t id, const char *from, int64_t fence, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE task SET fence = fence + 1"
                            " WHERE id = $1 AND state = $2 AND fence = $3");
    int64_t changed = 0;

    sql_int(q, id);
    sql_text(q, from);
    sql_int(q, fence);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "somebody else has moved this task on");
    return rc;
}

enum assay_err task_exclude(struct tx *tx, int64_t task_id, int64_t staff_id, const char *why,
                            struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO task_exclusion (task_id, staff_id, why)"
                            " VALUES ($1, $2, $3) ON CONFLICT (task_id, staff_id) DO NOTHING");

    sql_int(q, task_id);
    sql_int(q, staff_id);
    sql_text(q, why);
    return sql_run_done(q, NULL, e);
}

enum assay_err task_is_excluded(struct tx *tx, int64_t task_id, int64_t staff_id, bool *yes,
                                struct err *e)
{
    struct sql *q = sql(tx, "SELECT 1 FROM task_exclusion WHERE task_id = $1 AND staff_id = $2");

    sql_int(q, task_id);
    sql_int(q, staff_id);
    enum assay_err rc = sql_one(q, e);
    *yes = rc == ASSAY_OK;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err vote_insert(struct tx *tx, const struct vote_row *v, bool *added, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO vote (id, task_id, source, code, tags, created_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6)"
                            " ON CONFLICT (task_id, source) DO NOTHING");
    int64_t changed = 0;

    sql_int(q, v->id);
    sql_int(q, v->task_id);
    sql_text(q, v->source);
    sql_text(q, v->code);
    sql_text(q, v->tags);
    sql_int(q, v->created_ms);
    enum assay_err rc = sql_run_done(q, &changed, e);
    *added = changed > 0;
    return rc;
}
