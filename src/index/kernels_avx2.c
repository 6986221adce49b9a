/* Kernels for AVX2: bits counted by looking up half bytes, rows by the scalar popcnt. */
#include "index/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

static __m256i byte_counts(__m256i v)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);

    return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                           _mm256_shuffle_epi8(table, high));
}

static unsigned distance(const struct index_row *a, const struct index_row *b)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < ROW_WORDS; i++)
        sum += (unsigned)__builtin_popcountll(a->w[i] ^ b->w[i]);
    return sum;
}

static size_t symbols(const uint16_t *sym, size_t count, uint16_t key, unsigned limit, uint16_t *at)
{
    const __m256i wanted = _mm256_set1_epi16((short)key);
    const __m256i over = _mm256_set1_epi16((short)limit);
    const __m256i ones = _mm256_set1_epi8(1);
    size_t found = 0, i = 0;

    for (; i + 16 <= count; i += 16) {
        __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i_u *)(sym + i)), wanted);
        __m256i bits = _mm256_maddubs_epi16(byte_counts(v), ones);
        unsigned hits = ~(unsigned)_mm256_movemask_epi8(_mm256_cmpgt_epi16(bits, over));
        for (; hits != 0; hits &= hits - 1, hits &= hits - 1) /* two mask bits a symbol */
            at[found++] = (uint16_t)(i + (unsigned)__builtin_ctz(hits) / 2);
    }
    for (; i < count; i++) {
        if ((unsigned)__builtin_popcount((unsigned)(sym[i] ^ key)) <= limit)
            at[found++] = (uint16_t)i;
    }
    return found;
}

static size_t rows(const struct index_row *row, size_t count, const struct index_row *query,
                   unsigned radius, uint16_t *at)
{
    const struct index_row q = *query;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        at[found] = (uint16_t)i;
        found += distance(&row[i], &q) <= radius;
    }
    return found;
}

/* Of eight lanes the sums over words from .. until. */
static __m256i lane_sums(const struct index_block *b, unsigned half, const struct index_row *query,
                         unsigned from, unsigned until)
{
    __m256i bytes = _mm256_setzero_si256();

    for (unsigned k = from; k < until; k++) {
        __m256i w = _mm256_load_si256((const __m256i *)&b->w[k][8 * half]);
        __m256i q = _mm256_set1_epi32((int)row_word32(query, k));
        bytes = _mm256_add_epi8(bytes, byte_counts(_mm256_xor_si256(w, q)));
    }
    __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

static size_t blocks(const struct index_block *block, size_t count, const struct index_row *query,
                     unsigned radius, uint16_t *at)
{
    const __m256i over = _mm256_set1_epi32((int)radius);
    size_t found = 0;

    for (size_t i = 0; i < 2 * count; i++) {
        const struct index_block *b = &block[i / 2];
        __m256i sum = lane_sums(b, i % 2, query, 0, 3);
        unsigned miss =
            (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(sum, over)));
        if (miss == 0xff)
            continue;
        sum = _mm256_add_epi32(sum, lane_sums(b, i % 2, query, 3, BLOCK_WORDS));
        miss = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(sum, over)));
        for (unsigned hits = ~miss & 0xff; hits != 0; hits &= hits - 1)
            at[found++] = (uint16_t)(8 * i + (unsigned)__builtin_ctz(hits));
    }
    return found;
}

static unsigned first_chunk(const struct index_row *a, const struct index_row *b,
                            const struct kernel_budgets *budgets)
{
    __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i_u *)a->w),
                                 _mm256_loadu_si256((const __m256i_u *)b->w));
    __m256i bits = _mm256_maddubs_epi16(byte_counts(v), _mm256_set1_epi8(1));
    /* The next chunk's count, in the place of each, around the ring. */
    __m256i next = _mm256_alignr_epi8(_mm256_permute2x128_si256(bits, bits, 1), bits, 2);
    __m256i own = _mm256_loadu_si256((const __m256i_u *)budgets->own);
    __m256i both = _mm256_loadu_si256((const __m256i_u *)budgets->both);
    __m256i keeps = _mm256_and_si256(_mm256_cmpgt_epi16(own, bits),
                                     _mm256_cmpgt_epi16(both, _mm256_add_epi16(bits, next)));
    unsigned chunks = (unsigned)_mm256_movemask_epi8(keeps);

    return chunks == 0 ? CHUNKS : (unsigned)__builtin_ctz(chunks) / 2;
}

static unsigned equal(const uint16_t *sym, size_t count, uint16_t wanted)
{
    const __m256i key = _mm256_set1_epi16((short)wanted);
    unsigned sum = 0;
    size_t i = 0;

    for (; i + 16 <= count; i += 16) {
        __m256i v = _mm256_loadu_si256((const __m256i_u *)(sym + i));
        unsigned same = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi16(v, key));
        sum += (unsigned)__builtin_popcount(same);
    }
    sum /= 2; /* two mask bits a symbol */
    for (; i < count; i++)
        sum += sym[i] == wanted;
    return sum;
}

const struct index_kernels index_kernels_avx2 = {.name = "avx2",
                                                 .row_ns = 1.6,
                                                 .symbols = symbols,
                                                 .rows = rows,
                                                 .blocks = blocks,
                                                 .distance = distance,
                                                 .first_chunk = first_chunk,
                                                 .equal = equal};
#endif
