/* A row: a hash with its bits in the index's own order, as sixteen chunks of 16 bits. */
#ifndef INDEX_ROW_H
#define INDEX_ROW_H

#include <assert.h>
#include <stdint.h>

#define ROW_WORDS  4
#define CHUNKS     16
#define CHUNK_BITS 16

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are mapped as they lie in the file");

/* Chunk i is bits 16 * (i % 4) .. of w[i / 4]. Rows are ordered by w[0], then w[1], ... */
struct index_row {
    uint64_t w[ROW_WORDS];
};

static inline uint16_t row_chunk(const struct index_row *r, unsigned i)
{
    return (uint16_t)(r->w[i / 4] >> (CHUNK_BITS * (i % 4)));
}

static inline uint32_t row_word32(const struct index_row *r, unsigned i)
{
    return (uint32_t)(r->w[i / 2] >> (32 * (i % 2)));
}

static inline int row_compare(const struct index_row *a, const struct index_row *b)
{
    for (unsigned i = 0; i < ROW_WORDS; i++) {
        if (a->w[i] != b->w[i])
            return a->w[i] < b->w[i] ? -1 : 1;
    }
    return 0;
}

/* Bits set; for few calls, where no processor's own instruction can be counted on. */
static inline unsigned bits_set(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    return (unsigned)(((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
}

#define PERMUTATION_ID    1
#define PERMUTATION_PARTS 64 /* halves of the hash's bytes */

/* For each half byte of a hash and each of its values the bits of the row that it sets. */
struct permutation {
    struct index_row part[PERMUTATION_PARTS][16];
    /* For instructions that gather 64 bits at once: bit b of the row's word i is, where mask[i][j]
     * has it, bit gather[i][j][b] of the hash's j-th word, little-endian as it lies. */
    _Alignas(64) uint8_t gather[ROW_WORDS][ROW_WORDS][64];
    uint64_t mask[ROW_WORDS][ROW_WORDS];
    /* Such instructions, or NULL: set by who knows the processor. */
    struct index_row (*wide)(const struct permutation *p, const uint8_t *hash);
};

/* source[b]: which bit of the hash (0: the first digit's highest) is bit b of the row, where bit b
 * is bit b % 64 of w[b / 64]. 256 entries. */
void permutation_bits(uint8_t source[256]);

void permutation_init(struct permutation *p); /* wide is NULL */
struct index_row permute(const struct permutation *p, const uint8_t *hash);

#endif
