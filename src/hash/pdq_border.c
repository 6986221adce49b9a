/* Finds what plain borders leave of a picture: bars, frames, the margins of a page. */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "assay/pdq.h"

/* A row or a column of what is left: pixels `step` bytes apart. */
struct line {
    const uint8_t *first;
    size_t step;
    uint32_t count;
};

struct picture {
    const uint8_t *rgb;
    size_t stride;
};

enum side { TOP, BOTTOM, LEFT, RIGHT, SIDES };

static struct line line_at(const struct picture *p, const struct assay_pdq_box *b, enum side side)
{
    const size_t left = (size_t)3 * b->left, top = p->stride * b->top;
    const bool row = side == TOP || side == BOTTOM;
    struct line l = {p->rgb + top + left, row ? 3 : p->stride, row ? b->width : b->height};

    if (side == BOTTOM)
        l.first += p->stride * (b->height - 1);
    else if (side == RIGHT)
        l.first += (size_t)3 * (b->width - 1);
    return l;
}

static void mean(const struct line *l, uint8_t out[3])
{
    uint64_t sum[3] = {0};

    for (uint32_t i = 0; i < l->count; i++)
        for (unsigned c = 0; c < 3; c++)
            sum[c] += l->first[i * l->step + c];
    for (unsigned c = 0; c < 3; c++)
        out[c] = (uint8_t)((sum[c] + l->count / 2) / l->count);
}

static bool is_plain(const struct line *l, const uint8_t colour[3])
{
    for (uint32_t i = 0; i < l->count; i++)
        for (unsigned c = 0; c < 3; c++)
            if (abs(l->first[i * l->step + c] - colour[c]) > ASSAY_PDQ_BORDER_LEVELS)
                return false;
    return true;
}

/* One line less, on that side. */
static void take_off(struct assay_pdq_box *b, enum side side)
{
    b->top += side == TOP;
    b->left += side == LEFT;
    b->height -= side == TOP || side == BOTTOM;
    b->width -= side == LEFT || side == RIGHT;
}

/* The border of one side, of the colour of its outermost line. */
static void strip(const struct picture *p, enum side side, struct assay_pdq_box *b)
{
    struct line l = line_at(p, b, side);
    uint8_t colour[3];

    mean(&l, colour);
    while (is_plain(&l, colour)) {
        take_off(b, side);
        if (b->width == 0 || b->height == 0)
            return;
        l = line_at(p, b, side);
    }
}

enum assay_err assay_pdq_unborder_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                      size_t stride, struct assay_pdq_box *out)
{
    const struct picture p = {rgb, stride};
    struct assay_pdq_box b = {0, 0, width, height};

    assert(rgb != NULL);
    assert(out != NULL);
    if (width == 0 || height == 0 || width > ASSAY_PDQ_SIDE_MAX || height > ASSAY_PDQ_SIDE_MAX ||
        stride < (size_t)3 * width)
        return ASSAY_ERANGE;
    for (enum side side = TOP; side < SIDES && b.width > 0 && b.height > 0; side++)
        strip(&p, side, &b);
    if (b.width == 0 || b.height == 0)
        b = (struct assay_pdq_box){0};
    *out = b;
    return ASSAY_OK;
}
