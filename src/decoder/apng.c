/* Each frame's data become a PNG of their own for libspng, and its pixels go onto the canvas. */
#include "decoder/apng.h"

#include <spng.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "decoder/canvas.h"
#include "decoder/png_chunks.h"

#define FCTL_BYTES  26u
#define FDAT_NUMBER 4u /* the sequence number in front of a frame's data */
#define AFTER_CLEAR 1
#define AFTER_BACK  2
#define BLEND_OVER  1

#define PALETTE_BYTES_MAX 4096u /* PLTE and tRNS have at most 1,048 together */

struct apng {
    struct sink *sink;
    struct canvas canvas;
    uint8_t ihdr[PNG_IHDR_BYTES];
    struct buf palette;        /* PLTE and tRNS as they stand in the file */
    struct buf file;           /* the present frame as a PNG */
    struct canvas_frame frame; /* without its pixels */
    uint32_t index;            /* of the present frame */
    bool open;                 /* a frame's head came, and its data are being gathered */
    bool in_data;              /* the data of the main picture came */
};

static void add_be32(struct buf *b, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                              (uint8_t)v};

    buf_add(b, bytes, sizeof bytes);
}

static void add_chunk(struct buf *b, const char *name, const uint8_t *data, uint32_t size)
{
    uLong sum = crc32(crc32(0, NULL, 0), (const Bytef *)name, 4);

    add_be32(b, size);
    buf_add(b, name, 4);
    buf_add(b, data, size);
    if (size > 0)
        sum = crc32(sum, data, size);
    add_be32(b, (uint32_t)sum);
}

/* The head of a frame: a new file begins with the sides of the frame in its header. */
static void begin_frame(struct apng *a, const struct png_chunk *c)
{
    const uint8_t *d = c->data;
    uint8_t ihdr[PNG_IHDR_BYTES];

    a->frame = (struct canvas_frame){.size = {png_be32(d + 4), png_be32(d + 8)},
                                     .x = png_be32(d + 12),
                                     .y = png_be32(d + 16),
                                     .blend = d[25] == BLEND_OVER ? CANVAS_OVER : CANVAS_REPLACE};
    if (d[24] == AFTER_CLEAR)
        a->frame.after = CANVAS_CLEAR;
    else if (d[24] == AFTER_BACK)
        a->frame.after = CANVAS_RESTORE;
    memcpy(ihdr, a->ihdr, sizeof ihdr);
    memcpy(ihdr, d + 4, 8);
    buf_reset(&a->file);
    buf_add(&a->file, PNG_SIGNATURE, PNG_SIGNATURE_BYTES);
    add_chunk(&a->file, "IHDR", ihdr, sizeof ihdr);
    buf_add(&a->file, a->palette.data, a->palette.size);
    a->open = true;
}

/* The frame's pixels as R G B A; false when there are none at all. What was decoded before an error
 * is kept, the rest stays transparent. */
static bool frame_pixels(struct apng *a, uint8_t *rgba)
{
    const size_t row_bytes = (size_t)4 * a->frame.size.width;
    const struct decode_limits *l = a->sink->limits;
    struct spng_row_info info;
    spng_ctx *png = spng_ctx_new(0);
    bool any = false;
    int rc;

    if (png == NULL)
        return false;
    rc = spng_set_crc_action(png, SPNG_CRC_USE, SPNG_CRC_USE);
    if (rc == 0)
        rc = spng_set_image_limits(png, l->side_max, l->side_max);
    if (rc == 0)
        rc = spng_set_png_buffer(png, a->file.data, a->file.size);
    if (rc == 0)
        rc = spng_decode_image(png, NULL, 0, SPNG_FMT_RGBA8,
                               SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
    while (rc == 0 && (rc = spng_get_row_info(png, &info)) == 0) {
        rc = spng_decode_row(png, rgba + info.row_num * row_bytes, row_bytes);
        any |= rc == 0 || rc == SPNG_EOI;
    }
    spng_ctx_free(png);
    if (rc != SPNG_EOI)
        sink_unseen(a->sink);
    return any;
}

static void offer(struct apng *a, const uint8_t *rgba)
{
    struct sink_facet f = {DECODE_FACET_FRAME, a->index, a->canvas.size, 4, a->canvas.rgba};

    sink_offer(a->sink, &f);
    /* Colours under full transparency never reach the canvas. */
    f = (struct sink_facet){DECODE_FACET_TRANSPARENCY, a->index, a->frame.size, 4, rgba};
    if (a->frame.blend == CANVAS_OVER && sink_hides(&f))
        sink_offer(a->sink, &f);
}

/* The frame's data are all here. False: the file's share of work is used up. */
static bool end_frame(struct apng *a)
{
    const uint64_t pixels = (uint64_t)a->frame.size.width * a->frame.size.height;
    uint8_t *rgba;

    a->open = false;
    add_chunk(&a->file, "IEND", NULL, 0);
    if (a->index > 0 && !sink_room(a->sink, a->canvas.size))
        return false;
    if (pixels == 0 || pixels > (uint64_t)a->canvas.size.width * a->canvas.size.height) {
        sink_unseen(a->sink);
        return true;
    }
    rgba = mem_try((size_t)4 * pixels);
    if (rgba == NULL) {
        sink_unseen(a->sink);
        return false;
    }
    memset(rgba, 0, (size_t)4 * pixels);
    a->frame.rgba = rgba;
    if (!frame_pixels(a, rgba) || canvas_put(&a->canvas, &a->frame) != WIRE_GOOD)
        sink_unseen(a->sink);
    else if (a->index > 0)
        offer(a, rgba);
    mem_free(rgba);
    return true;
}

/* One chunk of the file; false when no more are wanted. */
static bool take_chunk(struct apng *a, const struct png_chunk *c)
{
    if (png_is(c, "PLTE") || png_is(c, "tRNS")) {
        add_chunk(&a->palette, png_is(c, "PLTE") ? "PLTE" : "tRNS", c->data, c->size);
    } else if (png_is(c, "IDAT")) {
        a->in_data = true;
        if (a->open)
            add_chunk(&a->file, "IDAT", c->data, c->size);
    } else if (png_is(c, "fdAT") && a->open && c->size > FDAT_NUMBER) {
        add_chunk(&a->file, "IDAT", c->data + FDAT_NUMBER, c->size - FDAT_NUMBER);
    } else if (png_is(c, "fcTL")) {
        if (a->open && !end_frame(a))
            return false;
        /* A picture before the first head is no frame, but it is what is shown as number 0. */
        if (a->index > 0 || a->in_data)
            a->index++;
        if (c->size >= FCTL_BYTES)
            begin_frame(a, c);
        else
            sink_unseen(a->sink);
    }
    return !png_is(c, "IEND");
}

void apng_frames(const uint8_t *bytes, size_t size, struct sink *s)
{
    struct apng a = {.sink = s};
    size_t at = PNG_SIGNATURE_BYTES;
    struct png_chunk c;
    bool more = true;

    if (!sink_looks_at_frames(s) || !png_chunk_at(bytes, size, at, &c) || c.size < PNG_IHDR_BYTES)
        return;
    memcpy(a.ihdr, c.data, sizeof a.ihdr);
    buf_init(&a.palette, PALETTE_BYTES_MAX);
    buf_init(&a.file, 2 * size + PALETTE_BYTES_MAX);
    if (canvas_begin(&a.canvas, (struct wire_size){s->width, s->height}) != WIRE_GOOD) {
        sink_unseen(s);
        goto out;
    }
    while (more && png_chunk_at(bytes, size, at, &c)) {
        at += c.whole;
        more = take_chunk(&a, &c);
    }
    if (a.open)
        (void)end_frame(&a);
out:
    canvas_free(&a.canvas);
    buf_clear(&a.palette);
    buf_clear(&a.file);
}
