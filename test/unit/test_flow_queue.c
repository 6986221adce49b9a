/* Leases and tickets: who may hold what, late writes, and that no pixel leaves without its entry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "steps.h"

static void only_the_role_of_a_queue_is_handed_its_tasks(void **state)
{
    static const struct {
        enum queue_name queue;
        uint32_t role;
    } roles[] = {{QUEUE_GRADE, PEOPLE_ASSESSOR},
                 {QUEUE_LATER, PEOPLE_ASSESSOR},
                 {QUEUE_ESCALATED, PEOPLE_LEAD},
                 {QUEUE_READING, PEOPLE_QUALITY},
                 {QUEUE_THIRD, PEOPLE_ARBITER}};
    struct world_test *t = *state;
    struct caller *c = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 3, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, c);
    for (size_t i = 0; i < 5; i++) {
        for (unsigned r = 0; r < PEOPLE_ROLE_COUNT; r++) {
            c->roles = 1u << r;
            enum assay_err rc = step_try_take(t, c, roles[i].queue, 0);
            assert_int_equal(rc, c->roles == roles[i].role ? ASSAY_OK : ASSAY_EDENIED);
        }
    }
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
}

static void without_a_shift_nothing_is_handed_out(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    assert_int_equal(step_try_take(t, anna, QUEUE_GRADE, 0), ASSAY_ESTATE);
    anna->roles = PEOPLE_QUALITY;
    assert_int_equal(shift_start(&t->world, anna, &t->answer, &t->e), ASSAY_EDENIED);
}

static void without_an_authorisation_in_force_there_is_no_lease_and_no_picture(void **state)
{
    static const char *const ends[] = {
        "revoked_ms = 5", "revoked_ms = NULL, to_ms = from_ms + 1",
        "to_ms = 9223372036854775807, from_ms = 9223372036854775806"};
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    const struct json *lease;
    struct queue_picture p;
    uint8_t token[16];

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    (void)step_view(t, anna, lease, DECODE_COVER, 100);
    for (size_t i = 0; i < 3; i++) {
        world_sql(t, "UPDATE authorisation SET %s", ends[i]);
        assert_int_equal(step_try_take(t, anna, QUEUE_GRADE, 0), ASSAY_EDENIED);
        assert_non_null(strstr(t->e.text, "authorisation"));
        assert_int_equal(step_try_picture(t, anna, world_text(lease, "pictures.1.ticket"), &p),
                         ASSAY_EDENIED);
        assert_int_equal(p.bytes.size, 0);
    }
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), 1);
}

static void the_queue_follows_priority_then_due_date(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    int64_t ids[5];

    world_tasks(t, 5, WORLD_WITHOUT_PICTURES, ids);
    world_sql(t, "UPDATE task SET priority = 0, due_ms = 5000 WHERE id = %lld", (long long)ids[4]);
    world_sql(t, "UPDATE task SET priority = 0, due_ms = 4000 WHERE id = %lld", (long long)ids[2]);
    world_sql(t, "UPDATE task SET priority = 2, due_ms = 1 WHERE id = %lld", (long long)ids[0]);
    world_sql(t, "UPDATE task SET state = 'second_look' WHERE id = %lld", (long long)ids[2]);
    step_shift(t, anna);
    static const size_t order[] = {2, 4, 1, 3, 0};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(world_number(step_take(t, anna, QUEUE_GRADE, 0, NULL), "task"),
                         ids[order[i]]);
    assert_int_equal(step_try_take(t, anna, QUEUE_GRADE, 0), ASSAY_OK);
    assert_int_equal(world_at(world_json(t, &t->answer), "leases")->size, 0);
}

static void a_grade_after_the_lease_ran_out_is_refused_and_the_first_one_stands(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t late[16], token[16];
    int64_t id;

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, &id);
    step_shift(t, anna);
    step_shift(t, ben);
    assert_int_equal(world_number(step_take(t, anna, QUEUE_GRADE, 0, late), "task"), id);
    assert_int_equal(step_try_take(t, ben, QUEUE_GRADE, id), ASSAY_EEXISTS);
    world_expire(t, late); /* stopped for longer than the lease */
    (void)step_take(t, ben, QUEUE_GRADE, 0, token);
    (void)step_decide(t, ben, token, "L1");
    assert_int_equal(step_try_decide(t, anna, late, "L2"), ASSAY_ESTATE);
    assert_non_null(strstr(t->e.text, "lease lost"));
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision WHERE code = 'L1'"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 1);
    /* Both leases and the end of the first stand in the record. */
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"task.leased\"%%'"), 2);
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"task.returned\"%%'"), 1);
}

static void a_lease_that_another_took_over_can_do_nothing(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t old[16];
    int64_t swept;

    world_tasks(t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, old);
    world_expire(t, old);
    assert_int_equal(queue_sweep(&t->world, &swept, &t->e), ASSAY_OK);
    assert_int_equal(swept, 1);
    (void)step_take(t, ben, QUEUE_GRADE, 0, NULL);
    struct buf *a = &t->answer;
    struct queue_picture p;
    assert_int_equal(step_try_decide(t, anna, old, "L1"), ASSAY_ESTATE);
    assert_int_equal(queue_extend(&t->world, anna, old, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(queue_return(&t->world, anna, old, &t->e), ASSAY_ESTATE);
    assert_int_equal(queue_tickets(&t->world, anna, old, 1, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(queue_names(&t->world, anna, old, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(grade_put_off(&t->world, anna, NULL, old, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(grade_second_look(&t->world, anna, NULL, old, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(grade_escalate(&t->world, anna, NULL, old, 1, NULL, a, &t->e), ASSAY_ESTATE);
    assert_int_equal(step_try_picture(t, anna, world_text(lease, "pictures.0.ticket"), &p),
                     ASSAY_EDENIED);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), 0);
}

static void nobody_uses_the_lease_of_another(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_int_equal(step_try_decide(t, ben, token, "L1"), ASSAY_ESTATE);
    assert_int_equal(queue_return(&t->world, ben, token, &t->e), ASSAY_ESTATE);
    (void)step_decide(t, anna, token, "L1");
}

static void a_lease_is_extended_given_back_and_ended_with_its_session(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *other = world_session(t, anna);
    uint8_t token[16], second[16];

    world_tasks(t, 3, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    world_sql(t, "UPDATE lease SET expires_ms = expires_ms - 600000");
    int64_t before = world_int(t, "SELECT expires_ms FROM lease");
    assert_int_equal(queue_extend(&t->world, anna, token, &t->answer, &t->e), ASSAY_OK);
    assert_non_null(world_text(world_json(t, &t->answer), "expires_at"));
    assert_int_equal(world_at(world_json(t, &t->answer), "pictures")->size, 0);
    assert_true(world_int(t, "SELECT expires_ms FROM lease") > before + 500000);
    assert_int_equal(queue_return(&t->world, anna, token, &t->e), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 0);

    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    (void)step_take(t, anna, QUEUE_GRADE, 0, NULL);
    (void)step_take(t, other, QUEUE_GRADE, 0, second);
    assert_int_equal(people_sign_out(t->world.store, t->world.keys, anna, &t->e), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
    (void)step_decide(t, other, second, "L1");
}

static void a_ticket_opens_one_picture_once(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];
    struct queue_picture p;
    char path[40], text[64];
    int64_t id;

    world_tasks(t, 1, WORLD_WITH_PICTURES, &id);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_int_equal(world_at(lease, "pictures")->size, DECODE_RENDITION_COUNT);
    for (unsigned i = 0; i < DECODE_RENDITION_COUNT; i++) {
        (void)snprintf(path, sizeof path, "pictures.%u.ticket", i);
        assert_int_equal(step_try_picture(t, anna, world_text(lease, path), &p), ASSAY_OK);
        (void)snprintf(text, sizeof text, "%lld/%s", (long long)id,
                       decode_rendition_name((enum decode_rendition)i));
        assert_string_equal(buf_cstr(&p.bytes), text);
        buf_wipe(&p.bytes);
        assert_int_equal(step_try_picture(t, anna, world_text(lease, path), &p), ASSAY_EDENIED);
        assert_int_equal(p.bytes.size, 0);
    }
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), DECODE_RENDITION_COUNT);
    /* Fresh ones are to be had while the lease lives. */
    assert_int_equal(
        queue_tickets(&t->world, anna, token, 1u << DECODE_FULL_GREY, &t->answer, &t->e), ASSAY_OK);
    const struct json *fresh = world_json(t, &t->answer);
    assert_int_equal(world_at(fresh, "pictures")->size, 1);
    assert_string_equal(world_text(fresh, "pictures.0.rendition"), "full_grey");
    assert_int_equal(step_try_picture(t, anna, world_text(fresh, "pictures.0.ticket"), &p),
                     ASSAY_OK);
    buf_wipe(&p.bytes);
}

static void a_ticket_of_another_session_a_forged_one_and_a_stale_one_open_nothing(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *again = world_session(t, anna);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    struct queue_picture p;
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    char *ticket = mem_strdup(world_text(lease, "pictures.0.ticket"));
    assert_int_equal(step_try_picture(t, again, ticket, &p), ASSAY_EDENIED);
    assert_int_equal(step_try_picture(t, ben, ticket, &p), ASSAY_EDENIED);
    for (size_t i = 0, n = strlen(ticket); i < n; i += 7) { /* one digit wrong, wherever */
        char right = ticket[i];
        ticket[i] = right == '0' ? '1' : '0';
        assert_int_equal(step_try_picture(t, anna, ticket, &p), ASSAY_EDENIED);
        ticket[i] = right;
    }
    assert_int_equal(step_try_picture(t, anna, "", &p), ASSAY_EDENIED);
    assert_int_equal(step_try_picture(t, anna, "zz", &p), ASSAY_EDENIED);
    (void)step_decide(t, anna, token, "not-listed");
    assert_int_equal(step_try_picture(t, anna, ticket, &p), ASSAY_EDENIED);
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), 0);
    mem_free(ticket);
}

static void pictures_served_are_viewing_rows_are_record_entries(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct queue_picture p;
    int64_t served = 0;
    char path[40];

    world_tasks(t, 12, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    srand(7);
    for (size_t i = 0; i < 12; i++) {
        uint8_t token[16];
        const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
        for (int k = 0; k < 8; k++) {
            (void)snprintf(path, sizeof path, "pictures.%d.ticket", rand() % 6);
            if (step_try_picture(t, anna, world_text(lease, path), &p) == ASSAY_OK) {
                served++;
                buf_wipe(&p.bytes);
            }
        }
        (void)step_decide(t, anna, token, "not-listed");
    }
    assert_true(served > 12);
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), served);
    assert_int_equal(world_int(t,
                               "SELECT count(*) FROM viewing v JOIN record r ON r.event = v.event"
                               " WHERE r.entry LIKE '%%\"action\":\"picture.viewed\"%%'"),
                     served);
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"picture.viewed\"%%'"),
        served);
}

static void a_view_names_who_what_how_clear_why_and_by_whose_leave(void **state)
{
    static const char *const fields[] = {"\"role\":\"assessor\"",
                                         "\"purpose\":\"grade\"",
                                         "\"workstation\":\"desk\"",
                                         "\"authorisation\":\"",
                                         "\"rendition\":\"full_grey\"",
                                         "\"covered\":0",
                                         "\"grey\":1",
                                         "\"item_name\":\"",
                                         "\"fence\":1",
                                         "\"width\":480",
                                         "\"session\":\"",
                                         "\"actor\":\""};
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, NULL);
    int64_t viewing = step_view(t, anna, lease, DECODE_FULL_GREY, 700);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (world_int(t,
                      "SELECT count(*) FROM record WHERE entry LIKE '%%\"picture.viewed\"%%'"
                      " AND entry LIKE '%%%s%%'",
                      fields[i]) != 1)
            fail_msg("no %s in the entry", fields[i]);
    }
    assert_int_equal(world_int(t, "SELECT shown_ms FROM viewing"), 700);
    /* It ends once. */
    assert_int_equal(queue_view_end(&t->world, anna, viewing, 9, &t->e), ASSAY_ENOTFOUND);
    assert_int_equal(world_int(t, "SELECT shown_ms FROM viewing"), 700);
}

/* With the record's table refusing, nothing that acts may act. */
static void break_record(struct world_test *t)
{
    if (db_engine() == STORE_SQLITE)
        world_sql(t, "CREATE TRIGGER broken BEFORE INSERT ON record_new"
                     " BEGIN SELECT RAISE(ABORT, 'broken'); END");
    else
        world_sql(t, "ALTER TABLE record_new ADD CONSTRAINT broken CHECK (id < 0) NOT VALID");
}

static void when_the_entry_cannot_be_written_no_pixel_leaves_and_nothing_stands(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct queue_picture p;
    struct buf *a = &t->answer;
    uint8_t token[16];

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    break_record(t);
    for (unsigned i = 0; i < DECODE_RENDITION_COUNT; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "pictures.%u.ticket", i);
        assert_int_not_equal(step_try_picture(t, anna, world_text(lease, path), &p), ASSAY_OK);
        assert_null(p.bytes.data);
        assert_int_equal(p.bytes.size, 0);
    }
    assert_int_not_equal(step_try_decide(t, anna, token, "not-listed"), ASSAY_OK);
    assert_int_not_equal(step_try_take(t, anna, QUEUE_GRADE, 0), ASSAY_OK);
    assert_int_not_equal(grade_put_off(&t->world, anna, NULL, token, a, &t->e), ASSAY_OK);
    assert_int_not_equal(grade_second_look(&t->world, anna, NULL, token, a, &t->e), ASSAY_OK);
    assert_int_not_equal(grade_escalate(&t->world, anna, NULL, token, 2, "x", a, &t->e), ASSAY_OK);
    assert_int_not_equal(queue_return(&t->world, anna, token, &t->e), ASSAY_OK);
    assert_int_not_equal(queue_tickets(&t->world, anna, token, 1, a, &t->e), ASSAY_OK);
    assert_int_not_equal(queue_names(&t->world, anna, token, a, &t->e), ASSAY_OK);
    assert_int_not_equal(shift_check(&t->world, anna, a, &t->e), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM viewing"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM escalation"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'waiting'"), 2);
    assert_int_equal(world_int(t, "SELECT max(fence) FROM task"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM shift WHERE checked_ms IS NOT NULL"), 0);
}

static void names_are_shown_to_the_holder_and_stand_in_no_entry(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];
    int64_t id;
    char path[64];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, &id);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_null(strstr(buf_cstr(&t->answer), "lake"));
    assert_int_equal(queue_names(&t->world, anna, token, &t->answer, &t->e), ASSAY_OK);
    const struct json *names = world_json(t, &t->answer);
    (void)snprintf(path, sizeof path, "lake/%lld.jpg", (long long)id);
    assert_string_equal(world_text(names, "sightings.0.path"), path);
    assert_string_equal(world_text(names, "sightings.0.batch"), "first");
    assert_int_equal(
        world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"names.viewed\"%%'"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%lake%%'"), 0);
}

static void counting_the_queue_stops_at_a_thousand(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 1200, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    assert_int_equal(step_try_take(t, anna, QUEUE_GRADE, 0), ASSAY_OK);
    assert_int_equal(world_number(world_json(t, &t->answer), "waiting"), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_role_of_a_queue_is_handed_its_tasks, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(without_a_shift_nothing_is_handed_out, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            without_an_authorisation_in_force_there_is_no_lease_and_no_picture, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(the_queue_follows_priority_then_due_date, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            a_grade_after_the_lease_ran_out_is_refused_and_the_first_one_stands, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(a_lease_that_another_took_over_can_do_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(nobody_uses_the_lease_of_another, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_lease_is_extended_given_back_and_ended_with_its_session,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_ticket_opens_one_picture_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            a_ticket_of_another_session_a_forged_one_and_a_stale_one_open_nothing, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(pictures_served_are_viewing_rows_are_record_entries,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_view_names_who_what_how_clear_why_and_by_whose_leave,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            when_the_entry_cannot_be_written_no_pixel_leaves_and_nothing_stands, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(names_are_shown_to_the_holder_and_stand_in_no_entry,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(counting_the_queue_stops_at_a_thousand, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
