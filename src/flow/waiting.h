/* What waits for a person and what is stuck, as counts: the home page. */
#ifndef FLOW_WAITING_H
#define FLOW_WAITING_H

#include "flow/flow.h"

/* {"waiting":[{"what":...,"count":n}...],"blocked":[...]}: only what is not 0, by the caller's
 * roles. A count of the queue ends at TASK_COUNT_MAX. */
enum assay_err flow_waiting(struct world *w, const struct caller *c, struct buf *answer,
                            struct err *e);

#endif
