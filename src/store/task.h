/* Rows of tasks (one item under one scheme), of leases on them and of the pictures that were sent.
 */
#ifndef STORE_TASK_H
#define STORE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define TASK_STATE_SIZE 16

struct task_row {
    int64_t id, item_id, batch_id, priority, due_ms;
    int64_t owner_id, decision_id, lot_id; /* 0: none */
    int64_t fence, state_ms;
    char scheme[41], state[TASK_STATE_SIZE];
};

enum assay_err task_insert(struct tx *tx, const struct task_row *t, int64_t now_ms, struct err *e);
enum assay_err task_get(struct tx *tx, int64_t id, struct task_row *out, struct err *e);
/* ENOTFOUND: the item has no task under that scheme. */
enum assay_err task_find(struct tx *tx, int64_t item_id, const char *scheme, struct task_row *out,
                         struct err *e);
/* Write state, owner, decision and lot, if the row is still in state `from`; ESTATE when it is not.
 */
enum assay_err task_move(struct tx *tx, const struct task_row *t, const char *from, int64_t now_ms,
                         struct err *e);
/* Raise the place in the queue to that of a more pressing batch. */
enum assay_err task_press(struct tx *tx, int64_t id, int64_t priority, int64_t due_ms,
                          struct err *e);

/* Ids of tasks, at most `max`, into out; *count is how many. */
enum assay_err task_ids_of_item(struct tx *tx, int64_t item_id, int64_t *out, size_t max,
                                size_t *count, struct err *e);
enum assay_err task_ids_of_lot(struct tx *tx, int64_t lot_id, int64_t after, int64_t *out,
                               size_t max, size_t *count, struct err *e);
enum assay_err task_ids_of_owner(struct tx *tx, int64_t owner_id, int64_t *out, size_t max,
                                 size_t *count, struct err *e);

/* The next task of the queue that nobody holds and this person may have (not excluded from it, its
 * batch for everybody or for them too): the one with the most pressing priority, due date, id.
 * ENOTFOUND. */
enum assay_err task_next(struct tx *tx, int64_t staff_id, int64_t *id, struct err *e);
/* How many such tasks there are; TASK_COUNT_MAX when there are more, since counting a whole queue
 * would cost more than handing out its next task. */
#define TASK_COUNT_MAX 1000
enum assay_err task_count_next(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);
/* The next task of this person's Later pile that nobody holds. ENOTFOUND. */
enum assay_err task_next_later(struct tx *tx, int64_t owner_id, int64_t *id, struct err *e);
/* The next escalated task that nobody holds and this person may have. ENOTFOUND. */
enum assay_err task_next_escalated(struct tx *tx, int64_t staff_id, int64_t *id, struct err *e);
enum assay_err task_count_escalated(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);

/* Count one more lease, if the task is in state `from` and `fence` leases were counted; ESTATE when
 * not: somebody was faster. */
enum assay_err task_fence(struct tx *tx, int64_t id, const char *from, int64_t fence,
                          struct err *e);

enum assay_err task_exclude(struct tx *tx, int64_t task_id, int64_t staff_id, const char *why,
                            struct err *e);
enum assay_err task_is_excluded(struct tx *tx, int64_t task_id, int64_t staff_id, bool *yes,
                                struct err *e);

struct vote_row {
    int64_t id, task_id, created_ms;
    const char *source, *code, *tags;
};
/* EEXISTS is fine: *added says whether the source had no vote yet. */
enum assay_err vote_insert(struct tx *tx, const struct vote_row *v, bool *added, struct err *e);

/* ---- leases ---- */

struct lease_row {
    int64_t task_id, fence, staff_id, session_id, authorisation_id, reading_id, correction_id;
    int64_t taken_ms, expires_ms;
    uint8_t token[16];
    char purpose[16];
};
/* EEXISTS: somebody holds it. */
enum assay_err lease_insert(struct tx *tx, const struct lease_row *l, struct err *e);
/* A lease of this person that has not run out. ENOTFOUND. */
enum assay_err lease_get(struct tx *tx, const uint8_t token[16], int64_t staff_id, int64_t now_ms,
                         struct lease_row *out, struct err *e);
/* The live lease of a task, whoever holds it. ENOTFOUND. */
enum assay_err lease_of_task(struct tx *tx, int64_t task_id, int64_t now_ms, struct lease_row *out,
                             struct err *e);
/* ESTATE when it is gone. */
enum assay_err lease_extend(struct tx *tx, const uint8_t token[16], int64_t expires_ms,
                            struct err *e);
enum assay_err lease_delete(struct tx *tx, const uint8_t token[16], struct err *e);
enum assay_err lease_count(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *count,
                           struct err *e);
/* Delete one lease that ran out, giving it; ENOTFOUND: none did. */
enum assay_err lease_expire_one(struct tx *tx, int64_t now_ms, struct lease_row *out,
                                struct err *e);
/* Delete one lease of a session (its token, task, fence, reading), giving it; ENOTFOUND: none left.
 */
enum assay_err lease_end_one(struct tx *tx, int64_t session_id, struct lease_row *out,
                             struct err *e);
/* The same for one of a task of this batch whose holder the batch is not, or no more, for. */
enum assay_err lease_end_one_unseen(struct tx *tx, int64_t batch_id, struct lease_row *out,
                                    struct err *e);
/* The same for all leases of a person. */
enum assay_err lease_end_one_of(struct tx *tx, int64_t staff_id, struct lease_row *out,
                                struct err *e);

/* ---- pictures that were sent ---- */

struct viewing_row {
    int64_t id, task_id, staff_id, session_id, fence, started_ms;
    uint8_t event[16], ticket[16];
    const char *rendition;
};
/* EEXISTS: the ticket was used. */
enum assay_err viewing_insert(struct tx *tx, const struct viewing_row *v, struct err *e);
/* End it once; shown_ms counts. ENOTFOUND: not this session's, or ended. *task_id is what was seen.
 */
enum assay_err viewing_end(struct tx *tx, int64_t id, int64_t session_id, int64_t now_ms,
                           int64_t shown_ms, int64_t *task_id, struct err *e);
/* How long this person saw the task sharp: sum of shown_ms, views still open counted up to now. */
enum assay_err viewing_revealed_ms(struct tx *tx, int64_t task_id, int64_t staff_id, int64_t now_ms,
                                   int64_t *revealed_ms, struct err *e);

#endif
