/* Scales a picture down row by row, each new pixel the exact average of the area it covers. */
#ifndef DECODER_SCALE_H
#define DECODER_SCALE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/wire.h"

struct scale;

/*
 * from and to are sides in pixels, 1..65535; to is not larger than from. channels is 1 or 3. out
 * takes to.width * to.height * channels bytes, borrowed until scale_free. Memory: about 8 bytes a
 * sample of one row. ENOMEM.
 */
enum assay_err scale_new(struct wire_size from, struct wire_size to, unsigned channels,
                         uint8_t *out, struct scale **s);

/* The next rows from the top, rows of from.width * channels bytes. */
void scale_rows(struct scale *s, const uint8_t *rows, size_t stride, uint32_t count);

void scale_free(struct scale *s); /* NULL is fine */

#endif
