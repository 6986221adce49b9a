/* The thread of a matching node: asks, applies, and never stops trying. */
#include "flow/feed.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/feed/apply.h"
#include "flow/feed/fetch.h"
#include "store/stats.h"

#define WAIT_S       10L  /* the system of record holds its answer back for at most so long */
#define PAUSE_MS     1000 /* after an answer that said nothing before its time */
#define RETRY_MS     1000 /* after the first failure; then twice as long each time */
#define RETRY_MAX_MS 60000
#define PAGES        16 /* of lists, between two looks at the changes */
#define SEARCHED_MS  100

struct feed {
    struct world *world;
    struct live *lists;
    struct fetch *fetch;
    atomic_bool ending;
    atomic_llong as_of_ms;
    pthread_mutex_t lock; /* of info */
    pthread_cond_t wake;
    struct feed_info info;
    struct buf body; /* the thread's */
    pthread_t thread;
};

/* ---- what is said of it ---- */

int64_t feed_as_of(struct feed *f)
{
    return atomic_load(&f->as_of_ms);
}

void feed_info(struct feed *f, struct feed_info *out)
{
    (void)pthread_mutex_lock(&f->lock);
    *out = f->info;
    (void)pthread_mutex_unlock(&f->lock);
}

static void note_answer(struct feed *f, const struct feed_answer *a)
{
    (void)pthread_mutex_lock(&f->lock);
    f->info.seq = a->seq;
    f->info.head = a->head;
    f->info.answered_ms = clock_now_ms();
    f->info.why[0] = '\0';
    (void)pthread_mutex_unlock(&f->lock);
}

/* A fault is logged when it is a new one, not at every try. */
static void note_fault(struct feed *f, enum assay_err rc, const struct err *e)
{
    (void)pthread_mutex_lock(&f->lock);
    const bool again = strncmp(f->info.why, e->text, sizeof f->info.why - 1) == 0;
    (void)snprintf(f->info.why, sizeof f->info.why, "%.199s", e->text);
    (void)pthread_mutex_unlock(&f->lock);
    if (!again)
        log_warn("feed.failed", LOG_ERR(rc), LOG_TEXT("why", e->text));
}

static bool rest(struct feed *f, int64_t ms)
{
    const struct timespec until = clock_mono_in(ms);

    (void)pthread_mutex_lock(&f->lock);
    if (!atomic_load(&f->ending))
        (void)pthread_cond_timedwait(&f->wake, &f->lock, &until);
    (void)pthread_mutex_unlock(&f->lock);
    return atomic_load(&f->ending);
}

/* ---- asking ---- */

static enum assay_err ask(struct feed *f, struct arena *a, enum feed_form form, const char *path,
                          long wait_s, struct feed_answer *out, struct err *e)
{
    enum assay_err rc = fetch_get(f->fetch, path, wait_s, &f->body, e);

    return rc != ASSAY_OK ? rc : feed_answer_parse(a, form, f->body.data, f->body.size, out, e);
}

static enum assay_err read_clock(struct tx *tx, void *ctx, struct err *e)
{
    return list_clock(tx, ctx, e);
}

/* What is in the store is searched a moment later; only then is it said to be here. */
static enum assay_err publish(struct feed *f, struct err *e)
{
    struct feed_node_row node;
    struct feed_list_row list;
    int64_t clock;
    enum assay_err rc;

    if ((rc = feed_stands(f->world, &node, &list, e)) != 0 ||
        (rc = store_read(f->world->store, read_clock, &clock, e)) != 0)
        return rc;
    while (node.as_of_ms > atomic_load(&f->as_of_ms) && live_seq(f->lists) < clock &&
           !rest(f, SEARCHED_MS))
        ;
    if (live_ready(f->lists) && live_seq(f->lists) >= clock)
        atomic_store(&f->as_of_ms, node.as_of_ms);
    return ASSAY_OK;
}

/* *idle: there was nothing to say. */
static enum assay_err follow_changes(struct feed *f, const struct feed_node_row *node, long wait_s,
                                     bool *idle, struct err *e)
{
    char path[300], epoch[2 * FEED_EPOCH_BYTES + 1], roster[2 * FEED_ROSTER_BYTES + 1];
    struct arena *a = arena_new();
    struct feed_answer answer;

    str_hex(node->epoch, sizeof node->epoch, epoch);
    str_hex(node->roster, sizeof node->roster, roster);
    (void)snprintf(path, sizeof path,
                   "/api/v1/match/changes?epoch=%s&since=%lld&roster=%s&wait=%ld", epoch,
                   (long long)node->seq, roster, wait_s);
    enum assay_err rc = ask(f, a, FEED_CHANGES, path, wait_s, &answer, e);
    if (rc == ASSAY_OK && (rc = feed_apply_changes(f->world, &answer, e)) == ASSAY_OK) {
        *idle = !answer.reset && !answer.has_roster && answer.seq == node->seq;
        note_answer(f, &answer);
        if (answer.seq >= answer.head)
            rc = publish(f, e);
    }
    arena_free(a);
    return rc;
}

/* A list that is no more is in the next roster. */
static enum assay_err read_page(struct feed *f, const struct feed_list_row *list, struct err *e)
{
    struct arena *a = arena_new();
    struct feed_answer answer;
    char path[120];

    (void)snprintf(path, sizeof path, "/api/v1/match/changes/%lld?after=%lld",
                   (long long)list->list_id, (long long)list->after_row);
    enum assay_err rc = ask(f, a, FEED_LIST, path, 0, &answer, e);
    if (rc == ASSAY_OK)
        rc = feed_apply_page(f->world, list->list_id, &answer, e);
    arena_free(a);
    return rc;
}

static enum assay_err do_rest(struct feed *f, struct err *e)
{
    enum assay_err rc;

    while ((rc = feed_apply_rest(f->world, e)) == ASSAY_OK && !atomic_load(&f->ending))
        ;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* Some pages of lists that are not whole; *more: there are others. */
static enum assay_err read_lists(struct feed *f, bool *more, struct err *e)
{
    struct feed_node_row node;
    struct feed_list_row list;
    enum assay_err rc = ASSAY_OK;

    *more = true;
    for (int i = 0; rc == ASSAY_OK && i < PAGES && !atomic_load(&f->ending); i++) {
        if ((rc = do_rest(f, e)) != 0 || (rc = feed_stands(f->world, &node, &list, e)) != 0)
            break;
        *more = list.list_id != 0;
        if (!*more)
            break;
        rc = read_page(f, &list, e);
    }
    /* Of another epoch, gone, or not told anything yet: the changes say what to do. */
    return rc == ASSAY_ENOTFOUND || rc == ASSAY_ESTATE ? ASSAY_OK : rc;
}

static enum assay_err step(struct feed *f, bool *idle, struct err *e)
{
    struct feed_node_row node = {0};
    struct feed_list_row list;
    bool more = false;
    enum assay_err rc = feed_stands(f->world, &node, &list, e);

    if (rc == ASSAY_ENOTFOUND)
        return follow_changes(f, &node, 0, idle, e);
    if (rc == ASSAY_OK && (rc = read_lists(f, &more, e)) == ASSAY_OK &&
        (rc = feed_stands(f->world, &node, &list, e)) == ASSAY_OK)
        rc = follow_changes(f, &node, more ? 0 : WAIT_S, idle, e);
    *idle = *idle && !more;
    return rc;
}

static void *run(void *ctx)
{
    struct feed *f = ctx;
    int64_t retry_ms = RETRY_MS;
    bool ending = false;
    struct err first = {0};

    (void)publish(f, &first); /* what an earlier start was told: served while the feed is away */
    while (!ending) {
        struct err e = {0};
        bool idle = false;
        const int64_t from = clock_mono_ms();
        enum assay_err rc = step(f, &idle, &e);
        if (rc != ASSAY_OK && !atomic_load(&f->ending)) {
            note_fault(f, rc, &e);
            ending = rest(f, retry_ms + rand_id() % (retry_ms / 2));
            retry_ms = 2 * retry_ms < RETRY_MAX_MS ? 2 * retry_ms : RETRY_MAX_MS;
            continue;
        }
        retry_ms = RETRY_MS;
        ending = rest(f, idle && clock_mono_ms() - from < PAUSE_MS ? PAUSE_MS : 0);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static enum assay_err read_is_node(struct tx *tx, void *ctx, struct err *e)
{
    struct feed_node_row node;
    enum assay_err rc = feed_node_get(tx, &node, e);

    *(bool *)ctx = rc == ASSAY_OK;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err feed_is_node(struct world *w, bool *is, struct err *e)
{
    return store_read(w->store, read_is_node, is, e);
}

static enum assay_err forget_epoch(struct tx *tx, void *ctx, struct err *e)
{
    (void)ctx;
    return feed_epoch_forget(tx, e);
}

enum assay_err feed_renew(struct world *w, struct err *e)
{
    return store_write(w->store, forget_epoch, NULL, e);
}

static enum assay_err read_stats(struct tx *tx, void *ctx, struct err *e)
{
    return stats_get(tx, ctx, e);
}

static enum assay_err check_workspace(struct world *w, struct err *e)
{
    struct stats_row s;
    enum assay_err rc = store_read(w->store, read_stats, &s, e);

    if (rc == ASSAY_OK && s.items > 0)
        return err_set(e, ASSAY_ESTATE,
                       "%.200s holds cases; a matching node has a folder of its own: assay --data "
                       "DIR init, then serve from there",
                       w->data_dir);
    return rc;
}

enum assay_err feed_follow(struct world *w, struct live *lists, const struct feed_place *place,
                           struct feed **out, struct err *e)
{
    pthread_condattr_t attributes;
    struct feed *f;
    enum assay_err rc = check_workspace(w, e);

    *out = NULL;
    if (rc != ASSAY_OK)
        return rc;
    f = mem_zalloc(sizeof *f);
    f->world = w;
    f->lists = lists;
    buf_init(&f->body, FEED_ANSWER_MAX);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    rc = fetch_new(place, &f->ending, &f->fetch, e);
    if (rc == ASSAY_OK && pthread_create(&f->thread, NULL, run, f) != 0)
        rc = err_set(e, ASSAY_ELIMIT, "no thread for the feed");
    if (rc == ASSAY_OK) {
        *out = f;
        return rc;
    }
    fetch_free(f->fetch);
    (void)pthread_cond_destroy(&f->wake);
    (void)pthread_mutex_destroy(&f->lock);
    mem_free(f);
    return rc;
}

void feed_stop(struct feed *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&f->lock);
    atomic_store(&f->ending, true);
    (void)pthread_cond_broadcast(&f->wake);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    fetch_free(f->fetch);
    buf_clear(&f->body);
    (void)pthread_cond_destroy(&f->wake);
    (void)pthread_mutex_destroy(&f->lock);
    mem_free(f);
}
