/* Profiles, and records of VICS media: what is read of them, and what is refused with its member.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "format/profile.h"
#include "format/vics_media.h"

static struct err e;

static void each_profile_of_the_program_is_whole(void **state)
{
    const char *name, *text;
    size_t size, count = 0;

    (void)state;
    for (; (text = profile_builtin(count, &name, &size)) != NULL; count++) {
        struct arena *a = arena_new();
        struct profile *p;
        if (profile_parse(a, text, size, &p, &e) != ASSAY_OK)
            fail_msg("%s: %s", name, e.text);
        assert_int_equal(strncmp(name, p->name, strlen(p->name)), 0);
        assert_int_equal(profile_category(p, -1, NULL), PROFILE_UNCATEGORISED);
        assert_int_equal(profile_category(p, 200, NULL), PROFILE_UNDEFINED);
        arena_free(a);
    }
    assert_int_equal(count, 4);
}

#define HEAD                                                                                       \
    "{\"name\":\"x\",\"version\":1,\"kind\":\"live\",\"label\":\"X\",\"scheme\":\"uk-2014\","
#define REST "\"categories\":[]}"
#define WRITES(text)                                                                               \
    HEAD "\"reads\":[],\"categories\":[{\"value\":null,\"means\":\"uncategorised\"},"              \
         "{\"value\":0,\"means\":\"uncategorised\"}],\"writes\":{" text "}}"
#define UK "\"version\":\"2.0\",\"region\":\"UK\","

static void a_wrong_profile_is_refused_with_the_reason(void **state)
{
    static const char *const bad[][2] = {
        {"[]", "object"},
        {HEAD REST, "reads"},
        {HEAD "\"reads\":[{\"version\":\"2.0\"}]," REST, "region"},
        {HEAD "\"reads\":[],\"more\":1," REST, "more"},
        {HEAD "\"reads\":[],\"categories\":[{\"value\":256,\"means\":\"grade\"}]}", "value"},
        {HEAD "\"reads\":[],\"categories\":[{\"value\":1,\"means\":\"grade\"}]}", "code"},
        {HEAD "\"reads\":[],\"categories\":[{\"value\":1,\"means\":\"bad\"}]}", "means"},
        {HEAD "\"reads\":[],\"categories\":[{\"value\":1,\"means\":\"grade\",\"code\":\"a b\"}]}",
         "letters"},
        {HEAD "\"reads\":[],\"categories\":[{\"value\":null,\"means\":\"undefined\"},"
              "{\"value\":null,\"means\":\"undefined\"}]}",
         "twice"},
        {WRITES("\"codes\":[]"), "version"},
        {WRITES("\"version\":\"2.0\",\"region\":\"UK\",\"ungraded\":0"), "codes"},
        {WRITES(UK "\"ungraded\":3,\"codes\":[]"), "uncategorised"},
        {WRITES(UK "\"codes\":[]"), "ungraded"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[],\"votes\":10"), "votes"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[],\"hex\":\"Upper\""), "hex"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[],\"more\":1"), "more"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[{\"code\":\"A\",\"value\":1,"
                   "\"mapping\":\"perhaps\"}]"),
         "mapping"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[{\"code\":\"A\",\"value\":256,"
                   "\"mapping\":\"exact\"}]"),
         "value"},
        {WRITES(UK "\"ungraded\":null,\"codes\":[{\"code\":\"A\",\"value\":1,"
                   "\"mapping\":\"exact\"},{\"code\":\"A\",\"value\":2,\"mapping\":\"lossy\"}]"),
         "twice"},
        {WRITES("\"version\":\"1.3\",\"region\":\"UK\",\"ungraded\":null,\"codes\":[]"),
         "without a region"},
        {WRITES("\"version\":\"2.0\",\"region\":\"U/K\",\"ungraded\":null,\"codes\":[]"),
         "with one"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new();
        struct profile *p;
        assert_int_not_equal(profile_parse(a, bad[i][0], strlen(bad[i][0]), &p, &e), ASSAY_OK);
        if (strstr(e.text, bad[i][1]) == NULL)
            fail_msg("case %zu: '%s' does not say '%s'", i, e.text, bad[i][1]);
        arena_free(a);
    }
}

static void a_profile_is_for_its_contexts(void **state)
{
    static const char text[] =
        HEAD "\"reads\":[{\"version\":\"2.0\",\"region\":\"UK\"}],\"categories\":[{\"value\":3,"
             "\"means\":\"grade\",\"code\":\"A\"}]}";
    struct arena *a = arena_new();
    struct profile *p;
    const char *code;

    (void)state;
    assert_int_equal(profile_parse(a, text, strlen(text), &p, &e), ASSAY_OK);
    assert_true(profile_reads(p, "2.0", "UK"));
    assert_false(profile_reads(p, "2.0", "US") || profile_reads(p, "1.3", ""));
    assert_int_equal(profile_category(p, 3, &code), PROFILE_GRADE);
    assert_string_equal(code, "A");
    assert_int_equal(profile_category(p, -1, &code), PROFILE_UNDEFINED);
    assert_null(code);
    arena_free(a);
}

static void a_profile_says_how_the_answer_is_written(void **state)
{
    static const char text[] =
        WRITES(UK "\"bom\":true,\"hex\":\"upper\",\"order\":\"received\",\"records_per_file\":9,"
                  "\"votes\":2,\"ungraded\":0,\"codes\":[{\"code\":\"A\",\"value\":7,"
                  "\"mapping\":\"lossy\"}]");
    struct arena *a = arena_new();
    struct profile *p;

    (void)state;
    assert_int_equal(profile_parse(a, text, strlen(text), &p, &e), ASSAY_OK);
    assert_non_null(p->writes);
    assert_true(p->writes->bom);
    assert_int_equal(p->writes->hex, PROFILE_UPPER);
    assert_int_equal(p->writes->order, PROFILE_RECEIVED);
    assert_int_equal(p->writes->records_per_file, 9);
    assert_int_equal(p->writes->votes, 2);
    assert_int_equal(p->writes->ungraded, 0);
    assert_int_equal(profile_code(p, "A")->value, 7);
    assert_false(profile_code(p, "A")->exact);
    assert_null(profile_code(p, "B"));
    arena_free(a);
}

/* Each number that goes out for a grade is read as that grade again, where it is exact. */
static void what_the_profiles_of_the_program_write_they_read(void **state)
{
    const char *name, *text, *code;
    size_t size;

    (void)state;
    for (size_t i = 0; (text = profile_builtin(i, &name, &size)) != NULL; i++) {
        struct arena *a = arena_new();
        struct profile *p;
        assert_int_equal(profile_parse(a, text, size, &p, &e), ASSAY_OK);
        assert_non_null(p->writes);
        assert_true(profile_reads(p, p->writes->version, p->writes->region));
        for (size_t c = 0; c < p->writes->code_count; c++) {
            const struct profile_code *one = &p->writes->codes[c];
            if (!one->exact)
                continue;
            assert_int_equal(profile_category(p, one->value, &code), PROFILE_GRADE);
            assert_string_equal(code, one->code);
        }
        arena_free(a);
    }
}

static enum assay_err read_media(struct arena *a, const char *text, struct vics_media *out)
{
    struct json *j;

    assert_int_equal(json_parse(a, text, strlen(text), &j, &e), ASSAY_OK);
    return vics_media_read(a, j, out, &e);
}

static void media_are_read_whoever_wrote_them(void **state)
{
    struct arena *a = arena_new();
    struct vics_media m;

    (void)state;
    assert_int_equal(
        read_media(a,
                   "{\"MD5\":\"D41D8CD98F00B204E9800998ECF8427E\",\"SHA1\":\"\","
                   "\"Category\":\"3\",\"MediaSize\":\"12\",\"RelativeFilePath\":\".\\\\a\\\\b.x\","
                   "\"AlternativeHashes\":[{\"HashName\":\"EDK\",\"HashValue\":\"1\"},"
                   "{\"HashName\":\"SHA-256\",\"HashValue\":\"e3b0c44298fc1c149afbf4c8996fb92427ae4"
                   "1e4649b934ca495991b7852b855\"}],\"MediaFiles\":[{\"FileName\":\"b.x\"}]}",
                   &m),
        ASSAY_OK);
    assert_true(m.has_md5 && m.has_sha256 && !m.has_sha1);
    assert_int_equal(m.md5[0], 0xd4);
    assert_int_equal(m.sha256[0], 0xe3);
    assert_int_equal(m.category, 3);
    assert_int_equal(m.size, 12);
    assert_string_equal(m.path, "a/b.x");
    assert_string_equal(m.name, "b.x");
    assert_int_equal(
        read_media(a, "{\"MD5\":null,\"Category\":null,\"RelativeFilePath\":\"a\"}", &m), ASSAY_OK);
    assert_true(!m.has_md5 && m.category == -1 && m.size == -1 && m.name == NULL);
    arena_free(a);
}

static void wrong_media_are_refused_with_the_member(void **state)
{
    static const char *const bad[][2] = {
        {"{}", "neither a hash"},
        {"{\"MD5\":\"12\"}", "MD5"},
        {"{\"MD5\":1}", "MD5"},
        {"{\"SHA1\":\"zz\"}", "SHA1"},
        {"{\"RelativeFilePath\":\"a\",\"Category\":256}", "Category"},
        {"{\"RelativeFilePath\":\"a\",\"Category\":\"bad\"}", "Category"},
        {"{\"RelativeFilePath\":\"a\",\"Category\":1.5}", "Category"},
        {"{\"RelativeFilePath\":\"a\",\"MediaSize\":-1}", "MediaSize"},
        {"{\"RelativeFilePath\":\"a\",\"MediaSize\":99999999999999999999}", "MediaSize"},
        {"{\"RelativeFilePath\":\"..\"}", "leads out"},
        {"{\"RelativeFilePath\":\"a/..\\\\..\\\\b\"}", "leads out"},
        {"{\"RelativeFilePath\":\"\\\\\\\\host\\\\a\"}", "absolute"},
        {"{\"RelativeFilePath\":\"c:a\"}", "absolute"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new();
        struct vics_media m;
        assert_int_equal(read_media(a, bad[i][0], &m), ASSAY_EFORMAT);
        if (strstr(e.text, bad[i][1]) == NULL)
            fail_msg("case %zu: '%s' does not say '%s'", i, e.text, bad[i][1]);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_profile_of_the_program_is_whole),
        cmocka_unit_test(a_wrong_profile_is_refused_with_the_reason),
        cmocka_unit_test(a_profile_is_for_its_contexts),
        cmocka_unit_test(a_profile_says_how_the_answer_is_written),
        cmocka_unit_test(what_the_profiles_of_the_program_write_they_read),
        cmocka_unit_test(media_are_read_whoever_wrote_them),
        cmocka_unit_test(wrong_media_are_refused_with_the_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
