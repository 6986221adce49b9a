/* The order of bits in a row: a fixed random one, since neighbours in a PDQ hash go together. */
#include <string.h>

#include "index/row.h"

#define SEED 0x6173736179u /* "assay"; doc/index.md */

/* splitmix64: 64 bits a step, of a counter. */
static uint64_t next(uint64_t *state)
{
    uint64_t v = *state += 0x9e3779b97f4a7c15u;

    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

void permutation_bits(uint8_t source[256])
{
    uint64_t state = SEED;

    for (unsigned i = 0; i < 256; i++)
        source[i] = (uint8_t)i;
    for (unsigned i = 255; i > 0; i--) {
        unsigned j = (unsigned)(next(&state) % (i + 1));
        uint8_t swapped = source[i];
        source[i] = source[j];
        source[j] = swapped;
    }
}

void permutation_init(struct permutation *p)
{
    uint8_t source[256];

    memset(p, 0, sizeof *p);
    permutation_bits(source);
    for (unsigned b = 0; b < 256; b++) {
        const unsigned half = source[b] / 4, in_half = 3 - source[b] % 4;
        const unsigned word = source[b] / 64, byte = source[b] / 8 % 8;
        p->gather[b / 64][word][b % 64] = (uint8_t)(8 * byte + 7 - source[b] % 8);
        p->mask[b / 64][word] |= (uint64_t)1 << (b % 64);
        for (unsigned value = 0; value < 16; value++) {
            if (value >> in_half & 1)
                p->part[half][value].w[b / 64] |= (uint64_t)1 << (b % 64);
        }
    }
}

struct index_row permute(const struct permutation *p, const uint8_t *hash)
{
    struct index_row r = {{0, 0, 0, 0}};

    if (p->wide != NULL)
        return p->wide(p, hash);
    for (unsigned half = 0; half < PERMUTATION_PARTS; half++) {
        unsigned value = half % 2 == 0 ? hash[half / 2] >> 4 : hash[half / 2] & 15;
        for (unsigned i = 0; i < ROW_WORDS; i++)
            r.w[i] |= p->part[half][value].w[i];
    }
    return r;
}
