/* Rows of quality work: sealed lots, readings of their samples, corrections. */
#ifndef STORE_QUALITY_H
#define STORE_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/decision.h"
#include "store/store.h"

/* ---- lots ---- */

struct lot_row {
    int64_t id, staff_id, size, sample_size, submitted_ms, closed_ms; /* times 0: not yet */
    bool reread, has_seed;
    uint8_t seed[32];
    char state[12];
};
enum assay_err lot_get(struct tx *tx, int64_t id, struct lot_row *out, struct err *e);
/* Keep the lot for this transaction: what others have done to it shows from the next statement on,
 * and who judges it after us waits until we are done. */
enum assay_err lot_hold(struct tx *tx, int64_t id, struct err *e);
/* One lot that was submitted and has no sample yet; ENOTFOUND. */
enum assay_err lot_unsampled(struct tx *tx, int64_t *id, struct err *e);
/*
 * Tasks of a lot, by id after the given one, at most max, that one reading confirms: their grade,
 * by a person of the queue who saw the picture, is that of an exact hash of a trusted list for
 * which one confirmation is enough (list.confirm), and no source says another. *count: less than
 * max at the end.
 */
enum assay_err lot_confirmed(struct tx *tx, int64_t lot_id, int64_t after, int64_t *out, size_t max,
                             size_t *count, struct err *e);
/* Write seed, sample_size, reread, state and closed_ms, if the lot is still in state `from`;
 * ESTATE. */
enum assay_err lot_move(struct tx *tx, const struct lot_row *l, const char *from, struct err *e);

/* Counts of a lot, for its page and for judging it. */
struct lot_counts {
    int64_t readings, waiting_sample, waiting_third; /* all; with no reader yet, by kind */
    int64_t differing, critical, major;              /* first readings that differ; upheld errors */
    int64_t upheld, corrections_open;                /* open or contested */
};
enum assay_err lot_count(struct tx *tx, int64_t id, struct lot_counts *out, struct err *e);

struct lot_line {
    struct lot_row row;
    struct lot_counts counts;
    const char *grader; /* label; borrowed */
};
typedef void lot_each_fn(void *ctx, const struct lot_line *l);
/* Newest first, at most 200; of one person, or of all when staff_id is 0. */
enum assay_err lot_each(struct tx *tx, int64_t staff_id, lot_each_fn *fn, void *ctx, struct err *e);

/* ---- readings ---- */

struct reading_row {
    int64_t id, lot_id, task_id, decision_id, grader_id;
    int64_t first_reading_id, first_reader_id, reader_id; /* 0: none */
    int64_t probability_ppm, scheme_version, severity, decided_ms;
    char kind[8], outcome[10]; /* outcome "": none yet */
    char code[DECISION_CODE_SIZE];
    char tags[DECISION_TAGS_SIZE];
};
/* A reading that waits for its reader. EEXISTS: the task has one of that kind in this lot. */
enum assay_err reading_insert(struct tx *tx, const struct reading_row *r, struct err *e);
enum assay_err reading_get(struct tx *tx, int64_t id, struct reading_row *out, struct err *e);
/* The next that waits and this person may make: not their own grade, for thirds not their own first
 * reading; and nobody holds its task. ENOTFOUND. */
enum reading_queue { READING_FIRST, READING_THIRD };
enum assay_err reading_next(struct tx *tx, enum reading_queue q, int64_t staff_id,
                            int64_t *reading_id, int64_t *task_id, struct err *e);
enum assay_err reading_count_next(struct tx *tx, enum reading_queue q, int64_t staff_id,
                                  int64_t *count, struct err *e);
/* Write reader, grade, outcome, severity and reason; ESTATE when it has a reader already. */
enum assay_err reading_decide(struct tx *tx, const struct reading_row *r, const void *reason_sealed,
                              size_t reason_size, struct err *e);
/* Whether the lot has a first reading of this task. */
enum assay_err reading_exists(struct tx *tx, int64_t lot_id, int64_t task_id, bool *yes,
                              struct err *e);
/* Add the outcome to the first reading that a third one settled. */
enum assay_err reading_settle(struct tx *tx, int64_t id, const char *outcome, int64_t severity,
                              struct err *e);

/* ---- corrections ---- */

struct correction_row {
    int64_t id, reading_id, lot_id, task_id, staff_id, severity;
    int64_t opened_ms, answered_ms, closed_ms, closed_by; /* 0: not yet */
    char code[DECISION_CODE_SIZE], tags[DECISION_TAGS_SIZE];
    char state[10], outcome[8]; /* outcome "": none yet */
};
enum assay_err correction_insert(struct tx *tx, const struct correction_row *c, struct err *e);
enum assay_err correction_get(struct tx *tx, int64_t id, struct correction_row *out, struct err *e);
/* Write state, outcome, answer and times, if it is still in state `from`; ESTATE. answer NULL: as
 * it is. */
enum assay_err correction_move(struct tx *tx, const struct correction_row *c, const char *from,
                               const void *answer_sealed, size_t answer_size, struct err *e);

struct correction_line {
    struct correction_row row;
    const char *given_code, *given_tags; /* of the decision that was read; borrowed */
    const void *reason_sealed, *answer_sealed;
    size_t reason_size, answer_size;
    int64_t reading_id; /* binds reason_sealed */
};
typedef enum assay_err correction_each_fn(void *ctx, const struct correction_line *c);
/* One of the three: that one; those of a person; the contested ones that this person may see. */
struct correction_which {
    int64_t id, staff_id, judge_id; /* 0: not by this */
};
enum assay_err correction_each(struct tx *tx, const struct correction_which *which,
                               correction_each_fn *fn, void *ctx, struct err *e);

#endif
