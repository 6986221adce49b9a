/* The one table of states and moves, and the one place that changes a task's state. */
#include "flow/flow.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/batch.h"
#include "store/task.h"
#include "store/workspace.h"

#define SYSTEM 0u /* a background step, no person */

struct move {
    enum flow_state from;
    enum flow_event event;
    enum flow_state to;
    uint32_t roles; /* any of these may; SYSTEM: only a background step */
};

/* Whatever is not here cannot happen. */
static const struct move moves[] = {
    {FLOW_RECEIVED, FLOW_IDENTIFIED, FLOW_WAITING, SYSTEM},
    {FLOW_RECEIVED, FLOW_NOT_SUPPORTED, FLOW_UNSUPPORTED, SYSTEM},
    {FLOW_RECEIVED, FLOW_NOT_DECODABLE, FLOW_UNDECODABLE, SYSTEM},
    /* A later version decodes more. */
    {FLOW_UNSUPPORTED, FLOW_IDENTIFIED, FLOW_WAITING, SYSTEM},
    {FLOW_UNSUPPORTED, FLOW_NOT_SUPPORTED, FLOW_UNSUPPORTED, SYSTEM},
    {FLOW_UNSUPPORTED, FLOW_NOT_DECODABLE, FLOW_UNDECODABLE, SYSTEM},
    {FLOW_UNDECODABLE, FLOW_IDENTIFIED, FLOW_WAITING, SYSTEM},
    {FLOW_UNDECODABLE, FLOW_NOT_SUPPORTED, FLOW_UNSUPPORTED, SYSTEM},
    {FLOW_UNDECODABLE, FLOW_NOT_DECODABLE, FLOW_UNDECODABLE, SYSTEM},

    {FLOW_WAITING, FLOW_GRADE, FLOW_GRADED, PEOPLE_ASSESSOR},
    {FLOW_WAITING, FLOW_PUT_OFF, FLOW_LATER, PEOPLE_ASSESSOR},
    {FLOW_WAITING, FLOW_ASK_SECOND, FLOW_SECOND_LOOK, PEOPLE_ASSESSOR},
    {FLOW_WAITING, FLOW_ESCALATE, FLOW_ESCALATED, PEOPLE_ASSESSOR},

    {FLOW_LATER, FLOW_GRADE, FLOW_GRADED, PEOPLE_ASSESSOR},
    {FLOW_LATER, FLOW_PUT_OFF, FLOW_LATER, PEOPLE_ASSESSOR},
    {FLOW_LATER, FLOW_ASK_SECOND, FLOW_SECOND_LOOK, PEOPLE_ASSESSOR},
    {FLOW_LATER, FLOW_ESCALATE, FLOW_ESCALATED, PEOPLE_ASSESSOR},
    {FLOW_LATER, FLOW_HAND_BACK, FLOW_WAITING, PEOPLE_ASSESSOR | PEOPLE_LEAD},

    {FLOW_SECOND_LOOK, FLOW_GRADE, FLOW_GRADED, PEOPLE_ASSESSOR},
    {FLOW_SECOND_LOOK, FLOW_PUT_OFF, FLOW_LATER, PEOPLE_ASSESSOR},
    {FLOW_SECOND_LOOK, FLOW_ASK_SECOND, FLOW_SECOND_LOOK, PEOPLE_ASSESSOR},
    {FLOW_SECOND_LOOK, FLOW_ESCALATE, FLOW_ESCALATED, PEOPLE_ASSESSOR},

    {FLOW_ESCALATED, FLOW_GRADE, FLOW_GRADED, PEOPLE_LEAD},
    {FLOW_ESCALATED, FLOW_HAND_BACK, FLOW_WAITING, PEOPLE_LEAD},

    {FLOW_GRADED, FLOW_GRADE, FLOW_GRADED, PEOPLE_ASSESSOR | PEOPLE_LEAD},
    {FLOW_GRADED, FLOW_TAKE_BACK, FLOW_WAITING, PEOPLE_ASSESSOR},
    {FLOW_GRADED, FLOW_SUBMIT, FLOW_SUBMITTED, PEOPLE_ASSESSOR | PEOPLE_LEAD},

    {FLOW_SUBMITTED, FLOW_CORRECT, FLOW_SUBMITTED, PEOPLE_ASSESSOR | PEOPLE_ARBITER | PEOPLE_LEAD},
    {FLOW_SUBMITTED, FLOW_PASS, FLOW_PASSED, SYSTEM},
    {FLOW_PASSED, FLOW_CORRECT, FLOW_PASSED, PEOPLE_ARBITER | PEOPLE_LEAD},
};

static const char *const state_names[FLOW_STATE_COUNT] = {
    "received",    "unsupported", "undecodable", "waiting",   "later",
    "second_look", "escalated",   "graded",      "submitted", "passed",
};

static const char *const event_names[FLOW_EVENT_COUNT] = {
    "identified", "not_supported", "not_decodable", "grade",  "take_back", "put_off",
    "hand_back",  "ask_second",    "escalate",      "submit", "correct",   "pass",
};

const char *flow_state_name(enum flow_state s)
{
    assert((unsigned)s < FLOW_STATE_COUNT);
    return state_names[s];
}

enum assay_err flow_state_parse(const char *name, enum flow_state *out)
{
    for (unsigned i = 0; i < FLOW_STATE_COUNT; i++) {
        if (str_equal(name, state_names[i])) {
            *out = (enum flow_state)i;
            return ASSAY_OK;
        }
    }
    return ASSAY_EFORMAT;
}

const char *flow_event_name(enum flow_event ev)
{
    assert((unsigned)ev < FLOW_EVENT_COUNT);
    return event_names[ev];
}

enum assay_err flow_next(enum flow_state from, enum flow_event ev, uint32_t roles,
                         enum flow_state *to, struct err *e)
{
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].from != from || moves[i].event != ev)
            continue;
        if (moves[i].roles == SYSTEM ? roles != 0 : (moves[i].roles & roles) == 0)
            return err_set(e, ASSAY_EDENIED, "your role may not %s a task that is %s",
                           event_names[ev], state_names[from]);
        *to = moves[i].to;
        return ASSAY_OK;
    }
    return err_set(e, ASSAY_ESTATE, "a task that is %s cannot be moved by %s", state_names[from],
                   event_names[ev]);
}

enum assay_err flow_task(struct tx *tx, int64_t task_id, struct task *out, struct err *e)
{
    struct task_row row;
    enum assay_err rc = task_get(tx, task_id, &row, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such task");
    if (rc != ASSAY_OK)
        return rc;
    *out = (struct task){.id = row.id,
                         .item_id = row.item_id,
                         .batch_id = row.batch_id,
                         .owner_id = row.owner_id,
                         .decision_id = row.decision_id,
                         .lot_id = row.lot_id,
                         .fence = row.fence};
    memcpy(out->scheme, row.scheme, sizeof out->scheme);
    rc = flow_state_parse(row.state, &out->state);
    assert(rc == ASSAY_OK); /* the table's CHECK names the same states */
    return rc;
}

enum assay_err flow_may_see(struct tx *tx, const struct caller *c, const struct task *t,
                            struct err *e)
{
    bool yes;
    enum assay_err rc = batch_may_see(tx, t->batch_id, c->staff_id, &yes, e);

    if (rc == ASSAY_OK && !yes)
        return err_set(e, ASSAY_ENOTFOUND, "there is no such task");
    return rc;
}

enum assay_err flow_move(struct tx *tx, struct task *t, enum flow_event ev, uint32_t roles,
                         struct err *e)
{
    struct task_row row = {
        .id = t->id, .owner_id = t->owner_id, .decision_id = t->decision_id, .lot_id = t->lot_id};
    enum flow_state to;
    enum assay_err rc;

    if ((rc = flow_next(t->state, ev, roles, &to, e)) != 0)
        return rc;
    (void)snprintf(row.state, sizeof row.state, "%s", state_names[to]);
    if ((rc = task_move(tx, &row, state_names[t->state], clock_now_ms(), e)) != 0)
        return rc;
    t->state = to;
    return ASSAY_OK;
}

enum assay_err flow_once_begin(struct tx *tx, const struct caller *c, const struct once *o,
                               struct buf *answer, bool *replayed, struct err *e)
{
    uint8_t body_sha256[32];
    bool taken;
    enum assay_err rc;

    *replayed = false;
    buf_reset(answer); /* a transaction may run more than once */
    if (o == NULL || o->key == NULL)
        return ASSAY_OK;
    rc = once_take(tx, c->staff_id, o->key, o->body_sha256, clock_now_ms(), &taken, e);
    if (rc != ASSAY_OK || taken)
        return rc;
    if ((rc = once_get(tx, c->staff_id, o->key, body_sha256, answer, e)) != 0)
        return rc;
    if (memcmp(body_sha256, o->body_sha256, sizeof body_sha256) != 0) {
        buf_reset(answer);
        return err_set(e, ASSAY_ESTATE, "this Idempotency-Key was used for another request");
    }
    *replayed = true;
    return ASSAY_OK;
}

enum assay_err flow_once_end(struct tx *tx, const struct caller *c, const struct once *o,
                             struct buf *answer, struct err *e)
{
    assert(!answer->over);
    if (o == NULL || o->key == NULL)
        return ASSAY_OK;
    return once_answer(tx, c->staff_id, o->key, buf_cstr(answer), e);
}

int64_t flow_sample_size(int64_t lot_size)
{
    int64_t size = (lot_size * FLOW_SAMPLE_PERCENT + 99) / 100;

    if (size < FLOW_SAMPLE_MIN)
        size = FLOW_SAMPLE_MIN;
    return size < lot_size ? size : lot_size;
}
