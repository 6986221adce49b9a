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
struct scale {
    struct wire_size from, to;
    unsigned channels;
    uint8_t *out;
    uint32_t *column; /* from.width * channels sums of the new row, at most 255 * h */
    uint32_t filled;  /* units of the new row that are summed up, 0 .. h - 1 */
    uint32_t row;     /* index of the new row */
    double part;      /* 1 / (w * h) */
};

enum assay_err scale_new(struct wire_size from, struct wire_size to, unsigned channels,
                         uint8_t *out, struct scale **made)
{
    struct scale *s;

    assert(to.width >= 1 && to.width <= from.width);
    assert(to.height >= 1 && to.height <= from.height);
    assert(from.width <= 65535 && from.height <= 65535);
    s = mem_zalloc(sizeof *s);
    *s = (struct scale){.from = from, .to = to, .channels = channels, .out = out};
    s->part = 1.0 / ((double)from.width * (double)from.height);
    s->column = mem_try((size_t)from.width * channels * sizeof *s->column);
    if (s->column == NULL) {
        mem_free(s);
        return ASSAY_ENOMEM;
    }
    memset(s->column, 0, (size_t)from.width * channels * sizeof *s->column);
    *made = s;
    return ASSAY_OK;
}

void scale_free(struct scale *s)
{
    if (s == NULL)
        return;
    mem_free(s->column);
    mem_free(s);
}

static void add_row(uint32_t *restrict sum, const uint8_t *restrict row, size_t n, uint32_t weight)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += row[i] * weight;
}

/* One new pixel: the whole stored pixels between left and right count to.width units each, the two
 * at the ends what they overlap. */
static inline void one_pixel(const struct scale *s, const unsigned channels, uint32_t x,
                             uint8_t *out)
{
    const uint64_t begin = (uint64_t)x * s->from.width, end = begin + s->from.width;
    const uint32_t unit = s->to.width;
    const uint32_t left = (uint32_t)(begin / unit), right = (uint32_t)((end - 1) / unit);
    const uint32_t left_units = (uint32_t)((uint64_t)(left + 1) * unit - begin);
    const uint32_t right_units = (uint32_t)(end - (uint64_t)right * unit);

    for (unsigned c = 0; c < channels; c++) {
        const uint32_t *from = s->column + (size_t)left * channels + c;
        uint64_t inner = 0, sum;

        if (left == right) {
            sum = (uint64_t)*from * s->from.width;
        } else {
            sum = (uint64_t)*from * left_units;
            for (uint32_t i = left + 1; i < right; i++) {
                from += channels;
                inner += *from;
            }
            sum += inner * unit + (uint64_t)from[channels] * right_units;
        }
        out[c] = (uint8_t)((double)sum * s->part + 0.5);
    }
}

static void finish_row(struct scale *s)
{
    uint8_t *out = s->out + (size_t)s->row * s->to.width * s->channels;

    assert(s->row < s->to.height);
    if (s->channels == 3)
        for (uint32_t x = 0; x < s->to.width; x++)
            one_pixel(s, 3, x, out + (size_t)3 * x);
    else
        for (uint32_t x = 0; x < s->to.width; x++)
            one_pixel(s, 1, x, out + x);
    s->row++;
    memset(s->column, 0, (size_t)s->from.width * s->channels * sizeof *s->column);
}

void scale_rows(struct scale *s, const uint8_t *rows, size_t stride, uint32_t count)
{
    const size_t samples = (size_t)s->from.width * s->channels;

    for (uint32_t r = 0; r < count; r++, rows += stride) {
        uint32_t left = s->to.height;

        if (s->from.width == s->to.width && s->from.height == s->to.height) {
            memcpy(s->out + (size_t)s->row++ * samples, rows, samples);
            continue;
        }
        while (left > 0) {
            uint32_t take = s->from.height - s->filled;

            if (take > left)
                take = left;
            add_row(s->column, rows, samples, take);
            s->filled += take;
            left -= take;
            if (s->filled == s->from.height) {
                finish_row(s);
                s->filled = 0;
            }
        }
    }
}
