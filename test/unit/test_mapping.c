/* Mappings between schemes: those of the program, what a cell says, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "scheme/mapping.h"

static struct err e;

/* The scheme of the program by this name, in the arena. */
static const struct scheme *scheme_named(struct arena *a, const char *wanted)
{
    const char *name, *text;
    size_t size;

    for (size_t i = 0; (text = scheme_builtin(i, &name, &size)) != NULL; i++) {
        struct scheme *s;
        assert_int_equal(scheme_parse(a, text, size, &s, &e), ASSAY_OK);
        if (str_equal(s->name, wanted))
            return s;
    }
    fail_msg("there is no scheme %s", wanted);
    return NULL;
}

/* Each code of the one scheme has an answer, and each answer is a code of the other. */
static void each_mapping_of_the_program_fits_both_schemes(void **state)
{
    const char *name, *text;
    size_t size, count = 0;

    (void)state;
    for (; (text = mapping_builtin(count, &name, &size)) != NULL; count++) {
        struct arena *a = arena_new();
        struct mapping *m;
        if (mapping_parse(a, text, size, &m, &e) != ASSAY_OK)
            fail_msg("%s: %s", name, e.text);
        const struct scheme *from = scheme_named(a, m->from), *to = scheme_named(a, m->to);
        for (size_t i = 0; i < from->code_count; i++) {
            if (mapping_find(m, from->codes[i].code, "") == NULL)
                fail_msg("%s: %s has no cell", name, from->codes[i].code);
        }
        for (size_t i = 0; i < m->cell_count; i++) {
            const struct mapping_cell *c = &m->cells[i];
            assert_non_null(scheme_find_code(from, c->code));
            assert_true(c->to == NULL || scheme_find_code(to, c->to) != NULL);
            for (size_t t = 0; c->when[t] != NULL; t++)
                assert_non_null(scheme_find_tag(from, c->when[t], NULL));
        }
        arena_free(a);
    }
    assert_int_equal(count, 10);
}

static void tell(const char *from, const char *to, const char *code, const char *tags,
                 enum mapping_kind kind, const char *expected)
{
    struct arena *a = arena_new();
    struct mapping *m;

    assert_int_equal(mapping_between(a, from, to, &m, &e), ASSAY_OK);
    const struct mapping_cell *c = mapping_find(m, code, tags);
    assert_non_null(c);
    assert_int_equal(c->kind, kind);
    if (expected == NULL)
        assert_null(c->to);
    else
        assert_string_equal(c->to, expected);
    arena_free(a);
}

static void codes_and_tags_choose_the_cell(void **state)
{
    struct arena *a = arena_new();
    struct mapping *m;

    (void)state;
    tell("sap-2002", "uk-2014", "5", "", MAPPING_LOSSY, "A");
    tell("sap-2002", "uk-2014", "2", "", MAPPING_LOSSY, "B");
    tell("sap-2002", "uk-2014", "not-illegal", "", MAPPING_EXACT, "not-illegal");
    tell("uk-2014", "sap-2002", "A", "", MAPPING_UNDEFINED, NULL);
    tell("uk-2014", "vics-us", "B", "age:unclear sex:both", MAPPING_LOSSY, "1");
    tell("uk-2014", "vics-us", "B", "age:unclear medium:drawn", MAPPING_LOSSY, "3");
    tell("uk-2014", "vics-us", "B", "age:unclear medium:drawn-over", MAPPING_LOSSY, "1");
    tell("uk-2014", "ncmec", "A", "", MAPPING_UNDEFINED, NULL);
    tell("iccam", "interpol-baseline", "baseline", "", MAPPING_EXACT, "baseline");
    tell("training-landscapes", "training-seasons", "L1", "season:winter", MAPPING_LOSSY, "cold");
    tell("training-landscapes", "training-seasons", "L1", "", MAPPING_UNDEFINED, NULL);
    assert_int_equal(mapping_between(a, "uk-2014", "nowhere", &m, &e), ASSAY_ENOTFOUND);
    assert_int_equal(mapping_between(a, "uk-2014", "vics-us", &m, &e), ASSAY_OK);
    assert_null(mapping_find(m, "Z", ""));
    arena_free(a);
}

#define HEAD "{\"from\":\"a\",\"to\":\"b\",\"version\":1,\"source\":\"x\",\"cells\":"
#define CELL "{\"code\":\"A\",\"kind\":\"exact\",\"to\":\"B\"}"

static void a_wrong_mapping_is_refused_with_the_reason(void **state)
{
    static const char *const bad[][2] = {
        {"[]", "object"},
        {"{\"from\":\"a\",\"to\":\"a\",\"version\":1,\"source\":\"x\",\"cells\":[" CELL "]}",
         "two"},
        {"{\"from\":\"a\",\"to\":\"B\",\"version\":1,\"source\":\"x\",\"cells\":[" CELL "]}",
         "a-z"},
        {"{\"from\":\"a\",\"to\":\"b\",\"source\":\"x\",\"cells\":[" CELL "]}", "version"},
        {HEAD "[]}", "list"},
        {HEAD "[" CELL "],\"more\":1}", "more"},
        {HEAD "[1]}", "object"},
        {HEAD "[{\"code\":\"A\",\"kind\":\"exact\"}]}", "unless"},
        {HEAD "[{\"code\":\"A\",\"kind\":\"undefined\",\"to\":\"B\"}]}", "unless"},
        {HEAD "[{\"code\":\"A\",\"kind\":\"perhaps\",\"to\":\"B\"}]}", "kind"},
        {HEAD "[{\"code\":\"A b\",\"kind\":\"exact\",\"to\":\"B\"}]}", "letters"},
        {HEAD "[" CELL "," CELL "]}", "twice"},
        {HEAD "[" CELL ",{\"code\":\"A\",\"when\":[\"a:b\"],\"kind\":\"exact\",\"to\":\"C\"}]}",
         "always fits"},
        {HEAD "[{\"code\":\"A\",\"when\":[],\"kind\":\"exact\",\"to\":\"C\"}]}", "when"},
        {HEAD "[{\"code\":\"A\",\"when\":[\"tag\"],\"kind\":\"exact\",\"to\":\"C\"}]}",
         "group:tag"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new();
        struct mapping *m;
        assert_int_not_equal(mapping_parse(a, bad[i][0], strlen(bad[i][0]), &m, &e), ASSAY_OK);
        if (strstr(e.text, bad[i][1]) == NULL)
            fail_msg("case %zu: '%s' does not say '%s'", i, e.text, bad[i][1]);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mapping_of_the_program_fits_both_schemes),
        cmocka_unit_test(codes_and_tags_choose_the_cell),
        cmocka_unit_test(a_wrong_mapping_is_refused_with_the_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
