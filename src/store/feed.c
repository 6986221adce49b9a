/* SQL of the change feed. */
#include "store/feed.h"

#include "store/list_impl.h"
#include "store/sql.h"

/* ---- at the system of record ---- */

enum assay_err feed_epoch(struct tx *tx, uint8_t out[FEED_EPOCH_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "SELECT epoch FROM feed_epoch WHERE id = 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        (void)sql_get_bytes(q, 0, out, FEED_EPOCH_BYTES);
    sql_done(q);
    return rc;
}

enum assay_err feed_epoch_make(struct tx *tx, const uint8_t epoch[FEED_EPOCH_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO feed_epoch (id, epoch) VALUES (1, $1)"
                            " ON CONFLICT (id) DO NOTHING");

    sql_blob(q, epoch, FEED_EPOCH_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err feed_epoch_forget(struct tx *tx, struct err *e)
{
    return sql_run_done(sql(tx, "DELETE FROM feed_epoch"), NULL, e);
}

enum assay_err feed_roster(struct tx *tx, int64_t client_id, feed_list_fn *fn, void *ctx,
                           struct err *e)
{
    struct sql *q = sql(tx, "SELECT l.id, l.name, l.kind FROM list l LEFT JOIN client_list c"
                            " ON c.list_id = l.id AND c.client_id = $1"
                            " WHERE l.removed_ms IS NULL AND (c.detail = 1 OR l.kind = 'test')"
                            " ORDER BY l.id");
    enum assay_err rc;

    sql_int(q, client_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        if ((rc = fn(ctx, sql_get_int(q, 0), sql_get_text(q, 1), sql_get_text(q, 2), e)) !=
            ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- where a node stands ---- */

enum assay_err feed_node_get(struct tx *tx, struct feed_node_row *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT epoch, roster, seq, pass, as_of_ms FROM feed_node WHERE id = 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct feed_node_row){
            .seq = sql_get_int(q, 2), .pass = sql_get_int(q, 3), .as_of_ms = sql_get_int(q, 4)};
        (void)sql_get_bytes(q, 0, out->epoch, sizeof out->epoch);
        (void)sql_get_bytes(q, 1, out->roster, sizeof out->roster);
    }
    sql_done(q);
    return rc;
}

enum assay_err feed_node_put(struct tx *tx, const struct feed_node_row *n, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO feed_node (id, epoch, roster, seq, pass, as_of_ms)"
                            " VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET"
                            " epoch = excluded.epoch, roster = excluded.roster, seq = excluded.seq,"
                            " pass = excluded.pass, as_of_ms = excluded.as_of_ms");

    sql_blob(q, n->epoch, sizeof n->epoch);
    sql_blob(q, n->roster, sizeof n->roster);
    sql_int(q, n->seq);
    sql_int(q, n->pass);
    sql_int(q, n->as_of_ms);
    return sql_run_done(q, NULL, e);
}

/* ---- its lists ---- */

enum assay_err feed_list_put(struct tx *tx, const struct list_row_head *l, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list SET name = '~' || CAST(id AS TEXT), kind = 'hashes'"
                            " WHERE id <> $1 AND (name = $2 OR (kind = $3 AND kind IN"
                            " ('own', 'test')))");
    enum assay_err rc;

    sql_int(q, l->id);
    sql_text(q, l->name);
    sql_text(q, l->kind);
    if ((rc = sql_run_done(q, NULL, e)) != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO list (id, name, kind, trust, about_sealed, created_ms)"
                " VALUES ($1, $2, $3, 'candidate', $4, $5) ON CONFLICT (id) DO UPDATE SET"
                " name = excluded.name, kind = excluded.kind, removed_ms = NULL");
    sql_int(q, l->id);
    sql_text(q, l->name);
    sql_text(q, l->kind);
    sql_blob(q, "", 0);
    sql_int(q, l->created_ms);
    if ((rc = sql_run_done(q, NULL, e)) != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO feed_list (list_id, whole_pass, after_row) VALUES ($1, 0, 0)"
                " ON CONFLICT (list_id) DO NOTHING");
    sql_int(q, l->id);
    return sql_run_done(q, NULL, e);
}

static enum assay_err one_list(struct sql *q, struct feed_list_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *out = (struct feed_list_row){.list_id = sql_get_int(q, 0),
                                      .whole_pass = sql_get_int(q, 1),
                                      .after_row = sql_get_int(q, 2)};
    sql_done(q);
    return rc;
}

enum assay_err feed_list_get(struct tx *tx, int64_t list_id, struct feed_list_row *out,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT f.list_id, f.whole_pass, f.after_row FROM feed_list f"
                            " JOIN list l ON l.id = f.list_id WHERE f.list_id = $1"
                            " AND l.removed_ms IS NULL");

    sql_int(q, list_id);
    return one_list(q, out, e);
}

enum assay_err feed_list_advance(struct tx *tx, const struct feed_list_row *l, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE feed_list SET whole_pass = $1, after_row = $2 WHERE list_id = $3");

    sql_int(q, l->whole_pass);
    sql_int(q, l->after_row);
    sql_int(q, l->list_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err feed_lists_begin(struct tx *tx, struct err *e)
{
    return sql_run_done(sql(tx, "UPDATE feed_list SET after_row = 0"), NULL, e);
}

enum assay_err feed_list_next(struct tx *tx, int64_t pass, struct feed_list_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT f.list_id, f.whole_pass, f.after_row FROM feed_list f"
                            " JOIN list l ON l.id = f.list_id WHERE l.removed_ms IS NULL"
                            " AND f.whole_pass < $1 ORDER BY f.after_row DESC, f.list_id LIMIT 1");

    sql_int(q, pass);
    return one_list(q, out, e);
}

enum assay_err feed_lists_missing(struct tx *tx, int64_t *count, struct err *e)
{
    return sql_one_int(sql(tx, "SELECT count(*) FROM feed_list f JOIN list l ON l.id = f.list_id"
                               " WHERE l.removed_ms IS NULL AND f.whole_pass = 0"),
                       count, e);
}

enum assay_err feed_lists(struct tx *tx, int64_t *out, size_t max, size_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT l.id FROM list l WHERE l.removed_ms IS NULL ORDER BY l.id"
                            " LIMIT $1");
    enum assay_err rc = ASSAY_OK;

    *count = 0;
    sql_int(q, (int64_t)max);
    while (*count < max && (rc = sql_step(q, e)) == ASSAY_OK)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err feed_list_removed(struct tx *tx, int64_t *list_id, struct err *e)
{
    return sql_one_int(sql(tx, "SELECT f.list_id FROM feed_list f JOIN list l ON l.id = f.list_id"
                               " WHERE l.removed_ms IS NOT NULL ORDER BY f.list_id LIMIT 1"),
                       list_id, e);
}

enum assay_err feed_list_forget(struct tx *tx, int64_t list_id, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM feed_list WHERE list_id = $1");

    sql_int(q, list_id);
    return sql_run_done(q, NULL, e);
}

/* The old row's identity becomes one that no hashes have: its id, and zeros. */
enum assay_err feed_row_make_way(struct tx *tx, const struct list_record *r, int64_t version,
                                 struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND identity = $2"
                            " AND id <> $3");
    uint8_t identity[32] = {0};
    int64_t old;

    sql_int(q, r->list_id);
    sql_blob(q, r->identity, sizeof r->identity);
    sql_int(q, r->id);
    enum assay_err rc = sql_one_int(q, &old, e);
    if (rc != ASSAY_OK)
        return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
    for (size_t i = 0; i < sizeof old; i++)
        identity[i] = (uint8_t)((uint64_t)old >> (8 * i));
    q = sql(tx, "UPDATE list_row SET identity = $1, removed_version = $2 WHERE id = $3");
    sql_blob(q, identity, sizeof identity);
    sql_int(q, version);
    sql_int(q, old);
    rc = sql_run_done(q, NULL, e);
    return rc != ASSAY_OK ? rc : list_note_change(tx, old, e);
}

/* ---- its clients ---- */

enum assay_err feed_client_put(struct tx *tx, const struct client_row *c, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE client SET name = '~' || CAST(id AS TEXT),"
                " disabled_ms = coalesce(disabled_ms, $1) WHERE name = $2 AND id <> $3");
    struct client_row there;
    enum assay_err rc;

    sql_int(q, c->created_ms);
    sql_text(q, c->name);
    sql_int(q, c->id);
    if ((rc = sql_run_done(q, NULL, e)) != ASSAY_OK)
        return rc;
    rc = client_get(tx, c->id, &there, e);
    rc = rc == ASSAY_ENOTFOUND ? client_insert(tx, c, e)
         : rc == ASSAY_OK      ? client_put(tx, c, e)
                               : rc;
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "DELETE FROM client_list WHERE client_id = $1");
    sql_int(q, c->id);
    return sql_run_done(q, NULL, e);
}

enum assay_err feed_clients_off(struct tx *tx, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE client SET disabled_ms = $1 WHERE disabled_ms IS NULL");

    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}
