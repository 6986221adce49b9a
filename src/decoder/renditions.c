/* JPEGs out of one view and its tiles: scaled, grey where asked for, covers blurred. */
#include "decoder/renditions.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "base/mem.h"
#include "decoder/pixels.h"

/* Qualities by measurement (doc/decoder.md): a cover has no detail left to keep, the full picture
 * must not show the encoder's own blocks. */
static const int qualities[DECODE_RENDITION_COUNT] = {
    [DECODE_COVER] = 75,      [DECODE_SMALL_GREY] = 82,   [DECODE_SMALL_COLOUR] = 82,
    [DECODE_FULL_GREY] = 85,  [DECODE_FULL_COLOUR] = 85,  [DECODE_STRIP] = 75,
    [DECODE_SHEET_GREY] = 82, [DECODE_SHEET_COLOUR] = 82,
};

struct encoder {
    struct jpeg_error_mgr err; /* first: libjpeg's pointer to it is a pointer to us */
    jmp_buf jump;
    struct jpeg_compress_struct c;
    struct jpeg_destination_mgr to;
};

static _Noreturn void on_error(j_common_ptr common)
{
    longjmp(((struct encoder *)(void *)common->err)->jump, 1);
}

static void no_output(j_common_ptr common)
{
    (void)common;
}

static void begin_output(j_compress_ptr c)
{
    (void)c;
}

/* Called when the room is used up: there is none but what the parent made. */
static boolean more_output(j_compress_ptr c)
{
    on_error((j_common_ptr)c);
}

static enum wire_answer encode(const struct pixels *p, int quality, unsigned char *out,
                               size_t capacity, size_t *size)
{
    struct encoder *e = mem_zalloc(sizeof *e);
    enum wire_answer answer = WIRE_MEMORY;

    e->c.err = jpeg_std_error(&e->err);
    e->err.error_exit = on_error;
    e->err.output_message = no_output;
    e->to = (struct jpeg_destination_mgr){.next_output_byte = out,
                                          .free_in_buffer = capacity,
                                          .init_destination = begin_output,
                                          .empty_output_buffer = more_output,
                                          .term_destination = begin_output};
    if (setjmp(e->jump) == 0) {
        jpeg_create_compress(&e->c);
        e->c.dest = &e->to;
        e->c.image_width = p->size.width;
        e->c.image_height = p->size.height;
        e->c.input_components = (int)p->channels;
        e->c.in_color_space = p->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
        jpeg_set_defaults(&e->c);
        jpeg_set_quality(&e->c, quality, TRUE);
        jpeg_start_compress(&e->c, TRUE);
        while (e->c.next_scanline < e->c.image_height) {
            JSAMPROW row = p->bytes + (size_t)e->c.next_scanline * p->size.width * p->channels;

            (void)jpeg_write_scanlines(&e->c, &row, 1);
        }
        jpeg_finish_compress(&e->c);
        *size = capacity - e->to.free_in_buffer;
        answer = WIRE_GOOD;
    }
    jpeg_destroy_compress(&e->c);
    mem_free(e);
    return answer;
}

/* What the renditions are made of: each made once, some used twice. */
struct work {
    struct pixels full, small, full_grey, small_grey, cover, strip, sheet, sheet_grey;
};

static const struct pixels *source(const struct work *w, enum decode_rendition r)
{
    switch (r) {
    case DECODE_COVER:
        return &w->cover;
    case DECODE_SMALL_COLOUR:
        return &w->small;
    case DECODE_SMALL_GREY:
        return &w->small_grey;
    case DECODE_STRIP:
        return &w->strip;
    case DECODE_FULL_GREY:
        return &w->full_grey;
    case DECODE_SHEET_GREY:
        return &w->sheet_grey;
    case DECODE_SHEET_COLOUR:
        return &w->sheet;
    case DECODE_FULL_COLOUR:
    case DECODE_RENDITION_COUNT:
        break;
    }
    return &w->full;
}

static enum wire_answer encode_all(const struct work *w, unsigned char *out, size_t capacity,
                                   struct wire_rendition *list)
{
    size_t used = 0;

    for (enum decode_rendition r = 0; r < DECODE_RENDITION_COUNT; r++) {
        const struct pixels *p = source(w, r);
        size_t size = 0;
        enum wire_answer answer;

        list[r] = (struct wire_rendition){0};
        if (p->bytes == NULL)
            continue; /* a sheet of one picture */
        if ((answer = encode(p, qualities[r], out + used, capacity - used, &size)) != WIRE_GOOD)
            return answer;
        list[r] = (struct wire_rendition){.width = p->size.width,
                                          .height = p->size.height,
                                          .offset = (uint32_t)used,
                                          .size = (uint32_t)size};
        used += size;
    }
    return WIRE_GOOD;
}

/* The covered strip of a picture alone: the picture itself, small. */
static enum wire_answer strip_of_one(const struct pixels *grey, struct pixels *to)
{
    struct pixels small;
    enum wire_answer answer = pixels_scaled(grey, wire_fit(grey->size, DECODE_STRIP_SIDE), &small);

    if (answer == WIRE_GOOD)
        answer = pixels_covered(&small, to);
    mem_free(small.bytes);
    return answer;
}

static enum wire_answer prepare(struct work *w, const struct wire_request *request,
                                const unsigned char *tiles)
{
    const struct wire_size small = wire_fit(request->view, DECODE_SMALL_SIDE);
    enum wire_answer answer;

    if ((answer = pixels_scaled(&w->full, small, &w->small)) != WIRE_GOOD ||
        (answer = pixels_grey(&w->full, &w->full_grey)) != WIRE_GOOD ||
        (answer = pixels_grey(&w->small, &w->small_grey)) != WIRE_GOOD ||
        (answer = pixels_covered(&w->small_grey, &w->cover)) != WIRE_GOOD)
        return answer;
    if (request->tile_count == 0)
        return strip_of_one(&w->small_grey, &w->strip);
    if ((answer = pixels_strip(&w->small, request, tiles, &w->strip)) != WIRE_GOOD ||
        (answer = pixels_sheet(&w->small, request, tiles, &w->sheet)) != WIRE_GOOD)
        return answer;
    return pixels_grey(&w->sheet, &w->sheet_grey);
}

enum wire_answer renditions_make(const unsigned char *rgb, const struct wire_request *request,
                                 unsigned char *out, size_t capacity, struct wire_rendition *list)
{
    const struct wire_size view = request->view;
    const size_t bytes = (size_t)3 * view.width * view.height;
    struct work w = {0};
    enum wire_answer answer;

    assert(capacity <= UINT32_MAX);
    w.full = (struct pixels){.size = view, .channels = 3, .bytes = mem_try(bytes)};
    if (w.full.bytes == NULL)
        return WIRE_MEMORY;
    memcpy(w.full.bytes, rgb, bytes);
    answer = prepare(&w, request, rgb + bytes);
    if (answer == WIRE_GOOD)
        answer = encode_all(&w, out, capacity, list);
    struct pixels *const all[] = {&w.full,  &w.small, &w.full_grey, &w.small_grey,
                                  &w.cover, &w.strip, &w.sheet,     &w.sheet_grey};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mem_free(all[i]->bytes);
    return answer;
}
