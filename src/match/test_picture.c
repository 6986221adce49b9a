/* The test picture: drawn, and written without any library, which would decide about its bytes. */
#include "match/test_picture.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/png_write.h"

#define WIDTH  TEST_PICTURE_WIDTH
#define HEIGHT TEST_PICTURE_HEIGHT

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

void test_picture_pixels(uint8_t *rgb)
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++, rgb += 3)
            paint(x, y, rgb);
    }
}

void test_picture(struct buf *png)
{
    uint8_t *pixels = mem_array((size_t)WIDTH * HEIGHT, 3);

    test_picture_pixels(pixels);
    png_write(png, pixels, WIDTH, HEIGHT);
    mem_free(pixels);
}
