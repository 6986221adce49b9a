/* People on the engine that ASSAY_TEST_DB names: adding, signing in, sessions and authorisations,
 * with each refusal, and time moved by changing what is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "people/people.h"
#include "record_fixture.h"
#include "store/authorisation.h"
#include "store/record.h"
#include "store/task.h"
#include "store/workspace.h"

#define PASSWORD "a long enough sentence"
#define HOUR_MS  (60 * 60 * 1000LL)

static struct err e;

static struct store *store(void **state)
{
    return db_store(((struct record_fixture *)*state)->db);
}

static const struct keys *keys(void **state)
{
    return ((struct record_fixture *)*state)->keys;
}

static int64_t add(void **state, const char *name, uint32_t roles)
{
    const struct people_new in = {name, "A Person", roles, PASSWORD};
    int64_t id = 0;

    if (people_add(store(state), keys(state), people_operator(), &in, &id, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    return id;
}

static struct caller sign_in(void **state, const char *name, char token[PEOPLE_TOKEN_SIZE])
{
    struct caller c = {0};

    if (people_sign_in(store(state), keys(state), name, PASSWORD, "desk 3", token, &e) != 0 ||
        people_session(store(state), keys(state), token, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
}

static enum assay_err session(void **state, const char *token)
{
    struct caller c;

    return people_session(store(state), keys(state), token, &c, &e);
}

static void sql_text_of(void **state, const char *format, int64_t number)
{
    char text[512];

    (void)snprintf(text, sizeof text, format, (long long)number);
    record_sql(*state, text);
}

/* ---- what the record says ---- */

struct search {
    const char *parts[3];
    size_t found;
};

static enum assay_err search_row(void *ctx, const struct record_row *row, struct err *err)
{
    struct search *s = ctx;
    bool all = true;

    (void)err;
    for (size_t i = 0; i < 3 && s->parts[i] != NULL; i++)
        all = all && strstr(row->entry, s->parts[i]) != NULL;
    s->found += all;
    return ASSAY_OK;
}

static enum assay_err search(struct tx *tx, void *ctx, struct err *err)
{
    return record_waiting(tx, 10000, search_row, ctx, err);
}

/* How many entries hold all these parts. */
static size_t entries(void **state, const char *a, const char *b, const char *c)
{
    struct search s = {.parts = {a, b, c}};

    assert_int_equal(store_read(store(state), search, &s, &e), ASSAY_OK);
    return s.found;
}

/* ---- people ---- */

static void roles_have_names_and_back(void **state)
{
    uint32_t roles = 0;

    (void)state;
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++)
        assert_int_equal(people_role_parse(people_role_name(i), &roles), ASSAY_OK);
    assert_int_equal(roles, (1 << PEOPLE_ROLE_COUNT) - 1);
    assert_int_equal(people_role_parse("root", &roles), ASSAY_EFORMAT);
    assert_int_equal(people_role_parse("", &roles), ASSAY_EFORMAT);
}

static void the_record_names_no_role_that_a_person_has_not(void **state)
{
    const struct caller c = {.staff_id = 7, .roles = PEOPLE_QUALITY | PEOPLE_COMPLIANCE};
    const struct caller nobody = {0}, idle = {.staff_id = 8};

    (void)state;
    assert_string_equal(people_actor(&idle, PEOPLE_LEAD).role, "none");
    assert_string_equal(people_actor(&c, PEOPLE_QUALITY).role, "quality");
    assert_string_equal(people_actor(&c, PEOPLE_COMPLIANCE).role, "compliance");
    assert_string_equal(people_actor(&c, PEOPLE_LEAD).role, "quality");
    assert_int_equal(people_viewing_role(&c), PEOPLE_QUALITY);
    assert_string_equal(people_actor(&nobody, PEOPLE_LEAD).role, "operator");
}

static void people_are_added_found_and_listed(void **state)
{
    int64_t id = add(state, "ann.b-1", PEOPLE_ASSESSOR | PEOPLE_LEAD), found = 0;
    struct buf b;

    assert_int_equal(people_find(store(state), "ann.b-1", &found, &e), ASSAY_OK);
    assert_true(found == id);
    assert_int_equal(people_find(store(state), "bob", &found, &e), ASSAY_ENOTFOUND);
    buf_init(&b, 4096);
    assert_int_equal(people_list(store(state), 0, &b, &e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&b), "\"name\":\"ann.b-1\",\"label\":\"A Person\",\"roles\":"
                                         "[\"assessor\",\"lead\"],\"disabled\":false,"
                                         "\"authorised_until\":null}]}"));
    assert_int_equal(people_list(store(state), id, &b, &e), ASSAY_OK);
    assert_int_equal(buf_cstr(&b)[0], '{');
    assert_int_equal(people_list(store(state), 12, &b, &e), ASSAY_ENOTFOUND);
    buf_clear(&b);
    assert_int_equal(entries(state, "staff.added", "assessor,lead", "\"operator\""), 1);
    assert_int_equal(entries(state, "ann.b-1", NULL, NULL), 0); /* as a commitment only */
}

static void what_is_no_person_is_refused(void **state)
{
    char long_name[PEOPLE_NAME_SIZE + 1], long_label[PEOPLE_LABEL_SIZE + 1];
    memset(long_name, 'a', sizeof long_name);
    memset(long_label, 'a', sizeof long_label);
    long_name[PEOPLE_NAME_SIZE] = long_label[PEOPLE_LABEL_SIZE] = '\0';
    const struct {
        struct people_new in;
        enum assay_err rc;
    } cases[] = {
        {{"", "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{".a", "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{"Ann", "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{"a b", "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{"../a", "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{long_name, "L", 0, PASSWORD}, ASSAY_ERANGE},
        {{"a", "", 0, PASSWORD}, ASSAY_ERANGE},
        {{"a", "x\ny", 0, PASSWORD}, ASSAY_ERANGE},
        {{"a", "\xff", 0, PASSWORD}, ASSAY_ERANGE},
        {{"a", long_label, 0, PASSWORD}, ASSAY_ERANGE},
        {{"a", "L", 0, "eleven char"}, ASSAY_ERANGE},
        {{"a", "L", 1u << PEOPLE_ROLE_COUNT, PASSWORD}, ASSAY_ERANGE},
        {{"a", "L", PEOPLE_ADMIN | PEOPLE_ASSESSOR, PASSWORD}, ASSAY_ESTATE},
        {{"a", "L", PEOPLE_ADMIN | PEOPLE_QUALITY, PASSWORD}, ASSAY_ESTATE},
        {{"a", "L", PEOPLE_ADMIN | PEOPLE_ARBITER, PASSWORD}, ASSAY_ESTATE},
        {{"a", "L", PEOPLE_ADMIN | PEOPLE_LEAD, PASSWORD}, ASSAY_ESTATE},
        {{"taken", "L", 0, PASSWORD}, ASSAY_EEXISTS},
    };
    int64_t id = 0;

    add(state, "taken", 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            people_add(store(state), keys(state), people_operator(), &cases[i].in, &id, &e),
            cases[i].rc);
    assert_true(id == 0);
    assert_int_equal(entries(state, "staff.added", NULL, NULL), 1);
    assert_true(add(state, "boss", PEOPLE_ADMIN | PEOPLE_COMPLIANCE) > 0);
}

/* ---- signing in ---- */

static void signing_in_makes_a_session_and_an_entry(void **state)
{
    char one[PEOPLE_TOKEN_SIZE], two[PEOPLE_TOKEN_SIZE], text[40];
    int64_t id = add(state, "ann", PEOPLE_ASSESSOR);
    struct caller c = sign_in(state, "ann", one);

    assert_true(c.staff_id == id);
    assert_int_equal(c.roles, PEOPLE_ASSESSOR);
    assert_string_equal(c.workstation, "desk 3");
    assert_string_equal(c.label, "A Person");
    (void)snprintf(text, sizeof text, "session:%lld", (long long)c.session_id);
    assert_int_equal(entries(state, "\"sign_in\"", text, "\"done\""), 1);
    (void)sign_in(state, "ann", two);
    assert_string_not_equal(one, two);
    assert_int_equal(entries(state, one, NULL, NULL), 0);
    one[3] = one[3] == '0' ? '1' : '0';
    assert_int_equal(session(state, one), ASSAY_EDENIED);
    assert_int_equal(session(state, ""), ASSAY_EDENIED);
    assert_int_equal(session(state, "zz"), ASSAY_EDENIED);
}

static enum assay_err try(void **state, const char *name, const char *password)
{
    char token[PEOPLE_TOKEN_SIZE] = "unset";
    enum assay_err rc =
        people_sign_in(store(state), keys(state), name, password, "desk 3", token, &e);

    if (rc != ASSAY_OK)
        assert_string_equal(token, "unset");
    return rc;
}

static void wrong_name_password_and_disabled_are_told_alike(void **state)
{
    const struct people_change disable = {.set_disabled = true, .disabled = true};
    const struct people_new silent = {"silent", "No Password", PEOPLE_ANALYST, NULL};
    char first[ERR_TEXT_SIZE];
    int64_t id;

    add(state, "ann", PEOPLE_ASSESSOR);
    assert_int_equal(people_change(store(state), keys(state), people_operator(),
                                   add(state, "gone", 0), &disable, &e),
                     ASSAY_OK);
    assert_int_equal(people_add(store(state), keys(state), people_operator(), &silent, &id, &e),
                     ASSAY_OK);
    assert_int_equal(try(state, "ann", "wrong wrong wrong"), ASSAY_EDENIED);
    memcpy(first, e.text, sizeof first);
    assert_int_equal(try(state, "nobody", PASSWORD), ASSAY_EDENIED);
    assert_string_equal(e.text, first);
    assert_int_equal(try(state, "gone", PASSWORD), ASSAY_EDENIED);
    assert_string_equal(e.text, first);
    assert_int_equal(try(state, "silent", ""), ASSAY_EDENIED);
    assert_string_equal(e.text, first);
    assert_int_equal(try(state, "' OR 1=1 --", PASSWORD), ASSAY_EDENIED);
    assert_string_equal(e.text, first);
    assert_int_equal(entries(state, "\"sign_in\"", "\"refused\"", NULL), 5);
    assert_int_equal(entries(state, "nobody", NULL, NULL), 0);
}

static void wrong_and_unknown_take_the_same_time(void **state)
{
    int64_t known = 0, unknown = 0;
    char name[16];

    add(state, "ann", PEOPLE_ASSESSOR);
    for (int i = 0; i < 4; i++) { /* fewer than hold a name up */
        int64_t start = clock_cpu_us();
        assert_int_equal(try(state, "ann", "wrong wrong wrong"), ASSAY_EDENIED);
        known += clock_cpu_us() - start;
        (void)snprintf(name, sizeof name, "nobody%d", i);
        start = clock_cpu_us();
        assert_int_equal(try(state, name, "wrong wrong wrong"), ASSAY_EDENIED);
        unknown += clock_cpu_us() - start;
    }
    /* CPU time on a busy machine differs by some; a missing Argon2id would be a hundredth. */
    assert_true(known < 2 * unknown);
    assert_true(unknown < 2 * known);
}

static void five_failures_hold_a_name_up_whether_it_is_there_or_not(void **state)
{
    static const char *const names[] = {"ann", "nobody"};

    add(state, "ann", PEOPLE_ASSESSOR);
    for (size_t n = 0; n < 2; n++) {
        for (int i = 0; i < 5; i++)
            assert_int_equal(try(state, names[n], "wrong wrong wrong"), ASSAY_EDENIED);
        assert_int_equal(try(state, names[n], PASSWORD), ASSAY_ELIMIT);
        assert_string_equal(e.text, "too many failed sign-ins; try again in 1 s");
    }
    assert_int_equal(entries(state, "\"failures\":5", NULL, NULL), 2);
    /* When the wait is over one more failure doubles it, the right password ends it. */
    record_sql(*state, "UPDATE signin_failure SET locked_until_ms = 0");
    assert_int_equal(try(state, "ann", "wrong wrong wrong"), ASSAY_EDENIED);
    assert_int_equal(try(state, "ann", PASSWORD), ASSAY_ELIMIT);
    assert_string_equal(e.text, "too many failed sign-ins; try again in 2 s");
    record_sql(*state, "UPDATE signin_failure SET locked_until_ms = 0, failed_count = 40");
    assert_int_equal(try(state, "ann", "wrong wrong wrong"), ASSAY_EDENIED);
    assert_int_equal(try(state, "ann", PASSWORD), ASSAY_ELIMIT);
    assert_string_equal(e.text, "too many failed sign-ins; try again in 900 s");
    record_sql(*state, "UPDATE signin_failure SET locked_until_ms = 0");
    assert_int_equal(try(state, "ann", PASSWORD), ASSAY_OK);
    assert_int_equal(try(state, "ann", "wrong wrong wrong"), ASSAY_EDENIED);
    assert_int_equal(try(state, "ann", PASSWORD), ASSAY_OK);
}

static enum assay_err make_workspace(struct tx *tx, void *ctx, struct err *err)
{
    const bool *training = ctx;
    const struct workspace_row w = {"0123456789abcdef", "Lake", *training, 1};

    return workspace_insert(tx, &w, err);
}

static void links_sign_in_in_training_workspaces_only(void **state)
{
    char link[PEOPLE_TOKEN_SIZE], token[PEOPLE_TOKEN_SIZE];
    int64_t id = add(state, "ann", PEOPLE_ASSESSOR);
    bool training = true;

    assert_int_equal(store_write(store(state), make_workspace, &training, &e), ASSAY_OK);
    assert_int_equal(people_link(store(state), keys(state), id, link, &e), ASSAY_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(people_sign_in_link(store(state), keys(state), link, "desk", token, &e),
                         ASSAY_OK);
        assert_int_equal(session(state, token), ASSAY_OK);
    }
    assert_int_equal(session(state, link), ASSAY_EDENIED);
    assert_int_equal(people_sign_in_link(store(state), keys(state), token, "desk", token, &e),
                     ASSAY_EDENIED);
    assert_int_equal(people_sign_in_link(store(state), keys(state), "x", "desk", token, &e),
                     ASSAY_EDENIED);
    assert_int_equal(people_link(store(state), keys(state), 5, link, &e), ASSAY_ENOTFOUND);
    record_sql(*state, "UPDATE signin_link SET expires_ms = 1");
    assert_int_equal(people_sign_in_link(store(state), keys(state), link, "desk", token, &e),
                     ASSAY_EDENIED);
    record_sql(*state, "UPDATE workspace SET training = 0");
    assert_int_equal(people_link(store(state), keys(state), id, link, &e), ASSAY_ESTATE);
    assert_int_equal(people_sign_in_link(store(state), keys(state), link, "desk", token, &e),
                     ASSAY_ESTATE);
}

/* ---- sessions ---- */

static void sessions_end_when_idle_or_old_and_stay_ended(void **state)
{
    static const struct {
        const char *earlier;
        int64_t ms;
    } cases[] = {
        {"UPDATE session SET seen_ms = seen_ms - %lld", PEOPLE_IDLE_MS},
        {"UPDATE session SET created_ms = created_ms - %lld", PEOPLE_SESSION_MS},
        {"UPDATE session SET seen_ms = seen_ms + %lld", 3 * HOUR_MS}, /* the clock went back */
    };
    char token[PEOPLE_TOKEN_SIZE];

    add(state, "ann", PEOPLE_ASSESSOR);
    for (size_t i = 0; i < 3; i++) {
        (void)sign_in(state, "ann", token);
        sql_text_of(state, cases[i].earlier, cases[i].ms);
        assert_int_equal(session(state, token), ASSAY_EDENIED);
        /* However the clock goes from here on. */
        sql_text_of(state, cases[i].earlier, -cases[i].ms);
        assert_int_equal(session(state, token), ASSAY_EDENIED);
    }
    assert_int_equal(entries(state, "\"sign_out\"", "\"idle\"", NULL), 1);
    assert_int_equal(entries(state, "\"sign_out\"", "\"too_old\"", NULL), 1);
    assert_int_equal(entries(state, "\"sign_out\"", "\"clock\"", NULL), 1);
}

static void being_seen_is_written_at_most_once_a_minute(void **state)
{
    char token[PEOPLE_TOKEN_SIZE];

    add(state, "ann", PEOPLE_ASSESSOR);
    (void)sign_in(state, "ann", token);
    int64_t commits = store_commits(store(state));
    for (int i = 0; i < 10; i++)
        assert_int_equal(session(state, token), ASSAY_OK);
    assert_true(store_commits(store(state)) == commits);
    sql_text_of(state, "UPDATE session SET seen_ms = seen_ms - %lld", PEOPLE_IDLE_MS - 5000);
    assert_int_equal(session(state, token), ASSAY_OK);
    assert_true(store_commits(store(state)) == commits + 1);
    sql_text_of(state, "UPDATE session SET seen_ms = seen_ms - %lld", PEOPLE_IDLE_MS - 5000);
    assert_int_equal(session(state, token), ASSAY_OK);
}

static void give_lease(void **state, const struct caller *c, int64_t task)
{
    uint8_t token[16];
    char text[512];

    memset(token, (int)task, sizeof token);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO lease (task_id, token, fence, staff_id, session_id,"
                   " authorisation_id, purpose, taken_ms, expires_ms)"
                   " VALUES (%lld, %s, 1, %lld, %lld, 1, 'grade', 1, 9000000000000)",
                   (long long)task, record_blob(token, sizeof token), (long long)c->staff_id,
                   (long long)c->session_id);
    record_sql(*state, text);
}

static enum assay_err count_leases(struct tx *tx, void *ctx, struct err *err)
{
    int64_t *args = ctx;

    return lease_count(tx, args[0], clock_now_ms(), &args[1], err);
}

static int64_t leases(void **state, int64_t staff_id)
{
    int64_t args[2] = {staff_id, -1};

    assert_int_equal(store_read(store(state), count_leases, args, &e), ASSAY_OK);
    return args[1];
}

static void signing_out_ends_the_session_and_its_leases(void **state)
{
    char token[PEOPLE_TOKEN_SIZE], other[PEOPLE_TOKEN_SIZE];

    add(state, "ann", PEOPLE_ASSESSOR);
    struct caller c = sign_in(state, "ann", token), d = sign_in(state, "ann", other);
    give_lease(state, &c, 1);
    give_lease(state, &c, 2);
    give_lease(state, &d, 3);
    assert_int_equal(people_sign_out(store(state), keys(state), &c, &e), ASSAY_OK);
    assert_int_equal(session(state, token), ASSAY_EDENIED);
    assert_int_equal(session(state, other), ASSAY_OK);
    assert_true(leases(state, c.staff_id) == 1);
    assert_int_equal(people_sign_out(store(state), keys(state), &c, &e), ASSAY_OK);
    assert_int_equal(entries(state, "\"sign_out\"", NULL, NULL), 1);
    assert_int_equal(entries(state, "task.returned", "signed_out", NULL), 2);
}

static void each_change_of_a_person_bites_at_once(void **state)
{
    static const struct people_change changes[] = {
        {.set_roles = true, .roles = PEOPLE_QUALITY},
        {.password = "another long sentence"},
        {.password = PASSWORD},
        {.set_disabled = true, .disabled = true},
    };
    char token[PEOPLE_TOKEN_SIZE];
    int64_t id = add(state, "ann", PEOPLE_ASSESSOR);

    for (size_t i = 0; i < 4; i++) {
        const char *password = i == 2 ? changes[1].password : PASSWORD;
        struct caller c;
        assert_int_equal(
            people_sign_in(store(state), keys(state), "ann", password, "desk", token, &e), 0);
        assert_int_equal(people_session(store(state), keys(state), token, &c, &e), ASSAY_OK);
        assert_int_equal(c.roles, i == 0 ? PEOPLE_ASSESSOR : PEOPLE_QUALITY);
        give_lease(state, &c, (int64_t)i + 1);
        assert_int_equal(
            people_change(store(state), keys(state), people_operator(), id, &changes[i], &e),
            ASSAY_OK);
        assert_int_equal(session(state, token), ASSAY_EDENIED);
        assert_true(leases(state, id) == 0);
    }
    assert_int_equal(try(state, "ann", PASSWORD), ASSAY_EDENIED);
    assert_int_equal(entries(state, "staff.changed", NULL, NULL), 4);
    assert_int_equal(entries(state, "\"sign_out\"", "\"changed\"", NULL), 4);
    assert_int_equal(entries(state, "task.returned", "\"changed\"", NULL), 4);
}

static void changes_that_cannot_be_are_refused_whole(void **state)
{
    const struct people_change both = {.set_roles = true, .roles = PEOPLE_ADMIN | PEOPLE_LEAD};
    const struct people_change weak = {.password = "short"};
    char token[PEOPLE_TOKEN_SIZE];
    int64_t id = add(state, "ann", PEOPLE_ADMIN);

    (void)sign_in(state, "ann", token);
    assert_int_equal(people_change(store(state), keys(state), people_operator(), id, &both, &e),
                     ASSAY_ESTATE);
    assert_int_equal(people_change(store(state), keys(state), people_operator(), id, &weak, &e),
                     ASSAY_ERANGE);
    assert_int_equal(people_change(store(state), keys(state), people_operator(), 5,
                                   &(struct people_change){.set_disabled = true}, &e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(session(state, token), ASSAY_OK);
}

/* ---- authorisations ---- */

struct force {
    int64_t staff_id, id;
};

static enum assay_err in_force(struct tx *tx, void *ctx, struct err *err)
{
    struct force *f = ctx;

    return authorisation_in_force(tx, f->staff_id, clock_now_ms(), &f->id, err);
}

static void authorisations_are_given_listed_and_revoked(void **state)
{
    char token[PEOPLE_TOKEN_SIZE], ann_token[PEOPLE_TOKEN_SIZE];
    struct force f = {.staff_id = add(state, "ann", PEOPLE_ASSESSOR)};
    int64_t now = clock_now_ms(), id = 0, until = -1;
    struct buf b;

    add(state, "zoe", PEOPLE_COMPLIANCE);
    struct caller zoe = sign_in(state, "zoe", token), ann = sign_in(state, "ann", ann_token);
    const struct authorisation_new in = {f.staff_id, "Zoe",      "grading",
                                         "vetted 7", now - 1000, now + HOUR_MS};
    assert_int_equal(people_authorise(store(state), keys(state), &zoe, &in, &id, &e), ASSAY_OK);
    assert_int_equal(store_read(store(state), in_force, &f, &e), ASSAY_OK);
    assert_true(f.id == id);
    assert_int_equal(people_authorised_until(store(state), f.staff_id, &until, &e), ASSAY_OK);
    assert_true(until == in.to_ms);
    buf_init(&b, 4096);
    assert_int_equal(people_authorisations(store(state), id, &b, &e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&b), "\"staff_name\":\"ann\",\"authorised_by\":\"Zoe\","
                                         "\"purpose\":\"grading\",\"reference\":\"vetted 7\""));
    assert_int_equal(people_authorisations(store(state), 0, &b, &e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&b), "{\"authorisations\":[{"));
    assert_int_equal(people_authorisations(store(state), 9, &b, &e), ASSAY_ENOTFOUND);
    buf_clear(&b);

    give_lease(state, &ann, 1);
    assert_int_equal(people_revoke(store(state), keys(state), &zoe, id, &e), ASSAY_OK);
    assert_int_equal(store_read(store(state), in_force, &f, &e), ASSAY_ENOTFOUND);
    assert_true(leases(state, f.staff_id) == 0);
    assert_int_equal(session(state, ann_token), ASSAY_OK);
    assert_int_equal(people_revoke(store(state), keys(state), &zoe, id, &e), ASSAY_ENOTFOUND);
    assert_int_equal(entries(state, "authorisation.granted", "\"compliance\"", NULL), 1);
    assert_int_equal(entries(state, "authorisation.revoked", NULL, NULL), 1);
}

static void authorisations_that_cannot_be_are_refused(void **state)
{
    char token[PEOPLE_TOKEN_SIZE], many[202];
    int64_t ann = add(state, "ann", PEOPLE_COMPLIANCE | PEOPLE_ASSESSOR), id = 0;
    struct caller c = sign_in(state, "ann", token);
    const struct caller nobody = {0};
    int64_t bob = add(state, "bob", PEOPLE_ASSESSOR);
    memset(many, 'x', sizeof many);
    many[201] = '\0';
    const struct {
        struct authorisation_new in;
        enum assay_err rc;
    } cases[] = {
        {{ann, "Ann", "grading", "", 1, 2}, ASSAY_EDENIED},
        {{bob, "Ann", "grading", "", 2, 2}, ASSAY_ERANGE},
        {{bob, "Ann", "grading", "", 3, 2}, ASSAY_ERANGE},
        {{bob, "Ann", "", "", 1, 2}, ASSAY_ERANGE},
        {{bob, "", "grading", "", 1, 2}, ASSAY_ERANGE},
        {{bob, "Ann", "grading", many, 1, 2}, ASSAY_ERANGE},
        {{77, "Ann", "grading", "", 1, 2}, ASSAY_ENOTFOUND},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(people_authorise(store(state), keys(state), &c, &cases[i].in, &id, &e),
                         cases[i].rc);
    assert_true(id == 0);
    assert_int_equal(entries(state, "authorisation.granted", NULL, NULL), 0);
    assert_int_equal(people_authorise(store(state), keys(state), &nobody, &cases[0].in, &id, &e),
                     ASSAY_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, record_setup, record_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_names_and_back),
        cmocka_unit_test(the_record_names_no_role_that_a_person_has_not),
        TEST(people_are_added_found_and_listed),
        TEST(what_is_no_person_is_refused),
        TEST(signing_in_makes_a_session_and_an_entry),
        TEST(wrong_name_password_and_disabled_are_told_alike),
        TEST(wrong_and_unknown_take_the_same_time),
        TEST(five_failures_hold_a_name_up_whether_it_is_there_or_not),
        TEST(links_sign_in_in_training_workspaces_only),
        TEST(sessions_end_when_idle_or_old_and_stay_ended),
        TEST(being_seen_is_written_at_most_once_a_minute),
        TEST(signing_out_ends_the_session_and_its_leases),
        TEST(each_change_of_a_person_bites_at_once),
        TEST(changes_that_cannot_be_are_refused_whole),
        TEST(authorisations_are_given_listed_and_revoked),
        TEST(authorisations_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
