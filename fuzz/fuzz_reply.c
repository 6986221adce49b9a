/* Fuzzes the parent's reading of a child's reply: what is accepted is sound and written the same.
 */
#include <assert.h>
#include <string.h>

#include "decode/picture.h"
#include "decode/wire.h"
#include "fuzz.h"

static void check_picture(const struct wire_picture *p)
{
    const struct decode_limits *l = &decode_limits_default;

    for (enum decode_type type = 0; type < DECODE_TYPE_COUNT; type++) {
        if (picture_check(p, type, l, NULL) != ASSAY_OK)
            continue;
        assert(p->type == (uint32_t)type);
        assert((uint64_t)p->width * p->height <= l->pixels_max);
        assert((uint64_t)3 * p->view_width * p->view_height <= WIRE_VIEW_BYTES);
        assert(p->view_width > 0 && p->view_height > 0);
        assert(p->facet_count <= DECODE_FACETS_MAX);
        for (uint32_t i = 0; i < p->facet_count; i++)
            assert((uint64_t)3 * p->facets[i].tile.width * p->facets[i].tile.height <=
                   WIRE_TILE_BYTES);
        (void)picture_pdq_reason(&p->pdq, p->width, p->height, p->flags);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned char in[WIRE_REPLY_BYTES] = {0}, again[WIRE_REPLY_BYTES];
    struct wire_request request;

    memcpy(in, bytes, size < sizeof in ? size : sizeof in);
    for (enum wire_kind kind = WIRE_DECODE; kind <= WIRE_PROBE; kind++) {
        struct wire_reply reply;

        if (wire_reply_get(in, kind, &reply, NULL) != ASSAY_OK)
            continue;
        wire_reply_put(&reply, again);
        assert(memcmp(in, again, sizeof in) == 0);
        if (kind == WIRE_DECODE && reply.head.answer == WIRE_GOOD)
            check_picture(&reply.picture);
        for (size_t i = 0; kind == WIRE_ENCODE && i < DECODE_RENDITION_COUNT; i++)
            assert((uint64_t)reply.renditions[i].offset + reply.renditions[i].size <=
                   WIRE_ENCODED_BYTES);
    }
    if (wire_request_get(in, &request) == ASSAY_OK)
        assert(wire_request_pixels(&request) <= WIRE_PIXELS_BYTES);
    return 0;
}
