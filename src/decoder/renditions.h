/* Makes the JPEG renditions of a view and its tiles: what assay-encode does in its sandbox. */
#ifndef DECODER_RENDITIONS_H
#define DECODER_RENDITIONS_H

#include <stddef.h>

#include "decode/wire.h"

/*
 * rgb      the view and behind it each tile, rows of 3 * width bytes; borrowed
 * request  their sides
 * out      takes up to capacity bytes of JPEG, one rendition behind the other
 * list     DECODE_RENDITION_COUNT entries, filled on WIRE_GOOD; zero: not made
 */
enum wire_answer renditions_make(const unsigned char *rgb, const struct wire_request *request,
                                 unsigned char *out, size_t capacity, struct wire_rendition *list);

#endif
