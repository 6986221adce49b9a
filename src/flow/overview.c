/* Texts over the whole workspace: counts, batches, a scheme with its guidance. */
#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/flow.h"
#include "store/schemes.h"
#include "store/stats.h"

static void add_count(void *ctx, const char *name, int64_t count)
{
    json_int(ctx, name, count);
}

static enum assay_err stats(struct tx *tx, void *ctx, struct err *e)
{
    struct buf *answer = ctx;
    struct stats_row s;
    struct json_out o;
    enum assay_err rc;

    buf_reset(answer);
    if ((rc = stats_get(tx, &s, e)) != 0)
        return rc;
    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_int(&o, "items", s.items);
    json_int(&o, "sightings", s.sightings);
    json_object(&o, "states");
    if ((rc = stats_tasks(tx, add_count, &o, e)) != 0)
        return rc;
    json_object_end(&o);
    json_object(&o, "lots");
    if ((rc = stats_lots(tx, add_count, &o, e)) != 0)
        return rc;
    json_object_end(&o);
    json_int(&o, "decisions", s.decisions);
    json_int(&o, "views", s.views);
    json_int(&o, "record_size", s.record_size);
    json_int(&o, "not_shown", s.not_shown);
    json_int(&o, "facets", s.facets);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err flow_stats(struct world *w, struct buf *answer, struct err *e)
{
    return store_read(w->store, stats, answer, e);
}

struct naming {
    schemes_each_fn *fn;
    void *ctx;
};

static enum assay_err each_scheme(struct tx *tx, void *ctx, struct err *e)
{
    const struct naming *n = ctx;

    return schemes_each(tx, n->fn, n->ctx, e);
}

enum assay_err flow_each_scheme(struct world *w, enum assay_err (*fn)(void *ctx, const char *name),
                                void *ctx, struct err *e)
{
    struct naming n = {fn, ctx};

    return store_read(w->store, each_scheme, &n, e);
}

struct scheme_view {
    const char *name;
    struct buf *answer, body;
};

static void add_guidance(struct json_out *o, const char *key, const struct guidance_row *g)
{
    json_object(o, key);
    json_text(o, "target", g->target);
    json_int(o, "version", g->version);
    json_text(o, "body", g->body);
    json_object_end(o);
}

static void add_guidance_row(void *ctx, const struct guidance_row *g)
{
    add_guidance(ctx, NULL, g);
}

static enum assay_err scheme_view(struct tx *tx, void *ctx, struct err *e)
{
    struct scheme_view *v = ctx;
    struct json_out o;
    int64_t version;
    uint8_t sha256[32];
    enum assay_err rc;

    buf_reset(v->answer);
    buf_reset(&v->body);
    if ((rc = schemes_newest(tx, v->name, &version, sha256, &v->body, e)) != 0)
        return rc;
    json_out_init(&o, v->answer);
    json_object(&o, NULL);
    json_raw(&o, "scheme", buf_cstr(&v->body));
    json_array(&o, "guidance");
    if ((rc = guidance_each(tx, v->name, add_guidance_row, &o, e)) != 0)
        return rc;
    json_array_end(&o);
    json_object_end(&o);
    return ASSAY_OK;
}

enum assay_err flow_scheme_view(struct world *w, const char *name, struct buf *answer,
                                struct err *e)
{
    struct scheme_view v = {.name = name, .answer = answer};

    buf_init(&v.body, SCHEME_TEXT_MAX);
    enum assay_err rc = store_read(w->store, scheme_view, &v, e);
    buf_clear(&v.body);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "the scheme %.40s is not loaded here", name);
    return rc;
}

struct guidance_set {
    const struct keys *keys;
    const struct caller *caller;
    const char *scheme, *target, *body;
    struct buf *answer;
};

static enum assay_err guidance_set(struct tx *tx, void *ctx, struct err *e)
{
    struct guidance_set *s = ctx;
    struct guidance_row g = {.target = s->target, .body = s->body};
    struct json_out o;
    char data[256];
    enum assay_err rc;

    buf_reset(s->answer);
    if ((rc = guidance_version(tx, s->scheme, s->target, &g.version, e)) != 0)
        return rc;
    g.version++;
    if ((rc = guidance_insert(tx, s->scheme, &g, s->caller->staff_id, clock_now_ms(), e)) != 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"scheme\":\"%s\",\"target\":\"%s\",\"version\":%lld}",
                   s->scheme, s->target, (long long)g.version);
    struct audit_entry entry = {.action = AUDIT_GUIDANCE_SET,
                                .keys = s->keys,
                                .actor = people_actor(s->caller, PEOPLE_LEAD),
                                .data = data,
                                .texts = {{"body", s->body}}};
    json_out_init(&o, s->answer);
    add_guidance(&o, NULL, &g);
    return audit_write(tx, &entry, NULL, e);
}

/* Whether target names a code, or group:value, of the scheme. */
static bool has_target(const struct scheme *s, const char *target)
{
    char name[SCHEME_CODE_MAX * 2 + 2];

    if (scheme_find_code(s, target) != NULL)
        return true;
    for (size_t g = 0; g < s->group_count; g++) {
        for (size_t v = 0; v < s->groups[g].value_count; v++) {
            (void)snprintf(name, sizeof name, "%s:%s", s->groups[g].group,
                           s->groups[g].values[v].tag);
            if (str_equal(name, target))
                return true;
        }
    }
    return false;
}

enum assay_err flow_guidance_set(struct world *w, const struct caller *c, const char *scheme,
                                 const char *target, const char *body, struct buf *answer,
                                 struct err *e)
{
    const struct scheme *s;
    enum assay_err rc = flow_scheme(w, scheme, &s, e);

    if (rc != ASSAY_OK)
        return rc;
    if (!has_target(s, target))
        return err_set(e, ASSAY_EFORMAT, "the scheme %s has no code or tag %.81s", scheme, target);
    struct guidance_set set = {w->keys, c, scheme, target, body, answer};
    return store_write(w->store, guidance_set, &set, e);
}
