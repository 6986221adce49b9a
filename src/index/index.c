/* The index as its users see it: readers, adds, deletes, and sets that are put in place. */
#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "index/index_impl.h"

static void fill_masks(struct assay_index *ix)
{
    uint32_t count = 0;

    for (unsigned errors = 0; errors <= ERRORS_MAX; errors++) {
        for (uint32_t mask = 0; mask <= UINT16_MAX; mask++) {
            if (bits_set(mask) == errors)
                ix->masks[count++] = (uint16_t)mask;
        }
        ix->masks_until[errors] = count;
    }
    assert(count == MASKS);
    for (unsigned radius = 0; radius <= ASSAY_INDEX_RADIUS_MAX; radius++)
        lookup_set_effort(ix, radius);
}

enum assay_err assay_index_new(struct assay_index **out)
{
    assert(out != NULL);
    struct assay_index *ix = aligned_alloc(_Alignof(struct assay_index), sizeof *ix);
    if (ix == NULL)
        return ASSAY_ENOMEM;
    memset(ix, 0, sizeof *ix);
    struct index_set *set = index_set_new(0, 0);
    if (set == NULL) {
        free(ix);
        return ASSAY_ENOMEM;
    }
    atomic_init(&ix->set, set);
    (void)pthread_mutex_init(&ix->writing, NULL); /* never fail with glibc */
    (void)pthread_mutex_init(&ix->merging, NULL);
    (void)pthread_mutex_init(&ix->reading, NULL);
    ix->kernels = index_kernels_best();
    permutation_init(&ix->permutation);
    ix->permutation.wide = ix->kernels->permute;
    fill_masks(ix);
    *out = ix;
    return ASSAY_OK;
}

void assay_index_set_form(struct assay_index *ix, enum assay_index_form form)
{
    assert(ix != NULL);
    ix->form = form;
}

void assay_index_free(struct assay_index *ix)
{
    if (ix == NULL)
        return;
    assert(ix->readers == NULL);
    struct index_set *set = atomic_load(&ix->set);
    for (size_t i = 0; i < set->segment_count; i++)
        segment_free(set->segments[i]);
    for (size_t i = 0; i < set->tail_count; i++)
        free(set->tails[i]);
    free(set);
    if (ix->map != NULL)
        (void)munmap(ix->map, ix->map_size);
    (void)pthread_mutex_destroy(&ix->writing);
    (void)pthread_mutex_destroy(&ix->merging);
    (void)pthread_mutex_destroy(&ix->reading);
    free(ix->log.pairs);
    free(ix);
}

enum assay_err assay_index_reader_new(struct assay_index *ix, struct assay_index_reader **out)
{
    assert(ix != NULL);
    assert(out != NULL);
    struct assay_index_reader *r = aligned_alloc(_Alignof(struct assay_index_reader), sizeof *r);
    if (r == NULL)
        return ASSAY_ENOMEM;
    memset(r, 0, sizeof *r);
    r->ix = ix;
    (void)pthread_mutex_lock(&ix->reading);
    r->next = ix->readers;
    ix->readers = r;
    (void)pthread_mutex_unlock(&ix->reading);
    *out = r;
    return ASSAY_OK;
}

void assay_index_reader_free(struct assay_index_reader *r)
{
    if (r == NULL)
        return;
    (void)pthread_mutex_lock(&r->ix->reading);
    struct assay_index_reader **link = &r->ix->readers;
    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    (void)pthread_mutex_unlock(&r->ix->reading);
    free(r->hits);
    free(r->spare);
    batch_free(r->batch);
    free(r);
}

struct index_set *index_set_new(size_t segment_count, size_t tail_count)
{
    struct index_set *set = calloc(1, sizeof *set + (segment_count + tail_count) * sizeof(void *));

    if (set == NULL)
        return NULL;
    set->segment_count = segment_count;
    set->tail_count = tail_count;
    set->segments = (struct index_segment **)(set + 1);
    set->tails = (struct index_tail **)(set->segments + segment_count);
    return set;
}

/* A reader that raises its turn after we have looked takes the new set: all of these are
 * sequentially consistent, so its load of the set comes after our store. */
struct index_set *index_publish(struct assay_index *ix, struct index_set *set)
{
    struct index_set *old = atomic_exchange(&ix->set, set);

    (void)pthread_mutex_lock(&ix->reading);
    for (struct assay_index_reader *r = ix->readers; r != NULL; r = r->next) {
        uint64_t turn = atomic_load(&r->turn);
        while (turn % 2 == 1 && atomic_load(&r->turn) == turn)
            (void)sched_yield();
    }
    (void)pthread_mutex_unlock(&ix->reading);
    return old;
}

static struct index_tail *tail_new(void)
{
    struct index_tail *t = aligned_alloc(_Alignof(struct index_tail), sizeof *t);

    if (t != NULL)
        memset(t, 0, sizeof *t);
    return t;
}

struct index_row index_tail_row(const struct index_tail *t, uint32_t at)
{
    const struct index_block *b = &t->blocks[at / BLOCK_LANES];
    struct index_row row = {{0, 0, 0, 0}};

    for (unsigned k = 0; k < BLOCK_WORDS; k++)
        row.w[k / 2] |= (uint64_t)b->w[k][at % BLOCK_LANES] << (32 * (k % 2));
    return row;
}

static void tail_put(struct index_tail *t, const struct index_row *row, uint32_t id)
{
    uint32_t at = atomic_load_explicit(&t->count, memory_order_relaxed);
    struct index_block *b = &t->blocks[at / BLOCK_LANES];

    for (unsigned k = 0; k < BLOCK_WORDS; k++)
        b->w[k][at % BLOCK_LANES] = row_word32(row, k);
    t->ids[at] = id;
    atomic_store_explicit(&t->count, at + 1, memory_order_release);
}

static bool tail_is_dead(const struct index_tail *t, uint32_t at)
{
    uint64_t word = atomic_load_explicit(&t->dead[at / 64], memory_order_relaxed);
    return word >> (at % 64) & 1;
}

/* Where the rows near the query stand, in whole blocks by the kernel and one by one behind them:
 * the last block may be written to at this moment. */
static size_t tail_near(const struct index_kernels *k, const struct index_tail *t,
                        const struct index_row *query, unsigned radius, uint16_t *at)
{
    uint32_t count = atomic_load_explicit(&t->count, memory_order_acquire);
    size_t found = k->blocks(t->blocks, count / BLOCK_LANES, query, radius, at);

    for (uint32_t i = count / BLOCK_LANES * BLOCK_LANES; i < count; i++) {
        struct index_row row = index_tail_row(t, i);
        if (k->distance(&row, query) <= radius)
            at[found++] = (uint16_t)i;
    }
    return found;
}

enum assay_err index_tail_search(struct assay_index_reader *r, const struct index_tail *t,
                                 const struct index_row *query, unsigned radius)
{
    const struct index_kernels *k = r->ix->kernels;
    size_t found = tail_near(k, t, query, radius, r->at);

    for (size_t i = 0; i < found; i++) {
        struct index_row row = index_tail_row(t, r->at[i]);
        if (tail_is_dead(t, r->at[i]))
            continue;
        enum assay_err rc = hits_add(r, t->ids[r->at[i]], k->distance(&row, query));
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

enum assay_err index_search(struct assay_index_reader *r, const uint8_t *hash, unsigned radius,
                            enum index_plan plan)
{
    struct index_row query = permute(&r->ix->permutation, hash);
    enum assay_err rc = ASSAY_OK;

    r->count = 0;
    (void)atomic_fetch_add(&r->turn, 1);
    const struct index_set *set = atomic_load(&r->ix->set);
    for (size_t i = 0; i < set->segment_count && rc == ASSAY_OK; i++)
        rc = segment_search(r, set->segments[i], &query, radius, plan);
    for (size_t i = 0; i < set->tail_count && rc == ASSAY_OK; i++)
        rc = index_tail_search(r, set->tails[i], &query, radius);
    (void)atomic_fetch_add(&r->turn, 1);
    if (rc == ASSAY_OK)
        r->count = hits_sort(r->hits, r->spare, r->count);
    return rc;
}

enum assay_err assay_index_search(struct assay_index_reader *r, const uint8_t *hash,
                                  unsigned radius, const struct assay_index_hit **hits,
                                  size_t *count)
{
    assert(r != NULL);
    assert(hash != NULL);
    assert(hits != NULL);
    assert(count != NULL);
    if (radius > ASSAY_INDEX_RADIUS_MAX)
        return ASSAY_ERANGE;
    enum assay_err rc = index_search(r, hash, radius, PLAN_BEST);
    if (rc != ASSAY_OK)
        return rc;
    *hits = r->hits;
    *count = r->count;
    return ASSAY_OK;
}

/* Makes room in the tail for so many, at most TAIL_PAIRS. Under writing. */
static enum assay_err ensure_room(struct assay_index *ix, size_t count)
{
    const struct index_set *set = atomic_load(&ix->set);
    size_t tails = set->tail_count;

    if (tails > 0 && atomic_load(&set->tails[tails - 1]->count) + count <= TAIL_PAIRS)
        return ASSAY_OK;
    struct index_tail *t = tail_new();
    struct index_set *grown = index_set_new(set->segment_count, tails + 1);
    if (t == NULL || grown == NULL) {
        free(t);
        free(grown);
        return ASSAY_ENOMEM;
    }
    for (size_t i = 0; i < set->segment_count; i++)
        grown->segments[i] = set->segments[i];
    for (size_t i = 0; i < tails; i++)
        grown->tails[i] = set->tails[i];
    grown->tails[tails] = t;
    free(index_publish(ix, grown));
    return ASSAY_OK;
}

/* The tail with room for the next pair: the last, or the one before it while that is not full. */
static struct index_tail *tail_with_room(const struct index_set *set)
{
    struct index_tail *last = set->tails[set->tail_count - 1];

    if (set->tail_count > 1 && atomic_load(&last->count) == 0) {
        struct index_tail *before = set->tails[set->tail_count - 2];
        if (atomic_load(&before->count) < TAIL_PAIRS)
            return before;
    }
    return last;
}

enum assay_err index_add_few(struct assay_index *ix, const uint8_t *hashes, const uint32_t *ids,
                             size_t count)
{
    (void)pthread_mutex_lock(&ix->writing);
    enum assay_err rc = ensure_room(ix, count);
    for (size_t i = 0; i < count && rc == ASSAY_OK; i++) {
        struct index_row row = permute(&ix->permutation, hashes + i * ASSAY_INDEX_HASH_BYTES);
        tail_put(tail_with_room(atomic_load(&ix->set)), &row, ids[i]);
    }
    (void)pthread_mutex_unlock(&ix->writing);
    return rc;
}

enum assay_err assay_index_add(struct assay_index *ix, const uint8_t *hash, uint32_t id)
{
    assert(ix != NULL);
    assert(hash != NULL);
    return index_add_few(ix, hash, &id, 1);
}

static unsigned tail_delete(struct assay_index *ix, struct index_tail *t,
                            const struct index_pair *pair)
{
    size_t found = tail_near(ix->kernels, t, &pair->row, 0, ix->at);
    unsigned deleted = 0;

    for (size_t i = 0; i < found; i++) {
        uint32_t at = ix->at[i];
        if (t->ids[at] != pair->id || tail_is_dead(t, at))
            continue;
        atomic_fetch_or_explicit(&t->dead[at / 64], (uint64_t)1 << (at % 64), memory_order_relaxed);
        t->dead_count++;
        deleted++;
    }
    return deleted;
}

/* Room for one more in the log, before anything is deleted. */
static enum assay_err log_ready(struct delete_log *log)
{
    if (!log->open || log->count < log->capacity)
        return ASSAY_OK;
    size_t capacity = log->capacity > 0 ? 2 * log->capacity : 64;
    struct index_pair *pairs = realloc(log->pairs, capacity * sizeof *pairs);
    if (pairs == NULL)
        return ASSAY_ENOMEM;
    log->pairs = pairs;
    log->capacity = capacity;
    return ASSAY_OK;
}

enum assay_err assay_index_delete(struct assay_index *ix, const uint8_t *hash, uint32_t id)
{
    unsigned deleted = 0;

    assert(ix != NULL);
    assert(hash != NULL);
    struct index_pair pair = {.row = permute(&ix->permutation, hash), .id = id};
    (void)pthread_mutex_lock(&ix->writing);
    const struct index_set *set = atomic_load(&ix->set);
    enum assay_err rc = log_ready(&ix->log);
    if (rc != ASSAY_OK)
        goto out;
    for (size_t i = 0; i < set->segment_count; i++)
        deleted += segment_delete(set->segments[i], &pair);
    for (size_t i = 0; i < set->tail_count; i++)
        deleted += tail_delete(ix, set->tails[i], &pair);
    if (deleted == 0)
        rc = ASSAY_ENOTFOUND;
    else if (ix->log.open)
        ix->log.pairs[ix->log.count++] = pair;
out:
    (void)pthread_mutex_unlock(&ix->writing);
    return rc;
}

void assay_index_get_info(struct assay_index *ix, struct assay_index_info *out)
{
    assert(ix != NULL);
    assert(out != NULL);
    memset(out, 0, sizeof *out);
    (void)pthread_mutex_lock(&ix->writing);
    const struct index_set *set = atomic_load(&ix->set);
    for (size_t i = 0; i < set->segment_count; i++) {
        const struct index_segment *s = set->segments[i];
        out->pairs += s->layout.id_count;
        out->deleted += s->dead_count;
        out->hashes += s->layout.row_count;
        out->bytes += s->layout.total;
    }
    for (size_t i = 0; i < set->tail_count; i++) {
        out->tail += atomic_load(&set->tails[i]->count);
        out->deleted += set->tails[i]->dead_count;
        out->bytes += sizeof *set->tails[i];
    }
    out->parts = (uint32_t)set->segment_count;
    (void)pthread_mutex_unlock(&ix->writing);
    out->pairs = out->pairs + out->tail - out->deleted;
    out->kernel = ix->kernels->name;
}
