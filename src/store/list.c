/* SQL of lists, their versions, and the order in which rows changed. */
#include "store/list.h"

#include <string.h>

#include "store/list_impl.h"
#include "store/sql.h"

#define VERSIONS_MAX 100

enum assay_err list_insert(struct tx *tx, const struct list_row_head *l, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO list (id, name, kind, trust, about_sealed, created_by,"
                            " created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)");

    sql_int(q, l->id);
    sql_text(q, l->name);
    sql_text(q, l->kind);
    sql_text(q, l->trust);
    sql_blob(q, l->about_sealed, l->about_size);
    sql_id(q, l->created_by);
    sql_int(q, l->created_ms);
    return sql_run_done(q, NULL, e);
}

static struct list_row_head read_head(struct sql *q)
{
    struct list_row_head l = {.id = sql_get_int(q, 0),
                              .name = sql_get_text(q, 1),
                              .kind = sql_get_text(q, 2),
                              .trust = sql_get_text(q, 3),
                              .version = sql_get_int(q, 5),
                              .created_by = sql_get_int(q, 6),
                              .created_ms = sql_get_int(q, 7),
                              .confirm = sql_get_text(q, 8)};

    l.about_sealed = sql_get_blob(q, 4, &l.about_size);
    return l;
}

#define IN_LIST " WHERE r.list_id = list.id AND r.removed_version IS NULL"

enum assay_err list_each(struct tx *tx, int64_t id, list_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(
        tx, "SELECT id, name, kind, trust, about_sealed, version, created_by, created_ms,"
            " confirm, (SELECT count(*) FROM list_row r" IN_LIST "),"
            " (SELECT CAST(coalesce(sum(r.hits), 0) AS BIGINT) FROM list_row r" IN_LIST
            " AND r.hits > 0),"
            " (SELECT count(*) FROM list_row r" IN_LIST " AND r.off_ms IS NOT NULL),"
            " (SELECT count(*) FROM list_row r" IN_LIST " AND r.quarantined_ms IS NOT NULL),"
            " (SELECT max(r.expires_ms) FROM list_row r" IN_LIST " AND r.expires_ms IS NOT NULL)"
            " FROM list WHERE removed_ms IS NULL AND ($1 = 0 OR id = $1) ORDER BY name");
    enum assay_err rc;

    sql_int(q, id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct list_row_head l = read_head(q);

        l.hits = sql_get_int(q, 10);
        l.off = sql_get_int(q, 11);
        l.quarantined = sql_get_int(q, 12);
        l.expires_ms = sql_get_int(q, 13);
        if ((rc = fn(ctx, &l, sql_get_int(q, 9), e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err list_head(struct tx *tx, int64_t id, list_each_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, name, kind, trust, about_sealed, version, created_by,"
                            " created_ms, confirm FROM list WHERE id = $1 AND removed_ms IS NULL");
    enum assay_err rc;

    sql_int(q, id);
    if ((rc = sql_one(q, e)) == ASSAY_OK) {
        const struct list_row_head l = read_head(q);
        rc = fn(ctx, &l, 0, e);
    }
    sql_done(q);
    return rc;
}

enum assay_err list_kinds(struct tx *tx, list_kind_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, kind FROM list WHERE removed_ms IS NULL");
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        if ((rc = fn(ctx, sql_get_int(q, 0), sql_get_text(q, 1), e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err list_find(struct tx *tx, const char *name, int64_t *id, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id FROM list WHERE name = $1 AND removed_ms IS NULL");

    sql_text(q, name);
    return sql_one_int(q, id, e);
}

enum assay_err list_set_confirm(struct tx *tx, int64_t id, const char *confirm, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list SET confirm = $1 WHERE id = $2 AND removed_ms IS NULL");

    sql_text(q, confirm);
    sql_int(q, id);
    return sql_run_done(q, NULL, e);
}

enum assay_err list_set_removed(struct tx *tx, int64_t id, int64_t now_ms, struct err *e)
{
    struct sql *q =
        sql(tx, "UPDATE list SET removed_ms = $1, name = name || '~' || CAST(id AS TEXT)"
                " WHERE id = $2 AND removed_ms IS NULL");
    int64_t changed;

    sql_int(q, now_ms);
    sql_int(q, id);
    enum assay_err rc = sql_run_done(q, &changed, e);
    if (rc == ASSAY_OK && changed == 0)
        return err_set(e, ASSAY_ENOTFOUND, "there is no such list");
    return rc;
}

/* ---- versions ---- */

static void read_version(struct sql *q, struct list_version_row *v)
{
    v->list_id = sql_get_int(q, 0);
    v->version = sql_get_int(q, 1);
    (void)sql_get_bytes(q, 2, v->file_sha256, sizeof v->file_sha256);
    v->form = sql_get_text(q, 3);
    v->staff_id = sql_get_int(q, 4);
    v->started_ms = sql_get_int(q, 5);
    v->done_ms = sql_get_int(q, 6);
    v->records = sql_get_int(q, 7);
    v->added = sql_get_int(q, 8);
    v->removed = sql_get_int(q, 9);
    v->refused = sql_get_int(q, 10);
}

static struct sql *select_versions(struct tx *tx, int64_t list_id, int64_t limit)
{
    struct sql *q = sql(tx, "SELECT list_id, version, file_sha256, form, staff_id, started_ms,"
                            " done_ms, records, added, removed, refused FROM list_version"
                            " WHERE list_id = $1 ORDER BY version DESC LIMIT $2");

    sql_int(q, list_id);
    sql_int(q, limit);
    return q;
}

static enum assay_err version_insert(struct tx *tx, const struct list_version_row *v, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO list_version (list_id, version, file_sha256, form,"
                            " staff_id, started_ms) VALUES ($1, $2, $3, $4, $5, $6)");

    sql_int(q, v->list_id);
    sql_int(q, v->version);
    sql_blob(q, v->file_sha256, sizeof v->file_sha256);
    sql_text(q, v->form);
    sql_id(q, v->staff_id);
    sql_int(q, v->started_ms);
    return sql_run_done(q, NULL, e);
}

enum assay_err list_version_begin(struct tx *tx, struct list_version_row *v, struct err *e)
{
    struct list_version_row last = {0};
    struct sql *q = select_versions(tx, v->list_id, 1);
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        read_version(q, &last);
    sql_done(q);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    const bool same =
        rc == ASSAY_OK && memcmp(last.file_sha256, v->file_sha256, sizeof last.file_sha256) == 0;
    if (rc == ASSAY_OK && last.done_ms == 0) {
        if (!same)
            return err_set(e, ASSAY_ESTATE,
                           "version %lld of the list is being imported from another file; finish "
                           "that first",
                           (long long)last.version);
        v->version = last.version;
        return ASSAY_OK;
    }
    if (same)
        return err_set(e, ASSAY_EEXISTS, "version %lld of the list is this very file",
                       (long long)last.version);
    v->version = last.version + 1;
    return version_insert(tx, v, e);
}

enum assay_err list_version_put(struct tx *tx, const struct list_version_row *v, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE list_version SET records = $1, added = $2, removed = $3,"
                            " refused = $4, done_ms = $5 WHERE list_id = $6 AND version = $7");

    sql_int(q, v->records);
    sql_int(q, v->added);
    sql_int(q, v->removed);
    sql_int(q, v->refused);
    sql_id(q, v->done_ms);
    sql_int(q, v->list_id);
    sql_int(q, v->version);
    enum assay_err rc = sql_run_done(q, NULL, e);
    if (rc != ASSAY_OK || v->done_ms == 0)
        return rc;
    q = sql(tx, "UPDATE list SET version = $1 WHERE id = $2");
    sql_int(q, v->version);
    sql_int(q, v->list_id);
    return sql_run_done(q, NULL, e);
}

enum assay_err list_versions(struct tx *tx, int64_t list_id, list_version_fn *fn, void *ctx,
                             struct err *e)
{
    struct sql *q = select_versions(tx, list_id, VERSIONS_MAX);
    struct list_version_row v;
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_version(q, &v);
        if ((rc = fn(ctx, &v, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- what changed ---- */

enum assay_err list_clock(struct tx *tx, int64_t *seq, struct err *e)
{
    return sql_one_int(sql(tx, "SELECT seq FROM list_clock WHERE id = 1"), seq, e);
}

/* Counting up takes the clock's row until the transaction ends, so numbers are seen in order. */
enum assay_err list_note_change(struct tx *tx, int64_t row_id, struct err *e)
{
    int64_t seq;
    enum assay_err rc =
        sql_run_done(sql(tx, "UPDATE list_clock SET seq = seq + 1 WHERE id = 1"), NULL, e);

    if (rc != ASSAY_OK || (rc = list_clock(tx, &seq, e)) != ASSAY_OK)
        return rc;
    struct sql *q = sql(tx, "INSERT INTO list_change (seq, row_id) VALUES ($1, $2)");
    sql_int(q, seq);
    sql_int(q, row_id);
    return sql_run_done(q, NULL, e);
}
