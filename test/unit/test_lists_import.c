/* Lists taken in by versions: what is added and removed, cut imports, refusals, switches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow/lists/lists.h"
#include "world.h"

#define MD5_A "00112233445566778899aabbccddeeff"
#define MD5_B "0123456789abcdef0123456789abcdef"
#define MD5_C "ffeeddccbbaa99887766554433221100"

struct file {
    char path[64];
};

static struct file file_of(const char *text)
{
    struct file f = {"/tmp/assay-list-XXXXXX"};
    int fd = mkstemp(f.path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    return f;
}

static enum assay_err import(struct world_test *t, struct lists_import in, const char *text,
                             struct lists_counts *n)
{
    struct file f = file_of(text);

    in.path = f.path;
    in.by = people_operator();
    enum assay_err rc = lists_import(&t->world, &in, n, &t->e);
    (void)unlink(f.path);
    return rc;
}

static void the_next_file_says_what_is_added_and_removed(void **state)
{
    struct world_test *t = *state;
    const struct lists_import in = {.name = "hotline", .trust = "trusted", .source = "A hotline"};
    struct lists_counts n;

    assert_int_equal(import(t, in, "md5:" MD5_A "\nmd5:" MD5_B "\nnonsense\n", &n), ASSAY_OK);
    assert_int_equal(n.version, 1);
    assert_int_equal(n.records, 2);
    assert_int_equal(n.added, 2);
    assert_int_equal(n.refused, 1);
    assert_int_equal(import(t, in, "md5:" MD5_A "\nmd5:" MD5_B "\nnonsense\n", &n), ASSAY_OK);
    assert_true(n.same);
    assert_int_equal(import(t, in, "md5:" MD5_B "\nmd5:" MD5_C "\n", &n), ASSAY_OK);
    assert_int_equal(n.version, 2);
    assert_int_equal(n.added, 1);
    assert_int_equal(n.removed, 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row WHERE removed_version = 2"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE"
                                  " '%%\"list.imported\"%%\"added\":1,\"removed\":1%%'"),
                     1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM record WHERE entry LIKE '%%A hotline%%'"),
                     0);
}

static void an_import_that_was_cut_goes_on_with_its_own_file_alone(void **state)
{
    struct world_test *t = *state;
    const struct lists_import in = {.name = "hotline"};
    struct lists_counts n;

    assert_int_equal(import(t, in, "md5:" MD5_A "\nmd5:" MD5_B "\n", &n), ASSAY_OK);
    /* As a kill leaves it after the first group. */
    world_sql(t, "DELETE FROM list_change WHERE row_id ="
                 " (SELECT max(id) FROM list_row)");
    world_sql(t, "DELETE FROM list_row WHERE id = (SELECT max(id) FROM list_row)");
    world_sql(t, "UPDATE list_version SET done_ms = NULL, added = 1");
    world_sql(t, "UPDATE list SET version = 0");
    assert_int_equal(import(t, in, "md5:" MD5_C "\n", &n), ASSAY_ESTATE);
    assert_int_equal(import(t, in, "md5:" MD5_A "\nmd5:" MD5_B "\n", &n), ASSAY_OK);
    assert_false(n.same);
    assert_int_equal(n.version, 1);
    assert_int_equal(n.added, 2);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row"), 2);
    assert_int_equal(world_int(t, "SELECT version FROM list"), 1);
}

static void what_would_match_nothing_in_particular_is_refused(void **state)
{
    struct world_test *t = *state;
    const struct lists_import in = {.name = "poison"};
    struct lists_counts n;

    assert_int_equal(import(t, in,
                            "md5:d41d8cd98f00b204e9800998ecf8427e\n"
                            "sha1:0000000000000000000000000000000000000000\n"
                            "md5:" MD5_A "\n",
                            &n),
                     ASSAY_OK);
    assert_int_equal(n.refused, 2);
    assert_int_equal(n.added, 1);
}

static void a_guard_needs_a_reason_and_a_name_its_letters(void **state)
{
    struct world_test *t = *state;
    struct lists_import in = {.name = "logos", .kind = "known_good"};
    struct lists_counts n;

    assert_int_equal(import(t, in, "md5:" MD5_A "\n", &n), ASSAY_EFORMAT);
    in.reason = "our own logo";
    assert_int_equal(import(t, in, "md5:" MD5_A "\n", &n), ASSAY_OK);
    in.kind = "never_export";
    assert_int_equal(import(t, in, "md5:" MD5_B "\n", &n), ASSAY_ESTATE);
    in.name = "../etc";
    assert_int_equal(import(t, in, "md5:" MD5_B "\n", &n), ASSAY_EFORMAT);
}

static void a_hash_is_switched_off_and_on_and_a_list_removed(void **state)
{
    struct world_test *t = *state;
    const struct lists_import in = {.name = "hotline"};
    struct lists_counts n;
    int64_t count;

    assert_int_equal(import(t, in, "md5:" MD5_A "\nmd5:" MD5_B "\n", &n), ASSAY_OK);
    assert_int_equal(
        lists_switch(&t->world, people_operator(), "hotline", MD5_A, "a blank page", &count, &t->e),
        ASSAY_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row WHERE off_ms IS NOT NULL"), 1);
    assert_int_equal(
        lists_switch(&t->world, people_operator(), "hotline", MD5_C, "x", &count, &t->e),
        ASSAY_ENOTFOUND);
    assert_int_equal(
        lists_switch(&t->world, people_operator(), "hotline", MD5_A, NULL, &count, &t->e),
        ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row WHERE off_ms IS NOT NULL"), 0);
    assert_int_equal(lists_remove(&t->world, people_operator(), "hotline", &t->e), ASSAY_OK);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list_row WHERE removed_version IS NULL"),
                     0);
    assert_int_equal(lists_remove(&t->world, people_operator(), "hotline", &t->e), ASSAY_ENOTFOUND);
    /* Its name is free, and the rows of the one that had it stay with that. */
    assert_int_equal(import(t, in, "md5:" MD5_A "\n", &n), ASSAY_OK);
    assert_int_equal(n.version, 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list WHERE name = 'hotline'"), 1);
    assert_int_equal(world_int(t, "SELECT count(*) FROM list WHERE name LIKE 'hotline~%%'"
                                  " AND removed_ms IS NOT NULL"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_file_says_what_is_added_and_removed, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(an_import_that_was_cut_goes_on_with_its_own_file_alone,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_would_match_nothing_in_particular_is_refused,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_guard_needs_a_reason_and_a_name_its_letters, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_hash_is_switched_off_and_on_and_a_list_removed,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
