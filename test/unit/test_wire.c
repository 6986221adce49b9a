/* The decoders' protocol and the parent's checks: the bytes written down, and each lie found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "decode/picture.h"
#include "decode/wire.h"

/* The example of doc/decoder.md: a JPEG of 4000 x 3000 pixels to be turned clockwise. */
static struct wire_reply example(void)
{
    struct wire_reply r = {.head = {WIRE_DECODE, WIRE_GOOD, WIRE_LAYER_SECCOMP, 7}};

    r.picture = (struct wire_picture){.type = DECODE_TYPE_JPEG,
                                      .width = 4000,
                                      .height = 3000,
                                      .frames = 1,
                                      .frames_seen = 1,
                                      .flags = DECODE_EXIF_TURNED | DECODE_THUMBNAIL_DIFFERS,
                                      .orientation = 6,
                                      .has_pdq = true,
                                      .has_pdq_oriented = true,
                                      .pdq = {.quality = 100},
                                      .pdq_oriented = {.quality = 99},
                                      .view_width = 1200,
                                      .view_height = 1600,
                                      .facet_count = 1};
    r.picture.facets[0] = (struct wire_facet){.kind = DECODE_FACET_THUMBNAIL,
                                              .orientation = 1,
                                              .size = {640, 480},
                                              .tile = {480, 360},
                                              .has_pdq = true,
                                              .pdq = {.quality = 98}};
    for (unsigned i = 0; i < ASSAY_PDQ_BYTES; i++) {
        r.picture.pdq.bytes[i] = (uint8_t)(i % 2 == 0 ? 0x0f : 0xf0);
        r.picture.pdq_oriented.bytes[i] = (uint8_t)i;
        r.picture.facets[0].pdq.bytes[i] = (uint8_t)(0xff - i);
    }
    return r;
}

static const char example_hex[] =
    "41534452020001000100000001000000070000000000000000000000000000000200"
    "0000a00f0000b80b0000010000003000000006000000010000000300000064000000"
    "630000000ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff0"
    "0ff0000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "b0040000400600000100000001000000";

/* Behind zeros, from byte 256. */
static const char facet_hex[] =
    "020001000000000080020000e0010000e00100006801000001000000620000"
    "00fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0";

#define FACETS_AT 512u /* in hex digits */

static void a_reply_has_the_bytes_of_the_document(void **state)
{
    unsigned char bytes[WIRE_REPLY_BYTES];
    char hex[2 * WIRE_REPLY_BYTES + 1];
    struct wire_reply r = example();
    const size_t used = sizeof example_hex - 1;

    (void)state;
    wire_reply_put(&r, bytes);
    str_hex(bytes, sizeof bytes, hex);
    assert_memory_equal(hex, example_hex, used);
    for (size_t i = used; i < FACETS_AT; i++)
        assert_int_equal(hex[i], '0');
    assert_memory_equal(hex + FACETS_AT, facet_hex, sizeof facet_hex - 1);
    for (size_t i = FACETS_AT + sizeof facet_hex - 1; i < 2 * WIRE_REPLY_BYTES; i++)
        assert_int_equal(hex[i], '0');
}

static void a_reply_comes_back_as_it_was(void **state)
{
    unsigned char bytes[WIRE_REPLY_BYTES], again[WIRE_REPLY_BYTES];
    struct wire_reply r = example(), got;

    (void)state;
    wire_reply_put(&r, bytes);
    assert_int_equal(wire_reply_get(bytes, WIRE_DECODE, &got, NULL), ASSAY_OK);
    wire_reply_put(&got, again);
    assert_memory_equal(bytes, again, sizeof bytes);
    assert_int_equal(picture_check(&got.picture, DECODE_TYPE_JPEG, &decode_limits_default, NULL),
                     ASSAY_OK);
}

static void bytes_of_another_protocol_are_refused(void **state)
{
    static const size_t places[] = {0,
                                    3,
                                    4,
                                    6,
                                    8,
                                    15,
                                    20,
                                    31,
                                    56,
                                    60,
                                    64,
                                    68,
                                    151,
                                    152,
                                    255,
                                    280,
                                    284,
                                    320,
                                    WIRE_REPLY_BYTES - 1};
    unsigned char good[WIRE_REPLY_BYTES], bytes[WIRE_REPLY_BYTES];
    struct wire_reply r = example(), got = {0}, untouched = {0};
    struct err e;

    (void)state;
    wire_reply_put(&r, good);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        memcpy(bytes, good, sizeof bytes);
        bytes[places[i]] ^= 0xff;
        assert_int_equal(wire_reply_get(bytes, WIRE_DECODE, &got, &e), ASSAY_EDAMAGED);
        assert_true(strlen(e.text) > 10);
    }
    assert_int_equal(wire_reply_get(good, WIRE_ENCODE, &got, NULL), ASSAY_EDAMAGED);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(wire_reply_get(bytes, WIRE_DECODE, &got, NULL), ASSAY_EDAMAGED);
    assert_memory_equal(&got, &untouched, sizeof got);
}

static void a_rendition_outside_of_its_answer_is_refused(void **state)
{
    static const struct wire_rendition bad[] = {
        {480, 360, 0, 0},           {480, 360, WIRE_ENCODED_BYTES, 1},
        {480, 360, 0xffffffffu, 2}, {480, 360, 1, WIRE_ENCODED_BYTES},
        {480, 360, 0, 0xffffffffu},
    };
    struct wire_reply r = {.head = {WIRE_ENCODE, WIRE_GOOD, 0, 0}}, got;
    unsigned char bytes[WIRE_REPLY_BYTES];

    (void)state;
    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++)
        r.renditions[i] = (struct wire_rendition){480, 360, 0, WIRE_ENCODED_BYTES};
    wire_reply_put(&r, bytes);
    assert_int_equal(wire_reply_get(bytes, WIRE_ENCODE, &got, NULL), ASSAY_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        r.renditions[3] = bad[i];
        wire_reply_put(&r, bytes);
        assert_int_equal(wire_reply_get(bytes, WIRE_ENCODE, &got, NULL), ASSAY_EDAMAGED);
    }
}

typedef void (*lie)(struct wire_picture *p);
static void lie_type(struct wire_picture *p)
{
    p->type = DECODE_TYPE_PNG;
}
static void lie_no_width(struct wire_picture *p)
{
    p->width = 0;
}
static void lie_wide(struct wire_picture *p)
{
    p->width = 65501;
}
static void lie_pixels(struct wire_picture *p)
{
    p->width = p->height = 60000;
}
static void lie_turn(struct wire_picture *p)
{
    p->orientation = 9;
}
static void lie_frames(struct wire_picture *p)
{
    p->frames = 2;
}
static void lie_no_frames(struct wire_picture *p)
{
    p->frames = 0;
}
static void lie_flags(struct wire_picture *p)
{
    p->flags |= DECODE_EXTENSION_DIFFERS;
}
static void lie_unknown_flag(struct wire_picture *p)
{
    p->flags |= 1u << 31;
}
static void lie_not_turned(struct wire_picture *p)
{
    p->flags &= ~(uint32_t)DECODE_EXIF_TURNED;
}
static void lie_no_hash(struct wire_picture *p)
{
    p->has_pdq = false;
}
static void lie_both(struct wire_picture *p)
{
    p->oriented_too_large = true;
}
static void lie_neither(struct wire_picture *p)
{
    p->has_pdq_oriented = false;
}
static void lie_not_seen(struct wire_picture *p)
{
    p->frames_seen = 0;
}
static void lie_all_seen(struct wire_picture *p)
{
    p->frames_seen = 2;
}
static void lie_unseen(struct wire_picture *p)
{
    p->frames = 3;
    p->flags |= DECODE_ANIMATED;
}
static void lie_facet_kind(struct wire_picture *p)
{
    p->facets[0].kind = DECODE_FACET_KIND_END;
}
static void lie_facet_turn(struct wire_picture *p)
{
    p->facets[0].orientation = 0;
}
static void lie_facet_turned_tile(struct wire_picture *p)
{
    p->facets[0].orientation = 6;
}
static void lie_facet_wide(struct wire_picture *p)
{
    p->facets[0].size.width = 65501;
}
static void lie_facet_tile(struct wire_picture *p)
{
    p->facets[0].tile = (struct wire_size){640, 480};
}
static void lie_facet_hash(struct wire_picture *p)
{
    p->facets[0].has_pdq = false;
}
static void lie_facet_frame(struct wire_picture *p)
{
    p->facets[0].kind = DECODE_FACET_FRAME;
    p->facets[0].index = 1;
}
static void lie_same_thumbnail(struct wire_picture *p)
{
    p->flags &= ~(uint32_t)DECODE_THUMBNAIL_DIFFERS;
}
static void lie_second(struct wire_picture *p)
{
    p->flags |= DECODE_SECOND_PICTURE;
}
static void lie_trailing(struct wire_picture *p)
{
    p->facets[0].kind = DECODE_FACET_TRAILING;
}
static void lie_view(struct wire_picture *p)
{
    p->view_width++;
}
static void lie_large_view(struct wire_picture *p)
{
    p->view_width = 4000;
    p->view_height = 3000;
}

static void each_lie_of_a_decoder_is_found(void **state)
{
    static const lie lies[] = {lie_type,         lie_no_width,       lie_wide,
                               lie_pixels,       lie_turn,           lie_frames,
                               lie_no_frames,    lie_flags,          lie_no_hash,
                               lie_unknown_flag, lie_not_turned,     lie_both,
                               lie_neither,      lie_view,           lie_large_view,
                               lie_not_seen,     lie_all_seen,       lie_unseen,
                               lie_facet_kind,   lie_facet_turn,     lie_facet_turned_tile,
                               lie_facet_wide,   lie_facet_tile,     lie_facet_hash,
                               lie_facet_frame,  lie_same_thumbnail, lie_second,
                               lie_trailing};

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct wire_reply r = example();

        lies[i](&r.picture);
        assert_int_equal(picture_check(&r.picture, DECODE_TYPE_JPEG, &decode_limits_default, NULL),
                         ASSAY_EDAMAGED);
    }
}

static void a_hash_carries_the_reason_not_to_trust_it(void **state)
{
    struct assay_pdq pdq = example().picture.pdq, none = {.quality = 100};

    (void)state;
    assert_int_equal(picture_pdq_reason(&pdq, 64, 64, 0), DECODE_PDQ_GOOD);
    assert_int_equal(picture_pdq_reason(&pdq, 4, 64, 0), DECODE_PDQ_TOO_SMALL);
    assert_int_equal(picture_pdq_reason(&pdq, 64, 64, DECODE_DAMAGED), DECODE_PDQ_DAMAGED);
    assert_int_equal(picture_pdq_reason(&none, 64, 64, 0), DECODE_PDQ_DEGENERATE);
    memset(none.bytes, 0xff, sizeof none.bytes);
    assert_int_equal(picture_pdq_reason(&none, 64, 64, 0), DECODE_PDQ_DEGENERATE);
    pdq.quality = ASSAY_PDQ_MATCH_QUALITY - 1;
    assert_int_equal(picture_pdq_reason(&pdq, 64, 64, 0), DECODE_PDQ_LOW_QUALITY);
    assert_null(decode_pdq_reason_name(DECODE_PDQ_GOOD));
    assert_string_equal(decode_pdq_reason_name(DECODE_PDQ_NONE), "not_a_picture");
}

static void a_request_comes_back_or_is_refused(void **state)
{
    struct wire_request r = {{1600, 7}, 2, {{480, 360}, {3, 480}}}, got = {0};
    unsigned char bytes[WIRE_REQUEST_BYTES];

    (void)state;
    wire_request_put(&r, bytes);
    assert_int_equal(wire_request_get(bytes, &got), ASSAY_OK);
    assert_memory_equal(&got, &r, sizeof r);
    assert_int_equal(wire_request_pixels(&got), 3 * (1600 * 7 + 480 * 360 + 3 * 480));
    r.view.width = 1601;
    wire_request_put(&r, bytes);
    assert_int_equal(wire_request_get(bytes, &got), ASSAY_EFORMAT);
    r.view = (struct wire_size){7, 0};
    wire_request_put(&r, bytes);
    assert_int_equal(wire_request_get(bytes, &got), ASSAY_EFORMAT);
    r.view.height = 7;
    r.tiles[1].height = 481;
    wire_request_put(&r, bytes);
    assert_int_equal(wire_request_get(bytes, &got), ASSAY_EFORMAT);
    wire_request_put(&(struct wire_request){.view = {1, 1}}, bytes);
    bytes[16] = DECODE_FACETS_MAX + 1;
    assert_int_equal(wire_request_get(bytes, &got), ASSAY_EFORMAT);
}

static void a_grid_of_any_number_of_tiles_fits(void **state)
{
    static const struct {
        uint32_t count, side_max, columns, rows, side;
    } rows[] = {
        {1, 480, 1, 1, 480}, {2, 480, 2, 1, 480},  {4, 480, 2, 2, 480},
        {9, 480, 3, 3, 480}, {10, 480, 4, 3, 395}, {64, 480, 8, 8, 195},
        {2, 128, 2, 1, 128}, {13, 128, 7, 2, 128}, {64, 128, 11, 6, 128},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct wire_grid g = wire_grid_of(rows[i].count, rows[i].side_max);

        assert_int_equal(g.columns, rows[i].columns);
        assert_int_equal(g.rows, rows[i].rows);
        assert_int_equal(g.side, rows[i].side);
    }
    for (uint32_t count = 1; count <= 1 + DECODE_FACETS_MAX; count++) {
        const struct wire_grid g = wire_grid_of(count, DECODE_SMALL_SIDE);

        assert_true(g.columns * g.rows >= count);
        assert_true(g.size.width <= DECODE_FULL_SIDE && g.size.height <= DECODE_FULL_SIDE);
    }
}

static void a_picture_is_fitted_and_never_enlarged(void **state)
{
    static const struct {
        struct wire_size from;
        uint32_t side;
        struct wire_size to;
    } rows[] = {
        {{4000, 3000}, 1600, {1600, 1200}}, {{3000, 4000}, 1600, {1200, 1600}},
        {{100, 50}, 480, {100, 50}},        {{65500, 1}, 1600, {1600, 1}},
        {{1, 65500}, 128, {1, 128}},        {{1601, 1601}, 1600, {1600, 1600}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire_size to = wire_fit(rows[i].from, rows[i].side);

        assert_int_equal(to.width, rows[i].to.width);
        assert_int_equal(to.height, rows[i].to.height);
    }
}

#define HEAD(type, bytes)                                                                          \
    {                                                                                              \
        type, bytes, sizeof bytes - 1                                                              \
    }

static void types_are_told_from_content(void **state)
{
    static const struct {
        enum decode_type type;
        const char *bytes;
        size_t size;
    } rows[] = {
        HEAD(DECODE_TYPE_EMPTY, ""),
        HEAD(DECODE_TYPE_UNKNOWN, "a"),
        HEAD(DECODE_TYPE_UNKNOWN, "#EXTM3U\nfile:///etc/passwd\n"),
        HEAD(DECODE_TYPE_UNKNOWN, "\xff\xd8"),
        HEAD(DECODE_TYPE_JPEG, "\xff\xd8\xff\xe0"),
        HEAD(DECODE_TYPE_PNG, "\x89PNG\r\n\x1a\n...."),
        HEAD(DECODE_TYPE_UNKNOWN, "\x89PNG\n\n\x1a\n...."),
        HEAD(DECODE_TYPE_WEBP, "RIFF\0\0\0\0WEBPVP8 "),
        HEAD(DECODE_TYPE_AVI, "RIFF\0\0\0\0AVI LIST"),
        HEAD(DECODE_TYPE_UNKNOWN, "RIFF\0\0\0\0WAVEfmt "),
        HEAD(DECODE_TYPE_GIF, "GIF89a"),
        HEAD(DECODE_TYPE_TIFF, "MM\0*\0\0\0\x08"),
        HEAD(DECODE_TYPE_HEIF, "\0\0\0\x18"
                               "ftypheic\0\0\0\0mif1heic"),
        HEAD(DECODE_TYPE_AVIF, "\0\0\0\x1c"
                               "ftypavif\0\0\0\0mif1avifmiaf"),
        HEAD(DECODE_TYPE_AVIF, "\0\0\0\x18"
                               "ftypmif1\0\0\0\0mif1avif"),
        HEAD(DECODE_TYPE_MP4, "\0\0\0\x18"
                              "ftypisom\0\0\0\0isomavc1"),
        HEAD(DECODE_TYPE_MP4, "\0\0\0\x08"
                              "mdat"),
        HEAD(DECODE_TYPE_JXL, "\xff\x0a\0\0"),
        HEAD(DECODE_TYPE_JP2, "\0\0\0\x0cjP  \r\n\x87\n"),
        HEAD(DECODE_TYPE_PSD, "8BPS\0\x01"),
        HEAD(DECODE_TYPE_ICO, "\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\1\0\0\x16\0\0\0"),
        HEAD(DECODE_TYPE_BMP, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"),
        HEAD(DECODE_TYPE_UNKNOWN, "BMW is the name of a text file that starts so"),
        HEAD(DECODE_TYPE_MATROSKA, "\x1a\x45\xdf\xa3"),
        HEAD(DECODE_TYPE_MPEG, "\0\0\x01\xba\x44"),
        HEAD(DECODE_TYPE_FLV, "FLV\x01\x05"),
        HEAD(DECODE_TYPE_ASF, "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"),
        HEAD(DECODE_TYPE_PDF, "%PDF-1.7"),
        HEAD(DECODE_TYPE_SVG, "<?xml version=\"1.0\"?>\n<svg xmlns="),
        HEAD(DECODE_TYPE_UNKNOWN, "<html><body>"),
        HEAD(DECODE_TYPE_ZIP, "PK\3\4"),
        HEAD(DECODE_TYPE_PNM, "P6\n# a comment\n3 2\n255\n"),
        HEAD(DECODE_TYPE_PNM, "P1 3 2\n"),
        HEAD(DECODE_TYPE_PNM, "P7\nWIDTH 3\n"),
        HEAD(DECODE_TYPE_UNKNOWN, "P1 is what the first paragraph is called"),
        HEAD(DECODE_TYPE_QOI, "qoif\0\0\0\3\0\0\0\2\3\0"),
        HEAD(DECODE_TYPE_UNKNOWN, "qoif is a format"),
        HEAD(DECODE_TYPE_DDS, "DDS \x7c\0\0\0"),
        HEAD(DECODE_TYPE_SUN, "\x59\xa6\x6a\x95\0\0"),
        HEAD(DECODE_TYPE_SGI, "\1\xda\0\1\0\3\0\x10\0\x10\0\3"),
        HEAD(DECODE_TYPE_UNKNOWN, "\1\xda\0\1\0\7\0\x10\0\x10\0\3"),
        HEAD(DECODE_TYPE_TGA, "\0\0\2\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\x20"),
        HEAD(DECODE_TYPE_UNKNOWN, "\0\0\2\0\0\0\0\0\0\0\0\0\0\0\x10\0\x18\x20"),
        HEAD(DECODE_TYPE_UNKNOWN, "\0\0\2\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x11\x20"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(decode_sniff(rows[i].bytes, rows[i].size), rows[i].type);
}

static void every_type_and_flag_has_a_name(void **state)
{
    unsigned flags = 0;

    (void)state;
    for (enum decode_type t = 0; t < DECODE_TYPE_COUNT; t++) {
        assert_non_null(strchr(decode_type_mime(t), '/'));
        if (decode_type_supported(t))
            assert_int_equal(decode_type_kind(t), DECODE_KIND_PICTURE);
    }
    while (decode_flag_name(flags) != NULL)
        flags++;
    assert_int_equal(1u << (flags - 1), DECODE_SECOND_PICTURE);
    assert_string_equal(decode_rendition_name(DECODE_COVER), "cover");
    assert_string_equal(decode_rendition_name(DECODE_STRIP), "strip");
    assert_string_equal(decode_rendition_name(DECODE_SHEET_COLOUR), "sheet_colour");
    for (enum decode_facet_kind k = DECODE_FACET_FRAME; k < DECODE_FACET_KIND_END; k++)
        assert_non_null(decode_facet_kind_name(k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_the_bytes_of_the_document),
        cmocka_unit_test(a_reply_comes_back_as_it_was),
        cmocka_unit_test(bytes_of_another_protocol_are_refused),
        cmocka_unit_test(a_rendition_outside_of_its_answer_is_refused),
        cmocka_unit_test(each_lie_of_a_decoder_is_found),
        cmocka_unit_test(a_hash_carries_the_reason_not_to_trust_it),
        cmocka_unit_test(a_request_comes_back_or_is_refused),
        cmocka_unit_test(a_grid_of_any_number_of_tiles_fits),
        cmocka_unit_test(a_picture_is_fitted_and_never_enlarged),
        cmocka_unit_test(types_are_told_from_content),
        cmocka_unit_test(every_type_and_flag_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
