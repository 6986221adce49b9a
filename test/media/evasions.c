/* Makes each evasion of two landscapes: under transparency, in a frame, a thumbnail, behind the
 * end. */
#include "media/evasions.h"

#include <string.h>

#include "base/mem.h"
#include "media/animations.h"
#include "media/coded.h"
#include "media/stills.h"

#define WIDTH     320u
#define HEIGHT    240u
#define FRAMES    24u
#define ODD_FRAME 17u

/* A copy of four channels, every pixel of this alpha. */
static struct files_picture with_alpha(const struct files_picture *p, uint8_t alpha)
{
    const size_t count = (size_t)p->width * p->height;
    struct files_picture made = {p->width, p->height, 4, mem_array(count, 4)};

    for (size_t i = 0; i < count; i++) {
        memcpy(made.bytes + 4 * i, p->bytes + 3 * i, 3);
        made.bytes[4 * i + 3] = alpha;
    }
    return made;
}

/* The upper half of the picture is transparent: viewers show white there. */
static void alpha_hidden_picture(struct evasion *e, struct buf *out)
{
    struct files_picture p = with_alpha(&e->shown, 0);

    for (uint32_t y = HEIGHT / 2; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            p.bytes[4 * ((size_t)y * WIDTH + x) + 3] = 255;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        for (unsigned c = 0; c < 3; c++)
            e->hidden.bytes[3 * i + c] = p.bytes[4 * i + 3] == 0 ? 255 : p.bytes[4 * i + c];
    files_png(&p, FILES_STRAIGHT, out);
    files_picture_free(&p);
}

/* All black, and drawn by the alpha alone. */
static void alpha_draws_picture(struct evasion *e, struct buf *out)
{
    struct files_picture p = with_alpha(&e->hidden, 0);

    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        const uint8_t light = p.bytes[4 * i + 1];

        memset(p.bytes + 4 * i, 0, 3);
        p.bytes[4 * i + 3] = (uint8_t)(255 - light);
        memset(e->hidden.bytes + 3 * i, light, 3);
        memset(e->shown.bytes + 3 * i, 0, 3);
    }
    files_png(&p, FILES_STRAIGHT, out);
    files_picture_free(&p);
}

static void apng_two_pictures(struct evasion *e, struct buf *out)
{
    const struct files_picture frames[] = {e->shown, e->hidden};

    animation_apng(frames, 2, out);
}

static void odd_frame(const struct evasion *e, struct files_picture *frames)
{
    for (size_t i = 0; i < FRAMES; i++)
        frames[i] = i == ODD_FRAME ? e->hidden : e->shown;
}

static void apng_odd_frame(struct evasion *e, struct buf *out)
{
    struct files_picture frames[FRAMES];

    odd_frame(e, frames);
    animation_apng(frames, FRAMES, out);
}

static void webp_odd_frame(struct evasion *e, struct buf *out)
{
    struct files_picture frames[FRAMES];

    odd_frame(e, frames);
    animation_webp(frames, FRAMES, out);
}

static void gif_odd_frame(struct evasion *e, struct buf *out)
{
    struct files_picture frames[FRAMES];

    stills_few_colours(&e->shown);
    stills_few_colours(&e->hidden);
    odd_frame(e, frames);
    stills_gif(frames, FRAMES, out);
}

static void tiff_two_pages(struct evasion *e, struct buf *out)
{
    const struct files_picture pages[] = {e->shown, e->hidden};

    stills_tiff(pages, 2, STILLS_TIFF_8, out);
}

static void exif_thumb_differs(struct evasion *e, struct buf *out)
{
    files_picture_free(&e->hidden);
    e->hidden = files_landscape(77, WIDTH / 2, HEIGHT / 2);
    files_jpeg_exif(&e->shown, 1, &e->hidden, out);
}

static void jpeg(const struct files_picture *p, struct buf *out)
{
    files_jpeg(p, 88, FILES_BASELINE, out);
}

static void two_jpegs(struct evasion *e, struct buf *out)
{
    jpeg(&e->shown, out);
    jpeg(&e->hidden, out);
}

/* Some bytes between, as carved and cheated files have them. */
static void jpeg_then_png(struct evasion *e, struct buf *out)
{
    jpeg(&e->shown, out);
    buf_add(out, "\xff\xd8\xff\xfe of no picture", 18);
    files_png(&e->hidden, FILES_STRAIGHT, out);
}

static void png_then_webp(struct evasion *e, struct buf *out)
{
    files_png(&e->shown, FILES_STRAIGHT, out);
    files_webp(&e->hidden, 85, out);
}

static void webp_then_jpeg(struct evasion *e, struct buf *out)
{
    files_webp(&e->shown, 85, out);
    jpeg(&e->hidden, out);
}

/* The first picture lacks its last bytes, its end mark among them. */
static void cut_jpeg_then_jpeg(struct evasion *e, struct buf *out)
{
    jpeg(&e->shown, out);
    out->size -= 40;
    jpeg(&e->hidden, out);
}

static void jxl_odd_frame(struct evasion *e, struct buf *out)
{
    struct files_picture frames[FRAMES];

    odd_frame(e, frames);
    if (!coded_jxl_frames(frames, FRAMES, out))
        buf_reset(out);
}

static void ppm_two_pictures(struct evasion *e, struct buf *out)
{
    stills_pnm(&e->shown, '6', out);
    stills_pnm(&e->hidden, '6', out);
}

static void text_two_pictures(struct evasion *e, struct buf *out)
{
    stills_pnm(&e->shown, '3', out);
    stills_pnm(&e->hidden, '7', out);
}

static void bmp_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_bmp(&e->shown, STILLS_BMP_24, out);
    jpeg(&e->hidden, out);
}

static void tga_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_tga(&e->shown, STILLS_TGA_RAW, out);
    jpeg(&e->hidden, out);
}

static void tga_of_runs_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_tga(&e->shown, STILLS_TGA_RLE, out);
    jpeg(&e->hidden, out);
}

static void psd_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_psd(&e->shown, STILLS_PSD_RAW, out);
    jpeg(&e->hidden, out);
}

static void psd_of_runs_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_psd(&e->shown, STILLS_PSD_RLE, out);
    jpeg(&e->hidden, out);
}

static void qoi_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_qoi(&e->shown, out);
    jpeg(&e->hidden, out);
}

static void sgi_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_sgi(&e->shown, out);
    jpeg(&e->hidden, out);
}

static void sun_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_sun(&e->shown, out);
    jpeg(&e->hidden, out);
}

static void ppm_then_jpeg(struct evasion *e, struct buf *out)
{
    stills_pnm(&e->shown, '6', out);
    jpeg(&e->hidden, out);
}

static void jxl_then_jpeg(struct evasion *e, struct buf *out)
{
    if (coded_jxl(&e->shown, out))
        jpeg(&e->hidden, out);
}

static void jp2_then_jpeg(struct evasion *e, struct buf *out)
{
    if (coded_jp2(&e->shown, out))
        jpeg(&e->hidden, out);
}

#define BEHIND (DECODE_TRAILING_DATA | DECODE_SECOND_PICTURE)

static const struct {
    const char *name;
    void (*make)(struct evasion *e, struct buf *out);
    enum decode_facet_kind kind;
    uint32_t flags;
} list[] = {
    {"alpha_hidden_picture.png", alpha_hidden_picture, DECODE_FACET_TRANSPARENCY,
     DECODE_ALPHA_HIDES},
    {"alpha_draws_picture.png", alpha_draws_picture, DECODE_FACET_TRANSPARENCY, DECODE_ALPHA_HIDES},
    {"apng_two_pictures.png", apng_two_pictures, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"apng_odd_frame.png", apng_odd_frame, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"webp_odd_frame.webp", webp_odd_frame, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"gif_odd_frame.gif", gif_odd_frame, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"tiff_two_pages.tif", tiff_two_pages, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"exif_thumb_differs.jpg", exif_thumb_differs, DECODE_FACET_THUMBNAIL,
     DECODE_THUMBNAIL_DIFFERS},
    {"two_jpegs.jpg", two_jpegs, DECODE_FACET_TRAILING, BEHIND},
    {"jpeg_then_png.jpg", jpeg_then_png, DECODE_FACET_TRAILING, BEHIND},
    {"png_then_webp.png", png_then_webp, DECODE_FACET_TRAILING, BEHIND},
    {"webp_then_jpeg.webp", webp_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"cut_jpeg_then_jpeg.jpg", cut_jpeg_then_jpeg, DECODE_FACET_TRAILING,
     DECODE_DAMAGED | DECODE_SECOND_PICTURE},
    {"jxl_odd_frame.jxl", jxl_odd_frame, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"ppm_two_pictures.ppm", ppm_two_pictures, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"text_two_pictures.ppm", text_two_pictures, DECODE_FACET_FRAME, DECODE_ANIMATED},
    {"bmp_then_jpeg.bmp", bmp_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"tga_then_jpeg.tga", tga_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"tga_of_runs_then_jpeg.tga", tga_of_runs_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"psd_then_jpeg.psd", psd_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"psd_of_runs_then_jpeg.psd", psd_of_runs_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"qoi_then_jpeg.qoi", qoi_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"sgi_then_jpeg.sgi", sgi_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"sun_then_jpeg.sun", sun_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"ppm_then_jpeg.ppm", ppm_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"jxl_then_jpeg.jxl", jxl_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
    {"jp2_then_jpeg.jp2", jp2_then_jpeg, DECODE_FACET_TRAILING, BEHIND},
};

bool evasion_make(unsigned index, struct evasion *e, struct buf *out)
{
    if (index >= sizeof list / sizeof list[0])
        return false;
    *e = (struct evasion){.name = list[index].name,
                          .flags = list[index].flags,
                          .kind = list[index].kind,
                          .shown = files_landscape(13, WIDTH, HEIGHT),
                          .hidden = files_landscape(77, WIDTH, HEIGHT)};
    list[index].make(e, out);
    return true;
}

void evasion_clear(struct evasion *e)
{
    files_picture_free(&e->shown);
    files_picture_free(&e->hidden);
}
