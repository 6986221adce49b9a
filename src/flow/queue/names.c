/* An item's names, paths, URLs and notes: content too, so shown only when asked for and recorded
 * first. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/queue/queue_impl.h"
#include "store/batch.h"

struct naming {
    struct world *world;
    const struct caller *caller;
    const uint8_t *token;
    struct buf *answer;
    struct json_out o;
    struct tx *tx;
};

static void copy_text(struct json_out *o, const struct json *from, const char *key)
{
    const struct json *v = json_get(from, key);

    json_text(o, key, v != NULL && v->kind == JSON_IS_STRING ? v->text : "");
}

/* A path that is not UTF-8 was kept as base64; what of it is text is shown. */
static void copy_path(struct json_out *o, const struct json *from)
{
    const struct json *v = json_get(from, "path_base64");
    struct buf b;

    if (v == NULL || v->kind != JSON_IS_STRING) {
        copy_text(o, from, "path");
        return;
    }
    buf_init(&b, v->size);
    if (str_unbase64(v->text, v->size, &b) == ASSAY_OK)
        json_text_n(o, "path", (const char *)b.data, b.size);
    else
        json_text(o, "path", "");
    buf_wipe(&b);
}

static enum assay_err add_sighting(void *ctx, const struct sighting_row *s, const char *batch_name)
{
    struct naming *n = ctx;
    struct json *root = NULL;
    struct buf plain;
    bool mine;
    enum assay_err rc = batch_may_see(n->tx, s->batch_id, n->caller->staff_id, &mine, NULL);

    if (rc != ASSAY_OK || !mine)
        return rc;
    struct arena *a = arena_new();
    buf_init(&plain, 1 << 20);
    rc = keys_open_sealed(n->world->keys, &s->id, sizeof s->id, s->text_sealed, s->text_size,
                          &plain, NULL);
    if (rc == ASSAY_OK)
        rc = json_parse(a, plain.data, plain.size, &root, NULL);
    if (rc == ASSAY_OK) {
        json_object(&n->o, NULL);
        json_text(&n->o, "batch", batch_name);
        copy_path(&n->o, root);
        copy_text(&n->o, root, "source");
        copy_text(&n->o, root, "url");
        copy_text(&n->o, root, "page_url");
        copy_text(&n->o, root, "note");
        json_time(&n->o, "found_at", s->found_ms);
        json_object_end(&n->o);
    }
    buf_wipe(&plain);
    arena_free(a);
    return rc;
}

static enum assay_err names(struct tx *tx, void *ctx, struct err *e)
{
    struct naming *n = ctx;
    struct lease l;
    struct task t;
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
    json_out_init(&n->o, n->answer);
    json_object(&n->o, NULL);
    json_array(&n->o, "sightings");
    n->tx = tx;
    rc = sighting_each(tx, t.item_id, add_sighting, n, e);
    if (rc == ASSAY_EDAMAGED || rc == ASSAY_EKEY)
        return err_set(e, rc, "the names of this item cannot be opened; tell an administrator");
    if (rc != ASSAY_OK)
        return rc;
    json_array_end(&n->o);
    json_object_end(&n->o);
    return ASSAY_OK;
}

enum assay_err queue_names(struct world *w, const struct caller *c,
                           const uint8_t token[QUEUE_TOKEN_BYTES], struct buf *answer,
                           struct err *e)
{
    struct naming n = {.world = w, .caller = c, .token = token, .answer = answer};

    return store_write(w->store, names, &n, e);
}
