/* Draws made-up landscapes: the benign pictures of the tests, the training and the demo. */
#ifndef MEDIA_LANDSCAPE_H
#define MEDIA_LANDSCAPE_H

#include <stdbool.h>
#include <stdint.h>

#define LANDSCAPE_SIDE_MAX 16384u

/*
 * A landscape of width x height pixels (each 1 .. LANDSCAPE_SIDE_MAX) into rgb, rows of 3 * width
 * bytes. The same seed gives the same scene at every size of one shape, and the same bytes on one
 * machine; different seeds give other times of day, weathers, mountains, waters and meadows.
 */
void landscape_draw(uint64_t seed, uint32_t width, uint32_t height, uint8_t *rgb);

enum landscape_kind {
    LANDSCAPE_LAKE,
    LANDSCAPE_SHORE,
    LANDSCAPE_MEADOW,
    LANDSCAPE_DUNES,
    LANDSCAPE_SNOW,
    LANDSCAPE_TOWN,
    LANDSCAPE_WOOD,
    LANDSCAPE_CLOUDS,
    LANDSCAPE_KINDS
};
enum landscape_mood {
    LANDSCAPE_DAWN,
    LANDSCAPE_NOON,
    LANDSCAPE_GOLDEN,
    LANDSCAPE_DUSK,
    LANDSCAPE_NIGHT,
    LANDSCAPE_OVERCAST,
    LANDSCAPE_MOODS
};

/* What a seed's scene shows, so that grades can be made up that fit it. */
struct landscape_facts {
    enum landscape_kind kind;
    enum landscape_mood mood;
    bool high, autumn, drawn; /* high: mountains, not hills; drawn: few tones, as by a brush */
    char title[64];           /* a few words such as "golden evening, lake" */
};
void landscape_describe(uint64_t seed, struct landscape_facts *out);

#endif
