/* The list of batches, and changing one: its place in the queue, and who may see it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "store/batch.h"
#include "store/staff.h"
#include "store/task.h"

#define PEOPLE_MAX 200 /* named for one batch */

struct listing {
    const struct caller *caller;
    int64_t id;
    struct buf *answer;
    struct json_out o;
    int64_t waiting; /* of the batch that is being written */
    size_t count;
};

static void add_state(void *ctx, const char *state, int64_t count)
{
    static const char *const undecided[] = {"received", "waiting", "later", "second_look",
                                            "escalated"};
    struct listing *l = ctx;

    json_int(&l->o, state, count);
    for (size_t i = 0; i < sizeof undecided / sizeof undecided[0]; i++) {
        if (str_equal(state, undecided[i]))
            l->waiting += count;
    }
}

static void add_person(void *ctx, int64_t staff_id, const char *label)
{
    struct listing *l = ctx;

    json_object(&l->o, NULL);
    json_id(&l->o, "staff", staff_id);
    json_text(&l->o, "label", label);
    json_object_end(&l->o);
}

static enum assay_err add_batch(struct tx *tx, void *ctx, const struct batch_line *b, struct err *e)
{
    static const char *const priorities[] = {"urgent", "normal", "background"};
    struct listing *l = ctx;
    struct json_out *o = &l->o;
    enum assay_err rc;

    l->count++;
    l->waiting = 0;
    json_object(o, NULL);
    json_id(o, "batch", b->row.id);
    json_text(o, "name", b->row.name);
    json_text(o, "scheme", b->row.scheme);
    json_text(o, "sender", b->row.sender);
    json_text(o, "contact", b->row.contact);
    json_text(o, "case_reference", b->row.case_reference);
    json_text(o, "authority", b->row.authority);
    json_text(o, "purpose", b->row.purpose);
    json_text(o, "handling", b->row.handling);
    json_text(o, "priority", priorities[b->row.priority]);
    json_time(o, "due_at", b->row.due_ms == INT64_MAX ? 0 : b->row.due_ms);
    json_int(o, "sightings", b->tally.files);
    json_int(o, "fresh", b->tally.fresh);
    json_int(o, "refused", b->tally.refused);
    json_int(o, "items", b->items);
    json_object(o, "states");
    if ((rc = batch_states(tx, b->row.id, add_state, l, e)) != 0)
        return rc;
    json_object_end(o);
    json_int(o, "waiting", l->waiting);
    json_array(o, "people");
    if ((rc = batch_people(tx, b->row.id, add_person, l, e)) != 0)
        return rc;
    json_array_end(o);
    json_time(o, "last_at", b->tally.last_ms);
    json_time(o, "created_at", b->row.created_ms);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    bool keeper = (l->caller->roles & INTAKE_KEEPERS) != 0;
    enum assay_err rc;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    if (l->id == 0) {
        json_object(&l->o, NULL);
        json_array(&l->o, "batches");
    }
    l->count = 0;
    if ((rc = batch_each(tx, l->id, keeper ? 0 : l->caller->staff_id, add_batch, l, e)) != 0)
        return rc;
    if (l->id != 0)
        return l->count > 0 ? ASSAY_OK : err_set(e, ASSAY_ENOTFOUND, "there is no such batch");
    json_array_end(&l->o);
    json_object_end(&l->o);
    return ASSAY_OK;
}

enum assay_err intake_batches(struct world *w, const struct caller *c, int64_t id,
                              struct buf *answer, struct err *e)
{
    struct listing l = {.caller = c, .id = id, .answer = answer};

    return store_read(w->store, list, &l, e);
}

struct changing {
    const struct caller *caller;
    int64_t batch_id;
    const struct batch_change *in;
};

static enum assay_err set_people(struct tx *tx, const struct changing *g, struct err *e)
{
    struct staff_row person;
    enum assay_err rc = batch_people_clear(tx, g->batch_id, e);

    for (size_t i = 0; i < g->in->people_count && rc == ASSAY_OK; i++) {
        rc = staff_get(tx, g->in->people[i], &person, e);
        if (rc == ASSAY_ENOTFOUND)
            return err_set(e, ASSAY_ESTATE, "there is no such person");
        if (rc == ASSAY_OK)
            rc = batch_person_add(tx, g->batch_id, person.id, e);
    }
    return rc;
}

/* Who holds a task of the batch and may not see it any more has lost it. */
static enum assay_err end_leases(struct tx *tx, const struct changing *g, struct audit_actor by,
                                 struct err *e)
{
    struct lease_row l;
    char data[64];
    enum assay_err rc;

    while ((rc = lease_end_one_unseen(tx, g->batch_id, &l, e)) == ASSAY_OK) {
        (void)snprintf(data, sizeof data, "{\"fence\":%lld}", (long long)l.fence);
        struct audit_entry entry = {.action = AUDIT_TASK_RETURNED,
                                    .actor = by,
                                    .objects = {{"task", l.task_id}, {"staff", l.staff_id}},
                                    .purpose = l.purpose,
                                    .outcome = "withdrawn",
                                    .data = data};
        if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
            return rc;
    }
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err write_changed(struct tx *tx, const struct changing *g,
                                    const struct batch_key *now, struct audit_actor by,
                                    struct err *e)
{
    struct json_out o;
    struct buf data;

    buf_init(&data, 16384);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_int(&o, "priority", now->priority);
    json_int(&o, "due_ms", now->due_ms);
    if (g->in->set_people) {
        json_array(&o, "people");
        for (size_t i = 0; i < g->in->people_count; i++)
            json_id(&o, NULL, g->in->people[i]);
        json_array_end(&o);
    }
    json_object_end(&o);
    struct audit_entry entry = {.action = AUDIT_BATCH_CHANGED,
                                .actor = by,
                                .objects = {{"batch", g->batch_id}},
                                .data = buf_cstr(&data)};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

static enum assay_err change(struct tx *tx, void *ctx, struct err *e)
{
    const struct changing *g = ctx;
    struct audit_actor by = people_actor(g->caller, people_acting_role(g->caller, INTAKE_KEEPERS));
    struct batch_key now;
    enum assay_err rc = batch_get(tx, g->batch_id, &now, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such batch");
    if (rc != ASSAY_OK)
        return rc;
    if (g->in->set_priority)
        now.priority = g->in->priority;
    if (g->in->set_due)
        now.due_ms = g->in->due_ms;
    if ((g->in->set_priority || g->in->set_due) &&
        (rc = batch_change(tx, now.id, now.priority, now.due_ms, e)) != 0)
        return rc;
    if (g->in->set_people &&
        ((rc = set_people(tx, g, e)) != 0 || (rc = end_leases(tx, g, by, e)) != 0))
        return rc;
    return write_changed(tx, g, &now, by, e);
}

static enum assay_err press_page(struct tx *tx, void *ctx, struct err *e)
{
    (void)ctx;
    return batch_press_page(tx, e);
}

enum assay_err intake_press(struct world *w, struct err *e)
{
    enum assay_err rc;

    while ((rc = store_write(w->store, press_page, NULL, e)) == ASSAY_OK)
        continue;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err intake_change_batch(struct world *w, const struct caller *c, int64_t batch_id,
                                   const struct batch_change *in, struct buf *answer, struct err *e)
{
    struct changing g = {c, batch_id, in};
    enum assay_err rc;

    if (in->people_count > PEOPLE_MAX)
        return err_set(e, ASSAY_ERANGE, "at most %d people are named for a batch", PEOPLE_MAX);
    if ((rc = store_write(w->store, change, &g, e)) != 0 || (rc = intake_press(w, e)) != 0)
        return rc;
    return intake_batches(w, c, batch_id, answer, e);
}
