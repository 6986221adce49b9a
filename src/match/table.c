/* Open addressing with linear probing; a digest that is taken out leaves no mark behind. */
#include "match/table.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"

#define FIRST_ROOM 64

void table_init(struct table *t, size_t bytes)
{
    pthread_rwlockattr_t fair;

    memset(t, 0, sizeof *t);
    t->bytes = bytes;
    rand_bytes(t->seed, sizeof t->seed);
    (void)pthread_rwlockattr_init(&fair); /* none of these fails with glibc */
    /* Searches that never pause must not keep changes out. */
    (void)pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    for (size_t i = 0; i < TABLE_SHARDS; i++)
        (void)pthread_rwlock_init(&t->shards[i].lock, &fair);
    (void)pthread_rwlockattr_destroy(&fair);
}

void table_clear(struct table *t)
{
    for (size_t i = 0; i < TABLE_SHARDS; i++) {
        mem_free(t->shards[i].cells);
        (void)pthread_rwlock_destroy(&t->shards[i].lock);
    }
}

static uint64_t place_of(const struct table *t, const uint8_t *digest)
{
    uint64_t place;

    (void)crypto_shorthash((uint8_t *)&place, digest, t->bytes, t->seed);
    return place;
}

struct table_shard *table_shard(struct table *t, const uint8_t *digest)
{
    return &t->shards[place_of(t, digest) >> 58];
}

static size_t stride(const struct table *t)
{
    return sizeof(uint32_t) + t->bytes;
}

static uint32_t number_at(const struct table *t, const struct table_shard *s, size_t at)
{
    uint32_t number;

    memcpy(&number, s->cells + at * stride(t), sizeof number);
    return number;
}

static uint8_t *digest_at(const struct table *t, const struct table_shard *s, size_t at)
{
    return s->cells + at * stride(t) + sizeof(uint32_t);
}

static void put(const struct table *t, struct table_shard *s, size_t at, const uint8_t *digest,
                uint32_t number)
{
    memcpy(s->cells + at * stride(t), &number, sizeof number);
    memcpy(digest_at(t, s, at), digest, t->bytes);
}

/* Where the digest is, or the empty cell where it would be. There is always an empty one. */
static size_t find(const struct table *t, const struct table_shard *s, const uint8_t *digest)
{
    size_t at = place_of(t, digest) & (s->room - 1);

    while (number_at(t, s, at) != 0 && memcmp(digest_at(t, s, at), digest, t->bytes) != 0)
        at = (at + 1) & (s->room - 1);
    return at;
}

static void grow(const struct table *t, struct table_shard *s)
{
    struct table_shard old = *s;

    s->room = old.room == 0 ? FIRST_ROOM : 2 * old.room;
    s->cells = mem_array(s->room, stride(t));
    for (size_t i = 0; i < old.room; i++) {
        const uint8_t *digest = digest_at(t, &old, i);

        if (number_at(t, &old, i) != 0)
            put(t, s, find(t, s, digest), digest, number_at(t, &old, i));
    }
    mem_free(old.cells);
}

/* Empty the cell, and move up what stood behind it and belongs nearer to its place. */
static void take_out(const struct table *t, struct table_shard *s, size_t hole)
{
    const size_t mask = s->room - 1;

    for (size_t at = (hole + 1) & mask; number_at(t, s, at) != 0; at = (at + 1) & mask) {
        const size_t home = place_of(t, digest_at(t, s, at)) & mask;

        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        memcpy(s->cells + hole * stride(t), s->cells + at * stride(t), stride(t));
        hole = at;
    }
    memset(s->cells + hole * stride(t), 0, stride(t));
    s->used--;
}

uint32_t table_get(const struct table *t, const struct table_shard *s, const uint8_t *digest)
{
    return s->room == 0 ? 0 : number_at(t, s, find(t, s, digest));
}

void table_set(const struct table *t, struct table_shard *s, const uint8_t *digest, uint32_t number)
{
    if (s->used + 1 > s->room / 3 * 2)
        grow(t, s);
    const size_t at = find(t, s, digest);
    const bool there = number_at(t, s, at) != 0;
    if (number == 0) {
        if (there)
            take_out(t, s, at);
        return;
    }
    put(t, s, at, digest, number);
    if (!there)
        s->used++;
}
