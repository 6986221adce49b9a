/* Made-up hashes of several kinds, and the plain scan that every answer is held against. */
#ifndef TEST_UNIT_INDEX_FIXTURE_H
#define TEST_UNIT_INDEX_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/index.h"

#define HASH_BYTES ASSAY_INDEX_HASH_BYTES

enum made {
    MADE_UNIFORM,
    MADE_CLUSTERED, /* 30 % in clusters of up to 1,000 within 31 bits of a centre */
    MADE_PDQLIKE,   /* exactly 128 ones, and rows of 16 bits that often repeat */
    MADE_SKEWED,    /* each bit with odds of its own, from 1:5 to 5:1 */
    MADE_KINDS
};

/* Numbers that are the same on every machine. */
uint64_t made_next(uint64_t *state);

/* count hashes into out, count * HASH_BYTES bytes. */
void made_hashes(enum made kind, uint64_t seed, size_t count, uint8_t *out);

/* The hash with so many of its bits turned over, at places that the state says. */
void made_near(uint64_t *state, const uint8_t *hash, unsigned bits, uint8_t *out);

/* All pairs that were added and those that were deleted; answers by looking at each. */
struct model {
    uint8_t *hashes;
    uint32_t *ids;
    bool *gone;
    size_t count, capacity;
    struct assay_index_hit *hits;
    size_t hit_count;
};

void model_init(struct model *m, size_t capacity);
void model_clear(struct model *m);
void model_add(struct model *m, const uint8_t *hash, uint32_t id);
bool model_delete(struct model *m, const uint8_t *hash, uint32_t id); /* false: not there */
void model_search(struct model *m, const uint8_t *hash, unsigned radius);

#endif
