/* Chooses what an answer says of each record, in one transaction. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/answer/answer_impl.h"
#include "store/batch.h"
#include "store/item.h"

struct undefined {
    struct answering *a;
    int64_t records;
    char code[SCHEME_CODE_MAX + 1];
};

static enum assay_err check_grade(void *ctx, const struct case_answer_grade *g, struct err *e)
{
    struct undefined *u = ctx;
    struct answer_value value;

    (void)e;
    if (answer_value(&u->a->rules, g->code, g->tags, &value))
        return ASSAY_OK;
    if (u->records == 0)
        (void)snprintf(u->code, sizeof u->code, "%s", g->code);
    if (str_equal(u->code, g->code))
        u->records += g->records;
    return ASSAY_OK;
}

static enum assay_err check_grades(struct answering *a, struct tx *tx, struct err *e)
{
    struct undefined u = {.a = a};
    const enum assay_err rc = case_answer_grades(tx, a->row.id, check_grade, &u, e);

    if (rc != ASSAY_OK || u.records == 0)
        return rc;
    return err_set(e, ASSAY_ESTATE,
                   "the profile %s does not say which Category stands for %s of %s%s%s, which "
                   "%lld record%s ha%s; nothing is written. Give it in \"writes\" of a profile of "
                   "your own and name that with --profile",
                   a->profile->name, u.code, a->row.scheme,
                   a->rules.mapping == NULL ? "" : ", by its mapping to ",
                   a->rules.mapping == NULL ? "" : a->rules.mapping->to, (long long)u.records,
                   u.records == 1 ? "" : "s", u.records == 1 ? "s" : "ve");
}

static enum assay_err set_apart(struct answering *a, struct tx *tx, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < a->scheme->code_count && rc == ASSAY_OK; i++) {
        if (a->scheme->codes[i].outcome == SCHEME_CANNOT_ASSESS)
            rc = case_answer_set_apart(tx, a->row.id, a->scheme->codes[i].code, e);
    }
    return rc;
}

/* Counts in, counts out. */
static enum assay_err check_counts(struct answering *a, struct tx *tx, struct err *e)
{
    struct case_answer_report *r = a->report;
    int64_t sum = 0;
    enum assay_err rc = case_answer_counts(tx, a->row.id, 0, r->counts, e);

    for (size_t s = 0; s < CASE_ANSWER_STATES; s++)
        sum += r->counts[s];
    if (rc != ASSAY_OK)
        return rc;
    if (sum != r->answered || (!a->row.part && sum != r->received))
        return err_set(e, ASSAY_EDAMAGED,
                       "%lld records were received and %lld would go back; nothing is written",
                       (long long)r->received, (long long)sum);
    if (sum == 0)
        return err_set(e, ASSAY_ESTATE, "nothing is settled that an earlier part did not have");
    return ASSAY_OK;
}

static enum assay_err fill(struct answering *a, struct tx *tx, struct err *e)
{
    enum assay_err rc;

    if ((rc = case_answer_put(tx, &a->row, e)) != 0 ||
        (rc = case_answer_fill(tx, &a->row, &a->report->answered, e)) != 0 ||
        (rc = set_apart(a, tx, e)) != 0 || (rc = check_counts(a, tx, e)) != 0)
        return rc;
    return check_grades(a, tx, e);
}

static enum assay_err choose(struct tx *tx, void *ctx, struct err *e)
{
    struct answering *a = ctx;
    int64_t being_taken;
    enum assay_err rc =
        case_answer_received(tx, a->row.batch_id, &a->report->received, &being_taken, e);

    if (rc != ASSAY_OK)
        return rc;
    if (being_taken > 0)
        return err_set(
            e, ASSAY_ESTATE, "%lld file%s of this batch %s not here whole; go on with assay import",
            (long long)being_taken, being_taken == 1 ? "" : "s", being_taken == 1 ? "is" : "are");
    if (a->report->received == 0)
        return err_set(e, ASSAY_ESTATE, "no records of VICS came with this batch");
    return fill(a, tx, e);
}

enum assay_err answer_choose(struct answering *a, struct err *e)
{
    a->row.id = rand_id();
    a->row.created_ms = clock_now_ms();
    a->row.part = a->o->part;
    a->row.votes = a->o->votes > 0 ? a->o->votes : a->profile->writes->votes;
    a->row.profile = a->profile->name;
    a->row.software = ANSWER_SOFTWARE ASSAY_VERSION;
    return store_write(a->world->store, choose, a, e);
}
