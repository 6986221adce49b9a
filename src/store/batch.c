/* SQL of batches. */
#include "store/batch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"

enum assay_err batch_insert(struct tx *tx, const struct batch_row *b, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO batch (id, name, scheme_name, sender, contact, case_reference,"
                " authority, purpose, handling, priority, due_ms, created_ms)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");

    sql_int(q, b->id);
    sql_text(q, b->name);
    sql_text(q, b->scheme);
    sql_text(q, b->sender);
    sql_text(q, b->contact);
    sql_text(q, b->case_reference);
    sql_text(q, b->authority);
    sql_text(q, b->purpose);
    sql_text(q, b->handling);
    sql_int(q, b->priority);
    sql_int(q, b->due_ms);
    sql_int(q, b->created_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err batch_one(struct sql *q, struct batch_key *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        out->id = sql_get_int(q, 0);
        out->priority = sql_get_int(q, 1);
        out->due_ms = sql_get_int(q, 2);
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", sql_get_text(q, 3));
    }
    sql_done(q);
    return rc;
}

enum assay_err batch_find(struct tx *tx, const char *name, struct batch_key *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, priority, due_ms, scheme_name FROM batch WHERE name = $1");

    sql_text(q, name);
    return batch_one(q, out, e);
}

enum assay_err batch_get(struct tx *tx, int64_t id, struct batch_key *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, priority, due_ms, scheme_name FROM batch WHERE id = $1");

    sql_int(q, id);
    return batch_one(q, out, e);
}

enum assay_err batch_name(struct tx *tx, int64_t id, char *out, size_t out_size, struct err *e)
{
    struct sql *q = sql(tx, "SELECT name FROM batch WHERE id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        (void)snprintf(out, out_size, "%s", sql_get_text(q, 0));
    sql_done(q);
    return rc;
}

enum assay_err batch_each(struct tx *tx, int64_t id, int64_t staff_id, batch_each_fn *fn, void *ctx,
                          struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT b.id, b.name, b.scheme_name, b.sender, b.contact, b.case_reference,"
                " b.authority, b.purpose, b.handling, b.priority, b.due_ms, b.created_ms,"
                " coalesce(y.files, 0), coalesce(y.fresh, 0), coalesce(y.refused, 0),"
                " coalesce(y.last_ms, 0),"
                " (SELECT count(*) FROM task t WHERE t.batch_id = b.id)"
                " FROM batch b LEFT JOIN batch_tally y ON y.batch_id = b.id"
                " WHERE ($1 = 0 OR b.id = $2) AND ($3 = 0 OR " SQL_MAY_SEE(
                    "b.id", "$4") ")"
                                  " ORDER BY b.created_ms DESC, b.id LIMIT 200");
    enum assay_err rc;

    sql_int(q, id);
    sql_int(q, id);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct batch_line b = {.row = {.id = sql_get_int(q, 0),
                                       .name = sql_get_text(q, 1),
                                       .scheme = sql_get_text(q, 2),
                                       .sender = sql_get_text(q, 3),
                                       .contact = sql_get_text(q, 4),
                                       .case_reference = sql_get_text(q, 5),
                                       .authority = sql_get_text(q, 6),
                                       .purpose = sql_get_text(q, 7),
                                       .handling = sql_get_text(q, 8),
                                       .priority = sql_get_int(q, 9),
                                       .due_ms = sql_get_int(q, 10),
                                       .created_ms = sql_get_int(q, 11)},
                               .tally = {sql_get_int(q, 12), sql_get_int(q, 13), sql_get_int(q, 14),
                                         sql_get_int(q, 15)},
                               .items = sql_get_int(q, 16)};
        if ((rc = fn(tx, ctx, &b, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err batch_may_see(struct tx *tx, int64_t batch_id, int64_t staff_id, bool *yes,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT 1 FROM batch b WHERE b.id = $1 AND " SQL_MAY_SEE("b.id", "$2"));

    sql_int(q, batch_id);
    sql_int(q, staff_id);
    enum assay_err rc = sql_one(q, e);
    *yes = rc == ASSAY_OK;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err batch_person_add(struct tx *tx, int64_t batch_id, int64_t staff_id, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO batch_person (batch_id, staff_id) VALUES ($1, $2)"
                            " ON CONFLICT (batch_id, staff_id) DO NOTHING");

    sql_int(q, batch_id);
    sql_int(q, staff_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err batch_people_clear(struct tx *tx, int64_t batch_id, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM batch_person WHERE batch_id = $1");

    sql_int(q, batch_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err batch_people(struct tx *tx, int64_t batch_id, batch_person_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, "SELECT f.id, f.label FROM batch_person p JOIN staff f"
                            " ON f.id = p.staff_id WHERE p.batch_id = $1 ORDER BY f.label, f.id");
    enum assay_err rc;

    sql_int(q, batch_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fn(ctx, sql_get_int(q, 0), sql_get_text(q, 1));
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err batch_tally_add(struct tx *tx, int64_t batch_id, const struct batch_tally *more,
                               struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO batch_tally (batch_id, files, fresh, refused, last_ms)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch_id) DO UPDATE SET"
                " files = batch_tally.files + excluded.files,"
                " fresh = batch_tally.fresh + excluded.fresh,"
                " refused = batch_tally.refused + excluded.refused, last_ms = excluded.last_ms");

    sql_int(q, batch_id);
    sql_int(q, more->files);
    sql_int(q, more->fresh);
    sql_int(q, more->refused);
    sql_int(q, more->last_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err batch_states(struct tx *tx, int64_t batch_id, batch_state_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, "SELECT state, count(*) FROM task WHERE batch_id = $1"
                            " GROUP BY state ORDER BY state");
    enum assay_err rc;

    sql_int(q, batch_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fn(ctx, sql_get_text(q, 0), sql_get_int(q, 1));
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err batch_each_recent(struct tx *tx, int64_t since_ms, int64_t staff_id,
                                 batch_recent_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT b.id, b.name, y.files, y.fresh, y.refused, y.last_ms,"
            " (SELECT count(*) FROM task t WHERE t.batch_id = b.id AND t.state = 'received')"
            " FROM batch_tally y JOIN batch b ON b.id = y.batch_id WHERE y.last_ms >= $1"
            " AND ($2 = 0 OR " SQL_MAY_SEE("b.id", "$3") ")"
                                                         " ORDER BY y.last_ms DESC, b.id LIMIT 20");
    enum assay_err rc;

    sql_int(q, since_ms);
    sql_int(q, staff_id);
    sql_int(q, staff_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct batch_recent b = {
            .id = sql_get_int(q, 0),
            .name = sql_get_text(q, 1),
            .tally = {sql_get_int(q, 2), sql_get_int(q, 3), sql_get_int(q, 4), sql_get_int(q, 5)},
            .undecoded = sql_get_int(q, 6)};
        fn(ctx, &b);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err batch_change(struct tx *tx, int64_t id, int64_t priority, int64_t due_ms,
                            struct err *e)
{
    static const uint8_t start[1] = {0};
    struct sql *q = sql(tx, "UPDATE batch SET priority = $1, due_ms = $2 WHERE id = $3");
    int64_t changed = 0;

    sql_int(q, priority);
    sql_int(q, due_ms);
    sql_int(q, id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc != ASSAY_OK || changed == 0)
        return rc != ASSAY_OK ? rc : ASSAY_ENOTFOUND;
    q = sql(tx, "INSERT INTO batch_pressing (batch_id, after_mac, after_item) VALUES ($1, $2, 0)"
                " ON CONFLICT (batch_id) DO UPDATE SET after_mac = excluded.after_mac,"
                " after_item = 0");
    sql_int(q, id);
    sql_blob(q, start, sizeof start); /* shorter than any, so before all */
    return sql_run_done(q, NULL, e);
}

#define PRESS_PAGE 256 /* tasks a transaction: some milliseconds */

/* How far the giving of new priorities is. */
struct pressing {
    int64_t batch_id, item_id;
    uint8_t mac[32];
    size_t mac_size;
    char scheme[41];
    int64_t items[PRESS_PAGE];
    size_t count;
};

static enum assay_err press_next(struct tx *tx, struct pressing *p, struct err *e)
{
    struct sql *q = sql(tx, "SELECT p.batch_id, p.after_mac, p.after_item, b.scheme_name"
                            " FROM batch_pressing p JOIN batch b ON b.id = p.batch_id"
                            " ORDER BY p.batch_id LIMIT 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        const void *mac = sql_get_blob(q, 1, &p->mac_size);
        assert(p->mac_size <= sizeof p->mac);
        p->batch_id = sql_get_int(q, 0);
        memcpy(p->mac, mac, p->mac_size);
        p->item_id = sql_get_int(q, 2);
        (void)snprintf(p->scheme, sizeof p->scheme, "%s", sql_get_text(q, 3));
    }
    sql_done(q);
    return rc;
}

/* The next items of the batch; last is where the page ends. */
static enum assay_err press_items(struct tx *tx, struct pressing *p, struct pressing *last,
                                  struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT path_mac, item_id FROM sighting WHERE batch_id = $1"
                " AND (path_mac, item_id) > ($2, $3) ORDER BY path_mac, item_id LIMIT $4");
    enum assay_err rc;

    p->count = 0;
    sql_int(q, p->batch_id);
    sql_blob(q, p->mac, p->mac_size);
    sql_int(q, p->item_id);
    sql_int(q, PRESS_PAGE);
    while ((rc = sql_step(q, e)) == ASSAY_OK && p->count < PRESS_PAGE) {
        (void)sql_get_bytes(q, 0, last->mac, sizeof last->mac);
        last->mac_size = sizeof last->mac;
        last->item_id = sql_get_int(q, 1);
        p->items[p->count++] = last->item_id;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err press_item(struct tx *tx, int64_t item_id, const char *scheme, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE task SET priority = (SELECT min(b.priority) FROM sighting s"
                            " JOIN batch b ON b.id = s.batch_id WHERE s.item_id = task.item_id"
                            " AND b.scheme_name = task.scheme_name),"
                            " due_ms = (SELECT min(b.due_ms) FROM sighting s"
                            " JOIN batch b ON b.id = s.batch_id WHERE s.item_id = task.item_id"
                            " AND b.scheme_name = task.scheme_name)"
                            " WHERE item_id = $1 AND scheme_name = $2 AND state <> 'passed'");

    sql_int(q, item_id);
    sql_text(q, scheme);
    enum assay_err rc = sql_run_done(q, NULL, e);
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "UPDATE identify_job SET priority = (SELECT min(t.priority) FROM task t"
                " WHERE t.item_id = identify_job.item_id) WHERE item_id = $1");
    sql_int(q, item_id);
    return sql_run_done(q, NULL, e);
}

/* Guarded by where it was: a change of the batch meanwhile has begun anew, and that stands. */
static enum assay_err press_on(struct tx *tx, const struct pressing *p, const struct pressing *last,
                               struct err *e)
{
    struct sql *q;

    if (p->count < PRESS_PAGE) {
        q = sql(tx, "DELETE FROM batch_pressing WHERE batch_id = $1 AND after_mac = $2"
                    " AND after_item = $3");
    } else {
        q = sql(tx, "UPDATE batch_pressing SET after_mac = $1, after_item = $2"
                    " WHERE batch_id = $3 AND after_mac = $4 AND after_item = $5");
        sql_blob(q, last->mac, last->mac_size);
        sql_int(q, last->item_id);
    }
    sql_int(q, p->batch_id);
    sql_blob(q, p->mac, p->mac_size);
    sql_int(q, p->item_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err batch_press_page(struct tx *tx, struct err *e)
{
    struct pressing p = {0}, last = {0};
    enum assay_err rc;

    if ((rc = press_next(tx, &p, e)) != 0 || (rc = press_items(tx, &p, &last, e)) != 0)
        return rc;
    for (size_t i = 0; i < p.count; i++) {
        if ((rc = press_item(tx, p.items[i], p.scheme, e)) != 0)
            return rc;
    }
    return press_on(tx, &p, &last, e);
}
