/* Release lists and manifest: the vector of doc/package.md byte for byte, and every damage seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "base/str.h"
#include "format/hashlist.h"
#include "format/manifest.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

extern const struct embedded package_vector[]; /* hashes.jsonl, hashes.csv, manifest.json */

struct pieces {
    const char *text;
    size_t size, at, step;
};

static size_t fill_pieces(void *ctx, void *out, size_t size)
{
    struct pieces *p = ctx;
    size_t n = p->size - p->at < p->step ? p->size - p->at : p->step;

    assert_true(n <= size);
    memcpy(out, p->text + p->at, n);
    p->at += n;
    return n;
}

struct lists {
    struct buf jsonl, csv;
};

static enum assay_err write_again(void *ctx, const struct hashlist_row *row, struct err *e)
{
    struct lists *l = ctx;

    (void)e;
    hashlist_jsonl_row(&l->jsonl, row);
    hashlist_csv_row(&l->csv, row);
    return ASSAY_OK;
}

static enum assay_err read_list(const void *text, size_t size, size_t step, struct lists *l,
                                uint64_t *count, struct err *e)
{
    struct pieces p = {.text = text, .size = size, .step = step};

    buf_reset(&l->jsonl);
    buf_reset(&l->csv);
    hashlist_csv_head(&l->csv);
    return hashlist_read(fill_pieces, &p, write_again, l, count, e);
}

static void lists_init(struct lists *l)
{
    buf_init(&l->jsonl, 1 << 16);
    buf_init(&l->csv, 1 << 16);
}

static void lists_clear(struct lists *l)
{
    buf_clear(&l->jsonl);
    buf_clear(&l->csv);
}

static void assert_bytes(const struct buf *b, const struct embedded *want)
{
    assert_int_equal(b->size, want->size);
    assert_memory_equal(b->data, want->bytes, want->size);
}

static void the_vector_is_read_and_written_byte_for_byte(void **state)
{
    static const size_t steps[] = {1, 7, 100, 60000};
    struct lists l;
    struct err e = {0};

    (void)state;
    lists_init(&l);
    for (size_t i = 0; i < COUNT(steps); i++) {
        uint64_t count = 0;
        assert_int_equal(
            read_list(package_vector[0].bytes, package_vector[0].size, steps[i], &l, &count, &e),
            ASSAY_OK);
        assert_true(count == 3);
        assert_bytes(&l.jsonl, &package_vector[0]);
        assert_bytes(&l.csv, &package_vector[1]);
    }
    lists_clear(&l);
}

static enum assay_err look_at_second(void *ctx, const struct hashlist_row *row, struct err *e)
{
    int *number = ctx;

    (void)e;
    if (++*number != 2)
        return ASSAY_OK;
    assert_int_equal(row->sha256[0], 0x3b);
    assert_int_equal(row->sha1[19], 0x97);
    assert_int_equal(row->md5[15], 0xab);
    assert_true(row->size == 8);
    assert_string_equal(row->mime, "image/jpeg");
    assert_true(row->width == 640 && row->height == 480);
    assert_true(row->has_pdq && row->has_pdq_oriented);
    assert_int_equal(row->pdq[31], 0x0f);
    assert_int_equal(row->pdq_oriented[0], 0xf0);
    assert_true(row->pdq_quality == 100);
    assert_null(row->pdq_reason);
    assert_string_equal(row->scheme, "training-landscapes");
    assert_true(row->scheme_version == 1);
    assert_string_equal(row->code, "L2");
    assert_string_equal(row->tags, "light:dusk season:winter");
    assert_string_equal(row->basis, "seen");
    assert_true(row->readings == 2);
    assert_string_equal(row->decided_on, "2026-11-22");
    assert_int_equal(row->kind, SCHEME_TRAINING);
    return err_set(e, ASSAY_ESTATE, "enough");
}

static void a_row_comes_with_all_its_fields_and_the_caller_may_stop(void **state)
{
    struct pieces p = {.text = (const char *)package_vector[0].bytes,
                       .size = package_vector[0].size,
                       .step = 60000};
    int number = 0;
    struct err e = {0};

    (void)state;
    assert_int_equal(hashlist_read(fill_pieces, &p, look_at_second, &number, NULL, &e),
                     ASSAY_ESTATE);
    assert_string_equal(e.text, "enough");
    assert_int_equal(number, 2);
}

/* The vector with its first `find` replaced by `put`. */
static void replaced(struct buf *b, const struct embedded *vector, const char *find,
                     const char *put)
{
    const char *text = (const char *)vector->bytes, *found = strstr(text, find);

    assert_non_null(found);
    buf_reset(b);
    buf_add(b, text, (size_t)(found - text));
    buf_add_str(b, put);
    buf_add_str(b, found + strlen(find));
}

static void a_changed_list_is_refused_with_row_and_reason(void **state)
{
    static const struct {
        const char *find, *put, *message;
    } rows[] = {
        {"{\"sha256\":\"23", "{\"sha256\":\"ff", "row 2: the rows do not ascend by sha256"},
        {"{\"sha256\":\"3b80d38f7686a8b5f8e61ad562ec069ac172732fb4dab946401f21a438669a4b\"",
         "{\"sha256\":\"23c075a035f3889718034dcf3b77008cf38c1714b8940712a77962a01d4ed508\"",
         "row 2: the rows do not ascend by sha256"},
        {"23c0", "23C0", "row 1: the row is not written as assay writes it"},
        {"\"size\":5", "\"size\": 5", "row 1: the row is not written as assay writes it"},
        {"\"size\":5", "\"size\":05", "row 1: line 1, column 176: this is no JSON number"},
        {"\"size\":5", "\"size\":0",
         "row 1: line 1: \"size\" must be a whole number from 1 to 9223372036854775807"},
        {"\"size\":5,\"mime\":\"image/png\"", "\"mime\":\"image/png\",\"size\":5",
         "row 1: the row is not written as assay writes it"},
        {"\"size\":5", "\"size\":5,\"name\":\"x\"", "row 1: line 1: \"name\" is not known here"},
        {"\"size\":5,", "", "row 1: line 1: \"size\" is missing"},
        {"366eb3", "366eb", "row 1: \"sha1\" must be 40 hex digits"},
        {"\"pdq_reason\":\"unsupported\"", "\"pdq_reason\":null",
         "row 1: \"pdq\" is null and \"pdq_reason\" does not say why"},
        {"\"pdq_quality\":100", "\"pdq_quality\":101",
         "row 2: line 1: \"pdq_quality\" must be a whole number from 0 to 100"},
        {"\"pdq_quality\":null", "\"pdq_quality\":1",
         "row 1: the row is not written as assay writes it"},
        {"[\"light:day\",\"season:summer\"]", "[\"season:summer\",\"light:day\"]",
         "row 1: \"tags\" must ascend"},
        {"[\"light:day\",\"season:summer\"]", "[\"light:day\",\"light:day\"]",
         "row 1: \"tags\" must ascend"},
        {"[\"light:day\",\"season:summer\"]", "[\"light:day season:summer\"]",
         "row 1: \"tags\" must be texts without spaces"},
        {"[\"light:day\",\"season:summer\"]", "null",
         "row 1: \"tags\" must be a list of at most 64"},
        {"\"basis\":\"seen\"", "\"basis\":\"guessed\"",
         "row 1: \"basis\" is none of seen, inherited, propagated, source"},
        {"\"readings\":1", "\"readings\":0",
         "row 1: line 1: \"readings\" must be a whole number from 1 to 2147483647"},
        {"\"training\"", "\"test\"", "row 1: the row is not written as assay writes it"},
        {"2026-11-22", "2026-11-31", "row 1: \"decided_on\" is no date"},
        {"}\n", "}", "row 1: line 1, column 472: '{' stands where the end of the text is expected"},
        {"}\n", "}\n\n", "row 2: line 1, column 1: the text ends where a value is expected"},
        {"}\n", "}\r\n", "row 1: the row is not written as assay writes it"},
    };
    struct lists l;
    struct buf b;

    (void)state;
    lists_init(&l);
    buf_init(&b, 10000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {0};
        replaced(&b, &package_vector[0], rows[i].find, rows[i].put);
        assert_int_equal(read_list(b.data, b.size, 60000, &l, NULL, &e), ASSAY_EFORMAT);
        assert_string_equal(e.text, rows[i].message);
    }
    struct err e = {0};
    assert_int_equal(
        read_list(package_vector[0].bytes, package_vector[0].size - 1, 60000, &l, NULL, &e),
        ASSAY_EFORMAT);
    assert_string_equal(e.text, "row 3: the last line does not end");
    buf_clear(&b);
    lists_clear(&l);
}

static void an_empty_list_has_no_rows_and_an_endless_row_is_refused(void **state)
{
    size_t size = 3 * HASHLIST_ROW_MAX;
    char *big = mem_alloc(size);
    uint64_t count = 7;
    struct lists l;
    struct err e = {0};

    (void)state;
    lists_init(&l);
    assert_int_equal(read_list("", 0, 1, &l, &count, &e), ASSAY_OK);
    assert_true(count == 0);
    memset(big, ' ', size);
    assert_int_equal(read_list(big, size, 1000, &l, &count, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "row 1: longer than 16384 bytes");
    lists_clear(&l);
    mem_free(big);
}

static void the_manifest_of_the_vector_is_read_and_written_byte_for_byte(void **state)
{
    const struct embedded *v = &package_vector[2];
    struct arena *a = arena_new();
    struct manifest m = {0};
    struct err e = {0};
    struct buf b;

    (void)state;
    assert_int_equal(manifest_read(a, v->bytes, v->size, &m, &e), ASSAY_OK);
    assert_int_equal(m.kind, SCHEME_TRAINING);
    assert_string_equal(m.package, "4611686018427387905");
    assert_string_equal(m.scheme, "training-landscapes");
    assert_true(m.count == 3 && m.min_readings == 1 && m.scheme_version == 1);
    assert_string_equal(m.requested_by, "R. Lead");
    assert_string_equal(m.approved_by, "A. Officer");
    assert_true(m.approved_ms == 1795363280123);
    assert_true(m.jsonl.size == (int64_t)package_vector[0].size);
    assert_true(m.csv.size == (int64_t)package_vector[1].size);
    assert_int_equal(m.csv.sha256[0], 0x8c);
    assert_string_equal(m.workspace, "00112233aabbccdd");
    assert_string_equal(m.label, "Lake and Wood");
    assert_int_equal(m.code_count, 3);
    assert_string_equal(m.codes[2].code, "drawn");
    assert_int_equal(m.record_key[31], 0x0b);
    assert_true(strlen(m.release_key) == 56);
    assert_non_null(strstr(m.record_proof, "\n\n"));
    buf_init(&b, MANIFEST_TEXT_MAX);
    manifest_write(&b, &m);
    assert_bytes(&b, v);
    buf_clear(&b);
    arena_free(a);
}

static void a_changed_manifest_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *find, *put, *message;
        enum assay_err rc;
    } rows[] = {
        {"assay-package", "assay-list", "this is no manifest of an assay package", ASSAY_EFORMAT},
        {"\"version\":1", "\"version\":2",
         "the package has format version 2; this assay reads up to 1", ASSAY_EVERSION},
        {"\"training\"", "\"test\"", "the manifest is not written as assay writes it",
         ASSAY_EFORMAT},
        {"\"count\":3", "\"count\":3,\"more\":1", "the manifest is not written as assay writes it",
         ASSAY_EFORMAT},
        {"\"count\":3,", "", "line 1: \"count\" is missing", ASSAY_EFORMAT},
        {"\"code\":\"L1\",\"count\":1", "\"code\":\"L1\",\"count\":2",
         "\"codes\" count more rows than \"count\"", ASSAY_EFORMAT},
        {"{\"code\":\"L1\",\"count\":1},", "", "\"codes\" count fewer rows than \"count\"",
         ASSAY_EFORMAT},
        {"\"code\":\"L1\"", "\"code\":\"L9\"", "\"codes\" must ascend", ASSAY_EFORMAT},
        {"\"record_key\":\"0b", "\"record_key\":\"0x", "\"record_key\" must be 64 hex digits",
         ASSAY_EFORMAT},
        {"hashes.csv", "../x.csv", "\"files\" must name hashes.csv here", ASSAY_EFORMAT},
        {"\"approved_at\":\"2026", "\"approved_at\":\"x026", "\"approved_at\" is no time",
         ASSAY_EFORMAT},
        {"\n", " \n", "the manifest is not written as assay writes it", ASSAY_EFORMAT},
    };
    struct arena *a = arena_new();
    struct buf b;

    (void)state;
    buf_init(&b, 10000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct manifest m = {0};
        struct err e = {0};
        replaced(&b, &package_vector[2], rows[i].find, rows[i].put);
        assert_int_equal(manifest_read(a, b.data, b.size, &m, &e), rows[i].rc);
        assert_string_equal(e.text, rows[i].message);
        assert_null(m.package);
    }
    buf_clear(&b);
    arena_free(a);
}

static void the_content_of_the_vector_is_two_lines_of_names_sizes_and_hashes(void **state)
{
    const struct embedded *v = &package_vector[2];
    struct arena *a = arena_new();
    struct manifest m = {0};
    struct buf b;

    (void)state;
    assert_int_equal(manifest_read(a, v->bytes, v->size, &m, NULL), ASSAY_OK);
    buf_init(&b, 1000);
    buf_add_str(&b, "gone");
    manifest_content(&b, &m.csv, &m.jsonl);
    assert_string_equal(
        buf_cstr(&b),
        "hashes.csv 1062 8cdf1e92b1dc7ce52546bb25fc9091f9bf02b83e4135c02f3a286992d77ed4f5\n"
        "hashes.jsonl 1568 d9f0c19d8a6af980b87fa326712ec7f9ad698e9e71420463f56e43bd28dbe344\n");
    buf_clear(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_is_read_and_written_byte_for_byte),
        cmocka_unit_test(a_row_comes_with_all_its_fields_and_the_caller_may_stop),
        cmocka_unit_test(a_changed_list_is_refused_with_row_and_reason),
        cmocka_unit_test(an_empty_list_has_no_rows_and_an_endless_row_is_refused),
        cmocka_unit_test(the_manifest_of_the_vector_is_read_and_written_byte_for_byte),
        cmocka_unit_test(a_changed_manifest_is_refused_with_the_reason),
        cmocka_unit_test(the_content_of_the_vector_is_two_lines_of_names_sizes_and_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
