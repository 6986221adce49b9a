/* The loops that a processor's wide instructions make fast; all sets give equal results. */
#ifndef INDEX_KERNELS_H
#define INDEX_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "index/row.h"

#define KERNEL_RUN_MAX 16384 /* most rows or symbols a call: positions are 16 bits wide */
#define BLOCK_LANES    16    /* rows side by side in a block */
#define BLOCK_WORDS    8

/* Sixteen rows word by word: w[k][lane] is the k-th 32 bits of a row. Three words, 96 bits, tell
 * most rows apart, and then only three lines of memory are read for sixteen rows. */
struct index_block {
    _Alignas(64) uint32_t w[BLOCK_WORDS][BLOCK_LANES];
};

/* What each chunk may differ in, and with the next one around the ring: less than so many bits. */
struct kernel_budgets {
    uint16_t own[CHUNKS], both[CHUNKS];
};

/* Each of the first three writes the positions of what is near, in order, into at (room for count,
 * KERNEL_RUN_MAX at most) and returns their number. */
struct index_kernels {
    const char *name;
    double row_ns; /* time of one row of rows(), for the choice between scan and columns */
    /* 16-bit symbols that differ from key in at most limit bits. */
    size_t (*symbols)(const uint16_t *sym, size_t count, uint16_t key, unsigned limit,
                      uint16_t *at);
    /* Rows that differ from the query in at most radius bits. */
    size_t (*rows)(const struct index_row *rows, size_t count, const struct index_row *query,
                   unsigned radius, uint16_t *at);
    /* The same for whole blocks; count of blocks, positions of rows. */
    size_t (*blocks)(const struct index_block *blocks, size_t count, const struct index_row *query,
                     unsigned radius, uint16_t *at);
    /* Bits in which two rows differ. */
    unsigned (*distance)(const struct index_row *a, const struct index_row *b);
    /* The first chunk that keeps its budgets, or CHUNKS. */
    unsigned (*first_chunk)(const struct index_row *a, const struct index_row *b,
                            const struct kernel_budgets *budgets);
    /* permute(), or NULL where the plain one is as good. */
    struct index_row (*permute)(const struct permutation *p, const uint8_t *hash);
    /* How many symbols are the wanted one; count up to KERNEL_RUN_MAX. */
    unsigned (*equal)(const uint16_t *sym, size_t count, uint16_t wanted);
};

extern const struct index_kernels index_kernels_scalar, index_kernels_avx2, index_kernels_avx512;

#define KERNEL_SETS 3

/* The set-th set, slowest first, or NULL when this processor cannot run it. */
const struct index_kernels *index_kernels_at(size_t set);

/* The one that the environment variable ASSAY_CPU names, where this processor can run it; else the
 * fastest that it can. */
const struct index_kernels *index_kernels_best(void);

#endif
