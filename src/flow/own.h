/* The workspace's own decisions as a list, kept with them. */
#ifndef FLOW_OWN_H
#define FLOW_OWN_H

#include "flow/flow.h"

/* The decision of a task that has passed, or was superseded since, becomes its row of the list, in
 * the transaction of the change. */
enum assay_err flow_own_put(struct tx *tx, const struct task *t, struct err *e);

/* Rows for up to 100 tasks that passed before there was such a list. *count is how many. */
enum assay_err flow_own_fill(struct world *w, int64_t *count, struct err *e);

#endif
