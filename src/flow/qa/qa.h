/* Quality: lots, blind readings of a seeded sample, third readings, corrections. */
#ifndef FLOW_QA_QA_H
#define FLOW_QA_QA_H

#include "flow/flow.h"
#include "flow/lease.h"

#define QA_CRITICAL_MAX 0 /* upheld errors that a passing lot may have */
#define QA_MAJOR_MAX    1

/*
 * Draw the sample of every submitted lot that has none: seed = 32 random bytes, recorded after
 * submission; the sample is the tasks with the smallest SHA-256(seed, task id as decimal text),
 * flow_sample_size of them, so that anybody with the record can draw it again. For the
 * background, and right after a submission.
 */
enum assay_err qa_sample(struct world *w, int64_t *lots, struct err *e);

enum assay_err qa_lots(struct world *w, const struct caller *c, struct buf *answer,
                       struct err *e); /* Lots */

struct qa_reading_new {
    uint8_t lease[QUEUE_TOKEN_BYTES];
    const char *code;
    const char *const *tags;
    size_t tag_count;
    const char *reason; /* or NULL; third readings need one */
};
/* First reading: the same code and tags agree; else a third reading is opened. Third: with the
 * grader: cleared; else upheld, and a correction is opened. Then the lot is judged. EDENIED: own
 * work. */
enum assay_err qa_read(struct world *w, const struct caller *c, const struct once *o,
                       const struct qa_reading_new *in, struct buf *answer,
                       struct err *e); /* Reading */

enum assay_err qa_corrections(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e); /* Corrections */
struct qa_answer {
    const char *code; /* fix: the new grade; NULL: contest */
    const char *const *tags;
    size_t tag_count;
    const char *contest; /* NULL: fix */
};
enum assay_err qa_answer_correction(struct world *w, const struct caller *c, const struct once *o,
                                    int64_t correction_id, const struct qa_answer *in,
                                    struct buf *answer, struct err *e); /* Correction */
enum qa_outcome { QA_UPHELD, QA_DROPPED };
enum assay_err qa_close_correction(struct world *w, const struct caller *c, const struct once *o,
                                   int64_t correction_id, enum qa_outcome outcome,
                                   struct buf *answer, struct err *e); /* Correction */

struct qa_supersede_new {
    const char *code;
    const char *const *tags;
    size_t tag_count;
    const char *reason; /* one sentence; sealed, and committed to in the record */
};
/* A new version of a decision whose lot has passed. Sightings that inherited it follow in the same
 * transaction; an approved release that holds it goes out no more. ESTATE: not passed; EFORMAT: the
 * scheme refuses, no reason. */
enum assay_err qa_supersede(struct world *w, const struct caller *c, const struct once *o,
                            int64_t task_id, const struct qa_supersede_new *in, struct buf *answer,
                            struct err *e); /* TaskMoved */

#endif
