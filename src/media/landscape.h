/* Draws made-up landscapes: the benign pictures of the tests, the training and the demo. */
#ifndef MEDIA_LANDSCAPE_H
#define MEDIA_LANDSCAPE_H

#include <stdint.h>

#define LANDSCAPE_SIDE_MAX 16384u

/*
 * A landscape of width x height pixels (each 1 .. LANDSCAPE_SIDE_MAX) into rgb, rows of 3 * width
 * bytes. The same seed gives the same scene at every size of one shape, and the same bytes on one
 * machine; different seeds give other times of day, weathers, mountains, waters and meadows.
 */
void landscape_draw(uint64_t seed, uint32_t width, uint32_t height, uint8_t *rgb);

/* A few words such as "golden evening, lake" that go with the seed; static parts, out holds 64. */
void landscape_title(uint64_t seed, char *out);

#endif
