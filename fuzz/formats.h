/* What the fuzz targets of the decoders share: one try as a decoding child would make it. */
#ifndef FUZZ_FORMATS_H
#define FUZZ_FORMATS_H

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decode/picture.h"
#include "decoder/image.h"
#include "fuzz.h"

/* Asserts that the parent would take the answers. Reports inside of the system's libraries are
 * theirs; the sandbox is there for those. */
static inline void try_format(const uint8_t *bytes, size_t size, format_pick pick)
{
    struct decode_limits limits = decode_limits_default;
    unsigned char *pixels = mem_alloc(WIRE_PIXELS_BYTES);
    struct child_file file = {.bytes = bytes, .size = size, .limits = &limits};
    struct decode_frame frames[DECODE_HASH_FRAMES_MAX];
    struct hash_picture h = {.chances = {.frames = frames}};
    struct wire_picture p;
    enum wire_answer answer;

    limits.pixels_max = 1u << 18; /* so that each try is short */
    answer = image_decode(bytes, size, &limits, pick, pixels, &p);
    if (answer == WIRE_GOOD)
        assert(picture_check(&p, decode_sniff(bytes, size), &limits, NULL) == ASSAY_OK);
    mem_free(pixels);
    /* The hashes alone are the same, unless a near one is asked for. */
    file.wants = DECODE_HASH_PDQ;
    if (image_hash(&file, pick, &h) == WIRE_GOOD) {
        assert(hash_picture_check(&h, decode_sniff(bytes, size), &limits, file.wants, NULL) ==
               ASSAY_OK);
        assert(answer != WIRE_GOOD || memcmp(&h.pdq, &p.pdq, sizeof h.pdq) == 0);
    }
    file.wants = DECODE_HASH_WANTS;
    if (image_hash(&file, pick, &h) == WIRE_GOOD)
        assert(hash_picture_check(&h, decode_sniff(bytes, size), &limits, file.wants, NULL) ==
               ASSAY_OK);
}

#endif
