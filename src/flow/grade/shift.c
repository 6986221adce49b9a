/* A shift: started, checked, submitted; its lot is sealed with it. */
#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "flow/grade/check.h"
#include "flow/grade/grade.h"
#include "flow/grade/grade_impl.h"
#include "store/decision.h"
#include "store/task.h"

#define ANSWER_TASKS 1000 /* ids a page while a lot is sealed */

struct shifting {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    struct buf *answer;
};

enum assay_err shift_open(struct tx *tx, const struct caller *c, enum people_role role,
                          struct shift_row *out, struct err *e)
{
    *out = (struct shift_row){.id = rand_id(),
                              .lot_id = rand_id(),
                              .staff_id = c->staff_id,
                              .started_ms = clock_now_ms()};
    enum assay_err rc = shift_insert(tx, out, e);
    if (rc != ASSAY_OK)
        return rc;
    struct audit_entry entry = {.action = AUDIT_SHIFT_STARTED,
                                .actor = people_actor(c, role),
                                .objects = {{"shift", out->id}, {"lot", out->lot_id}}};
    return audit_write(tx, &entry, NULL, e);
}

/* Leads have shifts too: what they settle is a lot like any other. */
static enum people_role shift_role(const struct caller *c)
{
    return (c->roles & PEOPLE_ASSESSOR) != 0 ? PEOPLE_ASSESSOR : PEOPLE_LEAD;
}

static enum assay_err add_shift(struct tx *tx, struct json_out *o, const char *key,
                                const struct shift_row *s, struct err *e)
{
    int64_t decided, later, leases;
    enum assay_err rc;

    if ((rc = decision_count(tx, s->lot_id, &decided, e)) != 0 ||
        (rc = later_count(tx, s->staff_id, &later, e)) != 0 ||
        (rc = lease_count(tx, s->staff_id, clock_now_ms(), &leases, e)) != 0)
        return rc;
    json_object(o, key);
    json_id(o, "shift", s->id);
    json_id(o, "lot", s->lot_id);
    json_time(o, "started_at", s->started_ms);
    json_int(o, "decided", decided);
    json_int(o, "later", later);
    json_int(o, "unsaved_leases", leases);
    json_bool(o, "checked", s->checked);
    json_object_end(o);
    return ASSAY_OK;
}

static enum assay_err get(struct tx *tx, void *ctx, struct err *e)
{
    const struct shifting *g = ctx;
    struct shift_row s;
    struct json_out o;
    enum assay_err rc = shift_find(tx, g->caller->staff_id, &s, e);

    buf_reset(g->answer);
    json_out_init(&o, g->answer);
    json_object(&o, NULL);
    if (rc == ASSAY_ENOTFOUND) {
        json_null(&o, "shift");
        rc = ASSAY_OK;
    } else if (rc == ASSAY_OK) {
        rc = add_shift(tx, &o, "shift", &s, e);
    }
    json_object_end(&o);
    return rc;
}

enum assay_err shift_get(struct world *w, const struct caller *c, struct buf *answer, struct err *e)
{
    struct shifting g = {w, c, NULL, answer};

    return store_read(w->store, get, &g, e);
}

static enum assay_err start(struct tx *tx, void *ctx, struct err *e)
{
    const struct shifting *g = ctx;
    struct shift_row s;
    struct json_out o;
    enum assay_err rc = shift_find(tx, g->caller->staff_id, &s, e);

    if ((g->caller->roles & (PEOPLE_ASSESSOR | PEOPLE_LEAD)) == 0)
        return err_set(e, ASSAY_EDENIED, "only assessors and leads have shifts");
    if (rc == ASSAY_ENOTFOUND)
        rc = shift_open(tx, g->caller, shift_role(g->caller), &s, e);
    if (rc != ASSAY_OK)
        return rc;
    buf_reset(g->answer);
    json_out_init(&o, g->answer);
    return add_shift(tx, &o, NULL, &s, e);
}

enum assay_err shift_start(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e)
{
    struct shifting g = {w, c, NULL, answer};

    return store_write(w->store, start, &g, e);
}

static enum assay_err find_open(struct tx *tx, const struct caller *c, struct shift_row *s,
                                struct err *e)
{
    enum assay_err rc = shift_find(tx, c->staff_id, s, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_ESTATE, "you have no open shift");
    return rc;
}

static enum assay_err check_in(struct tx *tx, const struct shifting *g, struct arena *a,
                               struct err *e)
{
    struct check k = {.arena = a};
    struct shift_row s;
    char data[128];
    enum assay_err rc;

    if ((rc = find_open(tx, g->caller, &s, e)) != 0 ||
        (rc = check_run(g->world, tx, s.staff_id, s.lot_id, &k, e)) != 0 ||
        (rc = shift_checked(tx, s.id, clock_now_ms(), e)) != 0)
        return rc;
    (void)snprintf(data, sizeof data, "{\"decided\":%lld,\"findings\":%zu,\"ready\":%d}",
                   (long long)k.decided, k.count, check_ready(&k));
    struct audit_entry entry = {.action = AUDIT_SHIFT_CHECKED,
                                .actor = people_actor(g->caller, shift_role(g->caller)),
                                .objects = {{"shift", s.id}, {"lot", s.lot_id}},
                                .data = data};
    buf_reset(g->answer);
    check_answer(&k, g->answer);
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err check(struct tx *tx, void *ctx, struct err *e)
{
    struct arena *a = arena_new();
    enum assay_err rc = check_in(tx, ctx, a, e);

    arena_free(a);
    return rc;
}

enum assay_err shift_check(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e)
{
    struct shifting g = {w, c, NULL, answer};

    return store_write(w->store, check, &g, e);
}

/* What is still in this person's hands goes back: leases, then the Later pile. */
static enum assay_err hand_back(struct tx *tx, const struct caller *c, struct err *e)
{
    struct lease_row l;
    struct task t;
    int64_t id;
    size_t n;
    enum assay_err rc;

    while ((rc = lease_end_one(tx, c->session_id, &l, e)) == ASSAY_OK) {
        struct audit_entry entry = {.action = AUDIT_TASK_RETURNED,
                                    .actor = people_actor(c, shift_role(c)),
                                    .objects = {{"task", l.task_id}},
                                    .purpose = l.purpose,
                                    .outcome = "submitted"};
        if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
            return rc;
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    while ((rc = task_ids_of_owner(tx, c->staff_id, &id, 1, &n, e)) == ASSAY_OK && n > 0) {
        struct audit_entry entry = {.action = AUDIT_TASK_PUT_OFF,
                                    .actor = people_actor(c, shift_role(c)),
                                    .objects = {{"task", id}},
                                    .outcome = "handed_back"};
        if ((rc = flow_task(tx, id, &t, e)) != 0)
            return rc;
        t.owner_id = 0;
        if ((rc = flow_move(tx, &t, FLOW_HAND_BACK, PEOPLE_ASSESSOR, e)) != 0 ||
            (rc = audit_write(tx, &entry, NULL, e)) != 0)
            return rc;
    }
    return rc;
}

static enum assay_err seal(struct tx *tx, const struct shifting *g, const struct shift_row *s,
                           int64_t *size, struct err *e)
{
    int64_t ids[ANSWER_TASKS], after = 0;
    struct task t;
    size_t n;
    enum assay_err rc;

    *size = 0;
    do {
        if ((rc = task_ids_of_lot(tx, s->lot_id, after, ids, ANSWER_TASKS, &n, e)) != 0)
            return rc;
        for (size_t i = 0; i < n; i++) {
            if ((rc = flow_task(tx, ids[i], &t, e)) != 0 ||
                (rc = flow_move(tx, &t, FLOW_SUBMIT, PEOPLE_ASSESSOR, e)) != 0)
                return rc;
            after = ids[i];
        }
        *size += (int64_t)n;
    } while (n == ANSWER_TASKS);
    if ((rc = shift_seal(tx, s, *size, clock_now_ms(), e)) != 0)
        return rc;
    char data[64];
    (void)snprintf(data, sizeof data, "{\"size\":%lld}", (long long)*size);
    struct audit_entry entry = {.action = AUDIT_LOT_SUBMITTED,
                                .actor = people_actor(g->caller, shift_role(g->caller)),
                                .objects = {{"lot", s->lot_id}, {"shift", s->id}},
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err submit_in(struct tx *tx, const struct shifting *g, struct arena *a,
                                struct err *e)
{
    struct check k = {.arena = a};
    struct shift_row s;
    struct json_out o;
    int64_t size;
    enum assay_err rc;

    if ((rc = find_open(tx, g->caller, &s, e)) != 0 || (rc = shift_hold(tx, s.id, e)) != 0)
        return rc;
    if (!s.checked)
        return err_set(e, ASSAY_ESTATE, "run the shift-end check first");
    if ((rc = check_run(g->world, tx, s.staff_id, s.lot_id, &k, e)) != 0)
        return rc;
    if (!check_ready(&k))
        return err_set(e, ASSAY_ESTATE, "the shift-end check has open points; mend them first");
    if ((rc = hand_back(tx, g->caller, e)) != 0 || (rc = seal(tx, g, &s, &size, e)) != 0)
        return rc;
    json_out_init(&o, g->answer);
    json_object(&o, NULL);
    json_id(&o, "lot", s.lot_id);
    json_int(&o, "size", size);
    json_int(&o, "sample_size", flow_sample_size(size));
    json_object_end(&o);
    return ASSAY_OK;
}

static enum assay_err submit(struct tx *tx, void *ctx, struct err *e)
{
    const struct shifting *g = ctx;
    bool replayed;
    enum assay_err rc = flow_once_begin(tx, g->caller, g->once, g->answer, &replayed, e);

    if (rc != ASSAY_OK || replayed)
        return rc;
    struct arena *a = arena_new();
    rc = submit_in(tx, g, a, e);
    arena_free(a);
    return rc != ASSAY_OK ? rc : flow_once_end(tx, g->caller, g->once, g->answer, e);
}

enum assay_err shift_submit(struct world *w, const struct caller *c, const struct once *o,
                            struct buf *answer, struct err *e)
{
    struct shifting g = {w, c, o, answer};

    return store_write(w->store, submit, &g, e);
}
