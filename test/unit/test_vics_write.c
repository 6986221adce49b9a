/* VICS as we write it: the very bytes. doc/answer.md shows the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "format/vics_write.h"

static struct err e;

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *j;

    assert_int_equal(json_parse(a, text, strlen(text), &j, &e), ASSAY_OK);
    return j;
}

static const struct vics_note notes[] = {{"state", "graded"}, {"reason", NULL}, {"code", "L2"}};

static struct vics_answer graded(void)
{
    return (struct vics_answer){.number = 4,
                                .category = 2,
                                .graded = true,
                                .dated_ms = 1709287872999,
                                .has_md5 = true,
                                .md5 = {0xab, 0xcd},
                                .has_file = true,
                                .sha1 = {0x12},
                                .sha256 = {0x34},
                                .size = 488,
                                .mime = "image/png",
                                .has_pdq = true,
                                .pdq = {0x56},
                                .tags = "light:day season:summer",
                                .notes = notes,
                                .note_count = 3};
}

#define ZEROS_8  "00000000"
#define ZEROS_28 ZEROS_8 ZEROS_8 ZEROS_8 "0000"
#define MD5      "abcd" ZEROS_28
#define SHA1     "12000000" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8
#define SHA256   "34000000" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8
#define PDQ      "56000000" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8

static void a_case_has_these_bytes(void **state)
{
    static const char expected[] =
        "{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/"
        "$metadata#Cases\",\"value\":[{\"CaseID\":\"x\",\"TotalMediaFiles\":1,"
        "\"SourceApplicationName\":\"assay\",\"SourceApplicationVersion\":\"0.1.0\",\"Media\":["
        "{\"MediaID\":4,\"Category\":2,\"MD5\":\"" MD5 "\",\"SHA1\":\"" SHA1
        "\",\"MediaSize\":488,\"DateUpdated\":\"2024-03-01T10:11:12Z\",\"IsPrecategorized\":false,"
        "\"MimeType\":\"image/png\",\"Comments\":\"c\",\"Tags\":\"a,light:day,season:summer\","
        "\"AlternativeHashes\":[{\"MD5\":\"" MD5
        "\",\"HashName\":\"SHA256\",\"HashValue\":\"" SHA256 "\"},{\"MD5\":\"" MD5
        "\",\"HashName\":\"PDQ\",\"HashValue\":\"" PDQ "\"}],"
        "\"MediaMetadata\":[{\"PropertyName\":\"theirs\"},{\"MD5\":\"" MD5
        "\",\"PropertyName\":\"assay.state\",\"PropertyValue\":\"graded\"},{\"MD5\":\"" MD5
        "\",\"PropertyName\":\"assay.code\",\"PropertyValue\":\"L2\"}]}\n]}]}\n";
    const struct vics_shape shape = {.version = "2.0", .region = "UK"};
    const struct vics_answer answer = graded();
    struct arena *a = arena_new();
    struct vics_writer w;
    struct buf b;

    (void)state;
    buf_init(&b, 65536);
    vics_write_begin(&w, &shape, &b);
    vics_write_case(&w,
                    parsed(a, "{\"CaseID\":\"x\",\"TotalMediaFiles\":9,"
                              "\"SourceApplicationName\":\"other\"}"),
                    1, "0.1.0");
    vics_write_media(&w,
                     parsed(a, "{\"MD5\":\"\",\"Comments\":\"c\",\"Tags\":\"a\",\"Category\":\"1\","
                               "\"MediaMetadata\":[{\"PropertyName\":\"theirs\"},"
                               "{\"PropertyName\":\"assay.state\"}]}"),
                     &answer);
    vics_write_end(&w);
    assert_string_equal(buf_cstr(&b), expected);
    buf_clear(&b);
    arena_free(a);
}

static void an_older_list_has_these_bytes(void **state)
{
    static const char expected[] =
        "\xef\xbb\xbf{\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml"
        "#Media\",\"value\":[{\"Comments\":1,\"MD5\":\"ABCD\",\"Category\":null,\"MediaID\":4,"
        "\"MediaMetadata\":[{\"MD5\":\"\",\"PropertyName\":\"assay.state\","
        "\"PropertyValue\":\"waiting\"}]}\n,{\"MediaID\":5,\"Category\":null,\"MD5\":\"\","
        "\"MediaMetadata\":[]}\n]}\n";
    static const struct vics_note waiting[] = {{"state", "waiting"}};
    const struct vics_shape shape = {.version = "1.3",
                                     .region = "",
                                     .flat = true,
                                     .bom = true,
                                     .upper_hex = true,
                                     .received_order = true};
    struct vics_answer answer = {
        .number = 4, .category = -1, .tags = "", .notes = waiting, .note_count = 1};
    struct arena *a = arena_new();
    struct vics_writer w;
    struct buf b;

    (void)state;
    buf_init(&b, 65536);
    vics_write_begin(&w, &shape, &b);
    vics_write_media(&w, parsed(a, "{\"Comments\":1,\"MD5\":\"ABCD\",\"Category\":3}"), &answer);
    answer.number = 5;
    answer.note_count = 0;
    vics_write_media(&w, NULL, &answer); /* could not be read */
    vics_write_end(&w);
    assert_string_equal(buf_cstr(&b), expected);
    buf_clear(&b);
    arena_free(a);
}

static void contexts_are_those_that_there_are(void **state)
{
    static const char *const good[][2] = {
        {"1.0", ""}, {"1.3", ""}, {"2.0", "UK"}, {"2.0", "A_b-9"}};
    static const char *const bad[][2] = {{"1.4", ""},  {"1", ""},    {"1.3", "UK"}, {"2.0", ""},
                                         {"2.1", "x"}, {"2.0", "/"}, {"", ""},      {"1.30", ""}};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(vics_context_fits(good[i][0], good[i][1]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(vics_context_fits(bad[i][0], bad[i][1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_has_these_bytes),
        cmocka_unit_test(an_older_list_has_these_bytes),
        cmocka_unit_test(contexts_are_those_that_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
