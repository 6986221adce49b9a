/* The change feed on the engine that ASSAY_TEST_DB names: a node comes to have what it may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/feed.h"
#include "flow/feed/apply.h"
#include "flow/feed/tell.h"
#include "flow/listed.h"
#include "people/client.h"
#include "record_fixture.h"

#define ANSWER_MAX (8 * 1024 * 1024)
#define LISTS      3
#define STEPS_MAX  10000

static struct err e;

#define OK(call)                                                                                   \
    do {                                                                                           \
        e.text[0] = '\0';                                                                          \
        if ((call) != ASSAY_OK)                                                                    \
            fail_msg("%s", e.text);                                                                \
    } while (0)

/* A system of record, a node, and a client of each sort. */
struct two {
    struct record_fixture *home, *away;
    struct world home_world, away_world;
    struct machine node; /* as it was let in at home */
    char client_key[PEOPLE_KEY_SIZE];
    int64_t lists[LISTS];
    uint64_t random;
};

static uint64_t next_random(struct two *t, uint64_t below)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (t->random >> 33) % below;
}

static const char *const names[LISTS] = {"alpha", "beta", "gamma"};

static enum assay_err insert_lists(struct tx *tx, void *ctx, struct err *err)
{
    struct two *t = ctx;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < LISTS; i++) {
        t->lists[i] = rand_id();
        const struct list_row_head l = {.id = t->lists[i],
                                        .name = names[i],
                                        .kind = "hashes",
                                        .trust = "trusted",
                                        .about_sealed = "x",
                                        .about_size = 1,
                                        .created_ms = 1};
        rc = list_insert(tx, &l, err);
    }
    return rc;
}

static void let_in(struct two *t, const char *key)
{
    struct machines *m = machines_new(t->home_world.store, t->home_world.keys);

    OK(machines_admit(m, key, &t->node, &e));
    machines_free(m);
}

static void right(struct two *t, const char *client, const char *list, enum client_right what)
{
    OK(people_client_right(t->home_world.store, people_operator(), client, list, what, &e));
}

static int setup(void **state)
{
    struct people_client_limits limits = PEOPLE_CLIENT_USUAL;
    struct two *t = mem_zalloc(sizeof *t);
    char key[PEOPLE_KEY_SIZE];
    void *made;

    t->random = 7;
    (void)record_setup(&made);
    t->home = made;
    (void)record_setup(&made);
    t->away = made;
    t->home_world = (struct world){.store = db_store(t->home->db), .keys = t->home->keys};
    t->away_world = (struct world){.store = db_store(t->away->db), .keys = t->away->keys};
    OK(store_write(t->home_world.store, insert_lists, t, &e));
    OK(people_client_add(t->home_world.store, t->home_world.keys, people_operator(), "acme",
                         &limits, t->client_key, &e));
    limits.feeds = 1;
    OK(people_client_add(t->home_world.store, t->home_world.keys, people_operator(), "node",
                         &limits, key, &e));
    let_in(t, key);
    right(t, "node", "alpha", CLIENT_DETAIL);
    right(t, "node", "beta", CLIENT_DETAIL);
    right(t, "node", "gamma", CLIENT_ANSWER); /* which is not enough */
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct two *t = *state;
    void *home = t->home, *away = t->away;

    (void)record_teardown(&home);
    (void)record_teardown(&away);
    mem_free(t);
    return 0;
}

/* ---- rows at home ---- */

struct change {
    struct two *t;
    size_t list;
    uint64_t number; /* the same one: the same hashes */
    int64_t row_id;
    const char *code;
};

static enum assay_err put(struct tx *tx, void *ctx, struct err *err)
{
    struct change *c = ctx;
    struct list_record r = {.id = rand_id(),
                            .list_id = c->t->lists[c->list],
                            .has = LIST_MD5 | LIST_PDQ,
                            .pdq_quality = (int64_t)(c->number % 101),
                            .scheme = "uk-2014",
                            .scheme_version = 1,
                            .code = c->code,
                            .tags = "one two"};
    const char says[] = "{\"source\":\"a hotline\",\"note\":\"stays here\"}";
    struct buf sealed;
    enum list_put what;

    memcpy(r.md5, &c->number, sizeof c->number);
    memcpy(r.pdq, &c->number, sizeof c->number);
    flow_row_identity(&r, r.identity);
    buf_init(&sealed, 4096);
    keys_seal(c->t->home_world.keys, r.identity, sizeof r.identity, says, strlen(says), &sealed);
    r.details_sealed = sealed.data;
    r.details_size = sealed.size;
    enum assay_err rc = list_put(tx, &r, 1, &what, err);
    buf_clear(&sealed);
    c->row_id = r.id;
    return rc;
}

/* Those below its number, in one transaction. */
static enum assay_err put_many(struct tx *tx, void *ctx, struct err *err)
{
    const struct change *c = ctx;
    enum assay_err rc = ASSAY_OK;

    for (uint64_t i = 0; rc == ASSAY_OK && i < c->number; i++) {
        struct change one = *c;
        one.number = i;
        rc = put(tx, &one, err);
    }
    return rc;
}

static enum assay_err turn(struct tx *tx, void *ctx, struct err *err)
{
    struct change *c = ctx;
    const struct list_switch s = {
        .now_ms = 1, .reason_sealed = c->code == NULL ? NULL : "x", .reason_size = 1};
    enum assay_err rc = list_switch(tx, c->row_id, &s, err);

    return rc == ASSAY_ESTATE ? ASSAY_OK : rc;
}

static enum assay_err take_out(struct tx *tx, void *ctx, struct err *err)
{
    struct change *c = ctx;
    enum assay_err rc = list_take_out(tx, c->t->lists[c->list], c->row_id, 2, err);

    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static int64_t put_row(struct two *t, size_t list, uint64_t number, const char *code)
{
    struct change c = {.t = t, .list = list, .number = number, .code = code};

    OK(store_write(t->home_world.store, put, &c, &e));
    return c.row_id;
}

static void turn_row(struct two *t, int64_t row_id, const char *off)
{
    struct change c = {.t = t, .row_id = row_id, .code = off};

    OK(store_write(t->home_world.store, turn, &c, &e));
}

/* ---- following ---- */

static bool waits_not(const void *ctx)
{
    (void)ctx;
    return false;
}

/* Over the wire's bytes, as a node does. */
static enum assay_err ask_changes(struct two *t, const struct feed_node_row *node)
{
    struct feed_ask ask = {.since = node->seq};
    struct arena *a = arena_new();
    struct feed_answer answer;
    struct buf body;
    int64_t rows;

    buf_init(&body, ANSWER_MAX);
    memcpy(ask.epoch, node->epoch, sizeof ask.epoch);
    memcpy(ask.roster, node->roster, sizeof ask.roster);
    OK(feed_tell_changes(&t->home_world, &t->node, &ask, waits_not, NULL, &body, &rows, &e));
    OK(feed_answer_parse(a, FEED_CHANGES, body.data, body.size, &answer, &e));
    assert_int_equal(answer.record_count, rows);
    enum assay_err rc = feed_apply_changes(&t->away_world, &answer, &e);
    arena_free(a);
    buf_clear(&body);
    return rc;
}

static enum assay_err ask_page(struct two *t, const struct feed_list_row *list)
{
    struct arena *a = arena_new();
    struct feed_answer answer;
    struct buf body;
    int64_t rows;

    buf_init(&body, ANSWER_MAX);
    enum assay_err rc =
        feed_tell_list(&t->home_world, &t->node, list->list_id, list->after_row, &body, &rows, &e);
    if (rc == ASSAY_OK)
        rc = feed_answer_parse(a, FEED_LIST, body.data, body.size, &answer, &e);
    if (rc == ASSAY_OK)
        rc = feed_apply_page(&t->away_world, list->list_id, &answer, &e);
    arena_free(a);
    buf_clear(&body);
    return rc;
}

/* One step, of several that may be next; each may be the last before a node is killed. */
static void step(struct two *t)
{
    struct feed_node_row node = {0};
    struct feed_list_row list;
    enum assay_err rc = feed_stands(&t->away_world, &node, &list, &e);

    if (rc == ASSAY_ENOTFOUND || next_random(t, 3) == 0) {
        OK(ask_changes(t, &node));
        return;
    }
    assert_int_equal(rc, ASSAY_OK);
    rc = feed_apply_rest(&t->away_world, &e);
    if (rc == ASSAY_ENOTFOUND && list.list_id != 0)
        rc = ask_page(t, &list);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND && rc != ASSAY_ESTATE)
        fail_msg("%s", e.text);
}

static enum assay_err read_clock(struct tx *tx, void *ctx, struct err *err)
{
    return list_clock(tx, ctx, err);
}

/* Until all is there that was at home when this began. */
static void sync_all(struct two *t)
{
    const int64_t from = clock_now_ms();
    struct feed_node_row node = {0};
    struct feed_list_row list;
    int64_t clock;

    clock_sleep_ms(1);
    OK(store_read(t->home_world.store, read_clock, &clock, &e));
    for (int i = 0; i < STEPS_MAX; i++) {
        step(t);
        OK(feed_stands(&t->away_world, &node, &list, &e));
        if (node.as_of_ms > from && node.seq >= clock &&
            feed_apply_rest(&t->away_world, &e) == ASSAY_ENOTFOUND)
            return;
    }
    fail_msg("the node never has everything");
}

/* ---- comparing ---- */

struct dump {
    const struct keys *keys;
    struct buf text;
    const int64_t *lists;
    size_t list_count;
    int64_t last;
};

static enum assay_err add_row(void *ctx, const struct list_record *r, struct err *err)
{
    struct dump *d = ctx;
    struct flow_row_says says;
    char md5[33], pdq[65];
    bool wanted = false;

    (void)err;
    for (size_t i = 0; i < d->list_count; i++)
        wanted = wanted || d->lists[i] == r->list_id;
    if (!wanted || !r->live)
        return ASSAY_OK;
    str_hex(r->md5, sizeof r->md5, md5);
    str_hex(r->pdq, sizeof r->pdq, pdq);
    flow_listed(d->keys, r, &says);
    buf_addf(&d->text, "%lld %lld %u %s %s %lld %s %lld %s %s %s\n", (long long)r->list_id,
             (long long)r->id, r->has, md5, pdq, (long long)r->pdq_quality, r->scheme,
             (long long)r->scheme_version, r->code, r->tags, says.source);
    return ASSAY_OK;
}

static enum assay_err read_rows(struct tx *tx, void *ctx, struct err *err)
{
    struct dump *d = ctx;
    enum assay_err rc;

    buf_reset(&d->text);
    d->last = 0;
    while ((rc = list_page(tx, 0, d->last, &d->last, add_row, d, err)) == ASSAY_OK)
        ;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* All live rows of the first so many lists are the same here and there; how many bytes they take.
 */
static size_t compare(struct two *t, size_t list_count)
{
    struct dump home = {t->home_world.keys, .lists = t->lists, .list_count = list_count};
    struct dump away = {t->away_world.keys, .lists = t->lists, .list_count = LISTS};

    buf_init(&home.text, ANSWER_MAX);
    buf_init(&away.text, ANSWER_MAX);
    OK(store_read(t->home_world.store, read_rows, &home, &e));
    OK(store_read(t->away_world.store, read_rows, &away, &e));
    assert_string_equal(buf_cstr(&home.text), buf_cstr(&away.text));
    const size_t size = home.text.size;
    buf_clear(&home.text);
    buf_clear(&away.text);
    return size;
}

/* The node's client acme: what key lets it in, and the lists it may ask of. */
static enum assay_err admit_away(struct two *t, const char *key, char lists[200])
{
    struct machines *m = machines_new(t->away_world.store, t->away_world.keys);
    struct machine who;
    enum assay_err rc = machines_admit(m, key, &who, &e);

    lists[0] = '\0';
    for (size_t i = 0; rc == ASSAY_OK && i < who.list_count; i++)
        (void)snprintf(lists + strlen(lists), 200 - strlen(lists), "%s%s ", who.lists[i].name,
                       who.lists[i].detail ? "+" : "");
    machines_free(m);
    return rc;
}

/* ---- tests ---- */

static void a_node_gets_the_lists_it_has_the_right_to_and_no_other(void **state)
{
    struct two *t = *state;
    const uint64_t count = 4100; /* more than a page, and than an answer */
    struct change many = {.t = t, .number = count, .code = "A"};

    OK(store_write(t->home_world.store, put_many, &many, &e));
    (void)put_row(t, 1, 1, "B");
    (void)put_row(t, 2, 2, "C");
    sync_all(t);
    assert_true(compare(t, 2) > count * 100);
    right(t, "node", "gamma", CLIENT_DETAIL);
    sync_all(t);
    (void)compare(t, 3);
}

static void whatever_happens_at_home_a_node_comes_to_have_it(void **state)
{
    struct two *t = *state;
    int64_t rows[60] = {0};
    size_t lists[60] = {0};

    for (int i = 0; i < 400; i++) {
        const size_t at = (size_t)next_random(t, 60);
        struct change c = {.t = t, .list = lists[at], .row_id = rows[at]};
        switch (next_random(t, 7)) {
        case 0:
        case 1:
            lists[at] = (size_t)next_random(t, LISTS);
            rows[at] = put_row(t, lists[at], at, next_random(t, 2) == 0 ? "A" : "B");
            break;
        case 2:
            if (rows[at] != 0)
                turn_row(t, rows[at], "x");
            break;
        case 3:
            if (rows[at] != 0)
                turn_row(t, rows[at], NULL);
            break;
        case 4:
            if (rows[at] != 0)
                OK(store_write(t->home_world.store, take_out, &c, &e));
            break;
        case 5:
            right(t, "node", "beta", next_random(t, 2) == 0 ? CLIENT_NO_RIGHT : CLIENT_DETAIL);
            break;
        default:
            if (next_random(t, 4) == 0)
                OK(feed_renew(&t->home_world, &e));
        }
        if (next_random(t, 2) == 0)
            step(t);
    }
    right(t, "node", "beta", CLIENT_DETAIL);
    sync_all(t);
    assert_true(compare(t, 2) > 0);
}

static void after_a_backup_was_put_back_a_node_has_what_is_there_now(void **state)
{
    struct two *t = *state;
    char statement[200];

    const int64_t old = put_row(t, 0, 1, "A");
    (void)put_row(t, 0, 2, "A");
    sync_all(t);
    /* The same hashes get another number, and the clock goes back. */
    (void)snprintf(statement, sizeof statement,
                   "DELETE FROM list_change; DELETE FROM list_row WHERE id = %lld;"
                   " UPDATE list_clock SET seq = 1",
                   (long long)old);
    record_sql(t->home, statement);
    OK(feed_renew(&t->home_world, &e));
    assert_true(put_row(t, 0, 1, "B") != old);
    (void)put_row(t, 0, 3, "A");
    sync_all(t);
    (void)compare(t, 2);
}

static void a_clock_that_went_back_is_a_reset_without_another_epoch(void **state)
{
    struct two *t = *state;

    (void)put_row(t, 0, 1, "A");
    (void)put_row(t, 0, 2, "A");
    sync_all(t);
    record_sql(t->home, "DELETE FROM list_change; UPDATE list_clock SET seq = 0");
    (void)put_row(t, 0, 3, "A");
    sync_all(t);
    (void)compare(t, 2);
}

/* What changed while the right was away is in no change that the node is told. */
static void a_list_that_comes_back_is_read_whole_again(void **state)
{
    struct two *t = *state;
    struct feed_node_row node;
    struct feed_list_row list;

    turn_row(t, put_row(t, 1, 1, "A"), NULL);
    sync_all(t);
    right(t, "node", "beta", CLIENT_NO_RIGHT);
    OK(feed_stands(&t->away_world, &node, &list, &e));
    OK(ask_changes(t, &node));
    (void)put_row(t, 1, 2, "A");
    OK(feed_stands(&t->away_world, &node, &list, &e));
    OK(ask_changes(t, &node));
    right(t, "node", "beta", CLIENT_DETAIL);
    OK(feed_stands(&t->away_world, &node, &list, &e));
    OK(ask_changes(t, &node)); /* before its old rows are gone */
    sync_all(t);
    (void)compare(t, 2);
}

static enum assay_err find_acme(struct tx *tx, void *ctx, struct err *err)
{
    return client_find(tx, "acme", ctx, err);
}

static void clients_come_with_their_keys_and_rights(void **state)
{
    struct two *t = *state;
    struct people_client_limits off = PEOPLE_CLIENT_USUAL;
    const struct cert cert = {.sha256 = {7}, .until_ms = INT64_MAX};
    char lists[200], fresh[PEOPLE_KEY_SIZE];
    struct client_row acme;

    right(t, "acme", "alpha", CLIENT_ANSWER);
    right(t, "acme", "gamma", CLIENT_DETAIL); /* which the node does not have */
    (void)put_row(t, 0, 1, "A");
    sync_all(t);
    OK(admit_away(t, t->client_key, lists));
    assert_string_equal(lists, "alpha ");
    right(t, "acme", "beta", CLIENT_DETAIL);
    right(t, "acme", "alpha", CLIENT_NO_RIGHT);
    OK(people_client_cert(t->home_world.store, people_operator(), "acme", &cert, &e));
    sync_all(t);
    OK(store_read(t->away_world.store, find_acme, &acme, &e));
    assert_true(acme.has_cert && acme.cert_until_ms == cert.until_ms);
    assert_memory_equal(acme.cert_sha256, cert.sha256, sizeof cert.sha256);
    OK(admit_away(t, t->client_key, lists));
    assert_string_equal(lists, "beta+ ");
    OK(people_client_rotate(t->home_world.store, t->home_world.keys, people_operator(), "acme",
                            fresh, &e));
    sync_all(t);
    assert_int_equal(admit_away(t, t->client_key, lists), ASSAY_EDENIED);
    OK(admit_away(t, fresh, lists));
    off.disabled = 1;
    OK(people_client_change(t->home_world.store, people_operator(), "acme", &off, &e));
    sync_all(t);
    assert_int_equal(admit_away(t, fresh, lists), ASSAY_EDENIED);
}

/* Until a list is whole, a client's question about it would be answered with "no match". */
static void a_right_takes_effect_when_its_list_is_whole(void **state)
{
    struct two *t = *state;
    const struct feed_node_row nothing = {0};
    struct feed_node_row node;
    struct feed_list_row list;
    char lists[200];

    right(t, "acme", "alpha", CLIENT_ANSWER);
    (void)put_row(t, 0, 1, "A");
    OK(ask_changes(t, &nothing));
    OK(feed_stands(&t->away_world, &node, &list, &e));
    OK(ask_changes(t, &node));
    OK(feed_stands(&t->away_world, &node, &list, &e));
    assert_int_equal(node.as_of_ms, 0);
    OK(admit_away(t, t->client_key, lists));
    assert_string_equal(lists, "");
    sync_all(t);
    OK(admit_away(t, t->client_key, lists));
    assert_string_equal(lists, "alpha ");
}

static void who_lost_the_right_is_told_nothing(void **state)
{
    struct two *t = *state;
    struct people_client_limits off = PEOPLE_CLIENT_USUAL;
    const struct feed_ask ask = {0};
    struct buf body;
    int64_t rows;

    buf_init(&body, ANSWER_MAX);
    off.feeds = 0;
    OK(people_client_change(t->home_world.store, people_operator(), "node", &off, &e));
    assert_int_equal(
        feed_tell_changes(&t->home_world, &t->node, &ask, waits_not, NULL, &body, &rows, &e),
        ASSAY_EDENIED);
    assert_int_equal(feed_tell_list(&t->home_world, &t->node, t->lists[0], 0, &body, &rows, &e),
                     ASSAY_EDENIED);
    off.feeds = 1;
    OK(people_client_change(t->home_world.store, people_operator(), "node", &off, &e));
    assert_int_equal(feed_tell_list(&t->home_world, &t->node, t->lists[2], 0, &body, &rows, &e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(body.size, 0);
    buf_clear(&body);
}

static void nothing_of_people_and_items_is_told(void **state)
{
    struct two *t = *state;
    const struct feed_ask ask = {0};
    struct buf body;
    int64_t rows;

    buf_init(&body, ANSWER_MAX);
    turn_row(t, put_row(t, 0, 5, "A"), "a reason");
    (void)put_row(t, 0, 6, "A");
    OK(feed_tell_changes(&t->home_world, &t->node, &ask, waits_not, NULL, &body, &rows, &e));
    OK(feed_tell_list(&t->home_world, &t->node, t->lists[0], 0, &body, &rows, &e));
    const char *const never[] = {"stays here", "reason", "item",  "hits",
                                 "off",        "gamma",  "mac\"", t->client_key};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert_null(strstr(buf_cstr(&body), never[i]));
    assert_non_null(strstr(buf_cstr(&body), "a hotline"));
    assert_int_equal(rows, 1);
    buf_clear(&body);
}

static void an_answer_of_another_epoch_or_sort_is_refused(void **state)
{
    struct two *t = *state;
    struct feed_answer a = {.seq = 5, .head = 5, .time_ms = 1};

    (void)put_row(t, 0, 1, "A");
    sync_all(t);
    memset(a.epoch, 9, sizeof a.epoch);
    assert_int_equal(feed_apply_changes(&t->away_world, &a, &e), ASSAY_ESTATE);
    a.training = true;
    assert_int_equal(feed_apply_changes(&t->away_world, &a, &e), ASSAY_ESTATE);
    assert_non_null(strstr(e.text, "training"));
    assert_int_equal(feed_apply_page(&t->away_world, t->lists[0], &a, &e), ASSAY_ESTATE);
    (void)compare(t, 2);
}

static void what_is_no_answer_is_refused_with_its_member(void **state)
{
    static const struct {
        enum feed_form form;
        const char *text, *says;
    } bad[] = {
        {FEED_CHANGES, "[]", "version"},
        {FEED_CHANGES, "{\"version\":2,\"epoch\":\"\"}", "update"},
        {FEED_LIST, "{\"version\":1,\"epoch\":\"00\"}", "epoch"},
        {FEED_LIST, "{\"version\":1,\"epoch\":\"00112233445566778899aabbccddeeff\"}", "next"},
        {FEED_LIST, "{\"version\":1,\"epoch\":\"00112233445566778899aabbccddeeff\",\"next\":null}",
         "rows"},
        {FEED_LIST,
         "{\"version\":1,\"epoch\":\"00112233445566778899aabbccddeeff\",\"next\":null,"
         "\"rows\":[{\"id\":\"1\",\"list\":\"2\",\"quality\":1}]}",
         "no hash"},
        {FEED_LIST,
         "{\"version\":1,\"epoch\":\"00112233445566778899aabbccddeeff\",\"next\":null,"
         "\"rows\":[{\"id\":\"1\",\"list\":\"2\",\"md5\":\"00\",\"quality\":1}]}",
         "md5"},
        {FEED_CHANGES,
         "{\"version\":1,\"epoch\":\"00112233445566778899aabbccddeeff\",\"seq\":2,\"head\":1}",
         "head"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new();
        struct feed_answer answer;
        assert_int_not_equal(
            feed_answer_parse(a, bad[i].form, bad[i].text, strlen(bad[i].text), &answer, &e),
            ASSAY_OK);
        if (strstr(e.text, bad[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", e.text, bad[i].says);
        arena_free(a);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_node_gets_the_lists_it_has_the_right_to_and_no_other),
        TEST(whatever_happens_at_home_a_node_comes_to_have_it),
        TEST(after_a_backup_was_put_back_a_node_has_what_is_there_now),
        TEST(a_clock_that_went_back_is_a_reset_without_another_epoch),
        TEST(a_list_that_comes_back_is_read_whole_again),
        TEST(clients_come_with_their_keys_and_rights),
        TEST(a_right_takes_effect_when_its_list_is_whole),
        TEST(who_lost_the_right_is_told_nothing),
        TEST(nothing_of_people_and_items_is_told),
        TEST(an_answer_of_another_epoch_or_sort_is_refused),
        cmocka_unit_test(what_is_no_answer_is_refused_with_its_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
