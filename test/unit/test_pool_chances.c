/* Second chances: each further hash of a file is that of the same pixels saved as a file alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jpeglib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "decode/pool.h"
#include "media/animations.h"
#include "media/coded.h"
#include "media/evasions.h"
#include "media/hostile.h"
#include "media/stills.h"

#define ALL (DECODE_HASH_WANTS & ~(uint32_t)(DECODE_HASH_FAST | DECODE_HASH_SCALE_512))

static struct decode_env *env;
static struct decode_worker *worker;

static int start(void **state)
{
    struct err e = {0};

    (void)state;
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) == ASSAY_OK &&
        decode_worker_new(env, ASSAY_DIGEST_KINDS, &worker, &e) == ASSAY_OK)
        return 0;
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_worker_free(worker);
    decode_env_free(env);
    return 0;
}

/* What the worker makes of the bytes, whatever that is. */
static void try_hash(const struct buf *b, uint32_t wants, struct decode_hashed *out)
{
    const int fd = memfd_create("test", MFD_CLOEXEC);
    struct err e = {0};

    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, b->data, b->size, NULL), ASSAY_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    if (decode_worker_hash(worker, fd, wants, out, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    (void)close(fd);
}

static void hash(const struct buf *b, uint32_t wants, struct decode_hashed *out)
{
    try_hash(b, wants, out);
    if (out->picture != ASSAY_OK)
        fail_msg("%s", out->why.text);
}

/* The picture as a PNG of its own. */
static struct assay_pdq alone(const struct files_picture *p, uint32_t wants)
{
    struct decode_hashed h;
    struct buf b;

    buf_init(&b, FILES_BYTES_MAX);
    files_png(p, FILES_STRAIGHT, &b);
    hash(&b, DECODE_HASH_PDQ | wants, &h);
    assert_true(h.has_pdq);
    buf_clear(&b);
    return h.pdq;
}

static void assert_same(const struct assay_pdq *a, const struct assay_pdq *b)
{
    assert_memory_equal(a->bytes, b->bytes, sizeof a->bytes);
    assert_int_equal(a->quality, b->quality);
}

/* ---- frames ---- */

/* Five frames, of which the second and the last show something new. */
#define FRAMES 5
static const unsigned shown[FRAMES] = {0, 1, 0, 1, 2};

struct scenes {
    struct files_picture of[3], frames[FRAMES];
};

static struct scenes make_scenes(void)
{
    struct scenes s;

    for (unsigned i = 0; i < 3; i++) {
        s.of[i] = files_landscape(40 + i, 203, 151);
        stills_few_colours(&s.of[i]);
    }
    for (unsigned i = 0; i < FRAMES; i++)
        s.frames[i] = s.of[shown[i]];
    return s;
}

static void free_scenes(struct scenes *s)
{
    for (unsigned i = 0; i < 3; i++)
        files_picture_free(&s->of[i]);
}

static void assert_lists(const struct decode_hashed *h, const struct assay_pdq of[3])
{
    assert_int_equal(h->frames, FRAMES);
    assert_same(&h->pdq, &of[0]);
    assert_int_equal(h->chances.frame_count, 2);
    assert_int_equal(h->chances.frames[0].index, 1);
    assert_int_equal(h->chances.frames[1].index, 4);
    assert_same(&h->chances.frames[0].pdq, &of[1]);
    assert_same(&h->chances.frames[1].pdq, &of[2]);
    assert_int_equal(h->flags & DECODE_FRAMES_UNSEEN, 0);
}

enum timed { TIMED, PAGES };

static void check_frames(const struct buf *b, const struct assay_pdq of[3], enum timed timed)
{
    struct decode_hashed h;

    hash(b, DECODE_HASH_PDQ | DECODE_HASH_FRAMES, &h);
    assert_lists(&h, of);
    assert_int_equal(h.has_duration, timed == TIMED);
    assert_int_equal(h.duration_ms, timed == TIMED ? 100 * FRAMES : 0);
    hash(b, DECODE_HASH_PDQ,
         &h); /* unasked nothing is listed, and the time is known all the same */
    assert_int_equal(h.chances.frame_count, 0);
    assert_int_equal(h.flags & DECODE_FRAMES_UNSEEN, 0);
    assert_int_equal(h.has_duration, timed == TIMED);
}

static void each_frame_has_the_hash_of_the_frame_saved_alone(void **state)
{
    struct scenes s = make_scenes();
    struct assay_pdq of[3];
    struct buf b;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        of[i] = alone(&s.of[i], 0);
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(s.frames, FRAMES, &b);
    check_frames(&b, of, TIMED);
    buf_reset(&b);
    stills_gif(s.frames, FRAMES, &b);
    check_frames(&b, of, TIMED);
    buf_reset(&b);
    stills_tiff(s.frames, FRAMES, STILLS_TIFF_8, &b);
    check_frames(&b, of, PAGES);
    buf_reset(&b);
    for (unsigned i = 0; i < FRAMES; i++)
        stills_pnm(&s.frames[i], '6', &b);
    check_frames(&b, of, PAGES);
    buf_reset(&b);
    if (coded_jxl_frames(s.frames, FRAMES, &b))
        check_frames(&b, of, TIMED);
    buf_clear(&b);
    free_scenes(&s);
}

/* Lossy ones: against the same coding of one frame. */
static void frames_of_lossy_codings_have_the_hash_of_the_same_coding_alone(void **state)
{
    struct scenes s = make_scenes();
    struct assay_pdq of[3];
    struct decode_hashed h;
    struct buf b;
    bool heic = true;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; i < 3; i++, buf_reset(&b)) {
        files_webp(&s.of[i], 80, &b);
        hash(&b, DECODE_HASH_PDQ, &h);
        of[i] = h.pdq;
    }
    animation_webp(s.frames, FRAMES, &b);
    check_frames(&b, of, TIMED);
    buf_reset(&b);
    for (unsigned i = 0; i < 3 && heic; i++, buf_reset(&b)) {
        if ((heic = coded_heif(&s.of[i], 1, CODED_HEIC, &b)) == true) {
            hash(&b, DECODE_HASH_PDQ, &h);
            of[i] = h.pdq;
        }
    }
    if (heic && coded_heif(s.frames, FRAMES, CODED_HEIC, &b))
        check_frames(&b, of, PAGES);
    buf_clear(&b);
    free_scenes(&s);
}

static void frames_in_the_scale_of_512_are_hashed_in_it(void **state)
{
    struct files_picture frames[2] = {files_landscape(1, 700, 600), files_landscape(2, 700, 600)};
    struct assay_pdq scaled = alone(&frames[1], DECODE_HASH_SCALE_512);
    struct decode_hashed h;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(frames, 2, &b);
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_FRAMES | DECODE_HASH_SCALE_512, &h);
    assert_int_equal(h.chances.frame_count, 1);
    assert_same(&h.chances.frames[0].pdq, &scaled);
    buf_clear(&b);
    files_picture_free(&frames[0]);
    files_picture_free(&frames[1]);
}

static void more_frames_than_are_listed_are_said_so(void **state)
{
    enum { COUNT = DECODE_HASH_FRAMES_MAX + 30 };
    struct files_picture *frames = mem_array(COUNT, sizeof *frames);
    struct decode_hashed h;
    struct buf b;

    (void)state;
    for (unsigned i = 0; i < COUNT; i++)
        frames[i] = files_landscape(500 + i, 48, 40);
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(frames, COUNT, &b);
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_FRAMES, &h);
    assert_int_equal(h.frames, COUNT);
    assert_int_equal(h.chances.frame_count, DECODE_HASH_FRAMES_MAX);
    assert_int_equal(h.flags & DECODE_FRAMES_UNSEEN, DECODE_FRAMES_UNSEEN);
    for (unsigned i = 1; i < h.chances.frame_count; i++)
        assert_true(h.chances.frames[i].index > h.chances.frames[i - 1].index);
    for (unsigned i = 0; i < COUNT; i++)
        files_picture_free(&frames[i]);
    mem_free(frames);
    buf_clear(&b);
}

/* A hundred thousand frames of one pixel each: counted, looked at as far as a file's share goes. */
static void frames_without_end_are_bounded(void **state)
{
    enum { COUNT = 100000 };
    struct decode_hashed h;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    buf_add(&b, "GIF89a\x40\0\x40\0\x80\0\0\0\0\0\xff\xff\xff", 19);
    for (unsigned i = 0; i < COUNT; i++) {
        buf_add(&b, "!\xf9\4\4\1\0\0\0", 8);
        buf_add_char(&b, ',');
        buf_add_le16(&b, (uint16_t)(i % 64));
        buf_add_le16(&b, (uint16_t)(i / 64 % 64));
        buf_add(&b, "\1\0\1\0\0\2\2\x4c\1\0", 10); /* one pixel of the second colour */
    }
    buf_add_char(&b, ';');
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_FRAMES, &h);
    assert_int_equal(h.frames, COUNT);
    assert_int_equal(h.duration_ms, 10 * COUNT);
    assert_int_equal(h.flags & DECODE_FRAMES_UNSEEN, DECODE_FRAMES_UNSEEN);
    assert_true(h.chances.frame_count <= DECODE_HASH_FRAMES_MAX);
    buf_clear(&b);
}

/* An AVIF that says it is a film, with the head of one behind it: 600 ticks a second, 1950. */
static void a_film_of_pictures_says_how_long_it_is_and_that_it_is_unseen(void **state)
{
    static const char film[52] = "\0\0\0\x34moov\0\0\0\x2cmvhd\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\2\x58\0\0\7\x9e";
    struct files_picture p = files_landscape(5, 203, 151);
    struct decode_hashed h;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    if (!coded_heif(&p, 1, CODED_AVIF, &b)) {
        print_message("no encoder of AVIF here\n");
        skip();
    }
    memcpy(b.data + 8, "avis", 4);
    buf_add(&b, film, sizeof film);
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_FRAMES, &h);
    assert_int_equal(h.flags, DECODE_ANIMATED | DECODE_FRAMES_UNSEEN);
    assert_true(h.has_duration);
    assert_int_equal(h.duration_ms, 3250);
    buf_clear(&b);
    files_picture_free(&p);
}

/* ---- borders ---- */

static struct files_picture blank(uint32_t width, uint32_t height, uint8_t level)
{
    struct files_picture p = {width, height, 3, mem_alloc((size_t)3 * width * height)};

    memset(p.bytes, level, (size_t)3 * width * height);
    return p;
}

static struct files_picture part_of(const struct files_picture *p, const struct assay_pdq_box *b)
{
    struct files_picture part = blank(b->width, b->height, 0);

    for (uint32_t y = 0; y < b->height; y++)
        memcpy(part.bytes + (size_t)3 * b->width * y,
               p->bytes + 3 * ((size_t)p->width * (b->top + y) + b->left), (size_t)3 * b->width);
    return part;
}

static struct files_picture bordered(const struct files_picture *p, uint32_t beside, uint32_t above)
{
    struct files_picture out = blank(p->width + 2 * beside, p->height + 2 * above, 0);

    for (uint32_t y = 0; y < p->height; y++)
        memcpy(out.bytes + 3 * ((size_t)out.width * (above + y) + beside),
               p->bytes + (size_t)3 * p->width * y, (size_t)3 * p->width);
    return out;
}

/* The JPEG's pixels by libjpeg itself. */
static struct files_picture decoded(const struct buf *file)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct files_picture p;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, file->data, file->size);
    (void)jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&d);
    p = blank(d.output_width, d.output_height, 0);
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = p.bytes + (size_t)3 * p.width * d.output_scanline;
        (void)jpeg_read_scanlines(&d, &row, 1);
    }
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return p;
}

/* The hash without borders is that of the very part, cut out here and saved. */
static void check_unbordered(const struct buf *b, const struct files_picture *pixels,
                             uint32_t wants)
{
    struct files_picture part;
    struct assay_pdq cut;
    struct decode_hashed h, plainly;

    hash(b, DECODE_HASH_PDQ | DECODE_HASH_UNBORDERED | wants, &h);
    assert_true(h.chances.has_unbordered);
    part = part_of(pixels, &h.chances.kept);
    cut = alone(&part, wants);
    assert_same(&h.chances.unbordered, &cut);
    hash(b, DECODE_HASH_PDQ | wants, &plainly);
    assert_false(plainly.chances.has_unbordered);
    assert_same(&plainly.pdq, &h.pdq);
    assert_memory_equal(&plainly.pdq_oriented, &h.pdq_oriented, sizeof h.pdq);
    files_picture_free(&part);
}

static void without_borders_the_hash_is_that_of_the_part_cut_out(void **state)
{
    struct files_picture p = files_landscape(77, 641, 479), framed = bordered(&p, 53, 71), pixels;
    struct decode_hashed h;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    files_png(&framed, FILES_STRAIGHT, &b);
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_UNBORDERED, &h);
    assert_int_equal(h.chances.kept.left, 53);
    assert_int_equal(h.chances.kept.top, 71);
    assert_int_equal(h.chances.kept.width, 641);
    assert_int_equal(h.chances.kept.height, 479);
    check_unbordered(&b, &framed, 0);
    check_unbordered(&b, &framed, DECODE_HASH_SCALE_512);
    buf_reset(&b);
    files_png(&framed, FILES_INTERLACED, &b);
    check_unbordered(&b, &framed, 0);
    buf_reset(&b);
    files_jpeg(&framed, 75, FILES_BASELINE, &b);
    pixels = decoded(&b);
    check_unbordered(&b, &pixels, 0);
    files_picture_free(&pixels);
    for (uint32_t turn = 1; turn <= 8; turn++) { /* the box lies in the stored picture */
        buf_reset(&b);
        files_jpeg_exif(&framed, turn, NULL, &b);
        pixels = decoded(&b);
        check_unbordered(&b, &pixels, 0);
        files_picture_free(&pixels);
    }
    buf_clear(&b);
    files_picture_free(&p);
    files_picture_free(&framed);
}

static void nothing_is_given_without_a_border_or_without_a_picture_in_it(void **state)
{
    struct files_picture p = files_landscape(3, 400, 300), grey = blank(400, 300, 128);
    struct files_picture dot = blank(400, 300, 0);
    const struct files_picture *const pictures[] = {&p, &grey, &dot};
    struct decode_hashed h;
    struct buf b;

    (void)state;
    for (uint32_t x = 0; x < 3 * 400; x++) /* no side is plain */
        p.bytes[x] = p.bytes[3 * 400 * 299 + x] = (uint8_t)(x * 37);
    for (uint32_t y = 0; y < 300; y++)
        p.bytes[3 * 400 * y] = p.bytes[3 * 400 * y + 3 * 399] = (uint8_t)(y * 91);
    for (uint32_t y = 100; y < 104; y++) /* four pixels: too few for a hash */
        for (uint32_t x = 0; x < 12; x++)
            dot.bytes[3 * (400 * y + 100) + x] = (uint8_t)(y * 60 + x * 20);
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; i < 3; i++, buf_reset(&b)) {
        files_png(pictures[i], FILES_STRAIGHT, &b);
        hash(&b, DECODE_HASH_PDQ | DECODE_HASH_UNBORDERED, &h);
        assert_true(h.has_pdq);
        assert_false(h.chances.has_unbordered);
    }
    buf_clear(&b);
    files_picture_free(&p);
    files_picture_free(&grey);
    files_picture_free(&dot);
}

/* ---- thumbnails ---- */

/* A JPEG with an EXIF block whose thumbnail is these bytes, whatever they are. */
static void with_thumbnail(const struct files_picture *p, const struct buf *small, struct buf *out)
{
    struct buf jpeg;
    const size_t segment = 2 + 6 + 56 + small->size;

    buf_init(&jpeg, FILES_BYTES_MAX);
    files_jpeg(p, 80, FILES_BASELINE, &jpeg);
    assert_true(segment <= 65535);
    buf_add(out, "\xff\xd8\xff\xe1", 4);
    buf_add_char(out, (char)(segment >> 8));
    buf_add_char(out, (char)(segment & 255));
    buf_add(out, "Exif\0\0II*\0\x08\0\0\0", 14);
    buf_add(out, "\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\x1a\0\0\0", 18); /* not turned; the next */
    buf_add(out, "\2\0\1\2\4\0\1\0\0\0\x38\0\0\0", 14);           /* where it is */
    buf_add(out, "\2\2\4\0\1\0\0\0", 8);                          /* how long */
    buf_add_le32(out, (uint32_t)small->size);
    buf_add_le32(out, 0);
    buf_add(out, small->data, small->size);
    buf_add(out, jpeg.data + 2, jpeg.size - 2);
    buf_clear(&jpeg);
}

static void a_thumbnail_that_differs_has_the_hash_of_its_own_bytes(void **state)
{
    struct files_picture p = files_landscape(21, 640, 480), same = files_landscape(21, 160, 120);
    struct files_picture other = files_landscape(22, 160, 120);
    struct decode_hashed h, extracted;
    struct buf b, small;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    buf_init(&small, FILES_BYTES_MAX);
    files_jpeg(&other, 70, FILES_BASELINE, &small);
    hash(&small, DECODE_HASH_PDQ, &extracted);
    files_jpeg_exif(&p, 1, &other, &b);
    assert_non_null(memmem(b.data, b.size, small.data, small.size));
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &h);
    assert_true(h.chances.has_thumbnail);
    assert_int_equal(h.flags & DECODE_THUMBNAIL_DIFFERS, DECODE_THUMBNAIL_DIFFERS);
    assert_same(&h.chances.thumbnail, &extracted.pdq);
    hash(&b, DECODE_HASH_PDQ, &h);
    assert_false(h.chances.has_thumbnail);
    assert_int_equal(h.flags & DECODE_THUMBNAIL_DIFFERS, 0);
    buf_reset(&b);
    files_jpeg_exif(&p, 6, &same, &b);
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &h);
    assert_false(h.chances.has_thumbnail);
    assert_int_equal(h.flags & DECODE_THUMBNAIL_DIFFERS, 0);
    buf_clear(&b);
    buf_clear(&small);
    files_picture_free(&p);
    files_picture_free(&same);
    files_picture_free(&other);
}

static void a_thumbnail_of_heic_is_told_by_the_same_rule(void **state)
{
    struct files_picture p = files_landscape(21, 640, 480), same = files_landscape(21, 160, 120);
    struct files_picture other = files_landscape(22, 160, 120);
    struct decode_hashed h, extracted;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    if (!coded_heif(&other, 1, CODED_HEIC, &b)) {
        print_message("no encoder of HEIC here\n");
        skip();
    }
    hash(&b, DECODE_HASH_PDQ, &extracted);
    buf_reset(&b);
    assert_true(coded_heif_thumbnail(&p, &other, CODED_HEIC, &b));
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &h);
    assert_int_equal(h.width, 640);
    assert_int_equal(h.frames, 1);
    assert_true(h.chances.has_thumbnail);
    assert_same(&h.chances.thumbnail, &extracted.pdq);
    buf_reset(&b);
    assert_true(coded_heif_thumbnail(&p, &same, CODED_HEIC, &b));
    hash(&b, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL | DECODE_HASH_FRAMES, &h);
    assert_false(h.chances.has_thumbnail);
    assert_int_equal(h.chances.frame_count, 0);
    buf_clear(&b);
    files_picture_free(&p);
    files_picture_free(&same);
    files_picture_free(&other);
}

static void thumbnails_that_nest_or_break_are_no_more_than_one_step(void **state)
{
    struct files_picture p = files_landscape(31, 320, 240), second = files_landscape(32, 160, 120);
    struct files_picture third = files_landscape(33, 80, 60);
    struct decode_hashed h, one;
    struct buf inner, middle, outer;

    (void)state;
    buf_init(&inner, FILES_BYTES_MAX);
    buf_init(&middle, FILES_BYTES_MAX);
    buf_init(&outer, FILES_BYTES_MAX);
    files_jpeg(&third, 70, FILES_BASELINE, &inner);
    with_thumbnail(&second, &inner, &middle);
    with_thumbnail(&p, &middle, &outer);
    hash(&middle, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &one);
    assert_true(one.chances.has_thumbnail);
    hash(&outer, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &h);
    assert_true(h.chances.has_thumbnail);
    assert_same(&h.chances.thumbnail, &one.pdq); /* the middle one, not the innermost */
    buf_reset(&outer);
    middle.size = 300; /* broken off in its tables */
    with_thumbnail(&p, &middle, &outer);
    hash(&outer, DECODE_HASH_PDQ | DECODE_HASH_THUMBNAIL, &h);
    assert_false(h.chances.has_thumbnail);
    buf_clear(&inner);
    buf_clear(&middle);
    buf_clear(&outer);
    files_picture_free(&p);
    files_picture_free(&second);
    files_picture_free(&third);
}

/* ---- all of it, of everything ---- */

/* Whatever more is asked for: what was said without it is said with it. */
static void check_all(const char *name, const struct buf *b)
{
    struct decode_hashed plainly, all;

    try_hash(b, DECODE_HASH_PDQ, &plainly);
    try_hash(b, ALL, &all);
    if (plainly.picture != all.picture)
        print_error("%s: %s, then %s\n", name, plainly.why.text, all.why.text);
    assert_int_equal(all.picture, plainly.picture);
    if (all.picture != ASSAY_OK)
        return;
    assert_memory_equal(&all.pdq, &plainly.pdq, sizeof all.pdq);
    assert_memory_equal(&all.pdq_oriented, &plainly.pdq_oriented, sizeof all.pdq);
    assert_int_equal(all.frames, plainly.frames);
    assert_int_equal(all.duration_ms, plainly.duration_ms);
    assert_int_equal(all.flags & ~(uint32_t)(DECODE_FRAMES_UNSEEN | DECODE_THUMBNAIL_DIFFERS),
                     plainly.flags);
}

static void hostile_files_and_evasions_are_as_without_the_question(void **state)
{
    struct evasion evasion;
    const char *name;
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; (name = files_hostile(i, &b)) != NULL; i++)
        check_all(name, &b);
    buf_reset(&b);
    for (unsigned i = 0; evasion_make(i, &evasion, &b); i++, buf_reset(&b)) {
        check_all(evasion.name, &b);
        evasion_clear(&evasion);
    }
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_frame_has_the_hash_of_the_frame_saved_alone),
        cmocka_unit_test(frames_of_lossy_codings_have_the_hash_of_the_same_coding_alone),
        cmocka_unit_test(frames_in_the_scale_of_512_are_hashed_in_it),
        cmocka_unit_test(more_frames_than_are_listed_are_said_so),
        cmocka_unit_test(frames_without_end_are_bounded),
        cmocka_unit_test(a_film_of_pictures_says_how_long_it_is_and_that_it_is_unseen),
        cmocka_unit_test(without_borders_the_hash_is_that_of_the_part_cut_out),
        cmocka_unit_test(nothing_is_given_without_a_border_or_without_a_picture_in_it),
        cmocka_unit_test(a_thumbnail_that_differs_has_the_hash_of_its_own_bytes),
        cmocka_unit_test(a_thumbnail_of_heic_is_told_by_the_same_rule),
        cmocka_unit_test(thumbnails_that_nest_or_break_are_no_more_than_one_step),
        cmocka_unit_test(hostile_files_and_evasions_are_as_without_the_question),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
