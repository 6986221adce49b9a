/* The verbs of the assess screen and the shift: each with its rows, its state and its refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "steps.h"

#define DEEP 100

static void a_decision_carries_scheme_version_basis_fence_and_how_long_it_was_seen(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_null(world_text(lease, "code"));
    (void)step_view(t, anna, lease, DECODE_COVER, 5000);
    (void)step_view(t, anna, lease, DECODE_SMALL_GREY, 600);
    (void)step_view(t, anna, lease, DECODE_FULL_COLOUR, 300);
    const struct json *d = step_decide(t, anna, token, "L2");
    assert_string_equal(world_text(d, "code"), "L2");
    assert_string_equal(world_text(d, "tags.0"), "light:day");
    assert_string_equal(world_text(d, "tags.1"), "season:winter");
    assert_int_equal(world_number(d, "version"), 1);
    assert_int_equal(world_number(d, "decided"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision WHERE basis = 'seen' AND"
                                  " scheme_name = 'training-landscapes' AND scheme_version = 1 AND"
                                  " revealed_ms = 900 AND fence = 1 AND code = 'L2' AND"
                                  " tags = 'light:day season:winter' AND guidance_version = 0"),
                     1);
}

static void what_the_scheme_refuses_is_not_decided(void **state)
{
    static const struct {
        const char *code;
        const char *tags[3];
        size_t count;
    } bad[] = {{"L1", {NULL}, 0},
               {"L1", {"light:day"}, 1},
               {"L1", {"light:day", "season:winter", "season:summer"}, 3},
               {"L9", {NULL}, 0},
               {"not-listed", {"light:day"}, 1},
               {"", {NULL}, 0},
               {"L1", {"light:day", "light:day", "season:winter"}, 3}};
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct grade_new in = {.code = bad[i].code, .tags = bad[i].tags, .tag_count = bad[i].count};
        memcpy(in.lease, token, sizeof in.lease);
        assert_int_equal(grade_decide(&t->world, anna, NULL, &in, &t->answer, &t->e),
                         ASSAY_EFORMAT);
    }
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 0);
    (void)step_decide(t, anna, token, "L1"); /* the lease still stands */
}

static void the_same_key_gives_the_same_answer_and_another_body_is_refused(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    struct grade_tags tags = step_tags("L1");
    struct grade_new in = {.code = "L1", .tags = tags.tags, .tag_count = tags.count};
    struct once once = {.key = "12345678"};
    char *first;

    world_tasks(t, 3, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    (void)step_take(t, anna, QUEUE_GRADE, 0, in.lease);
    step_must(t, grade_decide(&t->world, anna, &once, &in, &t->answer, &t->e));
    first = mem_strdup(buf_cstr(&t->answer));
    step_must(t, grade_decide(&t->world, anna, &once, &in, &t->answer, &t->e));
    assert_string_equal(buf_cstr(&t->answer), first);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 1);
    once.body_sha256[0] = 1;
    assert_int_equal(grade_decide(&t->world, anna, &once, &in, &t->answer, &t->e), ASSAY_ESTATE);
    assert_non_null(strstr(t->e.text, "Idempotency-Key"));
    assert_int_equal(t->answer.size, 0);
    /* Keys are a person's own: another's same key is another request. */
    (void)step_take(t, ben, QUEUE_GRADE, 0, in.lease);
    step_must(t, grade_decide(&t->world, ben, &once, &in, &t->answer, &t->e));
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 2);
    /* A request that was refused leaves its key free. */
    struct once other = {.key = "abcdefgh"};
    (void)step_take(t, anna, QUEUE_GRADE, 0, in.lease);
    in.code = "L9";
    assert_int_equal(grade_decide(&t->world, anna, &other, &in, &t->answer, &t->e), ASSAY_EFORMAT);
    in.code = "L1";
    step_must(t, grade_decide(&t->world, anna, &other, &in, &t->answer, &t->e));
    mem_free(first);
}

static void undo_goes_back_a_hundred_deep_newest_first_and_covered(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    int64_t graded[DEEP];
    uint8_t token[16];

    world_tasks(t, DEEP, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    for (size_t i = 0; i < DEEP; i++) {
        graded[i] = world_number(step_take(t, anna, QUEUE_GRADE, 0, token), "task");
        (void)step_decide(t, anna, token, i % 2 == 0 ? "L1" : "not-listed");
    }
    for (size_t i = DEEP; i-- > 0;) {
        step_must(t, grade_undo(&t->world, anna, NULL, &t->answer, &t->e));
        const struct json *lease = world_json(t, &t->answer);
        assert_int_equal(world_number(lease, "task"), graded[i]);
        assert_null(world_text(lease, "code"));
        assert_string_equal(world_text(lease, "purpose"), "grade");
        world_token(lease, "lease", token);
    }
    assert_int_equal(grade_undo(&t->world, anna, NULL, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 2 * DEEP);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision WHERE version = 2 AND code IS NULL"
                                  " AND from_decision_id IS NOT NULL"),
                     DEEP);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'waiting' AND"
                                  " decision_id IS NULL AND lot_id IS NULL"),
                     DEEP);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), DEEP);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE"
                                  " '%%\"decision.undone\"%%'"),
                     DEEP);
    /* They are graded again as a third version. */
    (void)step_decide(t, anna, token, "L3");
    assert_int_equal(world_int(t, "SELECT max(version) FROM decision"), 3);
}

static void undo_twice_with_one_key_takes_back_one_decision(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct once once = {.key = "undo-key"};
    uint8_t token[16];

    world_tasks(t, 2, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    for (size_t i = 0; i < 2; i++) {
        (void)step_take(t, anna, QUEUE_GRADE, 0, token);
        (void)step_decide(t, anna, token, "L1");
    }
    step_must(t, grade_undo(&t->world, anna, &once, &t->answer, &t->e));
    step_must(t, grade_undo(&t->world, anna, &once, &t->answer, &t->e));
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'graded'"), 1);
}

static void undo_needs_the_role_and_reaches_only_ones_own_open_shift(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    (void)step_grade(t, anna, "L1");
    assert_int_equal(grade_undo(&t->world, ben, NULL, &t->answer, &t->e), ASSAY_ESTATE);
    anna->roles = PEOPLE_LEAD;
    assert_int_equal(grade_undo(&t->world, anna, NULL, &t->answer, &t->e), ASSAY_EDENIED);
    anna->roles = PEOPLE_ASSESSOR;
    (void)step_submit(t, anna);
    assert_int_equal(grade_undo(&t->world, anna, NULL, &t->answer, &t->e), ASSAY_ESTATE);
    step_shift(t, anna);
    assert_int_equal(grade_undo(&t->world, anna, NULL, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 1);
}

static void a_graded_task_of_the_open_shift_is_graded_anew_as_a_new_version(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    int64_t id = step_grade(t, anna, "L1");
    assert_int_equal(step_try_take(t, ben, QUEUE_GRADE, id), ASSAY_ESTATE);
    const struct json *lease = step_take(t, anna, QUEUE_GRADE, id, token);
    assert_string_equal(world_text(lease, "code"), "L1"); /* one's own may be shown */
    const struct json *d = step_decide(t, anna, token, "L2");
    assert_int_equal(world_number(d, "version"), 2);
    assert_int_equal(world_number(d, "decided"), 1);
    /* While it is open again, undo takes it back all the same. */
    (void)step_take(t, anna, QUEUE_GRADE, id, token);
    step_must(t, grade_undo(&t->world, anna, NULL, &t->answer, &t->e));
    assert_int_equal(world_number(world_json(t, &t->answer), "task"), id);
    assert_int_equal(step_try_decide(t, anna, token, "L1"), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 1);
}

static void later_is_a_pile_of_ones_own(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t token[16];
    int64_t first, second;

    world_tasks(t, 3, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    step_shift(t, ben);
    first = world_number(step_take(t, anna, QUEUE_GRADE, 0, token), "task");
    step_must(t, grade_put_off(&t->world, anna, NULL, token, &t->answer, &t->e));
    assert_string_equal(world_text(world_json(t, &t->answer), "state"), "later");
    second = world_number(step_take(t, anna, QUEUE_GRADE, 0, token), "task");
    step_must(t, grade_put_off(&t->world, anna, NULL, token, &t->answer, &t->e));
    step_must(t, grade_later(&t->world, anna, &t->answer, &t->e));
    assert_int_equal(world_at(world_json(t, &t->answer), "tasks")->size, 2);
    assert_int_equal(world_number(world_json(t, &t->answer), "tasks.0.task"), first);
    step_must(t, grade_later(&t->world, ben, &t->answer, &t->e));
    assert_int_equal(world_at(world_json(t, &t->answer), "tasks")->size, 0);
    assert_int_equal(step_try_take(t, ben, QUEUE_LATER, first), ASSAY_ESTATE);
    assert_int_equal(step_try_take(t, ben, QUEUE_GRADE, first), ASSAY_ESTATE);
    /* Two at once are the two. */
    step_must(t, queue_take(&t->world, anna, QUEUE_LATER, 4, 0, &t->answer, &t->e));
    const struct json *both = world_json(t, &t->answer);
    assert_int_equal(world_at(both, "leases")->size, 2);
    assert_int_equal(world_number(both, "leases.0.task"), first);
    assert_int_equal(world_number(both, "leases.1.task"), second);
    world_token(both, "leases.0.lease", token);
    (void)step_decide(t, anna, token, "L1");
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE owner_id IS NOT NULL"), 1);
}

static void a_second_look_never_goes_back_to_who_asked_and_shows_no_grade(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *ben = world_person(t, "ben", PEOPLE_ASSESSOR);
    uint8_t token[16];
    int64_t id;

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, &id);
    step_shift(t, anna);
    step_shift(t, ben);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    step_must(t, grade_second_look(&t->world, anna, NULL, token, &t->answer, &t->e));
    assert_string_equal(world_text(world_json(t, &t->answer), "state"), "second_look");
    step_must(t, step_try_take(t, anna, QUEUE_GRADE, 0));
    assert_int_equal(world_at(world_json(t, &t->answer), "leases")->size, 0);
    assert_int_equal(world_number(world_json(t, &t->answer), "waiting"), 0);
    assert_int_equal(step_try_take(t, anna, QUEUE_GRADE, id), ASSAY_ESTATE);
    const struct json *lease = step_take(t, ben, QUEUE_GRADE, 0, token);
    assert_null(world_text(lease, "code"));
    step_must(t, grade_second_look(&t->world, ben, NULL, token, &t->answer, &t->e));
    step_must(t, step_try_take(t, ben, QUEUE_GRADE, 0));
    assert_int_equal(world_at(world_json(t, &t->answer), "leases")->size, 0);
}

static void each_reason_escalates_and_a_lead_settles_or_hands_back(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    struct caller *lea = world_person(t, "lea", PEOPLE_LEAD);
    uint8_t token[16];
    int64_t ids[6];

    world_tasks(t, 6, WORLD_WITHOUT_PICTURES, ids);
    step_shift(t, anna);
    for (int64_t reason = 1; reason <= 6; reason++) {
        (void)step_take(t, anna, QUEUE_GRADE, 0, token);
        step_must(t, grade_escalate(&t->world, anna, NULL, token, reason, "by the lake", &t->answer,
                                    &t->e));
        assert_string_equal(world_text(world_json(t, &t->answer), "state"), "escalated");
    }
    assert_int_equal(step_try_take(t, anna, QUEUE_ESCALATED, 0), ASSAY_EDENIED);
    step_must(t, grade_escalations(&t->world, lee, &t->answer, &t->e));
    const struct json *list = world_json(t, &t->answer);
    assert_int_equal(world_at(list, "escalations")->size, 6);
    assert_string_equal(world_text(list, "escalations.3.note"), "by the lake");
    assert_string_equal(world_text(list, "escalations.3.raised_by"), "anna");
    assert_int_equal(world_number(list, "escalations.3.reason"), 4);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%lake%%'"), 0);

    /* Graded by the lead, in a shift that opens by itself. */
    const struct json *lease = step_take(t, lee, QUEUE_ESCALATED, 0, token);
    assert_string_equal(world_text(lease, "purpose"), "settle");
    assert_int_equal(world_number(lease, "reason"), 1);
    int64_t settled = world_number(lease, "task");
    (void)step_decide(t, lee, token, "L1");
    assert_int_equal(world_int(t, "SELECT count(*) FROM escalation WHERE outcome = 'graded'"), 1);
    assert_int_equal(world_int(t, "SELECT staff_id FROM decision"), lee->staff_id);

    /* Handed back: not while another lead holds it, not by an assessor, and once. */
    lease = step_take(t, lea, QUEUE_ESCALATED, 0, token);
    int64_t escalation = 0, held = world_number(lease, "task");
    for (size_t i = 0; i < 6; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "escalations.%zu.task", i);
        if (world_number(list, path) == held) {
            (void)snprintf(path, sizeof path, "escalations.%zu.escalation", i);
            escalation = world_number(list, path);
        }
    }
    assert_int_equal(grade_return_escalation(&t->world, lee, escalation, &t->answer, &t->e),
                     ASSAY_ESTATE);
    assert_int_equal(grade_return_escalation(&t->world, anna, escalation, &t->answer, &t->e),
                     ASSAY_ESTATE);
    step_must(t, grade_return_escalation(&t->world, lea, escalation, &t->answer, &t->e));
    assert_string_equal(world_text(world_json(t, &t->answer), "state"), "waiting");
    assert_int_equal(step_try_decide(t, lea, token, "L1"), ASSAY_ESTATE);
    assert_int_equal(grade_return_escalation(&t->world, lea, escalation, &t->answer, &t->e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'escalated'"), 4);
    assert_int_not_equal(held, settled);
}

static void an_assessor_cannot_hand_an_escalation_back(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    step_must(t, grade_escalate(&t->world, anna, NULL, token, 2, NULL, &t->answer, &t->e));
    int64_t id = world_int(t, "SELECT id FROM escalation");
    assert_int_equal(grade_return_escalation(&t->world, anna, id, &t->answer, &t->e),
                     ASSAY_EDENIED);
    assert_int_equal(world_int(t, "SELECT count(*) FROM escalation WHERE outcome IS NULL"), 1);
}

static void who_should_not_see_it_never_gets_it_again(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *lee = world_person(t, "lee", PEOPLE_LEAD);
    uint8_t token[16];

    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    step_must(t, grade_escalate(&t->world, anna, NULL, token, 6, NULL, &t->answer, &t->e));
    int64_t id = world_int(t, "SELECT id FROM escalation");
    step_must(t, grade_return_escalation(&t->world, lee, id, &t->answer, &t->e));
    step_must(t, step_try_take(t, anna, QUEUE_GRADE, 0));
    assert_int_equal(world_at(world_json(t, &t->answer), "leases")->size, 0);
}

/* ---- the shift-end check ---- */

static const struct json *find_rule(struct world_test *t, const struct caller *c, const char *name)
{
    step_must(t, shift_check(&t->world, c, &t->answer, &t->e));
    const struct json *root = world_json(t, &t->answer);
    const struct json *row = world_at(root, "rows")->first;
    while (row != NULL && strcmp(world_text(row, "rule"), name) != 0)
        row = row->next;
    return row;
}

static bool ready(struct world_test *t)
{
    return world_at(world_json(t, &t->answer), "ready")->boolean;
}

static void a_shift_whose_work_is_whole_is_ready(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_grade(t, anna, "L1");
    (void)step_grade(t, anna, "not-listed");
    world_sql(t, "UPDATE viewing SET started_ms = started_ms - 5000");
    assert_null(find_rule(t, anna, "too_fast"));
    assert_int_equal(world_at(world_json(t, &t->answer), "rows")->size, 0);
    assert_true(ready(t));
    assert_int_equal(world_number(world_json(t, &t->answer), "decided"), 2);
}

static void each_rule_of_the_check_is_found(void **state)
{
    static const struct {
        const char *rule, *provoke;
        bool blocking;
    } rules[] = {
        {"required_tag_missing", "tags = 'light:day'", true},
        {"tag_contradicts", "tags = 'light:day season:summer season:winter'", true},
        {"never_revealed", "revealed_ms = 499", true},
        {"stale_scheme", "scheme_version = 0", false},
        {"too_fast", "decided_ms = (SELECT min(started_ms) FROM viewing) + 399", false},
    };
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);

    world_tasks(t, 3, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    int64_t task = step_grade(t, anna, "L1");
    world_sql(t, db_engine() == STORE_SQLITE ? "DROP TRIGGER decision_no_update"
                                             : "DROP TRIGGER decision_append_only ON decision");
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        world_sql(t, "UPDATE decision SET tags = 'light:day season:winter', scheme_version = 1,"
                     " revealed_ms = 500,"
                     " decided_ms = (SELECT min(started_ms) FROM viewing) + 400");
        assert_null(find_rule(t, anna, rules[i].rule));
        assert_true(ready(t));
        world_sql(t, "UPDATE decision SET %s", rules[i].provoke);
        const struct json *row = find_rule(t, anna, rules[i].rule);
        if (row == NULL)
            fail_msg("%s was not found", rules[i].rule);
        assert_int_equal(world_number(row, "count"), 1);
        assert_int_equal(world_number(row, "tasks.0.task"), task);
        assert_int_equal(world_at(row, "blocking")->boolean, rules[i].blocking);
        assert_int_equal(ready(t), !rules[i].blocking);
        assert_int_equal(shift_submit(&t->world, anna, NULL, &t->answer, &t->e),
                         rules[i].blocking ? ASSAY_ESTATE : ASSAY_OK);
        if (!rules[i].blocking) { /* open it again for the next rule */
            world_sql(t, "UPDATE shift SET submitted_ms = NULL");
            world_sql(t, "UPDATE lot SET state = 'open'");
            world_sql(t, "UPDATE task SET state = 'graded' WHERE state = 'submitted'");
        }
    }
}

static void leases_later_and_untrusted_hashes_are_said_and_do_not_block(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    uint8_t token[16];

    world_tasks(t, 4, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    (void)step_grade(t, anna, "L1");
    world_sql(t, "UPDATE picture SET pdq_reason = 'low_quality'");
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    step_must(t, grade_put_off(&t->world, anna, NULL, token, &t->answer, &t->e));
    (void)step_take(t, anna, QUEUE_GRADE, 0, token);
    assert_int_equal(world_number(find_rule(t, anna, "open_leases"), "count"), 1);
    assert_int_equal(world_number(find_rule(t, anna, "later_pile"), "count"), 1);
    assert_int_equal(world_number(find_rule(t, anna, "hash_untrusted"), "count"), 1);
    assert_true(ready(t));
    step_must(t, shift_get(&t->world, anna, &t->answer, &t->e));
    const struct json *s = world_json(t, &t->answer);
    assert_int_equal(world_number(s, "shift.decided"), 1);
    assert_int_equal(world_number(s, "shift.later"), 1);
    assert_int_equal(world_number(s, "shift.unsaved_leases"), 1);
    (void)step_submit(t, anna);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 0);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'waiting'"
                                  " AND owner_id IS NULL"),
                     3);
    step_must(t, shift_get(&t->world, anna, &t->answer, &t->e));
    assert_int_equal(world_at(world_json(t, &t->answer), "shift")->kind, JSON_IS_NULL);
}

static void a_shift_is_submitted_once_after_its_check(void **state)
{
    struct world_test *t = *state;
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct once once = {.key = "submit-1"};
    uint8_t token[16];

    world_tasks(t, 8, WORLD_WITH_PICTURES, NULL);
    step_shift(t, anna);
    for (size_t i = 0; i < 7; i++)
        (void)step_grade(t, anna, "L1");
    (void)step_take(t, world_session(t, anna), QUEUE_GRADE, 0, token);
    assert_int_equal(shift_submit(&t->world, anna, &once, &t->answer, &t->e), ASSAY_ESTATE);
    step_must(t, shift_check(&t->world, anna, &t->answer, &t->e));
    step_must(t, shift_submit(&t->world, anna, &once, &t->answer, &t->e));
    assert_int_equal(world_number(world_json(t, &t->answer), "size"), 7);
    assert_int_equal(world_number(world_json(t, &t->answer), "sample_size"), 5);
    step_must(t, shift_submit(&t->world, anna, &once, &t->answer, &t->e)); /* the same answer */
    assert_int_equal(world_number(world_json(t, &t->answer), "size"), 7);
    assert_int_equal(shift_submit(&t->world, anna, NULL, &t->answer, &t->e), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'submitted'"), 7);
    /* What another session still held cannot slip into the sealed lot. */
    assert_int_equal(step_try_decide(t, anna, token, "not-listed"), ASSAY_ESTATE);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_decision_carries_scheme_version_basis_fence_and_how_long_it_was_seen),
        TEST(what_the_scheme_refuses_is_not_decided),
        TEST(the_same_key_gives_the_same_answer_and_another_body_is_refused),
        TEST(undo_goes_back_a_hundred_deep_newest_first_and_covered),
        TEST(undo_twice_with_one_key_takes_back_one_decision),
        TEST(undo_needs_the_role_and_reaches_only_ones_own_open_shift),
        TEST(a_graded_task_of_the_open_shift_is_graded_anew_as_a_new_version),
        TEST(later_is_a_pile_of_ones_own),
        TEST(a_second_look_never_goes_back_to_who_asked_and_shows_no_grade),
        TEST(each_reason_escalates_and_a_lead_settles_or_hands_back),
        TEST(an_assessor_cannot_hand_an_escalation_back),
        TEST(who_should_not_see_it_never_gets_it_again),
        TEST(a_shift_whose_work_is_whole_is_ready),
        TEST(each_rule_of_the_check_is_found),
        TEST(leases_later_and_untrusted_hashes_are_said_and_do_not_block),
        TEST(a_shift_is_submitted_once_after_its_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
