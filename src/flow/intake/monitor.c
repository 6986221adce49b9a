/* The intake monitor: what is coming in just now, as counts that a page asks for every two seconds.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "store/batch.h"
#include "store/stats.h"
#include "store/upload.h"

#define RECENT_MS ((int64_t)24 * 60 * 60 * 1000)

struct monitoring {
    const struct caller *caller;
    struct buf *answer;
    struct json_out o;
};

static void add_batch(void *ctx, const struct batch_recent *b)
{
    struct monitoring *m = ctx;

    json_object(&m->o, NULL);
    json_id(&m->o, "batch", b->id);
    json_text(&m->o, "name", b->name);
    json_int(&m->o, "files", b->tally.files);
    json_int(&m->o, "fresh", b->tally.fresh);
    json_int(&m->o, "refused", b->tally.refused);
    json_int(&m->o, "undecoded", b->undecoded);
    json_time(&m->o, "last_at", b->tally.last_ms);
    json_object_end(&m->o);
}

static void add_upload(void *ctx, const struct upload_line *l)
{
    struct monitoring *m = ctx;

    if (!str_equal(l->row.state, "open") && !str_equal(l->row.state, "finishing"))
        return;
    json_object(&m->o, NULL);
    json_id(&m->o, "upload", l->row.id);
    json_text(&m->o, "batch_name", l->batch);
    json_text(&m->o, "person", l->person);
    json_int(&m->o, "size", l->row.size);
    json_int(&m->o, "received", l->row.received);
    json_int(&m->o, "taken", l->row.taken);
    json_text(&m->o, "state", l->row.state);
    json_time(&m->o, "changed_at", l->row.changed_ms);
    json_object_end(&m->o);
}

static void add_count(void *ctx, const char *name, int64_t count)
{
    struct monitoring *m = ctx;

    json_object(&m->o, NULL);
    json_text(&m->o, "name", name);
    json_int(&m->o, "count", count);
    json_object_end(&m->o);
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct monitoring *m = ctx;
    struct json_out *o = &m->o;
    int64_t now = clock_now_ms(), waiting;
    bool keeper = (m->caller->roles & INTAKE_KEEPERS) != 0;
    int64_t only = keeper ? 0 : m->caller->staff_id;
    enum assay_err rc;

    buf_reset(m->answer);
    json_out_init(o, m->answer);
    json_object(o, NULL);
    json_time(o, "at", now);
    json_array(o, "batches");
    if ((rc = batch_each_recent(tx, now - RECENT_MS, only, add_batch, m, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "uploads");
    if ((rc = upload_each(tx, only, add_upload, m, e)) != 0 ||
        (rc = identify_job_count(tx, &waiting, e)) != 0)
        return rc;
    json_array_end(o);
    json_int(o, "waiting", waiting);
    json_array(o, "failures");
    if ((rc = stats_failures(tx, add_count, m, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "unsupported");
    if ((rc = stats_unsupported(tx, add_count, m, e)) != 0)
        return rc;
    json_array_end(o);
    json_object_end(o);
    return ASSAY_OK;
}

enum assay_err intake_monitor(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e)
{
    struct monitoring m = {.caller = c, .answer = answer};

    return store_read(w->store, look, &m, e);
}
