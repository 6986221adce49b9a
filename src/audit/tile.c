/* Names of tiles and the bundle encoding. */
#include "audit/tile.h"

#include <assert.h>
#include <stdio.h>

void tile_path(const struct tile_name *name, char *out)
{
    char number[40] = "", level[16] = "entries";
    uint64_t groups[7];
    size_t count = 0;
    int used = 0;

    assert(name->level >= TILE_ENTRIES && name->level < TILE_LEVELS);
    assert(name->width >= 1 && name->width <= TILE_WIDTH);
    uint64_t left = name->index;
    do {
        groups[count++] = left % 1000;
        left /= 1000;
    } while (left > 0);
    while (count-- > 0)
        used += snprintf(number + used, sizeof number - (size_t)used, count > 0 ? "x%03u/" : "%03u",
                         (unsigned)groups[count]);
    if (name->level >= 0)
        (void)snprintf(level, sizeof level, "%d", name->level);
    if (name->width < TILE_WIDTH)
        used = snprintf(out, TILE_PATH_SIZE, "tile/%s/%s.p/%u", level, number, name->width);
    else
        used = snprintf(out, TILE_PATH_SIZE, "tile/%s/%s", level, number);
    assert(used > 0 && used < TILE_PATH_SIZE);
}

/* Hashes of a level in a tree of size entries: one for each full tile below. */
static uint64_t level_hashes(uint64_t size, int level)
{
    assert(level >= 0 && level <= TILE_LEVELS);
    return level == TILE_LEVELS ? 0 : size >> (8 * level);
}

uint64_t tile_full_count(uint64_t size, int level)
{
    return level_hashes(size, level) / TILE_WIDTH;
}

unsigned tile_partial_width(uint64_t size, int level)
{
    return (unsigned)(level_hashes(size, level) % TILE_WIDTH);
}

void tile_bundle_add(struct buf *bundle, const void *entry, size_t size)
{
    assert(size <= TILE_ENTRY_MAX);
    buf_add_char(bundle, (char)(size >> 8));
    buf_add_char(bundle, (char)(size & 0xff));
    buf_add(bundle, entry, size);
}

enum assay_err tile_bundle_next(const uint8_t *bundle, size_t bundle_size, size_t *offset,
                                const uint8_t **entry, size_t *entry_size)
{
    size_t at = *offset;

    assert(at <= bundle_size);
    if (at == bundle_size)
        return ASSAY_ENOTFOUND;
    if (bundle_size - at < 2)
        return ASSAY_EFORMAT;
    size_t size = (size_t)bundle[at] << 8 | bundle[at + 1];
    if (bundle_size - at - 2 < size)
        return ASSAY_EFORMAT;
    *entry = bundle + at + 2;
    *entry_size = size;
    *offset = at + 2 + size;
    return ASSAY_OK;
}
