/* Every still format through its sandboxed program: the same pixels have the same hash, and files
 * that are cut or lie about their sides are damaged or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "decode/decode.h"
#include "media/coded.h"
#include "media/stills.h"

#define WIDTH  203u
#define HEIGHT 151u
#define NEAR   10 /* bits that a lossy coding of good quality may differ in */
#define SAME   0

static struct decode_env *env;
static struct files_picture rgb, few, grey, alpha, small;

static struct files_picture with_channels(unsigned channels)
{
    struct files_picture p = {WIDTH, HEIGHT, channels, mem_array((size_t)WIDTH * HEIGHT, channels)};

    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        if (channels == 1) {
            p.bytes[i] = rgb.bytes[3 * i + 1];
            continue;
        }
        memcpy(p.bytes + 4 * i, rgb.bytes + 3 * i, 3);
        p.bytes[4 * i + 3] = i % WIDTH > 100 ? 255 : 40;
    }
    return p;
}

static int start(void **state)
{
    struct err e;

    (void)state;
    rgb = files_landscape(3, WIDTH, HEIGHT);
    few = files_landscape(3, WIDTH, HEIGHT);
    stills_few_colours(&few);
    grey = with_channels(1);
    alpha = with_channels(4);
    small = files_landscape(3, 120, 90);
    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) == ASSAY_OK)
        return 0;
    print_error("%s\n", e.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    decode_env_free(env);
    files_picture_free(&rgb);
    files_picture_free(&few);
    files_picture_free(&grey);
    files_picture_free(&alpha);
    files_picture_free(&small);
    return 0;
}

static void bmp(struct buf *b)
{
    stills_bmp(&rgb, STILLS_BMP_24, b);
}

static void bmp_palette(struct buf *b)
{
    stills_bmp(&few, STILLS_BMP_PALETTE, b);
}

static void bmp_rle(struct buf *b)
{
    stills_bmp(&few, STILLS_BMP_RLE, b);
}

static void bmp_alpha(struct buf *b)
{
    stills_bmp(&alpha, STILLS_BMP_ALPHA, b);
}

static void tga(struct buf *b)
{
    stills_tga(&rgb, STILLS_TGA_RAW, b);
}

static void tga_rle(struct buf *b)
{
    stills_tga(&few, STILLS_TGA_RLE, b);
}

static void pgm_text(struct buf *b)
{
    stills_pnm(&grey, '2', b);
}

static void ppm_text(struct buf *b)
{
    stills_pnm(&rgb, '3', b);
}

static void pgm(struct buf *b)
{
    stills_pnm(&grey, '5', b);
}

static void ppm(struct buf *b)
{
    stills_pnm(&rgb, '6', b);
}

static void pam(struct buf *b)
{
    stills_pnm(&alpha, '7', b);
}

static void tiff(struct buf *b)
{
    stills_tiff(&rgb, 1, STILLS_TIFF_8, b);
}

static void tiff_grey(struct buf *b)
{
    stills_tiff(&grey, 1, STILLS_TIFF_8, b);
}

static void tiff_alpha(struct buf *b)
{
    stills_tiff(&alpha, 1, STILLS_TIFF_8, b);
}

static void tiff_16(struct buf *b)
{
    stills_tiff(&rgb, 1, STILLS_TIFF_16, b);
}

static void tiff_cmyk(struct buf *b)
{
    stills_tiff(&rgb, 1, STILLS_TIFF_CMYK, b);
}

static void tiff_of_jpeg(struct buf *b)
{
    stills_tiff(&rgb, 1, STILLS_TIFF_JPEG, b);
}

static void gif(struct buf *b)
{
    stills_gif(&few, 1, b);
}

static void ico_bitmap(struct buf *b)
{
    stills_ico((struct files_picture[]){small, rgb}, 2, STILLS_ICO_BMP, b);
}

static void ico_png(struct buf *b)
{
    stills_ico((struct files_picture[]){small, rgb}, 2, STILLS_ICO_PNG, b);
}

static void psd(struct buf *b)
{
    stills_psd(&rgb, STILLS_PSD_RAW, b);
}

static void psd_rle(struct buf *b)
{
    stills_psd(&alpha, STILLS_PSD_RLE, b);
}

static void qoi(struct buf *b)
{
    stills_qoi(&rgb, b);
}

static void qoi_alpha(struct buf *b)
{
    stills_qoi(&alpha, b);
}

static void dds(struct buf *b)
{
    stills_dds(&rgb, b);
}

static void sgi(struct buf *b)
{
    stills_sgi(&rgb, b);
}

static void pcx(struct buf *b)
{
    stills_pcx(&rgb, b);
}

static void sun(struct buf *b)
{
    stills_sun(&rgb, b);
}

static void jxl(struct buf *b)
{
    assert_true(coded_jxl(&rgb, b));
}

static void jp2(struct buf *b)
{
    assert_true(coded_jp2(&rgb, b));
}

static void heic(struct buf *b)
{
    assert_true(coded_heif(&rgb, 1, CODED_HEIC, b));
}

static void heic_alpha(struct buf *b)
{
    assert_true(coded_heif(&alpha, 1, CODED_HEIC, b));
}

static void avif(struct buf *b)
{
    assert_true(coded_heif(&rgb, 1, CODED_AVIF, b));
}

static const struct format {
    const char *name;
    void (*make)(struct buf *b);
    const struct files_picture *shows;
    enum decode_type type;
    unsigned bits;  /* of the hash that may differ */
    size_t lie_at;  /* where a side stands that can be made huge; 0: tried elsewhere */
    uint32_t flags; /* that must be there, besides DECODE_ALPHA_HIDES */
} formats[] = {
    {"bmp", bmp, &rgb, DECODE_TYPE_BMP, SAME, 20, 0},
    {"bmp of a palette", bmp_palette, &few, DECODE_TYPE_BMP, SAME, 24, 0},
    {"bmp of runs", bmp_rle, &few, DECODE_TYPE_BMP, SAME, 20, 0},
    {"bmp with alpha", bmp_alpha, &alpha, DECODE_TYPE_BMP, SAME, 20, 0},
    {"tga", tga, &rgb, DECODE_TYPE_TGA, SAME, 0, 0},
    {"tga of runs", tga_rle, &few, DECODE_TYPE_TGA, SAME, 0, 0},
    {"pgm in words", pgm_text, &grey, DECODE_TYPE_PNM, SAME, 0, 0},
    {"ppm in words", ppm_text, &rgb, DECODE_TYPE_PNM, SAME, 0, 0},
    {"pgm", pgm, &grey, DECODE_TYPE_PNM, SAME, 0, 0},
    {"ppm", ppm, &rgb, DECODE_TYPE_PNM, SAME, 0, 0},
    {"pam", pam, &alpha, DECODE_TYPE_PNM, SAME, 0, 0},
    {"tiff", tiff, &rgb, DECODE_TYPE_TIFF, SAME, 0, 0},
    {"tiff, grey", tiff_grey, &grey, DECODE_TYPE_TIFF, SAME, 0, 0},
    {"tiff with alpha", tiff_alpha, &alpha, DECODE_TYPE_TIFF, SAME, 0, 0},
    {"tiff of 16 bits", tiff_16, &rgb, DECODE_TYPE_TIFF, SAME, 0, 0},
    {"tiff, cmyk", tiff_cmyk, &rgb, DECODE_TYPE_TIFF, SAME, 0, 0},
    {"tiff of jpeg", tiff_of_jpeg, &rgb, DECODE_TYPE_TIFF, NEAR, 0, 0},
    {"gif", gif, &few, DECODE_TYPE_GIF, SAME, 0, 0},
    {"ico of bitmaps", ico_bitmap, &rgb, DECODE_TYPE_ICO, SAME, 0, DECODE_ANIMATED},
    {"ico of pngs", ico_png, &rgb, DECODE_TYPE_ICO, SAME, 0, DECODE_ANIMATED},
    {"psd", psd, &rgb, DECODE_TYPE_PSD, SAME, 14, 0},
    {"psd of runs", psd_rle, &alpha, DECODE_TYPE_PSD, SAME, 18, 0},
    {"qoi", qoi, &rgb, DECODE_TYPE_QOI, SAME, 4, 0},
    {"qoi with alpha", qoi_alpha, &alpha, DECODE_TYPE_QOI, SAME, 8, 0},
    {"dds", dds, &rgb, DECODE_TYPE_DDS, SAME, 14, 0},
    {"sgi", sgi, &rgb, DECODE_TYPE_SGI, SAME, 0, 0},
    {"pcx", pcx, &rgb, DECODE_TYPE_PCX, SAME, 0, 0},
    {"sun", sun, &rgb, DECODE_TYPE_SUN, SAME, 4, 0},
    {"jxl", jxl, &rgb, DECODE_TYPE_JXL, SAME, 0, 0},
    {"jp2", jp2, &rgb, DECODE_TYPE_JP2, SAME, 0, 0},
    {"heic", heic, &rgb, DECODE_TYPE_HEIF, NEAR, 0, 0},
    {"heic with alpha", heic_alpha, &alpha, DECODE_TYPE_HEIF, NEAR, 0, 0},
    {"avif", avif, &rgb, DECODE_TYPE_AVIF, NEAR, 0, 0},
};
#define FORMATS (sizeof formats / sizeof formats[0])

/* What the picture's pixels hash to, straight from memory. */
static struct assay_pdq hash_of(const struct files_picture *p)
{
    uint8_t *plain = mem_array((size_t)p->width * p->height, 3);
    struct assay_pdq hash;

    for (size_t i = 0; i < (size_t)p->width * p->height; i++)
        for (unsigned c = 0; c < 3; c++)
            plain[3 * i + c] = p->bytes[p->channels * i + (p->channels == 1 ? 0 : c)];
    assert_int_equal(assay_pdq_hash_rgb(plain, p->width, p->height, (size_t)3 * p->width, &hash),
                     ASSAY_OK);
    mem_free(plain);
    return hash;
}

static void the_same_pixels_have_the_same_hash_in_every_format(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < FORMATS; i++) {
        const struct format *f = &formats[i];
        const uint32_t odd = DECODE_ANIMATED | DECODE_ALPHA_HIDES | DECODE_FRAMES_UNSEEN;
        const struct assay_pdq hash = hash_of(f->shows);
        struct decode_picture p = {0};
        struct err e = {0};

        buf_reset(&b);
        f->make(&b);
        assert_int_equal(decode_sniff(b.data, b.size), f->type);
        if (decode_picture(env, b.data, b.size, &p, &e) != ASSAY_OK)
            fail_msg("%s: %s", f->name, e.text);
        if (assay_pdq_distance(&p.pdq, &hash) > f->bits || (p.flags & ~odd) != 0)
            fail_msg("%s: %d bits away, flags %x", f->name, (int)assay_pdq_distance(&p.pdq, &hash),
                     p.flags);
        assert_int_equal(p.width, f->shows->width);
        assert_int_equal(p.height, f->shows->height);
        assert_int_equal(p.flags & f->flags, f->flags);
        decode_picture_clear(&p);
    }
    buf_clear(&b);
}

/* A file that ends early is never taken for whole. */
static void a_cut_file_is_damaged_or_refused(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < FORMATS; i++) {
        buf_reset(&b);
        formats[i].make(&b);
        for (size_t tenth = 1; tenth < 10; tenth++) {
            struct decode_picture p = {0};
            struct err e = {0};
            enum assay_err rc = decode_picture(env, b.data, b.size * tenth / 10, &p, &e);

            if (rc == ASSAY_OK ? (p.flags & DECODE_DAMAGED) == 0
                               : rc != ASSAY_EFORMAT && rc != ASSAY_EUNSUPPORTED)
                fail_msg("%s cut to %zu0 %%: %s %s, flags %x", formats[i].name, tenth,
                         assay_err_name(rc), e.text, p.flags);
            decode_picture_clear(&p);
        }
    }
    buf_clear(&b);
}

/* 16 bits of ones in a side: over a billion pixels wide or high, whatever the byte order. */
static void a_lie_about_sides_is_refused_on_the_head(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < FORMATS; i++) {
        struct decode_picture p = {0};
        struct err e = {0};
        enum assay_err rc;

        if (formats[i].lie_at == 0)
            continue;
        buf_reset(&b);
        formats[i].make(&b);
        memset(b.data + formats[i].lie_at, 0x7f, 2);
        rc = decode_picture(env, b.data, b.size, &p, &e);
        if (rc != ASSAY_ELIMIT)
            fail_msg("%s: %s %s", formats[i].name, assay_err_name(rc), e.text);
    }
    buf_clear(&b);
}

/* Both sides are put where the format has them: behind a mark, or at a fixed place. */
#define BYTES(text) text, sizeof(text) - 1
static const struct lie {
    const char *name;
    void (*make)(struct buf *b);
    const char *mark;
    size_t mark_size, at;
    const char *sides;
    size_t sides_size;
} lies[] = {
    {"avif of 17000 x 17000", avif, BYTES("ispe"), 8, BYTES("\0\0\x42\x68\0\0\x42\x68")},
    {"jp2 of 17000 x 17000", jp2, BYTES("ihdr"), 4, BYTES("\0\0\x42\x68\0\0\x42\x68")},
    {"tga of 65535 x 65535", tga, BYTES(""), 12, BYTES("\xff\xff\xff\xff")},
    {"sgi of 65535 x 65535", sgi, BYTES(""), 6, BYTES("\xff\xff\xff\xff")},
    {"pcx of 65536 x 65536", pcx, BYTES(""), 8, BYTES("\xff\xff\xff\xff")},
    {"ppm of 9999999 x 255", ppm, BYTES(""), 3, BYTES("9999999")},
    {"wide tiff", tiff, BYTES("\1\0\0\4\0\0\0\1"), 8, BYTES("\x7f\xff\xff\xff")},
};

static void both_sides_may_lie_and_are_refused_on_the_head(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct lie *l = &lies[i];
        struct decode_picture p = {0};
        struct err e = {0};
        enum assay_err rc;
        unsigned char *mark;

        buf_reset(&b);
        l->make(&b);
        mark = memmem(b.data, b.size, l->mark, l->mark_size);
        assert_non_null(mark);
        memcpy(mark + l->at, l->sides, l->sides_size);
        rc = decode_picture(env, b.data, b.size, &p, &e);
        if (rc != ASSAY_ELIMIT)
            fail_msg("%s: %s %s", l->name, assay_err_name(rc), e.text);
        decode_picture_clear(&p);
    }
    buf_clear(&b);
}

static void gif_frames(struct buf *b)
{
    struct files_picture p[3] = {files_landscape(3, WIDTH, HEIGHT),
                                 files_landscape(3, WIDTH, HEIGHT),
                                 files_landscape(4, WIDTH, HEIGHT)};

    for (size_t i = 0; i < 3; i++)
        stills_few_colours(&p[i]);
    stills_gif(p, 3, b);
    for (size_t i = 0; i < 3; i++)
        files_picture_free(&p[i]);
}

static void tiff_pages(struct buf *b)
{
    struct files_picture p[3] = {rgb, rgb, files_landscape(4, 2 * WIDTH, HEIGHT)};

    stills_tiff(p, 3, STILLS_TIFF_8, b);
    files_picture_free(&p[2]);
}

static void ico_pictures(struct buf *b)
{
    struct files_picture p[3] = {rgb, rgb, files_landscape(4, 100, 80)};

    stills_ico(p, 3, STILLS_ICO_BMP, b);
    files_picture_free(&p[2]);
}

static void heic_pictures(struct buf *b)
{
    struct files_picture p[3] = {rgb, rgb, files_landscape(4, 2 * WIDTH, HEIGHT)};

    assert_true(coded_heif(p, 3, CODED_HEIC, b));
    files_picture_free(&p[2]);
}

static void pnm_pictures(struct buf *b)
{
    struct files_picture other = files_landscape(4, 2 * WIDTH, HEIGHT);

    stills_pnm(&rgb, '6', b);
    stills_pnm(&rgb, '6', b);
    stills_pnm(&other, '6', b);
    files_picture_free(&other);
}

/* Three pictures, of which the second shows the first again and the third another. */
static void every_page_is_seen_and_the_odd_one_kept(void **state)
{
    static const struct {
        const char *name;
        void (*make)(struct buf *b);
    } files[] = {{"gif", gif_frames},
                 {"tiff", tiff_pages},
                 {"ico", ico_pictures},
                 {"heic", heic_pictures},
                 {"ppm", pnm_pictures}};
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct decode_picture p = {0};
        struct err e = {0};

        buf_reset(&b);
        files[i].make(&b);
        if (decode_picture(env, b.data, b.size, &p, &e) != ASSAY_OK)
            fail_msg("%s: %s", files[i].name, e.text);
        if (p.frames != 3 || p.frames_seen != 3 || p.facet_count != 1 || p.flags != DECODE_ANIMATED)
            fail_msg("%s: %u frames, %u seen, %u facets, flags %x", files[i].name, p.frames,
                     p.frames_seen, p.facet_count, p.flags);
        assert_int_equal(p.facets[0].kind, DECODE_FACET_FRAME);
        assert_int_equal(p.facets[0].index, 2);
        decode_picture_clear(&p);
    }
    buf_clear(&b);
}

/* A JPEG glued behind the end is a facet in every format; that something is there is said where
 * the format tells its end. */
static void a_picture_behind_the_end_is_seen(void **state)
{
    static const struct {
        const char *name;
        void (*make)(struct buf *b);
        uint32_t said;
    } files[] = {
        {"bmp", bmp, DECODE_TRAILING_DATA},
        {"bmp of a palette", bmp_palette, DECODE_TRAILING_DATA},
        {"bmp of runs", bmp_rle, DECODE_TRAILING_DATA},
        {"bmp with alpha", bmp_alpha, DECODE_TRAILING_DATA},
        {"pgm", pgm, DECODE_TRAILING_DATA},
        {"ppm", ppm, DECODE_TRAILING_DATA},
        {"pam", pam, DECODE_TRAILING_DATA},
        {"psd", psd, DECODE_TRAILING_DATA},
        {"psd of runs", psd_rle, DECODE_TRAILING_DATA},
        {"qoi", qoi, DECODE_TRAILING_DATA},
        {"qoi with alpha", qoi_alpha, DECODE_TRAILING_DATA},
        {"sgi", sgi, DECODE_TRAILING_DATA},
        {"sun", sun, DECODE_TRAILING_DATA},
        {"jp2", jp2, DECODE_TRAILING_DATA},
        {"ppm in words", ppm_text, DECODE_TRAILING_DATA},
        {"tga", tga, DECODE_TRAILING_DATA},
        {"tga of runs", tga_rle, DECODE_TRAILING_DATA},
        {"pcx", pcx, 0},
        {"dds", dds, 0},
        {"jxl", jxl, DECODE_TRAILING_DATA},
    };
    struct files_picture other = files_landscape(9, WIDTH, HEIGHT);
    struct buf b;

    (void)state;
    buf_init(&b, FILES_BYTES_MAX);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct decode_picture p = {0};
        struct err e = {0};

        buf_reset(&b);
        files[i].make(&b);
        files_jpeg(&other, 90, FILES_BASELINE, &b);
        if (decode_picture(env, b.data, b.size, &p, &e) != ASSAY_OK)
            fail_msg("%s: %s", files[i].name, e.text);
        if ((p.flags & DECODE_SECOND_PICTURE) == 0 || p.facet_count == 0 ||
            p.facets[p.facet_count - 1].kind != DECODE_FACET_TRAILING ||
            (p.flags & DECODE_TRAILING_DATA) != files[i].said)
            fail_msg("%s: %u facets, flags %x", files[i].name, p.facet_count, p.flags);
        decode_picture_clear(&p);
    }
    buf_clear(&b);
    files_picture_free(&other);
}

/* Of 24 x 16 pixels, by the reference encoder: two plain frames of 1/10 s, bare and in boxes, whose
 * codestream comes in parts; and one frame that is no animation. */
static const uint8_t film_bare[] = {
    0xff, 0x0a, 0x03, 0x05, 0x4d, 0x00, 0x20, 0x26, 0x08, 0x02, 0x01, 0x00, 0x80, 0x00, 0x4b,
    0x18, 0x8b, 0x15, 0x00, 0xd4, 0x17, 0x33, 0xc6, 0x78, 0x97, 0x79, 0x81, 0x10, 0x00, 0x10,
    0x07, 0xe7, 0x00, 0x06, 0x09, 0x20, 0x0c, 0x84, 0x81, 0x0c, 0x31, 0x1c, 0x04, 0x2a, 0xca,
    0x00, 0x08, 0x02, 0x05, 0x00, 0x88, 0x00, 0x4b, 0x18, 0x8b, 0x15, 0x00, 0xd4, 0x97, 0x19,
    0x63, 0x5e, 0xbc, 0xbc, 0x40, 0x08, 0x00, 0x09, 0xe3, 0x01, 0x00, 0x83, 0x04, 0x08, 0x81,
    0x00, 0x6d, 0x25, 0x28, 0x20, 0x31, 0x20, 0x58, 0x01, 0x93, 0x01};
static const uint8_t film_boxed[] = {
    0x00, 0x00, 0x00, 0x0c, 0x4a, 0x58, 0x4c, 0x20, 0x0d, 0x0a, 0x87, 0x0a, 0x00, 0x00, 0x00, 0x14,
    0x66, 0x74, 0x79, 0x70, 0x6a, 0x78, 0x6c, 0x20, 0x00, 0x00, 0x00, 0x00, 0x6a, 0x78, 0x6c, 0x20,
    0x00, 0x00, 0x00, 0x3a, 0x6a, 0x78, 0x6c, 0x70, 0x00, 0x00, 0x00, 0x00, 0xff, 0x0a, 0x03, 0x05,
    0x4d, 0x00, 0x20, 0x26, 0x08, 0x02, 0x01, 0x00, 0x80, 0x00, 0x4b, 0x18, 0x8b, 0x15, 0x00, 0xd4,
    0x17, 0x33, 0xc6, 0x78, 0x97, 0x79, 0x81, 0x10, 0x00, 0x10, 0x07, 0xe7, 0x00, 0x06, 0x09, 0x20,
    0x0c, 0x84, 0x81, 0x0c, 0x31, 0x1c, 0x04, 0x2a, 0xca, 0x00, 0x00, 0x00, 0x00, 0x34, 0x6a, 0x78,
    0x6c, 0x70, 0x80, 0x00, 0x00, 0x01, 0x08, 0x02, 0x05, 0x00, 0x88, 0x00, 0x4b, 0x18, 0x8b, 0x15,
    0x00, 0xd4, 0x97, 0x19, 0x63, 0x5e, 0xbc, 0xbc, 0x40, 0x08, 0x00, 0x09, 0xe3, 0x01, 0x00, 0x83,
    0x04, 0x08, 0x81, 0x00, 0x6d, 0x25, 0x28, 0x20, 0x31, 0x20, 0x58, 0x01, 0x93, 0x01};
static const uint8_t no_film[] = {0xff, 0x0a, 0x03, 0x41, 0x24, 0x08, 0x02, 0x01, 0x00, 0x80, 0x00,
                                  0x4b, 0x18, 0x8b, 0x15, 0x00, 0xd4, 0x17, 0x33, 0xc6, 0x78, 0x97,
                                  0x79, 0x81, 0x10, 0x00, 0x10, 0x07, 0xe7, 0x00, 0x06, 0x09, 0x20,
                                  0x0c, 0x84, 0x81, 0x0c, 0x31, 0x1c, 0x04, 0x2a, 0xca, 0x00};

static void every_frame_of_a_jpeg_xl_animation_is_seen(void **state)
{
    static const struct {
        const uint8_t *bytes;
        size_t size;
        uint32_t flags, frames;
    } files[] = {
        {film_bare, sizeof film_bare, DECODE_ANIMATED, 2},
        {film_boxed, sizeof film_boxed, DECODE_ANIMATED, 2},
        {no_film, sizeof no_film, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct decode_picture p = {0};
        struct err e = {0};

        if (decode_picture(env, files[i].bytes, files[i].size, &p, &e) != ASSAY_OK)
            fail_msg("%zu: %s", i, e.text);
        assert_int_equal(p.width, 24);
        assert_int_equal(p.height, 16);
        assert_int_equal(p.flags, files[i].flags);
        assert_int_equal(p.frames, files[i].frames);
        assert_int_equal(p.frames_seen, files[i].frames);
        decode_picture_clear(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_pixels_have_the_same_hash_in_every_format),
        cmocka_unit_test(every_page_is_seen_and_the_odd_one_kept),
        cmocka_unit_test(a_picture_behind_the_end_is_seen),
        cmocka_unit_test(every_frame_of_a_jpeg_xl_animation_is_seen),
        cmocka_unit_test(a_cut_file_is_damaged_or_refused),
        cmocka_unit_test(a_lie_about_sides_is_refused_on_the_head),
        cmocka_unit_test(both_sides_may_lie_and_are_refused_on_the_head),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
