/* make-media: fills a folder with generated landscapes, or with the hostile files of the tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "media/coded.h"
#include "media/evasions.h"
#include "media/files.h"
#include "media/hostile.h"

#define COUNT_MAX 1000000

static const char usage[] = "usage: make-media DIR COUNT [SEED]\n"
                            "       make-media --hostile DIR\n"
                            "       make-media --evasions DIR\n"
                            "       make-media --coded DIR\n";

/* From thumbnails to photographs of 12 megapixels, upright ones among them. */
static const struct {
    uint32_t width, height;
} sizes[] = {{1024, 768}, {1280, 720},  {1600, 1067}, {640, 480},  {900, 1200},
             {800, 800},  {2048, 1365}, {480, 640},   {1920, 800}, {4000, 3000}};

static int put(const char *folder, const char *name, const struct buf *b)
{
    char path[4096];
    FILE *f;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return 1;
    f = fopen(path, "wb");
    if (f == NULL || fwrite(b->data, 1, b->size, f) != b->size || fclose(f) != 0) {
        fprintf(stderr, "make-media: %s cannot be written\n", path);
        return 1;
    }
    return 0;
}

static int hostile(const char *folder)
{
    struct buf b;
    const char *name;
    int rc = 0;

    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; rc == 0 && (name = files_hostile(i, &b)) != NULL; i++)
        rc = put(folder, name, &b);
    buf_clear(&b);
    return rc;
}

static int evasions(const char *folder)
{
    struct evasion e;
    struct buf b;
    int rc = 0;

    buf_init(&b, FILES_BYTES_MAX);
    for (unsigned i = 0; rc == 0 && evasion_make(i, &e, &b); i++, buf_reset(&b)) {
        rc = put(folder, e.name, &b);
        evasion_clear(&e);
    }
    buf_clear(&b);
    return rc;
}

/* One still of each kind that an encoder of this system writes. */
static int coded(const char *folder)
{
    struct files_picture p = files_landscape(5, 240, 180);
    struct buf b;
    int rc = 0;

    buf_init(&b, FILES_BYTES_MAX);
    if (coded_heif(&p, 1, CODED_AVIF, &b))
        rc |= put(folder, "landscape.avif", &b);
    buf_reset(&b);
    if (coded_heif(&p, 1, CODED_HEIC, &b))
        rc |= put(folder, "landscape.heic", &b);
    buf_reset(&b);
    if (coded_jp2(&p, &b))
        rc |= put(folder, "landscape.jp2", &b);
    buf_reset(&b);
    if (coded_jxl(&p, &b))
        rc |= put(folder, "landscape.jxl", &b);
    buf_clear(&b);
    files_picture_free(&p);
    return rc;
}

static int landscapes(const char *folder, int64_t count, uint64_t seed)
{
    struct buf b;
    int rc = 0;

    buf_init(&b, FILES_BYTES_MAX);
    for (int64_t i = 0; rc == 0 && i < count; i++) {
        const size_t s = (size_t)(i * 7 % 40) < 39 ? (size_t)(i % 9) : 9; /* 1 in 40 is large */
        struct files_picture p =
            files_landscape(seed + (uint64_t)i, sizes[s].width, sizes[s].height);
        const char *ending = i % 8 == 5 ? "png" : i % 8 == 7 ? "webp" : "jpg";
        char name[64];

        buf_reset(&b);
        if (str_equal(ending, "png"))
            files_png(&p, FILES_STRAIGHT, &b);
        else if (str_equal(ending, "webp"))
            files_webp(&p, 82, &b);
        else
            files_jpeg(&p, 88, i % 16 == 2 ? FILES_PROGRESSIVE : FILES_BASELINE, &b);
        (void)snprintf(name, sizeof name, "landscape-%06lld.%s", (long long)i, ending);
        rc = put(folder, name, &b);
        files_picture_free(&p);
    }
    buf_clear(&b);
    return rc;
}

int main(int argc, char **argv)
{
    const bool harmful = argc == 3 && str_equal(argv[1], "--hostile");
    const bool hiding = argc == 3 && str_equal(argv[1], "--evasions");
    const bool coding = argc == 3 && str_equal(argv[1], "--coded");
    int64_t count = 0, seed = 1;
    struct err e;

    if (!harmful && !hiding && !coding &&
        (argc < 3 || argc > 4 || str_int64(argv[2], 1, COUNT_MAX, &count) != ASSAY_OK ||
         (argc == 4 && str_int64(argv[3], 0, INT64_MAX, &seed) != ASSAY_OK))) {
        fputs(usage, stderr);
        return 2;
    }
    const char *folder = harmful || hiding || coding ? argv[2] : argv[1];
    if (fs_make_dirs(folder, 0755, &e) != ASSAY_OK) {
        fprintf(stderr, "make-media: %s\n", e.text);
        return 1;
    }
    if (hiding)
        return evasions(folder);
    if (coding)
        return coded(folder);
    return harmful ? hostile(folder) : landscapes(folder, count, (uint64_t)seed);
}
