/* Many queries at once: column by column and in the order of keys, so that memory is read in order
 * and ahead. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_impl.h"

#define BATCH_QUERIES 4096 /* together: more gain little and keep writers waiting */
#define BATCH_MIN     64   /* fewer are searched one by one, which reads less around them */
#define BATCH_PROBES  (BATCH_QUERIES * 17) /* of one column; 17 a query at a budget of 2 */
#define AHEAD         12                   /* probes whose symbols are on their way */
#define LINES_MAX     8                    /* of them that are asked for */

/* A probe's key (bits 32 to 47), its query (8 to 31) and the bits its symbols may differ in. */
#define KEY_AT   32
#define QUERY_AT 8

struct batch_candidate {
    uint32_t at, query, row;
};

struct batch {
    struct index_row queries[BATCH_QUERIES];
    uint64_t probes[BATCH_PROBES], sorted[BATCH_PROBES];
    struct batch_candidate found[FOUND];
    size_t found_count;
    uint32_t *owners; /* the query of each of the reader's hits */
    size_t owner_count, owner_capacity;
    struct assay_index_hit *out; /* all answers, query by query */
    size_t out_count, out_capacity;
    size_t start[BATCH_QUERIES + 1];
};

void batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    free(b->owners);
    free(b->out);
    free(b);
}

/* What was added to the reader's hits since the last call is the query's. */
static enum assay_err own(struct assay_index_reader *r, uint32_t query)
{
    struct batch *b = r->batch;

    if (r->count > b->owner_capacity) {
        uint32_t *owners = realloc(b->owners, r->capacity * sizeof *owners);
        if (owners == NULL)
            return ASSAY_ENOMEM;
        b->owners = owners;
        b->owner_capacity = r->capacity;
    }
    while (b->owner_count < r->count)
        b->owners[b->owner_count++] = query;
    return ASSAY_OK;
}

static enum assay_err one_by_one(struct assay_index_reader *r, const struct index_segment *s,
                                 size_t count, unsigned radius)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t q = 0; q < count && rc == ASSAY_OK; q++) {
        rc = segment_search(r, s, &r->batch->queries[q], radius, PLAN_BEST);
        if (rc == ASSAY_OK)
            rc = own(r, (uint32_t)q);
    }
    return rc;
}

/* By the key's two bytes, the lower first. */
static void sort_probes(struct batch *b, size_t count)
{
    for (unsigned shift = KEY_AT; shift < KEY_AT + 16; shift += 8) {
        const uint64_t *from = shift == KEY_AT ? b->probes : b->sorted;
        uint64_t *to = shift == KEY_AT ? b->sorted : b->probes;
        size_t start[256] = {0}, sum = 0;
        for (size_t i = 0; i < count; i++)
            start[from[i] >> shift & 255]++;
        for (unsigned v = 0; v < 256; v++) {
            size_t size = start[v];
            start[v] = sum;
            sum += size;
        }
        for (size_t i = 0; i < count; i++)
            to[start[from[i] >> shift & 255]++] = from[i];
    }
}

/* The sorted probes of all queries in one column. */
static size_t make_probes(struct assay_index_reader *r, unsigned column, size_t query_count)
{
    const struct lookup *l = &r->lookup;
    const struct assay_index *ix = r->ix;
    struct batch *b = r->batch;
    unsigned own_budget = l->budget[column];
    size_t count = 0;

    if (own_budget == 0)
        return 0;
    for (size_t q = 0; q < query_count; q++) {
        uint16_t chunk = row_chunk(&b->queries[q], column);
        for (uint32_t m = 0; m < ix->masks_until[own_budget - 1]; m++) {
            uint16_t mask = ix->masks[m];
            unsigned limit = own_budget + l->budget[column + 1] - 1 - bits_set(mask);
            b->probes[count++] = (uint64_t)(chunk ^ mask) << KEY_AT | q << QUERY_AT | limit;
        }
    }
    sort_probes(b, count);
    return count;
}

static enum assay_err judge_many(struct assay_index_reader *r, unsigned column)
{
    struct lookup *l = &r->lookup;
    const struct index_segment *s = l->s;
    const uint8_t *number = s->number + (size_t)column * ROW_NUMBER_BYTES * s->layout.row_count;
    struct batch *b = r->batch;
    enum assay_err rc;

    for (size_t i = 0; i < b->found_count; i++) {
        struct batch_candidate *c = &b->found[i];
        c->row = segment_number(number + (size_t)c->at * ROW_NUMBER_BYTES);
        if (c->row >= s->layout.row_count)
            c->row = 0; /* a damaged file */
        __builtin_prefetch(&s->rows[c->row]);
    }
    for (size_t i = 0; i < b->found_count; i++) {
        const struct batch_candidate *c = &b->found[i];
        const struct index_row *row = &s->rows[c->row];
        unsigned distance = r->ix->kernels->distance(row, &b->queries[c->query]);
        if (distance > l->radius)
            continue;
        l->query = &b->queries[c->query];
        if (lookup_first_column(l, row) != column)
            continue;
        if ((rc = hits_add_row(r, s, c->row, distance)) != 0 || (rc = own(r, c->query)) != 0)
            return rc;
    }
    l->candidates += (int64_t)b->found_count;
    b->found_count = 0;
    return ASSAY_OK;
}

/* Where a probe's bucket lies; empty when a damaged file says what cannot be. */
static struct probe bucket(const struct index_segment *s, unsigned column, uint64_t packed)
{
    struct probe p = {.key = (uint16_t)(packed >> KEY_AT), .limit = (uint8_t)packed};
    const uint32_t *dir = s->dir + (size_t)column * DIR_SIZE + p.key;

    p.begin = dir[0];
    p.end = dir[1];
    if (p.end > s->layout.row_count || p.begin > p.end)
        p.begin = p.end = 0;
    return p;
}

static enum assay_err filter_many(struct assay_index_reader *r, unsigned column,
                                  const struct probe *p, uint32_t query)
{
    const struct index_segment *s = r->lookup.s;
    const size_t base = (size_t)column * s->layout.row_count;
    struct batch *b = r->batch;
    const uint16_t next = row_chunk(&b->queries[query], (column + 1) % CHUNKS);
    enum assay_err rc;

    for (uint32_t from = p->begin; from < p->end; from += FOUND) {
        size_t count = p->end - from < FOUND ? p->end - from : FOUND;
        size_t found = r->ix->kernels->symbols(s->sym + base + from, count, next, p->limit, r->at);
        if (b->found_count + found > FOUND && (rc = judge_many(r, column)) != 0)
            return rc;
        for (size_t i = 0; i < found; i++) {
            struct batch_candidate *c = &b->found[b->found_count++];
            c->at = from + r->at[i];
            c->query = query;
            __builtin_prefetch(s->number + ROW_NUMBER_BYTES * (base + c->at));
        }
    }
    return ASSAY_OK;
}

/* Returns the number of entries in the column's buckets. */
static enum assay_err one_column(struct assay_index_reader *r, unsigned column, size_t count,
                                 double *entries)
{
    const struct index_segment *s = r->lookup.s;
    const uint16_t *sym = s->sym + (size_t)column * s->layout.row_count;
    struct batch *b = r->batch;
    struct probe ahead[AHEAD] = {{0}};
    enum assay_err rc;

    for (size_t i = 0; i < count + AHEAD; i++) {
        struct probe p = ahead[i % AHEAD];
        if (i < count) {
            struct probe *next = &ahead[i % AHEAD];
            *next = bucket(s, column, b->probes[i]);
            segment_prefetch(sym + next->begin, (size_t)(next->end - next->begin) * sizeof *sym,
                             LINES_MAX);
            *entries += next->end - next->begin;
        }
        if (i < AHEAD)
            continue;
        uint32_t query = (uint32_t)(b->probes[i - AHEAD] >> QUERY_AT) & 0xffffff;
        if ((rc = filter_many(r, column, &p, query)) != 0)
            return rc;
    }
    return judge_many(r, column);
}

/* As a single search does, turns to the plain way when buckets are far fuller than random ones. */
static enum assay_err search_segment(struct assay_index_reader *r, const struct index_segment *s,
                                     size_t count, unsigned radius)
{
    struct lookup *l = &r->lookup;
    const size_t hits = r->count;
    double entries = 0;
    enum assay_err rc;

    if (count < BATCH_MIN || s->rows == NULL || !lookup_by_columns(r, s, radius))
        return one_by_one(r, s, count, radius);
    const double limit_ns = lookup_scan_ns(r, s) * (double)count;
    for (unsigned column = 0; column < CHUNKS; column++) {
        size_t probes = make_probes(r, column, count);
        if ((rc = one_column(r, column, probes, &entries)) != 0)
            return rc;
        if (lookup_cost_ns(0, entries, (double)l->candidates) > limit_ns) {
            r->count = r->batch->owner_count = hits;
            return one_by_one(r, s, count, radius);
        }
    }
    return ASSAY_OK;
}

static enum assay_err search_slice(struct assay_index_reader *r, size_t count, unsigned radius)
{
    enum assay_err rc = ASSAY_OK;

    (void)atomic_fetch_add(&r->turn, 1);
    const struct index_set *set = atomic_load(&r->ix->set);
    r->count = r->batch->owner_count = 0;
    for (size_t i = 0; i < set->segment_count && rc == ASSAY_OK; i++)
        rc = search_segment(r, set->segments[i], count, radius);
    for (size_t i = 0; i < set->tail_count && rc == ASSAY_OK; i++) {
        for (size_t q = 0; q < count && rc == ASSAY_OK; q++) {
            rc = index_tail_search(r, set->tails[i], &r->batch->queries[q], radius);
            if (rc == ASSAY_OK)
                rc = own(r, (uint32_t)q);
        }
    }
    (void)atomic_fetch_add(&r->turn, 1);
    return rc;
}

/* The slice's hits, in the order in which columns found them, put behind the answers by query. */
static enum assay_err put_out(struct assay_index_reader *r, size_t count, size_t *begin)
{
    struct batch *b = r->batch;

    if (b->out_count + r->count > b->out_capacity) {
        size_t capacity = 2 * (b->out_count + r->count);
        struct assay_index_hit *out = realloc(b->out, capacity * sizeof *out);
        if (out == NULL)
            return ASSAY_ENOMEM;
        b->out = out;
        b->out_capacity = capacity;
    }
    memset(b->start, 0, sizeof b->start);
    for (size_t i = 0; i < r->count; i++)
        b->start[b->owners[i] + 1]++;
    for (size_t q = 0; q < count; q++)
        b->start[q + 1] += b->start[q];
    struct assay_index_hit *to = b->out + b->out_count;
    for (size_t i = 0; i < r->count; i++)
        to[b->start[b->owners[i]]++] = r->hits[i];
    size_t from = 0; /* start[q] is now where the hits of query q end */
    for (size_t q = 0; q < count; from = b->start[q++]) {
        size_t kept = hits_sort(to + from, r->spare, b->start[q] - from);
        begin[q] = b->out_count;
        memmove(b->out + b->out_count, to + from, kept * sizeof *to);
        b->out_count += kept;
    }
    return ASSAY_OK;
}

enum assay_err assay_index_search_many(struct assay_index_reader *r, const uint8_t *hashes,
                                       size_t query_count, unsigned radius,
                                       const struct assay_index_hit **hits, size_t *begin)
{
    static const struct assay_index_hit none;
    enum assay_err rc = ASSAY_OK;

    assert(r != NULL);
    assert(query_count == 0 || hashes != NULL);
    assert(hits != NULL);
    assert(begin != NULL);
    if (radius > ASSAY_INDEX_RADIUS_MAX)
        return ASSAY_ERANGE;
    if (r->batch == NULL && (r->batch = calloc(1, sizeof *r->batch)) == NULL)
        return ASSAY_ENOMEM;
    struct batch *b = r->batch;
    lookup_set_budgets(&r->lookup, radius);
    const unsigned most = r->lookup.budget[0]; /* the first chunk has the largest */
    const size_t fit = BATCH_PROBES / r->ix->masks_until[most - 1];
    const size_t slice_max = fit < BATCH_QUERIES ? fit : BATCH_QUERIES;
    b->out_count = 0;
    for (size_t from = 0; from < query_count; from += slice_max) {
        size_t left = query_count - from, count = left < slice_max ? left : slice_max;
        for (size_t q = 0; q < count; q++)
            b->queries[q] =
                permute(&r->ix->permutation, hashes + (from + q) * ASSAY_INDEX_HASH_BYTES);
        if ((rc = search_slice(r, count, radius)) != 0 ||
            (rc = put_out(r, count, begin + from)) != 0)
            return rc;
    }
    begin[query_count] = b->out_count;
    *hits = b->out_count > 0 ? b->out : &none;
    return ASSAY_OK;
}
