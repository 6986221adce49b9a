/* SQL of what the decoder made, and of the line of items that wait for it. */
#include <stdio.h>

#include "store/item.h"
#include "store/sql.h"

enum assay_err picture_put(struct tx *tx, const struct picture_row *p, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO picture (item_id, maker, pixel_policy, width, height, frames,"
                " orientation, flags, pdq, pdq_quality, pdq_reason, pdq_oriented, failure, made_ms,"
                " frames_seen)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
                " ON CONFLICT (item_id) DO UPDATE SET maker = excluded.maker,"
                " pixel_policy = excluded.pixel_policy, width = excluded.width,"
                " height = excluded.height, frames = excluded.frames,"
                " orientation = excluded.orientation, flags = excluded.flags, pdq = excluded.pdq,"
                " pdq_quality = excluded.pdq_quality, pdq_reason = excluded.pdq_reason,"
                " pdq_oriented = excluded.pdq_oriented, failure = excluded.failure,"
                " made_ms = excluded.made_ms, frames_seen = excluded.frames_seen");

    sql_int(q, p->item_id);
    sql_text(q, p->maker);
    sql_int(q, p->pixel_policy);
    sql_int(q, p->width);
    sql_int(q, p->height);
    sql_int(q, p->frames);
    sql_int(q, p->orientation);
    sql_int(q, p->flags);
    sql_blob(q, p->has_pdq ? p->pdq : NULL, 32);
    sql_int(q, p->pdq_quality);
    sql_text(q, p->reason[0] == '\0' ? NULL : p->reason);
    sql_blob(q, p->has_oriented ? p->pdq_oriented : NULL, 32);
    sql_text(q, p->failure[0] == '\0' ? NULL : p->failure);
    sql_int(q, p->made_ms);
    sql_int(q, p->frames_seen);
    return sql_run_done(q, NULL, e);
}

enum assay_err picture_get(struct tx *tx, int64_t item_id, struct picture_row *out, struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT pixel_policy, width, height, frames, orientation, flags, pdq,"
                " pdq_quality, pdq_reason, pdq_oriented, failure, made_ms, frames_seen FROM"
                " picture"
                " WHERE item_id = $1");

    sql_int(q, item_id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        const char *reason = sql_get_text(q, 8), *failure = sql_get_text(q, 10);
        *out = (struct picture_row){.item_id = item_id,
                                    .pixel_policy = sql_get_int(q, 0),
                                    .width = sql_get_int(q, 1),
                                    .height = sql_get_int(q, 2),
                                    .frames = sql_get_int(q, 3),
                                    .orientation = sql_get_int(q, 4),
                                    .flags = sql_get_int(q, 5),
                                    .pdq_quality = sql_get_int(q, 7),
                                    .made_ms = sql_get_int(q, 11),
                                    .frames_seen = sql_get_int(q, 12)};
        out->has_pdq = sql_get_bytes(q, 6, out->pdq, 32);
        out->has_oriented = sql_get_bytes(q, 9, out->pdq_oriented, 32);
        (void)snprintf(out->reason, sizeof out->reason, "%s", reason == NULL ? "" : reason);
        (void)snprintf(out->failure, sizeof out->failure, "%s", failure == NULL ? "" : failure);
    }
    sql_done(q);
    return rc;
}

enum assay_err identify_job_insert(struct tx *tx, int64_t item_id, int64_t priority, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO identify_job (item_id, priority) VALUES ($1, $2)"
                            " ON CONFLICT (item_id) DO NOTHING");

    sql_int(q, item_id);
    sql_int(q, priority);
    return sql_run_done(q, NULL, e);
}

#define CLAIMS_MAX 64

static enum assay_err claim_one(struct tx *tx, const uint8_t holder[16], int64_t now_ms,
                                int64_t held_until_ms, int64_t *item_id, int64_t *tries,
                                struct err *e)
{
    struct sql *q = sql(tx, "UPDATE identify_job SET holder = $1, held_until_ms = $2,"
                            " tries = tries + 1 WHERE item_id = (SELECT item_id FROM identify_job"
                            " WHERE held_until_ms <= $3 ORDER BY priority, item_id LIMIT 1)"
                            " AND held_until_ms <= $4 RETURNING item_id, tries");

    sql_blob(q, holder, 16);
    sql_int(q, held_until_ms);
    sql_int(q, now_ms);
    sql_int(q, now_ms);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        *item_id = sql_get_int(q, 0);
        *tries = sql_get_int(q, 1);
    }
    sql_done(q);
    return rc;
}

/* Whether any item may be claimed. */
static enum assay_err claim_waits(struct tx *tx, int64_t now_ms, bool *yes, struct err *e)
{
    struct sql *q = sql(tx, "SELECT 1 FROM identify_job WHERE held_until_ms <= $1 LIMIT 1");

    sql_int(q, now_ms);
    enum assay_err rc = sql_one(q, e);
    *yes = rc == ASSAY_OK;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err identify_job_claim(struct tx *tx, const uint8_t holder[16], int64_t now_ms,
                                  int64_t held_until_ms, int64_t *item_id, int64_t *tries,
                                  struct err *e)
{
    enum assay_err rc = ASSAY_ENOTFOUND;
    bool more = true;

    /* A claim that finds its row taken by another process, and so none, looks again. */
    for (unsigned i = 0; rc == ASSAY_ENOTFOUND && more && i < CLAIMS_MAX; i++) {
        rc = claim_one(tx, holder, now_ms, held_until_ms, item_id, tries, e);
        enum assay_err looked = rc == ASSAY_ENOTFOUND ? claim_waits(tx, now_ms, &more, e) : rc;
        rc = looked == ASSAY_OK ? rc : looked;
    }
    return rc;
}
enum assay_err identify_job_done(struct tx *tx, int64_t item_id, const uint8_t holder[16],
                                 struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM identify_job WHERE item_id = $1 AND holder = $2");
    int64_t changed = 0;

    sql_int(q, item_id);
    sql_blob(q, holder, 16);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "identify: another process took the item over");
    return rc;
}

enum assay_err identify_job_release(struct tx *tx, int64_t item_id, const uint8_t holder[16],
                                    struct err *e)
{
    struct sql *q = sql(tx, "UPDATE identify_job SET held_until_ms = 0"
                            " WHERE item_id = $1 AND holder = $2");

    sql_int(q, item_id);
    sql_blob(q, holder, 16);
    return sql_run_done(q, NULL, e);
}

enum assay_err identify_job_count(struct tx *tx, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM identify_job");
    return sql_one_int(q, count, e);
}

enum assay_err identify_job_again(struct tx *tx, const char *maker, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO identify_job (item_id, priority)"
                            " SELECT item_id, 2 FROM picture WHERE maker <> $1"
                            " ON CONFLICT (item_id) DO NOTHING");

    sql_text(q, maker == NULL ? "" : maker);
    return sql_run_done(q, count, e);
}

enum assay_err identify_job_revive(struct tx *tx, const char *const makers[IDENTIFY_MAKERS],
                                   int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO identify_job (item_id, priority)"
                            " SELECT item_id, 2 FROM picture WHERE failure = 'unsupported'"
                            " AND maker NOT IN ($1, $2, $3)"
                            " ON CONFLICT (item_id) DO NOTHING");

    for (size_t i = 0; i < IDENTIFY_MAKERS; i++)
        sql_text(q, makers[i]);
    return sql_run_done(q, count, e);
}
