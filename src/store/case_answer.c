/* SQL of answers to cases. */
#include "store/case_answer.h"

#include <string.h>

#include "base/str.h"
#include "store/sql.h"

#define PAGE_ROWS 500

static const char *const states[CASE_ANSWER_STATES] = {
    "graded",         "cannot_be_assessed", "media_missing",      "media_mismatch",
    "record_refused", "cannot_be_decoded",  "type_not_supported", "waiting",
    "disputed",       "too_few_votes"};

const char *case_answer_state_name(enum case_answer_state s)
{
    return states[s];
}

static enum case_answer_state state_of(const char *name)
{
    enum case_answer_state s = CASE_ANSWER_GRADED;

    while (s < CASE_ANSWER_TOO_FEW_VOTES && !str_equal(name, states[s]))
        s++;
    return s;
}

/* ---- making one ---- */

static enum assay_err forget_unwritten(struct tx *tx, int64_t batch_id, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM case_answer_row WHERE answer_id IN (SELECT id FROM"
                            " case_answer WHERE batch_id = $1 AND content_sha256 IS NULL)");

    sql_int(q, batch_id);
    enum assay_err rc = sql_run_done(q, NULL, e);
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "DELETE FROM case_answer WHERE batch_id = $1 AND content_sha256 IS NULL");
    sql_int(q, batch_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_answer_put(struct tx *tx, struct case_answer_row *r, struct err *e)
{
    enum assay_err rc = forget_unwritten(tx, r->batch_id, e);
    struct sql *q;

    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "SELECT coalesce(max(number), 0) + 1 FROM case_answer WHERE batch_id = $1");
    sql_int(q, r->batch_id);
    if ((rc = sql_one_int(q, &r->number, e)) != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO case_answer (id, batch_id, number, part, profile, profile_text, votes,"
                " software, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    sql_int(q, r->id);
    sql_int(q, r->batch_id);
    sql_int(q, r->number);
    sql_int(q, r->part);
    sql_text(q, r->profile);
    sql_text(q, r->profile_text);
    sql_int(q, r->votes);
    sql_text(q, r->software);
    sql_int(q, r->created_ms);
    return sql_run_done(q, NULL, e);
}

/* What stands for each record. A decision stands when its lot is closed. */
static enum assay_err fill(struct tx *tx, const struct case_answer_row *r, int64_t *count,
                           struct err *e)
{
    struct sql *q = sql(
        tx,
        "INSERT INTO case_answer_row (answer_id, record_id, state, decision_id, readings)"
        " SELECT $1, s.record_id, CASE WHEN s.record_state = 'missing' THEN 'media_missing'"
        " WHEN s.record_state = 'mismatch' THEN 'media_mismatch'"
        " WHEN s.record_state = 'refused' THEN 'record_refused'"
        " WHEN s.readings >= $2 THEN 'graded' WHEN s.readings > 0 THEN 'too_few_votes'"
        " WHEN s.task_state = 'undecodable' THEN 'cannot_be_decoded'"
        " WHEN s.task_state = 'unsupported' THEN 'type_not_supported'"
        " WHEN s.disputes > 0 THEN 'disputed' ELSE 'waiting' END,"
        " CASE WHEN s.readings >= $3 THEN s.decision_id END, s.readings FROM (SELECT"
        " cr.id AS record_id, cr.state AS record_state, t.state AS task_state,"
        " d.id AS decision_id, CASE WHEN d.id IS NULL THEN 0 ELSE " SQL_OWN_READINGS
        " END AS readings, (SELECT count(*) FROM correction k WHERE k.task_id = t.id"
        " AND k.lot_id = t.lot_id AND k.state <> 'closed') + (SELECT count(*) FROM reading w"
        " WHERE w.lot_id = t.lot_id AND w.task_id = t.id AND w.kind = 'third'"
        " AND w.reader_id IS NULL) AS disputes FROM case_file f JOIN case_record cr"
        " ON cr.file_id = f.id LEFT JOIN task t ON t.item_id = cr.item_id AND t.scheme_name = $4"
        " LEFT JOIN decision d ON d.id = t.decision_id AND d.code IS NOT NULL"
        " AND t.state = 'passed' AND EXISTS (SELECT 1 FROM lot l WHERE l.id = t.lot_id"
        " AND " SQL_LOT_IS_CLOSED ") WHERE f.batch_id = $5) s");

    sql_int(q, r->id);
    sql_int(q, r->votes);
    sql_int(q, r->votes);
    sql_text(q, r->scheme);
    sql_int(q, r->batch_id);
    return sql_run_done(q, count, e);
}

static enum assay_err leave_out_unsettled(struct tx *tx, const struct case_answer_row *r,
                                          int64_t *gone, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM case_answer_row WHERE answer_id = $1 AND (state IN"
                            " ('waiting', 'disputed', 'too_few_votes') OR record_id IN (SELECT"
                            " b.record_id FROM case_answer a JOIN case_answer_row b"
                            " ON b.answer_id = a.id WHERE a.batch_id = $2 AND a.part = 1"
                            " AND a.content_sha256 IS NOT NULL))");

    sql_int(q, r->id);
    sql_int(q, r->batch_id);
    return sql_run_done(q, gone, e);
}

enum assay_err case_answer_fill(struct tx *tx, const struct case_answer_row *r, int64_t *count,
                                struct err *e)
{
    int64_t gone = 0;
    enum assay_err rc = fill(tx, r, count, e);

    if (rc == ASSAY_OK && r->part)
        rc = leave_out_unsettled(tx, r, &gone, e);
    *count -= gone;
    return rc;
}

enum assay_err case_answer_set_apart(struct tx *tx, int64_t answer_id, const char *code,
                                     struct err *e)
{
    struct sql *q = sql(tx, "UPDATE case_answer_row SET state = 'cannot_be_assessed'"
                            " WHERE answer_id = $1 AND state = 'graded' AND decision_id IN"
                            " (SELECT d.id FROM decision d WHERE d.id = decision_id"
                            " AND d.code = $2)");

    sql_int(q, answer_id);
    sql_text(q, code);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_answer_written(struct tx *tx, int64_t answer_id,
                                   const uint8_t content_sha256[32], struct err *e)
{
    struct sql *q = sql(tx, "UPDATE case_answer SET content_sha256 = $1 WHERE id = $2");

    sql_blob(q, content_sha256, 32);
    sql_int(q, answer_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_answer_each(struct tx *tx, int64_t batch_id, int64_t number, case_answer_fn *fn,
                                void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT a.id, a.number, a.part, a.profile, a.profile_text, a.votes,"
                            " a.software, a.created_ms, a.content_sha256, b.scheme_name"
                            " FROM case_answer a JOIN batch b ON b.id = a.batch_id"
                            " WHERE a.batch_id = $1 AND a.content_sha256 IS NOT NULL"
                            " AND (a.number = $2 OR $3 = 0) ORDER BY a.number");
    enum assay_err rc;

    sql_int(q, batch_id);
    sql_int(q, number);
    sql_int(q, number);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct case_answer_row r = {.id = sql_get_int(q, 0),
                                    .batch_id = batch_id,
                                    .number = sql_get_int(q, 1),
                                    .part = sql_get_int(q, 2) != 0,
                                    .profile = sql_get_text(q, 3),
                                    .profile_text = sql_get_text(q, 4),
                                    .votes = sql_get_int(q, 5),
                                    .software = sql_get_text(q, 6),
                                    .created_ms = sql_get_int(q, 7),
                                    .scheme = sql_get_text(q, 9)};
        r.written = sql_get_bytes(q, 8, r.content_sha256, sizeof r.content_sha256);
        if ((rc = fn(ctx, &r, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- counting ---- */

enum assay_err case_answer_received(struct tx *tx, int64_t batch_id, int64_t *records,
                                    int64_t *being_taken, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM case_file f JOIN case_record cr"
                            " ON cr.file_id = f.id WHERE f.batch_id = $1");

    sql_int(q, batch_id);
    enum assay_err rc = sql_one_int(q, records, e);
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "SELECT count(*) FROM case_file WHERE batch_id = $1 AND done_ms IS NULL");
    sql_int(q, batch_id);
    return sql_one_int(q, being_taken, e);
}

enum assay_err case_answer_counts(struct tx *tx, int64_t answer_id, int64_t file_id,
                                  int64_t out[CASE_ANSWER_STATES], struct err *e)
{
    struct sql *q = sql(tx, "SELECT x.state, count(*) FROM case_answer_row x JOIN case_record cr"
                            " ON cr.id = x.record_id WHERE x.answer_id = $1"
                            " AND (cr.file_id = $2 OR $3 = 0) GROUP BY x.state");
    enum assay_err rc;

    memset(out, 0, CASE_ANSWER_STATES * sizeof *out);
    sql_int(q, answer_id);
    sql_int(q, file_id);
    sql_int(q, file_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        out[state_of(sql_get_text(q, 0))] = sql_get_int(q, 1);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err case_answer_grades(struct tx *tx, int64_t answer_id, case_answer_grade_fn *fn,
                                  void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT d.code, d.tags, count(*) FROM case_answer_row x"
                            " JOIN decision d ON d.id = x.decision_id WHERE x.answer_id = $1"
                            " AND x.state = 'graded' GROUP BY d.code, d.tags"
                            " ORDER BY d.code, d.tags");
    enum assay_err rc;

    sql_int(q, answer_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct case_answer_grade g = {sql_get_text(q, 0), sql_get_text(q, 1),
                                            sql_get_int(q, 2)};
        if ((rc = fn(ctx, &g, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err case_answer_in_case(struct tx *tx, int64_t answer_id, int64_t file_id,
                                   int64_t case_number, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM case_answer_row x JOIN case_record cr"
                            " ON cr.id = x.record_id WHERE x.answer_id = $1 AND cr.file_id = $2"
                            " AND cr.case_number = $3");

    sql_int(q, answer_id);
    sql_int(q, file_id);
    sql_int(q, case_number);
    return sql_one_int(q, count, e);
}

/* ---- reading ---- */

enum assay_err case_head_get(struct tx *tx, int64_t file_id, int64_t number,
                             void (*fn)(void *ctx, const void *sealed, size_t size), void *ctx,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT said_sealed FROM case_head WHERE file_id = $1 AND number = $2");
    size_t size;

    sql_int(q, file_id);
    sql_int(q, number);
    const enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const void *sealed = sql_get_blob(q, 0, &size);
        fn(ctx, sealed, size);
    }
    sql_done(q);
    return rc;
}

static void read_line(struct sql *q, int64_t file_id, struct case_answer_line *l)
{
    struct case_record_row *r = &l->record;

    *l = (struct case_answer_line){.state = state_of(sql_get_text(q, 5)),
                                   .readings = sql_get_int(q, 6),
                                   .size = sql_get_int(q, 15),
                                   .mime = sql_get_text(q, 16),
                                   .decision_id = sql_get_int(q, 18),
                                   .task_id = sql_get_int(q, 19),
                                   .scheme_version = sql_get_int(q, 20),
                                   .decided_ms = sql_get_int(q, 21),
                                   .code = sql_get_text(q, 22),
                                   .tags = sql_get_text(q, 23),
                                   .basis = sql_get_text(q, 24)};
    *r = (struct case_record_row){.id = sql_get_int(q, 0),
                                  .file_id = file_id,
                                  .number = sql_get_int(q, 1),
                                  .case_number = sql_get_int(q, 2),
                                  .item_id = sql_get_int(q, 3),
                                  .category = sql_is_null(q, 4) ? -1 : sql_get_int(q, 4)};
    r->has_md5 = sql_get_bytes(q, 7, r->md5, sizeof r->md5);
    r->has_sha1 = sql_get_bytes(q, 8, r->sha1, sizeof r->sha1);
    r->has_sha256 = sql_get_bytes(q, 9, r->sha256, sizeof r->sha256);
    r->said_sealed = sql_get_blob(q, 10, &r->said_size);
    l->has_item = sql_get_bytes(q, 11, l->sha256, sizeof l->sha256) &&
                  sql_get_bytes(q, 12, l->sha1, sizeof l->sha1) &&
                  sql_get_bytes(q, 13, l->md5, sizeof l->md5);
    l->has_pdq = sql_is_null(q, 17) && sql_get_bytes(q, 14, l->pdq, sizeof l->pdq);
}

enum assay_err case_answer_page(struct tx *tx, int64_t answer_id, int64_t file_id, int64_t after,
                                int64_t *last, case_answer_line_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT cr.id, cr.number, cr.case_number, cr.item_id, cr.category, x.state, x.readings,"
            " cr.md5, cr.sha1, cr.sha256, cr.said_sealed, i.sha256, i.sha1, i.md5, p.pdq, i.size,"
            " i.mime, p.pdq_reason, d.id, d.task_id, d.scheme_version, d.decided_ms, d.code,"
            " d.tags, d.basis FROM case_record cr JOIN case_answer_row x ON x.answer_id = $1"
            " AND x.record_id = cr.id LEFT JOIN item i ON i.id = cr.item_id"
            " LEFT JOIN picture p ON p.item_id = i.id LEFT JOIN decision d ON d.id = x.decision_id"
            " WHERE cr.file_id = $2 AND cr.number > $3 ORDER BY cr.number LIMIT $4");
    struct case_answer_line l;
    int64_t count = 0;
    enum assay_err rc;

    sql_int(q, answer_id);
    sql_int(q, file_id);
    sql_int(q, after);
    sql_int(q, PAGE_ROWS);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_line(q, file_id, &l);
        *last = l.record.number;
        count++;
        if ((rc = fn(ctx, &l, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND && count > 0 ? ASSAY_OK : rc;
}

enum assay_err case_answer_settled(struct tx *tx, int64_t task_id,
                                   void (*fn)(void *ctx, int64_t reading_id, const void *sealed,
                                              size_t size),
                                   void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT w.id, w.reason_sealed FROM decision d JOIN reading w"
                            " ON w.decision_id = d.id WHERE d.task_id = $1 AND w.kind = 'third'"
                            " AND w.reason_sealed IS NOT NULL ORDER BY w.decided_ms DESC LIMIT 1");
    size_t size;

    sql_int(q, task_id);
    const enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const void *sealed = sql_get_blob(q, 1, &size);
        fn(ctx, sql_get_int(q, 0), sealed, size);
    }
    sql_done(q);
    return rc;
}

/* ---- proof ---- */

enum assay_err profile_proof_put(struct tx *tx, const struct profile_proof_row *p, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO profile_proof (profile_sha256, tool, person, created_ms)"
                            " VALUES ($1, $2, $3, $4) ON CONFLICT (profile_sha256, tool)"
                            " DO NOTHING");

    sql_blob(q, p->profile_sha256, sizeof p->profile_sha256);
    sql_text(q, p->tool);
    sql_text(q, p->person);
    sql_int(q, p->created_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err profile_proof_each(struct tx *tx, const uint8_t profile_sha256[32],
                                  profile_proof_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT tool, person, created_ms FROM profile_proof"
                            " WHERE profile_sha256 = $1 ORDER BY created_ms, tool");
    struct profile_proof_row p;
    enum assay_err rc;

    memcpy(p.profile_sha256, profile_sha256, sizeof p.profile_sha256);
    sql_blob(q, profile_sha256, 32);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        p.tool = sql_get_text(q, 0);
        p.person = sql_get_text(q, 1);
        p.created_ms = sql_get_int(q, 2);
        fn(ctx, &p);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
