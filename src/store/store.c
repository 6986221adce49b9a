/* The door: opening, the pool of connections, and running functions in transactions. */
#include "store/store.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/engine_impl.h"
#include "store/migrate.h"
#include "store/workspace.h"

#define POOL_MAX   16 /* connections at once, beside SQLite's writer */
#define TRIES_MAX  5  /* of one function, when the engine says to run it anew */
#define RETRY_MS   5  /* times the number of the try */
#define PATH_BYTES 4096

struct store {
    const struct engine *engine;
    struct store_place place;
    char *path, *url, *vfs; /* what place points to */
    struct writer *writer;  /* SQLite's; NULL on PostgreSQL */
    int64_t schema;
    _Atomic int64_t commits;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct conn *idle; /* under lock */
    size_t open_count; /* under lock: idle ones and those in use */
};

static enum assay_err pool_take(struct store *s, struct conn **out, struct err *e)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->idle == NULL && s->open_count == POOL_MAX)
        (void)pthread_cond_wait(&s->freed, &s->lock);
    struct conn *c = s->idle;
    if (c != NULL)
        s->idle = c->next;
    else
        s->open_count++; /* room for the one made below */
    (void)pthread_mutex_unlock(&s->lock);
    if (c != NULL) {
        *out = c;
        return ASSAY_OK;
    }
    enum assay_err rc = s->engine->connect(&s->place, CONN_READ, out, e);
    if (rc != ASSAY_OK) {
        (void)pthread_mutex_lock(&s->lock);
        s->open_count--;
        (void)pthread_cond_signal(&s->freed);
        (void)pthread_mutex_unlock(&s->lock);
    }
    return rc;
}

/* After one connection is lost (the server went away), those that lie idle are lost too. */
static void pool_drop_idle(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    struct conn *c = s->idle;
    s->idle = NULL;
    for (struct conn *at = c; at != NULL; at = at->next)
        s->open_count--;
    (void)pthread_cond_broadcast(&s->freed);
    (void)pthread_mutex_unlock(&s->lock);
    while (c != NULL) {
        struct conn *next = c->next;
        s->engine->disconnect(c);
        c = next;
    }
}

static void pool_give(struct store *s, struct conn *c)
{
    bool lost = c->lost;

    if (lost) {
        s->engine->disconnect(c);
        pool_drop_idle(s);
    }
    (void)pthread_mutex_lock(&s->lock);
    if (lost) {
        s->open_count--;
    } else {
        c->next = s->idle;
        s->idle = c;
    }
    (void)pthread_cond_signal(&s->freed);
    (void)pthread_mutex_unlock(&s->lock);
}

/* One try on one connection. *again: the engine says that the same may go well the next time. */
static enum assay_err run_once(struct store *s, enum tx_kind kind, store_fn *fn, void *ctx,
                               bool *again, struct err *e)
{
    struct conn *c;
    enum assay_err rc = pool_take(s, &c, e);

    *again = false;
    if (rc != ASSAY_OK)
        return rc;
    rc = s->engine->begin(c, kind, e);
    if (rc == ASSAY_OK) {
        rc = tx_run(c, fn, ctx, e);
        if (rc == ASSAY_OK)
            rc = s->engine->commit(c, e);
        else
            s->engine->rollback(c);
    }
    *again = rc != ASSAY_OK && s->engine->retry(c);
    pool_give(s, c);
    return rc;
}

static enum assay_err run(struct store *s, enum tx_kind kind, store_fn *fn, void *ctx,
                          struct err *e)
{
    enum assay_err rc;
    bool again;

    for (int tries = 1;; tries++) {
        rc = run_once(s, kind, fn, ctx, &again, e);
        if (!again || tries == TRIES_MAX)
            return rc;
        clock_sleep_ms(RETRY_MS * tries);
    }
}

enum assay_err store_write(struct store *s, store_fn *fn, void *ctx, struct err *e)
{
    if (s->writer != NULL)
        return writer_run(s->writer, fn, ctx, e);
    enum assay_err rc = run(s, TX_WRITE, fn, ctx, e);
    if (rc == ASSAY_OK)
        atomic_fetch_add(&s->commits, 1);
    return rc;
}

enum assay_err store_read(struct store *s, store_fn *fn, void *ctx, struct err *e)
{
    return run(s, TX_READ, fn, ctx, e);
}

static enum assay_err choose(struct store *s, const char *data_dir, const char *url,
                             const struct store_options *options, struct err *e)
{
    char path[PATH_BYTES];
    int busy_ms = options->busy_ms != 0 ? options->busy_ms : STORE_BUSY_MS;

    s->engine = &engine_sqlite;
    if (url != NULL) {
        if (!str_starts(url, "postgres://") && !str_starts(url, "postgresql://"))
            return err_set(e, ASSAY_ERANGE, "a store's URL begins with postgres://");
        s->engine = &engine_postgres;
        s->url = mem_strdup(url);
        s->place = (struct store_place){.url = s->url, .busy_ms = busy_ms};
        return ASSAY_OK;
    }
    int size = snprintf(path, sizeof path, "%s/assay.db", data_dir);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(e, ASSAY_ERANGE, "the workspace's path is too long");
    s->path = mem_strdup(path);
    s->vfs = options->vfs == NULL ? NULL : mem_strdup(options->vfs);
    s->place = (struct store_place){.path = s->path, .vfs = s->vfs, .busy_ms = busy_ms};
    return ASSAY_OK;
}

/* The first connection migrates; then it becomes SQLite's writer or goes into the pool. */
static enum assay_err start(struct store *s, const struct store_options *options, struct err *e)
{
    struct conn *c;
    enum assay_err rc = s->engine->connect(&s->place, CONN_WRITE, &c, e);

    if (rc != ASSAY_OK)
        return rc;
    rc = migrate(c, options, &s->schema, e);
    if (rc == ASSAY_OK && s->engine->kind == STORE_SQLITE)
        rc = writer_start(c, &s->commits, &s->writer, e);
    if (rc != ASSAY_OK) {
        s->engine->disconnect(c);
        return rc;
    }
    if (s->writer == NULL) {
        s->open_count = 1;
        s->idle = c;
    }
    return ASSAY_OK;
}

enum assay_err store_open_with(const char *data_dir, const char *url,
                               const struct store_options *options, struct store **out,
                               struct err *e)
{
    struct store *s = mem_zalloc(sizeof *s);
    enum assay_err rc;

    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->freed, NULL);
    if ((rc = choose(s, data_dir, url, options, e)) != 0 || (rc = start(s, options, e)) != 0) {
        store_close(s);
        return rc;
    }
    *out = s;
    return ASSAY_OK;
}

enum assay_err store_open(const char *data_dir, const char *url, struct store **out, struct err *e)
{
    struct store_options options = {.migrations = migrations, .migrations_count = migrations_count};

    return store_open_with(data_dir, url, &options, out, e);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    writer_stop(s->writer);
    while (s->idle != NULL) {
        struct conn *c = s->idle;
        s->idle = c->next;
        s->engine->disconnect(c);
        s->open_count--;
    }
    assert(s->open_count == 0); /* nobody reads any more */
    (void)pthread_cond_destroy(&s->freed);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s->path);
    mem_free(s->url);
    mem_free(s->vfs);
    mem_free(s);
}

enum store_engine store_engine(const struct store *s)
{
    return s->engine->kind;
}

int64_t store_schema(const struct store *s)
{
    return s->schema;
}

int64_t store_commits(const struct store *s)
{
    return atomic_load(&s->commits);
}

enum assay_err store_check(struct store *s, struct err *e)
{
    struct conn *c;
    enum assay_err rc = pool_take(s, &c, e);

    if (rc != ASSAY_OK)
        return rc;
    rc = s->engine->check(c, e);
    pool_give(s, c);
    return rc;
}

/* Any statement pins the snapshot. */
static enum assay_err look_at_nothing(struct tx *tx, void *ctx, struct err *e)
{
    struct workspace_row row;
    enum assay_err rc = workspace_get(tx, &row, e);

    (void)ctx;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err store_copy(struct store *s, const struct store_copy *copy, struct err *e)
{
    struct conn *c;
    enum assay_err rc = pool_take(s, &c, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = s->engine->begin(c, TX_READ, e)) != 0)
        goto out;
    /* SQLite's snapshot begins with the first read, so there is one in any case. */
    rc = tx_run(c, copy->look == NULL ? look_at_nothing : copy->look, copy->look_ctx, e);
    if (rc == ASSAY_OK)
        rc = s->engine->copy_out(c, copy, e);
    s->engine->rollback(c);
out:
    pool_give(s, c);
    return rc;
}

static enum assay_err fill(struct tx *tx, void *ctx, struct err *e)
{
    return tx->conn->engine->copy_in(tx->conn, ctx, e);
}

enum assay_err store_fill(const char *url, const struct store_filling *filling, int64_t schema,
                          struct err *e)
{
    struct store_options options = {.migrations = migrations, .migrations_count = (size_t)schema};
    struct store_filling f = *filling;
    struct store *s;
    enum assay_err rc;

    if (schema < 1 || schema > (int64_t)migrations_count)
        return err_set(e, ASSAY_EVERSION,
                       "the copy is of schema %lld, this assay knows schemas up to %lld; use a "
                       "newer assay",
                       (long long)schema, (long long)migrations_count);
    if ((rc = store_open_with("", url, &options, &s, e)) != 0)
        return rc;
    assert(s->engine->copy_in != NULL);
    rc = store_write(s, fill, &f, e);
    store_close(s);
    return rc;
}
