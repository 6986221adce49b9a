/* Kernels for AVX-512 with BITALG and VPOPCNTDQ, which count the bits of whole lanes at once. */
#include "index/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

static unsigned distance(const struct index_row *a, const struct index_row *b)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < ROW_WORDS; i++)
        sum += (unsigned)__builtin_popcountll(a->w[i] ^ b->w[i]);
    return sum;
}

static size_t symbols(const uint16_t *sym, size_t count, uint16_t key, unsigned limit, uint16_t *at)
{
    const __m512i wanted = _mm512_set1_epi16((short)key);
    const __m512i most = _mm512_set1_epi16((short)limit);
    size_t found = 0;

    for (size_t i = 0; i < count; i += 32) {
        __mmask32 there = count - i >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << (count - i)) - 1;
        __m512i v = _mm512_xor_si512(_mm512_maskz_loadu_epi16(there, sym + i), wanted);
        __mmask32 hits = _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(v), most);
        for (; hits != 0; hits &= hits - 1)
            at[found++] = (uint16_t)(i + (unsigned)__builtin_ctz(hits));
    }
    return found;
}

static __m512i two_rows(const struct index_row *row, __m512i query)
{
    return _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(row), query));
}

/*
 * Eight rows: the counts of rows 2 j and 2 j + 1 go into 16-bit lane j of each quadword, those of
 * even rows into the lower half of the register. Adding the four quadwords of a half to one another
 * leaves in lane j of any of them the distance. Bit 4 h + j of the answer is row 2 j + h.
 */
static unsigned eight_rows(const struct index_row *row, __m512i query, __m512i most)
{
    __m512i sums = two_rows(row, query);

    sums = _mm512_or_si512(sums, _mm512_slli_epi64(two_rows(row + 2, query), 16));
    sums = _mm512_or_si512(sums, _mm512_slli_epi64(two_rows(row + 4, query), 32));
    sums = _mm512_or_si512(sums, _mm512_slli_epi64(two_rows(row + 6, query), 48));
    sums = _mm512_add_epi16(sums, _mm512_permutex_epi64(sums, 0x4e));
    sums = _mm512_add_epi16(sums, _mm512_permutex_epi64(sums, 0xb1));
    __mmask32 hits = _mm512_cmple_epu16_mask(sums, most);
    return (hits & 15) | (hits >> 16 & 15) << 4;
}

static size_t rows(const struct index_row *row, size_t count, const struct index_row *query,
                   unsigned radius, uint16_t *at)
{
    const __m512i q = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i_u *)query->w));
    const __m512i most = _mm512_set1_epi16((short)radius);
    size_t found = 0, i = 0;

    for (; i + 8 <= count; i += 8) {
        unsigned hits = eight_rows(row + i, q, most);
        if (hits == 0)
            continue;
        for (unsigned n = 0; n < 8; n++) {
            if (hits >> (n % 2 * 4 + n / 2) & 1)
                at[found++] = (uint16_t)(i + n);
        }
    }
    for (; i < count; i++) {
        if (distance(&row[i], query) <= radius)
            at[found++] = (uint16_t)i;
    }
    return found;
}

static __m512i lane_sums(const struct index_block *b, const struct index_row *query, unsigned from,
                         unsigned until)
{
    __m512i sum = _mm512_setzero_si512();

    for (unsigned k = from; k < until; k++) {
        __m512i q = _mm512_set1_epi32((int)row_word32(query, k));
        __m512i v = _mm512_xor_si512(_mm512_load_si512(b->w[k]), q);
        sum = _mm512_add_epi32(sum, _mm512_popcnt_epi32(v));
    }
    return sum;
}

static size_t blocks(const struct index_block *block, size_t count, const struct index_row *query,
                     unsigned radius, uint16_t *at)
{
    const __m512i most = _mm512_set1_epi32((int)radius);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        __m512i sum = lane_sums(&block[i], query, 0, 3);
        if (_mm512_cmple_epu32_mask(sum, most) == 0)
            continue;
        sum = _mm512_add_epi32(sum, lane_sums(&block[i], query, 3, BLOCK_WORDS));
        for (unsigned hits = _mm512_cmple_epu32_mask(sum, most); hits != 0; hits &= hits - 1)
            at[found++] = (uint16_t)(BLOCK_LANES * i + (unsigned)__builtin_ctz(hits));
    }
    return found;
}

static unsigned first_chunk(const struct index_row *a, const struct index_row *b,
                            const struct kernel_budgets *budgets)
{
    __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i_u *)a->w),
                                 _mm256_loadu_si256((const __m256i_u *)b->w));
    __m256i bits = _mm256_popcnt_epi16(v);
    /* The next chunk's count, in the place of each, around the ring. */
    __m256i next = _mm256_alignr_epi8(_mm256_permute2x128_si256(bits, bits, 1), bits, 2);
    __m256i own = _mm256_loadu_si256((const __m256i_u *)budgets->own);
    __m256i both = _mm256_loadu_si256((const __m256i_u *)budgets->both);
    unsigned chunks = _mm256_cmplt_epu16_mask(bits, own) &
                      _mm256_cmplt_epu16_mask(_mm256_add_epi16(bits, next), both);

    return chunks == 0 ? CHUNKS : (unsigned)__builtin_ctz(chunks);
}

static struct index_row gather_bits(const struct permutation *p, const uint8_t *hash)
{
    struct index_row r;
    __m512i words[ROW_WORDS];

    for (unsigned j = 0; j < ROW_WORDS; j++) {
        uint64_t word;
        memcpy(&word, hash + j * sizeof word, sizeof word);
        words[j] = _mm512_set1_epi64((long long)word);
    }
    for (unsigned i = 0; i < ROW_WORDS; i++) {
        uint64_t bits = 0;
        for (unsigned j = 0; j < ROW_WORDS; j++) {
            __m512i from = _mm512_load_si512(p->gather[i][j]);
            bits |= _mm512_mask_bitshuffle_epi64_mask(p->mask[i][j], words[j], from);
        }
        r.w[i] = bits;
    }
    return r;
}

static unsigned equal(const uint16_t *sym, size_t count, uint16_t wanted)
{
    const __m512i key = _mm512_set1_epi16((short)wanted);
    unsigned sum = 0;

    for (size_t i = 0; i < count; i += 32) {
        __mmask32 there = count - i >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << (count - i)) - 1;
        __m512i v = _mm512_maskz_loadu_epi16(there, sym + i);
        sum += (unsigned)__builtin_popcount(_mm512_mask_cmpeq_epi16_mask(there, v, key));
    }
    return sum;
}

const struct index_kernels index_kernels_avx512 = {.name = "avx512",
                                                   .row_ns = 1.0,
                                                   .symbols = symbols,
                                                   .rows = rows,
                                                   .blocks = blocks,
                                                   .distance = distance,
                                                   .first_chunk = first_chunk,
                                                   .equal = equal,
                                                   .permute = gather_bits};
#endif
