/* PDQ: 90 pictures given by formulas against the reference core, splits, ranges, distance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "assay/pdq.h"
#include "base/str.h"

static const struct vector {
    char formula;
    uint32_t width, height, window_across, window_down;
    const char *hash;
    unsigned quality;
} vectors[] = {
#include "pdq_vectors.inc"
};

#define VECTOR_COUNT (sizeof vectors / sizeof vectors[0])

static uint32_t triangle(uint32_t t)
{
    uint32_t m = t & 511;

    return m < 256 ? m : 511 - m;
}

/* The two integer formulas; c is 0 red, 1 green, 2 blue. */
static uint8_t formula_a(uint32_t x, uint32_t y, uint32_t c)
{
    uint32_t v = 3 * x * x + 5 * y * y + 7 * x * y + 11 * x * (c + 1) + 13 * y + 37 * c;

    return (uint8_t)(v >> 3 & 255);
}

static uint8_t formula_b(uint32_t x, uint32_t y, uint32_t c)
{
    return (
        uint8_t)((triangle(3 * x + 40 * c) + triangle(2 * y + 25 * c) + triangle((x + 2 * y) / 3)) /
                 3);
}

static size_t pixel_bytes(char formula)
{
    return formula == 'G' ? 1 : 3;
}

/* The picture, its rows `gap` bytes further apart than need be. The caller frees it. */
static uint8_t *make_picture(char formula, uint32_t width, uint32_t height, size_t gap)
{
    size_t channels = pixel_bytes(formula), stride = channels * width + gap;
    uint8_t *pixels = malloc(stride * height);

    assert_non_null(pixels);
    memset(pixels, 0xa5, stride * height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < channels; c++)
                pixels[stride * y + channels * x + c] =
                    formula == 'A' ? formula_a(x, y, c) : formula_b(x, y, c);
    return pixels;
}

static void check(const struct assay_pdq *hash, const struct vector *v)
{
    char hex[2 * ASSAY_PDQ_BYTES + 1];

    str_hex(hash->bytes, sizeof hash->bytes, hex);
    if (strcmp(hex, v->hash) != 0 || hash->quality != v->quality)
        print_message("# %c %ux%u: %s %u\n", v->formula, v->width, v->height, hex, hash->quality);
    assert_string_equal(hex, v->hash);
    assert_int_equal(hash->quality, v->quality);
}

static enum assay_err feed(struct assay_pdq_stream *s, char formula, const uint8_t *rows,
                           size_t stride, uint32_t count)
{
    if (formula == 'G')
        return assay_pdq_stream_luma(s, rows, stride, count);
    return assay_pdq_stream_rgb(s, rows, stride, count);
}

static void every_formula_picture_hashes_as_the_reference(void **state)
{
    (void)state;
    assert_int_equal(VECTOR_COUNT, 90);
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const struct vector *v = &vectors[i];
        uint8_t *pixels = make_picture(v->formula, v->width, v->height, 0);
        struct assay_pdq hash;

        if (v->formula == 'G')
            assert_int_equal(assay_pdq_hash_luma(pixels, v->width, v->height, v->width, &hash),
                             ASSAY_OK);
        else
            assert_int_equal(
                assay_pdq_hash_rgb(pixels, v->width, v->height, (size_t)3 * v->width, &hash),
                ASSAY_OK);
        check(&hash, v);
        free(pixels);
    }
}

static void rows_may_come_in_any_portions(void **state)
{
    static const uint32_t portions[][3] = {{1, 1, 1}, {3, 1, 7}, {8, 5, 64}, {0, 13, 2}};

    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const struct vector *v = &vectors[i];
        size_t stride = pixel_bytes(v->formula) * v->width + 7;
        uint8_t *pixels = make_picture(v->formula, v->width, v->height, 7);
        const uint32_t *portion = portions[i % (sizeof portions / sizeof portions[0])];
        struct assay_pdq_stream *s;
        struct assay_pdq hash;

        assert_int_equal(assay_pdq_stream_new(v->width, v->height, &s), ASSAY_OK);
        for (uint32_t y = 0, turn = 0; y < v->height; turn++) {
            uint32_t count = portion[turn % 3];
            count = count < v->height - y ? count : v->height - y;
            assert_int_equal(feed(s, v->formula, pixels + stride * y, stride, count), ASSAY_OK);
            y += count;
        }
        assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
        check(&hash, v);
        memset(&hash, 0, sizeof hash);
        assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
        check(&hash, v);
        assay_pdq_stream_free(s);
        free(pixels);
    }
    assay_pdq_stream_free(NULL);
}

static void a_black_picture_has_no_bits_and_no_quality(void **state)
{
    static const struct assay_pdq none;
    static const uint32_t sides[][2] = {{5, 5}, {64, 64}, {300, 200}, {129, 1000}};
    struct assay_pdq hash;

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        uint8_t *pixels = calloc(sides[i][1], sides[i][0]);
        assert_non_null(pixels);
        memset(&hash, 1, sizeof hash);
        assert_int_equal(assay_pdq_hash_luma(pixels, sides[i][0], sides[i][1], sides[i][0], &hash),
                         ASSAY_OK);
        assert_memory_equal(&hash, &none, sizeof hash);
        free(pixels);
    }
}

static void sides_out_of_range_are_refused(void **state)
{
    static const uint32_t sides[][2] = {{4, 5}, {5, 4}, {0, 0}, {65536, 5}, {5, 65536}};
    static const uint8_t pixels[64];
    struct assay_pdq_stream *s = NULL;
    struct assay_pdq hash = {.quality = 101};

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        assert_int_equal(assay_pdq_stream_new(sides[i][0], sides[i][1], &s), ASSAY_ERANGE);
        assert_null(s);
        assert_int_equal(
            assay_pdq_hash_rgb(pixels, sides[i][0], sides[i][1], (size_t)3 * sides[i][0], &hash),
            ASSAY_ERANGE);
        assert_int_equal(assay_pdq_hash_luma(pixels, sides[i][0], sides[i][1], sides[i][0], &hash),
                         ASSAY_ERANGE);
    }
    assert_int_equal(assay_pdq_hash_rgb(pixels, 5, 5, 14, &hash), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_hash_luma(pixels, 5, 5, 4, &hash), ASSAY_ERANGE);
    assert_int_equal(hash.quality, 101);
}

static bool memory_is_out;

/* The linker sends the library's aligned_alloc here (--wrap). */
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return memory_is_out ? NULL : __real_aligned_alloc(alignment, size);
}

static void a_want_of_memory_is_reported(void **state)
{
    static const uint8_t pixels[3 * 5 * 5];
    struct assay_pdq_stream *s = NULL;
    struct assay_pdq hash = {.quality = 101};

    (void)state;
    memory_is_out = true;
    assert_int_equal(assay_pdq_stream_new(5, 5, &s), ASSAY_ENOMEM);
    assert_int_equal(assay_pdq_hash_rgb(pixels, 5, 5, 15, &hash), ASSAY_ENOMEM);
    assert_int_equal(assay_pdq_hash_luma(pixels, 5, 5, 5, &hash), ASSAY_ENOMEM);
    memory_is_out = false;
    assert_null(s);
    assert_int_equal(hash.quality, 101);
}

static void the_longest_sides_are_hashed(void **state)
{
    static const uint32_t sides[][2] = {{ASSAY_PDQ_SIDE_MAX, 5}, {5, ASSAY_PDQ_SIDE_MAX}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t *pixels = make_picture('G', sides[i][0], sides[i][1], 0);
        struct assay_pdq hash;
        assert_int_equal(assay_pdq_hash_luma(pixels, sides[i][0], sides[i][1], sides[i][0], &hash),
                         ASSAY_OK);
        assert_true(hash.quality <= 100);
        free(pixels);
    }
}

static void a_stream_takes_exactly_its_rows(void **state)
{
    static const uint8_t row[15 * 7];
    struct assay_pdq_stream *s;
    struct assay_pdq hash = {.quality = 101};

    (void)state;
    assert_int_equal(assay_pdq_stream_new(5, 6, &s), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_rgb(s, row, 15, 7), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_rgb(s, row, 15, 5), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_ERANGE);
    assert_int_equal(hash.quality, 101);
    assert_int_equal(assay_pdq_stream_rgb(s, row, 14, 1), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_luma(s, row, 4, 1), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_luma(s, row, 5, 2), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_luma(s, row, 5, 1), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_rgb(s, row, 15, 1), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_stream_rgb(s, NULL, 15, 0), ASSAY_OK);
    assert_int_equal(assay_pdq_stream_finish(s, &hash), ASSAY_OK);
    assert_int_equal(hash.quality, 0);
    assay_pdq_stream_free(s);
}

static void every_single_bit_counts_once(void **state)
{
    struct assay_pdq zero = {0}, ones = {.quality = 100};

    (void)state;
    for (size_t bit = 0; bit < (size_t)8 * ASSAY_PDQ_BYTES; bit++) {
        struct assay_pdq one = {0};
        one.bytes[bit / 8] = (uint8_t)(0x80u >> bit % 8);
        assert_int_equal(assay_pdq_distance(&zero, &one), 1);
        assert_int_equal(assay_pdq_distance(&one, &zero), 1);
        ones.bytes[bit / 8] |= one.bytes[bit / 8];
        assert_int_equal(assay_pdq_distance(&zero, &ones), bit + 1);
    }
    assert_int_equal(assay_pdq_distance(&ones, &ones), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_formula_picture_hashes_as_the_reference),
        cmocka_unit_test(rows_may_come_in_any_portions),
        cmocka_unit_test(a_black_picture_has_no_bits_and_no_quality),
        cmocka_unit_test(sides_out_of_range_are_refused),
        cmocka_unit_test(a_want_of_memory_is_reported),
        cmocka_unit_test(the_longest_sides_are_hashed),
        cmocka_unit_test(a_stream_takes_exactly_its_rows),
        cmocka_unit_test(every_single_bit_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
