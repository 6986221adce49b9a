/* PDQ's kernels in plain C, for every processor; others give the same bits faster. */
#include <string.h>

#include "hash/pdq_kernels.h"

#define TARGET
#define LANES 4

/* Compilers turn these into what the processor has, at worst into four floats. */
typedef float vec __attribute__((vector_size(16)));

static inline vec load(const float *p)
{
    vec v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

static inline vec spread(float f)
{
    return (vec){f, f, f, f};
}

static inline vec divide(vec v, vec under, vec reciprocal)
{
    (void)reciprocal;
    return v / under;
}

static inline void transpose(vec v[LANES])
{
    vec a = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
    vec b = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    vec c = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
    vec d = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);

    v[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    v[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    v[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    v[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#include "hash/pdq_filter.h"

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

static void luma_rgb(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band)
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

const struct pdq_kernels pdq_portable = {.name = "scalar", .luma_rgb = luma_rgb, .filter = filter};
