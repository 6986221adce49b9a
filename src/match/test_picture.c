/* The test picture: drawn, and written as a PNG without compression, so that no library decides
 * about its bytes. */
#include "match/test_picture.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define WIDTH     TEST_PICTURE_WIDTH
#define HEIGHT    TEST_PICTURE_HEIGHT
#define ROW_BYTES (1 + 3 * WIDTH) /* PNG's filter, then pixels */
#define RAW_BYTES (HEIGHT * ROW_BYTES)

static_assert(RAW_BYTES <= 65535, "one stored block holds the picture");

/* Up and down between 0 and 255. */
static int wave(int t)
{
    const int m = t & 511;

    return m < 256 ? m : 511 - m;
}

static void paint(int x, int y, uint8_t rgb[3])
{
    const int far = 50 + wave(5 * x + 40) / 12, near = 68 + wave(8 * x + 230) / 9;
    const int field = 92 + wave(4 * x) / 16, from_sun = (x - 112) * (x - 112) + (y - 26) * (y - 26);
    static const uint8_t sun[3] = {255, 240, 170}, hills[3] = {72, 96, 130}, wood[3] = {40, 90, 50};
    static const uint8_t wheat[3] = {214, 178, 74}, earth[3] = {110, 80, 44};
    const uint8_t sky[3] = {(uint8_t)(110 + y), (uint8_t)(160 + y / 2), 235};
    const uint8_t *colour = from_sun < 18 * 18 ? sun : sky;

    if (y > far)
        colour = hills;
    if (y > near)
        colour = wood;
    if (y > field)
        colour = ((2 * x + 3 * y) >> 5 & 1) != 0 ? wheat : earth;
    memcpy(rgb, colour, 3);
}

static void add_number(struct buf *b, uint32_t n)
{
    const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                              (uint8_t)n};

    buf_add(b, bytes, sizeof bytes);
}

/* CRC-32 of PNG, bit by bit: there is one picture. */
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
    add_number(b, crc(b->data + from, b->size - from));
}

void test_picture_pixels(uint8_t *rgb)
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++, rgb += 3)
            paint(x, y, rgb);
    }
}

static void draw(struct buf *raw)
{
    uint8_t *pixels = mem_array((size_t)WIDTH * HEIGHT, 3);

    test_picture_pixels(pixels);
    for (size_t y = 0; y < HEIGHT; y++) {
        buf_add_char(raw, '\0');
        buf_add(raw, pixels + y * 3 * WIDTH, (size_t)3 * WIDTH);
    }
    mem_free(pixels);
}

/* A zlib stream of one stored block. */
static void add_stored(struct buf *b, const struct buf *raw)
{
    const uint16_t size = (uint16_t)raw->size, not_size = (uint16_t)~size;
    const uint8_t head[] = {0x78,
                            0x01,
                            1,
                            (uint8_t)size,
                            (uint8_t)(size >> 8),
                            (uint8_t)not_size,
                            (uint8_t)(not_size >> 8)};

    buf_add(b, head, sizeof head);
    buf_add(b, raw->data, raw->size);
    add_number(b, adler(raw->data, raw->size));
}

void test_picture(struct buf *png)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t rest_of_head[] = {8, 2, 0, 0, 0}; /* 8 bits, RGB, not interlaced */
    struct buf raw, body;

    buf_init(&raw, RAW_BYTES + 1);
    buf_init(&body, RAW_BYTES + 64);
    buf_add(png, signature, sizeof signature);
    add_number(&body, WIDTH);
    add_number(&body, HEIGHT);
    buf_add(&body, rest_of_head, sizeof rest_of_head);
    add_chunk(png, "IHDR", &body);
    buf_reset(&body);
    draw(&raw);
    add_stored(&body, &raw);
    add_chunk(png, "IDAT", &body);
    buf_reset(&body);
    add_chunk(png, "IEND", &body);
    buf_clear(&body);
    buf_clear(&raw);
}
