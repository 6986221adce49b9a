/* Reads orientation and thumbnail out of a TIFF block whose every offset may lie. */
#include "decoder/exif.h"

#include <stdbool.h>
#include <string.h>

#define TAG_ORIENTATION      0x0112u
#define TAG_THUMBNAIL_OFFSET 0x0201u
#define TAG_THUMBNAIL_SIZE   0x0202u
#define TYPE_SHORT           3u
#define TYPE_LONG            4u
#define ENTRY_BYTES          12u

struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big;
};

static uint32_t number(const struct tiff *t, size_t at, unsigned bytes)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)t->bytes[at + i] << 8 * (t->big ? bytes - 1 - i : i);
    return v;
}

/* How many entries of the directory at `at` lie inside the block. */
static uint32_t entries(const struct tiff *t, size_t at)
{
    uint32_t count;

    if (at < 8 || at > t->size || t->size - at < 2)
        return 0;
    count = number(t, at, 2);
    if (count > (t->size - at - 2) / ENTRY_BYTES)
        count = (uint32_t)((t->size - at - 2) / ENTRY_BYTES);
    return count;
}

/* The single number of a tag in the directory at `at`; 0 where it is missing. */
static uint32_t tag(const struct tiff *t, size_t at, uint32_t wanted)
{
    uint32_t count = entries(t, at);

    for (uint32_t i = 0; i < count; i++) {
        size_t entry = at + 2 + (size_t)i * ENTRY_BYTES;
        uint32_t type = number(t, entry + 2, 2);

        if (number(t, entry, 2) != wanted || number(t, entry + 4, 4) != 1)
            continue;
        if (type == TYPE_SHORT)
            return number(t, entry + 8, 2);
        if (type == TYPE_LONG)
            return number(t, entry + 8, 4);
    }
    return 0;
}

/* Where the second directory, which describes the thumbnail, begins; 0 where there is none. */
static size_t second_directory(const struct tiff *t, size_t first)
{
    uint32_t count = entries(t, first);
    size_t link = first + 2 + (size_t)count * ENTRY_BYTES;

    if (count == 0 || link > t->size || t->size - link < 4 || number(t, first, 2) != count)
        return 0;
    return number(t, link, 4);
}

struct exif exif_read(const void *block, size_t size)
{
    struct exif out = {.orientation = 1};
    struct tiff t = {block, size, false};
    size_t first, second;
    uint32_t turn, offset, length;

    if (size < 8)
        return out;
    if (memcmp(t.bytes, "MM\0*", 4) == 0)
        t.big = true;
    else if (memcmp(t.bytes, "II*\0", 4) != 0)
        return out;
    first = number(&t, 4, 4);
    turn = tag(&t, first, TAG_ORIENTATION);
    if (turn >= 1 && turn <= 8)
        out.orientation = turn;
    second = second_directory(&t, first);
    if (second == 0)
        return out;
    offset = tag(&t, second, TAG_THUMBNAIL_OFFSET);
    length = tag(&t, second, TAG_THUMBNAIL_SIZE);
    if (length < 4 || offset > size || length > size - offset)
        return out;
    if (memcmp(t.bytes + offset, "\xff\xd8\xff", 3) == 0) {
        out.thumbnail = t.bytes + offset;
        out.thumbnail_size = length;
    }
    return out;
}

struct exif exif_read_marked(const void *block, size_t size)
{
    const uint8_t *bytes = block;

    if (size >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0)
        return exif_read(bytes + 6, size - 6);
    return exif_read(bytes, size);
}
