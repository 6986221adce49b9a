/* Files that are cut, lie about themselves, unfold without end or hide a second picture. */
#include "media/hostile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"
#include "media/files.h"

#define SIDE 240u

static void be32(struct buf *b, uint32_t v)
{
    const unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                    (unsigned char)(v >> 8), (unsigned char)v};

    buf_add(b, bytes, sizeof bytes);
}

static void chunk(struct buf *b, const char *name, const void *data, size_t size)
{
    uLong sum = crc32(crc32(0, NULL, 0), (const unsigned char *)name, 4);

    be32(b, (uint32_t)size);
    buf_add(b, name, 4);
    buf_add(b, data, size);
    if (size > 0)
        sum = crc32(sum, data, (uInt)size);
    be32(b, (uint32_t)sum);
}

static void png_head(struct buf *b, uint32_t width, uint32_t height, unsigned char colour_type)
{
    struct buf head;

    buf_init(&head, 13);
    be32(&head, width);
    be32(&head, height);
    buf_add(&head, (const unsigned char[]){8, colour_type, 0, 0, 0}, 5);
    buf_add(b, "\x89PNG\r\n\x1a\n", 8);
    chunk(b, "IHDR", head.data, head.size);
    buf_clear(&head);
}

/* zeros: how many zero bytes unfold out of the chunk; head stands before them, uncompressed. */
static void zero_chunk(struct buf *b, const char *name, const char *head, size_t head_size,
                       size_t zeros)
{
    const size_t bound = compressBound(zeros) + head_size;
    unsigned char *plain = mem_zalloc(zeros), *packed = mem_alloc(bound);
    uLongf size = (uLongf)(bound - head_size);

    memcpy(packed, head, head_size);
    if (compress2(packed + head_size, &size, plain, zeros, 9) == Z_OK)
        chunk(b, name, packed, head_size + size);
    mem_free(plain);
    mem_free(packed);
}

static void jpeg(uint64_t seed, struct buf *out)
{
    struct files_picture p = files_landscape(seed, SIDE + 80, SIDE);

    files_jpeg(&p, 85, FILES_BASELINE, out);
    files_picture_free(&p);
}

static void progressive(uint64_t seed, struct buf *out)
{
    struct files_picture p = files_landscape(seed, SIDE + 80, SIDE);

    files_jpeg(&p, 85, FILES_PROGRESSIVE, out);
    files_picture_free(&p);
}

static void png(uint64_t seed, struct buf *out)
{
    struct files_picture p = files_landscape(seed, SIDE, SIDE);

    files_png(&p, FILES_STRAIGHT, out);
    files_picture_free(&p);
}

static void png_interlaced(uint64_t seed, struct buf *out)
{
    struct files_picture p = files_landscape(seed, SIDE, SIDE);

    files_png(&p, FILES_INTERLACED, out);
    files_picture_free(&p);
}

static void webp(uint64_t seed, struct buf *out)
{
    struct files_picture p = files_landscape(seed, SIDE + 80, SIDE);

    files_webp(&p, 80, out);
    files_picture_free(&p);
}

/* Writes both sides of the frame header, wherever it lies. */
static void set_jpeg_sides(struct buf *b, unsigned width, unsigned height)
{
    for (size_t i = 2; i + 9 < b->size; i++)
        if (b->data[i] == 0xff && (b->data[i + 1] == 0xc0 || b->data[i + 1] == 0xc2)) {
            b->data[i + 5] = (unsigned char)(height >> 8);
            b->data[i + 6] = (unsigned char)height;
            b->data[i + 7] = (unsigned char)(width >> 8);
            b->data[i + 8] = (unsigned char)width;
            return;
        }
}

static void jpeg_lie_65500(struct buf *out)
{
    jpeg(3, out);
    set_jpeg_sides(out, 65500, 65500);
}

static void jpeg_lie_12000(struct buf *out)
{
    jpeg(3, out);
    set_jpeg_sides(out, 12000, 12000);
}

static void jpeg_lie_zero(struct buf *out)
{
    jpeg(3, out);
    set_jpeg_sides(out, 0, 200);
}

/* Ten thousand refinements that say nothing, each a scan over a large picture. */
static void jpeg_scan_bomb(struct buf *out)
{
    static const unsigned char empty_scan[] = {0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0x02, 0};
    struct files_picture p = files_landscape(4, 64, 64);
    size_t end;

    files_jpeg(&p, 60, FILES_PROGRESSIVE, out);
    files_picture_free(&p);
    set_jpeg_sides(out, 8000, 8000);
    end = out->size - 2;
    out->size = end;
    for (unsigned i = 0; i < 10000; i++)
        buf_add(out, empty_scan, sizeof empty_scan);
    buf_add(out, "\xff\xd9", 2);
}

static void jpeg_trailing(struct buf *out)
{
    jpeg(5, out);
    buf_add_str(out, "These bytes stand behind the end of the picture.");
}

static void jpeg_two(struct buf *out)
{
    jpeg(6, out);
    jpeg(7, out);
}

static void jpeg_padded(struct buf *out)
{
    jpeg(5, out);
    buf_add(out, "\0\0\0\0\0\0\0\0", 8);
}

static void jpeg_head_only(struct buf *out)
{
    jpeg(8, out);
    for (size_t i = 2; i + 4 < out->size; i++)
        if (out->data[i] == 0xff && out->data[i + 1] == 0xda) {
            out->size = i + 2 + (size_t)out->data[i + 3];
            return;
        }
}

static void jpeg_wrong_ending(struct buf *out)
{
    jpeg(9, out);
}

static void exif_other_thumbnail(struct buf *out)
{
    struct files_picture p = files_landscape(10, 480, 320), small = files_landscape(77, 160, 107);

    files_jpeg_exif(&p, 1, &small, out);
    files_picture_free(&p);
    files_picture_free(&small);
}

static void exif_same_thumbnail(struct buf *out)
{
    struct files_picture p = files_landscape(10, 480, 320), small = files_landscape(10, 160, 107);

    files_jpeg_exif(&p, 1, &small, out);
    files_picture_free(&p);
    files_picture_free(&small);
}

static void exif_turned(struct buf *out)
{
    struct files_picture p = files_landscape(11, 480, 320);

    files_jpeg_exif(&p, 6, NULL, out);
    files_picture_free(&p);
}

/* Opaque above a plain backdrop: transparency as stickers have it. */
static void png_sticker(struct buf *out)
{
    struct files_picture rgb = files_landscape(12, SIDE, SIDE);
    struct files_picture p = {SIDE, SIDE, 4, mem_array((size_t)SIDE * SIDE, 4)};

    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        const bool inside = i % SIDE > SIDE / 4 && i % SIDE < SIDE / 2;

        if (inside)
            memcpy(p.bytes + 4 * i, rgb.bytes + 3 * i, 3);
        p.bytes[4 * i + 3] = inside ? 255 : 0;
    }
    files_png(&p, FILES_STRAIGHT, out);
    files_picture_free(&rgb);
    files_picture_free(&p);
}

/* A whole landscape that a viewer shows as nothing. */
static void png_alpha_hidden(struct buf *out)
{
    struct files_picture rgb = files_landscape(12, SIDE, SIDE);
    struct files_picture p = {SIDE, SIDE, 4, mem_array((size_t)SIDE * SIDE, 4)};

    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        memcpy(p.bytes + 4 * i, rgb.bytes + 3 * i, 3);
    files_png(&p, FILES_STRAIGHT, out);
    files_picture_free(&rgb);
    files_picture_free(&p);
}

/* A PNG with a second frame between its data and its end. */
static void apng_two(struct buf *out)
{
    struct buf plain;

    buf_init(&plain, FILES_BYTES_MAX);
    png(13, &plain);
    buf_add(out, plain.data, 33); /* signature and header */
    chunk(out, "acTL", "\0\0\0\2\0\0\0\0", 8);
    buf_add(out, plain.data + 33, plain.size - 33 - 12);
    chunk(out, "fcTL", "\0\0\0\0\0\0\0\xf0\0\0\0\xf0\0\0\0\0\0\0\0\0\0\1\0\1\0\0", 26);
    chunk(out, "fdAT", "\0\0\0\1 second frame", 17);
    chunk(out, "IEND", NULL, 0);
    buf_clear(&plain);
}

/* 36,000 x 36,000 pixels in about 4 MB. */
static void png_bomb(struct buf *out)
{
    png_head(out, 36000, 36000, 0);
    zero_chunk(out, "IDAT", "", 0, 8u << 20);
    chunk(out, "IEND", NULL, 0);
}

/* Within the limits on its head, but its data stop early. */
static void png_lie_12000(struct buf *out)
{
    png_head(out, 12000, 12000, 2);
    zero_chunk(out, "IDAT", "", 0, 1u << 20);
    chunk(out, "IEND", NULL, 0);
}

/* Texts and profiles that unfold to 256 MB each, in front of a good picture. */
static void png_text_bomb(struct buf *out)
{
    struct buf plain;

    buf_init(&plain, FILES_BYTES_MAX);
    png(14, &plain);
    buf_add(out, plain.data, 33);
    zero_chunk(out, "zTXt", "Comment\0\0", 9, 64u << 20);
    zero_chunk(out, "iCCP", "profile\0\0", 9, 64u << 20);
    buf_add(out, plain.data + 33, plain.size - 33);
    buf_clear(&plain);
}

static void png_bad_checksum(struct buf *out)
{
    png(15, out);
    out->data[out->size - 12 - 1] ^= 0x55;
}

static void webp_trailing(struct buf *out)
{
    webp(16, out);
    buf_add_str(out, "These bytes stand behind the end of the picture.");
}

static void empty(struct buf *out)
{
    (void)out;
}

static void marks_only(struct buf *out)
{
    buf_add(out, "\xff\xd8\xff\xe0", 4);
}

static void text(struct buf *out)
{
    buf_add_str(out, "#EXTM3U\nfile:///etc/hostname\n");
}

static void noise_after_mark(struct buf *out)
{
    uint32_t x = 12345;

    buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    for (unsigned i = 0; i < 4096; i++) {
        x = x * 1664525u + 1013904223u;
        buf_add_char(out, (char)(x >> 24));
    }
}

static const struct hostile {
    const char *name;
    void (*make)(struct buf *out);
} list[] = {
    {"zero-bytes.jpg", empty},
    {"marks-only.jpg", marks_only},
    {"playlist.jpg", text},
    {"noise.png", noise_after_mark},
    {"lie-65500.jpg", jpeg_lie_65500},
    {"lie-12000.jpg", jpeg_lie_12000},
    {"lie-zero.jpg", jpeg_lie_zero},
    {"scan-bomb.jpg", jpeg_scan_bomb},
    {"trailing.jpg", jpeg_trailing},
    {"padded.jpg", jpeg_padded},
    {"two-in-one.jpg", jpeg_two},
    {"head-only.jpg", jpeg_head_only},
    {"really-a-jpeg.png", jpeg_wrong_ending},
    {"exif-thumbnail-differs.jpg", exif_other_thumbnail},
    {"exif-thumbnail-same.jpg", exif_same_thumbnail},
    {"exif-turned.jpg", exif_turned},
    {"sticker.png", png_sticker},
    {"alpha-hidden.png", png_alpha_hidden},
    {"apng-two.png", apng_two},
    {"bomb-36000.png", png_bomb},
    {"lie-12000.png", png_lie_12000},
    {"text-bomb.png", png_text_bomb},
    {"bad-checksum.png", png_bad_checksum},
    {"trailing.webp", webp_trailing},
};

/* Each kind cut at every tenth; the number in the name is the share that is left. */
#define CUTS(kind, ending)                                                                         \
    {                                                                                              \
        kind "-10." ending, kind "-20." ending, kind "-30." ending, kind "-40." ending,            \
            kind "-50." ending, kind "-60." ending, kind "-70." ending, kind "-80." ending,        \
            kind "-90." ending                                                                     \
    }
static const struct cut {
    void (*make)(uint64_t seed, struct buf *out);
    const char *names[9];
} cuts[] = {
    {jpeg, CUTS("cut", "jpg")},  {progressive, CUTS("cut-progressive", "jpg")},
    {png, CUTS("cut", "png")},   {png_interlaced, CUTS("cut-interlaced", "png")},
    {webp, CUTS("cut", "webp")},
};

#define LIST_COUNT (sizeof list / sizeof list[0])
#define CUT_COUNT  (sizeof cuts / sizeof cuts[0])

const char *files_hostile(unsigned index, struct buf *out)
{
    buf_reset(out);
    if (index < LIST_COUNT) {
        list[index].make(out);
        assert(!out->over);
        return list[index].name;
    }
    index -= (unsigned)LIST_COUNT;
    if (index >= 9 * CUT_COUNT)
        return NULL;
    cuts[index / 9].make(20 + index / 9, out);
    out->size = out->size * (index % 9 + 1) / 10;
    return cuts[index / 9].names[index % 9];
}
