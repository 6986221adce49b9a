/* Clients on the engine that ASSAY_TEST_DB names: keys, rights, rates and counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "people/machines.h"
#include "record_fixture.h"
#include "store/list.h"

static struct err e;

static struct store *store(void **state)
{
    return db_store(((struct record_fixture *)*state)->db);
}

static const struct keys *keys(void **state)
{
    return ((struct record_fixture *)*state)->keys;
}

#define OK(call)                                                                                   \
    do {                                                                                           \
        e.text[0] = '\0';                                                                          \
        if ((call) != ASSAY_OK)                                                                    \
            fail_msg("%s", e.text);                                                                \
    } while (0)

static const struct people_client_limits usual = PEOPLE_CLIENT_USUAL;

static void add(void **state, const char *name, char key[PEOPLE_KEY_SIZE])
{
    OK(people_client_add(store(state), keys(state), people_operator(), name, &usual, key, &e));
}

/* What a server that starts now says. */
static enum assay_err admit(void **state, const char *key, struct machine *out)
{
    struct machines *m = machines_new(store(state), keys(state));
    enum assay_err rc = machines_admit(m, key, out, &e);

    machines_free(m);
    return rc;
}

static enum assay_err insert_list(struct tx *tx, void *ctx, struct err *err)
{
    const struct list_row_head l = {.id = rand_id(),
                                    .name = ctx,
                                    .kind = "hashes",
                                    .trust = "trusted",
                                    .about_sealed = "x",
                                    .about_size = 1,
                                    .created_ms = 1};
    return list_insert(tx, &l, err);
}

/* As keys were kept before nodes were told of them. */
static enum assay_err make_old(struct tx *tx, void *ctx, struct err *err)
{
    struct client_row c;
    enum assay_err rc = client_find(tx, "acme", &c, err);

    if (rc != ASSAY_OK)
        return rc;
    memcpy(c.key_mac, ctx, sizeof c.key_mac);
    c.has_sha256 = false;
    return client_put(tx, &c, err);
}

static void a_key_from_an_older_version_lets_its_client_in(void **state)
{
    char key[PEOPLE_KEY_SIZE], fresh[PEOPLE_KEY_SIZE];
    struct people_key parsed;
    struct machine who;

    add(state, "acme", key);
    OK(people_key_parse(keys(state), key, &parsed));
    assert_memory_not_equal(parsed.mac, parsed.old_mac, sizeof parsed.mac);
    OK(store_write(store(state), make_old, parsed.old_mac, &e));
    OK(admit(state, key, &who));
    assert_false(who.row.has_sha256);
    OK(store_write(store(state), make_old, parsed.mac, &e));
    assert_int_equal(admit(state, key, &who), ASSAY_EDENIED);
    OK(people_client_rotate(store(state), keys(state), people_operator(), "acme", fresh, &e));
    OK(admit(state, fresh, &who));
    assert_true(who.row.has_sha256);
}

static void a_key_lets_its_client_in_and_nothing_like_it(void **state)
{
    char key[PEOPLE_KEY_SIZE], other[PEOPLE_KEY_SIZE];
    struct machine who;

    add(state, "acme", key);
    add(state, "beta", other);
    OK(admit(state, key, &who));
    assert_string_equal(who.row.name, "acme");
    assert_int_equal(who.row.distance_max, 31);
    for (size_t i = 0; i < strlen(key); i++) {
        char bent[PEOPLE_KEY_SIZE];
        memcpy(bent, key, sizeof bent);
        bent[i] = bent[i] == '0' ? '1' : '0';
        assert_int_equal(admit(state, bent, &who), ASSAY_EDENIED);
    }
    assert_int_equal(admit(state, "", &who), ASSAY_EDENIED);
    memcpy(other, key, strlen("assay_") + CLIENT_KEY_ID_SIZE); /* one's id, the other's secret */
    assert_int_equal(admit(state, other, &who), ASSAY_EDENIED);
}

static void a_certificate_lets_its_client_in_until_it_ends(void **state)
{
    struct cert cert = {.sha256 = {1, 2, 3}, .until_ms = clock_now_ms() + 60000};
    const struct cert other = {.sha256 = {1, 2}, .until_ms = INT64_MAX};
    struct machines *m = machines_new(store(state), keys(state));
    char key[PEOPLE_KEY_SIZE], second[PEOPLE_KEY_SIZE];
    struct machine who;

    add(state, "acme", key);
    add(state, "beta", second);
    OK(people_client_cert(store(state), people_operator(), "acme", &cert, &e));
    OK(machines_admit_cert(m, cert.sha256, &who, &e));
    assert_string_equal(who.row.name, "acme");
    assert_int_equal(machines_admit_cert(m, other.sha256, &who, &e), ASSAY_EDENIED);
    assert_int_equal(people_client_cert(store(state), people_operator(), "beta", &cert, &e),
                     ASSAY_EEXISTS);
    assert_int_equal(people_client_cert(store(state), people_operator(), "nobody", &cert, &e),
                     ASSAY_ENOTFOUND);
    machines_free(m);
    OK(people_client_cert(store(state), people_operator(), "acme", NULL, &e));
    m = machines_new(store(state), keys(state));
    assert_int_equal(machines_admit_cert(m, cert.sha256, &who, &e), ASSAY_EDENIED);
    machines_free(m);
    cert.until_ms = clock_now_ms() + 1000;
    OK(people_client_cert(store(state), people_operator(), "acme", &cert, &e));
    while (clock_now_ms() <= cert.until_ms)
        clock_sleep_ms(20);
    m = machines_new(store(state), keys(state));
    assert_int_equal(machines_admit_cert(m, cert.sha256, &who, &e), ASSAY_EDENIED);
    machines_free(m);
    assert_int_equal(people_client_cert(store(state), people_operator(), "beta", &cert, &e),
                     ASSAY_ERANGE);
    OK(admit(state, key, &who));
}

static void a_new_key_and_a_switch_end_the_old_one(void **state)
{
    struct people_client_limits off = usual, past = usual, wide = usual;
    char key[PEOPLE_KEY_SIZE], fresh[PEOPLE_KEY_SIZE];
    struct machine who;

    add(state, "acme", key);
    OK(people_client_rotate(store(state), keys(state), people_operator(), "acme", fresh, &e));
    assert_int_equal(admit(state, key, &who), ASSAY_EDENIED);
    OK(admit(state, fresh, &who));
    off.disabled = 1;
    OK(people_client_change(store(state), people_operator(), "acme", &off, &e));
    assert_int_equal(admit(state, fresh, &who), ASSAY_EDENIED);
    off.disabled = 0;
    OK(people_client_change(store(state), people_operator(), "acme", &off, &e));
    OK(admit(state, fresh, &who));
    past.expires_ms = clock_now_ms() - 1;
    OK(people_client_change(store(state), people_operator(), "acme", &past, &e));
    assert_int_equal(admit(state, fresh, &who), ASSAY_EDENIED);
    wide.distance_max = 32;
    assert_int_equal(people_client_change(store(state), people_operator(), "acme", &wide, &e),
                     ASSAY_ERANGE);
    assert_int_equal(people_client_change(store(state), people_operator(), "nobody", &off, &e),
                     ASSAY_ENOTFOUND);
    assert_int_equal(
        people_client_add(store(state), keys(state), people_operator(), "acme", &usual, key, &e),
        ASSAY_EEXISTS);
    assert_int_equal(
        people_client_add(store(state), keys(state), people_operator(), "A b", &usual, key, &e),
        ASSAY_ERANGE);
}

static void rights_are_given_and_taken_by_list(void **state)
{
    char key[PEOPLE_KEY_SIZE], name[] = "alpha";
    struct machine who;

    add(state, "acme", key);
    OK(store_write(store(state), insert_list, name, &e));
    assert_int_equal(
        people_client_right(store(state), people_operator(), "acme", "none", CLIENT_DETAIL, &e),
        ASSAY_ENOTFOUND);
    OK(people_client_right(store(state), people_operator(), "acme", name, CLIENT_DETAIL, &e));
    OK(admit(state, key, &who));
    assert_int_equal(who.list_count, 1);
    assert_true(who.lists[0].detail);
    assert_string_equal(who.lists[0].name, name);
    OK(people_client_right(store(state), people_operator(), "acme", name, CLIENT_ANSWER, &e));
    OK(admit(state, key, &who));
    assert_false(who.lists[0].detail);
    OK(people_client_right(store(state), people_operator(), "acme", name, CLIENT_NO_RIGHT, &e));
    OK(admit(state, key, &who));
    assert_int_equal(who.list_count, 0);
}

static void nobody_asks_more_than_they_may(void **state)
{
    struct people_client_limits slow = usual;
    char key[PEOPLE_KEY_SIZE];
    struct machine who;
    int64_t wait_s = -1;

    slow.rate = 1;
    slow.burst = 1000;
    OK(people_client_add(store(state), keys(state), people_operator(), "acme", &slow, key, &e));
    struct machines *m = machines_new(store(state), keys(state));
    OK(machines_admit(m, key, &who, &e));
    assert_int_equal(machines_take(m, &who, 1001, &wait_s, &e), ASSAY_ELIMIT);
    assert_int_equal(wait_s, 0);
    OK(machines_take(m, &who, 1000, &wait_s, &e));
    assert_int_equal(machines_take(m, &who, 500, &wait_s, &e), ASSAY_ELIMIT);
    assert_in_range(wait_s, 1, 501);
    machines_free(m);
}

static void what_was_asked_is_counted_and_on_the_record(void **state)
{
    char key[PEOPLE_KEY_SIZE];
    struct machine who;
    struct buf b;

    add(state, "acme", key);
    struct machines *m = machines_new(store(state), keys(state));
    OK(machines_admit(m, key, &who, &e));
    machines_count(m, &who, 0, MACHINE_CALL, 1);
    machines_count(m, &who, 0, MACHINE_NO_MATCH, 7);
    machines_count(m, &who, 9, MACHINE_MATCH, 2);
    OK(machines_flush(m, &e));
    machines_count(m, &who, 0, MACHINE_NO_MATCH, 3);
    machines_free(m); /* writes the rest */
    buf_init(&b, 65536);
    OK(people_clients(store(state), "acme", &b, &e));
    const char *text = buf_cstr(&b);
    assert_non_null(strstr(text, "\"outcome\":\"no_match\",\"count\":10}"));
    assert_non_null(strstr(text, "\"list\":\"9\",\"outcome\":\"match\",\"count\":2}"));
    assert_null(strstr(text, key + PEOPLE_KEY_SIZE - 20));
    buf_clear(&b);
    record_advance(*state);
    record_verify(*state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, record_setup, record_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_key_lets_its_client_in_and_nothing_like_it),
        TEST(a_key_from_an_older_version_lets_its_client_in),
        TEST(a_certificate_lets_its_client_in_until_it_ends),
        TEST(a_new_key_and_a_switch_end_the_old_one),
        TEST(rights_are_given_and_taken_by_list),
        TEST(nobody_asks_more_than_they_may),
        TEST(what_was_asked_is_counted_and_on_the_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
