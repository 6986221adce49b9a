/* CSV: what the strict reader takes and refuses, at every split; what the writer writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "format/csv.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* All rows as text: line, fields between bars; or the error of a row. */
static void list_rows(struct csv_reader *r, struct buf *out)
{
    for (;;) {
        const char *const *fields = NULL;
        size_t count = 0;
        struct err e = {0};
        if (csv_next(r, &fields, &count, &e) != ASSAY_OK) {
            buf_addf(out, "! %s\n", e.text);
            continue;
        }
        if (count == 0)
            break;
        buf_addf(out, "%llu", (unsigned long long)csv_line(r));
        for (size_t i = 0; i < count; i++)
            buf_addf(out, "|%s", fields[i]);
        buf_add_str(out, "\n");
    }
    csv_reader_free(r);
}

struct row {
    const char *text;
    size_t size;
    const char *want;
};
#define ROW(text, want)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1, want                                                               \
    }

static const struct row rows[] = {
    ROW("", ""),
    ROW("a,b\r\nc,d\r\n", "1|a|b\n2|c|d\n"),
    ROW("a,b\nc,d", "1|a|b\n2|c|d\n"),
    ROW("\xef\xbb\xbf"
        "a,b",
        "1|a|b\n"),
    ROW("\xef\xbb\xbf", ""),
    ROW("a,,b,", "1|a||b|\n"),
    ROW("\n\r\na", "1|\n2|\n3|a\n"),
    ROW("\"a\",\"b,c\"\r\n", "1|a|b,c\n"),
    ROW("\"a\"\"b\",\"\"\n", "1|a\"b|\n"),
    ROW("\"\"\"\"\n", "1|\"\n"),
    ROW("\"a\nb\r\nc\",d\ne", "1|a\nb\r\nc|d\n4|e\n"),
    ROW(" a , b \n", "1| a | b \n"),
    ROW("gr\xc3\xbc\xc3\x9f\n", "1|gr\xc3\xbc\xc3\x9f\n"),
    ROW("a\"b,c\nd\n", "! line 1: a quote inside an unquoted field\n2|d\n"),
    ROW(" \"a\"\nd\n", "! line 1: a quote inside an unquoted field\n2|d\n"),
    ROW("\"a\"b,c\nd\n", "! line 1: text behind a closing quote\n2|d\n"),
    ROW("\"a\" \nd\n", "! line 1: text behind a closing quote\n2|d\n"),
    ROW("a\n\"b\nc", "1|a\n! line 3: a quoted field does not end\n"),
    ROW("a\rb\nc", "! line 1: a carriage return without a line feed\n2|c\n"),
    ROW("a\r", "! line 1: a carriage return without a line feed\n"),
    ROW("\"a\"\r", "! line 1: text behind a closing quote\n"),
    ROW("a\0b\nc", "! line 1: a zero byte in a field\n2|c\n"),
    ROW("a\nb,\xff,c\nd", "1|a\n! line 2: a field is not UTF-8\n3|d\n"),
    ROW("a\n\"x\n\xc3\"\nd", "1|a\n! line 3: a field is not UTF-8\n4|d\n"),
    ROW("\xef\xbb"
        "a\nb",
        "! line 1: a field is not UTF-8\n2|b\n"),
    ROW("\xef\xbc\x9d,b\n", "1|\xef\xbc\x9d|b\n"), /* begins as a byte order mark does */
    ROW("\xef\xbb\xbe,b\n", "1|\xef\xbb\xbe|b\n"),
    ROW("\xef", "! line 1: a field is not UTF-8\n"),
    ROW("\xc3,\xa9\n", "! line 1: a field is not UTF-8\n"),
};

static void rows_are_read_as_rfc_4180_has_them_and_a_bad_one_costs_itself_only(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 10000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_reset(&out);
        list_rows(csv_reader_new(rows[i].text, rows[i].size), &out);
        assert_string_equal(buf_cstr(&out), rows[i].want);
    }
    buf_clear(&out);
}

struct pieces {
    const char *text;
    size_t size, at, split;
};

static size_t fill_pieces(void *ctx, void *out, size_t size)
{
    struct pieces *p = ctx;
    size_t n = (p->at < p->split ? p->split : p->size) - p->at;

    assert_true(n <= size);
    memcpy(out, p->text + p->at, n);
    p->at += n;
    return n;
}

static void every_split_of_the_input_gives_equal_rows(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 10000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t split = 0; split <= rows[i].size; split++) {
            struct pieces p = {.text = rows[i].text, .size = rows[i].size, .split = split};
            buf_reset(&out);
            list_rows(csv_reader_stream(fill_pieces, &p), &out);
            assert_string_equal(buf_cstr(&out), rows[i].want);
        }
    }
    buf_clear(&out);
}

static void fields_and_columns_have_limits(void **state)
{
    struct buf in, out;

    (void)state;
    buf_init(&in, 1 << 20);
    buf_init(&out, 1 << 20);
    for (int i = 0; i <= CSV_FIELD_MAX; i++)
        buf_add_char(&in, 'a');
    buf_add_str(&in, ",b\nc\n");
    list_rows(csv_reader_new(in.data, in.size), &out);
    assert_string_equal(buf_cstr(&out), "! line 1: a field is longer than 65536 bytes\n2|c\n");
    buf_reset(&out);
    list_rows(csv_reader_new(in.data + 1, in.size - 1), &out);
    assert_int_equal(out.size, 2 + CSV_FIELD_MAX + 3 + 4);

    buf_reset(&in);
    buf_reset(&out);
    for (int i = 0; i < CSV_COLUMNS_MAX; i++)
        buf_add_char(&in, ',');
    buf_add_str(&in, "\nc\n");
    list_rows(csv_reader_new(in.data, in.size), &out);
    assert_string_equal(buf_cstr(&out), "! line 1: more than 64 columns\n2|c\n");
    buf_reset(&out);
    list_rows(csv_reader_new(in.data + 1, in.size - 1), &out);
    assert_int_equal(out.size, 2 + CSV_COLUMNS_MAX + 4);
    buf_clear(&in);
    buf_clear(&out);
}

static void no_text_is_left_for_a_spreadsheet_to_run(void **state)
{
    static const struct {
        const char *text, *written;
    } cells[] = {
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@x", "\"'@x\""},
        {"\tx", "\"'\tx\""},
        {"\r=x", "\"'\r=x\""},
        {"\n=x", "\"'\n=x\""},
        {"\xef\xbc\x9dx", "\"'\xef\xbc\x9dx\""},
        {"=\"a\"", "\"'=\"\"a\"\"\""},
        {"a=1", "a=1"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {"", ""},
        {NULL, ""},
    };
    struct csv_out o;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    csv_out_init(&o, &b);
    for (size_t i = 0; i < COUNT(cells); i++) {
        char want[64];
        (void)snprintf(want, sizeof want, "x,%s\r\n", cells[i].written);
        buf_reset(&b);
        csv_plain(&o, "x");
        csv_text(&o, cells[i].text);
        csv_end_row(&o);
        assert_string_equal(buf_cstr(&b), want);
    }
    buf_reset(&b);
    csv_int(&o, -5);
    csv_hex(&o, "\x01\xab", 2);
    csv_hex(&o, NULL, 0);
    csv_end_row(&o);
    assert_string_equal(buf_cstr(&b), "-5,01ab,\r\n");
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_rfc_4180_has_them_and_a_bad_one_costs_itself_only),
        cmocka_unit_test(every_split_of_the_input_gives_equal_rows),
        cmocka_unit_test(fields_and_columns_have_limits),
        cmocka_unit_test(no_text_is_left_for_a_spreadsheet_to_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
