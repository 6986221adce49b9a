/* PDQ's box: its window, its divisors, the columns that are sampled; grey rows. */
#include "hash/pdq_steps.h"

#include <assert.h>

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
