/* Threads of the server's background steps; each takes what waits from the store and goes on. */
#include "cli/background.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "flow/identify/identify.h"
#include "flow/intake/drop.h"
#include "flow/intake/intake.h"
#include "flow/intake/upload.h"
#include "flow/matching/matching.h"
#include "flow/own.h"
#include "flow/test_list.h"
#include "flow/qa/qa.h"
#include "flow/queue/queue.h"
#include "store/workspace.h"

#define BEAT_MS       1000
#define DROP_MS       2000                    /* between looks into the drop folder */
#define IDLE_MS       500                     /* between looks for items that wait */
#define FAULT_MS      5000                    /* after the machine's own fault */
#define CLOCK_SLIP_MS 2000                    /* wall against monotonic clock; more is a jump */
#define ONCE_KEEP_MS  (48LL * 60 * 60 * 1000) /* answers to repeated requests */

struct background {
    struct world *world;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    unsigned thread_count;
    pthread_t threads[68];
    struct live *lists;
};

/* Sleep, but wake at once when we are to stop; returns whether we are. */
static bool rest(struct background *b, int64_t ms)
{
    struct timespec until = clock_mono_in(ms);

    (void)pthread_mutex_lock(&b->lock);
    if (!b->stopping)
        (void)pthread_cond_timedwait(&b->wake, &b->lock, &until);
    bool stopping = b->stopping;
    (void)pthread_mutex_unlock(&b->lock);
    return stopping;
}

static void *identify(void *ctx)
{
    struct background *b = ctx;
    bool stopping = false;

    while (!stopping) {
        struct identify_counts counts = {0};
        struct err e = {0};
        if (atomic_load(&b->world->behind)) {
            stopping = rest(b, IDLE_MS);
            continue;
        }
        enum assay_err rc = identify_next(b->world, &counts, &e);
        if (rc == ASSAY_OK) {
            stopping = rest(b, 0);
            continue;
        }
        if (rc != ASSAY_ENOTFOUND)
            log_warn("identify.failed", LOG_ERR(rc), LOG_TEXT("why", e.text));
        stopping = rest(b, rc == ASSAY_ENOTFOUND ? IDLE_MS : FAULT_MS);
    }
    return NULL;
}

/* Files that senders lay into the drop folder. A fault is said once, not at every look. */
static void *watch_drop(void *ctx)
{
    struct background *b = ctx;
    enum assay_err last = ASSAY_OK;

    do {
        struct drop_counts counts;
        struct err e = {0};
        if (atomic_load(&b->world->behind))
            continue;
        enum assay_err rc = drop_scan(b->world, &counts, &e);
        if (rc != ASSAY_OK && rc != last)
            log_warn("drop.failed", LOG_ERR(rc));
        if (rc == ASSAY_OK && counts.done + counts.failed > 0)
            log_info("drop.taken", LOG_COUNT("done", counts.done),
                     LOG_COUNT("failed", counts.failed));
        last = rc;
    } while (!rest(b, DROP_MS));
    return NULL;
}

/* One at a time: an upload is read whole, and the disk is shared with those who work. */
static void *take_uploads(void *ctx)
{
    struct background *b = ctx;
    bool stopping = false;

    while (!stopping) {
        struct err e = {0};
        enum assay_err rc = intake_upload_next(b->world, &e);
        if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
            log_warn("upload.failed", LOG_ERR(rc), LOG_TEXT("why", e.text));
        stopping = rest(b, rc == ASSAY_OK ? 0 : rc == ASSAY_ENOTFOUND ? IDLE_MS : FAULT_MS);
    }
    return NULL;
}

/* The list for trying the way; and what passed before there was a list of own decisions comes into
 * that. */
static void fill_lists(struct world *w)
{
    struct err e = {0};
    int64_t count = 0;
    enum assay_err rc = flow_test_list(w, &e);

    while (rc == ASSAY_OK && (rc = flow_own_fill(w, &count, &e)) == ASSAY_OK && count > 0) {
    }
    if (rc != ASSAY_OK)
        log_warn("lists.not_filled", LOG_ERR(rc), LOG_TEXT("why", e.text));
}

/* Items that wait come first, then a page of the pass over all. */
static enum assay_err match_some(struct background *b, struct matching_pass *pass, struct err *e)
{
    int64_t count;
    enum assay_err rc = matching_next(b->world, b->lists, &count, e);

    return rc == ASSAY_ENOTFOUND ? matching_go_on(b->world, pass, e) : rc;
}

static void *match_items_with_lists(void *ctx)
{
    struct background *b = ctx;
    struct matching_pass *pass = matching_pass_new();
    bool stopping = false, filled = false;

    while (!stopping) {
        struct err e = {0};
        if (atomic_load(&b->world->behind)) {
            stopping = rest(b, IDLE_MS);
            continue;
        }
        if (!filled)
            fill_lists(b->world);
        filled = true;
        enum assay_err rc = match_some(b, pass, &e);
        bool waits = rc == ASSAY_ENOTFOUND || rc == ASSAY_EBUSY || rc == ASSAY_ESTATE;
        if (rc != ASSAY_OK && !waits)
            log_warn("matching.failed", LOG_ERR(rc), LOG_TEXT("why", e.text));
        stopping = rest(b, rc == ASSAY_OK ? 0 : waits ? IDLE_MS : FAULT_MS);
    }
    matching_pass_free(pass);
    return NULL;
}

static void sweep_uploads(struct world *w)
{
    struct err e = {0};
    int64_t count;
    enum assay_err rc = intake_upload_sweep(w, &count, &e);

    if (rc != ASSAY_OK)
        log_warn("upload.not_swept", LOG_ERR(rc), LOG_TEXT("why", e.text));
    else if (count > 0)
        log_info("upload.abandoned", LOG_COUNT("count", count));
}

struct slip {
    int64_t moved_ms;
};

static enum assay_err write_moved(struct tx *tx, void *ctx, struct err *e)
{
    const struct slip *s = ctx;
    char data[48];

    (void)snprintf(data, sizeof data, "{\"moved_ms\":%lld}", (long long)s->moved_ms);
    struct audit_entry entry = {
        .action = AUDIT_CLOCK_MOVED, .actor = people_system(), .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* The wall clock must go as the monotonic one does; a jump goes on the record. */
static void watch_clock(struct world *w, int64_t *offset)
{
    int64_t now = clock_now_ms() - clock_mono_ms();
    struct slip s = {now - *offset};

    if (llabs(s.moved_ms) < CLOCK_SLIP_MS)
        return;
    *offset = now;
    log_warn("clock.moved", LOG_MS("by", s.moved_ms));
    (void)store_write(w->store, write_moved, &s, NULL);
}

static enum assay_err forget_answers(struct tx *tx, void *ctx, struct err *e)
{
    (void)ctx;
    return once_expire(tx, clock_now_ms() - ONCE_KEEP_MS, e);
}

static void sign(struct world *w)
{
    struct err e = {0};
    enum assay_err rc = audit_advance(w->store, w->keys, w->data_dir, NULL, &e);

    if (rc != ASSAY_OK && rc != ASSAY_EBUSY)
        log_error("record.not_signed", LOG_ERR(rc), LOG_TEXT("why", e.text));
}

/* Whether signed entries are missing; asked at each signing, and each beat until it is settled. */
static bool look_behind(struct world *w, bool due)
{
    bool was = atomic_load(&w->behind);
    struct audit_gap gap;
    char text[AUDIT_GAP_SIZE];

    if (!was && !due)
        return false;
    (void)flow_find_gap(w, &gap, NULL);
    bool is = atomic_load(&w->behind);
    if (is && !was) {
        audit_gap_text(&gap, text);
        log_error("record.behind", LOG_TEXT("what", text));
    }
    if (was && !is)
        log_info("record.loss_accepted", LOG_NONE);
    return is;
}

/* What an older version could not show goes into the line again, once. */
static void revive(struct world *w)
{
    struct err e = {0};
    int64_t count = 0;
    enum assay_err rc = identify_revive(w, &count, &e);

    if (rc != ASSAY_OK)
        log_warn("identify.not_revived", LOG_ERR(rc), LOG_TEXT("why", e.text));
    else if (count > 0)
        log_info("identify.revived", LOG_COUNT("count", count));
}

static void *keep_house(void *ctx)
{
    struct background *b = ctx;
    int64_t offset = clock_now_ms() - clock_mono_ms(), signed_at = 0, forgot_at = 0;

    revive(b->world);
    do {
        struct err e = {0};
        int64_t count, now = clock_mono_ms();
        if (look_behind(b->world, signed_at == 0 || now - signed_at >= BACKGROUND_SIGN_MS))
            continue;
        enum assay_err rc = queue_sweep(b->world, &count, &e);
        if (rc == ASSAY_OK && count > 0)
            log_info("lease.expired", LOG_COUNT("count", count));
        if (rc == ASSAY_OK)
            rc = qa_sample(b->world, &count, &e);
        if (rc != ASSAY_OK)
            log_warn("background.failed", LOG_ERR(rc), LOG_TEXT("why", e.text));
        if (rc == ASSAY_OK && (rc = intake_press(b->world, &e)) != 0)
            log_warn("batches.not_pressed", LOG_ERR(rc), LOG_TEXT("why", e.text));
        watch_clock(b->world, &offset);
        if (signed_at == 0 || now - signed_at >= BACKGROUND_SIGN_MS) {
            sign(b->world);
            signed_at = now;
        }
        if (now - forgot_at >= ONCE_KEEP_MS / 48) {
            (void)store_write(b->world->store, forget_answers, NULL, NULL);
            sweep_uploads(b->world);
            forgot_at = now;
        }
    } while (!rest(b, BEAT_MS));
    sign(b->world);
    return NULL;
}

static void begin(struct background *b, void *(*thread)(void *ctx))
{
    if (pthread_create(&b->threads[b->thread_count], NULL, thread, b) == 0)
        b->thread_count++;
}

struct background *background_start(struct world *w, struct live *lists, unsigned identifiers)
{
    struct background *b = mem_zalloc(sizeof *b);
    pthread_condattr_t attributes;

    assert(identifiers + 4 <= sizeof b->threads / sizeof b->threads[0]);
    b->world = w;
    b->lists = lists;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&b->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    for (unsigned i = 0; i < identifiers; i++)
        begin(b, identify);
    if (identifiers > 0) {
        begin(b, take_uploads);
        begin(b, watch_drop);
        begin(b, match_items_with_lists);
    }
    begin(b, keep_house);
    return b;
}

void background_stop(struct background *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->stopping = true;
    (void)pthread_cond_broadcast(&b->wake);
    (void)pthread_mutex_unlock(&b->lock);
    for (unsigned i = 0; i < b->thread_count; i++)
        (void)pthread_join(b->threads[i], NULL);
    (void)pthread_cond_destroy(&b->wake);
    (void)pthread_mutex_destroy(&b->lock);
    mem_free(b);
}
