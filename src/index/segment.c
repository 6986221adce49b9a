/* Building segments: pairs in order in, rows, ids and columns out. */
#include "index/segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "index/compact.h"

/* A page of this size saves most look-ups of addresses, which else cost a search a quarter. */
#define HUGE_BYTES ((size_t)2 << 20)
#define PAGE_BYTES ((size_t)1 << 16) /* the largest that processors of these kinds have else */

static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t),
              "the map of deleted ids is in the file");

/* As many upper bits of a value as there are entries in a bucket, so that few share them. */
static void set_ranks(struct segment_layout *l)
{
    const uint64_t keys = DIR_SIZE - 1;

    while (keys << l->high_bits < l->row_count)
        l->high_bits++;
    l->low_bits = COMPACT_VALUE_BITS - l->high_bits;
    l->high_words = (size_t)((l->row_count + (keys << l->high_bits) + 63) / 64);
    l->low_words = ((size_t)l->row_count * l->low_bits + 63) / 64 + 1; /* read two at a time */
    l->size[SECTION_HIGH] = CHUNKS * l->high_words * sizeof(uint64_t);
    l->size[SECTION_LOW] = CHUNKS * l->low_words * sizeof(uint64_t);
}

struct segment_layout segment_layout(enum assay_index_form form, uint32_t row_count,
                                     uint32_t id_count)
{
    struct segment_layout l = {.row_count = row_count, .id_count = id_count};
    const bool columns = row_count >= SEGMENT_COLUMNS_MIN;

    assert(row_count > 0);
    assert(row_count <= SEGMENT_ROWS_MAX);
    assert(id_count >= row_count);
    assert(id_count <= SEGMENT_IDS_MAX);
    l.form = columns ? form : ASSAY_INDEX_FAST;
    if (l.form == ASSAY_INDEX_FAST)
        l.size[SECTION_ROWS] = (size_t)row_count * sizeof(struct index_row);
    if (l.form == ASSAY_INDEX_FAST || id_count > row_count)
        l.size[SECTION_FIRST] = ((size_t)row_count + 1) * sizeof(uint32_t);
    l.size[SECTION_IDS] = (size_t)id_count * sizeof(uint32_t);
    l.size[SECTION_DEAD] = ((size_t)id_count + 63) / 64 * sizeof(uint64_t);
    if (columns) {
        l.size[SECTION_DIR] = (size_t)CHUNKS * DIR_SIZE * sizeof(uint32_t);
        l.size[SECTION_SYM] = (size_t)CHUNKS * row_count * sizeof(uint16_t);
    }
    if (columns && l.form == ASSAY_INDEX_FAST)
        l.size[SECTION_NUMBER] = (size_t)CHUNKS * row_count * ROW_NUMBER_BYTES;
    if (l.form == ASSAY_INDEX_COMPACT)
        set_ranks(&l);
    for (unsigned i = 0; i < SECTIONS; i++) {
        l.offset[i] = l.total;
        l.total += (l.size[i] + SEGMENT_ALIGNMENT - 1) / SEGMENT_ALIGNMENT * SEGMENT_ALIGNMENT;
    }
    return l;
}

enum assay_err segment_over(const struct segment_layout *layout, unsigned char *base,
                            struct index_segment **out)
{
    const size_t *at = layout->offset;

    struct index_segment *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ASSAY_ENOMEM;
    s->layout = *layout;
    s->base = base;
    s->mapped = true;
    s->kernels = index_kernels_best();
    if (layout->size[SECTION_ROWS] > 0)
        s->rows = (const struct index_row *)(base + at[SECTION_ROWS]);
    if (layout->size[SECTION_FIRST] > 0)
        s->first = (const uint32_t *)(base + at[SECTION_FIRST]);
    s->ids = (const uint32_t *)(base + at[SECTION_IDS]);
    s->dead = (_Atomic uint64_t *)(base + at[SECTION_DEAD]);
    if (layout->size[SECTION_DIR] > 0) {
        s->dir = (const uint32_t *)(base + at[SECTION_DIR]);
        s->sym = (const uint16_t *)(base + at[SECTION_SYM]);
        if (layout->form == ASSAY_INDEX_FAST)
            s->number = base + at[SECTION_NUMBER];
        s->high = (const uint64_t *)(base + at[SECTION_HIGH]);
        s->low = (const uint64_t *)(base + at[SECTION_LOW]);
    }
    *out = s;
    return ASSAY_OK;
}

void segment_free(struct index_segment *s)
{
    if (s != NULL && !s->mapped)
        free(s->base);
    free(s);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct index_pair *a = left, *b = right;
    int order = row_compare(&a->row, &b->row);

    if (order != 0)
        return order;
    return a->id < b->id ? -1 : a->id > b->id;
}

void pairs_sort(struct index_pair *pairs, size_t count)
{
    if (count > 1)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
}

/* Sets pair to the source's next living one, leaving it there; false at the end. */
static bool peek(struct pair_source *s, struct index_pair *pair)
{
    if (s->pairs != NULL) {
        if (s->at == s->count)
            return false;
        *pair = s->pairs[s->at];
        return true;
    }
    const struct index_segment *from = s->segment;
    uint32_t id_count = from->layout.id_count, row_count = from->layout.row_count;
    while (s->at < id_count && (s->dead[s->at / 64] >> (s->at % 64) & 1) != 0)
        s->at++;
    if (s->at >= id_count)
        return false;
    if (from->first == NULL)
        s->row = (uint32_t)s->at;
    while (from->first != NULL && s->row + 1 < row_count && from->first[s->row + 1] <= s->at)
        s->row++;
    pair->row = s->rows[s->row];
    pair->id = from->ids[s->at];
    return true;
}

/* The sources' heads, and the smallest of them. */
struct merging {
    struct pair_source *sources;
    struct index_pair *heads;
    bool *left;
    size_t count;
};

static void rewind_all(struct merging *m)
{
    for (size_t i = 0; i < m->count; i++) {
        m->sources[i].at = 0;
        m->sources[i].row = 0;
        m->left[i] = peek(&m->sources[i], &m->heads[i]);
    }
}

/* The next pair that differs from the one before; false at the end. */
static bool take_next(struct merging *m, struct index_pair *pair)
{
    size_t least = m->count;

    for (size_t i = 0; i < m->count; i++) {
        if (m->left[i] && (least == m->count || compare_pairs(&m->heads[i], &m->heads[least]) < 0))
            least = i;
    }
    if (least == m->count)
        return false;
    *pair = m->heads[least];
    for (size_t i = 0; i < m->count; i++) {
        while (m->left[i] && compare_pairs(&m->heads[i], pair) == 0) {
            m->sources[i].at++;
            m->left[i] = peek(&m->sources[i], &m->heads[i]);
        }
    }
    return true;
}

static void count_all(struct merging *m, uint32_t *row_count, uint32_t *id_count)
{
    struct index_pair pair, before = {0};

    rewind_all(m);
    *row_count = *id_count = 0;
    while (take_next(m, &pair)) {
        if (*id_count == 0 || row_compare(&pair.row, &before.row) != 0)
            *row_count += 1;
        *id_count += 1;
        before = pair;
    }
}

static void fill_rows(struct merging *m, struct index_segment *s, struct index_row *rows)
{
    uint32_t *first = (uint32_t *)(s->base + s->layout.offset[SECTION_FIRST]);
    uint32_t *ids = (uint32_t *)(s->base + s->layout.offset[SECTION_IDS]);
    uint32_t row = 0, id = 0;
    struct index_pair pair;

    rewind_all(m);
    while (take_next(m, &pair)) {
        if (id == 0 || row_compare(&pair.row, &rows[row - 1]) != 0) {
            if (s->first != NULL)
                first[row] = id;
            rows[row++] = pair.row;
        }
        ids[id++] = pair.id;
    }
    if (s->first != NULL)
        first[row] = id;
    assert(row == s->layout.row_count);
    assert(id == s->layout.id_count);
}

/* What a column says of a row, on its way there: the row's number, the symbol, and the key's higher
 * byte, by which it still is to be laid. */
#define ENTRY_SYM_AT  24
#define ENTRY_HIGH_AT 40

/* Where each of 256 begins, from how many of each there are. */
static void begins(uint32_t *count)
{
    uint32_t sum = 0;

    for (size_t v = 0; v < 256; v++) {
        uint32_t size = count[v];
        count[v] = sum;
        sum += size;
    }
}

/* A counting sort by the column's chunk, first its lower byte and then its higher one: rows are
 * laid to 256 places at a time, which the nearest memory holds, and not to 65,536. */
static void fill_column(const struct index_row *rows, uint32_t row_count, unsigned column,
                        uint64_t *entries, struct index_segment *s)
{
    uint32_t *dir = (uint32_t *)(s->base + s->layout.offset[SECTION_DIR]);
    uint16_t *sym = (uint16_t *)(s->base + s->layout.offset[SECTION_SYM]);
    uint8_t *number = s->base + s->layout.offset[SECTION_NUMBER];
    uint32_t low[256] = {0}, high[256] = {0};

    dir += (size_t)column * DIR_SIZE;
    sym += (size_t)column * row_count;
    number += (size_t)column * ROW_NUMBER_BYTES * row_count;
    memset(dir, 0, DIR_SIZE * sizeof *dir);
    for (uint32_t i = 0; i < row_count; i++) {
        uint16_t key = row_chunk(&rows[i], column);
        dir[key + 1]++;
        low[key & 255]++;
        high[key >> 8]++;
    }
    for (uint32_t v = 0; v + 1 < DIR_SIZE; v++)
        dir[v + 1] += dir[v];
    begins(low);
    begins(high);
    for (uint32_t i = 0; i < row_count; i++) {
        uint16_t key = row_chunk(&rows[i], column);
        const uint64_t next = row_chunk(&rows[i], (column + 1) % CHUNKS);
        entries[low[key & 255]++] =
            i | next << ENTRY_SYM_AT | (uint64_t)(key >> 8) << ENTRY_HIGH_AT;
    }
    for (uint32_t i = 0; i < row_count; i++) {
        const uint64_t e = entries[i];
        const uint32_t at = high[e >> ENTRY_HIGH_AT]++;
        sym[at] = (uint16_t)(e >> ENTRY_SYM_AT);
        number[ROW_NUMBER_BYTES * (size_t)at] = (uint8_t)e;
        number[ROW_NUMBER_BYTES * (size_t)at + 1] = (uint8_t)(e >> 8);
        number[ROW_NUMBER_BYTES * (size_t)at + 2] = (uint8_t)(e >> 16);
    }
}

static enum assay_err fill_columns(struct index_segment *s)
{
    uint64_t *entries = segment_memory((size_t)s->layout.row_count * sizeof *entries);

    if (entries == NULL)
        return ASSAY_ENOMEM;
    for (unsigned c = 0; c < CHUNKS; c++)
        fill_column(s->rows, s->layout.row_count, c, entries, s);
    free(entries);
    return ASSAY_OK;
}

void *segment_memory(size_t size)
{
    const size_t alignment = size < HUGE_BYTES ? SEGMENT_ALIGNMENT : HUGE_BYTES;
    void *memory = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);

    if (memory != NULL && size >= HUGE_BYTES)
        (void)madvise(memory, size, MADV_HUGEPAGE); /* refused: as good as before */
    return memory;
}

/* What no section has, and what is deleted: nothing. */
static void zero_rest(struct index_segment *s)
{
    const struct segment_layout *l = &s->layout;

    for (unsigned i = 0; i < SECTIONS; i++) {
        size_t end = l->offset[i] + l->size[i];
        size_t next = i + 1 < SECTIONS ? l->offset[i + 1] : l->total;
        memset(s->base + end, 0, next - end);
    }
    memset(s->base + l->offset[SECTION_DEAD], 0, l->size[SECTION_DEAD]);
}

enum assay_err segment_allocate(const struct segment_layout *layout, struct index_segment **out)
{
    unsigned char *base = segment_memory(layout->total);

    if (base == NULL)
        return ASSAY_ENOMEM;
    enum assay_err rc = segment_over(layout, base, out);
    if (rc != ASSAY_OK) {
        free(base);
        return rc;
    }
    (*out)->mapped = false;
    zero_rest(*out);
    return ASSAY_OK;
}

enum assay_err segment_room(enum assay_index_form form, uint32_t count, struct segment_room *out)
{
    const struct segment_layout l = segment_layout(form, count, count);
    const size_t pairs_size = count * sizeof(struct index_pair);
    size_t pairs_at = l.offset[SECTION_DIR]; /* before it lies what is filled while they are read */
    size_t total = l.total;

    if (l.size[SECTION_FIRST] == 0) /* where pairs share a row there is this too */
        total += count * sizeof(uint32_t) + SEGMENT_ALIGNMENT;
    if (total > pairs_at + pairs_size)
        pairs_at = (total - pairs_size) / SEGMENT_ALIGNMENT * SEGMENT_ALIGNMENT;
    out->size = pairs_at + pairs_size;
    if (out->size < total)
        out->size = total;
    out->base = segment_memory(out->size);
    if (out->base == NULL)
        return ASSAY_ENOMEM;
    out->pairs = (struct index_pair *)(out->base + pairs_at);
    return ASSAY_OK;
}

/* Of fewer rows than pairs a section may be there, or larger, that the room has no place for. */
static bool fits(const struct segment_layout *layout, const struct segment_room *room)
{
    const size_t pairs_at = (size_t)((unsigned char *)room->pairs - room->base);

    return layout->total <= room->size && layout->offset[SECTION_DIR] <= pairs_at;
}

/* A segment in the room, which has memory to give back where pairs came twice. */
static enum assay_err take_room(const struct segment_layout *layout, struct segment_room *room,
                                struct index_segment **out)
{
    enum assay_err rc = segment_over(layout, room->base, out);

    if (rc != ASSAY_OK)
        return rc;
    (*out)->mapped = false;
    room->base = NULL;
    return ASSAY_OK;
}

/* Gives the whole pages behind the segment back. */
static void trim(const struct index_segment *s, size_t size)
{
    const size_t used = (s->layout.total + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    if (size >= HUGE_BYTES && size > used) /* its begin is aligned then */
        (void)madvise(s->base + used, (size - used) / PAGE_BYTES * PAGE_BYTES, MADV_DONTNEED);
}

static enum assay_err fill(struct merging *m, struct index_segment *s)
{
    if (s->rows != NULL) {
        fill_rows(m, s, (struct index_row *)(s->base + s->layout.offset[SECTION_ROWS]));
        return s->dir == NULL ? ASSAY_OK : fill_columns(s);
    }
    struct index_row *rows = segment_memory(s->layout.row_count * sizeof *rows);
    if (rows == NULL)
        return ASSAY_ENOMEM;
    fill_rows(m, s, rows);
    enum assay_err rc = compact_fill(s, rows);
    free(rows);
    return rc;
}

enum assay_err segment_build(enum assay_index_form form, struct pair_source *sources, size_t count,
                             struct segment_room *room, struct index_segment **out)
{
    struct merging m = {.sources = sources, .count = count};
    struct index_segment *s = NULL;
    enum assay_err rc = ASSAY_ENOMEM;
    uint32_t row_count, id_count;

    m.heads = calloc(count, sizeof *m.heads);
    m.left = calloc(count, sizeof *m.left);
    if (m.heads == NULL || m.left == NULL)
        goto out;
    count_all(&m, &row_count, &id_count);
    if (row_count > 0) {
        struct segment_layout layout = segment_layout(form, row_count, id_count);
        const bool own = room == NULL || !fits(&layout, room);
        rc = own ? segment_allocate(&layout, &s) : take_room(&layout, room, &s);
        if (rc != 0 || (rc = fill(&m, s)) != 0)
            goto out;
        if (!own) {
            zero_rest(s); /* where pairs lay */
            trim(s, room->size);
        }
    }
    *out = s;
    s = NULL;
    rc = ASSAY_OK;
out:
    segment_free(s);
    free(m.heads);
    free(m.left);
    return rc;
}

/* The number of the row, or COMPACT_NONE. */
static uint32_t find_row(const struct index_segment *s, const struct index_row *row)
{
    uint32_t low = 0, high = s->layout.row_count;

    if (s->rows == NULL)
        return compact_find(s, row);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (row_compare(&s->rows[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->layout.row_count || row_compare(&s->rows[low], row) != 0)
        return COMPACT_NONE;
    return low;
}

unsigned segment_delete(struct index_segment *s, const struct index_pair *pair)
{
    const uint32_t row = find_row(s, &pair->row);
    uint32_t begin, end;

    if (row == COMPACT_NONE)
        return 0;
    segment_ids(s, row, &begin, &end);
    const uint32_t until = end;
    while (begin < end) { /* they ascend */
        const uint32_t middle = begin + (end - begin) / 2;
        if (s->ids[middle] < pair->id)
            begin = middle + 1;
        else
            end = middle;
    }
    if (begin == until || s->ids[begin] != pair->id || segment_is_dead(s, begin))
        return 0;
    atomic_fetch_or_explicit(&s->dead[begin / 64], (uint64_t)1 << (begin % 64),
                             memory_order_relaxed);
    s->dead_count++;
    return 1;
}
