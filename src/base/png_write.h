/* PNG files without compression: the same bytes on every machine. */
#ifndef BASE_PNG_WRITE_H
#define BASE_PNG_WRITE_H

#include <stdint.h>

#include "base/buf.h"

/* A whole file appended to out: rows of R, G, B with nothing between them, width and height 1 to
 * 4096. Takes a little more than 3 bytes a pixel. */
void png_write(struct buf *out, const uint8_t *rgb, uint32_t width, uint32_t height);

#endif
