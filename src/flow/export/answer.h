/* A release as the API gives it; for the files of this folder. */
#ifndef FLOW_EXPORT_ANSWER_H
#define FLOW_EXPORT_ANSWER_H

#include "base/json.h"
#include "flow/export/export_impl.h"

#define EXPORT_READINGS_MAX 9

/* Listed decisions of a scheme. */
struct export_ready {
    int64_t rows, single; /* ready; of those with one reading alone */
    int64_t held_lots,
        held_readings; /* in lots that are not closed; with fewer readings than asked */
};

/* The Release object up to its last member: the caller may add to it and ends it. */
void answer_begin(struct json_out *o, const struct release_row *r, const struct export_codes *codes,
                  const struct caller *c);
/* Rows of a stored release by code. */
enum assay_err answer_codes(struct tx *tx, int64_t id, struct export_codes *out, struct err *e);
/* The whole object with its first rows; answer is reset first. */
enum assay_err answer_release(struct tx *tx, const struct release_row *r, const struct caller *c,
                              struct buf *answer, struct err *e);

#endif
