/* A segment without its hashes: the columns' symbols are the hashes, and ranks lead around. */
#ifndef INDEX_COMPACT_H
#define INDEX_COMPACT_H

#include "index/segment.h"

/* The ring's position i holds this chunk of the row. So column 0 is in the rows' own order: by
 * chunk 3, 2, 1, 0, 7, ... as a row's numbers compare. */
extern const uint8_t compact_ring[CHUNKS];

#define COMPACT_NONE UINT32_MAX

/* The row with chunk i in the place of ring position i. */
struct index_row compact_turned(const struct index_row *row);

/* Directory, symbols and ranks from the segment's rows, which ascend. ENOMEM. */
enum assay_err compact_fill(struct index_segment *s, const struct index_row *rows);

/* All rows in order into rows, room for layout.row_count; of a damaged file anything. ENOMEM. */
enum assay_err compact_rows(const struct index_segment *s, struct index_row *rows);

/* The row's number, or COMPACT_NONE. */
uint32_t compact_find(const struct index_segment *s, const struct index_row *row);

/* What leads from an entry to the same row's entry in the next column, in two steps, so that many
 * can be led at once: compact_locate asks for the lines of memory that compact_follow reads. */
struct compact_step {
    uint32_t begin, end; /* the symbol's bucket in the next column */
    uint32_t from;       /* the first entry here of a key that is alike but for its lowest bits */
};

/* column: where the entry at stands, in the bucket of key, with symbol sym. */
struct compact_step compact_locate(const struct index_segment *s, unsigned column, uint32_t at,
                                   uint16_t key, uint16_t sym);
/* The entry in the next column; of a damaged file any that exists. */
uint32_t compact_follow(const struct index_segment *s, unsigned column, uint32_t at, uint16_t key,
                        uint16_t sym, const struct compact_step *step);

static inline const uint32_t *compact_dir(const struct index_segment *s, unsigned column)
{
    return s->dir + (size_t)column * DIR_SIZE;
}

static inline const uint16_t *compact_sym(const struct index_segment *s, unsigned column)
{
    return s->sym + (size_t)column * s->layout.row_count;
}

#endif
