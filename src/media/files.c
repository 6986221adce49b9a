/* Encodes generated pictures as JPEG, PNG and WebP, with the marks and blocks that tests need. */
#include "media/files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <spng.h>
#include <webp/encode.h>

#include "base/mem.h"
#include "media/landscape.h"

struct files_picture files_landscape(uint64_t seed, uint32_t width, uint32_t height)
{
    struct files_picture p = {width, height, 3, mem_array((size_t)width * height, 3)};

    landscape_draw(seed, width, height, p.bytes);
    return p;
}

void files_picture_free(struct files_picture *p)
{
    mem_free(p->bytes);
    *p = (struct files_picture){0};
}

/* Where libjpeg writes: larger than any file of these pixels. */
struct jpeg_room {
    unsigned char *own, *bytes;
    unsigned long size;
};

static void jpeg_begin(struct jpeg_compress_struct *c, struct jpeg_error_mgr *err,
                       const struct files_picture *p, int quality, struct jpeg_room *r)
{
    r->size = 4ul * p->width * p->height + 200000;
    r->own = r->bytes = mem_alloc(r->size);
    c->err = jpeg_std_error(err); /* its error_exit ends the program: a test must not go on */
    jpeg_create_compress(c);
    jpeg_mem_dest(c, &r->bytes, &r->size);
    c->image_width = p->width;
    c->image_height = p->height;
    c->input_components = (int)p->channels;
    c->in_color_space = p->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, quality, TRUE);
}

static void jpeg_end(struct jpeg_compress_struct *c, const struct files_picture *p,
                     struct jpeg_room *r, struct buf *out)
{
    while (c->next_scanline < c->image_height) {
        JSAMPROW row = p->bytes + (size_t)c->next_scanline * p->width * p->channels;

        (void)jpeg_write_scanlines(c, &row, 1);
    }
    jpeg_finish_compress(c);
    jpeg_destroy_compress(c);
    assert(r->bytes == r->own); /* it was large enough: libjpeg has made none of its own */
    buf_add(out, r->own, r->size);
    mem_free(r->own);
    assert(!out->over);
}

void files_jpeg(const struct files_picture *p, int quality, enum files_jpeg kind, struct buf *out)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr err;
    struct jpeg_room room;

    jpeg_begin(&c, &err, p, quality, &room);
    if (kind == FILES_PROGRESSIVE)
        jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    jpeg_end(&c, p, &room, out);
}

static void entry(struct buf *b, uint16_t tag, uint16_t type, uint32_t value)
{
    buf_add_le16(b, tag);
    buf_add_le16(b, type);
    buf_add_le32(b, 1);
    buf_add_le32(b, value);
}

/* A little-endian TIFF block: one directory with the turn, a second one with the thumbnail. */
static void exif_block(uint32_t orientation, const struct buf *thumbnail, struct buf *out)
{
    const uint32_t second = 8 + 2 + 12 + 4, data = second + 2 + 2 * 12 + 4;

    buf_add(out, "Exif\0\0II*\0", 10);
    buf_add_le32(out, 8);
    buf_add_le16(out, 1);
    entry(out, 0x0112, 3, orientation);
    buf_add_le32(out, thumbnail->size > 0 ? second : 0);
    if (thumbnail->size == 0)
        return;
    buf_add_le16(out, 2);
    entry(out, 0x0201, 4, data);
    entry(out, 0x0202, 4, (uint32_t)thumbnail->size);
    buf_add_le32(out, 0);
    buf_add(out, thumbnail->data, thumbnail->size);
}

void files_jpeg_exif(const struct files_picture *p, uint32_t orientation,
                     const struct files_picture *thumbnail, struct buf *out)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr err;
    struct jpeg_room room;
    struct buf small, block;

    buf_init(&small, 60000);
    buf_init(&block, 65533);
    if (thumbnail != NULL)
        files_jpeg(thumbnail, 70, FILES_BASELINE, &small);
    exif_block(orientation, &small, &block);
    assert(!block.over);
    jpeg_begin(&c, &err, p, 88, &room);
    jpeg_start_compress(&c, TRUE);
    jpeg_write_marker(&c, JPEG_APP0 + 1, block.data, (unsigned)block.size);
    jpeg_end(&c, p, &room, out);
    buf_clear(&small);
    buf_clear(&block);
}

static int png_write(spng_ctx *png, void *user, void *bytes, size_t size)
{
    (void)png;
    buf_add(user, bytes, size);
    return 0;
}

void files_png(const struct files_picture *p, enum files_png kind, struct buf *out)
{
    static const uint8_t colour_types[] = {
        [1] = SPNG_COLOR_TYPE_GRAYSCALE,
        [3] = SPNG_COLOR_TYPE_TRUECOLOR,
        [4] = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA,
    };
    struct spng_ihdr head = {.width = p->width,
                             .height = p->height,
                             .bit_depth = 8,
                             .color_type = colour_types[p->channels],
                             .interlace_method = kind == FILES_INTERLACED ? 1 : 0};
    const size_t bytes = (size_t)p->width * p->height * p->channels;
    spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);

    if (png == NULL || spng_set_png_stream(png, png_write, out) != 0 ||
        spng_set_option(png, SPNG_IMG_COMPRESSION_LEVEL, 1) != 0 ||
        spng_set_ihdr(png, &head) != 0 ||
        spng_encode_image(png, p->bytes, bytes, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE) != 0)
        abort();
    spng_ctx_free(png);
    assert(!out->over);
}

void files_webp(const struct files_picture *p, int quality, struct buf *out)
{
    uint8_t *made = NULL;
    size_t size;

    assert(p->channels == 3);
    size = WebPEncodeRGB(p->bytes, (int)p->width, (int)p->height, (int)(3 * p->width),
                         (float)quality, &made);
    if (size == 0)
        abort();
    buf_add(out, made, size);
    WebPFree(made);
    assert(!out->over);
}
