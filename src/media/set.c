/* Chooses the files of the demo's set, and makes their bytes. */
#include "media/set.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "media/animations.h"
#include "media/coded.h"
#include "media/files.h"
#include "media/landscape.h"
#include "media/stills.h"

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* A number below `below` that follows from all three. */
static unsigned chance(uint64_t seed, unsigned family, unsigned which, unsigned below)
{
    return (unsigned)(mix(seed ^ mix(family * 1000003ull + which)) % below);
}

/* Part of a picture, from (left, top) on, made smaller by averages of source pixels. */
static struct files_picture part(const struct files_picture *p, uint32_t left, uint32_t top,
                                 uint32_t width, uint32_t height, uint32_t to_width,
                                 uint32_t to_height)
{
    struct files_picture q = {to_width, to_height, 3, mem_array((size_t)to_width * to_height, 3)};

    for (uint32_t y = 0; y < to_height; y++)
        for (uint32_t x = 0; x < to_width; x++) {
            const uint32_t x0 = left + x * width / to_width, y0 = top + y * height / to_height;
            const uint32_t x1 = left + ((x + 1) * width + to_width - 1) / to_width;
            const uint32_t y1 = top + ((y + 1) * height + to_height - 1) / to_height;
            uint32_t sums[3] = {0}, n = 0;
            for (uint32_t v = y0; v < y1; v++)
                for (uint32_t u = x0; u < x1; u++, n++)
                    for (unsigned c = 0; c < 3; c++)
                        sums[c] += p->bytes[3 * ((size_t)v * p->width + u) + c];
            for (unsigned c = 0; c < 3; c++)
                q.bytes[3 * ((size_t)y * to_width + x) + c] = (uint8_t)(sums[c] / n);
        }
    return q;
}

/* ---- writers: one a format ---- */

static void write_jpeg(const struct files_picture *p, struct buf *out)
{
    files_jpeg(p, 90, FILES_BASELINE, out);
}

static void write_progressive(const struct files_picture *p, struct buf *out)
{
    files_jpeg(p, 88, FILES_PROGRESSIVE, out);
}

static void write_turned(const struct files_picture *p, struct buf *out)
{
    files_jpeg_exif(p, 6, NULL, out);
}

static void write_png(const struct files_picture *p, struct buf *out)
{
    files_png(p, FILES_STRAIGHT, out);
}

static void write_webp(const struct files_picture *p, struct buf *out)
{
    files_webp(p, 84, out);
}

static void write_bmp(const struct files_picture *p, struct buf *out)
{
    stills_bmp(p, STILLS_BMP_24, out);
}

static void write_tga(const struct files_picture *p, struct buf *out)
{
    stills_tga(p, STILLS_TGA_RLE, out);
}

static void write_ppm(const struct files_picture *p, struct buf *out)
{
    stills_pnm(p, '6', out);
}

static void write_tiff(const struct files_picture *p, struct buf *out)
{
    stills_tiff(p, 1, STILLS_TIFF_JPEG, out);
}

static void write_psd(const struct files_picture *p, struct buf *out)
{
    stills_psd(p, STILLS_PSD_RLE, out);
}

static void write_gif(const struct files_picture *p, struct buf *out)
{
    struct files_picture q = part(p, 0, 0, p->width, p->height, p->width, p->height);

    stills_few_colours(&q);
    stills_gif(&q, 1, out);
    files_picture_free(&q);
}

static void write_ico(const struct files_picture *p, struct buf *out)
{
    const uint32_t side = p->width < p->height ? p->width : p->height;
    struct files_picture q = part(p, 0, 0, side, side, 256, 256);

    stills_ico(&q, 1, STILLS_ICO_PNG, out);
    files_picture_free(&q);
}

/* About as many pixels as an encoder takes in a quarter of a second; where this machine has no such
 * encoder, a PNG under that name. */
static void write_coded(const struct files_picture *p,
                        bool (*code)(const struct files_picture *p, struct buf *out),
                        struct buf *out)
{
    const uint32_t width = p->width / 2 & ~1u, height = p->height / 2 & ~1u;
    struct files_picture q = part(p, 0, 0, p->width, p->height, width, height);
    const size_t before = out->size;

    if (!code(&q, out)) {
        out->size = before;
        files_png(&q, FILES_STRAIGHT, out);
    }
    files_picture_free(&q);
}

static bool code_heic(const struct files_picture *p, struct buf *out)
{
    return coded_heif(p, 1, CODED_HEIC, out);
}

static bool code_avif(const struct files_picture *p, struct buf *out)
{
    return coded_heif(p, 1, CODED_AVIF, out);
}

static void write_heic(const struct files_picture *p, struct buf *out)
{
    write_coded(p, code_heic, out);
}

static void write_avif(const struct files_picture *p, struct buf *out)
{
    write_coded(p, code_avif, out);
}

static void write_jxl(const struct files_picture *p, struct buf *out)
{
    write_coded(p, coded_jxl, out);
}

static void write_jp2(const struct files_picture *p, struct buf *out)
{
    write_coded(p, coded_jp2, out);
}

static const struct format {
    const char *ending;
    void (*write)(const struct files_picture *p, struct buf *out);
} formats[] = {
    {"jpg", write_jpeg},  {"jpg", write_jpeg},        {"jpg", write_jpeg},   {"jpg", write_jpeg},
    {"JPG", write_jpeg},  {"jpg", write_progressive}, {"jpg", write_turned}, {"jpeg", write_jpeg},
    {"jpg", write_jpeg},  {"jpg", write_progressive}, {"png", write_png},    {"png", write_png},
    {"png", write_png},   {"webp", write_webp},       {"webp", write_webp},  {"webp", write_webp},
    {"bmp", write_bmp},   {"gif", write_gif},         {"tif", write_tiff},   {"tga", write_tga},
    {"ppm", write_ppm},   {"psd", write_psd},         {"ico", write_ico},    {"heic", write_heic},
    {"avif", write_avif}, {"jxl", write_jxl},         {"jp2", write_jp2},
};

#define FORMATS ((unsigned)(sizeof formats / sizeof formats[0]))

/* ---- what fits ---- */

static const char *code_of(const struct landscape_facts *f)
{
    if (f->drawn)
        return "drawn";
    switch (f->kind) {
    case LANDSCAPE_LAKE:
    case LANDSCAPE_SHORE:
        return "L1";
    case LANDSCAPE_SNOW:
        return "L2";
    case LANDSCAPE_WOOD:
        return "L3";
    case LANDSCAPE_DUNES:
        return f->high ? "L2" : "not-listed";
    case LANDSCAPE_MEADOW:
        return f->high ? "L2" : "related";
    case LANDSCAPE_TOWN:
        return "related";
    case LANDSCAPE_CLOUDS:
    case LANDSCAPE_KINDS:
        break;
    }
    return "not-listed";
}

static void tags_of(const struct landscape_facts *f, struct set_file *file)
{
    static const char *const lights[LANDSCAPE_MOODS] = {
        [LANDSCAPE_DAWN] = "dusk", [LANDSCAPE_NOON] = "day",    [LANDSCAPE_GOLDEN] = "dusk",
        [LANDSCAPE_DUSK] = "dusk", [LANDSCAPE_NIGHT] = "night", [LANDSCAPE_OVERCAST] = "day"};
    const bool water = f->kind == LANDSCAPE_LAKE || f->kind == LANDSCAPE_SHORE;
    const char *season = f->kind == LANDSCAPE_SNOW     ? "winter"
                         : f->autumn                   ? "autumn"
                         : f->kind == LANDSCAPE_MEADOW ? "spring"
                                                       : "summer";

    if (str_equal(file->code, "not-listed"))
        return;
    (void)snprintf(file->tags, sizeof file->tags, "light:%s season:%s weather:%s medium:%s%s%s",
                   lights[f->mood], season, f->mood == LANDSCAPE_OVERCAST ? "cloud" : "clear",
                   f->drawn ? "drawn" : "generated", water ? " flags:water" : "",
                   f->kind == LANDSCAPE_TOWN ? " flags:buildings" : "");
}

const char *set_vote(uint64_t seed, const struct set_file *f)
{
    static const char *const others[] = {"not-listed", "related", "L1", "L2", "L3"};
    unsigned which = 0;

    for (const char *c = f->path; *c != '\0'; c++)
        which = 31 * which + (unsigned char)*c;

    if (f->code == NULL || chance(seed, f->family, which, 10) < 4)
        return NULL;
    if (chance(seed, f->family, which + 1, 8) > 0)
        return f->code;
    return others[chance(seed, f->family, which + 2, 5)];
}

/* ---- which files ---- */

/* As cameras, telephones and people name them; the number makes it the only one of its name. */
static void set_path(struct set_file *f, unsigned batch, unsigned number, const char *ending)
{
    static const char *const words[] = {"IMG_0",       "DSC0",  "holiday ",    "received_",
                                        "photo (new)", "scan-", "Screenshot ", ""};

    (void)snprintf(f->path, sizeof f->path, "batch-%u/%s%u.%s", batch, words[number % 8], number,
                   ending);
}

/* ---- a second picture in the file ---- */

static void hide_in_thumbnail(const struct files_picture *p, const struct files_picture *hidden,
                              struct buf *out)
{
    struct files_picture small = part(hidden, 0, 0, p->width, p->height, 160, 120);

    files_jpeg_exif(p, 1, &small, out);
    files_picture_free(&small);
}

static void hide_behind(const struct files_picture *p, const struct files_picture *hidden,
                        struct buf *out)
{
    files_jpeg(p, 88, FILES_BASELINE, out);
    files_jpeg(hidden, 88, FILES_BASELINE, out);
}

/* The last of nine frames. */
static void frames(const struct files_picture *p, const struct files_picture *hidden,
                   struct files_picture out[9])
{
    for (unsigned i = 0; i < 9; i++)
        out[i] = i < 8 ? *p : *hidden;
}

static void hide_in_apng(const struct files_picture *p, const struct files_picture *hidden,
                         struct buf *out)
{
    struct files_picture all[9];

    frames(p, hidden, all);
    animation_apng(all, 9, out);
}

static void hide_in_webp(const struct files_picture *p, const struct files_picture *hidden,
                         struct buf *out)
{
    struct files_picture all[9];

    frames(p, hidden, all);
    animation_webp(all, 9, out);
}

/* Under full transparency, with the other one opaque beside it. */
static void hide_by_alpha(const struct files_picture *p, const struct files_picture *hidden,
                          struct buf *out)
{
    struct files_picture q = {p->width, p->height, 4, mem_array((size_t)p->width * p->height, 4)};

    for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
        const bool shown = i % p->width < p->width / 2;

        memcpy(q.bytes + 4 * i, (shown ? p : hidden)->bytes + 3 * i, 3);
        q.bytes[4 * i + 3] = shown ? 255 : 0;
    }
    files_png(&q, FILES_STRAIGHT, out);
    files_picture_free(&q);
}

static const struct hider {
    const char *ending;
    void (*write)(const struct files_picture *p, const struct files_picture *hidden,
                  struct buf *out);
} hiders[] = {
    {"jpg", hide_in_thumbnail}, {"jpg", hide_behind},   {"png", hide_in_apng},
    {"webp", hide_in_webp},     {"png", hide_by_alpha},
};

#define HIDERS (sizeof hiders / sizeof hiders[0])

static const char *ending_of(const struct set_file *f)
{
    static const char *const others[] = {"pdf", "mp4", "svg"};

    switch (f->change) {
    case SET_OTHER:
        return others[f->family % 3];
    case SET_HIDES:
        return hiders[f->family % HIDERS].ending;
    case SET_WRONG_ENDING:
        return str_equal(formats[f->format].ending, "png") ? "jpg" : "png";
    case SET_SAVED_AGAIN:
    case SET_SMALLER:
    case SET_CROPPED:
    case SET_BRIGHTER:
        return "jpg";
    default:
        return formats[f->format].ending;
    }
}

/* What was made of the original, by the family's number; the original itself comes first. */
static size_t changes_of(unsigned family, enum set_change out[SET_FAMILY_MAX])
{
    static const struct {
        unsigned every, at;
        enum set_change change;
    } rules[] = {
        {11, 4, SET_HIDES},  {5, 1, SET_COPY},      {5, 2, SET_SAVED_AGAIN},
        {5, 3, SET_SMALLER}, {10, 3, SET_CROPPED},  {10, 4, SET_BRIGHTER},
        {17, 5, SET_CUT},    {17, 9, SET_TRAILING}, {17, 12, SET_WRONG_ENDING},
        {41, 20, SET_EMPTY}, {23, 7, SET_OTHER},
    };
    size_t n = 1;

    out[0] = SET_ORIGINAL;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && n < SET_FAMILY_MAX; i++)
        if (family % rules[i].every == rules[i].at)
            out[n++] = rules[i].change;
    return n;
}

size_t set_family(uint64_t seed, unsigned family, struct set_file out[SET_FAMILY_MAX])
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {{800, 600}, {1024, 683}, {640, 480},  {600, 800},
                 {960, 540}, {720, 720},  {1280, 480}, {1152, 768}};
    static const unsigned batches[] = {1, 2, 1, 3, 1, 4, 1, 2, 5, 3};
    const unsigned size = chance(seed, family, 1, 8);
    enum set_change changes[SET_FAMILY_MAX];
    const size_t count = changes_of(family, changes);
    struct landscape_facts facts;

    for (size_t i = 0; i < count; i++) {
        struct set_file *f = &out[i];
        const unsigned batch = batches[family % 10];

        *f = (struct set_file){.family = family,
                               .seed = mix(seed ^ mix(family)),
                               .width = sizes[size].width,
                               .height = sizes[size].height,
                               .format = chance(seed, family, 2, FORMATS),
                               .change = changes[i]};
        landscape_describe(f->seed, &facts);
        if (f->change < SET_EMPTY) {
            f->code = code_of(&facts);
            tags_of(&facts, f);
        }
        /* What was made of a picture mostly came by another way. */
        set_path(f, i == 0 || family % 3 == 0 ? batch : batch % SET_BATCHES + 1,
                 1000 + 4 * family + (unsigned)i, ending_of(f));
    }
    return count;
}

/* ---- their bytes ---- */

static struct files_picture brighter(const struct files_picture *p)
{
    struct files_picture q = part(p, 0, 0, p->width, p->height, p->width, p->height);

    for (size_t i = 0; i < (size_t)3 * q.width * q.height; i++) {
        const unsigned v = q.bytes[i] + q.bytes[i] / 10u;

        q.bytes[i] = (uint8_t)(v > 255 ? 255 : v);
    }
    return q;
}

static void changed(const struct set_file *f, const struct files_picture *p, struct buf *out)
{
    const uint32_t w = p->width, h = p->height, dx = w / 50, dy = h / 50;
    struct files_picture q;

    switch (f->change) {
    case SET_SMALLER:
        q = part(p, 0, 0, w, h, w * 2 / 3, h * 2 / 3);
        break;
    case SET_CROPPED:
        q = part(p, dx, dy, w - 2 * dx, h - 2 * dy, w - 2 * dx, h - 2 * dy);
        break;
    default:
        q = brighter(p);
    }
    files_jpeg(&q, 86, FILES_BASELINE, out);
    files_picture_free(&q);
}

static void other(const struct set_file *f, struct buf *out)
{
    switch (f->family % 3) {
    case 0:
        buf_addf(out, "%%PDF-1.4\n%% letter %u\n%%%%EOF\n", f->family);
        break;
    case 1:
        buf_add(out,
                "\0\0\0\x18"
                "ftypisom\0\0\2\0isommp41",
                24);
        buf_addf(out, "film %u", f->family);
        break;
    default:
        buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"8\"/>\n",
                 f->family);
    }
}

static void hide(const struct set_file *f, const struct files_picture *drawn, struct buf *out)
{
    struct files_picture hidden = files_landscape(f->seed + 1, f->width, f->height);

    hiders[f->family % HIDERS].write(drawn, &hidden, out);
    files_picture_free(&hidden);
}

void set_bytes(const struct set_file *f, const struct files_picture *drawn, struct buf *out)
{
    switch (f->change) {
    case SET_EMPTY:
        return;
    case SET_OTHER:
        other(f, out);
        return;
    case SET_HIDES:
        hide(f, drawn, out);
        return;
    case SET_SAVED_AGAIN:
        files_jpeg(drawn, 45, FILES_BASELINE, out);
        return;
    case SET_SMALLER:
    case SET_CROPPED:
    case SET_BRIGHTER:
        changed(f, drawn, out);
        return;
    case SET_ORIGINAL:
    case SET_COPY:
    case SET_WRONG_ENDING:
    case SET_CUT:
    case SET_TRAILING:
        break;
    }
    formats[f->format].write(drawn, out);
    if (f->change == SET_CUT)
        out->size = out->size * 6 / 10;
    else if (f->change == SET_TRAILING)
        buf_add_str(out, "These bytes stand behind the end of the picture.");
}
