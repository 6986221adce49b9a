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

/* The row ends where its memory ends: with AddressSanitizer a byte read behind it is a fault. */
static void luma_is_alike_and_reads_no_byte_behind_the_row(void **state)
{
    enum { WIDTH_MAX = 200, TILES = (WIDTH_MAX + PDQ_STEP - 1) / PDQ_STEP };
    static struct pdq_tile portable[TILES], band[TILES];

    (void)state;
    for (uint32_t width = 5; width <= WIDTH_MAX; width++) {
        uint8_t *row = malloc((size_t)3 * width);
        assert_non_null(row);
        memcpy(row, noise + width, (size_t)3 * width);
        memset(portable, 0, sizeof portable);
        pdq_portable.luma_rgb(row, width, 3, portable);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
            if (kernels == NULL)
                continue;
            memset(band, 0, sizeof band);
            kernels->luma_rgb(row, width, 3, band);
            assert_memory_equal(band, portable, sizeof band);
        }
        free(row);
    }
}

static void every_colour_has_the_same_luma(void **state)
{
    static uint8_t row[3 * 256];
    static struct pdq_tile portable[256 / PDQ_STEP], band[256 / PDQ_STEP];

    (void)state;
    for (uint32_t rg = 0; rg < 65536; rg += 5) { /* 5 and 65536 have no common divisor */
        for (uint32_t b = 0; b < 256; b++) {
            row[3 * b] = (uint8_t)(rg >> 8);
            row[3 * b + 1] = (uint8_t)rg;
            row[3 * b + 2] = (uint8_t)b;
        }
        pdq_portable.luma_rgb(row, 256, 0, portable);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
            if (kernels == NULL)
                continue;
            kernels->luma_rgb(row, 256, 0, band);
            assert_memory_equal(band, portable, sizeof band);
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
        cmocka_unit_test(luma_is_alike_and_reads_no_byte_behind_the_row),
        cmocka_unit_test(every_colour_has_the_same_luma),
        cmocka_unit_test(only_what_can_run_has_a_name),
        cmocka_unit_test(assay_cpu_is_heeded_where_it_can_be),
    };
    return cmocka_run_group_tests(tests, make_noise, free_noise);
}
