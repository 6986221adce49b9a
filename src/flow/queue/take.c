/* Handing tasks out: who may have what, the guarded claim, and what the holder is told. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/queue/queue_impl.h"
#include "store/authorisation.h"
#include "store/decision.h"
#include "store/facet.h"
#include "store/item.h"
#include "store/quality.h"

#define RACES_MAX 64 /* claims that another process may win before we say "busy" */
#define TAKE_MAX  4

enum assay_err queue_parse(const char *name, enum queue_name *out)
{
    static const char *const names[] = {"grade", "later", "escalated", "reading", "third"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal(name, names[i])) {
            *out = (enum queue_name)i;
            return ASSAY_OK;
        }
    }
    return ASSAY_EFORMAT;
}

enum people_role queue_role(const char *purpose, const char *kind)
{
    if (str_equal(purpose, "settle"))
        return PEOPLE_LEAD;
    if (str_equal(purpose, "reading"))
        return str_equal(kind, "third") ? PEOPLE_ARBITER : PEOPLE_QUALITY;
    return PEOPLE_ASSESSOR;
}

/* One neutral line: kind, size, how often it was reported. Never a name, a grade or a number of the
 * day. */
static enum assay_err add_facts(struct tx *tx, struct json_out *o, const struct item_row *item,
                                const struct picture_row *p, struct err *e)
{
    static const char *const words[] = {"once", "twice"};
    char line[160], often[40];
    int64_t sightings;
    enum assay_err rc = item_count_sightings(tx, item->id, &sightings, e);

    if (rc != ASSAY_OK)
        return rc;
    if (sightings >= 1 && sightings <= 2)
        (void)snprintf(often, sizeof often, "%s", words[sightings - 1]);
    else
        (void)snprintf(often, sizeof often, "%lld times", (long long)sightings);
    (void)snprintf(line, sizeof line, "%s %lld \u00d7 %lld \u00b7 reported %s",
                   str_equal(item->kind, "picture") ? "Picture" : "Video", (long long)p->width,
                   (long long)p->height, often);
    json_text(o, "facts", line);
    json_array(o, "flags");
    for (unsigned i = 0; decode_flag_name(i) != NULL; i++) {
        if ((p->flags >> i & 1) != 0)
            json_text(o, NULL, decode_flag_name(i));
    }
    json_array_end(o);
    return ASSAY_OK;
}

static void add_facet(void *ctx, const struct facet_row *f)
{
    struct json_out *o = ctx;

    json_object(o, NULL);
    json_text(o, "kind", f->kind);
    json_int(o, "place", f->place);
    json_object_end(o);
}

/* What else the file shows, in the order of the sheet behind its main picture. */
static enum assay_err add_facets(struct tx *tx, struct json_out *o, int64_t item_id, struct err *e)
{
    json_array(o, "facets");
    enum assay_err rc = facet_each(tx, item_id, add_facet, o, e);
    json_array_end(o);
    return rc;
}

/* The holder's own standing decision, so that it can be changed; nobody else's ever. */
static enum assay_err add_own_decision(struct tx *tx, struct json_out *o, const struct caller *c,
                                       const struct held *h, struct err *e)
{
    struct decision_copy *d = mem_zalloc(sizeof *d);
    enum assay_err rc = ASSAY_OK;
    bool own = false;

    if (h->task.decision_id != 0 && !str_equal(h->lease.purpose, "reading")) {
        rc = decision_get(tx, h->task.decision_id, d, e);
        own = rc == ASSAY_OK && d->staff_id == c->staff_id;
    }
    if (rc == ASSAY_OK) {
        json_text(o, "code", own && d->code[0] != '\0' ? d->code : NULL);
        flow_add_tags(o, "tags", own ? d->tags : "");
    }
    mem_free(d);
    return rc;
}

static enum assay_err add_lease(struct world *w, struct tx *tx, struct json_out *o,
                                const struct caller *c, const struct held *h, struct err *e)
{
    const struct scheme *scheme;
    struct item_row item;
    struct picture_row picture;
    char batch[201];
    enum assay_err rc;

    if ((rc = flow_scheme_tx(w, tx, h->task.scheme, &scheme, e)) != 0 ||
        (rc = item_get(tx, h->task.item_id, &item, e)) != 0 ||
        (rc = picture_get(tx, h->task.item_id, &picture, e)) != 0 ||
        (rc = batch_name(tx, h->task.batch_id, batch, sizeof batch, e)) != 0)
        return rc;
    json_object(o, NULL);
    json_hex(o, "lease", h->lease.token, sizeof h->lease.token);
    json_id(o, "task", h->task.id);
    json_text(o, "purpose", h->lease.purpose);
    json_text(o, "scheme", h->task.scheme);
    json_int(o, "scheme_version", scheme->version);
    json_text(o, "batch", batch);
    if ((rc = add_facts(tx, o, &item, &picture, e)) != 0 ||
        (rc = add_facets(tx, o, item.id, e)) != 0 ||
        (rc = queue_add_tickets(w, tx, o, "pictures", h, QUEUE_ALL_RENDITIONS, e)) != 0 ||
        (rc = add_own_decision(tx, o, c, h, e)) != 0)
        return rc;
    json_time(o, "expires_at", h->lease.expires_ms);
    if (h->escalation_reason != 0)
        json_int(o, "reason", h->escalation_reason);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err write_entries(struct tx *tx, const struct caller *c, const struct held *h,
                                    struct err *e)
{
    char data[128];
    enum assay_err rc;

    (void)snprintf(data, sizeof data, "{\"fence\":%lld,\"authorisation\":\"%lld\"}",
                   (long long)h->lease.fence, (long long)h->lease.authorisation_id);
    struct audit_entry entry = {.action = AUDIT_TASK_LEASED,
                                .actor = people_actor(c, h->role),
                                .objects = {{"task", h->task.id}, {"item", h->task.item_id}},
                                .purpose = h->lease.purpose,
                                .data = data};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    entry.action = AUDIT_TICKET_ISSUED;
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err queue_authorised(struct tx *tx, const struct caller *c, int64_t *id, struct err *e)
{
    enum assay_err rc = authorisation_in_force(tx, c->staff_id, clock_now_ms(), id, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_EDENIED,
                       "no authorisation to view is in force for you; ask compliance for one");
    return rc;
}

/*
 * The lease's row comes first and the fence after it: where two processes meet, the second finds
 * the row there and has changed nothing, so the first one's fence still fits. A fence that somebody
 * else counted up meanwhile means that the task was held and given back since it was read.
 */
static enum assay_err claim(struct tx *tx, struct held *h, struct err *e)
{
    enum assay_err rc;

    h->lease.fence = h->task.fence + 1;
    if ((rc = lease_insert(tx, &h->lease, e)) != 0)
        return rc;
    rc = task_fence(tx, h->task.id, flow_state_name(h->task.state), h->task.fence, e);
    if (rc == ASSAY_OK)
        h->task.fence = h->lease.fence;
    else if (rc == ASSAY_ESTATE)
        (void)lease_delete(tx, h->lease.token, NULL);
    return rc;
}

enum assay_err queue_hand_out(struct world *w, struct tx *tx, const struct caller *c,
                              struct held *h, struct json_out *o, struct err *e)
{
    int64_t now = clock_now_ms();
    enum assay_err rc = queue_authorised(tx, c, &h->lease.authorisation_id, e);

    if (rc != ASSAY_OK || (rc = flow_may_see(tx, c, &h->task, e)) != 0)
        return rc;
    h->lease.task_id = h->task.id;
    h->lease.staff_id = c->staff_id;
    h->lease.session_id = c->session_id;
    h->lease.taken_ms = now;
    h->lease.expires_ms = now + QUEUE_LEASE_MS;
    rand_bytes(h->lease.token, sizeof h->lease.token);
    if ((rc = claim(tx, h, e)) != 0 || (rc = write_entries(tx, c, h, e)) != 0)
        return rc;
    return add_lease(w, tx, o, c, h, e);
}

struct taking {
    struct world *world;
    const struct caller *caller;
    enum queue_name queue;
    int64_t count, task_id;
    struct buf *answer;
    struct json_out out; /* writes into answer */
    int64_t waiting;     /* of the queue, afterwards */
};

/* The next task of the queue into h, or the one that was asked for. ENOTFOUND: nothing waits. */
static enum assay_err choose(struct tx *tx, const struct taking *t, struct held *h, struct err *e)
{
    int64_t id = t->task_id, staff_id = t->caller->staff_id;
    const char *purpose = "grade";
    struct escalation_row x;
    bool third = t->queue == QUEUE_THIRD;
    enum assay_err rc = ASSAY_OK;

    *h = (struct held){0};
    switch (t->queue) {
    case QUEUE_GRADE:
        if (id == 0)
            rc = task_next(tx, staff_id, &id, e);
        break;
    case QUEUE_LATER:
        if (id == 0)
            rc = task_next_later(tx, staff_id, &id, e);
        break;
    case QUEUE_ESCALATED:
        purpose = "settle";
        if (id == 0)
            rc = task_next_escalated(tx, staff_id, &id, e);
        if (rc == ASSAY_OK && (rc = escalation_open(tx, id, &x, e)) == ASSAY_OK)
            h->escalation_reason = x.reason;
        break;
    case QUEUE_READING:
    case QUEUE_THIRD:
        purpose = "reading";
        rc = reading_next(tx, third ? READING_THIRD : READING_FIRST, staff_id, &h->lease.reading_id,
                          &id, e);
        break;
    }
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(h->lease.purpose, sizeof h->lease.purpose, "%s", purpose);
    h->role = queue_role(purpose, third ? "third" : "");
    return flow_task(tx, id, &h->task, e);
}

/* Whether the chosen task may go to this person out of this queue. */
static enum assay_err allowed(struct tx *tx, const struct taking *t, const struct held *h,
                              struct err *e)
{
    enum flow_state s = h->task.state;
    bool excluded = false, good = false;
    enum assay_err rc = ASSAY_OK;

    switch (t->queue) {
    case QUEUE_GRADE: /* one's own graded task of the open shift may be looked at again */
        rc = task_is_excluded(tx, h->task.id, t->caller->staff_id, &excluded, e);
        good = s == FLOW_WAITING || s == FLOW_SECOND_LOOK;
        if (rc == ASSAY_OK && s == FLOW_GRADED) {
            struct shift_row shift;
            rc = shift_find(tx, t->caller->staff_id, &shift, e);
            good = rc == ASSAY_OK && h->task.lot_id == shift.lot_id;
        }
        break;
    case QUEUE_LATER:
        good = s == FLOW_LATER && h->task.owner_id == t->caller->staff_id;
        break;
    case QUEUE_ESCALATED:
        good = s == FLOW_ESCALATED;
        break;
    case QUEUE_READING:
    case QUEUE_THIRD:
        good = s == FLOW_SUBMITTED;
        break;
    }
    if (rc == ASSAY_OK && (!good || excluded))
        return err_set(e, ASSAY_ESTATE, "this task is not waiting for you");
    return rc;
}

static enum assay_err may_take(struct tx *tx, const struct taking *t, struct err *e)
{
    static const uint32_t roles[] = {
        [QUEUE_GRADE] = PEOPLE_ASSESSOR, [QUEUE_LATER] = PEOPLE_ASSESSOR,
        [QUEUE_ESCALATED] = PEOPLE_LEAD, [QUEUE_READING] = PEOPLE_QUALITY,
        [QUEUE_THIRD] = PEOPLE_ARBITER,
    };
    struct shift_row shift;

    if ((t->caller->roles & roles[t->queue]) == 0)
        return err_set(e, ASSAY_EDENIED, "your role has no part in this queue");
    if (t->queue != QUEUE_GRADE && t->queue != QUEUE_LATER)
        return ASSAY_OK;
    enum assay_err rc = shift_find(tx, t->caller->staff_id, &shift, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE, "start a shift first");
    return rc;
}

static enum assay_err count_waiting(struct tx *tx, void *ctx, struct err *e)
{
    struct taking *t = ctx;

    switch (t->queue) {
    case QUEUE_GRADE:
        return task_count_next(tx, t->caller->staff_id, &t->waiting, e);
    case QUEUE_LATER:
        return later_count(tx, t->caller->staff_id, &t->waiting, e);
    case QUEUE_ESCALATED:
        return task_count_escalated(tx, t->caller->staff_id, &t->waiting, e);
    case QUEUE_READING:
    case QUEUE_THIRD:
        break;
    }
    return reading_count_next(tx, t->queue == QUEUE_THIRD ? READING_THIRD : READING_FIRST,
                              t->caller->staff_id, &t->waiting, e);
}

static enum assay_err take(struct tx *tx, void *ctx, struct err *e)
{
    struct taking *t = ctx;
    struct held h;
    int64_t expired;
    enum assay_err rc;

    if ((rc = may_take(tx, t, e)) != 0 || (rc = queue_expire(tx, &expired, e)) != 0)
        return rc;
    buf_reset(t->answer);
    json_out_init(&t->out, t->answer);
    json_object(&t->out, NULL);
    json_array(&t->out, "leases");
    for (int64_t given = 0, races = 0; given < t->count && races < RACES_MAX;) {
        rc = choose(tx, t, &h, e);
        if (rc == ASSAY_ENOTFOUND)
            break;
        if (rc != ASSAY_OK)
            return rc;
        if ((rc = allowed(tx, t, &h, e)) == ASSAY_OK)
            rc = queue_hand_out(t->world, tx, t->caller, &h, &t->out, e);
        if ((rc == ASSAY_ESTATE || rc == ASSAY_EEXISTS) && t->task_id == 0) {
            races++; /* another process was faster with this one */
            continue;
        }
        if (rc != ASSAY_OK)
            return rc;
        given++;
        if (t->task_id != 0)
            break;
    }
    json_array_end(&t->out);
    return ASSAY_OK;
}

enum assay_err queue_take(struct world *w, const struct caller *c, enum queue_name q, int64_t count,
                          int64_t task_id, struct buf *answer, struct err *e)
{
    struct taking t = {
        .world = w, .caller = c, .queue = q, .count = count, .task_id = task_id, .answer = answer};
    enum assay_err rc;

    assert(count >= 1);
    assert(count <= TAKE_MAX);
    /* Counted by itself: it is a third of the work, and all that write would wait for it. */
    if ((rc = store_write(w->store, take, &t, e)) != 0 ||
        (rc = store_read(w->store, count_waiting, &t, e)) != 0)
        return rc;
    json_int(&t.out, "waiting", t.waiting);
    json_object_end(&t.out);
    return ASSAY_OK;
}

struct correcting {
    struct world *world;
    const struct caller *caller;
    int64_t correction_id;
    struct buf *answer;
};

static enum assay_err take_correction(struct tx *tx, void *ctx, struct err *e)
{
    const struct correcting *k = ctx;
    struct correction_row *row = mem_zalloc(sizeof *row);
    bool assessor = (k->caller->roles & PEOPLE_ASSESSOR) != 0;
    struct held h = {.role = assessor ? PEOPLE_ASSESSOR : PEOPLE_LEAD}; /* leads settle and err */
    struct json_out o;
    enum assay_err rc = correction_get(tx, k->correction_id, row, e);

    if (rc == ASSAY_OK && row->staff_id != k->caller->staff_id)
        rc = ASSAY_ENOTFOUND;
    if (rc == ASSAY_ENOTFOUND)
        rc = err_set(e, rc, "there is no such correction of yours");
    if (rc == ASSAY_OK && !str_equal(row->state, "open"))
        rc = err_set(e, ASSAY_ESTATE, "this correction was answered");
    if (rc == ASSAY_OK)
        rc = flow_task(tx, row->task_id, &h.task, e);
    mem_free(row);
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(h.lease.purpose, sizeof h.lease.purpose, "correction");
    h.lease.correction_id = k->correction_id;
    buf_reset(k->answer);
    json_out_init(&o, k->answer);
    return queue_hand_out(k->world, tx, k->caller, &h, &o, e);
}

enum assay_err queue_take_correction(struct world *w, const struct caller *c, int64_t correction_id,
                                     struct buf *answer, struct err *e)
{
    struct correcting k = {w, c, correction_id, answer};

    return store_write(w->store, take_correction, &k, e);
}
