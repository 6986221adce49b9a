/* Finds what plain borders leave of a picture: bars, frames, the margins of a page. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "assay/pdq.h"

struct picture {
    const uint8_t *rgb;
    size_t stride;
};

/* Pixels `step` bytes apart. */
struct line {
    const uint8_t *first;
    ptrdiff_t step;
    uint32_t count;
};

static const uint8_t *pixel(const struct picture *p, uint32_t x, uint32_t y)
{
    return p->rgb + p->stride * y + (size_t)3 * x;
}

static void mean(const struct line *l, uint8_t out[3])
{
    uint64_t sum[3] = {0};

    for (uint32_t i = 0; i < l->count; i++)
        for (unsigned c = 0; c < 3; c++)
            sum[c] += l->first[(ptrdiff_t)i * l->step + c];
    for (unsigned c = 0; c < 3; c++)
        out[c] = (uint8_t)((sum[c] + l->count / 2) / l->count);
}

/* How many of the line's pixels, from its first on, are near enough to the colour. */
static uint32_t plain_run(const struct line *l, const uint8_t colour[3])
{
    for (uint32_t i = 0; i < l->count; i++)
        for (unsigned c = 0; c < 3; c++)
            if (abs(l->first[(ptrdiff_t)i * l->step + c] - colour[c]) > ASSAY_PDQ_BORDER_LEVELS)
                return i;
    return l->count;
}

/* Plain rows of the box from y on, in steps of 1 or -1. */
static uint32_t plain_rows(const struct picture *p, const struct assay_pdq_box *b, uint32_t y,
                           int step)
{
    struct line row = {pixel(p, b->left, y), 3, b->width};
    uint8_t colour[3];
    uint32_t n = 0;

    mean(&row, colour);
    while (n < b->height && plain_run(&row, colour) == b->width) {
        n++;
        if (n < b->height)
            row.first = pixel(p, b->left, step > 0 ? y + n : y - n);
    }
    return n;
}

/* Plain columns of the box from x on: the least of what its rows begin with, so that memory is
 * gone through row by row. */
static uint32_t plain_columns(const struct picture *p, const struct assay_pdq_box *b, uint32_t x,
                              int step)
{
    const struct line column = {pixel(p, x, b->top), (ptrdiff_t)p->stride, b->height};
    uint8_t colour[3];
    uint32_t n = b->width;

    mean(&column, colour);
    for (uint32_t y = 0; n > 0 && y < b->height; y++) {
        const struct line row = {pixel(p, x, b->top + y), (ptrdiff_t)3 * step, n};

        n = plain_run(&row, colour);
    }
    return n;
}

enum assay_err assay_pdq_unborder_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                      size_t stride, struct assay_pdq_box *out)
{
    const struct picture p = {rgb, stride};
    struct assay_pdq_box b = {0, 0, width, height};
    uint32_t n;

    assert(rgb != NULL);
    assert(out != NULL);
    if (width == 0 || height == 0 || width > ASSAY_PDQ_SIDE_MAX || height > ASSAY_PDQ_SIDE_MAX ||
        stride < (size_t)3 * width)
        return ASSAY_ERANGE;
    n = plain_rows(&p, &b, 0, 1);
    b.top = n;
    b.height -= n;
    if (b.height > 0)
        b.height -= plain_rows(&p, &b, height - 1, -1);
    if (b.height > 0) {
        n = plain_columns(&p, &b, 0, 1);
        b.left = n;
        b.width -= n;
    }
    if (b.height > 0 && b.width > 0)
        b.width -= plain_columns(&p, &b, width - 1, -1);
    if (b.width == 0 || b.height == 0)
        b = (struct assay_pdq_box){0};
    *out = b;
    return ASSAY_OK;
}
