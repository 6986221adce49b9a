/* PDQs that are searched soon, looked up many at once before each is asked for. */
#ifndef MATCH_AHEAD_H
#define MATCH_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "assay/index.h"

/* A reader's. What was announced is borrowed until it was asked for or something else was. */
struct match_ahead {
    const uint8_t *pdqs;
    size_t count, next; /* announced; the one that is asked for next */
    size_t from, until; /* those that are looked up, in hits */
    size_t slice;       /* how many are looked up at once */
    unsigned radius;
    const struct assay_index_hit *hits; /* the index reader's */
    size_t *begin, begin_room;
};

void ahead_announce(struct match_ahead *a, const uint8_t *pdqs, size_t count, unsigned radius);
void ahead_clear(struct match_ahead *a);

/* assay_index_search, answered from what was looked up ahead where that is what is asked for. */
enum assay_err ahead_search(struct match_ahead *a, struct assay_index_reader *r,
                            const uint8_t *hash, unsigned radius,
                            const struct assay_index_hit **hits, size_t *count);

#endif
