/* Takes rows as they are decoded, so that no full-size copy is needed unless the picture is turned.
 */
#include "decoder/sink.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/scale.h"
#include "decoder/turn.h"

#define THUMBNAIL_PIXELS_MAX (1024u * 1024u)
#define GREY                 128 /* of rows that are missing; libjpeg shows the same */

/* Transparency hides a picture when the hidden samples are more than this share of all and spread
 * more than this around their mean: a plain backdrop does neither. */
#define HIDDEN_SHARE_MIN  0.02
#define HIDDEN_SPREAD_MIN 12.0

static enum wire_answer check_sides(const struct sink *s, uint32_t width, uint32_t height)
{
    uint64_t pixels = (uint64_t)width * height;

    if (width == 0 || height == 0)
        return WIRE_BROKEN;
    if (width > s->limits->side_max || height > s->limits->side_max)
        return WIRE_SIDE;
    if (pixels > s->limits->pixels_max ||
        (s->use == SINK_THUMBNAIL && pixels > THUMBNAIL_PIXELS_MAX))
        return WIRE_PIXELS;
    return WIRE_GOOD;
}

static bool hashable(const struct sink *s)
{
    return s->width >= ASSAY_PDQ_SIDE_MIN && s->height >= ASSAY_PDQ_SIDE_MIN;
}

enum wire_answer sink_begin(struct sink *s, uint32_t width, uint32_t height, uint32_t orientation)
{
    struct wire_size size = {width, height};
    enum wire_answer answer = check_sides(s, width, height);

    if (answer != WIRE_GOOD)
        return answer;
    assert(s->rows == 0);
    s->width = width;
    s->height = height;
    s->orientation = orientation;
    if (s->frames == 0)
        s->frames = 1;
    if (s->use == SINK_THUMBNAIL || orientation > 1)
        s->whole = mem_try((size_t)3 * width * height);
    if (s->use == SINK_THUMBNAIL)
        return s->whole != NULL ? WIRE_GOOD : WIRE_MEMORY;
    if (hashable(s) && assay_pdq_stream_new(width, height, &s->pdq) != ASSAY_OK)
        return WIRE_MEMORY;
    if (scale_new(size, wire_fit(size, DECODE_FULL_SIDE), 3, s->view, &s->scale) != ASSAY_OK)
        return WIRE_MEMORY;
    return WIRE_GOOD;
}

enum wire_answer sink_rgb(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count)
{
    const size_t row_bytes = (size_t)3 * s->width;

    assert(count <= s->height - s->rows);
    if (s->whole != NULL)
        for (uint32_t i = 0; i < count; i++)
            memcpy(s->whole + (s->rows + i) * row_bytes, rows + i * stride, row_bytes);
    if (s->pdq != NULL && assay_pdq_stream_rgb(s->pdq, rows, stride, count) != ASSAY_OK)
        return WIRE_MEMORY;
    if (s->scale != NULL)
        scale_rows(s->scale, rows, stride, count);
    s->rows += count;
    return WIRE_GOOD;
}

static void look_behind(struct sink *s, const uint8_t *rgba)
{
    uint64_t weight = 0, sum[3] = {0}, square[3] = {0};

    for (uint32_t x = 0; x < s->width; x++, rgba += 4) {
        const uint32_t hidden = 255u - rgba[3];

        if (hidden == 0)
            continue;
        weight += hidden;
        for (unsigned c = 0; c < 3; c++) {
            sum[c] += hidden * rgba[c];
            square[c] += hidden * rgba[c] * rgba[c];
        }
    }
    s->weight += weight;
    for (unsigned c = 0; c < 3; c++) {
        s->sum[c] += sum[c];
        s->square[c] += square[c];
    }
}

enum wire_answer sink_rgba(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count,
                           uint8_t *scratch)
{
    for (uint32_t i = 0; i < count; i++, rows += stride) {
        enum wire_answer answer;

        look_behind(s, rows);
        for (uint32_t x = 0; x < s->width; x++) {
            scratch[3 * (size_t)x] = rows[4 * (size_t)x];
            scratch[3 * (size_t)x + 1] = rows[4 * (size_t)x + 1];
            scratch[3 * (size_t)x + 2] = rows[4 * (size_t)x + 2];
        }
        if ((answer = sink_rgb(s, scratch, (size_t)3 * s->width, 1)) != WIRE_GOOD)
            return answer;
    }
    return WIRE_GOOD;
}

static bool alpha_hides(const struct sink *s)
{
    const double weight = (double)s->weight;
    const double all = 255.0 * (double)s->width * (double)s->height;

    if (weight < HIDDEN_SHARE_MIN * all)
        return false;
    for (unsigned c = 0; c < 3; c++) {
        const double mean = (double)s->sum[c] / weight;

        if ((double)s->square[c] / weight - mean * mean > HIDDEN_SPREAD_MIN * HIDDEN_SPREAD_MIN)
            return true;
    }
    return false;
}

static enum wire_answer fill_missing(struct sink *s)
{
    const size_t row_bytes = (size_t)3 * s->width;
    enum wire_answer answer = WIRE_GOOD;
    uint8_t *grey;

    if (s->rows == s->height)
        return WIRE_GOOD;
    if (s->rows == 0)
        return WIRE_BROKEN;
    s->flags |= DECODE_DAMAGED;
    grey = mem_try(row_bytes);
    if (grey == NULL)
        return WIRE_MEMORY;
    memset(grey, GREY, row_bytes);
    while (s->rows < s->height && answer == WIRE_GOOD)
        answer = sink_rgb(s, grey, row_bytes, 1);
    mem_free(grey);
    return answer;
}

/* The hash of the turned pixels, not the hash turned: those differ by some bits. */
static enum assay_err hash_turned(const struct sink *s, struct assay_pdq *out)
{
    const struct turn turn = {s->whole, s->width, s->height, s->orientation};
    const struct wire_size size =
        wire_turned((struct wire_size){s->width, s->height}, s->orientation);
    struct assay_pdq_stream *pdq = NULL;
    uint8_t *rows = mem_try((size_t)3 * size.width * TURN_ROWS);
    enum assay_err rc = ASSAY_ENOMEM;

    if (rows == NULL || (rc = assay_pdq_stream_new(size.width, size.height, &pdq)) != ASSAY_OK)
        goto out;
    for (uint32_t y = 0; y < size.height && rc == ASSAY_OK; y += TURN_ROWS) {
        uint32_t count = size.height - y < TURN_ROWS ? size.height - y : TURN_ROWS;

        turn_rows(&turn, y, count, rows);
        rc = assay_pdq_stream_rgb(pdq, rows, (size_t)3 * size.width, count);
    }
    if (rc == ASSAY_OK)
        rc = assay_pdq_stream_finish(pdq, out);
out:
    assay_pdq_stream_free(pdq);
    mem_free(rows);
    return rc;
}

/* The view is small, so it is turned whole, through a copy. */
static enum wire_answer turn_view(const struct sink *s, struct wire_picture *out)
{
    const struct wire_size stored =
        wire_fit((struct wire_size){s->width, s->height}, DECODE_FULL_SIDE);
    const struct wire_size size = wire_turned(stored, s->orientation);
    const size_t bytes = (size_t)3 * size.width * size.height;
    uint8_t *copy;

    out->view_width = size.width;
    out->view_height = size.height;
    if (s->orientation <= 1)
        return WIRE_GOOD;
    copy = mem_try(bytes);
    if (copy == NULL)
        return WIRE_MEMORY;
    memcpy(copy, s->view, bytes);
    const struct turn turn = {copy, stored.width, stored.height, s->orientation};
    for (uint32_t y = 0; y < size.height; y += TURN_ROWS) {
        uint32_t count = size.height - y < TURN_ROWS ? size.height - y : TURN_ROWS;

        turn_rows(&turn, y, count, s->view + (size_t)3 * size.width * y);
    }
    mem_free(copy);
    return WIRE_GOOD;
}

enum wire_answer sink_finish(struct sink *s, struct wire_picture *out)
{
    enum wire_answer answer = fill_missing(s);

    if (answer != WIRE_GOOD || s->use == SINK_THUMBNAIL)
        return answer;
    out->width = s->width;
    out->height = s->height;
    out->frames = s->frames;
    out->orientation = s->orientation;
    out->has_pdq = hashable(s);
    if (out->has_pdq && assay_pdq_stream_finish(s->pdq, &out->pdq) != ASSAY_OK)
        return WIRE_MEMORY;
    if (s->orientation > 1) {
        s->flags |= DECODE_EXIF_TURNED;
        if (out->has_pdq)
            out->has_pdq_oriented =
                s->whole != NULL && hash_turned(s, &out->pdq_oriented) == ASSAY_OK;
        out->oriented_too_large = out->has_pdq && !out->has_pdq_oriented;
    }
    if (alpha_hides(s))
        s->flags |= DECODE_ALPHA_HIDES;
    out->flags = s->flags;
    return turn_view(s, out);
}

void sink_free(struct sink *s)
{
    assay_pdq_stream_free(s->pdq);
    scale_free(s->scale);
    mem_free(s->whole);
    s->pdq = NULL;
    s->scale = NULL;
    s->whole = NULL;
}
