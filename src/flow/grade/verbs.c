/* The other verbs of the assess screen: later, second look, escalate; and settling escalations. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/grade/grade.h"
#include "store/decision.h"
#include "store/item.h"
#include "store/task.h"

struct verb {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    const uint8_t *lease;
    enum flow_event event;
    int64_t reason; /* escalations */
    const char *note;
    struct buf *answer;
};

static void add_moved(struct buf *answer, const struct task *t)
{
    struct json_out o;

    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_id(&o, "task", t->id);
    json_text(&o, "state", flow_state_name(t->state));
    json_object_end(&o);
}

static enum assay_err insert_escalation(struct tx *tx, const struct verb *v, const struct task *t,
                                        int64_t *id, struct err *e)
{
    struct escalation_row x = {.id = rand_id(),
                               .task_id = t->id,
                               .staff_id = v->caller->staff_id,
                               .reason = v->reason,
                               .created_ms = clock_now_ms()};
    struct buf sealed;

    *id = x.id;
    buf_init(&sealed, 16384);
    if (v->note != NULL && v->note[0] != '\0') {
        keys_seal(v->world->keys, &x.id, sizeof x.id, v->note, strlen(v->note), &sealed);
        x.note_sealed = sealed.data;
        x.note_size = sealed.size;
    }
    enum assay_err rc = escalation_insert(tx, &x, e);
    buf_wipe(&sealed);
    return rc;
}

/* What each verb does besides moving the task, and its record entry. */
static enum assay_err effects(struct tx *tx, const struct verb *v, struct task *t,
                              struct audit_entry *entry, char *data, size_t data_size,
                              struct err *e)
{
    int64_t escalation_id = 0;
    enum assay_err rc = ASSAY_OK;

    switch (v->event) {
    case FLOW_PUT_OFF:
        t->owner_id = v->caller->staff_id;
        entry->action = AUDIT_TASK_PUT_OFF;
        break;
    case FLOW_ASK_SECOND:
        entry->action = AUDIT_TASK_SECOND_LOOK;
        rc = task_exclude(tx, t->id, v->caller->staff_id, "second_look", e);
        break;
    default:
        entry->action = AUDIT_TASK_ESCALATED;
        (void)snprintf(data, data_size, "{\"reason\":%lld}", (long long)v->reason);
        entry->data = data;
        entry->texts[0] = (struct audit_text){"note", v->note};
        rc = insert_escalation(tx, v, t, &escalation_id, e);
        entry->objects[2] = (struct audit_object){"escalation", escalation_id};
        if (rc == ASSAY_OK && v->reason == 6) /* "I should not see this" */
            rc = task_exclude(tx, t->id, v->caller->staff_id, "own_wish", e);
        break;
    }
    return rc;
}

static enum assay_err do_verb(struct tx *tx, void *ctx, struct err *e)
{
    const struct verb *v = ctx;
    struct lease l;
    struct task t;
    char data[32];
    bool replayed;
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, v->caller, v->once, v->answer, &replayed, e)) != 0 || replayed)
        return rc;
    if ((rc = queue_lease(tx, v->caller, v->lease, &l, e)) != 0 ||
        (rc = flow_task(tx, l.task_id, &t, e)) != 0)
        return rc;
    if (!str_equal(l.purpose, "grade"))
        return err_set(e, ASSAY_ESTATE, "this lease is not for grading");
    struct audit_entry entry = {.keys = v->world->keys,
                                .actor = people_actor(v->caller, PEOPLE_ASSESSOR),
                                .objects = {{"task", t.id}, {"item", t.item_id}},
                                .purpose = l.purpose};
    t.owner_id = 0;
    if ((rc = effects(tx, v, &t, &entry, data, sizeof data, e)) != 0 ||
        (rc = flow_move(tx, &t, v->event, v->caller->roles & PEOPLE_ASSESSOR, e)) != 0 ||
        (rc = queue_lease_end(tx, &l, e)) != 0 || (rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    add_moved(v->answer, &t);
    return flow_once_end(tx, v->caller, v->once, v->answer, e);
}

enum assay_err grade_put_off(struct world *w, const struct caller *c, const struct once *o,
                             const uint8_t lease[QUEUE_TOKEN_BYTES], struct buf *answer,
                             struct err *e)
{
    struct verb v = {w, c, o, lease, FLOW_PUT_OFF, 0, NULL, answer};

    return store_write(w->store, do_verb, &v, e);
}

enum assay_err grade_second_look(struct world *w, const struct caller *c, const struct once *o,
                                 const uint8_t lease[QUEUE_TOKEN_BYTES], struct buf *answer,
                                 struct err *e)
{
    struct verb v = {w, c, o, lease, FLOW_ASK_SECOND, 0, NULL, answer};

    return store_write(w->store, do_verb, &v, e);
}

enum assay_err grade_escalate(struct world *w, const struct caller *c, const struct once *o,
                              const uint8_t lease[QUEUE_TOKEN_BYTES], int64_t reason,
                              const char *note, struct buf *answer, struct err *e)
{
    struct verb v = {w, c, o, lease, FLOW_ESCALATE, reason, note, answer};

    return store_write(w->store, do_verb, &v, e);
}

struct listing {
    struct world *world;
    const struct caller *caller;
    struct buf *answer;
    struct json_out o;
};

static enum assay_err add_later(struct tx *tx, struct json_out *o, int64_t task_id, struct err *e)
{
    struct task_row row;
    struct picture_row p;
    char facts[80];
    enum assay_err rc;

    if ((rc = task_get(tx, task_id, &row, e)) != 0 ||
        (rc = picture_get(tx, row.item_id, &p, e)) != 0)
        return rc;
    (void)snprintf(facts, sizeof facts, "Picture %lld \u00d7 %lld", (long long)p.width,
                   (long long)p.height);
    json_object(o, NULL);
    json_id(o, "task", task_id);
    json_text(o, "facts", facts);
    json_null(o, "code");
    json_time(o, "state_at", row.state_ms);
    json_object_end(o);
    return ASSAY_OK;
}

#define LATER_MAX 500

static enum assay_err later(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    int64_t ids[LATER_MAX];
    size_t n;
    enum assay_err rc = task_ids_of_owner(tx, l->caller->staff_id, ids, LATER_MAX, &n, e);

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "tasks");
    for (size_t i = 0; rc == ASSAY_OK && i < n; i++)
        rc = add_later(tx, &l->o, ids[i], e);
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

enum assay_err grade_later(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e)
{
    struct listing l = {.world = w, .caller = c, .answer = answer};

    return store_read(w->store, later, &l, e);
}

static enum assay_err add_escalation(void *ctx, const struct escalation_row *x)
{
    struct listing *l = ctx;
    struct buf note;
    enum assay_err rc = ASSAY_OK;

    buf_init(&note, 16384);
    if (x->note_size > 0)
        rc = keys_open_sealed(l->world->keys, &x->id, sizeof x->id, x->note_sealed, x->note_size,
                              &note, NULL);
    if (rc == ASSAY_OK) {
        json_object(&l->o, NULL);
        json_id(&l->o, "escalation", x->id);
        json_id(&l->o, "task", x->task_id);
        json_int(&l->o, "reason", x->reason);
        json_text(&l->o, "raised_by", x->staff_label);
        json_time(&l->o, "raised_at", x->created_ms);
        json_text_n(&l->o, "note", buf_cstr(&note), note.size);
        json_bool(&l->o, "mine", x->staff_id == l->caller->staff_id);
        json_object_end(&l->o);
    }
    buf_wipe(&note);
    return rc;
}

static enum assay_err escalations(struct tx *tx, void *ctx, struct err *e)
{
    struct listing *l = ctx;

    buf_reset(l->answer);
    json_out_init(&l->o, l->answer);
    json_object(&l->o, NULL);
    json_array(&l->o, "escalations");
    enum assay_err rc = escalation_each(tx, l->caller->staff_id, add_escalation, l, e);
    if (rc == ASSAY_EDAMAGED || rc == ASSAY_EKEY)
        return err_set(e, rc, "a note cannot be opened; tell an administrator");
    json_array_end(&l->o);
    json_object_end(&l->o);
    return rc;
}

enum assay_err grade_escalations(struct world *w, const struct caller *c, struct buf *answer,
                                 struct err *e)
{
    struct listing l = {.world = w, .caller = c, .answer = answer};

    return store_read(w->store, escalations, &l, e);
}

struct handing_back {
    const struct caller *caller;
    int64_t escalation_id;
    struct buf *answer;
};

static enum assay_err hand_back(struct tx *tx, void *ctx, struct err *e)
{
    const struct handing_back *h = ctx;
    struct escalation_row x;
    struct lease_row held;
    struct task t;
    enum assay_err rc = escalation_get(tx, h->escalation_id, &x, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such open escalation");
    if (rc != ASSAY_OK || (rc = flow_task(tx, x.task_id, &t, e)) != 0 ||
        (rc = flow_may_see(tx, h->caller, &t, e)) != 0)
        return rc;
    if ((rc = lease_of_task(tx, t.id, clock_now_ms(), &held, e)) == ASSAY_OK &&
        held.staff_id != h->caller->staff_id)
        return err_set(e, ASSAY_ESTATE, "another lead has this task open");
    if (rc == ASSAY_OK)
        rc = lease_delete(tx, held.token, e);
    else if (rc == ASSAY_ENOTFOUND)
        rc = ASSAY_OK;
    if (rc != ASSAY_OK ||
        (rc = escalation_settle(tx, x.id, h->caller->staff_id, "returned", clock_now_ms(), e)) !=
            0 ||
        (rc = flow_move(tx, &t, FLOW_HAND_BACK, h->caller->roles & PEOPLE_LEAD, e)) != 0)
        return rc;
    struct audit_entry entry = {.action = AUDIT_TASK_SETTLED,
                                .actor = people_actor(h->caller, PEOPLE_LEAD),
                                .objects = {{"escalation", x.id}, {"task", t.id}},
                                .outcome = "returned"};
    buf_reset(h->answer);
    add_moved(h->answer, &t);
    return audit_write(tx, &entry, NULL, e);
}

enum assay_err grade_return_escalation(struct world *w, const struct caller *c,
                                       int64_t escalation_id, struct buf *answer, struct err *e)
{
    struct handing_back h = {c, escalation_id, answer};

    return store_write(w->store, hand_back, &h, e);
}
