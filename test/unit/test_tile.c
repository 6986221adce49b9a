/* audit/tile and audit/proof: names, shapes, bundles and proof texts, both ways and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "audit/proof.h"
#include "audit/tile.h"

static void paths_are_those_of_the_standard(void **state)
{
    static const struct {
        struct tile_name name;
        const char *path;
    } rows[] = {
        {{0, 0, 256}, "tile/0/000"},
        {{0, 273, 112}, "tile/0/273.p/112"},
        {{1, 1234067, 256}, "tile/1/x001/x234/067"},
        {{TILE_ENTRIES, 999, 256}, "tile/entries/999"},
        {{TILE_ENTRIES, 1000, 1}, "tile/entries/x001/000.p/1"},
        {{7, UINT64_MAX, 255}, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255"},
    };
    char path[TILE_PATH_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tile_path(&rows[i].name, path);
        assert_string_equal(path, rows[i].path);
    }
}

static void seventy_thousand_entries_have_the_published_shape(void **state)
{
    (void)state;
    assert_int_equal(tile_full_count(70000, 0), 273);
    assert_int_equal(tile_partial_width(70000, 0), 112);
    assert_int_equal(tile_full_count(70000, 1), 1);
    assert_int_equal(tile_partial_width(70000, 1), 17);
    assert_int_equal(tile_full_count(70000, 2), 0);
    assert_int_equal(tile_partial_width(70000, 2), 1);
    assert_int_equal(tile_partial_width(70000, 3), 0);
    assert_int_equal(tile_full_count(256, 0), 1);
    assert_int_equal(tile_partial_width(256, 0), 0);
    assert_int_equal(tile_partial_width(256, 1), 1);
}

static void bundles_give_back_their_entries_and_show_a_cut(void **state)
{
    const uint8_t *entry;
    size_t offset = 0, size;
    struct buf b;

    (void)state;
    buf_init(&b, TILE_BUNDLE_MAX);
    tile_bundle_add(&b, "", 0);
    tile_bundle_add(&b, "abc", 3);
    assert_int_equal(b.size, 7);
    assert_memory_equal(b.data, "\0\0\0\3abc", 7);
    assert_int_equal(tile_bundle_next(b.data, b.size, &offset, &entry, &size), ASSAY_OK);
    assert_int_equal(size, 0);
    assert_int_equal(tile_bundle_next(b.data, b.size, &offset, &entry, &size), ASSAY_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(entry, "abc", 3);
    assert_int_equal(tile_bundle_next(b.data, b.size, &offset, &entry, &size), ASSAY_ENOTFOUND);
    for (size_t cut = 3; cut < 7; cut++) {
        offset = 2;
        assert_int_equal(tile_bundle_next(b.data, cut, &offset, &entry, &size), ASSAY_EFORMAT);
        assert_int_equal(offset, 2);
    }
    buf_clear(&b);
}

#define HASH_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HASH_B "//////////////////////////////////////////8="

static void proof_texts_go_both_ways(void **state)
{
    const char *text = "c2sp.org/tlog-proof@v1\nindex 7\n" HASH_A "\n" HASH_B "\n\nlog\n8\nx\n";
    struct proof p;
    struct buf b;

    (void)state;
    assert_int_equal(proof_parse(text, strlen(text), &p, NULL), ASSAY_OK);
    assert_int_equal(p.index, 7);
    assert_int_equal(p.path.count, 2);
    assert_int_equal(p.path.hashes[0].bytes[0], 0);
    assert_int_equal(p.path.hashes[1].bytes[31], 0xff);
    assert_string_equal(p.checkpoint, "log\n8\nx\n");
    buf_init(&b, 4096);
    proof_write(&p, &b);
    assert_string_equal(buf_cstr(&b), text);
    buf_clear(&b);
    text = "c2sp.org/tlog-proof@v1\nextra Zm8=\nindex 0\n\nlog\n";
    assert_int_equal(proof_parse(text, strlen(text), &p, NULL), ASSAY_OK);
    assert_int_equal(p.path.count, 0);
}

static void broken_proof_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nlog\n",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex \n\nlog\n",
        "c2sp.org/tlog-proof@v1\nextra ?\nindex 0\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra Zm8=\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nlog\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" HASH_A "\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\n",
    };
    struct proof p;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(proof_parse(bad[i], strlen(bad[i]), &p, NULL), ASSAY_EFORMAT);
    assert_int_equal(proof_parse("c2sp.org/tlog-proof@v1\nindex 0\0\n\nlog\n",
                                 strlen("c2sp.org/tlog-proof@v1\nindex 0x\n\nlog\n"), &p, NULL),
                     ASSAY_EFORMAT);
    buf_init(&b, 8192);
    buf_add_str(&b, "c2sp.org/tlog-proof@v1\nindex 0\n");
    for (size_t i = 0; i <= TREE_PROOF_MAX; i++)
        buf_add_str(&b, HASH_A "\n");
    assert_int_equal(proof_parse((const char *)b.data, b.size, &p, NULL), ASSAY_ELIMIT);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_standard),
        cmocka_unit_test(seventy_thousand_entries_have_the_published_shape),
        cmocka_unit_test(bundles_give_back_their_entries_and_show_a_cut),
        cmocka_unit_test(proof_texts_go_both_ways),
        cmocka_unit_test(broken_proof_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
