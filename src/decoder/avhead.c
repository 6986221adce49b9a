/* Where formats say their sides and their length, read before a decoder is asked. */
#include <string.h>

#include "decoder/av.h"
#include "decoder/tiff.h"

#define HEAD_BYTES_MAX 4096u

uint32_t av_get(const uint8_t *p, unsigned bytes, enum av_order order)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint32_t)p[i] << 8 * (order == AV_BIG ? bytes - 1 - i : i);
    return v;
}

/* Both sides as plain numbers at fixed places. */
static const struct fixed {
    enum decode_type type;
    enum av_order order;
    unsigned width_at, height_at, bytes;
} fixed[] = {
    {DECODE_TYPE_TGA, AV_LITTLE, 12, 14, 2}, {DECODE_TYPE_PSD, AV_BIG, 18, 14, 4},
    {DECODE_TYPE_QOI, AV_BIG, 4, 8, 4},      {DECODE_TYPE_DDS, AV_LITTLE, 16, 12, 4},
    {DECODE_TYPE_SGI, AV_BIG, 6, 8, 2},      {DECODE_TYPE_SUN, AV_BIG, 4, 8, 4},
};

static bool fixed_sides(enum decode_type type, const uint8_t *p, size_t size, struct wire_size *out)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        const struct fixed *f = &fixed[i];

        if (f->type != type || size < f->width_at + f->bytes || size < f->height_at + f->bytes)
            continue;
        *out = (struct wire_size){av_get(p + f->width_at, f->bytes, f->order),
                                  av_get(p + f->height_at, f->bytes, f->order)};
        return true;
    }
    return false;
}

/* A negative height says that rows go from the top. */
static bool bmp_sides(const uint8_t *p, size_t size, struct wire_size *out)
{
    uint32_t height;

    if (size < 26)
        return false;
    if (av_get(p + 14, 4, AV_LITTLE) == 12) {
        *out = (struct wire_size){av_get(p + 18, 2, AV_LITTLE), av_get(p + 20, 2, AV_LITTLE)};
        return true;
    }
    height = av_get(p + 22, 4, AV_LITTLE);
    *out = (struct wire_size){av_get(p + 18, 4, AV_LITTLE), height >> 31 ? 0u - height : height};
    return true;
}

static bool pcx_sides(const uint8_t *p, size_t size, struct wire_size *out)
{
    if (size < 12)
        return false;
    *out = (struct wire_size){av_get(p + 8, 2, AV_LITTLE) - av_get(p + 4, 2, AV_LITTLE) + 1,
                              av_get(p + 10, 2, AV_LITTLE) - av_get(p + 6, 2, AV_LITTLE) + 1};
    return true;
}

/* The image header box, or the size marker of a bare codestream. */
static bool jp2_sides(const uint8_t *p, size_t size, struct wire_size *out)
{
    const uint8_t *box;

    if (size > HEAD_BYTES_MAX)
        size = HEAD_BYTES_MAX;
    if (size >= 24 && memcmp(p, "\xff\x4f\xff\x51", 4) == 0) {
        *out = (struct wire_size){av_get(p + 8, 4, AV_BIG) - av_get(p + 16, 4, AV_BIG),
                                  av_get(p + 12, 4, AV_BIG) - av_get(p + 20, 4, AV_BIG)};
        return true;
    }
    box = memmem(p, size, "ihdr", 4);
    if (box == NULL || size - (size_t)(box - p) < 12)
        return false;
    *out = (struct wire_size){av_get(box + 8, 4, AV_BIG), av_get(box + 4, 4, AV_BIG)};
    return true;
}

bool av_text_number(const uint8_t *p, size_t size, size_t *at, uint32_t *out)
{
    uint64_t v = 0;
    size_t begin;

    while (*at < size && (p[*at] == ' ' || (p[*at] >= '\t' && p[*at] <= '\r') || p[*at] == '#')) {
        if (p[(*at)++] != '#')
            continue;
        while (*at < size && p[*at] != '\n')
            (*at)++;
    }
    for (begin = *at; *at < size && p[*at] >= '0' && p[*at] <= '9'; (*at)++)
        v = v > UINT32_MAX ? v : v * 10 + (uint64_t)(p[*at] - '0');
    *out = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    return *at > begin;
}

bool av_word_number(const uint8_t *p, size_t size, const char *word, uint32_t *out)
{
    const uint8_t *found = memmem(p, size, word, strlen(word));
    size_t at;

    if (found == NULL)
        return false;
    at = (size_t)(found - p) + strlen(word);
    return av_text_number(p, size, &at, out);
}

static bool pnm_sides(const uint8_t *p, size_t size, struct wire_size *out)
{
    size_t at = 2;

    if (size > HEAD_BYTES_MAX)
        size = HEAD_BYTES_MAX;
    if (size < 3)
        return false;
    if (p[1] == '7')
        return av_word_number(p, size, "\nWIDTH ", &out->width) &&
               av_word_number(p, size, "\nHEIGHT ", &out->height);
    return av_text_number(p, size, &at, &out->width) && av_text_number(p, size, &at, &out->height);
}

static bool tiff_sides(const struct av_piece *piece, struct wire_size *out)
{
    struct tiff t;

    if (!tiff_begin(&t, piece->bytes, piece->size))
        return false;
    *out = (struct wire_size){tiff_tag(&t, piece->directory, TIFF_TAG_WIDTH),
                              tiff_tag(&t, piece->directory, TIFF_TAG_HEIGHT)};
    return out->width > 0 && out->height > 0;
}

bool av_sides(enum decode_type type, const struct av_piece *piece, struct wire_size *out)
{
    const uint8_t *bytes = piece->bytes;
    const size_t size = piece->size;

    switch (type) {
    case DECODE_TYPE_BMP:
        return bmp_sides(bytes, size, out);
    case DECODE_TYPE_PCX:
        return pcx_sides(bytes, size, out);
    case DECODE_TYPE_JP2:
        return jp2_sides(bytes, size, out);
    case DECODE_TYPE_PNM:
        return pnm_sides(bytes, size, out);
    case DECODE_TYPE_TIFF:
        return tiff_sides(piece, out);
    default:
        return fixed_sides(type, bytes, size, out);
    }
}

/* Runs end with a mark; the last of them may stand before a few bytes of padding. */
static bool bmp_runs_cut(const uint8_t *p, size_t size)
{
    const uint32_t coding = size >= 34 ? av_get(p + 30, 4, AV_LITTLE) : 0;

    if (coding != 1 && coding != 2)
        return false;
    return memmem(p + size - 8, 8, "\0\1", 2) == NULL;
}

static bool sun_cut(const uint8_t *p, size_t size)
{
    uint64_t row, head;

    if (size < 32 || av_get(p + 20, 4, AV_BIG) == 2) /* run lengths */
        return false;
    row = ((uint64_t)av_get(p + 4, 4, AV_BIG) * av_get(p + 12, 4, AV_BIG) + 15) / 16 * 2;
    head = 32 + (uint64_t)av_get(p + 28, 4, AV_BIG);
    return size < head || (size - head) / (row > 0 ? row : 1) < av_get(p + 8, 4, AV_BIG);
}

bool av_cut(enum decode_type type, const uint8_t *bytes, size_t size)
{
    static const uint8_t qoi_end[8] = {0, 0, 0, 0, 0, 0, 0, 1};

    switch (type) {
    case DECODE_TYPE_QOI:
        return memmem(bytes, size, qoi_end, sizeof qoi_end) == NULL;
    case DECODE_TYPE_BMP:
        return bmp_runs_cut(bytes, size);
    case DECODE_TYPE_SUN:
        return sun_cut(bytes, size);
    default:
        return false;
    }
}
