/* RFC 6962 Merkle trees over SHA-256: roots, inclusion and consistency proofs, and their checks. */
#ifndef AUDIT_TREE_H
#define AUDIT_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A leaf is SHA-256(0x00 || entry), an inner node SHA-256(0x01 || left || right), the empty tree
 * SHA-256(""). A tree of n leaves splits after the largest power of two below n. Everything here is
 * pure; where a tree is too large to hold, its hashes come through a tree_read function.
 */
#define TREE_HASH_BYTES 32
#define TREE_PROOF_MAX  65 /* hashes in a proof of any tree of up to 2^63 - 1 leaves */
#define TREE_LEVELS_MAX 64

struct tree_hash {
    uint8_t bytes[TREE_HASH_BYTES];
};

/* A head: how many leaves, and the root over them. */
struct tree_head {
    uint64_t size; /* leaves */
    struct tree_hash root;
};

/* Hashes from the leaf's or the smaller tree's side upwards. */
struct tree_proof {
    size_t count;
    struct tree_hash hashes[TREE_PROOF_MAX];
};

void tree_leaf(const void *entry, size_t size, struct tree_hash *out);
/* out may be left or right. */
void tree_node(const struct tree_hash *left, const struct tree_hash *right, struct tree_hash *out);
void tree_empty(struct tree_hash *out);
int tree_compare(const struct tree_hash *a, const struct tree_hash *b); /* like memcmp */

/* The root over 1 << height hashes, height at most 8: how a tile's hashes lead upwards. */
void tree_perfect(const struct tree_hash *hashes, unsigned height, struct tree_hash *out);

/* The root of a growing tree, kept as the roots of its perfect subtrees: add leaves, ask at any
 * size. Zeroed is the empty tree. */
struct tree_edge {
    uint64_t size;                           /* leaves so far */
    struct tree_hash nodes[TREE_LEVELS_MAX]; /* largest first, one for each 1 bit of size */
};
void tree_edge_add(struct tree_edge *edge, const struct tree_hash *leaf);
void tree_edge_root(const struct tree_edge *edge, struct tree_hash *out);

/* The root of the perfect subtree over the leaves index << height .. (index + 1) << height, from
 * where the tree is kept. Its errors pass through. */
typedef enum assay_err tree_read(void *ctx, unsigned height, uint64_t index, struct tree_hash *out,
                                 struct err *e);

/* The root over the first size leaves. */
enum assay_err tree_root(tree_read *read, void *ctx, uint64_t size, struct tree_hash *out,
                         struct err *e);

/* That leaf index is in the tree of size leaves. Precondition: index < size. */
enum assay_err tree_prove_inclusion(tree_read *read, void *ctx, uint64_t index, uint64_t size,
                                    struct tree_proof *out, struct err *e);

/* That the tree of size leaves extends the one of old_size. Precondition: 0 < old_size <= size. */
enum assay_err tree_prove_consistency(tree_read *read, void *ctx, uint64_t old_size, uint64_t size,
                                      struct tree_proof *out, struct err *e);

/* EDAMAGED when the proof does not lead from the leaf hash at index to the head's root. */
enum assay_err tree_check_inclusion(const struct tree_hash *leaf, uint64_t index,
                                    const struct tree_head *head, const struct tree_proof *proof);

/* EDAMAGED when the proof does not show that head extends old. An empty old tree has no proof:
 * callers treat it as "no earlier head", and here it is refused. */
enum assay_err tree_check_consistency(const struct tree_head *old, const struct tree_head *head,
                                      const struct tree_proof *proof);

#endif
