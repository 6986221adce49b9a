/* The canvas of an animation: each frame changes a part of it, and is then taken away or kept. */
#ifndef DECODER_CANVAS_H
#define DECODER_CANVAS_H

#include "decode/wire.h"

/* What becomes of a frame's part before the next frame comes. */
enum canvas_after { CANVAS_KEEP, CANVAS_CLEAR, CANVAS_RESTORE };
enum canvas_blend { CANVAS_REPLACE, CANVAS_OVER };

struct canvas_frame {
    uint32_t x, y;
    struct wire_size size;
    const uint8_t *rgba; /* rows of 4 * size.width bytes, alpha not multiplied in */
    enum canvas_blend blend;
    enum canvas_after after;
};

/* Only rgba is for others: the whole canvas after the latest canvas_put, rows of 4 * size.width
 * bytes. */
struct canvas {
    struct wire_size size;
    uint8_t *rgba;
    uint8_t *before; /* the canvas under a frame that is to be taken away again; or NULL */
    struct canvas_frame last;
    bool has_last;
};

/* Transparent black all over. WIRE_MEMORY. canvas_free in any case. */
enum wire_answer canvas_begin(struct canvas *c, struct wire_size size);

/* Do with the last frame what it said, then put this one on. WIRE_BROKEN: it does not lie inside;
 * WIRE_MEMORY; in both cases nothing has changed but the last frame's part. */
enum wire_answer canvas_put(struct canvas *c, const struct canvas_frame *f);

void canvas_free(struct canvas *c);

#endif
