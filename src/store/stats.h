/* Counts over the whole store. */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct stats_row {
    int64_t items, sightings, decisions, views, record_size, not_shown, facets;
};
enum assay_err stats_get(struct tx *tx, struct stats_row *out, struct err *e);

/* The engine's own version, such as 3.40.1. */
#define STATS_VERSION_SIZE 64
enum assay_err stats_version(struct tx *tx, enum store_engine engine, char out[STATS_VERSION_SIZE],
                             struct err *e);

/* What whoever watches the machine wants to know; head: the last signed one, 0 before the first. */
struct stats_health {
    int64_t vault_bytes, identify_waiting, head_size, head_ms;
};
enum assay_err stats_health(struct tx *tx, struct stats_health *out, struct err *e);

/* Name (borrowed for the call) and count, of tasks by state, of lots by state, of pictures by why
 * they cannot be shown. */
typedef void stats_each_fn(void *ctx, const char *name, int64_t count);
enum assay_err stats_tasks(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);
/* Items that are not shown, by why; and those of a type not shown yet, by type. */
enum assay_err stats_failures(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);
enum assay_err stats_unsupported(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);
enum assay_err stats_lots(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);

#endif
