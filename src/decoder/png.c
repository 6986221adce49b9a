/* PNG by libspng, which is shown only the chunks that make pixels. */
#include <string.h>

#include <spng.h>
#include <zlib.h>

#include "base/mem.h"
#include "decoder/apng.h"
#include "decoder/formats.h"
#include "decoder/png_chunks.h"

#define COLOUR_HAS_ALPHA 4u /* bit of the header's colour type */
#define PASSES           7
#define DELAY_AT         20u /* in a frame's head (fcTL) */

/*
 * libspng reads through this: signature, IHDR, PLTE, tRNS, IDAT and IEND go by, all else is
 * skipped, so texts and profiles are never parsed nor inflated.
 */
struct stream {
    const uint8_t *bytes;
    size_t size, next; /* next: where the chunk behind the present one begins */
    const uint8_t *piece;
    size_t left; /* of the present piece */
};

/* What a first walk over the chunks found. */
struct layout {
    uint32_t width, height;
    bool has_alpha, interlaced, damaged;
    uint32_t frame_heads;
    uint64_t duration_us;
    bool first_is_data; /* the picture itself is the first frame, and not one for old viewers */
    bool has_data;
    bool more_frames; /* frame data beside the picture itself */
    const uint8_t *rest;
    size_t rest_size;
};

static bool makes_pixels(const struct png_chunk *c)
{
    return png_is(c, "IDAT") || png_is(c, "IHDR") || png_is(c, "PLTE") || png_is(c, "tRNS") ||
           png_is(c, "IEND");
}

bool png_chunk_at(const uint8_t *bytes, size_t size, size_t at, struct png_chunk *c)
{
    size_t there;

    if (size < 8 || at > size - 8)
        return false;
    there = size - at;
    *c = (struct png_chunk){
        .start = bytes + at, .data = bytes + at + 8, .size = png_be32(bytes + at)};
    c->cut = c->size > there - 8 || there - 8 - c->size < 4;
    c->whole = c->cut ? there : (size_t)c->size + PNG_CHUNK_AROUND;
    if (c->size > there - 8)
        c->size = (uint32_t)(there - 8);
    return true;
}

static int read_stream(spng_ctx *ctx, void *user, void *to, size_t wanted)
{
    struct stream *s = user;
    uint8_t *out = to;
    struct png_chunk c;

    (void)ctx;
    while (wanted > 0) {
        size_t take;

        while (s->left == 0) {
            if (!png_chunk_at(s->bytes, s->size, s->next, &c))
                return SPNG_IO_EOF;
            s->next += c.whole;
            s->piece = c.start;
            s->left = makes_pixels(&c) ? c.whole : 0;
        }
        take = wanted < s->left ? wanted : s->left;
        memcpy(out, s->piece, take);
        s->piece += take;
        s->left -= take;
        out += take;
        wanted -= take;
    }
    return 0;
}

static bool checksum_wrong(const struct png_chunk *c)
{
    return !c->cut &&
           crc32(crc32(0, NULL, 0), c->start + 4, c->size + 4) != png_be32(c->data + c->size);
}

/* The head of a frame says how long it is shown, as a fraction of a second. */
static uint64_t shown_us(const struct png_chunk *c)
{
    const uint8_t *d = c->data + DELAY_AT;

    if (c->size < DELAY_AT + 4)
        return 0;
    const uint64_t above = (uint64_t)d[0] << 8 | d[1], below = (uint64_t)d[2] << 8 | d[3];

    return above * 1000000 / (below == 0 ? 100 : below);
}

static void look_at(const struct png_chunk *c, struct layout *l, struct found *f)
{
    if (makes_pixels(c))
        l->damaged |= c->cut || checksum_wrong(c);
    if (png_is(c, "tRNS")) {
        l->has_alpha = true;
    } else if (png_is(c, "IDAT")) {
        l->has_data = true;
    } else if (png_is(c, "fdAT")) {
        l->more_frames = true;
    } else if (png_is(c, "fcTL")) {
        l->frame_heads++;
        l->duration_us += shown_us(c);
        l->first_is_data |= !l->has_data;
    }
    if (png_is(c, "eXIf"))
        f->exif = exif_read_marked(c->data, c->size);
}

static enum wire_answer walk(const uint8_t *bytes, size_t size, struct layout *l, struct found *f)
{
    size_t at = PNG_SIGNATURE_BYTES;
    struct png_chunk c;

    *l = (struct layout){0};
    if (size < PNG_SIGNATURE_BYTES || !png_chunk_at(bytes, size, at, &c) || !png_is(&c, "IHDR") ||
        c.size != PNG_IHDR_BYTES)
        return WIRE_BROKEN;
    l->width = png_be32(c.data);
    l->height = png_be32(c.data + 4);
    l->has_alpha = (c.data[9] & COLOUR_HAS_ALPHA) != 0;
    l->interlaced = c.data[12] == 1;
    while (png_chunk_at(bytes, size, at, &c)) {
        look_at(&c, l, f);
        at += c.whole;
        if (png_is(&c, "IEND") && !c.cut) {
            l->rest = bytes + at;
            l->rest_size = size - at;
            return WIRE_GOOD;
        }
    }
    l->damaged = true; /* no end: the file is cut */
    return WIRE_GOOD;
}

static enum wire_answer answer_of(int rc)
{
    switch (rc) {
    case SPNG_EMEM:
        return WIRE_MEMORY;
    case SPNG_EWIDTH:
    case SPNG_EHEIGHT:
    case SPNG_EUSER_WIDTH:
    case SPNG_EUSER_HEIGHT:
        return WIRE_SIDE;
    default:
        return WIRE_BROKEN;
    }
}

static enum wire_answer put(struct sink *s, bool alpha, const uint8_t *row, uint8_t *scratch)
{
    if (alpha)
        return sink_rgba(s, row, (size_t)4 * s->width, 1, scratch);
    return sink_rgb(s, row, (size_t)3 * s->width, 1);
}

static enum wire_answer straight(spng_ctx *png, bool alpha, struct sink *s, uint8_t *scratch)
{
    const size_t row_bytes = (size_t)s->width * (alpha ? 4 : 3);
    uint8_t *row = mem_try(row_bytes);
    enum wire_answer answer = row == NULL ? WIRE_MEMORY : WIRE_GOOD;
    int rc = 0;

    while (answer == WIRE_GOOD && rc == 0 && s->rows < s->height) {
        rc = spng_decode_row(png, row, row_bytes);
        if (rc == 0 || rc == SPNG_EOI)
            answer = put(s, alpha, row, scratch);
    }
    mem_free(row);
    if (answer == WIRE_GOOD && rc == SPNG_EMEM)
        return WIRE_MEMORY;
    return answer;
}

/* A picture cut between two passes is known on a coarser grid: each pixel shows the last one known
 * to its left and above. done: passes that are whole, 1..7. */
static void coarsen(uint8_t *image, const struct sink *s, size_t pixel, int done)
{
    static const uint32_t wide[PASSES + 1] = {8, 8, 4, 4, 2, 2, 1, 1};
    static const uint32_t high[PASSES + 1] = {8, 8, 8, 4, 4, 2, 2, 1};
    const size_t row_bytes = s->width * pixel;

    for (uint32_t y = 0; y < s->height; y++)
        for (uint32_t x = 0; x < s->width; x++) {
            const uint8_t *known =
                image + (y & ~(high[done] - 1)) * row_bytes + (x & ~(wide[done] - 1)) * pixel;

            memmove(image + y * row_bytes + x * pixel, known, pixel);
        }
}

static enum wire_answer interlaced(spng_ctx *png, bool alpha, struct sink *s, uint8_t *scratch)
{
    const size_t pixel = alpha ? 4 : 3, row_bytes = s->width * pixel;
    uint8_t *image = mem_try(row_bytes * s->height);
    struct spng_row_info info = {0};
    enum wire_answer answer = WIRE_GOOD;
    bool any = false;
    int rc;

    if (image == NULL)
        return WIRE_MEMORY;
    memset(image, 0, row_bytes * s->height);
    do {
        if ((rc = spng_get_row_info(png, &info)) != 0)
            break;
        rc = spng_decode_row(png, image + info.row_num * row_bytes, row_bytes);
        any |= rc == 0 || rc == SPNG_EOI;
    } while (rc == 0);
    if (rc == SPNG_EMEM)
        answer = WIRE_MEMORY;
    else if (rc != SPNG_EOI && !any)
        answer = WIRE_BROKEN;
    if (answer == WIRE_GOOD && rc != SPNG_EOI) {
        s->flags |= DECODE_DAMAGED;
        coarsen(image, s, pixel, info.pass);
    }
    while (answer == WIRE_GOOD && s->rows < s->height)
        answer = put(s, alpha, image + s->rows * row_bytes, scratch);
    mem_free(image);
    return answer;
}

static enum wire_answer pixels(spng_ctx *png, struct stream *stream, const struct layout *l,
                               struct sink *s)
{
    const int format = l->has_alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
    uint8_t *scratch;
    enum wire_answer answer;
    int rc;

    if ((rc = spng_set_crc_action(png, SPNG_CRC_USE, SPNG_CRC_USE)) != 0 ||
        (rc = spng_set_image_limits(png, s->limits->side_max, s->limits->side_max)) != 0 ||
        (rc = spng_set_png_stream(png, read_stream, stream)) != 0 ||
        (rc = spng_decode_image(png, NULL, 0, format,
                                SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE)) != 0)
        return answer_of(rc);
    scratch = mem_try((size_t)3 * s->width);
    if (scratch == NULL)
        return WIRE_MEMORY;
    answer = l->interlaced ? interlaced(png, l->has_alpha, s, scratch)
                           : straight(png, l->has_alpha, s, scratch);
    mem_free(scratch);
    return answer;
}

enum wire_answer png_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct stream stream = {.bytes = bytes,
                            .size = size,
                            .next = PNG_SIGNATURE_BYTES,
                            .piece = bytes,
                            .left = PNG_SIGNATURE_BYTES};
    struct layout l;
    enum wire_answer answer;
    spng_ctx *png;

    f->exif = (struct exif){.orientation = 1};
    if ((answer = walk(bytes, size, &l, f)) != WIRE_GOOD)
        return answer;
    /* What is there counts, and not the number that acTL promises. */
    s->frames = l.frame_heads + (l.first_is_data ? 0 : 1);
    s->has_duration = s->frames > 1;
    s->duration_ms = (l.duration_us + 500) / 1000;
    if (s->frames > 1 || l.more_frames)
        s->flags |= DECODE_ANIMATED;
    if (l.damaged)
        s->flags |= DECODE_DAMAGED;
    f->rest = l.rest;
    f->rest_size = l.rest_size;
    if (format_trailing(l.rest, l.rest_size))
        s->flags |= DECODE_TRAILING_DATA;
    if ((answer = sink_begin(s, l.width, l.height, f->exif.orientation)) != WIRE_GOOD)
        return answer;
    png = spng_ctx_new(0);
    if (png == NULL)
        return WIRE_MEMORY;
    answer = pixels(png, &stream, &l, s);
    spng_ctx_free(png);
    if (answer == WIRE_GOOD && s->frames > 1)
        apng_frames(bytes, size, s);
    return answer;
}
