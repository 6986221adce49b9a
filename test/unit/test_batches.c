/* Batches: who may see what they bring, and that the queue follows a change at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "flow/intake/intake.h"
#include "steps.h"

#define TASKS 600 /* more than two pages of new priorities */

static enum assay_err change(struct world_test *t, const struct caller *c,
                             const struct batch_change *in)
{
    return intake_change_batch(&t->world, c, t->batch_id, in, &t->answer, &t->e);
}

static void name_only(struct world_test *t, const struct caller *lead, const struct caller *who)
{
    struct batch_change in = {.set_people = true};

    if (who != NULL) {
        in.people = &who->staff_id;
        in.people_count = 1;
    }
    assert_int_equal(change(t, lead, &in), ASSAY_OK);
}

static size_t leases(struct world_test *t, const struct caller *c, enum queue_name q)
{
    assert_int_equal(step_try_take(t, c, q, 0), ASSAY_OK);
    return world_at(world_json(t, &t->answer), "leases")->size;
}

static void the_queue_hands_a_limited_batch_to_its_people_only(void **state)
{
    struct world_test *t = *state;
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    int64_t ids[2];

    world_tasks(t, 2, WORLD_WITHOUT_PICTURES, ids);
    step_shift(t, anna);
    step_shift(t, ben);
    name_only(t, lee, anna);
    assert_int_equal(leases(t, ben, QUEUE_GRADE), 0);
    assert_int_equal(world_number(world_json(t, &t->answer), "waiting"), 0);
    assert_int_equal(step_try_take(t, ben, QUEUE_GRADE, ids[0]), ASSAY_ENOTFOUND);
    assert_int_equal(leases(t, anna, QUEUE_GRADE), 1);
    name_only(t, lee, NULL); /* nobody named: everybody */
    assert_int_equal(leases(t, ben, QUEUE_GRADE), 1);
}

static void who_is_not_named_any_more_has_lost_lease_pictures_and_names(void **state)
{
    struct world_test *t = *state;
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    struct queue_picture p;
    uint8_t token[16];
    int64_t id;

    world_tasks(t, 1, WORLD_WITH_PICTURES, &id);
    step_shift(t, anna);
    step_shift(t, ben);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    name_only(t, lee, ben);
    assert_int_equal(step_try_picture(t, anna, world_text(lease, "pictures.0.ticket"), &p),
                     ASSAY_EDENIED);
    assert_int_equal(queue_names(&t->world, anna, token, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(step_try_decide(t, anna, token, "not-listed"), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%withdrawn%%'"),
                     1);
    assert_int_equal(leases(t, ben, QUEUE_GRADE), 1); /* and at once it is somebody else's */
}

static void a_lease_that_outlived_its_right_is_worth_nothing(void **state)
{
    struct world_test *t = *state;
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    struct queue_picture p;
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    world_sql(t, "INSERT INTO batch_person VALUES (%lld, %lld)", (long long)t->batch_id,
              (long long)ben->staff_id);
    assert_int_equal(step_try_decide(t, anna, token, "not-listed"), ASSAY_ESTATE);
    assert_int_equal(queue_extend(&t->world, anna, token, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(step_try_picture(t, anna, world_text(lease, "pictures.0.ticket"), &p),
                     ASSAY_EDENIED);
}

static void names_of_a_limited_batch_are_shown_to_its_people_only(void **state)
{
    struct world_test *t = *state;
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    int64_t other = world_batch(t, "quiet"), id;
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, &id);
    /* The same item came with another batch too, whose names are for ben. */
    world_sql(t, "UPDATE sighting SET batch_id = %lld", (long long)other);
    world_sql(t, "INSERT INTO batch_person VALUES (%lld, %lld)", (long long)other,
              (long long)ben->staff_id);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, id, token);
    assert_int_equal(queue_names(&t->world, anna, token, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "sightings")->size, 0);
    world_sql(t, "DELETE FROM batch_person");
    assert_int_equal(queue_names(&t->world, anna, token, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "sightings")->size, 1);
}

static void readings_and_escalations_of_a_limited_batch_go_to_its_people_only(void **state)
{
    struct world_test *t = *state;
    const struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    const struct caller *lou = world_person(t, "lou", PEOPLE_LEAD);
    const struct caller *quinn = world_person(t, "quinn", PEOPLE_QUALITY);
    const struct caller *rae = world_person(t, "rae", PEOPLE_QUALITY | PEOPLE_ARBITER);
    const int64_t named[] = {anna->staff_id, lou->staff_id, rae->staff_id};
    const struct batch_change in = {.set_people = true, .people = named, .people_count = 3};
    uint8_t token[16];

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_int_equal(grade_escalate(&t->world, anna, NULL, token, 1, "note", &t->answer, &t->e),
                     ASSAY_OK);
    (void)step_grade(t, anna, "L1");
    (void)step_submit(t, anna);
    assert_int_equal(change(t, lee, &in), ASSAY_OK);

    assert_int_equal(leases(t, quinn, QUEUE_READING), 0);
    assert_int_equal(world_number(world_json(t, &t->answer), "waiting"), 0);
    assert_int_equal(leases(t, rae, QUEUE_READING), 1);
    assert_int_equal(leases(t, lee, QUEUE_ESCALATED), 0);
    assert_int_equal(grade_escalations(&t->world, lee, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "escalations")->size, 0);
    assert_int_equal(grade_escalations(&t->world, lou, &t->answer, &t->e), ASSAY_OK);
    const struct json *list = world_json(t, &t->answer);
    assert_int_equal(world_at(list, "escalations")->size, 1);
    int64_t escalation = world_number(list, "escalations.0.escalation");
    assert_int_equal(grade_return_escalation(&t->world, lee, escalation, &t->answer, &t->e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(leases(t, lou, QUEUE_ESCALATED), 1);
}

static void every_task_of_a_changed_batch_has_its_place_at_once(void **state)
{
    struct world_test *t = *state;
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    struct batch_change in = {.set_priority = true, .set_due = true, .due_ms = 5000};

    world_tasks(t, TASKS, WORLD_WITHOUT_PICTURES, NULL);
    assert_int_equal(change(t, lee, &in), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE priority = 0 AND due_ms = 5000"),
                     TASKS);
    in.priority = 2; /* and back down again, which task_press never does */
    in.set_due = false;
    assert_int_equal(change(t, lee, &in), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE priority = 2 AND due_ms = 5000"),
                     TASKS);
    assert_int_equal(world_int(t, "SELECT count(*) FROM batch_pressing"), 0);
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%batch.changed%%'"), 2);
}

static void an_item_keeps_the_place_of_its_most_pressing_batch(void **state)
{
    struct world_test *t = *state;
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    const struct batch_change in = {.set_priority = true, .priority = 2};
    int64_t other = world_batch(t, "urgent");

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    world_sql(t, "UPDATE batch SET priority = 0 WHERE id = %lld", (long long)other);
    world_sql(t,
              "INSERT INTO sighting (id, item_id, batch_id, path_mac, text_sealed, created_ms)"
              " SELECT 5, item_id, %lld, path_mac, text_sealed, 1 FROM sighting",
              (long long)other);
    assert_int_equal(change(t, lee, &in), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT priority FROM task"), 0);
}

static void places_that_a_kill_left_open_are_given_afterwards(void **state)
{
    struct world_test *t = *state;
    char start[40];

    world_tasks(t, 3, WORLD_WITHOUT_PICTURES, NULL);
    world_sql(t, "UPDATE batch SET priority = 0");
    world_sql(t, "INSERT INTO batch_pressing VALUES (%lld, %s, 0)", (long long)t->batch_id,
              world_blob("", 1, start, sizeof start));
    world_close(t);
    world_open(t);
    assert_int_equal(intake_press(&t->world, &t->e), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE priority = 0"), 3);
}

static void an_analyst_is_not_told_of_batches_for_others(void **state)
{
    struct world_test *t = *state;
    const struct caller *ada = world_person(t, "ada", PEOPLE_ANALYST);
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);

    name_only(t, lee, lee);
    assert_int_equal(intake_batches(&t->world, ada, 0, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "batches")->size, 0);
    assert_int_equal(intake_batches(&t->world, ada, t->batch_id, &t->answer, &t->e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(intake_batches(&t->world, lee, 0, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "batches")->size, 1);
}

static void nobody_who_is_not_there_is_named(void **state)
{
    struct world_test *t = *state;
    const struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    const int64_t nobody = 77;
    const struct batch_change in = {.set_people = true, .people = &nobody, .people_count = 1};

    assert_int_equal(change(t, lee, &in), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM batch_person"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_queue_hands_a_limited_batch_to_its_people_only,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_is_not_named_any_more_has_lost_lease_pictures_and_names,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_lease_that_outlived_its_right_is_worth_nothing,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(names_of_a_limited_batch_are_shown_to_its_people_only,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            readings_and_escalations_of_a_limited_batch_go_to_its_people_only, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(every_task_of_a_changed_batch_has_its_place_at_once,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(an_item_keeps_the_place_of_its_most_pressing_batch,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(places_that_a_kill_left_open_are_given_afterwards,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(an_analyst_is_not_told_of_batches_for_others, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(nobody_who_is_not_there_is_named, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
