/* Where decoded rows go: into the hash, the scaled view and, for turned pictures, memory. */
#ifndef DECODER_SINK_H
#define DECODER_SINK_H

#include "decode/wire.h"

enum sink_use {
    SINK_PICTURE,  /* hashed and scaled */
    SINK_THUMBNAIL /* small; kept whole and nothing else */
};

/* Set use, limits and (for a picture) view before the decoder is called; the rest is the sink's. */
struct sink {
    enum sink_use use;
    const struct decode_limits *limits;
    uint8_t *view; /* WIRE_VIEW_BYTES; NULL for a thumbnail */

    uint32_t width, height, rows; /* rows: taken so far */
    uint32_t orientation;
    uint32_t frames, flags;             /* set by the decoders: enum decode_flag */
    uint8_t *whole;                     /* the stored picture, where it is needed whole; or NULL */
    uint64_t weight, sum[3], square[3]; /* of what transparency hides */
    struct assay_pdq_stream *pdq;
    struct scale *scale;
};

/*
 * The decoder has read the header: check the limits, then make room. A picture with an EXIF turn is
 * kept whole too, if there is memory for that; without it the turned hash is left out.
 */
enum wire_answer sink_begin(struct sink *s, uint32_t width, uint32_t height, uint32_t orientation);

/* The next rows from the top, R G B. */
enum wire_answer sink_rgb(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count);

/* The same as R G B A; alpha is dropped after a look at what it hides. scratch takes 3 * width
 * bytes. */
enum wire_answer sink_rgba(struct sink *s, const uint8_t *rows, size_t stride, uint32_t count,
                           uint8_t *scratch);

/*
 * No more rows will come. Missing ones become grey and the picture damaged; WIRE_BROKEN when none
 * came at all. For a picture out is filled: all but type and the flags that the sink cannot know.
 */
enum wire_answer sink_finish(struct sink *s, struct wire_picture *out);

void sink_free(struct sink *s);

#endif
