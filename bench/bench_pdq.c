/* PDQ of decoded pixels as a ratio to libjpeg-turbo's decode of the same picture, in one run. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hash/pdq_kernels.h"

#define ROUNDS         9
#define JPEG_QUALITY   85
#define FILE_BYTES_MAX (256 << 20)
#define STRIP_ROWS     16 /* rows a decoder hands over at once */

struct picture {
    const char *name;
    unsigned char *jpeg;
    unsigned long jpeg_bytes;
    uint32_t width, height;
};

/* A hash of two numbers: noise that is the same on every machine. */
static uint32_t scramble(uint32_t x, uint32_t y)
{
    uint32_t v = x * 0x9e3779b1u ^ y * 0x85ebca77u;

    v = (v ^ v >> 15) * 0x2c1b3c6du;
    return v ^ v >> 13;
}

/* Smooth noise: values at grid points `cell` pixels apart, linear between them; 0..255. */
static double smooth(uint32_t x, uint32_t y, uint32_t cell)
{
    double fx = (double)(x % cell) / cell, fy = (double)(y % cell) / cell;
    uint32_t i = x / cell, j = y / cell;
    double top = (1 - fx) * (scramble(i, j) & 255) + fx * (scramble(i + 1, j) & 255);
    double low = (1 - fx) * (scramble(i, j + 1) & 255) + fx * (scramble(i + 1, j + 1) & 255);

    return (1 - fy) * top + fy * low;
}

/* A row of a made-up landscape: hills at several scales, a horizon, and film grain. */
static void paint_row(uint8_t *row, uint32_t width, uint32_t height, uint32_t y)
{
    for (uint32_t x = 0; x < width; x++) {
        double relief = 0.5 * smooth(x, y, width / 4) + 0.25 * smooth(x, y, 97) +
                        0.15 * smooth(x, y, 23) + 0.1 * smooth(x, y, 7);
        double horizon = 0.35 * height + 0.2 * smooth(x, 0, width / 6);
        double light = y < horizon ? 0.3 * relief + 150 : relief;
        double grain = (scramble(x, y) & 15) - 8.0;
        for (uint32_t c = 0; c < 3; c++) {
            double v = light + grain + (y < horizon ? 20.0 * c : 12.0 * (c == 1));
            row[3 * x + c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

static struct picture paint(const char *name, uint32_t width, uint32_t height)
{
    struct picture p = {.name = name, .width = width, .height = height};
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    uint8_t *row = mem_alloc((size_t)3 * width);

    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &p.jpeg, &p.jpeg_bytes);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, JPEG_QUALITY, TRUE);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < height) {
        paint_row(row, width, height, c.next_scanline);
        (void)jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    mem_free(row);
    return p;
}

static struct picture load(const char *path)
{
    struct picture p = {.name = path};
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    p.jpeg = malloc(FILE_BYTES_MAX);
    assert(p.jpeg != NULL);
    p.jpeg_bytes = fread(p.jpeg, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    return p;
}

/* Decode into pixels (NULL: only the size is wanted), and into the stream when there is one. */
static void decode(struct picture *p, uint8_t *pixels, struct assay_pdq_stream *stream)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, p->jpeg, p->jpeg_bytes);
    (void)jpeg_read_header(&d, TRUE);
    p->width = d.image_width;
    p->height = d.image_height;
    d.out_color_space = JCS_RGB;
    if (pixels != NULL) {
        size_t stride = (size_t)3 * p->width;
        (void)jpeg_start_decompress(&d);
        while (d.output_scanline < p->height) {
            uint32_t first = d.output_scanline, room = p->height - first;
            uint32_t strip = stream != NULL ? 0 : first; /* a stream reuses one strip */
            uint32_t most = room < STRIP_ROWS ? room : STRIP_ROWS;
            while (d.output_scanline < first + most) {
                uint8_t *row = pixels + stride * (strip + d.output_scanline - first);
                (void)jpeg_read_scanlines(&d, &row, 1);
            }
            if (stream != NULL && assay_pdq_stream_rgb(stream, pixels, stride, most) != ASSAY_OK)
                abort();
        }
        (void)jpeg_finish_decompress(&d);
    }
    jpeg_destroy_decompress(&d);
}

static double least(double a, int64_t since_us)
{
    double ms = (double)(clock_cpu_us() - since_us) / 1000.0;

    return ms < a ? ms : a;
}

/* What a kernel set took, least of the rounds: of pixels that are there, and row by row. */
struct took {
    const struct pdq_kernels *kernels;
    double hash_ms, both_ms;
};

static struct assay_pdq_stream *begin(const struct took *t, const struct picture *p)
{
    struct assay_pdq_stream *s;

    if (pdq_stream_new_with(t->kernels, p->width, p->height, &s) != ASSAY_OK)
        abort();
    return s;
}

static struct assay_pdq end(struct assay_pdq_stream *s)
{
    struct assay_pdq hash;

    if (assay_pdq_stream_finish(s, &hash) != ASSAY_OK)
        abort();
    assay_pdq_stream_free(s);
    return hash;
}

static void hash_once(struct took *t, struct picture *p, const uint8_t *pixels, uint8_t *strip,
                      struct assay_pdq *out)
{
    int64_t start = clock_cpu_us();
    struct assay_pdq_stream *s = begin(t, p);
    if (assay_pdq_stream_rgb(s, pixels, (size_t)3 * p->width, p->height) != ASSAY_OK)
        abort();
    *out = end(s);
    t->hash_ms = least(t->hash_ms, start);

    start = clock_cpu_us();
    s = begin(t, p);
    decode(p, strip, s);
    struct assay_pdq streamed = end(s);
    t->both_ms = least(t->both_ms, start);
    if (memcmp(out, &streamed, sizeof streamed) != 0)
        abort();
}

static void measure(struct picture *p)
{
    static const char *const names[] = {"avx512", "avx2", "neon", "scalar"};
    struct took took[sizeof names / sizeof names[0]];
    struct assay_pdq hash, first = {0};
    double decode_ms = 1e9;
    size_t count = 0;

    decode(p, NULL, NULL);
    size_t stride = (size_t)3 * p->width;
    uint8_t *pixels = mem_alloc(stride * p->height), *strip = mem_alloc(stride * STRIP_ROWS);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct pdq_kernels *kernels = pdq_kernels_named(names[i]);
        if (kernels != NULL)
            took[count++] = (struct took){.kernels = kernels, .hash_ms = 1e9, .both_ms = 1e9};
    }
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_cpu_us();
        decode(p, pixels, NULL);
        decode_ms = least(decode_ms, start);
        for (size_t i = 0; i < count; i++) {
            hash_once(&took[i], p, pixels, strip, &hash);
            if (round == 0 && i == 0)
                first = hash;
            if (memcmp(&hash, &first, sizeof hash) != 0)
                abort();
        }
    }
    const char *name = strrchr(p->name, '/') != NULL ? strrchr(p->name, '/') + 1 : p->name;
    for (size_t i = 0; i < count; i++)
        (void)printf("%-24.24s %5ux%-5u %5.1f  %-7s %8.2f  %8.2f  %5.2f  %8.2f  %5.2f\n", name,
                     p->width, p->height, p->width * (double)p->height / 1e6, took[i].kernels->name,
                     decode_ms, took[i].hash_ms, took[i].hash_ms / decode_ms, took[i].both_ms,
                     took[i].both_ms / decode_ms);
    mem_free(pixels);
    mem_free(strip);
    free(p->jpeg);
}

/* Measures the JPEG files named, or painted pictures when there are none. */
int main(int argc, char **argv)
{
    static const uint32_t sides[][2] = {{1200, 860}, {2400, 1680}, {4000, 3000}};

    (void)printf("CPU ms, best of %d; ratios are to libjpeg-turbo's decode to RGB\n"
                 "%-24s %11s %5s  %-7s %8s  %8s  %5s  %8s  %5s\n",
                 ROUNDS, "picture", "pixels", "MP", "kernels", "decode", "PDQ", "ratio", "stream",
                 "ratio");
    for (size_t i = 0; argc == 1 && i < sizeof sides / sizeof sides[0]; i++) {
        struct picture p = paint("painted", sides[i][0], sides[i][1]);
        measure(&p);
    }
    for (int i = 1; i < argc; i++) {
        struct picture p = load(argv[i]);
        measure(&p);
    }
    return 0;
}
