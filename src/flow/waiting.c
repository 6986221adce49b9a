/* Counts only: no names, no pictures, nothing of anybody else's work. */
#include "flow/waiting.h"

#include "base/clock.h"
#include "base/json.h"
#include "store/authorisation.h"
#include "store/decision.h"
#include "store/item.h"
#include "store/quality.h"
#include "store/referral.h"
#include "store/stats.h"
#include "store/task.h"
#include "store/upload.h"
#include "store/waiting.h"

#define ENDING_MS ((int64_t)30 * 24 * 60 * 60 * 1000) /* time enough to grant the next one */

struct waiting {
    const struct caller *caller;
    struct buf *answer;
    struct json_out o;
};

static enum assay_err count_grade(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    return task_count_next(tx, id, n, e);
}

static enum assay_err count_first(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    return reading_count_next(tx, READING_FIRST, id, n, e);
}

static enum assay_err count_third(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    return reading_count_next(tx, READING_THIRD, id, n, e);
}

/* What is graded and not submitted: the shift wants its end. */
static enum assay_err count_shift(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    struct shift_row s;
    enum assay_err rc = shift_find(tx, id, &s, e);

    if (rc == ASSAY_OK)
        return decision_count(tx, s.lot_id, n, e);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err count_decoder(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    (void)id;
    return identify_job_count(tx, n, e);
}

static enum assay_err count_ending(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    int64_t now = clock_now_ms();

    (void)id;
    return waiting_authorisations(tx, now, now + ENDING_MS, n, e);
}

static enum assay_err count_not_authorised(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    int64_t authorisation;
    enum assay_err rc = authorisation_in_force(tx, id, clock_now_ms(), &authorisation, e);

    *n = rc == ASSAY_ENOTFOUND;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static void add_failures(void *ctx, const char *name, int64_t count)
{
    int64_t *n = ctx;

    (void)name;
    *n += count;
}

static enum assay_err count_not_shown(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    (void)id;
    return stats_failures(tx, add_failures, n, e);
}

static enum assay_err count_referrals(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    return referral_count_overdue(tx, id, clock_now_ms(), n, e);
}

static enum assay_err count_for_nobody(struct tx *tx, int64_t id, int64_t *n, struct err *e)
{
    (void)id;
    return waiting_for_nobody(tx, n, e);
}

static const struct kind {
    const char *what;
    uint32_t roles;
    enum assay_err (*count)(struct tx *tx, int64_t staff_id, int64_t *n, struct err *e);
} waits[] =
    {
        {"grade", PEOPLE_ASSESSOR, count_grade},
        {"later", PEOPLE_ASSESSOR, later_count},
        {"shift", PEOPLE_ASSESSOR | PEOPLE_LEAD, count_shift},
        {"corrections", PEOPLE_ASSESSOR | PEOPLE_LEAD, waiting_corrections},
        {"readings", PEOPLE_QUALITY, count_first},
        {"thirds", PEOPLE_ARBITER, count_third},
        {"contested", PEOPLE_ARBITER | PEOPLE_LEAD, waiting_contested},
        {"escalations", PEOPLE_LEAD, task_count_escalated},
        {"approvals", PEOPLE_RELEASE | PEOPLE_COMPLIANCE, waiting_approvals},
        {"uploads", PEOPLE_INTAKE | PEOPLE_ANALYST, upload_count_open},
        {"decoder", PEOPLE_INTAKE | PEOPLE_LEAD, count_decoder},
        {"authorisations", PEOPLE_COMPLIANCE, count_ending},
},
  blocks[] = {
      {"not_authorised", PEOPLE_SEES_MEDIA, count_not_authorised},
      {"differs", PEOPLE_INTAKE | PEOPLE_ANALYST, waiting_differing},
      {"referrals_overdue", PEOPLE_LEAD, count_referrals},
      {"for_nobody", PEOPLE_LEAD | PEOPLE_INTAKE, count_for_nobody},
      {"not_shown", PEOPLE_INTAKE | PEOPLE_LEAD, count_not_shown},
};

static enum assay_err add_kinds(struct tx *tx, struct waiting *g, const char *key,
                                const struct kind *kinds, size_t kind_count, struct err *e)
{
    json_array(&g->o, key);
    for (size_t i = 0; i < kind_count; i++) {
        int64_t n = 0;
        if ((kinds[i].roles & g->caller->roles) == 0)
            continue;
        enum assay_err rc = kinds[i].count(tx, g->caller->staff_id, &n, e);
        if (rc != ASSAY_OK)
            return rc;
        if (n == 0)
            continue;
        json_object(&g->o, NULL);
        json_text(&g->o, "what", kinds[i].what);
        json_int(&g->o, "count", n);
        json_object_end(&g->o);
    }
    json_array_end(&g->o);
    return ASSAY_OK;
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct waiting *g = ctx;
    enum assay_err rc;

    buf_reset(g->answer);
    json_out_init(&g->o, g->answer);
    json_object(&g->o, NULL);
    if ((rc = add_kinds(tx, g, "waiting", waits, sizeof waits / sizeof waits[0], e)) != 0 ||
        (rc = add_kinds(tx, g, "blocked", blocks, sizeof blocks / sizeof blocks[0], e)) != 0)
        return rc;
    json_object_end(&g->o);
    return ASSAY_OK;
}

enum assay_err flow_waiting(struct world *w, const struct caller *c, struct buf *answer,
                            struct err *e)
{
    struct waiting g = {.caller = c, .answer = answer};

    return store_read(w->store, look, &g, e);
}
