/* One task of an item's record: every decision, reading, correction, escalation, vote and view. */
#include "flow/decision.h"
#include "flow/items/items_impl.h"
#include "store/history.h"
#include "store/item.h"
#include "store/task.h"

#define VIEWS_MAX   200
#define NOTE_MAX    16384
#define MAY_GRADE   (PEOPLE_ASSESSOR | PEOPLE_LEAD)
#define READS_BLIND (PEOPLE_QUALITY | PEOPLE_ARBITER)

static const char *const severities[] = {"none", "minor", "major", "critical"};

/* A sealed sentence under key, as text; null when there is none. id binds it. */
static enum assay_err add_sealed(struct item_record *r, const char *key, int64_t id,
                                 const void *sealed, size_t size)
{
    struct buf plain;
    enum assay_err rc = ASSAY_OK;

    buf_init(&plain, NOTE_MAX);
    if (size > 0)
        rc = keys_open_sealed(r->world->keys, &id, sizeof id, sealed, size, &plain, NULL);
    json_text(&r->o, key, size > 0 ? buf_cstr(&plain) : NULL);
    buf_wipe(&plain);
    return rc;
}

static enum assay_err add_decision(void *ctx, const struct history_decision *d)
{
    struct item_record *r = ctx;
    struct json_out *o = &r->o;

    json_object(o, NULL);
    json_id(o, "decision", d->id);
    json_int(o, "version", d->version);
    json_bool(o, "stands", d->id == r->decision_id);
    items_add_who(r, "who", d->staff_id, d->who);
    json_bool(o, "mine", d->staff_id == r->caller->staff_id);
    json_text(o, "basis", d->basis);
    json_id(o, "lot", d->lot_id);
    json_int(o, "scheme_version", d->scheme_version);
    json_int(o, "guidance_version", d->guidance_version);
    json_text(o, "code", d->code);
    flow_add_tags(o, "tags", d->tags);
    json_int(o, "revealed_ms", d->revealed_ms);
    json_text(o, "software", d->software);
    json_time(o, "decided_at", d->decided_ms);
    enum assay_err rc = add_sealed(r, "note", d->id, d->note_sealed, d->note_size);
    json_object_end(o);
    return rc;
}

static enum assay_err add_reading(void *ctx, const struct history_reading *d)
{
    struct item_record *r = ctx;
    struct json_out *o = &r->o;

    json_object(o, NULL);
    json_id(o, "reading", d->id);
    json_id(o, "lot", d->lot_id);
    json_text(o, "kind", d->kind);
    json_int(o, "of_version", d->version);
    items_add_who(r, "who", d->reader_id, d->who);
    json_text(o, "code", d->code);
    flow_add_tags(o, "tags", d->tags);
    json_text(o, "outcome", d->outcome);
    json_text(o, "severity", severities[d->severity & 3]);
    json_time(o, "decided_at", d->decided_ms);
    enum assay_err rc = add_sealed(r, "reason", d->id, d->reason_sealed, d->reason_size);
    json_object_end(o);
    return rc;
}

static enum assay_err add_correction(void *ctx, const struct history_correction *c)
{
    struct item_record *r = ctx;
    struct json_out *o = &r->o;

    json_object(o, NULL);
    json_id(o, "correction", c->id);
    items_add_who(r, "who", c->staff_id, c->who);
    json_text(o, "severity", severities[c->severity & 3]);
    json_text(o, "code", c->code);
    flow_add_tags(o, "tags", c->tags);
    json_text(o, "state", c->state);
    json_text(o, "outcome", c->outcome);
    json_time(o, "opened_at", c->opened_ms);
    json_time(o, "answered_at", c->answered_ms);
    json_time(o, "closed_at", c->closed_ms);
    items_add_who(r, "closed_by", c->closed_by, c->closer);
    enum assay_err rc = add_sealed(r, "answer", c->id, c->answer_sealed, c->answer_size);
    json_object_end(o);
    return rc;
}

static enum assay_err add_escalation(void *ctx, const struct history_escalation *x)
{
    struct item_record *r = ctx;
    struct json_out *o = &r->o;

    json_object(o, NULL);
    json_id(o, "escalation", x->id);
    items_add_who(r, "who", x->staff_id, x->who);
    json_int(o, "reason", x->reason);
    json_time(o, "raised_at", x->created_ms);
    items_add_who(r, "settled_by", x->settled_by, x->settler);
    json_time(o, "settled_at", x->settled_ms);
    json_text(o, "outcome", x->outcome);
    enum assay_err rc = add_sealed(r, "note", x->id, x->note_sealed, x->note_size);
    json_object_end(o);
    return rc;
}

static enum assay_err add_vote(void *ctx, const struct history_vote *v)
{
    struct item_record *r = ctx;

    json_object(&r->o, NULL);
    json_text(&r->o, "source", v->source);
    json_text(&r->o, "code", v->code);
    flow_add_tags(&r->o, "tags", v->tags);
    json_time(&r->o, "created_at", v->created_ms);
    json_object_end(&r->o);
    return ASSAY_OK;
}

static enum assay_err add_view(void *ctx, const struct history_view *v)
{
    struct item_record *r = ctx;

    json_object(&r->o, NULL);
    items_add_who(r, "who", v->staff_id, v->who);
    json_text(&r->o, "rendition", v->rendition);
    json_time(&r->o, "started_at", v->started_ms);
    json_time(&r->o, "ended_at", v->ended_ms);
    json_int(&r->o, "shown_ms", v->shown_ms);
    json_object_end(&r->o);
    return ASSAY_OK;
}

static enum assay_err add_release(void *ctx, const struct history_release *x)
{
    struct item_record *r = ctx;

    json_object(&r->o, NULL);
    json_id(&r->o, "release", x->id);
    json_text(&r->o, "state", x->state);
    json_int(&r->o, "version", x->version);
    json_time(&r->o, "decided_at", x->decided_ms);
    json_time(&r->o, "written_at", x->written_ms);
    json_object_end(&r->o);
    return ASSAY_OK;
}

/* Whether the caller may yet read this task blind. A lot that has passed is read no more. */
static bool reads_yet(const struct caller *c, enum flow_state state, bool voted)
{
    return (c->roles & READS_BLIND) != 0 && state != FLOW_PASSED &&
           !(state == FLOW_SUBMITTED && voted);
}

/* Whether they may yet grade it: while its shift is open it can come back to the queue. */
static bool grades_yet(const struct caller *c, enum flow_state state)
{
    return (c->roles & MAY_GRADE) != 0 && state <= FLOW_GRADED;
}

static enum assay_err add_work(struct tx *tx, struct item_record *r, int64_t task_id, struct err *e)
{
    struct json_out *o = &r->o;
    int64_t views;
    enum assay_err rc;

    json_array(o, "decisions");
    if ((rc = history_decisions(tx, task_id, add_decision, r, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "readings");
    if ((rc = history_readings(tx, task_id, add_reading, r, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "corrections");
    if ((rc = history_corrections(tx, task_id, add_correction, r, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "escalations");
    if ((rc = history_escalations(tx, task_id, add_escalation, r, e)) != 0)
        return rc;
    json_array_end(o);
    if ((rc = history_count_views(tx, task_id, &views, e)) != 0)
        return rc;
    json_int(o, "view_count", views);
    json_array(o, "views");
    if ((rc = history_views(tx, task_id, VIEWS_MAX, add_view, r, e)) != 0)
        return rc;
    json_array_end(o);
    json_array(o, "releases");
    if ((rc = history_releases(tx, task_id, add_release, r, e)) != 0)
        return rc;
    json_array_end(o);
    return ASSAY_OK;
}

static void add_nothing(struct json_out *o)
{
    static const char *const lists[] = {"decisions",   "readings", "corrections",
                                        "escalations", "views",    "releases"};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_array(o, lists[i]);
        json_array_end(o);
    }
    json_int(o, "view_count", 0);
}

enum assay_err items_add_task(struct tx *tx, struct item_record *r, int64_t task_id, struct err *e)
{
    struct json_out *o = &r->o;
    struct task_row row;
    struct task t;
    char batch[256];
    bool voted;
    enum assay_err rc;

    if ((rc = task_get(tx, task_id, &row, e)) != 0 || (rc = flow_task(tx, task_id, &t, e)) != 0 ||
        (rc = batch_name(tx, t.batch_id, batch, sizeof batch, e)) != 0 ||
        (rc = history_has_voted(tx, task_id, r->caller->staff_id, &voted, e)) != 0)
        return rc;
    bool blind = reads_yet(r->caller, t.state, voted);
    bool votes_hidden = blind || grades_yet(r->caller, t.state);
    r->decision_id = t.decision_id;
    r->blind = r->blind || blind;
    json_object(o, NULL);
    json_id(o, "task", t.id);
    json_text(o, "scheme", t.scheme);
    json_text(o, "state", row.state);
    json_time(o, "state_at", row.state_ms);
    json_text(o, "batch", batch);
    json_id(o, "lot", blind ? 0 : t.lot_id);
    json_bool(o, "blind", blind);
    json_bool(o, "votes_hidden", votes_hidden);
    if (blind)
        add_nothing(o);
    else if ((rc = add_work(tx, r, task_id, e)) != 0)
        return rc;
    json_array(o, "votes");
    if (!votes_hidden && (rc = history_votes(tx, task_id, add_vote, r, e)) != 0)
        return rc;
    json_array_end(o);
    json_object_end(o);
    return ASSAY_OK;
}
