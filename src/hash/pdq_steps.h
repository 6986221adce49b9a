/* What the parts of PDQ share: the sizes of a band, and the steps of the method. */
#ifndef HASH_PDQ_STEPS_H
#define HASH_PDQ_STEPS_H

#include <assert.h>
#include <float.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/pdq.h"

static_assert(FLT_EVAL_METHOD == 0, "PDQ rounds every operation to float");
#ifdef __FAST_MATH__
#error "PDQ's sums must not be reordered: build without -ffast-math"
#endif

#define PDQ_SIDE        64 /* rows and columns of the small picture that is transformed */
#define PDQ_FREQUENCIES 16 /* 1 .. 16 each way; no constant term */
#define PDQ_BAND        16 /* rows that advance together */
#define PDQ_STEP        32 /* columns of a tile */
#define PDQ_QUAD        4  /* columns that are turned into vectors of rows at once */

/* One pass of the box filter over count samples. */
struct pdq_box {
    uint32_t count;  /* samples, at least window */
    uint32_t window; /* samples under the box, 1 .. 512 */
    uint32_t lag;    /* the box's sum after sample t is the output at t - lag */
};

struct pdq_box pdq_box(uint32_t side);

/*
 * How many samples of the picture lie under the box after step t, 0 .. count + lag - 1: the divisor
 * of output t - lag. Later steps, which have no output, give 1.
 */
float pdq_box_under(const struct pdq_box *box, uint32_t t);

/* The row or column of a side that becomes number i, 0 .. PDQ_SIDE - 1, of the small picture. */
uint32_t pdq_sample(uint32_t i, uint32_t side);

/* Whole numbers to divide by, and 1 / under in two floats: high rounded, low what is left of it. */
struct pdq_divisors {
    _Alignas(64) float under[PDQ_STEP], high[PDQ_STEP], low[PDQ_STEP];
};

void pdq_divisor_set(struct pdq_divisors *divisors, size_t i, float under);

/* State of the first columns' pass for the columns of one tile. */
struct pdq_columns {
    struct pdq_divisors by; /* of the rows' pass */
    float sum[PDQ_STEP];    /* running sums */
};

/* The small picture of a stream that has had all its rows; borrowed from it. */
const float (*pdq_stream_small(const struct assay_pdq_stream *s))[PDQ_SIDE];

/* 0 .. 100 from the gradients of the small picture. */
uint8_t pdq_quality(const float small[PDQ_SIDE][PDQ_SIDE]);

/* The small picture's cosine transform; rows of the result are vertical frequencies. */
void pdq_spectrum(const float small[PDQ_SIDE][PDQ_SIDE],
                  float out[PDQ_FREQUENCIES][PDQ_FREQUENCIES]);

/* The 256 bits: which coefficients lie above the lower median. */
void pdq_bits(const float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES],
              uint8_t bits[ASSAY_PDQ_BYTES]);

/* The spectrum of the picture in another position; not in place. */
void pdq_turn(const float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES], enum assay_pdq_turn turn,
              float out[PDQ_FREQUENCIES][PDQ_FREQUENCIES]);

/* How many coefficients are far enough from the median to be relied on, 0 .. 256. */
unsigned pdq_stable(const float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES]);

/* Entry (frequency i + 1, sample j) of the cosine transform, i = 0 .. 15, j = 0 .. 63. */
float pdq_cosine(uint32_t i, uint32_t j);

#endif
