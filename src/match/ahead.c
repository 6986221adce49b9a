/* Slices of what was announced: long ones are quick, and short ones where each has many hits. */
#include "match/ahead.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#define SLICE_MIN   64 /* fewer gain nothing */
#define SLICE_FIRST 256
#define SLICE_MAX   4096
#define HITS_MANY   64 /* of one query at an average: all of a slice are held in memory */

void ahead_announce(struct match_ahead *a, const uint8_t *pdqs, size_t count, unsigned radius)
{
    a->pdqs = pdqs;
    a->count = count;
    a->next = a->from = a->until = 0;
    a->slice = SLICE_FIRST;
    a->radius = radius;
}

void ahead_clear(struct match_ahead *a)
{
    mem_free(a->begin);
}

static bool is_next(const struct match_ahead *a, const uint8_t *hash, unsigned radius)
{
    return a->next < a->count && radius == a->radius &&
           memcmp(hash, a->pdqs + a->next * ASSAY_INDEX_HASH_BYTES, ASSAY_INDEX_HASH_BYTES) == 0;
}

static enum assay_err look_up(struct match_ahead *a, struct assay_index_reader *r)
{
    const size_t left = a->count - a->next, n = left < a->slice ? left : a->slice;

    if (a->begin_room < n + 1) {
        a->begin_room = n + 1;
        a->begin = mem_resize(a->begin, a->begin_room, sizeof *a->begin);
    }
    const enum assay_err rc = assay_index_search_many(r, a->pdqs + a->next * ASSAY_INDEX_HASH_BYTES,
                                                      n, a->radius, &a->hits, a->begin);
    if (rc != ASSAY_OK)
        return rc;
    a->from = a->next;
    a->until = a->next + n;
    if (a->begin[n] > HITS_MANY * n)
        a->slice = SLICE_MIN;
    else if (a->slice < SLICE_MAX)
        a->slice *= 4;
    return ASSAY_OK;
}

enum assay_err ahead_search(struct match_ahead *a, struct assay_index_reader *r,
                            const uint8_t *hash, unsigned radius,
                            const struct assay_index_hit **hits, size_t *count)
{
    const bool next = is_next(a, hash, radius);
    enum assay_err rc;

    if (!next || (a->next == a->until && a->count - a->next < SLICE_MIN)) {
        a->count = 0; /* its hits are the reader's, until this search */
        return assay_index_search(r, hash, radius, hits, count);
    }
    if (a->next == a->until && (rc = look_up(a, r)) != ASSAY_OK)
        return rc;
    const size_t *begin = &a->begin[a->next++ - a->from];
    *hits = a->hits + begin[0];
    *count = begin[1] - begin[0];
    return ASSAY_OK;
}
