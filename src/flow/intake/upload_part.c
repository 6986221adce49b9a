/* A part of an upload on its way into the vault: a stream, acknowledged when it is on the disk. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/intake/upload_impl.h"

struct upload_sink {
    struct world *world;
    const struct caller *caller;
    struct upload_row row;
    int64_t offset;
    struct vault_writer *writer;
    struct upload_part part;
    struct buf *answer;
};

static enum assay_err may_feed(struct tx *tx, void *ctx, struct err *e)
{
    struct upload_sink *s = ctx;
    enum assay_err rc = upload_get(tx, s->part.upload_id, &s->row, NULL, e);

    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && s->row.staff_id != s->caller->staff_id))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such upload of yours");
    if (rc != ASSAY_OK)
        return rc;
    if (!str_equal(s->row.state, "open"))
        return err_set(e, ASSAY_ESTATE, "this upload takes no more bytes: it is %s", s->row.state);
    if (s->row.received != s->offset)
        return err_set(e, ASSAY_ESTATE, "%lld bytes of this upload are here; go on from there",
                       (long long)s->row.received);
    return ASSAY_OK;
}

enum assay_err intake_part_begin(struct world *w, const struct caller *c, int64_t id,
                                 int64_t offset, struct upload_sink **out, struct err *e)
{
    struct upload_sink *s = mem_zalloc(sizeof *s);
    enum assay_err rc;

    s->world = w;
    s->caller = c;
    s->offset = offset;
    s->part.upload_id = id;
    if ((rc = store_read(w->store, may_feed, s, e)) != 0 ||
        (rc = vault_writer_new(w->vault, &s->writer, e)) != 0) {
        intake_part_free(s);
        return rc;
    }
    *out = s;
    return ASSAY_OK;
}

enum assay_err intake_part_feed(struct upload_sink *s, const void *bytes, size_t size,
                                struct err *e)
{
    if (size > (size_t)(UPLOAD_PART_MAX - s->part.size))
        return err_set(e, ASSAY_ELIMIT, "a part has at most %d bytes", UPLOAD_PART_MAX);
    if ((int64_t)size > s->row.size - s->offset - s->part.size)
        return err_set(e, ASSAY_ERANGE, "the file was said to have %lld bytes, and here are more",
                       (long long)s->row.size);
    s->part.size += (int64_t)size;
    return vault_writer_feed(s->writer, bytes, size, e);
}

static enum assay_err add_part(struct tx *tx, void *ctx, struct err *e)
{
    struct upload_sink *s = ctx;
    struct json_out o;
    enum assay_err rc = upload_add_part(tx, &s->part, s->offset, clock_now_ms(), e);

    if (rc != ASSAY_OK)
        return rc;
    buf_reset(s->answer);
    json_out_init(&o, s->answer);
    json_object(&o, NULL);
    json_id(&o, "upload", s->part.upload_id);
    json_int(&o, "received", s->offset + s->part.size);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err intake_part_finish(struct upload_sink *s, struct buf *answer, struct err *e)
{
    bool last = s->offset + s->part.size == s->row.size;
    struct vault_blob blob;
    enum assay_err rc;

    if (s->part.size == 0 || (!last && s->part.size < UPLOAD_PART_MIN))
        return err_set(e, ASSAY_ERANGE, "a part has at least %d bytes, but the last",
                       UPLOAD_PART_MIN);
    if ((rc = vault_writer_finish(s->writer, &blob, e)) != 0)
        return rc;
    memcpy(s->part.blob_id, blob.id, sizeof s->part.blob_id);
    memcpy(s->part.wrapped, blob.wrapped, sizeof s->part.wrapped);
    s->answer = answer;
    rc = store_write(s->world->store, add_part, s, e);
    /* After EIO nobody knows whether the row is there: a blob too many is swept one day. */
    if (rc != ASSAY_OK && rc != ASSAY_EIO)
        vault_remove(s->world->vault, blob.id);
    return rc;
}

void intake_part_free(struct upload_sink *s)
{
    if (s == NULL)
        return;
    vault_writer_free(s->writer);
    mem_free(s);
}
