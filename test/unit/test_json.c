/* JSON door: what the grammar takes and refuses, streaming at every split, the tree, the writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct sample {
    const char *text;
    size_t size;
};
#define SAMPLE(s)                                                                                  \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

/* All tokens of a document as text, one a line, or the error. */
static enum assay_err list_tokens(struct json_reader *r, struct buf *out)
{
    static const char names[] = "{}[]ksntf0$";
    enum json_token token = JSON_NULL;
    struct err e = {0};

    while (token != JSON_END) {
        const char *text = "";
        size_t size = 0;
        enum assay_err rc = json_next(r, &token, &text, &size, &e);
        if (rc != 0) {
            buf_addf(out, "! %s\n", e.text);
            return rc;
        }
        assert_int_equal(strlen(text), size);
        buf_addf(out, "%c%s@%llu\n", names[token], text, (unsigned long long)json_line(r));
    }
    return ASSAY_OK;
}

static enum assay_err read_all(const char *text, size_t size, struct buf *out)
{
    struct json_reader *r = json_reader_new(text, size, 100000);
    enum assay_err rc = list_tokens(r, out);

    json_reader_free(r);
    return rc;
}

static const struct sample accepted[] = {
    SAMPLE("[]"),
    SAMPLE("{}"),
    SAMPLE(" [ ] "),
    SAMPLE("\t\r\n0\n"),
    SAMPLE("-0"),
    SAMPLE("-0.0e-1"),
    SAMPLE("1E+2"),
    SAMPLE("123456789012345678901234567890"),
    SAMPLE("0e1"),
    SAMPLE("\"\""),
    SAMPLE("true"),
    SAMPLE("null"),
    SAMPLE("[false,true,null]"),
    SAMPLE("{\"\":0}"),
    SAMPLE("{\"a\":{\"b\":[{}]},\"c\":-1}"),
    SAMPLE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""),
    SAMPLE("\"\\uD83C\\uDF32\""),
    SAMPLE("\"\xf0\x9f\x8c\xb2\""),
    SAMPLE("\"\x7f\""),
    SAMPLE("\"\\uFFFF\""),
    SAMPLE("\"\xef\xbf\xbf\""),
    SAMPLE("\xef\xbb\xbf[1]"),
    SAMPLE("[\"\\u0012\"]"),
    SAMPLE("{\"a\":1,\"a\":2}"), /* the reader takes it; the tree refuses */
    SAMPLE("[1\n]"),
};

static const struct sample refused[] = {
    SAMPLE(""),
    SAMPLE(" "),
    SAMPLE("[1,]"),
    SAMPLE("[,1]"),
    SAMPLE("[1,,2]"),
    SAMPLE("{\"a\":1,}"),
    SAMPLE("{,}"),
    SAMPLE("[1 2]"),
    SAMPLE("[1] x"),
    SAMPLE("[1]]"),
    SAMPLE("[]["),
    SAMPLE("1 2"),
    SAMPLE("["),
    SAMPLE("{"),
    SAMPLE("[1"),
    SAMPLE("[\"a"),
    SAMPLE("[\"a\\"),
    SAMPLE("[\"a\\u00"),
    SAMPLE("{\"a\""),
    SAMPLE("{\"a\":"),
    SAMPLE("{\"a\" 1}"),
    SAMPLE("{a:1}"),
    SAMPLE("{1:1}"),
    SAMPLE("{'a':1}"),
    SAMPLE("['a']"),
    SAMPLE("{\"a\":1]"),
    SAMPLE("[1}"),
    SAMPLE("}"),
    SAMPLE("]"),
    SAMPLE(","),
    SAMPLE(":"),
    SAMPLE("{\"a\"::1}"),
    SAMPLE("{\"a\"=1}"),
    SAMPLE("[1;2]"),
    SAMPLE("{\"a\":1;\"b\":2}"),
    SAMPLE("{\"a\":1 \"b\":2}"),
    SAMPLE("NaN"),
    SAMPLE("[Infinity]"),
    SAMPLE("-Infinity"),
    SAMPLE("nul"),
    SAMPLE("nulL"),
    SAMPLE("True"),
    SAMPLE("tru e"),
    SAMPLE("truex"),
    SAMPLE("01"),
    SAMPLE("-01"),
    SAMPLE("-"),
    SAMPLE("+1"),
    SAMPLE(".5"),
    SAMPLE("1."),
    SAMPLE("1.e1"),
    SAMPLE("1e"),
    SAMPLE("1e+"),
    SAMPLE("1e1.5"),
    SAMPLE("1.2.3"),
    SAMPLE("1-1"),
    SAMPLE("--1"),
    SAMPLE("0x10"),
    SAMPLE("1_000"),
    SAMPLE("\xef\xbc\x91"), /* a full-width digit */
    SAMPLE("\"a\tb\""),
    SAMPLE("\"a\nb\""),
    SAMPLE("\"a\0b\""),
    SAMPLE("\"\x1f\""),
    SAMPLE("\"\\u0000\""),
    SAMPLE("\"\\x41\""),
    SAMPLE("\"\\'\""),
    SAMPLE("\"\\\""),
    SAMPLE("\"\\u12g4\""),
    SAMPLE("\"\\U0041\""),
    SAMPLE("\"\\uD800\""),
    SAMPLE("\"\\uDC00\""),
    SAMPLE("\"\\uD800\\u0041\""),
    SAMPLE("\"\\uD800x\""),
    SAMPLE("\"\\uD800\\n\""),
    SAMPLE("\"\\uD800\\uD800\""),
    SAMPLE("\"\\uD800\\uE000\""),
    SAMPLE("\"\\uDC00\\uD800\""),
    SAMPLE("\"\xc0\xaf\""),         /* overlong */
    SAMPLE("\"\xe0\x80\xaf\""),     /* overlong */
    SAMPLE("\"\xed\xa0\x80\""),     /* surrogate */
    SAMPLE("\"\xf4\x90\x80\x80\""), /* above U+10FFFF */
    SAMPLE("\"\x80\""),
    SAMPLE("\"\xe9\""),
    SAMPLE("\"12345678\xff\""),
    SAMPLE("\"\xc3\\n\xa9\""), /* a character torn by an escape */
    SAMPLE("\xef\xbb\xbf"),
    SAMPLE("\xef\xbb[1]"),
    SAMPLE("\xef\xbb\xbf\xef\xbb\xbf[1]"),
    SAMPLE("\xff\xfe[\0]\0"),
    SAMPLE("[1]\0"),
    SAMPLE("\0"),
    SAMPLE("[\f]"),
    SAMPLE("[\xc2\xa0]"),
    SAMPLE("[1]//x"),
    SAMPLE("/* */[1]"),
    SAMPLE("#x\n1"),
    SAMPLE("\"a\" \"b\""),
};

static void what_rfc_8259_allows_is_taken(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    for (size_t i = 0; i < COUNT(accepted); i++) {
        buf_reset(&out);
        if (read_all(accepted[i].text, accepted[i].size, &out) != ASSAY_OK)
            fail_msg("%s: %s", accepted[i].text, buf_cstr(&out));
    }
    buf_clear(&out);
}

static void what_rfc_8259_forbids_is_refused(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    for (size_t i = 0; i < COUNT(refused); i++) {
        buf_reset(&out);
        if (read_all(refused[i].text, refused[i].size, &out) != ASSAY_EFORMAT)
            fail_msg("%zu: %s: %s", i, refused[i].text, buf_cstr(&out));
    }
    buf_clear(&out);
}

/* A source that gives the text in two pieces, or byte by byte. */
struct pieces {
    const char *text;
    size_t size, at, split;
};

static size_t fill_pieces(void *ctx, void *out, size_t size)
{
    struct pieces *p = ctx;
    size_t until = p->at < p->split ? p->split : p->size, n = until - p->at;

    if (p->split == SIZE_MAX)
        n = p->at < p->size ? 1 : 0;
    assert_true(n <= size);
    memcpy(out, p->text + p->at, n);
    p->at += n;
    return n;
}

static void check_split(const struct sample *s, size_t split, struct buf *want, struct buf *got)
{
    struct pieces p = {.text = s->text, .size = s->size, .split = split};
    struct json_reader *r = json_reader_stream(fill_pieces, &p, 100000);

    buf_reset(got);
    (void)!list_tokens(r, got);
    assert_string_equal(buf_cstr(got), buf_cstr(want));
    json_reader_free(r);
}

static void check_all_splits(const struct sample *samples, size_t count)
{
    struct buf want, got;

    buf_init(&want, 100000);
    buf_init(&got, 100000);
    for (size_t i = 0; i < count; i++) {
        buf_reset(&want);
        (void)!read_all(samples[i].text, samples[i].size, &want);
        for (size_t split = 1; split < samples[i].size; split++)
            check_split(&samples[i], split, &want, &got);
        check_split(&samples[i], SIZE_MAX, &want, &got);
    }
    buf_clear(&want);
    buf_clear(&got);
}

static void every_split_of_the_input_gives_equal_tokens_and_errors(void **state)
{
    static const struct sample big[] = {
        SAMPLE("\xef\xbb\xbf{\"some longer key\" : [ 12.5e-3 , true,\r\n false,null, \"\"],\n"
               "\"gr\xc3\xbc\xc3\x9f\\u00e9\\ud83c\\udf32 \xf0\x9f\x8c\xb2 and plain text\":{}}\n"),
    };

    (void)state;
    check_all_splits(accepted, COUNT(accepted));
    check_all_splits(refused, COUNT(refused));
    check_all_splits(big, COUNT(big));
}

static void errors_name_line_and_column(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "line 1, column 1: the text ends where a value is expected"},
        {"[1,\n 2,\n  x]", "line 3, column 3: 'x' stands where a value is expected"},
        {"{\"a\":1,\n}", "line 2, column 1: '}' stands where a key in quotes is expected"},
        {"[1] x", "line 1, column 5: 'x' stands where the end of the text is expected"},
        {"[\"a\nb\"]",
         "line 1, column 4: byte 0x0a stands where text without raw control characters is "
         "expected"},
        {"[1,\n\"\\ud800\"]", "line 2, column 1: a high surrogate stands alone"},
        {"\xef\xbb\xbf[01]", "line 1, column 2: this is no JSON number"},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *j = NULL;
        struct err e = {0};
        assert_int_equal(json_parse(a, rows[i].text, strlen(rows[i].text), &j, &e), ASSAY_EFORMAT);
        assert_string_equal(e.text, rows[i].message);
        assert_null(j);
    }
    arena_free(a);
}

static void depth_is_a_limit_and_costs_no_stack(void **state)
{
    size_t size = 1000000;
    char *deep = mem_alloc(size);
    struct buf out;
    struct arena *a = arena_new();
    struct json *j;

    (void)state;
    memset(deep, '[', size);
    buf_init(&out, 100000);
    assert_int_equal(read_all(deep, size, &out), ASSAY_ELIMIT);
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(read_all(deep, 2 * JSON_DEPTH_MAX, &out), ASSAY_OK);
    assert_int_equal(json_parse(a, deep, 2 * JSON_DEPTH_MAX, &j, NULL), ASSAY_OK);
    for (size_t i = 0; i < size; i += 5)
        memcpy(deep + i, "{\"a\":", 5);
    assert_int_equal(read_all(deep, size, &out), ASSAY_ELIMIT);
    assert_int_equal(json_parse(a, deep, size, &j, NULL), ASSAY_ELIMIT);
    buf_clear(&out);
    arena_free(a);
    mem_free(deep);
}

static void a_token_longer_than_allowed_is_refused(void **state)
{
    static const char text[] = "[\"12345\",\"123456\",1]";
    struct json_reader *r = json_reader_new(text, sizeof text - 1, 5);
    enum json_token token;
    const char *s = NULL;
    size_t size;
    struct err e = {0};

    (void)state;
    assert_int_equal(json_next(r, &token, &s, &size, &e), ASSAY_OK);
    assert_int_equal(json_next(r, &token, &s, &size, &e), ASSAY_OK);
    assert_string_equal(s, "12345");
    assert_int_equal(json_next(r, &token, &s, &size, &e), ASSAY_ELIMIT);
    e = (struct err){0};
    assert_int_equal(json_next(r, &token, &s, &size, &e), ASSAY_ELIMIT); /* it stays so */
    assert_non_null(strstr(e.text, "longer than allowed"));
    json_reader_free(r);
}

static void skipping_goes_over_one_value_whole(void **state)
{
    static const char text[] = "{\"a\":[1,{\"x\":[]},2],\"b\":7,\"c\":{}}";
    struct json_reader *r = json_reader_new(text, sizeof text - 1, 100);
    enum json_token token;
    const char *s = NULL;
    size_t size;

    (void)state;
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_string_equal(s, "a");
    assert_int_equal(json_skip(r, NULL), ASSAY_OK);
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_string_equal(s, "b");
    assert_int_equal(json_skip(r, NULL), ASSAY_OK);
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_string_equal(s, "c");
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_int_equal(token, JSON_OBJECT_BEGIN);
    assert_int_equal(json_skip(r, NULL), ASSAY_OK);
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_int_equal(token, JSON_OBJECT_END);
    assert_int_equal(json_next(r, &token, &s, &size, NULL), ASSAY_OK);
    assert_int_equal(token, JSON_END);
    assert_true(json_offset(r) == sizeof text - 1);
    json_reader_free(r);
}

static void a_tree_holds_kinds_order_and_lines(void **state)
{
    static const char text[] = "{\"b\":\n [1, \"\\u00e9\", true],\n\"a\":null}";
    struct arena *a = arena_new();
    struct json *j = NULL;

    (void)state;
    assert_int_equal(json_parse(a, text, sizeof text - 1, &j, NULL), ASSAY_OK);
    assert_int_equal(j->kind, JSON_IS_OBJECT);
    assert_int_equal(j->size, 2);
    assert_string_equal(j->first->key, "b");
    assert_int_equal(j->first->line, 2);
    assert_int_equal(j->first->size, 3);
    assert_string_equal(j->first->first->text, "1");
    assert_string_equal(j->first->first->next->text, "\xc3\xa9");
    assert_true(j->first->first->next->next->boolean);
    assert_null(j->first->first->key);
    assert_int_equal(json_get(j, "a")->kind, JSON_IS_NULL);
    assert_int_equal(json_get(j, "a")->line, 3);
    assert_null(json_get(j, "c"));
    assert_null(json_get(NULL, "c"));
    assert_null(json_get(j->first, "c"));
    arena_free(a);
}

static void a_key_that_stands_twice_is_refused_by_the_tree(void **state)
{
    struct arena *a = arena_new();
    struct json *j = NULL;
    struct err e = {0};
    struct buf b;

    (void)state;
    static const char few[] = "{\"a\":1,\n\"b\":{\"a\":2},\n\"\\u0061\":3}";
    assert_int_equal(json_parse(a, few, sizeof few - 1, &j, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 3: \"a\" stands twice in one object");

    buf_init(&b, 1000000);
    for (int last = 999; last <= 1000; last++) {
        buf_reset(&b);
        buf_add_char(&b, '{');
        for (int i = 0; i < 1000; i++)
            buf_addf(&b, "\"k%d\":%d,\n", i, i);
        buf_addf(&b, "\"k%d\":0}", last);
        assert_int_equal(json_parse(a, b.data, b.size, &j, &e),
                         last == 999 ? ASSAY_EFORMAT : ASSAY_OK);
    }
    assert_string_equal(e.text, "line 1001: \"k999\" stands twice in one object");
    buf_clear(&b);
    arena_free(a);
}

static void members_are_taken_with_checks(void **state)
{
    static const char text[] = "{\"t\":\"abc\",\"n\":12,\"f\":1.0,\"b\":true,\"z\":null,\n"
                               "\"id\":\"9223372036854775807\",\"bad\":\"012\",\"big\":\"9999999999"
                               "999999999\"}";
    static const char *const known[] = {"t", "n", "f", "b", "z", "id", "bad", NULL};
    struct arena *a = arena_new();
    struct json *j = NULL;
    const char *s = "before";
    int64_t v = 5;
    bool flag = false;
    struct err e = {0};

    (void)state;
    assert_int_equal(json_parse(a, text, sizeof text - 1, &j, &e), ASSAY_OK);
    assert_int_equal(json_need_text(j, "t", 3, &s, &e), ASSAY_OK);
    assert_string_equal(s, "abc");
    assert_int_equal(json_need_text(j, "t", 2, &s, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 1: \"t\" is longer than 2 bytes");
    assert_int_equal(json_need_text(j, "x", 2, &s, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 1: \"x\" is missing");
    assert_int_equal(json_need_text(j, "n", 2, &s, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 1: \"n\" must be text");
    assert_int_equal(json_need_text(NULL, "n", 2, &s, &e), ASSAY_EFORMAT);
    assert_int_equal(json_want_text(j, "z", 2, &s, &e), ASSAY_OK);
    assert_int_equal(json_want_text(j, "x", 2, &s, &e), ASSAY_OK);
    assert_int_equal(json_want_text(j, "b", 2, &s, &e), ASSAY_EFORMAT);
    assert_string_equal(s, "abc");
    assert_int_equal(json_need_int(j, "n", 0, 11, &v, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 1: \"n\" must be a whole number from 0 to 11");
    assert_int_equal(json_need_int(j, "f", 0, 11, &v, &e), ASSAY_EFORMAT);
    assert_int_equal(json_want_int(j, "z", 0, 11, &v, &e), ASSAY_OK);
    assert_true(v == 5);
    assert_int_equal(json_want_int(j, "n", 0, 12, &v, &e), ASSAY_OK);
    assert_true(v == 12);
    assert_int_equal(json_want_bool(j, "b", &flag, &e), ASSAY_OK);
    assert_true(flag);
    assert_int_equal(json_want_bool(j, "n", &flag, &e), ASSAY_EFORMAT);
    assert_int_equal(json_need_id(j, "id", &v, &e), ASSAY_OK);
    assert_true(v == INT64_MAX);
    assert_int_equal(json_need_id(j, "bad", &v, &e), ASSAY_EFORMAT);
    assert_int_equal(json_need_id(j, "big", &v, &e), ASSAY_EFORMAT);
    assert_int_equal(json_need_id(j, "n", &v, &e), ASSAY_EFORMAT);
    assert_int_equal(json_only(j, known, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 2: \"big\" is not known here");
    arena_free(a);
}

static void a_key_in_a_message_carries_no_control_characters(void **state)
{
    static const char text[] = "{\"a\\n\\u001b[2J\":1}";
    static const char *const known[] = {NULL};
    struct arena *a = arena_new();
    struct json *j = NULL;
    struct err e = {0};

    (void)state;
    assert_int_equal(json_parse(a, text, sizeof text - 1, &j, &e), ASSAY_OK);
    assert_int_equal(json_only(j, known, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 1: \"a??[2J\" is not known here");
    arena_free(a);
}

static void the_writer_writes_every_kind(void **state)
{
    static const unsigned char bytes[40] = {0xde, 0xad, [39] = 1};
    struct json_out o;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    json_out_init(&o, &b);
    json_object(&o, NULL);
    json_text(&o, "t", "a\"\\\b\f\n\r\t\x01/\x7f");
    json_text(&o, "none", NULL);
    json_text_n(&o, "n", "abc", 2);
    json_int(&o, "int", INT64_MIN);
    json_id(&o, "id", INT64_MAX);
    json_id(&o, "no_id", 0);
    json_array(&o, "list");
    json_bool(&o, NULL, true);
    json_bool(&o, NULL, false);
    json_object(&o, NULL);
    json_object_end(&o);
    json_array(&o, NULL);
    json_array_end(&o);
    json_null(&o, NULL);
    json_array_end(&o);
    json_hex(&o, "hex", bytes, sizeof bytes);
    json_hex(&o, "no_hex", bytes, 0);
    json_time(&o, "time", 1);
    json_time(&o, "no_time", 0);
    json_raw(&o, "raw", "[1]");
    json_object_end(&o);
    assert_string_equal(
        buf_cstr(&b),
        "{\"t\":\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7f\",\"none\":null,\"n\":\"ab\","
        "\"int\":-9223372036854775808,\"id\":\"9223372036854775807\",\"no_id\":null,"
        "\"list\":[true,false,{},[],null],\"hex\":\"dead000000000000000000000000000000000000000000"
        "0000000000000000000000000000000001\",\"no_hex\":null,"
        "\"time\":\"1970-01-01T00:00:00.001Z\",\"no_time\":null,\"raw\":[1]}");
    buf_clear(&b);
}

static void what_is_no_utf_8_is_written_as_replacement_characters(void **state)
{
    struct json_out o;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    json_out_init(&o, &b);
    json_text(&o, NULL, "a\xff\xc3\xa9\xc3(\xed\xa0\x80\xf0\x9f\x8c\xb2\n");
    assert_string_equal(buf_cstr(&b), "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
                                      "\xef\xbf\xbd\xf0\x9f\x8c\xb2\\n\"");
    buf_clear(&b);
}

static void every_character_survives_writing_and_reading(void **state)
{
    struct arena *a = arena_new();
    struct buf text, b;
    struct json_out o;
    struct json *j = NULL;

    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&b, 1 << 20);
    for (uint32_t c = 1; c < 0x800; c++) {
        if (c >= 0x80)
            buf_add_char(&text, (char)(0xc0 | c >> 6));
        buf_add_char(&text, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
    }
    json_out_init(&o, &b);
    json_text(&o, NULL, buf_cstr(&text));
    assert_int_equal(json_parse(a, b.data, b.size, &j, NULL), ASSAY_OK);
    assert_int_equal(j->size, text.size);
    assert_memory_equal(j->text, text.data, text.size);
    buf_clear(&text);
    buf_clear(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_allows_is_taken),
        cmocka_unit_test(what_rfc_8259_forbids_is_refused),
        cmocka_unit_test(every_split_of_the_input_gives_equal_tokens_and_errors),
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(depth_is_a_limit_and_costs_no_stack),
        cmocka_unit_test(a_token_longer_than_allowed_is_refused),
        cmocka_unit_test(skipping_goes_over_one_value_whole),
        cmocka_unit_test(a_tree_holds_kinds_order_and_lines),
        cmocka_unit_test(a_key_that_stands_twice_is_refused_by_the_tree),
        cmocka_unit_test(members_are_taken_with_checks),
        cmocka_unit_test(a_key_in_a_message_carries_no_control_characters),
        cmocka_unit_test(the_writer_writes_every_kind),
        cmocka_unit_test(what_is_no_utf_8_is_written_as_replacement_characters),
        cmocka_unit_test(every_character_survives_writing_and_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
