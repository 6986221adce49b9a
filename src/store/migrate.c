/* Applying migrations: one at a time, each in a transaction under the engine's lock. */
#include "store/migrate.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/engine_impl.h"

#define MIGRATION_TEXT_MAX ((size_t)4 << 20)

static const char table[] = "CREATE TABLE migration ("
                            " number INTEGER NOT NULL PRIMARY KEY,"
                            " name TEXT NOT NULL,"
                            " sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
                            " applied_ms INTEGER NOT NULL"
                            ") STRICT";

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

char *migrate_postgres_text(const char *text)
{
    static const char *const words[][2] = {
        {"INTEGER", "BIGINT"}, {"BLOB", "BYTEA"}, {"STRICT", ""}};
    struct buf b;

    buf_init(&b, MIGRATION_TEXT_MAX);
    while (*text != '\0') {
        size_t size = 0;
        while (is_word(text[size]))
            size++;
        if (size == 0) {
            buf_add_char(&b, *text++);
            continue;
        }
        const char *word = NULL;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strlen(words[i][0]) == size && memcmp(words[i][0], text, size) == 0)
                word = words[i][1];
        if (word != NULL)
            buf_add_str(&b, word);
        else
            buf_add(&b, text, size);
        text += size;
    }
    assert(!b.over);
    return buf_take(&b);
}

struct progress {
    const struct store_options *options;
    const struct engine *engine;
    int64_t applied; /* numbers 1 .. applied are in the store */
};

static const struct migration *find(const struct store_options *o, int64_t number)
{
    for (size_t i = 0; i < o->migrations_count; i++)
        if (o->migrations[i].number == number)
            return &o->migrations[i];
    return NULL;
}

/* Compare one applied migration with the program's. */
static enum assay_err compare(struct sql *q, const struct progress *p, struct err *e)
{
    int64_t number = sql_get_int(q, 0);
    int64_t known = (int64_t)p->options->migrations_count;
    const struct migration *m = find(p->options, number);
    uint8_t sha256[MIGRATION_SHA256_BYTES];

    if (m == NULL)
        return err_set(e, ASSAY_EVERSION,
                       "the store is at schema %lld, this assay knows schemas up to %lld; use a "
                       "newer assay",
                       (long long)number, (long long)known);
    if (!sql_get_bytes(q, 2, sha256, sizeof sha256) ||
        memcmp(sha256, m->sha256[p->engine->kind], sizeof sha256) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       "migration %lld (%s) was applied in another form than this assay has; the "
                       "store or the program was changed",
                       (long long)number, m->name);
    return ASSAY_OK;
}

static enum assay_err has_table(struct tx *tx, bool *out, struct err *e)
{
    struct sql *q = sql(tx, tx->conn->engine->has_migrations);
    enum assay_err rc = sql_one(q, e);

    sql_done(q);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    *out = rc == ASSAY_OK;
    return ASSAY_OK;
}

/* What is applied, newest first so that a newer store names its newest number. */
static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct progress *p = ctx;
    bool made;
    enum assay_err rc = has_table(tx, &made, e);

    p->applied = 0;
    if (rc != ASSAY_OK || !made)
        return rc;
    struct sql *q = sql(tx, "SELECT number, name, sha256 FROM migration ORDER BY number DESC");
    while ((rc = sql_step(q, e)) == ASSAY_OK) {
        if ((rc = compare(q, p, e)) != ASSAY_OK)
            break;
        if (p->applied == 0)
            p->applied = sql_get_int(q, 0);
    }
    sql_done(q);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err run_text(struct conn *c, const char *text, struct err *e)
{
    if (c->engine->kind == STORE_SQLITE)
        return c->engine->script(c, text, e);
    char *own = migrate_postgres_text(text);
    enum assay_err rc = c->engine->script(c, own, e);
    mem_free(own);
    return rc;
}

static enum assay_err note(struct tx *tx, const struct migration *m, struct err *e)
{
    struct sql *q =
        sql(tx, "INSERT INTO migration (number, name, sha256, applied_ms) VALUES ($1, $2, $3, $4)");

    sql_int(q, m->number);
    sql_text(q, m->name);
    sql_blob(q, m->sha256[tx->conn->engine->kind], MIGRATION_SHA256_BYTES);
    sql_int(q, clock_now_ms());
    return sql_run_done(q, NULL, e);
}

/* Look again under the lock (somebody else may have been first), then apply the next one. */
static enum assay_err apply_next(struct tx *tx, void *ctx, struct err *e)
{
    struct progress *p = ctx;
    struct conn *c = tx->conn;
    bool made;
    enum assay_err rc;

    if ((rc = look(tx, p, e)) != 0 || (rc = has_table(tx, &made, e)) != 0)
        return rc;
    if (!made && (rc = run_text(c, table, e)) != 0)
        return rc;
    const struct migration *m = find(p->options, p->applied + 1);
    if (m == NULL)
        return ASSAY_OK;
    if ((rc = run_text(c, m->text, e)) != 0 ||
        (rc = c->engine->script(c, m->extra[c->engine->kind], e)) != 0)
        return err_prefix(e, rc, "migration %lld (%s)", (long long)m->number, m->name);
    if ((rc = note(tx, m, e)) == ASSAY_OK)
        p->applied = m->number;
    return rc;
}

static enum assay_err in_transaction(struct conn *c, enum tx_kind kind, store_fn *fn, void *ctx,
                                     struct err *e)
{
    enum assay_err rc = c->engine->begin(c, kind, e);

    if (rc == ASSAY_OK)
        rc = tx_run(c, fn, ctx, e);
    if (rc == ASSAY_OK)
        return c->engine->commit(c, e);
    c->engine->rollback(c);
    return rc;
}

enum assay_err migrate(struct conn *c, const struct store_options *options, int64_t *schema,
                       struct err *e)
{
    struct progress p = {.options = options, .engine = c->engine};
    int64_t last = (int64_t)options->migrations_count;
    enum assay_err rc;

    for (int64_t number = 1; number <= last; number++)
        assert(find(options, number) != NULL);
    /* Without the lock first: commands beside a busy server have nothing to apply. */
    rc = in_transaction(c, TX_READ, look, &p, e);
    while (rc == ASSAY_OK && p.applied < last)
        rc = in_transaction(c, TX_MIGRATE, apply_next, &p, e);
    if (rc == ASSAY_OK)
        *schema = p.applied;
    return rc;
}
