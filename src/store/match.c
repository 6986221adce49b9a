/* SQL of what items match in lists. */
#include "store/match.h"

#include <stdio.h>
#include <string.h>

#include "store/sql.h"

#define PAGE_ROWS 500
#define SEEN_MAX  100

/* The ids that a statement gives, at most max of them. */
static enum assay_err ids(struct sql *q, int64_t *out, size_t max, size_t *count, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    *count = 0;
    while (*count < max && (rc = sql_step(q, e)) == ASSAY_OK)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- jobs ---- */

enum assay_err match_job_put(struct tx *tx, int64_t item_id, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO match_job (item_id) VALUES ($1) ON CONFLICT (item_id) DO NOTHING");

    sql_int(q, item_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err match_job_page(struct tx *tx, int64_t *out, size_t max, size_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT item_id FROM match_job ORDER BY item_id LIMIT $1");

    sql_int(q, (int64_t)max);
    return ids(q, out, max, count, e);
}

enum assay_err match_job_take(struct tx *tx, int64_t item_id, bool *ours, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM match_job WHERE item_id = $1");
    int64_t changed;

    sql_int(q, item_id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    *ours = rc == ASSAY_OK && changed == 1;
    return rc;
}

/* ---- the pass ---- */

enum assay_err match_pass_get(struct tx *tx, struct match_pass *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT done_seq, goal_seq, after_item FROM match_pass WHERE id = 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *out = (struct match_pass){sql_get_int(q, 0), sql_get_int(q, 1), sql_get_int(q, 2)};
    sql_done(q);
    return rc;
}

enum assay_err match_pass_move(struct tx *tx, const struct match_pass *from,
                               const struct match_pass *to, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE match_pass SET done_seq = $1, goal_seq = $2, after_item = $3"
                " WHERE id = 1 AND done_seq = $4 AND goal_seq = $5 AND after_item = $6");
    int64_t changed;

    sql_int(q, to->done_seq);
    sql_int(q, to->goal_seq);
    sql_int(q, to->after_item);
    sql_int(q, from->done_seq);
    sql_int(q, from->goal_seq);
    sql_int(q, from->after_item);
    enum assay_err rc = sql_run_done(q, &changed, e);
    return rc == ASSAY_OK && changed == 0
               ? err_set(e, ASSAY_ESTATE, "another process went on with the pass")
               : rc;
}

/* The row's lock is what the beginning of a pass waits for, or is waited for by. */
enum assay_err match_pass_hold(struct tx *tx, int64_t known_seq, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE match_pass SET goal_seq = goal_seq WHERE id = 1 AND goal_seq <= $1");
    int64_t changed;

    sql_int(q, known_seq);
    enum assay_err rc = sql_run_done(q, &changed, e);
    return rc == ASSAY_OK && changed == 0
               ? err_set(e, ASSAY_EBUSY, "the lists in memory are behind a pass")
               : rc;
}

/* ---- items ---- */

static void read_item(struct sql *q, struct match_item *i)
{
    *i = (struct match_item){.id = sql_get_int(q, 0)};
    (void)sql_get_bytes(q, 1, i->md5, sizeof i->md5);
    (void)sql_get_bytes(q, 2, i->sha1, sizeof i->sha1);
    (void)sql_get_bytes(q, 3, i->sha256, sizeof i->sha256);
    i->has_pdq = sql_is_null(q, 6) && sql_get_bytes(q, 4, i->pdq, sizeof i->pdq);
    i->has_oriented = sql_is_null(q, 6) && sql_get_bytes(q, 5, i->pdq_oriented, 32);
}

enum assay_err match_items(struct tx *tx, int64_t after, int64_t *last, match_item_fn *fn,
                           void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT i.id, i.md5, i.sha1, i.sha256, p.pdq, p.pdq_oriented,"
                            " p.pdq_reason FROM item i LEFT JOIN picture p ON p.item_id = i.id"
                            " WHERE i.id > $1 ORDER BY i.id LIMIT $2");
    struct match_item i;
    bool any = false;
    enum assay_err rc;

    sql_int(q, after);
    sql_int(q, PAGE_ROWS);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_item(q, &i);
        *last = i.id;
        any = true;
        if ((rc = fn(ctx, &i, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND && any ? ASSAY_OK : rc;
}

enum assay_err match_item_get(struct tx *tx, int64_t id, struct match_item *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT i.id, i.md5, i.sha1, i.sha256, p.pdq, p.pdq_oriented,"
                            " p.pdq_reason FROM item i LEFT JOIN picture p ON p.item_id = i.id"
                            " WHERE i.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        read_item(q, out);
    sql_done(q);
    return rc;
}

enum assay_err match_facets(struct tx *tx, int64_t after, int64_t last, match_facet_fn *fn,
                            void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT item_id, pdq FROM facet WHERE item_id > $1 AND item_id <= $2"
                            " AND pdq IS NOT NULL AND pdq_reason IS NULL");
    uint8_t pdq[32];
    enum assay_err rc;

    sql_int(q, after);
    sql_int(q, last);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        (void)sql_get_bytes(q, 1, pdq, sizeof pdq);
        if ((rc = fn(ctx, sql_get_int(q, 0), pdq, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- matches ---- */

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

enum assay_err match_target_get(struct tx *tx, int64_t row_id, struct match_target *out,
                                struct err *e)
{
    struct sql *q = sql(tx, "SELECT r.id, r.list_id, r.item_id, r.expires_ms, r.quarantined_ms,"
                            " r.sha256, l.name, l.kind, l.trust, r.scheme_name, r.code,"
                            " CASE WHEN r.removed_version IS NULL AND r.off_ms IS NULL"
                            " AND l.removed_ms IS NULL THEN 1 ELSE 0 END"
                            " FROM list_row r JOIN list l ON l.id = r.list_id WHERE r.id = $1");

    sql_int(q, row_id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        *out = (struct match_target){.row_id = row_id,
                                     .list_id = sql_get_int(q, 1),
                                     .item_id = sql_get_int(q, 2),
                                     .expires_ms = sql_get_int(q, 3),
                                     .quarantined = !sql_is_null(q, 4),
                                     .live = sql_get_int(q, 11) != 0};
        out->has_sha256 = sql_get_bytes(q, 5, out->sha256, sizeof out->sha256);
        copy_text(out->list, sizeof out->list, sql_get_text(q, 6));
        copy_text(out->kind, sizeof out->kind, sql_get_text(q, 7));
        copy_text(out->trust, sizeof out->trust, sql_get_text(q, 8));
        copy_text(out->scheme, sizeof out->scheme, sql_get_text(q, 9));
        copy_text(out->code, sizeof out->code, sql_get_text(q, 10));
    }
    sql_done(q);
    return rc;
}

enum assay_err match_insert(struct tx *tx, const struct match_row *m, bool *added, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO match (item_id, row_id, kind, distance, outcome, found_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6)"
                            " ON CONFLICT (item_id, row_id, kind) DO NOTHING");
    int64_t changed;

    sql_int(q, m->item_id);
    sql_int(q, m->row_id);
    sql_text(q, m->kind);
    sql_int(q, m->distance);
    sql_text(q, m->outcome);
    sql_int(q, m->found_ms);
    enum assay_err rc = sql_run_done(q, &changed, e);
    *added = rc == ASSAY_OK && changed == 1;
    return rc;
}

enum assay_err match_each(struct tx *tx, int64_t item_id, match_seen_fn *fn, void *ctx,
                          struct err *e)
{
    struct sql *q = sql(tx, "SELECT l.name, l.kind, m.kind, m.outcome, r.code, m.distance,"
                            " m.found_ms FROM match m JOIN list_row r ON r.id = m.row_id"
                            " JOIN list l ON l.id = r.list_id WHERE m.item_id = $1"
                            " ORDER BY m.found_ms DESC, m.row_id LIMIT $2");
    enum assay_err rc;

    sql_int(q, item_id);
    sql_int(q, SEEN_MAX);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct match_seen m = {sql_get_text(q, 0), sql_get_text(q, 1), sql_get_text(q, 2),
                                     sql_get_text(q, 3), sql_get_text(q, 4), sql_get_int(q, 5),
                                     sql_get_int(q, 6)};

        if ((rc = fn(ctx, &m, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err stack_join(struct tx *tx, const struct stack_new *s, bool *added, struct err *e)
{
    int64_t stack_id, changed, leads = 0;
    struct sql *q = sql(tx, "SELECT count(*) FROM stack WHERE item_id = $1");

    *added = false;
    sql_int(q, s->item_id);
    enum assay_err rc = sql_one_int(q, &leads, e);
    if (rc != ASSAY_OK || leads > 0)
        return rc;
    q = sql(tx, "INSERT INTO stack (id, item_id, created_ms) VALUES ($1, $2, $3)"
                " ON CONFLICT (item_id) DO NOTHING");
    sql_int(q, s->stack_id);
    sql_int(q, s->of_item_id);
    sql_int(q, s->now_ms);
    if ((rc = sql_run_done(q, NULL, e)) != ASSAY_OK)
        return rc;
    q = sql(tx, "SELECT id FROM stack WHERE item_id = $1");
    sql_int(q, s->of_item_id);
    if ((rc = sql_one_int(q, &stack_id, e)) != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO stack_member (item_id, stack_id, distance, joined_ms)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT (item_id) DO NOTHING");
    sql_int(q, s->item_id);
    sql_int(q, stack_id);
    sql_int(q, s->distance);
    sql_int(q, s->now_ms);
    rc = sql_run_done(q, &changed, e);
    *added = rc == ASSAY_OK && changed == 1;
    return rc;
}

enum assay_err stack_of(struct tx *tx, int64_t item_id, struct stack_place *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.item_id, m.distance, m.joined_ms FROM stack_member m"
                            " JOIN stack s ON s.id = m.stack_id WHERE m.item_id = $1");
    enum assay_err rc;

    sql_int(q, item_id);
    if ((rc = sql_one(q, e)) == ASSAY_OK)
        *out = (struct stack_place){sql_get_int(q, 0), sql_get_int(q, 1), sql_get_int(q, 2)};
    sql_done(q);
    return rc;
}

/* ---- own decisions ---- */

enum assay_err match_list_of_kind(struct tx *tx, const char *kind, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM list WHERE kind = $1");

    sql_text(q, kind);
    return sql_one_int(q, id, e);
}

enum assay_err match_own_missing(struct tx *tx, int64_t *out, size_t max, size_t *count,
                                 struct err *e)
{
    struct sql *q = sql(tx, "SELECT t.id FROM task t WHERE t.state = 'passed' AND NOT EXISTS"
                            " (SELECT 1 FROM list_row r JOIN list l ON l.id = r.list_id"
                            " WHERE l.kind = 'own' AND r.item_id = t.item_id"
                            " AND r.scheme_name = t.scheme_name) LIMIT $1");

    sql_int(q, (int64_t)max);
    return ids(q, out, max, count, e);
}
