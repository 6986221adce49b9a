/* PDQ's luma and its box filter, in tiles of eight rows; every float operation in the method's
 * order. */
#include "hash/pdq_steps.h"

#include <assert.h>
#include <string.h>

#define PIXEL_BYTES 3
#define LUMA_STEP   128 /* pixels */

static_assert(LUMA_STEP % PDQ_STEP == 0, "a step of luma fills whole tiles");

/* Three products and two sums, left to right, in float: the order is part of the hash. */
static inline float luma(uint32_t r, uint32_t g, uint32_t b)
{
    return 0.299f * (float)(int32_t)r + 0.587f * (float)(int32_t)g + 0.114f * (float)(int32_t)b;
}

static inline uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Room for a step's words, kept by the caller so that it is not cleared at each step. */
struct luma_words {
    uint32_t a[LUMA_STEP / 4], b[LUMA_STEP / 4], c[LUMA_STEP / 4];
};

/*
 * LUMA_STEP pixels. Four pixels are three words; taken so, in a loop too long to be unrolled,
 * compilers make vector code of it with no more than the oldest instructions.
 */
static void luma_step(const uint8_t *rgb, struct luma_words *restrict w, float *restrict out)
{
    uint32_t *restrict a = w->a, *restrict b = w->b, *restrict c = w->c;

    for (size_t i = 0; i < LUMA_STEP / 4; i++) {
        a[i] = word(rgb + 12 * i);
        b[i] = word(rgb + 12 * i + 4);
        c[i] = word(rgb + 12 * i + 8);
    }
    for (size_t i = 0; i < LUMA_STEP / 4; i++) {
        out[4 * i] = luma(a[i] & 255, a[i] >> 8 & 255, a[i] >> 16 & 255);
        out[4 * i + 1] = luma(a[i] >> 24, b[i] & 255, b[i] >> 8 & 255);
        out[4 * i + 2] = luma(b[i] >> 16 & 255, b[i] >> 24, c[i] & 255);
        out[4 * i + 3] = luma(c[i] >> 8 & 255, c[i] >> 16 & 255, c[i] >> 24);
    }
}

void pdq_luma_rgb(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band)
{
    uint8_t rest[PIXEL_BYTES * LUMA_STEP];
    struct luma_words words;
    float out[LUMA_STEP];

    assert(row < PDQ_BAND);
    for (uint32_t x = 0; x < width; x += LUMA_STEP) {
        const uint8_t *from = rgb + (size_t)PIXEL_BYTES * x;
        uint32_t left = width - x;
        if (left < LUMA_STEP) { /* black behind the last pixel: zeros, as the band has there */
            memset(rest, 0, sizeof rest);
            memcpy(rest, from, (size_t)PIXEL_BYTES * left);
            from = rest;
        }
        luma_step(from, &words, out);
        for (uint32_t i = 0; i < LUMA_STEP && i < left; i += PDQ_STEP)
            memcpy(band[(x + i) / PDQ_STEP].at[row], out + i, sizeof band->at[row]);
    }
}

void pdq_luma_grey(const uint8_t *grey, uint32_t width, size_t row, struct pdq_tile *band)
{
    uint32_t x = 0;

    assert(row < PDQ_BAND);
    for (; x + PDQ_STEP <= width; x += PDQ_STEP)
        for (size_t i = 0; i < PDQ_STEP; i++)
            band[x / PDQ_STEP].at[row][i] = (float)grey[x + i];
    for (; x < width; x++)
        band[x / PDQ_STEP].at[row][x % PDQ_STEP] = (float)grey[x];
}

struct pdq_box pdq_box(uint32_t side)
{
    uint32_t window = (side + 127) / 128;

    return (struct pdq_box){
        .count = side,
        .window = window,
        .lag = (window + 2) / 2 - 1,
        .lead = (window + PDQ_STEP - 1) / PDQ_STEP * PDQ_STEP,
    };
}

float pdq_box_under(const struct pdq_box *box, uint32_t t)
{
    uint32_t end = t < box->count ? t + 1 : box->count;
    uint32_t start = t < box->window ? 0 : t + 1 - box->window;

    return end > start ? (float)(end - start) : 1.0f;
}

uint32_t pdq_sample(uint32_t i, uint32_t side)
{
    return (2 * i + 1) * side / (2 * PDQ_SIDE);
}

/* Row 0's cell of column x, counted from the band's first tile; row r's is PDQ_STEP * r on. */
static inline size_t cell(size_t x)
{
    return x / PDQ_STEP * (PDQ_STEP * PDQ_BAND) + x % PDQ_STEP;
}

/* Add one sample to each of the band's running sums, then take the oldest away: two roundings. */
static inline void advance(float sum[PDQ_BAND], const float *cells, size_t x, uint32_t window)
{
    const float *newest = cells + cell(x), *oldest = cells + cell(x - window);

    for (size_t r = 0; r < PDQ_BAND; r++)
        sum[r] = sum[r] + newest[PDQ_STEP * r] - oldest[PDQ_STEP * r];
}

void pdq_row_sums(const struct pdq_tile *in, const struct pdq_box *box, struct pdq_tile *sums)
{
    const float *cells = in->at[0];
    float *out = sums->at[0];
    float sum[PDQ_BAND] = {0};
    size_t x = box->lead;

    for (; x < (size_t)box->lead + box->lag; x++)
        advance(sum, cells, x, box->window);
    for (; x < (size_t)box->lead + box->count + box->lag; x++) {
        advance(sum, cells, x, box->window);
        float *at = out + cell(x - box->lag);
        for (size_t r = 0; r < PDQ_BAND; r++)
            at[PDQ_STEP * r] = sum[r];
    }
}

void pdq_row_samples(const struct pdq_tile *in, const struct pdq_box *box,
                     float out[PDQ_BAND][PDQ_SIDE])
{
    const float *cells = in->at[0];
    float sum[PDQ_BAND] = {0};
    size_t x = box->lead;

    for (uint32_t i = 0; i < PDQ_SIDE; i++) {
        uint32_t step = pdq_sample(i, box->count) + box->lag;
        float under = pdq_box_under(box, step);
        for (; x <= (size_t)box->lead + step; x++)
            advance(sum, cells, x, box->window);
        for (size_t r = 0; r < PDQ_BAND; r++)
            out[r][i] = sum[r] / under;
    }
}

void pdq_column_step(struct pdq_tile *tile, struct pdq_columns *columns, float *past,
                     uint32_t window, uint32_t slot, const float under[PDQ_BAND])
{
    float *restrict sum = columns->sum;
    const float *restrict across = columns->under;

    for (size_t r = 0; r < PDQ_BAND; r++) {
        float *restrict at = tile->at[r], *restrict oldest = past + (size_t)PDQ_STEP * slot;
        float down = under[r];
        for (size_t x = 0; x < PDQ_STEP; x++) {
            float newest = at[x] / across[x];
            sum[x] = sum[x] + newest - oldest[x];
            oldest[x] = newest;
            at[x] = sum[x] / down;
        }
        slot = slot + 1 < window ? slot + 1 : 0;
    }
}
