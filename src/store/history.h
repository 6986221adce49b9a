/* All rows that hang on one item, for its page; nothing here changes anything. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* Rows are borrowed for the call; fn must not use the transaction. A result other than ASSAY_OK
 * ends the reading and is returned. Labels are what colleagues see of a person. */

/* Ids of items, oldest first, at most max, into out: by a hash, or by the task's or item's id. */
enum history_hash {
    HISTORY_SHA256,
    HISTORY_SHA1,
    HISTORY_MD5,
    HISTORY_PDQ,
    HISTORY_PDQ_ORIENTED,
    HISTORY_PDQ_FACET
};
enum assay_err history_find(struct tx *tx, enum history_hash by, const void *hash, size_t hash_size,
                            int64_t *out, size_t max, size_t *count, struct err *e);

/* staff_id in what follows: rows of batches that this person may not see are left out; 0: none. An
 * item may be seen when one of its sightings may. */
enum assay_err history_may_see(struct tx *tx, int64_t item_id, int64_t staff_id, bool *yes,
                               struct err *e);
enum assay_err history_tasks(struct tx *tx, int64_t item_id, int64_t staff_id, int64_t *out,
                             size_t max, size_t *count, struct err *e);
enum assay_err history_count_sightings(struct tx *tx, int64_t item_id, int64_t staff_id,
                                       int64_t *count, struct err *e);

struct history_sighting {
    int64_t id, created_ms, found_ms; /* found_ms 0: not known */
    const char *batch;
    int64_t inherits_task_id; /* 0: it inherits nothing */
    int64_t inherits_version; /* of that task's decision */
    int64_t linked_ms;
};
typedef enum assay_err history_sighting_fn(void *ctx, const struct history_sighting *s);
enum assay_err history_sightings(struct tx *tx, int64_t item_id, int64_t staff_id, int64_t max,
                                 history_sighting_fn *fn, void *ctx, struct err *e);

struct history_decision {
    int64_t id, version, staff_id, lot_id, scheme_version, guidance_version;
    int64_t revealed_ms, decided_ms;
    const char *who, *basis, *code, *tags, *software; /* code NULL: taken back */
    const void *note_sealed;                          /* NULL: none */
    size_t note_size;
};
typedef enum assay_err history_decision_fn(void *ctx, const struct history_decision *d);
enum assay_err history_decisions(struct tx *tx, int64_t task_id, history_decision_fn *fn, void *ctx,
                                 struct err *e);

struct history_reading {
    int64_t id, lot_id, version, reader_id, severity, decided_ms; /* reader_id 0: waits */
    const char *kind, *who, *code, *tags, *outcome;               /* outcome NULL: none yet */
    const void *reason_sealed;
    size_t reason_size;
};
typedef enum assay_err history_reading_fn(void *ctx, const struct history_reading *r);
enum assay_err history_readings(struct tx *tx, int64_t task_id, history_reading_fn *fn, void *ctx,
                                struct err *e);

struct history_correction {
    int64_t id, staff_id, closed_by, severity, opened_ms, answered_ms, closed_ms; /* 0: not yet */
    const char *who, *closer, *code, *tags, *state, *outcome;
    const void *answer_sealed;
    size_t answer_size;
};
typedef enum assay_err history_correction_fn(void *ctx, const struct history_correction *c);
enum assay_err history_corrections(struct tx *tx, int64_t task_id, history_correction_fn *fn,
                                   void *ctx, struct err *e);

struct history_escalation {
    int64_t id, staff_id, settled_by, reason, created_ms, settled_ms; /* 0: open */
    const char *who, *settler, *outcome;
    const void *note_sealed;
    size_t note_size;
};
typedef enum assay_err history_escalation_fn(void *ctx, const struct history_escalation *x);
enum assay_err history_escalations(struct tx *tx, int64_t task_id, history_escalation_fn *fn,
                                   void *ctx, struct err *e);

struct history_vote {
    const char *source, *code, *tags;
    int64_t created_ms;
};
typedef enum assay_err history_vote_fn(void *ctx, const struct history_vote *v);
enum assay_err history_votes(struct tx *tx, int64_t task_id, history_vote_fn *fn, void *ctx,
                             struct err *e);

struct history_view {
    int64_t staff_id, started_ms, ended_ms, shown_ms; /* ended_ms 0: not ended */
    const char *who, *rendition;
};
typedef enum assay_err history_view_fn(void *ctx, const struct history_view *v);
/* Newest first, at most max. */
enum assay_err history_views(struct tx *tx, int64_t task_id, int64_t max, history_view_fn *fn,
                             void *ctx, struct err *e);
enum assay_err history_count_views(struct tx *tx, int64_t task_id, int64_t *count, struct err *e);

struct history_release {
    int64_t id, version, decided_ms, written_ms; /* version: of the decision that it holds */
    const char *state;
};
typedef enum assay_err history_release_fn(void *ctx, const struct history_release *r);
enum assay_err history_releases(struct tx *tx, int64_t task_id, history_release_fn *fn, void *ctx,
                                struct err *e);

/* What keeps a task blind for one person: whether they gave it a decision or a reading. */
enum assay_err history_has_voted(struct tx *tx, int64_t task_id, int64_t staff_id, bool *yes,
                                 struct err *e);

/* Tasks of the item that have not passed, whoever they are for. */
enum assay_err history_count_open(struct tx *tx, int64_t item_id, int64_t *count, struct err *e);

#endif
