/* audit/tree: the published roots and proofs, and every proof of small trees against a slow,
 * literal reading of RFC 6962; each proof is also refused with a bit flipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

/* ---- a whole tree in memory, hashed as the RFC's recursive definition says ---- */

#define LEAVES_MAX 70000

struct memory_tree {
    struct tree_hash *leaves;
    uint64_t size;
};

/* Height 17 covers 70,000 leaves: the depth of this recursion. */
static void mth(const struct tree_hash *leaves, uint64_t n, struct tree_hash *out)
{
    struct tree_hash right;
    uint64_t k = 1;

    if (n == 1) {
        *out = leaves[0];
        return;
    }
    while (2 * k < n)
        k *= 2;
    mth(leaves, k, out);
    mth(leaves + k, n - k, &right);
    tree_node(out, &right, out);
}

static enum assay_err read_memory(void *ctx, unsigned height, uint64_t index, struct tree_hash *out,
                                  struct err *e)
{
    const struct memory_tree *t = ctx;

    (void)e;
    assert_true((index + 1) << height <= t->size);
    mth(t->leaves + (index << height), UINT64_C(1) << height, out);
    return ASSAY_OK;
}

/* Leaves "0", "1", "2" ... */
static int make_decimal_tree(void **state)
{
    struct memory_tree *t = mem_zalloc(sizeof *t);
    char text[16];

    t->leaves = mem_array(LEAVES_MAX, sizeof *t->leaves);
    t->size = LEAVES_MAX;
    for (uint64_t i = 0; i < t->size; i++) {
        int size = snprintf(text, sizeof text, "%llu", (unsigned long long)i);
        tree_leaf(text, (size_t)size, &t->leaves[i]);
    }
    *state = t;
    return 0;
}

static int free_tree(void **state)
{
    struct memory_tree *t = *state;

    mem_free(t->leaves);
    mem_free(t);
    return 0;
}

static struct tree_hash hash_of(const char *hex)
{
    struct tree_hash h;

    assert_int_equal(str_unhex(hex, h.bytes, sizeof h.bytes), ASSAY_OK);
    return h;
}

static void assert_hash(const struct tree_hash *h, const char *hex)
{
    char text[2 * TREE_HASH_BYTES + 1];

    str_hex(h->bytes, sizeof h->bytes, text);
    assert_string_equal(text, hex);
}

static void leaves_and_nodes_hash_as_published(void **state)
{
    struct tree_hash h;

    (void)state;
    tree_leaf("L123456", 7, &h);
    assert_hash(&h, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    tree_empty(&h);
    assert_hash(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static const struct {
    const char *bytes;
    size_t size;
    const char *root; /* of the tree that ends with this leaf */
} published[] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void roots_of_the_published_leaves_agree(void **state)
{
    struct tree_edge edge = {0};
    struct tree_hash root, leaf;

    (void)state;
    tree_edge_root(&edge, &root);
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        tree_leaf(published[i].bytes, published[i].size, &leaf);
        tree_edge_add(&edge, &leaf);
        tree_edge_root(&edge, &root);
        assert_hash(&root, published[i].root);
    }
}

static void first_leaf_and_first_head_share_the_published_proof(void **state)
{
    struct tree_hash leaves[8];
    struct memory_tree t = {leaves, 8};
    struct tree_proof inclusion, consistency;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        tree_leaf(published[i].bytes, published[i].size, &leaves[i]);
    assert_int_equal(tree_prove_inclusion(read_memory, &t, 0, 8, &inclusion, NULL), ASSAY_OK);
    assert_int_equal(tree_prove_consistency(read_memory, &t, 1, 8, &consistency, NULL), ASSAY_OK);
    assert_int_equal(inclusion.count, 3);
    assert_int_equal(consistency.count, 3);
    assert_memory_equal(inclusion.hashes, consistency.hashes, 3 * sizeof inclusion.hashes[0]);
    assert_int_equal(memcmp(inclusion.hashes[0].bytes, "\x96\xa2\x96\xd2", 4), 0);
    assert_int_equal(memcmp(inclusion.hashes[1].bytes, "\x5f\x08\x3f\x0a", 4), 0);
    assert_int_equal(memcmp(inclusion.hashes[2].bytes, "\x6b\x47\xaa\xf2", 4), 0);
}

static void roots_of_large_trees_agree(void **state)
{
    static const struct {
        uint64_t size;
        const char *root;
    } rows[] = {
        {255, "32f85bcaa87d7bcd05728f09e9aeba350ba6a2f733830087f0597682848be5cb"},
        {256, "828515d033c19d8c901f37eccb8aed919667703486f8d2fff1cf7040321c5db1"},
        {257, "1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458a312c4"},
        {1000, "638afa98022925bacfddadb15ef22fd0199c1ac99c2973b6158243d13fce05c2"},
        {65536, "f025d06ed804859fd274a1bdacadd6e48ea87634aa91e1edb20143f9498cd02b"},
        {70000, "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad04f02f7e"},
    };
    struct memory_tree *t = *state;
    struct tree_edge edge = {0};
    struct tree_hash root;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        while (edge.size < rows[i].size)
            tree_edge_add(&edge, &t->leaves[edge.size]);
        tree_edge_root(&edge, &root);
        assert_hash(&root, rows[i].root);
        assert_int_equal(tree_root(read_memory, t, rows[i].size, &root, NULL), ASSAY_OK);
        assert_hash(&root, rows[i].root);
    }
}

/* Every single hash of the proof, the leaf and the root with a bit flipped; one hash less and more.
 */
static void assert_only_the_true_inclusion_passes(const struct tree_hash *leaf, uint64_t index,
                                                  const struct tree_head *head,
                                                  const struct tree_proof *proof)
{
    struct tree_proof bad;
    struct tree_head other = *head;
    struct tree_hash wrong = *leaf;

    assert_int_equal(tree_check_inclusion(leaf, index, head, proof), ASSAY_OK);
    for (size_t i = 0; i < proof->count; i++) {
        bad = *proof;
        bad.hashes[i].bytes[i % TREE_HASH_BYTES] ^= 1;
        assert_int_equal(tree_check_inclusion(leaf, index, head, &bad), ASSAY_EDAMAGED);
    }
    wrong.bytes[31] ^= 0x80;
    assert_int_equal(tree_check_inclusion(&wrong, index, head, proof), ASSAY_EDAMAGED);
    other.root.bytes[0] ^= 1;
    assert_int_equal(tree_check_inclusion(leaf, index, &other, proof), ASSAY_EDAMAGED);
    bad = *proof;
    bad.count++;
    assert_int_equal(tree_check_inclusion(leaf, index, head, &bad), ASSAY_EDAMAGED);
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_int_equal(tree_check_inclusion(leaf, index, head, &bad), ASSAY_EDAMAGED);
    }
    assert_int_equal(tree_check_inclusion(leaf, head->size, head, proof), ASSAY_EDAMAGED);
}

static void every_inclusion_of_small_trees_proves_and_nothing_else(void **state)
{
    struct memory_tree *t = *state;
    struct tree_proof proof;

    for (uint64_t size = 1; size <= 40; size++) {
        struct tree_head head = {.size = size};
        mth(t->leaves, size, &head.root);
        for (uint64_t i = 0; i < size; i++) {
            assert_int_equal(tree_prove_inclusion(read_memory, t, i, size, &proof, NULL), ASSAY_OK);
            assert_only_the_true_inclusion_passes(&t->leaves[i], i, &head, &proof);
            for (uint64_t j = 0; j < size; j++)
                if (j != i)
                    assert_int_equal(tree_check_inclusion(&t->leaves[i], j, &head, &proof),
                                     ASSAY_EDAMAGED);
        }
    }
}

static void assert_only_the_true_consistency_passes(const struct tree_head *old,
                                                    const struct tree_head *head,
                                                    const struct tree_proof *proof)
{
    struct tree_head old_bad = *old, head_bad = *head;
    struct tree_proof bad;

    assert_int_equal(tree_check_consistency(old, head, proof), ASSAY_OK);
    for (size_t i = 0; i < proof->count; i++) {
        bad = *proof;
        bad.hashes[i].bytes[(i + 7) % TREE_HASH_BYTES] ^= 4;
        assert_int_equal(tree_check_consistency(old, head, &bad), ASSAY_EDAMAGED);
    }
    bad = *proof;
    bad.count++;
    assert_int_equal(tree_check_consistency(old, head, &bad), ASSAY_EDAMAGED);
    if (proof->count > 0) {
        bad.count = proof->count - 1;
        assert_int_equal(tree_check_consistency(old, head, &bad), ASSAY_EDAMAGED);
    }
    old_bad.root.bytes[3] ^= 2;
    assert_int_equal(tree_check_consistency(&old_bad, head, proof), ASSAY_EDAMAGED);
    head_bad.root.bytes[3] ^= 2;
    assert_int_equal(tree_check_consistency(old, &head_bad, proof), ASSAY_EDAMAGED);
}

static void every_consistency_of_small_trees_proves_and_nothing_else(void **state)
{
    struct memory_tree *t = *state;
    struct tree_proof proof;

    for (uint64_t size = 1; size <= 40; size++) {
        struct tree_head head = {.size = size};
        mth(t->leaves, size, &head.root);
        for (uint64_t old_size = 1; old_size <= size; old_size++) {
            struct tree_head old = {.size = old_size};
            mth(t->leaves, old_size, &old.root);
            assert_int_equal(tree_prove_consistency(read_memory, t, old_size, size, &proof, NULL),
                             ASSAY_OK);
            assert_only_the_true_consistency_passes(&old, &head, &proof);
        }
    }
}

static void an_empty_or_larger_old_tree_is_refused(void **state)
{
    struct memory_tree *t = *state;
    struct tree_head empty = {0}, one = {.size = 1, .root = t->leaves[0]}, two = {.size = 2};
    struct tree_proof none = {0};

    tree_empty(&empty.root);
    mth(t->leaves, 2, &two.root);
    assert_int_equal(tree_check_consistency(&empty, &one, &none), ASSAY_EDAMAGED);
    assert_int_equal(tree_check_consistency(&empty, &empty, &none), ASSAY_EDAMAGED);
    assert_int_equal(tree_check_consistency(&two, &one, &none), ASSAY_EDAMAGED);
    assert_int_equal(tree_check_inclusion(&t->leaves[0], 0, &empty, &none), ASSAY_EDAMAGED);
}

/* ---- the reference vectors, where the environment names their folder ---- */

/* Skips the test, with the reason printed, where there is none. */
static const char *vectors_folder(void)
{
    const char *folder = getenv("ASSAY_VECTORS");

    if (folder == NULL) {
        print_message("# skipped: ASSAY_VECTORS is not set\n");
        skip();
    }
    return folder;
}

static const struct json *load_vectors(struct arena *a, const char *folder, const char *name)
{
    struct json *j = NULL;
    struct buf b;
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/audit/%s", folder, name);
    buf_init(&b, 1 << 20);
    assert_int_equal(fs_read_file(path, &b, NULL), ASSAY_OK);
    assert_int_equal(json_parse(a, b.data, b.size, &j, NULL), ASSAY_OK);
    buf_clear(&b);
    return j->first;
}

static void read_proof(const struct json *row, struct tree_proof *p)
{
    p->count = 0;
    for (const struct json *h = json_get(row, "proof")->first; h != NULL; h = h->next)
        p->hashes[p->count++] = hash_of(h->text);
}

static uint64_t read_size(const struct json *row, const char *key)
{
    int64_t v = 0;

    assert_int_equal(json_need_int(row, key, 0, INT64_MAX, &v, NULL), ASSAY_OK);
    return (uint64_t)v;
}

static void reference_inclusion_vectors_agree(void **state)
{
    const char *folder = vectors_folder();
    struct arena *a;
    size_t count = 0;

    (void)state;
    a = arena_new();
    for (const struct json *row = load_vectors(a, folder, "incl-vectors.json"); row != NULL;
         row = row->next, count++) {
        const char *hex = json_get(row, "leaf")->text;
        uint64_t index = read_size(row, "index");
        struct tree_head head = {.size = read_size(row, "size"),
                                 .root = hash_of(json_get(row, "root")->text)};
        struct tree_proof proof;
        struct tree_hash leaf;
        uint8_t bytes[64];

        assert_int_equal(str_unhex(hex, bytes, strlen(hex) / 2), ASSAY_OK);
        tree_leaf(bytes, strlen(hex) / 2, &leaf);
        read_proof(row, &proof);
        if (json_get(row, "valid")->boolean)
            assert_only_the_true_inclusion_passes(&leaf, index, &head, &proof);
        else
            assert_int_equal(tree_check_inclusion(&leaf, index, &head, &proof), ASSAY_EDAMAGED);
    }
    assert_int_equal(count, 231);
    arena_free(a);
}

static void reference_consistency_vectors_agree(void **state)
{
    const char *folder = vectors_folder();
    struct arena *a;
    size_t count = 0;

    (void)state;
    a = arena_new();
    for (const struct json *row = load_vectors(a, folder, "cons-vectors.json"); row != NULL;
         row = row->next, count++) {
        struct tree_head old = {.size = read_size(row, "size1"),
                                .root = hash_of(json_get(row, "root1")->text)};
        struct tree_head head = {.size = read_size(row, "size2"),
                                 .root = hash_of(json_get(row, "root2")->text)};
        struct tree_proof proof;

        read_proof(row, &proof);
        assert_only_the_true_consistency_passes(&old, &head, &proof);
    }
    assert_int_equal(count, 12);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_nodes_hash_as_published),
        cmocka_unit_test(roots_of_the_published_leaves_agree),
        cmocka_unit_test(first_leaf_and_first_head_share_the_published_proof),
        cmocka_unit_test(roots_of_large_trees_agree),
        cmocka_unit_test(every_inclusion_of_small_trees_proves_and_nothing_else),
        cmocka_unit_test(every_consistency_of_small_trees_proves_and_nothing_else),
        cmocka_unit_test(an_empty_or_larger_old_tree_is_refused),
        cmocka_unit_test(reference_inclusion_vectors_agree),
        cmocka_unit_test(reference_consistency_vectors_agree),
    };
    return cmocka_run_group_tests(tests, make_decimal_tree, free_tree);
}
