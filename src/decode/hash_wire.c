/* Requests and replies of the hashing decoders as little-endian bytes, at places of their own. */
#include "decode/hash_wire.h"

#include <string.h>

static const unsigned char request_magic[4] = {'A', 'S', 'H', 'Q'};
static const unsigned char reply_magic[4] = {'A', 'S', 'H', 'R'};

/* Offsets; doc/decoder.md has the table. */
enum request_at { REQUEST_NUMBER = 8, REQUEST_SIZE = 16, REQUEST_WANTS = 24, REQUEST_END = 28 };
enum reply_at {
    REPLY_ANSWER = 8,
    REPLY_LAYERS = 12,
    REPLY_LANDLOCK = 16,
    REPLY_NUMBER = 24,
    REPLY_PICTURE = 32,
    REPLY_PDQ = 72,
    REPLY_ORIENTED = 104,
    REPLY_REDUCED = 136,
    REPLY_STABLE = 140,
    REPLY_TURNED_QUALITY = 144,
    REPLY_FRAMES = 148,
    REPLY_DURATION = 152,
    REPLY_TURNED = 160,
    REPLY_THUMBNAIL = REPLY_TURNED + ASSAY_PDQ_TURNS * ASSAY_PDQ_BYTES,
    REPLY_UNBORDERED = REPLY_THUMBNAIL + ASSAY_PDQ_BYTES,
    REPLY_KEPT = REPLY_UNBORDERED + ASSAY_PDQ_BYTES, /* left, top, width, height */
    REPLY_THUMBNAIL_QUALITY = REPLY_KEPT + 16,
    REPLY_UNBORDERED_QUALITY = REPLY_THUMBNAIL_QUALITY + 4,
    REPLY_END = REPLY_UNBORDERED_QUALITY + 4
};
enum frame_at { FRAME_INDEX = 0, FRAME_QUALITY = 4, FRAME_PDQ = 8 };

#define HAS_PDQ        1u
#define HAS_ORIENTED   2u
#define TOO_LARGE      4u
#define HAS_TURNED     8u
#define HAS_STABLE     16u
#define HAS_DURATION   32u
#define HAS_THUMBNAIL  64u
#define HAS_UNBORDERED 128u
#define HAS_ALL        255u

#define STABLE_BITS_MAX 255u /* the middle coefficient is none */

static void put32(unsigned char *to, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> 8 * i);
}

static void put64(unsigned char *to, uint64_t v)
{
    put32(to, (uint32_t)v);
    put32(to + 4, (uint32_t)(v >> 32));
}

static uint32_t get32(const unsigned char *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

static uint64_t get64(const unsigned char *from)
{
    return get32(from) | (uint64_t)get32(from + 4) << 32;
}

static bool all_zero(const unsigned char *at, const unsigned char *end)
{
    while (at < end && *at == 0)
        at++;
    return at == end;
}

void hash_request_put(const struct hash_request *r, unsigned char *out)
{
    memset(out, 0, HASH_REQUEST_BYTES);
    memcpy(out, request_magic, sizeof request_magic);
    put32(out + 4, HASH_VERSION | (uint32_t)HASH_PICTURE << 16);
    put64(out + REQUEST_NUMBER, r->number);
    put64(out + REQUEST_SIZE, r->size);
    put32(out + REQUEST_WANTS, r->wants);
}

enum assay_err hash_request_get(const unsigned char *in, struct hash_request *out)
{
    const struct hash_request got = {.number = get64(in + REQUEST_NUMBER),
                                     .size = get64(in + REQUEST_SIZE),
                                     .wants = get32(in + REQUEST_WANTS)};

    if (memcmp(in, request_magic, sizeof request_magic) != 0 ||
        get32(in + 4) != (HASH_VERSION | (uint32_t)HASH_PICTURE << 16) || got.number == 0 ||
        got.size == 0 || (got.wants & ~DECODE_HASH_WANTS) != 0 ||
        !all_zero(in + REQUEST_END, in + HASH_REQUEST_BYTES))
        return ASSAY_EFORMAT;
    *out = got;
    return ASSAY_OK;
}

static void chances_put(const struct decode_chances *c, unsigned char *out)
{
    const uint32_t kept[] = {c->kept.left, c->kept.top, c->kept.width, c->kept.height};

    memcpy(out + REPLY_THUMBNAIL, c->thumbnail.bytes, ASSAY_PDQ_BYTES);
    memcpy(out + REPLY_UNBORDERED, c->unbordered.bytes, ASSAY_PDQ_BYTES);
    put32(out + REPLY_THUMBNAIL_QUALITY, c->thumbnail.quality);
    put32(out + REPLY_UNBORDERED_QUALITY, c->unbordered.quality);
    for (size_t i = 0; i < 4; i++)
        put32(out + REPLY_KEPT + 4 * i, kept[i]);
    put32(out + REPLY_FRAMES, c->frame_count);
    for (size_t i = 0; i < c->frame_count; i++) {
        unsigned char *at = out + HASH_REPLY_BYTES + i * HASH_FRAME_BYTES;

        put32(at + FRAME_INDEX, c->frames[i].index);
        put32(at + FRAME_QUALITY, c->frames[i].pdq.quality);
        memcpy(at + FRAME_PDQ, c->frames[i].pdq.bytes, ASSAY_PDQ_BYTES);
    }
}

static uint32_t given(const struct hash_picture *p)
{
    return (p->has_pdq ? HAS_PDQ : 0) | (p->has_pdq_oriented ? HAS_ORIENTED : 0) |
           (p->oriented_too_large ? TOO_LARGE : 0) | (p->has_turned ? HAS_TURNED : 0) |
           (p->has_stable_bits ? HAS_STABLE : 0) | (p->has_duration ? HAS_DURATION : 0) |
           (p->chances.has_thumbnail ? HAS_THUMBNAIL : 0) |
           (p->chances.has_unbordered ? HAS_UNBORDERED : 0);
}

static void picture_put(const struct hash_picture *p, unsigned char *out)
{
    const uint32_t numbers[] = {p->type,
                                p->width,
                                p->height,
                                p->frames,
                                p->flags,
                                p->orientation,
                                DECODE_PIXEL_POLICY,
                                given(p),
                                p->pdq.quality,
                                p->pdq_oriented.quality};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put32(out + REPLY_PICTURE + 4 * i, numbers[i]);
    memcpy(out + REPLY_PDQ, p->pdq.bytes, ASSAY_PDQ_BYTES);
    memcpy(out + REPLY_ORIENTED, p->pdq_oriented.bytes, ASSAY_PDQ_BYTES);
    put32(out + REPLY_REDUCED, p->reduced);
    put32(out + REPLY_STABLE, p->stable_bits);
    put32(out + REPLY_TURNED_QUALITY, p->turned[0].quality);
    for (size_t i = 0; i < ASSAY_PDQ_TURNS; i++)
        memcpy(out + REPLY_TURNED + i * ASSAY_PDQ_BYTES, p->turned[i].bytes, ASSAY_PDQ_BYTES);
    put64(out + REPLY_DURATION, p->duration_ms);
    chances_put(&p->chances, out);
}

size_t hash_reply_size(const unsigned char *in)
{
    const uint32_t frames = get32(in + REPLY_FRAMES);

    return frames > DECODE_HASH_FRAMES_MAX ? HASH_REPLY_BYTES
                                           : HASH_REPLY_BYTES + (size_t)frames * HASH_FRAME_BYTES;
}

size_t hash_reply_put(const struct hash_reply *r, unsigned char *out)
{
    memset(out, 0, HASH_REPLY_BYTES);
    memcpy(out, reply_magic, sizeof reply_magic);
    put32(out + 4, HASH_VERSION | (uint32_t)r->kind << 16);
    put32(out + REPLY_ANSWER, r->answer);
    put32(out + REPLY_LAYERS, r->layers);
    put32(out + REPLY_LANDLOCK, r->landlock);
    put64(out + REPLY_NUMBER, r->number);
    if (r->kind == HASH_PICTURE && r->answer == WIRE_GOOD)
        picture_put(&r->picture, out);
    return hash_reply_size(out);
}

static bool hash_is_sound(bool given, const struct assay_pdq *pdq)
{
    return given || (pdq->quality == 0 && all_zero(pdq->bytes, pdq->bytes + ASSAY_PDQ_BYTES));
}

/* The hashes in eight positions and the count of stable bits; false when they cannot be. */
static bool more_get(const unsigned char *in, uint32_t hashes, struct hash_picture *p)
{
    const uint32_t quality = get32(in + REPLY_TURNED_QUALITY);

    p->has_turned = (hashes & HAS_TURNED) != 0;
    p->has_stable_bits = (hashes & HAS_STABLE) != 0;
    p->stable_bits = get32(in + REPLY_STABLE);
    for (size_t i = 0; i < ASSAY_PDQ_TURNS; i++) {
        memcpy(p->turned[i].bytes, in + REPLY_TURNED + i * ASSAY_PDQ_BYTES, ASSAY_PDQ_BYTES);
        p->turned[i].quality = (uint8_t)quality;
    }
    return quality <= 100 && p->stable_bits <= (p->has_stable_bits ? STABLE_BITS_MAX : 0) &&
           (p->has_turned || (quality == 0 && all_zero(in + REPLY_TURNED, in + REPLY_THUMBNAIL)));
}

/* A hash of the second chances; false when it cannot be. */
static bool chance_get(const unsigned char *in, size_t at, size_t quality_at, bool is_given,
                       struct assay_pdq *out)
{
    const uint32_t quality = get32(in + quality_at);

    memcpy(out->bytes, in + at, ASSAY_PDQ_BYTES);
    out->quality = (uint8_t)quality;
    return quality <= 100 && hash_is_sound(is_given, out);
}

static bool frames_get(const unsigned char *in, struct decode_chances *c)
{
    uint32_t before = 0;

    c->frame_count = get32(in + REPLY_FRAMES);
    if (c->frame_count > DECODE_HASH_FRAMES_MAX)
        return false;
    for (size_t i = 0; i < c->frame_count; i++) {
        const size_t at = HASH_REPLY_BYTES + i * HASH_FRAME_BYTES;
        struct decode_frame *f = &c->frames[i];

        f->index = get32(in + at + FRAME_INDEX);
        if (f->index <= before ||
            !chance_get(in, at + FRAME_PDQ, at + FRAME_QUALITY, true, &f->pdq))
            return false;
        before = f->index;
    }
    return true;
}

static bool chances_get(const unsigned char *in, uint32_t hashes, struct hash_picture *p)
{
    struct decode_chances *c = &p->chances;

    c->has_thumbnail = (hashes & HAS_THUMBNAIL) != 0;
    c->has_unbordered = (hashes & HAS_UNBORDERED) != 0;
    c->kept = (struct assay_pdq_box){get32(in + REPLY_KEPT), get32(in + REPLY_KEPT + 4),
                                     get32(in + REPLY_KEPT + 8), get32(in + REPLY_KEPT + 12)};
    p->has_duration = (hashes & HAS_DURATION) != 0;
    p->duration_ms = get64(in + REPLY_DURATION);
    return chance_get(in, REPLY_THUMBNAIL, REPLY_THUMBNAIL_QUALITY, c->has_thumbnail,
                      &c->thumbnail) &&
           chance_get(in, REPLY_UNBORDERED, REPLY_UNBORDERED_QUALITY, c->has_unbordered,
                      &c->unbordered) &&
           (c->has_unbordered || all_zero(in + REPLY_KEPT, in + REPLY_THUMBNAIL_QUALITY)) &&
           p->duration_ms <= (p->has_duration ? (uint64_t)INT64_MAX : 0) && frames_get(in, c);
}

static enum assay_err picture_get(const unsigned char *in, struct decode_frame *frames,
                                  struct hash_picture *p, struct err *e)
{
    const unsigned char *at = in + REPLY_PICTURE;
    const uint32_t policy = get32(at + 24), hashes = get32(at + 28);
    const uint32_t quality = get32(at + 32), quality_oriented = get32(at + 36);

    *p = (struct hash_picture){.type = get32(at),
                               .width = get32(at + 4),
                               .height = get32(at + 8),
                               .frames = get32(at + 12),
                               .flags = get32(at + 16),
                               .orientation = get32(at + 20),
                               .reduced = get32(in + REPLY_REDUCED),
                               .has_pdq = (hashes & HAS_PDQ) != 0,
                               .has_pdq_oriented = (hashes & HAS_ORIENTED) != 0,
                               .oriented_too_large = (hashes & TOO_LARGE) != 0,
                               .chances = {.frames = frames}};
    if (policy != DECODE_PIXEL_POLICY)
        return err_set(e, ASSAY_EDAMAGED, "decoder: pixel policy %u in its answer", policy);
    if (hashes > HAS_ALL || quality > 100 || quality_oriented > 100)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hash in its answer");
    p->pdq.quality = (uint8_t)quality;
    p->pdq_oriented.quality = (uint8_t)quality_oriented;
    memcpy(p->pdq.bytes, in + REPLY_PDQ, ASSAY_PDQ_BYTES);
    memcpy(p->pdq_oriented.bytes, in + REPLY_ORIENTED, ASSAY_PDQ_BYTES);
    if (!hash_is_sound(p->has_pdq, &p->pdq) ||
        !hash_is_sound(p->has_pdq_oriented, &p->pdq_oriented) || !more_get(in, hashes, p) ||
        !chances_get(in, hashes, p))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hash in its answer");
    if (!all_zero(in + REPLY_END, in + HASH_REPLY_BYTES))
        return err_set(e, ASSAY_EDAMAGED, "decoder: bytes behind the end of its answer");
    return ASSAY_OK;
}

enum assay_err hash_reply_get(const unsigned char *in, enum hash_kind kind,
                              struct decode_frame *frames, struct hash_reply *out, struct err *e)
{
    const uint32_t version = get32(in + 4);
    struct hash_reply got = {.kind = kind,
                             .answer = get32(in + REPLY_ANSWER),
                             .layers = get32(in + REPLY_LAYERS),
                             .landlock = get32(in + REPLY_LANDLOCK),
                             .number = get64(in + REPLY_NUMBER)};
    enum assay_err rc;

    if (memcmp(in, reply_magic, sizeof reply_magic) != 0 || (version >> 16) != (uint32_t)kind)
        return err_set(e, ASSAY_EDAMAGED, "decoder: no answer of this protocol");
    if ((version & 0xffffu) != HASH_VERSION)
        return err_set(e, ASSAY_EDAMAGED,
                       "decoder: hash protocol version %u where %u is spoken; install assay whole",
                       version & 0xffffu, (unsigned)HASH_VERSION);
    if (got.answer == 0 || got.answer >= WIRE_ANSWER_COUNT)
        return err_set(e, ASSAY_EDAMAGED, "decoder: unknown answer %u", got.answer);
    if ((got.layers & ~WIRE_LAYERS_ALL) != 0 || got.landlock > 1000 ||
        !all_zero(in + REPLY_LANDLOCK + 4, in + REPLY_NUMBER) ||
        (kind == HASH_PICTURE && (got.layers != 0 || got.landlock != 0)))
        return err_set(e, ASSAY_EDAMAGED, "decoder: broken head of its answer");
    if (kind == HASH_PICTURE && got.answer == WIRE_GOOD) {
        if ((rc = picture_get(in, frames, &got.picture, e)) != ASSAY_OK)
            return rc;
    } else if (!all_zero(in + REPLY_PICTURE, in + HASH_REPLY_BYTES)) {
        return err_set(e, ASSAY_EDAMAGED, "decoder: bytes behind the end of its answer");
    }
    *out = got;
    return ASSAY_OK;
}

static bool reduced_is_sound(const struct hash_picture *p, uint32_t wants)
{
    const uint32_t shorter = p->width < p->height ? p->width : p->height;

    if (p->reduced == 1)
        return true;
    return (wants & DECODE_HASH_FAST) != 0 && p->type == DECODE_TYPE_JPEG &&
           (p->reduced == 2 || p->reduced == 4 || p->reduced == 8) &&
           (shorter + p->reduced - 1) / p->reduced >= DECODE_HASH_FAST_SIDE;
}

/* What lies inside of the picture, and is not all of it. */
static bool kept_is_sound(const struct hash_picture *p)
{
    const struct assay_pdq_box *b = &p->chances.kept;

    return b->width >= ASSAY_PDQ_SIDE_MIN && b->height >= ASSAY_PDQ_SIDE_MIN &&
           b->width <= p->width && b->left <= p->width - b->width && b->height <= p->height &&
           b->top <= p->height - b->height && (b->width < p->width || b->height < p->height);
}

static bool chances_are_sound(const struct hash_picture *p, uint32_t wants)
{
    const struct decode_chances *c = &p->chances;

    if (c->has_thumbnail != ((p->flags & DECODE_THUMBNAIL_DIFFERS) != 0) ||
        (c->has_thumbnail && !p->has_pdq))
        return false;
    if (c->has_unbordered &&
        (!p->has_pdq || (wants & DECODE_HASH_UNBORDERED) == 0 || !kept_is_sound(p)))
        return false;
    if (c->frame_count == 0)
        return true;
    return (wants & DECODE_HASH_FRAMES) != 0 && c->frames[c->frame_count - 1].index < p->frames;
}

enum assay_err hash_picture_check(const struct hash_picture *p, enum decode_type type,
                                  const struct decode_limits *limits, uint32_t wants, struct err *e)
{
    const bool hashed = p->width >= ASSAY_PDQ_SIDE_MIN && p->height >= ASSAY_PDQ_SIDE_MIN;
    const bool turned = p->orientation > 1;

    if (p->type != (uint32_t)type)
        return err_set(e, ASSAY_EDAMAGED, "decoder: it answers for another type");
    if (p->width == 0 || p->height == 0 || p->width > limits->side_max ||
        p->height > limits->side_max || (uint64_t)p->width * p->height > limits->pixels_max)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible sides in its answer");
    if (p->orientation < 1 || p->orientation > 8 || p->frames == 0)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible turn or frames in its answer");
    if ((p->flags & ~hash_flags(wants)) != 0 || turned != ((p->flags & DECODE_EXIF_TURNED) != 0) ||
        ((p->flags & DECODE_ANIMATED) == 0 && (p->frames > 1 || p->has_duration)))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible flags in its answer");
    if (p->has_pdq != hashed || (p->has_pdq_oriented && p->oriented_too_large) ||
        (p->has_pdq_oriented || p->oriented_too_large) != (hashed && turned) ||
        p->has_turned != (hashed && (wants & DECODE_HASH_TURNED) != 0) ||
        p->has_stable_bits != (hashed && (wants & DECODE_HASH_STABLE) != 0))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hashes in its answer");
    if (!chances_are_sound(p, wants))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible second hashes in its answer");
    if (!reduced_is_sound(p, wants))
        return err_set(e, ASSAY_EDAMAGED, "decoder: a picture reduced beyond what was asked");
    return ASSAY_OK;
}
