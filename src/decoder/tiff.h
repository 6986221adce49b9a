/* Walks the directories of a TIFF block, of which every number may lie. */
#ifndef DECODER_TIFF_H
#define DECODER_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIFF_TAG_WIDTH       0x0100u
#define TIFF_TAG_HEIGHT      0x0101u
#define TIFF_TAG_CODING      0x0103u
#define TIFF_TAG_ORIENTATION 0x0112u
#define TIFF_TAG_TILE_WIDTH  0x0142u

struct tiff {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    bool big; /* most significant byte first */
};

/* False when the block does not begin as a TIFF of 32-bit offsets does. */
bool tiff_begin(struct tiff *t, const void *block, size_t size);

/* Where the first directory should lie, and the one behind `directory`; 0: there is none. The value
 * may point anywhere: every function here takes it all the same. */
size_t tiff_first(const struct tiff *t);
size_t tiff_next(const struct tiff *t, size_t directory);

/* How many entries of the directory lie inside of the block. */
uint32_t tiff_entries(const struct tiff *t, size_t directory);

/* The single number, short or long, of a tag in a directory; 0 where it is missing. */
uint32_t tiff_tag(const struct tiff *t, size_t directory, uint32_t tag);

#endif
