/* Lists and manifests of backups: the vector, what is refused, and tables of many blobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "backup/list.h"
#include "backup/manifest.h"
#include "base/str.h"

static const char vector[] =
    "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a 9 vault/00/landscape";

static void the_vector_of_the_page_reads_and_writes_the_same(void **state)
{
    struct list_line line;
    struct buf b;

    (void)state;
    assert_int_equal(list_parse(vector, &line, NULL), ASSAY_OK);
    assert_int_equal(line.size, 9);
    assert_string_equal(line.path, "vault/00/landscape");
    buf_init(&b, LIST_LINE_SIZE);
    list_write(&line, &b);
    assert_memory_equal(buf_cstr(&b), vector, sizeof vector - 1);
    assert_int_equal(b.data[b.size - 1], '\n');
    buf_clear(&b);
}

static void a_path_that_leads_elsewhere_is_refused(void **state)
{
    static const char *const bad[] = {"",     "/etc/x", "..",   "a/../b", "a//b",     "a/",   ".a",
                                      "a/.b", "a b",    "a\nb", "a\\b",   "\xc3\xa4", "a/./b"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(list_path_ok(bad[i]));
    assert_true(list_path_ok("audit/tile/0/x001/x234/067.p/8"));
    assert_true(list_path_ok("keys/release.minisign.pub"));
}

static void a_line_of_another_shape_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "acb955df 9 a",
        "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a",
        "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a  a",
        "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a -9 a",
        "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a 99999999999999999999 a",
        "xcb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a 9 a",
        "acb955df82b85f26ecc8de1049fab7aa1059b8b42c89a9261bb99d3caae9a62a 9 ../a",
    };
    struct list_line line;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(list_parse(bad[i], &line, NULL), ASSAY_EFORMAT);
}

static void every_blob_of_many_is_found_again(void **state)
{
    struct list_blobs l = {0};
    uint8_t name[LIST_NAME_BYTES] = {0};

    (void)state;
    assert_null(list_blobs_find(&l, name));
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t spread = i % 7; /* many share their first place */
        memcpy(name, &spread, sizeof spread);
        memcpy(name + 16, &i, sizeof i);
        list_blobs_put(&l, name)->size = i;
        list_blobs_put(&l, name)->size = i;
    }
    assert_int_equal(l.count, 5000);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t spread = i % 7;
        memcpy(name, &spread, sizeof spread);
        memcpy(name + 16, &i, sizeof i);
        const struct list_blob *b = list_blobs_find(&l, name);
        assert_non_null(b);
        assert_int_equal(b->size, i);
    }
    list_blobs_clear(&l);
}

static void a_manifest_reads_as_it_was_written_and_a_later_one_is_refused(void **state)
{
    struct backup_manifest m = {.workspace = "0011223344556677",
                                .label = "L\xc3\xa4ke \"1\"",
                                .software = "assay 0.1.0",
                                .training = true,
                                .made_ms = 1795363200000,
                                .engine = STORE_POSTGRES,
                                .schema = 3,
                                .counts = {1, 2, 3, 4, 5, 6},
                                .head = "assay/0011223344556677\n5\nx\n",
                                .files = 7,
                                .bytes = 8,
                                .list_size = 9};
    struct backup_manifest found;
    struct arena *a = arena_new();
    struct buf b;

    (void)state;
    buf_init(&b, BACKUP_MANIFEST_MAX);
    backup_manifest_write(&m, &b);
    assert_int_equal(backup_manifest_read(a, b.data, b.size, &found, NULL), ASSAY_OK);
    assert_string_equal(found.label, m.label);
    assert_string_equal(found.head, m.head);
    assert_int_equal(found.engine, STORE_POSTGRES);
    assert_int_equal(found.made_ms, m.made_ms);
    assert_memory_equal(&found.counts, &m.counts, sizeof m.counts);
    assert_true(found.training);
    char *text = buf_take(&b), *at = strstr(text, "\"version\":1");
    at[10] = '2';
    assert_int_equal(backup_manifest_read(a, text, strlen(text), &found, NULL), ASSAY_EVERSION);
    at[10] = '1';
    assert_int_equal(backup_manifest_read(a, text, strlen(text) / 2, &found, NULL), ASSAY_EFORMAT);
    mem_free(text);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_the_page_reads_and_writes_the_same),
        cmocka_unit_test(a_path_that_leads_elsewhere_is_refused),
        cmocka_unit_test(a_line_of_another_shape_is_refused),
        cmocka_unit_test(every_blob_of_many_is_found_again),
        cmocka_unit_test(a_manifest_reads_as_it_was_written_and_a_later_one_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
