/* Corrections: an upheld error goes back to its assessor, who fixes or contests it, by text. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/decision.h"
#include "flow/qa/qa_impl.h"
#include "store/schemes.h"
#include "store/task.h"

struct correcting {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    int64_t id;
    const struct qa_answer *in;
    enum qa_outcome outcome;
    bool others_only; /* leave out the caller's own lines: they stand there already */
    struct buf *answer;
    struct buf tags, sealed;
    struct json_out o;
    struct correction_row row;
    struct reading_row reading;
};

static enum assay_err add_sealed(struct correcting *k, const char *key, int64_t id,
                                 const void *sealed, size_t size)
{
    struct buf plain;
    enum assay_err rc = ASSAY_OK;

    buf_init(&plain, 16384);
    if (size > 0)
        rc = keys_open_sealed(k->world->keys, &id, sizeof id, sealed, size, &plain, NULL);
    json_text(&k->o, key, buf_cstr(&plain));
    buf_wipe(&plain);
    return rc;
}

static enum assay_err add_line(void *ctx, const struct correction_line *line)
{
    static const char *const severities[] = {"minor", "minor", "major", "critical"};
    struct correcting *k = ctx;
    const struct correction_row *r = &line->row;
    enum assay_err rc;

    if (k->others_only && r->staff_id == k->caller->staff_id)
        return ASSAY_OK;
    json_object(&k->o, NULL);
    json_id(&k->o, "correction", r->id);
    json_id(&k->o, "task", r->task_id);
    json_id(&k->o, "lot", r->lot_id);
    json_text(&k->o, "severity", severities[r->severity & 3]);
    json_text(&k->o, "given_code", line->given_code);
    flow_add_tags(&k->o, "given_tags", line->given_tags);
    json_text(&k->o, "upheld_code", r->code);
    flow_add_tags(&k->o, "upheld_tags", r->tags);
    json_text(&k->o, "state", r->state);
    json_text(&k->o, "outcome", r->outcome[0] == '\0' ? NULL : r->outcome);
    json_time(&k->o, "opened_at", r->opened_ms);
    json_bool(&k->o, "mine", r->staff_id == k->caller->staff_id);
    if ((rc = add_sealed(k, "reason", line->reading_id, line->reason_sealed, line->reason_size)) !=
            0 ||
        (rc = add_sealed(k, "answer", r->id, line->answer_sealed, line->answer_size)) != 0)
        return rc;
    json_object_end(&k->o);
    return ASSAY_OK;
}

static enum assay_err list(struct tx *tx, void *ctx, struct err *e)
{
    struct correcting *k = ctx;
    bool judge = (k->caller->roles & (PEOPLE_LEAD | PEOPLE_ARBITER)) != 0;
    const struct correction_which own = {.staff_id = k->caller->staff_id};
    const struct correction_which contested = {.judge_id = k->caller->staff_id};
    enum assay_err rc;

    buf_reset(k->answer);
    json_out_init(&k->o, k->answer);
    json_object(&k->o, NULL);
    json_array(&k->o, "corrections");
    k->others_only = false;
    if ((rc = correction_each(tx, &own, add_line, k, e)) == ASSAY_OK && judge) {
        k->others_only = true;
        rc = correction_each(tx, &contested, add_line, k, e);
    }
    json_array_end(&k->o);
    json_object_end(&k->o);
    if (rc == ASSAY_EDAMAGED || rc == ASSAY_EKEY)
        return err_set(e, rc, "a sentence cannot be opened; tell an administrator");
    return rc;
}

enum assay_err qa_corrections(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e)
{
    struct correcting *k = mem_zalloc(sizeof *k);

    *k = (struct correcting){.world = w, .caller = c, .answer = answer};
    enum assay_err rc = store_read(w->store, list, k, e);
    mem_free(k);
    return rc;
}

static enum assay_err add_answer(struct tx *tx, struct correcting *k, struct err *e)
{
    const struct correction_which this = {.id = k->id};

    json_out_init(&k->o, k->answer);
    return correction_each(tx, &this, add_line, k, e);
}

enum assay_err qa_put_grade(struct world *w, struct tx *tx, const struct caller *c,
                            enum people_role role, int64_t task_id, const struct qa_grade *g,
                            struct task *t, struct err *e)
{
    const struct scheme *s;
    struct decision_row d = {.id = rand_id(),
                             .staff_id = c->staff_id,
                             .basis = "seen",
                             .code = g->code,
                             .tags = g->tags,
                             .software = "assay " ASSAY_VERSION,
                             .decided_ms = clock_now_ms()};
    enum assay_err rc;

    if ((rc = flow_task(tx, task_id, t, e)) != 0 ||
        (rc = flow_scheme_tx(w, tx, t->scheme, &s, e)) != 0 ||
        (rc = decision_version(tx, t->id, &d.version, e)) != 0 ||
        (rc = guidance_version(tx, s->name, g->code, &d.guidance_version, e)) != 0 ||
        (rc = viewing_revealed_ms(tx, t->id, d.staff_id, d.decided_ms, &d.revealed_ms, e)) != 0)
        return rc;
    d.task_id = t->id;
    d.version++;
    d.lot_id = t->lot_id;
    d.scheme = s->name;
    d.scheme_version = s->version;
    d.fence = t->fence;
    if ((rc = flow_write_decision(w, tx, &d, t, AUDIT_DECISION_MADE, people_actor(c, role),
                                  "correction", g->note, e)) != 0)
        return rc;
    t->decision_id = d.id;
    if ((rc = flow_move(tx, t, FLOW_CORRECT, role, e)) != 0)
        return rc;
    return t->state == FLOW_PASSED ? flow_spread(tx, t, e) : ASSAY_OK;
}

/* The new grade inside the sealed lot, by who answers or closes. */
static enum assay_err put_grade(struct tx *tx, struct correcting *k, enum people_role role,
                                const char *code, const char *tags, struct err *e)
{
    struct qa_grade g = {code, tags, NULL};
    struct task t;

    return qa_put_grade(k->world, tx, k->caller, role, k->row.task_id, &g, &t, e);
}

/* Let go of the picture, if it was asked for. */
static enum assay_err end_lease(struct tx *tx, const struct correcting *k, struct err *e)
{
    struct lease_row l;
    enum assay_err rc = lease_of_task(tx, k->row.task_id, clock_now_ms(), &l, e);

    if (rc == ASSAY_OK && l.correction_id == k->id)
        return lease_delete(tx, l.token, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* Who graded it: an assessor, or the lead who settled it. */
static enum people_role grader_role(const struct caller *c)
{
    return (c->roles & PEOPLE_ASSESSOR) != 0 ? PEOPLE_ASSESSOR : PEOPLE_LEAD;
}

static enum assay_err fix(struct tx *tx, struct correcting *k, struct err *e)
{
    const struct scheme *s;
    struct task t;
    enum assay_err rc;

    if ((rc = flow_task(tx, k->row.task_id, &t, e)) != 0 ||
        (rc = flow_scheme_tx(k->world, tx, t.scheme, &s, e)) != 0 ||
        (rc = scheme_check_decision(s, k->in->code, k->in->tags, k->in->tag_count,
                                    SCHEME_CHECK_COMPLETE, e)) != 0)
        return rc;
    buf_reset(&k->tags);
    scheme_tags_text(k->in->tags, k->in->tag_count, &k->tags);
    if (!str_equal(k->in->code, k->row.code) || !str_equal(buf_cstr(&k->tags), k->row.tags))
        return err_set(e, ASSAY_EFORMAT,
                       "fixing it takes over the upheld grade, %s, with its tags; contest it if "
                       "you do not agree",
                       k->row.code);
    (void)snprintf(k->row.state, sizeof k->row.state, "closed");
    (void)snprintf(k->row.outcome, sizeof k->row.outcome, "fixed");
    k->row.closed_ms = k->row.answered_ms;
    k->row.closed_by = k->caller->staff_id;
    return put_grade(tx, k, grader_role(k->caller), k->in->code, buf_cstr(&k->tags), e);
}

static enum assay_err write_entry(struct tx *tx, const struct correcting *k,
                                  enum audit_action action, enum people_role role, struct err *e)
{
    struct audit_entry entry = {
        .action = action,
        .keys = k->world->keys,
        .actor = people_actor(k->caller, role),
        .objects = {{"correction", k->id}, {"task", k->row.task_id}, {"lot", k->row.lot_id}},
        .outcome = k->row.outcome[0] == '\0' ? "contested" : k->row.outcome};

    if (k->in != NULL)
        entry.texts[0] = (struct audit_text){"answer", k->in->contest};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err answer(struct tx *tx, void *ctx, struct err *e)
{
    struct correcting *k = ctx;
    bool replayed;
    char state[12];
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, k->caller, k->once, k->answer, &replayed, e)) != 0 || replayed)
        return rc;
    rc = correction_get(tx, k->id, &k->row, e);
    if (rc == ASSAY_ENOTFOUND || (rc == ASSAY_OK && k->row.staff_id != k->caller->staff_id))
        return err_set(e, ASSAY_ENOTFOUND, "there is no such correction of yours");
    if (rc != ASSAY_OK)
        return rc;
    if (!str_equal(k->row.state, "open"))
        return err_set(e, ASSAY_ESTATE, "this correction was answered already");
    k->row.answered_ms = clock_now_ms();
    buf_reset(&k->sealed);
    if (k->in->code != NULL) {
        if ((rc = fix(tx, k, e)) != 0)
            return rc;
    } else {
        (void)snprintf(k->row.state, sizeof k->row.state, "contested");
        keys_seal(k->world->keys, &k->id, sizeof k->id, k->in->contest, strlen(k->in->contest),
                  &k->sealed);
    }
    if ((rc = end_lease(tx, k, e)) != 0 ||
        (rc = correction_move(tx, &k->row, "open", k->sealed.data, k->sealed.size, e)) != 0 ||
        (rc = write_entry(tx, k, AUDIT_CORRECTION_ANSWERED, grader_role(k->caller), e)) != 0 ||
        (rc = qa_judge(tx, k->row.lot_id, state, e)) != 0 || (rc = add_answer(tx, k, e)) != 0)
        return rc;
    return flow_once_end(tx, k->caller, k->once, k->answer, e);
}

static enum assay_err run(struct correcting *k, store_fn *fn, struct err *e)
{
    buf_init(&k->tags, DECISION_TAGS_SIZE - 1);
    buf_init(&k->sealed, 16384);
    enum assay_err rc = store_write(k->world->store, fn, k, e);
    buf_clear(&k->tags);
    buf_wipe(&k->sealed);
    mem_free(k);
    return rc;
}

enum assay_err qa_answer_correction(struct world *w, const struct caller *c, const struct once *o,
                                    int64_t correction_id, const struct qa_answer *in,
                                    struct buf *out, struct err *e)
{
    if ((in->code == NULL) == (in->contest == NULL) || in->tag_count > SCHEME_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "give either fix or contest");
    struct correcting *k = mem_zalloc(sizeof *k);
    *k = (struct correcting){
        .world = w, .caller = c, .once = o, .id = correction_id, .in = in, .answer = out};
    return run(k, answer, e);
}

/* Neither who graded nor who upheld it may decide a contested correction. */
static enum assay_err may_close(const struct correcting *k, struct err *e)
{
    if ((k->caller->roles & (PEOPLE_LEAD | PEOPLE_ARBITER)) == 0)
        return err_set(e, ASSAY_EDENIED,
                       "only a lead or an arbiter decides a contested correction");
    if (k->caller->staff_id == k->row.staff_id || k->caller->staff_id == k->reading.reader_id)
        return err_set(e, ASSAY_EDENIED,
                       "who graded and who upheld the error do not decide it; ask another lead or "
                       "arbiter");
    if (!str_equal(k->row.state, "contested"))
        return err_set(e, ASSAY_ESTATE, "this correction is not contested");
    return ASSAY_OK;
}

static enum assay_err close_contested(struct tx *tx, void *ctx, struct err *e)
{
    struct correcting *k = ctx;
    enum people_role role = (k->caller->roles & PEOPLE_LEAD) != 0 ? PEOPLE_LEAD : PEOPLE_ARBITER;
    bool replayed, upheld = k->outcome == QA_UPHELD;
    char state[12];
    struct task t;
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, k->caller, k->once, k->answer, &replayed, e)) != 0 || replayed)
        return rc;
    rc = correction_get(tx, k->id, &k->row, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc, "there is no such correction");
    if (rc != ASSAY_OK || (rc = flow_task(tx, k->row.task_id, &t, e)) != 0 ||
        (rc = flow_may_see(tx, k->caller, &t, e)) != 0 ||
        (rc = reading_get(tx, k->row.reading_id, &k->reading, e)) != 0 ||
        (rc = may_close(k, e)) != 0)
        return rc;
    (void)snprintf(k->row.state, sizeof k->row.state, "closed");
    (void)snprintf(k->row.outcome, sizeof k->row.outcome, "%s", upheld ? "upheld" : "dropped");
    k->row.closed_ms = clock_now_ms();
    k->row.closed_by = k->caller->staff_id;
    if (upheld)
        rc = put_grade(tx, k, role, k->row.code, k->row.tags, e);
    else
        rc = reading_settle(tx, k->reading.first_reading_id, "cleared", SCHEME_SAME, e);
    if (rc != ASSAY_OK || (rc = correction_move(tx, &k->row, "contested", NULL, 0, e)) != 0 ||
        (rc = write_entry(tx, k, AUDIT_CORRECTION_CLOSED, role, e)) != 0 ||
        (rc = qa_judge(tx, k->row.lot_id, state, e)) != 0 || (rc = add_answer(tx, k, e)) != 0)
        return rc;
    return flow_once_end(tx, k->caller, k->once, k->answer, e);
}

enum assay_err qa_close_correction(struct world *w, const struct caller *c, const struct once *o,
                                   int64_t correction_id, enum qa_outcome outcome, struct buf *out,
                                   struct err *e)
{
    struct correcting *k = mem_zalloc(sizeof *k);

    *k = (struct correcting){
        .world = w, .caller = c, .once = o, .id = correction_id, .outcome = outcome, .answer = out};
    return run(k, close_contested, e);
}
