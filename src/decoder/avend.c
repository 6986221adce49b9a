/* Where a picture of each format ends, so that what was put behind it is found. */
#include <string.h>

#include "decoder/av.h"

/* Sums may lie beyond the file; a size_t of 64 bits holds every product of three 16-bit numbers and
 * each of two 32-bit ones, and what is beyond the file is cut. */
static size_t within(uint64_t end, size_t size)
{
    return end < size ? (size_t)end : size;
}

/* Rows without runs follow from the sides; runs have their length in the head. A colour profile may
 * lie behind either. */
static size_t bmp_end(const uint8_t *p, size_t size)
{
    uint64_t width, height, bits, end, profile;
    struct wire_size sides;
    const struct av_piece piece = {.bytes = p, .size = size};
    uint32_t head;

    if (size < 38 || !av_sides(DECODE_TYPE_BMP, &piece, &sides))
        return 0;
    head = av_get(p + 14, 4, AV_LITTLE);
    bits = av_get(p + (head == 12 ? 24 : 28), 2, AV_LITTLE);
    width = sides.width;
    height = sides.height;
    end = av_get(p + 10, 4, AV_LITTLE);
    if (head > 12 && (av_get(p + 30, 4, AV_LITTLE) == 1 || av_get(p + 30, 4, AV_LITTLE) == 2)) {
        if (av_get(p + 34, 4, AV_LITTLE) == 0)
            return 0;
        end += av_get(p + 34, 4, AV_LITTLE);
    } else {
        end += (width * bits + 31) / 32 * 4 * height;
    }
    if (head == 124 && size >= 138) {
        profile = 14 + (uint64_t)av_get(p + 126, 4, AV_LITTLE) + av_get(p + 130, 4, AV_LITTLE);
        end = profile > end ? profile : end;
    }
    return within(end, size);
}

/* Behind as many numbers in words, or digits of P1, which need no space between them; and behind
 * the space after the last. */
static size_t words_end(const uint8_t *p, size_t size, size_t at, uint64_t count)
{
    uint32_t ignored;

    while (count > 0 && at < size) {
        if (p[1] != '1') {
            if (!av_text_number(p, size, &at, &ignored))
                return size;
            count--;
        } else if (p[at] == '#') {
            while (at < size && p[at] != '\n')
                at++;
        } else {
            count -= p[at] == '0' || p[at] == '1';
            at++;
        }
    }
    while (at < size && (p[at] == ' ' || (p[at] >= '\t' && p[at] <= '\r')))
        at++;
    return at;
}

static size_t pnm_end(const uint8_t *p, size_t size)
{
    uint32_t width, height, most = 1, depth = p[1] == '6' ? 3 : 1;
    size_t at = 2;
    const uint8_t *mark;

    if (p[1] == '7') {
        mark = memmem(p, size, "ENDHDR\n", 7);
        if (mark == NULL || !av_word_number(p, (size_t)(mark - p), "\nWIDTH ", &width) ||
            !av_word_number(p, (size_t)(mark - p), "\nHEIGHT ", &height) ||
            !av_word_number(p, (size_t)(mark - p), "\nDEPTH ", &depth) ||
            !av_word_number(p, (size_t)(mark - p), "\nMAXVAL ", &most))
            return 0;
        at = (size_t)(mark - p) + 6;
    } else if (!av_text_number(p, size, &at, &width) || !av_text_number(p, size, &at, &height) ||
               (p[1] != '1' && p[1] != '4' && !av_text_number(p, size, &at, &most))) {
        return 0;
    }
    if (width > UINT16_MAX || height > UINT16_MAX || depth > UINT16_MAX)
        return size;
    if (p[1] < '4')
        return words_end(p, size, at, (uint64_t)width * height * (p[1] == '3' ? 3 : 1));
    at++; /* one space */
    if (p[1] == '4')
        return within(at + ((uint64_t)width + 7) / 8 * height, size);
    return within(at + (uint64_t)width * height * depth * (most > 255 ? 2 : 1), size);
}

/* Its codes are walked until they made all pixels; eight bytes end it. */
static size_t qoi_end(const uint8_t *p, size_t size)
{
    const uint64_t pixels = (uint64_t)av_get(p + 4, 4, AV_BIG) * av_get(p + 8, 4, AV_BIG);
    size_t at = 14;

    for (uint64_t have = 0; have < pixels && at < size; have++) {
        const uint8_t code = p[at];

        if (code >= 0xfe)
            at += code == 0xfe ? 4 : 5;
        else if (code >> 6 == 3)
            have += code & 63u;
        at += code >= 0xfe ? 0 : (code >> 6 == 2 ? 2 : 1);
    }
    return within((uint64_t)at + 8, size);
}

/* Behind runs or plain pixels; of the newer kind the file itself says where it ends. */
static size_t tga_end(const uint8_t *p, size_t size)
{
    static const char mark[] = "TRUEVISION-XFILE."; /* its NUL belongs to it */
    const uint8_t *footer = memmem(p, size, mark, sizeof mark);
    uint64_t pixels, bytes, at;

    if (footer != NULL)
        return (size_t)(footer - p) + sizeof mark;
    if (size < 18)
        return 0;
    pixels = (uint64_t)av_get(p + 12, 2, AV_LITTLE) * av_get(p + 14, 2, AV_LITTLE);
    bytes = (p[16] + 7u) / 8;
    at = 18u + p[0];
    if (p[1] != 0)
        at += (uint64_t)av_get(p + 5, 2, AV_LITTLE) * ((p[7] + 7u) / 8);
    if ((p[2] & 8) == 0)
        return within(at + pixels * bytes, size);
    while (pixels > 0 && at < size) {
        const uint64_t count = (p[at] & 127u) + 1u;

        at += 1 + ((p[at] & 128) != 0 ? bytes : count * bytes);
        pixels -= count < pixels ? count : pixels;
    }
    return within(at, size);
}

static size_t sgi_end(const uint8_t *p, size_t size)
{
    const uint64_t dimension = av_get(p + 4, 2, AV_BIG);
    const uint64_t rows = (dimension > 1 ? av_get(p + 8, 2, AV_BIG) : 1) *
                          (uint64_t)(dimension > 2 ? av_get(p + 10, 2, AV_BIG) : 1);
    uint64_t end = 512 + 8 * rows;

    if (p[2] == 0)
        return within(512 + rows * av_get(p + 6, 2, AV_BIG) * p[3], size);
    if (end > size)
        return size;
    for (uint64_t i = 0; i < rows; i++) {
        const uint64_t row = (uint64_t)av_get(p + 512 + 4 * i, 4, AV_BIG) +
                             av_get(p + 512 + 4 * (rows + i), 4, AV_BIG);

        end = row > end ? row : end;
    }
    return within(end, size);
}

static size_t sun_end(const uint8_t *p, size_t size)
{
    const uint64_t head = 32 + (uint64_t)av_get(p + 28, 4, AV_BIG);
    const uint64_t row = ((uint64_t)av_get(p + 4, 4, AV_BIG) * av_get(p + 12, 4, AV_BIG) + 15) / 16;

    if (av_get(p + 20, 4, AV_BIG) == 2) /* run lengths */
        return av_get(p + 16, 4, AV_BIG) == 0 ? 0 : within(head + av_get(p + 16, 4, AV_BIG), size);
    return row > UINT32_MAX ? size : within(head + row * 2 * av_get(p + 8, 4, AV_BIG), size);
}

/* Three sections, then the merged picture: plain, or runs with their lengths before them. */
static size_t psd_end(const uint8_t *p, size_t size)
{
    const uint64_t channels = av_get(p + 12, 2, AV_BIG), height = av_get(p + 14, 4, AV_BIG);
    const uint64_t width = av_get(p + 18, 4, AV_BIG), bits = av_get(p + 22, 2, AV_BIG);
    uint64_t at = 26, end, rows;

    for (unsigned i = 0; i < 3; i++) {
        if (at > size || size - at < 4)
            return size;
        at += 4 + (uint64_t)av_get(p + at, 4, AV_BIG);
    }
    if (at > size || size - at < 2 || height > UINT16_MAX || width > UINT16_MAX)
        return size;
    rows = channels * height;
    end = at + 2;
    switch (av_get(p + at, 2, AV_BIG)) {
    case 0:
        return within(end + (width * bits + 7) / 8 * rows, size);
    case 1:
        at = end;
        end += 2 * rows;
        if (end > size)
            return size;
        for (uint64_t i = 0; i < rows; i++)
            end += av_get(p + at + 2 * i, 2, AV_BIG);
        return within(end, size);
    default:
        return 0;
    }
}

/* Markers with their lengths, then tile parts with theirs, then the end mark. */
static size_t codestream_end(const uint8_t *p, size_t size)
{
    size_t at = 2;

    while (size - at >= 12) {
        const uint32_t mark = av_get(p + at, 2, AV_BIG);
        const uint32_t length =
            mark == 0xff90 ? av_get(p + at + 6, 4, AV_BIG) : 2 + av_get(p + at + 2, 2, AV_BIG);

        if (mark == 0xffd9)
            return at + 2;
        if (mark >> 8 != 0xff || length < 4)
            return 0;
        if (length > size - at)
            return size;
        at += length;
    }
    return size - at >= 2 && av_get(p + at, 2, AV_BIG) == 0xffd9 ? at + 2 : size;
}

/* A codestream in a box without a length reaches as far as it says itself. */
static size_t jp2_end(const uint8_t *p, size_t size)
{
    const size_t end = format_boxes_end(p, size);
    const uint8_t *open;
    size_t inner;

    if (memcmp(p, "\xff\x4f\xff\x51", 4) == 0)
        return codestream_end(p, size);
    open = memmem(p, size, "\0\0\0\0jp2c\xff\x4f\xff\x51", 12);
    if (end < size || open == NULL)
        return end;
    open += 8;
    inner = codestream_end(open, size - (size_t)(open - p));
    return inner == 0 ? 0 : (size_t)(open - p) + inner;
}

size_t av_end(enum decode_type type, const uint8_t *bytes, size_t size)
{
    if (size < 32)
        return size;
    switch (type) {
    case DECODE_TYPE_BMP:
        return bmp_end(bytes, size);
    case DECODE_TYPE_PNM:
        return pnm_end(bytes, size);
    case DECODE_TYPE_QOI:
        return qoi_end(bytes, size);
    case DECODE_TYPE_SGI:
        return sgi_end(bytes, size);
    case DECODE_TYPE_TGA:
        return tga_end(bytes, size);
    case DECODE_TYPE_SUN:
        return sun_end(bytes, size);
    case DECODE_TYPE_PSD:
        return psd_end(bytes, size);
    case DECODE_TYPE_JP2:
        return jp2_end(bytes, size);
    default:
        return 0;
    }
}
