/* Decodes one picture inside of the calling process: what assay-decode-image does in its sandbox.
 */
#ifndef DECODER_IMAGE_H
#define DECODER_IMAGE_H

#include <stddef.h>

#include "decode/wire.h"

/*
 * bytes    a file; hostile; borrowed
 * limits   side_max and pixels_max are kept before anything is allocated
 * pixels   takes WIRE_PIXELS_BYTES: the view and the tiles of the facets, filled on WIRE_GOOD
 * out      filled on WIRE_GOOD
 */
enum wire_answer image_decode(const unsigned char *bytes, size_t size,
                              const struct decode_limits *limits, unsigned char *pixels,
                              struct wire_picture *out);

#endif
