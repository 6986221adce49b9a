/* Leases: what a step asks of the queue, so that no step includes another. Done in flow/queue. */
#ifndef FLOW_LEASE_H
#define FLOW_LEASE_H

#include "flow/flow.h"

#define QUEUE_TOKEN_BYTES 16

/* A live lease of this caller, for the steps' transactions. ESTATE "lease lost" when it ran out,
 * was taken over or never was. */
struct lease {
    int64_t task_id, fence, reading_id, correction_id, authorisation_id;
    char purpose[16];
    uint8_t token[QUEUE_TOKEN_BYTES];
};
enum assay_err queue_lease(struct tx *tx, const struct caller *c,
                           const uint8_t token[QUEUE_TOKEN_BYTES], struct lease *out,
                           struct err *e);
enum assay_err queue_lease_end(struct tx *tx, const struct lease *l, struct err *e);
/* Lease a task to the caller within a step's own transaction (undo), in place of a lease that the
 * caller has on it; the Lease object is appended to answer. */
enum assay_err queue_lease_begin(struct world *w, struct tx *tx, const struct caller *c,
                                 struct task *t, const char *purpose, struct buf *answer,
                                 struct err *e);

#endif
