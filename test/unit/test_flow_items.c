/* Items as text: found by id and hash, told in full, and never before a person's own blind vote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flow/items/items.h"
#include "steps.h"

static int64_t item_of(struct team *m, int64_t task_id)
{
    return world_int(m->t, "SELECT item_id FROM task WHERE id = %lld", (long long)task_id);
}

static const struct json *record_of(struct team *m, const struct caller *c, int64_t task_id)
{
    step_must(m->t, items_record(&m->t->world, c, item_of(m, task_id), &m->t->answer, &m->t->e));
    return world_json(m->t, &m->t->answer);
}

static bool is_true(const struct json *root, const char *path)
{
    const struct json *v = world_at(root, path);

    assert_non_null(v);
    assert_int_equal(v->kind, JSON_IS_BOOL);
    return v->boolean;
}

static size_t length(const struct json *root, const char *path)
{
    const struct json *v = world_at(root, path);

    assert_non_null(v);
    assert_int_equal(v->kind, JSON_IS_ARRAY);
    return v->size;
}

static void put_vote(struct team *m, int64_t task_id)
{
    world_sql(m->t,
              "INSERT INTO vote (id, task_id, source, code, tags, created_ms)"
              " VALUES (%lld, %lld, 'sender', 'L4', '', 1)",
              (long long)task_id, (long long)task_id);
}

static size_t found(struct team *m, const char *query)
{
    step_must(m->t, items_search(&m->t->world, m->odo, query, &m->t->answer, &m->t->e));
    return length(world_json(m->t, &m->t->answer), "items");
}

static void an_item_is_found_by_each_id_and_hash_typed_in_full(void **state)
{
    struct team *m = *state;
    char text[128];
    int64_t tasks[2];
    const struct json *root;

    world_tasks(m->t, 2, WORLD_WITH_PICTURES, tasks);
    world_sql(m->t,
              "UPDATE picture SET pdq = (SELECT sha256 FROM item WHERE id = %lld)"
              " WHERE item_id = %lld",
              (long long)item_of(m, tasks[1]), (long long)item_of(m, tasks[0]));
    root = record_of(m, m->odo, tasks[0]);
    const char *keys[] = {"md5", "sha1", "sha256", "item", "tasks.0.task"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        (void)snprintf(text, sizeof text, "%s", world_text(root, keys[i]));
        assert_int_equal(found(m, text), 1);
        assert_string_equal(world_text(world_json(m->t, &m->t->answer), "items.0.item"),
                            world_text(root, "item"));
    }
    /* As it is pasted: capitals, groups, line breaks. */
    (void)snprintf(text, sizeof text, "  %s\n", world_text(root, "md5"));
    for (char *at = text; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'f' ? (char)(*at - 'a' + 'A') : *at;
    assert_int_equal(found(m, text), 1);
    /* Any picture of a file finds it, not only the main one. */
    world_sql(m->t,
              "INSERT INTO facet (item_id, number, kind, place, width, height, pdq, pdq_quality,"
              " maker) SELECT %lld, 1, 'frame', 7, 480, 320, sha256, 100, 'test' FROM item"
              " WHERE id = %lld",
              (long long)item_of(m, tasks[1]), (long long)item_of(m, tasks[0]));
    (void)snprintf(text, sizeof text, "%s", world_text(root, "sha256"));
    assert_int_equal(found(m, text), 2);
    /* 64 digits may be either hash. */
    root = record_of(m, m->odo, tasks[1]);
    (void)snprintf(text, sizeof text, "%s", world_text(root, "sha256"));
    assert_int_equal(found(m, text), 2);
    text[0] = text[0] == '0' ? '1' : '0';
    assert_int_equal(found(m, text), 0);
    text[63] = '\0';
    assert_int_equal(items_search(&m->t->world, m->odo, text, &m->t->answer, &m->t->e),
                     ASSAY_EFORMAT);
    assert_int_equal(items_search(&m->t->world, m->odo, "lake.jpg", &m->t->answer, &m->t->e),
                     ASSAY_EFORMAT);
}

static void a_search_stands_in_the_record_without_the_hash(void **state)
{
    struct team *m = *state;

    assert_int_equal(found(m, "00112233445566778899aabbccddeeff"), 0);
    assert_int_equal(
        world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"item.searched\"%%'"), 1);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE '%%00112233%%'"),
                     0);
}

static void reading_an_item_is_on_the_record_before_it_is_shown(void **state)
{
    struct team *m = *state;
    int64_t task;

    world_tasks(m->t, 1, WORLD_WITH_PICTURES, &task);
    world_sql(m->t, "ALTER TABLE record RENAME TO record_kept");
    assert_int_not_equal(
        items_record(&m->t->world, m->lee, item_of(m, task), &m->t->answer, &m->t->e), ASSAY_OK);
    world_sql(m->t, "ALTER TABLE record_kept RENAME TO record");
    (void)record_of(m, m->lee, task);
    step_must(m->t, items_names(&m->t->world, m->lee, item_of(m, task), &m->t->answer, &m->t->e));
    assert_non_null(strstr(buf_cstr(&m->t->answer), "lake/"));
    assert_int_equal(world_int(m->t,
                               "SELECT count(*) FROM record WHERE entry LIKE '%%\"item.read\"%%'"
                               " OR entry LIKE '%%\"names.viewed\"%%'"),
                     2);
    assert_int_equal(items_record(&m->t->world, m->lee, 77, &m->t->answer, &m->t->e),
                     ASSAY_ENOTFOUND);
}

static void what_came_for_other_people_is_not_there_save_for_who_supervises(void **state)
{
    struct team *m = *state;
    char digits[24];
    int64_t task;

    world_tasks(m->t, 1, WORLD_WITH_PICTURES, &task);
    world_sql(m->t, "INSERT INTO batch_person (batch_id, staff_id) VALUES (%lld, %lld)",
              (long long)m->t->batch_id, (long long)m->ari->staff_id);
    (void)record_of(m, m->ari, task);
    (void)record_of(m, m->odo, task);
    assert_int_equal(items_record(&m->t->world, m->lee, item_of(m, task), &m->t->answer, &m->t->e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(items_names(&m->t->world, m->lee, item_of(m, task), &m->t->answer, &m->t->e),
                     ASSAY_ENOTFOUND);
    (void)snprintf(digits, sizeof digits, "%lld", (long long)task);
    step_must(m->t, items_search(&m->t->world, m->lee, digits, &m->t->answer, &m->t->e));
    assert_int_equal(length(world_json(m->t, &m->t->answer), "items"), 0);
    assert_int_equal(found(m, digits), 1);
}

static void a_lead_sees_a_sources_vote_only_when_the_grade_can_be_nobodys_but_given(void **state)
{
    struct team *m = *state;
    const struct json *root;
    int64_t tasks[5];

    world_tasks(m->t, 5, WORLD_WITH_PICTURES, tasks);
    for (size_t i = 0; i < 5; i++)
        put_vote(m, tasks[i]);
    root = record_of(m, m->lee, tasks[0]); /* waiting: an escalation may bring it to a lead */
    assert_true(is_true(root, "tasks.0.votes_hidden"));
    assert_int_equal(length(root, "tasks.0.votes"), 0);
    /* Who neither grades nor reads may know. */
    assert_int_equal(length(record_of(m, m->odo, tasks[0]), "tasks.0.votes"), 1);
    step_shift(m->t, m->anna);
    for (size_t i = 0; i < 5; i++)
        tasks[i] = step_grade(m->t, m->anna, "L1");
    root = record_of(m, m->lee, tasks[0]); /* graded: undo brings it back */
    assert_true(is_true(root, "tasks.0.votes_hidden"));
    assert_int_equal(length(root, "tasks.0.decisions"), 1);
    assert_string_equal(world_text(root, "tasks.0.decisions.0.who"), "anna");
    (void)step_submit(m->t, m->anna);
    root = record_of(m, m->lee, tasks[0]);
    assert_false(is_true(root, "tasks.0.votes_hidden"));
    assert_string_equal(world_text(root, "tasks.0.votes.0.code"), "L4");
}

static void a_reader_is_told_nothing_of_what_they_may_yet_read_blind(void **state)
{
    struct team *m = *state;
    struct grade_tags tags = step_tags("L1");
    struct qa_reading_new in = {.code = "L1", .tags = tags.tags, .tag_count = tags.count};
    const struct json *root;
    int64_t task;

    world_tasks(m->t, 5, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    for (size_t i = 0; i < 5; i++)
        (void)step_grade(m->t, m->anna, "L1");
    (void)step_submit(m->t, m->anna);
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    task = world_number(step_take(m->t, m->quinn, QUEUE_READING, 0, in.lease), "task");
    put_vote(m, task);
    for (int i = 0; i < 2; i++) {
        root = record_of(m, i == 0 ? m->quinn : m->ari, task);
        assert_true(is_true(root, "tasks.0.blind"));
        assert_null(strstr(buf_cstr(&m->t->answer), "\"L1\""));
        assert_null(strstr(buf_cstr(&m->t->answer), "\"L4\""));
        assert_null(strstr(buf_cstr(&m->t->answer), "anna"));
        assert_null(strstr(buf_cstr(&m->t->answer), "decision.made"));
        assert_int_equal(length(root, "tasks.0.views"), 0);
    }
    step_must(m->t, qa_read(&m->t->world, m->quinn, NULL, &in, &m->t->answer, &m->t->e));
    root = record_of(m, m->quinn, task);
    assert_false(is_true(root, "tasks.0.blind"));
    assert_string_equal(world_text(root, "tasks.0.decisions.0.code"), "L1");
    assert_string_equal(world_text(root, "tasks.0.votes.0.code"), "L4");
    assert_null(world_text(root, "tasks.0.decisions.0.who")); /* readers read blind to names */
    assert_string_equal(world_text(root, "tasks.0.readings.0.who"), "quinn");
    assert_true(is_true(record_of(m, m->ari, task), "tasks.0.blind"));
}

static void the_history_is_that_of_the_record_without_looking(void **state)
{
    struct team *m = *state;
    const struct json *root;
    int64_t task;
    bool graded = false;

    world_tasks(m->t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    task = step_grade(m->t, m->anna, "L1");
    root = record_of(m, m->odo, task);
    assert_int_equal(length(root, "history"), 0); /* entries have no index yet */
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    root = record_of(m, m->odo, task);
    for (const struct json *h = world_at(root, "history")->first; h != NULL; h = h->next) {
        assert_string_not_equal(world_text(h, "action"), "picture.viewed");
        assert_string_not_equal(world_text(h, "action"), "item.read");
        graded = graded || (str_equal(world_text(h, "action"), "decision.made") &&
                            str_equal(world_text(h, "who"), "anna"));
    }
    assert_true(graded);
    assert_int_equal(length(root, "tasks.0.views"), 1);
    assert_string_equal(world_text(root, "tasks.0.views.0.rendition"), "small_grey");
}

static void put_match(struct team *m, int64_t task_id)
{
    const long long id = task_id;
    char blob[100];
    uint8_t bytes[32] = {1};

    (void)world_blob(bytes, 32, blob, sizeof blob);
    world_sql(m->t,
              "INSERT INTO list (id, name, kind, trust, about_sealed, created_ms)"
              " VALUES (%lld, 'hotline', 'hashes', 'trusted', %s, 1)",
              id, blob);
    world_sql(m->t,
              "INSERT INTO list_row (id, list_id, identity, sha256, pdq_quality, code, scheme_name,"
              " tags, first_version, last_version) VALUES (%lld, %lld, %s, %s, -1, 'L4', 'x', '',"
              " 1, 1)",
              id, id, blob, blob);
    world_sql(m->t,
              "INSERT INTO match (item_id, row_id, kind, distance, outcome, found_ms)"
              " VALUES (%lld, %lld, 'sha256', 0, 'vote', 5)",
              (long long)item_of(m, task_id), id);
}

static enum assay_err note_match(struct tx *tx, void *ctx, struct err *e)
{
    const struct audit_entry entry = {.action = AUDIT_ITEM_MATCHED,
                                      .actor = people_system(),
                                      .objects = {{"item", *(const int64_t *)ctx}}};

    return audit_write(tx, &entry, NULL, e);
}

static bool tells_of_a_match(const struct json *root)
{
    for (const struct json *h = world_at(root, "history")->first; h != NULL; h = h->next) {
        if (str_equal(world_text(h, "action"), "item.matched"))
            return true;
    }
    return false;
}

static void
what_lists_knew_is_told_when_all_tasks_have_passed_and_before_to_who_never_judges(void **state)
{
    struct team *m = *state;
    struct caller *judges[] = {m->anna, m->quinn, m->ari, m->lee};
    static const char *const states[] = {"waiting", "graded", "submitted"};
    int64_t task, other;

    world_tasks(m->t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    task = step_grade(m->t, m->anna, "L1");
    world_tasks(m->t, 1, WORLD_WITH_PICTURES, &other);
    put_match(m, task);
    int64_t item = item_of(m, task);
    step_must(m->t, store_write(m->t->world.store, note_match, &item, &m->t->e));
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    world_sql(m->t, "INSERT INTO stack (id, item_id, created_ms) VALUES (1, %lld, 1)",
              (long long)item_of(m, other));
    world_sql(m->t,
              "INSERT INTO stack_member (item_id, stack_id, distance, joined_ms)"
              " VALUES (%lld, 1, 9, 5)",
              (long long)item_of(m, task));
    for (size_t s = 0; s < 3; s++) {
        world_sql(m->t, "UPDATE task SET state = '%s' WHERE id = %lld", states[s], (long long)task);
        for (size_t i = 0; i < 4; i++) {
            const struct json *root = record_of(m, judges[i], task);
            assert_true(is_true(root, "matches_hidden"));
            assert_int_equal(length(root, "matches"), 0);
            assert_false(tells_of_a_match(root));
            assert_null(world_text(root, "stack.of_item"));
        }
        const struct json *told = record_of(m, m->odo, task);
        assert_int_equal(length(told, "matches"), 1);
        assert_true(tells_of_a_match(told));
    }
    world_sql(m->t, "UPDATE task SET state = 'passed' WHERE id = %lld", (long long)task);
    const struct json *root = record_of(m, m->lee, task);
    assert_false(is_true(root, "matches_hidden"));
    assert_string_equal(world_text(root, "matches.0.list"), "hotline");
    assert_string_equal(world_text(root, "matches.0.code"), "L4");
    assert_string_equal(world_text(root, "matches.0.outcome"), "vote");
    assert_int_equal(world_number(root, "stack.distance"), 9);
    assert_int_equal(world_number(root, "stack.of_item"), item_of(m, other));
}

/* ---- finding entries ---- */

struct counted {
    size_t count;
    int64_t last;
};

static enum assay_err count_one(void *ctx, int64_t seq, const char *entry, struct err *e)
{
    struct counted *c = ctx;

    (void)e;
    assert_non_null(strstr(entry, "\"event\":"));
    assert_true(c->count == 0 || seq < c->last); /* newest first */
    c->last = seq;
    c->count++;
    return ASSAY_OK;
}

static size_t count_of(struct team *m, const struct audit_filter *f)
{
    struct counted c = {0};
    int64_t next = INT64_MAX;

    while (next != 0)
        step_must(m->t, audit_find(m->t->world.store, f, next, 3, count_one, &c, &next, &m->t->e));
    return c.count;
}

static void entries_are_found_by_action_person_object_and_time(void **state)
{
    struct team *m = *state;
    struct audit_filter all = {0}, f = {0};
    char actor[24];
    int64_t task, ms;

    world_tasks(m->t, 12, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    for (int i = 0; i < 6; i++)
        task = step_grade(m->t, m->anna, "L1");
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    assert_int_equal(count_of(m, &all), world_int(m->t, "SELECT count(*) FROM record_seq"));
    f.action = "decision.made";
    assert_int_equal(count_of(m, &f), 6);
    f.noun = "task";
    f.object_id = task;
    assert_int_equal(count_of(m, &f), 1);
    f.action = NULL;
    assert_int_equal(count_of(m, &f), world_int(m->t,
                                                "SELECT count(*) FROM record WHERE entry LIKE"
                                                " '%%\"task:%lld\"%%'",
                                                (long long)task));
    (void)snprintf(actor, sizeof actor, "%lld", (long long)m->anna->staff_id);
    f = (struct audit_filter){.actor = actor, .action = "shift.started"};
    assert_int_equal(count_of(m, &f), 1);
    f.actor = "system";
    assert_int_equal(count_of(m, &f), 0);
    ms = world_int(m->t, "SELECT started_ms FROM shift");
    f = (struct audit_filter){.action = "decision.made", .from_ms = ms};
    assert_int_equal(count_of(m, &f), 6);
    f = (struct audit_filter){.action = "decision.made", .to_ms = ms};
    assert_int_equal(count_of(m, &f), 0);
}

static void the_table_of_objects_is_made_again_from_the_entries(void **state)
{
    struct team *m = *state;
    struct audit_filter f = {.noun = "task"};

    world_tasks(m->t, 3, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    f.object_id = step_grade(m->t, m->anna, "L1");
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    size_t before = count_of(m, &f);
    world_sql(m->t, "DELETE FROM record_about");
    world_sql(m->t, "DELETE FROM record_about_end");
    assert_int_equal(count_of(m, &f), 0);
    step_must(m->t, audit_advance(m->t->world.store, m->t->world.keys, m->t->world.data_dir, NULL,
                                  &m->t->e));
    assert_int_equal(count_of(m, &f), before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_item_is_found_by_each_id_and_hash_typed_in_full),
        CASE(a_search_stands_in_the_record_without_the_hash),
        CASE(reading_an_item_is_on_the_record_before_it_is_shown),
        CASE(what_came_for_other_people_is_not_there_save_for_who_supervises),
        CASE(a_lead_sees_a_sources_vote_only_when_the_grade_can_be_nobodys_but_given),
        CASE(a_reader_is_told_nothing_of_what_they_may_yet_read_blind),
        CASE(what_lists_knew_is_told_when_all_tasks_have_passed_and_before_to_who_never_judges),
        CASE(the_history_is_that_of_the_record_without_looking),
        CASE(entries_are_found_by_action_person_object_and_time),
        CASE(the_table_of_objects_is_made_again_from_the_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
