/* Steps of a person through the flow. */
#include "steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

void step_must(const struct world_test *t, enum assay_err rc)
{
    if (rc != ASSAY_OK)
        fail_msg("%d: %s", (int)rc, t->e.text);
}

struct grade_tags step_tags(const char *code)
{
    if (code[0] == 'L')
        return (struct grade_tags){{"light:day", "season:winter"}, 2};
    return (struct grade_tags){{NULL}, 0};
}

int team_setup(void **state)
{
    struct team *m = mem_zalloc(sizeof *m);

    m->t = world_new();
    m->anna = world_person(m->t, "anna", PEOPLE_ASSESSOR);
    m->quinn = world_person(m->t, "quinn", PEOPLE_QUALITY);
    m->ari = world_person(m->t, "ari", PEOPLE_ARBITER);
    m->lee = world_person(m->t, "lee", PEOPLE_LEAD);
    m->odo = world_person(m->t, "odo", PEOPLE_AUDITOR);
    *state = m;
    return 0;
}

int team_teardown(void **state)
{
    struct team *m = *state;

    world_free(m->t);
    mem_free(m);
    return 0;
}

void step_shift(struct world_test *t, const struct caller *c)
{
    step_must(t, shift_start(&t->world, c, &t->answer, &t->e));
}

enum assay_err step_try_take(struct world_test *t, const struct caller *c, enum queue_name q,
                             int64_t task_id)
{
    return queue_take(&t->world, c, q, 1, task_id, &t->answer, &t->e);
}

const struct json *step_take(struct world_test *t, const struct caller *c, enum queue_name q,
                             int64_t task_id, uint8_t token[16])
{
    step_must(t, step_try_take(t, c, q, task_id));
    const struct json *lease = world_at(world_json(t, &t->answer), "leases.0");
    if (lease == NULL)
        fail_msg("nothing waits");
    if (token != NULL)
        world_token(lease, "lease", token);
    return lease;
}

enum assay_err step_try_decide(struct world_test *t, const struct caller *c,
                               const uint8_t token[16], const char *code)
{
    struct grade_tags tags = step_tags(code);
    struct grade_new in = {.code = code, .tags = tags.tags, .tag_count = tags.count};

    memcpy(in.lease, token, sizeof in.lease);
    return grade_decide(&t->world, c, NULL, &in, &t->answer, &t->e);
}

const struct json *step_decide(struct world_test *t, const struct caller *c,
                               const uint8_t token[16], const char *code)
{
    step_must(t, step_try_decide(t, c, token, code));
    return world_json(t, &t->answer);
}

enum assay_err step_try_picture(struct world_test *t, const struct caller *c, const char *ticket,
                                struct queue_picture *p)
{
    *p = (struct queue_picture){0};
    return queue_picture(&t->world, c, ticket, p, &t->e);
}

int64_t step_view(struct world_test *t, const struct caller *c, const struct json *lease,
                  enum decode_rendition r, int64_t shown_ms)
{
    struct queue_picture p;
    char path[40];

    (void)snprintf(path, sizeof path, "pictures.%u.ticket", (unsigned)r);
    step_must(t, step_try_picture(t, c, world_text(lease, path), &p));
    assert_int_equal(p.rendition, r);
    buf_wipe(&p.bytes);
    if (shown_ms >= 0)
        step_must(t, queue_view_end(&t->world, c, p.viewing_id, shown_ms, &t->e));
    return p.viewing_id;
}

int64_t step_grade(struct world_test *t, const struct caller *c, const char *code)
{
    uint8_t token[16];
    const struct json *lease = step_take(t, c, QUEUE_GRADE, 0, token);
    int64_t task_id = world_number(lease, "task");

    (void)step_view(t, c, lease, DECODE_SMALL_GREY, 1000);
    (void)step_decide(t, c, token, code);
    return task_id;
}

int64_t step_submit(struct world_test *t, const struct caller *c)
{
    int64_t lots;

    step_must(t, shift_check(&t->world, c, &t->answer, &t->e));
    step_must(t, shift_submit(&t->world, c, NULL, &t->answer, &t->e));
    int64_t lot = world_number(world_json(t, &t->answer), "lot");
    step_must(t, qa_sample(&t->world, &lots, &t->e));
    return lot;
}
