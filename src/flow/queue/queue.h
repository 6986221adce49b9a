/* Queue: tasks are handed to people one at a time, with tickets for their pictures. */
#ifndef FLOW_QUEUE_QUEUE_H
#define FLOW_QUEUE_QUEUE_H

#include "flow/flow.h"
#include "flow/lease.h"

#define QUEUE_LEASE_MS (15 * 60 * 1000)

enum queue_name { QUEUE_GRADE, QUEUE_LATER, QUEUE_ESCALATED, QUEUE_READING, QUEUE_THIRD };
enum assay_err queue_parse(const char *name, enum queue_name *out);

/*
 * Hand out up to count tasks of a queue: {"leases":[...],"waiting":n}. The claim is one guarded
 * statement a task, so two people never hold one; each lease has the next fencing number of its
 * task. EDENIED: the role or an authorisation in force is missing (the text says which); ESTATE: no
 * open shift. task_id 0: the next; else that one.
 */
enum assay_err queue_take(struct world *w, const struct caller *c, enum queue_name q, int64_t count,
                          int64_t task_id, struct buf *answer, struct err *e);
/* The picture of one's own correction: a Lease object. */
enum assay_err queue_take_correction(struct world *w, const struct caller *c, int64_t correction_id,
                                     struct buf *answer, struct err *e);

enum assay_err queue_extend(struct world *w, const struct caller *c,
                            const uint8_t token[QUEUE_TOKEN_BYTES], struct buf *answer,
                            struct err *e);
enum assay_err queue_return(struct world *w, const struct caller *c,
                            const uint8_t token[QUEUE_TOKEN_BYTES], struct err *e);
/* Give back what ran out; for the background. */
enum assay_err queue_sweep(struct world *w, int64_t *count, struct err *e);

/* Tickets for the named renditions (bits 1 << enum decode_rendition):
 * {"pictures":[...],"expires_at":...}. */
enum assay_err queue_tickets(struct world *w, const struct caller *c,
                             const uint8_t token[QUEUE_TOKEN_BYTES], uint32_t renditions,
                             struct buf *answer, struct err *e);

/* Open the picture of a ticket, once: the record entry and the viewing row are committed before the
 * blob is opened. EDENIED: not this session's, used, expired or forged. */
struct queue_picture {
    int64_t viewing_id;
    enum decode_rendition rendition;
    struct buf bytes; /* the caller's; buf_wipe */
};
enum assay_err queue_picture(struct world *w, const struct caller *c, const char *ticket,
                             struct queue_picture *out, struct err *e);
enum assay_err queue_view_end(struct world *w, const struct caller *c, int64_t viewing_id,
                              int64_t shown_ms, struct err *e);

/* {"sightings":[...]} of a held task, after its record entry. */
enum assay_err queue_names(struct world *w, const struct caller *c,
                           const uint8_t token[QUEUE_TOKEN_BYTES], struct buf *answer,
                           struct err *e);

#endif
