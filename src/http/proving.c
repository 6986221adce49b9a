/* The thread that verifies the record, and what it has come to so far. */
#include "http/proving.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/record_find.h"

struct proving {
    struct world *world;
    atomic_bool ending;
    atomic_ullong done, size;
    pthread_mutex_t lock; /* of what follows */
    pthread_t thread;
    bool running, joinable, has_report;
    struct caller caller; /* in whose name it runs */
    int64_t started_ms;
    enum assay_err rc;
    struct audit_report report;
    char finding[RECORD_FINDING_SIZE];
};

struct proving *proving_new(struct world *w)
{
    struct proving *p = mem_zalloc(sizeof *p);

    p->world = w;
    atomic_init(&p->ending, false);
    (void)pthread_mutex_init(&p->lock, NULL);
    return p;
}

static bool watch(void *ctx, uint64_t done, uint64_t size)
{
    struct proving *p = ctx;

    atomic_store(&p->done, done);
    atomic_store(&p->size, size);
    return !atomic_load(&p->ending);
}

struct keeping {
    const struct caller *caller;
    struct record_check check;
};

static enum assay_err keep(struct tx *tx, void *ctx, struct err *e)
{
    struct keeping *k = ctx;
    char data[64];
    bool good = k->check.finding[0] == '\0';
    enum assay_err rc;

    k->check.checked_ms = clock_now_ms();
    (void)snprintf(data, sizeof data, "{\"entries\":%lld}", (long long)k->check.entries);
    const struct audit_entry entry = {.action = AUDIT_RECORD_VERIFIED,
                                      .actor = people_actor(k->caller, PEOPLE_AUDITOR),
                                      .outcome = good ? NULL : "not whole",
                                      .data = data};
    if ((rc = record_check_insert(tx, &k->check, e)) != 0)
        return rc;
    return audit_write(tx, &entry, NULL, e);
}

static void *run(void *ctx)
{
    struct proving *p = ctx;
    struct world *w = p->world;
    const struct audit_watch watching = {watch, p};
    struct audit_report report = {0};
    struct keeping k = {.caller = &p->caller}; /* not changed while it runs */
    struct err e = {0};
    enum assay_err rc =
        audit_verify_watched(w->store, w->keys, w->data_dir, &watching, &report, &e);

    k.check.staff_id = p->caller.staff_id;
    k.check.entries = (int64_t)(rc == ASSAY_OK ? report.sequenced : atomic_load(&p->done));
    if (rc != ASSAY_OK)
        (void)snprintf(k.check.finding, sizeof k.check.finding, "%s", e.text);
    if (rc == ASSAY_OK || rc == ASSAY_EDAMAGED) {
        /* A damaged store may not take it; what was found is told all the same. */
        if (store_write(w->store, keep, &k, NULL) != ASSAY_OK)
            log_warn("record.check_not_kept", LOG_COUNT("entries", k.check.entries));
    }
    (void)pthread_mutex_lock(&p->lock);
    p->rc = rc;
    p->report = report;
    memcpy(p->finding, k.check.finding, sizeof p->finding);
    p->has_report = true;
    p->running = false;
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

enum assay_err proving_begin(struct proving *p, const struct caller *c, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    (void)pthread_mutex_lock(&p->lock);
    if (p->running)
        goto out;
    if (p->joinable)
        (void)pthread_join(p->thread, NULL); /* it has ended, or is about to return */
    p->joinable = false;
    p->caller = *c;
    p->started_ms = clock_now_ms();
    atomic_store(&p->done, 0);
    atomic_store(&p->size, 0);
    if (pthread_create(&p->thread, NULL, run, p) != 0) {
        rc = err_set(e, ASSAY_EBUSY, "the system gives no more threads");
        goto out;
    }
    p->running = p->joinable = true;
out:
    (void)pthread_mutex_unlock(&p->lock);
    return rc;
}

void proving_show(struct proving *p, struct json_out *o)
{
    (void)pthread_mutex_lock(&p->lock);
    json_bool(o, "running", p->running);
    json_int(o, "done", (int64_t)atomic_load(&p->done));
    json_int(o, "size", (int64_t)atomic_load(&p->size));
    json_time(o, "started_at", p->started_ms);
    if (p->has_report && !p->running) {
        json_object(o, "report");
        json_bool(o, "good", p->rc == ASSAY_OK);
        json_int(o, "entries", (int64_t)p->report.entries);
        json_int(o, "sequenced", (int64_t)p->report.sequenced);
        json_text(o, "finding", p->rc == ASSAY_OK ? NULL : p->finding);
        json_object_end(o);
    } else {
        json_null(o, "report");
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void proving_free(struct proving *p)
{
    if (p == NULL)
        return;
    atomic_store(&p->ending, true);
    if (p->joinable)
        (void)pthread_join(p->thread, NULL);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}
