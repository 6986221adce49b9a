/* Fuzzes PNGs whose checksums are always right, so that changed chunks are looked into. */
#include <string.h>

#include <zlib.h>

#include "formats.h"

#define MARK_BYTES 8u
#define HEAD_BYTES 8u /* a chunk's length and name */
#define SUM_BYTES  4u

static size_t be32(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Sets the checksum of every chunk that lies inside of the file. */
static void mend(uint8_t *file, size_t size)
{
    size_t at = MARK_BYTES;

    while (size > at && size - at >= HEAD_BYTES + SUM_BYTES) {
        const size_t length = be32(file + at);
        uint32_t sum;

        if (length > size - at - HEAD_BYTES - SUM_BYTES)
            return;
        sum = (uint32_t)crc32(0, file + at + 4, (uInt)(4 + length));
        at += HEAD_BYTES + length;
        for (unsigned i = 0; i < SUM_BYTES; i++)
            file[at++] = (uint8_t)(sum >> 8 * (3 - i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t *file;

    if (size == 0)
        return 0;
    file = mem_alloc(size);
    memcpy(file, bytes, size);
    mend(file, size);
    try_format(file, size, image_pick);
    mem_free(file);
    return 0;
}
