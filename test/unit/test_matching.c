/* Items against lists: votes, candidates, guards, alarms, floods, and lists that grow later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/lists/lists.h"
#include "flow/matching/matching.h"
#include "flow/own.h"
#include "flow/settings.h"
#include "store/match.h"
#include "world.h"

#define WAIT_MS 60000

struct bench {
    struct world_test *t;
    struct live *lists;
    struct matching_pass *pass;
    int64_t task, item;
};

static int setup(void **state)
{
    struct bench *b = mem_zalloc(sizeof *b);

    b->t = world_new();
    b->lists = live_new(b->t->world.store);
    b->pass = matching_pass_new();
    world_tasks(b->t, 1, WORLD_WITH_PICTURES, &b->task);
    b->item = world_int(b->t, "SELECT item_id FROM task WHERE id = %lld", (long long)b->task);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    matching_pass_free(b->pass);
    live_free(b->lists);
    world_free(b->t);
    mem_free(b);
    return 0;
}

/* The hash of bytes that are all this one, in hex. */
static const char *hex_of(uint8_t byte, size_t size, char out[65])
{
    uint8_t bytes[32];

    memset(bytes, byte, sizeof bytes);
    str_hex(bytes, size, out);
    return out;
}

/* Give an item such hashes. */
static void put_hashes(struct bench *b, int64_t item, uint8_t md5, uint8_t sha256, uint8_t pdq)
{
    char m[100], s[100], p[100];
    uint8_t bytes[32];

    memset(bytes, md5, sizeof bytes);
    (void)world_blob(bytes, 16, m, sizeof m);
    memset(bytes, sha256, sizeof bytes);
    (void)world_blob(bytes, 32, s, sizeof s);
    memset(bytes, pdq, sizeof bytes);
    (void)world_blob(bytes, 32, p, sizeof p);
    world_sql(b->t, "UPDATE item SET md5 = %s, sha256 = %s WHERE id = %lld", m, s, (long long)item);
    world_sql(b->t,
              "UPDATE picture SET pdq = %s, pdq_quality = 100, pdq_reason = NULL"
              " WHERE item_id = %lld",
              p, (long long)item);
}

static void import(struct bench *b, struct lists_import in, const char *text)
{
    char path[] = "/tmp/assay-matching-XXXXXX";
    struct lists_counts n;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    in.path = path;
    in.by = people_operator();
    if (lists_import(&b->t->world, &in, &n, &b->t->e) != ASSAY_OK)
        fail_msg("%s", b->t->e.text);
    (void)unlink(path);
    assert_int_equal(n.refused, 0);
}

/* Until no item waits and no row is new: as the background goes on. */
static void settle(struct bench *b)
{
    const int64_t end = clock_mono_ms() + WAIT_MS;
    struct world *w = &b->t->world;
    enum assay_err rc;
    int64_t count;

    do {
        assert_true(clock_mono_ms() < end);
        rc = matching_next(w, b->lists, &count, &b->t->e);
        if (rc == ASSAY_ENOTFOUND)
            rc = matching_go_on(w, b->pass, &b->t->e);
        if (rc != ASSAY_OK && rc != ASSAY_EBUSY && rc != ASSAY_ENOTFOUND)
            fail_msg("%s", b->t->e.text);
        if (rc != ASSAY_OK)
            clock_sleep_ms(10);
    } while (world_int(b->t, "SELECT count(*) FROM match_job") > 0 ||
             world_int(b->t, "SELECT (SELECT seq FROM list_clock) - done_seq FROM match_pass") > 0);
}

static int64_t matches(struct bench *b, const char *kind, const char *outcome)
{
    return world_int(b->t, "SELECT count(*) FROM match WHERE kind = '%s' AND outcome = '%s'", kind,
                     outcome);
}

static int64_t entries(struct bench *b, const char *action)
{
    return world_int(b->t, "SELECT count(*) FROM record WHERE entry LIKE '%%\"%s\"%%'", action);
}

static void a_trusted_exact_hash_is_a_hidden_vote_once(void **state)
{
    struct bench *b = *state;
    const struct lists_import in = {.name = "hotline", .trust = "trusted"};
    char hex[65], line[256];

    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    (void)snprintf(line, sizeof line,
                   "{\"sha256\":\"%s\",\"scheme\":\"training-landscapes\",\"code\":\"L2\"}\n",
                   hex_of(0x22, 32, hex));
    import(b, in, line);
    settle(b);
    assert_int_equal(matches(b, "sha256", "vote"), 1);
    assert_int_equal(world_int(b->t,
                               "SELECT count(*) FROM vote WHERE source = 'list:hotline' AND"
                               " code = 'L2' AND task_id = %lld",
                               (long long)b->task),
                     1);
    world_sql(b->t, "INSERT INTO match_job (item_id) VALUES (%lld)", (long long)b->item);
    settle(b);
    assert_int_equal(entries(b, "item.matched"), 1);
    assert_int_equal(world_int(b->t, "SELECT hits FROM list_row"), 1);
    assert_int_equal(world_int(b->t, "SELECT count(*) FROM task WHERE state = 'waiting'"), 1);
}

static void md5_alone_and_lists_not_trusted_give_candidates_and_no_vote(void **state)
{
    struct bench *b = *state;
    char hex[65], line[256];

    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    (void)snprintf(line, sizeof line,
                   "{\"md5\":\"%s\",\"scheme\":\"training-landscapes\",\"code\":\"L2\"}\n",
                   hex_of(0x11, 16, hex));
    import(b, (struct lists_import){.name = "a", .trust = "trusted"}, line);
    (void)snprintf(line, sizeof line,
                   "{\"sha256\":\"%s\",\"scheme\":\"training-landscapes\",\"code\":\"L2\"}\n",
                   hex_of(0x22, 32, hex));
    import(b, (struct lists_import){.name = "b"}, line);
    settle(b);
    assert_int_equal(matches(b, "md5", "candidate"), 1);
    assert_int_equal(matches(b, "sha256", "candidate"), 1);
    assert_int_equal(world_int(b->t, "SELECT count(*) FROM vote"), 0);
    assert_int_equal(entries(b, "hash.collision"), 0);
}

static void one_md5_of_two_files_is_an_alarm(void **state)
{
    struct bench *b = *state;
    char m[65], s[65], line[256];

    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    (void)snprintf(line, sizeof line, "{\"md5\":\"%s\",\"sha256\":\"%s\"}\n", hex_of(0x11, 16, m),
                   hex_of(0x44, 32, s));
    import(b, (struct lists_import){.name = "a", .trust = "trusted"}, line);
    settle(b);
    assert_int_equal(matches(b, "md5", "candidate"), 1);
    assert_int_equal(entries(b, "hash.collision"), 1);
}

static void a_near_picture_of_a_guard_is_held_and_a_row_off_or_expired_matches_nothing(void **state)
{
    struct bench *b = *state;
    char p[65], line[256];
    int64_t count;

    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    (void)hex_of(0x33, 32, p);
    p[63] = '0'; /* 2 bits away */
    (void)snprintf(line, sizeof line, "pdq:%s\n", p);
    import(b,
           (struct lists_import){
               .name = "old", .kind = "never_export", .reason = "x", .expires_ms = 1000},
           line);
    import(b, (struct lists_import){.name = "off"}, line);
    assert_int_equal(
        lists_switch(&b->t->world, people_operator(), "off", p, "wrong", &count, &b->t->e),
        ASSAY_OK);
    import(b, (struct lists_import){.name = "keep", .kind = "never_export", .reason = "x"}, line);
    settle(b);
    assert_int_equal(matches(b, "pdq", "guard"), 1);
    assert_int_equal(world_int(b->t, "SELECT count(*) FROM match"), 1);
    assert_int_equal(world_int(b->t, "SELECT distance FROM match"), 2);
}

static enum assay_err count_quarantined(struct tx *tx, void *ctx, struct err *e)
{
    return list_quarantined(tx, ctx, e);
}

static int64_t quarantined(struct bench *b)
{
    int64_t count = -1;

    assert_int_equal(store_read(b->t->world.store, count_quarantined, &count, &b->t->e), ASSAY_OK);
    return count;
}

static void a_row_with_too_many_matches_counts_for_nothing_until_a_person_says_so(void **state)
{
    struct bench *b = *state;
    int64_t tasks[3], item, count;
    char hex[65], line[256];

    assert_int_equal(
        settings_set(&b->t->world, people_operator(), "match.hits_day_max", 2, &b->t->e), ASSAY_OK);
    world_tasks(b->t, 3, WORLD_WITH_PICTURES, tasks);
    for (int i = 0; i < 3; i++) {
        item = world_int(b->t, "SELECT item_id FROM task WHERE id = %lld", (long long)tasks[i]);
        put_hashes(b, item, 0x11, (uint8_t)(0x60 + i), 0x33);
    }
    (void)snprintf(line, sizeof line, "md5:%s\n", hex_of(0x11, 16, hex));
    import(b, (struct lists_import){.name = "a", .trust = "trusted"}, line);
    settle(b);
    assert_int_equal(quarantined(b), 1);
    assert_int_equal(entries(b, "list.quarantined"), 1);
    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    world_sql(b->t, "INSERT INTO match_job (item_id) VALUES (%lld)", (long long)b->item);
    settle(b);
    assert_int_equal(matches(b, "md5", "quarantined"), 1);
    assert_int_equal(
        lists_switch(&b->t->world, people_operator(), "a", hex, NULL, &count, &b->t->e), ASSAY_OK);
    assert_int_equal(
        world_int(b->t, "SELECT count(*) FROM list_row WHERE quarantined_ms IS NOT NULL"), 0);
    assert_int_equal(quarantined(b), 0);
}

static void a_pass_that_was_cut_is_finished_by_another_process(void **state)
{
    struct bench *b = *state;
    char hex[65], line[256];

    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    (void)snprintf(line, sizeof line, "md5:%s\n", hex_of(0x11, 16, hex));
    import(b, (struct lists_import){.name = "a"}, line);
    assert_int_equal(matching_go_on(&b->t->world, b->pass, &b->t->e), ASSAY_OK);
    /* Killed after its first page; the next process knows nothing of it but what is stored. */
    matching_pass_free(b->pass);
    b->pass = matching_pass_new();
    assert_int_equal(world_int(b->t, "SELECT goal_seq - done_seq FROM match_pass"), 1);
    settle(b);
    assert_int_equal(matches(b, "md5", "candidate"), 1);
    assert_int_equal(entries(b, "item.matched"), 1);
}

/* As if the item's decision had passed. */
static enum assay_err own(struct tx *tx, void *ctx, struct err *e)
{
    struct bench *b = ctx;
    struct list_record r = {.id = rand_id(),
                            .item_id = b->item,
                            .has = LIST_PDQ,
                            .pdq_quality = -1,
                            .scheme = "training-landscapes",
                            .scheme_version = 1,
                            .code = "L1",
                            .tags = ""};
    enum list_put what;

    memset(r.pdq, 0x33, sizeof r.pdq);
    memset(r.identity, 1, sizeof r.identity);
    enum assay_err rc = match_list_of_kind(tx, "own", &r.list_id, e);
    return rc != ASSAY_OK ? rc : list_put(tx, &r, 1, &what, e);
}

static void pictures_near_a_decided_one_are_its_stack(void **state)
{
    struct bench *b = *state;
    int64_t tasks[2], count;

    world_tasks(b->t, 2, WORLD_WITH_PICTURES, tasks);
    put_hashes(b, b->item, 0x11, 0x22, 0x33);
    for (int i = 0; i < 2; i++)
        put_hashes(b,
                   world_int(b->t, "SELECT item_id FROM task WHERE id = %lld", (long long)tasks[i]),
                   (uint8_t)(0x60 + i), (uint8_t)(0x70 + i), i == 0 ? 0x33 : 0xcc);
    assert_int_equal(flow_own_fill(&b->t->world, &count, &b->t->e), ASSAY_OK);
    assert_int_equal(store_write(b->t->world.store, own, b, &b->t->e), ASSAY_OK);
    settle(b);
    assert_int_equal(world_int(b->t,
                               "SELECT count(*) FROM stack_member m JOIN stack s ON"
                               " s.id = m.stack_id JOIN task t ON t.item_id = m.item_id"
                               " WHERE s.item_id = %lld AND t.id = %lld AND distance = 0",
                               (long long)b->item, (long long)tasks[0]),
                     1);
    assert_int_equal(world_int(b->t, "SELECT count(*) FROM stack_member"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_trusted_exact_hash_is_a_hidden_vote_once),
        TEST(md5_alone_and_lists_not_trusted_give_candidates_and_no_vote),
        TEST(one_md5_of_two_files_is_an_alarm),
        TEST(a_near_picture_of_a_guard_is_held_and_a_row_off_or_expired_matches_nothing),
        TEST(a_row_with_too_many_matches_counts_for_nothing_until_a_person_says_so),
        TEST(pictures_near_a_decided_one_are_its_stack),
        TEST(a_pass_that_was_cut_is_finished_by_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
