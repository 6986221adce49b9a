/* decode-floor THREADS FILE...: decodes pictures to RGB with the bare libraries, for comparison. */
#include <pthread.h>
#include <setjmp.h>
#include <spng.h>
#include <stdatomic.h>
#include <stdio.h> /* jpeglib.h wants it before itself */
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>

#include <jpeglib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

struct floor_run {
    char **files;
    int count;
    atomic_int next, failed;
};

struct jump {
    struct jpeg_error_mgr manager;
    jmp_buf back;
};

static void give_up(j_common_ptr c)
{
    longjmp(((struct jump *)(void *)c->err)->back, 1);
}

static int decode_jpeg(const struct buf *b)
{
    struct jpeg_decompress_struct c;
    struct jump j;
    unsigned char *volatile row = NULL;
    volatile int rc = 1;

    c.err = jpeg_std_error(&j.manager);
    j.manager.error_exit = give_up;
    if (setjmp(j.back) == 0) {
        jpeg_create_decompress(&c);
        jpeg_mem_src(&c, b->data, b->size);
        (void)jpeg_read_header(&c, TRUE);
        c.out_color_space = JCS_RGB;
        (void)jpeg_start_decompress(&c);
        row = mem_alloc((size_t)c.output_width * 3);
        while (c.output_scanline < c.output_height) {
            unsigned char *rows[1] = {row};
            (void)jpeg_read_scanlines(&c, rows, 1);
        }
        (void)jpeg_finish_decompress(&c);
        rc = 0;
    }
    jpeg_destroy_decompress(&c);
    mem_free(row);
    return rc;
}

static int decode_png(const struct buf *b)
{
    spng_ctx *s = spng_ctx_new(0);
    size_t size = 0;
    int rc = spng_set_png_buffer(s, b->data, b->size);

    if (rc == 0)
        rc = spng_decoded_image_size(s, SPNG_FMT_RGB8, &size);
    void *pixels = mem_alloc(size);
    if (rc == 0)
        rc = spng_decode_image(s, pixels, size, SPNG_FMT_RGB8, 0);
    mem_free(pixels);
    spng_ctx_free(s);
    return rc;
}

static int decode_webp(const struct buf *b)
{
    int width, height;
    uint8_t *pixels = WebPDecodeRGB(b->data, b->size, &width, &height);

    WebPFree(pixels);
    return pixels == NULL;
}

static int decode(const struct buf *b)
{
    if (b->size > 2 && b->data[0] == 0xff && b->data[1] == 0xd8)
        return decode_jpeg(b);
    if (b->size > 8 && memcmp(b->data + 1, "PNG", 3) == 0)
        return decode_png(b);
    return decode_webp(b);
}

static void *work(void *ctx)
{
    struct floor_run *r = ctx;
    int i;

    while ((i = atomic_fetch_add(&r->next, 1)) < r->count) {
        struct buf b;
        buf_init(&b, 1u << 30);
        if (fs_read_file(r->files[i], &b, NULL) != ASSAY_OK || decode(&b) != 0)
            (void)atomic_fetch_add(&r->failed, 1);
        buf_clear(&b);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct floor_run r = {.files = argv + 2, .count = argc - 2};
    pthread_t ids[64];
    int64_t threads, wall = clock_mono_ms(), cpu = clock_cpu_us();

    if (argc < 3 || str_int64(argv[1], 1, 64, &threads) != ASSAY_OK) {
        fputs("usage: decode-floor THREADS FILE...\n", stderr);
        return 2;
    }
    for (int64_t i = 0; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, work, &r) != 0)
            return 3;
    }
    for (int64_t i = 0; i < threads; i++)
        (void)pthread_join(ids[i], NULL);
    printf("{\"files\":%d,\"failed\":%d,\"wall_ms\":%lld,\"cpu_ms\":%lld}\n", r.count,
           atomic_load(&r.failed), (long long)(clock_mono_ms() - wall),
           (long long)((clock_cpu_us() - cpu) / 1000));
    return 0;
}
