/* Searching one segment: by its columns, or by reading all of its rows. */
#include <math.h>
#include <stdlib.h>

#include "index/index_impl.h"

#define AHEAD     16 /* probes whose symbols are on their way */
#define LINES_MAX 8  /* of them that are asked for */

/* What a look-up, an entry behind it and a candidate cost, beside struct index_kernels' row, in ns:
 * as bench_index found them on a million rows. In compact segments a step of a candidate's walk,
 * and a row that is read through, which costs a little even where there is none: each key has its
 * turn in each column. */
#define PROBE_NS     12.0
#define ENTRY_NS     0.45
#define CANDIDATE_NS 25.0
#define STEP_NS      150.0
#define STREAM_NS    36.0
#define STREAM_ALL   1.5e6

/* Of a search's probes: from so large a share on what they took tells what the others will, and
 * it is ended when all would take so many times what reading all rows does. */
#define SHARE_MIN 0.06
#define HOPELESS  1.25

enum assay_err hits_add(struct assay_index_reader *r, uint32_t id, uint32_t distance)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity > 0 ? 2 * r->capacity : 256;
        struct assay_index_hit *hits = realloc(r->hits, capacity * sizeof *hits);
        if (hits == NULL)
            return ASSAY_ENOMEM;
        r->hits = hits;
        struct assay_index_hit *spare = realloc(r->spare, capacity * sizeof *spare);
        if (spare == NULL)
            return ASSAY_ENOMEM;
        r->spare = spare;
        r->capacity = capacity;
    }
    r->hits[r->count].id = id;
    r->hits[r->count++].distance = distance;
    return ASSAY_OK;
}

enum assay_err hits_add_row(struct assay_index_reader *r, const struct index_segment *s,
                            uint32_t row, uint32_t distance)
{
    uint32_t begin, end;

    segment_ids(s, row, &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        if (segment_is_dead(s, i))
            continue;
        enum assay_err rc = hits_add(r, s->ids[i], distance);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err scan(struct assay_index_reader *r, const struct index_segment *s,
                           const struct index_row *query, unsigned radius)
{
    const struct index_kernels *k = r->ix->kernels;
    enum assay_err rc;

    for (uint32_t from = 0; from < s->layout.row_count; from += KERNEL_RUN_MAX) {
        uint32_t left = s->layout.row_count - from;
        size_t count = left < KERNEL_RUN_MAX ? left : KERNEL_RUN_MAX;
        size_t found = k->rows(s->rows + from, count, query, radius, r->at);
        for (size_t i = 0; i < found; i++) {
            uint32_t row = from + r->at[i];
            if ((rc = hits_add_row(r, s, row, k->distance(&s->rows[row], query))) != 0)
                return rc;
        }
    }
    return ASSAY_OK;
}

/*
 * Chunk i may spend budget[i], and together they have radius + 1. When the distances d of all
 * chunks sum up to at most the radius, budget - d sums up to 1 or more; then, around the ring,
 * there is a chunk from which on every partial sum of budget - d is 1 or more (the cycle lemma). So
 * there is a chunk i with d[i] < budget[i] and d[i] + d[i + 1] < budget[i] + budget[i + 1]: the
 * row is found in column i, and its symbol lets it through.
 */
void lookup_set_budgets(struct lookup *l, unsigned radius)
{
    l->radius = radius;
    for (unsigned i = 0; i < CHUNKS; i++)
        l->budget[i] = (l->radius + 1) / CHUNKS + (i < (l->radius + 1) % CHUNKS);
    l->budget[CHUNKS] = l->budget[0];
    for (unsigned i = 0; i < CHUNKS; i++) {
        l->budgets.own[i] = (uint16_t)l->budget[i];
        l->budgets.both[i] = (uint16_t)(l->budget[i] + l->budget[i + 1]);
    }
}

/* Takes the next probes and asks for the lines of dir that they need. */
static size_t next_probes(struct lookup *l)
{
    const struct assay_index *ix = l->r->ix;
    size_t count = 0;

    while (count < PROBES && l->column < CHUNKS) {
        const unsigned own = l->budget[l->column];
        if (l->errors == own) {
            l->column++;
            l->errors = l->mask = 0;
            continue;
        }
        const uint16_t chunk = row_chunk(l->query, l->column);
        const uint32_t *dir = l->s->dir + (size_t)l->column * DIR_SIZE;
        const uint8_t limit = (uint8_t)(own + l->budget[l->column + 1] - 1 - l->errors);
        for (; l->mask < ix->masks_until[l->errors] && count < PROBES; l->mask++) {
            struct probe *p = &l->probes[count++];
            p->key = chunk ^ ix->masks[l->mask];
            p->column = (uint8_t)l->column;
            p->limit = limit;
            __builtin_prefetch(dir + p->key);
        }
        l->errors += l->mask == ix->masks_until[l->errors];
    }
    return count;
}

/* Reads where the probe's bucket lies, and asks for its symbols. Returns how many these are. */
static uint32_t find_bucket(const struct lookup *l, struct probe *p)
{
    const struct index_segment *s = l->s;
    const uint32_t rows = s->layout.row_count;
    const uint32_t *dir = s->dir + (size_t)p->column * DIR_SIZE + p->key;

    p->begin = dir[0];
    p->end = dir[1];
    if (p->end > rows || p->begin > p->end)
        p->begin = p->end = 0; /* a damaged file */
    segment_prefetch(s->sym + (size_t)p->column * rows + p->begin,
                     (size_t)(p->end - p->begin) * sizeof *s->sym, LINES_MAX);
    return p->end - p->begin;
}

unsigned lookup_first_column(const struct lookup *l, const struct index_row *row)
{
    return l->r->ix->kernels->first_chunk(row, l->query, &l->budgets);
}

/* Looks at the candidates' rows. Three passes, each asking for what the next one reads. */
static enum assay_err judge(struct lookup *l)
{
    const struct index_segment *s = l->s;
    const struct index_kernels *k = l->r->ix->kernels;
    uint32_t rows = s->layout.row_count;
    enum assay_err rc;

    if (s->rows == NULL)
        return lookup_walk(l);
    for (size_t i = 0; i < l->found_count; i++) {
        struct candidate *c = &l->found[i];
        size_t entry = (size_t)c->column * rows + c->at;
        c->row = segment_number(s->number + ROW_NUMBER_BYTES * entry);
        if (c->row >= rows)
            c->row = 0; /* a damaged file */
        __builtin_prefetch(&s->rows[c->row]);
    }
    for (size_t i = 0; i < l->found_count; i++) {
        const struct candidate *c = &l->found[i];
        const struct index_row *row = &s->rows[c->row];
        unsigned distance = k->distance(row, l->query);
        if (distance > l->radius || lookup_first_column(l, row) != c->column)
            continue;
        if ((rc = hits_add_row(l->r, s, c->row, distance)) != 0)
            return rc;
    }
    l->candidates += (int64_t)l->found_count;
    l->found_count = 0;
    return ASSAY_OK;
}

/* Whether what was done so far would have paid for reading all rows. */
static bool over_limit(const struct lookup *l)
{
    return l->candidates > l->candidates_max;
}

/* Of a search that did so large a share of its probes, how many candidates may be judged before
 * that is so; below 0: it is so. */
static int64_t candidates_until(const struct lookup *l, double share, double limit_ns)
{
    const double each_ns = l->s->rows == NULL ? STEP_NS : CANDIDATE_NS, most = 1e15;

    if (share >= SHARE_MIN && share * HOPELESS < 1)
        limit_ns *= share * HOPELESS;
    const double left = (limit_ns - l->spent_ns) / each_ns;
    if (left < 0)
        return -1;
    return left < most ? (int64_t)left : (int64_t)most;
}

static enum assay_err filter(struct lookup *l, const struct probe *p)
{
    const struct index_segment *s = l->s;
    const uint16_t *sym = s->sym + (size_t)p->column * s->layout.row_count;
    uint16_t next = row_chunk(l->query, (p->column + 1u) % CHUNKS);
    enum assay_err rc;

    for (uint32_t from = p->begin; from < p->end && !over_limit(l); from += FOUND) {
        size_t count = p->end - from < FOUND ? p->end - from : FOUND;
        size_t found = l->r->ix->kernels->symbols(sym + from, count, next, p->limit, l->r->at);
        if (l->found_count + found > FOUND && (rc = judge(l)) != 0)
            return rc;
        for (size_t i = 0; i < found; i++) {
            struct candidate *c = &l->found[l->found_count++];
            c->at = from + l->r->at[i];
            c->column = p->column;
            c->row = p->key;
            if (s->rows == NULL)
                continue;
            size_t entry = (size_t)p->column * s->layout.row_count + c->at;
            __builtin_prefetch(s->number + ROW_NUMBER_BYTES * entry);
        }
    }
    return ASSAY_OK;
}

/* All rows, the segment's own way. */
static enum assay_err read_through(struct lookup *l)
{
    if (l->s->rows == NULL)
        return compact_scan(l->r, l->s, l->query, l->radius);
    return scan(l->r, l->s, l->query, l->radius);
}

/*
 * Hashes may be so alike that buckets are far fuller than random ones. So what was done is counted
 * on the way, and when all probes would take far longer than reading all rows, or what was done
 * would have paid for it, that is done instead: no search costs more than about twice a scan.
 */
static enum assay_err look_up(struct lookup *l, double limit_ns)
{
    const double probes = l->r->ix->effort[l->radius].probes;
    size_t count, done = 0, hits = l->r->count;
    enum assay_err rc;

    l->spent_ns = 0;
    l->candidates_max = candidates_until(l, 0, limit_ns);
    while ((count = next_probes(l)) > 0) {
        size_t entries = 0;
        for (size_t i = 0; i < AHEAD && i < count; i++)
            entries += find_bucket(l, &l->probes[i]);
        for (size_t i = 0; i < count && !over_limit(l); i++) {
            if (i + AHEAD < count)
                entries += find_bucket(l, &l->probes[i + AHEAD]);
            if ((rc = filter(l, &l->probes[i])) != 0)
                return rc;
        }
        const bool left_out = over_limit(l);
        l->spent_ns += lookup_cost_ns((double)count, (double)entries, 0);
        done += count;
        l->candidates_max = candidates_until(l, (double)done / probes, limit_ns);
        if (left_out || over_limit(l)) {
            l->r->count = hits;
            return read_through(l);
        }
    }
    return judge(l);
}

double lookup_cost_ns(double probes, double entries, double candidates)
{
    return PROBE_NS * probes + ENTRY_NS * entries + CANDIDATE_NS * candidates;
}

double lookup_scan_ns(const struct assay_index_reader *r, const struct index_segment *s)
{
    if (s->rows == NULL)
        return STREAM_ALL + s->layout.row_count * STREAM_NS;
    return s->layout.row_count * r->ix->kernels->row_ns;
}

/* The share of random chunks that differ from a given one in at most so many bits. */
static double share_within(unsigned bits)
{
    double sum = 0, chunks = 1; /* of C(16, i) */

    for (unsigned i = 0; i <= bits && i <= CHUNK_BITS; i++) {
        sum += chunks;
        chunks = chunks * (CHUNK_BITS - i) / (i + 1);
    }
    return sum / (DIR_SIZE - 1);
}

void lookup_set_effort(struct assay_index *ix, unsigned radius)
{
    struct effort *effort = &ix->effort[radius];
    struct lookup l;

    lookup_set_budgets(&l, radius);
    for (unsigned i = 0; i < CHUNKS; i++) {
        for (unsigned bits = 0; bits < l.budget[i]; bits++) {
            double masks = ix->masks_until[bits] - (bits > 0 ? ix->masks_until[bits - 1] : 0);
            effort->probes += masks;
            effort->share +=
                masks / (DIR_SIZE - 1) * share_within(l.budget[i] + l.budget[i + 1] - 1 - bits);
        }
    }
}

bool lookup_by_columns(struct assay_index_reader *r, const struct index_segment *s, unsigned radius)
{
    struct lookup *l = &r->lookup;

    l->r = r;
    l->s = s;
    l->column = 0;
    l->errors = l->mask = 0;
    l->found_count = 0;
    l->candidates = 0;
    lookup_set_budgets(l, radius);
    if (s->dir == NULL)
        return false;
    const struct effort *effort = &r->ix->effort[radius];
    const double rows = s->layout.row_count;
    double judging = effort->share * rows * (s->rows == NULL ? STEP_NS : CANDIDATE_NS);
    double finding = lookup_cost_ns(effort->probes, effort->probes * rows / (DIR_SIZE - 1), 0);
    return finding + judging <= lookup_scan_ns(r, s);
}

enum assay_err segment_search(struct assay_index_reader *r, const struct index_segment *s,
                              const struct index_row *query, unsigned radius, enum index_plan plan)
{
    struct lookup *l = &r->lookup;
    const bool by_columns = lookup_by_columns(r, s, radius);

    l->query = query;
    if (s->rows == NULL) {
        l->turned = compact_turned(query);
        l->query = &l->turned;
    }
    if (s->dir != NULL && plan == PLAN_COLUMNS)
        return look_up(l, INFINITY);
    if (plan == PLAN_SCAN || !by_columns)
        return read_through(l);
    return look_up(l, lookup_scan_ns(r, s));
}
