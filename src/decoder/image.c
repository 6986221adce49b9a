/* From bytes to hash, flags and view: picks the decoder by content and looks at the thumbnail. */
#include "decoder/image.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/formats.h"

#define PADDING_MAX 16u /* zeros behind the end that some writers leave */
#define MARK_BYTES  12u /* enough to tell JPEG, PNG and WebP */

/* Places behind the end that begin like a picture: a picture has few, chance makes one in 16 MB. */
#define TRAILING_TRIES_MAX 64u

/* A bar beside a thumbnail of another shape is black or nearly so. */
#define BAR_LEVEL_MAX 24

bool format_trailing(const uint8_t *rest, size_t size)
{
    size_t i = 0;

    if (size > PADDING_MAX)
        return true;
    while (i < size && rest[i] == 0)
        i++;
    return i < size;
}

struct box {
    uint32_t left, top, right, bottom; /* right and bottom are behind the last */
};

static bool dark(const struct sink *t, uint32_t x, uint32_t y, uint32_t step, uint32_t count)
{
    const uint8_t *p = t->whole + 3 * ((size_t)y * t->width + x);

    for (uint32_t i = 0; i < count; i++, p += (size_t)3 * step)
        if (p[0] > BAR_LEVEL_MAX || p[1] > BAR_LEVEL_MAX || p[2] > BAR_LEVEL_MAX)
            return false;
    return true;
}

/* The thumbnail without dark bars. */
static struct box without_bars(const struct sink *t)
{
    struct box b = {0, 0, t->width, t->height};

    while (b.bottom - b.top > 1 && dark(t, 0, b.top, 1, t->width))
        b.top++;
    while (b.bottom - b.top > 1 && dark(t, 0, b.bottom - 1, 1, t->width))
        b.bottom--;
    while (b.right - b.left > 1 && dark(t, b.left, 0, t->width, t->height))
        b.left++;
    while (b.right - b.left > 1 && dark(t, b.right - 1, 0, t->width, t->height))
        b.right--;
    return b;
}

static bool near_one(const struct assay_pdq *hash, const struct wire_picture *p)
{
    return assay_pdq_distance(hash, &p->pdq) <= FACETS_OTHER_BITS ||
           (p->has_pdq_oriented && assay_pdq_distance(hash, &p->pdq_oriented) <= FACETS_OTHER_BITS);
}

/* Whole and without its bars, against the stored and the turned picture: near one is near enough. A
 * hash of a plain picture means nothing, so two plain ones do not differ. */
static bool shows_another(const struct sink *t, const struct wire_picture *p)
{
    struct box b = without_bars(t);
    struct assay_pdq whole, inner;
    const uint8_t *from = t->whole + 3 * ((size_t)b.top * t->width + b.left);

    if (!p->has_pdq ||
        assay_pdq_hash_rgb(t->whole, t->width, t->height, (size_t)3 * t->width, &whole) != ASSAY_OK)
        return false;
    if (assay_pdq_hash_rgb(from, b.right - b.left, b.bottom - b.top, (size_t)3 * t->width,
                           &inner) != ASSAY_OK)
        inner = whole;
    if (whole.quality < ASSAY_PDQ_MATCH_QUALITY && p->pdq.quality < ASSAY_PDQ_MATCH_QUALITY)
        return false;
    return !near_one(&whole, p) && !near_one(&inner, p);
}

/* The thumbnail as a facet, since it is none of the pictures that are there already. */
static void take_thumbnail(const struct sink *t, struct sink *s)
{
    const struct wire_size size = {t->width, t->height};
    const struct facet_name name = {DECODE_FACET_THUMBNAIL, 0, 1};
    struct look l = {0};

    if (!facets_room(s->facets, size))
        return;
    if (look_begin(&l, size) == WIRE_GOOD &&
        look_rows(&l, t->whole, (size_t)3 * t->width, t->height) == WIRE_GOOD)
        (void)facets_take(s->facets, &l, name);
    else
        s->made.flags |= DECODE_FRAMES_UNSEEN;
    look_free(&l);
}

static void look_at_thumbnail(const struct exif *exif, struct sink *s)
{
    struct sink t = {.use = SINK_THUMBNAIL, .limits = s->limits};
    struct found f = {0};

    if (exif->thumbnail == NULL)
        return;
    if (jpeg_decode(exif->thumbnail, exif->thumbnail_size, &t, &f) == WIRE_GOOD &&
        sink_finish(&t) == WIRE_GOOD && shows_another(&t, &s->made)) {
        s->made.flags |= DECODE_THUMBNAIL_DIFFERS;
        take_thumbnail(&t, s);
    }
    mem_free(f.exif_copy);
    sink_free(&t);
}

format_decode image_pick(enum decode_type type)
{
    switch (type) {
    case DECODE_TYPE_JPEG:
        return jpeg_decode;
    case DECODE_TYPE_PNG:
        return png_decode;
    case DECODE_TYPE_WEBP:
        return webp_decode;
    case DECODE_TYPE_GIF:
        return gif_decode;
    default:
        return NULL;
    }
}

static enum wire_answer decode_as(format_decode decode, const uint8_t *bytes, size_t size,
                                  struct sink *s, struct found *f)
{
    return decode == NULL ? WIRE_TYPE : decode(bytes, size, s, f);
}

/* The next place where one of our formats begins; size when there is none. */
static size_t next_picture(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; size - i >= MARK_BYTES; i++) {
        const uint8_t *p = bytes + i;

        if ((p[0] == 0xff && p[1] == 0xd8 && p[2] == 0xff) ||
            (p[0] == 0x89 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0) ||
            (p[0] == 'R' && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0))
            return i;
    }
    return size;
}

/* One picture behind the end of the main one; how many bytes of it were used, at least 1. */
static size_t look_at_trailing(const uint8_t *bytes, size_t size, uint32_t index, struct sink *s)
{
    struct sink t = {.use = SINK_FACET, .limits = s->limits, .facets = s->facets};
    struct found f = {0};
    size_t used = 1;

    if (decode_as(image_pick(decode_sniff(bytes, size)), bytes, size, &t, &f) == WIRE_GOOD &&
        sink_finish(&t) == WIRE_GOOD) {
        const struct facet_name name = {DECODE_FACET_TRAILING, index, t.orientation};

        if (facets_take(s->facets, &t.look, name) == FACETS_KEPT)
            s->made.flags |= DECODE_SECOND_PICTURE;
        if (t.frames > 1)
            s->made.flags |= DECODE_FRAMES_UNSEEN;
        if (f.rest != NULL)
            used = (size_t)(f.rest - bytes);
    }
    mem_free(f.exif_copy);
    sink_free(&t);
    return used;
}

/* Camera makers, cheaters and carving tools all put whole pictures behind the end of another. */
static void look_behind_end(const struct found *f, struct sink *s)
{
    const uint8_t *at = f->rest;
    size_t left = f->rest_size;

    if (at == NULL)
        return;
    for (uint32_t tries = 0; left > 0; tries++) {
        const size_t skip = next_picture(at, left);
        size_t used;

        at += skip;
        left -= skip;
        if (left == 0)
            return;
        if (tries == TRAILING_TRIES_MAX) {
            s->made.flags |= DECODE_FRAMES_UNSEEN;
            return;
        }
        used = look_at_trailing(at, left, tries, s);
        at += used;
        left -= used;
    }
}

enum wire_answer image_decode(const unsigned char *bytes, size_t size,
                              const struct decode_limits *limits, format_pick pick,
                              unsigned char *pixels, struct wire_picture *out)
{
    struct sink s = {
        .use = SINK_PICTURE, .limits = limits, .view = pixels, .tiles = pixels + WIRE_VIEW_BYTES};
    const enum decode_type type = decode_sniff(bytes, size);
    struct found f = {0};
    enum wire_answer answer = decode_as(pick(type), bytes, size, &s, &f);

    if (answer == WIRE_GOOD)
        answer = sink_finish(&s);
    if (answer == WIRE_GOOD) {
        look_at_thumbnail(&f.exif, &s);
        look_behind_end(&f, &s);
        *out = s.made;
        out->type = (uint32_t)type;
    }
    sink_free(&s);
    mem_free(f.exif_copy);
    return answer;
}

enum wire_answer image_work(struct child *c, format_pick pick)
{
    if (c->payload_size < WIRE_PIXELS_BYTES)
        return WIRE_BAD_REQUEST;
    return image_decode(c->input, c->input_size, &c->limits, pick, c->payload, &c->reply.picture);
}

static enum wire_answer hash_more(const struct assay_pdq_stream *pdq, uint32_t wants,
                                  struct hash_picture *out)
{
    unsigned stable_bits = 0;

    out->has_turned = (wants & DECODE_HASH_TURNED) != 0;
    out->has_stable_bits = (wants & DECODE_HASH_STABLE) != 0;
    if (out->has_turned && assay_pdq_stream_finish_turned(pdq, out->turned) != ASSAY_OK)
        return WIRE_MEMORY;
    if (out->has_stable_bits && assay_pdq_stream_stable_bits(pdq, &stable_bits) != ASSAY_OK)
        return WIRE_MEMORY;
    out->stable_bits = stable_bits;
    return WIRE_GOOD;
}

enum wire_answer image_hash(const struct child_file *file, format_pick pick,
                            struct hash_picture *out)
{
    struct sink s = {.use = SINK_HASH, .limits = file->limits, .wants = file->wants};
    const enum decode_type type = decode_sniff(file->bytes, file->size);
    struct found f = {0};
    enum wire_answer answer = decode_as(pick(type), file->bytes, file->size, &s, &f);

    if (answer == WIRE_GOOD)
        answer = sink_finish(&s);
    if (answer == WIRE_GOOD)
        *out = (struct hash_picture){.type = (uint32_t)type,
                                     .width = s.made.width,
                                     .height = s.made.height,
                                     .frames = s.made.frames,
                                     .flags = s.made.flags & HASH_FLAGS,
                                     .orientation = s.made.orientation,
                                     .reduced = s.reduced,
                                     .has_pdq = s.made.has_pdq,
                                     .has_pdq_oriented = s.made.has_pdq_oriented,
                                     .oriented_too_large = s.made.oriented_too_large,
                                     .pdq = s.made.pdq,
                                     .pdq_oriented = s.made.pdq_oriented};
    if (answer == WIRE_GOOD && out->has_pdq)
        answer = hash_more(s.pdq, file->wants, out);
    sink_free(&s);
    mem_free(f.exif_copy);
    return answer;
}
