/* PDQ's steps: published intermediate values, and the method written plainly as an oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hash/pdq_kernels.h"

/* A picture of 64 x 64 is not filtered: its small picture is its luma. */
static struct assay_pdq_stream *new_unfiltered(void)
{
    struct assay_pdq_stream *s;

    assert_int_equal(assay_pdq_stream_new(PDQ_SIDE, PDQ_SIDE, &s), ASSAY_OK);
    return s;
}

static void luma_is_summed_in_float_from_left_to_right(void **state)
{
    static const struct {
        uint8_t rgb[3];
        float luma;
    } known[] = {{{255, 255, 255}, 255.0f},
                 {{255, 0, 0}, 0x1.30fae0p+6f},
                 {{0, 0, 255}, 0x1.d11eb8p+4f},
                 {{1, 2, 3}, 0x1.d0a3d8p+0f},
                 {{10, 200, 30}, 0x1.ef3d70p+6f}};
    static uint8_t rgb[3 * PDQ_SIDE * PDQ_SIDE];

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct assay_pdq_stream *s = new_unfiltered();
        for (size_t x = 0; x < (size_t)PDQ_SIDE * PDQ_SIDE; x++)
            memcpy(rgb + 3 * x, known[i].rgb, 3);
        assert_int_equal(assay_pdq_stream_rgb(s, rgb, (size_t)3 * PDQ_SIDE, PDQ_SIDE), ASSAY_OK);
        for (size_t x = 0; x < (size_t)PDQ_SIDE * PDQ_SIDE; x++)
            assert_true(pdq_stream_small(s)[x / PDQ_SIDE][x % PDQ_SIDE] == known[i].luma);
        assay_pdq_stream_free(s);
    }
}

static void grey_is_luma_as_it_stands_also_beside_rows_of_colour(void **state)
{
    struct assay_pdq_stream *s = new_unfiltered();
    uint8_t grey[PDQ_SIDE], rgb[3 * PDQ_SIDE];

    (void)state;
    memset(rgb, 255, sizeof rgb);
    for (size_t y = 0; y < PDQ_SIDE; y++) {
        for (size_t x = 0; x < PDQ_SIDE; x++)
            grey[x] = (uint8_t)(y * PDQ_SIDE + x);
        if (y % 3 == 0)
            assert_int_equal(assay_pdq_stream_rgb(s, rgb, sizeof rgb, 1), ASSAY_OK);
        else
            assert_int_equal(assay_pdq_stream_luma(s, grey, sizeof grey, 1), ASSAY_OK);
    }
    for (size_t i = 0; i < (size_t)PDQ_SIDE * PDQ_SIDE; i++)
        assert_true(pdq_stream_small(s)[i / PDQ_SIDE][i % PDQ_SIDE] ==
                    (i / PDQ_SIDE % 3 == 0 ? 255.0f : (float)(i & 255)));
    assay_pdq_stream_free(s);
}

static void windows_grow_with_the_side(void **state)
{
    static const uint32_t known[][2] = {{5, 1},     {128, 1},   {129, 2},    {256, 2},   {257, 3},
                                        {384, 3},   {500, 4},   {512, 4},    {513, 5},   {640, 5},
                                        {720, 6},   {1024, 8},  {1080, 9},   {1280, 10}, {1920, 15},
                                        {3000, 24}, {4000, 32}, {65535, 512}};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct pdq_box box = pdq_box(known[i][0]);
        assert_int_equal(box.window, known[i][1]);
        assert_int_equal(box.count, known[i][0]);
    }
}

static void the_middle_of_each_64th_is_sampled(void **state)
{
    static const uint32_t of_100[] = {0, 2, 3, 5, 7, 8, 10, 11, 13, 14, 16};

    (void)state;
    for (uint32_t i = 0; i < 11; i++)
        assert_int_equal(pdq_sample(i, 100), of_100[i]);
    assert_int_equal(pdq_sample(63, 100), 99);
    for (uint32_t i = 0; i < PDQ_SIDE; i++) {
        assert_int_equal(pdq_sample(i, 512), 8 * i + 4);
        assert_int_equal(pdq_sample(i, PDQ_SIDE), i);
    }
    assert_int_equal(pdq_sample(12, 5), 0);
    assert_int_equal(pdq_sample(13, 5), 1);
    assert_int_equal(pdq_sample(63, 5), 4);
    assert_int_equal(pdq_sample(63, ASSAY_PDQ_SIDE_MAX), 65023);
}

static void the_stored_cosines_are_the_computed_ones(void **state)
{
    float scale = (float)sqrt(2.0 / 64);

    (void)state;
    assert_true(pdq_cosine(0, 0) == 0x1.69edfcp-3f);
    assert_true(pdq_cosine(0, 1) == 0x1.690ec6p-3f);
    assert_true(pdq_cosine(0, 63) == -0x1.69edfcp-3f);
    assert_true(pdq_cosine(1, 0) == 0x1.699a42p-3f);
    assert_true(pdq_cosine(7, 31) == 0x1.63150ap-3f);
    assert_true(pdq_cosine(15, 63) == 0x1.4e7ae8p-3f);
    for (uint32_t i = 0; i < PDQ_FREQUENCIES; i++)
        for (uint32_t j = 0; j < PDQ_SIDE; j++)
            assert_true(pdq_cosine(i, j) ==
                        (float)(scale * cos(M_PI / 2 / 64 * (i + 1) * (2 * j + 1))));
}

/* ---- the method written plainly: full-size float pictures, four phases, one vector at a time ----
 */

static void plain_box(const float *in, float *out, size_t n, size_t w, size_t step)
{
    size_t half = (w + 2) / 2, newest = 0, oldest = 0, at = 0, under = 0;
    float sum = 0;

    for (size_t i = 0; i + 1 < half; i++, under++)
        sum += in[step * newest++];
    for (size_t i = 0; i < w - half + 1; i++) {
        sum += in[step * newest++];
        out[step * at++] = sum / (float)++under;
    }
    for (size_t i = 0; i < n - w; i++) {
        sum += in[step * newest++];
        sum -= in[step * oldest++];
        out[step * at++] = sum / (float)under;
    }
    for (size_t i = 0; i + 1 < half; i++) {
        sum -= in[step * oldest++];
        out[step * at++] = sum / (float)--under;
    }
}

static void the_box_averages_what_lies_under_it(void **state)
{
    static const float known[][10] = {{.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f, 8.5f, 9},
                                      {.5f, 1, 2, 3, 4, 5, 6, 7, 8, 8.5f},
                                      {1, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f, 8, 8.5f},
                                      {1, 1.5f, 2, 3, 4, 5, 6, 7, 7.5f, 8}};

    (void)state;
    for (size_t window = 2; window <= 5; window++) {
        float in[10], out[10];
        for (size_t x = 0; x < 10; x++)
            in[x] = (float)x;
        plain_box(in, out, 10, window, 1);
        assert_memory_equal(out, known[window - 2], sizeof out);
    }
}

static void plain_small(const uint8_t *rgb, size_t width, size_t height,
                        float small[PDQ_SIDE][PDQ_SIDE])
{
    size_t across = (width + 127) / 128, down = (height + 127) / 128, area = width * height;
    float *a = calloc(area, sizeof *a), *b = calloc(area, sizeof *b);

    assert_non_null(a);
    assert_non_null(b);
    for (size_t i = 0; i < area; i++) {
        a[i] = 0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1];
        a[i] += 0.114f * rgb[3 * i + 2];
    }
    for (int pass = 0; pass < 2 && !(width == 64 && height == 64); pass++) {
        for (size_t y = 0; y < height; y++)
            plain_box(a + y * width, b + y * width, width, across, 1);
        for (size_t x = 0; x < width; x++)
            plain_box(b + x, a + x, height, down, width);
    }
    for (size_t i = 0; i < PDQ_SIDE; i++)
        for (size_t j = 0; j < PDQ_SIDE; j++)
            small[i][j] = a[(size_t)(((double)i + 0.5) * (double)height / 64) * width +
                            (size_t)(((double)j + 0.5) * (double)width / 64)];
    free(a);
    free(b);
}

static int by_size(const void *a, const void *b)
{
    float x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static float plain_median(float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES])
{
    float sorted[PDQ_FREQUENCIES * PDQ_FREQUENCIES];

    memcpy(sorted, spectrum, sizeof sorted);
    qsort(sorted, PDQ_FREQUENCIES * PDQ_FREQUENCIES, sizeof sorted[0], by_size);
    return sorted[127];
}

static void plain_bits(const float small[PDQ_SIDE][PDQ_SIDE], uint8_t bits[ASSAY_PDQ_BYTES])
{
    float half[PDQ_FREQUENCIES][PDQ_SIDE], spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES];

    memset(bits, 0, ASSAY_PDQ_BYTES);
    for (uint32_t i = 0; i < PDQ_FREQUENCIES; i++)
        for (size_t j = 0; j < PDQ_SIDE; j++) {
            half[i][j] = 0;
            for (uint32_t k = 0; k < PDQ_SIDE; k++)
                half[i][j] += pdq_cosine(i, k) * small[k][j];
        }
    for (size_t i = 0; i < PDQ_FREQUENCIES; i++)
        for (uint32_t j = 0; j < PDQ_FREQUENCIES; j++) {
            spectrum[i][j] = 0;
            for (uint32_t k = 0; k < PDQ_SIDE; k++)
                spectrum[i][j] += half[i][k] * pdq_cosine(j, k);
        }
    float median = plain_median(spectrum);
    for (size_t bit = 0; bit < 256; bit++)
        if (spectrum[bit / PDQ_FREQUENCIES][bit % PDQ_FREQUENCIES] > median)
            bits[31 - bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Smooth shapes with grain: enough of everything, the same on every run. */
static void fill(uint8_t *rgb, size_t width, size_t height, uint32_t seed)
{
    for (size_t i = 0; i < 3 * width * height; i++) {
        seed = seed * 1664525u + 1013904223u;
        rgb[i] = (uint8_t)((i % (3 * width) * 300 / width + i / (3 * width) * 200 / height +
                            (seed >> 28)) &
                           255);
    }
}

static void tiled_bands_give_the_plain_methods_floats(void **state)
{
    static const uint32_t sides[][2] = {
        {5, 5},     {5, 300},   {300, 5},   {31, 33},   {32, 32},    {64, 64},   {64, 65},
        {127, 129}, {128, 128}, {129, 127}, {255, 257}, {256, 384},  {511, 513}, {640, 480},
        {7, 2000},  {2000, 7},  {333, 700}, {96, 1025}, {15000, 11}, {11, 15000}};

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        uint32_t width = sides[i][0], height = sides[i][1];
        uint8_t *rgb = malloc((size_t)3 * width * height), bits[ASSAY_PDQ_BYTES];
        float small[PDQ_SIDE][PDQ_SIDE];
        struct assay_pdq_stream *s;
        struct assay_pdq hash;

        assert_non_null(rgb);
        fill(rgb, width, height, (uint32_t)i);
        plain_small(rgb, width, height, small);
        plain_bits(small, bits);
        assert_int_equal(assay_pdq_stream_new(width, height, &s), ASSAY_OK);
        assert_int_equal(assay_pdq_stream_rgb(s, rgb, (size_t)3 * width, height), ASSAY_OK);
        assert_memory_equal(pdq_stream_small(s), small, sizeof small);
        assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
        assert_memory_equal(hash.bytes, bits, sizeof bits);
        assay_pdq_stream_free(s);
        free(rgb);
    }
}

static void the_worked_case_holds_at_every_step(void **state)
{
    enum { WIDTH = 200, HEIGHT = 150 };
    static uint8_t rgb[3 * WIDTH * HEIGHT];
    float small[PDQ_SIDE][PDQ_SIDE], spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES];
    uint8_t bits[ASSAY_PDQ_BYTES];
    struct assay_pdq hash;

    (void)state;
    for (uint32_t i = 0; i < 3 * WIDTH * HEIGHT; i++) {
        uint32_t c = i % 3, x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        rgb[i] =
            (uint8_t)((3 * x * x + 5 * y * y + 7 * x * y + 11 * x * (c + 1) + 13 * y + 37 * c) >>
                          3 &
                      255);
    }
    plain_small(rgb, WIDTH, HEIGHT, small);
    assert_true(small[0][0] == 0x1.381c28p+4f);
    assert_true(small[0][1] == 0x1.411a3cp+5f);
    assert_true(small[0][2] == 0x1.0e1cdcp+6f);
    assert_true(small[0][3] == 0x1.96a9dap+6f);
    pdq_spectrum(small, spectrum);
    assert_true(spectrum[0][0] == 0x1.5e43e6p+3f);
    assert_true(spectrum[0][1] == -0x1.7b7b10p+3f);
    assert_true(spectrum[0][2] == 0x1.c54748p+1f);
    assert_true(plain_median(spectrum) == -0x1.6a8f42p+3f);
    pdq_bits(spectrum, bits);
    assert_int_equal(assay_pdq_hash_rgb(rgb, WIDTH, HEIGHT, (size_t)3 * WIDTH, &hash), ASSAY_OK);
    assert_memory_equal(bits, hash.bytes, sizeof bits);
    assert_int_equal(pdq_quality(small), hash.quality);
    assert_int_equal(hash.bytes[0], 0x4e);
    assert_int_equal(hash.bytes[31], 0xa5);
}

static void ties_at_the_median_set_no_bit(void **state)
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES] = {0};
    uint8_t bits[ASSAY_PDQ_BYTES], none[ASSAY_PDQ_BYTES] = {0};

    (void)state;
    for (size_t i = 0; i < 256; i++) /* the two zeros are equal, whichever is the median */
        spectrum[i / PDQ_FREQUENCIES][i % PDQ_FREQUENCIES] = i < 200 ? -0.0f : 0.0f;
    pdq_bits(spectrum, bits);
    assert_memory_equal(bits, none, sizeof bits);
    spectrum[0][0] = -1;
    spectrum[15][15] = 1e-30f;
    pdq_bits(spectrum, bits);
    none[0] = 0x80;
    assert_memory_equal(bits, none, sizeof bits);
    for (size_t i = 0; i < 256; i++)
        spectrum[i / PDQ_FREQUENCIES][i % PDQ_FREQUENCIES] = (float)i - 200;
    pdq_bits(spectrum, bits);
    for (size_t i = 0; i < sizeof bits; i++)
        assert_int_equal(bits[i], i < sizeof bits / 2 ? 0xff : 0);
}

static void quality_counts_whole_steps_between_neighbours(void **state)
{
    float small[PDQ_SIDE][PDQ_SIDE] = {0};

    (void)state;
    assert_int_equal(pdq_quality(small), 0);
    /* One step of 2.5 is 0.98 of a hundredth of the range: it counts nothing, however often. */
    for (size_t i = 0; i < PDQ_SIDE * PDQ_SIDE; i++)
        small[i / PDQ_SIDE][i % PDQ_SIDE] = (i + i / PDQ_SIDE) % 2 == 0 ? 0 : 2.5f;
    assert_int_equal(pdq_quality(small), 0);
    /* A step of 3 counts 1 each: 63 * 64 * 2 of them are 8064, or 89 times 90. */
    for (size_t i = 0; i < PDQ_SIDE * PDQ_SIDE; i++)
        small[i / PDQ_SIDE][i % PDQ_SIDE] = (i + i / PDQ_SIDE) % 2 == 0 ? 0 : 3;
    assert_int_equal(pdq_quality(small), 89);
    for (size_t i = 0; i < PDQ_SIDE * PDQ_SIDE; i++)
        small[i / PDQ_SIDE][i % PDQ_SIDE] = (i + i / PDQ_SIDE) % 2 == 0 ? 0 : 255;
    assert_int_equal(pdq_quality(small), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(luma_is_summed_in_float_from_left_to_right),
        cmocka_unit_test(grey_is_luma_as_it_stands_also_beside_rows_of_colour),
        cmocka_unit_test(windows_grow_with_the_side),
        cmocka_unit_test(the_box_averages_what_lies_under_it),
        cmocka_unit_test(the_middle_of_each_64th_is_sampled),
        cmocka_unit_test(the_stored_cosines_are_the_computed_ones),
        cmocka_unit_test(tiled_bands_give_the_plain_methods_floats),
        cmocka_unit_test(the_worked_case_holds_at_every_step),
        cmocka_unit_test(ties_at_the_median_set_no_bit),
        cmocka_unit_test(quality_counts_whole_steps_between_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
