/* Between the files of the queue: the Lease object, and tickets. */
#ifndef FLOW_QUEUE_QUEUE_IMPL_H
#define FLOW_QUEUE_QUEUE_IMPL_H

#include "base/json.h"
#include "flow/queue/queue.h"
#include "store/task.h"

/* What a lease's holder may see. */
struct held {
    struct task task;
    struct lease_row lease;
    enum people_role role; /* the role that the lease is held in */
    int64_t escalation_reason;
};

/* Append a ticket for each rendition bit that the item has: an array of Ticket objects under `key`.
 */
enum assay_err queue_add_tickets(const struct world *w, struct tx *tx, struct json_out *o,
                                 const char *key, const struct held *h, uint32_t renditions,
                                 struct err *e);
#define QUEUE_ALL_RENDITIONS ((1u << DECODE_RENDITION_COUNT) - 1)

/* Lease the task to the caller: fence, row, record entries, and the Lease object in an array or
 * alone. */
enum assay_err queue_hand_out(struct world *w, struct tx *tx, const struct caller *c,
                              struct held *h, struct json_out *o, struct err *e);

/* The caller's authorisation that is in force now: asked for at each lease and at each view, since
 * it may end between them. EDENIED. */
enum assay_err queue_authorised(struct tx *tx, const struct caller *c, int64_t *id, struct err *e);

/* Delete leases that ran out, at most 64, with a record entry each. */
enum assay_err queue_expire(struct tx *tx, int64_t *count, struct err *e);

/* The role in which a purpose is held; kind is the reading's ("" for others). */
enum people_role queue_role(const char *purpose, const char *kind);

#endif
