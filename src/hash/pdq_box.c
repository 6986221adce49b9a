/* PDQ's box: its window, its divisors, the columns that are sampled. */
#include "hash/pdq_steps.h"

void pdq_divisor_set(struct pdq_divisors *divisors, size_t i, float under)
{
    float high = 1.0f / under;

    divisors->under[i] = under;
    divisors->high[i] = high;
    divisors->low[i] = (float)(1.0 / (double)under - (double)high);
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
