/* SQL of counts over the whole store. */
#include "store/stats.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err stats_get(struct tx *tx, struct stats_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM sighting),"
                            " (SELECT count(*) FROM decision), (SELECT count(*) FROM viewing),"
                            " (SELECT count(*) FROM record),"
                            " (SELECT count(*) FROM picture WHERE failure IS NOT NULL),"
                            " (SELECT count(*) FROM facet)");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct stats_row){sql_get_int(q, 0), sql_get_int(q, 1), sql_get_int(q, 2),
                                  sql_get_int(q, 3), sql_get_int(q, 4), sql_get_int(q, 5),
                                  sql_get_int(q, 6)};
    }
    sql_done(q);
    return rc;
}

enum assay_err stats_health(struct tx *tx, struct stats_health *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT (SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM blob"
                            " WHERE wrapped IS NOT NULL), (SELECT count(*) FROM identify_job),"
                            " coalesce((SELECT max(size) FROM record_head), 0),"
                            " coalesce((SELECT max(signed_ms) FROM record_head), 0)");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        *out = (struct stats_health){sql_get_int(q, 0), sql_get_int(q, 1), sql_get_int(q, 2),
                                     sql_get_int(q, 3)};
    }
    sql_done(q);
    return rc;
}

static enum assay_err each(struct sql *q, stats_each_fn *fn, void *ctx, struct err *e)
{
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fn(ctx, sql_get_text(q, 0), sql_get_int(q, 1));
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err stats_tasks(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT state, count(*) FROM task GROUP BY state ORDER BY state");

    return each(q, fn, ctx, e);
}

enum assay_err stats_lots(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT state, count(*) FROM lot GROUP BY state ORDER BY state");

    return each(q, fn, ctx, e);
}

enum assay_err stats_failures(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT failure, count(*) FROM picture WHERE failure IS NOT NULL"
                            " GROUP BY failure ORDER BY failure");

    return each(q, fn, ctx, e);
}

enum assay_err stats_version(struct tx *tx, enum store_engine engine, char out[STATS_VERSION_SIZE],
                             struct err *e)
{
    struct sql *q = sql(tx, engine == STORE_SQLITE ? "SELECT sqlite_version()"
                                                   : "SELECT current_setting('server_version')");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        (void)snprintf(out, STATS_VERSION_SIZE, "%s", sql_get_text(q, 0));
    sql_done(q);
    return rc;
}

enum assay_err stats_unsupported(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT i.mime, count(*) FROM picture p JOIN item i ON i.id = p.item_id"
                            " WHERE p.failure = 'unsupported' GROUP BY i.mime ORDER BY i.mime");

    return each(q, fn, ctx, e);
}
