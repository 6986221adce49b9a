/* Judging candidates of a compact segment: they walk around the ring, all of them a step at once,
 * so that their reads of memory overlap. */
#include "index/compact.h"
#include "index/index_impl.h"

#define CHAIN 3 /* chunks that a walk's begin must keep within their budgets */
#define AHEAD 4 /* walkers between one part of a step and the next */

static unsigned chunk_distance(const struct lookup *l, unsigned column, uint16_t chunk)
{
    return bits_set((uint64_t)(chunk ^ row_chunk(l->query, column)));
}

static struct walker begin_walk(const struct lookup *l, const struct candidate *c)
{
    struct walker w = {.at = c->at, .row = COMPACT_NONE, .start = (uint8_t)c->column, .known = 2};
    const unsigned next = (c->column + 1) % CHUNKS;

    w.key = (uint16_t)c->row; /* filter left it there */
    w.sym = compact_sym(l->s, c->column)[c->at];
    w.distance[c->column] = (uint8_t)chunk_distance(l, c->column, w.key);
    w.distance[next] = (uint8_t)chunk_distance(l, next, w.sym);
    w.total = (uint16_t)(w.distance[c->column] + w.distance[next]);
    if (c->column == 0)
        w.row = w.at;
    return w;
}

/* Whether the chunks from the column on keep within their budgets, each sum of them. All of them
 * are known. */
static bool keeps_budgets(const struct lookup *l, const struct walker *w, unsigned column)
{
    unsigned spent = 0, budget = 0;

    for (unsigned i = 0; i < CHAIN; i++) {
        spent += w->distance[(column + i) % CHUNKS];
        budget += l->budget[(column + i) % CHUNKS];
        if (spent >= budget)
            return false;
    }
    return true;
}

/* Each row within the radius has a column from which on its chunks keep their budgets; it is
 * answered by the last of these, and walks from others end as soon as they meet a later one. */
static bool goes_on(const struct lookup *l, const struct walker *w)
{
    const unsigned newest =
        (unsigned)w->start + w->known - CHAIN; /* the last column to be judged by */

    if (w->total > l->radius)
        return false;
    if (newest == w->start)
        return keeps_budgets(l, w, newest);
    return newest >= CHUNKS || !keeps_budgets(l, w, newest);
}

static bool is_last(const struct lookup *l, const struct walker *w)
{
    for (unsigned column = w->start + 1u; column < CHUNKS; column++) {
        if (keeps_budgets(l, w, column))
            return false;
    }
    return true;
}

/* In the next column: takes in the chunk that its symbol tells. False: the walk is over. */
static bool arrive(const struct lookup *l, struct walker *w)
{
    const unsigned column = (w->column + 1u) % CHUNKS, next = (column + 1) % CHUNKS;

    w->column = (uint8_t)column;
    w->key = w->sym;
    w->sym = compact_sym(l->s, column)[w->at];
    if (column == 0)
        w->row = w->at;
    if (w->known == CHUNKS)
        return true;
    w->distance[next] = (uint8_t)chunk_distance(l, next, w->sym);
    w->total = (uint16_t)(w->total + w->distance[next]);
    w->known++;
    return goes_on(l, w);
}

/*
 * One step of all walkers; those that go on are kept. Each is asked for in three parts, and others'
 * parts are done in between, so that what is asked for has come when it is read and no more is on
 * its way than a processor can wait for.
 */
static size_t step_all(struct lookup *l, size_t count)
{
    const struct index_segment *s = l->s;
    size_t kept = 0;

    for (size_t i = 0; i < count + 3 * AHEAD; i++) {
        if (i < count) {
            const struct walker *w = &l->walkers[i];
            __builtin_prefetch(compact_dir(s, (w->column + 1u) % CHUNKS) + w->sym);
            __builtin_prefetch(compact_dir(s, w->column) + w->key / COMPACT_ALIKE * COMPACT_ALIKE);
        }
        if (i >= AHEAD && i - AHEAD < count) {
            struct walker *w = &l->walkers[i - AHEAD];
            w->step = compact_locate(s, w->column, w->at, w->key, w->sym);
        }
        if (i >= 2 * AHEAD && i - 2 * AHEAD < count) {
            struct walker *w = &l->walkers[i - 2 * AHEAD];
            w->at = compact_follow(s, w->column, w->at, w->key, w->sym, &w->step);
            __builtin_prefetch(compact_sym(s, (w->column + 1u) % CHUNKS) + w->at);
        }
        if (i >= 3 * AHEAD && arrive(l, &l->walkers[i - 3 * AHEAD]))
            l->walkers[kept++] = l->walkers[i - 3 * AHEAD];
    }
    return kept;
}

/* Answers the walkers that have seen everything; the others are kept. */
static enum assay_err answer(struct lookup *l, size_t *count)
{
    size_t kept = 0;
    enum assay_err rc;

    for (size_t i = 0; i < *count; i++) {
        const struct walker *w = &l->walkers[i];
        if (w->known < CHUNKS || w->row == COMPACT_NONE)
            l->walkers[kept++] = *w;
        else if (is_last(l, w) && (rc = hits_add_row(l->r, l->s, w->row, w->total)) != 0)
            return rc;
    }
    *count = kept;
    return ASSAY_OK;
}

enum assay_err lookup_walk(struct lookup *l)
{
    size_t count = l->found_count;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < count; i++) {
        l->walkers[i] = begin_walk(l, &l->found[i]);
        l->walkers[i].column = l->walkers[i].start;
    }
    while (count > 0 && rc == ASSAY_OK) {
        l->candidates += (int64_t)count;
        count = step_all(l, count);
        rc = answer(l, &count);
    }
    l->found_count = 0;
    return rc;
}
