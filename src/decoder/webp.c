/* WebP by libwebp: whole in memory, the first frame of an animation put onto its canvas. */
#include <string.h>

#include <webp/decode.h>

#include "base/mem.h"
#include "decoder/canvas.h"
#include "decoder/formats.h"

#define RIFF_HEAD      12u /* "RIFF", size, "WEBP" */
#define CHUNK_HEAD     8u
#define FRAME_HEAD     16u /* of an ANMF chunk: place, sides, duration, flags */
#define FLAG_ANIMATION 2u  /* of VP8X */
#define FRAME_CLEARS   1u  /* of ANMF: what it covers is cleared afterwards */
#define FRAME_REPLACES 2u  /* of ANMF: it is not blended */

/* What a walk over the chunks found. The picture's data are the whole file, or the first frame's.
 */
struct layout {
    const uint8_t *data;
    size_t data_size;
    uint32_t width, height; /* of the canvas, or 0 where only the picture itself says it */
    uint32_t x, y, frame_width, frame_height;
    uint32_t frames;
    uint64_t duration_ms;
    bool animated, damaged;
};

static uint32_t le(const uint8_t *p, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)p[i] << 8 * i;
    return v;
}

static void look_at(const uint8_t *chunk, size_t size, struct layout *l, struct found *f)
{
    const uint8_t *data = chunk + CHUNK_HEAD;

    if (memcmp(chunk, "VP8X", 4) == 0 && size >= 10) {
        l->animated = (data[0] & FLAG_ANIMATION) != 0;
        l->width = le(data + 4, 3) + 1;
        l->height = le(data + 7, 3) + 1;
    } else if (memcmp(chunk, "EXIF", 4) == 0) {
        f->exif = exif_read_marked(data, size);
    } else if (memcmp(chunk, "ANMF", 4) == 0 && size > FRAME_HEAD) {
        l->duration_ms += le(data + 12, 3);
        if (l->frames++ > 0)
            return;
        l->x = 2 * le(data, 3);
        l->y = 2 * le(data + 3, 3);
        l->frame_width = le(data + 6, 3) + 1;
        l->frame_height = le(data + 9, 3) + 1;
        l->data = data + FRAME_HEAD;
        l->data_size = size - FRAME_HEAD;
    }
}

/* size: bytes of the file, not more than the RIFF head says. */
static enum wire_answer walk(const uint8_t *bytes, size_t size, struct layout *l, struct found *f)
{
    size_t at = RIFF_HEAD;

    while (size - at >= CHUNK_HEAD) {
        size_t there = size - at - CHUNK_HEAD;
        size_t says = le(bytes + at + 4, 4);
        size_t data = says < there ? says : there;

        if (data < says)
            l->damaged = true;
        look_at(bytes + at, data, l, f);
        at += CHUNK_HEAD + data;
        if ((data & 1) != 0 && at < size)
            at++;
    }
    if (!l->animated) {
        l->frames = 1;
        l->data = bytes;
        l->data_size = size;
        l->x = l->y = 0;
    }
    return l->data == NULL ? WIRE_BROKEN : WIRE_GOOD;
}

/* The rows of the frame that could be decoded; the others keep what the buffer held. */
static enum wire_answer decode_frame(const struct layout *l, WebPDecBuffer *buffer, uint32_t *rows)
{
    WebPIDecoder *decoder = WebPINewDecoder(buffer);
    VP8StatusCode status;
    int last = 0;

    if (decoder == NULL)
        return WIRE_MEMORY;
    status = WebPIUpdate(decoder, l->data, l->data_size);
    if (WebPIDecGetRGB(decoder, &last, NULL, NULL, NULL) == NULL || last < 0)
        last = 0;
    WebPIDelete(decoder);
    *rows = (uint32_t)last;
    if (status == VP8_STATUS_OUT_OF_MEMORY)
        return WIRE_MEMORY;
    return last > 0 ? WIRE_GOOD : WIRE_BROKEN;
}

static enum wire_answer feed_row(struct sink *s, size_t pixel, const uint8_t *row, uint8_t *scratch)
{
    if (pixel == 4)
        return sink_rgba(s, row, pixel * s->width, 1, scratch);
    return sink_rgb(s, row, pixel * s->width, 1);
}

/* The frame's rows on a canvas that is black and transparent around it. */
static enum wire_answer feed(const struct layout *l, size_t pixel, const uint8_t *frame,
                             uint32_t rows, struct sink *s)
{
    const size_t frame_row = pixel * l->frame_width;
    const bool fills = l->frame_width == s->width && l->frame_height == s->height;
    uint8_t *canvas = mem_try(pixel * s->width);
    uint8_t *scratch = mem_try((size_t)3 * s->width);
    const uint32_t end = l->y + (rows < l->frame_height ? rows : s->height - l->y);
    enum wire_answer answer = canvas == NULL || scratch == NULL ? WIRE_MEMORY : WIRE_GOOD;

    while (answer == WIRE_GOOD && s->rows < end) {
        const bool inside = s->rows >= l->y && s->rows - l->y < l->frame_height;
        const uint8_t *from = frame + (inside ? (size_t)(s->rows - l->y) * frame_row : 0);

        if (!fills) {
            memset(canvas, 0, pixel * s->width);
            if (inside)
                memcpy(canvas + pixel * l->x, from, frame_row);
        }
        answer = feed_row(s, pixel, fills ? from : canvas, scratch);
    }
    mem_free(canvas);
    mem_free(scratch);
    return answer;
}

static enum wire_answer sides(struct layout *l)
{
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(l->data, l->data_size, &features);

    if (status == VP8_STATUS_OUT_OF_MEMORY)
        return WIRE_MEMORY;
    if (status != VP8_STATUS_OK || features.width <= 0 || features.height <= 0)
        return WIRE_BROKEN;
    if (!l->animated) {
        l->frame_width = l->width = (uint32_t)features.width;
        l->frame_height = l->height = (uint32_t)features.height;
    }
    if ((uint32_t)features.width != l->frame_width ||
        (uint32_t)features.height != l->frame_height || l->x > l->width || l->y > l->height ||
        l->frame_width > l->width - l->x || l->frame_height > l->height - l->y)
        return WIRE_BROKEN;
    return WIRE_GOOD;
}

static enum wire_answer pixels(const struct layout *l, struct sink *s)
{
    WebPBitstreamFeatures features;
    WebPDecBuffer buffer;
    uint32_t rows = 0;
    enum wire_answer answer;
    size_t pixel, bytes;

    if (WebPGetFeatures(l->data, l->data_size, &features) != VP8_STATUS_OK ||
        !WebPInitDecBuffer(&buffer))
        return WIRE_BROKEN;
    /* A frame that does not fill its canvas needs alpha to tell what lies around it. */
    pixel =
        features.has_alpha || l->frame_width != s->width || l->frame_height != s->height ? 4 : 3;
    bytes = pixel * l->frame_width * l->frame_height;
    buffer.colorspace = pixel == 4 ? MODE_RGBA : MODE_RGB;
    buffer.is_external_memory = 1;
    buffer.u.RGBA.rgba = mem_try(bytes);
    buffer.u.RGBA.stride = (int)(pixel * l->frame_width);
    buffer.u.RGBA.size = bytes;
    if (buffer.u.RGBA.rgba == NULL)
        return WIRE_MEMORY;
    answer = decode_frame(l, &buffer, &rows);
    if (answer == WIRE_GOOD)
        answer = feed(l, pixel, buffer.u.RGBA.rgba, rows, s);
    mem_free(buffer.u.RGBA.rgba);
    return answer;
}

/* The ANMF chunk's data as a frame without its pixels. */
static struct canvas_frame frame_of(const uint8_t *data)
{
    return (struct canvas_frame){
        .x = 2 * le(data, 3),
        .y = 2 * le(data + 3, 3),
        .size = {le(data + 6, 3) + 1, le(data + 9, 3) + 1},
        .blend = (data[15] & FRAME_REPLACES) != 0 ? CANVAS_REPLACE : CANVAS_OVER,
        .after = (data[15] & FRAME_CLEARS) != 0 ? CANVAS_CLEAR : CANVAS_KEEP,
    };
}

/* Decode one frame, put it on the canvas and, but for the first, offer what is to be seen. */
static void take_frame(const uint8_t *data, size_t size, uint32_t index, struct canvas *canvas,
                       struct sink *s)
{
    struct canvas_frame frame = frame_of(data);
    const size_t bytes = (size_t)4 * frame.size.width * frame.size.height;
    WebPBitstreamFeatures features;
    uint8_t *rgba = NULL;

    if (WebPGetFeatures(data + FRAME_HEAD, size - FRAME_HEAD, &features) == VP8_STATUS_OK &&
        (uint32_t)features.width == frame.size.width &&
        (uint32_t)features.height == frame.size.height && frame.size.width <= canvas->size.width &&
        frame.size.height <= canvas->size.height)
        rgba = mem_try(bytes);
    if (rgba == NULL || WebPDecodeRGBAInto(data + FRAME_HEAD, size - FRAME_HEAD, rgba, bytes,
                                           (int)(4 * frame.size.width)) == NULL) {
        sink_unseen(s);
        mem_free(rgba);
        return;
    }
    frame.rgba = rgba;
    struct sink_facet f = {DECODE_FACET_FRAME, index, canvas->size, 4, canvas->rgba};
    if (canvas_put(canvas, &frame) != WIRE_GOOD)
        sink_unseen(s);
    else if (index > 0)
        sink_offer(s, &f);
    /* Colours under full transparency never reach the canvas. */
    f = (struct sink_facet){DECODE_FACET_TRANSPARENCY, index, frame.size, 4, rgba};
    if (index > 0 && frame.blend == CANVAS_OVER && sink_hides(&f))
        sink_offer(s, &f);
    mem_free(rgba);
}

/* The frames behind the first, as the container specification composes them. */
static void frames(const uint8_t *bytes, size_t size, struct sink *s)
{
    const struct wire_size sides = {s->width, s->height};
    struct canvas canvas;
    uint32_t index = 0;

    if (!sink_looks_at_frames(s))
        return;
    if (canvas_begin(&canvas, sides) != WIRE_GOOD)
        sink_unseen(s);
    for (size_t at = RIFF_HEAD; canvas.rgba != NULL && size - at >= CHUNK_HEAD;) {
        const size_t there = size - at - CHUNK_HEAD, says = le(bytes + at + 4, 4);
        const size_t data = says < there ? says : there;

        if (memcmp(bytes + at, "ANMF", 4) == 0 && data > FRAME_HEAD) {
            if (index > 0 && !sink_room(s, sides))
                break;
            take_frame(bytes + at + CHUNK_HEAD, data, index++, &canvas, s);
        }
        at += CHUNK_HEAD + data;
        if ((data & 1) != 0 && at < size)
            at++;
    }
    canvas_free(&canvas);
}

enum wire_answer webp_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct layout l = {0};
    enum wire_answer answer;
    size_t riff;

    f->exif = (struct exif){.orientation = 1};
    if (size < RIFF_HEAD)
        return WIRE_BROKEN;
    riff = (size_t)le(bytes + 4, 4) + CHUNK_HEAD;
    l.damaged = riff > size;
    if (riff < size && riff >= RIFF_HEAD) {
        size_t end = riff + (riff & 1);

        if (end < size) {
            f->rest = bytes + end;
            f->rest_size = size - end;
        }
        if (end < size && format_trailing(f->rest, f->rest_size))
            s->flags |= DECODE_TRAILING_DATA;
        size = riff;
    }
    if ((answer = walk(bytes, size, &l, f)) != WIRE_GOOD || (answer = sides(&l)) != WIRE_GOOD)
        return answer;
    s->frames = l.frames;
    s->has_duration = l.frames > 1;
    s->duration_ms = l.duration_ms;
    if (l.frames > 1)
        s->flags |= DECODE_ANIMATED;
    if (l.damaged)
        s->flags |= DECODE_DAMAGED;
    if ((answer = sink_begin(s, l.width, l.height, f->exif.orientation)) != WIRE_GOOD)
        return answer;
    answer = pixels(&l, s);
    if (answer == WIRE_GOOD && l.frames > 1)
        frames(bytes, size, s);
    return answer;
}
