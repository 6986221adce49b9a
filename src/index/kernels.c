/* Which kernels this processor can run, and those that every processor can. */
#include "index/kernels.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t symbols(const uint16_t *sym, size_t count, uint16_t key, unsigned limit, uint16_t *at)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (bits_set((uint64_t)(sym[i] ^ key)) <= limit)
            at[found++] = (uint16_t)i;
    }
    return found;
}

static unsigned distance(const struct index_row *a, const struct index_row *b)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < ROW_WORDS; i++)
        sum += bits_set(a->w[i] ^ b->w[i]);
    return sum;
}

static size_t near_rows(const struct index_row *rows, size_t count, const struct index_row *query,
                        unsigned radius, uint16_t *at)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (distance(&rows[i], query) <= radius)
            at[found++] = (uint16_t)i;
    }
    return found;
}

static size_t blocks(const struct index_block *block, size_t count, const struct index_row *query,
                     unsigned radius, uint16_t *at)
{
    size_t found = 0;

    for (size_t i = 0; i < count * BLOCK_LANES; i++) {
        const struct index_block *b = &block[i / BLOCK_LANES];
        unsigned sum = 0;
        for (unsigned k = 0; k < BLOCK_WORDS && sum <= radius; k++)
            sum += bits_set((uint64_t)(b->w[k][i % BLOCK_LANES] ^ row_word32(query, k)));
        if (sum <= radius)
            at[found++] = (uint16_t)i;
    }
    return found;
}

static unsigned first_chunk(const struct index_row *a, const struct index_row *b,
                            const struct kernel_budgets *budgets)
{
    unsigned own = bits_set((uint64_t)(row_chunk(a, 0) ^ row_chunk(b, 0)));

    for (unsigned i = 0; i < CHUNKS; i++) {
        unsigned n = (i + 1) % CHUNKS;
        unsigned next = bits_set((uint64_t)(row_chunk(a, n) ^ row_chunk(b, n)));
        if (own < budgets->own[i] && own + next < budgets->both[i])
            return i;
        own = next;
    }
    return CHUNKS;
}

static unsigned equal(const uint16_t *sym, size_t count, uint16_t wanted)
{
    uint16_t sum = 0; /* 16 bits: as many lanes as there are symbols */

    for (size_t i = 0; i < count; i++)
        sum = (uint16_t)(sum + (sym[i] == wanted));
    return sum;
}

const struct index_kernels index_kernels_scalar = {.name = "scalar",
                                                   .row_ns = 7.0,
                                                   .symbols = symbols,
                                                   .rows = near_rows,
                                                   .blocks = blocks,
                                                   .distance = distance,
                                                   .first_chunk = first_chunk,
                                                   .equal = equal};

const struct index_kernels *index_kernels_at(size_t set)
{
    assert(set < KERNEL_SETS);
    if (set == 0)
        return &index_kernels_scalar;
#if defined(__x86_64__)
    if (set == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
        return &index_kernels_avx2;
    if (set == 2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq") &&
        __builtin_cpu_supports("popcnt"))
        return &index_kernels_avx512;
#endif
    return NULL;
}

const struct index_kernels *index_kernels_best(void)
{
    const struct index_kernels *best = &index_kernels_scalar;
    const char *named = secure_getenv("ASSAY_CPU");

    for (size_t set = 0; set < KERNEL_SETS; set++) {
        const struct index_kernels *k = index_kernels_at(set);
        if (k != NULL && named != NULL && strcmp(k->name, named) == 0)
            return k;
        if (k != NULL)
            best = k;
    }
    return best;
}
