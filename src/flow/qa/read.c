/* Blind readings: the first agrees or differs; a third person settles what differs. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/qa/qa_impl.h"

struct reading_ctx {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    const struct qa_reading_new *in;
    struct buf *answer;
    struct buf tags, reason;
    /* large, so not on the stack */
    struct reading_row reading, third;
    struct decision_copy decision;
    struct correction_row correction;
};

/* How far the reader's grade is from the grader's. */
static enum scheme_severity severity(const struct scheme *s, const struct decision_copy *d,
                                     const char *code, const char *tags)
{
    enum scheme_severity by_code = scheme_compare(s, d->code, code);

    if (by_code == SCHEME_SAME && !str_equal(d->tags, tags))
        return SCHEME_MINOR;
    return by_code;
}

static enum assay_err open_third(struct tx *tx, struct reading_ctx *r, struct err *e)
{
    r->third = (struct reading_row){.id = rand_id(),
                                    .lot_id = r->reading.lot_id,
                                    .task_id = r->reading.task_id,
                                    .decision_id = r->reading.decision_id,
                                    .grader_id = r->reading.grader_id,
                                    .first_reading_id = r->reading.id,
                                    .first_reader_id = r->caller->staff_id,
                                    .probability_ppm = 1000000};
    (void)snprintf(r->third.kind, sizeof r->third.kind, "third");
    return reading_insert(tx, &r->third, e);
}

static enum assay_err open_correction(struct tx *tx, struct reading_ctx *r, struct err *e)
{
    char data[64];

    r->correction = (struct correction_row){.id = rand_id(),
                                            .reading_id = r->reading.id,
                                            .lot_id = r->reading.lot_id,
                                            .task_id = r->reading.task_id,
                                            .staff_id = r->reading.grader_id,
                                            .severity = r->reading.severity,
                                            .opened_ms = clock_now_ms()};
    memcpy(r->correction.code, r->reading.code, sizeof r->correction.code);
    memcpy(r->correction.tags, r->reading.tags, sizeof r->correction.tags);
    (void)snprintf(r->correction.state, sizeof r->correction.state, "open");
    enum assay_err rc = correction_insert(tx, &r->correction, e);
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(data, sizeof data, "{\"severity\":%lld}", (long long)r->reading.severity);
    struct audit_entry entry = {.action = AUDIT_CORRECTION_OPENED,
                                .actor = people_actor(r->caller, PEOPLE_ARBITER),
                                .objects = {{"correction", r->correction.id},
                                            {"task", r->correction.task_id},
                                            {"lot", r->correction.lot_id},
                                            {"staff", r->correction.staff_id}},
                                .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* Fill the reading with the caller's grade and what follows from it. */
static enum assay_err fill(struct tx *tx, struct reading_ctx *r, struct err *e)
{
    const struct scheme *scheme;
    bool third = str_equal(r->reading.kind, "third");
    enum assay_err rc;

    if ((rc = decision_get(tx, r->reading.decision_id, &r->decision, e)) != 0 ||
        (rc = flow_scheme_tx(r->world, tx, r->decision.scheme, &scheme, e)) != 0 ||
        (rc = scheme_check_decision(scheme, r->in->code, r->in->tags, r->in->tag_count,
                                    SCHEME_CHECK_COMPLETE, e)) != 0)
        return rc;
    if (third && (r->in->reason == NULL || r->in->reason[0] == '\0'))
        return err_set(e, ASSAY_EFORMAT, "a third reading needs one sentence of reason");
    buf_reset(&r->tags);
    scheme_tags_text(r->in->tags, r->in->tag_count, &r->tags);
    (void)snprintf(r->reading.code, sizeof r->reading.code, "%s", r->in->code);
    (void)snprintf(r->reading.tags, sizeof r->reading.tags, "%s", buf_cstr(&r->tags));
    r->reading.reader_id = r->caller->staff_id;
    r->reading.scheme_version = scheme->version;
    r->reading.decided_ms = clock_now_ms();
    r->reading.severity = severity(scheme, &r->decision, r->reading.code, r->reading.tags);
    bool same = r->reading.severity == SCHEME_SAME;
    const char *outcome = third ? (same ? "cleared" : "upheld") : (same ? "agrees" : "differs");
    (void)snprintf(r->reading.outcome, sizeof r->reading.outcome, "%s", outcome);
    buf_reset(&r->reason);
    if (r->in->reason != NULL && r->in->reason[0] != '\0')
        keys_seal(r->world->keys, &r->reading.id, sizeof r->reading.id, r->in->reason,
                  strlen(r->in->reason), &r->reason);
    return ASSAY_OK;
}

static enum assay_err follow(struct tx *tx, struct reading_ctx *r, struct err *e)
{
    bool third = str_equal(r->reading.kind, "third");
    bool same = r->reading.severity == SCHEME_SAME;
    enum assay_err rc;

    if (!third)
        return same ? ASSAY_OK : open_third(tx, r, e);
    if ((rc = reading_settle(tx, r->reading.first_reading_id, r->reading.outcome,
                             r->reading.severity, e)) != 0 ||
        same)
        return rc;
    return open_correction(tx, r, e);
}

static enum assay_err write_entry(struct tx *tx, const struct reading_ctx *r, struct err *e)
{
    bool third = str_equal(r->reading.kind, "third");
    struct json_out o;
    struct buf data;

    buf_init(&data, 16384);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "kind", r->reading.kind);
    json_text(&o, "code", r->reading.code);
    json_text(&o, "tags", r->reading.tags);
    json_text(&o, "result", r->reading.outcome);
    json_int(&o, "severity", r->reading.severity);
    json_int(&o, "probability_ppm", r->reading.probability_ppm);
    json_object_end(&o);
    struct audit_entry entry = {
        .action = AUDIT_READING_MADE,
        .keys = r->world->keys,
        .actor = people_actor(r->caller, third ? PEOPLE_ARBITER : PEOPLE_QUALITY),
        .objects = {{"reading", r->reading.id},
                    {"task", r->reading.task_id},
                    {"lot", r->reading.lot_id},
                    {"decision", r->reading.decision_id}},
        .purpose = "reading",
        .data = buf_cstr(&data),
        .texts = {{"reason", r->in->reason}}};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

static enum assay_err add_answer(struct tx *tx, const struct reading_ctx *r, const char *state,
                                 struct err *e)
{
    struct lot_counts n;
    struct json_out o;
    enum assay_err rc = lot_count(tx, r->reading.lot_id, &n, e);

    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, r->answer);
    json_object(&o, NULL);
    json_id(&o, "reading", r->reading.id);
    json_text(&o, "lot_state", state);
    json_int(&o, "left", n.waiting_sample + n.waiting_third);
    json_object_end(&o);
    return ASSAY_OK;
}

static enum assay_err read_task(struct tx *tx, void *ctx, struct err *e)
{
    struct reading_ctx *r = ctx;
    struct lease l;
    bool replayed;
    char state[12];
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, r->caller, r->once, r->answer, &replayed, e)) != 0 || replayed)
        return rc;
    if ((rc = queue_lease(tx, r->caller, r->in->lease, &l, e)) != 0)
        return rc;
    if (l.reading_id == 0)
        return err_set(e, ASSAY_ESTATE, "this lease is not for reading");
    if ((rc = reading_get(tx, l.reading_id, &r->reading, e)) != 0)
        return rc;
    if (r->reading.grader_id == r->caller->staff_id ||
        r->reading.first_reader_id == r->caller->staff_id)
        return err_set(e, ASSAY_EDENIED, "nobody reads their own grade or their own reading");
    if ((rc = fill(tx, r, e)) != 0 ||
        (rc = reading_decide(tx, &r->reading, r->reason.data, r->reason.size, e)) != 0 ||
        (rc = write_entry(tx, r, e)) != 0 || (rc = follow(tx, r, e)) != 0 ||
        (rc = queue_lease_end(tx, &l, e)) != 0 ||
        (rc = qa_judge(tx, r->reading.lot_id, state, e)) != 0 ||
        (rc = add_answer(tx, r, state, e)) != 0)
        return rc;
    return flow_once_end(tx, r->caller, r->once, r->answer, e);
}

enum assay_err qa_read(struct world *w, const struct caller *c, const struct once *o,
                       const struct qa_reading_new *in, struct buf *answer, struct err *e)
{
    struct reading_ctx *r = mem_zalloc(sizeof *r);

    *r = (struct reading_ctx){.world = w, .caller = c, .once = o, .in = in, .answer = answer};
    buf_init(&r->tags, DECISION_TAGS_SIZE - 1);
    buf_init(&r->reason, 16384);
    enum assay_err rc = in->tag_count > SCHEME_TAGS_MAX
                            ? err_set(e, ASSAY_EFORMAT, "at most %d tags", SCHEME_TAGS_MAX)
                            : store_write(w->store, read_task, r, e);
    buf_clear(&r->tags);
    buf_wipe(&r->reason);
    mem_free(r);
    return rc;
}
