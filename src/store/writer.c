/* SQLite's one writing thread: whatever waits goes into one transaction (group commit). */

/*
 *     callers:  queue -> wait ................................ -> answer
 *     writer:   BEGIN IMMEDIATE, (SAVEPOINT, fn, RELEASE)..., COMMIT (one fsync), wake all
 *
 * One fsync serves all that waited, and writers never starve one another on SQLite's lock. After an
 * I/O error nothing more is written: the kernel may have thrown the unwritten pages away, and a
 * second fsync would then lie. Only a new start, which recovers from the log, is sound.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/engine_impl.h"

#define GROUP_MAX    64 /* functions in one transaction */
#define GROUP_MS_MAX 40 /* of running them: the first waits for the last */

/* A function that waits; it lives on its caller's stack. */
struct job {
    store_fn *fn;
    void *ctx;
    struct err *e;
    enum assay_err rc;
    sem_t done;
    struct job *next;
};

struct writer {
    struct conn *conn;
    _Atomic int64_t *commits;
    pthread_t thread;
    atomic_bool failed; /* an I/O error was seen */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first, **last; /* under lock */
    bool stop;                 /* under lock */
};

static struct job *take(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    struct job *job = w->first;
    if (job != NULL) {
        w->first = job->next;
        if (w->first == NULL)
            w->last = &w->first;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return job;
}

static enum assay_err refuse_failed(struct err *e)
{
    return err_set(e, ASSAY_EIO,
                   "the disk under the database failed earlier; nothing is written until assay is "
                   "started anew");
}

static void note_failure(struct writer *w)
{
    if (!atomic_exchange(&w->failed, true))
        log_error("store.disk_failed", LOG_NONE);
    sqlite_abandon(w->conn);
}

/* Run one function behind its mark. False when the transaction of the whole group is gone. */
static bool run_job(struct writer *w, struct job *job)
{
    struct err own;
    struct err *e = job->e != NULL ? job->e : &own;

    job->rc = sqlite_mark(w->conn, e);
    if (job->rc == ASSAY_OK) {
        job->rc = tx_run(w->conn, job->fn, job->ctx, e);
        if (job->rc == ASSAY_OK)
            job->rc = sqlite_keep(w->conn, e);
        if (job->rc != ASSAY_OK)
            sqlite_undo(w->conn);
    }
    return w->conn->fatal == ASSAY_OK && sqlite_in_transaction(w->conn);
}

/* Give rc to those that had succeeded, when the group as a whole did not. */
static void fail_group(struct job **group, size_t count, enum assay_err rc, const struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (group[i]->rc != ASSAY_OK)
            continue;
        group[i]->rc = rc;
        if (group[i]->e != NULL)
            *group[i]->e = *e;
    }
}

/* The disk is full or failed under a function: nobody's change of this group can stay. */
static enum assay_err give_up(struct writer *w, const struct job *job, struct err *e)
{
    enum assay_err rc = w->conn->fatal != ASSAY_OK ? w->conn->fatal : job->rc;

    w->conn->engine->rollback(w->conn);
    if (rc == ASSAY_EFULL)
        return err_set(e, rc, STORE_FULL_TEXT);
    return err_set(e, rc, "the database ended the transaction; nothing was written");
}

/* Run what waits in the open transaction and commit it. *count is how many were run. */
static enum assay_err run_group(struct writer *w, struct job **group, size_t *count, struct err *e)
{
    int64_t began_ms = clock_mono_ms();
    size_t good = 0;
    struct job *job;

    while (*count < GROUP_MAX && (job = take(w)) != NULL) {
        group[(*count)++] = job;
        if (!run_job(w, job))
            return give_up(w, job, e);
        good += job->rc == ASSAY_OK;
        if (clock_mono_ms() - began_ms >= GROUP_MS_MAX)
            break;
    }
    if (good == 0) {
        w->conn->engine->rollback(w->conn);
        return ASSAY_OK;
    }
    enum assay_err rc = w->conn->engine->commit(w->conn, e);
    if (rc == ASSAY_OK)
        atomic_fetch_add(w->commits, (int64_t)good);
    return rc;
}

static void answer_group(struct writer *w)
{
    struct job *group[GROUP_MAX], *job;
    size_t count = 0;
    struct err e = {0};
    enum assay_err rc;

    if (atomic_load(&w->failed))
        rc = refuse_failed(&e);
    else
        rc = w->conn->engine->begin(w->conn, TX_WRITE, &e);
    if (rc == ASSAY_OK)
        rc = run_group(w, group, &count, &e);
    else
        while (count < GROUP_MAX && (job = take(w)) != NULL)
            group[count++] = job;
    if (rc != ASSAY_OK)
        fail_group(group, count, rc, &e);
    if (rc == ASSAY_EIO)
        note_failure(w);
    for (size_t i = 0; i < count; i++)
        (void)sem_post(&group[i]->done); /* the job is its caller's from here on */

    /* A full disk only leaves the log longer; a failing one is the end. */
    if (!atomic_load(&w->failed) && sqlite_checkpoint(w->conn, &e) == ASSAY_EIO)
        note_failure(w);
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;

    for (;;) {
        (void)pthread_mutex_lock(&w->lock);
        while (w->first == NULL && !w->stop)
            (void)pthread_cond_wait(&w->wake, &w->lock);
        bool over = w->first == NULL;
        (void)pthread_mutex_unlock(&w->lock);
        if (over)
            return NULL;
        answer_group(w);
    }
}

/* No signal is the writer's: one that ends the process goes to the thread that ends it in order,
 * also while that thread has not begun to wait for it. */
static int start_thread(struct writer *w)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, writer_main, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum assay_err writer_start(struct conn *c, _Atomic int64_t *commits, struct writer **out,
                            struct err *e)
{
    struct writer *w = mem_zalloc(sizeof *w);

    w->conn = c;
    w->commits = commits;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->wake, NULL);
    if (start_thread(w) != 0) {
        (void)pthread_cond_destroy(&w->wake);
        (void)pthread_mutex_destroy(&w->lock);
        mem_free(w);
        return err_set(e, ASSAY_ELIMIT, "no thread for writing to the store can be started");
    }
    *out = w;
    return ASSAY_OK;
}

void writer_stop(struct writer *w)
{
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    w->conn->engine->disconnect(w->conn);
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

enum assay_err writer_run(struct writer *w, store_fn *fn, void *ctx, struct err *e)
{
    struct job job = {.fn = fn, .ctx = ctx, .e = e};

    assert(!pthread_equal(pthread_self(), w->thread)); /* a write inside a write never ends */
    if (atomic_load(&w->failed))
        return refuse_failed(e);
    (void)sem_init(&job.done, 0, 0);
    (void)pthread_mutex_lock(&w->lock);
    assert(!w->stop);
    *w->last = &job;
    w->last = &job.next;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    while (sem_wait(&job.done) != 0)
        ; /* a signal */
    (void)sem_destroy(&job.done);
    return job.rc;
}
