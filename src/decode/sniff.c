/* The type of a file told from its first bytes, never from its name. */
#include <assert.h>
#include <string.h>

#include "decode/decode.h"

#define HEAD_BYTES_MAX 4096u

struct magic {
    enum decode_type type;
    size_t offset, size;
    const char *bytes;
};

/* Long marks first where one begins another. Facts of the formats' specifications. */
static const struct magic magics[] = {
    {DECODE_TYPE_JPEG, 0, 3, "\xff\xd8\xff"},
    {DECODE_TYPE_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {DECODE_TYPE_GIF, 0, 6, "GIF87a"},
    {DECODE_TYPE_GIF, 0, 6, "GIF89a"},
    {DECODE_TYPE_TIFF, 0, 4, "II*\0"},
    {DECODE_TYPE_TIFF, 0, 4, "MM\0*"},
    {DECODE_TYPE_TIFF, 0, 4, "II+\0"},
    {DECODE_TYPE_TIFF, 0, 4, "MM\0+"},
    {DECODE_TYPE_JXL, 0, 2, "\xff\x0a"},
    {DECODE_TYPE_JXL, 0, 12, "\0\0\0\x0cJXL \r\n\x87\n"},
    {DECODE_TYPE_JP2, 0, 12, "\0\0\0\x0cjP  \r\n\x87\n"},
    {DECODE_TYPE_JP2, 0, 4, "\xff\x4f\xff\x51"},
    {DECODE_TYPE_PSD, 0, 4, "8BPS"},
    {DECODE_TYPE_SUN, 0, 4, "\x59\xa6\x6a\x95"},
    {DECODE_TYPE_DDS, 0, 8, "DDS \x7c\0\0\0"},
    {DECODE_TYPE_PNM, 0, 3, "P7\n"},
    {DECODE_TYPE_MATROSKA, 0, 4, "\x1a\x45\xdf\xa3"},
    {DECODE_TYPE_FLV, 0, 4, "FLV\x01"},
    {DECODE_TYPE_ASF, 0, 8, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"},
    {DECODE_TYPE_MPEG, 0, 4, "\0\0\x01\xba"},
    {DECODE_TYPE_MPEG, 0, 4, "\0\0\x01\xb3"},
    {DECODE_TYPE_PDF, 0, 5, "%PDF-"},
    {DECODE_TYPE_ZIP, 0, 4, "PK\x03\x04"},
    {DECODE_TYPE_ZIP, 0, 4, "PK\x05\x06"},
    {DECODE_TYPE_MP4, 4, 4, "moov"},
    {DECODE_TYPE_MP4, 4, 4, "mdat"},
    {DECODE_TYPE_MP4, 4, 4, "wide"},
};

static bool has(const unsigned char *p, size_t size, size_t offset, const char *bytes, size_t n)
{
    return size >= offset + n && memcmp(p + offset, bytes, n) == 0;
}

static enum decode_type brand_type(const unsigned char *brand)
{
    static const char heif[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"};

    if (memcmp(brand, "avif", 4) == 0 || memcmp(brand, "avis", 4) == 0)
        return DECODE_TYPE_AVIF;
    for (size_t i = 0; i < sizeof heif / sizeof heif[0]; i++)
        if (memcmp(brand, heif[i], 4) == 0)
            return DECODE_TYPE_HEIF;
    return DECODE_TYPE_UNKNOWN;
}

/* ISO base media: the brands of the ftyp box tell pictures from films. An AVIF file may name mif1
 * first and avif among the compatible ones, so avif anywhere wins. */
static enum decode_type ftyp_type(const unsigned char *p, size_t size)
{
    size_t box = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    enum decode_type found = DECODE_TYPE_UNKNOWN;

    if (box > size)
        box = size;
    for (size_t at = 8; at + 4 <= box; at += at == 8 ? 8 : 4) {
        enum decode_type t = brand_type(p + at);

        if (t == DECODE_TYPE_AVIF)
            return t;
        if (found == DECODE_TYPE_UNKNOWN)
            found = t;
    }
    return found == DECODE_TYPE_UNKNOWN ? DECODE_TYPE_MP4 : found;
}

static enum decode_type riff_type(const unsigned char *p, size_t size)
{
    if (has(p, size, 8, "WEBP", 4))
        return DECODE_TYPE_WEBP;
    if (has(p, size, 8, "AVI ", 4))
        return DECODE_TYPE_AVI;
    return DECODE_TYPE_UNKNOWN;
}

/* A bitmap's mark is two letters only, so the sizes behind it must make sense as well. */
static bool is_bmp(const unsigned char *p, size_t size)
{
    if (!has(p, size, 0, "BM", 2) || size < 26)
        return false;
    return (p[14] == 12 || p[14] == 40 || p[14] == 56 || p[14] == 64 || p[14] == 108 ||
            p[14] == 124 || p[14] == 52 || p[14] == 16) &&
           p[15] == 0 && p[16] == 0 && p[17] == 0;
}

/* An icon or cursor: reserved 0, kind 1 or 2, and a first entry whose reserved byte is 0 and whose
 * data lie behind the table. */
static bool is_ico(const unsigned char *p, size_t size)
{
    if (size < 22 || p[0] != 0 || p[1] != 0 || (p[2] != 1 && p[2] != 2) || p[3] != 0)
        return false;
    size_t count = (size_t)p[4] | (size_t)p[5] << 8;
    size_t offset = (size_t)p[18] | (size_t)p[19] << 8 | (size_t)p[20] << 16 | (size_t)p[21] << 24;
    return count > 0 && p[9] == 0 && offset >= 6 + 16 * count;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A letter, a digit and a space begin many texts, so a number or a comment must follow. */
static bool is_pnm(const unsigned char *p, size_t size)
{
    size_t at = 3;

    if (size < 7 || p[0] != 'P' || p[1] < '1' || p[1] > '6' || !is_space(p[2]))
        return false;
    while (at < size && is_space(p[at]))
        at++;
    return at < size && (p[at] == '#' || (p[at] >= '1' && p[at] <= '9'));
}

static bool is_qoi(const unsigned char *p, size_t size)
{
    return has(p, size, 0, "qoif", 4) && size >= 14 && (p[12] == 3 || p[12] == 4) && p[13] <= 1;
}

/* The mark has two bytes: coding, depth and dimension are checked as well. */
static bool is_sgi(const unsigned char *p, size_t size)
{
    return has(p, size, 0, "\x01\xda", 2) && size >= 12 && p[2] <= 1 && (p[3] == 1 || p[3] == 2) &&
           p[4] == 0 && p[5] >= 1 && p[5] <= 3 && p[10] == 0 && p[11] >= 1 && p[11] <= 4;
}

/* The mark is one byte; version, coding, depth, window and planes must make sense too. */
static bool is_pcx(const unsigned char *p, size_t size)
{
    return size >= 128 && p[0] == 10 && p[1] <= 5 && p[1] != 1 && p[2] == 1 &&
           (p[3] == 1 || p[3] == 2 || p[3] == 4 || p[3] == 8) &&
           (p[4] | p[5] << 8) <= (p[8] | p[9] << 8) && (p[6] | p[7] << 8) <= (p[10] | p[11] << 8) &&
           p[64] == 0 && p[65] >= 1 && p[65] <= 4;
}

/*
 * Targa has no mark in front. Palette, kind and depth must agree, sides must not be 0, reserved
 * bits must be: no text and no other format here begins so.
 */
static bool is_tga(const unsigned char *p, size_t size)
{
    const bool mapped = size > 2 && (p[2] == 1 || p[2] == 9);
    const bool grey = size > 2 && (p[2] == 3 || p[2] == 11);
    const bool colour = size > 2 && (p[2] == 2 || p[2] == 10);

    if (size < 18 || !(mapped || grey || colour) || (p[17] & 0xc0) != 0 || (p[17] & 0x0f) > 8 ||
        (p[12] | p[13]) == 0 || (p[14] | p[15]) == 0)
        return false;
    if (mapped)
        return p[1] == 1 && p[16] == 8 && (p[5] | p[6]) != 0 &&
               (p[7] == 15 || p[7] == 16 || p[7] == 24 || p[7] == 32);
    if (p[1] != 0 || (p[3] | p[4] | p[5] | p[6] | p[7]) != 0)
        return false;
    return grey ? p[16] == 8 : p[16] == 15 || p[16] == 16 || p[16] == 24 || p[16] == 32;
}

/* Transport stream: packets of 188 bytes, or 192 with a time stamp in front, begin with 0x47. */
static bool is_transport_stream(const unsigned char *p, size_t size)
{
    if (size >= 188 * 4 + 1 && p[0] == 0x47 && p[188] == 0x47 && p[376] == 0x47 && p[564] == 0x47)
        return true;
    return size >= 192 * 3 + 5 && p[4] == 0x47 && p[196] == 0x47 && p[388] == 0x47 &&
           p[580] == 0x47;
}

static bool is_svg(const unsigned char *p, size_t size)
{
    size_t at = has(p, size, 0, "\xef\xbb\xbf", 3) ? 3 : 0;

    while (at < size && (p[at] == ' ' || p[at] == '\t' || p[at] == '\r' || p[at] == '\n'))
        at++;
    if (at >= size || p[at] != '<')
        return false;
    return memmem(p + at, size - at, "<svg", 4) != NULL;
}

enum decode_type decode_sniff(const void *head, size_t size)
{
    const unsigned char *p = head;

    if (size == 0)
        return DECODE_TYPE_EMPTY;
    assert(p != NULL);
    if (size > HEAD_BYTES_MAX)
        size = HEAD_BYTES_MAX;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (has(p, size, magics[i].offset, magics[i].bytes, magics[i].size))
            return magics[i].type;
    if (has(p, size, 4, "ftyp", 4))
        return ftyp_type(p, size);
    if (has(p, size, 0, "RIFF", 4))
        return riff_type(p, size);
    if (is_bmp(p, size))
        return DECODE_TYPE_BMP;
    if (is_ico(p, size))
        return DECODE_TYPE_ICO;
    if (is_transport_stream(p, size))
        return DECODE_TYPE_MPEG;
    if (is_pnm(p, size))
        return DECODE_TYPE_PNM;
    if (is_qoi(p, size))
        return DECODE_TYPE_QOI;
    if (is_sgi(p, size))
        return DECODE_TYPE_SGI;
    if (is_pcx(p, size))
        return DECODE_TYPE_PCX;
    if (is_tga(p, size))
        return DECODE_TYPE_TGA;
    if (is_svg(p, size))
        return DECODE_TYPE_SVG;
    return DECODE_TYPE_UNKNOWN;
}
