/* PDQ's inner loops, luma and the box filters of a band, for each kind of processor. */
#ifndef HASH_PDQ_KERNELS_H
#define HASH_PDQ_KERNELS_H

#include "hash/pdq_steps.h"

/* PDQ_BAND rows of pixels of three bytes, one row `stride` bytes behind the other. */
struct pdq_rows {
    const uint8_t *at;
    size_t stride;
};

/*
 * A band on its way through the filters. It is run through in tiles of PDQ_STEP columns. Columns
 * are counted by step: sample t of a row goes in at step t, and the first box's output for column x
 * comes at step x + lag, the second's at x + 2 lag. Nothing is moved back; tiles reach to the last
 * sampled column's second output.
 */
struct pdq_band {
    struct pdq_box across;
    uint32_t window; /* of the columns' box */
    uint32_t slot;   /* the oldest of the columns' past rows */
    size_t tiles;
    /* The first `direct` tiles are read where the caller has them, the others from a copy, which is
     * zero behind the picture's last column. PDQ_QUAD bytes behind a tile can be read. */
    struct pdq_rows caller, copy;
    size_t direct;
    _Alignas(64) float weight[3][PDQ_BAND]; /* of red, green and blue in the luma of each row */
    struct pdq_columns *columns;            /* one a tile */
    float *past;              /* for each tile the last `window` rows, PDQ_STEP floats each */
    struct pdq_divisors down; /* the columns' outputs are divided by the first PDQ_BAND */
    /*
     * The last columns that went into the rows' boxes, PDQ_BAND floats each; step t's is at t in
     * the lowest bits. PDQ_QUAD more columns stand behind. All zero when a band begins.
     */
    float *first, *second;
    uint32_t ring_mask;             /* a power of two, less one; at least window + PDQ_QUAD - 1 */
    uint32_t sample_at[PDQ_SIDE];   /* steps of the sampled columns, ascending */
    float sample_under[PDQ_SIDE];   /* their divisors */
    float thin[PDQ_BAND][PDQ_SIDE]; /* out: the band after the second rows' pass */
};

static_assert(PDQ_BAND <= PDQ_STEP, "a band's divisors have room");

/* All kernels give the same bits. */
struct pdq_kernels {
    const char *name; /* as ASSAY_CPU has it */
    /* Luma of the PDQ_QUAD columns from x, a multiple of PDQ_QUAD, into out, a column behind the
     * other; out is aligned to 64 bytes. */
    void (*luma)(const struct pdq_band *band, uint32_t x, float out[PDQ_QUAD][PDQ_BAND]);
    /* Box sums along the rows, the columns' filter, and the rows' filter again at PDQ_SIDE columns;
     * the columns' sums and past advance by PDQ_BAND rows. */
    void (*filter)(struct pdq_band *band);
};

extern const struct pdq_kernels pdq_portable, pdq_avx2, pdq_avx512, pdq_neon;

/* The kernels of that name; NULL when there are none, or this processor cannot run them. */
const struct pdq_kernels *pdq_kernels_named(const char *name);

/* The fastest that this processor can run, or those that ASSAY_CPU names. The same in every call.
 */
const struct pdq_kernels *pdq_kernels(void);

/* assay_pdq_stream_new with the kernels given. */
enum assay_err pdq_stream_new_with(const struct pdq_kernels *kernels, uint32_t width,
                                   uint32_t height, struct assay_pdq_stream **out);

#endif
