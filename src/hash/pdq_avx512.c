/* PDQ's kernels for x86 with AVX-512 (F, BW and VL). */
#include "hash/pdq_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

/* Vectors of eight, for which AVX-512 has twice the registers; sixteen only where pixels come in:
 * transposing 16 x 16 needs as many shuffles a float, of which processors do half as many. */
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx2,fma")))
#include "hash/pdq_x86.h"

#define WIDE 16 /* pixels */

/* Luma of WIDE pixels, 48 bytes; 64 are read. */
TARGET static inline __m512 luma_wide(const uint8_t *rgb)
{
    const __m512i quarters = _mm512_setr_epi32(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    const __m512i pick = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1));
    const __m512i ones =
        _mm512_broadcast_i32x4(_mm_setr_epi8(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0));
    __m512i bytes = _mm512_permutexvar_epi32(quarters, _mm512_loadu_si512(rgb));
    __m512i pick_g = _mm512_add_epi8(pick, ones), pick_b = _mm512_add_epi8(pick_g, ones);
    __m512 r = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, pick));
    __m512 g = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, pick_g));
    __m512 b = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, pick_b));

    return _mm512_set1_ps(0.299f) * r + _mm512_set1_ps(0.587f) * g + _mm512_set1_ps(0.114f) * b;
}

TARGET static void luma_rgb(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band)
{
    uint32_t x = 0;

    for (; x + 2 * WIDE <= width; x += WIDE)
        _mm512_store_ps(&band[x / PDQ_STEP].at[row][x % PDQ_STEP], luma_wide(rgb + (size_t)3 * x));
    luma_rest(rgb, width, x, row, band);
}

const struct pdq_kernels pdq_avx512 = {.name = "avx512", .luma_rgb = luma_rgb, .filter = filter};
#endif
