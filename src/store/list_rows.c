/* SQL of the rows of lists. */
#include <assert.h>
#include <string.h>

#include "store/list_impl.h"
#include "store/sql.h"

#define PAGE_ROWS 500
#define DAY_MS    (24LL * 60 * 60 * 1000)

/* In the order that read_record knows. */
#define COLUMNS                                                                                    \
    "r.id, r.list_id, r.identity, r.md5, r.sha1, r.sha256, r.pdq, r.pdq_oriented, r.pdq_quality,"  \
    " r.item_id, r.scheme_name, r.scheme_version, r.code, r.tags, r.details_sealed, r.expires_ms," \
    " r.first_version, r.removed_version, r.off_ms, r.off_by, r.hits, r.quarantined_ms,"           \
    " l.removed_ms, r.off_reason_sealed"

static unsigned read_hashes(struct sql *q, struct list_record *r)
{
    unsigned has = 0;

    has |= sql_get_bytes(q, 3, r->md5, sizeof r->md5) ? LIST_MD5 : 0;
    has |= sql_get_bytes(q, 4, r->sha1, sizeof r->sha1) ? LIST_SHA1 : 0;
    has |= sql_get_bytes(q, 5, r->sha256, sizeof r->sha256) ? LIST_SHA256 : 0;
    has |= sql_get_bytes(q, 6, r->pdq, sizeof r->pdq) ? LIST_PDQ : 0;
    has |= sql_get_bytes(q, 7, r->pdq_oriented, sizeof r->pdq_oriented) ? LIST_ORIENTED : 0;
    return has;
}

static void read_record(struct sql *q, struct list_record *r)
{
    memset(r, 0, sizeof *r);
    r->id = sql_get_int(q, 0);
    r->list_id = sql_get_int(q, 1);
    (void)sql_get_bytes(q, 2, r->identity, sizeof r->identity);
    r->has = read_hashes(q, r);
    r->pdq_quality = sql_get_int(q, 8);
    r->item_id = sql_get_int(q, 9);
    r->scheme = sql_get_text(q, 10);
    r->scheme_version = sql_get_int(q, 11);
    r->code = sql_get_text(q, 12);
    r->tags = sql_get_text(q, 13);
    r->details_sealed = sql_get_blob(q, 14, &r->details_size);
    r->expires_ms = sql_get_int(q, 15);
    r->first_version = sql_get_int(q, 16);
    r->removed_version = sql_get_int(q, 17);
    r->off_ms = sql_get_int(q, 18);
    r->off_by = sql_get_int(q, 19);
    r->hits = sql_get_int(q, 20);
    r->quarantined_ms = sql_get_int(q, 21);
    r->off_reason_sealed = sql_get_blob(q, 23, &r->off_reason_size);
    r->live = sql_is_null(q, 17) && sql_is_null(q, 18) && sql_is_null(q, 22);
}

/* ---- put ---- */

static void bind_says(struct sql *q, const struct list_record *r)
{
    sql_int(q, r->pdq_quality);
    sql_id(q, r->item_id);
    sql_text(q, r->scheme);
    sql_id(q, r->scheme_version);
    sql_text(q, r->code);
    sql_text(q, r->tags);
    sql_blob(q, r->details_sealed, r->details_size);
    sql_id(q, r->expires_ms);
}

static void bind_hash(struct sql *q, const struct list_record *r, unsigned which, const void *bytes,
                      size_t size)
{
    sql_blob(q, (r->has & which) != 0 ? bytes : NULL, size);
}

static enum assay_err insert(struct tx *tx, const struct list_record *r, int64_t version,
                             struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO list_row (id, list_id, identity, md5, sha1, sha256, pdq,"
                " pdq_oriented, pdq_quality, item_id, scheme_name, scheme_version, code, tags,"
                " details_sealed, expires_ms, first_version, last_version) VALUES ($1, $2, $3, $4,"
                " $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)");

    sql_int(q, r->id);
    sql_int(q, r->list_id);
    sql_blob(q, r->identity, sizeof r->identity);
    bind_hash(q, r, LIST_MD5, r->md5, sizeof r->md5);
    bind_hash(q, r, LIST_SHA1, r->sha1, sizeof r->sha1);
    bind_hash(q, r, LIST_SHA256, r->sha256, sizeof r->sha256);
    bind_hash(q, r, LIST_PDQ, r->pdq, sizeof r->pdq);
    bind_hash(q, r, LIST_ORIENTED, r->pdq_oriented, sizeof r->pdq_oriented);
    bind_says(q, r);
    sql_int(q, version);
    return sql_run_done(q, NULL, e);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether the row at hand is in the list and says what r says. Sealed details are never equal. */
static bool says_the_same(const struct list_record *was, const struct list_record *r)
{
    return was->removed_version == 0 && was->pdq_quality == r->pdq_quality &&
           was->item_id == r->item_id && same_text(was->scheme, r->scheme) &&
           was->scheme_version == r->scheme_version && same_text(was->code, r->code) &&
           same_text(was->tags, r->tags) && was->expires_ms == r->expires_ms;
}

static enum assay_err update(struct tx *tx, const struct list_record *r, int64_t version,
                             struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE list_row SET pdq_quality = $1, item_id = $2, scheme_name = $3,"
                " scheme_version = $4, code = $5, tags = $6, details_sealed = $7, expires_ms = $8,"
                " last_version = $9, removed_version = NULL WHERE id = $10");

    bind_says(q, r);
    sql_int(q, version);
    sql_int(q, r->id);
    return sql_run_done(q, NULL, e);
}

enum assay_err list_put(struct tx *tx, struct list_record *r, int64_t version, enum list_put *what,
                        struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM list_row r JOIN list l ON l.id = r.list_id"
                            " WHERE r.list_id = $1 AND r.identity = $2");
    struct list_record was = {0};

    assert(r->has != 0);
    sql_int(q, r->list_id);
    sql_blob(q, r->identity, sizeof r->identity);
    enum assay_err rc = sql_one(q, e);
    *what = LIST_ADDED;
    if (rc == ASSAY_OK) {
        read_record(q, &was);
        *what = says_the_same(&was, r)    ? LIST_SAME
                : was.removed_version > 0 ? LIST_ADDED
                                          : LIST_CHANGED;
    }
    sql_done(q);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    if (rc == ASSAY_OK)
        r->id = was.id;
    rc = rc == ASSAY_OK ? update(tx, r, version, e) : insert(tx, r, version, e);
    return rc != ASSAY_OK || *what == LIST_SAME ? rc : list_note_change(tx, r->id, e);
}

/* ---- take out ---- */

static enum assay_err drop(struct tx *tx, int64_t row_id, int64_t version, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list_row SET removed_version = $1 WHERE id = $2");

    sql_int(q, version);
    sql_int(q, row_id);
    enum assay_err rc = sql_run_done(q, NULL, e);
    return rc != ASSAY_OK ? rc : list_note_change(tx, row_id, e);
}

enum assay_err list_drop_page(struct tx *tx, int64_t list_id, int64_t version, int64_t *count,
                              struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND last_version < $2"
                            " AND removed_version IS NULL ORDER BY last_version LIMIT $3");
    int64_t ids[PAGE_ROWS];
    enum assay_err rc;

    *count = 0;
    sql_int(q, list_id);
    sql_int(q, version);
    sql_int(q, PAGE_ROWS);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        ids[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    for (int64_t i = 0; i < *count; i++) {
        if ((rc = drop(tx, ids[i], version, e)) != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

enum assay_err list_take_out(struct tx *tx, int64_t list_id, int64_t row_id, int64_t version,
                             struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND id = $2"
                            " AND removed_version IS NULL");
    int64_t id;

    sql_int(q, list_id);
    sql_int(q, row_id);
    enum assay_err rc = sql_one_int(q, &id, e);
    return rc != ASSAY_OK ? rc : drop(tx, id, version, e);
}

/* ---- read ---- */

enum assay_err list_get(struct tx *tx, int64_t row_id, list_record_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM list_row r JOIN list l ON l.id = r.list_id"
                            " WHERE r.id = $1");
    struct list_record r;

    sql_int(q, row_id);
    enum assay_err rc = sql_one(q, e);
    if (rc == ASSAY_OK) {
        read_record(q, &r);
        rc = fn(ctx, &r, e);
    }
    sql_done(q);
    return rc;
}

/* *last becomes column `number` of the last row. ENOTFOUND when there is none. */
static enum assay_err each(struct sql *q, int number, int64_t *last, list_record_fn *fn, void *ctx,
                           struct err *e)
{
    struct list_record r;
    int64_t count = 0;
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_record(q, &r);
        *last = sql_get_int(q, number);
        count++;
        if ((rc = fn(ctx, &r, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND && count > 0 ? ASSAY_OK : rc;
}

enum assay_err list_page(struct tx *tx, int64_t list_id, int64_t after, int64_t *last,
                         list_record_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM list_row r JOIN list l ON l.id = r.list_id"
                            " WHERE r.id > $1 AND ($2 = 0 OR r.list_id = $2)"
                            " AND r.removed_version IS NULL AND l.removed_ms IS NULL"
                            " ORDER BY r.id LIMIT $3");

    sql_int(q, after);
    sql_int(q, list_id);
    sql_int(q, PAGE_ROWS);
    return each(q, 0, last, fn, ctx, e);
}

enum assay_err list_held(struct tx *tx, int64_t list_id, int64_t max, list_record_fn *fn, void *ctx,
                         struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM list_row r JOIN list l ON l.id = r.list_id"
                            " WHERE r.id IN (SELECT id FROM list_row WHERE list_id = $1"
                            " AND off_ms IS NOT NULL UNION SELECT id FROM list_row"
                            " WHERE list_id = $1 AND quarantined_ms IS NOT NULL)"
                            " AND r.removed_version IS NULL ORDER BY r.id LIMIT $2");
    int64_t last;

    sql_int(q, list_id);
    sql_int(q, max);
    enum assay_err rc = each(q, 0, &last, fn, ctx, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err list_changes(struct tx *tx, int64_t after, int64_t *last, list_record_fn *fn,
                            void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS ", c.seq FROM list_change c"
                            " JOIN list_row r ON r.id = c.row_id JOIN list l ON l.id = r.list_id"
                            " WHERE c.seq > $1 ORDER BY c.seq LIMIT $2");

    sql_int(q, after);
    sql_int(q, PAGE_ROWS);
    return each(q, 24, last, fn, ctx, e);
}

static struct sql *select_by_hash(struct tx *tx, enum list_hash which)
{
    switch (which) {
    case LIST_MD5:
        return sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND md5 = $2"
                       " AND removed_version IS NULL ORDER BY id LIMIT $3");
    case LIST_SHA1:
        return sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND sha1 = $2"
                       " AND removed_version IS NULL ORDER BY id LIMIT $3");
    case LIST_SHA256:
        return sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND sha256 = $2"
                       " AND removed_version IS NULL ORDER BY id LIMIT $3");
    case LIST_PDQ:
    case LIST_ORIENTED:
        break;
    }
    return sql(tx, "SELECT id FROM list_row WHERE list_id = $1 AND pdq = $2"
                   " AND removed_version IS NULL ORDER BY id LIMIT $3");
}

enum assay_err list_rows_of_hash(struct tx *tx, int64_t list_id, const struct list_hash_key *key,
                                 int64_t *out, size_t max, size_t *count, struct err *e)
{
    struct sql *q = select_by_hash(tx, key->which);
    enum assay_err rc;

    *count = 0;
    sql_int(q, list_id);
    sql_blob(q, key->bytes, key->size);
    sql_int(q, (int64_t)max);
    while (*count < max && (rc = sql_step(q, e)) == ASSAY_OK)
        out[(*count)++] = sql_get_int(q, 0);
    sql_done(q);
    return *count == max || rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- one row's own state ---- */

/* What a change of one row did, or why not: ENOTFOUND, or ESTATE with these words. */
static enum assay_err changed_one(struct tx *tx, struct sql *q, int64_t row_id, const char *is_so,
                                  struct err *e)
{
    int64_t changed, there;
    enum assay_err rc = sql_run_done(q, &changed, e);

    if (rc != ASSAY_OK)
        return rc;
    if (changed == 1)
        return list_note_change(tx, row_id, e);
    q = sql(tx, "SELECT count(*) FROM list_row WHERE id = $1");
    sql_int(q, row_id);
    if ((rc = sql_one_int(q, &there, e)) != ASSAY_OK)
        return rc;
    return there == 0 ? err_set(e, ASSAY_ENOTFOUND, "no list has such a row")
                      : err_set(e, ASSAY_ESTATE, "%s", is_so);
}

enum assay_err list_switch(struct tx *tx, int64_t row_id, const struct list_switch *s,
                           struct err *e)
{
    struct sql *q;

    if (s->reason_sealed == NULL) {
        q = sql(tx, "UPDATE list_row SET off_ms = NULL, off_by = NULL, off_reason_sealed = NULL"
                    " WHERE id = $1 AND off_ms IS NOT NULL");
        sql_int(q, row_id);
        return changed_one(tx, q, row_id, "it is not switched off", e);
    }
    q = sql(tx, "UPDATE list_row SET off_ms = $1, off_by = $2, off_reason_sealed = $3"
                " WHERE id = $4 AND off_ms IS NULL");
    sql_int(q, s->now_ms);
    sql_id(q, s->staff_id);
    sql_blob(q, s->reason_sealed, s->reason_size);
    sql_int(q, row_id);
    return changed_one(tx, q, row_id, "it is switched off already", e);
}

enum assay_err list_hit(struct tx *tx, int64_t row_id, int64_t now_ms, int64_t limit, bool *flooded,
                        struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list_row SET hits = hits + 1,"
                            " hits_day = CASE WHEN day = $1 THEN hits_day + 1 ELSE 1 END, day = $1"
                            " WHERE id = $2");
    int64_t changed;

    assert(limit >= 1);
    *flooded = false;
    sql_int(q, now_ms / DAY_MS);
    sql_int(q, row_id);
    enum assay_err rc = sql_run_done(q, NULL, e);
    if (rc != ASSAY_OK)
        return rc;
    q = sql(tx, "UPDATE list_row SET quarantined_ms = $1 WHERE id = $2 AND hits_day > $3"
                " AND quarantined_ms IS NULL");
    sql_int(q, now_ms);
    sql_int(q, row_id);
    sql_int(q, limit);
    rc = sql_run_done(q, &changed, e);
    *flooded = rc == ASSAY_OK && changed == 1;
    return *flooded ? list_note_change(tx, row_id, e) : rc;
}

enum assay_err list_quarantined(struct tx *tx, int64_t *count, struct err *e)
{
    return sql_one_int(sql(tx, "SELECT count(*) FROM list_row r JOIN list l ON l.id = r.list_id"
                               " WHERE r.quarantined_ms IS NOT NULL"
                               " AND r.removed_version IS NULL AND l.removed_ms IS NULL"),
                       count, e);
}

/* The day's count begins anew, so that the next hit does not end it at once. */
enum assay_err list_end_quarantine(struct tx *tx, int64_t row_id, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list_row SET quarantined_ms = NULL, hits_day = 0"
                            " WHERE id = $1 AND quarantined_ms IS NOT NULL");

    sql_int(q, row_id);
    return changed_one(tx, q, row_id, "it is in no quarantine", e);
}

enum assay_err list_switch_on(struct tx *tx, int64_t row_id, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE list_row SET off_ms = NULL, off_by = NULL,"
                " off_reason_sealed = NULL, quarantined_ms = NULL, hits_day = 0"
                " WHERE id = $1 AND (off_ms IS NOT NULL OR quarantined_ms IS NOT NULL)");

    sql_int(q, row_id);
    return changed_one(tx, q, row_id, "it is neither switched off nor in quarantine", e);
}
