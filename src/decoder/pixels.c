/* Scales, greys and covers pictures, and lays the tiles of a file's facets out in rows. */
#include "decoder/pixels.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/blur.h"
#include "decoder/scale.h"

/* Of the long side: faces and bodies are gone, scenes can be told apart. */
#define COVER_SIGMA 0.03
#define SHEET_LEVEL 40 /* of what lies between the tiles: dark, as the console is */

enum wire_answer pixels_scaled(const struct pixels *from, struct wire_size size, struct pixels *to)
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
enum wire_answer pixels_grey(const struct pixels *from, struct pixels *to)
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

enum wire_answer pixels_covered(const struct pixels *from, struct pixels *to)
{
    const uint32_t width = from->size.width, height = from->size.height;
    const double sigma = COVER_SIGMA * (width > height ? width : height);

    assert(from->channels == 1);
    *to = *from;
    to->bytes = mem_try((size_t)width * height);
    if (to->bytes == NULL)
        return WIRE_MEMORY;
    memcpy(to->bytes, from->bytes, (size_t)width * height);
    if (blur_grey(to->bytes, to->size, sigma) == ASSAY_OK)
        return WIRE_GOOD;
    mem_free(to->bytes);
    to->bytes = NULL;
    return WIRE_MEMORY;
}

/* A tile small enough for its cell, and covered where the sheet is grey. */
static enum wire_answer prepare(const struct pixels *from, uint32_t side, unsigned channels,
                                struct pixels *to)
{
    struct pixels small, grey = {0};
    enum wire_answer answer = pixels_scaled(from, wire_fit(from->size, side), &small);

    if (answer != WIRE_GOOD || channels == 3) {
        *to = small;
        return answer;
    }
    if ((answer = pixels_grey(&small, &grey)) == WIRE_GOOD)
        answer = pixels_covered(&grey, to);
    mem_free(small.bytes);
    mem_free(grey.bytes);
    return answer;
}

/* A tile into the middle of its cell. */
static void put_down(const struct pixels *tile, const struct wire_grid *grid, uint32_t index,
                     struct pixels *sheet)
{
    const uint32_t step = grid->side + WIRE_GRID_GAP;
    const uint32_t x =
        WIRE_GRID_GAP + index % grid->columns * step + (grid->side - tile->size.width) / 2;
    const uint32_t y =
        WIRE_GRID_GAP + index / grid->columns * step + (grid->side - tile->size.height) / 2;
    const size_t row = (size_t)tile->size.width * tile->channels;

    for (uint32_t i = 0; i < tile->size.height; i++)
        memcpy(sheet->bytes + ((size_t)(y + i) * sheet->size.width + x) * sheet->channels,
               tile->bytes + i * row, row);
}

static enum wire_answer lay_out(const struct pixels *view, const struct wire_request *request,
                                const unsigned char *tiles, const struct wire_grid *grid,
                                struct pixels *sheet)
{
    const size_t bytes = (size_t)grid->size.width * grid->size.height * sheet->channels;
    enum wire_answer answer = WIRE_GOOD;

    sheet->size = grid->size;
    sheet->bytes = mem_try(bytes);
    if (sheet->bytes == NULL)
        return WIRE_MEMORY;
    memset(sheet->bytes, SHEET_LEVEL, bytes);
    for (uint32_t i = 0; i <= request->tile_count && answer == WIRE_GOOD; i++) {
        struct pixels from = *view, tile = {0};

        if (i > 0) {
            from.size = request->tiles[i - 1];
            from.bytes = mem_dup(tiles, (size_t)3 * from.size.width * from.size.height);
            tiles += (size_t)3 * from.size.width * from.size.height;
        }
        answer = prepare(&from, grid->side, sheet->channels, &tile);
        if (answer == WIRE_GOOD)
            put_down(&tile, grid, i, sheet);
        mem_free(tile.bytes);
        if (i > 0)
            mem_free(from.bytes);
    }
    if (answer != WIRE_GOOD) {
        mem_free(sheet->bytes);
        sheet->bytes = NULL;
    }
    return answer;
}

enum wire_answer pixels_sheet(const struct pixels *view, const struct wire_request *request,
                              const unsigned char *tiles, struct pixels *to)
{
    const struct wire_grid grid = wire_grid_of(1 + request->tile_count, DECODE_SMALL_SIDE);

    *to = (struct pixels){.channels = 3};
    return lay_out(view, request, tiles, &grid, to);
}

enum wire_answer pixels_strip(const struct pixels *view, const struct wire_request *request,
                              const unsigned char *tiles, struct pixels *to)
{
    const struct wire_grid grid = wire_grid_of(1 + request->tile_count, DECODE_STRIP_SIDE);

    *to = (struct pixels){.channels = 1};
    return lay_out(view, request, tiles, &grid, to);
}
