/* Reading lists from the store into a set of hashes, and following their changes. */
#include "flow/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/list.h"

#define PAGE_ROWS   500 /* the store's */
#define ROW_HASHES  5
#define READERS_MAX 64   /* that are kept */
#define MERGE_ROWS  4096 /* changes after which the index is put into order */
#define FAULT_MS    5000

struct live {
    struct store *store;
    struct match_set *set;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    bool ending, threaded;
    int64_t *lists; /* ids, by number */
    uint32_t list_count, list_room, test;
    struct match_reader *readers[READERS_MAX];
    size_t reader_count;
    atomic_bool ready;
    atomic_llong seq;
    pthread_t thread;
};

/* A page of rows, as what it does to the set. */
struct page {
    struct live *live;
    bool changes; /* else: rows that are in their lists */
    int64_t after, last;
    struct match_entry add[PAGE_ROWS * ROW_HASHES], drop[PAGE_ROWS * ROW_HASHES];
    size_t add_count, drop_count, row_count;
};

static uint32_t number_of(struct live *l, int64_t list_id)
{
    uint32_t n = 0;

    (void)pthread_mutex_lock(&l->lock);
    while (n < l->list_count && l->lists[n] != list_id)
        n++;
    if (n == l->list_count) {
        if (l->list_count == l->list_room) {
            l->list_room = l->list_room == 0 ? 16 : 2 * l->list_room;
            l->lists = mem_resize(l->lists, l->list_room, sizeof *l->lists);
        }
        l->lists[l->list_count++] = list_id;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return n;
}

static void put(struct page *p, const struct list_record *r, enum match_kind kind,
                const uint8_t *hash, bool enters)
{
    struct match_entry *m = enters ? &p->add[p->add_count++] : &p->drop[p->drop_count++];

    m->kind = kind;
    m->list = number_of(p->live, r->list_id);
    m->record = (uint64_t)r->id;
    memset(m->hash, 0, sizeof m->hash);
    memcpy(m->hash, hash, match_bytes(kind));
}

static enum assay_err take_row(void *ctx, const struct list_record *r, struct err *e)
{
    struct page *p = ctx;
    bool pdq = r->live && (r->pdq_quality < 0 || r->pdq_quality >= LIVE_QUALITY_MIN);

    if (p->row_count++ == PAGE_ROWS)
        return err_set(e, ASSAY_ELIMIT, "a page of a list has too many rows");
    if ((r->has & LIST_MD5) != 0)
        put(p, r, MATCH_MD5, r->md5, r->live);
    if ((r->has & LIST_SHA1) != 0)
        put(p, r, MATCH_SHA1, r->sha1, r->live);
    if ((r->has & LIST_SHA256) != 0)
        put(p, r, MATCH_SHA256, r->sha256, r->live);
    if ((r->has & LIST_PDQ) != 0)
        put(p, r, MATCH_PDQ, r->pdq, pdq);
    if ((r->has & LIST_ORIENTED) != 0)
        put(p, r, MATCH_PDQ, r->pdq_oriented, pdq);
    return ASSAY_OK;
}

static enum assay_err read_page(struct tx *tx, void *ctx, struct err *e)
{
    struct page *p = ctx;

    p->add_count = p->drop_count = p->row_count = 0;
    p->last = p->after;
    return p->changes ? list_changes(tx, p->after, &p->last, take_row, p, e)
                      : list_page(tx, 0, p->after, &p->last, take_row, p, e);
}

/* ENOTFOUND: there is no more. */
static enum assay_err next_page(struct page *p, struct err *e)
{
    struct live *l = p->live;
    enum assay_err rc = store_read(l->store, read_page, p, e);

    if (rc != ASSAY_OK ||
        (p->add_count > 0 && (rc = match_set_add(l->set, p->add, p->add_count, e)) != 0) ||
        (p->drop_count > 0 && (rc = match_set_remove(l->set, p->drop, p->drop_count, e)) != 0))
        return rc;
    p->after = p->last;
    return ASSAY_OK;
}

static enum assay_err read_clock(struct tx *tx, void *ctx, struct err *e)
{
    return list_clock(tx, ctx, e);
}

static enum assay_err note_test(void *ctx, int64_t id, const char *kind, struct err *e)
{
    struct live *l = ctx;

    (void)e;
    uint32_t n = number_of(l, id);
    if (str_equal(kind, "test")) {
        (void)pthread_mutex_lock(&l->lock);
        l->test = n;
        (void)pthread_mutex_unlock(&l->lock);
    }
    return ASSAY_OK;
}

static enum assay_err read_lists(struct tx *tx, void *ctx, struct err *e)
{
    return list_kinds(tx, note_test, ctx, e);
}

static bool ends(struct live *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool ending = l->ending;
    (void)pthread_mutex_unlock(&l->lock);
    return ending;
}

/* All rows. Changes on the way are read again afterwards, from the clock as it stood before. */
static enum assay_err load(struct live *l, struct page *p, struct err *e)
{
    int64_t seq = 0;
    enum assay_err rc;

    if ((rc = store_read(l->store, read_clock, &seq, e)) != 0 ||
        (rc = store_read(l->store, read_lists, l, e)) != 0)
        return rc;
    p->changes = false;
    p->after = 0;
    while (!ends(l) && (rc = next_page(p, e)) == ASSAY_OK)
        ;
    if (rc == ASSAY_ENOTFOUND && (rc = match_set_merge(l->set, e)) == ASSAY_OK)
        atomic_store(&l->seq, seq);
    return rc;
}

static enum assay_err follow(struct live *l, struct page *p, size_t *rows, struct err *e)
{
    int64_t seq = 0;
    enum assay_err rc;

    if ((rc = store_read(l->store, read_clock, &seq, e)) != 0 || seq == atomic_load(&l->seq))
        return rc;
    if ((rc = store_read(l->store, read_lists, l, e)) != 0)
        return rc;
    p->changes = true;
    p->after = atomic_load(&l->seq);
    while (!ends(l) && (rc = next_page(p, e)) == ASSAY_OK) {
        atomic_store(&l->seq, p->after);
        *rows += p->row_count;
    }
    if (rc == ASSAY_ENOTFOUND)
        rc = ASSAY_OK;
    if (rc == ASSAY_OK && *rows >= MERGE_ROWS && (rc = match_set_merge(l->set, e)) == ASSAY_OK)
        *rows = 0;
    return rc;
}

static void *run(void *ctx)
{
    struct live *l = ctx;
    struct page *p = mem_alloc(sizeof *p);
    bool loaded = false, ending = false;
    size_t rows = 0;

    p->live = l;
    while (!ending) {
        struct err e = {0};
        enum assay_err rc = loaded ? ASSAY_OK : load(l, p, &e);
        loaded = rc == ASSAY_OK && !ends(l);
        if (loaded && (rc = follow(l, p, &rows, &e)) == ASSAY_OK)
            atomic_store(&l->ready, true);
        if (rc != ASSAY_OK)
            log_warn("lists.not_read", LOG_ERR(rc), LOG_TEXT("why", e.text));
        struct timespec until = clock_mono_in(rc == ASSAY_OK ? LIVE_LAG_MS : FAULT_MS);
        (void)pthread_mutex_lock(&l->lock);
        if (!l->ending)
            (void)pthread_cond_timedwait(&l->wake, &l->lock, &until);
        ending = l->ending;
        (void)pthread_mutex_unlock(&l->lock);
    }
    mem_free(p);
    return NULL;
}

struct live *live_new(struct store *s)
{
    struct live *l = mem_zalloc(sizeof *l);
    pthread_condattr_t attributes;

    l->store = s;
    l->set = match_set_new();
    l->test = UINT32_MAX;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    l->threaded = pthread_create(&l->thread, NULL, run, l) == 0;
    if (!l->threaded)
        log_error("lists.no_thread", LOG_NONE);
    return l;
}

void live_free(struct live *l)
{
    if (l == NULL)
        return;
    (void)pthread_mutex_lock(&l->lock);
    l->ending = true;
    (void)pthread_cond_broadcast(&l->wake);
    (void)pthread_mutex_unlock(&l->lock);
    if (l->threaded)
        (void)pthread_join(l->thread, NULL);
    while (l->reader_count > 0)
        match_reader_free(l->readers[--l->reader_count]);
    match_set_free(l->set);
    (void)pthread_cond_destroy(&l->wake);
    (void)pthread_mutex_destroy(&l->lock);
    mem_free(l->lists);
    mem_free(l);
}

bool live_ready(struct live *l)
{
    return atomic_load(&l->ready);
}

int64_t live_seq(struct live *l)
{
    return atomic_load(&l->seq);
}

uint32_t live_number(struct live *l, int64_t list_id)
{
    uint32_t found = UINT32_MAX;

    (void)pthread_mutex_lock(&l->lock);
    for (uint32_t n = 0; n < l->list_count; n++) {
        if (l->lists[n] == list_id)
            found = n;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return found;
}

uint32_t live_test(struct live *l)
{
    (void)pthread_mutex_lock(&l->lock);
    uint32_t test = l->test;
    (void)pthread_mutex_unlock(&l->lock);
    return test;
}

struct match_reader *live_take(struct live *l)
{
    struct match_reader *r = NULL;

    (void)pthread_mutex_lock(&l->lock);
    if (l->reader_count > 0)
        r = l->readers[--l->reader_count];
    (void)pthread_mutex_unlock(&l->lock);
    return r != NULL ? r : match_reader_new(l->set);
}

void live_give(struct live *l, struct match_reader *r)
{
    (void)pthread_mutex_lock(&l->lock);
    if (l->reader_count < READERS_MAX) {
        l->readers[l->reader_count++] = r;
        r = NULL;
    }
    (void)pthread_mutex_unlock(&l->lock);
    match_reader_free(r);
}

void live_info(struct live *l, struct match_info *out)
{
    match_set_info(l->set, out);
}
