/* The one table of states and moves: every state x event x role against a list written apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "flow/flow.h"

#define A      PEOPLE_ASSESSOR
#define L      PEOPLE_LEAD
#define R      PEOPLE_ARBITER
#define SYSTEM 0u

/* What may happen, as the issue and the design say; whatever is not here must not. */
static const struct {
    const char *from, *event, *to;
    uint32_t roles; /* SYSTEM: a background step alone */
} allowed[] = {
    {"received", "identified", "waiting", SYSTEM},
    {"received", "not_supported", "unsupported", SYSTEM},
    {"received", "not_decodable", "undecodable", SYSTEM},
    {"unsupported", "identified", "waiting", SYSTEM},
    {"unsupported", "not_supported", "unsupported", SYSTEM},
    {"unsupported", "not_decodable", "undecodable", SYSTEM},
    {"undecodable", "identified", "waiting", SYSTEM},
    {"undecodable", "not_supported", "unsupported", SYSTEM},
    {"undecodable", "not_decodable", "undecodable", SYSTEM},
    {"waiting", "grade", "graded", A},
    {"waiting", "put_off", "later", A},
    {"waiting", "ask_second", "second_look", A},
    {"waiting", "escalate", "escalated", A},
    {"later", "grade", "graded", A},
    {"later", "put_off", "later", A},
    {"later", "ask_second", "second_look", A},
    {"later", "escalate", "escalated", A},
    {"later", "hand_back", "waiting", A | L},
    {"second_look", "grade", "graded", A},
    {"second_look", "put_off", "later", A},
    {"second_look", "ask_second", "second_look", A},
    {"second_look", "escalate", "escalated", A},
    {"escalated", "grade", "graded", L},
    {"escalated", "hand_back", "waiting", L},
    {"graded", "grade", "graded", A | L},
    {"graded", "take_back", "waiting", A},
    {"graded", "submit", "submitted", A | L},
    {"submitted", "correct", "submitted", A | R | L},
    {"submitted", "pass", "passed", SYSTEM},
    {"passed", "correct", "passed", R | L},
};
#define ALLOWED (sizeof allowed / sizeof allowed[0])

static size_t find(enum flow_state s, enum flow_event ev)
{
    size_t i = 0;

    while (i < ALLOWED && (strcmp(allowed[i].from, flow_state_name(s)) != 0 ||
                           strcmp(allowed[i].event, flow_event_name(ev)) != 0))
        i++;
    return i;
}

static void try_one(enum flow_state s, enum flow_event ev, uint32_t roles)
{
    size_t i = find(s, ev);
    enum flow_state to = FLOW_STATE_COUNT;
    struct err e = {0};
    enum assay_err rc = flow_next(s, ev, roles, &to, &e);

    if (i == ALLOWED) {
        assert_int_equal(rc, ASSAY_ESTATE);
    } else if (allowed[i].roles == SYSTEM ? roles != 0 : (allowed[i].roles & roles) == 0) {
        assert_int_equal(rc, ASSAY_EDENIED);
    } else {
        assert_int_equal(rc, ASSAY_OK);
        assert_string_equal(flow_state_name(to), allowed[i].to);
        return;
    }
    assert_int_equal(to, FLOW_STATE_COUNT);
    assert_true(e.text[0] != '\0');
}

static void each_state_moves_by_each_event_only_as_written(void **state)
{
    (void)state;
    for (unsigned s = 0; s < FLOW_STATE_COUNT; s++) {
        for (unsigned ev = 0; ev < FLOW_EVENT_COUNT; ev++) {
            try_one((enum flow_state)s, (enum flow_event)ev, SYSTEM);
            for (unsigned role = 0; role < PEOPLE_ROLE_COUNT; role++)
                try_one((enum flow_state)s, (enum flow_event)ev, 1u << role);
            try_one((enum flow_state)s, (enum flow_event)ev, A | L | R);
            try_one((enum flow_state)s, (enum flow_event)ev,
                    PEOPLE_ADMIN | PEOPLE_AUDITOR | PEOPLE_INTAKE);
        }
    }
}

static void every_state_can_be_reached_and_left_but_the_last(void **state)
{
    (void)state;
    for (unsigned s = 0; s < FLOW_STATE_COUNT; s++) {
        const char *name = flow_state_name((enum flow_state)s);
        size_t in = 0, out = 0;
        for (size_t i = 0; i < ALLOWED; i++) {
            in += strcmp(allowed[i].to, name) == 0 && strcmp(allowed[i].from, name) != 0;
            out += strcmp(allowed[i].from, name) == 0 && strcmp(allowed[i].to, name) != 0;
        }
        assert_true(in > 0 || s == FLOW_RECEIVED);
        assert_true(out > 0 || s == FLOW_PASSED);
    }
}

static void a_state_is_read_back_by_its_name_and_others_are_refused(void **state)
{
    enum flow_state s;

    (void)state;
    for (unsigned i = 0; i < FLOW_STATE_COUNT; i++) {
        assert_int_equal(flow_state_parse(flow_state_name((enum flow_state)i), &s), ASSAY_OK);
        assert_int_equal(s, i);
    }
    assert_int_equal(flow_state_parse("", &s), ASSAY_EFORMAT);
    assert_int_equal(flow_state_parse("Waiting", &s), ASSAY_EFORMAT);
}

static void a_sample_is_a_tenth_and_at_least_five(void **state)
{
    static const int64_t sizes[][2] = {{0, 0},    {1, 1},     {4, 4},      {5, 5},     {6, 5},
                                       {50, 5},   {51, 6},    {60, 6},     {61, 7},    {100, 10},
                                       {101, 11}, {999, 100}, {1000, 100}, {1001, 101}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(flow_sample_size(sizes[i][0]), sizes[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_moves_by_each_event_only_as_written),
        cmocka_unit_test(every_state_can_be_reached_and_left_but_the_last),
        cmocka_unit_test(a_state_is_read_back_by_its_name_and_others_are_refused),
        cmocka_unit_test(a_sample_is_a_tenth_and_at_least_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
