/* Settings: standards, bounds, the record of a change, and a stored value that makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "flow/settings.h"
#include "world.h"

static void a_setting_has_its_standard_until_it_is_set(void **state)
{
    struct world_test *t = world_new();
    struct decode_limits limits;
    int64_t value;

    (void)state;
    assert_int_equal(settings_get(t->world.store, "decode.wall_s", &value, &t->e), ASSAY_OK);
    assert_int_equal(value, decode_limits_default.wall_s);
    assert_int_equal(settings_decode_limits(t->world.store, &limits, &t->e), ASSAY_OK);
    assert_int_equal(limits.side_max, decode_limits_default.side_max);
    assert_int_equal(limits.pixels_max, decode_limits_default.pixels_max);
    assert_int_equal(limits.cpu_s, decode_limits_default.cpu_s);
    assert_int_equal(limits.memory_bytes, decode_limits_default.memory_bytes);
    assert_int_equal(settings_set(&t->world, people_operator(), "decode.wall_s", 60, &t->e),
                     ASSAY_OK);
    assert_int_equal(settings_decode_limits(t->world.store, &limits, &t->e), ASSAY_OK);
    assert_int_equal(limits.wall_s, 60);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE"
                                  " '%%\"setting.changed\"%%\"from\":20,\"to\":60%%'"),
                     1);
    world_free(t);
}

static void bounds_and_names_are_kept(void **state)
{
    struct world_test *t = world_new();
    int64_t value;

    (void)state;
    assert_int_equal(settings_set(&t->world, people_operator(), "decode.wall_s", 0, &t->e),
                     ASSAY_ERANGE);
    assert_int_equal(settings_set(&t->world, people_operator(), "decode.side_max", 65501, &t->e),
                     ASSAY_ERANGE);
    assert_int_equal(settings_set(&t->world, people_operator(), "decode.nothing", 1, &t->e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(world_int(t, "SELECT count(*) FROM setting"), 0);
    world_sql(t, "INSERT INTO setting (name, value, changed_ms) VALUES"
                 " ('decode.cpu_s', 'many', 1)");
    assert_int_equal(settings_get(t->world.store, "decode.cpu_s", &value, &t->e), ASSAY_EDAMAGED);
    world_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_has_its_standard_until_it_is_set),
        cmocka_unit_test(bounds_and_names_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
