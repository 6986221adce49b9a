/* Walks the boxes that HEIF, JPEG 2000 and JPEG XL files are made of. */
#include "decoder/formats.h"

#include <string.h>

static uint64_t be(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

size_t format_boxes_end(const uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (size - at >= 8) {
        const uint8_t *p = bytes + at;
        uint64_t length = be(p, 4);

        for (unsigned i = 4; i < 8; i++)
            if (p[i] < ' ' || p[i] > '~')
                return at;
        if (length == 1 && size - at >= 16)
            length = be(p + 8, 8);
        if (length < 8 || length > size - at) /* to the end, or beyond it */
            return size;
        at += (size_t)length;
    }
    return at;
}

/* What lies in the first box of that name, in `bytes` alone; NULL when there is none. Boxes of more
 * than 4 GB and such as go on to the end have none of these names. */
static const uint8_t *find_box(const uint8_t *bytes, size_t size, const char *name, size_t *inside)
{
    size_t at = 0;

    while (size - at >= 8) {
        const uint64_t length = be(bytes + at, 4);

        if (length < 8 || length > size - at)
            return NULL;
        if (memcmp(bytes + at + 4, name, 4) == 0) {
            *inside = (size_t)length - 8;
            return bytes + at + 8;
        }
        at += (size_t)length;
    }
    return NULL;
}

bool format_film_ms(const uint8_t *bytes, size_t size, uint64_t *out)
{
    size_t inside = 0;
    const uint8_t *p = find_box(bytes, size, "moov", &inside);
    uint64_t ticks, per_second, none;

    if (p == NULL || (p = find_box(p, inside, "mvhd", &inside)) == NULL || inside < 32)
        return false;
    if (p[0] == 0) { /* version; dates of 4 bytes, then ticks a second and ticks */
        per_second = be(p + 12, 4);
        ticks = be(p + 16, 4);
        none = UINT32_MAX;
    } else {
        per_second = be(p + 20, 4);
        ticks = be(p + 24, 8);
        none = UINT64_MAX;
    }
    if (per_second == 0 || ticks == none || ticks > UINT64_MAX / 2000)
        return false;
    *out = (ticks * 1000 + per_second / 2) / per_second;
    return true;
}
