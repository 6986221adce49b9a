/* Opening a workspace, and the schemes in force in it. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/str.h"
#include "flow/flow.h"
#include "flow/settings.h"
#include "store/schemes.h"
#include "store/workspace.h"

/* Parsed schemes live as long as the world: a step may hold one while a newer version is loaded. */
struct cached {
    struct cached *next;
    struct arena *arena;
    const struct scheme *scheme;
    uint8_t sha256[32];
};

struct scheme_cache {
    pthread_mutex_t lock;
    struct cached *head;
};

static enum assay_err read_workspace(struct tx *tx, void *ctx, struct err *e)
{
    return workspace_get(tx, ctx, e);
}

enum assay_err flow_open(const char *data_dir, const struct keys_place *place,
                         const char *store_url, enum flow_open_what what, struct world *out,
                         struct err *e)
{
    struct decode_limits limits;
    struct workspace_row row;
    enum assay_err rc;

    *out = (struct world){.data_dir = mem_strdup(data_dir)};
    out->schemes = mem_zalloc(sizeof *out->schemes);
    (void)pthread_mutex_init(&out->schemes->lock, NULL);
    if ((rc = keys_open(data_dir, place, &out->keys, e)) != 0 ||
        (rc = store_open(data_dir, store_url, &out->store, e)) != 0 ||
        (rc = vault_open(data_dir, out->keys, &out->vault, e)) != 0)
        goto out;
    rc = store_read(out->store, read_workspace, &row, e);
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, rc, "%.200s holds no workspace; make one with: assay init", data_dir);
    if (rc == ASSAY_OK && !str_equal(row.key, keys_workspace(out->keys)))
        rc = err_set(e, ASSAY_EKEY, "the keyring is of workspace %s, the store of %s",
                     keys_workspace(out->keys), row.key);
    if (rc == ASSAY_OK && what == FLOW_WITH_DECODER &&
        (rc = settings_decode_limits(out->store, &limits, e)) == ASSAY_OK)
        rc = decode_env_new(&limits, &out->decode, e);
    if (rc == ASSAY_OK) {
        out->training = row.training;
        out->label = mem_strdup(row.label);
    }
out:
    if (rc != ASSAY_OK)
        flow_close(out);
    return rc;
}

enum assay_err flow_find_gap(struct world *w, struct audit_gap *out, struct err *e)
{
    enum assay_err rc = audit_gap(w->store, w->keys, w->data_dir, out, e);

    if (rc == ASSAY_OK)
        atomic_store(&w->behind, out->have != out->want);
    return rc;
}

void flow_close(struct world *w)
{
    decode_env_free(w->decode);
    vault_close(w->vault);
    store_close(w->store);
    keys_close(w->keys);
    while (w->schemes != NULL && w->schemes->head != NULL) {
        struct cached *next = w->schemes->head->next;
        arena_free(w->schemes->head->arena);
        mem_free(w->schemes->head);
        w->schemes->head = next;
    }
    if (w->schemes != NULL)
        (void)pthread_mutex_destroy(&w->schemes->lock);
    mem_free(w->schemes);
    mem_free(w->label);
    mem_free(w->data_dir);
    *w = (struct world){0};
}

struct newest {
    struct world *world;
    const char *name;
    const struct scheme *scheme; /* when it is parsed already */
    int64_t version;
    uint8_t sha256[32];
    struct buf body;
};

static const struct scheme *find_cached(struct world *w, const uint8_t sha256[32])
{
    const struct scheme *found = NULL;

    (void)pthread_mutex_lock(&w->schemes->lock);
    for (const struct cached *c = w->schemes->head; c != NULL && found == NULL; c = c->next) {
        if (memcmp(c->sha256, sha256, sizeof c->sha256) == 0)
            found = c->scheme;
    }
    (void)pthread_mutex_unlock(&w->schemes->lock);
    return found;
}

/* Its hash, and its text only when it is not parsed yet: this runs with every lease. */
static enum assay_err read_newest(struct tx *tx, void *ctx, struct err *e)
{
    struct newest *n = ctx;
    enum assay_err rc = schemes_newest(tx, n->name, &n->version, n->sha256, NULL, e);

    if (rc != ASSAY_OK || (n->scheme = find_cached(n->world, n->sha256)) != NULL)
        return rc;
    buf_reset(&n->body);
    return schemes_newest(tx, n->name, &n->version, n->sha256, &n->body, e);
}

/* The parsed form of these bytes; parses them when they are new here. */
static enum assay_err cached(struct world *w, const struct newest *n, const struct scheme **out,
                             struct err *e)
{
    struct scheme *parsed;
    struct cached *c;
    enum assay_err rc = ASSAY_OK;

    if (n->scheme != NULL) {
        *out = n->scheme;
        return ASSAY_OK;
    }
    (void)pthread_mutex_lock(&w->schemes->lock);
    for (c = w->schemes->head; c != NULL; c = c->next) {
        if (memcmp(c->sha256, n->sha256, sizeof c->sha256) == 0)
            goto out;
    }
    struct arena *a = arena_new();
    if ((rc = scheme_parse(a, n->body.data, n->body.size, &parsed, e)) != 0) {
        arena_free(a);
        goto out;
    }
    c = mem_zalloc(sizeof *c);
    c->arena = a;
    c->scheme = parsed;
    memcpy(c->sha256, n->sha256, sizeof c->sha256);
    c->next = w->schemes->head;
    w->schemes->head = c;
out:
    (void)pthread_mutex_unlock(&w->schemes->lock);
    if (rc == ASSAY_OK)
        *out = c->scheme;
    return rc;
}

enum assay_err flow_scheme_tx(struct world *w, struct tx *tx, const char *name,
                              const struct scheme **out, struct err *e)
{
    struct newest n = {.world = w, .name = name};

    buf_init(&n.body, SCHEME_TEXT_MAX);
    enum assay_err rc = read_newest(tx, &n, e);
    if (rc == ASSAY_OK)
        rc = cached(w, &n, out, e);
    buf_clear(&n.body);
    return rc;
}

enum assay_err flow_scheme(struct world *w, const char *name, const struct scheme **out,
                           struct err *e)
{
    struct newest n = {.world = w, .name = name};

    buf_init(&n.body, SCHEME_TEXT_MAX);
    enum assay_err rc = store_read(w->store, read_newest, &n, e);
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, rc, "the scheme %.40s is not loaded here", name);
    if (rc == ASSAY_OK)
        rc = cached(w, &n, out, e);
    buf_clear(&n.body);
    return rc;
}

struct load {
    const struct keys *keys;
    struct audit_actor by;
    const struct scheme *scheme;
    const char *text;
    uint8_t sha256[32];
};

static enum assay_err load_scheme(struct tx *tx, void *ctx, struct err *e)
{
    struct load *l = ctx;
    int64_t version;
    uint8_t there[32];
    char data[128];
    enum assay_err rc = schemes_newest(tx, l->scheme->name, &version, there, NULL, e);

    if (rc == ASSAY_OK && version == l->scheme->version &&
        memcmp(there, l->sha256, sizeof there) == 0)
        return ASSAY_OK;
    if (rc == ASSAY_OK && version >= l->scheme->version)
        return err_set(e, ASSAY_ESTATE,
                       "%s: version %lld is in force; give the changed file a higher version",
                       l->scheme->name, (long long)version);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    if ((rc = schemes_insert(tx, l->scheme->name, l->scheme->version, l->text, l->sha256,
                             clock_now_ms(), e)) != 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"scheme\":\"%s\",\"version\":%lld}", l->scheme->name,
                   (long long)l->scheme->version);
    struct audit_entry entry = {.action = AUDIT_SCHEME_LOADED, .actor = l->by, .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err flow_scheme_load(struct world *w, struct audit_actor by, const char *text,
                                size_t size, struct err *e)
{
    struct arena *a = arena_new();
    struct scheme *scheme;
    struct assay_digests d;
    enum assay_err rc;

    if ((rc = scheme_parse(a, text, size, &scheme, e)) != 0)
        goto out;
    if (w->training && scheme->kind == SCHEME_LIVE) {
        rc = err_set(e, ASSAY_ESTATE, "%s is a live scheme; a training workspace refuses it",
                     scheme->name);
        goto out;
    }
    if ((rc = assay_digest(text, size, &d)) != 0)
        goto out;
    struct load l = {
        .keys = w->keys, .by = by, .scheme = scheme, .text = arena_strndup(a, text, size)};
    memcpy(l.sha256, d.sha256, sizeof l.sha256);
    rc = store_write(w->store, load_scheme, &l, e);
out:
    arena_free(a);
    return rc;
}

void flow_item_name(const struct world *w, const uint8_t sha256[32], char out[FLOW_ITEM_NAME_SIZE])
{
    uint8_t name[KEYS_NAME_BYTES];

    keys_name(w->keys, "item", sha256, 32, name);
    str_hex(name, sizeof name, out);
}
