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

#define TIFF_TAG_PHOTOMETRIC   0x0106u
#define TIFF_TAG_STRIP_OFFSETS 0x0111u
#define TIFF_TAG_SAMPLES       0x0115u
#define TIFF_TAG_ROWS          0x0116u
#define TIFF_TAG_STRIP_LENGTHS 0x0117u
#define TIFF_TAG_PLANES        0x011cu
#define TIFF_TAG_TILE_HEIGHT   0x0143u
#define TIFF_TAG_TILE_OFFSETS  0x0144u
#define TIFF_TAG_TILE_LENGTHS  0x0145u
#define TIFF_TAG_JPEG_TABLES   0x015bu

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

/* The values of a tag: count of them, 1, 2 or 4 bytes each, all of them inside of the block. */
struct tiff_array {
    size_t at;
    uint32_t count, bytes;
};

/* False, and out is as before, where the tag is missing, of another type or not inside. */
bool tiff_array(const struct tiff *t, size_t directory, uint32_t tag, struct tiff_array *out);

/* One of them; 0 beyond their count. */
uint32_t tiff_element(const struct tiff *t, const struct tiff_array *a, uint32_t index);

#endif
