/* Turns pictures upright as EXIF orientation says. */
#ifndef DECODER_TURN_H
#define DECODER_TURN_H

#include <stddef.h>
#include <stdint.h>

#define TURN_ROWS 16 /* rows at a time: a column's walk then uses whole cache lines */

struct turn {
    const uint8_t *rgb; /* the stored picture, rows of 3 * width bytes; borrowed */
    uint32_t width, height;
    uint32_t orientation; /* 1..8 */
};

/* Rows first .. first + count - 1 of the turned picture into out, one behind the other; count is at
 * most TURN_ROWS. */
void turn_rows(const struct turn *t, uint32_t first, uint32_t count, uint8_t *out);

#endif
