/* Counts over the whole store. */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct stats_row {
    int64_t items, sightings, decisions, views, record_size, not_shown;
};
enum assay_err stats_get(struct tx *tx, struct stats_row *out, struct err *e);

/* Name (borrowed for the call) and count, of tasks by state and of lots by state. */
typedef void stats_each_fn(void *ctx, const char *name, int64_t count);
enum assay_err stats_tasks(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);
enum assay_err stats_lots(struct tx *tx, stats_each_fn *fn, void *ctx, struct err *e);

#endif
