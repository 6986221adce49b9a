/* Rows of decisions, of what inherits them, of shifts, lots and escalations. */
#ifndef STORE_DECISION_H
#define STORE_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define DECISION_CODE_SIZE 41
#define DECISION_TAGS_SIZE 6000 /* 64 tags of 81 characters and the spaces between */

struct decision_row {
    int64_t id, task_id, version, staff_id;
    int64_t lot_id, from_decision_id; /* 0: none */
    const char *basis;                /* static, or borrowed for the call */
    const char *scheme;
    int64_t scheme_version, guidance_version;
    const char *code; /* NULL: taken back */
    const char *tags;
    const void *note_sealed; /* NULL: none */
    size_t note_size;
    int64_t fence, revealed_ms;
    const char *software;
    int64_t decided_ms;
};
enum assay_err decision_insert(struct tx *tx, const struct decision_row *d, struct err *e);

/* One decision, copied. */
struct decision_copy {
    int64_t id, task_id, version, staff_id, lot_id, scheme_version, decided_ms, revealed_ms;
    char basis[12], scheme[41], code[DECISION_CODE_SIZE]; /* code "": taken back */
    char tags[DECISION_TAGS_SIZE];
};
enum assay_err decision_get(struct tx *tx, int64_t id, struct decision_copy *out, struct err *e);
/* The number of the newest version; 0 when there is none. */
enum assay_err decision_version(struct tx *tx, int64_t task_id, int64_t *version, struct err *e);
/* The newest decision that stands in a lot; ENOTFOUND. */
enum assay_err decision_newest(struct tx *tx, int64_t lot_id, int64_t *id, struct err *e);

/* A decision that stands in a lot, with what the shift-end check looks at; borrowed for the call.
 */
struct decision_standing {
    int64_t id, task_id, item_id, scheme_version, revealed_ms, decided_ms, handed_ms;
    const char *scheme, *code, *tags, *basis;
    const char *pdq_reason; /* NULL: trusted, or no picture */
};
typedef enum assay_err decision_each_fn(void *ctx, const struct decision_standing *d);
enum assay_err decision_each(struct tx *tx, int64_t lot_id, decision_each_fn *fn, void *ctx,
                             struct err *e);
enum assay_err decision_count(struct tx *tx, int64_t lot_id, int64_t *count, struct err *e);

/* Give every sighting of the task's item in other batches of its scheme, and every one that has a
 * link, a link to this decision: a new version where there is one. *count is how many. */
enum assay_err inheritance_spread(struct tx *tx, int64_t task_id, int64_t decision_id,
                                  int64_t now_ms, int64_t *count, struct err *e);
enum assay_err inheritance_link(struct tx *tx, int64_t sighting_id, int64_t decision_id,
                                int64_t now_ms, struct err *e);

/* ---- shifts and lots ---- */

struct shift_row {
    int64_t id, lot_id, staff_id, started_ms;
    bool checked;
};
/* The open shift of a person with its lot. ENOTFOUND. */
enum assay_err shift_find(struct tx *tx, int64_t staff_id, struct shift_row *out, struct err *e);
/* Keep the shift open until this transaction ends: who submits it waits for us, or we for them.
 * ESTATE: it was submitted meanwhile. */
enum assay_err shift_hold(struct tx *tx, int64_t id, struct err *e);
/* A new shift and its open lot. EEXISTS: one is open. */
enum assay_err shift_insert(struct tx *tx, const struct shift_row *s, struct err *e);
enum assay_err shift_checked(struct tx *tx, int64_t id, int64_t now_ms, struct err *e);
/* Seal the lot: submitted, with its size. */
enum assay_err shift_seal(struct tx *tx, const struct shift_row *s, int64_t size, int64_t now_ms,
                          struct err *e);
enum assay_err later_count(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);

/* ---- escalations ---- */

struct escalation_row {
    int64_t id, task_id, staff_id, reason, created_ms;
    const void *note_sealed;
    size_t note_size;
    const char *staff_label;
};
enum assay_err escalation_insert(struct tx *tx, const struct escalation_row *x, struct err *e);
/* The open one of a task; ENOTFOUND. Its note and label are not set. */
enum assay_err escalation_open(struct tx *tx, int64_t task_id, struct escalation_row *out,
                               struct err *e);
enum assay_err escalation_get(struct tx *tx, int64_t id, struct escalation_row *out, struct err *e);
enum assay_err escalation_settle(struct tx *tx, int64_t id, int64_t staff_id, const char *outcome,
                                 int64_t now_ms, struct err *e);
typedef enum assay_err escalation_each_fn(void *ctx, const struct escalation_row *x);
/* The open ones that this person may see. */
enum assay_err escalation_each(struct tx *tx, int64_t staff_id, escalation_each_fn *fn, void *ctx,
                               struct err *e);

#endif
