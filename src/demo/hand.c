/* Signs in, takes tasks, opens their pictures for as long as it says, and grades. */
#include "demo/hand.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "flow/grade/grade.h"
#include "flow/qa/qa.h"

#define ANSWER_MAX (1u << 20)
#define TAKE_MAX   4 /* tasks that the queue hands out at once */

enum assay_err hand_open(struct world *w, const struct grades *g, const char *name,
                         struct hand *out, struct err *e)
{
    char link[PEOPLE_TOKEN_SIZE], token[PEOPLE_TOKEN_SIZE];
    int64_t id;
    enum assay_err rc;

    *out = (struct hand){.world = w, .grades = g};
    if ((rc = people_find(w->store, name, &id, e)) != 0 ||
        (rc = people_link(w->store, w->keys, id, link, e)) != 0 ||
        (rc = people_sign_in_link(w->store, w->keys, link, HAND_WORKSTATION, token, e)) != 0 ||
        (rc = people_session(w->store, w->keys, token, &out->caller, e)) != 0)
        return rc;
    out->arena = arena_new();
    buf_init(&out->answer, ANSWER_MAX);
    return ASSAY_OK;
}

void hand_close(struct hand *h)
{
    if (h->arena == NULL)
        return;
    (void)people_sign_out(h->world->store, h->world->keys, &h->caller, NULL);
    arena_free(h->arena);
    buf_clear(&h->answer);
    h->arena = NULL;
}

enum assay_err hand_answer(struct hand *h, const struct json **out, struct err *e)
{
    struct json *j;
    enum assay_err rc = json_parse(h->arena, h->answer.data, h->answer.size, &j, e);

    if (rc == ASSAY_OK)
        *out = j;
    return rc;
}

static const char *ticket_of(const struct json *lease, const char *rendition)
{
    const struct json *pictures = json_get(lease, "pictures");

    for (const struct json *p = pictures == NULL ? NULL : pictures->first; p != NULL; p = p->next) {
        const struct json *name = json_get(p, "rendition"), *ticket = json_get(p, "ticket");

        if (name != NULL && ticket != NULL && str_equal(name->text, rendition))
            return ticket->text;
    }
    return NULL;
}

static enum assay_err hold(struct hand *h, const struct json *lease, struct hand_held *out,
                           struct err *e)
{
    static const struct grade unknown = {.code = "cannot-assess"};
    const struct grade *fits = NULL;
    const char *token;
    enum assay_err rc;

    if ((rc = json_need_text(lease, "lease", 64, &token, e)) != 0 ||
        (rc = str_unhex(token, out->lease, sizeof out->lease)) != 0 ||
        (rc = json_need_id(lease, "task", &out->task_id, e)) != 0 ||
        (rc = grades_of_task(h->grades, h->world, out->task_id, &fits, e)) != 0)
        return rc;
    out->fits = fits == NULL ? unknown : *fits;
    out->cover = ticket_of(lease, "cover");
    out->sharp = ticket_of(lease, "small_grey");
    return ASSAY_OK;
}

enum assay_err hand_take(struct hand *h, enum queue_name queue, size_t max, struct hand_held *out,
                         size_t *count, struct err *e)
{
    size_t had = SIZE_MAX;

    assert(max <= HAND_HELD_MAX);
    for (*count = 0; *count < max && *count != had;) {
        const struct json *answer, *leases;
        const size_t left = max - *count;
        enum assay_err rc;

        had = *count;
        buf_reset(&h->answer);
        if ((rc = queue_take(h->world, &h->caller, queue,
                             left < TAKE_MAX ? (int64_t)left : TAKE_MAX, 0, &h->answer, e)) != 0 ||
            (rc = hand_answer(h, &answer, e)) != 0)
            return rc;
        leases = json_get(answer, "leases");
        for (const struct json *l = leases == NULL ? NULL : leases->first; l != NULL; l = l->next) {
            if ((rc = hold(h, l, &out[*count], e)) != 0)
                return rc;
            (*count)++;
        }
    }
    return ASSAY_OK;
}

struct view {
    int64_t id, opened_ms;
};

static enum assay_err open_picture(struct hand *h, const char *ticket, struct view *out,
                                   struct err *e)
{
    struct queue_picture p;

    if (ticket == NULL)
        return ASSAY_OK;
    enum assay_err rc = queue_picture(h->world, &h->caller, ticket, &p, e);
    if (rc != ASSAY_OK)
        return rc;
    *out = (struct view){p.viewing_id, clock_mono_ms()};
    buf_wipe(&p.bytes);
    return ASSAY_OK;
}

enum assay_err hand_look(struct hand *h, const struct hand_held *held, size_t count, struct err *e)
{
    struct view views[2 * HAND_HELD_MAX] = {{0}};
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        rc = open_picture(h, held[i].cover, &views[2 * i], e);
        if (rc == ASSAY_OK)
            rc = open_picture(h, held[i].sharp, &views[2 * i + 1], e);
    }
    if (rc != ASSAY_OK)
        return rc;
    clock_sleep_ms(HAND_HOLD_MS);
    for (size_t i = 0; rc == ASSAY_OK && i < 2 * count; i++)
        if (views[i].id != 0)
            rc = queue_view_end(h->world, &h->caller, views[i].id,
                                clock_mono_ms() - views[i].opened_ms, e);
    return rc;
}

struct grade hand_other(const struct grade *fits)
{
    struct grade g = *fits;

    if (str_equal(fits->code, "L2"))
        g.code = "L3";
    else if (fits->code[0] == 'L')
        g.code = "L2";
    else if (str_equal(fits->code, "not-listed"))
        g.code = "related";
    else
        g = (struct grade){.code = "not-listed"};
    return g;
}

enum assay_err hand_decide(struct hand *h, const struct hand_held *held, const struct grade *g,
                           const char *note, struct err *e)
{
    struct grade_new in = {
        .code = g->code, .tags = g->tags, .tag_count = g->tag_count, .note = note};

    memcpy(in.lease, held->lease, sizeof in.lease);
    buf_reset(&h->answer);
    return grade_decide(h->world, &h->caller, NULL, &in, &h->answer, e);
}

enum assay_err hand_read(struct hand *h, const struct hand_held *held, const struct grade *g,
                         const char *reason, struct err *e)
{
    struct qa_reading_new in = {
        .code = g->code, .tags = g->tags, .tag_count = g->tag_count, .reason = reason};

    memcpy(in.lease, held->lease, sizeof in.lease);
    buf_reset(&h->answer);
    return qa_read(h->world, &h->caller, NULL, &in, &h->answer, e);
}
