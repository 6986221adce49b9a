/* SQL of the facets of items. */
#include "store/facet.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err facet_delete(struct tx *tx, int64_t item_id, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM facet WHERE item_id = $1");

    sql_int(q, item_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err facet_insert(struct tx *tx, const struct facet_row *f, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO facet (item_id, number, kind, place, width, height, pdq, pdq_quality,"
                " pdq_reason, maker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");

    sql_int(q, f->item_id);
    sql_int(q, f->number);
    sql_text(q, f->kind);
    sql_int(q, f->place);
    sql_int(q, f->width);
    sql_int(q, f->height);
    sql_blob(q, f->has_pdq ? f->pdq : NULL, 32);
    sql_int(q, f->pdq_quality);
    sql_text(q, f->reason[0] == '\0' ? NULL : f->reason);
    sql_text(q, f->maker);
    return sql_run_done(q, NULL, e);
}

enum assay_err facet_each(struct tx *tx, int64_t item_id, facet_each_fn *fn, void *ctx,
                          struct err *e)
{
    struct sql *q = sql(tx, "SELECT number, kind, place, width, height, pdq, pdq_quality,"
                            " pdq_reason FROM facet WHERE item_id = $1 ORDER BY number");
    enum assay_err rc;

    sql_int(q, item_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        const char *reason = sql_get_text(q, 7);
        struct facet_row f = {.item_id = item_id,
                              .number = sql_get_int(q, 0),
                              .place = sql_get_int(q, 2),
                              .width = sql_get_int(q, 3),
                              .height = sql_get_int(q, 4),
                              .pdq_quality = sql_get_int(q, 6)};

        f.has_pdq = sql_get_bytes(q, 5, f.pdq, 32);
        (void)snprintf(f.kind, sizeof f.kind, "%s", sql_get_text(q, 1));
        (void)snprintf(f.reason, sizeof f.reason, "%s", reason == NULL ? "" : reason);
        fn(ctx, &f);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
