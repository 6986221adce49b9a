/* From bytes to hash, flags and view: picks the decoder by content and looks at the thumbnail. */
#include "decoder/image.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decoder/formats.h"
#include "decoder/thumbnail.h"

#define PADDING_MAX 16u /* zeros behind the end that some writers leave */
#define MARK_BYTES  12u /* enough to tell JPEG, PNG and WebP */

/* Places behind the end that begin like a picture: a picture has few, chance makes one in 16 MB. */
#define TRAILING_TRIES_MAX 64u

bool format_trailing(const uint8_t *rest, size_t size)
{
    size_t i = 0;

    if (size > PADDING_MAX)
        return true;
    while (i < size && rest[i] == 0)
        i++;
    return i < size;
}

static void look_at_thumbnail(const struct exif *exif, struct sink *s)
{
    struct sink t = {.use = SINK_THUMBNAIL, .limits = s->limits};
    struct found f = {0};

    if (exif->thumbnail == NULL)
        return;
    if (jpeg_decode(exif->thumbnail, exif->thumbnail_size, &t, &f) == WIRE_GOOD &&
        sink_finish(&t) == WIRE_GOOD)
        (void)thumbnail_take(&t, s);
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

static struct hash_picture hash_of(const struct sink *s, enum decode_type type)
{
    return (struct hash_picture){.type = (uint32_t)type,
                                 .width = s->made.width,
                                 .height = s->made.height,
                                 .frames = s->made.frames,
                                 .flags = s->made.flags & hash_flags(s->wants),
                                 .orientation = s->made.orientation,
                                 .reduced = s->reduced,
                                 .has_pdq = s->made.has_pdq,
                                 .has_pdq_oriented = s->made.has_pdq_oriented,
                                 .oriented_too_large = s->made.oriented_too_large,
                                 .pdq = s->made.pdq,
                                 .pdq_oriented = s->made.pdq_oriented,
                                 .has_duration = s->has_duration,
                                 .duration_ms = s->has_duration ? s->duration_ms : 0,
                                 .chances = *s->chances};
}

enum wire_answer image_hash(const struct child_file *file, format_pick pick,
                            struct hash_picture *out)
{
    struct decode_chances chances = {.frames = out->chances.frames};
    struct sink s = {
        .use = SINK_HASH, .limits = file->limits, .wants = file->wants, .chances = &chances};
    const enum decode_type type = decode_sniff(file->bytes, file->size);
    struct found f = {0};
    enum wire_answer answer = decode_as(pick(type), file->bytes, file->size, &s, &f);

    if (answer == WIRE_GOOD)
        answer = sink_finish(&s);
    if (answer == WIRE_GOOD && (file->wants & DECODE_HASH_THUMBNAIL) != 0)
        look_at_thumbnail(&f.exif, &s);
    if (answer == WIRE_GOOD)
        *out = hash_of(&s, type);
    if (answer == WIRE_GOOD && out->has_pdq)
        answer = hash_more(s.pdq, file->wants, out);
    sink_free(&s);
    mem_free(f.exif_copy);
    return answer;
}
