/* Schemes: the files we ship, each kind of broken file, decisions checked, codes compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "scheme/scheme.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* One entry a line, so that the line in a message can be told from the text. */
static const char small[] =
    "{\"name\":\"small\",\"version\":3,\"kind\":\"training\",\"label\":\"Small\",\n"
    "\"jurisdiction\":\"None\",\"in_force_from\":\"2026-01-01\",\"codes\":[\n"
    "{\"code\":\"A\",\"label\":\"First\",\"legal\":\"s.1\",\"key\":\"1\",\"mark\":\"A\","
    "\"colour\":\"#aa0000\",\"outcome\":\"illegal\",\"rank\":1,\"listed\":true,\"tags\":true,"
    "\"required_groups\":[\"season\"]},\n"
    "{\"code\":\"B\",\"label\":\"Second\",\"key\":\"2\",\"mark\":\"B\",\"colour\":\"#00aa00\","
    "\"outcome\":\"illegal\",\"rank\":2,\"listed\":true,\"tags\":true},\n"
    "{\"code\":\"O\",\"label\":\"Other\",\"key\":\"8\",\"mark\":\"O\",\"colour\":\"#00aa00\","
    "\"outcome\":\"other\",\"rank\":0,\"listed\":false,\"tags\":true},\n"
    "{\"code\":\"N\",\"label\":\"Not\",\"key\":\"9\",\"mark\":\"N\",\"colour\":\"#0000aa\","
    "\"outcome\":\"not_illegal\",\"rank\":0,\"listed\":false,\"tags\":false},\n"
    "{\"code\":\"Q\",\"label\":\"Cannot\",\"key\":\"0\",\"mark\":\"?\",\"colour\":\"#0000aa\","
    "\"outcome\":\"cannot_assess\",\"rank\":0,\"listed\":false,\"tags\":false}],\n"
    "\"groups\":[\n"
    "{\"group\":\"season\",\"label\":\"Season\",\"multiple\":false,\"per_picture\":false,"
    "\"values\":[\n"
    "{\"tag\":\"summer\",\"label\":\"Summer\",\"key\":\"q\",\"synonyms\":[\"warm\",\"july\"]},\n"
    "{\"tag\":\"winter\",\"label\":\"Winter\",\"key\":\"w\"}]},\n"
    "{\"group\":\"flags\",\"label\":\"Features\",\"multiple\":true,\"per_picture\":true,"
    "\"values\":[\n"
    "{\"tag\":\"snow\",\"label\":\"Snow\",\"key\":\"e\"},\n"
    "{\"tag\":\"sea\",\"label\":\"Sea\"}]}],\n"
    "\"rules\":[\n"
    "{\"when\":\"season:summer\",\"forbids\":\"flags:snow\",\"reason\":\"no snow in summer\"},\n"
    "{\"when\":\"B\",\"forbids\":\"flags:sea\",\"reason\":\"no sea there\"}]}\n";

static void the_files_we_ship_are_good(void **state)
{
    static const char *const names[] = {"iccam.json",
                                        "interpol-baseline.json",
                                        "ncmec.json",
                                        "sap-2002.json",
                                        "training-landscapes.json",
                                        "training-seasons.json",
                                        "uk-2014.json",
                                        "vics-us.json"};
    struct arena *a = arena_new();
    const char *name = "", *text;
    size_t size = 0, count = 0;

    (void)state;
    for (; (text = scheme_builtin(count, &name, &size)) != NULL; count++) {
        struct scheme *s = NULL;
        struct err e = {0};
        assert_true(count < COUNT(names));
        assert_string_equal(name, names[count]);
        assert_int_equal(strlen(text), size);
        if (scheme_parse(a, text, size, &s, &e) != ASSAY_OK)
            fail_msg("%s: %s", name, e.text);
        assert_memory_equal(s->name, name, strlen(s->name));
        assert_string_equal(name + strlen(s->name), ".json");
        assert_int_equal(s->kind, str_starts(name, "training") ? SCHEME_TRAINING : SCHEME_LIVE);
    }
    assert_int_equal(count, COUNT(names));
    arena_free(a);
}

/* A slip of the finger then lands in a neighbouring grade, not across the legal line. */
static void illegal_codes_lie_under_the_left_hand_and_the_others_under_the_right(void **state)
{
    struct arena *a = arena_new();
    const char *name, *text;
    size_t size;

    (void)state;
    for (size_t i = 0; (text = scheme_builtin(i, &name, &size)) != NULL; i++) {
        struct scheme *s = NULL;
        assert_int_equal(scheme_parse(a, text, size, &s, NULL), ASSAY_OK);
        for (size_t k = 0; k < s->code_count; k++) {
            const char *keys = s->codes[k].outcome == SCHEME_ILLEGAL ? "12345" : "67890";
            assert_non_null(strstr(keys, s->codes[k].key));
        }
    }
    arena_free(a);
}

static void a_scheme_keeps_what_its_file_says(void **state)
{
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    const struct scheme_group *group = NULL;

    (void)state;
    assert_int_equal(scheme_parse(a, small, sizeof small - 1, &s, NULL), ASSAY_OK);
    assert_string_equal(s->name, "small");
    assert_true(s->version == 3);
    assert_string_equal(s->in_force_from, "2026-01-01");
    assert_string_equal(s->legal, "");
    assert_int_equal(s->code_count, 5);
    const struct scheme_code *c = scheme_find_code(s, "A");
    assert_non_null(c);
    assert_string_equal(c->legal, "s.1");
    assert_string_equal(c->colour, "#aa0000");
    assert_int_equal(c->rank, 1);
    assert_true(c->listed);
    assert_true(c->tags);
    assert_string_equal(c->required_groups[0], "season");
    assert_null(c->required_groups[1]);
    assert_null(scheme_find_code(s, "B")->required_groups[0]);
    assert_null(scheme_find_code(s, "a"));
    const struct scheme_value *v = scheme_find_tag(s, "season:summer", &group);
    assert_non_null(v);
    assert_string_equal(v->key, "q");
    assert_string_equal(v->synonyms[1], "july");
    assert_null(v->synonyms[2]);
    assert_string_equal(group->group, "season");
    assert_true(!group->multiple && !group->per_picture);
    assert_string_equal(scheme_find_tag(s, "flags:sea", NULL)->key, "");
    assert_null(scheme_find_tag(s, "season", NULL));
    assert_null(scheme_find_tag(s, "season:", NULL));
    assert_null(scheme_find_tag(s, "season:sea", NULL));
    assert_null(scheme_find_tag(s, "seasons:summer", NULL));
    arena_free(a);
}

/* The small scheme with its first `find` replaced by `put`. */
static void replaced(struct buf *b, const char *find, const char *put)
{
    const char *found = strstr(small, find);

    assert_non_null(found);
    buf_reset(b);
    buf_add(b, small, (size_t)(found - small));
    buf_add_str(b, put);
    buf_add_str(b, found + strlen(find));
}

static const struct {
    const char *find, *put, *message;
} broken[] = {
    {"\"B\"", "\"A\"", "line 4: code \"A\" is used twice"},
    {"\"key\":\"2\"", "\"key\":\"1\"", "line 4: key \"1\" is used twice, by \"A\" and \"B\""},
    {"\"key\":\"2\"", "\"key\":\"f\"", "line 4: key \"f\" is one of the assess screen's own"},
    {"\"key\":\"2\"", "\"key\":\"22\"", "line 4: \"key\" must be one of 0-9 and a-z"},
    {"\"key\":\"2\"", "\"key\":\"/\"", "line 4: \"key\" must be one of 0-9 and a-z"},
    {"\"rank\":2", "\"rank\":1", "line 4: rank 1 is used twice, by \"A\" and \"B\""},
    {"\"rank\":2", "\"rank\":-1", "line 4: \"rank\" must be a whole number from 0 to 20"},
    {"\"rank\":2", "\"rank\":\"2\"", "line 4: \"rank\" must be a whole number from 0 to 20"},
    {"\"#00aa00\"", "\"#00AA00\"", "line 4: \"colour\" must be # and six of 0-9, a-f"},
    {"\"#00aa00\"", "\"red\"", "line 4: \"colour\" must be # and six of 0-9, a-f"},
    {"\"outcome\":\"other\"", "\"outcome\":\"bad\"",
     "line 5: \"outcome\" has a value that doc/schemes.md does not list"},
    {"\"rank\":0,\"listed\":false,\"tags\":true", "\"rank\":3,\"listed\":false,\"tags\":true",
     "line 5: only a code with outcome \"illegal\" has a rank above 0"},
    {"\"rank\":0,\"listed\":false,\"tags\":true", "\"rank\":0,\"listed\":true,\"tags\":true",
     "line 5: only a code with outcome \"illegal\" may be listed"},
    {"\"tags\":true,\"required", "\"tags\":false,\"required",
     "line 3: code \"A\" takes no tags, so none is required"},
    {"[\"season\"]", "[\"weather\"]",
     "line 3: code \"A\" requires a group that is not in \"groups\""},
    {"[\"season\"]", "[\"season\",\"season\"]", "line 3: \"required_groups\" has an entry twice"},
    {"[\"season\"]", "[1]", "line 3: \"required_groups\" must list texts of 1 to 40 bytes"},
    {"[\"season\"]", "\"season\"", "line 3: \"required_groups\" must be a list"},
    {"\"not_illegal\"", "\"other\"", "line 2: no code has the outcome \"not_illegal\""},
    {"\"cannot_assess\"", "\"other\"", "line 2: no code has the outcome \"cannot_assess\""},
    {"\"label\":\"Second\",", "", "line 4: \"label\" is missing"},
    {"\"label\":\"Second\"", "\"label\":\"\"", "line 4: \"label\" is empty"},
    {"\"label\":\"Second\"", "\"label\":\"a\\u0007\"",
     "line 4: \"label\" holds a control character"},
    {"\"label\":\"Second\"", "\"label\":7", "line 4: \"label\" must be text"},
    {"\"label\":\"Second\"", "\"lable\":\"Second\"", "line 4: \"lable\" is not known here"},
    {"\"code\":\"B\"", "\"code\":\"B b\"", "line 4: \"code\" may hold only A-Z, a-z, 0-9, - and _"},
    {"\"code\":\"B\"", "\"code\":\"B:b\"", "line 4: \"code\" may hold only A-Z, a-z, 0-9, - and _"},
    {"\"listed\":true,\"tags\":true}", "\"tags\":true}", "line 4: \"listed\" is missing"},
    {"\"listed\":true,\"tags\":true}", "\"listed\":1,\"tags\":true}",
     "line 4: \"listed\" must be true or false"},
    {"\"name\":\"small\"", "\"name\":\"Small\"", "line 1: \"name\" may hold only a-z, 0-9 and -"},
    {"\"name\":\"small\"", "\"name\":\"../x\"", "line 1: \"name\" may hold only a-z, 0-9 and -"},
    {"\"name\":\"small\"", "\"name\":\"0123456789012345678901234567890123456789x\"",
     "line 1: \"name\" is longer than 40 bytes"},
    {"\"version\":3", "\"version\":0",
     "line 1: \"version\" must be a whole number from 1 to 1000000"},
    {"\"training\"", "\"test\"", "line 1: \"kind\" has a value that doc/schemes.md does not list"},
    {"2026-01-01", "2026-02-30", "line 2: \"in_force_from\" must be a date such as 2014-04-01"},
    {"2026-01-01", "2026", "line 2: \"in_force_from\" must be a date such as 2014-04-01"},
    {"\"group\":\"flags\"", "\"group\":\"season\"", "line 12: group \"season\" is used twice"},
    {"\"group\":\"flags\"", "\"group\":\"fl:ags\"",
     "line 12: \"group\" may hold only a-z, 0-9 and -"},
    {"\"winter\"", "\"summer\"", "line 11: tag \"season:summer\" is used twice"},
    {"\"key\":\"e\"", "\"key\":\"q\"",
     "line 13: key \"q\" is used twice, first by \"season:summer\""},
    {"\"key\":\"e\"", "\"key\":\" \"", "line 13: \"key\" must be one of 0-9 and a-z, or left out"},
    {"\"july\"", "\"warm\"", "line 10: \"synonyms\" has an entry twice"},
    {"\"forbids\":\"flags:snow\"", "\"forbids\":\"flags:ice\"",
     "line 16: \"flags:ice\" is neither a code nor a tag of this scheme"},
    {"\"when\":\"season:summer\"", "\"when\":\"C\\n\"",
     "line 16: \"C?\" is neither a code nor a tag of this scheme"},
    {"\"forbids\":\"flags:sea\"", "\"forbids\":\"A\"",
     "line 17: a rule between two codes is needless: only one can be chosen"},
    {"\"when\":\"B\"", "\"when\":\"flags:sea\"", "line 17: a rule forbids \"flags:sea\" to itself"},
    {"\"reason\":\"no sea there\"", "\"reason\":\"\"", "line 17: \"reason\" is empty"},
    {"\"rules\":[", "\"rules\":[[],", "line 15: an object is expected here"},
    {"\"label\":\"Small\"", "\"label\":\"Small\",\"label\":\"Smaller\"",
     "line 1: \"label\" stands twice in one object"},
    {"}]}\n", "}],}\n", "line 17, column 61: '}' stands where a key in quotes is expected"},
};

static void each_kind_of_broken_file_is_refused_with_line_and_reason(void **state)
{
    struct arena *a = arena_new();
    struct buf b;

    (void)state;
    buf_init(&b, 10000);
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct scheme *s = NULL;
        struct err e = {0};
        replaced(&b, broken[i].find, broken[i].put);
        assert_int_equal(scheme_parse(a, b.data, b.size, &s, &e), ASSAY_EFORMAT);
        assert_string_equal(e.text, broken[i].message);
        assert_null(s);
    }
    buf_clear(&b);
    arena_free(a);
}

static void a_file_that_is_no_scheme_at_all_is_refused(void **state)
{
    static const char *const texts[] = {"", "[]", "7", "{}", "null", "\"scheme\"", "{\"name\":{}}"};
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    char *big = mem_zalloc(SCHEME_TEXT_MAX + 1);

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(scheme_parse(a, texts[i], strlen(texts[i]), &s, NULL), ASSAY_EFORMAT);
    assert_int_equal(scheme_parse(a, big, SCHEME_TEXT_MAX + 1, &s, NULL), ASSAY_ELIMIT);
    assert_null(s);
    mem_free(big);
    arena_free(a);
}

/* The vector of doc/schemes.md. */
static void the_documented_vector_is_judged_as_documented(void **state)
{
    static const char format[] =
        "{\"name\":\"tiny\",\"version\":1,\"kind\":\"training\",\"label\":\"Tiny\","
        "\"jurisdiction\":\"None\",\n\"in_force_from\":\"2026-01-01\",\"codes\":[\n"
        "{\"code\":\"N\",\"label\":\"Not listed\",\"key\":\"9\",\"mark\":\"N\",\"colour\":"
        "\"#5ab98a\",\"outcome\":\"not_illegal\",\n\"rank\":0,\"listed\":false,\"tags\":false},\n"
        "{\"code\":\"%s\",\"label\":\"Cannot assess\",\"key\":\"0\",\"mark\":\"?\",\"colour\":"
        "\"#9aa3ad\",\n\"outcome\":\"cannot_assess\",\"rank\":0,\"listed\":false,"
        "\"tags\":false}],\n\"groups\":[],\"rules\":[]}";
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    struct err e = {0};
    char *text = arena_printf(a, format, "N");

    (void)state;
    assert_int_equal(scheme_parse(a, text, strlen(text), &s, &e), ASSAY_EFORMAT);
    assert_string_equal(e.text, "line 5: code \"N\" is used twice");
    text = arena_printf(a, format, "Q");
    assert_int_equal(scheme_parse(a, text, strlen(text), &s, &e), ASSAY_OK);
    arena_free(a);
}

static void a_decision_is_held_against_every_rule(void **state)
{
    static const struct {
        const char *code, *tags[4], *message; /* message NULL: accepted */
    } rows[] = {
        {"A", {"season:summer"}, NULL},
        {"A", {"season:winter", "flags:snow", "flags:sea"}, NULL},
        {"A", {"flags:snow"}, "First needs a choice under \"Season\""},
        {"A", {NULL}, "First needs a choice under \"Season\""},
        {"A",
         {"season:summer", "season:winter"},
         "Season: choose one, not \"season:summer\" and \"season:winter\""},
        {"A", {"season:winter", "season:winter"}, "\"season:winter\" is given twice"},
        {"A",
         {"flags:snow", "season:summer"},
         "\"season:summer\" and \"flags:snow\" contradict each other: no snow in summer"},
        {"A", {"season:july"}, "\"season:july\" is no tag of Small"},
        {"A", {"warm"}, "\"warm\" is no tag of Small"},
        {"A", {"\x1b[2J"}, "\"?[2J\" is no tag of Small"},
        {"B", {NULL}, NULL},
        {"B", {"flags:sea"}, "\"B\" and \"flags:sea\" contradict each other: no sea there"},
        {"N", {NULL}, NULL},
        {"N", {"flags:sea"}, "Not takes no tags"},
        {"C", {NULL}, "\"C\" is no code of Small"},
        {"", {NULL}, "\"\" is no code of Small"},
    };
    struct arena *a = arena_new();
    struct scheme *s = NULL;

    (void)state;
    assert_int_equal(scheme_parse(a, small, sizeof small - 1, &s, NULL), ASSAY_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err e = {0};
        size_t count = 0;
        while (count < 4 && rows[i].tags[count] != NULL)
            count++;
        enum assay_err rc =
            scheme_check_decision(s, rows[i].code, rows[i].tags, count, SCHEME_CHECK_COMPLETE, &e);
        assert_string_equal(e.text, rows[i].message == NULL ? "" : rows[i].message);
        assert_int_equal(rc, rows[i].message == NULL ? ASSAY_OK : ASSAY_EFORMAT);
    }
    arena_free(a);
}

static void a_half_made_decision_may_lack_what_is_required_and_nothing_else(void **state)
{
    static const char *const bad[] = {"season:summer", "flags:snow"};
    struct arena *a = arena_new();
    struct scheme *s = NULL;
    struct err e = {0};

    (void)state;
    assert_int_equal(scheme_parse(a, small, sizeof small - 1, &s, NULL), ASSAY_OK);
    assert_int_equal(scheme_check_decision(s, "A", NULL, 0, SCHEME_CHECK_PARTIAL, &e), ASSAY_OK);
    assert_int_equal(scheme_check_decision(s, "A", bad, 2, SCHEME_CHECK_PARTIAL, &e),
                     ASSAY_EFORMAT);
    arena_free(a);
}

static void tags_have_one_text_whatever_their_order(void **state)
{
    static const char *const one[] = {"season:winter", "flags:snow", "flags:sea"};
    static const char *const other[] = {"flags:sea", "season:winter", "flags:snow"};
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    scheme_tags_text(one, 3, &b);
    assert_string_equal(buf_cstr(&b), "flags:sea flags:snow season:winter");
    buf_reset(&b);
    scheme_tags_text(other, 3, &b);
    assert_string_equal(buf_cstr(&b), "flags:sea flags:snow season:winter");
    buf_reset(&b);
    scheme_tags_text(NULL, 0, &b);
    assert_int_equal(b.size, 0);
    buf_clear(&b);
}

static void codes_are_compared_by_the_legal_line(void **state)
{
    static const struct {
        const char *a, *b;
        enum scheme_severity severity;
    } rows[] = {
        {"A", "A", SCHEME_SAME},     {"A", "B", SCHEME_MAJOR},      {"A", "N", SCHEME_CRITICAL},
        {"A", "O", SCHEME_CRITICAL}, {"O", "N", SCHEME_MAJOR},      {"A", "Q", SCHEME_MAJOR},
        {"N", "Q", SCHEME_MAJOR},    {"A", "old", SCHEME_CRITICAL}, {"old", "old", SCHEME_SAME},
    };
    struct arena *a = arena_new();
    struct scheme *s = NULL;

    (void)state;
    assert_int_equal(scheme_parse(a, small, sizeof small - 1, &s, NULL), ASSAY_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(scheme_compare(s, rows[i].a, rows[i].b), rows[i].severity);
        assert_int_equal(scheme_compare(s, rows[i].b, rows[i].a), rows[i].severity);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_we_ship_are_good),
        cmocka_unit_test(illegal_codes_lie_under_the_left_hand_and_the_others_under_the_right),
        cmocka_unit_test(a_scheme_keeps_what_its_file_says),
        cmocka_unit_test(each_kind_of_broken_file_is_refused_with_line_and_reason),
        cmocka_unit_test(a_file_that_is_no_scheme_at_all_is_refused),
        cmocka_unit_test(the_documented_vector_is_judged_as_documented),
        cmocka_unit_test(a_decision_is_held_against_every_rule),
        cmocka_unit_test(a_half_made_decision_may_lack_what_is_required_and_nothing_else),
        cmocka_unit_test(tags_have_one_text_whatever_their_order),
        cmocka_unit_test(codes_are_compared_by_the_legal_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
