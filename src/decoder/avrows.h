/* Rows of what libavcodec decoded, in whatever layout, as 8 bits of R G B or R G B A. */
#ifndef DECODER_AVROWS_H
#define DECODER_AVROWS_H

#include <libavutil/frame.h>

#include "decoder/sink.h"

enum avrows_shown {
    AVROWS_AS_DECODED,
    AVROWS_PADDED /* the file was lengthened by grey (128): all grey means that nothing was there */
};

/*
 * The whole frame into the sink, which this begins with the frame's sides and the orientation.
 * Palettes are applied; of samples longer than 8 bits the high byte counts, shorter ones are spread
 * over 0..255; YCbCr becomes RGB by the full-range equations of JFIF; alpha keeps the hidden
 * colours. WIRE_CODING for layouts that are no plain picture (floats, raw sensors, CIE XYZ).
 */
enum wire_answer avrows_feed(const AVFrame *frame, enum avrows_shown shown, uint32_t orientation,
                             struct sink *s);

#endif
