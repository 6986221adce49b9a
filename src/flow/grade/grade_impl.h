/* Between the files of grading. */
#ifndef FLOW_GRADE_GRADE_IMPL_H
#define FLOW_GRADE_GRADE_IMPL_H

#include "flow/grade/grade.h"
#include "store/decision.h"

/* Insert a decision with its sealed note and its record entry. note may be NULL. */
enum assay_err grade_write_decision(const struct world *w, struct tx *tx,
                                    const struct decision_row *d, const struct task *t,
                                    enum audit_action action, struct audit_actor by,
                                    const char *purpose, const char *note, struct err *e);

/* Open a shift with its lot and record entry. EEXISTS: one is open. */
enum assay_err shift_open(struct tx *tx, const struct caller *c, enum people_role role,
                          struct shift_row *out, struct err *e);

#endif
