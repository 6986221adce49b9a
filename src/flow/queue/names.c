/* An item's names, paths, URLs and notes: content too, so shown only when asked for and recorded
 * first. */
#include "flow/names.h"
#include "flow/queue/queue_impl.h"

struct naming {
    struct world *world;
    const struct caller *caller;
    const uint8_t *token;
    struct buf *answer;
};

static enum assay_err names(struct tx *tx, void *ctx, struct err *e)
{
    struct naming *n = ctx;
    struct lease l;
    struct task t;
    struct json_out o;
    enum assay_err rc;

    if ((rc = queue_lease(tx, n->caller, n->token, &l, e)) != 0 ||
        (rc = flow_task(tx, l.task_id, &t, e)) != 0)
        return rc;
    struct audit_entry entry = {.action = AUDIT_NAMES_VIEWED,
                                .actor = people_actor(n->caller, queue_role(l.purpose, "")),
                                .objects = {{"task", t.id}, {"item", t.item_id}},
                                .purpose = l.purpose};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    buf_reset(n->answer);
    json_out_init(&o, n->answer);
    json_object(&o, NULL);
    if ((rc = flow_add_names(n->world, tx, n->caller, t.item_id, &o, e)) != 0)
        return rc;
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err queue_names(struct world *w, const struct caller *c,
                           const uint8_t token[QUEUE_TOKEN_BYTES], struct buf *answer,
                           struct err *e)
{
    struct naming n = {.world = w, .caller = c, .token = token, .answer = answer};

    return store_write(w->store, names, &n, e);
}
