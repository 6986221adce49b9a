/* What items match in lists: jobs, passes over all items, matches, and stacks. */
#ifndef STORE_MATCH_H
#define STORE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scheme/scheme.h"
#include "store/decision.h"
#include "store/list.h"
#include "store/store.h"

/* ---- items that wait to be looked up ---- */

/* Fine when it waits already. */
enum assay_err match_job_put(struct tx *tx, int64_t item_id, struct err *e);
enum assay_err match_job_page(struct tx *tx, int64_t *out, size_t max, size_t *count,
                              struct err *e);
/* Take it; *ours false: another did. */
enum assay_err match_job_take(struct tx *tx, int64_t item_id, bool *ours, struct err *e);

/* ---- the pass over all items when lists grew ---- */

struct match_pass {
    int64_t done_seq, goal_seq, after_item;
};
enum assay_err match_pass_get(struct tx *tx, struct match_pass *out, struct err *e);
/* From one to the other, if it is as it was. ESTATE: another moved it. */
enum assay_err match_pass_move(struct tx *tx, const struct match_pass *from,
                               const struct match_pass *to, struct err *e);
/* Hold the pass until the transaction ends. EBUSY: its goal is beyond what the caller knows of the
 * lists. */
enum assay_err match_pass_hold(struct tx *tx, int64_t known_seq, struct err *e);

/* An item as lists may have it. A PDQ is here only when it may be matched on. */
struct match_item {
    int64_t id;
    uint8_t md5[16], sha1[20], sha256[32];
    bool has_pdq, has_oriented;
    uint8_t pdq[32], pdq_oriented[32];
};
typedef enum assay_err match_item_fn(void *ctx, const struct match_item *i, struct err *e);
/* By id, after the given one, at most 500. ENOTFOUND: no more. */
enum assay_err match_items(struct tx *tx, int64_t after, int64_t *last, match_item_fn *fn,
                           void *ctx, struct err *e);
/* ENOTFOUND. */
enum assay_err match_item_get(struct tx *tx, int64_t id, struct match_item *out, struct err *e);
/* PDQs of facets that may be matched on, of items beyond after up to last. */
typedef enum assay_err match_facet_fn(void *ctx, int64_t item_id, const uint8_t pdq[32],
                                      struct err *e);
enum assay_err match_facets(struct tx *tx, int64_t after, int64_t last, match_facet_fn *fn,
                            void *ctx, struct err *e);

/* ---- matches ---- */

/* A row with what counts for a match of it, copied. */
struct match_target {
    int64_t row_id, list_id, item_id, expires_ms;
    bool live, quarantined, has_sha256;
    uint8_t sha256[32];
    char list[LIST_NAME_MAX + 1], kind[16], trust[16];
    char scheme[SCHEME_NAME_MAX + 1], code[DECISION_CODE_SIZE]; /* "": the list gives no grade */
};
/* ENOTFOUND. */
enum assay_err match_target_get(struct tx *tx, int64_t row_id, struct match_target *out,
                                struct err *e);

struct match_row {
    int64_t item_id, row_id, distance, found_ms;
    const char *kind, *outcome;
};
/* *added false: it is known. */
enum assay_err match_insert(struct tx *tx, const struct match_row *m, bool *added, struct err *e);

struct match_seen {
    const char *list, *list_kind, *kind, *outcome, *code;
    int64_t distance, found_ms;
};
typedef enum assay_err match_seen_fn(void *ctx, const struct match_seen *m, struct err *e);
/* An item's, newest first, at most 100. */
enum assay_err match_each(struct tx *tx, int64_t item_id, match_seen_fn *fn, void *ctx,
                          struct err *e);

/* Put an item into the stack of another, which stands for it. *added false: it is in one, or is
 * itself what a stack stands on. */
struct stack_new {
    int64_t stack_id; /* of a stack that has to be made */
    int64_t item_id, of_item_id, distance, now_ms;
};
enum assay_err stack_join(struct tx *tx, const struct stack_new *s, bool *added, struct err *e);

/* Where an item is in a stack, but as the one that stands for it. ENOTFOUND: in none. */
struct stack_place {
    int64_t of_item_id, distance, joined_ms;
};
enum assay_err stack_of(struct tx *tx, int64_t item_id, struct stack_place *out, struct err *e);

/* ---- own decisions ---- */

/* The list of kind own or test, of which a workspace has one each; ENOTFOUND. */
enum assay_err match_list_of_kind(struct tx *tx, const char *kind, int64_t *id, struct err *e);
/* Tasks that have passed and have no row in it, at most max. */
enum assay_err match_own_missing(struct tx *tx, int64_t *out, size_t max, size_t *count,
                                 struct err *e);

#endif
