/* PDQ's kernels for x86 with AVX2 and FMA. */
#include "hash/pdq_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#include "hash/pdq_x86.h"

TARGET static inline vec weighted(vec words, int byte, vec weight)
{
    const __m256i lowest = _mm256_set1_epi32(255);
    const __m256i pick =
        _mm256_setr_epi8(0, -1, -1, -1, 4, -1, -1, -1, 8, -1, -1, -1, 12, -1, -1, -1, 0, -1, -1, -1,
                         4, -1, -1, -1, 8, -1, -1, -1, 12, -1, -1, -1);
    __m256i v = _mm256_castps_si256(words);

    if (byte == 0)
        v = _mm256_and_si256(v, lowest);
    else if (byte == 3)
        v = _mm256_srli_epi32(v, 24);
    else
        v = _mm256_shuffle_epi8(v, _mm256_add_epi32(pick, _mm256_set1_epi32(byte)));
    return _mm256_cvtepi32_ps(v) * weight;
}

#include "hash/pdq_filter.h"

const struct pdq_kernels pdq_avx2 = {.name = "avx2", .luma = luma, .filter = filter};
#endif
