/* Made-up hashes, and an index that is an array. */
#include "index_fixture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER_MAX  1000
#define CLUSTER_BITS 31

uint64_t made_next(uint64_t *state)
{
    uint64_t v = *state += 0x9e3779b97f4a7c15u;

    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

static void uniform(uint64_t *state, uint8_t *out)
{
    for (size_t i = 0; i < HASH_BYTES; i += 8) {
        uint64_t v = made_next(state);
        memcpy(out + i, &v, sizeof v);
    }
}

static void skewed(uint64_t *state, uint8_t *out)
{
    memset(out, 0, HASH_BYTES);
    for (unsigned b = 0; b < 256; b++) {
        uint64_t odds = 1 + b * 7919 % 5;
        if (made_next(state) % 6 < odds)
            out[b / 8] |= (uint8_t)(0x80 >> b % 8);
    }
}

static bool bit(const uint8_t *hash, unsigned b)
{
    return (hash[b / 8] & 0x80 >> b % 8) != 0;
}

/* Some rows of 16 bits are taken from a few; then bits are turned until 128 are set. */
static void pdqlike(uint64_t *state, uint8_t *out)
{
    unsigned ones = 0;

    uniform(state, out);
    for (size_t row = 0; row < 16; row++) {
        uint64_t draw = made_next(state), few = draw >> 8 & 63;
        uint16_t common = (uint16_t)(made_next(&few) + row);
        if (draw % 4 == 0)
            memcpy(out + 2 * row, &common, sizeof common);
    }
    for (unsigned b = 0; b < 256; b++)
        ones += bit(out, b);
    while (ones != 128) {
        unsigned b = made_next(state) & 255;
        if (bit(out, b) != (ones > 128))
            continue;
        out[b / 8] ^= (uint8_t)(0x80 >> b % 8);
        ones += ones > 128 ? -1u : 1u;
    }
}

void made_near(uint64_t *state, const uint8_t *hash, unsigned bits, uint8_t *out)
{
    bool turned[256] = {false};

    memmove(out, hash, HASH_BYTES);
    while (bits > 0) {
        unsigned b = made_next(state) & 255;
        if (turned[b])
            continue;
        turned[b] = true;
        out[b / 8] ^= (uint8_t)(0x80 >> b % 8);
        bits--;
    }
}

void made_hashes(enum made kind, uint64_t seed, size_t count, uint8_t *out)
{
    uint8_t centre[HASH_BYTES] = {0};
    uint64_t state = seed;
    size_t left = 0; /* in the present cluster */

    for (size_t i = 0; i < count; i++) {
        uint8_t *to = out + i * HASH_BYTES;
        if (kind == MADE_SKEWED) {
            skewed(&state, to);
        } else if (kind == MADE_PDQLIKE) {
            pdqlike(&state, to);
        } else if (kind == MADE_CLUSTERED && left > 0) {
            made_near(&state, centre, made_next(&state) % (CLUSTER_BITS + 1), to);
            left--;
        } else {
            uniform(&state, to);
            /* A cluster has 500 at an average: one begins after each 1,167 others. */
            if (made_next(&state) % 1167 == 0 || i == 0) {
                memcpy(centre, to, sizeof centre);
                left = made_next(&state) % CLUSTER_MAX;
            }
        }
    }
}

void model_init(struct model *m, size_t capacity)
{
    memset(m, 0, sizeof *m);
    m->capacity = capacity;
    m->hashes = malloc(capacity * HASH_BYTES + 1);
    m->ids = malloc(capacity * sizeof *m->ids + 1);
    m->gone = calloc(capacity + 1, sizeof *m->gone);
    m->hits = malloc(capacity * sizeof *m->hits + 1);
    assert(m->hashes != NULL);
    assert(m->ids != NULL);
    assert(m->gone != NULL);
    assert(m->hits != NULL);
}

void model_clear(struct model *m)
{
    free(m->hashes);
    free(m->ids);
    free(m->gone);
    free(m->hits);
}

void model_add(struct model *m, const uint8_t *hash, uint32_t id)
{
    assert(m->count < m->capacity);
    memcpy(m->hashes + m->count * HASH_BYTES, hash, HASH_BYTES);
    m->ids[m->count++] = id;
}

bool model_delete(struct model *m, const uint8_t *hash, uint32_t id)
{
    bool found = false;

    for (size_t i = 0; i < m->count; i++) {
        if (m->gone[i] || m->ids[i] != id ||
            memcmp(m->hashes + i * HASH_BYTES, hash, HASH_BYTES) != 0)
            continue;
        m->gone[i] = found = true;
    }
    return found;
}

static int by_distance_then_id(const void *left, const void *right)
{
    const struct assay_index_hit *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static unsigned distance(const uint8_t *a, const uint8_t *b)
{
    unsigned sum = 0;

    for (size_t i = 0; i < HASH_BYTES; i += 8) {
        uint64_t v, w;
        memcpy(&v, a + i, sizeof v);
        memcpy(&w, b + i, sizeof w);
        sum += (unsigned)__builtin_popcountll(v ^ w);
    }
    return sum;
}

void model_search(struct model *m, const uint8_t *hash, unsigned radius)
{
    size_t found = 0, kept = 0;

    for (size_t i = 0; i < m->count; i++) {
        unsigned bits = distance(m->hashes + i * HASH_BYTES, hash);
        if (m->gone[i] || bits > radius)
            continue;
        m->hits[found].id = m->ids[i];
        m->hits[found++].distance = bits;
    }
    qsort(m->hits, found, sizeof *m->hits, by_distance_then_id);
    for (size_t i = 0; i < found; i++) {
        if (kept == 0 || by_distance_then_id(&m->hits[kept - 1], &m->hits[i]) != 0)
            m->hits[kept++] = m->hits[i];
    }
    m->hit_count = kept;
}
