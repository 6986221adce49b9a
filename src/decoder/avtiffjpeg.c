/* A page of TIFF whose strips or tiles are JPEGs that share the page's tables, by libjpeg. */
#include <string.h>

#include "base/mem.h"
#include "decoder/av.h"
#include "decoder/tiff.h"

#define GREY 128

/* Strips are tiles as wide as the picture. */
struct grid {
    const struct tiff *tiff;
    struct wire_size page, tile;
    uint32_t across, down;
    struct tiff_array offsets, lengths, tables;
    enum jpeg_colours colours;
};

static bool colours_of(uint32_t photometric, uint32_t samples, enum jpeg_colours *out)
{
    if (photometric == 1 && samples <= 1)
        *out = JPEG_COLOURS_GREY;
    else if (photometric == 2 && samples == 3)
        *out = JPEG_COLOURS_RGB;
    else if (photometric == 6 && samples == 3)
        *out = JPEG_COLOURS_YCBCR;
    else
        return false;
    return true;
}

static enum wire_answer grid_of(const struct tiff *t, size_t page, struct grid *g)
{
    const bool tiles = tiff_tag(t, page, TIFF_TAG_TILE_WIDTH) != 0;
    const uint32_t rows = tiff_tag(t, page, TIFF_TAG_ROWS);

    *g = (struct grid){.tiff = t};
    g->page =
        (struct wire_size){tiff_tag(t, page, TIFF_TAG_WIDTH), tiff_tag(t, page, TIFF_TAG_HEIGHT)};
    if (!colours_of(tiff_tag(t, page, TIFF_TAG_PHOTOMETRIC), tiff_tag(t, page, TIFF_TAG_SAMPLES),
                    &g->colours) ||
        tiff_tag(t, page, TIFF_TAG_PLANES) > 1)
        return WIRE_CODING;
    if (tiles)
        g->tile = (struct wire_size){tiff_tag(t, page, TIFF_TAG_TILE_WIDTH),
                                     tiff_tag(t, page, TIFF_TAG_TILE_HEIGHT)};
    else
        g->tile = (struct wire_size){g->page.width,
                                     rows == 0 || rows > g->page.height ? g->page.height : rows};
    if (!tiff_array(t, page, tiles ? TIFF_TAG_TILE_OFFSETS : TIFF_TAG_STRIP_OFFSETS, &g->offsets) ||
        !tiff_array(t, page, tiles ? TIFF_TAG_TILE_LENGTHS : TIFF_TAG_STRIP_LENGTHS, &g->lengths) ||
        g->tile.width == 0 || g->tile.height == 0 || g->page.width == 0 || g->page.height == 0)
        return WIRE_BROKEN;
    (void)tiff_array(t, page, TIFF_TAG_JPEG_TABLES, &g->tables);
    g->across = (uint32_t)(((uint64_t)g->page.width + g->tile.width - 1) / g->tile.width);
    g->down = (uint32_t)(((uint64_t)g->page.height + g->tile.height - 1) / g->tile.height);
    return WIRE_GOOD;
}

/* One tile into its place of the band; a part that is missing stays grey. */
static bool tile_into(const struct grid *g, uint32_t x, uint32_t y, uint8_t *band, bool *damaged)
{
    const uint32_t left = g->page.height - y * g->tile.height, index = y * g->across + x;
    const size_t at = tiff_element(g->tiff, &g->offsets, index);
    const size_t length = tiff_element(g->tiff, &g->lengths, index);
    struct jpeg_piece piece = {.tables = g->tiff->bytes + g->tables.at,
                               .tables_size = g->tables.count,
                               .bytes = g->tiff->bytes + at,
                               .colours = g->colours,
                               .size = g->tile,
                               .rows = left < g->tile.height ? left : g->tile.height,
                               .rgb = band + (size_t)3 * x * g->tile.width,
                               .stride = (size_t)3 * g->across * g->tile.width};

    if (at == 0 || at >= g->tiff->size)
        return false;
    if (length > g->tiff->size - at)
        *damaged = true;
    piece.bytes_size = length > g->tiff->size - at ? g->tiff->size - at : length;
    return jpeg_piece_decode(&piece, damaged) == WIRE_GOOD;
}

static enum wire_answer feed(const struct grid *g, struct sink *s, uint8_t *band)
{
    const size_t stride = (size_t)3 * g->across * g->tile.width;
    enum wire_answer answer = WIRE_GOOD;
    bool any = false, damaged = false;

    for (uint32_t y = 0; y < g->down && answer == WIRE_GOOD; y++) {
        const uint32_t left = g->page.height - y * g->tile.height;

        memset(band, GREY, stride * g->tile.height);
        for (uint32_t x = 0; x < g->across; x++) {
            const bool good = tile_into(g, x, y, band, &damaged);

            any = any || good;
            damaged = damaged || !good;
        }
        answer = sink_rgb(s, band, stride, left < g->tile.height ? left : g->tile.height);
    }
    if (damaged)
        s->flags |= DECODE_DAMAGED;
    return answer == WIRE_GOOD && !any ? WIRE_BROKEN : answer;
}

enum wire_answer tiff_jpeg(const struct tiff *t, size_t page, struct sink *s, uint32_t turn)
{
    struct grid g;
    enum wire_answer answer = grid_of(t, page, &g);
    uint8_t *band;

    if (answer != WIRE_GOOD || (answer = sink_check(s, g.page.width, g.page.height)) != WIRE_GOOD ||
        (answer = sink_check(s, g.tile.width, g.tile.height)) != WIRE_GOOD ||
        (answer = sink_check(s, g.across * g.tile.width, g.tile.height)) != WIRE_GOOD)
        return answer;
    band = mem_try((size_t)3 * g.across * g.tile.width * g.tile.height);
    if (band == NULL)
        return WIRE_MEMORY;
    answer = sink_begin(s, g.page.width, g.page.height, turn);
    if (answer == WIRE_GOOD)
        answer = feed(&g, s, band);
    mem_free(band);
    return answer;
}
