/* The change feed, as the system of record tells it to a matching node. doc/feed.md is its format.
 */
#ifndef FLOW_FEED_TELL_H
#define FLOW_FEED_TELL_H

#include "flow/flow.h"
#include "people/machines.h"
#include "store/feed.h"

#define FEED_WAIT_MAX_MS (60 * 1000)

struct feed_ask {
    uint8_t epoch[FEED_EPOCH_BYTES];   /* zeros: none */
    uint8_t roster[FEED_ROSTER_BYTES]; /* zeros: none */
    int64_t since;
    int64_t wait_ms; /* how long to wait for something to say, at most FEED_WAIT_MAX_MS */
};

/* Asked a few times a second while the answer waits; false: it is given as it stands. */
typedef bool feed_waits_fn(const void *ctx);

/* What changed behind ask->since: the answer's JSON appended to answer, *rows of it are records.
 * EDENIED: the client has lost the right. */
enum assay_err feed_tell_changes(struct world *w, const struct machine *who,
                                 const struct feed_ask *ask, feed_waits_fn *waits, const void *ctx,
                                 struct buf *answer, int64_t *rows, struct err *e);
/* A page of one list. ENOTFOUND: there is none that the client has the right to; EDENIED. */
enum assay_err feed_tell_list(struct world *w, const struct machine *who, int64_t list_id,
                              int64_t after, struct buf *answer, int64_t *rows, struct err *e);

#endif
