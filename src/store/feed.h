/* Rows of the change feed: its epoch, and at a node where it stands and what it was told. */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "store/client.h"
#include "store/list.h"

#define FEED_EPOCH_BYTES  16
#define FEED_ROSTER_BYTES 32

/* ---- at the system of record ---- */

/* ENOTFOUND: nobody asked for the feed yet. */
enum assay_err feed_epoch(struct tx *tx, uint8_t out[FEED_EPOCH_BYTES], struct err *e);
/* This one, unless there is one. */
enum assay_err feed_epoch_make(struct tx *tx, const uint8_t epoch[FEED_EPOCH_BYTES], struct err *e);
/* A backup was put back: numbers that nodes know may come to stand for other changes. */
enum assay_err feed_epoch_forget(struct tx *tx, struct err *e);

/* The lists that this client has the right detail to, and the one of kind test, by id; borrowed for
 * the call. */
typedef enum assay_err feed_list_fn(void *ctx, int64_t id, const char *name, const char *kind,
                                    struct err *e);
enum assay_err feed_roster(struct tx *tx, int64_t client_id, feed_list_fn *fn, void *ctx,
                           struct err *e);

/* ---- at a node ---- */

struct feed_node_row {
    uint8_t epoch[FEED_EPOCH_BYTES], roster[FEED_ROSTER_BYTES];
    int64_t seq, pass, as_of_ms;
};
/* ENOTFOUND: it is no node, or one that was told nothing yet. */
enum assay_err feed_node_get(struct tx *tx, struct feed_node_row *out, struct err *e);
enum assay_err feed_node_put(struct tx *tx, const struct feed_node_row *n, struct err *e);

/* A list of the roster, by its id: made, there again, or as it was. Another list of the same name,
 * or of the same kind where only one may be, gives it up. */
enum assay_err feed_list_put(struct tx *tx, const struct list_row_head *l, struct err *e);
/* Its place in a pass. ENOTFOUND. */
struct feed_list_row {
    int64_t list_id, whole_pass, after_row;
};
enum assay_err feed_list_get(struct tx *tx, int64_t list_id, struct feed_list_row *out,
                             struct err *e);
enum assay_err feed_list_advance(struct tx *tx, const struct feed_list_row *l, struct err *e);
/* All lists are read from their first row. */
enum assay_err feed_lists_begin(struct tx *tx, struct err *e);
/* The first that is not removed and not whole in this pass. ENOTFOUND: there is none. */
enum assay_err feed_list_next(struct tx *tx, int64_t pass, struct feed_list_row *out,
                              struct err *e);
/* How many that are not removed were never whole. */
enum assay_err feed_lists_missing(struct tx *tx, int64_t *count, struct err *e);
/* Ids of those that are not removed, at most max. */
enum assay_err feed_lists(struct tx *tx, int64_t *out, size_t max, size_t *count, struct err *e);
/* One that is removed; when its rows are gone, too, it is forgotten. ENOTFOUND. */
enum assay_err feed_list_removed(struct tx *tx, int64_t *list_id, struct err *e);
enum assay_err feed_list_forget(struct tx *tx, int64_t list_id, struct err *e);

/* A row of the same list and hashes that has another id is out of its list and out of r's way. */
enum assay_err feed_row_make_way(struct tx *tx, const struct list_record *r, int64_t version,
                                 struct err *e);

/* A client by its id: made, or as it stands in c. Another of the same name gives it up and is
 * switched off. It has no right to a list then. */
enum assay_err feed_client_put(struct tx *tx, const struct client_row *c, struct err *e);
/* Switch off all clients, to put those of a roster anew. */
enum assay_err feed_clients_off(struct tx *tx, int64_t now_ms, struct err *e);

#endif
