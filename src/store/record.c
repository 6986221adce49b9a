/* SQL of the record. Rows of record, record_seq and record_head are only ever added. */
#include "store/record.h"

#include <assert.h>
#include <string.h>

#include "base/rand.h"
#include "store/sql.h"

enum assay_err record_insert(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                             const char *entry, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record (event, entry) VALUES ($1, $2)");
    enum assay_err rc;

    sql_blob(q, event, RECORD_EVENT_BYTES);
    sql_text(q, entry);
    if ((rc = sql_run_done(q, NULL, e)) != 0)
        return rc;
    q = sql(tx, "INSERT INTO record_new (id, event) VALUES ($1, $2)");
    sql_int(q, rand_id());
    sql_blob(q, event, RECORD_EVENT_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_text_insert(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                                  const char *field, const uint8_t salt[RECORD_SALT_BYTES],
                                  const struct buf *sealed, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_text (event, field, salt, text_sealed) "
                            "VALUES ($1, $2, $3, $4)");

    sql_blob(q, event, RECORD_EVENT_BYTES);
    sql_text(q, field);
    sql_blob(q, salt, RECORD_SALT_BYTES);
    sql_blob(q, sealed->data, sealed->size);
    return sql_run_done(q, NULL, e);
}

/* A blob column that the schema holds to this size; anything else was put there past it. */
static enum assay_err get_blob(struct sql *q, int column, size_t size, const uint8_t **out,
                               struct err *e)
{
    size_t got;

    *out = sql_get_blob(q, column, &got);
    if (*out != NULL && got != size)
        return err_set(e, ASSAY_EDAMAGED, "record: a hash or event id of %zu bytes", got);
    return ASSAY_OK;
}

/* Columns: seq, event, leaf, entry. */
static enum assay_err each_row(struct sql *q, record_row_fn *fn, void *ctx, struct err *e)
{
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct record_row row = {.seq = sql_is_null(q, 0) ? -1 : sql_get_int(q, 0),
                                 .entry = sql_get_text(q, 3)};
        if ((rc = get_blob(q, 1, RECORD_EVENT_BYTES, &row.event, e)) != 0 ||
            (rc = get_blob(q, 2, RECORD_HASH_BYTES, &row.leaf, e)) != 0 ||
            (rc = fn(ctx, &row, e)) != 0)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err record_waiting(struct tx *tx, int64_t max, record_row_fn *fn, void *ctx,
                              struct err *e)
{
    struct sql *q = sql(tx, "SELECT NULL, n.event, NULL, r.entry FROM record_new n "
                            "LEFT JOIN record r ON r.event = n.event ORDER BY n.id LIMIT $1");

    sql_int(q, max);
    return each_row(q, fn, ctx, e);
}

enum assay_err record_rows(struct tx *tx, int64_t seq, int64_t max, record_row_fn *fn, void *ctx,
                           struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.seq, s.event, s.leaf, r.entry FROM record_seq s "
                            "LEFT JOIN record r ON r.event = s.event "
                            "WHERE s.seq >= $1 ORDER BY s.seq LIMIT $2");

    sql_int(q, seq);
    sql_int(q, max);
    return each_row(q, fn, ctx, e);
}

enum assay_err record_size(struct tx *tx, int64_t *size, struct err *e)
{
    struct sql *q = sql(tx, "SELECT max(seq) FROM record_seq");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *size = sql_is_null(q, 0) ? 0 : sql_get_int(q, 0) + 1;
    sql_done(q);
    return rc;
}

enum assay_err record_seq_insert(struct tx *tx, int64_t seq,
                                 const uint8_t event[RECORD_EVENT_BYTES],
                                 const uint8_t leaf[RECORD_HASH_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_seq (seq, event, leaf) VALUES ($1, $2, $3)");

    sql_int(q, seq);
    sql_blob(q, event, RECORD_EVENT_BYTES);
    sql_blob(q, leaf, RECORD_HASH_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_new_clear(struct tx *tx, int64_t seq, struct err *e)
{
    struct sql *q = sql(tx, "DELETE FROM record_new WHERE event IN "
                            "(SELECT event FROM record_seq WHERE seq >= $1)");

    sql_int(q, seq);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_find(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES], int64_t *seq,
                           struct buf *entry, struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.seq, r.entry FROM record r "
                            "LEFT JOIN record_seq s ON s.event = r.event WHERE r.event = $1");
    enum assay_err rc;

    sql_blob(q, event, RECORD_EVENT_BYTES);
    if ((rc = sql_one(q, e)) == ASSAY_OK) {
        *seq = sql_is_null(q, 0) ? -1 : sql_get_int(q, 0);
        buf_add_str(entry, sql_get_text(q, 1));
    }
    sql_done(q);
    return rc;
}

enum assay_err record_head_insert(struct tx *tx, const struct record_head *head, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_head (size, root, checkpoint, signed_ms) "
                            "VALUES ($1, $2, $3, $4)");

    sql_int(q, head->size);
    sql_blob(q, head->root, RECORD_HASH_BYTES);
    sql_text(q, head->checkpoint);
    sql_int(q, head->signed_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_heads(struct tx *tx, int64_t size, int64_t max, record_head_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, "SELECT size, root, checkpoint, signed_ms FROM record_head "
                            "WHERE size >= $1 ORDER BY size LIMIT $2");
    enum assay_err rc;

    sql_int(q, size);
    sql_int(q, max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct record_head head = {.size = sql_get_int(q, 0),
                                   .checkpoint = sql_get_text(q, 2),
                                   .signed_ms = sql_get_int(q, 3)};
        (void)sql_get_bytes(q, 1, head.root, sizeof head.root);
        if ((rc = fn(ctx, &head, e)) != 0)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err record_head_last(struct tx *tx, struct buf *b, struct err *e)
{
    struct sql *q = sql(tx, "SELECT checkpoint FROM record_head ORDER BY size DESC LIMIT 1");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        buf_add_str(b, sql_get_text(q, 0));
    sql_done(q);
    return rc;
}

enum assay_err record_lease_take(struct tx *tx, const struct record_lease *lease, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO record_lease (id, holder, expires_ms) VALUES (1, $1, $2) "
                            "ON CONFLICT (id) DO UPDATE "
                            "SET holder = excluded.holder, expires_ms = excluded.expires_ms "
                            "WHERE record_lease.holder = $1 OR record_lease.expires_ms <= $3 "
                            "OR record_lease.expires_ms > $4");
    int64_t changed = 0;
    enum assay_err rc;

    sql_blob(q, lease->holder, RECORD_HOLDER_BYTES);
    sql_int(q, lease->until_ms);
    sql_int(q, lease->now_ms);
    sql_int(q, lease->now_ms + lease->far_ms);
    if ((rc = sql_run_done(q, &changed, e)) != 0)
        return rc;
    if (changed == 0)
        return err_set(e, ASSAY_EBUSY, "record: another process is signing it now");
    return ASSAY_OK;
}

enum assay_err record_lease_drop(struct tx *tx, const uint8_t holder[RECORD_HOLDER_BYTES],
                                 struct err *e)
{
    struct sql *q = sql(tx, "UPDATE record_lease SET expires_ms = 0 WHERE holder = $1");

    sql_blob(q, holder, RECORD_HOLDER_BYTES);
    return sql_run_done(q, NULL, e);
}

enum assay_err record_count(struct tx *tx, struct record_counts *out, struct err *e)
{
    struct sql *q = sql(tx, "SELECT (SELECT count(*) FROM record), "
                            "(SELECT count(*) FROM record_seq), "
                            "(SELECT count(*) FROM record_new), "
                            "(SELECT count(*) FROM record_text)");
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *out = (struct record_counts){sql_get_int(q, 0), sql_get_int(q, 1), sql_get_int(q, 2),
                                      sql_get_int(q, 3)};
    sql_done(q);
    return rc;
}

/* One event in the first column. */
static enum assay_err one_event(struct sql *q, uint8_t event[RECORD_EVENT_BYTES], struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        (void)sql_get_bytes(q, 0, event, RECORD_EVENT_BYTES);
    sql_done(q);
    return rc;
}

enum assay_err record_cut(struct tx *tx, uint8_t event[RECORD_EVENT_BYTES], struct err *e)
{
    return one_event(sql(tx, "SELECT event FROM record "
                             "WHERE instr(CAST(entry AS BLOB), x'00') > 0 LIMIT 1"),
                     event, e);
}

enum assay_err record_stray(struct tx *tx, uint8_t event[RECORD_EVENT_BYTES], struct err *e)
{
    struct sql *q = sql(tx, "SELECT r.event FROM record r "
                            "LEFT JOIN record_seq s ON s.event = r.event "
                            "LEFT JOIN record_new n ON n.event = r.event "
                            "WHERE s.event IS NULL AND n.event IS NULL "
                            "ORDER BY r.event LIMIT 1");

    return one_event(q, event, e);
}

enum assay_err record_texts(struct tx *tx, const uint8_t event[RECORD_EVENT_BYTES],
                            const char *field, int64_t max, record_text_fn *fn, void *ctx,
                            struct err *e)
{
    struct sql *q = sql(tx, "SELECT s.seq, t.event, t.salt, t.field, r.entry, t.text_sealed "
                            "FROM record_text t LEFT JOIN record r ON r.event = t.event "
                            "LEFT JOIN record_seq s ON s.event = t.event "
                            "WHERE t.event > $1 OR (t.event = $1 AND t.field > $2) "
                            "ORDER BY t.event, t.field LIMIT $3");
    enum assay_err rc;

    sql_blob(q, event, RECORD_EVENT_BYTES);
    sql_text(q, field);
    sql_int(q, max);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct record_text t = {.seq = sql_is_null(q, 0) ? -1 : sql_get_int(q, 0),
                                .field = sql_get_text(q, 3),
                                .entry = sql_get_text(q, 4)};
        t.sealed = sql_get_blob(q, 5, &t.sealed_size);
        if ((rc = get_blob(q, 1, RECORD_EVENT_BYTES, &t.event, e)) != 0 ||
            (rc = get_blob(q, 2, RECORD_SALT_BYTES, &t.salt, e)) != 0 || (rc = fn(ctx, &t, e)) != 0)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
