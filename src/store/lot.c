/* SQL of sealed lots. */
#include <stdio.h>

#include "store/quality.h"
#include "store/sql.h"

#define LOT_COLUMNS                                                                                \
    "l.id, l.staff_id, l.size, l.sample_size, l.submitted_ms, l.closed_ms, l.reread, l.seed,"      \
    " l.state"
#define LOT_COUNTS                                                                                 \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id),"                                     \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.reader_id IS NULL"               \
    " AND r.kind <> 'third'),"                                                                     \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.reader_id IS NULL"               \
    " AND r.kind = 'third'),"                                                                      \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.kind <> 'third'"                 \
    " AND r.outcome <> 'agrees'),"                                                                 \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.kind <> 'third'"                 \
    " AND r.outcome = 'upheld' AND r.severity = 3),"                                               \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.kind <> 'third'"                 \
    " AND r.outcome = 'upheld' AND r.severity = 2),"                                               \
    " (SELECT count(*) FROM reading r WHERE r.lot_id = l.id AND r.kind <> 'third'"                 \
    " AND r.outcome = 'upheld'),"                                                                  \
    " (SELECT count(*) FROM correction c WHERE c.lot_id = l.id AND c.state <> 'closed')"

static void lot_fill(struct sql *q, struct lot_row *out)
{
    *out = (struct lot_row){.id = sql_get_int(q, 0),
                            .staff_id = sql_get_int(q, 1),
                            .size = sql_get_int(q, 2),
                            .sample_size = sql_get_int(q, 3),
                            .submitted_ms = sql_get_int(q, 4),
                            .closed_ms = sql_get_int(q, 5),
                            .reread = sql_get_int(q, 6) != 0};
    out->has_seed = sql_get_bytes(q, 7, out->seed, sizeof out->seed);
    (void)snprintf(out->state, sizeof out->state, "%s", sql_get_text(q, 8));
}

static void counts_fill(struct sql *q, int first, struct lot_counts *out)
{
    *out = (struct lot_counts){.readings = sql_get_int(q, first),
                               .waiting_sample = sql_get_int(q, first + 1),
                               .waiting_third = sql_get_int(q, first + 2),
                               .differing = sql_get_int(q, first + 3),
                               .critical = sql_get_int(q, first + 4),
                               .major = sql_get_int(q, first + 5),
                               .upheld = sql_get_int(q, first + 6),
                               .corrections_open = sql_get_int(q, first + 7)};
}

enum assay_err lot_get(struct tx *tx, int64_t id, struct lot_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " LOT_COLUMNS " FROM lot l WHERE l.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        lot_fill(q, out);
    sql_done(q);
    return rc;
}

enum assay_err lot_hold(struct tx *tx, int64_t id, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE lot SET size = size WHERE id = $1");

    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err lot_confirmed(struct tx *tx, int64_t lot_id, int64_t after, int64_t *out, size_t max,
                             size_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT t.id FROM task t JOIN decision d ON d.id = t.decision_id"
                " WHERE t.lot_id = $1 AND t.id > $2 AND d.basis = 'seen' AND d.code IS NOT NULL"
                " AND EXISTS (SELECT 1 FROM match m JOIN list_row r ON r.id = m.row_id"
                " JOIN list l ON l.id = r.list_id WHERE m.item_id = t.item_id"
                " AND m.outcome = 'vote' AND r.scheme_name = t.scheme_name AND r.code = d.code"
                " AND r.removed_version IS NULL AND r.off_ms IS NULL"
                " AND r.quarantined_ms IS NULL AND l.removed_ms IS NULL"
                " AND l.trust = 'trusted' AND l.confirm = 'one')"
                " AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.task_id = t.id"
                " AND v.code <> d.code)"
                " AND NOT EXISTS (SELECT 1 FROM escalation x WHERE x.task_id = t.id)"
                " ORDER BY t.id LIMIT $3");
    enum assay_err rc;

    *count = 0;
    sql_int(q, lot_id);
    sql_int(q, after);
    sql_int(q, (int64_t)max);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err lot_unsampled(struct tx *tx, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM lot WHERE state = 'submitted' ORDER BY id LIMIT 1");
    return sql_one_int(q, id, e);
}

enum assay_err lot_move(struct tx *tx, const struct lot_row *l, const char *from, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE lot SET state = $1, seed = $2, sample_size = $3, reread = $4,"
                            " closed_ms = $5 WHERE id = $6 AND state = $7");
    int64_t changed = 0;

    sql_text(q, l->state);
    sql_blob(q, l->has_seed ? l->seed : NULL, sizeof l->seed);
    sql_int(q, l->sample_size);
    sql_int(q, l->reread);
    sql_id(q, l->closed_ms);
    sql_int(q, l->id);
    sql_text(q, from);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "the lot has moved on; load it again");
    return rc;
}

enum assay_err lot_count(struct tx *tx, int64_t id, struct lot_counts *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT" LOT_COUNTS " FROM lot l WHERE l.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        counts_fill(q, 0, out);
    sql_done(q);
    return rc;
}

enum assay_err lot_each(struct tx *tx, int64_t staff_id, lot_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " LOT_COLUMNS "," LOT_COUNTS ", f.label FROM lot l"
                            " JOIN staff f ON f.id = l.staff_id WHERE $1 = 0 OR l.staff_id = $2"
                            " ORDER BY l.id DESC LIMIT 200");
    enum assay_err rc;

    sql_int(q, staff_id);
    sql_int(q, staff_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct lot_line line;
        lot_fill(q, &line.row);
        counts_fill(q, 9, &line.counts);
        line.grader = sql_get_text(q, 17);
        fn(ctx, &line);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
