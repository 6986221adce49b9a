/* base: text forms, times, ids, buffers and files, on good values, edges and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"

static void hex_goes_both_ways(void **state)
{
    uint8_t bytes[3], back[3] = {1, 2, 3};
    char text[7];

    (void)state;
    assert_int_equal(str_unhex("00fFa7", bytes, 3), ASSAY_OK);
    str_hex(bytes, 3, text);
    assert_string_equal(text, "00ffa7");
    assert_int_equal(str_unhex("00ffa", back, 3), ASSAY_EFORMAT);
    assert_int_equal(str_unhex("00ffag", back, 3), ASSAY_EFORMAT);
    assert_int_equal(back[0], 1);
}

static void base64_goes_both_ways_and_refuses_second_texts(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
    static const char *const bad[] = {
        "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "Zg==Zg==", "Zm 9", "Zm9-"};
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        buf_reset(&b);
        str_base64(pairs[i][0], strlen(pairs[i][0]), &b);
        assert_string_equal(buf_cstr(&b), pairs[i][1]);
        buf_reset(&b);
        assert_int_equal(str_unbase64(pairs[i][1], strlen(pairs[i][1]), &b), ASSAY_OK);
        assert_string_equal(buf_cstr(&b), pairs[i][0]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_reset(&b);
        assert_int_equal(str_unbase64(bad[i], strlen(bad[i]), &b), ASSAY_EFORMAT);
    }
    buf_clear(&b);
}

static void utf8_is_strict(void **state)
{
    (void)state;
    assert_true(str_is_utf8("gr\xc3\xbc\xc3\x9f", 6));
    assert_true(str_is_utf8("\xf0\x9f\x8c\xb2", 4));
    assert_false(str_is_utf8("\xc0\xaf", 2));         /* overlong */
    assert_false(str_is_utf8("\xe0\x80\xaf", 3));     /* overlong */
    assert_false(str_is_utf8("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(str_is_utf8("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_false(str_is_utf8("\xc3", 1));
    assert_false(str_is_utf8("\xff", 1));
}

static void text_from_outside_is_escaped_so_that_no_terminal_obeys_it(void **state)
{
    static const char *const pairs[][2] = {
        {"plain \xc3\xa9 \xf0\x9f\x8c\xb2", "plain \xc3\xa9 \xf0\x9f\x8c\xb2"},
        {"\x1b[31m\n\t\x7f", "\\x1b[31m\\x0a\\x09\\x7f"},
        {"\xc2\x9b"
         "c1",
         "\\xc2\\x9b"
         "c1"},
        {"\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f", "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8f"},
        {"\xff\xe2\x80", "\\xff\\xe2\\x80"},
        {"\\x1b", "\\x5cx1b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf b;
        buf_init(&b, 256);
        str_escaped(pairs[i][0], &b);
        assert_string_equal(buf_cstr(&b), pairs[i][1]);
        buf_clear(&b);
    }
}

static void text_from_outside_is_shown_cut_and_without_control_characters(void **state)
{
    char out[6];

    (void)state;
    assert_string_equal(str_shown("a\n\x1b\x7f", out, sizeof out), "a???");
    assert_string_equal(str_shown("abcde", out, sizeof out), "abcde");
    assert_string_equal(str_shown("abcdef", out, sizeof out), "abcde");
    assert_string_equal(str_shown("abcd\xc3\xa9", out, sizeof out), "abcd");
    assert_string_equal(str_shown("a\xf0\x9f\x8c\xb2", out, sizeof out), "a\xf0\x9f\x8c\xb2");
}

static void numbers_keep_to_their_range(void **state)
{
    int64_t v = 7;

    (void)state;
    assert_int_equal(str_int64("9223372036854775807", 0, INT64_MAX, &v), ASSAY_OK);
    assert_true(v == INT64_MAX);
    assert_int_equal(str_int64("-9223372036854775808", INT64_MIN, 0, &v), ASSAY_OK);
    assert_true(v == INT64_MIN);
    assert_int_equal(str_int64("9223372036854775808", 0, INT64_MAX, &v), ASSAY_ERANGE);
    assert_int_equal(str_int64("11", 0, 10, &v), ASSAY_ERANGE);
    assert_int_equal(str_int64("", 0, 10, &v), ASSAY_EFORMAT);
    assert_int_equal(str_int64("1 ", 0, 10, &v), ASSAY_EFORMAT);
    assert_int_equal(str_int64("+1", 0, 10, &v), ASSAY_EFORMAT);
}

static void times_are_rfc_3339(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-02-29",
                                      "2026-13-01",
                                      "2026-11-22T16:01:20",
                                      "2026-11-22T24:00:00Z",
                                      "9999-12-31T23:59:60Z",
                                      "9999-12-31T23:59:59-00:01",
                                      "2026-11-22T16:01Z",
                                      "1969-12-31T23:00:00Z",
                                      "2026-11-22T16:01:20.Z",
                                      "2026-11-22x"};
    char text[CLOCK_TEXT_SIZE];
    int64_t ms;

    (void)state;
    assert_int_equal(clock_parse("2026-11-22T16:01:20.123Z", &ms), ASSAY_OK);
    clock_text(ms, text);
    assert_string_equal(text, "2026-11-22T16:01:20.123Z");
    assert_int_equal(clock_parse("2026-11-22T17:01:20.1234+01:00", &ms), ASSAY_OK);
    clock_text(ms, text);
    assert_string_equal(text, "2026-11-22T16:01:20.123Z");
    assert_int_equal(clock_parse("2024-02-29", &ms), ASSAY_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(clock_parse(bad[i], &ms), ASSAY_EFORMAT);
}

static void ids_never_repeat_and_go_up(void **state)
{
    int64_t last = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t id = rand_id();
        assert_true(id > last);
        last = id;
    }
}

static void a_buffer_stops_at_its_maximum(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    buf_add_str(&b, "abc");
    buf_add_str(&b, "def");
    assert_true(b.over);
    assert_string_equal(buf_cstr(&b), "abc");
    buf_add_str(&b, "d");
    assert_string_equal(buf_cstr(&b), "abc");
    buf_reset(&b);
    buf_add_le32(&b, 0x01020304);
    assert_memory_equal(b.data, "\4\3\2\1", 4);
    buf_clear(&b);
}

static void an_arena_gives_cleared_memory_of_any_size(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(a, size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 255, size);
    }
    assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    arena_free(a);
}

static void a_file_is_replaced_whole_or_created_once(void **state)
{
    char dir[] = "/tmp/assay-test-XXXXXX", path[64], deep[64];
    struct err e = {0};
    struct buf b;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/file", dir);
    (void)snprintf(deep, sizeof deep, "%s/a/b/c", dir);
    assert_int_equal(fs_create(path, "one", 3, 0600, &e), ASSAY_OK);
    assert_int_equal(fs_create(path, "two", 3, 0600, &e), ASSAY_EEXISTS);
    assert_int_equal(fs_replace(path, "three", 5, 0600, &e), ASSAY_OK);
    buf_init(&b, 5);
    assert_int_equal(fs_read_file(path, &b, &e), ASSAY_OK);
    assert_string_equal(buf_cstr(&b), "three");
    buf_clear(&b);
    buf_init(&b, 4);
    assert_int_equal(fs_read_file(path, &b, &e), ASSAY_ELIMIT);
    buf_clear(&b);
    assert_int_equal(fs_read_file(dir, &b, &e), ASSAY_EUNSUPPORTED);
    assert_int_equal(fs_make_dirs(deep, 0700, &e), ASSAY_OK);
    assert_int_equal(fs_make_dirs(deep, 0700, &e), ASSAY_OK);
    assert_int_equal(rmdir(deep), 0);
    (void)snprintf(deep, sizeof deep, "%s/a/b", dir);
    assert_int_equal(rmdir(deep), 0);
    (void)snprintf(deep, sizeof deep, "%s/a", dir);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0); /* so no temporary file was left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(base64_goes_both_ways_and_refuses_second_texts),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(text_from_outside_is_escaped_so_that_no_terminal_obeys_it),
        cmocka_unit_test(text_from_outside_is_shown_cut_and_without_control_characters),
        cmocka_unit_test(numbers_keep_to_their_range),
        cmocka_unit_test(times_are_rfc_3339),
        cmocka_unit_test(ids_never_repeat_and_go_up),
        cmocka_unit_test(a_buffer_stops_at_its_maximum),
        cmocka_unit_test(an_arena_gives_cleared_memory_of_any_size),
        cmocka_unit_test(a_file_is_replaced_whole_or_created_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
