/* Between the files of grading. */
#ifndef FLOW_GRADE_GRADE_IMPL_H
#define FLOW_GRADE_GRADE_IMPL_H

#include "flow/grade/grade.h"
#include "store/decision.h"

/* Open a shift with its lot and record entry. EEXISTS: one is open. */
enum assay_err shift_open(struct tx *tx, const struct caller *c, enum people_role role,
                          struct shift_row *out, struct err *e);

#endif
