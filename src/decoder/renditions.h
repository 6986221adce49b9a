/* Makes the JPEG renditions of a view: what assay-encode does in its sandbox. */
#ifndef DECODER_RENDITIONS_H
#define DECODER_RENDITIONS_H

#include <stddef.h>

#include "decode/wire.h"

/*
 * rgb      the view, rows of 3 * view.width bytes; sides 1..DECODE_FULL_SIDE; borrowed
 * out      takes up to capacity bytes of JPEG, one rendition behind the other
 * list     DECODE_RENDITION_COUNT entries, filled on WIRE_GOOD
 */
enum wire_answer renditions_make(const unsigned char *rgb, struct wire_size view,
                                 unsigned char *out, size_t capacity, struct wire_rendition *list);

#endif
