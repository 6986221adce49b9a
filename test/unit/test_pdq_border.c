/* What plain borders leave of a picture: found to the line, and nothing else taken off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "assay/pdq.h"

struct picture {
    uint32_t width, height;
    size_t stride;
    uint8_t *rgb; /* free */
};

struct colour {
    uint8_t r, g, b;
};

static const struct colour black = {0, 0, 0}, white = {255, 255, 255}, teal = {20, 120, 130};

/* Bytes behind each row that are no pixels and differ from everything. */
#define GAP 5

static struct picture plain(uint32_t width, uint32_t height, struct colour c)
{
    struct picture p = {width, height, (size_t)3 * width + GAP, NULL};

    p.rgb = malloc(p.stride * height);
    assert_non_null(p.rgb);
    for (size_t i = 0; i < p.stride * height; i++)
        p.rgb[i] = (uint8_t)(97 * i);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            memcpy(p.rgb + y * p.stride + (size_t)3 * x, &c, 3);
    return p;
}

static void fill(struct picture *p, struct assay_pdq_box b, struct colour c)
{
    for (uint32_t y = 0; y < b.height; y++)
        for (uint32_t x = 0; x < b.width; x++)
            memcpy(p->rgb + (b.top + y) * p->stride + (size_t)3 * (b.left + x), &c, 3);
}

/* Something rich, whose outermost lines are no border of any colour. */
static void draw(struct picture *p, struct assay_pdq_box b)
{
    for (uint32_t y = 0; y < b.height; y++)
        for (uint32_t x = 0; x < 3 * b.width; x++)
            p->rgb[(b.top + y) * p->stride + (size_t)3 * b.left + x] =
                (uint8_t)((x / 3 * 37 + y * 61 + x % 3 * 85) ^ (x * y >> 2));
}

/* Every sample up or down by at most `levels`, as a coder's noise is. */
static void add_noise(struct picture *p, int levels)
{
    uint32_t state = 1;

    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < 3 * p->width; x++) {
            uint8_t *sample = &p->rgb[y * p->stride + x];
            int v;

            state = state * 1664525u + 1013904223u;
            v = *sample + (int)(state >> 16) % (2 * levels + 1) - levels;
            *sample = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
}

static void assert_box(const struct picture *p, struct assay_pdq_box want)
{
    struct assay_pdq_box got = {9, 9, 9, 9};

    assert_int_equal(assay_pdq_unborder_rgb(p->rgb, p->width, p->height, p->stride, &got),
                     ASSAY_OK);
    assert_int_equal(got.left, want.left);
    assert_int_equal(got.top, want.top);
    assert_int_equal(got.width, want.width);
    assert_int_equal(got.height, want.height);
}

static void a_picture_without_borders_stays_whole(void **state)
{
    const struct assay_pdq_box whole = {0, 0, 90, 60};
    struct picture p = plain(90, 60, black);

    (void)state;
    draw(&p, whole);
    assert_box(&p, whole);
    free(p.rgb);
}

static void bars_of_each_side_are_found_to_the_line(void **state)
{
    static const struct assay_pdq_box boxes[] = {
        {0, 7, 90, 40}, {11, 0, 60, 60}, {0, 1, 90, 59}, {0, 0, 89, 60}, {3, 5, 70, 41},
    };

    (void)state;
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        struct picture p = plain(90, 60, i % 2 == 0 ? black : teal);

        draw(&p, boxes[i]);
        assert_box(&p, boxes[i]);
        free(p.rgb);
    }
}

static void what_is_left_has_the_hash_of_the_picture_itself(void **state)
{
    const struct assay_pdq_box b = {31, 17, 200, 150};
    struct picture framed = plain(290, 240, white), alone = plain(200, 150, black);
    struct assay_pdq_box found;
    struct assay_pdq part, whole;

    (void)state;
    draw(&framed, b);
    draw(&alone, (struct assay_pdq_box){0, 0, 200, 150});
    assert_int_equal(assay_pdq_unborder_rgb(framed.rgb, 290, 240, framed.stride, &found), ASSAY_OK);
    assert_int_equal(
        assay_pdq_hash_rgb(framed.rgb + found.top * framed.stride + (size_t)3 * found.left,
                           found.width, found.height, framed.stride, &part),
        ASSAY_OK);
    assert_int_equal(assay_pdq_hash_rgb(alone.rgb, 200, 150, alone.stride, &whole), ASSAY_OK);
    assert_memory_equal(&part, &whole, sizeof part);
    free(framed.rgb);
    free(alone.rgb);
}

static void each_side_has_a_colour_of_its_own_and_bars_within_bars_stay(void **state)
{
    const struct assay_pdq_box b = {20, 15, 60, 40}, inner = {12, 9, 76, 60};
    struct picture p = plain(100, 80, black);

    (void)state;
    fill(&p, (struct assay_pdq_box){0, 0, 100, 15}, teal);
    fill(&p, (struct assay_pdq_box){0, 15, 20, 40}, white);
    draw(&p, b);
    assert_box(&p, b);
    fill(&p, (struct assay_pdq_box){0, 0, 100, 80}, white); /* a page with a framed picture */
    fill(&p, inner, black);
    draw(&p, b);
    assert_box(&p, inner);
    free(p.rgb);
}

static void noise_within_the_tolerance_hides_no_border_and_beyond_it_does(void **state)
{
    const struct assay_pdq_box b = {0, 20, 120, 60}, whole = {0, 0, 120, 100};
    struct picture p = plain(120, 100, teal);

    (void)state;
    add_noise(&p, ASSAY_PDQ_BORDER_LEVELS - 2); /* the mean is not exactly the colour */
    draw(&p, b);
    assert_box(&p, b);
    p.rgb[0] = (uint8_t)(teal.r + 2 * ASSAY_PDQ_BORDER_LEVELS);
    p.rgb[99 * p.stride] = (uint8_t)(teal.r + 2 * ASSAY_PDQ_BORDER_LEVELS);
    assert_box(&p, whole);
    free(p.rgb);
}

static void a_slow_change_of_colour_is_no_border_without_end(void **state)
{
    struct picture p = plain(64, 200, black);
    struct assay_pdq_box b;

    (void)state;
    for (uint32_t y = 0; y < 200; y++)
        fill(&p, (struct assay_pdq_box){0, y, 64, 1},
             (struct colour){(uint8_t)(55 + y), (uint8_t)(55 + y), (uint8_t)(55 + y)});
    assert_int_equal(assay_pdq_unborder_rgb(p.rgb, 64, 200, p.stride, &b), ASSAY_OK);
    assert_int_equal(b.width, 64);
    assert_int_equal(b.top, ASSAY_PDQ_BORDER_LEVELS + 1);
    assert_int_equal(b.height, 200 - 2 * (ASSAY_PDQ_BORDER_LEVELS + 1));
    free(p.rgb);
}

static void a_plain_picture_is_all_border(void **state)
{
    struct picture p = plain(40, 30, teal), dot = plain(1, 1, white);

    (void)state;
    assert_box(&p, (struct assay_pdq_box){0});
    assert_box(&dot, (struct assay_pdq_box){0});
    fill(&p, (struct assay_pdq_box){7, 9, 3, 4}, white);
    assert_box(&p, (struct assay_pdq_box){7, 9, 3, 4});
    draw(&p, (struct assay_pdq_box){7, 9, 6, 5});
    assert_box(&p, (struct assay_pdq_box){7, 9, 6, 5});
    free(p.rgb);
    free(dot.rgb);
}

static void sides_and_strides_that_cannot_be_are_refused(void **state)
{
    const uint8_t pixel[6] = {0};
    struct assay_pdq_box b = {1, 2, 3, 4};

    (void)state;
    assert_int_equal(assay_pdq_unborder_rgb(pixel, 0, 1, 3, &b), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_unborder_rgb(pixel, 1, 0, 3, &b), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_unborder_rgb(pixel, 2, 1, 5, &b), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_unborder_rgb(pixel, 65536, 1, 3u * 65536, &b), ASSAY_ERANGE);
    assert_int_equal(assay_pdq_unborder_rgb(pixel, 1, 65536, 3, &b), ASSAY_ERANGE);
    assert_int_equal(b.height, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_without_borders_stays_whole),
        cmocka_unit_test(bars_of_each_side_are_found_to_the_line),
        cmocka_unit_test(what_is_left_has_the_hash_of_the_picture_itself),
        cmocka_unit_test(each_side_has_a_colour_of_its_own_and_bars_within_bars_stay),
        cmocka_unit_test(noise_within_the_tolerance_hides_no_border_and_beyond_it_does),
        cmocka_unit_test(a_slow_change_of_colour_is_no_border_without_end),
        cmocka_unit_test(a_plain_picture_is_all_border),
        cmocka_unit_test(sides_and_strides_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
