/* SQL of items, blobs and sightings. */
#include "store/item.h"

#include <stdio.h>
#include <string.h>

#include "store/sql.h"

enum assay_err item_insert(struct tx *tx, const struct item_row *i, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO item (id, sha256, sha1, md5, size, mime, kind, created_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

    sql_int(q, i->id);
    sql_blob(q, i->sha256, 32);
    sql_blob(q, i->sha1, 20);
    sql_blob(q, i->md5, 16);
    sql_int(q, i->size);
    sql_text(q, i->mime);
    sql_text(q, i->kind);
    sql_int(q, i->created_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err item_one(struct sql *q, struct item_row *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK) {
        out->id = sql_get_int(q, 0);
        (void)sql_get_bytes(q, 1, out->sha256, 32);
        (void)sql_get_bytes(q, 2, out->sha1, 20);
        (void)sql_get_bytes(q, 3, out->md5, 16);
        out->size = sql_get_int(q, 4);
        (void)snprintf(out->mime, sizeof out->mime, "%s", sql_get_text(q, 5));
        (void)snprintf(out->kind, sizeof out->kind, "%s", sql_get_text(q, 6));
        out->created_ms = sql_get_int(q, 7);
    }
    sql_done(q);
    return rc;
}

enum assay_err item_get(struct tx *tx, int64_t id, struct item_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, sha256, sha1, md5, size, mime, kind, created_ms FROM item"
                            " WHERE id = $1");

    sql_int(q, id);
    return item_one(q, out, e);
}

enum assay_err item_set_type(struct tx *tx, const struct item_row *i, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE item SET mime = $1, kind = $2 WHERE id = $3");

    sql_text(q, i->mime);
    sql_text(q, i->kind);
    sql_int(q, i->id);
    return sql_run_done(q, NULL, e);
}

enum assay_err item_find(struct tx *tx, const uint8_t sha256[32], struct item_row *out,
                         struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, sha256, sha1, md5, size, mime, kind, created_ms FROM item"
                            " WHERE sha256 = $1");

    sql_blob(q, sha256, 32);
    return item_one(q, out, e);
}

enum assay_err item_md5_twin(struct tx *tx, const uint8_t md5[16], const uint8_t sha256[32],
                             int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM item WHERE md5 = $1 AND sha256 <> $2 LIMIT 1");

    sql_blob(q, md5, 16);
    sql_blob(q, sha256, 32);
    enum assay_err rc = sql_one(q, e);
    *id = rc == ASSAY_OK ? sql_get_int(q, 0) : 0;
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err item_count_sightings(struct tx *tx, int64_t item_id, int64_t *count, struct err *e)
{
    struct sql *q = sql(tx, "SELECT count(*) FROM sighting WHERE item_id = $1");

    sql_int(q, item_id);
    return sql_one_int(q, count, e);
}

enum assay_err blob_insert(struct tx *tx, const struct blob_row *b, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO blob (id, wrapped, size, item_id, rendition, width, height, maker,"
                " created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

    sql_blob(q, b->id, 16);
    sql_blob(q, b->wrapped, 64);
    sql_int(q, b->size);
    sql_int(q, b->item_id);
    sql_text(q, b->rendition);
    sql_int(q, b->width);
    sql_int(q, b->height);
    sql_text(q, b->maker);
    sql_int(q, b->created_ms);
    return sql_run_done(q, NULL, e);
}

static void blob_fill(struct sql *q, struct blob_row *out)
{
    *out = (struct blob_row){0};
    (void)sql_get_bytes(q, 0, out->id, 16);
    (void)sql_get_bytes(q, 1, out->wrapped, 64);
    out->size = sql_get_int(q, 2);
    out->item_id = sql_get_int(q, 3);
    out->width = sql_get_int(q, 4);
    out->height = sql_get_int(q, 5);
}

enum assay_err blob_find(struct tx *tx, int64_t item_id, const char *rendition,
                         struct blob_row *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, wrapped, size, item_id, width, height FROM blob"
                            " WHERE item_id = $1 AND rendition = $2 AND wrapped IS NOT NULL");

    sql_int(q, item_id);
    sql_text(q, rendition);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        blob_fill(q, out);
    sql_done(q);
    return rc;
}

enum assay_err blob_delete_rendition(struct tx *tx, int64_t item_id, const char *rendition,
                                     uint8_t id[16], struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM blob WHERE item_id = $1 AND rendition = $2"
                            " AND rendition <> 'original' RETURNING id");

    sql_int(q, item_id);
    sql_text(q, rendition);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK)
        (void)sql_get_bytes(q, 0, id, 16);
    sql_done(q);
    return rc;
}

enum assay_err blob_page(struct tx *tx, const uint8_t *after, uint8_t last[16], blob_each_fn *fn,
                         void *ctx, struct err *e)
{
    static const uint8_t none[1] = {0};
    struct sql *q = sql(tx, "SELECT id, wrapped, size, item_id, width, height FROM blob"
                            " WHERE id > $1 AND wrapped IS NOT NULL UNION ALL"
                            " SELECT blob_id, wrapped, size, 0, 0, 0 FROM upload_part"
                            " WHERE blob_id > $2 ORDER BY 1 LIMIT 500");
    enum assay_err rc;
    bool any = false;

    sql_blob(q, after == NULL ? none : after, after == NULL ? 1 : 16);
    sql_blob(q, after == NULL ? none : after, after == NULL ? 1 : 16);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct blob_row b;
        blob_fill(q, &b);
        memcpy(last, b.id, 16);
        any = true;
        if ((rc = fn(ctx, &b)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND && any ? ASSAY_OK : rc;
}

enum assay_err sighting_insert(struct tx *tx, const struct sighting_row *s, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO sighting (id, item_id, batch_id, path_mac, text_sealed,"
                            " found_ms, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)");

    sql_int(q, s->id);
    sql_int(q, s->item_id);
    sql_int(q, s->batch_id);
    sql_blob(q, s->path_mac, 32);
    sql_blob(q, s->text_sealed, s->text_size);
    sql_id(q, s->found_ms);
    sql_int(q, s->created_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err sighting_find(struct tx *tx, int64_t batch_id, const uint8_t path_mac[32],
                             const uint8_t sha256[32], int64_t *sighting_id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.id FROM sighting s JOIN item i ON i.id = s.item_id"
                            " WHERE s.batch_id = $1 AND s.path_mac = $2 AND i.sha256 = $3");

    sql_int(q, batch_id);
    sql_blob(q, path_mac, 32);
    sql_blob(q, sha256, 32);
    return sql_one_int(q, sighting_id, e);
}

enum assay_err sighting_each(struct tx *tx, int64_t item_id, sighting_each_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.id, s.item_id, s.batch_id, s.text_sealed, s.found_ms,"
                            " s.created_ms, b.name FROM sighting s JOIN batch b"
                            " ON b.id = s.batch_id WHERE s.item_id = $1 ORDER BY s.id");
    enum assay_err rc;

    sql_int(q, item_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct sighting_row s = {.id = sql_get_int(q, 0),
                                 .item_id = sql_get_int(q, 1),
                                 .batch_id = sql_get_int(q, 2),
                                 .found_ms = sql_get_int(q, 4),
                                 .created_ms = sql_get_int(q, 5)};
        s.text_sealed = sql_get_blob(q, 3, &s.text_size);
        if ((rc = fn(ctx, &s, sql_get_text(q, 6))) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
