/* SQL of finding entries of the record. */
#include "store/record_find.h"

#include <stdio.h>

#include "base/rand.h"
#include "store/sql.h"

enum assay_err record_about_insert(struct tx *tx, const char *noun, int64_t object_id, int64_t seq,
                                   struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_about (noun, object_id, seq) VALUES ($1, $2, $3)"
                            " ON CONFLICT (noun, object_id, seq) DO NOTHING");

    sql_text(q, noun);
    sql_int(q, object_id);
    sql_int(q, seq);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_about_size(struct tx *tx, int64_t *size, struct err *e)
{
    struct sql *q = sql(tx, "SELECT max(size) FROM record_about_end");

    return sql_one_int(q, size, e);
}

enum assay_err record_about_reach(struct tx *tx, int64_t size, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_about_end (id, size) VALUES (1, $1)"
                            " ON CONFLICT (id) DO UPDATE SET size = excluded.size"
                            " WHERE record_about_end.size < excluded.size");

    sql_int(q, size);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_back(struct tx *tx, const struct record_range *range, record_row_fn *fn,
                           void *ctx, struct err *e)
{
    struct sql *q;
    enum assay_err rc;

    if (range->noun == NULL) {
        q = sql(tx, "SELECT s.seq, s.event, r.entry FROM record_seq s"
                    " LEFT JOIN record r ON r.event = s.event"
                    " WHERE s.seq < $1 ORDER BY s.seq DESC LIMIT $2");
        sql_int(q, range->before);
    } else {
        q = sql(tx, "SELECT s.seq, s.event, r.entry FROM record_about a"
                    " JOIN record_seq s ON s.seq = a.seq LEFT JOIN record r ON r.event = s.event"
                    " WHERE a.noun = $1 AND a.object_id = $2 AND a.seq < $3"
                    " ORDER BY a.seq DESC LIMIT $4");
        sql_text(q, range->noun);
        sql_int(q, range->object_id);
        sql_int(q, range->before);
    }
    sql_int(q, range->max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        size_t size;
        struct record_row row = {.seq = sql_get_int(q, 0),
                                 .event = sql_get_blob(q, 1, &size),
                                 .entry = sql_get_text(q, 2)};
        if ((rc = fn(ctx, &row, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err record_head_time(struct tx *tx, int64_t *size, int64_t *signed_ms, struct err *e)
{
    struct sql *q = sql(tx, "SELECT size, signed_ms FROM record_head ORDER BY size DESC LIMIT 1");
    enum assay_err rc = sql_one(q, e);

    *size = rc == ASSAY_OK ? sql_get_int(q, 0) : 0;
    *signed_ms = rc == ASSAY_OK ? sql_get_int(q, 1) : 0;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err record_check_insert(struct tx *tx, const struct record_check *c, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_check (id, checked_ms, staff_id, entries, finding)"
                            " VALUES ($1, $2, $3, $4, $5)");

    sql_int(q, rand_id());
    sql_int(q, c->checked_ms);
    sql_id(q, c->staff_id);
    sql_int(q, c->entries);
    sql_text(q, c->finding[0] == '\0' ? NULL : c->finding);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_check_last(struct tx *tx, struct record_check *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT c.checked_ms, c.staff_id, c.entries, c.finding, a.label FROM record_check c"
                " LEFT JOIN staff a ON a.id = c.staff_id ORDER BY c.checked_ms DESC, c.id LIMIT 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        const char *finding = sql_get_text(q, 3), *who = sql_get_text(q, 4);
        *out = (struct record_check){.checked_ms = sql_get_int(q, 0),
                                     .staff_id = sql_get_int(q, 1),
                                     .entries = sql_get_int(q, 2)};
        (void)snprintf(out->finding, sizeof out->finding, "%s", finding == NULL ? "" : finding);
        (void)snprintf(out->who, sizeof out->who, "%s", who == NULL ? "" : who);
    }
    sql_done(q);
    return rc;
}
