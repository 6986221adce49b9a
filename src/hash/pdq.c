/* PDQ row by row: bands of rows go through the two box filters into a small picture. */
#include "hash/pdq_kernels.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64   /* a cache line */
#define PAGE      4096 /* bytes after which the first cache's lines come around */
#define CROWD     32   /* bytes; measured: nearer than that rows take longer */

/*
 * The way of a row:
 *
 *     pixels -> a row of the present band, copied unless a whole band is there to be read
 *     band full -> luma -> rows' box sums -> columns' box, all columns -> rows' box at 64 columns
 *     each row of 64 -> columns' box -> kept when it is one of the 64 rows
 *
 * A box's output lags behind its input, so black rows are sent after the last one to push the
 * picture out; the zeros change no sum.
 */
/* What a row is of: bytes a pixel. */
enum layout { GREY = 1, RGB = 3 };

/* A picture brought to another size row by row; width is 0 when there is none. */
struct picture {
    uint32_t width, height, fed;
};

struct assay_pdq_stream {
    uint32_t width, height, fed; /* fed: rows taken so far */
    struct picture from;         /* the picture whose rows come, when it is to be scaled */
    const struct pdq_kernels *kernels;
    struct pdq_box down;
    struct pdq_band band; /* the rows' passes and the first columns' pass */
    uint8_t *rows;        /* the band's own copy of rows */
    uint32_t banded;      /* rows sent through them, a multiple of PDQ_BAND */
    uint32_t thinned;     /* rows sent through the second columns' pass */
    uint32_t kept;        /* rows of the small picture that are there */
    float thin_sum[PDQ_SIDE];
    float *thin_past; /* down.window rows of PDQ_SIDE */
    float small[PDQ_SIDE][PDQ_SIDE];
    float plain[PDQ_SIDE][PDQ_SIDE]; /* a picture of 64 x 64 as it came */
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t ring_bytes(const struct pdq_band *band)
{
    return ((size_t)band->ring_mask + 1 + PDQ_QUAD) * PDQ_BAND * sizeof(float);
}

/* One block holds the stream and its rows: a single allocation can fail, a single free ends it. */
static struct assay_pdq_stream *allocate(const struct assay_pdq_stream *plan)
{
    size_t rows = aligned(PDQ_BAND * plan->band.copy.stride + PDQ_QUAD);
    size_t columns = plan->band.tiles * sizeof(struct pdq_columns);
    size_t past = plan->band.tiles * plan->down.window * PDQ_STEP * sizeof(float);
    size_t ring = ring_bytes(&plan->band);
    size_t thin = plan->down.window * PDQ_SIDE * sizeof(float);
    size_t size = aligned(sizeof *plan) + rows + columns + past + 2 * ring + thin;

    unsigned char *block = aligned_alloc(ALIGNMENT, aligned(size));
    if (block == NULL)
        return NULL;
    memset(block, 0, size);
    struct assay_pdq_stream *s = (struct assay_pdq_stream *)block;
    *s = *plan;
    s->band.copy.at = s->rows = block += aligned(sizeof *plan);
    s->band.columns = (struct pdq_columns *)(block += rows);
    s->band.past = (float *)(block += columns);
    s->band.first = (float *)(block += past);
    s->band.second = (float *)(block += ring);
    s->thin_past = (float *)(block + ring);
    return s;
}

static_assert(sizeof(struct pdq_columns) % ALIGNMENT == 0 &&
                  PDQ_STEP * sizeof(float) % ALIGNMENT == 0 &&
                  PDQ_BAND * sizeof(float) % ALIGNMENT == 0,
              "what lies one behind the other stays aligned");

/* How wide a picture's bands are, and where its sampled columns come out. */
static void plan_band(uint32_t width, uint32_t height, struct pdq_band *band)
{
    band->across = pdq_box(width);
    band->window = pdq_box(height).window;

    for (uint32_t i = 0; i < PDQ_SIDE; i++) {
        uint32_t step = pdq_sample(i, width) + band->across.lag;
        band->sample_under[i] = pdq_box_under(&band->across, step);
        band->sample_at[i] = step + band->across.lag;
    }
    uint32_t last = band->sample_at[PDQ_SIDE - 1];
    last = last < width ? width - 1 : last;
    band->tiles = last / PDQ_STEP + 1;
    band->copy.stride =
        ((band->tiles * PDQ_STEP * RGB + ALIGNMENT - 1) / ALIGNMENT | 1) * ALIGNMENT;
    while (band->ring_mask + 1 < band->across.window + PDQ_QUAD)
        band->ring_mask = 2 * band->ring_mask + 1;
}

static bool has_pdq(uint32_t width, uint32_t height)
{
    return width >= ASSAY_PDQ_SIDE_MIN && width <= ASSAY_PDQ_SIDE_MAX &&
           height >= ASSAY_PDQ_SIDE_MIN && height <= ASSAY_PDQ_SIDE_MAX;
}

static enum assay_err begin(struct assay_pdq_stream *plan, struct assay_pdq_stream **out)
{
    plan->down = pdq_box(plan->height);
    plan_band(plan->width, plan->height, &plan->band);
    struct assay_pdq_stream *s = allocate(plan);
    if (s == NULL)
        return ASSAY_ENOMEM;
    for (size_t x = 0; x < s->band.tiles * PDQ_STEP; x++) {
        struct pdq_columns *columns = &s->band.columns[x / PDQ_STEP];
        pdq_divisor_set(&columns->by, x % PDQ_STEP, pdq_box_under(&s->band.across, (uint32_t)x));
    }
    *out = s;
    return ASSAY_OK;
}

enum assay_err pdq_stream_new_with(const struct pdq_kernels *kernels, uint32_t width,
                                   uint32_t height, struct assay_pdq_stream **out)
{
    assert(out != NULL);
    if (!has_pdq(width, height))
        return ASSAY_ERANGE;
    struct assay_pdq_stream plan = {.kernels = kernels, .width = width, .height = height};
    return begin(&plan, out);
}

enum assay_err assay_pdq_stream_new(uint32_t width, uint32_t height, struct assay_pdq_stream **out)
{
    return pdq_stream_new_with(pdq_kernels(), width, height, out);
}

enum assay_err assay_pdq_stream_new_512(uint32_t width, uint32_t height,
                                        struct assay_pdq_stream **out)
{
    assert(out != NULL);
    if (!has_pdq(width, height))
        return ASSAY_ERANGE;
    if (width <= ASSAY_PDQ_SCALE && height <= ASSAY_PDQ_SCALE)
        return assay_pdq_stream_new(width, height, out);
    struct assay_pdq_stream plan = {.kernels = pdq_kernels(),
                                    .width = ASSAY_PDQ_SCALE,
                                    .height = ASSAY_PDQ_SCALE,
                                    .from = {.width = width, .height = height}};
    return begin(&plan, out);
}

void assay_pdq_stream_free(struct assay_pdq_stream *s)
{
    free(s);
}

/* One row of 64 through the second columns' pass. */
static void thin_row(struct assay_pdq_stream *s, const float row[PDQ_SIDE])
{
    uint32_t step = s->thinned++;
    float *oldest = s->thin_past + (size_t)PDQ_SIDE * (step % s->down.window);

    for (size_t x = 0; x < PDQ_SIDE; x++) {
        s->thin_sum[x] = s->thin_sum[x] + row[x] - oldest[x];
        oldest[x] = row[x];
    }
    float under = pdq_box_under(&s->down, step);
    for (; s->kept < PDQ_SIDE && pdq_sample(s->kept, s->height) + s->down.lag == step; s->kept++)
        for (size_t x = 0; x < PDQ_SIDE; x++)
            s->small[s->kept][x] = s->thin_sum[x] / under;
}

/* A picture of exactly 64 x 64 is the small picture; the method does not filter it. */
static bool is_small(const struct assay_pdq_stream *s)
{
    return s->width == PDQ_SIDE && s->height == PDQ_SIDE;
}

static void keep_plain(struct assay_pdq_stream *s)
{
    _Alignas(ALIGNMENT) float luma[PDQ_QUAD][PDQ_BAND];

    for (uint32_t x = 0; x < PDQ_SIDE; x++) {
        if (x % PDQ_QUAD == 0)
            s->kernels->luma(&s->band, x, luma);
        for (uint32_t r = 0; r < PDQ_BAND; r++)
            s->plain[s->banded + r][x] = luma[x % PDQ_QUAD][r];
    }
}

/* The present band, complete, through both filters. */
static void filter_band(struct assay_pdq_stream *s)
{
    struct pdq_band *band = &s->band;
    size_t ring = ring_bytes(band);

    if (is_small(s) && s->banded < s->height)
        keep_plain(s);
    band->slot = s->banded % s->down.window;
    for (uint32_t r = 0; r < PDQ_BAND; r++)
        pdq_divisor_set(&band->down, r, pdq_box_under(&s->down, s->banded + r));
    memset(band->first, 0, ring);
    memset(band->second, 0, ring);
    s->kernels->filter(band);
    for (uint32_t r = 0; r < PDQ_BAND; r++) {
        uint32_t step = s->banded + r;
        if (step >= s->down.lag && step - s->down.lag < s->height)
            thin_row(s, band->thin[r]);
    }
    s->banded += PDQ_BAND;
}

static void black_from(struct assay_pdq_stream *s, uint32_t row)
{
    size_t stride = s->band.copy.stride;

    memset(s->rows + row * stride, 0, (PDQ_BAND - row) * stride);
}

/* After the last row: push out what still lags behind in both columns' passes. */
static void drain(struct assay_pdq_stream *s)
{
    static const float black[PDQ_SIDE];

    if (s->fed % PDQ_BAND != 0) {
        black_from(s, s->fed % PDQ_BAND);
        filter_band(s);
    }
    black_from(s, 0);
    while (s->banded < s->height + s->down.lag)
        filter_band(s);
    while (s->kept < PDQ_SIDE)
        thin_row(s, black);
}

/* Row `row` of the band is of such pixels. */
static void set_weights(struct assay_pdq_stream *s, uint32_t row, enum layout layout)
{
    static const float rgb[3] = {0.299f, 0.587f, 0.114f}, grey[3] = {1, 0, 0};

    for (size_t c = 0; c < 3; c++)
        s->band.weight[c][row] = layout == RGB ? rgb[c] : grey[c];
}

/* Grey pixels stand as red ones; each four bytes overwrite the last's fourth. */
static void copy_grey(const uint8_t *grey, uint32_t width, uint8_t *out)
{
    for (uint32_t x = 0; x < width; x++) {
        uint8_t pixel[4] = {grey[x]};
        memcpy(out + (size_t)RGB * x, pixel, sizeof pixel);
    }
}

static void feed_row(struct assay_pdq_stream *s, const uint8_t *pixels, enum layout layout)
{
    uint32_t row = s->fed % PDQ_BAND;
    uint8_t *copy = s->rows + row * s->band.copy.stride;

    set_weights(s, row, layout);
    if (layout == RGB)
        memcpy(copy, pixels, (size_t)RGB * s->width);
    else
        copy_grey(pixels, s->width, copy);
    s->fed++;
    if (row == PDQ_BAND - 1)
        filter_band(s);
    if (s->fed == s->height)
        drain(s);
}

/*
 * A whole band of rows that lie where the filter can read them: all but the last columns, whose
 * tile, and the bytes that are read behind one, could end behind the rows.
 */
static void feed_band(struct assay_pdq_stream *s, const uint8_t *rgb, size_t stride)
{
    struct pdq_band *band = &s->band;
    size_t tile = (size_t)RGB * PDQ_STEP, bytes = (size_t)RGB * s->width;

    band->direct = bytes < PDQ_QUAD ? 0 : (bytes - PDQ_QUAD) / tile;
    band->caller = (struct pdq_rows){rgb, stride};
    for (uint32_t r = 0; r < PDQ_BAND; r++) {
        size_t from = band->direct * tile;
        memcpy(s->rows + r * band->copy.stride + from, rgb + r * stride + from, bytes - from);
        set_weights(s, r, RGB);
    }
    s->fed += PDQ_BAND;
    filter_band(s);
    band->direct = 0;
    if (s->fed == s->height)
        drain(s);
}

/* A row of the larger picture: its nearest pixels, as often as the scaled picture has the row. */
static void scale_row(struct assay_pdq_stream *s, const uint8_t *pixels, enum layout layout)
{
    uint8_t nearest[3 * ASSAY_PDQ_SCALE];
    uint32_t y = s->from.fed++;

    if (s->fed == s->height || s->fed * s->from.height / s->height != y)
        return;
    for (uint32_t x = 0; x < s->width; x++)
        memcpy(nearest + (size_t)layout * x,
               pixels + (size_t)layout * (x * s->from.width / s->width), (size_t)layout);
    while (s->fed < s->height && s->fed * s->from.height / s->height == y)
        feed_row(s, nearest, layout);
}

/* Rows that begin at one place of all pages share a few lines of the cache, fewer than a band. */
static bool is_crowded(size_t stride)
{
    return stride % PAGE < CROWD || stride % PAGE > PAGE - CROWD;
}

static bool starts_band(const struct assay_pdq_stream *s, uint32_t count)
{
    return s->fed % PDQ_BAND == 0 && count >= PDQ_BAND;
}

static enum assay_err feed(struct assay_pdq_stream *s, const uint8_t *rows, size_t stride,
                           uint32_t count, enum layout layout)
{
    bool scaled = s->from.width > 0;
    uint32_t width = scaled ? s->from.width : s->width;
    uint32_t left = scaled ? s->from.height - s->from.fed : s->height - s->fed;

    assert(rows != NULL || count == 0);
    if (stride < (size_t)layout * width || count > left)
        return ASSAY_ERANGE;
    for (uint32_t i = 0; i < count;) {
        const uint8_t *row = rows + stride * i;
        if (layout == RGB && !scaled && starts_band(s, count - i) && !is_crowded(stride)) {
            feed_band(s, row, stride);
            i += PDQ_BAND;
            continue;
        }
        if (scaled)
            scale_row(s, row, layout);
        else
            feed_row(s, row, layout);
        i++;
    }
    return ASSAY_OK;
}

enum assay_err assay_pdq_stream_rgb(struct assay_pdq_stream *s, const uint8_t *rgb, size_t stride,
                                    uint32_t count)
{
    assert(s != NULL);
    return feed(s, rgb, stride, count, RGB);
}

enum assay_err assay_pdq_stream_luma(struct assay_pdq_stream *s, const uint8_t *luma, size_t stride,
                                     uint32_t count)
{
    assert(s != NULL);
    return feed(s, luma, stride, count, GREY);
}

/* All rows were fed: of a scaled picture also those behind the last one that it has. */
static bool is_whole(const struct assay_pdq_stream *s)
{
    return s->fed == s->height && s->from.fed == s->from.height;
}

const float (*pdq_stream_small(const struct assay_pdq_stream *s))[PDQ_SIDE]
{
    assert(is_whole(s));
    return is_small(s) ? s->plain : s->small;
}

enum assay_err assay_pdq_stream_finish(struct assay_pdq_stream *s, struct assay_pdq *out)
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES];

    assert(s != NULL);
    assert(out != NULL);
    if (!is_whole(s))
        return ASSAY_ERANGE;
    pdq_spectrum(pdq_stream_small(s), spectrum);
    pdq_bits(spectrum, out->bytes);
    out->quality = pdq_quality(pdq_stream_small(s));
    return ASSAY_OK;
}

enum assay_err assay_pdq_stream_finish_turned(const struct assay_pdq_stream *s,
                                              struct assay_pdq out[ASSAY_PDQ_TURNS])
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES], turned[PDQ_FREQUENCIES][PDQ_FREQUENCIES];

    assert(s != NULL);
    assert(out != NULL);
    if (!is_whole(s))
        return ASSAY_ERANGE;
    pdq_spectrum(s->small, spectrum);
    for (size_t i = 0; i < ASSAY_PDQ_TURNS; i++) {
        pdq_turn(spectrum, (enum assay_pdq_turn)i, turned);
        pdq_bits(turned, out[i].bytes);
        out[i].quality = pdq_quality(s->small);
    }
    return ASSAY_OK;
}

enum assay_err assay_pdq_stream_stable_bits(const struct assay_pdq_stream *s, unsigned *out)
{
    float spectrum[PDQ_FREQUENCIES][PDQ_FREQUENCIES];

    assert(s != NULL);
    assert(out != NULL);
    if (!is_whole(s))
        return ASSAY_ERANGE;
    pdq_spectrum(pdq_stream_small(s), spectrum);
    *out = pdq_stable(spectrum);
    return ASSAY_OK;
}

typedef enum assay_err stream_feed(struct assay_pdq_stream *s, const uint8_t *rows, size_t stride,
                                   uint32_t count);

static enum assay_err hash_whole(const uint8_t *rows, uint32_t width, uint32_t height,
                                 size_t stride, stream_feed *feed_rows, struct assay_pdq *out)
{
    struct assay_pdq_stream *s;
    enum assay_err rc = assay_pdq_stream_new(width, height, &s);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = feed_rows(s, rows, stride, height)) == ASSAY_OK)
        rc = assay_pdq_stream_finish(s, out);
    assay_pdq_stream_free(s);
    return rc;
}

enum assay_err assay_pdq_hash_rgb(const uint8_t *rgb, uint32_t width, uint32_t height,
                                  size_t stride, struct assay_pdq *out)
{
    assert(rgb != NULL);
    assert(out != NULL);
    return hash_whole(rgb, width, height, stride, assay_pdq_stream_rgb, out);
}

enum assay_err assay_pdq_hash_luma(const uint8_t *luma, uint32_t width, uint32_t height,
                                   size_t stride, struct assay_pdq *out)
{
    assert(luma != NULL);
    assert(out != NULL);
    return hash_whole(luma, width, height, stride, assay_pdq_stream_luma, out);
}
