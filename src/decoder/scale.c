/* Area averaging in exact integers: first down the columns, then along the rows that are due. */
#include "decoder/scale.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/*
 * With heights h (from) and k (to), let a stored row be k units high and a new row h units: both
 * pictures are h * k units high and every overlap is a whole number of units. So a new pixel is
 * (sum of overlap * value) / (w * h), rounded once, and the result is the same on every machine.
 */
/* What a new pixel covers along a row: the stored pixels left .. right, of which the two at the
 * ends count the given units and those between to.width units each. */
struct span {
    uint32_t left, right;
    uint32_t left_units, right_units;
};

struct scale {
    struct wire_size from, to;
    unsigned channels;
    uint8_t *out;
    /* Of the new row, from.width * channels each: the first stored row (which may lie half in the
     * new row before), the sum of those that lie in it whole, and both weighed together with the
     * last one. Fewer than ROWS_IN_ONE_MAX rows lie in one, so the sum fits. */
    uint8_t *first;
    uint16_t *inner;
    uint32_t *column;
    uint32_t first_units, filled; /* filled: units of the new row so far, 0 .. from.height - 1 */
    uint32_t row;                 /* index of the new row */
    struct span *spans;           /* to.width */
    double part;                  /* 1 / (w * h) */
};

#define ROWS_IN_ONE_MAX 256u

static void make_spans(struct scale *s)
{
    const uint32_t unit = s->to.width;

    for (uint32_t x = 0; x < s->to.width; x++) {
        const uint64_t begin = (uint64_t)x * s->from.width, end = begin + s->from.width;
        struct span *p = &s->spans[x];

        p->left = (uint32_t)(begin / unit);
        p->right = (uint32_t)((end - 1) / unit);
        p->left_units = (uint32_t)((uint64_t)(p->left + 1) * unit - begin);
        p->right_units = (uint32_t)(end - (uint64_t)p->right * unit);
        if (p->left == p->right) { /* as wide as a stored pixel: it counts once */
            p->left_units = s->from.width;
            p->right_units = 0;
        }
    }
}

enum assay_err scale_new(struct wire_size from, struct wire_size to, unsigned channels,
                         uint8_t *out, struct scale **made)
{
    struct scale *s;
    size_t samples;

    assert(to.width >= 1 && to.width <= from.width);
    assert(to.height >= 1 && to.height <= from.height);
    assert(from.width <= 65535 && from.height <= 65535);
    s = mem_zalloc(sizeof *s);
    *s = (struct scale){.from = from, .to = to, .channels = channels, .out = out};
    s->part = 1.0 / ((double)from.width * (double)from.height);
    assert(from.height / to.height < ROWS_IN_ONE_MAX);
    samples = (size_t)from.width * channels;
    s->first = mem_try(samples);
    s->inner = mem_try(samples * sizeof *s->inner);
    s->column = mem_try(samples * sizeof *s->column);
    s->spans = mem_try(to.width * sizeof *s->spans);
    if (s->first == NULL || s->inner == NULL || s->column == NULL || s->spans == NULL) {
        scale_free(s);
        return ASSAY_ENOMEM;
    }
    memset(s->first, 0, samples);
    memset(s->inner, 0, samples * sizeof *s->inner);
    make_spans(s);
    *made = s;
    return ASSAY_OK;
}

void scale_free(struct scale *s)
{
    if (s == NULL)
        return;
    mem_free(s->first);
    mem_free(s->inner);
    mem_free(s->column);
    mem_free(s->spans);
    mem_free(s);
}

static void add_row(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (uint16_t)(sum[i] + row[i]);
}

struct weights {
    uint16_t first, inner, last;
};

static void weigh(uint32_t *restrict column, const uint8_t *restrict first,
                  const uint16_t *restrict inner, const uint8_t *restrict last, size_t n,
                  struct weights w)
{
    for (size_t i = 0; i < n; i++)
        column[i] = (uint32_t)inner[i] * w.inner + (uint32_t)(uint16_t)first[i] * w.first +
                    (uint32_t)(uint16_t)last[i] * w.last;
}

/* Signed, since a signed number becomes a double in one instruction; at most 2^40. */
static inline uint8_t level(const struct scale *s, int64_t sum)
{
    return (uint8_t)((double)sum * s->part + 0.5);
}

static void along_colours(const struct scale *s, uint8_t *out)
{
    for (uint32_t x = 0; x < s->to.width; x++, out += 3) {
        const struct span *p = &s->spans[x];
        const uint32_t *from = s->column + (size_t)3 * p->left;
        const uint32_t *last = s->column + (size_t)3 * p->right;
        int64_t r = 0, g = 0, b = 0;

        for (const uint32_t *at = from + 3; at < last; at += 3) {
            r += at[0];
            g += at[1];
            b += at[2];
        }
        out[0] = level(s, (int64_t)from[0] * p->left_units + r * s->to.width +
                              (int64_t)last[0] * p->right_units);
        out[1] = level(s, (int64_t)from[1] * p->left_units + g * s->to.width +
                              (int64_t)last[1] * p->right_units);
        out[2] = level(s, (int64_t)from[2] * p->left_units + b * s->to.width +
                              (int64_t)last[2] * p->right_units);
    }
}

static void along_greys(const struct scale *s, uint8_t *out)
{
    for (uint32_t x = 0; x < s->to.width; x++) {
        const struct span *p = &s->spans[x];
        int64_t inner = 0;

        for (uint32_t i = p->left + 1; i < p->right; i++)
            inner += s->column[i];
        out[x] = level(s, (int64_t)s->column[p->left] * p->left_units + inner * s->to.width +
                              (int64_t)s->column[p->right] * p->right_units);
    }
}

/* The new row is whole with last_units of its last stored row. */
static void finish_row(struct scale *s, const uint8_t *last, uint32_t last_units)
{
    const size_t samples = (size_t)s->from.width * s->channels;
    uint8_t *out = s->out + (size_t)s->row * s->to.width * s->channels;

    assert(s->row < s->to.height);
    weigh(s->column, s->first, s->inner, last, samples,
          (struct weights){(uint16_t)s->first_units, (uint16_t)s->to.height, (uint16_t)last_units});
    if (s->channels == 3)
        along_colours(s, out);
    else
        along_greys(s, out);
    s->row++;
    memset(s->inner, 0, samples * sizeof *s->inner);
    s->first_units = 0;
    s->filled = 0;
}

static void take_row(struct scale *s, const uint8_t *row)
{
    const size_t samples = (size_t)s->from.width * s->channels;
    const uint32_t unit = s->to.height, room = s->from.height - s->filled;

    if (unit < room) {
        add_row(s->inner, row, samples);
        s->filled += unit;
        return;
    }
    finish_row(s, row, room);
    if (unit > room) { /* the rest of it begins the next new row */
        memcpy(s->first, row, samples);
        s->first_units = s->filled = unit - room;
    }
}

void scale_rows(struct scale *s, const uint8_t *rows, size_t stride, uint32_t count)
{
    const size_t samples = (size_t)s->from.width * s->channels;
    const bool same = s->from.width == s->to.width && s->from.height == s->to.height;

    for (uint32_t r = 0; r < count; r++, rows += stride) {
        if (same)
            memcpy(s->out + (size_t)s->row++ * samples, rows, samples);
        else
            take_row(s, rows);
    }
}
