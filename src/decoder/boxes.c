/* Walks the boxes that HEIF, JPEG 2000 and JPEG XL files are made of. */
#include "decoder/formats.h"

size_t format_boxes_end(const uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (size - at >= 8) {
        const uint8_t *p = bytes + at;
        uint64_t length = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];

        for (unsigned i = 4; i < 8; i++)
            if (p[i] < ' ' || p[i] > '~')
                return at;
        if (length == 1 && size - at >= 16) {
            length = 0;
            for (unsigned i = 8; i < 16; i++)
                length = length << 8 | p[i];
        }
        if (length < 8 || length > size - at) /* to the end, or beyond it */
            return size;
        at += (size_t)length;
    }
    return at;
}
