/* Between the files of quality: judging a lot, and the Correction object. */
#ifndef FLOW_QA_QA_IMPL_H
#define FLOW_QA_QA_IMPL_H

#include "base/json.h"
#include "flow/qa/qa.h"
#include "store/quality.h"

/* When nothing of the lot waits any more: fail it (all of it is read again), or pass it (its tasks
 * may be released). Nothing happens while readings or corrections are open. *state is the lot's
 * after it. */
enum assay_err qa_judge(struct tx *tx, int64_t lot_id, char state[12], struct err *e);

/* Insert a waiting reading for each of these tasks that has none in this lot. */
enum assay_err qa_add_readings(struct tx *tx, int64_t lot_id, const int64_t *task_ids, size_t count,
                               const char *kind, int64_t probability_ppm, struct err *e);

/* Ids of all tasks of a lot, in an array of the arena. */
enum assay_err qa_lot_tasks(struct tx *tx, int64_t lot_id, struct arena *a, int64_t **ids,
                            size_t *count, struct err *e);

/* A grade as it is written: tags are canonical text; note may be NULL. */
struct qa_grade {
    const char *code, *tags, *note;
};

/* Write a new version of a task's decision inside its sealed or passed lot; what hangs on a passed
 * one follows. *t is the task after it. */
enum assay_err qa_put_grade(struct world *w, struct tx *tx, const struct caller *c,
                            enum people_role role, int64_t task_id, const struct qa_grade *g,
                            struct task *t, struct err *e);

#endif
