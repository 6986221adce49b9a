/* The chunks of a PNG file, for those that read its pixels and those that read its frames. */
#ifndef DECODER_PNG_CHUNKS_H
#define DECODER_PNG_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PNG_SIGNATURE       "\x89PNG\r\n\x1a\n"
#define PNG_SIGNATURE_BYTES 8u
#define PNG_CHUNK_AROUND    12u /* length, name and checksum */
#define PNG_IHDR_BYTES      13u

/* A chunk of the file; size is what is there of it, cut is true when that is less than it says. */
struct png_chunk {
    const uint8_t *start, *data;
    uint32_t size;
    size_t whole; /* bytes from start that are there, length and checksum included */
    bool cut;
};

static inline uint32_t png_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline bool png_is(const struct png_chunk *c, const char *name)
{
    return memcmp(c->start + 4, name, 4) == 0;
}

/* The chunk at `at`; false when not even its head is there. */
bool png_chunk_at(const uint8_t *bytes, size_t size, size_t at, struct png_chunk *c);

#endif
