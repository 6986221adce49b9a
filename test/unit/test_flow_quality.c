/* Lots: the sample, blind readings, thirds, corrections, failing and passing, and what inherits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "steps.h"
#include "store/decision.h"
#include "store/item.h"
#include "store/quality.h"
#include "store/task.h"

/* A submitted and sampled lot of n tasks graded L1. */
static int64_t lot_of(struct team *m, size_t n)
{
    world_tasks(m->t, n, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    for (size_t i = 0; i < n; i++)
        (void)step_grade(m->t, m->anna, "L1");
    return step_submit(m->t, m->anna);
}

static enum assay_err try_read(struct team *m, const struct caller *c, const uint8_t token[16],
                               const char *code, const char *reason)
{
    struct grade_tags tags = step_tags(code[0] == '~' ? "L1" : code);
    struct qa_reading_new in = {.code = code, .tags = tags.tags, .tag_count = tags.count};

    if (code[0] == '~') { /* L1 with another season */
        in.code = "L1";
        tags.tags[1] = "season:summer";
    }
    in.reason = reason;
    memcpy(in.lease, token, sizeof in.lease);
    return qa_read(&m->t->world, c, NULL, &in, &m->t->answer, &m->t->e);
}

/* Read the next; its task. */
static int64_t read_next(struct team *m, const struct caller *c, enum queue_name q,
                         const char *code)
{
    uint8_t token[16];
    int64_t task = world_number(step_take(m->t, c, q, 0, token), "task");

    step_must(m->t, try_read(m, c, token, code, q == QUEUE_THIRD ? "the coast is clear" : NULL));
    return task;
}

static bool lot_is(struct team *m, int64_t lot, const char *state)
{
    return world_int(m->t, "SELECT count(*) FROM lot WHERE id = %lld AND state = '%s'",
                     (long long)lot, state) == 1;
}

/* ---- what one reading confirms ---- */

struct known {
    const char *confirm, *code, *row_is; /* of the list; of its row; a clause of SQL to set */
    const char *vote, *outcome;          /* another source's code, or NULL; of the match */
    bool escalated, passes;
};

/* The item of a task matches a row of a trusted list of its own. */
static void match_known(struct team *m, int64_t task, const struct known *k)
{
    const long long id = task, list = id + 1, row = id + 2;
    char identity[100];
    uint8_t bytes[32] = {0};

    memcpy(bytes, &task, sizeof task);
    (void)world_blob(bytes, 32, identity, sizeof identity);
    world_sql(m->t,
              "INSERT INTO list (id, name, kind, trust, about_sealed, created_ms, confirm)"
              " VALUES (%lld, 'list-%lld', 'hashes', 'trusted', %s, 1, '%s')",
              list, list, identity, k->confirm);
    world_sql(m->t,
              "INSERT INTO list_row (id, list_id, identity, sha256, pdq_quality, scheme_name, code,"
              " tags, first_version, last_version) VALUES (%lld, %lld, %s, %s, -1,"
              " 'training-landscapes', '%s', '', 1, 1)",
              row, list, identity, identity, k->code);
    world_sql(m->t, "UPDATE list_row SET %s WHERE id = %lld", k->row_is, row);
    world_sql(m->t,
              "INSERT INTO match (item_id, row_id, kind, distance, outcome, found_ms)"
              " SELECT item_id, %lld, 'sha256', 0, '%s', 1 FROM task WHERE id = %lld",
              row, k->outcome, id);
    world_sql(m->t,
              "INSERT INTO vote (id, task_id, source, code, tags, created_ms)"
              " VALUES (%lld, %lld, 'somebody', '%s', '', 1)",
              row, id, k->vote);
    if (k->escalated)
        world_sql(m->t,
                  "INSERT INTO escalation (id, task_id, staff_id, reason, created_ms)"
                  " VALUES (%lld, %lld, %lld, 1, 1)",
                  row, id, (long long)m->anna->staff_id);
}

static void one_equal_grade_given_blind_confirms_what_a_list_says_and_nothing_else(void **state)
{
    static const struct known all[] = {
        {"one", "L1", "hits = 1", "L1", "vote", false, true},
        {"hidden_vote", "L1", "hits = 1", "L1", "vote", false, false},
        {"one", "L2", "hits = 1", "L1", "vote", false, false},
        {"one", "L1", "hits = 1", "L2", "vote", false, false},
        {"one", "L1", "hits = 1", "L1", "candidate", false, false},
        {"one", "L1", "off_ms = 1", "L1", "vote", false, false},
        {"one", "L1", "removed_version = 2", "L1", "vote", false, false},
        {"one", "L1", "quarantined_ms = 1", "L1", "vote", false, false},
        {"one", "L1", "hits = 1", "L1", "vote", true, false},
    };
    struct team *m = *state;
    int64_t task, confirmed = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        world_tasks(m->t, 1, WORLD_WITH_PICTURES, &task);
        match_known(m, task, &all[i]);
        step_shift(m->t, m->anna);
        (void)step_grade(m->t, m->anna, "L1");
        int64_t lot = step_submit(m->t, m->anna);
        confirmed += all[i].passes;
        assert_true(lot_is(m, lot, all[i].passes ? "passed" : "sampling"));
        assert_int_equal(
            world_int(m->t, "SELECT count(*) FROM reading WHERE task_id = %lld", (long long)task),
            !all[i].passes);
        assert_int_equal(
            world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE '%%task.confirmed%%'"),
            confirmed);
    }
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM task WHERE state = 'passed'"), 1);
}

static void what_is_confirmed_is_left_out_of_the_sample_of_a_mixed_lot(void **state)
{
    const struct known known = {"one", "L1", "hits = 1", "L1", "vote", false, true};
    struct team *m = *state;
    int64_t tasks[12];

    world_tasks(m->t, 12, WORLD_WITH_PICTURES, tasks);
    for (int i = 0; i < 12; i += 2)
        match_known(m, tasks[i], &known);
    step_shift(m->t, m->anna);
    for (int i = 0; i < 12; i++)
        (void)step_grade(m->t, m->anna, "L1");
    int64_t lot = step_submit(m->t, m->anna);
    assert_true(lot_is(m, lot, "sampling"));
    for (int i = 0; i < 12; i += 2)
        assert_int_equal(world_int(m->t, "SELECT count(*) FROM reading WHERE task_id = %lld",
                                   (long long)tasks[i]),
                         0);
    /* Every reading differs and the lot fails: what was confirmed is not read again either. */
    while (world_int(m->t, "SELECT count(*) FROM reading WHERE reader_id IS NULL") > 0) {
        const bool third = world_int(m->t, "SELECT count(*) FROM reading WHERE reader_id IS NULL"
                                           " AND kind = 'third'") > 0;
        (void)read_next(m, third ? m->ari : m->quinn, third ? QUEUE_THIRD : QUEUE_READING,
                        "not-listed");
    }
    assert_int_equal(
        world_int(m->t, "SELECT count(*) FROM reading WHERE lot_id = %lld AND kind = 'reread'",
                  (long long)lot) +
            world_int(m->t, "SELECT count(*) FROM reading WHERE lot_id = %lld AND kind = 'sample'",
                      (long long)lot),
        6);
    for (int i = 0; i < 12; i += 2)
        assert_int_equal(world_int(m->t, "SELECT count(*) FROM reading WHERE task_id = %lld",
                                   (long long)tasks[i]),
                         0);
}

/* ---- the sample ---- */

static enum assay_err read_lot(struct tx *tx, void *ctx, struct err *e)
{
    struct lot_row *lot = ctx;

    return lot_get(tx, lot->id, lot, e);
}

struct place {
    uint8_t digest[32];
    long long id;
};

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static void anybody_with_the_seed_draws_the_same_sample(void **state)
{
    struct team *m = *state;
    int64_t id = lot_of(m, 63);
    struct lot_row lot = {.id = id};
    struct place places[63];
    char seed[65];

    step_must(m->t, store_read(m->t->world.store, read_lot, &lot, &m->t->e));
    assert_int_equal(lot.sample_size, 7);
    assert_true(lot.has_seed);
    for (int i = 0; i < 63; i++) {
        struct assay_digests d;
        char text[64];
        places[i].id = world_int(m->t,
                                 "SELECT id FROM task WHERE lot_id = %lld ORDER BY id"
                                 " LIMIT 1 OFFSET %d",
                                 (long long)id, i);
        memcpy(text, lot.seed, 32);
        int size = snprintf(text + 32, 32, "%lld", places[i].id);
        assert_int_equal(assay_digest(text, 32 + (size_t)size, &d), ASSAY_OK);
        memcpy(places[i].digest, d.sha256, 32);
    }
    qsort(places, 63, sizeof places[0], by_digest);
    for (int i = 0; i < 63; i++)
        assert_int_equal(world_int(m->t,
                                   "SELECT count(*) FROM reading WHERE task_id = %lld"
                                   " AND kind = 'sample' AND probability_ppm = 111111",
                                   places[i].id),
                         i < 7);
    /* The seed stands in the record behind the submission, and another lot has another. */
    str_hex(lot.seed, sizeof lot.seed, seed);
    assert_int_equal(world_int(m->t,
                               "SELECT count(*) FROM record WHERE entry LIKE"
                               " '%%\"lot.sampled\"%%\"seed\":\"%s\"%%'",
                               seed),
                     1);
    int64_t lots;
    step_must(m->t, qa_sample(&m->t->world, &lots, &m->t->e));
    assert_int_equal(lots, 0);
}

static void a_sample_that_agrees_passes_the_lot(void **state)
{
    struct team *m = *state;
    int64_t lot = lot_of(m, 6);

    for (int i = 0; i < 5; i++) {
        assert_true(lot_is(m, lot, "sampling"));
        (void)read_next(m, m->quinn, QUEUE_READING, "L1");
        const struct json *r = world_json(m->t, &m->t->answer);
        assert_int_equal(world_number(r, "left"), 4 - i);
    }
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM task WHERE state = 'passed'"), 6);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM list_row r JOIN list l ON"
                                     " l.id = r.list_id JOIN task t ON t.item_id = r.item_id"
                                     " JOIN decision d ON d.id = t.decision_id"
                                     " WHERE l.kind = 'own' AND d.code = r.code"),
                     6);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"lot.closed\"%%\"outcome\":\"passed\"%%'"),
                     1);
}

static void an_empty_shift_passes_by_itself(void **state)
{
    struct team *m = *state;

    step_shift(m->t, m->anna);
    assert_true(lot_is(m, step_submit(m->t, m->anna), "passed"));
}

static void a_reader_sees_nothing_of_the_first_grade_or_a_sources_vote(void **state)
{
    struct team *m = *state;

    (void)lot_of(m, 2);
    long long task = world_int(m->t, "SELECT min(id) FROM task");
    for (int i = 0; i < 2; i++) /* votes beside both, with words that stand nowhere else */
        world_sql(m->t,
                  "INSERT INTO vote (id, task_id, source, code, tags, created_ms) VALUES"
                  " (%lld, %lld, 'zoo-source', 'zoo-code', 'zoo-tag', 1)",
                  task + i, i == 0 ? task : (long long)world_int(m->t, "SELECT max(id) FROM task"));
    const struct json *lease = step_take(m->t, m->quinn, QUEUE_READING, 0, NULL);
    const char *text = buf_cstr(&m->t->answer);
    static const char *const secrets[] = {"L1",   "light:day", "season", "anna",    "zoo",
                                          "vote", "grader",    "lot",    "decision"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strstr(text, secrets[i]) != NULL)
            fail_msg("%s stands in the reader's lease", secrets[i]);
    }
    assert_null(world_text(lease, "code"));
    assert_int_equal(world_at(lease, "tags")->size, 0);
    assert_string_equal(world_text(lease, "purpose"), "reading");
}

/* ---- readings that differ ---- */

static void a_difference_goes_to_a_third_who_clears_it(void **state)
{
    struct team *m = *state;
    int64_t lot = lot_of(m, 1);

    int64_t task = read_next(m, m->quinn, QUEUE_READING, "not-listed");
    assert_true(lot_is(m, lot, "sampling"));
    m->quinn->roles = PEOPLE_ARBITER; /* the first reader does not settle it */
    step_must(m->t, step_try_take(m->t, m->quinn, QUEUE_THIRD, 0));
    assert_int_equal(world_at(world_json(m->t, &m->t->answer), "leases")->size, 0);
    uint8_t token[16];
    const struct json *lease = step_take(m->t, m->ari, QUEUE_THIRD, 0, token);
    assert_int_equal(world_number(lease, "task"), task);
    assert_null(strstr(buf_cstr(&m->t->answer), "not-listed"));
    assert_int_equal(try_read(m, m->ari, token, "L1", NULL), ASSAY_EFORMAT); /* needs a reason */
    step_must(m->t, try_read(m, m->ari, token, "L1", "plainly a coast"));
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM reading WHERE outcome = 'cleared'"), 2);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM correction"), 0);
}

static int64_t uphold(struct team *m, const char *code)
{
    (void)read_next(m, m->quinn, QUEUE_READING, code);
    (void)read_next(m, m->ari, QUEUE_THIRD, code);
    return world_int(m->t, "SELECT max(id) FROM correction");
}

static void the_severity_follows_the_legal_line(void **state)
{
    struct team *m = *state;

    (void)lot_of(m, 5);
    (void)uphold(m, "~");             /* tags alone */
    (void)uphold(m, "L2");            /* same side */
    (void)uphold(m, "cannot-assess"); /* on neither */
    (void)uphold(m, "not-listed");    /* across */
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM correction WHERE severity = 1"), 1);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM correction WHERE severity = 2"), 2);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM correction WHERE severity = 3"), 1);
}

static enum assay_err answer(struct team *m, int64_t id, const char *code, const char *contest)
{
    struct grade_tags tags = step_tags(code == NULL ? "" : code[0] == '~' ? "L1" : code);
    struct qa_answer in = {.code = code, .tags = tags.tags, .tag_count = tags.count};

    if (code != NULL && code[0] == '~') {
        in.code = "L1";
        tags.tags[1] = "season:summer";
    }
    in.contest = contest;
    return qa_answer_correction(&m->t->world, m->anna, NULL, id, &in, &m->t->answer, &m->t->e);
}

static void one_minor_or_one_major_error_does_not_fail_but_holds_the_lot(void **state)
{
    static const char *const codes[] = {"~", "L2"};
    struct team *m = *state;

    for (size_t i = 0; i < 2; i++) {
        int64_t lot = lot_of(m, 2);
        int64_t correction = uphold(m, codes[i]);
        (void)read_next(m, m->quinn, QUEUE_READING, "L1");
        assert_true(lot_is(m, lot, "sampling")); /* all is read, yet a correction is open */
        step_must(m->t, answer(m, correction, codes[i], NULL));
        assert_true(lot_is(m, lot, "passed"));
        assert_int_equal(world_int(m->t,
                                   "SELECT count(*) FROM decision WHERE version = 2 AND"
                                   " lot_id = %lld",
                                   (long long)lot),
                         1);
    }
}

static void fail_and_pass(struct team *m, const char *const *codes, size_t n)
{
    int64_t lot = lot_of(m, 8), ids[3];

    for (size_t i = 0; i < n; i++)
        ids[i] = uphold(m, codes[i]);
    for (size_t i = n; i < 5; i++)
        (void)read_next(m, m->quinn, QUEUE_READING, "L1");
    assert_true(lot_is(m, lot, "failed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM reading WHERE kind = 'reread'"), 3);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"lot.closed\"%%\"outcome\":\"failed\"%%'"),
                     1);
    for (size_t i = 0; i < 3; i++)
        (void)read_next(m, m->quinn, QUEUE_READING, "L1");
    assert_true(lot_is(m, lot, "failed"));
    for (size_t i = 0; i < n; i++) {
        assert_true(lot_is(m, lot, "failed"));
        step_must(m->t, answer(m, ids[i], codes[i], NULL));
    }
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM task WHERE state = 'passed'"), 8);
}

static void one_critical_error_fails_the_lot_and_all_of_it_is_read(void **state)
{
    static const char *const codes[] = {"not-listed"};

    fail_and_pass(*state, codes, 1);
}

static void two_major_errors_fail_the_lot_and_all_of_it_is_read(void **state)
{
    static const char *const codes[] = {"L2", "L3"};

    fail_and_pass(*state, codes, 2);
}

/* ---- corrections ---- */

static void a_fix_takes_over_the_upheld_grade_and_nothing_else(void **state)
{
    struct team *m = *state;

    (void)lot_of(m, 1);
    int64_t id = uphold(m, "L2");
    step_must(m->t, qa_corrections(&m->t->world, m->anna, &m->t->answer, &m->t->e));
    const struct json *c = world_at(world_json(m->t, &m->t->answer), "corrections.0");
    assert_string_equal(world_text(c, "given_code"), "L1");
    assert_string_equal(world_text(c, "upheld_code"), "L2");
    assert_string_equal(world_text(c, "severity"), "major");
    assert_string_equal(world_text(c, "reason"), "the coast is clear");
    assert_string_equal(world_text(c, "state"), "open");
    assert_null(world_at(c, "pictures")); /* text first */
    assert_int_equal(answer(m, id, "L3", NULL), ASSAY_EFORMAT);
    assert_int_equal(answer(m, id, "~", NULL), ASSAY_EFORMAT);
    assert_int_equal(answer(m, id, NULL, NULL), ASSAY_EFORMAT);
    assert_int_equal(answer(m, id, "L2", "no"), ASSAY_EFORMAT);
    struct caller *anna = m->anna;
    m->anna = m->quinn; /* not hers */
    assert_int_equal(answer(m, id, "L2", NULL), ASSAY_ENOTFOUND);
    m->anna = anna;
    step_must(m->t, answer(m, id, "L2", NULL));
    assert_string_equal(world_text(world_json(m->t, &m->t->answer), "outcome"), "fixed");
    assert_int_equal(answer(m, id, "L2", NULL), ASSAY_ESTATE);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM decision d JOIN task t"
                                     " ON t.decision_id = d.id WHERE d.code = 'L2'"),
                     1);
}

static void the_picture_of_a_correction_comes_only_when_asked_for(void **state)
{
    struct team *m = *state;

    (void)lot_of(m, 1);
    int64_t id = uphold(m, "L2");
    assert_int_equal(queue_take_correction(&m->t->world, m->quinn, id, &m->t->answer, &m->t->e),
                     ASSAY_ENOTFOUND);
    step_must(m->t, queue_take_correction(&m->t->world, m->anna, id, &m->t->answer, &m->t->e));
    const struct json *lease = world_json(m->t, &m->t->answer);
    assert_string_equal(world_text(lease, "purpose"), "correction");
    assert_string_equal(world_text(lease, "code"), "L1");
    (void)step_view(m->t, m->anna, lease, DECODE_SMALL_GREY, 100);
    uint8_t token[16];
    world_token(lease, "lease", token);
    assert_int_equal(step_try_decide(m->t, m->anna, token, "L3"), ASSAY_ESTATE);
    assert_int_equal(try_read(m, m->anna, token, "L3", NULL), ASSAY_ESTATE);
    step_must(m->t, answer(m, id, "L2", NULL));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM lease"), 0);
}

static enum assay_err close_it(struct team *m, const struct caller *c, int64_t id,
                               enum qa_outcome outcome)
{
    return qa_close_correction(&m->t->world, c, NULL, id, outcome, &m->t->answer, &m->t->e);
}

static void a_contested_correction_is_decided_by_somebody_else(void **state)
{
    struct team *m = *state;
    int64_t lot = lot_of(m, 1);
    int64_t id = uphold(m, "L2");

    assert_int_equal(close_it(m, m->lee, id, QA_UPHELD), ASSAY_ESTATE); /* not contested yet */
    step_must(m->t, answer(m, id, NULL, "it is a coast"));
    assert_true(lot_is(m, lot, "sampling"));
    assert_int_equal(close_it(m, m->quinn, id, QA_UPHELD), ASSAY_EDENIED); /* not the role */
    assert_int_equal(close_it(m, m->ari, id, QA_UPHELD), ASSAY_EDENIED);   /* upheld it */
    m->anna->roles |= PEOPLE_LEAD;
    assert_int_equal(close_it(m, m->anna, id, QA_DROPPED), ASSAY_EDENIED); /* graded it */
    step_must(m->t, qa_corrections(&m->t->world, m->anna, &m->t->answer, &m->t->e));
    assert_int_equal(world_at(world_json(m->t, &m->t->answer), "corrections")->size, 1);
    step_must(m->t, qa_corrections(&m->t->world, m->lee, &m->t->answer, &m->t->e));
    const struct json *list = world_json(m->t, &m->t->answer);
    assert_string_equal(world_text(list, "corrections.0.answer"), "it is a coast");
    assert_false(world_at(list, "corrections.0.mine")->boolean);
    step_must(m->t, close_it(m, m->lee, id, QA_UPHELD));
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t,
                               "SELECT count(*) FROM decision d JOIN task t"
                               " ON t.decision_id = d.id WHERE d.code = 'L2'"
                               " AND d.staff_id = %lld",
                               (long long)m->lee->staff_id),
                     1);
    assert_int_equal(close_it(m, m->lee, id, QA_DROPPED), ASSAY_ESTATE);
}

static void a_dropped_correction_leaves_the_grade_and_lets_the_lot_pass(void **state)
{
    struct team *m = *state;
    int64_t lot = lot_of(m, 1);
    int64_t id = uphold(m, "L2");

    step_must(m->t, answer(m, id, NULL, "it is a coast"));
    step_must(m->t, close_it(m, m->lee, id, QA_DROPPED));
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM decision"), 1);
}

static void a_lead_who_settled_answers_for_it_like_anybody(void **state)
{
    struct team *m = *state;
    uint8_t token[16];

    world_tasks(m->t, 1, WORLD_WITH_PICTURES, NULL);
    step_shift(m->t, m->anna);
    (void)step_take(m->t, m->anna, QUEUE_GRADE, 0, token);
    step_must(m->t,
              grade_escalate(&m->t->world, m->anna, NULL, token, 2, NULL, &m->t->answer, &m->t->e));
    const struct json *lease = step_take(m->t, m->lee, QUEUE_ESCALATED, 0, token);
    (void)step_view(m->t, m->lee, lease, DECODE_SMALL_GREY, 1000);
    (void)step_decide(m->t, m->lee, token, "L1");
    int64_t lot = step_submit(m->t, m->lee);
    int64_t id = uphold(m, "L2");
    step_must(m->t, queue_take_correction(&m->t->world, m->lee, id, &m->t->answer, &m->t->e));
    m->anna = m->lee;
    step_must(m->t, answer(m, id, "L2", NULL));
    assert_true(lot_is(m, lot, "passed"));
}

/* ---- separations that the database itself keeps ---- */

static void nobody_reads_their_own_work_even_by_sql(void **state)
{
    struct team *m = *state;

    (void)lot_of(m, 1);
    m->anna->roles |= PEOPLE_QUALITY | PEOPLE_ARBITER;
    step_must(m->t, step_try_take(m->t, m->anna, QUEUE_READING, 0));
    assert_int_equal(world_at(world_json(m->t, &m->t->answer), "leases")->size, 0);
    assert_int_equal(world_number(world_json(m->t, &m->t->answer), "waiting"), 0);
    long long anna = m->anna->staff_id, quinn = m->quinn->staff_id;
    assert_true(world_refuses(m->t, "UPDATE reading SET reader_id = %lld", anna));
    assert_true(world_refuses(m->t, "UPDATE reading SET grader_id = %lld", quinn));
    assert_true(
        world_refuses(m->t, "UPDATE reading SET grader_id = %lld, reader_id = %lld", quinn, anna));
    (void)read_next(m, m->quinn, QUEUE_READING, "L2");
    assert_true(
        world_refuses(m->t, "UPDATE reading SET reader_id = %lld WHERE kind = 'third'", quinn));
    assert_true(
        world_refuses(m->t, "UPDATE reading SET reader_id = %lld WHERE kind = 'third'", anna));
    assert_true(world_refuses(
        m->t, "UPDATE reading SET first_reader_id = %lld WHERE kind = 'third'", anna));
    assert_true(world_refuses(m->t, "UPDATE decision SET staff_id = %lld", quinn));
    assert_true(world_refuses(m->t, "DELETE FROM decision"));
}

static void a_lot_with_an_open_correction_never_passes_whatever_the_order(void **state)
{
    struct team *m = *state;

    srand(11);
    for (int round = 0; round < 6; round++) {
        int64_t lot = lot_of(m, 5);
        bool closed = false;
        while (!closed) {
            int64_t waiting = world_int(m->t, "SELECT count(*) FROM reading WHERE reader_id IS NULL"
                                              " AND kind <> 'third'");
            int64_t third = world_int(m->t, "SELECT count(*) FROM reading WHERE reader_id IS NULL"
                                            " AND kind = 'third'");
            int64_t open = world_int(m->t, "SELECT count(*) FROM correction WHERE state = 'open'");
            int64_t contested =
                world_int(m->t, "SELECT count(*) FROM correction WHERE state = 'contested'");
            if (open + contested + waiting + third > 0)
                assert_false(lot_is(m, lot, "passed"));
            int what = rand() % 4;
            if (what == 0 && waiting > 0) {
                (void)read_next(m, m->quinn, QUEUE_READING, rand() % 3 == 0 ? "L2" : "L1");
            } else if (what == 1 && third > 0) {
                (void)read_next(m, m->ari, QUEUE_THIRD, rand() % 2 == 0 ? "L2" : "L1");
            } else if (what == 2 && open > 0) {
                int64_t id = world_int(m->t, "SELECT min(id) FROM correction WHERE state = 'open'");
                step_must(m->t,
                          rand() % 2 == 0 ? answer(m, id, "L2", NULL) : answer(m, id, NULL, "no"));
            } else if (what == 3 && contested > 0) {
                int64_t id =
                    world_int(m->t, "SELECT min(id) FROM correction WHERE state = 'contested'");
                step_must(m->t, close_it(m, m->lee, id, rand() % 2 == 0 ? QA_UPHELD : QA_DROPPED));
            }
            closed = lot_is(m, lot, "passed");
        }
        assert_int_equal(world_int(m->t, "SELECT count(*) FROM correction WHERE state <> 'closed'"),
                         0);
        assert_int_equal(world_int(m->t, "SELECT count(*) FROM reading WHERE reader_id IS NULL"),
                         0);
    }
}

/* ---- inheritance ---- */

struct sighting_of {
    int64_t task_id, batch_id;
};

static enum assay_err sight(struct tx *tx, void *ctx, struct err *e)
{
    const struct sighting_of *s = ctx;
    struct task t;
    enum assay_err rc = flow_task(tx, s->task_id, &t, e);
    struct sighting_row row = {.id = rand_id(),
                               .item_id = t.item_id,
                               .batch_id = s->batch_id,
                               .text_sealed = "x",
                               .text_size = 1};

    rand_bytes(row.path_mac, sizeof row.path_mac);
    return rc != ASSAY_OK ? rc : sighting_insert(tx, &row, e);
}

static void a_sighting_elsewhere_hangs_on_the_decision_from_the_moment_it_passes(void **state)
{
    struct team *m = *state;
    int64_t other = world_batch(m->t, "second");
    int64_t lot = lot_of(m, 1);
    struct sighting_of s = {world_int(m->t, "SELECT id FROM task"), other};

    struct qa_supersede_new early = {"not-listed", NULL, 0, "too early"};

    step_must(m->t, store_write(m->t->world.store, sight, &s, &m->t->e));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM inheritance"), 0);
    assert_int_equal(
        qa_supersede(&m->t->world, m->lee, NULL, s.task_id, &early, &m->t->answer, &m->t->e),
        ASSAY_ESTATE);
    (void)read_next(m, m->quinn, QUEUE_READING, "L1");
    assert_true(lot_is(m, lot, "passed"));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM inheritance i JOIN task t"
                                     " ON t.decision_id = i.decision_id WHERE i.version = 1"),
                     1);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"decision.inherited\"%%'"),
                     1);
    /* A later decision reaches the link as its next version; the older one stays. */
    struct grade_tags tags = step_tags("L2");
    struct qa_supersede_new in = {"L2", tags.tags, tags.count, "a lake, not the sea"};
    struct world *w = &m->t->world;
    assert_int_equal(qa_supersede(w, m->anna, NULL, s.task_id, &in, &m->t->answer, &m->t->e),
                     ASSAY_EDENIED);
    in.reason = "";
    assert_int_equal(qa_supersede(w, m->lee, NULL, s.task_id, &in, &m->t->answer, &m->t->e),
                     ASSAY_EFORMAT);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM decision"), 1);
    in.reason = "a lake, not the sea";
    step_must(m->t, qa_supersede(w, m->lee, NULL, s.task_id, &in, &m->t->answer, &m->t->e));
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM task t JOIN decision d ON"
                                     " d.id = t.decision_id WHERE t.state = 'passed' AND"
                                     " d.code = 'L2' AND d.version = 2"),
                     1);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM inheritance"), 2);
    assert_int_equal(world_int(m->t, "SELECT count(*) FROM inheritance i JOIN task t"
                                     " ON t.decision_id = i.decision_id WHERE i.version = 2"),
                     1);
    assert_true(world_refuses(m->t, "UPDATE inheritance SET decision_id = 1"));
    assert_true(world_refuses(m->t, "DELETE FROM inheritance"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(anybody_with_the_seed_draws_the_same_sample),
        TEST(a_sample_that_agrees_passes_the_lot),
        TEST(an_empty_shift_passes_by_itself),
        TEST(a_reader_sees_nothing_of_the_first_grade_or_a_sources_vote),
        TEST(a_difference_goes_to_a_third_who_clears_it),
        TEST(the_severity_follows_the_legal_line),
        TEST(one_minor_or_one_major_error_does_not_fail_but_holds_the_lot),
        TEST(one_critical_error_fails_the_lot_and_all_of_it_is_read),
        TEST(two_major_errors_fail_the_lot_and_all_of_it_is_read),
        TEST(a_fix_takes_over_the_upheld_grade_and_nothing_else),
        TEST(the_picture_of_a_correction_comes_only_when_asked_for),
        TEST(a_contested_correction_is_decided_by_somebody_else),
        TEST(a_dropped_correction_leaves_the_grade_and_lets_the_lot_pass),
        TEST(a_lead_who_settled_answers_for_it_like_anybody),
        TEST(nobody_reads_their_own_work_even_by_sql),
        TEST(a_lot_with_an_open_correction_never_passes_whatever_the_order),
        TEST(one_equal_grade_given_blind_confirms_what_a_list_says_and_nothing_else),
        TEST(what_is_confirmed_is_left_out_of_the_sample_of_a_mixed_lot),
        TEST(a_sighting_elsewhere_hangs_on_the_decision_from_the_moment_it_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
