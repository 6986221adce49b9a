/* Looking a hash up: what the tables or the index lead to, in order and without doubles. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "match/ahead.h"
#include "match/set_impl.h"

#define FIRST_HITS 64

struct match_reader {
    struct match_set *set;
    struct assay_index_reader *pdq;
    struct match_ahead ahead;
    struct match_hit *hits;
    size_t count, room;
};

struct match_reader *match_reader_new(struct match_set *set)
{
    struct match_reader *r = mem_zalloc(sizeof *r);

    r->set = set;
    r->room = FIRST_HITS;
    r->hits = mem_array(r->room, sizeof *r->hits);
    if (assay_index_reader_new(set->pdq, &r->pdq) != ASSAY_OK)
        abort(); /* as for all else in the program: with so little memory it ends */
    return r;
}

void match_reader_free(struct match_reader *r)
{
    if (r == NULL)
        return;
    assay_index_reader_free(r->pdq);
    ahead_clear(&r->ahead);
    mem_free(r->hits);
    mem_free(r);
}

void match_announce(struct match_reader *r, const uint8_t *pdqs, size_t count, unsigned radius)
{
    ahead_announce(&r->ahead, pdqs, radius <= MATCH_RADIUS_MAX ? count : 0, radius);
}

static void take(struct match_reader *r, const struct match_slot *slot, uint32_t distance)
{
    if (r->count == r->room) {
        r->room *= 2;
        r->hits = mem_resize(r->hits, r->room, sizeof *r->hits);
    }
    r->hits[r->count++] = (struct match_hit){slot->list, distance, slot->record};
}

static int by_rank(const void *left, const void *right)
{
    const struct match_hit *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    if (a->list != b->list)
        return a->list < b->list ? -1 : 1;
    return a->record < b->record ? -1 : a->record > b->record;
}

static void put_in_order(struct match_reader *r)
{
    size_t kept = 0;

    if (r->count < 2)
        return;
    qsort(r->hits, r->count, sizeof *r->hits, by_rank);
    for (size_t i = 1; i < r->count; i++) {
        if (by_rank(&r->hits[kept], &r->hits[i]) != 0)
            r->hits[++kept] = r->hits[i];
    }
    r->count = kept + 1;
}

static void find_digest(struct match_reader *r, enum match_kind kind, const uint8_t *hash)
{
    struct table *t = &r->set->tables[kind];
    struct table_shard *s = table_shard(t, hash);

    (void)pthread_rwlock_rdlock(&s->lock);
    for (uint32_t number = table_get(t, s, hash); number != 0;) {
        const struct match_slot *slot = match_slot(r->set, number);

        take(r, slot, 0);
        number = slot->next;
    }
    (void)pthread_rwlock_unlock(&s->lock);
}

enum assay_err match_search(struct match_reader *r, enum match_kind kind, const uint8_t *hash,
                            unsigned radius, const struct match_hit **hits, size_t *count,
                            struct err *e)
{
    const struct assay_index_hit *found;
    size_t found_count;

    assert(kind < MATCH_KINDS);
    *hits = r->hits;
    *count = r->count = 0;
    if (kind != MATCH_PDQ) {
        find_digest(r, kind, hash);
    } else {
        if (radius > MATCH_RADIUS_MAX)
            return err_set(e, ASSAY_ERANGE, "a distance is at most %d", MATCH_RADIUS_MAX);
        const enum assay_err rc =
            ahead_search(&r->ahead, r->pdq, hash, radius, &found, &found_count);
        if (rc != ASSAY_OK)
            return match_failed(rc, e);
        for (size_t i = 0; i < found_count; i++)
            take(r, match_slot(r->set, found[i].id), found[i].distance);
    }
    put_in_order(r);
    *hits = r->hits;
    *count = r->count;
    return ASSAY_OK;
}
