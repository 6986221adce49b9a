/* Makes the two lists of a release from its rows, and their hashes. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/export/export_impl.h"

#define FLUSH_BYTES     65536
#define PDQ_QUALITY_MIN 50 /* the method's own advice: below it a hash says little */

enum assay_err export_start(struct export_lists *x, struct err *e)
{
    export_clear(x);
    x->codes.count = 0;
    x->rows = 0;
    for (int i = 0; i < EXPORT_LISTS; i++) {
        buf_init(&x->out[i], FLUSH_BYTES + 8 * HASHLIST_ROW_MAX);
        x->files[i] = (struct manifest_file){0};
        if (assay_digester_new(&x->digesters[i]) != ASSAY_OK)
            return err_set(e, ASSAY_EUNSUPPORTED, "this system's libcrypto has no SHA-256");
    }
    hashlist_csv_head(&x->out[EXPORT_CSV]);
    return ASSAY_OK;
}

void export_clear(struct export_lists *x)
{
    for (int i = 0; i < EXPORT_LISTS; i++) {
        buf_clear(&x->out[i]);
        assay_digester_free(x->digesters[i]);
        x->digesters[i] = NULL;
    }
}

static enum assay_err flush(struct export_lists *x, enum export_list which, struct err *e)
{
    struct buf *b = &x->out[which];
    enum assay_err rc;

    if ((rc = assay_digester_feed(x->digesters[which], b->data, b->size)) != 0)
        return err_set(e, rc, "hashing %s failed", export_list_name(which));
    x->files[which].size += (int64_t)b->size;
    rc = x->sink == NULL ? ASSAY_OK : x->sink(x->ctx, which, b->data, b->size, e);
    buf_reset(b);
    return rc;
}

void export_row(const struct release_line *l, const char *scheme, enum scheme_kind kind,
                char out[EXPORT_DATE_SIZE], struct hashlist_row *row)
{
    char time[CLOCK_TEXT_SIZE];

    clock_text(l->decided_ms, time);
    memcpy(out, time, EXPORT_DATE_SIZE - 1);
    out[EXPORT_DATE_SIZE - 1] = '\0';
    *row = (struct hashlist_row){.size = l->size,
                                 .mime = l->mime,
                                 .width = l->width,
                                 .height = l->height,
                                 .has_pdq = l->has_pdq,
                                 .pdq_quality = l->pdq_quality,
                                 .pdq_reason = l->pdq_reason,
                                 .has_pdq_oriented = l->has_pdq && l->has_oriented,
                                 .scheme = scheme,
                                 .code = l->code,
                                 .scheme_version = l->scheme_version,
                                 .tags = l->tags,
                                 .basis = l->basis,
                                 .readings = l->readings,
                                 .decided_on = out,
                                 .kind = kind};
    memcpy(row->sha256, l->sha256, sizeof row->sha256);
    memcpy(row->sha1, l->sha1, sizeof row->sha1);
    memcpy(row->md5, l->md5, sizeof row->md5);
    memcpy(row->pdq, l->pdq, sizeof row->pdq);
    memcpy(row->pdq_oriented, l->pdq_oriented, sizeof row->pdq_oriented);
    /* Whatever the rows say, a hash that must not be trusted never goes out as one that may; and
     * one that half of all flat pictures have does not go out at all. */
    if (row->pdq_reason != NULL && str_equal(row->pdq_reason, "degenerate"))
        row->has_pdq = row->has_pdq_oriented = false;
    if (!row->has_pdq && row->pdq_reason == NULL)
        row->pdq_reason = "unsupported";
    if (row->has_pdq && row->pdq_reason == NULL && row->pdq_quality < PDQ_QUALITY_MIN)
        row->pdq_reason = "low_quality";
}

enum assay_err export_add(struct export_lists *x, const struct release_line *l, struct err *e)
{
    char date[EXPORT_DATE_SIZE];
    struct hashlist_row row;
    enum assay_err rc;

    if ((rc = export_codes_add(&x->codes, l->code, 1, e)) != 0)
        return rc;
    export_row(l, x->scheme, x->kind, date, &row);
    hashlist_csv_row(&x->out[EXPORT_CSV], &row);
    hashlist_jsonl_row(&x->out[EXPORT_JSONL], &row);
    x->rows++;
    for (int i = 0; i < EXPORT_LISTS; i++) {
        if (x->out[i].over)
            return err_set(e, ASSAY_ELIMIT, "row %lld is too long for a list", (long long)x->rows);
        if (x->out[i].size >= FLUSH_BYTES && (rc = flush(x, (enum export_list)i, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

enum assay_err export_finish(struct export_lists *x, struct err *e)
{
    struct assay_digests d;
    enum assay_err rc;

    for (int i = 0; i < EXPORT_LISTS; i++) {
        if ((rc = flush(x, (enum export_list)i, e)) != 0)
            return rc;
        if ((rc = assay_digester_finish(x->digesters[i], &d)) != 0)
            return err_set(e, rc, "hashing %s failed", export_list_name((enum export_list)i));
        memcpy(x->files[i].sha256, d.sha256, sizeof d.sha256);
    }
    return export_content(x->files, x->content_sha256, e);
}

static enum assay_err add_standing(void *ctx, const struct release_line *l, struct err *e)
{
    struct export_lists *x = ctx;

    if (!l->stands)
        return err_set(e, ASSAY_ESTATE,
                       "row %lld was graded anew or its lot is open again since this release was "
                       "asked for, or a list known_good or never_export has it now; ask anew",
                       (long long)x->rows + 1);
    return export_add(x, l, e);
}

enum assay_err export_stored(struct tx *tx, const struct release_row *r, struct export_lists *x,
                             struct err *e)
{
    size_t count;
    enum assay_err rc = export_start(x, e);

    while (rc == ASSAY_OK) {
        rc = release_rows(tx, r->id, x->rows, &count, add_standing, x, e);
        if (rc == ASSAY_OK && count < RELEASES_PAGE)
            break;
    }
    if (rc != ASSAY_OK)
        return rc;
    if (x->rows != r->row_count)
        return err_set(e, ASSAY_ESTATE,
                       "the release is not complete: it has %lld of %lld rows; ask "
                       "anew",
                       (long long)x->rows, (long long)r->row_count);
    if ((rc = export_finish(x, e)) != 0)
        return rc;
    if (memcmp(x->content_sha256, r->content_sha256, sizeof r->content_sha256) != 0)
        return err_set(e, ASSAY_ESTATE,
                       "what would go out has changed since it was asked for; ask "
                       "anew");
    return ASSAY_OK;
}

enum assay_err export_find(struct tx *tx, int64_t id, struct release_row *out, struct err *e)
{
    enum assay_err rc = release_find(tx, id, out, e);

    return rc == ASSAY_ENOTFOUND ? err_set(e, rc, "there is no release %lld", (long long)id) : rc;
}

enum scheme_kind export_kind(const struct world *w, const struct scheme *s)
{
    return w->training || s->kind == SCHEME_TRAINING ? SCHEME_TRAINING : SCHEME_LIVE;
}
