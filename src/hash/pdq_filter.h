/* The body of a kernel's filter; included by each after it said what its vectors are. */
#ifndef HASH_PDQ_FILTER_H
#define HASH_PDQ_FILTER_H

/*
 * Before this file stand:
 *
 *   TARGET                   attributes of a function that uses the instructions
 *   LANES                    floats of a vector
 *   vec                      the vector; + - * / work lane by lane
 *   load(p), store(p, v)     from and to memory aligned to a vector
 *   spread(f)                a vector of equal floats
 *   transpose(v)             of LANES vectors in place
 *   divide(v, under, reciprocal)  v / under to the bit; reciprocal is 1 / under, rounded
 *
 * A tile goes through all passes before the next one, so that it stays in the first cache. Along
 * rows a vector holds LANES rows of one column, along columns LANES columns of one row; hence
 * the transposing. Each lane does what the method says, in its order: lanes know nothing of one
 * another, and that is why any number of them gives the same bits.
 */
#include "hash/pdq_kernels.h"

#define PARTS  (PDQ_BAND / LANES) /* vectors that hold a column of a band */
#define ACROSS 4                  /* vectors of columns that advance together */

static_assert(PDQ_BAND % LANES == 0 && PDQ_STEP % (ACROSS * LANES) == 0,
              "bands and tiles are whole vectors");

struct row_sums {
    vec part[PARTS];
};

/* Where a ring has what went in at step t. */
static inline float *ring_at(const struct pdq_band *b, float *ring, uint32_t t, size_t part)
{
    return ring + (size_t)(t & b->ring_mask) * PDQ_BAND + part * LANES;
}

/*
 * LANES columns, the first of step t, become running sums: add a column, then take the oldest away,
 * two roundings. A ring's first columns stand behind its last as well, so that the oldest ones
 * lie in a row wherever they begin.
 */
TARGET static inline vec advance(const struct pdq_band *b, float *ring, uint32_t t, size_t part,
                                 vec sum, vec columns[LANES])
{
    float *newest = ring_at(b, ring, t, part);
    const float *oldest = ring_at(b, ring, t - b->across.window, part);

    if ((t & b->ring_mask) == 0) {
        float *again = newest + ((size_t)b->ring_mask + 1) * PDQ_BAND;
        for (size_t k = 0; k < LANES; k++)
            store(again + k * PDQ_BAND, columns[k]);
    }
    for (size_t k = 0; k < LANES; k++) {
        store(newest + k * PDQ_BAND, columns[k]);
        columns[k] = sum = sum + columns[k] - load(oldest + k * PDQ_BAND);
    }
    return sum;
}

TARGET static inline void load_columns(const struct pdq_tile *tile, size_t part, size_t x,
                                       vec columns[LANES])
{
    for (size_t r = 0; r < LANES; r++)
        columns[r] = load(&tile->at[part * LANES + r][x]);
    transpose(columns);
}

/* The first rows' pass of a tile. */
TARGET static inline void sum_rows(const struct pdq_band *b, const struct pdq_tile *in, uint32_t t,
                                   struct row_sums *sums, struct pdq_tile *out)
{
    for (uint32_t x = 0; x < PDQ_STEP; x += LANES)
        for (size_t part = 0; part < PARTS; part++) {
            vec cells[LANES];
            load_columns(in, part, x, cells);
            sums->part[part] = advance(b, b->first, t + x, part, sums->part[part], cells);
            transpose(cells);
            for (size_t r = 0; r < LANES; r++)
                store(&out->at[part * LANES + r][x], cells[r]);
        }
}

/* Steps before and behind the picture's columns have no output: zeros, as the next box wants. */
static void clear_outside(const struct pdq_band *b, uint32_t t, struct pdq_tile *tile)
{
    uint32_t start = b->across.lag, end = b->across.lag + b->across.count;

    if (t >= start && t + PDQ_STEP <= end)
        return;
    for (size_t r = 0; r < PDQ_BAND; r++)
        for (uint32_t x = 0; x < PDQ_STEP; x++)
            if (t + x < start || t + x >= end)
                tile->at[r][x] = 0;
}

/* The columns' pass of ACROSS vectors of a tile, in place. */
TARGET static inline void step_columns(const struct pdq_band *b, struct pdq_tile *tile,
                                       struct pdq_columns *columns, float *past, size_t x)
{
    vec sum[ACROSS], under[ACROSS], reciprocal[ACROSS];
    uint32_t slot = b->slot;

    for (size_t i = 0; i < ACROSS; i++) {
        sum[i] = load(&columns->sum[x + i * LANES]);
        under[i] = load(&columns->under[x + i * LANES]);
        reciprocal[i] = load(&columns->reciprocal[x + i * LANES]);
    }
    for (size_t r = 0; r < PDQ_BAND; r++) {
        float *oldest = past + (size_t)PDQ_STEP * slot + x;
        vec down = spread(b->under[r]), down_reciprocal = spread(b->reciprocal[r]);
        for (size_t i = 0; i < ACROSS; i++) {
            vec newest = divide(load(&tile->at[r][x + i * LANES]), under[i], reciprocal[i]);
            sum[i] = sum[i] + newest - load(oldest + i * LANES);
            store(oldest + i * LANES, newest);
            store(&tile->at[r][x + i * LANES], divide(sum[i], down, down_reciprocal));
        }
        slot = slot + 1 < b->window ? slot + 1 : 0;
    }
    for (size_t i = 0; i < ACROSS; i++)
        store(&columns->sum[x + i * LANES], sum[i]);
}

/* Of LANES columns of sums, the first of step t: those of the samples from i up to end, divided. */
TARGET static inline void keep_samples(struct pdq_band *b, uint32_t t, size_t part, size_t i,
                                       size_t end, const vec sums[LANES])
{
    _Alignas(64) float all[LANES][LANES], kept[LANES];

    for (size_t k = 0; k < LANES; k++)
        store(all[k], sums[k]);
    for (; i < end; i++) {
        store(kept, load(all[b->sample_at[i] - t]) / spread(b->sample_under[i]));
        for (size_t r = 0; r < LANES; r++)
            b->thin[part * LANES + r][i] = kept[r];
    }
}

/* The second rows' pass of a tile; samples before *sampled are there. */
TARGET static inline void sample_rows(struct pdq_band *b, const struct pdq_tile *in, uint32_t t,
                                      struct row_sums *sums, size_t *sampled)
{
    for (uint32_t x = 0; x < PDQ_STEP; x += LANES) {
        size_t first = *sampled, end = first;
        while (end < PDQ_SIDE && b->sample_at[end] < t + x + LANES)
            end++;
        for (size_t part = 0; part < PARTS; part++) {
            vec cells[LANES];
            load_columns(in, part, x, cells);
            sums->part[part] = advance(b, b->second, t + x, part, sums->part[part], cells);
            if (first < end)
                keep_samples(b, t + x, part, first, end, cells);
        }
        *sampled = end;
    }
}

TARGET static inline void filter(struct pdq_band *b)
{
    struct row_sums first = {0}, second = {0};
    _Alignas(64) struct pdq_tile tile;
    size_t sampled = 0;

    for (size_t i = 0; i < b->tiles; i++) {
        uint32_t t = (uint32_t)(i * PDQ_STEP);
        sum_rows(b, &b->luma[i], t, &first, &tile);
        clear_outside(b, t, &tile);
        for (size_t x = 0; x < PDQ_STEP; x += ACROSS * LANES)
            step_columns(b, &tile, &b->columns[i], b->past + i * b->window * PDQ_STEP, x);
        sample_rows(b, &tile, t, &second, &sampled);
    }
}

#endif
