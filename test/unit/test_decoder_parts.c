/* The decoder's own arithmetic and parsers: scaling, turning, blurring, EXIF, against plain ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/blur.h"
#include "decoder/exif.h"
#include "decoder/formats.h"
#include "decoder/scale.h"
#include "decoder/turn.h"

static uint32_t seed = 1;

static uint8_t some_byte(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint8_t)(seed >> 24);
}

/* The exact average of the area that a new pixel covers, the slow way. */
static double area(const uint8_t *in, struct wire_size from, struct wire_size to, unsigned channels,
                   uint32_t x, uint32_t y, unsigned c)
{
    const double left = (double)x * from.width / to.width;
    const double right = (double)(x + 1) * from.width / to.width;
    const double top = (double)y * from.height / to.height;
    const double bottom = (double)(y + 1) * from.height / to.height;
    double sum = 0;

    for (uint32_t j = (uint32_t)top; j < from.height && j < bottom; j++)
        for (uint32_t i = (uint32_t)left; i < from.width && i < right; i++)
            sum += (fmin(i + 1, right) - fmax(i, left)) * (fmin(j + 1, bottom) - fmax(j, top)) *
                   in[((size_t)j * from.width + i) * channels + c];
    return sum / ((right - left) * (bottom - top));
}

static void each_scaled_pixel_is_the_average_of_its_area(void **state)
{
    static const struct {
        struct wire_size from, to;
        unsigned channels;
    } rows[] = {
        {{17, 13}, {7, 5}, 3},   {{17, 13}, {17, 13}, 3}, {{100, 3}, {1, 1}, 1},
        {{64, 64}, {32, 16}, 1}, {{31, 7}, {30, 6}, 3},   {{5, 200}, {3, 199}, 1},
    };

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct wire_size from = rows[r].from, to = rows[r].to;
        const unsigned channels = rows[r].channels;
        const size_t bytes = (size_t)from.width * from.height * channels;
        uint8_t *in = mem_alloc(bytes), *out = mem_alloc((size_t)to.width * to.height * channels);
        struct scale *s;

        for (size_t i = 0; i < bytes; i++)
            in[i] = some_byte();
        assert_int_equal(scale_new(from, to, channels, out, &s), ASSAY_OK);
        scale_rows(s, in, (size_t)from.width * channels, 1);
        scale_rows(s, in + (size_t)from.width * channels, (size_t)from.width * channels,
                   from.height - 1);
        for (uint32_t y = 0; y < to.height; y++)
            for (uint32_t x = 0; x < to.width; x++)
                for (unsigned c = 0; c < channels; c++)
                    assert_true(fabs(out[((size_t)y * to.width + x) * channels + c] -
                                     area(in, from, to, channels, x, y, c)) <= .5001);
        scale_free(s);
        mem_free(in);
        mem_free(out);
    }
}

static void a_picture_keeps_white_and_black_when_scaled(void **state)
{
    const struct wire_size from = {65500, 3}, to = {1600, 1};
    uint8_t *in = mem_alloc((size_t)3 * from.width * from.height), out[3 * 1600];
    struct scale *s;

    (void)state;
    memset(in, 255, (size_t)3 * from.width * from.height);
    assert_int_equal(scale_new(from, to, 3, out, &s), ASSAY_OK);
    scale_rows(s, in, (size_t)3 * from.width, from.height);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 255);
    scale_free(s);
    mem_free(in);
}

/* The stored pixel that stands at (x, y) of the upright picture; Exif 2.32, table of tag 274. */
static struct wire_size stored_at(uint32_t orientation, struct wire_size s, uint32_t x, uint32_t y)
{
    const uint32_t right = s.width - 1, bottom = s.height - 1;

    switch (orientation) {
    case 2:
        return (struct wire_size){right - x, y};
    case 3:
        return (struct wire_size){right - x, bottom - y};
    case 4:
        return (struct wire_size){x, bottom - y};
    case 5:
        return (struct wire_size){y, x};
    case 6:
        return (struct wire_size){y, bottom - x};
    case 7:
        return (struct wire_size){right - y, bottom - x};
    case 8:
        return (struct wire_size){right - y, x};
    default:
        return (struct wire_size){x, y};
    }
}

static void all_eight_turns_put_each_pixel_in_its_place(void **state)
{
    const struct wire_size stored = {5, 37};
    uint8_t in[5 * 37 * 3], out[37 * TURN_ROWS * 3];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = some_byte();
    for (uint32_t o = 1; o <= 8; o++) {
        const struct turn t = {in, stored.width, stored.height, o};
        const struct wire_size size = wire_turned(stored, o);

        for (uint32_t y = 0; y < size.height; y += 3) {
            uint32_t count = size.height - y < 3 ? size.height - y : 3;

            turn_rows(&t, y, count, out);
            for (uint32_t r = 0; r < count; r++)
                for (uint32_t x = 0; x < size.width; x++) {
                    struct wire_size at = stored_at(o, stored, x, y + r);

                    assert_memory_equal(out + 3 * ((size_t)r * size.width + x),
                                        in + 3 * ((size_t)at.height * stored.width + at.width), 3);
                }
        }
    }
}

static void a_blurred_point_has_the_spread_of_a_gaussian(void **state)
{
    static const double sigmas[] = {1.5, 3.84, 14.4};

    (void)state;
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        enum { SIDE = 201 };
        uint8_t *grey = mem_zalloc((size_t)SIDE * SIDE);
        double weight = 0, spread = 0;

        /* A line, since a single point would be lost in the rounding to levels. */
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = SIDE / 2 - 2; x <= SIDE / 2 + 2; x++)
                grey[y * SIDE + x] = 255;
        assert_int_equal(blur_grey(grey, (struct wire_size){SIDE, SIDE}, sigmas[i]), ASSAY_OK);
        for (size_t x = 0; x < SIDE; x++) {
            const double v = grey[SIDE / 2 * SIDE + x], d = (double)x - SIDE / 2;

            weight += v;
            spread += v * d * d;
        }
        spread = sqrt(spread / weight - 2); /* the line itself has the variance 2 */
        assert_true(fabs(spread - sigmas[i]) < .06 * sigmas[i] + .05);
        mem_free(grey);
    }
}

static void a_plain_picture_stays_plain_when_blurred(void **state)
{
    static const struct wire_size sizes[] = {{1, 1}, {3, 2}, {480, 1}, {2, 480}};
    uint8_t grey[960];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(grey, 200, sizeof grey);
        assert_int_equal(blur_grey(grey, sizes[i], 14.4), ASSAY_OK);
        for (size_t p = 0; p < sizeof grey; p++)
            assert_int_equal(grey[p], 200);
    }
}

/* Little-endian; orientation 6; a second directory with a thumbnail of 4 bytes at 56. */
static const uint8_t sound_exif[] = {'I', 'I', 42,   0,    8,    0,   0, 0, 1,  0, 0x12, 1, 3, 0,
                                     1,   0,   0,    0,    6,    0,   0, 0, 26, 0, 0,    0, /* 26 */
                                     2,   0,   1,    2,    4,    0,   1, 0, 0,  0, 56,   0, 0, 0,
                                     2,   2,   4,    0,    1,    0,   0, 0, 4,  0, 0,    0, 0, 0,
                                     0,   0,   0xff, 0xd8, 0xff, 0xd9};

static void exif_gives_turn_and_thumbnail(void **state)
{
    static const uint8_t big[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                  3,   0,   0, 0,  1, 0, 8, 0, 0, 0, 0, 0,    0};
    struct exif got = exif_read(sound_exif, sizeof sound_exif);

    (void)state;
    assert_int_equal(got.orientation, 6);
    assert_ptr_equal(got.thumbnail, sound_exif + 56);
    assert_int_equal(got.thumbnail_size, 4);
    got = exif_read(big, sizeof big);
    assert_int_equal(got.orientation, 8);
    assert_null(got.thumbnail);
}

static void broken_exif_is_no_exif(void **state)
{
    uint8_t *copy;

    (void)state;
    for (size_t size = 0; size <= sizeof sound_exif; size++) {
        struct exif got;

        copy = mem_dup(sound_exif, size); /* its own allocation, so that ASan sees each overrun */
        got = exif_read_marked(copy, size);
        assert_int_equal(got.orientation, size >= 22 ? 6 : 1);
        assert_int_equal(got.thumbnail != NULL, size == sizeof sound_exif);
        mem_free(copy);
    }
    for (size_t i = 0; i < 8 * sizeof sound_exif; i++) {
        struct exif got;

        copy = mem_dup(sound_exif, sizeof sound_exif);
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        got = exif_read(copy, sizeof sound_exif);
        assert_true(got.orientation >= 1 && got.orientation <= 8);
        assert_true(got.thumbnail == NULL ||
                    (got.thumbnail >= copy &&
                     got.thumbnail + got.thumbnail_size <= copy + sizeof sound_exif));
        mem_free(copy);
    }
}

static void a_little_padding_is_no_trailing_data(void **state)
{
    static const uint8_t zeros[64], one[4] = {0, 0, 0, 1};

    (void)state;
    assert_false(format_trailing(zeros, 0));
    assert_false(format_trailing(zeros, 16));
    assert_true(format_trailing(zeros, 17));
    assert_true(format_trailing(one, sizeof one));
}

/* moov holds mvhd, which holds rate and duration; `at` changes one byte of it. */
static bool film_ms(size_t at, uint8_t value, size_t size, uint64_t *out)
{
    uint8_t film[52] = "\0\0\0\x34moov\0\0\0\x2cmvhd";

    film[31] = 100; /* ticks a second */
    film[35] = 250;
    film[at] = value;
    return format_film_ms(film, size, out);
}

static void a_film_takes_as_long_as_its_head_says(void **state)
{
    uint64_t ms = 0;

    (void)state;
    assert_true(film_ms(0, 0, 52, &ms));
    assert_int_equal(ms, 2500);
    assert_true(film_ms(32, 1, 52, &ms));
    assert_int_equal(ms, (((1u << 24) + 250) * 1000ull + 50) / 100);
    assert_false(film_ms(31, 0, 52, &ms));    /* no ticks a second */
    assert_false(film_ms(3, 53, 52, &ms));    /* longer than the file */
    assert_false(film_ms(3, 51, 52, &ms));    /* the inner box is longer than the outer one */
    assert_false(film_ms(11, 0x23, 52, &ms)); /* the head is too short */
    assert_false(film_ms(3, 7, 52, &ms));     /* shorter than its own head */
    assert_false(film_ms(15, 'x', 52, &ms));
    for (size_t size = 0; size < 52; size++)
        assert_false(film_ms(0, 0, size, &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scaled_pixel_is_the_average_of_its_area),
        cmocka_unit_test(a_picture_keeps_white_and_black_when_scaled),
        cmocka_unit_test(all_eight_turns_put_each_pixel_in_its_place),
        cmocka_unit_test(a_blurred_point_has_the_spread_of_a_gaussian),
        cmocka_unit_test(a_plain_picture_stays_plain_when_blurred),
        cmocka_unit_test(exif_gives_turn_and_thumbnail),
        cmocka_unit_test(broken_exif_is_no_exif),
        cmocka_unit_test(a_little_padding_is_no_trailing_data),
        cmocka_unit_test(a_film_takes_as_long_as_its_head_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
