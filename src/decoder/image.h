/* Decodes one picture inside of the calling process: what the decoding children do in their
 * sandbox.
 */
#ifndef DECODER_IMAGE_H
#define DECODER_IMAGE_H

#include <stddef.h>

#include "decoder/child.h"
#include "decoder/child_hash.h"
#include "decoder/formats.h"

/*
 * bytes    a file; hostile; borrowed
 * limits   side_max and pixels_max are kept before anything is allocated
 * pick     the decoders of this program; WIRE_TYPE for a type without one
 * pixels   takes WIRE_PIXELS_BYTES: the view and the tiles of the facets, filled on WIRE_GOOD
 * out      filled on WIRE_GOOD
 */
enum wire_answer image_decode(const unsigned char *bytes, size_t size,
                              const struct decode_limits *limits, format_pick pick,
                              unsigned char *pixels, struct wire_picture *out);

/* The work of a decoding child that decodes what pick names. */
enum wire_answer image_work(struct child *c, format_pick pick);

/* The same picture's hashes alone, of its rows as they are decoded; its further pictures are only
 * counted, unless they are wanted. out is zero but for the places of its frames, and filled on
 * WIRE_GOOD. */
enum wire_answer image_hash(const struct child_file *file, format_pick pick,
                            struct hash_picture *out);

#endif
