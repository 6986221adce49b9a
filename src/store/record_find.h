/* Finding entries of the record: by the object that they speak of, and from the newest back. */
#ifndef STORE_RECORD_FIND_H
#define STORE_RECORD_FIND_H

#include <stdint.h>

#include "base/err.h"
#include "store/record.h"
#include "store/store.h"

#define RECORD_NOUN_SIZE 24 /* an object's noun and a NUL */

/* Entry seq speaks of the object. Saying so twice changes nothing. */
enum assay_err record_about_insert(struct tx *tx, const char *noun, int64_t object_id, int64_t seq,
                                   struct err *e);
/* How many entries, from the first on, are gone through; and setting it. */
enum assay_err record_about_size(struct tx *tx, int64_t *size, struct err *e);
enum assay_err record_about_reach(struct tx *tx, int64_t size, struct err *e);

/* Entries with an index below `before`, newest first, at most max: all, or those that speak of the
 * object (noun not NULL). Leaves are not read. */
struct record_range {
    int64_t before, max;
    const char *noun; /* NULL: all */
    int64_t object_id;
};
enum assay_err record_back(struct tx *tx, const struct record_range *range, record_row_fn *fn,
                           void *ctx, struct err *e);

/* Size and time of the last signed head; both 0 before the first. */
enum assay_err record_head_time(struct tx *tx, int64_t *size, int64_t *signed_ms, struct err *e);

#define RECORD_FINDING_SIZE 512
struct record_check {
    int64_t checked_ms, staff_id, entries; /* staff_id 0: the operator */
    char who[81];                          /* label of the person, "" for the operator; read only */
    char finding[RECORD_FINDING_SIZE];     /* "": whole */
};
/* Keep that the record was verified; and the last time. ENOTFOUND: never. */
enum assay_err record_check_insert(struct tx *tx, const struct record_check *c, struct err *e);
enum assay_err record_check_last(struct tx *tx, struct record_check *out, struct err *e);

#endif
