/* Statements: the cache, the state of a transaction after an error, and the way to the engine. */
#include "store/sql.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "store/engine_impl.h"

static size_t bucket_of(const char *text)
{
    return (size_t)(((uintptr_t)text * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % SQL_BUCKETS;
}

/*
 * An idle statement of this text, or a new one. The address is the key, but the text is compared
 * too: text made at run time in a buffer used twice must not run as what was there before.
 */
static struct sql *cache_take(struct conn *c, const char *text)
{
    size_t bucket = bucket_of(text);

    for (struct sql *q = c->cache[bucket]; q != NULL; q = q->next)
        if (!q->in_use && strcmp(q->text, text) == 0)
            return q;
    struct sql *q = c->engine->sql_new(c, text);
    q->conn = c;
    q->bucket = bucket;
    q->next = c->cache[bucket];
    c->cache[bucket] = q;
    return q;
}

/* One that could not be prepared or bound is made anew the next time. */
static void cache_drop(struct sql *q)
{
    struct sql **at = &q->conn->cache[q->bucket];

    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->conn->engine->sql_free(q);
}

struct sql *sql(struct tx *tx, const char *text)
{
    assert(tx != NULL);
    assert(text != NULL);
    struct sql *q = cache_take(tx->conn, text);
    q->tx = tx;
    q->in_use = true;
    q->bound = 0;
    q->stepped = false;
    tx->conn->open_count++;
    return q;
}

/* The number of the next parameter. */
static int next_index(struct sql *q)
{
    assert(q->in_use);
    assert(!q->stepped);
    assert(q->bound < SQL_PARAMS_MAX);
    return ++q->bound;
}

void sql_int(struct sql *q, int64_t v)
{
    q->conn->engine->bind_int(q, next_index(q), v);
}

static void bind_null(struct sql *q, enum sql_type type)
{
    q->conn->engine->bind_null(q, next_index(q), type);
}

void sql_id(struct sql *q, int64_t id)
{
    if (id == 0)
        bind_null(q, SQL_INT);
    else
        sql_int(q, id);
}

void sql_text(struct sql *q, const char *text)
{
    if (text == NULL)
        bind_null(q, SQL_TEXT);
    else
        q->conn->engine->bind_text(q, next_index(q), text);
}

void sql_blob(struct sql *q, const void *bytes, size_t size)
{
    if (bytes == NULL)
        bind_null(q, SQL_BLOB);
    else
        q->conn->engine->bind_blob(q, next_index(q), bytes, size);
}

enum assay_err sql_step(struct sql *q, struct err *e)
{
    struct tx *tx = q->tx;
    enum assay_err rc;

    assert(q->in_use);
    if (tx->failed == ASSAY_OK) {
        rc = q->rc;
        if (rc == ASSAY_OK)
            rc = q->conn->engine->step(q, &q->err);
        q->stepped = true;
        if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND)
            return rc;
        conn_note(q->conn, rc);
        tx->failed = rc;
        tx->failure = q->err;
    }
    if (e != NULL)
        *e = tx->failure;
    return tx->failed;
}

enum assay_err sql_one(struct sql *q, struct err *e)
{
    return sql_step(q, e);
}

enum assay_err sql_run(struct sql *q, int64_t *changed, struct err *e)
{
    enum assay_err rc;

    while ((rc = sql_step(q, e)) == ASSAY_OK)
        ;
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    if (changed != NULL)
        *changed = q->conn->engine->changed(q);
    return ASSAY_OK;
}

enum assay_err sql_one_int(struct sql *q, int64_t *out, struct err *e)
{
    enum assay_err rc = sql_one(q, e);

    if (rc == ASSAY_OK)
        *out = sql_get_int(q, 0);
    sql_done(q);
    return rc;
}

enum assay_err sql_run_done(struct sql *q, int64_t *changed, struct err *e)
{
    enum assay_err rc = sql_run(q, changed, e);

    sql_done(q);
    return rc;
}

bool sql_is_null(struct sql *q, int column)
{
    return q->conn->engine->is_null(q, column);
}

int64_t sql_get_int(struct sql *q, int column)
{
    return sql_is_null(q, column) ? 0 : q->conn->engine->get_int(q, column);
}

const char *sql_get_text(struct sql *q, int column)
{
    return sql_is_null(q, column) ? NULL : q->conn->engine->get_text(q, column);
}

const void *sql_get_blob(struct sql *q, int column, size_t *size)
{
    *size = 0;
    return sql_is_null(q, column) ? NULL : q->conn->engine->get_blob(q, column, size);
}

bool sql_get_bytes(struct sql *q, int column, void *out, size_t size)
{
    size_t have;
    const void *bytes = sql_get_blob(q, column, &have);

    memset(out, 0, size);
    if (bytes == NULL || have != size)
        return false;
    memcpy(out, bytes, size);
    return true;
}

void sql_done(struct sql *q)
{
    if (q == NULL)
        return;
    assert(q->in_use);
    assert(q->conn->open_count > 0);
    q->in_use = false;
    q->tx = NULL;
    q->conn->open_count--;
    if (q->rc == ASSAY_OK)
        q->conn->engine->reset(q);
    else
        cache_drop(q);
}

/* A forgotten sql_done would pin a snapshot and block the statement: mend it and say so. */
static void close_left_open(struct conn *c)
{
    log_error("store.statements_left_open", LOG_COUNT("count", c->open_count));
    for (size_t i = 0; i < SQL_BUCKETS; i++)
        for (struct sql *q = c->cache[i], *next; q != NULL; q = next) {
            next = q->next;
            if (q->in_use)
                sql_done(q);
        }
}

void conn_note(struct conn *c, enum assay_err rc)
{
    if (rc == ASSAY_EFULL || rc == ASSAY_EIO)
        c->fatal = rc;
}

enum assay_err tx_run(struct conn *c, store_fn *fn, void *ctx, struct err *e)
{
    struct tx tx = {.conn = c};
    enum assay_err rc = fn(&tx, ctx, e);

    if (c->open_count > 0)
        close_left_open(c);
    if (rc == ASSAY_OK && tx.failed != ASSAY_OK) {
        if (e != NULL)
            *e = tx.failure;
        rc = tx.failed;
    }
    return rc;
}

void conn_clear(struct conn *c)
{
    assert(c->open_count == 0);
    for (size_t i = 0; i < SQL_BUCKETS; i++)
        while (c->cache[i] != NULL) {
            struct sql *q = c->cache[i];
            c->cache[i] = q->next;
            c->engine->sql_free(q);
        }
}
