/* SQL of releases. */
#include "store/releases.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/sql.h"

/* Columns of a line, in the order that read_line wants them. */
#define LINE_COLUMNS                                                                               \
    "t.id, d.id, i.sha256, i.sha1, i.md5, i.size, i.mime, i.kind, p.width, p.height, p.pdq,"       \
    " p.pdq_oriented, p.pdq_quality, p.pdq_reason, d.scheme_version, d.code, d.tags, d.basis,"     \
    " d.decided_ms"

/* An item that a list known_good or never_export has goes nowhere while the row is in force. The
 * time is the statement's parameter of this name. */
#define GUARDS "match m JOIN list_row g ON g.id = m.row_id JOIN list gl ON gl.id = g.list_id"
#define IN_FORCE(now)                                                                              \
    "m.outcome = 'guard' AND g.removed_version IS NULL AND g.off_ms IS NULL"                       \
    " AND gl.removed_ms IS NULL AND (g.expires_ms IS NULL OR g.expires_ms > " now ")"
#define NOT_GUARDED(item, now)                                                                     \
    "NOT EXISTS (SELECT 1 FROM " GUARDS " WHERE m.item_id = " item " AND " IN_FORCE(now) ")"

static void read_line(struct sql *q, struct release_line *l)
{
    *l = (struct release_line){.task_id = sql_get_int(q, 0),
                               .decision_id = sql_get_int(q, 1),
                               .size = sql_get_int(q, 5),
                               .mime = sql_get_text(q, 6),
                               .kind = sql_get_text(q, 7),
                               .width = sql_get_int(q, 8),
                               .height = sql_get_int(q, 9),
                               .pdq_quality = sql_get_int(q, 12),
                               .pdq_reason = sql_get_text(q, 13),
                               .scheme_version = sql_get_int(q, 14),
                               .code = sql_get_text(q, 15),
                               .tags = sql_get_text(q, 16),
                               .basis = sql_get_text(q, 17),
                               .decided_ms = sql_get_int(q, 18),
                               .readings = sql_get_int(q, 19),
                               .stands = sql_get_int(q, 20) != 0};
    bool whole = sql_get_bytes(q, 2, l->sha256, sizeof l->sha256) &&
                 sql_get_bytes(q, 3, l->sha1, sizeof l->sha1) &&
                 sql_get_bytes(q, 4, l->md5, sizeof l->md5);
    assert(whole); /* the table's CHECKs */
    l->has_pdq = sql_get_bytes(q, 10, l->pdq, sizeof l->pdq);
    l->has_oriented = sql_get_bytes(q, 11, l->pdq_oriented, sizeof l->pdq_oriented);
}

/* Calls fn with each line; the last one's SHA-256 into last when it is not NULL. */
static enum assay_err lines(struct sql *q, size_t *count, uint8_t *last, release_line_fn *fn,
                            void *ctx, struct err *e)
{
    struct release_line l;
    enum assay_err rc;

    *count = 0;
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_line(q, &l);
        if (last != NULL)
            memcpy(last, l.sha256, sizeof l.sha256);
        ++*count;
        if ((rc = fn(ctx, &l, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err release_ready(struct tx *tx, const char *scheme, const uint8_t *after,
                             uint8_t last[32], size_t *count, release_line_fn *fn, void *ctx,
                             struct err *e)
{
    static const uint8_t lowest[1] = {0}; /* shorter than any SHA-256 of zeroes, so before it */
    /* CROSS JOIN tells SQLite to walk the items in order of SHA-256: one walk for all pages. Left
     * to itself it sorts everything that has passed for each. */
    struct sql *q =
        sql(tx, "SELECT " LINE_COLUMNS ", " SQL_READINGS ", 1 FROM item i CROSS JOIN task t"
                " JOIN decision d ON d.id = t.decision_id AND d.code IS NOT NULL"
                " JOIN lot l ON l.id = t.lot_id AND " SQL_LOT_IS_CLOSED
                " LEFT JOIN picture p ON p.item_id = i.id"
                " WHERE t.item_id = i.id AND t.scheme_name = $1 AND t.state = 'passed'"
                " AND i.sha256 > $2 AND " NOT_GUARDED("i.id", "$3") " ORDER BY i.sha256 LIMIT 500");

    static_assert(RELEASES_PAGE == 500, "the LIMIT above");
    sql_text(q, scheme);
    if (after != NULL)
        sql_blob(q, after, 32);
    else
        sql_blob(q, lowest, sizeof lowest);
    sql_int(q, clock_now_ms());
    return lines(q, count, last, fn, ctx, e);
}

enum assay_err release_rows(struct tx *tx, int64_t release_id, int64_t index, size_t *count,
                            release_line_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx,
        "SELECT " LINE_COLUMNS ", x.readings, CASE WHEN t.decision_id = d.id"
        " AND t.state = 'passed' AND " SQL_LOT_IS_CLOSED " AND " NOT_GUARDED(
            "i.id",
            "$1") " THEN 1 ELSE 0 END"
                  " FROM release_row x JOIN task t ON t.id = x.task_id"
                  " JOIN decision d ON d.id = x.decision_id JOIN item i ON i.id = t.item_id"
                  " LEFT JOIN lot l ON l.id = t.lot_id LEFT JOIN picture p ON p.item_id = i.id"
                  " WHERE x.release_id = $2 AND x.row_index >= $3 ORDER BY x.row_index LIMIT 500");

    sql_int(q, clock_now_ms());
    sql_int(q, release_id);
    sql_int(q, index);
    return lines(q, count, NULL, fn, ctx, e);
}

static enum assay_err counts(struct sql *q, release_count_fn *fn, void *ctx, struct err *e)
{
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct release_count c = {sql_get_text(q, 0), sql_get_int(q, 1), sql_get_int(q, 2),
                                  sql_get_int(q, 3)};
        if ((rc = fn(ctx, &c, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err release_candidates(struct tx *tx, const char *scheme, release_count_fn *fn,
                                  void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx,
        "SELECT code, CAST(sum(ready) AS BIGINT),"
        " CAST(sum(CASE WHEN ready = 1 AND readings < 2 THEN 1 ELSE 0 END) AS BIGINT),"
        " CAST(sum(1 - ready) AS BIGINT) FROM (SELECT d.code AS code, " SQL_READINGS " AS readings,"
        " CASE WHEN t.state = 'passed' AND " SQL_LOT_IS_CLOSED " AND " NOT_GUARDED(
            "t.item_id",
            "$1") " THEN 1 ELSE 0 END AS ready"
                  " FROM task t JOIN decision d ON d.id = t.decision_id AND d.code IS NOT NULL"
                  " LEFT JOIN lot l ON l.id = t.lot_id WHERE t.scheme_name = $2) a"
                  " GROUP BY code ORDER BY code");

    sql_int(q, clock_now_ms());
    sql_text(q, scheme);
    return counts(q, fn, ctx, e);
}

enum assay_err release_guards(struct tx *tx, const char *scheme, release_guard_fn *fn, void *ctx,
                              struct err *e)
{
    struct sql *q = sql(
        tx,
        "SELECT m.item_id, gl.id, m.distance, g.expires_ms, d.code, gl.name, gl.kind, m.kind"
        " FROM " GUARDS " JOIN task t ON t.item_id = m.item_id AND t.scheme_name = $1"
        " AND t.state = 'passed' JOIN decision d ON d.id = t.decision_id"
        " AND d.code IS NOT NULL WHERE " IN_FORCE("$2") " ORDER BY m.item_id, gl.name LIMIT 101");
    enum assay_err rc;

    static_assert(RELEASES_GUARDS_MAX == 101, "the LIMIT above");
    sql_text(q, scheme);
    sql_int(q, clock_now_ms());
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct release_guard g = {.item_id = sql_get_int(q, 0),
                                        .list_id = sql_get_int(q, 1),
                                        .distance = sql_get_int(q, 2),
                                        .expires_ms = sql_get_int(q, 3),
                                        .code = sql_get_text(q, 4),
                                        .list = sql_get_text(q, 5),
                                        .kind = sql_get_text(q, 6),
                                        .hash = sql_get_text(q, 7)};
        if ((rc = fn(ctx, &g, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err release_codes(struct tx *tx, int64_t release_id, release_count_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT d.code, count(*), 0, 0 FROM release_row x"
                            " JOIN decision d ON d.id = x.decision_id WHERE x.release_id = $1"
                            " GROUP BY d.code ORDER BY d.code");

    sql_int(q, release_id);
    return counts(q, fn, ctx, e);
}

enum assay_err release_insert(struct tx *tx, const struct release_row *r, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO release (id, scheme_name, scheme_version, min_readings, row_count,"
                " content_sha256, state, requested_by, requested_ms)"
                " VALUES ($1, $2, $3, $4, $5, $6, 'requested', $7, $8)");

    sql_int(q, r->id);
    sql_text(q, r->scheme);
    sql_int(q, r->scheme_version);
    sql_int(q, r->min_readings);
    sql_int(q, r->row_count);
    sql_blob(q, r->content_sha256, sizeof r->content_sha256);
    sql_int(q, r->requested_by);
    sql_int(q, r->requested_ms);
    return sql_run_done(q, NULL, e);
}

#define ROW_COLUMNS                                                                                \
    "SELECT x.id, x.scheme_name, x.scheme_version, x.min_readings, x.row_count,"                   \
    " x.content_sha256, x.state, x.requested_by, x.requested_ms, x.decided_by, x.decided_ms,"      \
    " x.event, x.written_ms, a.label, b.label FROM release x"                                      \
    " JOIN staff a ON a.id = x.requested_by LEFT JOIN staff b ON b.id = x.decided_by"

static void read_row(struct sql *q, struct release_row *r)
{
    const char *decided_label = sql_get_text(q, 14);

    *r = (struct release_row){.id = sql_get_int(q, 0),
                              .scheme_version = sql_get_int(q, 2),
                              .min_readings = sql_get_int(q, 3),
                              .row_count = sql_get_int(q, 4),
                              .requested_by = sql_get_int(q, 7),
                              .requested_ms = sql_get_int(q, 8),
                              .decided_by = sql_get_int(q, 9),
                              .decided_ms = sql_get_int(q, 10),
                              .written_ms = sql_get_int(q, 12)};
    bool whole = sql_get_bytes(q, 5, r->content_sha256, sizeof r->content_sha256);
    assert(whole); /* the table's CHECK */
    r->has_event = sql_get_bytes(q, 11, r->event, sizeof r->event);
    (void)snprintf(r->scheme, sizeof r->scheme, "%s", sql_get_text(q, 1));
    (void)snprintf(r->state, sizeof r->state, "%s", sql_get_text(q, 6));
    (void)snprintf(r->requested_label, sizeof r->requested_label, "%s", sql_get_text(q, 13));
    (void)snprintf(r->decided_label, sizeof r->decided_label, "%s",
                   decided_label == NULL ? "" : decided_label);
}

enum assay_err release_find(struct tx *tx, int64_t id, struct release_row *out, struct err *e)
{
    struct sql *q = sql(tx, ROW_COLUMNS " WHERE x.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        read_row(q, out);
    sql_done(q);
    return rc;
}

enum assay_err release_newest(struct tx *tx, int64_t min_readings, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM release WHERE state = 'approved'"
                            " AND min_readings >= $1 ORDER BY decided_ms DESC, id DESC LIMIT 1");

    sql_int(q, min_readings);
    return sql_one_int(q, id, e);
}

enum assay_err release_each(struct tx *tx, int64_t max, release_each_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, ROW_COLUMNS " ORDER BY x.id DESC LIMIT $1");
    struct release_row *rows = mem_array((size_t)max, sizeof *rows);
    size_t count = 0;
    enum assay_err rc;

    sql_int(q, max);
    while (count < (size_t)max && (rc = sql_step(q, e)) == ASSAY_OK)
        read_row(q, &rows[count++]);
    sql_done(q);
    if (count == (size_t)max || rc == ASSAY_ENOTFOUND)
        rc = ASSAY_OK;
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++)
        rc = fn(ctx, &rows[i], e);
    mem_free(rows);
    return rc;
}

enum assay_err release_decide(struct tx *tx, const struct release_row *r, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE release SET state = $1, decided_by = $2, decided_ms = $3,"
                            " event = $4 WHERE id = $5 AND state = 'requested'");
    int64_t changed = 0;

    sql_text(q, r->state);
    sql_int(q, r->decided_by);
    sql_int(q, r->decided_ms);
    sql_blob(q, r->has_event ? r->event : NULL, sizeof r->event);
    sql_int(q, r->id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "somebody else has decided on this release");
    return rc;
}

enum assay_err release_written(struct tx *tx, int64_t id, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE release SET written_ms = $1 WHERE id = $2");

    sql_int(q, now_ms);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err release_add_row(struct tx *tx, int64_t release_id, int64_t index,
                               const struct release_line *l, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO release_row (release_id, row_index, task_id, decision_id, readings)"
                " VALUES ($1, $2, $3, $4, $5)");

    sql_int(q, release_id);
    sql_int(q, index);
    sql_int(q, l->task_id);
    sql_int(q, l->decision_id);
    sql_int(q, l->readings);
    return sql_run_done(q, NULL, e);
}
