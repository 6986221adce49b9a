/* Times a picture's way through both children beside libjpeg's decode alone, in one run. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <jpeglib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "decode/decode.h"
#include "media/animations.h"
#include "media/files.h"

#define RUNS         9 /* the best counts: the machine has other work too */
#define FRAMES       100
#define FRAMES_ALIKE 10 /* then another landscape */

static const struct {
    uint32_t width, height;
} sizes[] = {{1152, 864}, {2304, 1728}, {4000, 3000}};

/* Processor time of this process and of the children that it has waited for. */
static double cpu_ms(void)
{
    const int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double sum = 0;

    for (size_t i = 0; i < 2; i++) {
        struct rusage u = {0};

        (void)getrusage(who[i], &u);
        sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
    }
    return sum;
}

static void bare_decode(const struct buf *b)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr err;
    JSAMPROW row;

    d.err = jpeg_std_error(&err);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, b->data, b->size);
    (void)jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&d);
    row = mem_alloc((size_t)3 * d.output_width);
    while (d.output_scanline < d.output_height)
        (void)jpeg_read_scanlines(&d, &row, 1);
    mem_free(row);
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
}

static int report(struct decode_env *env, uint32_t width, uint32_t height)
{
    struct files_picture p = files_landscape(3, width, height);
    double bare = 1e9, decode = 1e9, encode = 1e9;
    struct buf b;

    buf_init(&b, FILES_BYTES_MAX);
    files_jpeg(&p, 88, FILES_BASELINE, &b);
    for (unsigned i = 0; i < RUNS; i++) {
        struct decode_encoded made[DECODE_RENDITION_COUNT];
        struct decode_picture picture;
        double t[4];

        t[0] = cpu_ms();
        bare_decode(&b);
        t[1] = cpu_ms();
        if (decode_picture(env, b.data, b.size, &picture, NULL) != ASSAY_OK)
            return 1;
        t[2] = cpu_ms();
        if (decode_encode(env, &picture, made, NULL) != ASSAY_OK)
            return 1;
        t[3] = cpu_ms();
        bare = t[1] - t[0] < bare ? t[1] - t[0] : bare;
        decode = t[2] - t[1] < decode ? t[2] - t[1] : decode;
        encode = t[3] - t[2] < encode ? t[3] - t[2] : encode;
        decode_encoded_clear(made);
        decode_picture_clear(&picture);
    }
    printf("%5.1f MP  libjpeg alone %6.1f  decode %6.1f (%.2fx)  encode %6.1f  both %6.1f ms\n",
           (double)width * height / 1e6, bare, decode, decode / bare, encode, decode + encode);
    files_picture_free(&p);
    buf_clear(&b);
    return 0;
}

/* The same of an animation: every frame is composed, hashed and compared. */
static int report_animation(struct decode_env *env, const char *name, const struct buf *b)
{
    double decode = 1e9, encode = 1e9;
    uint32_t frames = 0, facets = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        struct decode_encoded made[DECODE_RENDITION_COUNT];
        struct decode_picture picture;
        double t[3];

        t[0] = cpu_ms();
        if (decode_picture(env, b->data, b->size, &picture, NULL) != ASSAY_OK)
            return 1;
        t[1] = cpu_ms();
        if (decode_encode(env, &picture, made, NULL) != ASSAY_OK)
            return 1;
        t[2] = cpu_ms();
        decode = t[1] - t[0] < decode ? t[1] - t[0] : decode;
        encode = t[2] - t[1] < encode ? t[2] - t[1] : encode;
        frames = picture.frames_seen;
        facets = picture.facet_count;
        decode_encoded_clear(made);
        decode_picture_clear(&picture);
    }
    printf("%s of %u frames, %u facets  decode %6.1f  encode %6.1f  both %6.1f ms\n", name, frames,
           facets, decode, encode, decode + encode);
    return 0;
}

static int report_animations(struct decode_env *env)
{
    struct files_picture frames[FRAMES];
    struct buf b;
    int rc;

    for (size_t i = 0; i < FRAMES; i++)
        frames[i] = files_landscape(i / FRAMES_ALIKE, 480, 360);
    buf_init(&b, FILES_BYTES_MAX);
    animation_apng(frames, FRAMES, &b);
    rc = report_animation(env, "APNG 480 x 360", &b);
    buf_reset(&b);
    animation_webp(frames, FRAMES, &b);
    if (rc == 0)
        rc = report_animation(env, "WebP 480 x 360", &b);
    for (size_t i = 0; i < FRAMES; i++)
        files_picture_free(&frames[i]);
    buf_clear(&b);
    return rc;
}

int main(void)
{
    struct decode_env *env;
    struct err e;
    int rc = 0;

    if (decode_env_new_in(ASSAY_TEST_CHILDREN, &decode_limits_default, &env, &e) != ASSAY_OK) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    printf("layers: %s; processor time, best of %d\n", decode_env_layers(env), RUNS);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && rc == 0; i++)
        rc = report(env, sizes[i].width, sizes[i].height);
    if (rc == 0)
        rc = report_animations(env);
    decode_env_free(env);
    return rc;
}
