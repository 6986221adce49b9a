/* Writes PNG: a zlib stream of stored blocks. */
#include "base/png_write.h"

#include <assert.h>
#include <stddef.h>

#define SIDE_MAX  4096
#define BLOCK_MAX 65535

static void add_number(struct buf *b, uint32_t n)
{
    const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                              (uint8_t)n};

    buf_add(b, bytes, sizeof bytes);
}

/* CRC-32 of PNG, bit by bit: few pictures are written so. */
static uint32_t crc(const uint8_t *bytes, size_t size)
{
    uint32_t c = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        c ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
    }
    return ~c;
}

static uint32_t adler(const uint8_t *bytes, size_t size)
{
    uint32_t low = 1, high = 0;

    for (size_t i = 0; i < size; i++) {
        low = (low + bytes[i]) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

static void add_chunk(struct buf *b, const char *type, const struct buf *body)
{
    add_number(b, (uint32_t)body->size);
    const size_t from = b->size;
    buf_add_str(b, type);
    buf_add(b, body->data, body->size);
    if (!b->over)
        add_number(b, crc(b->data + from, b->size - from));
}

static void add_stored(struct buf *b, const struct buf *raw)
{
    static const uint8_t head[] = {0x78, 0x01};

    buf_add(b, head, sizeof head);
    for (size_t at = 0; at < raw->size; at += BLOCK_MAX) {
        const size_t left = raw->size - at;
        const uint16_t size = (uint16_t)(left < BLOCK_MAX ? left : BLOCK_MAX);
        buf_add_char(b, left <= BLOCK_MAX); /* the last one */
        buf_add_le16(b, size);
        buf_add_le16(b, (uint16_t)~size);
        buf_add(b, raw->data + at, size);
    }
    add_number(b, adler(raw->data, raw->size));
}

void png_write(struct buf *out, const uint8_t *rgb, uint32_t width, uint32_t height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t rest_of_head[] = {8, 2, 0, 0, 0}; /* 8 bits, RGB, not interlaced */
    const size_t row = (size_t)3 * width, size = (1 + row) * height;
    struct buf raw, body;

    assert(width >= 1 && width <= SIDE_MAX && height >= 1 && height <= SIDE_MAX);
    buf_init(&raw, size);
    buf_init(&body, size + size / BLOCK_MAX * 5 + 64);
    buf_add(out, signature, sizeof signature);
    add_number(&body, width);
    add_number(&body, height);
    buf_add(&body, rest_of_head, sizeof rest_of_head);
    add_chunk(out, "IHDR", &body);
    buf_reset(&body);
    for (uint32_t y = 0; y < height; y++) {
        buf_add_char(&raw, '\0'); /* no filter */
        buf_add(&raw, rgb + y * row, row);
    }
    add_stored(&body, &raw);
    add_chunk(out, "IDAT", &body);
    buf_reset(&body);
    add_chunk(out, "IEND", &body);
    buf_clear(&body);
    buf_clear(&raw);
}
