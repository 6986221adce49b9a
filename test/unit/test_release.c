/* Releases: which rows go out, who may ask and let go, what a change in between does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "flow/export/release.h"
#include "release_fixture.h"
#include "store/item.h"
#include "store/match.h"
#include "store/releases.h"
#include "store/task.h"

#define LIST_MAX (1 << 20)

/* hashes.csv of an approved release as lines. */
static char *csv_of(struct release_fixture *f, int64_t id)
{
    struct buf b;

    buf_init(&b, LIST_MAX);
    assert_int_equal(release_file(&f->w, &f->asks, id, "hashes.csv", &b, &f->e), ASSAY_OK);
    return buf_take(&b);
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void only_listed_rows_of_closed_lots_with_enough_readings_go_out(void **state)
{
    static const struct graded cases[] = {
        {0},                                                   /* one reading */
        {.vote = "L1"},                                        /* two: a source voted the same */
        {.reading = "L1"},                                     /* two: read again */
        {.vote = "L1", .reading = "L1", .code = "L1"},         /* three */
        {.vote = "L2", .reading = "L2"},                       /* others saw something else: one */
        {.code = "related"},                                   /* not listed */
        {.code = "gone"},                                      /* no code of the scheme */
        {.state = "submitted"},                                /* not passed */
        {.own_lot = true, .lot_state = "submitted"},           /* its lot is not */
        {.own_lot = true, .lot_state = "failed"},              /* nor this one */
        {.own_lot = true, .reading = "L1", .correction = true} /* a correction is open in its lot */
    };
    struct release_fixture *f = *state;
    char *csv;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        (void)release_grade(f, &cases[i], 1);
    csv = csv_of(f, release_approved(f, 1));
    assert_int_equal(count_of(csv, "\r\n"), 1 + 5);
    assert_int_equal(count_of(csv, ",seen,1,2026-11-22,training\r\n"), 2);
    assert_int_equal(count_of(csv, ",seen,2,2026-11-22,training\r\n"), 2);
    assert_int_equal(count_of(csv, ",seen,3,2026-11-22,training\r\n"), 1);
    mem_free(csv);
    csv = csv_of(f, release_approved(f, 2));
    assert_int_equal(count_of(csv, "\r\n"), 1 + 3);
    assert_int_equal(count_of(csv, ",seen,1,"), 0);
    mem_free(csv);
    assert_int_equal(release_list(&f->w, &f->asks, &f->answer, &f->e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&f->answer),
                           "\"candidates\":[{\"scheme\":\"training-landscapes\",\"rows\":5,"
                           "\"held_lots\":4,\"held_readings\":2,\"guarded\":[],"));
}

static void a_pdq_with_a_reason_or_none_never_goes_out_as_trusted(void **state)
{
    static const struct graded cases[] = {
        {.pdq_reason = "low_quality"}, {.no_pdq = true}, {.pdq_reason = "degenerate"}};
    struct release_fixture *f = *state;

    for (size_t i = 0; i < 3; i++)
        (void)release_grade(f, &cases[i], 1);
    char *csv = csv_of(f, release_approved(f, 1));
    assert_int_equal(count_of(csv, ",100,low_quality,,"), 1);
    assert_int_equal(count_of(csv, ",640,480,,,unsupported,,"), 1);
    assert_int_equal(count_of(csv, ",640,480,,,degenerate,,"), 1);
    mem_free(csv);
}

static enum assay_err ask(struct release_fixture *f, int64_t min_readings)
{
    f->e.text[0] = '\0';
    return release_request(&f->w, &f->asks, NULL, f->scheme, min_readings, &f->answer, &f->e);
}

static void an_empty_release_is_refused_saying_what_is_missing(void **state)
{
    struct release_fixture *f = *state;
    const struct graded open = {.own_lot = true, .lot_state = "submitted"};
    const struct graded one = {0};

    assert_int_equal(ask(f, 1), ASSAY_ESTATE);
    assert_string_equal(f->e.text,
                        "there is nothing to release: no task of training-landscapes has "
                        "a decision on a listed code whose lot has passed");
    (void)release_grade(f, &open, 1);
    assert_int_equal(ask(f, 1), ASSAY_ESTATE);
    assert_string_equal(f->e.text, "there is nothing to release of training-landscapes yet; 1 "
                                   "listed in lots that are not closed yet");
    (void)release_grade(f, &one, 3);
    assert_int_equal(ask(f, 2), ASSAY_ESTATE);
    assert_string_equal(f->e.text,
                        "there is nothing to release of training-landscapes yet; 1 listed in lots "
                        "that are not closed yet; 3 passed with fewer than 2 readings");
    assert_int_equal(ask(f, 0), ASSAY_EFORMAT);
    assert_int_equal(release_request(&f->w, &f->asks, NULL, "none", 1, &f->answer, &f->e),
                     ASSAY_ENOTFOUND);
    assert_string_equal(f->e.text, "the scheme none is not loaded here");
}

static void who_asked_cannot_decide_and_another_must_quote_the_content(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    uint8_t content[32], other[32] = {1};

    (void)release_grade(f, &one, 7);
    int64_t id = release_ask(f, 1, content);
    assert_string_equal(release_answer_text(f, "rows"), "7");
    assert_int_equal(release_approve(&f->w, &f->asks, id, content, &f->answer, &f->e),
                     ASSAY_EDENIED);
    assert_string_equal(f->e.text, "you asked for this release; another person decides on it");
    assert_int_equal(release_refuse(&f->w, &f->asks, id, "no", &f->answer, &f->e), ASSAY_EDENIED);
    assert_int_equal(release_approve(&f->w, &f->approves, id, other, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_string_equal(f->e.text,
                        "this is not the content that was asked for; read the release again");
    assert_int_equal(release_approve(&f->w, &f->approves, id + 1, content, &f->answer, &f->e),
                     ASSAY_ENOTFOUND);
    release_let_go(f, id, content);
    assert_string_equal(release_answer_text(f, "state"), "approved");
    assert_string_equal(release_answer_text(f, "requested_by"), "ruth");
    assert_string_equal(release_answer_text(f, "decided_by"), "carl");
    assert_int_equal(release_approve(&f->w, &f->approves, id, content, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_string_equal(f->e.text, "this release was approved already");
    assert_int_equal(release_get(&f->w, &f->asks, id, &f->answer, &f->e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&f->answer), "\"codes\":[{\"code\":\"L1\",\"count\":7}]"));
    assert_non_null(strstr(buf_cstr(&f->answer), "\"mine\":true"));
    assert_int_equal(count_of(buf_cstr(&f->answer), "\"sha256\":"), 7);
}

static void a_change_between_asking_and_approving_wants_a_new_release(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    const struct graded other = {.own_lot = true};
    struct buf b;
    uint8_t content[32];
    char *path = NULL;

    (void)release_grade(f, &one, 3);
    int64_t task = release_grade(f, &other, 1);
    int64_t id = release_ask(f, 1, content);
    (void)release_grade(f, &one, 1); /* what came later changes nothing of what was asked for */
    release_supersede(f, task, "L2");
    assert_int_equal(release_approve(&f->w, &f->approves, id, content, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_non_null(strstr(f->e.text, "was graded anew or its lot is open again"));
    assert_non_null(strstr(f->e.text, "ask anew"));
    assert_int_equal(release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e),
                     ASSAY_ESTATE);

    id = release_approved(f, 1); /* approved, then changed: it does not go out either */
    release_supersede(f, task, "L3");
    buf_init(&b, LIST_MAX);
    assert_int_equal(release_file(&f->w, &f->asks, id, "hashes.csv", &b, &f->e), ASSAY_ESTATE);
    assert_int_equal(b.size, 0);
    assert_int_equal(release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e),
                     ASSAY_ESTATE);
    assert_null(path);
    buf_clear(&b);
}

struct changed {
    int64_t release_id, task_id;
};

/* Rows of another number than the release says, as a server killed while it wrote them leaves. */
static enum assay_err add_row(struct tx *tx, void *ctx, struct err *e)
{
    const struct changed *c = ctx;
    struct task_row t;
    enum assay_err rc = task_get(tx, c->task_id, &t, e);
    struct release_line l = {.task_id = t.id, .decision_id = t.decision_id, .readings = 1};

    return rc != ASSAY_OK ? rc : release_add_row(tx, c->release_id, 3, &l, e);
}

/* The decoder's newer version finds another hash. */
static enum assay_err identify_again(struct tx *tx, void *ctx, struct err *e)
{
    const struct changed *c = ctx;
    struct task_row t;
    struct picture_row p;
    enum assay_err rc;

    if ((rc = task_get(tx, c->task_id, &t, e)) != 0 ||
        (rc = picture_get(tx, t.item_id, &p, e)) != 0)
        return rc;
    p.maker = "test";
    p.pdq[0] ^= 1;
    return picture_put(tx, &p, e);
}

static void rows_or_bytes_that_are_not_those_asked_for_are_not_approved(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    uint8_t content[32];
    struct changed c;

    c.task_id = release_grade(f, &one, 3);
    c.release_id = release_ask(f, 1, content);
    assert_int_equal(store_write(f->w.store, add_row, &c, &f->e), ASSAY_OK);
    assert_int_equal(release_approve(&f->w, &f->approves, c.release_id, content, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_string_equal(f->e.text, "the release is not complete: it has 4 of 3 rows; ask anew");
    c.release_id = release_ask(f, 1, content);
    assert_int_equal(store_write(f->w.store, identify_again, &c, &f->e), ASSAY_OK);
    assert_int_equal(release_approve(&f->w, &f->approves, c.release_id, content, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_string_equal(f->e.text,
                        "what would go out has changed since it was asked for; ask anew");
}

static void asking_twice_with_one_key_gives_one_release(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    const struct once once = {.key = "0123456789"};
    struct once changed = once;

    changed.body_sha256[0] = 1;
    (void)release_grade(f, &one, 2);
    assert_int_equal(release_request(&f->w, &f->asks, &once, f->scheme, 1, &f->answer, &f->e),
                     ASSAY_OK);
    char *first = mem_strdup(buf_cstr(&f->answer));
    (void)release_grade(f, &one, 2);
    assert_int_equal(release_request(&f->w, &f->asks, &once, f->scheme, 1, &f->answer, &f->e),
                     ASSAY_OK);
    assert_string_equal(buf_cstr(&f->answer), first);
    assert_int_equal(release_request(&f->w, &f->asks, &changed, f->scheme, 1, &f->answer, &f->e),
                     ASSAY_ESTATE);
    mem_free(first);
}

static void a_refused_release_does_not_go_out_and_its_reason_is_sealed(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    struct audit_report report;
    struct buf b;
    uint8_t content[32];
    char *path = NULL;

    (void)release_grade(f, &one, 2);
    int64_t id = release_ask(f, 1, content);
    assert_int_equal(release_refuse(&f->w, &f->approves, id, "", &f->answer, &f->e), ASSAY_EFORMAT);
    assert_int_equal(
        release_refuse(&f->w, &f->approves, id, "the lake is missing", &f->answer, &f->e),
        ASSAY_OK);
    assert_string_equal(release_answer_text(f, "state"), "refused");
    assert_int_equal(release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e),
                     ASSAY_ESTATE);
    assert_int_equal(release_write(&f->w, people_operator(), 0, 0, f->out, &path, &f->e),
                     ASSAY_ENOTFOUND);
    assert_non_null(strstr(f->e.text, "no release is approved yet"));
    buf_init(&b, LIST_MAX);
    assert_int_equal(release_file(&f->w, &f->asks, id, "manifest.json", &b, &f->e), ASSAY_ESTATE);
    assert_int_equal(release_file(&f->w, &f->asks, id, "../x", &b, &f->e), ASSAY_ENOTFOUND);
    buf_clear(&b);
    assert_int_equal(audit_advance(f->w.store, f->w.keys, f->w.data_dir, NULL, &f->e), ASSAY_OK);
    assert_int_equal(audit_verify(f->w.store, f->w.keys, f->w.data_dir, &report, &f->e), ASSAY_OK);
    assert_int_equal(folder_search(db_folder(f->db), "the lake is missing", 19, NULL), 0);
}

static void a_long_release_goes_through_its_pages(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0}, two = {.code = "L3"};
    struct package_report report;
    char *path;

    (void)release_grade(f, &one, 1000); /* two pages to the row, then a part of one */
    int64_t id = release_approved(f, 1);
    path = release_to_folder(f, id);
    assert_int_equal(package_verify(path, NULL, PACKAGE_TRAINING_TOO, &report, &f->e), ASSAY_OK);
    assert_int_equal(report.rows, 1000);
    mem_free(path);
    (void)release_grade(f, &two, 203);
    path = release_to_folder(f, release_approved(f, 1));
    assert_int_equal(package_verify(path, NULL, PACKAGE_TRAINING_TOO, &report, &f->e), ASSAY_OK);
    assert_int_equal(report.rows, 1203);
    mem_free(path);
}

struct guarding {
    struct release_fixture *f;
    int64_t task;
};

static enum assay_err guard_one(struct tx *tx, void *ctx, struct err *e)
{
    static const char about[] = "{\"source\":\"A partner\",\"reason\":\"a \u00e9\"}";
    const struct guarding *g = ctx;
    struct task_row task;
    struct buf sealed;
    struct list_row_head l = {
        .id = 7001, .name = "keep", .kind = "never_export", .trust = "candidate", .created_ms = 1};
    struct list_record r = {.id = 7002, .list_id = l.id, .has = LIST_MD5, .tags = ""};
    struct match_row m = {.row_id = 7002, .found_ms = 1, .kind = "md5", .outcome = "guard"};
    enum list_put what;
    bool added;
    enum assay_err rc = task_get(tx, g->task, &task, e);

    m.item_id = task.item_id;
    buf_init(&sealed, 1024);
    keys_seal(g->f->w.keys, &l.id, sizeof l.id, about, strlen(about), &sealed);
    l.about_sealed = sealed.data;
    l.about_size = sealed.size;
    if (rc == ASSAY_OK && (rc = list_insert(tx, &l, e)) == ASSAY_OK &&
        (rc = list_put(tx, &r, 1, &what, e)) == ASSAY_OK)
        rc = match_insert(tx, &m, &added, e);
    buf_clear(&sealed);
    return rc;
}

static enum assay_err take_guard_off(struct tx *tx, void *ctx, struct err *e)
{
    const struct list_switch s = {.now_ms = 1, .reason_sealed = "x", .reason_size = 1};

    (void)ctx;
    return list_switch(tx, 7002, &s, e);
}

static void what_a_guard_has_goes_out_neither_in_a_new_release_nor_in_one_asked_for(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    uint8_t content[32];

    struct guarding g = {f, release_grade(f, &one, 2)};
    int64_t id = release_ask(f, 1, content);
    assert_int_equal(store_write(f->w.store, guard_one, &g, &f->e), ASSAY_OK);
    assert_int_equal(release_list(&f->w, &f->asks, &f->answer, &f->e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&f->answer),
                           "\"code\":\"L1\",\"list\":\"keep\",\"kind\":\"never_export\","
                           "\"reason\":\"a \u00e9\",\"hash\":\"md5\",\"distance\":0,"
                           "\"expires_at\":null}],\"more_guarded\":false"));
    assert_int_equal(release_approve(&f->w, &f->approves, id, content, &f->answer, &f->e),
                     ASSAY_ESTATE);
    assert_non_null(strstr(f->e.text, "never_export"));
    char *csv = csv_of(f, release_approved(f, 1));
    assert_int_equal(count_of(csv, "\r\n"), 1 + 1);
    mem_free(csv);
    assert_int_equal(store_write(f->w.store, take_guard_off, NULL, &f->e), ASSAY_OK);
    assert_int_equal(release_list(&f->w, &f->asks, &f->answer, &f->e), ASSAY_OK);
    assert_non_null(strstr(buf_cstr(&f->answer), "\"guarded\":[]"));
    csv = csv_of(f, release_approved(f, 1));
    assert_int_equal(count_of(csv, "\r\n"), 1 + 2);
    mem_free(csv);
}

#define RELEASE_TEST(t) cmocka_unit_test_setup_teardown(t, release_setup, release_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RELEASE_TEST(only_listed_rows_of_closed_lots_with_enough_readings_go_out),
        RELEASE_TEST(a_pdq_with_a_reason_or_none_never_goes_out_as_trusted),
        RELEASE_TEST(an_empty_release_is_refused_saying_what_is_missing),
        RELEASE_TEST(who_asked_cannot_decide_and_another_must_quote_the_content),
        RELEASE_TEST(a_change_between_asking_and_approving_wants_a_new_release),
        RELEASE_TEST(rows_or_bytes_that_are_not_those_asked_for_are_not_approved),
        RELEASE_TEST(asking_twice_with_one_key_gives_one_release),
        RELEASE_TEST(a_refused_release_does_not_go_out_and_its_reason_is_sealed),
        RELEASE_TEST(what_a_guard_has_goes_out_neither_in_a_new_release_nor_in_one_asked_for),
        RELEASE_TEST(a_long_release_goes_through_its_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
