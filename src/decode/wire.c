/* The decoders' replies and requests as little-endian bytes, written and read field by field. */
#include "decode/wire.h"

#include <assert.h>
#include <string.h>

static const unsigned char reply_magic[4] = {'A', 'S', 'D', 'R'};
static const unsigned char request_magic[4] = {'A', 'S', 'D', 'Q'};

#define HEAD_BYTES    32u
#define PICTURE_BYTES 120u
#define FACETS_AT     256u
#define TILES_AT      64u /* of a request */
#define HAS_PDQ       1u
#define HAS_ORIENTED  2u
#define TOO_LARGE     4u

/* A place in a buffer of known size; running past its end is a mistake of ours. */
struct cursor {
    unsigned char *at;
    const unsigned char *end;
};

static void put_bytes(struct cursor *c, const void *bytes, size_t size)
{
    assert((size_t)(c->end - c->at) >= size);
    memcpy(c->at, bytes, size);
    c->at += size;
}

static void put32(struct cursor *c, uint32_t v)
{
    const unsigned char bytes[4] = {(unsigned char)v, (unsigned char)(v >> 8),
                                    (unsigned char)(v >> 16), (unsigned char)(v >> 24)};

    put_bytes(c, bytes, sizeof bytes);
}

struct reader {
    const unsigned char *at, *end;
};

static void get_bytes(struct reader *r, void *out, size_t size)
{
    assert((size_t)(r->end - r->at) >= size);
    memcpy(out, r->at, size);
    r->at += size;
}

static uint32_t get32(struct reader *r)
{
    unsigned char b[4];

    get_bytes(r, b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void put_facets(const struct wire_picture *p, unsigned char *out)
{
    assert(p->facet_count <= DECODE_FACETS_MAX);
    for (uint32_t i = 0; i < p->facet_count; i++) {
        struct cursor c = {out + FACETS_AT + (size_t)i * WIRE_FACET_BYTES, out + WIRE_REPLY_BYTES};
        const struct wire_facet *f = &p->facets[i];

        put32(&c, f->kind | f->orientation << 16);
        put32(&c, f->index);
        put32(&c, f->size.width);
        put32(&c, f->size.height);
        put32(&c, f->tile.width);
        put32(&c, f->tile.height);
        put32(&c, f->has_pdq ? HAS_PDQ : 0);
        put32(&c, f->pdq.quality);
        put_bytes(&c, f->pdq.bytes, ASSAY_PDQ_BYTES);
    }
}

void wire_reply_put(const struct wire_reply *r, unsigned char *out)
{
    struct cursor c = {out, out + WIRE_REPLY_BYTES};
    const struct wire_picture *p = &r->picture;

    memset(out, 0, WIRE_REPLY_BYTES);
    put_bytes(&c, reply_magic, sizeof reply_magic);
    put32(&c, WIRE_VERSION | (uint32_t)r->head.kind << 16);
    put32(&c, r->head.answer);
    put32(&c, r->head.layers);
    put32(&c, r->head.landlock);
    c.at = out + HEAD_BYTES;
    if (r->head.answer != WIRE_GOOD)
        return;
    if (r->head.kind == WIRE_DECODE) {
        put32(&c, p->type);
        put32(&c, p->width);
        put32(&c, p->height);
        put32(&c, p->frames);
        put32(&c, p->flags);
        put32(&c, p->orientation);
        put32(&c, DECODE_PIXEL_POLICY);
        put32(&c, (p->has_pdq ? HAS_PDQ : 0) | (p->has_pdq_oriented ? HAS_ORIENTED : 0) |
                      (p->oriented_too_large ? TOO_LARGE : 0));
        put32(&c, p->pdq.quality);
        put32(&c, p->pdq_oriented.quality);
        put_bytes(&c, p->pdq.bytes, ASSAY_PDQ_BYTES);
        put_bytes(&c, p->pdq_oriented.bytes, ASSAY_PDQ_BYTES);
        put32(&c, p->view_width);
        put32(&c, p->view_height);
        put32(&c, p->frames_seen);
        put32(&c, p->facet_count);
        put_facets(p, out);
    } else if (r->head.kind == WIRE_ENCODE) {
        for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++) {
            put32(&c, r->renditions[i].width);
            put32(&c, r->renditions[i].height);
            put32(&c, r->renditions[i].offset);
            put32(&c, r->renditions[i].size);
        }
    }
}

static bool all_zero(const unsigned char *at, const unsigned char *end)
{
    while (at < end && *at == 0)
        at++;
    return at == end;
}

static bool hash_is_sound(bool given, const struct assay_pdq *pdq)
{
    return pdq->quality <= 100 &&
           (given || (pdq->quality == 0 && all_zero(pdq->bytes, pdq->bytes + ASSAY_PDQ_BYTES)));
}

static bool facet_get(struct reader *r, struct wire_facet *f)
{
    const uint32_t kinds = get32(r);
    uint32_t hashes, quality;

    f->kind = kinds & 0xffffu;
    f->orientation = kinds >> 16;
    f->index = get32(r);
    f->size.width = get32(r);
    f->size.height = get32(r);
    f->tile.width = get32(r);
    f->tile.height = get32(r);
    hashes = get32(r);
    quality = get32(r);
    get_bytes(r, f->pdq.bytes, ASSAY_PDQ_BYTES);
    if (hashes > HAS_PDQ || quality > 100)
        return false;
    f->has_pdq = hashes == HAS_PDQ;
    f->pdq.quality = (uint8_t)quality;
    return hash_is_sound(f->has_pdq, &f->pdq);
}

/* The reader stands behind the picture; on return behind the last facet. */
static enum assay_err facets_get(struct reader *r, struct wire_picture *p, struct err *e)
{
    const unsigned char *table = r->at + (FACETS_AT - HEAD_BYTES - PICTURE_BYTES);

    if (p->facet_count > DECODE_FACETS_MAX)
        return err_set(e, ASSAY_EDAMAGED, "decoder: more facets than there may be");
    if (!all_zero(r->at, table))
        return err_set(e, ASSAY_EDAMAGED, "decoder: bytes behind the end of its answer");
    r->at = table;
    for (uint32_t i = 0; i < p->facet_count; i++) {
        if (!facet_get(r, &p->facets[i]))
            return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hash in its answer");
    }
    return ASSAY_OK;
}

static enum assay_err picture_get(struct reader *r, struct wire_picture *p, struct err *e)
{
    uint32_t policy, hashes, quality, quality_oriented;

    p->type = get32(r);
    p->width = get32(r);
    p->height = get32(r);
    p->frames = get32(r);
    p->flags = get32(r);
    p->orientation = get32(r);
    policy = get32(r);
    hashes = get32(r);
    quality = get32(r);
    quality_oriented = get32(r);
    get_bytes(r, p->pdq.bytes, ASSAY_PDQ_BYTES);
    get_bytes(r, p->pdq_oriented.bytes, ASSAY_PDQ_BYTES);
    p->view_width = get32(r);
    p->view_height = get32(r);
    p->frames_seen = get32(r);
    p->facet_count = get32(r);
    if (policy != DECODE_PIXEL_POLICY)
        return err_set(e, ASSAY_EDAMAGED, "decoder: pixel policy %u in its answer", policy);
    if (hashes > 7 || quality > 100 || quality_oriented > 100)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hash in its answer");
    p->has_pdq = (hashes & HAS_PDQ) != 0;
    p->has_pdq_oriented = (hashes & HAS_ORIENTED) != 0;
    p->oriented_too_large = (hashes & TOO_LARGE) != 0;
    p->pdq.quality = (uint8_t)quality;
    p->pdq_oriented.quality = (uint8_t)quality_oriented;
    if (!hash_is_sound(p->has_pdq, &p->pdq) ||
        !hash_is_sound(p->has_pdq_oriented, &p->pdq_oriented))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hash in its answer");
    return facets_get(r, p, e);
}

static enum assay_err renditions_get(struct reader *r, struct wire_rendition *list, struct err *e)
{
    for (size_t i = 0; i < DECODE_RENDITION_COUNT; i++) {
        list[i].width = get32(r);
        list[i].height = get32(r);
        list[i].offset = get32(r);
        list[i].size = get32(r);
        if (list[i].size > WIRE_ENCODED_BYTES ||
            list[i].offset > WIRE_ENCODED_BYTES - list[i].size ||
            (list[i].size == 0) != (list[i].width == 0))
            return err_set(e, ASSAY_EDAMAGED, "encoder: a rendition lies outside its answer");
    }
    return ASSAY_OK;
}

enum assay_err wire_reply_get(const unsigned char *in, enum wire_kind kind, struct wire_reply *out,
                              struct err *e)
{
    struct reader r = {in, in + WIRE_REPLY_BYTES};
    struct wire_reply got = {0};
    unsigned char magic[4];
    uint32_t version;
    enum assay_err rc = ASSAY_OK;

    get_bytes(&r, magic, sizeof magic);
    version = get32(&r);
    got.head.kind = kind;
    got.head.answer = get32(&r);
    got.head.layers = get32(&r);
    got.head.landlock = get32(&r);
    if (memcmp(magic, reply_magic, sizeof magic) != 0 || (version >> 16) != (uint32_t)kind)
        return err_set(e, ASSAY_EDAMAGED, "decoder: no answer of this protocol");
    if ((version & 0xffffu) != WIRE_VERSION)
        return err_set(e, ASSAY_EDAMAGED,
                       "decoder: protocol version %u where %u is spoken; restart assay after an "
                       "update",
                       version & 0xffffu, (unsigned)WIRE_VERSION);
    if (got.head.answer == 0 || got.head.answer >= WIRE_ANSWER_COUNT)
        return err_set(e, ASSAY_EDAMAGED, "decoder: unknown answer %u", got.head.answer);
    if ((got.head.layers & ~WIRE_LAYERS_ALL) != 0 || got.head.landlock > 1000 ||
        !all_zero(r.at, in + HEAD_BYTES))
        return err_set(e, ASSAY_EDAMAGED, "decoder: broken head of its answer");
    r.at = in + HEAD_BYTES;
    if (got.head.answer == WIRE_GOOD && kind == WIRE_DECODE)
        rc = picture_get(&r, &got.picture, e);
    else if (got.head.answer == WIRE_GOOD && kind == WIRE_ENCODE)
        rc = renditions_get(&r, got.renditions, e);
    if (rc != ASSAY_OK)
        return rc;
    if (!all_zero(r.at, r.end))
        return err_set(e, ASSAY_EDAMAGED, "decoder: bytes behind the end of its answer");
    *out = got;
    return ASSAY_OK;
}

void wire_request_put(const struct wire_request *r, unsigned char *out)
{
    struct cursor c = {out, out + WIRE_REQUEST_BYTES};

    assert(r->tile_count <= DECODE_FACETS_MAX);
    memset(out, 0, WIRE_REQUEST_BYTES);
    put_bytes(&c, request_magic, sizeof request_magic);
    put32(&c, WIRE_VERSION | (uint32_t)WIRE_ENCODE << 16);
    put32(&c, r->view.width);
    put32(&c, r->view.height);
    put32(&c, r->tile_count);
    c.at = out + TILES_AT;
    for (uint32_t i = 0; i < r->tile_count; i++) {
        put32(&c, r->tiles[i].width);
        put32(&c, r->tiles[i].height);
    }
}

static bool sides_within(struct wire_size size, uint32_t side_max)
{
    return size.width >= 1 && size.height >= 1 && size.width <= side_max && size.height <= side_max;
}

enum assay_err wire_request_get(const unsigned char *in, struct wire_request *out)
{
    struct reader r = {in, in + WIRE_REQUEST_BYTES};
    struct wire_request got = {0};
    unsigned char magic[4];
    uint32_t version;

    get_bytes(&r, magic, sizeof magic);
    version = get32(&r);
    got.view.width = get32(&r);
    got.view.height = get32(&r);
    got.tile_count = get32(&r);
    if (memcmp(magic, request_magic, sizeof magic) != 0 ||
        version != (WIRE_VERSION | (uint32_t)WIRE_ENCODE << 16) ||
        !sides_within(got.view, DECODE_FULL_SIDE) || got.tile_count > DECODE_FACETS_MAX)
        return ASSAY_EFORMAT;
    r.at = in + TILES_AT;
    for (uint32_t i = 0; i < got.tile_count; i++) {
        got.tiles[i].width = get32(&r);
        got.tiles[i].height = get32(&r);
        if (!sides_within(got.tiles[i], DECODE_SMALL_SIDE))
            return ASSAY_EFORMAT;
    }
    *out = got;
    return ASSAY_OK;
}

size_t wire_request_pixels(const struct wire_request *r)
{
    size_t bytes = (size_t)3 * r->view.width * r->view.height;

    for (uint32_t i = 0; i < r->tile_count; i++)
        bytes += (size_t)3 * r->tiles[i].width * r->tiles[i].height;
    return bytes;
}

struct wire_grid wire_grid_of(uint32_t count, uint32_t side_max)
{
    struct wire_grid best = {0};

    assert(count >= 1);
    assert(count <= 1 + DECODE_FACETS_MAX);
    for (uint32_t columns = 1; columns <= count; columns++) {
        const uint32_t rows = (count + columns - 1) / columns;
        const uint32_t more = columns > rows ? columns : rows;
        uint32_t side = (DECODE_FULL_SIDE - WIRE_GRID_GAP * (more + 1)) / more;

        if (side > side_max)
            side = side_max;
        if (side > best.side || (side == best.side && rows < best.rows))
            best = (struct wire_grid){.columns = columns, .rows = rows, .side = side};
    }
    best.size.width = best.columns * (best.side + WIRE_GRID_GAP) + WIRE_GRID_GAP;
    best.size.height = best.rows * (best.side + WIRE_GRID_GAP) + WIRE_GRID_GAP;
    return best;
}

static uint32_t scaled(uint32_t side, uint32_t to, uint32_t from)
{
    uint64_t v = ((uint64_t)side * to + from / 2) / from;

    return v == 0 ? 1 : (uint32_t)v;
}

struct wire_size wire_fit(struct wire_size p, uint32_t side)
{
    uint32_t longest = p.width > p.height ? p.width : p.height;

    if (longest <= side)
        return p;
    return (struct wire_size){scaled(p.width, side, longest), scaled(p.height, side, longest)};
}

struct wire_size wire_turned(struct wire_size p, uint32_t orientation)
{
    if (orientation >= 5 && orientation <= 8)
        return (struct wire_size){p.height, p.width};
    return p;
}

struct wire_size wire_rendition_size(struct wire_size view, uint32_t facet_count,
                                     enum decode_rendition r)
{
    switch (r) {
    case DECODE_COVER:
    case DECODE_SMALL_GREY:
    case DECODE_SMALL_COLOUR:
        return wire_fit(view, DECODE_SMALL_SIDE);
    case DECODE_STRIP:
        if (facet_count > 0)
            return wire_grid_of(1 + facet_count, DECODE_STRIP_SIDE).size;
        return wire_fit(view, DECODE_STRIP_SIDE);
    case DECODE_SHEET_GREY:
    case DECODE_SHEET_COLOUR:
        if (facet_count > 0)
            return wire_grid_of(1 + facet_count, DECODE_SMALL_SIDE).size;
        return (struct wire_size){0};
    case DECODE_FULL_GREY:
    case DECODE_FULL_COLOUR:
    case DECODE_RENDITION_COUNT:
        break;
    }
    return view;
}

static_assert(HEAD_BYTES + PICTURE_BYTES <= FACETS_AT, "a picture fits in front of the facets");
static_assert(WIRE_REPLY_BYTES <= WIRE_PAYLOAD_AT, "the reply fits in front of the payload");
static_assert(HEAD_BYTES + 16 * DECODE_RENDITION_COUNT <= WIRE_REPLY_BYTES,
              "the renditions fit into the reply");
