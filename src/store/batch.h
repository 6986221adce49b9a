/* Who may see a batch, what came in by it, and changes of its place in the queue. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/item.h"
#include "store/store.h"

/* ---- who may see it ---- */

/* Whether this person may be handed what the batch brought: its people are named and they are among
 * them, or nobody is named. A task is of the batch that brought its item first; a sighting of the
 * batch it came with. */
enum assay_err batch_may_see(struct tx *tx, int64_t batch_id, int64_t staff_id, bool *yes,
                             struct err *e);
/* Named twice is named once. ESTATE: there is no such person. */
enum assay_err batch_person_add(struct tx *tx, int64_t batch_id, int64_t staff_id, struct err *e);
enum assay_err batch_people_clear(struct tx *tx, int64_t batch_id, struct err *e);
/* The people named, by label; borrowed for the call. */
typedef void batch_person_fn(void *ctx, int64_t staff_id, const char *label);
enum assay_err batch_people(struct tx *tx, int64_t batch_id, batch_person_fn *fn, void *ctx,
                            struct err *e);

/* ---- what came in by it ---- */

struct batch_tally {
    int64_t files, fresh, refused; /* sightings; of bytes that were new; refusals */
    int64_t last_ms;
};
/* Add to the batch's tally; last_ms replaces the one before. */
enum assay_err batch_tally_add(struct tx *tx, int64_t batch_id, const struct batch_tally *more,
                               struct err *e);
/* How many tasks of a batch are in each state. */
typedef void batch_state_fn(void *ctx, const char *state, int64_t count);
enum assay_err batch_states(struct tx *tx, int64_t batch_id, batch_state_fn *fn, void *ctx,
                            struct err *e);

/* A line of the list of batches; borrowed for the call. */
struct batch_line {
    struct batch_row row;
    struct batch_tally tally;
    int64_t items; /* tasks that it brought first */
};
typedef enum assay_err batch_each_fn(struct tx *tx, void *ctx, const struct batch_line *b,
                                     struct err *e);
/* Newest first, at most 200: those this person may see, or all when staff_id is 0; that one alone
 * when id is not 0. fn may use the transaction for other statements. */
enum assay_err batch_each(struct tx *tx, int64_t id, int64_t staff_id, batch_each_fn *fn, void *ctx,
                          struct err *e);

/* One that something came in by lately; borrowed for the call. */
struct batch_recent {
    int64_t id, undecoded; /* its tasks that wait for the decoder */
    const char *name;
    struct batch_tally tally;
};
typedef void batch_recent_fn(void *ctx, const struct batch_recent *b);
/* Those since since_ms, the latest first, at most 20; as this person may see them when staff_id is
 * not 0. */
enum assay_err batch_each_recent(struct tx *tx, int64_t since_ms, int64_t staff_id,
                                 batch_recent_fn *fn, void *ctx, struct err *e);

/* ---- its place in the queue ---- */

/* Write priority and due date, and begin anew to give them to its tasks. ENOTFOUND. */
enum assay_err batch_change(struct tx *tx, int64_t id, int64_t priority, int64_t due_ms,
                            struct err *e);
/* One page of tasks of some batch that was changed: each gets the most pressing priority and due
 * date of the batches that its item came in by under its scheme. ENOTFOUND: all is done. */
enum assay_err batch_press_page(struct tx *tx, struct err *e);

#endif
