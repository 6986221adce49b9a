/* The cases of a batch at a glance: what was received, and what was answered. */
#ifndef FLOW_BATCH_CASES_H
#define FLOW_BATCH_CASES_H

#include "flow/flow.h"

/* BatchCases of the API. ENOTFOUND: no such batch, or it is for named people and the caller is none
 * of them and may not change batches. */
enum assay_err flow_batch_cases(struct world *w, const struct caller *c, int64_t batch_id,
                                struct buf *answer, struct err *e);

/* The batch's name, for those who may see it (mem_free). ENOTFOUND as above. */
enum assay_err flow_batch_name(struct world *w, const struct caller *c, int64_t batch_id,
                               char **name, struct err *e);

#endif
