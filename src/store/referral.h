/* Rows of referrals: escalated items that were handed to police. */
#ifndef STORE_REFERRAL_H
#define STORE_REFERRAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

enum referral_state { REFERRAL_MADE, REFERRAL_SENT, REFERRAL_ACKNOWLEDGED, REFERRAL_CLOSED };
#define REFERRAL_STATES 4
const char *referral_state_name(enum referral_state s); /* static */

/* Texts are borrowed. */
struct referral_row {
    int64_t id, task_id, escalation_id, made_by, made_ms, due_ms;
    int64_t sent_ms, acknowledged_ms, closed_ms; /* 0: not yet */
    bool urgent;
    enum referral_state state;
    const char *outcome;    /* NULL: not closed */
    const char *made_label; /* of who made it; not written */
    const void *text_sealed, *contact_sealed;
    size_t text_size, contact_size;
};
enum assay_err referral_insert(struct tx *tx, const struct referral_row *r, struct err *e);
/* Write state, outcome and times, if it still is in state `from`; ESTATE. */
enum assay_err referral_move(struct tx *tx, const struct referral_row *r, enum referral_state from,
                             struct err *e);
typedef enum assay_err referral_fn(void *ctx, const struct referral_row *r, struct err *e);
/* That one, borrowed for the call. ENOTFOUND. */
enum assay_err referral_get(struct tx *tx, int64_t id, referral_fn *fn, void *ctx, struct err *e);
/* Open ones by their due time, then the latest closed, at most 200, as this person may see them (0:
 * all). */
enum assay_err referral_each(struct tx *tx, int64_t staff_id, referral_fn *fn, void *ctx,
                             struct err *e);
/* Open ones that this person may see (0: all) and that are due before now and not acknowledged. */
enum assay_err referral_count_overdue(struct tx *tx, int64_t staff_id, int64_t now_ms,
                                      int64_t *count, struct err *e);

#endif
