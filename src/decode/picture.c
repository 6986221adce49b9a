/* Decodes one file and encodes its renditions by children, and believes nothing they say. */
#include "decode/picture.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "decode/env.h"
#include "decode/memfd.h"

/* All but the one that intake sets. */
#define FLAGS_OF_CHILD                                                                             \
    (((uint32_t)DECODE_SECOND_PICTURE << 1) - 1 - (uint32_t)DECODE_EXTENSION_DIFFERS)

/* A PDQ without ties has exactly 128 of its 256 bits set. So far from it, the picture gave the
 * method nothing to tell it by. */
#define PDQ_BITS_MIN 112
#define PDQ_BITS_MAX 144

static bool sides_are_sound(struct wire_size size, const struct decode_limits *limits)
{
    return size.width > 0 && size.height > 0 && size.width <= limits->side_max &&
           size.height <= limits->side_max &&
           (uint64_t)size.width * size.height <= limits->pixels_max;
}

static bool hashable(struct wire_size size)
{
    return size.width >= ASSAY_PDQ_SIDE_MIN && size.height >= ASSAY_PDQ_SIDE_MIN;
}

/* One facet against the picture that it belongs to. */
static bool facet_is_sound(const struct wire_facet *f, const struct wire_picture *p,
                           const struct decode_limits *limits)
{
    struct wire_size tile;

    if (f->kind < DECODE_FACET_FRAME || f->kind >= DECODE_FACET_KIND_END || f->orientation < 1 ||
        f->orientation > 8 || !sides_are_sound(f->size, limits) || f->has_pdq != hashable(f->size))
        return false;
    tile = wire_fit(wire_turned(f->size, f->orientation), DECODE_SMALL_SIDE);
    if (f->tile.width != tile.width || f->tile.height != tile.height)
        return false;
    return f->kind != DECODE_FACET_FRAME || f->index < p->frames;
}

static enum assay_err check_facets(const struct wire_picture *p, const struct decode_limits *limits,
                                   struct err *e)
{
    bool thumbnail = false, trailing = false;

    if (p->frames_seen == 0 || p->frames_seen > p->frames ||
        (p->frames_seen < p->frames && (p->flags & DECODE_FRAMES_UNSEEN) == 0))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible frames in its answer");
    for (uint32_t i = 0; i < p->facet_count; i++) {
        if (!facet_is_sound(&p->facets[i], p, limits))
            return err_set(e, ASSAY_EDAMAGED, "decoder: impossible facet in its answer");
        thumbnail |= p->facets[i].kind == DECODE_FACET_THUMBNAIL;
        trailing |= p->facets[i].kind == DECODE_FACET_TRAILING;
    }
    if ((thumbnail && (p->flags & DECODE_THUMBNAIL_DIFFERS) == 0) ||
        trailing != ((p->flags & DECODE_SECOND_PICTURE) != 0))
        return err_set(e, ASSAY_EDAMAGED, "decoder: its flags and its facets disagree");
    return ASSAY_OK;
}

enum assay_err picture_check(const struct wire_picture *p, enum decode_type type,
                             const struct decode_limits *limits, struct err *e)
{
    const struct wire_size size = {p->width, p->height};
    const bool hashed = hashable(size);
    bool turned = p->orientation > 1;
    struct wire_size view;

    if (p->type != (uint32_t)type)
        return err_set(e, ASSAY_EDAMAGED, "decoder: it answers for another type");
    if (!sides_are_sound(size, limits))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible sides in its answer");
    if (p->orientation < 1 || p->orientation > 8 || p->frames == 0)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible turn or frames in its answer");
    if ((p->flags & ~FLAGS_OF_CHILD) != 0 || turned != ((p->flags & DECODE_EXIF_TURNED) != 0) ||
        ((p->flags & DECODE_ANIMATED) == 0 && p->frames > 1))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible flags in its answer");
    if (p->has_pdq != hashed || (p->has_pdq_oriented && p->oriented_too_large) ||
        (p->has_pdq_oriented || p->oriented_too_large) != (hashed && turned))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hashes in its answer");
    view = wire_fit(wire_turned(size, p->orientation), DECODE_FULL_SIDE);
    if (p->view_width != view.width || p->view_height != view.height)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible sides of its pixels");
    return check_facets(p, limits, e);
}

enum decode_pdq_reason picture_pdq_reason(const struct assay_pdq *pdq, uint32_t width,
                                          uint32_t height, uint32_t flags)
{
    unsigned bits = 0;

    if (width < ASSAY_PDQ_SIDE_MIN || height < ASSAY_PDQ_SIDE_MIN)
        return DECODE_PDQ_TOO_SMALL;
    for (size_t i = 0; i < ASSAY_PDQ_BYTES; i++)
        bits += (unsigned)__builtin_popcount(pdq->bytes[i]);
    if ((flags & DECODE_DAMAGED) != 0)
        return DECODE_PDQ_DAMAGED;
    if (bits < PDQ_BITS_MIN || bits > PDQ_BITS_MAX)
        return DECODE_PDQ_DEGENERATE;
    if (pdq->quality < ASSAY_PDQ_MATCH_QUALITY)
        return DECODE_PDQ_LOW_QUALITY;
    return DECODE_PDQ_GOOD;
}

static void fill_facets(const struct wire_picture *from, struct decode_picture *p)
{
    p->facet_count = from->facet_count;
    for (uint32_t i = 0; i < from->facet_count; i++) {
        const struct wire_facet *f = &from->facets[i];

        p->facets[i] = (struct decode_facet){
            .kind = (enum decode_facet_kind)f->kind,
            .index = f->index,
            .width = f->size.width,
            .height = f->size.height,
            .has_pdq = f->has_pdq,
            .pdq = f->pdq,
            .pdq_reason = picture_pdq_reason(&f->pdq, f->size.width, f->size.height, 0),
            .tile_width = f->tile.width,
            .tile_height = f->tile.height,
        };
    }
}

static void fill(const struct wire_picture *from, struct decode_picture *p)
{
    p->type = (enum decode_type)from->type;
    p->width = from->width;
    p->height = from->height;
    p->frames = from->frames;
    p->frames_seen = from->frames_seen;
    p->flags = from->flags;
    p->orientation = (uint8_t)from->orientation;
    p->has_pdq = from->has_pdq;
    p->has_pdq_oriented = from->has_pdq_oriented;
    p->pdq = from->pdq;
    p->pdq_oriented = from->pdq_oriented;
    p->pdq_reason = picture_pdq_reason(&p->pdq, p->width, p->height, p->flags);
    p->pdq_oriented_reason = DECODE_PDQ_NONE;
    if (from->oriented_too_large)
        p->pdq_oriented_reason = DECODE_PDQ_TOO_LARGE;
    else if (p->orientation > 1)
        p->pdq_oriented_reason =
            picture_pdq_reason(&p->pdq_oriented, p->width, p->height, p->flags);
    p->view_width = from->view_width;
    p->view_height = from->view_height;
    fill_facets(from, p);
}

/* size bytes of the child's payload at offset, appended. */
static enum assay_err take_pixels(int fd, uint64_t offset, size_t size, struct buf *b,
                                  struct err *e)
{
    unsigned char *to = buf_reserve(b, size);
    enum assay_err rc;

    assert(to != NULL);
    if ((rc = memfd_read(fd, WIRE_PAYLOAD_AT + offset, to, size, e)) == ASSAY_OK)
        b->size += size;
    return rc;
}

/* The view and the tiles, which are copied before anybody looks at them. */
static enum assay_err take_picture(int fd, struct decode_picture *p, struct err *e)
{
    enum assay_err rc;

    buf_init(&p->view, WIRE_VIEW_BYTES);
    buf_init(&p->tiles, DECODE_FACETS_MAX * WIRE_TILE_BYTES);
    rc = take_pixels(fd, 0, (size_t)3 * p->view_width * p->view_height, &p->view, e);
    for (uint32_t i = 0; rc == ASSAY_OK && i < p->facet_count; i++) {
        const struct decode_facet *f = &p->facets[i];
        const uint64_t at = WIRE_VIEW_BYTES + (uint64_t)i * WIRE_TILE_BYTES;

        rc = take_pixels(fd, at, (size_t)3 * f->tile_width * f->tile_height, &p->tiles, e);
    }
    if (rc != ASSAY_OK) {
        buf_wipe(&p->view);
        buf_wipe(&p->tiles);
    }
    return rc;
}

size_t picture_bytes_max(const struct decode_limits *limits)
{
    return (size_t)(limits->memory_bytes / 2);
}

enum assay_err picture_refuse(const struct decode_env *env, enum decode_type type, size_t size,
                              struct err *e)
{
    if (type == DECODE_TYPE_EMPTY)
        return err_set(e, ASSAY_EFORMAT, "the file is empty");
    if (!decode_type_supported(type))
        return err_set(e, ASSAY_EUNSUPPORTED, "%s is not decoded", decode_type_mime(type));
    if (!decode_env_supports(env, type))
        return err_set(e, ASSAY_EUNSUPPORTED, "%s is not decoded here: %s", decode_type_mime(type),
                       decode_env_lacks(env, decode_type_program(type)));
    if (size > picture_bytes_max(&env->limits))
        return err_set(e, ASSAY_ELIMIT, "the file is larger than the %llu MB a decoder may read",
                       (unsigned long long)(env->limits.memory_bytes >> 21));
    return ASSAY_OK;
}

enum assay_err decode_picture(struct decode_env *env, const void *bytes, size_t size,
                              struct decode_picture *out, struct err *e)
{
    enum decode_type type = decode_sniff(bytes, size);
    struct decode_picture p = {0};
    struct env_job job = {WIRE_DECODE, NULL, -1, -1};
    struct wire_reply reply;
    enum assay_err rc;

    if ((rc = picture_refuse(env, type, size, e)) != ASSAY_OK)
        return rc;
    job.path = env->paths[decode_type_program(type)];
    if ((rc = memfd_input(&(struct memfd_part){bytes, size}, 1, &job.input_fd, e)) != ASSAY_OK ||
        (rc = memfd_output(WIRE_PAYLOAD_AT + WIRE_PIXELS_BYTES, &job.output_fd, e)) != ASSAY_OK ||
        (rc = env_run(env, &job, &reply, e)) != ASSAY_OK ||
        (rc = picture_check(&reply.picture, type, &env->limits, e)) != ASSAY_OK)
        goto out;
    fill(&reply.picture, &p);
    if ((rc = take_picture(job.output_fd, &p, e)) != ASSAY_OK)
        goto out;
    *out = p;
out:
    if (job.input_fd >= 0)
        (void)close(job.input_fd);
    if (job.output_fd >= 0)
        (void)close(job.output_fd);
    return rc;
}

void decode_picture_clear(struct decode_picture *p)
{
    buf_wipe(&p->view);
    buf_wipe(&p->tiles);
    *p = (struct decode_picture){0};
}

enum assay_err picture_check_renditions(const struct wire_rendition *list, struct wire_size view,
                                        uint32_t facet_count, struct err *e)
{
    for (enum decode_rendition r = 0; r < DECODE_RENDITION_COUNT; r++) {
        struct wire_size size = wire_rendition_size(view, facet_count, r);

        if (list[r].width != size.width || list[r].height != size.height)
            return err_set(e, ASSAY_EDAMAGED, "encoder: impossible sides of %s",
                           decode_rendition_name(r));
    }
    return ASSAY_OK;
}

/* What goes to a browser must at least begin and end as a JPEG does. */
static bool is_jpeg(const struct buf *b)
{
    return b->size >= 4 && b->data[0] == 0xff && b->data[1] == 0xd8 &&
           b->data[b->size - 2] == 0xff && b->data[b->size - 1] == 0xd9;
}

static enum assay_err take_renditions(int fd, const struct wire_rendition *list,
                                      struct decode_encoded *out, struct err *e)
{
    enum assay_err rc;

    for (enum decode_rendition r = 0; r < DECODE_RENDITION_COUNT; r++) {
        unsigned char *to;

        buf_init(&out[r].bytes, WIRE_ENCODED_BYTES);
        if (list[r].size == 0)
            continue; /* not made of this picture, as its sides say */
        to = buf_reserve(&out[r].bytes, list[r].size);
        assert(to != NULL);
        if ((rc = memfd_read(fd, WIRE_PAYLOAD_AT + list[r].offset, to, list[r].size, e)) !=
            ASSAY_OK)
            return rc;
        out[r].bytes.size = list[r].size;
        out[r].width = list[r].width;
        out[r].height = list[r].height;
        if (!is_jpeg(&out[r].bytes))
            return err_set(e, ASSAY_EDAMAGED, "encoder: %s is no JPEG", decode_rendition_name(r));
    }
    return ASSAY_OK;
}

static struct wire_request request_of(const struct decode_picture *p)
{
    struct wire_request r = {.view = {p->view_width, p->view_height}, .tile_count = p->facet_count};

    for (uint32_t i = 0; i < p->facet_count; i++)
        r.tiles[i] = (struct wire_size){p->facets[i].tile_width, p->facets[i].tile_height};
    return r;
}

enum assay_err decode_encode(struct decode_env *env, const struct decode_picture *p,
                             struct decode_encoded out[DECODE_RENDITION_COUNT], struct err *e)
{
    struct decode_encoded made[DECODE_RENDITION_COUNT] = {0};
    const struct wire_request wanted = request_of(p);
    unsigned char request[WIRE_REQUEST_BYTES];
    struct wire_reply reply;
    struct env_job job = {WIRE_ENCODE, env->encode_path, -1, -1};
    enum assay_err rc;

    assert(p->view.size + p->tiles.size == wire_request_pixels(&wanted));
    assert(p->view.size > 0);
    wire_request_put(&wanted, request);
    const struct memfd_part parts[] = {
        {request, sizeof request}, {p->view.data, p->view.size}, {p->tiles.data, p->tiles.size}};
    if ((rc = memfd_input(parts, 3, &job.input_fd, e)) != ASSAY_OK ||
        (rc = memfd_output(WIRE_PAYLOAD_AT + WIRE_ENCODED_BYTES, &job.output_fd, e)) != ASSAY_OK ||
        (rc = env_run(env, &job, &reply, e)) != ASSAY_OK ||
        (rc = picture_check_renditions(reply.renditions, wanted.view, p->facet_count, e)) !=
            ASSAY_OK ||
        (rc = take_renditions(job.output_fd, reply.renditions, made, e)) != ASSAY_OK) {
        decode_encoded_clear(made);
        goto out;
    }
    memcpy(out, made, sizeof made);
out:
    if (job.input_fd >= 0)
        (void)close(job.input_fd);
    if (job.output_fd >= 0)
        (void)close(job.output_fd);
    return rc;
}

void decode_encoded_clear(struct decode_encoded out[DECODE_RENDITION_COUNT])
{
    for (size_t r = 0; r < DECODE_RENDITION_COUNT; r++) {
        buf_wipe(&out[r].bytes);
        out[r] = (struct decode_encoded){0};
    }
}
