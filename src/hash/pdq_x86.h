/* What the x86 kernels share: vectors of eight floats. TARGET is said before. */
#ifndef HASH_PDQ_X86_H
#define HASH_PDQ_X86_H

#define LANES     8
#define LUMA_STEP 8 /* pixels */

typedef __m256 vec;

TARGET static inline vec load(const float *p)
{
    return _mm256_load_ps(p);
}

TARGET static inline void store(float *p, vec v)
{
    _mm256_store_ps(p, v);
}

TARGET static inline vec spread(float f)
{
    return _mm256_set1_ps(f);
}

/*
 * The quotient by multiplication: near, then corrected by what remains, which a fused operation
 * gives exactly. For whole divisors up to 512 this is the rounded quotient, of every float
 * that a filter can hold (doc/hashing.md says how that is known).
 */
TARGET static inline vec divide(vec v, vec under, vec reciprocal)
{
    vec near = v * reciprocal;
    vec remains = _mm256_fnmadd_ps(near, under, v);

    return _mm256_fmadd_ps(remains, reciprocal, near);
}

TARGET static inline void transpose(vec v[LANES])
{
    vec a[LANES], b[LANES];

    for (size_t i = 0; i < LANES; i += 2) {
        a[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        a[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4)
        for (size_t j = 0; j < 2; j++) {
            b[i + 2 * j] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
            b[i + 2 * j + 1] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
        }
    for (size_t i = 0; i < LANES / 2; i++) {
        v[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}

/* Luma of eight pixels, 24 bytes; 28 are read. */
TARGET static inline vec luma_eight(const uint8_t *rgb)
{
    const __m256i pick_r =
        _mm256_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1, 0, -1, -1, -1,
                         3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
    const __m256i pick_g = _mm256_add_epi32(pick_r, _mm256_set1_epi32(1));
    const __m256i pick_b = _mm256_add_epi32(pick_r, _mm256_set1_epi32(2));
    __m256i bytes = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)rgb)),
        _mm_loadu_si128((const __m128i *)(const void *)(rgb + 12)), 1);
    vec r = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, pick_r));
    vec g = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, pick_g));
    vec b = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, pick_b));

    return spread(0.299f) * r + spread(0.587f) * g + spread(0.114f) * b;
}

/* The pixels from x, a multiple of LUMA_STEP, to the row's end, and zeros to the tile's end. */
TARGET static inline void luma_rest(const uint8_t *rgb, uint32_t width, uint32_t x, size_t row,
                                    struct pdq_tile *band)
{
    for (; x < (width + PDQ_STEP - 1) / PDQ_STEP * PDQ_STEP; x += LUMA_STEP) {
        uint8_t rest[32] = {0};
        uint32_t left = x < width ? width - x : 0;
        memcpy(rest, rgb + (size_t)3 * (left > 0 ? x : 0),
               (size_t)3 * (left < LUMA_STEP ? left : LUMA_STEP));
        store(&band[x / PDQ_STEP].at[row][x % PDQ_STEP], luma_eight(rest));
    }
}

#include "hash/pdq_filter.h"

#endif
