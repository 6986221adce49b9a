/* Writes BMP, TGA, PNM, TIFF, ICO, PSD, QOI, DDS, SGI, PCX and Sun raster files byte by byte. */
#include "media/stills.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define COLOURS 216u

static void be16(struct buf *b, uint32_t v)
{
    const unsigned char bytes[2] = {(unsigned char)(v >> 8), (unsigned char)v};

    buf_add(b, bytes, sizeof bytes);
}

static void be32(struct buf *b, uint32_t v)
{
    be16(b, v >> 16);
    be16(b, v & 0xffff);
}

static void byte(struct buf *b, uint32_t v)
{
    buf_add_char(b, (char)v);
}

static void zeros(struct buf *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        byte(b, 0);
}

static const uint8_t *at(const struct files_picture *p, uint32_t x, uint32_t y)
{
    return p->bytes + ((size_t)y * p->width + x) * p->channels;
}

void stills_few_colours(struct files_picture *p)
{
    for (size_t i = 0; i < (size_t)p->width * p->height * p->channels; i++)
        p->bytes[i] = (uint8_t)((p->bytes[i] + 25) / 51 * 51);
}

static uint8_t colour_index(const uint8_t *rgb)
{
    return (uint8_t)((rgb[0] + 25) / 51 * 36 + (rgb[1] + 25) / 51 * 6 + (rgb[2] + 25) / 51);
}

static void bmp_palette(struct buf *b)
{
    for (unsigned i = 0; i < COLOURS; i++) {
        byte(b, i % 6 * 51);
        byte(b, i / 6 % 6 * 51);
        byte(b, i / 36 * 51);
        byte(b, 0);
    }
}

/* Runs of equal pixels as (count, index), a row's end as (0, 0), the picture's as (0, 1). */
static void bmp_runs(const struct files_picture *p, struct buf *b)
{
    for (uint32_t y = p->height; y-- > 0; byte(b, 0), byte(b, 0))
        for (uint32_t x = 0, n; x < p->width; x += n) {
            const uint8_t index = colour_index(at(p, x, y));

            for (n = 1; n < 255 && x + n < p->width && colour_index(at(p, x + n, y)) == index;)
                n++;
            byte(b, n);
            byte(b, index);
        }
    byte(b, 0);
    byte(b, 1);
}

static void bmp_rows(const struct files_picture *p, enum stills_bmp kind, struct buf *b)
{
    const size_t pixel = kind == STILLS_BMP_24 ? 3 : kind == STILLS_BMP_ALPHA ? 4 : 1;

    for (uint32_t y = p->height; y-- > 0;) {
        for (uint32_t x = 0; x < p->width; x++) {
            const uint8_t *c = at(p, x, y);

            if (kind == STILLS_BMP_PALETTE) {
                byte(b, colour_index(c));
                continue;
            }
            byte(b, c[2]);
            byte(b, c[1]);
            byte(b, c[0]);
            if (kind == STILLS_BMP_ALPHA)
                byte(b, c[3]);
        }
        zeros(b, (4 - p->width * pixel % 4) % 4);
    }
}

void stills_bmp(const struct files_picture *p, enum stills_bmp kind, struct buf *out)
{
    static const uint16_t bits[] = {24, 8, 8, 32};
    static const uint32_t coding[] = {0, 0, 1, 3};
    const uint32_t head = kind == STILLS_BMP_ALPHA ? 108 : 40;
    const bool palette = kind == STILLS_BMP_PALETTE || kind == STILLS_BMP_RLE;
    const uint32_t data = 14 + head + (palette ? 4 * COLOURS : 0);
    struct buf pixels;

    buf_init(&pixels, FILES_BYTES_MAX);
    if (kind == STILLS_BMP_RLE)
        bmp_runs(p, &pixels);
    else
        bmp_rows(p, kind, &pixels);
    buf_add_str(out, "BM");
    buf_add_le32(out, data + (uint32_t)pixels.size);
    buf_add_le32(out, 0);
    buf_add_le32(out, data);
    buf_add_le32(out, head);
    buf_add_le32(out, p->width);
    buf_add_le32(out, p->height);
    buf_add_le16(out, 1);
    buf_add_le16(out, bits[kind]);
    buf_add_le32(out, coding[kind]);
    buf_add_le32(out, (uint32_t)pixels.size);
    buf_add_le32(out, 2835);
    buf_add_le32(out, 2835);
    buf_add_le32(out, palette ? COLOURS : 0);
    buf_add_le32(out, 0);
    if (kind == STILLS_BMP_ALPHA) {
        buf_add_le32(out, 0x00ff0000);
        buf_add_le32(out, 0x0000ff00);
        buf_add_le32(out, 0x000000ff);
        buf_add_le32(out, 0xff000000);
        buf_add_str(out, "BGRs");
        zeros(out, 48);
    }
    if (palette)
        bmp_palette(out);
    buf_add(out, pixels.data, pixels.size);
    buf_clear(&pixels);
    assert(!out->over);
}

void stills_tga(const struct files_picture *p, enum stills_tga kind, struct buf *out)
{
    const bool runs = kind == STILLS_TGA_RLE;

    buf_add(out, (const unsigned char[]){0, 0, runs ? 10 : 2, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12);
    buf_add_le16(out, (uint16_t)p->width);
    buf_add_le16(out, (uint16_t)p->height);
    byte(out, 24);
    byte(out, 0x20); /* from the top */
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0, n; x < p->width; x += n) {
            const uint8_t *c = at(p, x, y);

            for (n = 1; runs && n < 128 && x + n < p->width && memcmp(c, at(p, x + n, y), 3) == 0;)
                n++;
            if (runs)
                byte(out, 0x80 | (n - 1));
            byte(out, c[2]);
            byte(out, c[1]);
            byte(out, c[0]);
        }
    zeros(out, 8);
    buf_add(out, "TRUEVISION-XFILE.", 18);
    assert(!out->over);
}

static void pnm_bits(const struct files_picture *p, struct buf *b)
{
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x += 8) {
            unsigned v = 0;

            for (uint32_t i = 0; i < 8 && x + i < p->width; i++)
                v |= (*at(p, x + i, y) < 128 ? 0x80u : 0) >> i;
            byte(b, v);
        }
}

static void pnm_numbers(const struct files_picture *p, char kind, struct buf *b)
{
    const size_t row = (size_t)p->width * p->channels;

    for (size_t i = 0; i < row * p->height; i++) {
        if (kind == '1')
            buf_add_str(b, p->bytes[i] < 128 ? "1" : "0");
        else
            buf_addf(b, "%u", p->bytes[i]);
        byte(b, i % 16 == 15 || i % row == row - 1 ? '\n' : ' ');
    }
}

void stills_pnm(const struct files_picture *p, char kind, struct buf *out)
{
    static const char *const types[] = {"", "GRAYSCALE", "", "RGB", "RGB_ALPHA"};

    if (kind == '7')
        buf_addf(out, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n",
                 p->width, p->height, p->channels, types[p->channels]);
    else if (kind == '1' || kind == '4')
        buf_addf(out, "P%c\n# made for a test\n%u %u\n", kind, p->width, p->height);
    else
        buf_addf(out, "P%c\n%u %u\n255\n", kind, p->width, p->height);
    if (kind == '4')
        pnm_bits(p, out);
    else if (kind <= '3')
        pnm_numbers(p, kind, out);
    else
        buf_add(out, p->bytes, (size_t)p->width * p->height * p->channels);
    assert(!out->over);
}

static void be_entry(struct buf *b, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    be16(b, tag);
    be16(b, type);
    be32(b, count);
    if (type == 3 && count == 1) {
        be16(b, value);
        be16(b, 0);
    } else {
        be32(b, value);
    }
}

/* A JPEG taken apart as TIFF has it: tables (DQT, DHT) in one stream, the rest in the strip. */
static void jpeg_parts(const struct files_picture *p, struct buf *tables, struct buf *strip)
{
    struct buf whole;
    size_t i = 2;

    buf_init(&whole, FILES_BYTES_MAX);
    files_jpeg(p, 90, FILES_BASELINE, &whole);
    buf_add(tables, "\xff\xd8", 2);
    buf_add(strip, "\xff\xd8", 2);
    while (whole.data[i + 1] != 0xda) {
        const size_t size = 2 + ((size_t)whole.data[i + 2] << 8 | whole.data[i + 3]);
        const bool table = whole.data[i + 1] == 0xdb || whole.data[i + 1] == 0xc4;

        if (table)
            buf_add(tables, whole.data + i, size);
        else if (whole.data[i + 1] != 0xe0) /* no JFIF head: TIFF says what the colours are */
            buf_add(strip, whole.data + i, size);
        i += size;
    }
    buf_add(strip, whole.data + i, whole.size - i);
    buf_add(tables, "\xff\xd9", 2);
    buf_clear(&whole);
}

static void tiff_samples(const struct files_picture *p, enum stills_tiff kind, struct buf *b)
{
    const size_t count = (size_t)p->width * p->height * p->channels;

    for (size_t i = 0; i < count; i++) {
        byte(b, kind == STILLS_TIFF_CMYK ? 255u - p->bytes[i] : p->bytes[i]);
        if (kind == STILLS_TIFF_16)
            byte(b, (uint32_t)(i * 37));
        if (kind == STILLS_TIFF_CMYK && i % 3 == 2)
            byte(b, 0);
    }
}

/* Pixels, tables and bit depths first, then the directory that points back to them. */
static void tiff_page(const struct files_picture *p, enum stills_tiff kind, bool last,
                      struct buf *out)
{
    const uint32_t samples = kind == STILLS_TIFF_CMYK ? 4 : p->channels;
    const uint32_t photometric = kind == STILLS_TIFF_CMYK   ? 5
                                 : kind == STILLS_TIFF_JPEG ? 6
                                 : samples == 1             ? 1
                                                            : 2;
    struct buf tables, pixels;
    uint32_t bits_at, tables_at, pixels_at, entries = 9;

    buf_init(&tables, FILES_BYTES_MAX);
    buf_init(&pixels, FILES_BYTES_MAX);
    if (kind == STILLS_TIFF_JPEG)
        jpeg_parts(p, &tables, &pixels);
    else
        tiff_samples(p, kind, &pixels);
    bits_at = (uint32_t)out->size + 4;
    tables_at = bits_at + 8;
    pixels_at = tables_at + (uint32_t)tables.size;
    entries += (tables.size > 0 ? 1u : 0u) + (samples == 4 && photometric == 2 ? 1u : 0u);
    be32(out, pixels_at + (uint32_t)(pixels.size + (pixels_at + pixels.size) % 2));
    for (uint32_t i = 0; i < 4; i++)
        be16(out, kind == STILLS_TIFF_16 ? 16 : 8);
    buf_add(out, tables.data, tables.size);
    buf_add(out, pixels.data, pixels.size);
    zeros(out, out->size % 2);
    be16(out, entries);
    be_entry(out, 256, 4, 1, p->width);
    be_entry(out, 257, 4, 1, p->height);
    be_entry(out, 258, 3, samples, samples == 1 ? 8 : bits_at);
    be_entry(out, 259, 3, 1, kind == STILLS_TIFF_JPEG ? 7 : 1);
    be_entry(out, 262, 3, 1, photometric);
    be_entry(out, 273, 4, 1, pixels_at);
    be_entry(out, 277, 3, 1, samples);
    be_entry(out, 278, 4, 1, p->height);
    be_entry(out, 279, 4, 1, (uint32_t)pixels.size);
    if (samples == 4 && photometric == 2)
        be_entry(out, 338, 3, 1, 2);
    if (tables.size > 0)
        be_entry(out, 347, 7, (uint32_t)tables.size, tables_at);
    if (last)
        be32(out, 0);
    buf_clear(&tables);
    buf_clear(&pixels);
}

void stills_tiff(const struct files_picture *pages, size_t count, enum stills_tiff kind,
                 struct buf *out)
{
    const size_t begin = out->size;

    assert(begin == 0); /* offsets count from the file's beginning */
    buf_add(out, "MM\0*", 4);
    for (size_t i = 0; i < count; i++)
        tiff_page(&pages[i], kind, i + 1 == count, out);
    assert(!out->over);
}

/* An icon's bitmap has no file head, says twice its height and has a mask of one bit behind. */
static void icon_bitmap(const struct files_picture *p, struct buf *b)
{
    buf_add_le32(b, 40);
    buf_add_le32(b, p->width);
    buf_add_le32(b, 2 * p->height);
    buf_add_le16(b, 1);
    buf_add_le16(b, 24);
    zeros(b, 24);
    bmp_rows(p, STILLS_BMP_24, b);
    zeros(b, (size_t)(p->width + 31) / 32 * 4 * p->height);
}

void stills_ico(const struct files_picture *pictures, size_t count, enum stills_ico kind,
                struct buf *out)
{
    uint32_t offset = 6 + 16 * (uint32_t)count;
    struct buf data, one;

    buf_init(&data, FILES_BYTES_MAX);
    buf_init(&one, FILES_BYTES_MAX);
    buf_add_le16(out, 0);
    buf_add_le16(out, 1);
    buf_add_le16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct files_picture *p = &pictures[i];

        assert(p->width <= 256 && p->height <= 256);
        buf_reset(&one);
        if (kind == STILLS_ICO_PNG)
            files_png(p, FILES_STRAIGHT, &one);
        else
            icon_bitmap(p, &one);
        byte(out, p->width & 255);
        byte(out, p->height & 255);
        byte(out, 0);
        byte(out, 0);
        buf_add_le16(out, 1);
        buf_add_le16(out, 24);
        buf_add_le32(out, (uint32_t)one.size);
        buf_add_le32(out, offset + (uint32_t)data.size);
        buf_add(&data, one.data, one.size);
    }
    buf_add(out, data.data, data.size);
    buf_clear(&data);
    buf_clear(&one);
    assert(!out->over);
}

/* One row of one channel as PackBits, in literal pieces. */
static void psd_row(const struct files_picture *p, uint32_t y, unsigned channel, struct buf *b)
{
    for (uint32_t x = 0, n; x < p->width; x += n) {
        n = p->width - x < 128 ? p->width - x : 128;
        byte(b, n - 1);
        for (uint32_t i = 0; i < n; i++)
            byte(b, at(p, x + i, y)[channel]);
    }
}

void stills_psd(const struct files_picture *p, enum stills_psd kind, struct buf *out)
{
    const uint32_t packed = p->width + (p->width + 127) / 128;

    buf_add(out, "8BPS\0\1\0\0\0\0\0\0", 12);
    be16(out, p->channels);
    be32(out, p->height);
    be32(out, p->width);
    be16(out, 8);
    be16(out, 3);
    zeros(out, 12); /* no palette, resources or layers */
    be16(out, kind == STILLS_PSD_RLE ? 1 : 0);
    for (uint32_t i = 0; kind == STILLS_PSD_RLE && i < p->channels * p->height; i++)
        be16(out, packed);
    for (unsigned c = 0; c < p->channels; c++)
        for (uint32_t y = 0; y < p->height; y++) {
            for (uint32_t x = 0; kind == STILLS_PSD_RAW && x < p->width; x++)
                byte(out, at(p, x, y)[c]);
            if (kind == STILLS_PSD_RLE)
                psd_row(p, y, c, out);
        }
    assert(!out->over);
}

void stills_qoi(const struct files_picture *p, struct buf *out)
{
    const size_t count = (size_t)p->width * p->height;
    uint8_t last[4] = {0, 0, 0, 255};

    buf_add_str(out, "qoif");
    be32(out, p->width);
    be32(out, p->height);
    byte(out, p->channels);
    byte(out, 0);
    for (size_t i = 0, n; i < count; i += n) {
        const uint8_t *c = p->bytes + i * p->channels;

        for (n = 0; n < 62 && i + n < count && memcmp(c + n * p->channels, last, 3) == 0 &&
                    (p->channels == 3 || c[n * p->channels + 3] == last[3]);)
            n++;
        if (n > 0) {
            byte(out, 0xc0 | (uint32_t)(n - 1));
            continue;
        }
        byte(out, p->channels == 3 ? 0xfe : 0xff);
        buf_add(out, c, p->channels);
        memcpy(last, c, p->channels);
        n = 1;
    }
    buf_add(out, "\0\0\0\0\0\0\0\1", 8);
    assert(!out->over);
}

void stills_dds(const struct files_picture *p, struct buf *out)
{
    buf_add_str(out, "DDS ");
    buf_add_le32(out, 124);
    buf_add_le32(out, 0x100f); /* caps, height, width, pitch, pixel format */
    buf_add_le32(out, p->height);
    buf_add_le32(out, p->width);
    buf_add_le32(out, 4 * p->width);
    zeros(out, 4 + 4 + 44);
    buf_add_le32(out, 32);
    buf_add_le32(out, 0x40); /* plain RGB */
    buf_add_le32(out, 0);
    buf_add_le32(out, 32);
    buf_add_le32(out, 0x00ff0000);
    buf_add_le32(out, 0x0000ff00);
    buf_add_le32(out, 0x000000ff);
    buf_add_le32(out, 0);
    buf_add_le32(out, 0x1000);
    zeros(out, 16);
    for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
        byte(out, p->bytes[3 * i + 2]);
        byte(out, p->bytes[3 * i + 1]);
        byte(out, p->bytes[3 * i]);
        byte(out, 0);
    }
    assert(!out->over);
}

void stills_sgi(const struct files_picture *p, struct buf *out)
{
    be16(out, 474);
    byte(out, 0); /* plain */
    byte(out, 1); /* byte a value */
    be16(out, p->channels == 1 ? 2 : 3);
    be16(out, p->width);
    be16(out, p->height);
    be16(out, p->channels);
    be32(out, 0);
    be32(out, 255);
    zeros(out, 512 - 20);
    for (unsigned c = 0; c < p->channels; c++)
        for (uint32_t y = p->height; y-- > 0;)
            for (uint32_t x = 0; x < p->width; x++)
                byte(out, at(p, x, y)[c]);
    assert(!out->over);
}

void stills_pcx(const struct files_picture *p, struct buf *out)
{
    const uint32_t line = p->width + p->width % 2;

    buf_add(out, (const unsigned char[]){10, 5, 1, 8, 0, 0, 0, 0}, 8);
    buf_add_le16(out, (uint16_t)(p->width - 1));
    buf_add_le16(out, (uint16_t)(p->height - 1));
    buf_add_le16(out, 72);
    buf_add_le16(out, 72);
    zeros(out, 49);
    byte(out, 3);
    buf_add_le16(out, (uint16_t)line);
    buf_add_le16(out, 1);
    zeros(out, 58);
    for (uint32_t y = 0; y < p->height; y++)
        for (unsigned c = 0; c < 3; c++)
            for (uint32_t x = 0, n; x < line; x += n) {
                const uint8_t v = x < p->width ? at(p, x, y)[c] : 0;

                for (n = 1; n < 63 && x + n < p->width && at(p, x + n, y)[c] == v;)
                    n++;
                byte(out, 0xc0 | n);
                byte(out, v);
            }
    assert(!out->over);
}

void stills_sun(const struct files_picture *p, struct buf *out)
{
    const uint32_t row = 3 * p->width + p->width % 2;

    be32(out, 0x59a66a95);
    be32(out, p->width);
    be32(out, p->height);
    be32(out, 24);
    be32(out, row * p->height);
    be32(out, 1); /* plain, B G R */
    be32(out, 0);
    be32(out, 0);
    for (uint32_t y = 0; y < p->height; y++) {
        for (uint32_t x = 0; x < p->width; x++) {
            byte(out, at(p, x, y)[2]);
            byte(out, at(p, x, y)[1]);
            byte(out, at(p, x, y)[0]);
        }
        zeros(out, p->width % 2);
    }
    assert(!out->over);
}
