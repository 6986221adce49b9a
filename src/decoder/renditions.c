/* Six JPEGs out of one view: scaled, grey where asked for, covers blurred beyond recognition. */
#include "decoder/renditions.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "base/mem.h"
#include "decoder/blur.h"
#include "decoder/scale.h"

#define COVER_SIGMA                                                                                \
    0.03 /* of the long side: faces and bodies are gone, scenes can be told apart                  \
          */
#define GREY_CHUNK 256

/* Qualities by measurement (doc/decoder.md): a cover has no detail left to keep, the full picture
 * must not show the encoder's own blocks. */
enum tone { TONE_COLOUR, TONE_GREY, TONE_COVERED };
static const struct recipe {
    enum tone tone;
    int quality;
} recipes[DECODE_RENDITION_COUNT] = {
    [DECODE_COVER] = {TONE_COVERED, 75},       [DECODE_SMALL_GREY] = {TONE_GREY, 82},
    [DECODE_SMALL_COLOUR] = {TONE_COLOUR, 82}, [DECODE_FULL_GREY] = {TONE_GREY, 85},
    [DECODE_FULL_COLOUR] = {TONE_COLOUR, 85},  [DECODE_STRIP] = {TONE_COVERED, 75},
};

struct pixels {
    uint8_t *bytes;
    struct wire_size size;
    unsigned channels;
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

static enum wire_answer scaled(const struct pixels *from, struct wire_size size, struct pixels *to)
{
    struct scale *s = NULL;

    *to = (struct pixels){.size = size, .channels = from->channels};
    to->bytes = mem_try((size_t)size.width * size.height * from->channels);
    if (to->bytes == NULL ||
        scale_new(from->size, size, from->channels, to->bytes, &s) != ASSAY_OK) {
        mem_free(to->bytes);
        to->bytes = NULL;
        return WIRE_MEMORY;
    }
    scale_rows(s, from->bytes, (size_t)from->size.width * from->channels, from->size.height);
    scale_free(s);
    return WIRE_GOOD;
}

/* Rec. 601 luma in 16.16, rounded: what libjpeg makes of the same pixels. */
static enum wire_answer grey_of(const struct pixels *from, struct pixels *to)
{
    const size_t count = (size_t)from->size.width * from->size.height;
    const uint8_t *rgb = from->bytes;

    assert(from->channels == 3);
    *to = (struct pixels){.size = from->size, .channels = 1, .bytes = mem_try(count)};
    if (to->bytes == NULL)
        return WIRE_MEMORY;
    for (size_t i = 0; i < count; i++, rgb += 3)
        to->bytes[i] =
            (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
    return WIRE_GOOD;
}

struct work {
    struct pixels full, small, full_grey, small_grey, strip;
    unsigned char *out;
    size_t capacity, used;
};

/* Blurs in place: nobody needs the sharp strip, and the cover works on a copy. */
static enum wire_answer covered(struct work *w, const struct pixels *sharp, int quality,
                                size_t *size)
{
    const uint32_t width = sharp->size.width, height = sharp->size.height;
    const double sigma = COVER_SIGMA * (width > height ? width : height);
    struct pixels copy = *sharp;
    enum wire_answer answer = WIRE_MEMORY;

    copy.bytes = mem_try((size_t)width * height);
    if (copy.bytes == NULL)
        return WIRE_MEMORY;
    memcpy(copy.bytes, sharp->bytes, (size_t)width * height);
    if (blur_grey(copy.bytes, copy.size, sigma) == ASSAY_OK)
        answer = encode(&copy, quality, w->out + w->used, w->capacity - w->used, size);
    mem_free(copy.bytes);
    return answer;
}

static const struct pixels *source(const struct work *w, enum decode_rendition r)
{
    switch (r) {
    case DECODE_SMALL_COLOUR:
        return &w->small;
    case DECODE_COVER:
    case DECODE_SMALL_GREY:
        return &w->small_grey;
    case DECODE_STRIP:
        return &w->strip;
    case DECODE_FULL_GREY:
        return &w->full_grey;
    case DECODE_FULL_COLOUR:
    case DECODE_RENDITION_COUNT:
        break;
    }
    return &w->full;
}

static enum wire_answer encode_all(struct work *w, struct wire_rendition *list)
{
    for (enum decode_rendition r = 0; r < DECODE_RENDITION_COUNT; r++) {
        const struct pixels *p = source(w, r);
        size_t size = 0;
        enum wire_answer answer =
            recipes[r].tone == TONE_COVERED
                ? covered(w, p, recipes[r].quality, &size)
                : encode(p, recipes[r].quality, w->out + w->used, w->capacity - w->used, &size);

        if (answer != WIRE_GOOD)
            return answer;
        list[r] = (struct wire_rendition){.width = p->size.width,
                                          .height = p->size.height,
                                          .offset = (uint32_t)w->used,
                                          .size = (uint32_t)size};
        w->used += size;
    }
    return WIRE_GOOD;
}

enum wire_answer renditions_make(const unsigned char *rgb, struct wire_size view,
                                 unsigned char *out, size_t capacity, struct wire_rendition *list)
{
    const size_t bytes = (size_t)3 * view.width * view.height;
    struct work w = {.out = out, .capacity = capacity};
    enum wire_answer answer;

    assert(capacity <= UINT32_MAX);
    w.full = (struct pixels){.size = view, .channels = 3, .bytes = mem_try(bytes)};
    if (w.full.bytes == NULL)
        return WIRE_MEMORY;
    memcpy(w.full.bytes, rgb, bytes);
    if ((answer = scaled(&w.full, wire_rendition_size(view, DECODE_SMALL_COLOUR), &w.small)) ==
            WIRE_GOOD &&
        (answer = grey_of(&w.full, &w.full_grey)) == WIRE_GOOD &&
        (answer = grey_of(&w.small, &w.small_grey)) == WIRE_GOOD &&
        (answer = scaled(&w.small_grey, wire_rendition_size(view, DECODE_STRIP), &w.strip)) ==
            WIRE_GOOD)
        answer = encode_all(&w, list);
    mem_free(w.full.bytes);
    mem_free(w.small.bytes);
    mem_free(w.full_grey.bytes);
    mem_free(w.small_grey.bytes);
    mem_free(w.strip.bytes);
    return answer;
}
