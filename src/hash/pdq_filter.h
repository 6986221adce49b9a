/* The body of a kernel's filter; included by each after it said what its vectors are. */
#ifndef HASH_PDQ_FILTER_H
#define HASH_PDQ_FILTER_H

/*
 * Before this file stand:
 *
 *   TARGET                   attributes of a function that uses the instructions
 *   LANES                    floats of a vector, a multiple of four
 *   vec                      the vector; + - * / work lane by lane
 *   load(p), store(p, v)     from and to memory aligned to a vector
 *   spread(f)                a vector of equal floats
 *   gather(p, apart)         fours of lanes: sixteen bytes at p, sixteen at p + apart, ...
 *   turn(v)                  transposes four vectors four lanes by four
 *   divide(v, u, high, low)  v / u to the bit, 1 / u being given in two floats
 *   weighted(v, k, weight)   byte k of each lane's 32 bits, lowest first, times the weight
 *
 * A tile goes through all passes before the next one, so that it stays in the first cache. Along
 * rows a vector holds LANES rows of one column, along columns LANES columns of one row; hence the
 * turning. It is done four lanes by four, the rest by reading vectors in parts: that takes two
 * thirds of the shuffles. Each lane does what the method says, in its order: lanes know nothing of
 * one another, and that is why any number of them gives the same bits.
 */
#include "hash/pdq_kernels.h"

#define PARTS (PDQ_BAND / LANES) /* vectors that hold a column of a band */
#define WIDER 4                  /* of them, those that advance together */

static_assert(PDQ_BAND % LANES == 0 && PDQ_STEP % (WIDER * LANES) == 0 && LANES % PDQ_QUAD == 0,
              "bands and tiles are whole vectors, and vectors whole fours");

/* A tile between rows and columns: a vector has PDQ_QUAD columns of every fourth row of a part. */
struct quads {
    _Alignas(64) float at[PARTS][PDQ_STEP / PDQ_QUAD][PDQ_QUAD][LANES];
};

/* A tile row by row. */
struct plain {
    _Alignas(64) float at[PDQ_BAND][PDQ_STEP];
};

struct divisor {
    vec under, high, low;
};

/* The running sums of a rows' pass, and the columns that went into them. */
struct sums {
    float *ring;
    uint32_t mask, window;
    vec part[PARTS];
};

/* Of part's rows, luma of the PDQ_QUAD columns from x. Twelve bytes a row are three words, turned
 * as if they were floats. */
TARGET static inline void luma_quad(const struct pdq_band *b, struct pdq_rows in, uint32_t x,
                                    size_t part, vec out[PDQ_QUAD])
{
    const uint8_t *first = in.at + part * LANES * in.stride + (size_t)3 * x;
    vec red = load(&b->weight[0][part * LANES]), green = load(&b->weight[1][part * LANES]);
    vec blue = load(&b->weight[2][part * LANES]), words[PDQ_QUAD];

    for (size_t r = 0; r < PDQ_QUAD; r++)
        words[r] = gather(first + r * in.stride, PDQ_QUAD * in.stride);
    turn(words);
    out[0] = weighted(words[0], 0, red) + weighted(words[0], 1, green);
    out[0] = out[0] + weighted(words[0], 2, blue);
    out[1] = weighted(words[0], 3, red) + weighted(words[1], 0, green);
    out[1] = out[1] + weighted(words[1], 1, blue);
    out[2] = weighted(words[1], 2, red) + weighted(words[1], 3, green);
    out[2] = out[2] + weighted(words[2], 0, blue);
    out[3] = weighted(words[2], 1, red) + weighted(words[2], 2, green);
    out[3] = out[3] + weighted(words[2], 3, blue);
}

static inline struct pdq_rows rows_at(const struct pdq_band *b, uint32_t x)
{
    return x < b->direct * PDQ_STEP ? b->caller : b->copy;
}

TARGET static void luma(const struct pdq_band *b, uint32_t x, float out[PDQ_QUAD][PDQ_BAND])
{
    for (size_t part = 0; part < PARTS; part++) {
        vec columns[PDQ_QUAD];
        luma_quad(b, rows_at(b, x), x, part, columns);
        for (size_t k = 0; k < PDQ_QUAD; k++)
            store(&out[k][part * LANES], columns[k]);
    }
}

/*
 * PDQ_QUAD columns, the first of step t, become running sums: add a column, then take the oldest
 * away, two roundings. A ring's first columns stand behind its last as well, so that the oldest
 * ones lie in a row wherever they begin.
 */
TARGET static inline void advance(struct sums *s, uint32_t t, size_t part, vec columns[PDQ_QUAD])
{
    float *newest = s->ring + (size_t)(t & s->mask) * PDQ_BAND + part * LANES;
    const float *oldest = s->ring + (size_t)((t - s->window) & s->mask) * PDQ_BAND + part * LANES;

    if ((t & s->mask) == 0) {
        float *again = newest + ((size_t)s->mask + 1) * PDQ_BAND;
        for (size_t k = 0; k < PDQ_QUAD; k++)
            store(again + k * PDQ_BAND, columns[k]);
    }
    for (size_t k = 0; k < PDQ_QUAD; k++) {
        store(newest + k * PDQ_BAND, columns[k]);
        s->part[part] = s->part[part] + columns[k] - load(oldest + k * PDQ_BAND);
        columns[k] = s->part[part];
    }
}

/* The first rows' pass of a tile. The sums are the caller's again at the end: what lies in
 * registers meanwhile is a tenth faster than what goes through memory from column to column. */
TARGET static inline void sum_rows(const struct pdq_band *b, uint32_t t, struct sums *sums,
                                   struct quads *out)
{
    struct pdq_rows in = rows_at(b, t);
    struct sums s = *sums;

    for (uint32_t x = 0; x < PDQ_STEP; x += PDQ_QUAD)
#pragma GCC unroll 4
        for (size_t part = 0; part < PARTS; part++) {
            vec cells[PDQ_QUAD];
            luma_quad(b, in, t + x, part, cells);
            advance(&s, t + x, part, cells);
            turn(cells);
            for (size_t r = 0; r < PDQ_QUAD; r++)
                store(out->at[part][x / PDQ_QUAD][r], cells[r]);
        }
    *sums = s;
}

/* Steps before and behind the picture's columns have no output: zeros, as the next box wants. */
static void clear_outside(const struct pdq_band *b, uint32_t t, struct quads *tile)
{
    uint32_t start = b->across.lag, end = b->across.lag + b->across.count;

    if (t >= start && t + PDQ_STEP <= end)
        return;
    for (uint32_t x = 0; x < PDQ_STEP; x++)
        for (size_t r = 0; r < PDQ_BAND && (t + x < start || t + x >= end); r++)
            tile->at[r / LANES][x / PDQ_QUAD][r % PDQ_QUAD]
                    [r % LANES / PDQ_QUAD * PDQ_QUAD + x % PDQ_QUAD] = 0;
}

/* LANES columns of row r from x. */
TARGET static inline vec row_of(const struct quads *tile, size_t r, size_t x)
{
    const float *first =
        &tile->at[r / LANES][x / PDQ_QUAD][r % PDQ_QUAD][r % LANES / PDQ_QUAD * PDQ_QUAD];

    return gather((const uint8_t *)first, sizeof tile->at[0][0]);
}

TARGET static inline struct divisor divisor_at(const struct pdq_divisors *d, size_t x)
{
    return (struct divisor){load(&d->under[x]), load(&d->high[x]), load(&d->low[x])};
}

TARGET static inline struct divisor divisor_spread(const struct pdq_divisors *d, size_t r)
{
    return (struct divisor){spread(d->under[r]), spread(d->high[r]), spread(d->low[r])};
}

/* The columns' pass of WIDER vectors of a tile. */
TARGET static inline void step_columns(const struct pdq_band *b, const struct quads *in,
                                       struct pdq_columns *columns, float *past, size_t x,
                                       struct plain *out)
{
    vec sum[WIDER];
    struct divisor by[WIDER];
    uint32_t slot = b->slot;

    for (size_t i = 0; i < WIDER; i++) {
        sum[i] = load(&columns->sum[x + i * LANES]);
        by[i] = divisor_at(&columns->by, x + i * LANES);
    }
    for (size_t r = 0; r < PDQ_BAND; r++) {
        float *oldest = past + (size_t)PDQ_STEP * slot + x;
        struct divisor down = divisor_spread(&b->down, r);
        for (size_t i = 0; i < WIDER; i++) {
            vec newest = divide(row_of(in, r, x + i * LANES), by[i].under, by[i].high, by[i].low);
            sum[i] = sum[i] + newest - load(oldest + i * LANES);
            store(oldest + i * LANES, newest);
            vec mean = divide(sum[i], down.under, down.high, down.low);
            store(&out->at[r][x + i * LANES], mean);
        }
        slot = slot + 1 < b->window ? slot + 1 : 0;
    }
    for (size_t i = 0; i < WIDER; i++)
        store(&columns->sum[x + i * LANES], sum[i]);
}

/* Of PDQ_QUAD columns of sums, the first of step t: those of the samples from i up to end, divided.
 */
TARGET static inline void keep_samples(struct pdq_band *b, uint32_t t, size_t part, size_t i,
                                       size_t end, const vec sums[PDQ_QUAD])
{
    _Alignas(64) float all[PDQ_QUAD][LANES], kept[LANES];

    for (size_t k = 0; k < PDQ_QUAD; k++)
        store(all[k], sums[k]);
    for (; i < end; i++) {
        store(kept, load(all[b->sample_at[i] - t]) / spread(b->sample_under[i]));
        for (size_t r = 0; r < LANES; r++)
            b->thin[part * LANES + r][i] = kept[r];
    }
}

/* The second rows' pass of a tile; samples before *sampled are there. */
TARGET static inline void sample_rows(struct pdq_band *b, const struct plain *in, uint32_t t,
                                      struct sums *sums, size_t *sampled)
{
    struct sums s = *sums;

    for (uint32_t x = 0; x < PDQ_STEP; x += PDQ_QUAD) {
        size_t first = *sampled, end = first;
        while (end < PDQ_SIDE && b->sample_at[end] < t + x + PDQ_QUAD)
            end++;
#pragma GCC unroll 4
        for (size_t part = 0; part < PARTS; part++) {
            vec cells[PDQ_QUAD];
            for (size_t r = 0; r < PDQ_QUAD; r++)
                cells[r] = gather((const uint8_t *)&in->at[part * LANES + r][x],
                                  PDQ_QUAD * sizeof in->at[0]);
            turn(cells);
            advance(&s, t + x, part, cells);
            if (first < end)
                keep_samples(b, t + x, part, first, end, cells);
        }
        *sampled = end;
    }
    *sums = s;
}

TARGET static void filter(struct pdq_band *b)
{
    struct sums first = {.ring = b->first, .mask = b->ring_mask, .window = b->across.window};
    struct sums second = {.ring = b->second, .mask = b->ring_mask, .window = b->across.window};
    struct quads quads;
    struct plain plain;
    size_t sampled = 0;

    for (size_t i = 0; i < b->tiles; i++) {
        uint32_t t = (uint32_t)(i * PDQ_STEP);
        sum_rows(b, t, &first, &quads);
        clear_outside(b, t, &quads);
        for (size_t x = 0; x < PDQ_STEP; x += WIDER * LANES)
            step_columns(b, &quads, &b->columns[i], b->past + i * b->window * PDQ_STEP, x, &plain);
        sample_rows(b, &plain, t, &second, &sampled);
    }
}

#endif
