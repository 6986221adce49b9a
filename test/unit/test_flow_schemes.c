/* Schemes as administrators see them: listed with all versions, checked with the line, taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flow/schemes.h"
#include "steps.h"

/* The built-in scheme of this name with another version, in the arena of t. */
static const char *with_version(struct world_test *t, const char *file, int version)
{
    static const char key[] = "\"version\": ";
    const char *name, *text;
    size_t size, i = 0;
    struct buf b;

    while ((text = scheme_builtin(i++, &name, &size)) != NULL && !str_equal(name, file))
        continue;
    assert_non_null(text);
    const char *at = strstr(text, key);
    assert_non_null(at);
    buf_init(&b, SCHEME_TEXT_MAX);
    buf_addf(&b, "%.*s%d%s", (int)(at - text + (int)sizeof key - 1), text, version,
             at + sizeof key - 1 + strspn(at + sizeof key - 1, "0123456789"));
    const char *out = arena_strdup(t->arena, buf_cstr(&b));
    buf_clear(&b);
    return out;
}

static const struct json *check(struct world_test *t, const char *text)
{
    step_must(t, schemes_check(&t->world, text, &t->answer, &t->e));
    return world_json(t, &t->answer);
}

static void a_scheme_file_is_checked_with_its_line_before_it_is_taken(void **state)
{
    struct world_test *t = *state;
    const struct json *root = check(t, "{\n  \"name\": 7\n}");

    assert_non_null(strstr(world_text(root, "problem"), "line 2"));
    root = check(t, with_version(t, "training-landscapes.json", 1));
    assert_non_null(strstr(world_text(root, "problem"), "in force already"));
    root = check(t, with_version(t, "uk-2014.json", 1));
    assert_non_null(strstr(world_text(root, "problem"), "training workspace"));
    root = check(t, with_version(t, "training-landscapes.json", 2));
    assert_null(world_text(root, "problem"));
    assert_int_equal(world_int(t, "SELECT count(*) FROM scheme"), 1);
}

static void a_taken_scheme_is_in_force_at_once_and_on_the_record(void **state)
{
    struct world_test *t = *state;
    const struct caller *adam = world_person(t, "adam", PEOPLE_ADMIN);
    const struct scheme *s;

    step_must(t, schemes_take(&t->world, adam, with_version(t, "training-landscapes.json", 2),
                              &t->answer, &t->e));
    const struct json *root = world_json(t, &t->answer);
    assert_int_equal(world_number(root, "schemes.0.versions.0.version"), 2);
    assert_int_equal(world_number(root, "schemes.0.versions.1.version"), 1);
    step_must(t, flow_scheme(&t->world, "training-landscapes", &s, &t->e));
    assert_int_equal(s->version, 2);
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"scheme.loaded\"%%'"
                     " AND entry LIKE '%%\"role\":\"admin\"%%'"),
        1);
    assert_int_equal(schemes_take(&t->world, adam, with_version(t, "training-landscapes.json", 1),
                                  &t->answer, &t->e),
                     ASSAY_ESTATE);
    step_must(t, schemes_version(&t->world, "training-landscapes", 1, &t->answer, &t->e));
    assert_int_equal(world_number(world_json(t, &t->answer), "scheme.version"), 1);
    assert_int_equal(schemes_version(&t->world, "training-landscapes", 3, &t->answer, &t->e),
                     ASSAY_ENOTFOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_scheme_file_is_checked_with_its_line_before_it_is_taken),
        CASE(a_taken_scheme_is_in_force_at_once_and_on_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
