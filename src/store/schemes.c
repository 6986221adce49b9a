/* SQL of loaded schemes and guidance. */
#include "store/schemes.h"

#include "store/sql.h"

enum assay_err schemes_insert(struct tx *tx, const char *name, int64_t version, const char *body,
                              const uint8_t sha256[32], int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO scheme (name, version, body, sha256, loaded_ms)"
                            " VALUES ($1, $2, $3, $4, $5)");

    sql_text(q, name);
    sql_int(q, version);
    sql_text(q, body);
    sql_blob(q, sha256, 32);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err schemes_newest(struct tx *tx, const char *name, int64_t *version, uint8_t sha256[32],
                              struct buf *body, struct err *e)
{
    struct sql *q = sql(tx, "SELECT version, sha256, body FROM scheme WHERE name = $1"
                            " ORDER BY version DESC LIMIT 1");

    sql_text(q, name);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        *version = sql_get_int(q, 0);
        (void)sql_get_bytes(q, 1, sha256, 32);
        if (body != NULL)
            buf_add_str(body, sql_get_text(q, 2));
    }
    sql_done(q);
    return rc;
}

enum assay_err schemes_each(struct tx *tx, schemes_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT DISTINCT name FROM scheme ORDER BY name");
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        if ((rc = fn(ctx, sql_get_text(q, 0))) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void read_row(struct sql *q, struct scheme_row *row)
{
    *row = (struct scheme_row){.version = sql_get_int(q, 0), .loaded_ms = sql_get_int(q, 2)};
    (void)sql_get_bytes(q, 1, row->sha256, sizeof row->sha256);
}

enum assay_err schemes_versions(struct tx *tx, const char *name, schemes_version_fn *fn, void *ctx,
                                struct err *e)
{
    struct sql *q = sql(tx, "SELECT version, sha256, loaded_ms FROM scheme WHERE name = $1"
                            " ORDER BY version DESC");
    struct scheme_row row;
    enum assay_err rc;

    sql_text(q, name);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_row(q, &row);
        fn(ctx, &row);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err schemes_get(struct tx *tx, const char *name, int64_t version, struct scheme_row *out,
                           struct buf *body, struct err *e)
{
    struct sql *q = sql(tx, "SELECT version, sha256, loaded_ms, body FROM scheme"
                            " WHERE name = $1 AND version = $2");
    enum assay_err rc;

    sql_text(q, name);
    sql_int(q, version);
    if ((rc = sql_one(q, e)) == ASSAY_OK) {
        read_row(q, out);
        buf_add_str(body, sql_get_text(q, 3));
    }
    sql_done(q);
    return rc;
}

enum assay_err guidance_each(struct tx *tx, const char *scheme, guidance_each_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT g.target, g.version, g.body FROM guidance g WHERE g.scheme_name = $1"
                " AND g.version = (SELECT max(h.version) FROM guidance h"
                " WHERE h.scheme_name = g.scheme_name AND h.target = g.target) ORDER BY g.target");
    enum assay_err rc;

    sql_text(q, scheme);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct guidance_row g = {sql_get_text(q, 0), sql_get_int(q, 1), sql_get_text(q, 2)};
        fn(ctx, &g);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err guidance_version(struct tx *tx, const char *scheme, const char *target,
                                int64_t *version, struct err *e)
{
    struct sql *q = sql(tx, "SELECT max(version) FROM guidance"
                            " WHERE scheme_name = $1 AND target = $2");

    sql_text(q, scheme);
    sql_text(q, target);
    return sql_one_int(q, version, e);
}

enum assay_err guidance_insert(struct tx *tx, const char *scheme, const struct guidance_row *g,
                               int64_t staff_id, int64_t now_ms, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO guidance (scheme_name, target, version, body, set_by,"
                            " set_ms) VALUES ($1, $2, $3, $4, $5, $6)");

    sql_text(q, scheme);
    sql_text(q, g->target);
    sql_int(q, g->version);
    sql_text(q, g->body);
    sql_int(q, staff_id);
    sql_int(q, now_ms);
    return sql_run_done(q, NULL, e);
}
