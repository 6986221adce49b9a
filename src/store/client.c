/* SQL of clients, their lists and their counts. */
#include "store/client.h"

#include <stdio.h>

#include "store/list.h"
#include "store/sql.h"

#define DAY_MS (24LL * 60 * 60 * 1000)

static void bind_rest(struct sql *q, const struct client_row *c)
{
    sql_text(q, c->key_id);
    sql_blob(q, c->key_mac, sizeof c->key_mac);
    sql_int(q, c->key_ms);
    sql_id(q, c->expires_ms);
    sql_id(q, c->disabled_ms);
    sql_int(q, c->rate);
    sql_int(q, c->burst);
    sql_int(q, c->distance_max);
    sql_int(q, c->quality_min);
    sql_text(q, c->keeps);
    sql_blob(q, c->has_sha256 ? c->key_sha256 : NULL, sizeof c->key_sha256);
    sql_int(q, c->feeds);
    sql_blob(q, c->has_cert ? c->cert_sha256 : NULL, sizeof c->cert_sha256);
    sql_id(q, c->has_cert ? c->cert_until_ms : 0);
}

enum assay_err client_insert(struct tx *tx, const struct client_row *c, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO client (id, name, created_ms, key_id, key_mac, key_ms, expires_ms,"
                " disabled_ms, rate, burst, distance_max, quality_min, keeps,"
                " key_sha256, feeds, cert_sha256, cert_until_ms)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
                " $16, $17)"
                " ON CONFLICT (name) DO NOTHING");
    int64_t changed = 0;

    sql_int(q, c->id);
    sql_text(q, c->name);
    sql_int(q, c->created_ms);
    bind_rest(q, c);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_EEXISTS, "a client has the name %s; choose another", c->name);
    return rc;
}

enum assay_err client_put(struct tx *tx, const struct client_row *c, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE client SET key_id = $1, key_mac = $2, key_ms = $3,"
                            " expires_ms = $4, disabled_ms = $5, rate = $6, burst = $7,"
                            " distance_max = $8, quality_min = $9, keeps = $10,"
                            " key_sha256 = $11, feeds = $12, cert_sha256 = $13,"
                            " cert_until_ms = $14, name = $15 WHERE id = $16");
    int64_t changed = 0;

    bind_rest(q, c);
    sql_text(q, c->name);
    sql_int(q, c->id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    return rc == ASSAY_OK && changed == 0 ? ASSAY_ENOTFOUND : rc;
}

#define COLUMNS                                                                                    \
    "id, name, key_id, key_mac, created_ms, key_ms, expires_ms, disabled_ms, rate, burst,"         \
    " distance_max, quality_min, keeps, key_sha256, feeds,"                                        \
    " cert_sha256, cert_until_ms"

static void row_of(struct sql *q, struct client_row *out)
{
    *out = (struct client_row){.id = sql_get_int(q, 0),
                               .created_ms = sql_get_int(q, 4),
                               .key_ms = sql_get_int(q, 5),
                               .expires_ms = sql_get_int(q, 6),
                               .disabled_ms = sql_get_int(q, 7),
                               .rate = sql_get_int(q, 8),
                               .burst = sql_get_int(q, 9),
                               .distance_max = sql_get_int(q, 10),
                               .quality_min = sql_get_int(q, 11),
                               .feeds = sql_get_int(q, 14) != 0,
                               .cert_until_ms = sql_get_int(q, 16)};
    (void)snprintf(out->name, sizeof out->name, "%s", sql_get_text(q, 1));
    (void)snprintf(out->key_id, sizeof out->key_id, "%s", sql_get_text(q, 2));
    (void)snprintf(out->keeps, sizeof out->keeps, "%s", sql_get_text(q, 12));
    (void)sql_get_bytes(q, 3, out->key_mac, sizeof out->key_mac);
    out->has_cert = sql_get_bytes(q, 15, out->cert_sha256, sizeof out->cert_sha256);
    out->has_sha256 = sql_get_bytes(q, 13, out->key_sha256, sizeof out->key_sha256);
}

static enum assay_err one_row(struct sql *q, struct client_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        row_of(q, out);
    sql_done(q);
    return rc;
}

enum assay_err client_find(struct tx *tx, const char *name, struct client_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM client WHERE name = $1");

    sql_text(q, name);
    return one_row(q, out, e);
}

enum assay_err client_get(struct tx *tx, int64_t id, struct client_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM client WHERE id = $1");

    sql_int(q, id);
    return one_row(q, out, e);
}

enum assay_err client_each(struct tx *tx, client_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM client ORDER BY name");
    struct client_row c;
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        row_of(q, &c);
        if ((rc = fn(tx, ctx, &c, e)) != 0)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err client_list_set(struct tx *tx, int64_t client_id, const char *list,
                               enum client_right right, struct err *e)
{
    int64_t list_id = 0;
    enum assay_err rc = list_find(tx, list, &list_id, e);
    struct sql *q;

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no list named %.40s", list);
    if (rc != ASSAY_OK)
        return rc;
    if (right == CLIENT_NO_RIGHT) {
        q = sql(tx, "DELETE FROM client_list WHERE client_id = $1 AND list_id = $2");
        sql_int(q, client_id);
        sql_int(q, list_id);
        return sql_run_done(q, NULL, e);
    }
    q = sql(tx, "INSERT INTO client_list (client_id, list_id, detail) VALUES ($1, $2, $3)"
                " ON CONFLICT (client_id, list_id) DO UPDATE SET detail = excluded.detail");
    sql_int(q, client_id);
    sql_int(q, list_id);
    sql_int(q, right);
    return sql_run_done(q, NULL, e);
}

enum assay_err client_bank_insert(struct tx *tx, int64_t client_id, int64_t list_id, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO client_bank (list_id, client_id) VALUES ($1, $2)");

    sql_int(q, list_id);
    sql_int(q, client_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err client_lists(struct tx *tx, int64_t client_id, client_list_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, "SELECT l.id, l.name, c.detail, b.client_id FROM client_list c"
                            " JOIN list l ON l.id = c.list_id LEFT JOIN client_bank b"
                            " ON b.list_id = c.list_id AND b.client_id = c.client_id"
                            " WHERE c.client_id = $1 AND l.removed_ms IS NULL ORDER BY l.name");
    enum assay_err rc;

    sql_int(q, client_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fn(ctx, sql_get_int(q, 0), sql_get_text(q, 1),
           sql_get_int(q, 2) != 0 ? CLIENT_DETAIL : CLIENT_ANSWER, sql_get_int(q, 3) != 0);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err client_count_add(struct tx *tx, const struct client_count_row *c, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO client_count (client_id, day, list_id, outcome, count)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (client_id, day, list_id, outcome)"
                " DO UPDATE SET count = client_count.count + excluded.count");

    sql_int(q, c->client_id);
    sql_int(q, c->day);
    sql_int(q, c->list_id);
    sql_text(q, c->outcome);
    sql_int(q, c->count);
    return sql_run_done(q, NULL, e);
}

enum assay_err client_counts(struct tx *tx, int64_t client_id, int64_t from_day,
                             client_count_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT day, list_id, outcome, count FROM client_count"
                            " WHERE client_id = $1 AND day >= $2"
                            " ORDER BY day DESC, list_id, outcome");
    enum assay_err rc;

    sql_int(q, client_id);
    sql_int(q, from_day);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const struct client_count_row c = {.client_id = client_id,
                                           .day = sql_get_int(q, 0),
                                           .list_id = sql_get_int(q, 1),
                                           .outcome = sql_get_text(q, 2),
                                           .count = sql_get_int(q, 3)};
        fn(ctx, &c);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err client_hit_add(struct tx *tx, int64_t client_id, int64_t row_id, int64_t now_ms,
                              struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO client_hit (client_id, row_id, day, count, last_ms)"
                            " VALUES ($1, $2, $3, 1, $4) ON CONFLICT (client_id, row_id, day)"
                            " DO UPDATE SET count = client_hit.count + 1,"
                            " last_ms = excluded.last_ms");

    sql_int(q, client_id);
    sql_int(q, row_id);
    sql_int(q, now_ms / DAY_MS);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}
