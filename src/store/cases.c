/* SQL of VICS files and their records. */
#include "store/cases.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/sql.h"

#define PAGE_ROWS 500

static const char *const states[] = {"taken", "missing", "mismatch", "refused"};

const char *case_state_name(enum case_state s)
{
    return states[s];
}

static enum assay_err insert_file(struct tx *tx, const struct case_file_row *f, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO case_file (id, batch_id, sha256, size, profile, profile_text,"
                " version, region, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

    sql_int(q, f->id);
    sql_int(q, f->batch_id);
    sql_blob(q, f->sha256, sizeof f->sha256);
    sql_int(q, f->size);
    sql_text(q, f->profile);
    sql_text(q, f->profile_text);
    sql_text(q, f->version);
    sql_text(q, f->region);
    sql_int(q, f->created_ms);
    return sql_run_done(q, NULL, e);
}

static enum assay_err last_record(struct tx *tx, int64_t file_id, int64_t *last, struct err *e)
{
    struct sql *q = sql(tx, "SELECT coalesce(max(number), 0) FROM case_record WHERE file_id = $1");

    sql_int(q, file_id);
    return sql_one_int(q, last, e);
}

enum assay_err case_file_begin(struct tx *tx, struct case_file_row *f, int64_t *last, struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, profile_text, done_ms, records FROM case_file"
                            " WHERE batch_id = $1 AND sha256 = $2");

    *last = 0;
    sql_int(q, f->batch_id);
    sql_blob(q, f->sha256, sizeof f->sha256);
    enum assay_err rc = sql_one(q, e);
    const bool same = rc == ASSAY_OK && str_equal(sql_get_text(q, 1), f->profile_text);
    if (rc == ASSAY_OK) {
        f->id = sql_get_int(q, 0);
        f->done_ms = sql_get_int(q, 2);
        f->records = sql_get_int(q, 3);
    }
    sql_done(q);
    if (rc == ASSAY_ENOTFOUND)
        return insert_file(tx, f, e);
    if (rc != ASSAY_OK)
        return rc;
    if (f->done_ms != 0)
        return err_set(e, ASSAY_EEXISTS, "this file is in the batch already, all %lld records",
                       (long long)f->records);
    if (!same)
        return err_set(e, ASSAY_ESTATE,
                       "this file was begun by another profile, or another text of it; go on with "
                       "that one");
    return last_record(tx, f->id, last, e);
}

enum assay_err case_file_end(struct tx *tx, const struct case_file_row *f, struct err *e)
{
    struct sql *q = sql(tx, "UPDATE case_file SET done_ms = $1, records = $2, version = $3,"
                            " region = $4 WHERE id = $5");

    sql_int(q, f->done_ms);
    sql_int(q, f->records);
    sql_text(q, f->version);
    sql_text(q, f->region);
    sql_int(q, f->id);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_head_put(struct tx *tx, int64_t file_id, int64_t number, const void *sealed,
                             size_t size, struct err *e)
{
    struct sql *q = sql(tx, "INSERT INTO case_head (file_id, number, said_sealed)"
                            " VALUES ($1, $2, $3) ON CONFLICT (file_id, number) DO NOTHING");

    sql_int(q, file_id);
    sql_int(q, number);
    sql_blob(q, sealed, size);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_record_put(struct tx *tx, const struct case_record_row *r, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO case_record (id, file_id, number, case_number, state, item_id,"
                " category, md5, sha1, sha256, said_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7,"
                " $8, $9, $10, $11) ON CONFLICT (file_id, number) DO NOTHING");

    sql_int(q, r->id);
    sql_int(q, r->file_id);
    sql_int(q, r->number);
    sql_int(q, r->case_number);
    sql_text(q, states[r->state]);
    sql_id(q, r->item_id);
    if (r->category < 0)
        sql_id(q, 0);
    else
        sql_int(q, r->category);
    sql_blob(q, r->has_md5 ? r->md5 : NULL, sizeof r->md5);
    sql_blob(q, r->has_sha1 ? r->sha1 : NULL, sizeof r->sha1);
    sql_blob(q, r->has_sha256 ? r->sha256 : NULL, sizeof r->sha256);
    sql_blob(q, r->said_sealed, r->said_size);
    return sql_run_done(q, NULL, e);
}

enum assay_err case_files(struct tx *tx, int64_t batch_id, case_file_fn *fn, void *ctx,
                          struct err *e)
{
    struct sql *q = sql(tx, "SELECT id, sha256, size, profile, version, region, created_ms,"
                            " done_ms, profile_text FROM case_file WHERE batch_id = $1"
                            " ORDER BY created_ms, id");
    enum assay_err rc;

    sql_int(q, batch_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        struct case_file_row f = {.id = sql_get_int(q, 0),
                                  .batch_id = batch_id,
                                  .size = sql_get_int(q, 2),
                                  .profile = sql_get_text(q, 3),
                                  .profile_text = sql_get_text(q, 8),
                                  .created_ms = sql_get_int(q, 6),
                                  .done_ms = sql_get_int(q, 7)};
        (void)sql_get_bytes(q, 1, f.sha256, sizeof f.sha256);
        (void)snprintf(f.version, sizeof f.version, "%s", sql_get_text(q, 4));
        (void)snprintf(f.region, sizeof f.region, "%s", sql_get_text(q, 5));
        if ((rc = fn(tx, ctx, &f, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum case_state state_of(const char *name)
{
    enum case_state s = CASE_TAKEN;

    while (s < CASE_REFUSED && !str_equal(name, states[s]))
        s++;
    return s;
}

enum assay_err case_counts(struct tx *tx, int64_t file_id, int64_t out[CASE_STATES], struct err *e)
{
    struct sql *q =
        sql(tx, "SELECT state, count(*) FROM case_record WHERE file_id = $1 GROUP BY state");
    enum assay_err rc;

    memset(out, 0, CASE_STATES * sizeof *out);
    sql_int(q, file_id);
    while ((rc = sql_step(q, e)) == ASSAY_OK)
        out[state_of(sql_get_text(q, 0))] = sql_get_int(q, 1);
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void read_record(struct sql *q, struct case_record_row *r)
{
    *r = (struct case_record_row){.id = sql_get_int(q, 0),
                                  .file_id = sql_get_int(q, 1),
                                  .number = sql_get_int(q, 2),
                                  .case_number = sql_get_int(q, 3),
                                  .item_id = sql_get_int(q, 5),
                                  .category = sql_is_null(q, 6) ? -1 : sql_get_int(q, 6)};
    r->state = state_of(sql_get_text(q, 4));
    r->has_md5 = sql_get_bytes(q, 7, r->md5, sizeof r->md5);
    r->has_sha1 = sql_get_bytes(q, 8, r->sha1, sizeof r->sha1);
    r->has_sha256 = sql_get_bytes(q, 9, r->sha256, sizeof r->sha256);
    r->said_sealed = sql_get_blob(q, 10, &r->said_size);
}

#define COLUMNS                                                                                    \
    "id, file_id, number, case_number, state, item_id, category, md5, sha1, sha256, said_sealed"

static enum assay_err each(struct sql *q, int64_t *last, case_record_fn *fn, void *ctx,
                           struct err *e)
{
    struct case_record_row r;
    int64_t count = 0;
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        read_record(q, &r);
        *last = r.number;
        count++;
        if ((rc = fn(ctx, &r, e)) != ASSAY_OK)
            break;
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND && count > 0 ? ASSAY_OK : rc;
}

enum assay_err case_record_page(struct tx *tx, int64_t file_id, int64_t after, int64_t *last,
                                case_record_fn *fn, void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM case_record WHERE file_id = $1"
                            " AND number > $2 ORDER BY number LIMIT $3");

    sql_int(q, file_id);
    sql_int(q, after);
    sql_int(q, PAGE_ROWS);
    return each(q, last, fn, ctx, e);
}

enum assay_err case_not_taken(struct tx *tx, int64_t file_id, int64_t max, case_record_fn *fn,
                              void *ctx, struct err *e)
{
    struct sql *q = sql(tx, "SELECT " COLUMNS " FROM case_record WHERE file_id = $1"
                            " AND state <> 'taken' ORDER BY number LIMIT $2");
    int64_t last;

    sql_int(q, file_id);
    sql_int(q, max);
    const enum assay_err rc = each(q, &last, fn, ctx, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}
