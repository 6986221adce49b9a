/* Reading through a compact segment: the distances of all rows at once, from column to column. */
#include <stdlib.h>
#include <string.h>

#include "index/compact.h"
#include "index/index_impl.h"

#define KEY_COUNT (DIR_SIZE - 1)
#define FIRST     2 /* the column to begin in: the last then is column 0, in the order of rows */

/* What the scan of one segment works with: a distance for each row in the order of a column and of
 * the next, and where the next row of each symbol goes. */
struct stream {
    const struct index_segment *s;
    const struct index_row *query; /* turned */
    uint8_t *here, *there;
    uint32_t *cursor;
};

static unsigned chunk_bits(const struct stream *t, unsigned column, uint16_t chunk)
{
    return bits_set((uint64_t)(chunk ^ row_chunk(t->query, column)));
}

/* Where the bucket of the key ends, held to what a damaged file can say. */
static uint32_t bucket_end(const struct stream *t, unsigned column, uint32_t key)
{
    const uint32_t end = compact_dir(t->s, column)[key + 1], rows = t->s->layout.row_count;

    return end < rows ? end : rows;
}

/* Adds the column's chunk to each distance, and lays it where its row stands in the next column:
 * rows of one symbol come there in the order in which they are met here. */
static void to_next(struct stream *t, unsigned column)
{
    const uint16_t *sym = compact_sym(t->s, column);
    const uint32_t rows = t->s->layout.row_count;
    uint32_t at = 0;

    memcpy(t->cursor, compact_dir(t->s, (column + 1) % CHUNKS), KEY_COUNT * sizeof *t->cursor);
    for (uint32_t key = 0; key < KEY_COUNT; key++) {
        const uint32_t end = bucket_end(t, column, key);
        if (at >= end)
            continue;
        const uint8_t more = (uint8_t)chunk_bits(t, column, (uint16_t)key);
        for (; at < end; at++) {
            uint32_t to = t->cursor[sym[at]]++;
            if (to < rows) /* else a damaged file */
                t->there[to] = (uint8_t)(t->here[at] + more);
        }
    }
    uint8_t *swapped = t->here;
    t->here = t->there;
    t->there = swapped;
}

/* In column 0, where an entry is its row: the last two chunks are its key and its symbol. */
static enum assay_err near_rows(struct assay_index_reader *r, const struct stream *t,
                                unsigned radius)
{
    const uint16_t *sym = compact_sym(t->s, 0);
    uint32_t at = 0;
    enum assay_err rc;

    for (uint32_t key = 0; key < KEY_COUNT; key++) {
        const uint32_t end = bucket_end(t, 0, key);
        const unsigned own = at < end ? chunk_bits(t, 0, (uint16_t)key) : 0;
        for (; at < end; at++) {
            unsigned distance = t->here[at] + own;
            if (distance > radius)
                continue;
            distance += chunk_bits(t, 1, sym[at]);
            if (distance <= radius && (rc = hits_add_row(r, t->s, at, distance)) != 0)
                return rc;
        }
    }
    return ASSAY_OK;
}

enum assay_err compact_scan(struct assay_index_reader *r, const struct index_segment *s,
                            const struct index_row *turned, unsigned radius)
{
    struct stream t = {.s = s, .query = turned};
    const size_t rows = s->layout.row_count;
    enum assay_err rc = ASSAY_ENOMEM;

    uint8_t *distances = segment_memory(2 * rows);
    t.cursor = malloc(KEY_COUNT * sizeof *t.cursor);
    if (distances == NULL || t.cursor == NULL)
        goto out;
    memset(distances, 0, 2 * rows); /* also what a damaged file leaves out */
    t.here = distances;
    t.there = distances + rows;
    for (unsigned column = FIRST; column < CHUNKS; column++)
        to_next(&t, column);
    rc = near_rows(r, &t, radius);
out:
    free(distances);
    free(t.cursor);
    return rc;
}
