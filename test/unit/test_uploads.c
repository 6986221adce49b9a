/* Uploads by their steps: what nobody goes on with is taken away, with its entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "flow/intake/upload.h"
#include "world.h"

static int setup(void **state)
{
    *state = world_new();
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

/* An upload of two bytes more than the part that is here; its id. */
static int64_t half(struct world_test *t, const struct caller *c)
{
    static const uint8_t bytes[UPLOAD_PART_MIN];
    const struct upload_new in = {
        .batch_id = t->batch_id, .name = "half.bin", .size = sizeof bytes + 2};
    struct upload_sink *sink;

    assert_int_equal(intake_upload_start(&t->world, c, &in, &t->answer, &t->e), ASSAY_OK);
    int64_t id = world_number(world_json(t, &t->answer), "upload");
    assert_int_equal(intake_part_begin(&t->world, c, id, 0, &sink, &t->e), ASSAY_OK);
    assert_int_equal(intake_part_feed(sink, bytes, sizeof bytes, &t->e), ASSAY_OK);
    assert_int_equal(intake_part_finish(sink, &t->answer, &t->e), ASSAY_OK);
    intake_part_free(sink);
    return id;
}

static void what_nobody_goes_on_with_is_taken_away_after_its_time(void **state)
{
    struct world_test *t = *state;
    const struct caller *ina = world_person(t, "ina", PEOPLE_INTAKE);
    int64_t id = half(t, ina), count;

    assert_int_equal(intake_upload_sweep(&t->world, &count, &t->e), ASSAY_OK);
    assert_int_equal(count, 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM upload_part"), 1);
    world_sql(t, "UPDATE upload SET changed_ms = 1");
    assert_int_equal(intake_upload_sweep(&t->world, &count, &t->e), ASSAY_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM upload_part"), 0);
    assert_int_equal(intake_upload(&t->world, ina, id, &t->answer, &t->e), ASSAY_OK);
    assert_string_equal(world_text(world_json(t, &t->answer), "state"), "dropped");
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%upload.ended%%'"), 1);
}

static void an_upload_that_is_not_whole_is_not_finished(void **state)
{
    struct world_test *t = *state;
    const struct caller *ina = world_person(t, "ina", PEOPLE_INTAKE);
    int64_t id = half(t, ina);

    assert_int_equal(intake_upload_finish(&t->world, ina, id, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(intake_upload_next(&t->world, &t->e), ASSAY_ENOTFOUND);
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%upload.finished%%'"), 0);
}

static void an_analyst_uploads_into_no_batch_that_is_for_others(void **state)
{
    struct world_test *t = *state;
    const struct caller *ada = world_person(t, "ada", PEOPLE_ANALYST);
    const struct caller *ina = world_person(t, "ina", PEOPLE_INTAKE);
    const struct upload_new in = {.batch_id = t->batch_id, .name = "a.bin", .size = 5};

    world_sql(t, "INSERT INTO batch_person VALUES (%lld, %lld)", (long long)t->batch_id,
              (long long)ina->staff_id);
    assert_int_equal(intake_upload_start(&t->world, ada, &in, &t->answer, &t->e), ASSAY_ENOTFOUND);
    assert_int_equal(intake_upload_start(&t->world, ina, &in, &t->answer, &t->e), ASSAY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_nobody_goes_on_with_is_taken_away_after_its_time,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(an_upload_that_is_not_whole_is_not_finished, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_analyst_uploads_into_no_batch_that_is_for_others, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("uploads", tests, NULL, NULL);
}
