/* The frames of an animated PNG behind its first picture. */
#ifndef DECODER_APNG_H
#define DECODER_APNG_H

#include "decoder/sink.h"

/* bytes are a whole PNG file whose main picture has gone into the sink; its further frames are
 * composed and offered (W3C PNG, third edition, sections 11.3.6 and 13). Frame 0 is the main
 * picture, whether or not it is part of the animation. */
void apng_frames(const uint8_t *bytes, size_t size, struct sink *s);

#endif
