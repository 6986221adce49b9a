/* Whether a file's thumbnail shows another picture than the file does. */
#ifndef DECODER_THUMBNAIL_H
#define DECODER_THUMBNAIL_H

#include "decoder/sink.h"

/*
 * thumbnail   a SINK_THUMBNAIL that is finished
 * s           the main picture's sink, closed: s->made has its hashes
 *
 * FACETS_KNOWN: it shows the same. Else DECODE_THUMBNAIL_DIFFERS is set and the thumbnail becomes a
 * facet of a SINK_PICTURE, as far as there is room, and its hash a second chance of a SINK_HASH.
 */
enum facets_verdict thumbnail_take(const struct sink *thumbnail, struct sink *s);

#endif
