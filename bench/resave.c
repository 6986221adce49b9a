/* resave MEGAPIXELS IN OUT: a JPEG made smaller by libjpeg and saved anew as baseline JPEG. */
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/mem.h"
#include "base/str.h"

#define QUALITY 90
#define EIGHTHS 8 /* libjpeg's scales: 1/8 to 8/8 */

/* The scale that comes nearest to the wanted number of pixels. */
static unsigned scale_for(const struct jpeg_decompress_struct *d, double pixels)
{
    const double whole = (double)d->image_width * d->image_height;
    unsigned best = EIGHTHS;
    double off = 1e300;

    for (unsigned n = 1; n <= EIGHTHS; n++) {
        const double is = whole * n * n / (EIGHTHS * EIGHTHS);
        const double ratio = is > pixels ? is / pixels : pixels / is;

        if (ratio < off) {
            off = ratio;
            best = n;
        }
    }
    return best;
}

static void copy(struct jpeg_decompress_struct *d, struct jpeg_compress_struct *c)
{
    JSAMPROW row = mem_alloc((size_t)3 * d->output_width);

    c->image_width = d->output_width;
    c->image_height = d->output_height;
    c->input_components = 3;
    c->in_color_space = JCS_RGB;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, QUALITY, TRUE);
    jpeg_start_compress(c, TRUE);
    while (d->output_scanline < d->output_height) {
        (void)jpeg_read_scanlines(d, &row, 1);
        (void)jpeg_write_scanlines(c, &row, 1);
    }
    jpeg_finish_compress(c);
    (void)jpeg_finish_decompress(d);
    mem_free(row);
}

int main(int argc, char **argv)
{
    struct jpeg_decompress_struct d;
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr from_err, to_err;
    int64_t megapixels;
    FILE *from, *to;

    if (argc != 4 || str_int64(argv[1], 1, 1000, &megapixels) != ASSAY_OK ||
        (from = fopen(argv[2], "rb")) == NULL || (to = fopen(argv[3], "wb")) == NULL) {
        (void)fprintf(stderr, "usage: resave MEGAPIXELS IN OUT\n");
        return 2;
    }
    d.err = jpeg_std_error(&from_err);
    jpeg_create_decompress(&d);
    jpeg_stdio_src(&d, from);
    (void)jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_RGB;
    d.scale_num = scale_for(&d, (double)megapixels * 1e6);
    d.scale_denom = EIGHTHS;
    (void)jpeg_start_decompress(&d);
    c.err = jpeg_std_error(&to_err);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, to);
    copy(&d, &c);
    jpeg_destroy_compress(&c);
    jpeg_destroy_decompress(&d);
    (void)fclose(from);
    return fclose(to) == 0 ? 0 : 1;
}
