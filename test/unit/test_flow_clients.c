/* Sixteen clients on one queue: leases, late writes and repeated requests, as threads that each
 * call the flow as a request would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "base/str.h"
#include "steps.h"

#define CLIENTS    16
#define ROUNDS     20
#define STEAL_EACH 40 /* one lease in so many runs out before its grade comes */

static const char *const tags[] = {"light:day", "season:winter"};

struct client {
    struct world_test *t;
    struct caller *caller;
    atomic_size_t *done; /* over all */
    size_t graded, late, repeated, failures;
    char why[200];
    pthread_t thread;
};

static void failed(struct client *c, const char *what, const struct err *e)
{
    c->failures++;
    (void)snprintf(c->why, sizeof c->why, "%s: %.150s", what, e->text);
}

/* Grade a lease; every 40th after it ran out, as a stopped process does; every 7th twice. */
static void grade(struct client *c, const uint8_t token[16])
{
    struct grade_new in = {.code = "L1", .tags = tags, .tag_count = 2};
    struct buf answer, again;
    struct err e = {0};
    char key[33];
    uint8_t random[16];
    struct once once = {.key = key};

    rand_bytes(random, sizeof random);
    str_hex(random, sizeof random, key);
    memcpy(in.lease, token, sizeof in.lease);
    buf_init(&answer, 65536);
    buf_init(&again, 65536);
    if (random[0] % STEAL_EACH == 0) {
        world_expire(c->t, token);
        if (grade_decide(&c->t->world, c->caller, &once, &in, &answer, &e) != ASSAY_ESTATE ||
            strstr(e.text, "lease lost") == NULL)
            failed(c, "a late grade was taken", &e);
        else
            c->late++;
    } else if (grade_decide(&c->t->world, c->caller, &once, &in, &answer, &e) != ASSAY_OK) {
        failed(c, "decide", &e);
    } else {
        c->graded++;
        (void)atomic_fetch_add(c->done, 1);
        if (random[1] % 7 == 0) {
            if (grade_decide(&c->t->world, c->caller, &once, &in, &again, &e) != ASSAY_OK ||
                again.size != answer.size || memcmp(again.data, answer.data, again.size) != 0)
                failed(c, "the same request again", &e);
            c->repeated++;
        }
    }
    buf_clear(&answer);
    buf_clear(&again);
}

static void *work(void *ctx)
{
    struct client *c = ctx;
    struct arena *a = arena_new();
    struct buf answer;
    struct err e = {0};
    size_t empty = 0;

    buf_init(&answer, 1 << 20);
    while (c->failures == 0 && empty < 3) {
        if (queue_take(&c->t->world, c->caller, QUEUE_GRADE, 4, 0, &answer, &e) != ASSAY_OK) {
            failed(c, "take", &e);
            break;
        }
        struct json *root;
        if (json_parse(a, answer.data, answer.size, &root, &e) != ASSAY_OK) {
            failed(c, "answer", &e);
            break;
        }
        const struct json *leases = json_get(root, "leases");
        empty = leases->size == 0 ? empty + 1 : 0;
        for (const struct json *l = leases->first; l != NULL; l = l->next) {
            uint8_t token[16];
            (void)str_unhex(json_get(l, "lease")->text, token, sizeof token);
            grade(c, token);
        }
    }
    buf_clear(&answer);
    arena_free(a);
    return NULL;
}

static void sixteen_clients_grade_each_task_once_and_no_late_write_counts(void **state)
{
    const char *soak = getenv("ASSAY_TEST_TASKS");
    size_t usual = db_engine() == STORE_SQLITE ? 10000 : 1000; /* a server syncs to a real disk */
    size_t tasks = soak != NULL ? strtoul(soak, NULL, 10) : usual;
    struct client clients[CLIENTS];
    struct world_test *t = world_new();
    atomic_size_t done = 0;
    size_t late = 0, graded = 0, repeated = 0;

    (void)state;
    world_tasks(t, tasks, WORLD_WITHOUT_PICTURES, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "client%zu", i);
        clients[i] = (struct client){.t = t, .done = &done};
        clients[i].caller = world_person(t, name, PEOPLE_ASSESSOR);
        if (shift_start(&t->world, clients[i].caller, &t->answer, &t->e) != ASSAY_OK)
            fail_msg("%s", t->e.text);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&clients[i].thread, NULL, work, &clients[i]), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        late += clients[i].late;
        graded += clients[i].graded;
        repeated += clients[i].repeated;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        if (clients[i].failures > 0)
            fail_msg("client %zu: %s", i, clients[i].why);
    }
    assert_int_equal(graded, tasks);
    assert_true(late > tasks / 100);
    assert_true(repeated > tasks / 20);
    assert_int_equal(world_int(t, "SELECT count(*) FROM task WHERE state = 'graded'"), tasks);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), tasks);
    assert_int_equal(world_int(t, "SELECT count(DISTINCT task_id) FROM decision"), tasks);
    assert_int_equal(world_int(t, "SELECT count(*) FROM lease"), 0);
    /* Every lease had a fence of its own, and each decision carries the fence of the last one. */
    assert_int_equal(world_int(t, "SELECT sum(fence) FROM task"), tasks + late);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision d JOIN task t ON t.id = d.task_id"
                                  " WHERE d.fence = t.fence"),
                     tasks);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record"
                                  " WHERE entry LIKE '%%\"action\":\"task.leased\"%%'"),
                     tasks + late);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record"
                                  " WHERE entry LIKE '%%\"action\":\"decision.made\"%%'"),
                     tasks);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE"
                                  " '%%\"action\":\"task.returned\"%%\"outcome\":\"expired\"%%'"),
                     late);
    world_free(t);
}

/* ---- one lease, sixteen times the same request at once ---- */

struct repeat {
    struct world_test *t;
    struct caller *caller;
    const uint8_t *token;
    pthread_barrier_t *start;
    struct buf answer;
    enum assay_err rc;
    pthread_t thread;
};

static void *repeat_work(void *ctx)
{
    struct repeat *r = ctx;
    struct grade_new in = {.code = "L1", .tags = tags, .tag_count = 2};
    struct once once = {.key = "the-same-key"};
    struct err e = {0};

    memcpy(in.lease, r->token, sizeof in.lease);
    (void)pthread_barrier_wait(r->start);
    r->rc = grade_decide(&r->t->world, r->caller, &once, &in, &r->answer, &e);
    return NULL;
}

static void the_same_request_sixteen_times_at_once_decides_once(void **state)
{
    struct world_test *t = world_new();
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct repeat r[CLIENTS];
    pthread_barrier_t start;
    uint8_t token[16];

    (void)state;
    world_tasks(t, 1, WORLD_WITHOUT_PICTURES, NULL);
    assert_int_equal(shift_start(&t->world, anna, &t->answer, &t->e), ASSAY_OK);
    assert_int_equal(queue_take(&t->world, anna, QUEUE_GRADE, 1, 0, &t->answer, &t->e), ASSAY_OK);
    world_token(world_json(t, &t->answer), "leases.0.lease", token);
    (void)pthread_barrier_init(&start, NULL, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        r[i] = (struct repeat){.t = t, .caller = anna, .token = token, .start = &start};
        buf_init(&r[i].answer, 65536);
        assert_int_equal(pthread_create(&r[i].thread, NULL, repeat_work, &r[i]), 0);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        (void)pthread_join(r[i].thread, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(r[i].rc, ASSAY_OK);
        assert_int_equal(r[i].answer.size, r[0].answer.size);
        assert_memory_equal(r[i].answer.data, r[0].answer.data, r[0].answer.size);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        buf_clear(&r[i].answer);
    assert_int_equal(world_int(t, "SELECT count(*) FROM decision"), 1);
    (void)pthread_barrier_destroy(&start);
    world_free(t);
}

/* ---- two ends that meet ---- */

struct meeting {
    struct world_test *t;
    struct caller *caller;
    uint8_t token[16];
    pthread_barrier_t *start;
    enum assay_err rc;
    struct buf answer;
    pthread_t thread;
};

static void *read_work(void *ctx)
{
    struct meeting *m = ctx;
    struct qa_reading_new in = {.code = "not-listed"};
    struct err e = {0};

    memcpy(in.lease, m->token, sizeof in.lease);
    (void)pthread_barrier_wait(m->start);
    m->rc = qa_read(&m->t->world, m->caller, NULL, &in, &m->answer, &e);
    return NULL;
}

static void *decide_work(void *ctx)
{
    struct meeting *m = ctx;
    struct grade_new in = {.code = "not-listed"};
    struct err e = {0};

    memcpy(in.lease, m->token, sizeof in.lease);
    (void)pthread_barrier_wait(m->start);
    m->rc = grade_decide(&m->t->world, m->caller, NULL, &in, &m->answer, &e);
    return NULL;
}

static void *submit_work(void *ctx)
{
    struct meeting *m = ctx;
    struct err e = {0};

    (void)pthread_barrier_wait(m->start);
    m->rc = shift_submit(&m->t->world, m->caller, NULL, &m->answer, &e);
    return NULL;
}

static void meet(struct meeting m[2], void *(*a)(void *), void *(*b)(void *))
{
    pthread_barrier_t start;

    (void)pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        m[i].start = &start;
        buf_init(&m[i].answer, 65536);
        assert_int_equal(pthread_create(&m[i].thread, NULL, i == 0 ? a : b, &m[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(m[i].thread, NULL);
        buf_clear(&m[i].answer);
    }
    (void)pthread_barrier_destroy(&start);
}

static void the_last_two_readings_at_one_moment_close_the_lot(void **state)
{
    struct world_test *t = world_new();
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *readers[2] = {world_person(t, "quinn", PEOPLE_QUALITY),
                                 world_person(t, "quora", PEOPLE_QUALITY)};

    (void)state;
    for (int round = 1; round <= ROUNDS; round++) {
        struct meeting m[2] = {0};
        world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
        step_shift(t, anna);
        (void)step_grade(t, anna, "not-listed");
        (void)step_grade(t, anna, "not-listed");
        (void)step_submit(t, anna);
        for (int i = 0; i < 2; i++) {
            m[i].t = t;
            m[i].caller = readers[i];
            (void)step_take(t, readers[i], QUEUE_READING, 0, m[i].token);
        }
        meet(m, read_work, read_work);
        assert_int_equal(m[0].rc, ASSAY_OK);
        assert_int_equal(m[1].rc, ASSAY_OK);
        assert_int_equal(world_int(t, "SELECT count(*) FROM lot WHERE state = 'passed'"), round);
    }
    world_free(t);
}

static void a_grade_beside_the_submission_is_in_the_lot_or_refused(void **state)
{
    struct world_test *t = world_new();
    struct caller *anna = world_person(t, "anna", PEOPLE_ASSESSOR);
    struct caller *again = world_session(t, anna);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct meeting m[2] = {0};
        world_tasks(t, 2, WORLD_WITH_PICTURES, NULL);
        step_shift(t, anna);
        (void)step_grade(t, anna, "not-listed");
        assert_int_equal(shift_check(&t->world, anna, &t->answer, &t->e), ASSAY_OK);
        (void)step_take(t, again, QUEUE_GRADE, 0, m[0].token);
        m[0].t = m[1].t = t;
        m[0].caller = again;
        m[1].caller = anna;
        meet(m, decide_work, submit_work);
        assert_int_equal(m[1].rc, ASSAY_OK);
        assert_true(m[0].rc == ASSAY_OK || m[0].rc == ASSAY_ESTATE);
        assert_int_equal(world_int(t, "SELECT count(*) FROM task t JOIN lot l ON l.id = t.lot_id"
                                      " WHERE t.state = 'graded' AND l.state <> 'open'"),
                         0);
        assert_int_equal(world_int(t, "SELECT count(*) FROM lot l WHERE l.size <>"
                                      " (SELECT count(*) FROM task t WHERE t.lot_id = l.id)"),
                         0);
        world_sql(t, "DELETE FROM lease");
    }
    world_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_clients_grade_each_task_once_and_no_late_write_counts),
        cmocka_unit_test(the_same_request_sixteen_times_at_once_decides_once),
        cmocka_unit_test(the_last_two_readings_at_one_moment_close_the_lot),
        cmocka_unit_test(a_grade_beside_the_submission_is_in_the_lot_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
