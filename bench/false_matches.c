/* false-matches COUNT JPEG...: how often pictures that have nothing in common match all the same.
 *
 * Two sets, and both together: crops of the photographs, and COUNT generated landscapes. Each
 * picture is searched among all others; pairs out of one photograph are left out. Printed at each
 * radius: the pairs that match, how many those are of a billion pairs, and of a million pictures
 * searched among all others of the set how many meet at least one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "assay/index.h"
#include "assay/pdq.h"
#include "base/mem.h"
#include "base/str.h"
#include "media/files.h"

#define RADIUS_MAX  ASSAY_PDQ_MATCH_BITS
#define RADIUS_STEP 4
#define SIDE_MIN    1024 /* of a photograph, the longer side; larger ones are made smaller */
#define PARTS_MAX   5    /* crops have from a half to a fifth of the sides, half a crop apart */
#define LAND_WIDTH  96
#define LAND_HEIGHT 72
#define COUNT_MAX   10000000

static const unsigned limits[] = {0, ASSAY_PDQ_MATCH_QUALITY, 80};
#define LIMITS (sizeof limits / sizeof limits[0])

struct picture {
    uint32_t source; /* of one source or not */
    uint8_t quality;
    uint8_t near[LIMITS]; /* bits to the nearest of another source; over RADIUS_MAX: none */
};

struct set {
    struct picture *pictures;
    uint8_t *hashes;
    uint32_t *ids;
    uint32_t count, room;
    uint64_t pairs[LIMITS][RADIUS_MAX + 1]; /* by their distance */
};

static _Noreturn void end(const char *what)
{
    (void)fprintf(stderr, "false-matches: %s\n", what);
    exit(1);
}

static void add(struct set *s, const struct assay_pdq *hash, uint32_t source)
{
    if (s->count == s->room) {
        s->room = s->room == 0 ? 4096 : 2 * s->room;
        s->pictures = mem_resize(s->pictures, s->room, sizeof *s->pictures);
        s->hashes = mem_resize(s->hashes, s->room, ASSAY_PDQ_BYTES);
        s->ids = mem_resize(s->ids, s->room, sizeof *s->ids);
    }
    struct picture *p = &s->pictures[s->count];
    *p = (struct picture){.source = source, .quality = hash->quality};
    memset(p->near, RADIUS_MAX + 1, sizeof p->near);
    memcpy(s->hashes + (size_t)s->count * ASSAY_PDQ_BYTES, hash->bytes, ASSAY_PDQ_BYTES);
    s->ids[s->count] = s->count;
    s->count++;
}

static void add_crop(struct set *s, const uint8_t *at, uint32_t width, uint32_t height,
                     size_t stride, uint32_t source)
{
    struct assay_pdq hash;

    if (assay_pdq_hash_rgb(at, width, height, stride, &hash) != ASSAY_OK)
        end("a crop cannot be hashed");
    add(s, &hash, source);
}

static void add_crops(struct set *s, const struct files_picture *p, uint32_t source)
{
    const size_t stride = (size_t)3 * p->width;

    add_crop(s, p->bytes, p->width, p->height, stride, source);
    for (uint32_t n = 2; n <= PARTS_MAX; n++) {
        const uint32_t width = p->width / n, height = p->height / n;

        for (uint32_t y = 0; y < 2 * n - 1; y++)
            for (uint32_t x = 0; x < 2 * n - 1; x++)
                add_crop(s, p->bytes + y * (height / 2) * stride + (size_t)3 * x * (width / 2),
                         width, height, stride, source);
    }
}

static struct files_picture photograph(const char *path)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr err;
    FILE *f = fopen(path, "rb");

    if (f == NULL)
        end("a photograph cannot be opened");
    d.err = jpeg_std_error(&err);
    jpeg_create_decompress(&d);
    jpeg_stdio_src(&d, f);
    (void)jpeg_read_header(&d, TRUE);
    const unsigned longer = d.image_width > d.image_height ? d.image_width : d.image_height;
    d.out_color_space = JCS_RGB;
    d.scale_denom = d.scale_num = 8;
    while (d.scale_num > 1 && longer * (d.scale_num - 1) / 8 >= SIDE_MIN)
        d.scale_num--;
    (void)jpeg_start_decompress(&d);
    struct files_picture p = {d.output_width, d.output_height, 3,
                              mem_array((size_t)3 * d.output_width, d.output_height)};
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = p.bytes + (size_t)3 * d.output_width * d.output_scanline;
        (void)jpeg_read_scanlines(&d, &row, 1);
    }
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    (void)fclose(f);
    return p;
}

static void add_photographs(struct set *s, char *const *paths, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct files_picture p = photograph(paths[i]);

        add_crops(s, &p, i);
        files_picture_free(&p);
    }
}

static void add_landscapes(struct set *s, uint32_t count, uint32_t first_source)
{
    for (uint32_t i = 0; i < count; i++) {
        struct files_picture p = files_landscape(i, LAND_WIDTH, LAND_HEIGHT);

        add_crop(s, p.bytes, p.width, p.height, (size_t)3 * p.width, first_source + i);
        files_picture_free(&p);
    }
}

/* A pair within RADIUS_MAX counts at each limit that both qualities reach. */
static void note_pair(struct set *s, uint32_t a, uint32_t b, uint32_t distance)
{
    struct picture *p = &s->pictures[a], *q = &s->pictures[b];

    for (size_t l = 0; l < LIMITS && p->quality >= limits[l] && q->quality >= limits[l]; l++) {
        s->pairs[l][distance]++;
        p->near[l] = distance < p->near[l] ? (uint8_t)distance : p->near[l];
        q->near[l] = distance < q->near[l] ? (uint8_t)distance : q->near[l];
    }
}

static void search_all(struct set *s)
{
    struct assay_index *index;
    struct assay_index_reader *reader;

    if (assay_index_new(&index) != ASSAY_OK ||
        assay_index_add_many(index, s->hashes, s->ids, s->count) != ASSAY_OK ||
        assay_index_reader_new(index, &reader) != ASSAY_OK)
        end("memory is short");
    for (uint32_t i = 0; i < s->count; i++) {
        const struct assay_index_hit *hits;
        size_t found;

        if (assay_index_search(reader, s->hashes + (size_t)i * ASSAY_PDQ_BYTES, RADIUS_MAX, &hits,
                               &found) != ASSAY_OK)
            end("memory is short");
        for (size_t h = 0; h < found; h++)
            if (hits[h].id > i && s->pictures[hits[h].id].source != s->pictures[i].source)
                note_pair(s, i, hits[h].id, hits[h].distance);
    }
    assay_index_reader_free(reader);
    assay_index_free(index);
}

/* Pictures of that quality, and pairs of them of two sources. */
static uint32_t compared(const struct set *s, unsigned limit, double *pairs)
{
    uint32_t count = 0, of_source = 0, source = UINT32_MAX;
    double same = 0;

    for (uint32_t i = 0; i < s->count; i++) { /* those of one source lie one behind the other */
        if (s->pictures[i].source != source)
            of_source = 0;
        source = s->pictures[i].source;
        if (s->pictures[i].quality < limit)
            continue;
        same += of_source++;
        count++;
    }
    *pairs = (double)count * (count - 1) / 2 - same;
    return count;
}

static void print_radius(const struct set *s, unsigned radius)
{
    (void)printf("%6u", radius);
    for (size_t l = 0; l < LIMITS; l++) {
        uint64_t pairs = 0;
        uint32_t queries = 0;
        double of;
        const uint32_t count = compared(s, limits[l], &of);

        for (unsigned d = 0; d <= radius; d++)
            pairs += s->pairs[l][d];
        for (uint32_t i = 0; i < s->count; i++)
            queries += s->pictures[i].near[l] <= radius;
        (void)printf(" %8llu %9.1f %8.0f", (unsigned long long)pairs,
                     of > 0 ? (double)pairs / of * 1e9 : 0, count > 0 ? queries * 1e6 / count : 0);
    }
    (void)printf("\n");
}

static void report(struct set *s, const char *name)
{
    search_all(s);
    (void)printf("%s\n", name);
    for (size_t l = 0; l < LIMITS; l++) {
        double of;
        const uint32_t count = compared(s, limits[l], &of);

        (void)printf("  quality %2u or more: %u pictures, %.1f million pairs\n", limits[l], count,
                     of / 1e6);
    }
    (void)printf("%6s", "");
    for (size_t l = 0; l < LIMITS; l++)
        (void)printf("         quality %2u or more", limits[l]);
    (void)printf("\nradius");
    for (size_t l = 0; l < LIMITS; l++)
        (void)printf("    pairs     /10^9    /10^6");
    (void)printf("\n");
    for (unsigned radius = 0; radius <= RADIUS_MAX; radius += RADIUS_STEP)
        print_radius(s, radius);
    print_radius(s, RADIUS_MAX);
    mem_free(s->pictures);
    mem_free(s->hashes);
    mem_free(s->ids);
    mem_free(s);
}

int main(int argc, char **argv)
{
    int64_t count;

    if (argc < 3 || str_int64(argv[1], 1, COUNT_MAX, &count) != ASSAY_OK) {
        (void)fprintf(stderr, "usage: false-matches COUNT JPEG...\n");
        return 2;
    }
    const uint32_t photographs = (uint32_t)argc - 2, landscapes = (uint32_t)count;
    struct set *crops = mem_zalloc(sizeof *crops), *drawn = mem_zalloc(sizeof *drawn);
    add_photographs(crops, argv + 2, photographs);
    add_landscapes(drawn, landscapes, photographs);
    struct set *both = mem_zalloc(sizeof *both);
    for (uint32_t i = 0; i < crops->count + drawn->count; i++) {
        const struct set *from = i < crops->count ? crops : drawn;
        const uint32_t n = i < crops->count ? i : i - crops->count;
        struct assay_pdq hash = {.quality = from->pictures[n].quality};

        memcpy(hash.bytes, from->hashes + (size_t)n * ASSAY_PDQ_BYTES, sizeof hash.bytes);
        add(both, &hash, from->pictures[n].source);
    }
    (void)printf("%u photographs, %u crops of them; %u landscapes\n", photographs, crops->count,
                 drawn->count);
    report(crops, "crops of photographs");
    report(drawn, "landscapes");
    report(both, "both together");
    return 0;
}
