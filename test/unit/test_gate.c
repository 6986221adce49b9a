/* The gate: which requests are let in, and which come from our own pages; and finding cookies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "http/gate.h"

static const struct gate_site loopback = {.port = 8470}, proxied = {.port = 0},
                              public = {.public_host = "Assay.example:8443"},
                              local = {.port = 8470, .local_programs = true};

struct ask {
    const char *method, *target, *version;
    const char *headers[8]; /* name, value ... */
};

static enum assay_err check(const struct gate_site *site, const struct ask *a,
                            struct gate_verdict *v)
{
    struct gate_header h[4];
    struct gate_request r = {a->method, a->target, a->version, h, 0};

    for (size_t i = 0; i < 8 && a->headers[i] != NULL; i += 2)
        h[r.header_count++] = (struct gate_header){
            a->headers[i], a->headers[i + 1], strlen(a->headers[i]), strlen(a->headers[i + 1])};
    return gate_check(site, &r, v, NULL);
}

#define HOST "Host", "127.0.0.1:8470"

static void plain_requests_are_let_in(void **state)
{
    static const struct ask good[] = {
        {"GET", "/", "HTTP/1.1", {HOST}},
        {"GET", "/api/v1/record/entries?from=0&count=50", "HTTP/1.1", {"host", "localhost:8470"}},
        {"DELETE", "/api/v1/leases/00ff", "HTTP/1.1", {"HOST", "[::1]:8470"}},
        {"POST", "/api/v1/undo", "HTTP/1.1", {HOST, "Content-Length", "0"}},
        {"POST", "/a", "HTTP/1.1", {HOST, "Content-Length", "65536"}},
        {"PATCH", "/a", "HTTP/1.1", {HOST, "Transfer-Encoding", "Chunked"}},
        {"GET", "/a.b-c_d~e", "HTTP/1.0", {HOST, "X-A", "tab\there"}},
        {"GET", "/a", "HTTP/1.1", {HOST, "Accept", "a", "Accept", "b"}},
    };
    struct gate_verdict v;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(check(&loopback, &good[i], &v), ASSAY_OK);
    assert_int_equal(check(&loopback, &good[1], &v), ASSAY_OK);
    assert_int_equal(v.path_size, strlen("/api/v1/record/entries"));
    assert_string_equal(v.query, "from=0&count=50");
    assert_false(v.has_body);
    assert_int_equal(check(&loopback, &good[4], &v), ASSAY_OK);
    assert_true(v.has_body);
    assert_int_equal(v.length, 65536);
    assert_int_equal(check(&loopback, &good[5], &v), ASSAY_OK);
    assert_true(v.has_body);
}

static void odd_requests_are_refused(void **state)
{
    static const struct ask odd[] = {
        {"get", "/", "HTTP/1.1", {HOST}},
        {"OPTIONS", "/", "HTTP/1.1", {HOST}},
        {"TRACE", "/", "HTTP/1.1", {HOST}},
        {"", "/", "HTTP/1.1", {HOST}},
        {"GET", "/", "HTTP/2.0", {HOST}},
        {"GET", "/", "HTTP/0.9", {HOST}},
        {"GET", "", "HTTP/1.1", {HOST}},
        {"GET", "*", "HTTP/1.1", {HOST}},
        {"GET", "http://127.0.0.1:8470/", "HTTP/1.1", {HOST}},
        {"GET", "//a", "HTTP/1.1", {HOST}},
        {"GET", "/a//b", "HTTP/1.1", {HOST}},
        {"GET", "/..", "HTTP/1.1", {HOST}},
        {"GET", "/.", "HTTP/1.1", {HOST}},
        {"GET", "/a/../b", "HTTP/1.1", {HOST}},
        {"GET", "/a/./b", "HTTP/1.1", {HOST}},
        {"GET", "/a/..b", "HTTP/1.1", {HOST}},
        {"GET", "/%2e%2e", "HTTP/1.1", {HOST}},
        {"GET", "/a%00", "HTTP/1.1", {HOST}},
        {"GET", "/a\\b", "HTTP/1.1", {HOST}},
        {"GET", "/a;b", "HTTP/1.1", {HOST}},
        {"GET", "/\xc3\xa9", "HTTP/1.1", {HOST}},
        {"GET", "/a?b=%20", "HTTP/1.1", {HOST}},
        {"GET", "/a?b=/../c", "HTTP/1.1", {HOST}},
        {"GET", "/", "HTTP/1.1", {NULL}},
        {"GET", "/", "HTTP/1.1", {HOST, HOST}},
        {"GET", "/", "HTTP/1.1", {"Host", ""}},
        {"GET", "/", "HTTP/1.1", {"Host", "evil.example"}},
        {"GET", "/", "HTTP/1.1", {"Host", "127.0.0.1"}},
        {"GET", "/", "HTTP/1.1", {"Host", "127.0.0.1:80"}},
        {"GET", "/", "HTTP/1.1", {"Host", "127.0.0.1:84700"}},
        {"GET", "/", "HTTP/1.1", {"Host", "a@127.0.0.1:8470"}},
        {"GET", "/", "HTTP/1.1", {HOST, "X A", "b"}},
        {"GET", "/", "HTTP/1.1", {HOST, "X-A ", "b"}},
        {"GET", "/", "HTTP/1.1", {HOST, "", "b"}},
        {"GET", "/", "HTTP/1.1", {HOST, "X-A", "a\rb"}},
        {"GET", "/", "HTTP/1.1", {HOST, "X-A", "a\nb"}},
        {"GET", "/", "HTTP/1.1", {HOST, "X-A", "a\x7f"}},
        {"GET", "/", "HTTP/1.1", {HOST, "Content-Length", "5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "+5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "-5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "-0"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "5 "}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "5, 5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "0x5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", ""}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "99999999999999999999"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "5", "Content-Length", "5"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "5", "Transfer-Encoding", "chunked"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Transfer-Encoding", "xchunked"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Transfer-Encoding", "chunked, chunked"}},
        {"POST", "/", "HTTP/1.1", {HOST, "Transfer-Encoding", "identity"}},
        {"POST", "/", "HTTP/1.0", {HOST, "Transfer-Encoding", "chunked"}},
        {"GET", "/", "HTTP/1.1", {HOST, "Cookie", "a=b", "Cookie", "c=d"}},
        {"GET", "/", "HTTP/1.1", {HOST, "Origin", "a", "Origin", "b"}},
    };
    struct gate_verdict v;

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        if (check(&loopback, &odd[i], &v) != ASSAY_EFORMAT)
            fail_msg("case %zu: %s %s was let in", i, odd[i].method, odd[i].target);
    }
}

static void long_things_are_refused(void **state)
{
    char target[GATE_TARGET_MAX + 2];
    struct ask a = {"GET", target, "HTTP/1.1", {HOST}};
    const struct ask body = {"POST", "/", "HTTP/1.1", {HOST, "Content-Length", "65537"}};
    struct gate_header many[GATE_HEADERS_MAX + 1];
    struct gate_request r = {"GET", "/", "HTTP/1.1", many, GATE_HEADERS_MAX + 1};
    struct gate_verdict v;

    (void)state;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[GATE_TARGET_MAX] = '\0';
    assert_int_equal(check(&loopback, &a, &v), ASSAY_OK);
    target[GATE_TARGET_MAX] = 'a';
    target[GATE_TARGET_MAX + 1] = '\0';
    assert_int_equal(check(&loopback, &a, &v), ASSAY_EFORMAT);
    assert_int_equal(check(&loopback, &body, &v), ASSAY_ELIMIT);
    for (size_t i = 0; i <= GATE_HEADERS_MAX; i++)
        many[i] = (struct gate_header){"X-A", "b", 3, 1};
    many[0] = (struct gate_header){HOST, 4, strlen("127.0.0.1:8470")};
    assert_int_equal(gate_check(&loopback, &r, &v, NULL), ASSAY_EFORMAT);
    r.header_count--;
    assert_int_equal(gate_check(&loopback, &r, &v, NULL), ASSAY_OK);
}

static void a_proxy_knows_its_names(void **state)
{
    const struct ask a = {"GET", "/", "HTTP/1.1", {"Host", "assay.example"}};
    struct gate_verdict v;

    (void)state;
    assert_int_equal(check(&proxied, &a, &v), ASSAY_OK);
    assert_int_equal(check(&loopback, &a, &v), ASSAY_EFORMAT);
}

static void a_public_host_is_the_only_one(void **state)
{
    static const char *const good[] = {"assay.example:8443", "ASSAY.EXAMPLE:8443", "localhost"};
    static const char *const bad[] = {"assay.example", "assay.example:443", "127.0.0.1", "evil"};
    struct gate_verdict v;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(
            check(&public, &(struct ask){"GET", "/", "HTTP/1.1", {"Host", good[i]}}, &v), ASSAY_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(
            check(&public, &(struct ask){"GET", "/", "HTTP/1.1", {"Host", bad[i]}}, &v),
            ASSAY_EFORMAT);
}

static void a_public_address_is_https_and_a_host(void **state)
{
    static const char *const bad[] = {"http://a.example",
                                      "https://",
                                      "a.example",
                                      "https://a.example/",
                                      "https://a.example/x",
                                      "",
                                      "https://me@a.example",
                                      "HTTPS://a.example"};
    const char *host = NULL;

    (void)state;
    assert_int_equal(gate_public_host("https://a.example:8443", &host, NULL), ASSAY_OK);
    assert_string_equal(host, "a.example:8443");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(gate_public_host(bad[i], &host, NULL), ASSAY_ERANGE);
}

static void only_our_own_pages_may_change_anything(void **state)
{
    static const struct {
        const struct gate_site *site;
        enum gate_method method;
        const char *origin, *fetch_site;
        bool cookie, api, good;
    } cases[] = {
        {&loopback, GATE_POST, "http://h:1", NULL, true, true, true},
        {&loopback, GATE_POST, "http://H:1", "same-origin", true, true, true},
        {&loopback, GATE_POST, NULL, "same-origin", true, true, true},
        {&loopback, GATE_POST, NULL, NULL, false, true, true},
        {&loopback, GATE_POST, NULL, NULL, true, true, false},
        {&loopback, GATE_DELETE, NULL, NULL, true, true, false},
        {&loopback, GATE_POST, "null", NULL, true, true, false},
        {&loopback, GATE_POST, "", NULL, true, true, false},
        {&loopback, GATE_POST, "https://h:1", NULL, true, true, false},
        {&loopback, GATE_POST, "http://h:12", NULL, true, true, false},
        {&loopback, GATE_POST, "http://h", NULL, true, true, false},
        {&loopback, GATE_POST, "http://evil", "same-origin", false, true, false},
        {&loopback, GATE_POST, "http://h:1", "cross-site", true, true, false},
        {&loopback, GATE_POST, NULL, "same-site", false, true, false},
        {&loopback, GATE_POST, NULL, "none", true, true, false},
        {&loopback, GATE_POST, "http://evil", NULL, true, false, false},
        {&loopback, GATE_GET, NULL, NULL, true, true, true},
        {&loopback, GATE_GET, NULL, "none", true, true, true},
        {&loopback, GATE_GET, NULL, "cross-site", true, true, false},
        {&loopback, GATE_GET, NULL, "cross-site", true, false, true},
        {&proxied, GATE_POST, "https://h:1", NULL, true, true, true},
        {&proxied, GATE_POST, "https://evil", NULL, true, true, false},
        {&public, GATE_POST, "https://assay.example:8443", NULL, true, true, true},
        {&public, GATE_POST, "http://assay.example:8443", NULL, true, true, false},
        {&public, GATE_POST, "https://assay.example", NULL, true, true, false},
        {&public, GATE_POST, "https://h:1", NULL, true, true, false},
        {&public, GATE_POST, NULL, "same-origin", true, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct gate_verdict v = {.method = cases[i].method,
                                       .host = "h:1",
                                       .origin = cases[i].origin,
                                       .fetch_site = cases[i].fetch_site,
                                       .has_cookie = cases[i].cookie};
        enum assay_err rc = gate_same_site(cases[i].site, &v, cases[i].api, NULL);
        if (rc != (cases[i].good ? ASSAY_OK : ASSAY_EDENIED))
            fail_msg("case %zu gives %s", i, assay_err_name(rc));
    }
}

static void a_program_of_this_machine_is_told_from_a_page(void **state)
{
    static const struct ask plain = {"POST", "/m/lookup", "HTTP/1.1", {HOST, "Accept", "*/*"}};
    static const char *const foreign[][2] = {
        {"Origin", "null"},          {"referer", "http://a/"},   {"Cookie", "a=b"},
        {"Authorization", "Bearer"}, {"Via", "1.1 a"},           {"Sec-Fetch-Dest", "empty"},
        {"sec-ch-ua", "a"},          {"X-Forwarded-Host", "a"},  {"X-Forwarded-For", "::1"},
        {"Forwarded", "for=a"},      {"X-Real-IP", "192.0.2.1"}, {"User-Agent", "mozilla/5.0"},
    };
    const struct gate_site both = {.public_host = "127.0.0.1:8470", .local_programs = true};
    struct gate_verdict v;

    (void)state;
    assert_int_equal(check(&local, &plain, &v), ASSAY_OK);
    assert_true(v.by_local && v.is_part);
    assert_int_equal(check(&loopback, &plain, &v), ASSAY_OK);
    assert_false(v.by_local || v.is_part);
    assert_int_equal(check(&both, &plain, &v), ASSAY_OK);
    assert_false(v.by_local);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const struct ask a = {
            "POST", "/m/lookup", "HTTP/1.1", {HOST, foreign[i][0], foreign[i][1]}};
        assert_int_equal(check(&local, &a, &v), ASSAY_OK);
        assert_false(v.by_local);
    }
}

static void a_cookie_is_found_when_it_is_there_once(void **state)
{
    char out[5];

    (void)state;
    assert_true(gate_cookie("id=abcd", "id", out, sizeof out));
    assert_string_equal(out, "abcd");
    assert_true(gate_cookie("a=b; id=xy; c=d", "id", out, sizeof out));
    assert_string_equal(out, "xy");
    assert_true(gate_cookie("id=", "id", out, sizeof out));
    assert_string_equal(out, "");
    assert_false(gate_cookie(NULL, "id", out, sizeof out));
    assert_false(gate_cookie("", "id", out, sizeof out));
    assert_false(gate_cookie("id", "id", out, sizeof out));
    assert_false(gate_cookie("xid=ab; idx=cd", "id", out, sizeof out));
    assert_false(gate_cookie("id=ab; id=cd", "id", out, sizeof out));
    assert_false(gate_cookie("id=abcde", "id", out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_are_let_in),
        cmocka_unit_test(odd_requests_are_refused),
        cmocka_unit_test(long_things_are_refused),
        cmocka_unit_test(a_proxy_knows_its_names),
        cmocka_unit_test(a_public_host_is_the_only_one),
        cmocka_unit_test(a_public_address_is_https_and_a_host),
        cmocka_unit_test(only_our_own_pages_may_change_anything),
        cmocka_unit_test(a_program_of_this_machine_is_told_from_a_page),
        cmocka_unit_test(a_cookie_is_found_when_it_is_there_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
