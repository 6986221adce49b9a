/* Entries by number: digests lead to the first of a chain of them, PDQs to each by the index. */
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "match/set_impl.h"

static const struct {
    const char *name;
    size_t bytes;
} kinds[MATCH_KINDS] = {{"md5", 16}, {"sha1", 20}, {"sha256", 32}, {"pdq", 32}};

size_t match_bytes(enum match_kind kind)
{
    assert(kind < MATCH_KINDS);
    return kinds[kind].bytes;
}

const char *match_name(enum match_kind kind)
{
    assert(kind < MATCH_KINDS);
    return kinds[kind].name;
}

enum assay_err match_failed(enum assay_err rc, struct err *e)
{
    return err_set(e, rc, "there is not enough memory for the index of PDQs");
}

struct match_set *match_set_new(void)
{
    struct match_set *set = mem_zalloc(sizeof *set);

    (void)pthread_mutex_init(&set->writing, NULL);
    set->next = 1; /* of a table's cells 0 says that nothing is there */
    for (unsigned kind = 0; kind < MATCH_PDQ; kind++)
        table_init(&set->tables[kind], match_bytes(kind));
    /* As for all else in the program: with so little memory it ends. */
    if (assay_index_new(&set->pdq) != ASSAY_OK ||
        assay_index_reader_new(set->pdq, &set->finder) != ASSAY_OK)
        abort();
    return set;
}

void match_set_free(struct match_set *set)
{
    if (set == NULL)
        return;
    assay_index_reader_free(set->finder);
    assay_index_free(set->pdq);
    for (unsigned kind = 0; kind < MATCH_PDQ; kind++)
        table_clear(&set->tables[kind]);
    for (size_t i = 0; i < SLOT_BLOCKS; i++)
        mem_free(atomic_load(&set->blocks[i]));
    (void)pthread_mutex_destroy(&set->writing);
    mem_free(set);
}

struct match_slot *match_slot(struct match_set *set, uint32_t number)
{
    return atomic_load_explicit(&set->blocks[number / BLOCK_SLOTS], memory_order_acquire) +
           number % BLOCK_SLOTS;
}

/* A slot is filled before anything leads to it and its list and record never change. */
static uint32_t new_slot(struct match_set *set, const struct match_entry *entry)
{
    const uint32_t number = set->next++;
    struct match_slot *_Atomic *block = &set->blocks[number / BLOCK_SLOTS];

    if (atomic_load(block) == NULL)
        atomic_store(block, mem_array(BLOCK_SLOTS, sizeof(struct match_slot)));
    *match_slot(set, number) = (struct match_slot){entry->list, 0, entry->record};
    return number;
}

static void add_digest(struct match_set *set, const struct match_entry *entry)
{
    struct table *t = &set->tables[entry->kind];
    struct table_shard *s = table_shard(t, entry->hash);
    const uint32_t number = new_slot(set, entry);

    (void)pthread_rwlock_wrlock(&s->lock);
    match_slot(set, number)->next = table_get(t, s, entry->hash);
    table_set(t, s, entry->hash, number);
    (void)pthread_rwlock_unlock(&s->lock);
}

static enum assay_err add_pdqs(struct match_set *set, const struct match_entry *entries,
                               size_t count, size_t pdqs)
{
    uint8_t *hashes = mem_array(pdqs, ASSAY_INDEX_HASH_BYTES);
    uint32_t *ids = mem_array(pdqs, sizeof *ids);
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].kind != MATCH_PDQ)
            continue;
        memcpy(hashes + n * ASSAY_INDEX_HASH_BYTES, entries[i].hash, ASSAY_INDEX_HASH_BYTES);
        ids[n++] = new_slot(set, &entries[i]);
    }
    enum assay_err rc = assay_index_add_many(set->pdq, hashes, ids, pdqs);
    mem_free(ids);
    mem_free(hashes);
    return rc;
}

enum assay_err match_set_add(struct match_set *set, const struct match_entry *entries, size_t count,
                             struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    size_t pdqs = 0;

    for (size_t i = 0; i < count; i++)
        pdqs += entries[i].kind == MATCH_PDQ;
    (void)pthread_mutex_lock(&set->writing);
    if (count > UINT32_MAX - set->next) {
        rc = err_set(e, ASSAY_ELIMIT, "more than 4 billion hashes were added");
        goto out;
    }
    /* First what can fail. */
    if (pdqs > 0 && (rc = add_pdqs(set, entries, count, pdqs)) != ASSAY_OK) {
        rc = match_failed(rc, e);
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].kind != MATCH_PDQ)
            add_digest(set, &entries[i]);
        set->entries[entries[i].kind]++;
    }
out:
    (void)pthread_mutex_unlock(&set->writing);
    return rc;
}

static int compare_hashes(const struct match_entry *a, const struct match_entry *b)
{
    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1)
                              : memcmp(a->hash, b->hash, match_bytes(a->kind));
}

static int compare_records(const struct match_entry *a, uint32_t list, uint64_t record)
{
    if (a->list != list)
        return a->list < list ? -1 : 1;
    return a->record < record ? -1 : a->record > record;
}

static int by_hash_then_record(const void *left, const void *right)
{
    const struct match_entry *a = *(const struct match_entry *const *)left;
    const struct match_entry *b = *(const struct match_entry *const *)right;
    const int order = compare_hashes(a, b);

    return order != 0 ? order : compare_records(a, b->list, b->record);
}

/* Entries of one hash, by list and record: however many share it, it is looked up once. */
struct group {
    const struct match_entry **entries;
    size_t count;
};

static bool group_has(const struct group *g, const struct match_slot *slot)
{
    size_t low = 0, high = g->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_records(g->entries[middle], slot->list, slot->record);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static void remove_digests(struct match_set *set, const struct group *g)
{
    const struct match_entry *entry = g->entries[0];
    struct table *t = &set->tables[entry->kind];
    struct table_shard *s = table_shard(t, entry->hash);
    uint32_t first, *from = &first;

    (void)pthread_rwlock_wrlock(&s->lock);
    first = table_get(t, s, entry->hash);
    const uint32_t was = first;
    while (*from != 0) {
        struct match_slot *slot = match_slot(set, *from);

        if (group_has(g, slot)) {
            *from = slot->next;
            set->entries[entry->kind]--;
        } else {
            from = &slot->next;
        }
    }
    if (first != was)
        table_set(t, s, entry->hash, first);
    (void)pthread_rwlock_unlock(&s->lock);
}

static enum assay_err remove_pdqs(struct match_set *set, const struct group *g)
{
    const uint8_t *hash = g->entries[0]->hash;
    const struct assay_index_hit *hits;
    size_t count = 0;
    enum assay_err rc = assay_index_search(set->finder, hash, 0, &hits, &count);

    for (size_t i = 0; i < count && rc == ASSAY_OK; i++) {
        if (!group_has(g, match_slot(set, hits[i].id)))
            continue;
        rc = assay_index_delete(set->pdq, hash, hits[i].id);
        if (rc == ASSAY_OK)
            set->entries[MATCH_PDQ]--;
    }
    return rc;
}

enum assay_err match_set_remove(struct match_set *set, const struct match_entry *entries,
                                size_t count, struct err *e)
{
    const struct match_entry **sorted = mem_array(count + 1, sizeof(const struct match_entry *));
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, count, sizeof(const struct match_entry *), by_hash_then_record);
    (void)pthread_mutex_lock(&set->writing);
    for (size_t from = 0, to; from < count && rc == ASSAY_OK; from = to) {
        for (to = from + 1; to < count && compare_hashes(sorted[from], sorted[to]) == 0;)
            to++;
        const struct group g = {sorted + from, to - from};
        if (sorted[from]->kind != MATCH_PDQ)
            remove_digests(set, &g);
        else if ((rc = remove_pdqs(set, &g)) != ASSAY_OK)
            rc = match_failed(rc, e);
    }
    (void)pthread_mutex_unlock(&set->writing);
    mem_free(sorted);
    return rc;
}

enum assay_err match_set_merge(struct match_set *set, struct err *e)
{
    struct assay_index_info info;
    enum assay_err rc;
    uint64_t before;

    /* One merge takes some millions; a search would read through what is left behind it. */
    assay_index_get_info(set->pdq, &info);
    do {
        before = info.tail;
        rc = assay_index_merge(set->pdq);
        assay_index_get_info(set->pdq, &info);
    } while (rc == ASSAY_OK && info.tail < before);
    return rc == ASSAY_OK ? rc : match_failed(rc, e);
}

void match_set_info(struct match_set *set, struct match_info *out)
{
    struct assay_index_info info;

    assay_index_get_info(set->pdq, &info);
    (void)pthread_mutex_lock(&set->writing);
    memcpy(out->entries, set->entries, sizeof out->entries);
    (void)pthread_mutex_unlock(&set->writing);
    out->pdq_bytes = info.bytes;
}
