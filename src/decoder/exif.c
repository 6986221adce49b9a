/* Reads orientation and thumbnail out of a TIFF block whose every offset may lie. */
#include "decoder/exif.h"

#include <string.h>

#include "decoder/tiff.h"

#define TAG_THUMBNAIL_OFFSET 0x0201u
#define TAG_THUMBNAIL_SIZE   0x0202u

struct exif exif_read(const void *block, size_t size)
{
    struct exif out = {.orientation = 1};
    struct tiff t;
    size_t first, second;
    uint32_t turn, offset, length;

    if (!tiff_begin(&t, block, size))
        return out;
    first = tiff_first(&t);
    turn = tiff_tag(&t, first, TIFF_TAG_ORIENTATION);
    if (turn >= 1 && turn <= 8)
        out.orientation = turn;
    /* The second directory describes the thumbnail. */
    second = tiff_next(&t, first);
    if (second == 0)
        return out;
    offset = tiff_tag(&t, second, TAG_THUMBNAIL_OFFSET);
    length = tiff_tag(&t, second, TAG_THUMBNAIL_SIZE);
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
