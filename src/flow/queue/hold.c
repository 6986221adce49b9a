/* Holding a task: checking, extending, returning and sweeping leases. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/queue/queue_impl.h"
#include "store/quality.h"

enum assay_err queue_lease(struct tx *tx, const struct caller *c,
                           const uint8_t token[QUEUE_TOKEN_BYTES], struct lease *out, struct err *e)
{
    struct lease_row row;
    struct task t;
    enum assay_err rc = lease_get(tx, token, c->staff_id, clock_now_ms(), &row, e);

    if (rc == ASSAY_OK && (rc = flow_task(tx, row.task_id, &t, e)) == ASSAY_OK)
        rc = flow_may_see(tx, c, &t, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && t.fence != row.fence))
        return err_set(e, ASSAY_ESTATE,
                       "lease lost: you held this task too long, or gave it back; nothing was "
                       "saved and somebody else will see it");
    if (rc != ASSAY_OK)
        return rc;
    *out = (struct lease){.task_id = row.task_id,
                          .fence = row.fence,
                          .reading_id = row.reading_id,
                          .correction_id = row.correction_id,
                          .authorisation_id = row.authorisation_id};
    memcpy(out->purpose, row.purpose, sizeof out->purpose);
    memcpy(out->token, token, sizeof out->token);
    return ASSAY_OK;
}

enum assay_err queue_lease_end(struct tx *tx, const struct lease *l, struct err *e)
{
    return lease_delete(tx, l->token, e);
}

static enum assay_err write_returned(struct tx *tx, const struct lease_row *l,
                                     struct audit_actor by, const char *outcome, struct err *e)
{
    char data[64];

    (void)snprintf(data, sizeof data, "{\"fence\":%lld}", (long long)l->fence);
    struct audit_entry entry = {.action = AUDIT_TASK_RETURNED,
                                .actor = by,
                                .objects = {{"task", l->task_id}, {"staff", l->staff_id}},
                                .purpose = l->purpose,
                                .outcome = outcome,
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err queue_lease_begin(struct world *w, struct tx *tx, const struct caller *c,
                                 struct task *t, const char *purpose, struct buf *answer,
                                 struct err *e)
{
    struct held h = {.task = *t, .role = queue_role(purpose, "")};
    struct lease_row old;
    struct json_out o;
    enum assay_err rc = lease_of_task(tx, t->id, 0, &old, e);

    if (rc == ASSAY_OK && old.staff_id == c->staff_id &&
        (rc = lease_delete(tx, old.token, e)) == ASSAY_OK)
        rc = write_returned(tx, &old, people_actor(c, h.role), "replaced", e);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    (void)snprintf(h.lease.purpose, sizeof h.lease.purpose, "%s", purpose);
    json_out_init(&o, answer);
    rc = queue_hand_out(w, tx, c, &h, &o, e);
    if (rc == ASSAY_OK)
        *t = h.task;
    return rc;
}

struct holding {
    struct world *world;
    const struct caller *caller;
    const uint8_t *token;
    uint32_t renditions;
    struct buf *answer;
};

/* The held task with the role it is held in. */
static enum assay_err held(struct tx *tx, const struct holding *g, struct held *h, struct err *e)
{
    struct reading_row *r = NULL;
    struct lease l;
    enum assay_err rc;

    *h = (struct held){0};
    if ((rc = queue_lease(tx, g->caller, g->token, &l, e)) != 0 ||
        (rc = flow_task(tx, l.task_id, &h->task, e)) != 0 ||
        (rc = lease_get(tx, g->token, g->caller->staff_id, clock_now_ms(), &h->lease, e)) != 0)
        return rc;
    if (l.reading_id != 0) {
        r = mem_zalloc(sizeof *r);
        rc = reading_get(tx, l.reading_id, r, e);
    }
    h->role = queue_role(l.purpose, r == NULL ? "" : r->kind);
    mem_free(r);
    return rc;
}

static enum assay_err answer_tickets(struct tx *tx, const struct holding *g, const struct held *h,
                                     struct err *e)
{
    struct json_out o;
    enum assay_err rc;

    buf_reset(g->answer);
    json_out_init(&o, g->answer);
    json_object(&o, NULL);
    if ((rc = queue_add_tickets(g->world, tx, &o, "pictures", h, g->renditions, e)) != 0)
        return rc;
    json_time(&o, "expires_at", h->lease.expires_ms);
    json_object_end(&o);
    return ASSAY_OK;
}

static enum assay_err extend(struct tx *tx, void *ctx, struct err *e)
{
    const struct holding *g = ctx;
    struct held h;
    enum assay_err rc = held(tx, g, &h, e);

    if (rc != ASSAY_OK)
        return rc;
    h.lease.expires_ms = clock_now_ms() + QUEUE_LEASE_MS;
    if ((rc = lease_extend(tx, g->token, h.lease.expires_ms, e)) != 0)
        return rc;
    return answer_tickets(tx, g, &h, e);
}

enum assay_err queue_extend(struct world *w, const struct caller *c,
                            const uint8_t token[QUEUE_TOKEN_BYTES], struct buf *answer,
                            struct err *e)
{
    struct holding g = {w, c, token, 0, answer};

    return store_write(w->store, extend, &g, e);
}

static enum assay_err issue(struct tx *tx, void *ctx, struct err *e)
{
    const struct holding *g = ctx;
    struct held h;
    char data[64];
    enum assay_err rc = held(tx, g, &h, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(data, sizeof data, "{\"fence\":%lld,\"renditions\":%u}",
                   (long long)h.lease.fence, g->renditions);
    struct audit_entry entry = {.action = AUDIT_TICKET_ISSUED,
                                .actor = people_actor(g->caller, h.role),
                                .objects = {{"task", h.task.id}, {"item", h.task.item_id}},
                                .purpose = h.lease.purpose,
                                .data = data};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    return answer_tickets(tx, g, &h, e);
}

enum assay_err queue_tickets(struct world *w, const struct caller *c,
                             const uint8_t token[QUEUE_TOKEN_BYTES], uint32_t renditions,
                             struct buf *answer, struct err *e)
{
    struct holding g = {w, c, token, renditions, answer};

    return store_write(w->store, issue, &g, e);
}

static enum assay_err give_back(struct tx *tx, void *ctx, struct err *e)
{
    const struct holding *g = ctx;
    struct held h;
    enum assay_err rc = held(tx, g, &h, e);

    if (rc != ASSAY_OK || (rc = lease_delete(tx, g->token, e)) != 0)
        return rc;
    return write_returned(tx, &h.lease, people_actor(g->caller, h.role), "returned", e);
}

enum assay_err queue_return(struct world *w, const struct caller *c,
                            const uint8_t token[QUEUE_TOKEN_BYTES], struct err *e)
{
    struct holding g = {w, c, token, 0, NULL};

    return store_write(w->store, give_back, &g, e);
}

#define SWEEP_MAX 64 /* leases a transaction */

enum assay_err queue_expire(struct tx *tx, int64_t *count, struct err *e)
{
    int64_t now = clock_now_ms();
    struct lease_row l;
    enum assay_err rc = ASSAY_OK;

    *count = 0;
    while (*count < SWEEP_MAX && (rc = lease_expire_one(tx, now, &l, e)) == ASSAY_OK) {
        if ((rc = write_returned(tx, &l, people_system(), "expired", e)) != 0)
            return rc;
        (*count)++;
    }
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err sweep(struct tx *tx, void *ctx, struct err *e)
{
    return queue_expire(tx, ctx, e);
}

enum assay_err queue_sweep(struct world *w, int64_t *count, struct err *e)
{
    return store_write(w->store, sweep, count, e);
}
