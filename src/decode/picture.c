/* Decodes one file and encodes its renditions by children, and believes nothing they say. */
#include "decode/picture.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "decode/env.h"
#include "decode/memfd.h"

/* All but the one that intake sets. */
#define FLAGS_OF_CHILD ((uint32_t)(DECODE_EXTENSION_DIFFERS - 1))

/* A PDQ without ties has exactly 128 of its 256 bits set. So far from it, the picture gave the
 * method nothing to tell it by. */
#define PDQ_BITS_MIN 112
#define PDQ_BITS_MAX 144

enum assay_err picture_check(const struct wire_picture *p, enum decode_type type,
                             const struct decode_limits *limits, struct err *e)
{
    bool hashable = p->width >= ASSAY_PDQ_SIDE_MIN && p->height >= ASSAY_PDQ_SIDE_MIN;
    bool turned = p->orientation > 1;
    struct wire_size view;

    if (p->type != (uint32_t)type)
        return err_set(e, ASSAY_EDAMAGED, "decoder: it answers for another type");
    if (p->width == 0 || p->height == 0 || p->width > limits->side_max ||
        p->height > limits->side_max || (uint64_t)p->width * p->height > limits->pixels_max)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible sides in its answer");
    if (p->orientation < 1 || p->orientation > 8 || p->frames == 0)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible turn or frames in its answer");
    if ((p->flags & ~FLAGS_OF_CHILD) != 0 || turned != ((p->flags & DECODE_EXIF_TURNED) != 0) ||
        ((p->flags & DECODE_ANIMATED) == 0 && p->frames > 1))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible flags in its answer");
    if (p->has_pdq != hashable || (p->has_pdq_oriented && p->oriented_too_large) ||
        (p->has_pdq_oriented || p->oriented_too_large) != (hashable && turned))
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible hashes in its answer");
    view = wire_fit(wire_turned((struct wire_size){p->width, p->height}, p->orientation),
                    DECODE_FULL_SIDE);
    if (p->view_width != view.width || p->view_height != view.height)
        return err_set(e, ASSAY_EDAMAGED, "decoder: impossible sides of its pixels");
    return ASSAY_OK;
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

static void fill(const struct wire_picture *from, struct decode_picture *p)
{
    p->type = (enum decode_type)from->type;
    p->width = from->width;
    p->height = from->height;
    p->frames = from->frames;
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
}

static enum assay_err refuse(const struct decode_env *env, enum decode_type type, size_t size,
                             struct err *e)
{
    if (type == DECODE_TYPE_EMPTY)
        return err_set(e, ASSAY_EFORMAT, "the file is empty");
    if (!decode_type_supported(type))
        return err_set(e, ASSAY_EUNSUPPORTED, "%s is not decoded", decode_type_mime(type));
    if (size > env->limits.memory_bytes / 2)
        return err_set(e, ASSAY_ELIMIT, "the file is larger than the %llu MB a decoder may read",
                       (unsigned long long)(env->limits.memory_bytes >> 21));
    return ASSAY_OK;
}

enum assay_err decode_picture(struct decode_env *env, const void *bytes, size_t size,
                              struct decode_picture *out, struct err *e)
{
    enum decode_type type = decode_sniff(bytes, size);
    struct decode_picture p = {0};
    struct wire_reply reply;
    int in_fd = -1, out_fd = -1;
    unsigned char *to;
    size_t view_bytes;
    enum assay_err rc;

    if ((rc = refuse(env, type, size, e)) != ASSAY_OK)
        return rc;
    if ((rc = memfd_input(&(struct memfd_part){bytes, size}, 1, &in_fd, e)) != ASSAY_OK ||
        (rc = memfd_output(WIRE_PAYLOAD_AT + WIRE_VIEW_BYTES, &out_fd, e)) != ASSAY_OK ||
        (rc = env_run(env, WIRE_DECODE, in_fd, out_fd, &reply, e)) != ASSAY_OK ||
        (rc = picture_check(&reply.picture, type, &env->limits, e)) != ASSAY_OK)
        goto out;
    fill(&reply.picture, &p);
    view_bytes = (size_t)3 * p.view_width * p.view_height;
    buf_init(&p.view, WIRE_VIEW_BYTES);
    to = buf_reserve(&p.view, view_bytes);
    assert(to != NULL);
    if ((rc = memfd_read(out_fd, WIRE_PAYLOAD_AT, to, view_bytes, e)) != ASSAY_OK) {
        buf_wipe(&p.view);
        goto out;
    }
    p.view.size = view_bytes;
    *out = p;
out:
    if (in_fd >= 0)
        (void)close(in_fd);
    if (out_fd >= 0)
        (void)close(out_fd);
    return rc;
}

void decode_picture_clear(struct decode_picture *p)
{
    buf_wipe(&p->view);
    *p = (struct decode_picture){0};
}

enum assay_err picture_check_renditions(const struct wire_rendition *list, struct wire_size view,
                                        struct err *e)
{
    for (enum decode_rendition r = 0; r < DECODE_RENDITION_COUNT; r++) {
        struct wire_size size = wire_rendition_size(view, r);

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

enum assay_err decode_encode(struct decode_env *env, const struct decode_picture *p,
                             struct decode_encoded out[DECODE_RENDITION_COUNT], struct err *e)
{
    struct decode_encoded made[DECODE_RENDITION_COUNT] = {0};
    unsigned char request[WIRE_REQUEST_BYTES];
    struct wire_size view = {p->view_width, p->view_height};
    struct wire_reply reply;
    int in_fd = -1, out_fd = -1;
    enum assay_err rc;

    assert(p->view.size == (size_t)3 * p->view_width * p->view_height);
    assert(p->view.size > 0);
    wire_request_put(p->view_width, p->view_height, request);
    const struct memfd_part parts[] = {{request, sizeof request}, {p->view.data, p->view.size}};
    if ((rc = memfd_input(parts, 2, &in_fd, e)) != ASSAY_OK ||
        (rc = memfd_output(WIRE_PAYLOAD_AT + WIRE_ENCODED_BYTES, &out_fd, e)) != ASSAY_OK ||
        (rc = env_run(env, WIRE_ENCODE, in_fd, out_fd, &reply, e)) != ASSAY_OK ||
        (rc = picture_check_renditions(reply.renditions, view, e)) != ASSAY_OK ||
        (rc = take_renditions(out_fd, reply.renditions, made, e)) != ASSAY_OK) {
        decode_encoded_clear(made);
        goto out;
    }
    memcpy(out, made, sizeof made);
out:
    if (in_fd >= 0)
        (void)close(in_fd);
    if (out_fd >= 0)
        (void)close(out_fd);
    return rc;
}

void decode_encoded_clear(struct decode_encoded out[DECODE_RENDITION_COUNT])
{
    for (size_t r = 0; r < DECODE_RENDITION_COUNT; r++) {
        buf_wipe(&out[r].bytes);
        out[r] = (struct decode_encoded){0};
    }
}
