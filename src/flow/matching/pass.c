/* The pass over all items when rows of lists changed: finds those that have to be looked up. */
#include <string.h>

#include "base/clock.h"
#include "flow/matching/matching.h"
#include "store/match.h"

#define CHANGES_MAX 50000 /* rows that one pass is for; more is for the next */
#define PAGE_ROWS   500   /* the store's */
#define ROW_HASHES  5
#define REST_MS     2000 /* between passes, so that one is for many decisions */

struct matching_pass {
    struct match_set *set; /* the changed rows of the pass under way; NULL: none is read */
    struct match_reader *reader;
    struct match_pass at;
    int64_t ended_ms;
};

struct matching_pass *matching_pass_new(void)
{
    return mem_zalloc(sizeof(struct matching_pass));
}

static void forget(struct matching_pass *p)
{
    match_reader_free(p->reader);
    match_set_free(p->set);
    p->reader = NULL;
    p->set = NULL;
}

void matching_pass_free(struct matching_pass *p)
{
    if (p != NULL)
        forget(p);
    mem_free(p);
}

/* ---- the changed rows ---- */

struct changes {
    struct match_entry entries[PAGE_ROWS * ROW_HASHES];
    size_t count;
    int64_t after, last, goal;
};

static void put(struct changes *c, const struct list_record *r, enum match_kind kind,
                const uint8_t *hash)
{
    struct match_entry *m = &c->entries[c->count++];

    *m = (struct match_entry){.kind = kind, .record = (uint64_t)r->id};
    memcpy(m->hash, hash, match_bytes(kind));
}

static enum assay_err take_row(void *ctx, const struct list_record *r, struct err *e)
{
    struct changes *c = ctx;

    (void)e;
    if (!r->live)
        return ASSAY_OK;
    if ((r->has & LIST_MD5) != 0)
        put(c, r, MATCH_MD5, r->md5);
    if ((r->has & LIST_SHA1) != 0)
        put(c, r, MATCH_SHA1, r->sha1);
    if ((r->has & LIST_SHA256) != 0)
        put(c, r, MATCH_SHA256, r->sha256);
    if ((r->has & LIST_PDQ) != 0)
        put(c, r, MATCH_PDQ, r->pdq);
    if ((r->has & LIST_ORIENTED) != 0)
        put(c, r, MATCH_PDQ, r->pdq_oriented);
    return ASSAY_OK;
}

static enum assay_err read_changes(struct tx *tx, void *ctx, struct err *e)
{
    struct changes *c = ctx;

    c->count = 0;
    return list_changes(tx, c->after, &c->last, take_row, c, e);
}

/* A page may reach beyond the goal: rows more than asked for do no harm. */
static enum assay_err load(struct world *w, struct matching_pass *p, struct err *e)
{
    struct changes *c = mem_alloc(sizeof *c);
    enum assay_err rc = ASSAY_OK;

    c->after = p->at.done_seq;
    p->set = match_set_new();
    while (rc == ASSAY_OK && c->after < p->at.goal_seq) {
        if ((rc = store_read(w->store, read_changes, c, e)) == ASSAY_OK && c->count > 0)
            rc = match_set_add(p->set, c->entries, c->count, e);
        c->after = c->last;
    }
    if (rc == ASSAY_ENOTFOUND)
        rc = ASSAY_OK;
    if (rc == ASSAY_OK && (rc = match_set_merge(p->set, e)) == ASSAY_OK)
        p->reader = match_reader_new(p->set);
    else
        forget(p);
    mem_free(c);
    return rc;
}

/* ---- a page of items ---- */

struct page {
    struct matching_pass *pass;
    int64_t last;
    int64_t found[PAGE_ROWS];
    size_t count;
    bool end;
};

static enum assay_err try_hash(struct page *p, int64_t item_id, enum match_kind kind,
                               const uint8_t *hash, struct err *e)
{
    const struct match_hit *hits;
    size_t count, i = 0;
    enum assay_err rc =
        match_search(p->pass->reader, kind, hash, MATCHING_RADIUS, &hits, &count, e);

    if (rc != ASSAY_OK || count == 0)
        return rc;
    while (i < p->count && p->found[i] != item_id)
        i++;
    if (i == p->count)
        p->found[p->count++] = item_id;
    return ASSAY_OK;
}

static enum assay_err try_item(void *ctx, const struct match_item *i, struct err *e)
{
    struct page *p = ctx;
    enum assay_err rc;

    if ((rc = try_hash(p, i->id, MATCH_MD5, i->md5, e)) != 0 ||
        (rc = try_hash(p, i->id, MATCH_SHA1, i->sha1, e)) != 0 ||
        (rc = try_hash(p, i->id, MATCH_SHA256, i->sha256, e)) != 0 ||
        (i->has_pdq && (rc = try_hash(p, i->id, MATCH_PDQ, i->pdq, e)) != 0))
        return rc;
    return i->has_oriented ? try_hash(p, i->id, MATCH_PDQ, i->pdq_oriented, e) : ASSAY_OK;
}

static enum assay_err try_facet(void *ctx, int64_t item_id, const uint8_t pdq[32], struct err *e)
{
    return try_hash(ctx, item_id, MATCH_PDQ, pdq, e);
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct page *p = ctx;
    const int64_t after = p->pass->at.after_item;
    enum assay_err rc;

    p->count = 0;
    p->last = after;
    rc = match_items(tx, after, &p->last, try_item, p, e);
    p->end = rc == ASSAY_ENOTFOUND;
    if (rc != ASSAY_OK)
        return p->end ? ASSAY_OK : rc;
    return match_facets(tx, after, p->last, try_facet, p, e);
}

static struct match_pass next_of(const struct page *p)
{
    struct match_pass to = p->pass->at;

    to.after_item = p->end ? 0 : p->last;
    if (p->end)
        to.done_seq = to.goal_seq;
    return to;
}

static enum assay_err put_page(struct tx *tx, void *ctx, struct err *e)
{
    const struct page *p = ctx;
    const struct match_pass to = next_of(p);
    enum assay_err rc = match_pass_move(tx, &p->pass->at, &to, e);

    for (size_t i = 0; rc == ASSAY_OK && i < p->count; i++)
        rc = match_job_put(tx, p->found[i], e);
    return rc;
}

/* ---- from page to page ---- */

static enum assay_err begin(struct tx *tx, void *ctx, struct err *e)
{
    struct matching_pass *p = ctx;
    int64_t clock;
    enum assay_err rc;

    if ((rc = match_pass_get(tx, &p->at, e)) != 0 || (rc = list_clock(tx, &clock, e)) != 0)
        return rc;
    if (p->at.goal_seq > p->at.done_seq)
        return ASSAY_OK; /* another process began it, or this one before it was killed */
    if (clock == p->at.done_seq)
        return ASSAY_ENOTFOUND;
    struct match_pass to = p->at;
    to.goal_seq = clock - to.done_seq > CHANGES_MAX ? to.done_seq + CHANGES_MAX : clock;
    to.after_item = 0;
    if ((rc = match_pass_move(tx, &p->at, &to, e)) == ASSAY_OK)
        p->at = to;
    return rc;
}

/* Asked each time nothing else is to do, so without a write. */
static enum assay_err wanted(struct tx *tx, void *ctx, struct err *e)
{
    struct match_pass at;
    int64_t clock;
    enum assay_err rc;

    (void)ctx;
    if ((rc = match_pass_get(tx, &at, e)) != 0 || (rc = list_clock(tx, &clock, e)) != 0)
        return rc;
    return clock == at.done_seq ? ASSAY_ENOTFOUND : ASSAY_OK;
}

enum assay_err matching_go_on(struct world *w, struct matching_pass *p, struct err *e)
{
    struct page *page;
    enum assay_err rc;

    if (p->set == NULL) {
        if (p->ended_ms != 0 && clock_mono_ms() - p->ended_ms < REST_MS)
            return ASSAY_ENOTFOUND;
        if ((rc = store_read(w->store, wanted, NULL, e)) != 0 ||
            (rc = store_write(w->store, begin, p, e)) != 0 || (rc = load(w, p, e)) != 0)
            return rc;
    }
    page = mem_zalloc(sizeof *page);
    page->pass = p;
    rc = store_read(w->store, look, page, e);
    if (rc == ASSAY_OK)
        rc = store_write(w->store, put_page, page, e);
    if (rc == ASSAY_OK)
        p->at = next_of(page);
    if (rc != ASSAY_OK || page->end) {
        forget(p);
        p->ended_ms = clock_mono_ms();
    }
    mem_free(page);
    return rc;
}
