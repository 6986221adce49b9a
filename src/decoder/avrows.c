/* Reads any plain pixel layout by its description: where each sample lies and how long it is. */
#include "decoder/avrows.h"

#include <assert.h>
#include <string.h>

#include <libavutil/pixdesc.h>

#include "base/mem.h"

#define CHANNELS 4u
#define GREY     128
#define STRANGE  (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT)

struct rows {
    const AVFrame *frame;
    const AVPixFmtDescriptor *layout;
    uint32_t width, height;
    unsigned planes; /* samples of a pixel, in the order Y or R, Cb or G, Cr or B, A */
    uint8_t *sample[CHANNELS];
    uint16_t *wide; /* a row of samples of odd lengths */
};

static bool is(const struct rows *r, uint64_t flag)
{
    return (r->layout->flags & flag) != 0;
}

/* How much coarser the samples of a plane lie, as powers of two: colour differences only. */
struct coarse {
    unsigned across, down;
};

/* Whole bytes or pairs of bytes: the layouts that photographs come in. */
static void plain_samples(const struct rows *r, uint32_t y, unsigned c, struct coarse by)
{
    const AVComponentDescriptor *d = &r->layout->comp[c];
    const uint8_t *from = r->frame->data[d->plane] +
                          (ptrdiff_t)(y >> by.down) * r->frame->linesize[d->plane] + d->offset;
    const int high = is(r, AV_PIX_FMT_FLAG_BE) ? 0 : 1;

    for (uint32_t x = 0; x < r->width; x++) {
        const uint8_t *at = from + (size_t)(x >> by.across) * (size_t)d->step;

        if (d->depth == 8)
            r->sample[c][x] = at[0];
        else
            r->sample[c][x] =
                (uint8_t)(((unsigned)at[high] << 8 | at[1 - high]) >> d->shift >> (d->depth - 8));
    }
}

static void odd_samples(const struct rows *r, uint32_t y, unsigned c, struct coarse by)
{
    const AVComponentDescriptor *d = &r->layout->comp[c];
    const unsigned most = (1u << d->depth) - 1;
    const uint32_t count = (r->width + (1u << by.across) - 1) >> by.across;
    const bool white = r->frame->format == AV_PIX_FMT_MONOWHITE;

    av_read_image_line2(r->wide, (const uint8_t **)(uintptr_t)r->frame->data, r->frame->linesize,
                        r->layout, 0, (int)(y >> by.down), (int)c, (int)count, 0, sizeof *r->wide);
    for (uint32_t x = 0; x < r->width; x++) {
        const unsigned v = (r->wide[x >> by.across] * 255u + most / 2) / most;

        r->sample[c][x] = (uint8_t)(white ? 255 - v : v);
    }
}

static void read_samples(const struct rows *r, uint32_t y, unsigned c)
{
    const AVComponentDescriptor *d = &r->layout->comp[c];
    const bool chroma = !is(r, AV_PIX_FMT_FLAG_RGB) && r->planes > 2 && (c == 1 || c == 2);
    const struct coarse by = {chroma ? r->layout->log2_chroma_w : 0,
                              chroma ? r->layout->log2_chroma_h : 0};

    if (!is(r, AV_PIX_FMT_FLAG_BITSTREAM) && (d->depth == 8 ? d->shift == 0 : d->depth > 8))
        plain_samples(r, y, c, by);
    else
        odd_samples(r, y, c, by);
}

static uint8_t clamp(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* JFIF's equations in 16 bits of fraction. */
static void to_rgb(const struct rows *r)
{
    for (uint32_t x = 0; x < r->width; x++) {
        const int y = r->sample[0][x] * 65536 + 32768;
        const int cb = r->sample[1][x] - 128, cr = r->sample[2][x] - 128;

        r->sample[0][x] = clamp((y + 91881 * cr) >> 16);
        r->sample[1][x] = clamp((y - 22554 * cb - 46802 * cr) >> 16);
        r->sample[2][x] = clamp((y + 116130 * cb) >> 16);
    }
}

static void palette_row(const struct rows *r, uint32_t y, uint8_t *rgba)
{
    const uint8_t *index = r->frame->data[0] + (ptrdiff_t)y * r->frame->linesize[0];

    for (uint32_t x = 0; x < r->width; x++, rgba += 4) {
        uint32_t colour;

        memcpy(&colour, r->frame->data[1] + (size_t)4 * index[x], 4);
        rgba[0] = (uint8_t)(colour >> 16);
        rgba[1] = (uint8_t)(colour >> 8);
        rgba[2] = (uint8_t)colour;
        rgba[3] = (uint8_t)(colour >> 24);
    }
}

static void one_row(const struct rows *r, uint32_t y, uint8_t *rgba)
{
    const bool grey = r->planes < 3;
    const unsigned alpha = r->planes % 2 == 0 ? r->planes - 1 : 0; /* 0: none */

    if (is(r, AV_PIX_FMT_FLAG_PAL)) {
        palette_row(r, y, rgba);
        return;
    }
    for (unsigned c = 0; c < r->planes; c++)
        read_samples(r, y, c);
    if (!grey && !is(r, AV_PIX_FMT_FLAG_RGB))
        to_rgb(r);
    for (uint32_t x = 0; x < r->width; x++, rgba += 4) {
        rgba[0] = r->sample[0][x];
        rgba[1] = r->sample[grey ? 0 : 1][x];
        rgba[2] = r->sample[grey ? 0 : 2][x];
        rgba[3] = alpha > 0 ? r->sample[alpha][x] : 255;
    }
}

static bool all_grey(const uint8_t *rgba, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++, rgba += 4)
        if (rgba[0] != GREY || rgba[1] != GREY || rgba[2] != GREY)
            return false;
    return true;
}

static enum wire_answer feed(const struct rows *r, enum avrows_shown shown, struct sink *s,
                             uint8_t *rgba, uint8_t *scratch)
{
    enum wire_answer answer = WIRE_GOOD;
    bool any = shown == AVROWS_AS_DECODED;

    for (uint32_t y = 0; y < r->height && answer == WIRE_GOOD; y++) {
        one_row(r, y, rgba);
        any = any || !all_grey(rgba, r->width);
        answer = sink_rgba(s, rgba, (size_t)4 * r->width, 1, scratch);
    }
    return answer == WIRE_GOOD && !any ? WIRE_BROKEN : answer;
}

enum wire_answer avrows_feed(const AVFrame *frame, enum avrows_shown shown, uint32_t orientation,
                             struct sink *s)
{
    struct rows r = {.frame = frame,
                     .layout = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format)};
    enum wire_answer answer = WIRE_MEMORY;
    uint8_t *memory;
    size_t width;

    if (r.layout == NULL || frame->width <= 0 || frame->height <= 0)
        return WIRE_BROKEN;
    if (is(&r, STRANGE) || strncmp(r.layout->name, "xyz", 3) == 0 || r.layout->comp[0].depth > 16)
        return WIRE_CODING;
    r.width = (uint32_t)frame->width;
    r.height = (uint32_t)frame->height;
    r.planes = is(&r, AV_PIX_FMT_FLAG_PAL) ? 4 : r.layout->nb_components;
    assert(r.planes >= 1 && r.planes <= CHANNELS);
    if ((answer = sink_begin(s, r.width, r.height, orientation)) != WIRE_GOOD)
        return answer;
    width = r.width;
    /* Four rows of samples, one of R G B A, one of R G B, one of long samples. */
    memory = mem_try(width * (CHANNELS + 4 + 3 + sizeof *r.wide) + sizeof *r.wide);
    if (memory == NULL)
        return WIRE_MEMORY;
    for (unsigned c = 0; c < CHANNELS; c++)
        r.sample[c] = memory + c * width;
    r.wide = (uint16_t *)(void *)(memory + (width * (CHANNELS + 4 + 3) + 1) / 2 * 2);
    answer = feed(&r, shown, s, memory + CHANNELS * width, memory + (CHANNELS + 4) * width);
    mem_free(memory);
    return answer;
}
