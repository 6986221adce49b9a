/* Whole pictures in the encoder's memory: scaling, grey, covering, and many on one sheet. */
#ifndef DECODER_PIXELS_H
#define DECODER_PIXELS_H

#include "decode/wire.h"

struct pixels {
    uint8_t *bytes; /* rows of channels * size.width; mem_free */
    struct wire_size size;
    unsigned channels; /* 3 RGB, 1 grey */
};

/* Each makes a new picture in *to: WIRE_GOOD or WIRE_MEMORY, which leaves to->bytes NULL. */
enum wire_answer pixels_scaled(const struct pixels *from, struct wire_size size, struct pixels *to);
enum wire_answer pixels_grey(const struct pixels *from, struct pixels *to);
/* A grey picture blurred beyond recognition. */
enum wire_answer pixels_covered(const struct pixels *from, struct pixels *to);

/*
 * The sheet of a view and its tiles (doc/decoder.md, section 6), RGB; tiles are those of the
 * request, one behind the other.
 */
enum wire_answer pixels_sheet(const struct pixels *view, const struct wire_request *request,
                              const unsigned char *tiles, struct pixels *to);
/* The same of small tiles, grey, each covered by itself before it is put down. */
enum wire_answer pixels_strip(const struct pixels *view, const struct wire_request *request,
                              const unsigned char *tiles, struct pixels *to);

#endif
