/* TIFF page by page: its directories are walked here, each page is decoded by libavcodec. */
#include <string.h>

#include "decoder/av.h"
#include "decoder/tiff.h"

#define CODING_JPEG 7u

/* Of other codings, and of tiles, libavcodec makes a black picture and says nothing. */
static bool coding_known(const struct tiff *t, size_t directory)
{
    static const uint32_t known[] = {0, 1, 2, 3, 4, 5, 8, 32773, 32946, 34925};
    const uint32_t coding = tiff_tag(t, directory, TIFF_TAG_CODING);

    if (tiff_tag(t, directory, TIFF_TAG_TILE_WIDTH) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == coding)
            return true;
    return false;
}

static enum wire_answer decode_page(const struct tiff *t, struct av_piece *piece, struct sink *s,
                                    struct found *f)
{
    if (tiff_tag(t, piece->directory, TIFF_TAG_CODING) == CODING_JPEG)
        return tiff_jpeg(t, piece->directory, s, f->exif.orientation);
    if (!coding_known(t, piece->directory))
        return WIRE_CODING;
    return av_still(piece, DECODE_TYPE_TIFF, s, f);
}

/* How many directories there are; a chain that comes back to itself ends there (Brent's method). */
static uint32_t count_pages(const struct tiff *t)
{
    uint32_t count = 0, power = 1, steps = 0;
    size_t at = tiff_first(t), kept = 0;

    while (at != 0 && at != kept && tiff_entries(t, at) > 0 && count < FORMATS_FRAMES_MAX) {
        count++;
        if (++steps == power) {
            kept = at;
            power *= 2;
            steps = 0;
        }
        at = tiff_next(t, at);
    }
    return count;
}

static uint32_t turn_of(const struct tiff *t, size_t directory)
{
    const uint32_t turn = tiff_tag(t, directory, TIFF_TAG_ORIENTATION);

    return turn >= 1 && turn <= 8 ? turn : 1;
}

static void more_pages(const struct tiff *t, struct av_piece *piece, struct sink *s)
{
    for (uint32_t index = 1; index < s->frames; index++) {
        struct found f = {0};
        struct sink page;
        enum wire_answer answer;

        piece->directory = tiff_next(t, piece->directory);
        piece->grey = 0;
        if (piece->directory == 0 || !sink_page(s, &page, DECODE_FACET_FRAME))
            return;
        f.exif.orientation = turn_of(t, piece->directory);
        answer = decode_page(t, piece, &page, &f);
        (void)sink_page_end(s, &page, answer, DECODE_FACET_FRAME, index);
        if (answer == WIRE_PIXELS)
            return; /* no room for more */
    }
}

enum wire_answer tiff_decode(const uint8_t *bytes, size_t size, struct sink *s, struct found *f)
{
    struct av_piece piece = {.decoder = "tiff", .bytes = bytes, .size = size};
    enum wire_answer answer;
    struct tiff t;

    f->exif = (struct exif){.orientation = 1};
    if (!tiff_begin(&t, bytes, size))
        return WIRE_CODING; /* of 64-bit offsets */
    piece.directory = tiff_first(&t);
    s->frames = count_pages(&t);
    if (s->frames == 0)
        return WIRE_BROKEN;
    if (s->frames > 1)
        s->flags |= DECODE_ANIMATED;
    f->exif.orientation = turn_of(&t, piece.directory);
    answer = decode_page(&t, &piece, s, f);
    if (answer == WIRE_GOOD && s->frames > 1)
        more_pages(&t, &piece, s);
    av_piece_free(&piece);
    return answer;
}
