/* PDQ's kernels for x86 with AVX2 and FMA. */
#include "hash/pdq_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,fma")))
#include "hash/pdq_x86.h"

TARGET static void luma_rgb(const uint8_t *rgb, uint32_t width, size_t row, struct pdq_tile *band)
{
    uint32_t x = 0;

    /* Eight pixels are 24 bytes and 28 are read: the last ones are copied first. */
    for (; x + 2 * LUMA_STEP <= width; x += LUMA_STEP)
        _mm256_store_ps(&band[x / PDQ_STEP].at[row][x % PDQ_STEP], luma_eight(rgb + (size_t)3 * x));
    luma_rest(rgb, width, x, row, band);
}

const struct pdq_kernels pdq_avx2 = {.name = "avx2", .luma_rgb = luma_rgb, .filter = filter};
#endif
