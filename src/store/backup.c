/* SQL of backups that were made and of restores that were tried. */
#include "store/backup.h"

#include <stdio.h>

#include "base/str.h"
#include "store/sql.h"

const char *backup_act_name(enum backup_act act)
{
    return act == BACKUP_MADE ? "made" : "tested";
}

enum assay_err backup_insert(struct tx *tx, const struct backup_row *b, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO backup (id, act, name, entries, files, size_bytes,"
                            " took_ms, done_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

    sql_int(q, b->id);
    sql_text(q, backup_act_name(b->act));
    sql_text(q, b->name);
    sql_int(q, b->entries);
    sql_int(q, b->files);
    sql_int(q, b->size_bytes);
    sql_int(q, b->took_ms);
    sql_int(q, b->done_ms);
    return sql_run_done(q, NULL, e);
}

static void fill(struct sql *q, struct backup_row *out)
{
    out->id = sql_get_int(q, 0);
    out->act = str_equal(sql_get_text(q, 1), "made") ? BACKUP_MADE : BACKUP_TESTED;
    (void)snprintf(out->name, sizeof out->name, "%s", sql_get_text(q, 2));
    out->entries = sql_get_int(q, 3);
    out->files = sql_get_int(q, 4);
    out->size_bytes = sql_get_int(q, 5);
    out->took_ms = sql_get_int(q, 6);
    out->done_ms = sql_get_int(q, 7);
}

enum assay_err backup_last(struct tx *tx, enum backup_act act, struct backup_row *out,
                           struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, act, name, entries, files, size_bytes, took_ms, done_ms"
                            " FROM backup WHERE act = $1 ORDER BY done_ms DESC, id DESC LIMIT 1");

    sql_text(q, backup_act_name(act));
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        fill(q, out);
    sql_done(q);
    return rc;
}

enum assay_err backup_each(struct tx *tx, int64_t max, backup_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, act, name, entries, files, size_bytes, took_ms, done_ms"
                            " FROM backup ORDER BY done_ms DESC, id DESC LIMIT $1");
    enum assay_err rc;

    sql_int(q, max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct backup_row b;
        fill(q, &b);
        fn(ctx, &b);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
