/* PDQ's kernels for x86 with AVX-512 (F, BW and VL). */
#include "hash/pdq_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

/* Vectors of eight, for which AVX-512 has twice the registers: sixteen lanes were not faster, for
 * gathering them takes as many operations a float. */
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx2,fma")))
#include "hash/pdq_x86.h"

/*
 * The byte b below the bits of 2^23 is the float 2^23 + b; times the weight, less 2^23 times the
 * weight, which is a float, in one fused operation: the rounded product without a conversion.
 */
TARGET static inline vec weighted(vec words, int byte, vec weight)
{
    const __m256i pick =
        _mm256_setr_epi8(0, -1, -1, -1, 4, -1, -1, -1, 8, -1, -1, -1, 12, -1, -1, -1, 0, -1, -1, -1,
                         4, -1, -1, -1, 8, -1, -1, -1, 12, -1, -1, -1);
    const __m256i above = _mm256_castps_si256(spread(0x1p23f));
    __m256i v = _mm256_castps_si256(words);

    if (byte == 0) /* v & 255 | above */
        v = _mm256_ternarylogic_epi32(v, _mm256_set1_epi32(255), above, 0xea);
    else
        v = _mm256_mask_shuffle_epi8(above, 0x11111111, v,
                                     _mm256_add_epi32(pick, _mm256_set1_epi32(byte)));
    return _mm256_fmadd_ps(_mm256_castsi256_ps(v), weight, spread(-0x1p23f) * weight);
}

#include "hash/pdq_filter.h"

const struct pdq_kernels pdq_avx512 = {.name = "avx512", .luma = luma, .filter = filter};
#endif
