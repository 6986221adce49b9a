/* PDQ's kernels: each set that this processor can run gives the bits of the portable one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hash/pdq_kernels.h"

#define PIXELS_MAX (3 << 20) /* bytes of the largest picture here */

static const char *const names[] = {"avx2", "avx512", "neon"};

static uint8_t *noise;

static int make_noise(void **state)
{
    uint32_t seed = 7;

    (void)state;
    noise = malloc(PIXELS_MAX);
    if (noise == NULL)
        return 1;
    for (size_t i = 0; i < PIXELS_MAX; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(seed >> 24);
    }
    return 0;
}

static int free_noise(void **state)
{
    (void)state;
    free(noise);
    return 0;
}

static void small_of(const struct pdq_kernels *kernels, uint32_t width, uint32_t height,
                     float small[PDQ_SIDE][PDQ_SIDE], struct assay_pdq *hash)
{
    struct assay_pdq_stream *s;
    size_t stride = (size_t)3 * width;

    assert_true(stride * height <= PIXELS_MAX);
    assert_int_equal(pdq_stream_new_with(kernels, width, height, &s), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_rgb(s, noise, stride, height), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish(s, hash), ASSAY_OK);
    memcpy(small, pdq_stream_small(s), sizeof(float) * PDQ_SIDE * PDQ_SIDE);
    assay_pdq_stream_free(s);
}

static void assert_alike(uint32_t width, uint32_t height)
{
    float portable[PDQ_SIDE][PDQ_SIDE], small[PDQ_SIDE][PDQ_SIDE];
    struct assay_pdq portable_hash, hash;

    small_of(&pdq_portable, width, height, portable, &portable_hash);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
        if (kernels == NULL)
            continue;
        small_of(kernels, width, height, small, &hash);
        if (memcmp(small, portable, sizeof small) != 0)
            print_error("%s at %ux%u\n", names[i], width, height);
        assert_memory_equal(small, portable, sizeof small);
        assert_memory_equal(&hash, &portable_hash, sizeof hash);
    }
}

static void all_small_widths_and_heights_are_alike(void **state)
{
    (void)state;
    for (uint32_t side = 5; side <= 130; side++) {
        assert_alike(side, 5 + side * 7 % 90);
        assert_alike(5 + side * 11 % 90, side);
    }
}

static void sides_about_the_windows_borders_are_alike(void **state)
{
    static const uint32_t sides[] = {127,  128,  129,  255,  256,  257,   384,  385,
                                     511,  512,  513,  1023, 1024, 1025,  2047, 2049,
                                     4095, 4096, 4097, 8191, 8193, 15000, 65535};

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        assert_alike(sides[i], 13);
        assert_alike(13, sides[i]);
    }
    assert_alike(1000, 700);
    assert_alike(513, 1025);
}

static void random_sides_are_alike(void **state)
{
    uint32_t seed = 20261122;

    (void)state;
    for (int i = 0; i < 100; i++) {
        seed = seed * 1664525u + 1013904223u;
        assert_alike(5 + (seed >> 8) % 700, 5 + (seed >> 20) % 300);
    }
}

/*
 * Bands are read where they lie: with AddressSanitizer a byte read behind the last row is a fault.
 * A stride of whole pages is copied first, and so are rows that come one by one.
 */
static void rows_are_alike_wherever_they_lie_and_none_is_read_behind_its_end(void **state)
{
    enum { HEIGHT = 40, STRIDE = 4096 };
    float small[PDQ_SIDE][PDQ_SIDE];
    struct assay_pdq hash;

    (void)state;
    for (uint32_t width = 5; width <= 200; width++) {
        size_t row = (size_t)3 * width;
        uint8_t *apart = malloc((size_t)STRIDE * (HEIGHT - 1) + row), *exact = malloc(row * HEIGHT);
        struct assay_pdq_stream *s;
        assert_non_null(apart);
        assert_non_null(exact);
        memcpy(exact, noise, row * HEIGHT);
        for (size_t y = 0; y < HEIGHT; y++)
            memcpy(apart + STRIDE * y, exact + row * y, row);
        small_of(pdq_kernels(), width, HEIGHT, small, &hash);
        for (int way = 0; way < 3; way++) {
            assert_int_equal(assay_pdq_stream_new(width, HEIGHT, &s), ASSAY_OK);
            if (way == 0)
                assert_int_equal(assay_pdq_stream_rgb(s, exact, row, HEIGHT), ASSAY_OK);
            if (way == 1)
                assert_int_equal(assay_pdq_stream_rgb(s, apart, STRIDE, HEIGHT), ASSAY_OK);
            for (size_t y = 0; way == 2 && y < HEIGHT; y++)
                assert_int_equal(assay_pdq_stream_rgb(s, exact + row * y, row, 1), ASSAY_OK);
            assert_memory_equal(pdq_stream_small(s), small, sizeof small);
            assay_pdq_stream_free(s);
        }
        free(apart);
        free(exact);
    }
}

static void every_colour_has_the_same_luma(void **state)
{
    enum { WIDTH = 256, STRIDE = 3 * WIDTH + PDQ_QUAD };
    static uint8_t rows[PDQ_BAND * STRIDE];
    static _Alignas(64) float portable[PDQ_QUAD][PDQ_BAND], luma[PDQ_QUAD][PDQ_BAND];
    struct pdq_band band = {.copy = {rows, STRIDE}};

    (void)state;
    for (size_t r = 0; r < PDQ_BAND; r++) {
        band.weight[0][r] = 0.299f;
        band.weight[1][r] = 0.587f;
        band.weight[2][r] = 0.114f;
    }
    for (uint32_t rg = 0; rg < 65536; rg += 5) { /* 5 and 65536 have no common divisor */
        for (uint32_t b = 0; b < WIDTH; b++) {
            uint8_t *pixel = rows + rg % PDQ_BAND * STRIDE + (size_t)3 * b;
            pixel[0] = (uint8_t)(rg >> 8);
            pixel[1] = (uint8_t)rg;
            pixel[2] = (uint8_t)b;
        }
        if (rg / 5 % PDQ_BAND != PDQ_BAND - 1)
            continue;
        for (uint32_t x = 0; x < WIDTH; x += PDQ_QUAD) {
            pdq_portable.luma(&band, x, portable);
            for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
                if (kernels == NULL)
                    continue;
                kernels->luma(&band, x, luma);
                assert_memory_equal(luma, portable, sizeof luma);
            }
        }
    }
}

static void only_what_can_run_has_a_name(void **state)
{
    (void)state;
    assert_ptr_equal(pdq_kernels_named("scalar"), &pdq_portable);
    assert_null(pdq_kernels_named("AVX2"));
    assert_null(pdq_kernels_named(""));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
        if (kernels == NULL)
            print_message("# %s cannot run here\n", names[i]);
        else
            assert_string_equal(kernels->name, names[i]);
    }
}

/* The program runs with ASSAY_CPU=scalar, a name that cannot be, and without (test/unit). */
static void assay_cpu_is_heeded_where_it_can_be(void **state)
{
    const char *wanted = getenv("ASSAY_CPU");
    const struct pdq_kernels *named = wanted != NULL ? pdq_kernels_named(wanted) : NULL;

    (void)state;
    assert_non_null(pdq_kernels());
    if (named != NULL)
        assert_ptr_equal(pdq_kernels(), named);
    else
        assert_true(pdq_kernels() != &pdq_portable || pdq_kernels_named("avx2") == NULL);
    assert_ptr_equal(pdq_kernels(), pdq_kernels());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_small_widths_and_heights_are_alike),
        cmocka_unit_test(sides_about_the_windows_borders_are_alike),
        cmocka_unit_test(random_sides_are_alike),
        cmocka_unit_test(rows_are_alike_wherever_they_lie_and_none_is_read_behind_its_end),
        cmocka_unit_test(every_colour_has_the_same_luma),
        cmocka_unit_test(only_what_can_run_has_a_name),
        cmocka_unit_test(assay_cpu_is_heeded_where_it_can_be),
    };
    return cmocka_run_group_tests(tests, make_noise, free_noise);
}
