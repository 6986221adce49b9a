/* Superseding a decision whose lot has passed: a new version, and everything that hangs on it
 * follows. */
#include <stdio.h>

#include "flow/qa/qa_impl.h"

struct superseding {
    struct world *world;
    const struct caller *caller;
    const struct once *once;
    int64_t task_id;
    const struct qa_supersede_new *in;
    struct buf *answer;
    struct buf tags;
};

static enum assay_err check(struct tx *tx, struct superseding *s, struct err *e)
{
    const struct scheme *scheme;
    struct task t;
    enum assay_err rc;

    if ((rc = flow_task(tx, s->task_id, &t, e)) != 0 ||
        (rc = flow_may_see(tx, s->caller, &t, e)) != 0)
        return rc;
    if (t.state != FLOW_PASSED)
        return err_set(e, ASSAY_ESTATE,
                       "only a decision whose lot has passed is superseded; this task is %s",
                       flow_state_name(t.state));
    if ((rc = flow_scheme_tx(s->world, tx, t.scheme, &scheme, e)) != 0)
        return rc;
    return scheme_check_decision(scheme, s->in->code, s->in->tags, s->in->tag_count,
                                 SCHEME_CHECK_COMPLETE, e);
}

static enum assay_err supersede(struct tx *tx, void *ctx, struct err *e)
{
    struct superseding *s = ctx;
    enum people_role role = (s->caller->roles & PEOPLE_LEAD) != 0 ? PEOPLE_LEAD : PEOPLE_ARBITER;
    struct task t;
    struct json_out o;
    bool replayed;
    enum assay_err rc;

    if ((rc = flow_once_begin(tx, s->caller, s->once, s->answer, &replayed, e)) != 0 || replayed)
        return rc;
    if ((s->caller->roles & (PEOPLE_LEAD | PEOPLE_ARBITER)) == 0)
        return err_set(e, ASSAY_EDENIED, "only leads and arbiters supersede decisions");
    if ((rc = check(tx, s, e)) != 0)
        return rc;
    buf_reset(&s->tags);
    scheme_tags_text(s->in->tags, s->in->tag_count, &s->tags);
    struct qa_grade g = {s->in->code, buf_cstr(&s->tags), s->in->reason};
    if ((rc = qa_put_grade(s->world, tx, s->caller, role, s->task_id, &g, &t, e)) != 0)
        return rc;
    json_out_init(&o, s->answer);
    json_object(&o, NULL);
    json_id(&o, "task", t.id);
    json_text(&o, "state", flow_state_name(t.state));
    json_object_end(&o);
    return flow_once_end(tx, s->caller, s->once, s->answer, e);
}

enum assay_err qa_supersede(struct world *w, const struct caller *c, const struct once *o,
                            int64_t task_id, const struct qa_supersede_new *in, struct buf *answer,
                            struct err *e)
{
    struct superseding s = {
        .world = w, .caller = c, .once = o, .task_id = task_id, .in = in, .answer = answer};

    if (in->reason == NULL || in->reason[0] == '\0')
        return err_set(e, ASSAY_EFORMAT, "superseding a decision needs one sentence of reason");
    if (in->tag_count > SCHEME_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "at most %d tags", SCHEME_TAGS_MAX);
    buf_init(&s.tags, DECISION_TAGS_SIZE - 1);
    enum assay_err rc = store_write(w->store, supersede, &s, e);
    buf_clear(&s.tags);
    return rc;
}
