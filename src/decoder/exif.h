/* The two things of EXIF that matter here: how the picture is turned, and its thumbnail. */
#ifndef DECODER_EXIF_H
#define DECODER_EXIF_H

#include <stddef.h>
#include <stdint.h>

struct exif {
    uint32_t orientation;     /* 1..8; 1 where it is not said or makes no sense */
    const uint8_t *thumbnail; /* a JPEG by its first bytes, inside of the given block; or NULL */
    size_t thumbnail_size;
};

/*
 * A TIFF block as it stands in JPEG's APP1 behind "Exif\0\0", PNG's eXIf or WebP's EXIF chunk
 * (Exif 2.32, sections 4.5 and 4.6). Borrowed. Never fails: what cannot be read is not there.
 */
struct exif exif_read(const void *block, size_t size);

/* The same for a block that may begin with "Exif\0\0", as some writers of WebP and PNG do. */
struct exif exif_read_marked(const void *block, size_t size);

#endif
