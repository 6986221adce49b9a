/* How near the PDQ of a bordered picture, and of it without its borders, is to the picture's own.
 *
 * usage: bench_borders [PHOTOGRAPH.jpg...]
 * Without photographs generated landscapes are taken. Each is put between bars and into a frame and
 * saved as JPEG; distances are a property of the pictures and come out the same anywhere.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "assay/pdq.h"
#include "media/files.h"

#define LANDSCAPES 60
#define SIDE_MAX   1600u /* photographs are halved until they are no wider */
#define COUNT_MAX  2000

struct shape {
    const char *name;
    unsigned above, beside; /* hundredths of the picture's height and width, on each side */
    uint8_t level;
};

static const struct shape shapes[] = {
    {"none", 0, 0, 0},        {"bars above and below", 17, 0, 0}, {"bars left and right", 0, 17, 0},
    {"black frame", 5, 5, 0}, {"white page", 20, 20, 255},
};

static const int qualities[] = {95, 85, 60, 30};

struct result {
    unsigned count, exact;
    unsigned before[COUNT_MAX], after[COUNT_MAX];
};

static int ascending(const void *a, const void *b)
{
    const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

static struct files_picture blank(uint32_t width, uint32_t height, uint8_t level)
{
    struct files_picture p = {width, height, 3, malloc((size_t)3 * width * height)};

    assert(p.bytes != NULL);
    memset(p.bytes, level, (size_t)3 * width * height);
    return p;
}

static struct files_picture decode(const void *bytes, size_t size, uint32_t width_max)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct files_picture p;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, size);
    (void)jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_RGB;
    for (d.scale_num = d.scale_denom = 1; d.image_width / d.scale_denom > width_max;
         d.scale_denom *= 2)
        continue;
    (void)jpeg_start_decompress(&d);
    p = blank(d.output_width, d.output_height, 0);
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = p.bytes + (size_t)3 * p.width * d.output_scanline;
        (void)jpeg_read_scanlines(&d, &row, 1);
    }
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return p;
}

static struct files_picture saved(const struct files_picture *p, int quality)
{
    struct files_picture out;
    struct buf file;

    buf_init(&file, FILES_BYTES_MAX);
    files_jpeg(p, quality, FILES_BASELINE, &file);
    out = decode(file.data, file.size, UINT32_MAX);
    buf_clear(&file);
    return out;
}

static struct assay_pdq hash(const struct files_picture *p, const struct assay_pdq_box *b)
{
    const size_t stride = (size_t)3 * p->width;
    struct assay_pdq out;
    const enum assay_err rc = assay_pdq_hash_rgb(p->bytes + b->top * stride + (size_t)3 * b->left,
                                                 b->width, b->height, stride, &out);

    assert(rc == ASSAY_OK);
    (void)rc;
    return out;
}

static void put(struct files_picture *onto, const struct files_picture *p, uint32_t left,
                uint32_t top)
{
    for (uint32_t y = 0; y < p->height; y++)
        memcpy(onto->bytes + 3 * ((size_t)(top + y) * onto->width + left),
               p->bytes + (size_t)3 * y * p->width, (size_t)3 * p->width);
}

static void measure(const struct files_picture *p, const struct shape *s, int quality,
                    struct result *r)
{
    const uint32_t above = p->height * s->above / 100, beside = p->width * s->beside / 100;
    struct files_picture framed = blank(p->width + 2 * beside, p->height + 2 * above, s->level);
    struct files_picture coded;
    const struct assay_pdq_box whole = {0, 0, p->width, p->height},
                               all = {0, 0, framed.width, framed.height};
    struct assay_pdq own, before, after;
    struct assay_pdq_box b;

    put(&framed, p, beside, above);
    coded = saved(&framed, quality);
    (void)assay_pdq_unborder_rgb(coded.bytes, all.width, all.height, (size_t)3 * all.width, &b);
    own = hash(p, &whole);
    before = hash(&coded, &all);
    after =
        b.width >= ASSAY_PDQ_SIDE_MIN && b.height >= ASSAY_PDQ_SIDE_MIN ? hash(&coded, &b) : before;
    r->before[r->count] = assay_pdq_distance(&own, &before);
    r->after[r->count++] = assay_pdq_distance(&own, &after);
    r->exact += b.left == beside && b.top == above && b.width == p->width && b.height == p->height;
    free(framed.bytes);
    free(coded.bytes);
}

static unsigned within(const unsigned *bits, unsigned count)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++)
        n += bits[i] <= ASSAY_PDQ_MATCH_BITS;
    return n;
}

static void print(const char *name, int quality, struct result *r)
{
    qsort(r->before, r->count, sizeof r->before[0], ascending);
    qsort(r->after, r->count, sizeof r->after[0], ascending);
    printf("%-22s %7d %5u %5u %6u %6u %6u %6u %6u %6u %6u\n", name, quality, r->count, r->exact,
           r->before[r->count / 2], r->before[r->count - 1], within(r->before, r->count),
           r->after[r->count / 2], r->after[r->count * 9 / 10], r->after[r->count - 1],
           within(r->after, r->count));
}

static struct files_picture load(const char *path)
{
    unsigned char *bytes = malloc(FILES_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    struct files_picture p;
    size_t size;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    assert(bytes != NULL);
    size = fread(bytes, 1, FILES_BYTES_MAX, file);
    (void)fclose(file);
    p = decode(bytes, size, SIDE_MAX);
    free(bytes);
    return p;
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)argc - 1 : LANDSCAPES;
    static struct result results[sizeof shapes / sizeof shapes[0]]
                                [sizeof qualities / sizeof qualities[0]];

    for (unsigned i = 0; i < count && i < COUNT_MAX; i++) {
        struct files_picture p = argc > 1
                                     ? load(argv[1 + i])
                                     : files_landscape(i, 640 + 13 * (i % 7), 480 - 11 * (i % 5));

        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            for (size_t q = 0; q < sizeof qualities / sizeof qualities[0]; q++)
                measure(&p, &shapes[s], qualities[q], &results[s][q]);
        files_picture_free(&p);
    }
    printf("%u %s\n", count, argc > 1 ? "photographs" : "landscapes");
    printf("%-22s %7s %5s %5s %20s %27s\n", "", "", "", "exact", "distance with it",
           "distance without it");
    printf("%-22s %7s %5s %5s %6s %6s %6s %6s %6s %6s %6s\n", "border", "quality", "files", "box",
           "median", "max", "<= 31", "median", "p90", "max", "<= 31");
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (size_t q = 0; q < sizeof qualities / sizeof qualities[0]; q++)
            print(shapes[s].name, qualities[q], &results[s][q]);
    return 0;
}
