/* Building a compact segment, reading its rows back, and one step from column to column. */
#include "index/compact.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEY_COUNT (DIR_SIZE - 1)
#define AHEAD     16 /* rows whose lines are on their way */
#define LINES_MAX 16 /* asked for of the own column */

const uint8_t compact_ring[CHUNKS] = {3, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2};

static uint16_t ring_chunk(const struct index_row *row, unsigned i)
{
    return row_chunk(row, compact_ring[i % CHUNKS]);
}

struct index_row compact_turned(const struct index_row *row)
{
    struct index_row turned = {{0, 0, 0, 0}};

    for (unsigned i = 0; i < CHUNKS; i++)
        turned.w[i / 4] |= (uint64_t)ring_chunk(row, i) << (CHUNK_BITS * (i % 4));
    return turned;
}

static void fill_dir(struct index_segment *s, const struct index_row *rows)
{
    uint32_t *dir = (uint32_t *)(s->base + s->layout.offset[SECTION_DIR]);

    memset(dir, 0, s->layout.size[SECTION_DIR]);
    for (uint32_t i = 0; i < s->layout.row_count; i++) {
        for (unsigned c = 0; c < CHUNKS; c++)
            dir[c * (size_t)DIR_SIZE + ring_chunk(&rows[i], c) + 1]++;
    }
    for (unsigned c = 0; c < CHUNKS; c++) {
        for (uint32_t v = 0; v < KEY_COUNT; v++)
            dir[c * (size_t)DIR_SIZE + v + 1] += dir[c * (size_t)DIR_SIZE + v];
    }
}

/* Entry at of a column, in the bucket of key, has the value: its upper bits are a number of zeros
 * passed in the bucket's run of the high section, the others stand in the low section. */
static void put_value(struct index_segment *s, unsigned column, uint32_t at, uint16_t key,
                      uint32_t value)
{
    const struct segment_layout *l = &s->layout;
    uint64_t *high = (uint64_t *)(s->base + l->offset[SECTION_HIGH]) + column * l->high_words;
    uint64_t *low = (uint64_t *)(s->base + l->offset[SECTION_LOW]) + column * l->low_words;
    const uint64_t bit = at + ((uint64_t)key << l->high_bits) + (value >> l->low_bits);
    const uint64_t to = (uint64_t)at * l->low_bits, rest = value & ((1u << l->low_bits) - 1);

    high[bit / 64] |= (uint64_t)1 << (bit % 64);
    low[to / 64] |= rest << (to % 64);
    if (to % 64 + l->low_bits > 64)
        low[to / 64 + 1] |= rest >> (64 - to % 64);
}

/* From the order of rows in one column that of the next: stable, by the next chunk. */
static void fill_column(struct index_segment *s, const struct index_row *rows, unsigned column,
                        const uint32_t *order, uint32_t *next_order, uint32_t *cursor)
{
    const uint32_t row_count = s->layout.row_count;
    const unsigned next = (column + 1) % CHUNKS;
    uint16_t *sym = (uint16_t *)(s->base + s->layout.offset[SECTION_SYM]);

    sym += (size_t)column * row_count;
    memcpy(cursor, compact_dir(s, next), KEY_COUNT * sizeof *cursor);
    for (uint32_t at = 0; at < row_count; at++) {
        if (at + AHEAD < row_count)
            __builtin_prefetch(&rows[order[at + AHEAD]]);
        const struct index_row *row = &rows[order[at]];
        sym[at] = ring_chunk(row, next);
        uint32_t to = cursor[sym[at]]++;
        next_order[to] = order[at];
        put_value(s, next, to, sym[at], (uint32_t)ring_chunk(row, column) >> COMPACT_DROPPED);
    }
}

enum assay_err compact_fill(struct index_segment *s, const struct index_row *rows)
{
    const uint32_t row_count = s->layout.row_count;
    uint32_t *order = segment_memory(2 * (size_t)row_count * sizeof *order);
    uint32_t *cursor = malloc(KEY_COUNT * sizeof *cursor);
    enum assay_err rc = ASSAY_ENOMEM;

    if (order == NULL || cursor == NULL)
        goto out;
    fill_dir(s, rows);
    memset(s->base + s->layout.offset[SECTION_HIGH], 0, s->layout.size[SECTION_HIGH]);
    memset(s->base + s->layout.offset[SECTION_LOW], 0, s->layout.size[SECTION_LOW]);
    for (uint32_t i = 0; i < row_count; i++)
        order[i] = i;
    for (unsigned c = 0; c < CHUNKS; c++) {
        const size_t here = c % 2 * (size_t)row_count, there = row_count - here;
        fill_column(s, rows, c, order + here, order + there, cursor);
    }
    rc = ASSAY_OK;
out:
    free(order);
    free(cursor);
    return rc;
}

static void set_chunk(struct index_row *row, unsigned i, uint16_t chunk)
{
    const unsigned to = compact_ring[i];

    row->w[to / 4] |= (uint64_t)chunk << (CHUNK_BITS * (to % 4));
}

enum assay_err compact_rows(const struct index_segment *s, struct index_row *rows)
{
    const uint32_t row_count = s->layout.row_count, *first = compact_dir(s, 0);
    uint32_t *order = segment_memory(2 * (size_t)row_count * sizeof *order);
    uint32_t *cursor = malloc(KEY_COUNT * sizeof *cursor);
    enum assay_err rc = ASSAY_ENOMEM;

    if (order == NULL || cursor == NULL)
        goto out;
    memset(rows, 0, row_count * sizeof *rows);
    for (uint32_t v = 0; v < KEY_COUNT; v++) {
        for (uint32_t i = first[v]; i < first[v + 1] && i < row_count; i++)
            set_chunk(&rows[i], 0, (uint16_t)v);
    }
    for (uint32_t i = 0; i < row_count; i++)
        order[i] = order[row_count + i] = i;
    for (unsigned c = 0; c + 1 < CHUNKS; c++) {
        const uint32_t *here = order + c % 2 * (size_t)row_count;
        uint32_t *there = order + (c + 1) % 2 * (size_t)row_count;
        const uint16_t *sym = compact_sym(s, c);
        memcpy(cursor, compact_dir(s, c + 1), KEY_COUNT * sizeof *cursor);
        for (uint32_t at = 0; at < row_count; at++) {
            if (at + AHEAD < row_count)
                __builtin_prefetch(&rows[here[at + AHEAD]]);
            set_chunk(&rows[here[at]], c + 1, sym[at]);
            uint32_t to = cursor[sym[at]]++;
            if (to < row_count) /* else a damaged file */
                there[to] = here[at];
        }
    }
    rc = ASSAY_OK;
out:
    free(order);
    free(cursor);
    return rc;
}

struct compact_step compact_locate(const struct index_segment *s, unsigned column, uint32_t at,
                                   uint16_t key, uint16_t sym)
{
    const struct segment_layout *l = &s->layout;
    const unsigned next = (column + 1) % CHUNKS;
    const uint32_t *there = compact_dir(s, next) + sym;
    struct compact_step step = {.begin = there[0], .end = there[1]};
    const uint32_t value = key >> COMPACT_DROPPED;

    step.from = compact_dir(s, column)[value << COMPACT_DROPPED];
    if (step.end > l->row_count || step.begin > step.end)
        step.begin = step.end = 0; /* a damaged file */
    if (step.from > at)
        step.from = at;
    uint64_t bits = step.begin + ((uint64_t)sym << l->high_bits);
    const char *high = (const char *)(s->high + next * l->high_words + bits / 64);
    __builtin_prefetch(high);
    __builtin_prefetch(high + LINE_BYTES);
    uint64_t guess = step.begin + ((uint64_t)(step.end - step.begin) * value >> COMPACT_VALUE_BITS);
    __builtin_prefetch(s->low + next * l->low_words + guess * l->low_bits / 64);
    segment_prefetch(compact_sym(s, column) + step.from, (size_t)(at - step.from) * sizeof *s->sym,
                     LINES_MAX);
    return step;
}

/* The place of the n-th bit (from 0) that is set in v, which has so many: its byte is the first up
 * to which more than n are set, and in that one bit after the other is passed. */
static unsigned nth_bit(uint64_t v, unsigned n)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t sums = v - (v >> 1 & 0x55 * each);

    sums = (sums & 0x33 * each) + (sums >> 2 & 0x33 * each);
    sums = ((sums + (sums >> 4)) & 0x0f * each) * each; /* of each byte and those below it */
    const uint64_t more = ((sums | 0x80 * each) - (n + 1) * each) & 0x80 * each;
    const unsigned byte = (unsigned)__builtin_ctzll(more) / 8 * 8;
    if (byte > 0)
        n -= (unsigned)(sums >> (byte - 8) & 0xff);
    v = v >> byte & 0xff;
    for (; n > 0; n--)
        v &= v - 1;
    return byte + (unsigned)__builtin_ctzll(v);
}

/* How many bits from bit on are set without a gap. */
static uint64_t ones(const uint64_t *words, uint64_t bit, uint64_t end)
{
    const uint64_t from = bit;

    if (bit >= end) /* also of a damaged file */
        return 0;
    while (bit < end) {
        uint64_t gaps = ~words[bit / 64] >> (bit % 64);
        if (gaps != 0) {
            bit += (unsigned)__builtin_ctzll(gaps);
            break;
        }
        bit += 64 - bit % 64;
    }
    return (bit < end ? bit : end) - from;
}

/* The lower bits of an entry's value; of a damaged file's entries behind the end, 0. */
static uint32_t low_bits(const struct index_segment *s, const uint64_t *low, uint64_t entry)
{
    const unsigned width = s->layout.low_bits;
    const uint64_t at = entry * width;

    if (at / 64 + 1 >= s->layout.low_words)
        return 0;
    uint64_t v = low[at / 64] >> (at % 64);
    if (at % 64 + width > 64)
        v |= low[at / 64 + 1] << (64 - at % 64);
    return (uint32_t)(v & ((1u << width) - 1));
}

/* How many of the values of sym's bucket in the next column are below the given. */
static uint32_t count_below(const struct index_segment *s, unsigned next, uint16_t sym,
                            uint32_t value, const struct compact_step *step)
{
    const struct segment_layout *l = &s->layout;
    const uint64_t *high = s->high + next * l->high_words, *low = s->low + next * l->low_words;
    const uint64_t begin = step->begin + ((uint64_t)sym << l->high_bits);
    const uint64_t end = step->end + (((uint64_t)sym + 1) << l->high_bits);
    const uint32_t rest = value & ((1u << l->low_bits) - 1);
    uint32_t zeros = value >> l->low_bits;
    uint64_t bit = begin;

    /* Behind the zeros-th zero from begin on the entries with these upper bits begin. */
    while (zeros > 0 && bit < end) {
        uint64_t word = ~high[bit / 64] >> (bit % 64);
        unsigned here = bits_set(word), width = 64 - (unsigned)(bit % 64);
        if (here >= zeros) {
            bit += nth_bit(word, zeros - 1) + 1;
            zeros = 0;
        } else {
            bit += width;
            zeros -= here;
        }
    }
    uint64_t count = bit - begin - (value >> l->low_bits);
    uint64_t least = count, most = count + ones(high, bit, end);
    while (least < most) { /* they ascend */
        uint64_t middle = least + (most - least) / 2;
        if (low_bits(s, low, step->begin + middle) < rest)
            least = middle + 1;
        else
            most = middle;
    }
    return least < step->end - step->begin ? (uint32_t)least : step->end - step->begin;
}

static uint32_t count_equal(const struct index_kernels *k, const uint16_t *sym, uint32_t count,
                            uint16_t wanted)
{
    uint32_t sum = 0;

    for (uint32_t from = 0; from < count; from += KERNEL_RUN_MAX) {
        uint32_t left = count - from;
        sum += k->equal(sym + from, left < KERNEL_RUN_MAX ? left : KERNEL_RUN_MAX, wanted);
    }
    return sum;
}

/*
 * In the next column's bucket of the symbol the rows stand in the order in which they stand here.
 * So the row is behind those whose key here is lower, which that bucket's values count all but
 * their lowest bits, and behind those of its symbol from where such keys begin here.
 */
uint32_t compact_follow(const struct index_segment *s, unsigned column, uint32_t at, uint16_t key,
                        uint16_t sym, const struct compact_step *step)
{
    const uint32_t value = key >> COMPACT_DROPPED;
    uint64_t to = step->begin;

    to += count_below(s, (column + 1) % CHUNKS, sym, value, step);
    to += count_equal(s->kernels, compact_sym(s, column) + step->from, at - step->from, sym);
    return to < s->layout.row_count ? (uint32_t)to : 0;
}

/* Whether the entry of column 0 is the row, of which its first two chunks are known to agree. */
static bool is_row(const struct index_segment *s, uint32_t at, const struct index_row *row)
{
    for (unsigned c = 0; c + 2 < CHUNKS; c++) {
        uint16_t key = ring_chunk(row, c), sym = ring_chunk(row, c + 1);
        struct compact_step step = compact_locate(s, c, at, key, sym);
        at = compact_follow(s, c, at, key, sym, &step);
        if (compact_sym(s, c + 1)[at] != ring_chunk(row, c + 2))
            return false;
    }
    return true;
}

uint32_t compact_find(const struct index_segment *s, const struct index_row *row)
{
    const uint32_t *bucket = compact_dir(s, 0) + ring_chunk(row, 0);
    const uint16_t *sym = compact_sym(s, 0), wanted = ring_chunk(row, 1);

    for (uint32_t at = bucket[0]; at < bucket[1] && at < s->layout.row_count; at++) {
        if (sym[at] == wanted && is_row(s, at, row))
            return at;
    }
    return COMPACT_NONE;
}
