/* Steps of a person through the flow, for tests: each must go well unless its name says try. */
#ifndef TEST_STEPS_H
#define TEST_STEPS_H

#include "flow/grade/grade.h"
#include "flow/qa/qa.h"
#include "flow/queue/queue.h"
#include "world.h"

/* The test fails with what t->e says unless rc is ASSAY_OK. */
void step_must(const struct world_test *t, enum assay_err rc);

/* A team in which nobody must read their own; odo is the auditor. *state of team_setup. */
struct team {
    struct world_test *t;
    struct caller *anna, *quinn, *ari, *lee, *odo;
};
int team_setup(void **state);
int team_teardown(void **state);

void step_shift(struct world_test *t, const struct caller *c);
/* Take one task (task_id 0: the next); the Lease object and its token (may be NULL). */
const struct json *step_take(struct world_test *t, const struct caller *c, enum queue_name q,
                             int64_t task_id, uint8_t token[16]);
enum assay_err step_try_take(struct world_test *t, const struct caller *c, enum queue_name q,
                             int64_t task_id);

/* Grade a held task; L1, L2, L3 carry the tags light:day season:winter. The Decision object. */
const struct json *step_decide(struct world_test *t, const struct caller *c,
                               const uint8_t token[16], const char *code);
enum assay_err step_try_decide(struct world_test *t, const struct caller *c,
                               const uint8_t token[16], const char *code);
/* Take the next, look at it sharp for a second and grade it. Its task. */
int64_t step_grade(struct world_test *t, const struct caller *c, const char *code);

/* Open the n-th picture of a Lease object; the viewing's id. */
int64_t step_view(struct world_test *t, const struct caller *c, const struct json *lease,
                  enum decode_rendition r, int64_t shown_ms);
enum assay_err step_try_picture(struct world_test *t, const struct caller *c, const char *ticket,
                                struct queue_picture *p);

/* Check and submit the shift; sample. The lot. */
int64_t step_submit(struct world_test *t, const struct caller *c);

/* A grade with these tags as one text, or NULL for those that the code needs. */
struct grade_tags {
    const char *tags[4];
    size_t count;
};
struct grade_tags step_tags(const char *code);

#endif
