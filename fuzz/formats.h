/* What the fuzz targets of the decoders share: one try as a decoding child would make it. */
#ifndef FUZZ_FORMATS_H
#define FUZZ_FORMATS_H

#include <assert.h>

#include "base/mem.h"
#include "decode/picture.h"
#include "decoder/image.h"
#include "fuzz.h"

/* Asserts that the parent would take the answer. Reports inside of the system's libraries are
 * theirs; the sandbox is there for those. */
static inline void try_format(const uint8_t *bytes, size_t size, format_pick pick)
{
    struct decode_limits limits = decode_limits_default;
    unsigned char *pixels = mem_alloc(WIRE_PIXELS_BYTES);
    struct wire_picture p;
    enum wire_answer answer;

    limits.pixels_max = 1u << 18; /* so that each try is short */
    answer = image_decode(bytes, size, &limits, pick, pixels, &p);
    if (answer == WIRE_GOOD)
        assert(picture_check(&p, decode_sniff(bytes, size), &limits, NULL) == ASSAY_OK);
    mem_free(pixels);
}

#endif
