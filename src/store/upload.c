/* SQL of uploads and their parts. */
#include "store/upload.h"

#include <stdio.h>

#include "store/sql.h"

enum assay_err upload_insert(struct tx *tx, const struct upload_row *u, const void *text_sealed,
                             size_t text_size, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO upload (id, staff_id, batch_id, name_mac, text_sealed,"
                            " size, received, parts, taken, sha256_said, state, outcome, role,"
                            " held_until_ms, created_ms, changed_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, 'open', '', '', 0, $8,"
                            " $9)");

    sql_int(q, u->id);
    sql_int(q, u->staff_id);
    sql_int(q, u->batch_id);
    sql_blob(q, u->name_mac, sizeof u->name_mac);
    sql_blob(q, text_sealed, text_size);
    sql_int(q, u->size);
    sql_blob(q, u->has_said ? u->said : NULL, sizeof u->said);
    sql_int(q, u->created_ms);
    sql_int(q, u->changed_ms);
    return sql_run_done(q, NULL, e);
}

#define UPLOAD_COLUMNS                                                                             \
    "u.id, u.staff_id, u.batch_id, u.session_id, u.created_ms, u.changed_ms, u.size, u.received,"  \
    " u.parts, u.taken, u.name_mac, u.sha256_said, u.sha256, u.event, u.state, u.role, u.outcome"
#define UPLOAD_COLUMN_COUNT 17

static void fill(struct sql *q, struct upload_row *u)
{
    *u = (struct upload_row){.id = sql_get_int(q, 0),
                             .staff_id = sql_get_int(q, 1),
                             .batch_id = sql_get_int(q, 2),
                             .session_id = sql_get_int(q, 3),
                             .created_ms = sql_get_int(q, 4),
                             .changed_ms = sql_get_int(q, 5),
                             .size = sql_get_int(q, 6),
                             .received = sql_get_int(q, 7),
                             .parts = sql_get_int(q, 8),
                             .taken = sql_get_int(q, 9)};
    (void)sql_get_bytes(q, 10, u->name_mac, sizeof u->name_mac);
    u->has_said = sql_get_bytes(q, 11, u->said, sizeof u->said);
    u->has_sha256 = sql_get_bytes(q, 12, u->sha256, sizeof u->sha256);
    u->has_event = sql_get_bytes(q, 13, u->event, sizeof u->event);
    (void)snprintf(u->state, sizeof u->state, "%s", sql_get_text(q, 14));
    (void)snprintf(u->role, sizeof u->role, "%s", sql_get_text(q, 15));
    (void)snprintf(u->outcome, sizeof u->outcome, "%s", sql_get_text(q, 16));
}

enum assay_err upload_get(struct tx *tx, int64_t id, struct upload_row *out, struct buf *text,
                          struct err *e)
{
    struct sql *q = sql(tx, "SELECT " UPLOAD_COLUMNS ", u.text_sealed FROM upload u"
                            " WHERE u.id = $1");

    sql_int(q, id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        fill(q, out);
    if (rc == ASSAY_OK && text != NULL) {
        size_t size;
        const void *bytes = sql_get_blob(q, UPLOAD_COLUMN_COUNT, &size);
        buf_add(text, bytes, size);
    }
    sql_done(q);
    return rc;
}

enum assay_err upload_find_open(struct tx *tx, const struct upload_row *like, int64_t *id,
                                struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM upload WHERE staff_id = $1 AND batch_id = $2"
                            " AND name_mac = $3 AND size = $4 AND state = 'open'");

    sql_int(q, like->staff_id);
    sql_int(q, like->batch_id);
    sql_blob(q, like->name_mac, sizeof like->name_mac);
    sql_int(q, like->size);
    return sql_one_int(q, id, e);
}

enum assay_err upload_count_open(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM upload WHERE state = 'open' AND staff_id = $1");

    sql_int(q, staff_id);
    return sql_one_int(q, count, e);
}

enum assay_err upload_each(struct tx *tx, int64_t staff_id, upload_each_fn *fn, void *ctx,
                           struct err *e)
{
    struct sql *q;
    enum assay_err rc;

    if (staff_id != 0) {
        q = sql(tx, "SELECT " UPLOAD_COLUMNS ", b.name, f.label FROM upload u"
                    " JOIN batch b ON b.id = u.batch_id JOIN staff f ON f.id = u.staff_id"
                    " WHERE u.staff_id = $1 ORDER BY u.created_ms DESC, u.id LIMIT 500");
        sql_int(q, staff_id);
    } else {
        q = sql(tx, "SELECT " UPLOAD_COLUMNS ", b.name, f.label FROM upload u"
                    " JOIN batch b ON b.id = u.batch_id JOIN staff f ON f.id = u.staff_id"
                    " WHERE u.state IN ('open', 'finishing')"
                    " ORDER BY u.created_ms DESC, u.id LIMIT 500");
    }
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct upload_line l;
        fill(q, &l.row);
        l.batch = sql_get_text(q, UPLOAD_COLUMN_COUNT);
        l.person = sql_get_text(q, UPLOAD_COLUMN_COUNT + 1);
        fn(ctx, &l);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* The counting comes first: it holds the row, and the number of parts before is this one's place.
 */
enum assay_err upload_add_part(struct tx *tx, const struct upload_part *p, int64_t offset,
                               int64_t now_ms, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE upload SET received = received + $1, parts = parts + 1, changed_ms = $2"
                " WHERE id = $3 AND state = 'open' AND received = $4 RETURNING parts");
    int64_t parts;

    sql_int(q, p->size);
    sql_int(q, now_ms);
    sql_int(q, p->upload_id);
    sql_int(q, offset);
    enum assay_err rc = sql_one_int(q, &parts, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE,
                       "this upload has other bytes meanwhile; ask where to go on");
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "INSERT INTO upload_part (upload_id, part_index, blob_id, wrapped, size)"
                " VALUES ($1, $2, $3, $4, $5)");
    sql_int(q, p->upload_id);
    sql_int(q, parts - 1);
    sql_blob(q, p->blob_id, sizeof p->blob_id);
    sql_blob(q, p->wrapped, sizeof p->wrapped);
    sql_int(q, p->size);
    return sql_run_done(q, NULL, e);
}

static void fill_part(struct sql *q, struct upload_part *p)
{
    *p = (struct upload_part){
        .upload_id = sql_get_int(q, 0), .index = sql_get_int(q, 1), .size = sql_get_int(q, 2)};
    (void)sql_get_bytes(q, 3, p->blob_id, sizeof p->blob_id);
    (void)sql_get_bytes(q, 4, p->wrapped, sizeof p->wrapped);
}

enum assay_err upload_part_get(struct tx *tx, int64_t upload_id, int64_t index,
                               struct upload_part *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT upload_id, part_index, size, blob_id, wrapped FROM upload_part"
                            " WHERE upload_id = $1 AND part_index = $2");

    sql_int(q, upload_id);
    sql_int(q, index);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        fill_part(q, out);
    sql_done(q);
    return rc;
}

enum assay_err upload_take_parts(struct tx *tx, int64_t upload_id, struct upload_part *out,
                                 size_t max, size_t *count, struct err *e)
{
    struct sql *q =
        sql(tx, "DELETE FROM upload_part WHERE upload_id = $1 AND part_index IN"
                " (SELECT part_index FROM upload_part WHERE upload_id = $2"
                " ORDER BY part_index LIMIT $3) RETURNING upload_id, part_index, size, blob_id,"
                " wrapped");
    enum assay_err rc = ASSAY_OK;

    *count = 0;
    sql_int(q, upload_id);
    sql_int(q, upload_id);
    sql_int(q, (int64_t)max);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        fill_part(q, &out[(*count)++]);
    sql_done(q);
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    q = sql(tx, "UPDATE upload SET parts = parts - $1 WHERE id = $2");
    sql_int(q, (int64_t)*count);
    sql_int(q, upload_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err upload_finishing(struct tx *tx, const struct upload_row *u, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE upload SET state = 'finishing', session_id = $1, role = $2,"
                            " event = $3, changed_ms = $4 WHERE id = $5 AND state = 'open'"
                            " AND received = size");
    int64_t changed = 0;

    sql_id(q, u->session_id);
    sql_text(q, u->role);
    sql_blob(q, u->event, sizeof u->event);
    sql_int(q, u->changed_ms);
    sql_int(q, u->id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "not all of its bytes are here; ask where to go on");
    return rc;
}

enum assay_err upload_claim(struct tx *tx, int64_t now_ms, int64_t held_until_ms, int64_t *id,
                            struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE upload SET held_until_ms = $1 WHERE id = (SELECT id FROM upload"
                " WHERE state = 'finishing' AND held_until_ms <= $2 ORDER BY created_ms LIMIT 1)"
                " AND held_until_ms <= $3 RETURNING id");

    sql_int(q, held_until_ms);
    sql_int(q, now_ms);
    sql_int(q, now_ms);
    return sql_one_int(q, id, e);
}

enum assay_err upload_progress(struct tx *tx, int64_t id, int64_t taken, int64_t held_until_ms,
                               struct err *e)
{
    struct sql *q = sql(tx, "UPDATE upload SET taken = $1, held_until_ms = $2 WHERE id = $3");

    sql_int(q, taken);
    sql_int(q, held_until_ms);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err upload_end(struct tx *tx, const struct upload_row *u, const char *from,
                          struct err *e)
{
    struct sql *q = sql(tx, "UPDATE upload SET state = $1, outcome = $2, sha256 = $3,"
                            " changed_ms = $4 WHERE id = $5 AND state = $6");
    int64_t changed = 0;

    sql_text(q, u->state);
    sql_text(q, u->outcome);
    sql_blob(q, u->has_sha256 ? u->sha256 : NULL, sizeof u->sha256);
    sql_int(q, u->changed_ms);
    sql_int(q, u->id);
    sql_text(q, from);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ESTATE, "this upload has moved on; look at it again");
    return rc;
}

enum assay_err upload_abandoned(struct tx *tx, int64_t before_ms, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM upload WHERE state IN ('open', 'differs')"
                            " AND changed_ms < $1 LIMIT 1");

    sql_int(q, before_ms);
    return sql_one_int(q, id, e);
}

enum assay_err upload_with_parts(struct tx *tx, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM upload WHERE state IN ('done', 'refused', 'dropped')"
                            " AND parts > 0 LIMIT 1");
    return sql_one_int(q, id, e);
}

enum assay_err upload_forget(struct tx *tx, int64_t before_ms, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM upload WHERE state IN ('done', 'refused', 'dropped')"
                            " AND parts = 0 AND changed_ms < $1");

    sql_int(q, before_ms);
    return sql_run_done(q, NULL, e);
}
