/* What every import shares: its batch and limits, committing groups, counting and reporting. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "flow/settings.h"

const char *intake_verdict_name(enum intake_verdict v)
{
    static const char *const names[] = {"new",     "known",   "seen",    "inherited",
                                        "missing", "refused", "unpacked"};

    assert((unsigned)v < sizeof names / sizeof names[0]);
    return names[v];
}

void taken_refuse(struct taken *t, const char *reason)
{
    t->verdict = INTAKE_REFUSED;
    (void)snprintf(t->reason, sizeof t->reason, "%s", reason);
}

struct known {
    const uint8_t *sha256;
    bool yes;
};

static enum assay_err find_item(struct tx *tx, void *ctx, struct err *e)
{
    struct known *k = ctx;
    struct item_row item;
    enum assay_err rc = item_find(tx, k->sha256, &item, e);

    k->yes = rc == ASSAY_OK;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err run_knows(struct run *r, const uint8_t sha256[32], bool *yes, struct err *e)
{
    struct known k = {.sha256 = sha256};
    enum assay_err rc = store_read(r->world->store, find_item, &k, e);

    *yes = k.yes;
    return rc;
}

static void count(struct intake_counts *c, const struct taken *t)
{
    if (t->verdict == INTAKE_UNPACKED || t->verdict == INTAKE_MISSING) {
        c->archives += t->verdict == INTAKE_UNPACKED;
        return;
    }
    c->files++;
    c->bytes += t->digests.size;
    switch (t->verdict) {
    case INTAKE_NEW:
        c->fresh++;
        break;
    case INTAKE_KNOWN:
        c->known++;
        break;
    case INTAKE_SEEN:
        c->seen++;
        break;
    case INTAKE_INHERITED:
        c->inherited++;
        break;
    case INTAKE_REFUSED:
        c->refused++;
        break;
    case INTAKE_MISSING:
    case INTAKE_UNPACKED:
        break;
    }
    if (t->verdict != INTAKE_REFUSED && !decode_type_supported(t->type))
        c->unsupported++;
}

enum assay_err run_finish(struct run *r, struct taken *group, size_t n, enum assay_err rc,
                          struct err *e)
{
    const struct intake_options *o = r->options;

    if (rc == ASSAY_OK && n > 0)
        rc = intake_commit(r->world, o, &r->batch, group, n, e);
    for (size_t i = 0; i < n; i++) {
        /* After EIO nobody knows whether the rows are there: a blob too many is swept one day. */
        if (group[i].sealed && rc != ASSAY_EIO &&
            (rc != ASSAY_OK || group[i].verdict != INTAKE_NEW))
            vault_remove(r->world->vault, group[i].blob.id);
    }
    (void)pthread_mutex_lock(&r->lock);
    if (rc != ASSAY_OK && r->failure == ASSAY_OK) {
        r->failure = rc;
        r->error = *e;
    }
    for (size_t i = 0; i < n; i++) {
        struct taken *t = &group[i];
        if (rc == ASSAY_OK) {
            count(r->counts, t);
            o->report(o->ctx, t->path, t->verdict, decode_type_mime(t->type),
                      t->verdict == INTAKE_REFUSED ? t->reason : NULL);
        }
        mem_free(t->path);
        mem_free(t->inner);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return rc;
}

void run_report(struct run *r, const char *path, enum intake_verdict v, const char *mime)
{
    const struct taken t = {.verdict = v};

    (void)pthread_mutex_lock(&r->lock);
    count(r->counts, &t);
    r->options->report(r->options->ctx, path, v, mime, NULL);
    (void)pthread_mutex_unlock(&r->lock);
}

static void sidecar_refused(void *ctx, const char *line_and_reason)
{
    struct run *r = ctx;

    r->counts->refused++;
    r->options->report(r->options->ctx, r->options->sidecar, INTAKE_REFUSED, "text/csv",
                       line_and_reason);
}

static enum assay_err read_batch(struct tx *tx, void *ctx, struct err *e)
{
    struct run *r = ctx;

    return batch_get(tx, r->options->batch_id, &r->batch, e);
}

enum assay_err run_begin(struct run *r, struct err *e)
{
    const struct scheme *scheme;
    enum assay_err rc;

    (void)pthread_mutex_init(&r->lock, NULL);
    if ((rc = store_read(r->world->store, read_batch, r, e)) != 0 ||
        (rc = flow_scheme(r->world, r->batch.scheme, &scheme, e)) != 0 ||
        (rc = settings_unpack_limits(r->world->store, &r->unpack, e)) != 0)
        return rc;
    if (r->options->sidecar != NULL)
        rc = notes_load(r->options, scheme, sidecar_refused, r, &r->notes, e);
    return rc;
}

void run_end(struct run *r)
{
    notes_free(r->notes);
    (void)pthread_mutex_destroy(&r->lock);
}
