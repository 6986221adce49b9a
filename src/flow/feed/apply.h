/* What an answer of the change feed does to the store of a matching node. */
#ifndef FLOW_FEED_APPLY_H
#define FLOW_FEED_APPLY_H

#include "flow/feed/answer.h"
#include "flow/flow.h"

/* Each is one transaction: rows and the place in the feed are on the disk together. */

/* ESTATE: the answer is of another epoch and no reset. */
enum assay_err feed_apply_changes(struct world *w, const struct feed_answer *a, struct err *e);
/* A page of the list; ESTATE: of another epoch, or the list is not to be read now. */
enum assay_err feed_apply_page(struct world *w, int64_t list_id, const struct feed_answer *a,
                               struct err *e);

/* One step of what is left to do without the feed: rows of lists that are gone, and those that were
 * not in a list that was read whole. ENOTFOUND: nothing is. */
enum assay_err feed_apply_rest(struct world *w, struct err *e);

/* Where the node stands, and the list that it reads next; list->list_id 0: none. ENOTFOUND: it was
 * told nothing yet. */
enum assay_err feed_stands(struct world *w, struct feed_node_row *node, struct feed_list_row *list,
                           struct err *e);

#endif
