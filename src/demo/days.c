/* The demo's story: what each of the people did, in order. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "demo/demo.h"
#include "demo/hand.h"
#include "flow/export/release.h"
#include "flow/grade/grade.h"
#include "flow/qa/qa.h"
#include "flow/refer/refer.h"

#define SCHEME "training-landscapes"

/* What somebody does with the n-th task of a shift instead of giving the grade that fits. */
enum odd_act { GRADE_WRONG, GRADE_WITH_NOTE, PUT_OFF, SECOND_LOOK, ESCALATE };
struct odd {
    size_t at;
    enum odd_act act;
};
#define ODDS_MAX 6
struct shift_plan {
    size_t max, share; /* tasks: so many, but not more than one in `share` of those that wait */
    struct odd odds[ODDS_MAX];
    size_t odd_count;
};

static const struct shift_plan first_shift = {
    60, 4, {{3, GRADE_WITH_NOTE}, {7, SECOND_LOOK}, {11, PUT_OFF}, {19, ESCALATE}}, 4};
static const struct shift_plan second_shift = {
    80, 3, {{5, GRADE_WRONG}, {9, GRADE_WITH_NOTE}, {14, GRADE_WRONG}, {26, GRADE_WRONG}}, 4};
static const struct shift_plan todays_shift = {14,
                                               4,
                                               {{1, GRADE_WITH_NOTE},
                                                {2, PUT_OFF},
                                                {4, SECOND_LOOK},
                                                {5, PUT_OFF},
                                                {6, ESCALATE},
                                                {8, PUT_OFF}},
                                               6};

/* ---- the record ---- */

static enum assay_err write_acted(struct tx *tx, void *ctx, struct err *e)
{
    struct audit_entry entry = {
        .action = AUDIT_DEMO_ACTED, .actor = people_operator(), .data = ctx};

    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err acted(struct world *w, const char *days, const char *part, struct err *e)
{
    char data[96];

    (void)snprintf(data, sizeof data, "{\"days\":\"%s\",\"part\":\"%s\",\"hold_ms\":%d}", days,
                   part, HAND_HOLD_MS);
    return store_write(w->store, write_acted, data, e);
}

/* ---- shifts ---- */

static const struct odd *odd_at(const struct shift_plan *p, size_t n)
{
    for (size_t i = 0; i < p->odd_count; i++)
        if (p->odds[i].at == n)
            return &p->odds[i];
    return NULL;
}

static enum assay_err act(struct hand *h, const struct hand_held *t, const struct odd *odd,
                          struct err *e)
{
    const struct grade wrong = {.code = "cannot-assess"};

    if (odd == NULL)
        return hand_decide(h, t, &t->fits, NULL, e);
    buf_reset(&h->answer);
    switch (odd->act) {
    case GRADE_WRONG:
        return hand_decide(h, t, &wrong, NULL, e);
    case GRADE_WITH_NOTE:
        return hand_decide(h, t, &t->fits, "The horizon is the subject of the picture.", e);
    case PUT_OFF:
        return grade_put_off(h->world, &h->caller, NULL, t->lease, &h->answer, e);
    case SECOND_LOOK:
        return grade_second_look(h->world, &h->caller, NULL, t->lease, &h->answer, e);
    case ESCALATE:
        break;
    }
    return grade_escalate(h->world, &h->caller, NULL, t->lease, 2,
                          "Two scenes in one picture: which one counts?", &h->answer, e);
}

/* How many wait besides those just handed out, by the newest answer. */
static enum assay_err waiting(struct hand *h, size_t *out, struct err *e)
{
    const struct json *answer;
    int64_t n;
    enum assay_err rc;

    if ((rc = hand_answer(h, &answer, e)) != 0 ||
        (rc = json_need_int(answer, "waiting", 0, INT64_MAX, &n, e)) != 0)
        return rc;
    *out = (size_t)n;
    return ASSAY_OK;
}

static enum assay_err work(struct hand *h, const struct shift_plan *p, struct err *e)
{
    struct hand_held held[HAND_HELD_MAX];
    size_t want = HAND_HELD_MAX, count = 0;
    enum assay_err rc;

    buf_reset(&h->answer);
    if ((rc = shift_start(h->world, &h->caller, &h->answer, e)) != 0)
        return rc;
    for (size_t done = 0; done < want; done += count) {
        const size_t left = want - done;
        if ((rc = hand_take(h, QUEUE_GRADE,
                            left < 4               ? left
                            : done == 0            ? 4
                            : left < HAND_HELD_MAX ? left
                                                   : HAND_HELD_MAX,
                            held, &count, e)) != 0)
            return rc;
        if (count == 0)
            break;
        if (done == 0) {
            size_t more;
            if ((rc = waiting(h, &more, e)) != 0)
                return rc;
            want = (more + count) / p->share;
            want = want < p->max ? want : p->max;
            want = want < count ? count : want;
        }
        if ((rc = hand_look(h, held, count, e)) != 0)
            return rc;
        for (size_t i = 0; rc == ASSAY_OK && i < count; i++)
            rc = act(h, &held[i], odd_at(p, done + i), e);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err submit(struct hand *h, struct err *e)
{
    int64_t lots;
    enum assay_err rc;

    buf_reset(&h->answer);
    if ((rc = shift_check(h->world, &h->caller, &h->answer, e)) != 0)
        return rc;
    buf_reset(&h->answer);
    if ((rc = shift_submit(h->world, &h->caller, NULL, &h->answer, e)) != 0)
        return rc;
    return qa_sample(h->world, &lots, e);
}

/* A whole shift of one person. */
enum shift_end { STAYS_OPEN, IS_SUBMITTED };
static enum assay_err shift(struct world *w, const struct grades *g, const char *name,
                            const struct shift_plan *p, enum shift_end end, struct err *e)
{
    struct hand h = {0};
    enum assay_err rc = hand_open(w, g, name, &h, e);

    if (rc == ASSAY_OK)
        rc = work(&h, p, e);
    if (rc == ASSAY_OK && end == IS_SUBMITTED)
        rc = submit(&h, e);
    hand_close(&h);
    return rc;
}

/* ---- quality ---- */

/* Read up to max tasks; bits of `others` say which get another grade than the one that fits. */
static enum assay_err read_some(struct world *w, const struct grades *g, const char *name,
                                enum queue_name queue, size_t max, uint32_t others, struct err *e)
{
    const char *reason = queue == QUEUE_THIRD ? "The near ground says which it is." : NULL;
    struct hand_held held[HAND_HELD_MAX];
    struct hand h = {0};
    size_t done = 0, count = 1;
    enum assay_err rc = hand_open(w, g, name, &h, e);

    while (rc == ASSAY_OK && done < max && count > 0) {
        const size_t left = max - done;
        rc = hand_take(&h, queue, left < HAND_HELD_MAX ? left : HAND_HELD_MAX, held, &count, e);
        if (rc == ASSAY_OK && count > 0)
            rc = hand_look(&h, held, count, e);
        for (size_t i = 0; rc == ASSAY_OK && i < count; i++, done++) {
            const struct grade other = hand_other(&held[i].fits);
            const bool differs = done < 32 && (others >> done & 1) != 0;
            rc = hand_read(&h, &held[i], differs ? &other : &held[i].fits, reason, e);
        }
    }
    hand_close(&h);
    return rc;
}

/* ---- the others ---- */

static enum assay_err write_guidance(struct world *w, const struct grades *g, struct err *e)
{
    static const struct {
        const char *target, *body;
    } texts[] = {
        {"L1", "The line between land and water has to be in the picture."},
        {"L3", "Trees fill at least a third. A row of trees on a ridge is not enough."},
        {"flags:panorama", "Twice as wide as high, or more."},
    };
    struct hand h = {0};
    enum assay_err rc = hand_open(w, g, "lead", &h, e);

    for (size_t i = 0; rc == ASSAY_OK && i < sizeof texts / sizeof texts[0]; i++) {
        buf_reset(&h.answer);
        rc = flow_guidance_set(w, &h.caller, SCHEME, texts[i].target, texts[i].body, &h.answer, e);
    }
    hand_close(&h);
    return rc;
}

enum release_end { STAYS_REQUESTED, IS_APPROVED };
static enum assay_err release(struct world *w, const struct grades *g, int64_t min_readings,
                              enum release_end end, struct err *e)
{
    struct hand asks = {0}, approves = {0};
    const struct json *answer;
    const char *hex;
    uint8_t content[32];
    int64_t id;
    enum assay_err rc;

    if ((rc = hand_open(w, g, "release", &asks, e)) != 0)
        return rc;
    buf_reset(&asks.answer);
    rc = release_request(w, &asks.caller, NULL, SCHEME, min_readings, &asks.answer, e);
    if (rc != ASSAY_OK || end == STAYS_REQUESTED)
        goto out;
    if ((rc = hand_answer(&asks, &answer, e)) != 0 ||
        (rc = json_need_id(answer, "release", &id, e)) != 0 ||
        (rc = json_need_text(answer, "content_sha256", 64, &hex, e)) != 0 ||
        (rc = str_unhex(hex, content, sizeof content)) != 0 ||
        (rc = hand_open(w, g, "compliance", &approves, e)) != 0)
        goto out;
    buf_reset(&approves.answer);
    rc = release_approve(w, &approves.caller, id, content, &approves.answer, e);
    hand_close(&approves);
out:
    hand_close(&asks);
    return rc;
}

/* The first escalated item goes to a desk, and was sent. A small set may have none. */
static enum assay_err refer(struct world *w, const struct grades *g, struct err *e)
{
    struct referral_new in = {.contact = "Night desk, Coast watch",
                              .reason = "A harbour can be told by its light."};
    struct hand h = {0};
    const struct json *answer;
    int64_t id;
    enum assay_err rc = hand_open(w, g, "lead", &h, e);

    buf_reset(&h.answer);
    if (rc != ASSAY_OK || (rc = grade_escalations(w, &h.caller, &h.answer, e)) != 0 ||
        (rc = hand_answer(&h, &answer, e)) != 0 ||
        (answer = json_get(answer, "escalations")->first) == NULL ||
        (rc = json_need_id(answer, "escalation", &in.escalation_id, e)) != 0)
        goto out;
    buf_reset(&h.answer);
    if ((rc = referral_make(w, &h.caller, NULL, &in, &h.answer, e)) != 0 ||
        (rc = hand_answer(&h, &answer, e)) != 0 ||
        (rc = json_need_id(answer, "referral", &id, e)) != 0)
        goto out;
    buf_reset(&h.answer);
    rc = referral_step(w, &h.caller, id, "sent", NULL, &h.answer, e);
out:
    hand_close(&h);
    return rc;
}

/* A set so small that nothing listed has passed has nothing to release. */
static enum assay_err release_if_any(struct world *w, const struct grades *g, int64_t min_readings,
                                     enum release_end end, struct err *e)
{
    enum assay_err rc = release(w, g, min_readings, end, e);

    return rc == ASSAY_ESTATE ? ASSAY_OK : rc;
}

enum assay_err demo_first_days(struct world *w, const char *grades, struct err *e)
{
    struct grades *g = NULL;
    enum assay_err rc;

    if (!w->training)
        return err_set(e, ASSAY_ESTATE, "the demo's work is for training workspaces only");
    if ((rc = grades_load(grades, &g, e)) != 0 || (rc = acted(w, "first", "begins", e)) != 0 ||
        (rc = write_guidance(w, g, e)) != 0 ||
        (rc = shift(w, g, "assessor2", &first_shift, IS_SUBMITTED, e)) != 0 ||
        (rc = read_some(w, g, "quality", QUEUE_READING, SIZE_MAX, 1, e)) != 0 ||
        (rc = read_some(w, g, "arbiter", QUEUE_THIRD, SIZE_MAX, 0, e)) != 0 ||
        (rc = release_if_any(w, g, 1, IS_APPROVED, e)) != 0)
        goto out;
    rc = acted(w, "first", "ends", e);
out:
    grades_free(g);
    return rc;
}

enum assay_err demo_today(struct world *w, const char *grades, struct err *e)
{
    struct grades *g = NULL;
    enum assay_err rc;

    if (!w->training)
        return err_set(e, ASSAY_ESTATE, "the demo's work is for training workspaces only");
    if ((rc = grades_load(grades, &g, e)) != 0 || (rc = acted(w, "today", "begins", e)) != 0 ||
        (rc = shift(w, g, "assessor", &second_shift, IS_SUBMITTED, e)) != 0 ||
        (rc = read_some(w, g, "quality2", QUEUE_READING, 3, 6, e)) != 0 ||
        (rc = read_some(w, g, "arbiter", QUEUE_THIRD, 1, 1, e)) != 0 ||
        (rc = shift(w, g, "assessor", &todays_shift, STAYS_OPEN, e)) != 0 ||
        (rc = refer(w, g, e)) != 0 || (rc = release_if_any(w, g, 2, STAYS_REQUESTED, e)) != 0)
        goto out;
    rc = acted(w, "today", "ends", e);
out:
    grades_free(g);
    return rc;
}
