/* PDQ's two inner loops, luma and the box filters of a band, for each kind of processor. */
#ifndef HASH_PDQ_KERNELS_H
#define HASH_PDQ_KERNELS_H

#include "hash/pdq_steps.h"

/*
 * A band on its way through the filters. Columns are counted by step: sample t of a row goes in at
 * step t, and the first box's output for column x comes at step x + lag, the second's at x + 2 lag.
 * Nothing is moved back; tiles reach to the last sampled column's second output.
 */
struct pdq_band {
    struct pdq_box across;
    uint32_t window; /* of the columns' box */
    uint32_t slot;   /* the oldest of the columns' past rows */
    size_t tiles;
    struct pdq_tile *luma;       /* zero behind the picture's last column */
    struct pdq_columns *columns; /* one a tile */
    float *past;                 /* for each tile the last `window` rows, PDQ_STEP floats each */
    float under[PDQ_BAND];       /* divisors of the columns' outputs */
    float reciprocal[PDQ_BAND];  /* 1 / under, rounded */
    /*
     * The last columns that went into the rows' boxes, PDQ_BAND floats each; step t's is at t in
     * the lowest bits. PDQ_BAND more columns stand behind. All zero when a band begins.
     */
    float *first, *second;
    uint32_t ring_mask;             /* a power of two, less one; more than window */
    uint32_t sample_at[PDQ_SIDE];   /* steps of the sampled columns, ascending */
    float sample_under[PDQ_SIDE];   /* their divisors */
    float thin[PDQ_BAND][PDQ_SIDE]; /* out: the band after the second rows' pass */
};

/* All kernels give the same bits. */
struct pdq_kernels {
    const char *name; /* as ASSAY_CPU has it */
    /* Luma of width pixels into row `row` of a band whose first tile is given. What lies between
     * the last pixel and the tile's end becomes zero. */
    void (*luma_rgb)(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band);
    /* Box sums along the rows, the columns' filter, and the rows' filter again at PDQ_SIDE columns;
     * the columns' sums and past advance by PDQ_BAND rows. Overwrites nothing of luma. */
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
