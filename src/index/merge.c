/* Sorted parts from tails, from other parts and from many pairs at once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_impl.h"

#define TIER        12 /* parts of less than so many times what is being merged come with it */
#define SLICE_PAIRS SEGMENT_ROWS_MAX
#define TAILS_MAX   256 /* so many at once, which are far from the rows that a part can have */
#define TOP_BITS    16
#define TOP_VALUES  ((size_t)1 << TOP_BITS)

/* What a merge takes in and what comes of it. */
struct merge {
    struct index_segment **segments; /* of the set, ascending by ids; the first taken ones go */
    size_t segment_count, taken, tail_count;
    uint64_t **dead;            /* of each taken segment, as its deletes were at the begin */
    struct index_row **rows;    /* of each taken segment that is compact, read back */
    enum assay_index_form form; /* of what is made */
    struct index_pair *tail_pairs;
    size_t tail_pair_count;
    struct index_segment *made; /* NULL: nothing was left */
};

/* The living pairs of the set's first tails, sorted, in memory of their own. ENOMEM. */
static enum assay_err tail_pairs(const struct index_set *set, size_t tail_count,
                                 struct index_pair **pairs, size_t *count)
{
    size_t held = 0, kept = 0;

    for (size_t i = 0; i < tail_count; i++)
        held += atomic_load(&set->tails[i]->count);
    *pairs = NULL;
    *count = 0;
    if (held == 0)
        return ASSAY_OK;
    struct index_pair *all = malloc(held * sizeof *all);
    if (all == NULL)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < tail_count; i++) {
        const struct index_tail *t = set->tails[i];
        uint32_t size = atomic_load(&t->count);
        for (uint32_t at = 0; at < size; at++) {
            if (atomic_load(&t->dead[at / 64]) >> (at % 64) & 1)
                continue;
            all[kept].row = index_tail_row(t, at);
            all[kept++].id = t->ids[at];
        }
    }
    pairs_sort(all, kept);
    *pairs = all;
    *count = kept;
    return ASSAY_OK;
}

static int by_size(const void *left, const void *right)
{
    const struct index_segment *const *a = left, *const *b = right;
    uint32_t m = (*a)->layout.id_count, n = (*b)->layout.id_count;

    return m < n ? -1 : m > n;
}

/*
 * Full tails and, from the smallest, each part that is not TIER times what came before it: so parts
 * are few, each many times the next, and a pair is moved only when its part grows by a twelfth
 * or more. A part of which more than half is deleted is taken when it is the smallest.
 */
static void choose(const struct index_set *set, struct merge *m)
{
    size_t sum, rows;

    size_t tails = set->tail_count < TAILS_MAX ? set->tail_count : TAILS_MAX;
    for (m->tail_count = 0; m->tail_count < tails; m->tail_count++) {
        if (atomic_load(&set->tails[m->tail_count]->count) < TAIL_PAIRS)
            break;
    }
    sum = rows = m->tail_count * TAIL_PAIRS;
    for (m->taken = 0; m->taken < m->segment_count; m->taken++) {
        const struct index_segment *s = m->segments[m->taken];
        if ((sum > 0 && s->layout.id_count / TIER >= sum) ||
            rows + s->layout.row_count > SEGMENT_ROWS_MAX ||
            sum + s->layout.id_count > SEGMENT_IDS_MAX)
            break;
        sum += s->layout.id_count;
        rows += s->layout.row_count;
    }
    if (m->tail_count > 0 || m->taken != 1)
        return;
    const struct index_segment *s = m->segments[0];
    if (s->dead_count <= s->layout.id_count / 2)
        m->taken = 0; /* alone: no gain */
}

/* Under writing: what to merge, and the deletes of it as they are now. */
static enum assay_err begin(struct assay_index *ix, struct merge *m)
{
    const struct index_set *set = atomic_load(&ix->set);

    m->segment_count = set->segment_count;
    m->segments = calloc(set->segment_count + 1, sizeof *m->segments);
    m->dead = calloc(set->segment_count + 1, sizeof *m->dead);
    if (m->segments == NULL || m->dead == NULL)
        return ASSAY_ENOMEM;
    if (set->segment_count > 0)
        memcpy(m->segments, set->segments, set->segment_count * sizeof *m->segments);
    qsort(m->segments, m->segment_count, sizeof *m->segments, by_size);
    choose(set, m);
    for (size_t i = 0; i < m->taken; i++) {
        const struct index_segment *s = m->segments[i];
        size_t words = s->layout.size[SECTION_DEAD] / sizeof(uint64_t);
        m->dead[i] = malloc(words * sizeof(uint64_t));
        if (m->dead[i] == NULL)
            return ASSAY_ENOMEM;
        for (size_t w = 0; w < words; w++)
            m->dead[i][w] = atomic_load_explicit(&s->dead[w], memory_order_relaxed);
    }
    enum assay_err rc = tail_pairs(set, m->tail_count, &m->tail_pairs, &m->tail_pair_count);
    if (rc == ASSAY_OK)
        ix->log.open = true;
    return rc;
}

/* The rows of a taken segment. */
static enum assay_err rows_of(struct merge *m, size_t i, const struct index_row **rows)
{
    const struct index_segment *s = m->segments[i];

    *rows = s->rows;
    if (s->rows != NULL)
        return ASSAY_OK;
    m->rows[i] = malloc(s->layout.row_count * sizeof **m->rows);
    if (m->rows[i] == NULL)
        return ASSAY_ENOMEM;
    *rows = m->rows[i];
    return compact_rows(s, m->rows[i]);
}

static enum assay_err build(struct merge *m)
{
    enum assay_err rc = ASSAY_OK;
    struct pair_source *sources = calloc(m->taken + 1, sizeof *sources);

    m->rows = calloc(m->taken + 1, sizeof *m->rows);
    if (sources == NULL || m->rows == NULL)
        rc = ASSAY_ENOMEM;
    for (size_t i = 0; i < m->taken && rc == ASSAY_OK; i++) {
        sources[i].segment = m->segments[i];
        sources[i].dead = m->dead[i];
        rc = rows_of(m, i, &sources[i].rows);
    }
    size_t count = m->taken;
    if (rc == ASSAY_OK && m->tail_pair_count > 0) {
        sources[count].pairs = m->tail_pairs;
        sources[count++].count = m->tail_pair_count;
    }
    if (rc == ASSAY_OK)
        rc = segment_build(m->form, sources, count, NULL, &m->made);
    for (size_t i = 0; i < m->taken && m->rows != NULL; i++)
        free(m->rows[i]);
    free(m->rows);
    free(sources);
    return rc;
}

static bool is_taken(const struct merge *m, const struct index_segment *s)
{
    for (size_t i = 0; i < m->taken; i++) {
        if (m->segments[i] == s)
            return true;
    }
    return false;
}

/* Under writing: the new segment in the place of what it was made of. Deletes since begin were
 * marked there and are marked here once more. */
static enum assay_err put_in_place(struct assay_index *ix, const struct merge *m)
{
    struct index_set *old = atomic_load(&ix->set);
    size_t tails = old->tail_count - m->tail_count, kept = 0;

    struct index_set *set = index_set_new(old->segment_count - m->taken + (m->made != NULL), tails);
    if (set == NULL)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < old->segment_count; i++) {
        if (!is_taken(m, old->segments[i]))
            set->segments[kept++] = old->segments[i];
    }
    if (m->made != NULL)
        set->segments[kept] = m->made;
    for (size_t i = 0; i < tails; i++)
        set->tails[i] = old->tails[m->tail_count + i];
    for (size_t i = 0; i < ix->log.count && m->made != NULL; i++)
        (void)segment_delete(m->made, &ix->log.pairs[i]);
    (void)index_publish(ix, set);
    for (size_t i = 0; i < m->taken; i++)
        segment_free(m->segments[i]);
    for (size_t i = 0; i < m->tail_count; i++)
        free(old->tails[i]);
    free(old);
    return ASSAY_OK;
}

static void clear(struct merge *m)
{
    for (size_t i = 0; i < m->taken && m->dead != NULL; i++)
        free(m->dead[i]);
    free(m->dead);
    free(m->segments);
    free(m->tail_pairs);
}

enum assay_err assay_index_merge(struct assay_index *ix)
{
    struct merge m = {0};

    assert(ix != NULL);
    m.form = ix->form;
    (void)pthread_mutex_lock(&ix->merging);
    (void)pthread_mutex_lock(&ix->writing);
    enum assay_err rc = begin(ix, &m);
    (void)pthread_mutex_unlock(&ix->writing);
    if (rc != ASSAY_OK || m.taken + m.tail_count == 0)
        goto out;
    rc = build(&m);
out:
    (void)pthread_mutex_lock(&ix->writing);
    if (rc == ASSAY_OK && m.taken + m.tail_count > 0 && (rc = put_in_place(ix, &m)) != 0)
        segment_free(m.made);
    ix->log.open = false;
    ix->log.count = 0;
    (void)pthread_mutex_unlock(&ix->writing);
    (void)pthread_mutex_unlock(&ix->merging);
    clear(&m);
    return rc;
}

static enum assay_err freeze_some(struct assay_index *ix)
{
    const struct index_set *set = atomic_load(&ix->set);
    struct merge m = {.tail_count = set->tail_count < TAILS_MAX ? set->tail_count : TAILS_MAX,
                      .form = ix->form};

    enum assay_err rc = tail_pairs(set, m.tail_count, &m.tail_pairs, &m.tail_pair_count);
    if (rc == ASSAY_OK)
        rc = build(&m);
    if (rc == ASSAY_OK && (rc = put_in_place(ix, &m)) != 0)
        segment_free(m.made);
    free(m.tail_pairs);
    return rc;
}

enum assay_err index_freeze_tails(struct assay_index *ix)
{
    enum assay_err rc = ASSAY_OK;

    while (rc == ASSAY_OK && atomic_load(&ix->set)->tail_count > 0)
        rc = freeze_some(ix);
    return rc;
}

/* Pairs in order: laid out by the rows' highest bits, then each run sorted. */
static void lay_out(const struct assay_index *ix, const uint8_t *hashes, const uint32_t *ids,
                    size_t count, size_t *start, struct index_pair *pairs)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        struct index_row row = permute(&ix->permutation, hashes + i * ASSAY_INDEX_HASH_BYTES);
        start[row.w[0] >> (64 - TOP_BITS)]++;
    }
    for (size_t v = 0; v < TOP_VALUES; v++) {
        size_t size = start[v];
        start[v] = sum;
        sum += size;
    }
    for (size_t i = 0; i < count; i++) {
        struct index_row row = permute(&ix->permutation, hashes + i * ASSAY_INDEX_HASH_BYTES);
        struct index_pair *to = &pairs[start[row.w[0] >> (64 - TOP_BITS)]++];
        to->row = row;
        to->id = ids[i];
    }
    for (size_t v = 0, from = 0; v < TOP_VALUES; from = start[v++])
        pairs_sort(pairs + from, start[v] - from);
}

static enum assay_err slice_segment(const struct assay_index *ix, const uint8_t *hashes,
                                    const uint32_t *ids, size_t count, struct index_segment **out)
{
    size_t *start = calloc(TOP_VALUES, sizeof *start);
    struct segment_room room = {0};
    enum assay_err rc = ASSAY_ENOMEM;

    if (start != NULL && (rc = segment_room(ix->form, (uint32_t)count, &room)) == 0) {
        lay_out(ix, hashes, ids, count, start, room.pairs);
        struct pair_source source = {.pairs = room.pairs, .count = count};
        rc = segment_build(ix->form, &source, 1, &room, out);
    }
    free(start);
    free(room.base);
    return rc;
}

/* Under writing: the set with these segments more. */
static enum assay_err put_more(struct assay_index *ix, struct index_segment **more, size_t count)
{
    const struct index_set *old = atomic_load(&ix->set);
    struct index_set *set = index_set_new(old->segment_count + count, old->tail_count);

    if (set == NULL)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < old->segment_count; i++)
        set->segments[i] = old->segments[i];
    for (size_t i = 0; i < count; i++)
        set->segments[old->segment_count + i] = more[i];
    for (size_t i = 0; i < old->tail_count; i++)
        set->tails[i] = old->tails[i];
    free(index_publish(ix, set));
    return ASSAY_OK;
}

static enum assay_err add_slices(struct assay_index *ix, const uint8_t *hashes, const uint32_t *ids,
                                 size_t count)
{
    size_t slices = (count + SLICE_PAIRS - 1) / SLICE_PAIRS;
    enum assay_err rc = ASSAY_OK;

    struct index_segment **made = calloc(slices, sizeof(struct index_segment *));
    if (made == NULL)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < slices && rc == ASSAY_OK; i++) {
        size_t from = i * SLICE_PAIRS, left = count - from;
        rc = slice_segment(ix, hashes + from * ASSAY_INDEX_HASH_BYTES, ids + from,
                           left < SLICE_PAIRS ? left : SLICE_PAIRS, &made[i]);
    }
    if (rc == ASSAY_OK) {
        (void)pthread_mutex_lock(&ix->writing);
        rc = put_more(ix, made, slices);
        (void)pthread_mutex_unlock(&ix->writing);
    }
    for (size_t i = 0; i < slices && rc != ASSAY_OK; i++)
        segment_free(made[i]);
    free(made);
    return rc;
}

enum assay_err assay_index_add_many(struct assay_index *ix, const uint8_t *hashes,
                                    const uint32_t *ids, size_t count)
{
    assert(ix != NULL);
    assert(count == 0 || (hashes != NULL && ids != NULL));
    if (count == 0)
        return ASSAY_OK;
    if (count <= TAIL_PAIRS)
        return index_add_few(ix, hashes, ids, count);
    return add_slices(ix, hashes, ids, count);
}
