/* Digests of one kind, each with a number: a hash table in shards that grow one by one. */
#ifndef MATCH_TABLE_H
#define MATCH_TABLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_SHARDS 64

/* A cell is its number, four bytes, and the digest; number 0 is a cell that nothing is in. */
struct table_shard {
    pthread_rwlock_t lock; /* for whoever calls: held while a cell is looked at */
    uint8_t *cells;
    size_t used, room; /* cells; room is a power of two, or 0 */
};

struct table {
    size_t bytes;     /* of a digest */
    uint8_t seed[16]; /* random, so that nobody can choose digests that meet */
    struct table_shard shards[TABLE_SHARDS];
};

void table_init(struct table *t, size_t bytes);
void table_clear(struct table *t);

/* Where the digest's shard is; its lock is taken by the caller around all below. */
struct table_shard *table_shard(struct table *t, const uint8_t *digest);

/* The number of a digest, 0 when it is not there. */
uint32_t table_get(const struct table *t, const struct table_shard *s, const uint8_t *digest);
/* number: from 1, or 0 to take the digest out. */
void table_set(const struct table *t, struct table_shard *s, const uint8_t *digest,
               uint32_t number);

#endif
