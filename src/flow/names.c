/* Opens the sealed texts of sightings. */
#include "flow/names.h"

#include <string.h>

#include "base/str.h"
#include "store/batch.h"

struct naming {
    const struct world *world;
    struct tx *tx;
    const struct caller *caller;
    struct json_out *o;
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
        json_object(n->o, NULL);
        json_text(n->o, "batch", batch_name);
        copy_path(n->o, root);
        copy_text(n->o, root, "source");
        copy_text(n->o, root, "url");
        copy_text(n->o, root, "page_url");
        copy_text(n->o, root, "note");
        copy_text(n->o, root, "host_country");
        json_time(n->o, "found_at", s->found_ms);
        json_object_end(n->o);
    }
    buf_wipe(&plain);
    arena_free(a);
    return rc;
}

enum assay_err flow_add_names(const struct world *w, struct tx *tx, const struct caller *c,
                              int64_t item_id, struct json_out *o, struct err *e)
{
    struct naming n = {w, tx, c, o};

    json_array(o, "sightings");
    enum assay_err rc = sighting_each(tx, item_id, add_sighting, &n, e);
    if (rc == ASSAY_EDAMAGED || rc == ASSAY_EKEY)
        return err_set(e, rc, "the names of this item cannot be opened; tell an administrator");
    json_array_end(o);
    return rc;
}
