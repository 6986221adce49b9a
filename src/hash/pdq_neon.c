/* PDQ's kernels for 64-bit ARM. */
#include "hash/pdq_kernels.h"

#ifdef __aarch64__
#include <arm_neon.h>
#include <string.h>

#define TARGET
#define LANES     4
#define LUMA_STEP 8 /* pixels */

typedef float32x4_t vec;

static inline vec load(const float *p)
{
    return vld1q_f32(p);
}

static inline void store(float *p, vec v)
{
    vst1q_f32(p, v);
}

static inline vec spread(float f)
{
    return vdupq_n_f32(f);
}

/* As in pdq_x86.h. */
static inline vec divide(vec v, vec under, vec reciprocal)
{
    vec near = v * reciprocal;

    return vfmaq_f32(near, vfmsq_f32(v, near, under), reciprocal);
}

static inline void transpose(vec v[LANES])
{
    float32x4x2_t low = vzipq_f32(v[0], v[2]), high = vzipq_f32(v[1], v[3]);
    float32x4x2_t left = vzipq_f32(low.val[0], high.val[0]);
    float32x4x2_t right = vzipq_f32(low.val[1], high.val[1]);

    v[0] = left.val[0];
    v[1] = left.val[1];
    v[2] = right.val[0];
    v[3] = right.val[1];
}

#include "hash/pdq_filter.h"

static inline vec weighted(uint16x4_t r, uint16x4_t g, uint16x4_t b)
{
    return spread(0.299f) * vcvtq_f32_u32(vmovl_u16(r)) +
           spread(0.587f) * vcvtq_f32_u32(vmovl_u16(g)) +
           spread(0.114f) * vcvtq_f32_u32(vmovl_u16(b));
}

static void luma_rgb(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band)
{
    for (uint32_t x = 0; x < (width + PDQ_STEP - 1) / PDQ_STEP * PDQ_STEP; x += LUMA_STEP) {
        uint8_t rest[3 * LUMA_STEP] = {0};
        const uint8_t *from = rgb + (size_t)3 * x;
        if (x + LUMA_STEP > width) {
            uint32_t left = x < width ? width - x : 0;
            memcpy(rest, rgb + (size_t)3 * (left > 0 ? x : 0), (size_t)3 * left);
            from = rest;
        }
        uint8x8x3_t pixels = vld3_u8(from);
        uint16x8_t r = vmovl_u8(pixels.val[0]), g = vmovl_u8(pixels.val[1]);
        uint16x8_t b = vmovl_u8(pixels.val[2]);
        float *out = &band[x / PDQ_STEP].at[row][x % PDQ_STEP];
        store(out, weighted(vget_low_u16(r), vget_low_u16(g), vget_low_u16(b)));
        store(out + LANES, weighted(vget_high_u16(r), vget_high_u16(g), vget_high_u16(b)));
    }
}

const struct pdq_kernels pdq_neon = {.name = "neon", .luma_rgb = luma_rgb, .filter = filter};
#endif
