/* Identify with the real decoder: states, renditions, flags, what is not shown, and once again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "decode/decode.h"
#include "flow/identify/identify.h"
#include "flow/intake/intake.h"
#include "folder.h"
#include "media/evasions.h"
#include "steps.h"
#include "store/item.h"

struct fixture {
    struct world_test *t;
    char folder[FOLDER_PATH_SIZE];
    struct buf bytes;
    struct identify_counts counts;
};

static void nothing(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                    const char *reason)
{
    (void)ctx;
    (void)path;
    (void)v;
    (void)mime;
    (void)reason;
}

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);

    f->t = world_new();
    folder_make(f->folder);
    buf_init(&f->bytes, FILES_BYTES_MAX);
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &f->t->world.decode,
                          &f->t->e) != ASSAY_OK)
        fail_msg("%s", f->t->e.text);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    world_free(f->t);
    folder_remove(f->folder);
    buf_clear(&f->bytes);
    mem_free(f);
    return 0;
}

static void put(struct fixture *f, const char *name)
{
    char path[2 * FOLDER_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    if (fs_create(path, f->bytes.data, f->bytes.size, 0600, &f->t->e) != ASSAY_OK)
        fail_msg("%s", f->t->e.text);
    buf_reset(&f->bytes);
}

static void put_jpeg(struct fixture *f, const char *name, uint64_t seed)
{
    struct files_picture p = files_landscape(seed, 640, 480);

    files_jpeg(&p, 85, FILES_BASELINE, &f->bytes);
    files_picture_free(&p);
    put(f, name);
}

static void import(struct fixture *f)
{
    struct intake_options o = {
        .batch_id = f->t->batch_id, .threads = 1, .report = nothing, .by = people_operator()};
    struct intake_counts counts = {0};
    const char *path = f->folder;

    if (intake_paths(&f->t->world, &o, &path, 1, &counts, &f->t->e) != ASSAY_OK)
        fail_msg("%s", f->t->e.text);
}

static void identify(struct fixture *f)
{
    enum assay_err rc;

    f->counts = (struct identify_counts){0};
    while ((rc = identify_next(&f->t->world, &f->counts, &f->t->e)) == ASSAY_OK)
        ;
    if (rc != ASSAY_ENOTFOUND)
        fail_msg("%d: %s", (int)rc, f->t->e.text);
}

static enum assay_err count_file(void *ctx, const char *name, bool stray, int64_t age_s)
{
    int64_t *count = ctx;

    (void)name;
    (void)age_s;
    assert_false(stray);
    (*count)++;
    return ASSAY_OK;
}

static int64_t blob_files(struct fixture *f)
{
    int64_t count = 0;

    assert_int_equal(vault_each(f->t->world.vault, count_file, &count, &f->t->e), ASSAY_OK);
    return count;
}

static int cut_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)at;
    return kind == FTW_F ? truncate(path, 5000) : 0;
}

static void a_picture_gets_six_renditions_a_hash_and_waits_for_an_assessor(void **state)
{
    struct fixture *f = *state;

    put_jpeg(f, "a.jpg", 1);
    import(f);
    int64_t waiting;
    assert_int_equal(identify_waiting(&f->t->world, &waiting, &f->t->e), ASSAY_OK);
    assert_int_equal(waiting, 1);
    identify(f);
    assert_int_equal(f->counts.pictures, 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'waiting'"), 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob WHERE rendition <> 'original' AND"
                                     " maker <> '' AND width > 0 AND height > 0"),
                     DECODE_SHEET_GREY); /* sheets are made of several pictures only */
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM facet"), 0);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE width = 640 AND"
                                     " height = 480 AND pdq IS NOT NULL AND pdq_quality > 50 AND"
                                     " failure IS NULL AND flags = 0"),
                     1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM identify_job"), 0);
    assert_int_equal(blob_files(f), 7);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"item.opened\"%%'"),
                     1);
    /* What an assessor gets is a JPEG that we made, not the file. */
    struct caller *anna = world_person(f->t, "anna", PEOPLE_ASSESSOR);
    struct queue_picture p;
    step_shift(f->t, anna);
    const struct json *lease = step_take(f->t, anna, QUEUE_GRADE, 0, NULL);
    assert_string_equal(world_text(lease, "facts"), "Picture 640 \u00d7 480 \u00b7 reported once");
    for (unsigned i = 0; i < DECODE_SHEET_GREY; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "pictures.%u.ticket", i);
        assert_int_equal(step_try_picture(f->t, anna, world_text(lease, path), &p), ASSAY_OK);
        assert_true(p.bytes.size > 300);
        assert_memory_equal(p.bytes.data, "\xff\xd8\xff", 3);
        buf_wipe(&p.bytes);
    }
}

static void what_is_not_shown_is_counted_and_blocks_nothing(void **state)
{
    static const char pdf[] = "%PDF-1.7 and so on";
    static const char mp4[] = "\x00\x00\x00\x18"
                              "ftypisom\x00\x00\x02\x00isomiso2 and so on";
    struct fixture *f = *state;

    buf_add(&f->bytes, pdf, sizeof pdf);
    put(f, "a.pdf");
    buf_add(&f->bytes, mp4, sizeof mp4);
    put(f, "b.mp4");
    buf_add_str(&f->bytes, "just words, whatever the name says");
    put(f, "c.jpg");
    buf_add(&f->bytes, "\xff\xd8\xff\xe0 no picture behind it", 26);
    put(f, "d.jpg");
    put_jpeg(f, "e.jpg", 2);
    import(f);
    identify(f);
    assert_int_equal(f->counts.pictures, 1);
    assert_int_equal(f->counts.unsupported, 3);
    assert_int_equal(f->counts.undecodable, 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'unsupported'"), 3);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'undecodable'"), 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item WHERE kind = 'video'"), 1);
    assert_int_equal(flow_stats(&f->t->world, &f->t->answer, &f->t->e), ASSAY_OK);
    const struct json *s = world_json(f->t, &f->t->answer);
    assert_int_equal(world_number(s, "not_shown"), 4);
    assert_int_equal(world_number(s, "states.unsupported"), 3);
    assert_int_equal(world_number(s, "states.waiting"), 1);
    assert_int_equal(world_number(s, "items"), 5);
    /* All are sealed; none but the picture has renditions. */
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob WHERE rendition = 'original'"), 5);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob WHERE rendition = 'cover'"), 1);
}

static void flags_say_what_is_odd(void **state)
{
    struct fixture *f = *state;
    struct files_picture p = files_landscape(3, 640, 480);

    files_jpeg(&p, 85, FILES_BASELINE, &f->bytes);
    f->bytes.size = f->bytes.size * 6 / 10;
    put(f, "cut.jpg");
    files_jpeg_exif(&p, 6, NULL, &f->bytes);
    put(f, "turned.jpg");
    files_jpeg(&p, 80, FILES_BASELINE, &f->bytes);
    put(f, "really-a-jpeg.png");
    files_png(&p, FILES_STRAIGHT, &f->bytes);
    buf_add_str(&f->bytes, "and something behind it that is long enough to be seen by anybody");
    put(f, "more.png");
    files_picture_free(&p);
    import(f);
    identify(f);
    assert_int_equal(f->counts.pictures, 4);
    static const unsigned flags[] = {DECODE_DAMAGED, DECODE_EXIF_TURNED, DECODE_EXTENSION_DIFFERS,
                                     DECODE_TRAILING_DATA};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            world_int(f->t, "SELECT count(*) FROM picture WHERE flags & %u <> 0", flags[i]), 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE pdq_reason = 'damaged'"),
                     1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE pdq_oriented IS NOT NULL"),
                     1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'waiting'"), 4);
}

static void what_else_a_file_shows_is_kept_hashed_and_handed_out(void **state)
{
    struct fixture *f = *state;
    struct evasion e;
    struct queue_picture p;
    unsigned count = 0;
    int64_t again;

    for (; evasion_make(count, &e, &f->bytes); count++, evasion_clear(&e))
        put(f, e.name);
    import(f);
    identify(f);
    assert_int_equal(f->counts.pictures, count);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM facet WHERE number = 1 AND"
                                     " pdq IS NOT NULL AND width > 0 AND maker <> ''"),
                     count);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE frames = 24 AND"
                                     " frames_seen = 24"),
                     4); /* APNG, WebP, GIF, JPEG XL */
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM facet WHERE kind = 'frame' AND"
                                     " place = 17"),
                     4);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob WHERE rendition IN ('sheet_grey',"
                                     " 'sheet_colour')"),
                     2 * count);
    struct caller *anna = world_person(f->t, "anna", PEOPLE_ASSESSOR);
    step_shift(f->t, anna);
    const struct json *lease = step_take(f->t, anna, QUEUE_GRADE, 0, NULL);
    assert_non_null(world_text(lease, "facets.0.kind"));
    assert_int_equal(world_at(lease, "pictures")->size, DECODE_RENDITION_COUNT);
    assert_int_equal(step_try_picture(f->t, anna, world_text(lease, "pictures.6.ticket"), &p),
                     ASSAY_OK);
    assert_int_equal(p.rendition, DECODE_SHEET_GREY);
    buf_wipe(&p.bytes);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM viewing WHERE rendition ="
                                     " 'sheet_grey'"),
                     1);
    assert_int_equal(identify_again(&f->t->world, IDENTIFY_ALL, &again, &f->t->e), ASSAY_OK);
    identify(f);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM facet"), count);
}

static void identifying_again_replaces_the_renditions_and_moves_no_task_back(void **state)
{
    struct fixture *f = *state;
    struct caller *anna = world_person(f->t, "anna", PEOPLE_ASSESSOR);
    int64_t count;

    put_jpeg(f, "a.jpg", 4);
    put_jpeg(f, "b.jpg", 5);
    import(f);
    identify(f);
    step_shift(f->t, anna);
    int64_t graded = step_grade(f->t, anna, "L1");
    assert_int_equal(identify_again(&f->t->world, IDENTIFY_STALE, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 0);
    assert_int_equal(identify_again(&f->t->world, IDENTIFY_ALL, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 2);
    int64_t before = world_int(f->t, "SELECT count(*) FROM blob WHERE created_ms > 0");
    identify(f);
    assert_int_equal(f->counts.pictures, 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob"), before);
    assert_int_equal(blob_files(f), before); /* the old files are gone */
    assert_int_equal(world_int(f->t,
                               "SELECT count(*) FROM task WHERE id = %lld AND state ="
                               " 'graded'",
                               (long long)graded),
                     1);
    world_sql(f->t, "UPDATE picture SET maker = 'assay-decode-image/0'");
    assert_int_equal(identify_again(&f->t->world, IDENTIFY_STALE, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 2);
}

static void what_an_older_version_could_not_show_enters_the_way_by_itself(void **state)
{
    struct fixture *f = *state;
    int64_t count;

    put_jpeg(f, "a.jpg", 6);
    buf_add_str(&f->bytes, "%PDF-1.7 is not shown by this version either");
    put(f, "b.pdf");
    import(f);
    /* As an older version would have told it: it knew neither. */
    world_sql(f->t, "UPDATE item SET mime = 'application/octet-stream', kind = 'other'");
    identify(f);
    assert_int_equal(f->counts.unsupported, 2);
    assert_int_equal(identify_revive(&f->t->world, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 0); /* this very version has said so */
    world_sql(f->t, "UPDATE picture SET maker = 'assay-decode-image/1'");
    assert_int_equal(identify_revive(&f->t->world, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 2);
    identify(f);
    assert_int_equal(f->counts.pictures, 1);
    assert_int_equal(f->counts.unsupported, 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'waiting'"), 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'unsupported'"), 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item WHERE mime = 'image/jpeg' AND"
                                     " kind = 'picture'"),
                     1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item WHERE mime = 'application/pdf'"),
                     1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE flags & %u <> 0",
                               (unsigned)DECODE_EXTENSION_DIFFERS),
                     0);
    assert_int_equal(identify_revive(&f->t->world, &count, &f->t->e), ASSAY_OK);
    assert_int_equal(count, 0); /* once a version */
}

static void a_sealed_file_that_was_changed_is_not_shown_and_the_rest_goes_on(void **state)
{
    struct fixture *f = *state;

    put_jpeg(f, "a.jpg", 7);
    import(f);
    char path[2 * FOLDER_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/vault", db_folder(f->t->db));
    assert_int_equal(nftw(path, cut_one, 16, FTW_PHYS), 0);
    put_jpeg(f, "b.jpg", 8);
    import(f);
    f->counts = (struct identify_counts){0};
    for (int i = 0; i < 10; i++)
        (void)identify_next(&f->t->world, &f->counts, &f->t->e);
    assert_int_equal(f->counts.pictures, 1);
    assert_int_equal(f->counts.undecodable, 1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM picture WHERE failure = 'damaged'"), 1);
}

struct worker {
    struct fixture *f;
    struct identify_counts counts;
    enum assay_err rc;
    pthread_t thread;
};

static void *work(void *ctx)
{
    struct worker *w = ctx;
    struct err e;

    while ((w->rc = identify_next(&w->f->t->world, &w->counts, &e)) == ASSAY_OK)
        ;
    return NULL;
}

static void several_workers_share_the_line_and_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct worker workers[4];
    uint64_t made = 0;
    char name[20];

    for (unsigned i = 0; i < 24; i++) {
        (void)snprintf(name, sizeof name, "%02u.jpg", i);
        put_jpeg(f, name, 100 + i);
    }
    import(f);
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.f = f};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].rc, ASSAY_ENOTFOUND);
        made += workers[i].counts.pictures;
    }
    assert_int_equal(made, 24);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM identify_job"), 0);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob"), 24 * 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_picture_gets_six_renditions_a_hash_and_waits_for_an_assessor),
        TEST(what_is_not_shown_is_counted_and_blocks_nothing),
        TEST(flags_say_what_is_odd),
        TEST(what_else_a_file_shows_is_kept_hashed_and_handed_out),
        TEST(identifying_again_replaces_the_renditions_and_moves_no_task_back),
        TEST(what_an_older_version_could_not_show_enters_the_way_by_itself),
        TEST(a_sealed_file_that_was_changed_is_not_shown_and_the_rest_goes_on),
        TEST(several_workers_share_the_line_and_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
