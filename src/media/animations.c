/* Writes APNG and animated WebP files out of whole frames. */
#include "media/animations.h"

#include <assert.h>
#include <string.h>

#include <zlib.h>

#define PNG_HEAD_BYTES   33u /* signature and IHDR */
#define PNG_END_BYTES    12u /* IEND */
#define WEBP_HEAD_BYTES  12u
#define FRAME_HEAD_BYTES 16u

static void add_be32(struct buf *b, uint32_t v)
{
    const unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                    (unsigned char)(v >> 8), (unsigned char)v};

    buf_add(b, bytes, sizeof bytes);
}

static void add_chunk(struct buf *b, const char *name, const struct buf *data)
{
    uLong sum = crc32(crc32(0, NULL, 0), (const unsigned char *)name, 4);

    add_be32(b, (uint32_t)data->size);
    buf_add(b, name, 4);
    buf_add(b, data->data, data->size);
    if (data->size > 0)
        sum = crc32(sum, data->data, (uInt)data->size);
    add_be32(b, (uint32_t)sum);
}

static void add_frame_head(const struct files_picture *p, uint32_t *number, struct buf *out)
{
    struct buf head;

    buf_init(&head, 26);
    add_be32(&head, (*number)++);
    add_be32(&head, p->width);
    add_be32(&head, p->height);
    buf_add(&head, "\0\0\0\0\0\0\0\0\0\1\0\12\0\0", 14); /* place, 1/10 s, keep, replace */
    add_chunk(out, "fcTL", &head);
    buf_clear(&head);
}

/* The data of one frame, out of the PNG that they would be alone. */
static void add_frame_data(const struct buf *png, uint32_t *number, struct buf *out)
{
    for (size_t at = PNG_HEAD_BYTES; at + PNG_END_BYTES < png->size;) {
        const unsigned char *p = png->data + at;
        const uint32_t size =
            (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        struct buf data;

        buf_init(&data, FILES_BYTES_MAX);
        add_be32(&data, (*number)++);
        buf_add(&data, p + 8, size);
        if (memcmp(p + 4, "IDAT", 4) == 0)
            add_chunk(out, "fdAT", &data);
        buf_clear(&data);
        at += 12 + (size_t)size;
    }
}

void animation_apng(const struct files_picture *frames, size_t count, struct buf *out)
{
    struct buf png, control, none;
    uint32_t number = 0;

    buf_init(&control, 8);
    buf_init(&none, 1);
    add_be32(&control, (uint32_t)count);
    add_be32(&control, 0);
    for (size_t i = 0; i < count; i++) {
        buf_init(&png, FILES_BYTES_MAX);
        files_png(&frames[i], FILES_STRAIGHT, &png);
        if (i == 0) {
            buf_add(out, png.data, PNG_HEAD_BYTES);
            add_chunk(out, "acTL", &control);
        }
        add_frame_head(&frames[i], &number, out);
        if (i == 0)
            buf_add(out, png.data + PNG_HEAD_BYTES, png.size - PNG_HEAD_BYTES - PNG_END_BYTES);
        else
            add_frame_data(&png, &number, out);
        buf_clear(&png);
    }
    add_chunk(out, "IEND", &none);
    buf_clear(&control);
    assert(!out->over);
}

static void add_le24(struct buf *b, uint32_t v)
{
    const unsigned char bytes[3] = {(unsigned char)v, (unsigned char)(v >> 8),
                                    (unsigned char)(v >> 16)};

    buf_add(b, bytes, sizeof bytes);
}

void animation_webp(const struct files_picture *frames, size_t count, struct buf *out)
{
    struct buf body, one;

    buf_init(&body, FILES_BYTES_MAX);
    buf_add(&body, "WEBPVP8X\12\0\0\0\2\0\0\0", 16); /* animated */
    add_le24(&body, frames[0].width - 1);
    add_le24(&body, frames[0].height - 1);
    buf_add(&body, "ANIM\6\0\0\0\0\0\0\0\0\0", 14);
    for (size_t i = 0; i < count; i++) {
        buf_init(&one, FILES_BYTES_MAX);
        files_webp(&frames[i], 80, &one);
        buf_add(&body, "ANMF", 4);
        buf_add_le32(&body, (uint32_t)(FRAME_HEAD_BYTES + one.size - WEBP_HEAD_BYTES));
        add_le24(&body, 0);
        add_le24(&body, 0);
        add_le24(&body, frames[i].width - 1);
        add_le24(&body, frames[i].height - 1);
        add_le24(&body, 100);
        buf_add(&body, "\2", 1); /* not blended, kept */
        buf_add(&body, one.data + WEBP_HEAD_BYTES, one.size - WEBP_HEAD_BYTES);
        buf_clear(&one);
    }
    buf_add(out, "RIFF", 4);
    buf_add_le32(out, (uint32_t)body.size);
    buf_add(out, body.data, body.size);
    buf_clear(&body);
    assert(!out->over);
}
