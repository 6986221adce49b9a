/* Decisions: append-only versions made under a live lease, and taking the newest back. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/grade/grade.h"
#include "flow/grade/grade_impl.h"
#include "store/decision.h"
#include "store/schemes.h"
#include "store/task.h"

struct deciding {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    const struct grade_new *in;
    struct buf *answer;
    struct buf tags; /* canonical */
};

static enum assay_err add_decision(struct tx *tx, struct buf *answer, const struct decision_row *d,
                                   struct err *e)
{
    struct json_out o;
    int64_t decided;
    enum assay_err rc = decision_count(tx, d->lot_id, &decided, e);

    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, answer);
    json_object(&o, NULL);
    json_id(&o, "decision", d->id);
    json_id(&o, "task", d->task_id);
    json_int(&o, "version", d->version);
    json_text(&o, "code", d->code);
    flow_add_tags(&o, "tags", d->tags);
    json_time(&o, "decided_at", d->decided_ms);
    json_int(&o, "decided", decided);
    json_object_end(&o);
    return ASSAY_OK;
}

/* Whose lot the decision goes to: the caller's open shift. A lead who settles has one opened. */
static enum assay_err lot_for(struct tx *tx, const struct deciding *d, const struct lease *l,
                              int64_t *lot_id, struct err *e)
{
    struct shift_row s;
    enum assay_err rc = shift_find(tx, d->caller->staff_id, &s, e);

    if (rc == ASSAY_ENOTFOUND && str_equal(l->purpose, "settle"))
        rc = shift_open(tx, d->caller, PEOPLE_LEAD, &s, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE, "you have no open shift; start one");
    if (rc == ASSAY_OK)
        rc = shift_hold(tx, s.id, e);
    if (rc == ASSAY_OK)
        *lot_id = s.lot_id;
    return rc;
}

/* Settle the escalation that the task came out of. */
static enum assay_err settle(struct tx *tx, const struct deciding *d, int64_t task_id,
                             struct err *e)
{
    struct escalation_row x;
    enum assay_err rc = escalation_open(tx, task_id, &x, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = escalation_settle(tx, x.id, d->caller->staff_id, "graded", clock_now_ms(), e)) != 0)
        return rc;
    struct audit_entry entry = {.action = AUDIT_TASK_SETTLED,
                                .actor = people_actor(d->caller, PEOPLE_LEAD),
                                .objects = {{"escalation", x.id}, {"task", task_id}},
                                .outcome = "graded"};
    return audit_write(tx, &entry, NULL, e);
}

/* Everything of the row but what the caller says. */
static enum assay_err fill_row(struct tx *tx, struct deciding *d, const struct task *t,
                               const struct scheme *s, struct decision_row *row, struct err *e)
{
    enum assay_err rc;

    row->id = rand_id();
    row->task_id = t->id;
    row->staff_id = d->caller->staff_id;
    row->basis = "seen";
    row->scheme = s->name;
    row->scheme_version = s->version;
    row->fence = t->fence;
    row->software = "assay " ASSAY_VERSION;
    row->decided_ms = clock_now_ms();
    if ((rc = decision_version(tx, t->id, &row->version, e)) != 0 ||
        (rc = viewing_revealed_ms(tx, t->id, row->staff_id, row->decided_ms, &row->revealed_ms,
                                  e)) != 0)
        return rc;
    row->version++;
    if (row->code == NULL)
        return ASSAY_OK;
    return guidance_version(tx, s->name, row->code, &row->guidance_version, e);
}

static enum assay_err decide(struct tx *tx, void *ctx, struct err *e)
{
    struct deciding *d = ctx;
    const struct scheme *scheme;
    struct decision_row row = {.code = d->in->code};
    struct lease l;
    struct task t;
    bool replayed;
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, d->caller, d->once, d->answer, &replayed, e)) != 0 || replayed)
        return rc;
    if ((rc = queue_lease(tx, d->caller, d->in->lease, &l, e)) != 0 ||
        (rc = flow_task(tx, l.task_id, &t, e)) != 0 ||
        (rc = flow_scheme_tx(d->world, tx, t.scheme, &scheme, e)) != 0 ||
        (rc = scheme_check_decision(scheme, d->in->code, d->in->tags, d->in->tag_count,
                                    SCHEME_CHECK_COMPLETE, e)) != 0)
        return rc;
    if (!str_equal(l.purpose, "grade") && !str_equal(l.purpose, "settle"))
        return err_set(e, ASSAY_ESTATE, "this lease is not for grading");
    bool settles = str_equal(l.purpose, "settle");
    buf_reset(&d->tags);
    scheme_tags_text(d->in->tags, d->in->tag_count, &d->tags);
    row.tags = buf_cstr(&d->tags);
    if ((rc = fill_row(tx, d, &t, scheme, &row, e)) != 0 ||
        (rc = lot_for(tx, d, &l, &row.lot_id, e)) != 0)
        return rc;
    t.decision_id = row.id;
    t.lot_id = row.lot_id;
    t.owner_id = 0;
    uint32_t role = settles ? PEOPLE_LEAD : PEOPLE_ASSESSOR;
    if ((settles && (rc = settle(tx, d, t.id, e)) != 0) ||
        (rc = flow_write_decision(d->world, tx, &row, &t, AUDIT_DECISION_MADE,
                                  people_actor(d->caller, (enum people_role)role), l.purpose,
                                  d->in->note, e)) != 0 ||
        (rc = flow_move(tx, &t, FLOW_GRADE, d->caller->roles & role, e)) != 0 ||
        (rc = queue_lease_end(tx, &l, e)) != 0 || (rc = add_decision(tx, d->answer, &row, e)) != 0)
        return rc;
    return flow_once_end(tx, d->caller, d->once, d->answer, e);
}

enum assay_err grade_decide(struct world *w, const struct caller *c, const struct once *o,
                            const struct grade_new *in, struct buf *answer, struct err *e)
{
    struct deciding d = {.world = w, .caller = c, .once = o, .in = in, .answer = answer};

    if (in->tag_count > SCHEME_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "at most %d tags", SCHEME_TAGS_MAX);
    buf_init(&d.tags, DECISION_TAGS_SIZE - 1);
    enum assay_err rc = store_write(w->store, decide, &d, e);
    buf_clear(&d.tags);
    return rc;
}

/* The newest decision of the open shift that still stands. */
static enum assay_err newest(struct tx *tx, const struct deciding *d, struct decision_copy *copy,
                             struct err *e)
{
    struct shift_row s;
    int64_t id;
    enum assay_err rc = shift_find(tx, d->caller->staff_id, &s, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE, "you have no open shift; a submitted one cannot be undone");
    if (rc == ASSAY_OK && (rc = shift_hold(tx, s.id, e)) == ASSAY_OK)
        rc = decision_newest(tx, s.lot_id, &id, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE, "there is nothing to undo in this shift");
    return rc != ASSAY_OK ? rc : decision_get(tx, id, copy, e);
}

static enum assay_err take_back(struct tx *tx, struct deciding *d, struct decision_copy *copy,
                                struct err *e)
{
    const struct scheme *scheme;
    struct decision_row row = {.code = NULL, .tags = ""};
    struct task t;
    enum assay_err rc;

    if ((rc = newest(tx, d, copy, e)) != 0 || (rc = flow_task(tx, copy->task_id, &t, e)) != 0 ||
        (rc = flow_scheme_tx(d->world, tx, t.scheme, &scheme, e)) != 0 ||
        (rc = fill_row(tx, d, &t, scheme, &row, e)) != 0)
        return rc;
    row.lot_id = t.lot_id;
    row.from_decision_id = copy->id;
    if ((rc = flow_write_decision(d->world, tx, &row, &t, AUDIT_DECISION_UNDONE,
                                  people_actor(d->caller, PEOPLE_ASSESSOR), "grade", NULL, e)) != 0)
        return rc;
    t.decision_id = 0;
    t.lot_id = 0;
    if ((rc = flow_move(tx, &t, FLOW_TAKE_BACK, d->caller->roles & PEOPLE_ASSESSOR, e)) != 0)
        return rc;
    return queue_lease_begin(d->world, tx, d->caller, &t, "grade", d->answer, e);
}

static enum assay_err undo(struct tx *tx, void *ctx, struct err *e)
{
    struct deciding *d = ctx;
    bool replayed;
    enum assay_err rc = flow_once_begin(tx, d->caller, d->once, d->answer, &replayed, e);

    if (rc != ASSAY_OK || replayed)
        return rc;
    struct decision_copy *copy = mem_zalloc(sizeof *copy);
    rc = take_back(tx, d, copy, e);
    mem_free(copy);
    return rc != ASSAY_OK ? rc : flow_once_end(tx, d->caller, d->once, d->answer, e);
}

enum assay_err grade_undo(struct world *w, const struct caller *c, const struct once *o,
                          struct buf *answer, struct err *e)
{
    struct deciding d = {.world = w, .caller = c, .once = o, .answer = answer};

    return store_write(w->store, undo, &d, e);
}
