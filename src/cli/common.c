/* What the commands share: progress, opening the workspace, identifying. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "flow/identify/identify.h"

int cli_open_behind(const struct cli *c, enum flow_open_what what, struct world *w)
{
    struct err e = {0};
    struct audit_gap gap;
    enum assay_err rc = flow_open(c->data_dir, &c->place, c->store_url, what, w, &e);

    if (rc != ASSAY_OK)
        return cli_fail(rc, &e), CLI_CANNOT;
    (void)flow_find_gap(w, &gap, NULL); /* heads that do not verify are for audit verify to tell */
    return CLI_DONE;
}

int cli_open(const struct cli *c, enum flow_open_what what, struct world *w)
{
    struct err e = {0};
    struct audit_gap gap;
    char text[AUDIT_GAP_SIZE];
    int status = cli_open_behind(c, what, w);

    if (status != CLI_DONE || !atomic_load(&w->behind))
        return status;
    (void)flow_find_gap(w, &gap, NULL);
    audit_gap_text(&gap, text);
    (void)err_set(&e, ASSAY_ESTATE,
                  "an older backup was put back: %s. Restore one that has them, or accept the loss "
                  "(assay restore --help); until then nothing is written",
                  text);
    flow_close(w);
    return cli_fail(ASSAY_ESTATE, &e);
}

enum assay_err cli_sign(struct world *w)
{
    struct err e = {0};
    enum assay_err rc = audit_advance(w->store, w->keys, w->data_dir, NULL, &e);

    if (rc == ASSAY_EBUSY)
        return ASSAY_OK; /* the server does it */
    if (rc != ASSAY_OK)
        (void)cli_fail(rc, &e);
    return rc;
}

static bool shown;

void cli_progress(const char *format, ...)
{
    static int64_t last_ms;
    int64_t now = clock_mono_ms();
    va_list args;

    if (isatty(STDERR_FILENO) == 0 || now - last_ms < 100)
        return;
    last_ms = now;
    shown = true;
    fputs("\r\033[K", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fflush(stderr);
}

void cli_progress_end(void)
{
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}

void cli_hold_end(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
}

int cli_await_end(const sigset_t *set)
{
    int number = 0;

    while (sigwait(set, &number) != 0)
        continue;
    return number;
}

unsigned cli_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

struct identifying {
    struct world *world;
    pthread_mutex_t lock;
    struct identify_counts counts;
    int64_t waiting, started_ms;
    enum assay_err failure;
    struct err error;
};

static void *identify_some(void *ctx)
{
    struct identifying *n = ctx;
    enum assay_err rc = ASSAY_OK;

    while (rc == ASSAY_OK) {
        struct identify_counts one = {0};
        struct err e = {0};
        rc = identify_next(n->world, &one, &e);
        (void)pthread_mutex_lock(&n->lock);
        n->counts.pictures += one.pictures;
        n->counts.unsupported += one.unsupported;
        n->counts.undecodable += one.undecodable;
        uint64_t done = n->counts.pictures + n->counts.unsupported + n->counts.undecodable;
        double seconds = (double)(clock_mono_ms() - n->started_ms) / 1000;
        double rate = seconds > 0 ? (double)done / seconds : 0;
        double left = rate > 0 ? ((double)n->waiting - (double)done) / rate : 0;
        cli_progress("identify %llu of %lld, %.0f a second, %.0f s left", (unsigned long long)done,
                     (long long)n->waiting, rate, left > 0 ? left : 0);
        if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND && n->failure == ASSAY_OK) {
            n->failure = rc;
            n->error = e;
        }
        if (n->failure != ASSAY_OK && rc == ASSAY_OK)
            rc = n->failure;
        (void)pthread_mutex_unlock(&n->lock);
    }
    return NULL;
}

enum assay_err cli_identify_all(struct world *w, unsigned threads, uint64_t done[3], struct err *e)
{
    struct identifying n = {.world = w, .started_ms = clock_mono_ms()};
    pthread_t *ids = mem_array(threads, sizeof *ids);
    unsigned started = 0;
    enum assay_err rc = identify_waiting(w, &n.waiting, e);

    if (rc != ASSAY_OK)
        goto out;
    (void)pthread_mutex_init(&n.lock, NULL);
    while (started < threads && pthread_create(&ids[started], NULL, identify_some, &n) == 0)
        started++;
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    (void)pthread_mutex_destroy(&n.lock);
    cli_progress_end();
    done[0] = n.counts.pictures;
    done[1] = n.counts.unsupported;
    done[2] = n.counts.undecodable;
    rc = n.failure;
    if (rc != ASSAY_OK)
        *e = n.error;
out:
    mem_free(ids);
    return rc;
}
