/* Rows of facets: the pictures of an item beside its main one. */
#ifndef STORE_FACET_H
#define STORE_FACET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct facet_row {
    int64_t item_id, number, place, width, height, pdq_quality;
    bool has_pdq;
    uint8_t pdq[32];
    const char *maker; /* not set by facet_each */
    char kind[16];
    char reason[16]; /* "": trusted */
};

/* All of an item go when it is identified again; then each is put anew, number from 1. */
enum assay_err facet_delete(struct tx *tx, int64_t item_id, struct err *e);
enum assay_err facet_insert(struct tx *tx, const struct facet_row *f, struct err *e);

/* Those of an item in order of their numbers; f is borrowed for the call. */
typedef void facet_each_fn(void *ctx, const struct facet_row *f);
enum assay_err facet_each(struct tx *tx, int64_t item_id, facet_each_fn *fn, void *ctx,
                          struct err *e);

#endif
