/* SQL of blind readings. */
#include <stdio.h>

#include "store/quality.h"
#include "store/sql.h"

enum assay_err reading_insert(struct tx *tx, const struct reading_row *r, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO reading (id, lot_id, task_id, decision_id, grader_id, kind,"
                " first_reading_id, first_reader_id, probability_ppm)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

    sql_int(q, r->id);
    sql_int(q, r->lot_id);
    sql_int(q, r->task_id);
    sql_int(q, r->decision_id);
    sql_int(q, r->grader_id);
    sql_text(q, r->kind);
    sql_id(q, r->first_reading_id);
    sql_id(q, r->first_reader_id);
    sql_int(q, r->probability_ppm);
    return sql_run_done(q, NULL, e);
}

enum assay_err reading_get(struct tx *tx, int64_t id, struct reading_row *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT id, lot_id, task_id, decision_id, grader_id, first_reading_id,"
                " first_reader_id, reader_id, probability_ppm, scheme_version, severity,"
                " decided_ms, kind, outcome, code, tags FROM reading WHERE id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const char *outcome = sql_get_text(q, 13), *code = sql_get_text(q, 14);
        *out = (struct reading_row){.id = sql_get_int(q, 0),
                                    .lot_id = sql_get_int(q, 1),
                                    .task_id = sql_get_int(q, 2),
                                    .decision_id = sql_get_int(q, 3),
                                    .grader_id = sql_get_int(q, 4),
                                    .first_reading_id = sql_get_int(q, 5),
                                    .first_reader_id = sql_get_int(q, 6),
                                    .reader_id = sql_get_int(q, 7),
                                    .probability_ppm = sql_get_int(q, 8),
                                    .scheme_version = sql_get_int(q, 9),
                                    .severity = sql_get_int(q, 10),
                                    .decided_ms = sql_get_int(q, 11)};
        (void)snprintf(out->kind, sizeof out->kind, "%s", sql_get_text(q, 12));
        (void)snprintf(out->outcome, sizeof out->outcome, "%s", outcome == NULL ? "" : outcome);
        (void)snprintf(out->code, sizeof out->code, "%s", code == NULL ? "" : code);
        (void)snprintf(out->tags, sizeof out->tags, "%s", sql_get_text(q, 15));
    }
    sql_done(q);
    return rc;
}

static enum assay_err next(struct sql *q, int64_t *reading_id, int64_t *task_id, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *reading_id = sql_get_int(q, 0);
        *task_id = sql_get_int(q, 1);
    }
    sql_done(q);
    return rc;
}

enum assay_err reading_next(struct tx *tx, enum reading_queue which, int64_t staff_id,
                            int64_t *reading_id, int64_t *task_id, struct err *e)
{
    struct sql *q;

    if (which == READING_THIRD) {
        q = sql(tx, "SELECT r.id, r.task_id FROM reading r WHERE r.kind = 'third'"
                    " AND r.reader_id IS NULL AND r.grader_id <> $1 AND r.first_reader_id <> $2"
                    " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = r.task_id)"
                    " AND " SQL_MAY_SEE_TASK("r.task_id", "$3") " ORDER BY r.id LIMIT 1");
        sql_int(q, staff_id);
        sql_int(q, staff_id);
        sql_int(q, staff_id);
    } else {
        q = sql(tx, "SELECT r.id, r.task_id FROM reading r WHERE r.kind <> 'third'"
                    " AND r.reader_id IS NULL AND r.grader_id <> $1"
                    " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = r.task_id)"
                    " AND " SQL_MAY_SEE_TASK("r.task_id", "$2") " ORDER BY r.id LIMIT 1");
        sql_int(q, staff_id);
        sql_int(q, staff_id);
    }
    return next(q, reading_id, task_id, e);
}

enum assay_err reading_count_next(struct tx *tx, enum reading_queue which, int64_t staff_id,
                                  int64_t *count, struct err *e)
{
    struct sql *q;

    if (which == READING_THIRD) {
        q = sql(tx, "SELECT count(*) FROM reading r WHERE r.kind = 'third'"
                    " AND r.reader_id IS NULL AND r.grader_id <> $1 AND r.first_reader_id <> $2"
                    " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = r.task_id)"
                    " AND " SQL_MAY_SEE_TASK("r.task_id", "$3"));
        sql_int(q, staff_id);
        sql_int(q, staff_id);
        sql_int(q, staff_id);
    } else {
        q = sql(tx, "SELECT count(*) FROM reading r WHERE r.kind <> 'third'"
                    " AND r.reader_id IS NULL AND r.grader_id <> $1"
                    " AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.task_id = r.task_id)"
                    " AND " SQL_MAY_SEE_TASK("r.task_id", "$2"));
        sql_int(q, staff_id);
        sql_int(q, staff_id);
    }
    return sql_one_int(q, count, e);
}

enum assay_err reading_decide(struct tx *tx, const struct reading_row *r, const void *reason_sealed,
                              size_t reason_size, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE reading SET reader_id = $1, code = $2, tags = $3,"
                            " scheme_version = $4, outcome = $5, severity = $6, reason_sealed = $7,"
                            " decided_ms = $8 WHERE id = $9 AND reader_id IS NULL");
    int64_t changed = 0;

    sql_int(q, r->reader_id);
    sql_text(q, r->code);
    sql_text(q, r->tags);
    sql_int(q, r->scheme_version);
    sql_text(q, r->outcome);
    sql_int(q, r->severity);
    sql_blob(q, reason_sealed, reason_size);
    sql_int(q, r->decided_ms);
    sql_int(q, r->id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "somebody else has made this reading");
    return rc;
}

enum assay_err reading_exists(struct tx *tx, int64_t lot_id, int64_t task_id, bool *yes,
                              struct err *e)
{
    struct sql *q = sql(tx, "SELECT 1 FROM reading WHERE lot_id = $1 AND task_id = $2"
                            " AND kind <> 'third' LIMIT 1");

    sql_int(q, lot_id);
    sql_int(q, task_id);
    enum assay_err rc = sql_one(q, e);
    *yes = rc == ASSAY_OK;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err reading_settle(struct tx *tx, int64_t id, const char *outcome, int64_t severity,
                              struct err *e)
{
    struct sql *q = sql(tx, "UPDATE reading SET outcome = $1, severity = $2 WHERE id = $3");

    sql_text(q, outcome);
    sql_int(q, severity);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}
