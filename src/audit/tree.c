/* Hashes, roots and proofs of RFC 6962 section 2.1; checks of proofs as in RFC 9162 section 2.1. */
#include "audit/tree.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

void tree_leaf(const void *entry, size_t size, struct tree_hash *out)
{
    static const uint8_t prefix = 0x00;
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, &prefix, 1);
    (void)crypto_hash_sha256_update(&state, entry, size);
    (void)crypto_hash_sha256_final(&state, out->bytes);
}

void tree_node(const struct tree_hash *left, const struct tree_hash *right, struct tree_hash *out)
{
    uint8_t both[1 + 2 * TREE_HASH_BYTES];

    both[0] = 0x01;
    memcpy(both + 1, left->bytes, TREE_HASH_BYTES);
    memcpy(both + 1 + TREE_HASH_BYTES, right->bytes, TREE_HASH_BYTES);
    (void)crypto_hash_sha256(out->bytes, both, sizeof both);
}

void tree_empty(struct tree_hash *out)
{
    (void)crypto_hash_sha256(out->bytes, (const uint8_t *)"", 0);
}

int tree_compare(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a->bytes, b->bytes, TREE_HASH_BYTES);
}

void tree_perfect(const struct tree_hash *hashes, unsigned height, struct tree_hash *out)
{
    struct tree_hash level[128];

    assert(height <= 8);
    if (height == 0) {
        *out = hashes[0];
        return;
    }
    size_t count = (size_t)1 << (height - 1);
    for (size_t i = 0; i < count; i++)
        tree_node(&hashes[2 * i], &hashes[2 * i + 1], &level[i]);
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            tree_node(&level[2 * i], &level[2 * i + 1], &level[i]);
    *out = level[0];
}

static size_t edge_count(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

void tree_edge_add(struct tree_edge *edge, const struct tree_hash *leaf)
{
    struct tree_hash up = *leaf;
    size_t count = edge_count(edge->size);

    /* Each trailing 1 bit of the size is a perfect subtree that the new leaf completes. */
    for (uint64_t bits = edge->size; (bits & 1) != 0; bits >>= 1)
        tree_node(&edge->nodes[--count], &up, &up);
    edge->nodes[count] = up;
    edge->size++;
    assert(edge_count(edge->size) == count + 1);
}

void tree_edge_root(const struct tree_edge *edge, struct tree_hash *out)
{
    size_t count = edge_count(edge->size);

    if (count == 0) {
        tree_empty(out);
        return;
    }
    *out = edge->nodes[count - 1];
    for (size_t i = count - 1; i > 0; i--)
        tree_node(&edge->nodes[i - 1], out, out);
}

/* The root over count leaves from begin on; begin is a multiple of each power of two in count. */
static enum assay_err range_root(tree_read *read, void *ctx, uint64_t begin, uint64_t count,
                                 struct tree_hash *out, struct err *e)
{
    struct tree_hash nodes[TREE_LEVELS_MAX];
    size_t used = 0;
    enum assay_err rc;

    assert(count > 0);
    for (unsigned height = TREE_LEVELS_MAX; height-- > 0;) {
        uint64_t leaves = UINT64_C(1) << height;
        if ((count & leaves) == 0)
            continue;
        assert(begin % leaves == 0);
        if ((rc = read(ctx, height, begin >> height, &nodes[used], e)) != 0)
            return rc;
        used++;
        begin += leaves;
    }
    *out = nodes[used - 1];
    for (size_t i = used - 1; i > 0; i--)
        tree_node(&nodes[i - 1], out, out);
    return ASSAY_OK;
}

enum assay_err tree_root(tree_read *read, void *ctx, uint64_t size, struct tree_hash *out,
                         struct err *e)
{
    if (size == 0) {
        tree_empty(out);
        return ASSAY_OK;
    }
    return range_root(read, ctx, 0, size, out, e);
}

/* Largest power of two below n, which is at least 2. */
static uint64_t split(uint64_t n)
{
    assert(n >= 2);
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* The walks go from the root down; a proof is read from below. */
static void turn_round(struct tree_proof *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        struct tree_hash swap = p->hashes[i];
        p->hashes[i] = p->hashes[p->count - 1 - i];
        p->hashes[p->count - 1 - i] = swap;
    }
}

/* Add the root over count leaves from begin on to the proof. */
static enum assay_err push(tree_read *read, void *ctx, uint64_t begin, uint64_t count,
                           struct tree_proof *p, struct err *e)
{
    assert(p->count < TREE_PROOF_MAX);
    enum assay_err rc = range_root(read, ctx, begin, count, &p->hashes[p->count], e);
    if (rc == ASSAY_OK)
        p->count++;
    return rc;
}

enum assay_err tree_prove_inclusion(tree_read *read, void *ctx, uint64_t index, uint64_t size,
                                    struct tree_proof *out, struct err *e)
{
    struct tree_proof p = {0};
    uint64_t begin = 0;
    enum assay_err rc;

    assert(index < size);
    assert(size <= INT64_MAX);
    while (size > 1) {
        uint64_t left = split(size);
        if (index - begin < left) {
            if ((rc = push(read, ctx, begin + left, size - left, &p, e)) != 0)
                return rc;
            size = left;
        } else {
            if ((rc = push(read, ctx, begin, left, &p, e)) != 0)
                return rc;
            begin += left;
            size -= left;
        }
    }
    turn_round(&p);
    *out = p;
    return ASSAY_OK;
}

enum assay_err tree_prove_consistency(tree_read *read, void *ctx, uint64_t old_size, uint64_t size,
                                      struct tree_proof *out, struct err *e)
{
    struct tree_proof p = {0};
    uint64_t begin = 0;
    bool whole = true; /* the old tree's root is known to the reader and need not be given */
    enum assay_err rc;

    assert(0 < old_size);
    assert(old_size <= size);
    assert(size <= INT64_MAX);
    while (old_size != size) {
        uint64_t left = split(size);
        if (old_size <= left) {
            if ((rc = push(read, ctx, begin + left, size - left, &p, e)) != 0)
                return rc;
            size = left;
        } else {
            if ((rc = push(read, ctx, begin, left, &p, e)) != 0)
                return rc;
            begin += left;
            old_size -= left;
            size -= left;
            whole = false;
        }
    }
    if (!whole && (rc = push(read, ctx, begin, size, &p, e)) != 0)
        return rc;
    turn_round(&p);
    *out = p;
    return ASSAY_OK;
}

enum assay_err tree_check_inclusion(const struct tree_hash *leaf, uint64_t index,
                                    const struct tree_head *head, const struct tree_proof *proof)
{
    struct tree_hash at = *leaf;

    assert(proof->count <= TREE_PROOF_MAX);
    if (index >= head->size)
        return ASSAY_EDAMAGED;
    uint64_t node = index, last = head->size - 1; /* of the level that `at` is on */
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return ASSAY_EDAMAGED;
        if ((node & 1) != 0 || node == last) {
            tree_node(&proof->hashes[i], &at, &at);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            tree_node(&at, &proof->hashes[i], &at);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && tree_compare(&at, &head->root) == 0 ? ASSAY_OK : ASSAY_EDAMAGED;
}

enum assay_err tree_check_consistency(const struct tree_head *old, const struct tree_head *head,
                                      const struct tree_proof *proof)
{
    assert(proof->count <= TREE_PROOF_MAX);
    if (old->size == 0 || old->size > head->size)
        return ASSAY_EDAMAGED;
    if (old->size == head->size)
        return proof->count == 0 && tree_compare(&old->root, &head->root) == 0 ? ASSAY_OK
                                                                               : ASSAY_EDAMAGED;
    /* A perfect old tree is itself the first node of the walk and is not in the proof. */
    bool perfect = (old->size & (old->size - 1)) == 0;
    if (proof->count == 0)
        return ASSAY_EDAMAGED;
    struct tree_hash old_at = perfect ? old->root : proof->hashes[0];
    struct tree_hash at = old_at;
    uint64_t node = old->size - 1, last = head->size - 1;
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    for (size_t i = perfect ? 0 : 1; i < proof->count; i++) {
        if (last == 0)
            return ASSAY_EDAMAGED;
        if ((node & 1) != 0 || node == last) {
            tree_node(&proof->hashes[i], &old_at, &old_at);
            tree_node(&proof->hashes[i], &at, &at);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            tree_node(&at, &proof->hashes[i], &at);
        }
        node >>= 1;
        last >>= 1;
    }
    bool agrees =
        last == 0 && tree_compare(&old_at, &old->root) == 0 && tree_compare(&at, &head->root) == 0;
    return agrees ? ASSAY_OK : ASSAY_EDAMAGED;
}
