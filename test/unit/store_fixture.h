/* Two small tables and the functions on them that the tests of the store share. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <stdint.h>

#include "store/migrate.h"
#include "store/sql.h"

/*
 * Number 1: parent (id) and thing (id, name unique, count >= 0, bytes, parent_id), the latter
 * deferred in late_id. Number 2: ledger (id, note), which may not be changed, by the engine's own
 * trigger.
 */
extern const struct migration fixture_migrations[2];
extern const struct store_options fixture_options;

struct thing {
    int64_t id;
    const char *name;
    int64_t count;
    const void *bytes;
    size_t size;
    int64_t parent_id; /* 0: none */
    int64_t late_id;   /* 0: none; looked at when committing */
};

/* store_fn: insert the struct thing. */
enum assay_err thing_put(struct tx *tx, void *ctx, struct err *e);
/* store_fn: put the number of rows in the int64_t. */
enum assay_err thing_count(struct tx *tx, void *ctx, struct err *e);

/* Outside a transaction of one's own; they fail the test on an error. */
void put_ok(struct store *s, int64_t id);
int64_t count_of(struct store *s);

#endif
