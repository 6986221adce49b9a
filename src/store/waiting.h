/* Counts of what waits for a person and of what is stuck, for the home page. */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* Corrections of this person's own grades that want an answer. */
enum assay_err waiting_corrections(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);
/* Contested corrections that this person may see and has no part in. */
enum assay_err waiting_contested(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);
/* Releases that somebody else asked for. */
enum assay_err waiting_approvals(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);
/* Authorisations in force that end before until_ms, of people who have no later one. */
enum assay_err waiting_authorisations(struct tx *tx, int64_t now_ms, int64_t until_ms,
                                      int64_t *count, struct err *e);
/* Tasks in the queue of batches for named people of whom none is an assessor with access. */
enum assay_err waiting_for_nobody(struct tx *tx, int64_t *count, struct err *e);
/* Uploads of this person whose SHA-256 differs from the one that was said. */
enum assay_err waiting_differing(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);

#endif
