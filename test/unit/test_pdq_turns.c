/* PDQ in eight positions, in the scale of the reference's tool, and how stable its bits are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <spng.h>

#include "hash/pdq_steps.h"

struct picture {
    uint32_t width, height;
    uint8_t *rgb; /* the caller frees it */
};

static struct picture blank(uint32_t width, uint32_t height)
{
    struct picture p = {.width = width, .height = height};

    p.rgb = malloc((size_t)3 * width * height);
    assert_non_null(p.rgb);
    return p;
}

/* Colour c at (x, y); the formula of the worked case in doc/hashing.md. */
static uint8_t formula(uint32_t x, uint32_t y, uint32_t c)
{
    uint32_t v = 3 * x * x + 5 * y * y + 7 * x * y + 11 * x * (c + 1) + 13 * y + 37 * c;

    return (uint8_t)(v >> 3 & 255);
}

static struct picture make(uint32_t width, uint32_t height)
{
    struct picture p = blank(width, height);

    for (uint32_t i = 0; i < 3 * width * height; i++)
        p.rgb[i] = formula(i / 3 % width, i / 3 / width, i % 3);
    return p;
}

static struct assay_pdq_stream *fed(struct assay_pdq_stream *s, const struct picture *p)
{
    size_t stride = (size_t)3 * p->width;
    struct assay_pdq_stream *made = s;

    if (s == NULL)
        assert_int_equal(assay_pdq_stream_new(p->width, p->height, &made), ASSAY_OK);
    for (uint32_t y = 0; y < p->height; y += 7) {
        uint32_t count = p->height - y < 7 ? p->height - y : 7;
        assert_int_equal(assay_pdq_stream_rgb(made, p->rgb + stride * y, stride, count), ASSAY_OK);
    }
    return made;
}

static void hash_turned(const struct picture *p, struct assay_pdq out[ASSAY_PDQ_TURNS])
{
    struct assay_pdq_stream *s = fed(NULL, p);

    assert_int_equal(assay_pdq_stream_finish_turned(s, out), ASSAY_OK);
    assay_pdq_stream_free(s);
}

/* The picture's pixels moved; where (x, y) of the result comes from. */
static struct picture turned(const struct picture *p, enum assay_pdq_turn turn)
{
    bool sideways = turn == ASSAY_PDQ_ROT90 || turn == ASSAY_PDQ_ROT270 ||
                    turn == ASSAY_PDQ_FLIPPLUS1 || turn == ASSAY_PDQ_FLIPMINUS1;
    struct picture t = sideways ? blank(p->height, p->width) : blank(p->width, p->height);

    for (uint32_t y = 0; y < t.height; y++)
        for (uint32_t x = 0; x < t.width; x++) {
            uint32_t right = t.width - 1 - x, down = t.height - 1 - y;
            const uint32_t from[ASSAY_PDQ_TURNS][2] = {
                [ASSAY_PDQ_ORIG] = {x, y},          [ASSAY_PDQ_ROT90] = {down, x},
                [ASSAY_PDQ_ROT180] = {right, down}, [ASSAY_PDQ_ROT270] = {y, right},
                [ASSAY_PDQ_FLIPX] = {x, down},      [ASSAY_PDQ_FLIPY] = {right, y},
                [ASSAY_PDQ_FLIPPLUS1] = {y, x},     [ASSAY_PDQ_FLIPMINUS1] = {down, right},
            };
            memcpy(t.rgb + (size_t)3 * (y * t.width + x),
                   p->rgb + (size_t)3 * (from[turn][1] * p->width + from[turn][0]), 3);
        }
    return t;
}

/* Without a window the filter does not lean, and but for sides of 128 samples lie evenly: then a
 * turned picture's spectrum is the turned one. */
static void turned_hashes_are_those_of_turned_pixels(void **state)
{
    static const uint32_t sides[][2] = {{100, 100}, {64, 64}, {37, 120}, {127, 65}};
    struct assay_pdq hashes[ASSAY_PDQ_TURNS], of_pixels[ASSAY_PDQ_TURNS];

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        struct picture p = make(sides[i][0], sides[i][1]);
        hash_turned(&p, hashes);
        for (size_t turn = 0; turn < ASSAY_PDQ_TURNS; turn++) {
            struct picture t = turned(&p, (enum assay_pdq_turn)turn);
            hash_turned(&t, of_pixels);
            assert_true(assay_pdq_distance(&of_pixels[ASSAY_PDQ_ORIG], &hashes[turn]) <= 4);
            assert_int_equal(of_pixels[ASSAY_PDQ_ORIG].quality, hashes[turn].quality);
            free(t.rgb);
        }
        free(p.rgb);
    }
}

/* Rows and columns are treated alike, whatever the window. */
static void the_transposed_pictures_hash_is_exact(void **state)
{
    struct assay_pdq hashes[ASSAY_PDQ_TURNS], hash;
    struct picture p = make(700, 530), t = turned(&p, ASSAY_PDQ_FLIPPLUS1);

    (void)state;
    hash_turned(&p, hashes);
    assert_int_equal(assay_pdq_hash_rgb(t.rgb, t.width, t.height, (size_t)3 * t.width, &hash),
                     ASSAY_OK);
    assert_true(assay_pdq_distance(&hash, &hashes[ASSAY_PDQ_FLIPPLUS1]) <= 2);
    assert_int_equal(assay_pdq_hash_rgb(p.rgb, p.width, p.height, (size_t)3 * p.width, &hash),
                     ASSAY_OK);
    assert_memory_equal(&hash, &hashes[ASSAY_PDQ_ORIG], sizeof hash);
    free(p.rgb);
    free(t.rgb);
}

static void turning_back_gives_the_spectrum_again(void **state)
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES], once[PDQ_FREQUENCIES][PDQ_FREQUENCIES];
    float twice[PDQ_FREQUENCIES][PDQ_FREQUENCIES];

    (void)state;
    for (size_t i = 0; i < 256; i++)
        spectrum[i / 16][i % 16] = (float)(i * i % 251) - 100;
    for (size_t turn = 0; turn < ASSAY_PDQ_TURNS; turn++) {
        enum assay_pdq_turn back = turn == ASSAY_PDQ_ROT90    ? ASSAY_PDQ_ROT270
                                   : turn == ASSAY_PDQ_ROT270 ? ASSAY_PDQ_ROT90
                                                              : (enum assay_pdq_turn)turn;
        pdq_turn(spectrum, (enum assay_pdq_turn)turn, once);
        pdq_turn(once, back, twice);
        assert_memory_equal(twice, spectrum, sizeof twice);
    }
}

static void each_position_has_its_name(void **state)
{
    static const char *const names[ASSAY_PDQ_TURNS] = {"orig",  "rot90", "rot180",    "rot270",
                                                       "flipx", "flipy", "flipplus1", "flipminus1"};

    (void)state;
    for (size_t turn = 0; turn < ASSAY_PDQ_TURNS; turn++)
        assert_string_equal(assay_pdq_turn_name((enum assay_pdq_turn)turn), names[turn]);
}

/* 64 x 64 has no filter in the plain hash, and has one where all eight are made. */
static void a_small_picture_is_filtered_for_its_turned_hashes(void **state)
{
    struct assay_pdq hashes[ASSAY_PDQ_TURNS], hash;
    struct picture p = make(64, 64);
    struct assay_pdq_stream *s = fed(NULL, &p);

    (void)state;
    assert_int_equal(assay_pdq_stream_finish_turned(s, hashes), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
    assert_true(pdq_stream_small(s)[0][1] ==
                0.299f * formula(1, 0, 0) + 0.587f * formula(1, 0, 1) + 0.114f * formula(1, 0, 2));
    assert_true(assay_pdq_distance(&hash, &hashes[ASSAY_PDQ_ORIG]) <= 4);
    assay_pdq_stream_free(s);
    free(p.rgb);
}

/* From the reference: the picture brought to 512 x 512, then its core. */
static void the_tools_scale_gives_the_tools_hash(void **state)
{
    static const struct {
        uint32_t width, height;
        const char *hash;
    } known[] = {{513, 512, "d6a7cc60de323782c3175a3419a5e18e1f539e83bab5489d1941d57aa7025efc"},
                 {512, 513, "d6a7cc60de323782c3175a3419a5e18e1f539e83bab5489d1941d57aa7025efc"},
                 {640, 480, "48f1941e6892f4a53e32db67e84282a98db66f173e5a4a19162da6dd72a4f157"},
                 {1000, 700, "ea515c68565a4acf5b58745a72d68bb534a6e5b6acb18c94159af144ea51cb4b"},
                 {1920, 1080, "14165f80d97d8fed25a9eaba2b2c0f6ee65257248a8814b5f271206fbbd378c1"},
                 {3000, 40, "ff7bf2979b4ba43c2f48970336cd33e666e08038e2660607274299f3a16872af"},
                 {40, 3000, "b81bb922100d78d1566cd0b6f3974cec7de960cbf32a7860c8f59f103873eb29"}};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct picture p = make(known[i].width, known[i].height);
        struct assay_pdq_stream *s;
        struct assay_pdq hash = {0};
        char hex[ASSAY_PDQ_HEX_SIZE];

        assert_int_equal(assay_pdq_stream_new_512(p.width, p.height, &s), ASSAY_OK);
        assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_ERANGE);
        assert_int_equal(assay_pdq_stream_rgb(s, p.rgb, (size_t)3 * p.width - 1, 1), ASSAY_ERANGE);
        (void)fed(s, &p);
        assert_int_equal(assay_pdq_stream_rgb(s, p.rgb, (size_t)3 * p.width, 1), ASSAY_ERANGE);
        assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
        assay_pdq_to_hex(&hash, hex);
        assert_string_equal(hex, known[i].hash);
        assert_int_equal(hash.quality, 100);
        assay_pdq_stream_free(s);
        free(p.rgb);
    }
}

static void pictures_within_the_tools_scale_stay_as_they_are(void **state)
{
    struct picture p = make(512, 300);
    struct assay_pdq_stream *s;
    struct assay_pdq hash, full;

    (void)state;
    assert_int_equal(assay_pdq_stream_new_512(p.width, p.height, &s), ASSAY_OK);
    (void)fed(s, &p);
    assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
    assert_int_equal(assay_pdq_hash_rgb(p.rgb, p.width, p.height, (size_t)3 * p.width, &full),
                     ASSAY_OK);
    assert_memory_equal(&hash, &full, sizeof hash);
    assay_pdq_stream_free(s);
    free(p.rgb);
    assert_int_equal(assay_pdq_stream_new_512(4, 2000, &s), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_new_512(2000, 65536, &s), ASSAY_ERANGE);
}

static void bits_near_the_median_are_not_stable(void **state)
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES] = {0};

    (void)state;
    assert_int_equal(pdq_stable(spectrum), 0);
    /* 128 at -100, 128 at +100: the median is -100, the mean distance from it 100. */
    for (size_t i = 0; i < 256; i++)
        spectrum[i / 16][i % 16] = i % 2 == 0 ? -100.0f : 100.0f;
    assert_int_equal(pdq_stable(spectrum), 128);
    /* 0.05 and 0.2 from the median; the limit is a thousandth of about 50. */
    spectrum[0][0] = -100.2f;
    spectrum[0][2] = -100.05f;
    assert_int_equal(pdq_stable(spectrum), 129);
}

static void flat_pictures_have_few_stable_bits_and_rich_ones_many(void **state)
{
    struct picture rich = make(200, 150), flat = blank(200, 150);
    struct assay_pdq_stream *s;
    unsigned stable = 77;

    (void)state;
    s = fed(NULL, &rich);
    assert_int_equal(assay_pdq_stream_stable_bits(s, &stable), ASSAY_OK);
    assert_in_range(stable, 250, 256);
    assay_pdq_stream_free(s);
    memset(flat.rgb, 0, (size_t)3 * flat.width * flat.height);
    s = fed(NULL, &flat);
    assert_int_equal(assay_pdq_stream_stable_bits(s, &stable), ASSAY_OK);
    assert_int_equal(stable, 0);
    assay_pdq_stream_free(s);
    free(rich.rgb);
    free(flat.rgb);
}

static void nothing_is_told_before_the_last_row(void **state)
{
    static const uint8_t row[15];
    struct assay_pdq hashes[ASSAY_PDQ_TURNS] = {{.quality = 77}};
    struct assay_pdq_stream *s;
    unsigned stable = 77;

    (void)state;
    assert_int_equal(assay_pdq_stream_new(5, 5, &s), ASSAY_OK);
    for (int y = 0; y < 5; y++) {
        assert_int_equal(assay_pdq_stream_finish_turned(s, hashes), ASSAY_ERANGE);
        assert_int_equal(assay_pdq_stream_stable_bits(s, &stable), ASSAY_ERANGE);
        assert_int_equal(assay_pdq_stream_rgb(s, row, 15, 1), ASSAY_OK);
    }
    assert_int_equal(hashes[0].quality, 77);
    assert_int_equal(stable, 77);
    assert_int_equal(assay_pdq_stream_finish_turned(s, hashes), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_stable_bits(s, &stable), ASSAY_OK);
    assay_pdq_stream_free(s);
}

static struct picture decode_jpeg(FILE *file)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_stdio_src(&d, file);
    (void)jpeg_read_header(&d, TRUE);
    struct picture p = blank(d.image_width, d.image_height);
    (void)jpeg_start_decompress(&d);
    while (d.output_scanline < d.output_height) {
        uint8_t *row = p.rgb + (size_t)3 * p.width * d.output_scanline;
        (void)jpeg_read_scanlines(&d, &row, 1);
    }
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return p;
}

static struct picture decode_png(FILE *file)
{
    spng_ctx *png = spng_ctx_new(0);
    struct spng_ihdr head;

    assert_int_equal(spng_set_png_file(png, file), 0);
    assert_int_equal(spng_get_ihdr(png, &head), 0);
    struct picture p = blank(head.width, head.height);
    assert_int_equal(
        spng_decode_image(png, p.rgb, (size_t)3 * p.width * p.height, SPNG_FMT_RGB8, 0), 0);
    spng_ctx_free(png);
    return p;
}

static void check_position(const char *folder, const char *name, const char *turn, const char *hex)
{
    struct assay_pdq hashes[ASSAY_PDQ_TURNS];
    char path[4096], got[ASSAY_PDQ_HEX_SIZE];
    size_t i = 0;

    (void)snprintf(path, sizeof path, "%s/pdq/images/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct picture p = strstr(name, ".png") != NULL ? decode_png(file) : decode_jpeg(file);
    (void)fclose(file);
    hash_turned(&p, hashes);
    while (strcmp(assay_pdq_turn_name((enum assay_pdq_turn)i), turn) != 0)
        i++;
    assay_pdq_to_hex(&hashes[i], got);
    assert_string_equal(got, hex);
    free(p.rgb);
}

static void reference_pictures_have_the_references_turned_hashes(void **state)
{
    const char *folder = getenv("ASSAY_VECTORS");
    char path[4096], line[1024], name[256], turn[32], hex[128];
    unsigned count = 0;

    (void)state;
    if (folder == NULL) {
        print_message("# skipped: ASSAY_VECTORS is not set\n");
        skip();
    }
    (void)snprintf(path, sizeof path, "%s/pdq/dihedral.tsv", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the heading */
    while (fgets(line, sizeof line, file) != NULL) {
        const char *at = line;
        char *fields[] = {name, turn, hex};
        static const size_t sizes[] = {sizeof name, sizeof turn, sizeof hex};
        for (size_t i = 0; i < 3; i++) {
            size_t length = strcspn(at, "\t\n");
            assert_true(length < sizes[i]);
            memcpy(fields[i], at, length);
            fields[i][length] = '\0';
            at += length + 1;
        }
        check_position(folder, name, turn, hex);
        count++;
    }
    (void)fclose(file);
    assert_int_equal(count, 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turned_hashes_are_those_of_turned_pixels),
        cmocka_unit_test(the_transposed_pictures_hash_is_exact),
        cmocka_unit_test(turning_back_gives_the_spectrum_again),
        cmocka_unit_test(each_position_has_its_name),
        cmocka_unit_test(a_small_picture_is_filtered_for_its_turned_hashes),
        cmocka_unit_test(the_tools_scale_gives_the_tools_hash),
        cmocka_unit_test(pictures_within_the_tools_scale_stay_as_they_are),
        cmocka_unit_test(bits_near_the_median_are_not_stable),
        cmocka_unit_test(flat_pictures_have_few_stable_bits_and_rich_ones_many),
        cmocka_unit_test(nothing_is_told_before_the_last_row),
        cmocka_unit_test(reference_pictures_have_the_references_turned_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
