/* Lists written in others' forms: what each form has, what it cannot have, what never goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "format/listout.h"

#define MD5    "00112233445566778899aabbccddeeff"
#define SHA1   MD5 "01234567"
#define SHA256 MD5 MD5
#define PDQ    "ff112233445566778899aabbccddeeff" MD5

struct source {
    const char *at;
    size_t left;
};

static size_t fill(void *ctx, void *out, size_t size)
{
    struct source *s = ctx;
    const size_t n = s->left < size ? s->left : size;

    memcpy(out, s->at, n);
    s->at += n;
    s->left -= n;
    return n;
}

struct converting {
    struct listout out;
    struct buf b, why;
};

static enum assay_err take(void *ctx, const struct listfile_record *r, struct err *e)
{
    struct converting *c = ctx;
    const size_t before = c->b.size;
    const char *why = listout_row(&c->out, r);

    (void)e;
    if (why != NULL) {
        assert_int_equal(c->b.size, before);
        buf_addf(&c->why, "%d %s\n", (int)r->line, why);
    }
    return ASSAY_OK;
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    (void)ctx;
    (void)line;
    (void)e;
    fail_msg("%s", reason);
    return ASSAY_OK;
}

static void convert(const char *list, const char *form, const char *categories,
                    struct converting *c)
{
    struct source s = {list, strlen(list)};
    const struct listfile_sink sink = {c, take, refuse};
    struct listout_categories all;
    struct err e = {0};

    buf_init(&c->b, 1 << 20);
    buf_init(&c->why, 1 << 20);
    if (categories != NULL)
        assert_int_equal(listout_read_categories(categories, &all, &e), ASSAY_OK);
    listout_begin(&c->out, listout_form(form), categories == NULL ? NULL : &all, &c->b);
    if (listfile_read(fill, &s, &sink, NULL, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    listout_end(&c->out);
}

static void check(const char *list, const char *form, const char *categories, const char *want,
                  const char *left_out)
{
    struct converting c;

    convert(list, form, categories, &c);
    assert_string_equal(buf_cstr(&c.b), want);
    assert_string_equal(buf_cstr(&c.why), left_out);
    buf_clear(&c.b);
    buf_clear(&c.why);
}

/* Of a picture with all hashes, one whose PDQ is poor, one without, a film, and a bare MD5. */
static const char list[] =
    "{\"sha256\":\"" SHA256 "\",\"sha1\":\"" SHA1 "\",\"md5\":\"" MD5 "\",\"mime\":\"image/png\","
    "\"pdq\":\"" PDQ "\",\"pdq_quality\":90,\"pdq_reason\":null,\"scheme\":\"x\","
    "\"scheme_version\":2,\"code\":\"A\",\"tags\":[\"sea\",\"hills\"]}\n"
    "{\"md5\":\"" MD5 "\",\"pdq\":\"" PDQ "\",\"pdq_quality\":90,\"pdq_reason\":\"one_colour\","
    "\"code\":\"B\"}\n"
    "{\"sha1\":\"" SHA1 "\",\"pdq\":\"" PDQ "\",\"pdq_quality\":49,\"code\":\"C\"}\n"
    "{\"md5\":\"" MD5 "\",\"mime\":\"video/mp4\",\"code\":\"=1\"}\n"
    "{\"hash\":\"" SHA256 "\"}\n";

#define UNSAID "5 its list does not say whether it is a SHA-256 or a PDQ\n"

static void text_has_one_kind_of_hash_a_line(void **state)
{
    (void)state;
    check(list, "md5", NULL, MD5 "\n" MD5 "\n" MD5 "\n", "3 it has no MD5\n" UNSAID);
    check(list, "sha1", NULL, SHA1 "\n" SHA1 "\n", "2 it has no SHA-1\n4 it has no SHA-1\n" UNSAID);
    check(list, "sha256", NULL, SHA256 "\n",
          "2 it has no SHA-256\n3 it has no SHA-256\n4 it has no SHA-256\n" UNSAID);
}

static void sums_have_a_name_behind_them(void **state)
{
    (void)state;
    check(list, "md5sum", NULL, MD5 "  A\n" MD5 "  B\n" MD5 "  =1\n", "3 it has no MD5\n" UNSAID);
    check("MD5 (a\tb c.jpg) = " MD5 "\n" MD5 "\n", "md5sum", NULL, MD5 "  a?b c.jpg\n" MD5 "  -\n",
          "");
    check(SHA1 " *x\nsha256:" SHA256 "\n", "sha256sum", NULL, SHA256 "  -\n",
          "1 it has no SHA-256\n");
    check(SHA1 " *x\n", "sha1sum", NULL, SHA1 "  x\n", "");
}

static void a_pdq_not_to_be_matched_on_never_goes_out(void **state)
{
    static const char *const names[] = {"pdq", "local-file", "csv", "jsonl", "vics"};

    (void)state;
    check(list, "pdq", NULL, PDQ "\n",
          "2 it has no PDQ to match on\n3 it has no PDQ to match on\n"
          "4 it has no PDQ to match on\n" UNSAID);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct converting c;
        convert(list, names[i], str_equal(names[i], "vics") ? "*=1" : NULL, &c);
        const char *first = strstr(buf_cstr(&c.b), PDQ);
        assert_non_null(first);
        assert_null(strstr(first + 1, PDQ));
        buf_clear(&c.b);
        buf_clear(&c.why);
    }
}

static void a_local_file_has_pdq_and_md5_of_films(void **state)
{
    (void)state;
    check(list, "local-file", NULL, "pdq " PDQ "\nvideo_md5 " MD5 "\n",
          "2 it has no PDQ to match on, and is no video with an MD5\n"
          "3 it has no PDQ to match on, and is no video with an MD5\n" UNSAID);
    check("{\"pdq\":\"" PDQ "\",\"pdq_oriented\":\"" SHA256 "\"}\n", "local-file", NULL,
          "pdq " PDQ "\npdq " SHA256 "\n", "");
    check("{\"pdq\":\"" PDQ "\",\"pdq_oriented\":\"" SHA256 "\"}\n", "pdq", NULL,
          PDQ "\n" SHA256 "\n", "");
}

static void csv_and_json_lines_have_all_that_our_reader_knows(void **state)
{
    (void)state;
    check(list, "csv", NULL,
          "md5,sha1,sha256,pdq,pdq_quality,pdq_oriented,scheme,scheme_version,code,tags,"
          "source\r\n" MD5 "," SHA1 "," SHA256 "," PDQ ",90,,x,2,A,sea hills,\r\n" MD5
          ",,,,,,,,B,,\r\n," SHA1 ",,,,,,,C,,\r\n" MD5 ",,,,,,,,\"'=1\",,\r\n",
          UNSAID);
    check(list, "jsonl", NULL,
          "{\"md5\":\"" MD5 "\",\"sha1\":\"" SHA1 "\",\"sha256\":\"" SHA256 "\",\"pdq\":\"" PDQ
          "\",\"pdq_quality\":90,\"mime\":\"image/png\",\"scheme\":\"x\",\"scheme_version\":2,"
          "\"code\":\"A\",\"tags\":[\"sea\",\"hills\"]}\n{\"md5\":\"" MD5 "\",\"code\":\"B\"}\n"
          "{\"sha1\":\"" SHA1 "\",\"code\":\"C\"}\n{\"md5\":\"" MD5 "\",\"mime\":\"video/mp4\","
          "\"code\":\"=1\"}\n",
          UNSAID);
    check("{\"value\":[{\"MD5\":\"" MD5 "\",\"PDQ\":\"of a kind of its own\",\"Name\":\"x\"}]}",
          "jsonl", NULL, "{\"md5\":\"" MD5 "\",\"Name\":\"x\"}\n", "");
    check("pdq " PDQ ",7\n", "csv", NULL,
          "md5,sha1,sha256,pdq,pdq_quality,pdq_oriented,scheme,scheme_version,code,tags,source\r\n",
          "1 it has no hash that may go out\n");
}

/* The context first, the value second and nothing else; a number for a Category. */
static void vics_is_flat_in_the_shape_that_tools_take(void **state)
{
    static const char begin[] = "{\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/"
                                "DataModels/2.0.xml/Default/$metadata#Media\",\"value\":[";
    struct buf want;

    (void)state;
    buf_init(&want, 65536);
    buf_addf(&want,
             "%s{\"MediaID\":1,\"Category\":1,\"MD5\":\"" MD5 "\",\"SHA1\":\"" SHA1
             "\",\"Tags\":\"sea,hills\",\"AlternativeHashes\":[{\"MD5\":\"" MD5
             "\",\"HashName\":\"SHA256\",\"HashValue\":\"" SHA256 "\"},{\"MD5\":\"" MD5
             "\",\"HashName\":\"PDQ\",\"HashValue\":\"" PDQ "\"}]},"
             "{\"MediaID\":2,\"Category\":255,\"MD5\":\"" MD5 "\"}]}\n",
             begin);
    check(list, "vics", "A=1,B=255", buf_cstr(&want),
          "3 it has no MD5\n4 no category is given for its code\n" UNSAID);
    buf_reset(&want);
    buf_addf(&want, "%s{\"MediaID\":1,\"Category\":0,\"MD5\":\"" MD5 "\"}]}\n", begin);
    check(MD5 "\n", "vics", "*=0,A=1", buf_cstr(&want), "");
    buf_clear(&want);
}

#define ICSE_HEAD                                                                                  \
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;"             \
    "Series name;Number of submissions;File Available;Media Type;Baseline\r\n"

static void icse_comes_out_as_it_went_in(void **state)
{
    static const char rows[] = ICSE_HEAD MD5 ";" SHA1 ";;7;y;n;;\"Sea; side\";3;n;Image;Yes\r\n";

    (void)state;
    check(rows, "icse", NULL, rows, "");
    check("{\"value\":[{\"MD5\":\"" MD5 "\",\"Series\":\"S1,S2\",\"IsDistributed\":\"true\","
          "\"VictimIdentified\":false},\n{\"AlternativeHashes\":[{\"HashName\":\"PDQ\","
          "\"HashValue\":\"" PDQ "\"}]}]}",
          "icse", NULL, ICSE_HEAD MD5 ";;;;y;n;;S1;;;;\r\n", "2 it has neither MD5 nor SHA-1\n");
}

static void nsrl_has_what_others_readers_look_for(void **state)
{
    (void)state;
    check("{\"md5\":\"" MD5 "\",\"sha1\":\"" SHA1 "\",\"text\":\"a \\\"b\\\", \xc3\xbc.jpg\"}\n"
          "{\"md5\":\"" MD5 "\"}\n",
          "nsrl", NULL,
          "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\","
          "\"SpecialCode\"\r\n\"00112233445566778899AABBCCDDEEFF01234567\","
          "\"00112233445566778899AABBCCDDEEFF\",\"00000000\",\"a ?b?, ?\?.jpg\",0,0,\"0\",\"\"\r\n",
          "2 it has not both MD5 and SHA-1\n");
}

static void categories_are_codes_with_a_number(void **state)
{
    static const char *const wrong[] = {
        "", "A", "=1", "A=", "A=256", "A=-1", "A=1,", "A=1x", "A=00000000000001"};
    struct listout_categories all;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(listout_read_categories(wrong[i], &all, &e), ASSAY_EFORMAT);
    assert_int_equal(listout_read_categories("A=1,*=255", &all, &e), ASSAY_OK);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.of[1].code, "*");
    assert_int_equal(all.of[1].category, 255);
    assert_null(listout_form("MD5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_one_kind_of_hash_a_line),
        cmocka_unit_test(sums_have_a_name_behind_them),
        cmocka_unit_test(a_pdq_not_to_be_matched_on_never_goes_out),
        cmocka_unit_test(a_local_file_has_pdq_and_md5_of_films),
        cmocka_unit_test(csv_and_json_lines_have_all_that_our_reader_knows),
        cmocka_unit_test(vics_is_flat_in_the_shape_that_tools_take),
        cmocka_unit_test(icse_comes_out_as_it_went_in),
        cmocka_unit_test(nsrl_has_what_others_readers_look_for),
        cmocka_unit_test(categories_are_codes_with_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
