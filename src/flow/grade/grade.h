/* Grade: decisions and the other verbs of the assess screen, and the shift they belong to. */
#ifndef FLOW_GRADE_GRADE_H
#define FLOW_GRADE_GRADE_H

#include "flow/flow.h"
#include "flow/lease.h"

struct grade_new {
    uint8_t lease[QUEUE_TOKEN_BYTES];
    const char *code;
    const char *const *tags; /* "group:value" */
    size_t tag_count;
    const char *note; /* or NULL */
};
/* Each answers the object of the OpenAPI file named behind it. ESTATE: the lease is lost, no open
 * shift. EFORMAT: the scheme refuses. */
enum assay_err grade_decide(struct world *w, const struct caller *c, const struct once *o,
                            const struct grade_new *in, struct buf *answer,
                            struct err *e); /* Decision */
enum assay_err grade_undo(struct world *w, const struct caller *c, const struct once *o,
                          struct buf *answer, struct err *e); /* Lease */
enum assay_err grade_put_off(struct world *w, const struct caller *c, const struct once *o,
                             const uint8_t lease[QUEUE_TOKEN_BYTES], struct buf *answer,
                             struct err *e); /* TaskMoved */
enum assay_err grade_second_look(struct world *w, const struct caller *c, const struct once *o,
                                 const uint8_t lease[QUEUE_TOKEN_BYTES], struct buf *answer,
                                 struct err *e); /* TaskMoved */
enum assay_err grade_escalate(struct world *w, const struct caller *c, const struct once *o,
                              const uint8_t lease[QUEUE_TOKEN_BYTES], int64_t reason,
                              const char *note, struct buf *answer, struct err *e); /* TaskMoved */
enum assay_err grade_later(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e); /* LaterList */
enum assay_err grade_escalations(struct world *w, const struct caller *c, struct buf *answer,
                                 struct err *e); /* Escalations */
enum assay_err grade_return_escalation(struct world *w, const struct caller *c,
                                       int64_t escalation_id, struct buf *answer,
                                       struct err *e); /* TaskMoved */

enum assay_err shift_get(struct world *w, const struct caller *c, struct buf *answer,
                         struct err *e); /* ShiftState */
enum assay_err shift_start(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e); /* Shift */
enum assay_err shift_check(struct world *w, const struct caller *c, struct buf *answer,
                           struct err *e); /* Check */
enum assay_err shift_submit(struct world *w, const struct caller *c, const struct once *o,
                            struct buf *answer, struct err *e); /* Submitted */

#endif
