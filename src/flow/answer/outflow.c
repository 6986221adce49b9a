/* A file that is written, measured and hashed as it goes. */
#include <stdio.h>
#include <string.h>

#include "flow/answer/answer_impl.h"

#define FLUSH_BYTES ((size_t)1024 * 1024)
#define BUFFER_MAX  ((size_t)256 * 1024 * 1024) /* of one record and what was not flushed */

enum assay_err outflow_begin(struct outflow *o, struct folder *f, size_t index, const char *name,
                             struct err *e)
{
    *o = (struct outflow){.folder = f, .index = index};
    buf_init(&o->b, BUFFER_MAX);
    if (assay_digester_new(&o->digester) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    return folder_file(f, index, name, e);
}

static enum assay_err flush(struct outflow *o, struct err *e)
{
    enum assay_err rc;

    if (o->b.over)
        return err_set(e, ASSAY_ELIMIT, "a record is longer than %zu bytes", BUFFER_MAX);
    if ((rc = folder_add(o->folder, o->index, o->b.data, o->b.size, e)) != ASSAY_OK)
        return rc;
    if (o->b.size > 0 && assay_digester_feed(o->digester, o->b.data, o->b.size) != ASSAY_OK)
        return err_set(e, ASSAY_ENOMEM, "out of memory");
    o->size += (int64_t)o->b.size;
    buf_reset(&o->b);
    return ASSAY_OK;
}

enum assay_err outflow_flush(struct outflow *o, struct err *e)
{
    return o->b.size < FLUSH_BYTES && !o->b.over ? ASSAY_OK : flush(o, e);
}

enum assay_err outflow_end(struct outflow *o, const char *name, struct written_file *w,
                           struct err *e)
{
    struct assay_digests d;
    enum assay_err rc = flush(o, e);

    if (rc == ASSAY_OK && assay_digester_finish(o->digester, &d) != ASSAY_OK)
        rc = err_set(e, ASSAY_ENOMEM, "out of memory");
    if (rc == ASSAY_OK && (rc = folder_done(o->folder, o->index, e)) == ASSAY_OK) {
        (void)snprintf(w->name, sizeof w->name, "%s", name);
        w->size = o->size;
        memcpy(w->sha256, d.sha256, sizeof w->sha256);
    }
    outflow_clear(o);
    return rc;
}

void outflow_clear(struct outflow *o)
{
    if (o->digester == NULL)
        return;
    assay_digester_free(o->digester);
    o->digester = NULL;
    buf_wipe(&o->b);
}
