/* A long body that is kept in memory until it is whole. */
#include "http/api/whole.h"

#include "base/mem.h"

struct whole {
    struct http_request *r;
    struct buf body;
    whole_fn *fn;
};

static enum assay_err feed(void *ctx, const void *bytes, size_t size, struct err *e)
{
    struct whole *w = ctx;

    buf_add(&w->body, bytes, size);
    if (w->body.over)
        return err_set(e, ASSAY_ELIMIT, "the body has more than %zu bytes", w->body.max);
    return ASSAY_OK;
}

static enum assay_err finish(void *ctx, struct http_answer *a, struct err *e)
{
    struct whole *w = ctx;

    if (w->body.size == 0)
        return err_set(e, ASSAY_EFORMAT, "the body is empty");
    return w->fn(w->r, w->body.data, w->body.size, a, e);
}

static void give_up(void *ctx)
{
    struct whole *w = ctx;

    buf_wipe(&w->body);
    mem_free(w);
}

void whole_begin(struct http_request *r, size_t size_max, whole_fn *fn)
{
    struct whole *w = mem_zalloc(sizeof *w);

    w->r = r;
    w->fn = fn;
    buf_init(&w->body, size_max);
    r->sink = (struct http_sink){w, feed, finish, give_up};
}
