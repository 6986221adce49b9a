/* Sidecars: headers refused by name, good rows whole, bad rows reported by line and passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "format/sidecar.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void add_hex(struct buf *b, const char *name, const uint8_t *bytes, size_t size)
{
    char text[65];

    if (bytes == NULL)
        return;
    str_hex(bytes, size, text);
    buf_addf(b, " %s=%s", name, text);
}

static void add_text(struct buf *b, const char *name, const char *text)
{
    if (text != NULL)
        buf_addf(b, " %s=%s", name, text);
}

static enum assay_err on_row(void *ctx, const struct sidecar_row *row, struct err *e)
{
    struct buf *b = ctx;

    (void)e;
    buf_addf(b, "%llu:", (unsigned long long)row->line);
    add_text(b, "file", row->file);
    add_hex(b, "md5", row->md5, 16);
    add_hex(b, "sha1", row->sha1, 20);
    add_hex(b, "sha256", row->sha256, 32);
    add_text(b, "source", row->source);
    add_text(b, "scheme", row->scheme);
    add_text(b, "code", row->code);
    for (size_t i = 0; i < row->tag_count; i++)
        add_text(b, "tag", row->tags[i]);
    add_text(b, "url", row->url);
    add_text(b, "page", row->page_url);
    add_text(b, "note", row->note);
    if (row->time_found_ms != 0)
        buf_addf(b, " time=%lld", (long long)row->time_found_ms);
    buf_add_str(b, "\n");
    return ASSAY_OK;
}

static void on_refused(void *ctx, uint64_t line, const char *reason)
{
    (void)line;
    buf_addf(ctx, "! %s\n", reason);
}

static enum assay_err read_text(const char *text, struct buf *out, struct err *e)
{
    struct csv_reader *r = csv_reader_new(text, strlen(text));
    struct sidecar_sink sink = {.ctx = out, .row = on_row, .refused = on_refused};
    enum assay_err rc = sidecar_read(r, &sink, e);

    csv_reader_free(r);
    return rc;
}

static void columns_stand_in_any_order_and_rows_come_whole(void **state)
{
    static const char text[] =
        "note,file,time_found,tags,code,scheme,url,page_url,source,md5,sha1,sha256\r\n"
        "\"seen, twice\nthere\",a/b c.jpg,2026-11-22T16:01:20Z,season:winter flags:grid,L1,"
        "training-landscapes,https://example.org/a.jpg,https://example.org/,Archive,"
        "000102030405060708090a0b0c0d0e0f,000102030405060708090A0B0C0D0E0F10111213,"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n"
        "\r\n"
        ",b.jpg,,,,,,,,,,\r\n";
    struct buf out;
    struct err e = {0};

    (void)state;
    buf_init(&out, 10000);
    assert_int_equal(read_text(text, &out, &e), ASSAY_OK);
    assert_string_equal(
        buf_cstr(&out),
        "2: file=a/b c.jpg md5=000102030405060708090a0b0c0d0e0f"
        " sha1=000102030405060708090a0b0c0d0e0f10111213"
        " sha256=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        " source=Archive scheme=training-landscapes code=L1 tag=season:winter tag=flags:grid"
        " url=https://example.org/a.jpg page=https://example.org/ note=seen, twice\nthere"
        " time=1795363280000\n"
        "5: file=b.jpg\n");
    buf_clear(&out);
}

/* The vector of doc/sidecar.md. */
static void the_documented_vector_is_read_as_documented(void **state)
{
    static const char text[] =
        "note,file,scheme,code,tags,time_found,md5\n"
        "\"seen, twice\",a.jpg,training-landscapes,L1,season:winter light:day,"
        "2026-11-22T16:01:20Z,\n"
        ",,,,,,000102030405060708090A0B0C0D0E0F\n"
        ",b.jpg,training-landscapes,,,,\n";
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(read_text(text, &out, NULL), ASSAY_OK);
    assert_string_equal(buf_cstr(&out),
                        "2: file=a.jpg scheme=training-landscapes code=L1 tag=season:winter"
                        " tag=light:day note=seen, twice time=1795363280000\n"
                        "3: md5=000102030405060708090a0b0c0d0e0f\n"
                        "! line 4: scheme and code go together; one is empty\n");
    buf_clear(&out);
}

static void a_wrong_header_is_refused_by_name_and_nothing_is_read(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "line 1: the file is empty; it begins with column names"},
        {"file,grade\na,b\n",
         "line 1: column 2, \"grade\", is not known; known are file, md5, sha1, sha256, source, "
         "scheme, code, tags, url, page_url, note, time_found"},
        {"File\na\n",
         "line 1: column 1, \"File\", is not known; known are file, md5, sha1, sha256, "
         "source, scheme, code, tags, url, page_url, note, time_found"},
        {"file,note,file\na,b,c\n", "line 1: the column \"file\" stands twice"},
        {"note\na\n", "line 1: one of the columns file, md5, sha1, sha256 is needed"},
        {"file,code\na,b\n", "line 1: scheme and code go together; one is missing"},
        {"file,tags\na,b\n", "line 1: tags go with scheme and code; those are missing"},
        {"file,\"note\na\n", "line 3: a quoted field does not end"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {0};
        assert_int_equal(read_text(rows[i].text, &out, &e), ASSAY_EFORMAT);
        assert_string_equal(e.text, rows[i].message);
    }
    assert_int_equal(out.size, 0);
    buf_clear(&out);
}

static void each_bad_row_is_reported_by_line_and_the_rest_goes_on(void **state)
{
    static const struct {
        const char *row, *reason;
    } rows[] = {
        {",,,,,,", "neither a file nor a hash is named"},
        {"a,,,,,", "6 fields where the header has 7"},
        {"a,,,,,,,", "8 fields where the header has 7"},
        {"a,00,,,,,", "md5 must be 32 hex digits"},
        {"a,zz0102030405060708090a0b0c0d0e0f,,,,,", "md5 must be 32 hex digits"},
        {"a,,uk-2014,,,,", "scheme and code go together; one is empty"},
        {"a,,,A,,,", "scheme and code go together; one is empty"},
        {"a,,,,age:0-2,,", "tags go with scheme and code; those are empty"},
        {"a,,UK,A,,,", "scheme is not a name as schemes have them"},
        {"a,,uk-2014,A B,,,", "code is not a name as schemes have them"},
        {"a,,uk-2014,A,age,,", "tags must be group:value, with one space between two"},
        {"a,,uk-2014,A,age:x  sex:y,,", "tags must be group:value, with one space between two"},
        {"a,,uk-2014,A, age:x,,", "tags must be group:value, with one space between two"},
        {"a,,uk-2014,A,age:x:y,,", "tags must be group:value, with one space between two"},
        {"a,,uk-2014,A,age:x age:x,,", "tags has one twice"},
        {"a,,,,,example.org/a,", "url is no URL"},
        {"a,,,,,https://example.org/a b,", "url is no URL"},
        {"a,,,,,\"https://example.org/\n\",", "url holds a control character"},
        {"a,,,,,,yesterday", "time_found must be like 2026-11-22T16:01:20Z or 2026-11-22"},
        {"a\x1b[2J,,,,,,", "file holds a control character"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 10000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512], want[512];
        struct err e = {0};
        (void)snprintf(text, sizeof text,
                       "file,md5,scheme,code,tags,url,time_found\nbefore,,,,,,\n%s\nafter,,,,,,\n",
                       rows[i].row);
        (void)snprintf(want, sizeof want, "2: file=before\n! line 3: %s\n%d: file=after\n",
                       rows[i].reason, strchr(rows[i].row, '\n') == NULL ? 4 : 5);
        buf_reset(&out);
        assert_int_equal(read_text(text, &out, &e), ASSAY_OK);
        assert_string_equal(buf_cstr(&out), want);
    }
    buf_reset(&out);
    assert_int_equal(read_text("file\na\nb\"c\nd\n", &out, NULL), ASSAY_OK);
    assert_string_equal(buf_cstr(&out), "2: file=a\n! line 3: a quote inside an unquoted field\n"
                                        "4: file=d\n");
    buf_clear(&out);
}

static void texts_and_tags_have_limits(void **state)
{
    struct buf in, out;

    (void)state;
    buf_init(&in, 1 << 20);
    buf_init(&out, 1 << 20);
    buf_add_str(&in, "note,file\n");
    for (int i = 0; i <= SIDECAR_NOTE_MAX; i++)
        buf_add_char(&in, 'n');
    buf_add_str(&in, ",a\n");
    assert_int_equal(read_text(buf_cstr(&in), &out, NULL), ASSAY_OK);
    assert_string_equal(buf_cstr(&out), "! line 2: note is longer than 8000 bytes\n");

    buf_reset(&in);
    buf_reset(&out);
    buf_add_str(&in, "file,scheme,code,tags\na,s,c,t:0");
    for (int i = 1; i <= SCHEME_TAGS_MAX; i++)
        buf_addf(&in, " t:%d", i);
    assert_int_equal(read_text(buf_cstr(&in), &out, NULL), ASSAY_OK);
    assert_string_equal(buf_cstr(&out), "! line 2: tags has too many\n");
    buf_clear(&in);
    buf_clear(&out);
}

static enum assay_err stop(void *ctx, const struct sidecar_row *row, struct err *e)
{
    ++*(int *)ctx;
    return err_set(e, ASSAY_EFULL, "line %llu: stopped", (unsigned long long)row->line);
}

static void an_error_of_the_caller_ends_the_reading(void **state)
{
    static const char text[] = "file\na\nb\n";
    struct csv_reader *r = csv_reader_new(text, sizeof text - 1);
    int calls = 0;
    struct sidecar_sink sink = {.ctx = &calls, .row = stop, .refused = on_refused};
    struct err e = {0};

    (void)state;
    assert_int_equal(sidecar_read(r, &sink, &e), ASSAY_EFULL);
    assert_string_equal(e.text, "line 2: stopped");
    assert_int_equal(calls, 1);
    csv_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_in_any_order_and_rows_come_whole),
        cmocka_unit_test(the_documented_vector_is_read_as_documented),
        cmocka_unit_test(a_wrong_header_is_refused_by_name_and_nothing_is_read),
        cmocka_unit_test(each_bad_row_is_reported_by_line_and_the_rest_goes_on),
        cmocka_unit_test(texts_and_tags_have_limits),
        cmocka_unit_test(an_error_of_the_caller_ends_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
