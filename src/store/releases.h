/* Rows of releases: what could go out, what was asked for, who let it go. */
#ifndef STORE_RELEASES_H
#define STORE_RELEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define RELEASES_PAGE 500 /* lines read or written at a time */

/* One decision that may go out; texts borrowed for the call. */
struct release_line {
    int64_t task_id, decision_id;
    uint8_t sha256[32], sha1[20], md5[16];
    int64_t size;
    const char *mime, *kind; /* of the item: picture, video, other */
    int64_t width, height;   /* pixels; 0: not known */
    bool has_pdq, has_oriented;
    uint8_t pdq[32], pdq_oriented[32];
    int64_t pdq_quality;
    const char *pdq_reason; /* NULL: trusted, or no picture was made */
    int64_t scheme_version;
    const char *code, *tags, *basis;
    int64_t decided_ms;
    int64_t readings; /* the grader's, agreeing quality readings, sources' votes for the code */
    bool stands;      /* still its task's decision, passed, its lot closed, no correction open */
};
typedef enum assay_err release_line_fn(void *ctx, const struct release_line *l, struct err *e);

/*
 * Lines that stand, of a scheme and any code, in order of SHA-256, behind `after` (32 bytes; NULL:
 * from the start), at most RELEASES_PAGE. *count is how many; fewer than RELEASES_PAGE: the last
 * page. last takes the last one's SHA-256.
 */
enum assay_err release_ready(struct tx *tx, const char *scheme, const uint8_t *after,
                             uint8_t last[32], size_t *count, release_line_fn *fn, void *ctx,
                             struct err *e);

/* How many decisions of a scheme there are by code: ready to go out, of those with one reading
 * alone, and held back because lots are not closed or a list known_good
 * or never_export has them. */
struct release_count {
    const char *code; /* borrowed for the call */
    int64_t ready, single, held;
};
typedef enum assay_err release_count_fn(void *ctx, const struct release_count *c, struct err *e);
enum assay_err release_candidates(struct tx *tx, const char *scheme, release_count_fn *fn,
                                  void *ctx, struct err *e);

/* That a list known_good or never_export holds an item back, which was graded and has passed. */
struct release_guard {
    int64_t item_id, list_id, distance, expires_ms; /* bits, of PDQ; 0: for good */
    const char *code, *list, *kind, *hash;          /* borrowed for the call */
};
#define RELEASES_GUARDS_MAX 101
typedef enum assay_err release_guard_fn(void *ctx, const struct release_guard *g, struct err *e);
/* Those of a scheme that are in force now, by item and list, at most RELEASES_GUARDS_MAX. fn may
 * use the transaction. */
enum assay_err release_guards(struct tx *tx, const char *scheme, release_guard_fn *fn, void *ctx,
                              struct err *e);

/* ---- releases ---- */

struct release_row {
    int64_t id, scheme_version, min_readings, row_count;
    int64_t requested_by, requested_ms;
    int64_t decided_by, decided_ms, written_ms; /* 0: not yet */
    uint8_t content_sha256[32], event[16];
    bool has_event;
    char scheme[41], state[12];
    char requested_label[81], decided_label[81]; /* of the people; not written */
};
enum assay_err release_insert(struct tx *tx, const struct release_row *r, struct err *e);
enum assay_err release_find(struct tx *tx, int64_t id, struct release_row *out,
                            struct err *e); /* ENOTFOUND */
/* The newest approved release with at least min_readings. ENOTFOUND. */
enum assay_err release_newest(struct tx *tx, int64_t min_readings, int64_t *id, struct err *e);
typedef enum assay_err release_each_fn(void *ctx, const struct release_row *r, struct err *e);
/* Newest first, at most max. fn may use the transaction. */
enum assay_err release_each(struct tx *tx, int64_t max, release_each_fn *fn, void *ctx,
                            struct err *e);
/* Write state, decided_by, decided_ms and event, if it is still requested; ESTATE. */
enum assay_err release_decide(struct tx *tx, const struct release_row *r, struct err *e);
enum assay_err release_written(struct tx *tx, int64_t id, int64_t now_ms, struct err *e);

/* ---- the rows of one ---- */

enum assay_err release_add_row(struct tx *tx, int64_t release_id, int64_t index,
                               const struct release_line *l, struct err *e);
/* From row index on, at most RELEASES_PAGE, as they stand now, save that readings are those that
 * were counted when it was asked for. *count is how many. */
enum assay_err release_rows(struct tx *tx, int64_t release_id, int64_t index, size_t *count,
                            release_line_fn *fn, void *ctx, struct err *e);
/* Rows by code, ascending; ready alone is set. */
enum assay_err release_codes(struct tx *tx, int64_t release_id, release_count_fn *fn, void *ctx,
                             struct err *e);

#endif
