/* The published picture whose hashes are answered `test`: a landscape drawn by whole numbers. */
#ifndef MATCH_TEST_PICTURE_H
#define MATCH_TEST_PICTURE_H

#include <stdint.h>

#include "base/buf.h"

#define TEST_PICTURE_WIDTH  160
#define TEST_PICTURE_HEIGHT 120
#define TEST_PICTURE_BYTES  57788

/* A PNG of TEST_PICTURE_BYTES, the same on every machine; doc/matching.md has its hashes. */
void test_picture(struct buf *png);
/* Its pixels: rows of R, G, B, nothing between them. */
void test_picture_pixels(uint8_t *rgb);

#endif
