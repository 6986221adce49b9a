/* Blurs grey pictures until nothing can be recognised. */
#ifndef DECODER_BLUR_H
#define DECODER_BLUR_H

#include <stdint.h>

#include "base/err.h"
#include "decode/wire.h"

/* In place, close to a Gaussian of the given sigma (pixels, more than 0); the edge is continued by
 * its own values. ENOMEM. */
enum assay_err blur_grey(uint8_t *grey, struct wire_size size, double sigma);

#endif
