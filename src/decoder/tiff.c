/* Reads single numbers out of TIFF directories and finds the next one; never outside of the block.
 */
#include "decoder/tiff.h"

#include <string.h>

#define TYPE_SHORT  3u
#define TYPE_LONG   4u
#define ENTRY_BYTES 12u
#define HEAD_BYTES  8u

static uint32_t number(const struct tiff *t, size_t at, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)t->bytes[at + i] << 8 * (t->big ? bytes - 1 - i : i);
    return v;
}

bool tiff_begin(struct tiff *t, const void *block, size_t size)
{
    *t = (struct tiff){block, size, false};
    if (size < HEAD_BYTES)
        return false;
    t->big = memcmp(t->bytes, "MM\0*", 4) == 0;
    return t->big || memcmp(t->bytes, "II*\0", 4) == 0;
}

size_t tiff_first(const struct tiff *t)
{
    return number(t, 4, 4);
}

uint32_t tiff_entries(const struct tiff *t, size_t directory)
{
    uint32_t count;

    if (directory < HEAD_BYTES || directory > t->size || t->size - directory < 2)
        return 0;
    count = number(t, directory, 2);
    if (count > (t->size - directory - 2) / ENTRY_BYTES)
        count = (uint32_t)((t->size - directory - 2) / ENTRY_BYTES);
    return count;
}

uint32_t tiff_tag(const struct tiff *t, size_t directory, uint32_t tag)
{
    uint32_t count = tiff_entries(t, directory);

    for (uint32_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;
        uint32_t type = number(t, entry + 2, 2);

        if (number(t, entry, 2) != tag || number(t, entry + 4, 4) != 1)
            continue;
        if (type == TYPE_SHORT)
            return number(t, entry + 8, 2);
        if (type == TYPE_LONG)
            return number(t, entry + 8, 4);
    }
    return 0;
}

bool tiff_array(const struct tiff *t, size_t directory, uint32_t tag, struct tiff_array *out)
{
    static const uint32_t bytes_of[] = {0, 1, 0, 2, 4, 0, 0, 1}; /* by type; 0: not taken */
    const uint32_t entries = tiff_entries(t, directory);

    for (uint32_t i = 0; i < entries; i++) {
        const size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;
        const uint32_t type = number(t, entry + 2, 2), count = number(t, entry + 4, 4);
        const uint32_t bytes = type < sizeof bytes_of / sizeof bytes_of[0] ? bytes_of[type] : 0;
        const uint64_t all = (uint64_t)count * bytes;
        const size_t at = all <= 4 ? entry + 8 : number(t, entry + 8, 4);

        if (number(t, entry, 2) != tag)
            continue;
        if (all == 0 || at > t->size || all > t->size - at)
            return false;
        *out = (struct tiff_array){at, count, bytes};
        return true;
    }
    return false;
}

uint32_t tiff_element(const struct tiff *t, const struct tiff_array *a, uint32_t index)
{
    return index < a->count ? number(t, a->at + (size_t)index * a->bytes, a->bytes) : 0;
}

size_t tiff_next(const struct tiff *t, size_t directory)
{
    uint32_t count = tiff_entries(t, directory);
    size_t link = directory + 2 + (size_t)count * ENTRY_BYTES;

    if (count == 0 || link > t->size || t->size - link < 4 || number(t, directory, 2) != count)
        return 0;
    return number(t, link, 4);
}
