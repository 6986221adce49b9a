/* Whole decodes through the sandboxed children: reference pictures, hostile files, renditions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "decode/decode.h"
#include "media/files.h"
#include "media/hostile.h"

static struct decode_env *env;

static int start(void **state)
{
    struct err e;

    (void)state;
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) == ASSAY_OK)
        return 0;
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_env_free(env);
    return 0;
}

/* One line of a table of reference pictures, cut at its tabs. */
#define COLUMNS 16
static bool next_row(FILE *f, char *line, size_t size, char **columns)
{
    char *rest = line;

    if (fgets(line, (int)size, f) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < COLUMNS; i++)
        columns[i] = rest == NULL ? NULL : strsep(&rest, "\t");
    return true;
}

static int64_t number(const char *text)
{
    int64_t v = -1;

    assert_int_equal(str_int64(text, 0, INT32_MAX, &v), ASSAY_OK);
    return v;
}

static const char *vectors_or_skip(void)
{
    const char *folder = getenv("ASSAY_VECTORS");

    if (folder == NULL) {
        print_message("skipped: ASSAY_VECTORS is not set\n");
        skip();
    }
    return folder;
}

static void decode_file(const char *folder, const char *name, struct decode_picture *p)
{
    char path[4096];
    struct buf b;
    struct err e = {0};
    enum assay_err rc;

    assert_true((size_t)snprintf(path, sizeof path, "%s/pdq/images/%s", folder, name) <
                sizeof path);
    buf_init(&b, FILES_BYTES_MAX);
    assert_int_equal(fs_read_file(path, &b, &e), ASSAY_OK);
    rc = decode_picture(env, b.data, b.size, p, &e);
    if (rc != ASSAY_OK)
        print_error("%s: %s\n", name, e.text);
    assert_int_equal(rc, ASSAY_OK);
    buf_clear(&b);
}

static void assert_hash(const char *name, const struct assay_pdq *pdq, const char *hex)
{
    char got[2 * ASSAY_PDQ_BYTES + 1];

    str_hex(pdq->bytes, sizeof pdq->bytes, got);
    if (strcmp(got, hex) != 0)
        print_error("%s\n", name);
    assert_string_equal(got, hex);
}

/* The hash and quality of 149 pictures as the reference core has them. dogs-gray16.png is left out:
 * its row was made of clipped samples; dogs-jpeg.tif: JPEG inside of TIFF is not decoded. */
static void reference_pictures_have_the_reference_hash(void **state)
{
    const char *folder = vectors_or_skip();
    char path[4096], line[4096], *column[COLUMNS];
    unsigned count = 0;
    FILE *f;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/pdq/images.tsv", folder);
    f = fopen(path, "r");
    assert_non_null(f);
    while (next_row(f, line, sizeof line, column)) {
        struct decode_picture p;

        if (strcmp(column[0], "path") == 0 || strcmp(column[0], "format/dogs-gray16.png") == 0 ||
            strcmp(column[0], "format/dogs-jpeg.tif") == 0)
            continue;
        decode_file(folder, column[0], &p);
        assert_int_equal(p.width, number(column[4]));
        assert_int_equal(p.height, number(column[5]));
        assert_int_equal(p.frames, number(column[7]));
        if (p.has_pdq) {
            assert_hash(column[0], &p.pdq, column[8]);
            assert_int_equal(p.pdq.quality, number(column[9]));
        } else {
            assert_int_equal(p.pdq_reason, DECODE_PDQ_TOO_SMALL);
        }
        assert_int_equal(p.flags & DECODE_DAMAGED, 0);
        decode_picture_clear(&p);
        count++;
    }
    (void)fclose(f);
    assert_int_equal(count, 149);
}

static void turned_pictures_have_both_hashes(void **state)
{
    const char *folder = vectors_or_skip();
    char path[4096], line[4096], *column[COLUMNS];
    unsigned count = 0;
    FILE *f;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/pdq/exif_oriented.tsv", folder);
    f = fopen(path, "r");
    assert_non_null(f);
    while (next_row(f, line, sizeof line, column)) {
        struct decode_picture p;

        if (strcmp(column[0], "path") == 0)
            continue;
        decode_file(folder, column[0], &p);
        assert_int_equal(p.orientation, number(column[1]));
        assert_hash(column[0], &p.pdq, column[2]);
        assert_int_equal(p.has_pdq_oriented, p.orientation > 1);
        if (p.has_pdq_oriented)
            assert_hash(column[0], &p.pdq_oriented, column[3]);
        decode_picture_clear(&p);
        count++;
    }
    (void)fclose(f);
    assert_int_equal(count, 8);
}

static const struct verdict {
    const char *name; /* of the hostile file; a beginning is enough */
    enum assay_err rc;
    uint32_t flags;
} verdicts[] = {
    {"zero-bytes.jpg", ASSAY_EFORMAT, 0},
    {"marks-only.jpg", ASSAY_EFORMAT, 0},
    {"playlist.jpg", ASSAY_EUNSUPPORTED, 0},
    {"noise.png", ASSAY_EFORMAT, 0},
    {"lie-65500.jpg", ASSAY_ELIMIT, 0},
    {"lie-12000.jpg", ASSAY_OK, DECODE_DAMAGED},
    {"lie-zero.jpg", ASSAY_EFORMAT, 0},
    {"scan-bomb.jpg", ASSAY_OK, DECODE_DAMAGED | DECODE_TRAILING_DATA},
    {"trailing.jpg", ASSAY_OK, DECODE_TRAILING_DATA},
    {"padded.jpg", ASSAY_OK, 0},
    {"two-in-one.jpg", ASSAY_OK, DECODE_TRAILING_DATA | DECODE_SECOND_PICTURE},
    {"head-only.jpg", ASSAY_EFORMAT, 0},
    {"really-a-jpeg.png", ASSAY_OK, 0},
    {"exif-thumbnail-differs.jpg", ASSAY_OK, DECODE_THUMBNAIL_DIFFERS},
    {"exif-thumbnail-same.jpg", ASSAY_OK, 0},
    {"exif-turned.jpg", ASSAY_OK, DECODE_EXIF_TURNED},
    {"sticker.png", ASSAY_OK, 0},
    {"alpha-hidden.png", ASSAY_OK, DECODE_ALPHA_HIDES},
    {"apng-two.png", ASSAY_OK, DECODE_ANIMATED | DECODE_FRAMES_UNSEEN},
    {"bomb-36000.png", ASSAY_ELIMIT, 0},
    {"lie-12000.png", ASSAY_OK, DECODE_DAMAGED},
    {"text-bomb.png", ASSAY_OK, 0},
    {"bad-checksum.png", ASSAY_OK, DECODE_DAMAGED},
    {"trailing.webp", ASSAY_OK, DECODE_TRAILING_DATA},
    {"cut-10.png", ASSAY_EFORMAT, 0},
    {"cut-10.webp", ASSAY_EFORMAT, 0},
    {"cut-", ASSAY_OK, DECODE_DAMAGED},
};

static const struct verdict *verdict_of(const char *name)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (str_starts(name, verdicts[i].name))
            return &verdicts[i];
    return NULL;
}

static void hostile_files_get_their_verdict_in_time(void **state)
{
    struct buf b;
    const char *name;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; (name = files_hostile(i, &b)) != NULL; i++) {
        const struct verdict *v = verdict_of(name);
        struct decode_picture p = {0};
        struct err e = {0};
        int64_t begin_ms = clock_mono_ms();
        enum assay_err rc = decode_picture(env, b.data, b.size, &p, &e);

        assert_non_null(v);
        if (rc != v->rc || (rc == ASSAY_OK && p.flags != v->flags))
            print_error("%s: %s (%s), flags %x\n", name, assay_err_name(rc), e.text, p.flags);
        assert_int_equal(rc, v->rc);
        assert_true(clock_mono_ms() - begin_ms < 1000 * decode_limits_default.wall_s);
        if (rc == ASSAY_OK) {
            assert_int_equal(p.flags, v->flags);
            assert_int_equal(p.view.size, 3 * p.view_width * p.view_height);
            if ((p.flags & DECODE_DAMAGED) != 0)
                assert_int_equal(p.pdq_reason, DECODE_PDQ_DAMAGED);
        } else {
            assert_true(strlen(e.text) > 5);
        }
        decode_picture_clear(&p);
    }
    buf_clear(&b);
}

static void a_turned_picture_is_shown_upright(void **state)
{
    struct files_picture half = {40, 20, 3, mem_array(40 * 20, 3)};
    struct decode_picture p;
    struct buf b;

    (void)state;
    /* White on the left; orientation 6 turns it clockwise, so white must come out on top. */
    for (uint32_t i = 0; i < 40 * 20; i++)
        memset(half.bytes + (size_t)3 * i, i % 40 < 20 ? 255 : 0, 3);
    buf_init(&b, FILES_BYTES_MAX);
    files_jpeg_exif(&half, 6, NULL, &b);
    assert_int_equal(decode_picture(env, b.data, b.size, &p, NULL), ASSAY_OK);
    assert_int_equal(p.width, 40);
    assert_int_equal(p.view_width, 20);
    assert_int_equal(p.view_height, 40);
    assert_true(p.view.data[0] > 200);
    assert_true(p.view.data[p.view.size - 1] < 55);
    decode_picture_clear(&p);
    files_picture_free(&half);
    buf_clear(&b);
}

/* Mean of the absolute difference between neighbours: how much detail a grey picture has. */
static double detail(const struct decode_picture *p)
{
    uint64_t sum = 0;

    for (size_t i = 3; i < p->view.size; i += 3)
        sum += (uint64_t)abs(p->view.data[i] - p->view.data[i - 3]);
    return (double)sum / (double)(p->view.size / 3);
}

static void renditions_have_their_sides_and_covers_show_no_detail(void **state)
{
    struct decode_encoded made[DECODE_RENDITION_COUNT];
    struct decode_picture p, again[DECODE_RENDITION_COUNT];
    struct files_picture rgb = files_landscape(3, 2000, 1500);
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    files_jpeg(&rgb, 90, FILES_BASELINE, &b);
    assert_int_equal(decode_picture(env, b.data, b.size, &p, NULL), ASSAY_OK);
    assert_int_equal(p.view_width, 1600);
    assert_int_equal(decode_encode(env, &p, made, NULL), ASSAY_OK);
    assert_int_equal(made[DECODE_SHEET_GREY].bytes.size, 0);
    assert_int_equal(made[DECODE_SHEET_COLOUR].bytes.size, 0);
    for (enum decode_rendition r = 0; r < DECODE_SHEET_GREY; r++) {
        assert_int_equal(
            decode_picture(env, made[r].bytes.data, made[r].bytes.size, &again[r], NULL), ASSAY_OK);
        assert_int_equal(again[r].width, made[r].width);
        assert_int_equal(again[r].height, made[r].height);
        assert_int_equal(again[r].flags, 0);
    }
    assert_int_equal(made[DECODE_COVER].width, 480);
    assert_int_equal(made[DECODE_COVER].height, 360);
    assert_int_equal(made[DECODE_STRIP].width, 128);
    assert_int_equal(made[DECODE_FULL_COLOUR].width, 1600);
    assert_true(made[DECODE_COVER].bytes.size <= 15000);
    assert_true(detail(&again[DECODE_COVER]) < 1.5);
    assert_true(detail(&again[DECODE_SMALL_GREY]) > 2 * detail(&again[DECODE_COVER]));
    for (size_t i = 0; i < again[DECODE_COVER].view.size; i += 3)
        assert_int_equal(again[DECODE_COVER].view.data[i], again[DECODE_COVER].view.data[i + 1]);
    for (size_t r = 0; r < DECODE_SHEET_GREY; r++)
        decode_picture_clear(&again[r]);
    decode_encoded_clear(made);
    decode_picture_clear(&p);
    files_picture_free(&rgb);
    buf_clear(&b);
}

static void *decode_some(void *arg)
{
    const struct buf *b = arg;
    struct decode_picture p;

    for (int i = 0; i < 10; i++) {
        if (decode_picture(env, b->data, b->size, &p, NULL) != ASSAY_OK)
            return arg;
        decode_picture_clear(&p);
    }
    return NULL;
}

static void several_threads_decode_at_once(void **state)
{
    struct files_picture rgb = files_landscape(5, 320, 200);
    pthread_t threads[4];
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    files_webp(&rgb, 80, &b);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, decode_some, &b), 0);
    for (size_t i = 0; i < 4; i++) {
        void *failed = &b;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    files_picture_free(&rgb);
    buf_clear(&b);
}

static void limits_are_kept_on_the_header(void **state)
{
    struct decode_limits small = decode_limits_default;
    struct files_picture rgb = files_landscape(5, 320, 200);
    struct decode_env *strict;
    struct decode_picture p;
    struct buf b;
    struct err e;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    files_png(&rgb, FILES_STRAIGHT, &b);
    small.side_max = 300;
    assert_int_equal(decode_env_new_in(ASSAY_TEST_CHILDREN, &small, &strict, &e), ASSAY_OK);
    assert_int_equal(decode_picture(strict, b.data, b.size, &p, &e), ASSAY_ELIMIT);
    assert_non_null(strstr(e.text, "300"));
    decode_env_free(strict);
    small = decode_limits_default;
    small.pixels_max = 320 * 200 - 1;
    assert_int_equal(decode_env_new_in(ASSAY_TEST_CHILDREN, &small, &strict, &e), ASSAY_OK);
    assert_int_equal(decode_picture(strict, b.data, b.size, &p, &e), ASSAY_ELIMIT);
    decode_env_free(strict);
    files_picture_free(&rgb);
    buf_clear(&b);
}

static void missing_children_are_named(void **state)
{
    struct decode_env *none = NULL;
    struct err e;

    (void)state;
    assert_int_equal(decode_env_new_in("/nonexistent", &decode_limits_default, &none, &e),
                     ASSAY_ENOTFOUND);
    assert_non_null(strstr(e.text, "/nonexistent/assay-decode-image"));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_pictures_have_the_reference_hash),
        cmocka_unit_test(turned_pictures_have_both_hashes),
        cmocka_unit_test(hostile_files_get_their_verdict_in_time),
        cmocka_unit_test(a_turned_picture_is_shown_upright),
        cmocka_unit_test(renditions_have_their_sides_and_covers_show_no_detail),
        cmocka_unit_test(several_threads_decode_at_once),
        cmocka_unit_test(limits_are_kept_on_the_header),
        cmocka_unit_test(missing_children_are_named),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
