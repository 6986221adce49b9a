/* A file of hashes written again in another form. */
#include <string.h>

#include "flow/lists/lists_impl.h"

#define ROW_MAX ((size_t)128 * 1024 * 1024) /* a record's texts with every byte escaped */

struct converting {
    struct lists_convert *c;
    struct listout out;
    struct buf b;
};

static enum assay_err flush(struct converting *v, struct err *e)
{
    if (v->b.over)
        return err_set(e, ASSAY_ELIMIT, "a record is too long to be written");
    if (v->b.size > 0 && fwrite(v->b.data, 1, v->b.size, v->c->out) != v->b.size)
        return err_errno(e, "write the list");
    buf_reset(&v->b);
    return ASSAY_OK;
}

static void count(struct lists_left_out *l, const char *why)
{
    size_t i = 0;

    while (i < l->count && strcmp(l->of[i].why, why) != 0)
        i++;
    if (i == LISTS_REASONS_MAX)
        return;
    if (i == l->count)
        l->of[l->count++].why = why;
    l->of[i].records++;
}

static enum assay_err take(void *ctx, const struct listfile_record *given, struct err *e)
{
    struct converting *v = ctx;
    const char *why = listout_row(&v->out, given);

    if (why != NULL)
        count(&v->c->left_out, why);
    return flush(v, e);
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    const struct converting *v = ctx;

    (void)e;
    v->c->refused_count++;
    if (v->c->refused != NULL)
        v->c->refused(v->c->ctx, line, reason);
    return ASSAY_OK;
}

enum assay_err lists_convert(struct lists_convert *c, struct err *e)
{
    struct converting v = {.c = c};
    const struct listfile_sink sink = {&v, take, refuse};
    uint8_t sha256[32];
    FILE *f;
    enum assay_err rc = lists_open(c->path, &f, sha256, e);

    if (rc != ASSAY_OK)
        return rc;
    c->refused_count = 0;
    c->left_out.count = 0;
    buf_init(&v.b, ROW_MAX);
    listout_begin(&v.out, c->form, c->categories, &v.b);
    rc = lists_read(c->path, f, &sink, NULL, e);
    if (rc == ASSAY_OK) {
        listout_end(&v.out);
        rc = flush(&v, e);
    }
    if (rc == ASSAY_OK && fflush(c->out) != 0)
        rc = err_errno(e, "write the list");
    c->records = v.out.records;
    buf_clear(&v.b);
    (void)fclose(f);
    return rc;
}
