/* Transactions the store acknowledges a second, with 1 and with 50 threads that wait for each. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "db.h"
#include "store/sql.h"

#define SECONDS     3
#define THREADS_MAX 50

/* As a decision does it: an insert, an insert into the record, an update. */
static const struct migration tables[] = {
    {.number = 1,
     .name = "bench",
     .text = "CREATE TABLE decision (id INTEGER NOT NULL PRIMARY KEY, item_id INTEGER NOT NULL,"
             " body TEXT NOT NULL) STRICT;"
             "CREATE TABLE record (id INTEGER NOT NULL PRIMARY KEY, line TEXT NOT NULL) STRICT;"
             "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, decided INTEGER NOT NULL) STRICT;"
             "CREATE INDEX decision_by_item ON decision (item_id);",
     .extra = {"", ""},
     .sha256 = {{1}, {1}}},
};

struct client {
    struct store *store;
    pthread_t thread;
    int64_t next, until_ms, acked, slowest_ms;
};

static enum assay_err decide(struct tx *tx, void *ctx, struct err *e)
{
    const struct client *c = ctx;
    enum assay_err rc;
    struct sql *q = sql(tx, "INSERT INTO decision (id, item_id, body) VALUES ($1, $2, $3)");

    sql_int(q, c->next);
    sql_int(q, c->next);
    sql_text(q, "{\"code\":\"2\",\"reason\":\"seen\",\"tags\":[1,2,3]}");
    if ((rc = sql_run_done(q, NULL, e)) != 0)
        return rc;
    q = sql(tx, "INSERT INTO record (id, line) VALUES ($1, $2)");
    sql_int(q, c->next);
    sql_text(q, "{\"v\":1,\"event\":\"00112233445566778899aabbccddeeff\",\"action\":\"decide\"}");
    if ((rc = sql_run_done(q, NULL, e)) != 0)
        return rc;
    q = sql(tx, "INSERT INTO item (id, decided) VALUES ($1, 1)"
                " ON CONFLICT (id) DO UPDATE SET decided = item.decided + 1");
    sql_int(q, c->next % 1000);
    return sql_run_done(q, NULL, e);
}

static void *client_main(void *arg)
{
    struct client *c = arg;
    struct err e;

    for (int64_t at = clock_mono_ms(), now; at < c->until_ms; at = now) {
        if (store_write(c->store, decide, c, &e) != ASSAY_OK) {
            (void)fprintf(stderr, "bench_store: %s\n", e.text);
            exit(3);
        }
        now = clock_mono_ms();
        c->slowest_ms = now - at > c->slowest_ms ? now - at : c->slowest_ms;
        c->next++;
        c->acked++;
    }
    return NULL;
}

static void measure(struct store *s, const char *engine, int threads, int64_t first)
{
    struct client clients[THREADS_MAX];
    int64_t acked = 0, slowest_ms = 0, began_ms = clock_mono_ms();

    for (int i = 0; i < threads; i++) {
        clients[i] = (struct client){.store = s,
                                     .next = first + (int64_t)i * 10000000,
                                     .until_ms = began_ms + SECONDS * 1000};
        if (pthread_create(&clients[i].thread, NULL, client_main, &clients[i]) != 0)
            exit(3);
    }
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        acked += clients[i].acked;
        slowest_ms = clients[i].slowest_ms > slowest_ms ? clients[i].slowest_ms : slowest_ms;
    }
    int64_t ms = clock_mono_ms() - began_ms;
    (void)printf("%s threads=%d acked_per_s=%lld slowest_ms=%lld\n", engine, threads,
                 (long long)(acked * 1000 / ms), (long long)slowest_ms);
}

int main(void)
{
    const struct store_options options = {.migrations = tables, .migrations_count = 1};
    const char *engine = db_engine() == STORE_SQLITE ? "sqlite" : "postgres";
    struct db *db = db_new_with(&options);

    measure(db_store(db), engine, 1, 1);
    measure(db_store(db), engine, THREADS_MAX, 1000000000);
    db_free(db);
    return 0;
}
