/* SQL of all that hangs on one item. */
#include "store/history.h"

#include "store/sql.h"

static struct sql *find_by(struct tx *tx, enum history_hash by)
{
    switch (by) {
    case HISTORY_SHA256:
        return sql(tx, "SELECT id FROM item WHERE sha256 = $1 ORDER BY id LIMIT $2");
    case HISTORY_SHA1:
        return sql(tx, "SELECT id FROM item WHERE sha1 = $1 ORDER BY id LIMIT $2");
    case HISTORY_MD5:
        return sql(tx, "SELECT id FROM item WHERE md5 = $1 ORDER BY id LIMIT $2");
    case HISTORY_PDQ:
        return sql(tx, "SELECT item_id FROM picture WHERE pdq = $1 ORDER BY item_id LIMIT $2");
    case HISTORY_PDQ_FACET:
        return sql(tx, "SELECT DISTINCT item_id FROM facet WHERE pdq = $1 ORDER BY item_id"
                       " LIMIT $2");
    case HISTORY_PDQ_ORIENTED:
        break;
    }
    return sql(tx, "SELECT item_id FROM picture WHERE pdq_oriented = $1 ORDER BY item_id LIMIT $2");
}

enum assay_err history_find(struct tx *tx, enum history_hash by, const void *hash, size_t hash_size,
                            int64_t *out, size_t max, size_t *count, struct err *e)
{
    struct sql *q = find_by(tx, by);
    enum assay_err rc;

    *count = 0;
    sql_blob(q, hash, hash_size);
    sql_int(q, (int64_t)max);
    while ((rc = sql_step(q, e)) == ASSAY_OK && *count < max)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* Close a reading of rows: that there are no more is its good end. */
static enum assay_err ended(struct sql *q, enum assay_err rc)
{
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err history_count_sightings(struct tx *tx, int64_t item_id, int64_t staff_id,
                                       int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM sighting s WHERE s.item_id = $1"
                            " AND ($2 = 0 OR " SQL_MAY_SEE("s.batch_id", "$3") ")");

    sql_int(q, item_id);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err history_may_see(struct tx *tx, int64_t item_id, int64_t staff_id, bool *yes,
                               struct err *e)
{
    int64_t count = 0;
    enum assay_err rc = history_count_sightings(tx, item_id, staff_id, &count, e);

    *yes = rc == ASSAY_OK && count > 0;
    return rc;
}

enum assay_err history_tasks(struct tx *tx, int64_t item_id, int64_t staff_id, int64_t *out,
                             size_t max, size_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT k.id FROM task k WHERE k.item_id = $1 AND ($2 = 0 OR " SQL_MAY_SEE(
                    "k.batch_id", "$3") ") ORDER BY k.id LIMIT $4");
    enum assay_err rc;

    *count = 0;
    sql_int(q, item_id);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    sql_int(q, (int64_t)max);
    while ((rc = sql_step(q, e)) == ASSAY_OK && *count < max)
        out[(*count)++] = sql_get_int(q, 0);
    return ended(q, rc);
}

enum assay_err history_sightings(struct tx *tx, int64_t item_id, int64_t staff_id, int64_t max,
                                 history_sighting_fn *fn, void *ctx, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT s.id, s.created_ms, s.found_ms, b.name, d.task_id, d.version, h.linked_ms"
                " FROM sighting s JOIN batch b ON b.id = s.batch_id"
                " LEFT JOIN inheritance h ON h.sighting_id = s.id AND h.version ="
                " (SELECT max(g.version) FROM inheritance g WHERE g.sighting_id = s.id)"
                " LEFT JOIN decision d ON d.id = h.decision_id"
                " WHERE s.item_id = $1 AND ($2 = 0 OR " SQL_MAY_SEE(
                    "s.batch_id", "$3") ") ORDER BY s.created_ms, s.id LIMIT $4");
    enum assay_err rc;

    sql_int(q, item_id);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    sql_int(q, max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct history_sighting s = {.id = sql_get_int(q, 0),
                                           .created_ms = sql_get_int(q, 1),
                                           .found_ms = sql_get_int(q, 2),
                                           .batch = sql_get_text(q, 3),
                                           .inherits_task_id = sql_get_int(q, 4),
                                           .inherits_version = sql_get_int(q, 5),
                                           .linked_ms = sql_get_int(q, 6)};
        if ((rc = fn(ctx, &s)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_decisions(struct tx *tx, int64_t task_id, history_decision_fn *fn, void *ctx,
                                 struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT d.id, d.version, d.staff_id, d.lot_id, d.scheme_version,"
                " d.guidance_version, d.revealed_ms, d.decided_ms, a.label, d.basis, d.code,"
                " d.tags, d.software, d.note_sealed FROM decision d"
                " JOIN staff a ON a.id = d.staff_id WHERE d.task_id = $1 ORDER BY d.version");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct history_decision d = {.id = sql_get_int(q, 0),
                                     .version = sql_get_int(q, 1),
                                     .staff_id = sql_get_int(q, 2),
                                     .lot_id = sql_get_int(q, 3),
                                     .scheme_version = sql_get_int(q, 4),
                                     .guidance_version = sql_get_int(q, 5),
                                     .revealed_ms = sql_get_int(q, 6),
                                     .decided_ms = sql_get_int(q, 7),
                                     .who = sql_get_text(q, 8),
                                     .basis = sql_get_text(q, 9),
                                     .code = sql_get_text(q, 10),
                                     .tags = sql_get_text(q, 11),
                                     .software = sql_get_text(q, 12)};
        d.note_sealed = sql_get_blob(q, 13, &d.note_size);
        if ((rc = fn(ctx, &d)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_readings(struct tx *tx, int64_t task_id, history_reading_fn *fn, void *ctx,
                                struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT r.id, r.lot_id, d.version, r.reader_id, r.severity, r.decided_ms, r.kind,"
                " a.label, r.code, r.tags, r.outcome, r.reason_sealed FROM reading r"
                " JOIN decision d ON d.id = r.decision_id LEFT JOIN staff a ON a.id = r.reader_id"
                " WHERE r.task_id = $1 ORDER BY coalesce(r.decided_ms, 9223372036854775807), r.id");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct history_reading r = {.id = sql_get_int(q, 0),
                                    .lot_id = sql_get_int(q, 1),
                                    .version = sql_get_int(q, 2),
                                    .reader_id = sql_get_int(q, 3),
                                    .severity = sql_get_int(q, 4),
                                    .decided_ms = sql_get_int(q, 5),
                                    .kind = sql_get_text(q, 6),
                                    .who = sql_get_text(q, 7),
                                    .code = sql_get_text(q, 8),
                                    .tags = sql_get_text(q, 9),
                                    .outcome = sql_get_text(q, 10)};
        r.reason_sealed = sql_get_blob(q, 11, &r.reason_size);
        if ((rc = fn(ctx, &r)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_corrections(struct tx *tx, int64_t task_id, history_correction_fn *fn,
                                   void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT c.id, c.staff_id, c.closed_by, c.severity, c.opened_ms, c.answered_ms,"
            " c.closed_ms, a.label, b.label, c.code, c.tags, c.state, c.outcome,"
            " c.answer_sealed FROM correction c JOIN staff a ON a.id = c.staff_id"
            " LEFT JOIN staff b ON b.id = c.closed_by WHERE c.task_id = $1 ORDER BY c.opened_ms");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct history_correction c = {.id = sql_get_int(q, 0),
                                       .staff_id = sql_get_int(q, 1),
                                       .closed_by = sql_get_int(q, 2),
                                       .severity = sql_get_int(q, 3),
                                       .opened_ms = sql_get_int(q, 4),
                                       .answered_ms = sql_get_int(q, 5),
                                       .closed_ms = sql_get_int(q, 6),
                                       .who = sql_get_text(q, 7),
                                       .closer = sql_get_text(q, 8),
                                       .code = sql_get_text(q, 9),
                                       .tags = sql_get_text(q, 10),
                                       .state = sql_get_text(q, 11),
                                       .outcome = sql_get_text(q, 12)};
        c.answer_sealed = sql_get_blob(q, 13, &c.answer_size);
        if ((rc = fn(ctx, &c)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_escalations(struct tx *tx, int64_t task_id, history_escalation_fn *fn,
                                   void *ctx, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT x.id, x.staff_id, x.settled_by, x.reason, x.created_ms, x.settled_ms,"
                " a.label, b.label, x.outcome, x.note_sealed FROM escalation x"
                " JOIN staff a ON a.id = x.staff_id LEFT JOIN staff b ON b.id = x.settled_by"
                " WHERE x.task_id = $1 ORDER BY x.created_ms");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct history_escalation x = {.id = sql_get_int(q, 0),
                                       .staff_id = sql_get_int(q, 1),
                                       .settled_by = sql_get_int(q, 2),
                                       .reason = sql_get_int(q, 3),
                                       .created_ms = sql_get_int(q, 4),
                                       .settled_ms = sql_get_int(q, 5),
                                       .who = sql_get_text(q, 6),
                                       .settler = sql_get_text(q, 7),
                                       .outcome = sql_get_text(q, 8)};
        x.note_sealed = sql_get_blob(q, 9, &x.note_size);
        if ((rc = fn(ctx, &x)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_votes(struct tx *tx, int64_t task_id, history_vote_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT source, code, tags, created_ms FROM vote WHERE task_id = $1"
                            " ORDER BY created_ms, source");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct history_vote v = {sql_get_text(q, 0), sql_get_text(q, 1), sql_get_text(q, 2),
                                       sql_get_int(q, 3)};
        if ((rc = fn(ctx, &v)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_views(struct tx *tx, int64_t task_id, int64_t max, history_view_fn *fn,
                             void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT v.staff_id, v.started_ms, v.ended_ms, v.shown_ms, a.label,"
                            " v.rendition FROM viewing v JOIN staff a ON a.id = v.staff_id"
                            " WHERE v.task_id = $1 ORDER BY v.started_ms DESC, v.id LIMIT $2");
    enum assay_err rc;

    sql_int(q, task_id);
    sql_int(q, max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct history_view v = {.staff_id = sql_get_int(q, 0),
                                       .started_ms = sql_get_int(q, 1),
                                       .ended_ms = sql_get_int(q, 2),
                                       .shown_ms = sql_get_int(q, 3),
                                       .who = sql_get_text(q, 4),
                                       .rendition = sql_get_text(q, 5)};
        if ((rc = fn(ctx, &v)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_count_views(struct tx *tx, int64_t task_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM viewing WHERE task_id = $1");

    sql_int(q, task_id);
    return sql_one_int(q, count, e);
}

enum assay_err history_releases(struct tx *tx, int64_t task_id, history_release_fn *fn, void *ctx,
                                struct err *e)
{
    struct sql *q = sql(tx, "SELECT x.release_id, d.version, y.decided_ms, y.written_ms, y.state"
                            " FROM release_row x JOIN release y ON y.id = x.release_id"
                            " JOIN decision d ON d.id = x.decision_id WHERE x.task_id = $1"
                            " ORDER BY y.requested_ms");
    enum assay_err rc;

    sql_int(q, task_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct history_release r = {.id = sql_get_int(q, 0),
                                          .version = sql_get_int(q, 1),
                                          .decided_ms = sql_get_int(q, 2),
                                          .written_ms = sql_get_int(q, 3),
                                          .state = sql_get_text(q, 4)};
        if ((rc = fn(ctx, &r)) != ASSAY_OK)
            break;
    }
    return ended(q, rc);
}

enum assay_err history_has_voted(struct tx *tx, int64_t task_id, int64_t staff_id, bool *yes,
                                 struct err *e)
{
    struct sql *q = sql(tx, "SELECT (SELECT count(*) FROM decision d WHERE d.task_id = $1"
                            " AND d.staff_id = $2 AND d.code IS NOT NULL)"
                            " + (SELECT count(*) FROM reading r WHERE r.task_id = $3"
                            " AND r.reader_id = $4)");
    int64_t count = 0;

    sql_int(q, task_id);
    sql_int(q, staff_id);
    sql_int(q, task_id);
    sql_int(q, staff_id);
    enum assay_err rc = sql_one_int(q, &count, e);
    *yes = rc == ASSAY_OK && count > 0;
    return rc;
}

enum assay_err history_count_open(struct tx *tx, int64_t item_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM task WHERE item_id = $1 AND state <> 'passed'");

    sql_int(q, item_id);
    return sql_one_int(q, count, e);
}
