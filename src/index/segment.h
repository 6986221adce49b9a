/* A sorted part of the index: rows in order, their ids, and sixteen columns to find them by. */
#ifndef INDEX_SEGMENT_H
#define INDEX_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/index.h"
#include "index/kernels.h"
#include "index/row.h"

#define SEGMENT_ROWS_MAX    (1u << 24) /* a row's number is three bytes in a column */
#define SEGMENT_IDS_MAX     (1u << 31)
#define SEGMENT_COLUMNS_MIN 4096 /* fewer rows are read through faster than looked up */
#define SEGMENT_ALIGNMENT   64
#define DIR_SIZE            65537 /* one for each value of a chunk, and the end */
#define ROW_NUMBER_BYTES    3

/* The sections of a segment, in memory as in the file (doc/index.md), in this order. */
enum section {
    SECTION_ROWS,   /* struct index_row, ascending */
    SECTION_FIRST,  /* u32, rows + 1: where a row's ids begin */
    SECTION_IDS,    /* u32, ascending within a row */
    SECTION_DEAD,   /* u64: one bit for each id that was deleted */
    SECTION_DIR,    /* CHUNKS times DIR_SIZE u32: where the bucket of a value begins */
    SECTION_SYM,    /* CHUNKS times u16 a row: in bucket order, the chunk after the column's own */
    SECTION_NUMBER, /* CHUNKS times 3 bytes a row: in bucket order, the row's number */
    SECTION_HIGH,   /* CHUNKS times high_words u64: in bucket order, ranks; of compact ones */
    SECTION_LOW,    /* CHUNKS times low_words u64: the same */
    SECTIONS
};

#define COMPACT_DROPPED    2 /* lowest bits of a chunk that ranks leave out */
#define COMPACT_VALUE_BITS (CHUNK_BITS - COMPACT_DROPPED)
#define COMPACT_ALIKE      (1 << COMPACT_DROPPED) /* chunks of one rank */

/* A compact segment has directory, symbols and ranks, and first only where a row has two ids. */
struct segment_layout {
    enum assay_index_form form;
    uint32_t row_count, id_count;
    unsigned high_bits, low_bits; /* of a rank's value */
    size_t high_words, low_words; /* of one column */
    size_t offset[SECTIONS];      /* multiples of SEGMENT_ALIGNMENT, from the segment's begin */
    size_t size[SECTIONS];        /* bytes; 0: no such section */
    size_t total;                 /* a multiple of SEGMENT_ALIGNMENT */
};

struct index_segment {
    struct segment_layout layout;
    unsigned char *base;
    const struct index_row *rows; /* NULL: compact */
    const uint32_t *first, *ids;  /* first is NULL where each row has one id */
    _Atomic uint64_t *dead;
    const uint32_t *dir; /* NULL: no columns */
    const uint16_t *sym;
    const uint8_t *number;
    const uint64_t *high, *low;          /* compact */
    const struct index_kernels *kernels; /* that count compact ones' symbols */
    uint32_t dead_count;                 /* under the index's write lock */
    bool mapped;                         /* base is part of a file's mapping */
};

/* A hash as a row, with an id of it. */
struct index_pair {
    struct index_row row;
    uint32_t id;
};

/* Where sections lie. row_count 1 .. SEGMENT_ROWS_MAX, id_count row_count .. SEGMENT_IDS_MAX. Of
 * few rows there is no compact form. */
struct segment_layout segment_layout(enum assay_index_form form, uint32_t row_count,
                                     uint32_t id_count);

/* A segment of the layout in memory of its own, zero between sections and in SECTION_DEAD. ENOMEM.
 */
enum assay_err segment_allocate(const struct segment_layout *layout, struct index_segment **out);

/* Over bytes that hold the layout; borrowed. ENOMEM. The caller frees with segment_free. */
enum assay_err segment_over(const struct segment_layout *layout, unsigned char *base,
                            struct index_segment **out);

void segment_free(struct index_segment *s); /* NULL is fine */

/* Memory that is gone through in no order, of huge pages where it is large enough to gain by them;
 * freed by free(). NULL: none. */
void *segment_memory(size_t size);

/* Pairs in order, from pairs or from a segment; what a merge reads. */
struct pair_source {
    const struct index_pair *pairs; /* sorted; or NULL */
    size_t count;
    const struct index_segment *segment; /* where pairs is NULL */
    const struct index_row *rows;        /* of the segment */
    const uint64_t *dead;                /* the segment's deleted ids, as they were */
    size_t at;                           /* the next pair or id */
    uint32_t row;                        /* the segment's row of that id */
};

/* Memory for a segment of up to count pairs, and at its end the pairs that it is to be built of: so
 * they take none of their own where columns follow, which are filled when all pairs were read. */
struct segment_room {
    unsigned char *base;
    size_t size;
    struct index_pair *pairs; /* count of them, in base */
};

/* The caller frees base unless a segment took it. ENOMEM. */
enum assay_err segment_room(enum assay_index_form form, uint32_t count, struct segment_room *out);

/* Sort by row, then id. */
void pairs_sort(struct index_pair *pairs, size_t count);

/* One segment of all pairs of the sources, each pair once; *out is NULL when there are none. The
 * sources are left at their ends. It lies in the room (NULL: in memory of its own), of which pairs
 * are the only source and base then NULL. ENOMEM. */
enum assay_err segment_build(enum assay_index_form form, struct pair_source *sources, size_t count,
                             struct segment_room *room, struct index_segment **out);

/* The ids of a row; begin == end when the file says what cannot be. */
static inline void segment_ids(const struct index_segment *s, uint32_t row, uint32_t *begin,
                               uint32_t *end)
{
    if (s->first == NULL) {
        *begin = row;
        *end = row + 1;
        return;
    }
    *begin = s->first[row];
    *end = s->first[row + 1];
    if (*end > s->layout.id_count || *begin > *end)
        *begin = *end = 0;
}

#define LINE_BYTES 64 /* of memory that comes at once */

/* Asks for the lines that so many bytes of a section lie in, at most so many of them: of more, the
 * processor fetches the next by itself. */
static inline void segment_prefetch(const void *from, size_t size, size_t lines_max)
{
    const size_t before = (uintptr_t)from % LINE_BYTES; /* sections begin with a line */
    const char *line = (const char *)from - before;

    for (size_t at = 0; size > 0 && at < before + size && at < lines_max * LINE_BYTES;
         at += LINE_BYTES)
        __builtin_prefetch(line + at);
}

static inline uint32_t segment_number(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline bool segment_is_dead(const struct index_segment *s, uint32_t id_index)
{
    uint64_t word = atomic_load_explicit(&s->dead[id_index / 64], memory_order_relaxed);
    return word >> (id_index % 64) & 1;
}

/* Delete the pair where it stands; how many there were, 0 or 1. Under the write lock. */
unsigned segment_delete(struct index_segment *s, const struct index_pair *pair);

#endif
