/* Fuzzes both readings of the hashing decoders' protocol: what is accepted is sound and written the
 * same. */
#include <assert.h>
#include <string.h>

#include "decode/hash_wire.h"
#include "fuzz.h"

static void check_picture(const struct hash_picture *p, uint32_t wants)
{
    const struct decode_limits *l = &decode_limits_default;

    for (enum decode_type type = 0; type < DECODE_TYPE_COUNT; type++) {
        if (hash_picture_check(p, type, l, wants, NULL) != ASSAY_OK)
            continue;
        assert(p->type == (uint32_t)type);
        assert((uint64_t)p->width * p->height <= l->pixels_max);
        assert(p->width > 0 && p->height > 0 && p->frames > 0);
        assert(p->orientation >= 1 && p->orientation <= 8);
        assert(p->reduced == 1 || (wants & DECODE_HASH_FAST) != 0);
        assert(p->pdq.quality <= 100 && p->pdq_oriented.quality <= 100);
        assert(!p->chances.has_thumbnail || (wants & DECODE_HASH_THUMBNAIL) != 0);
        assert(!p->chances.has_unbordered || (wants & DECODE_HASH_UNBORDERED) != 0);
        assert(p->chances.frame_count == 0 || (wants & DECODE_HASH_FRAMES) != 0);
        assert(p->chances.frame_count < p->frames);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned char in[HASH_REPLY_MAX] = {0}, again[HASH_REPLY_MAX];
    struct hash_request request;

    memcpy(in, bytes, size < sizeof in ? size : sizeof in);
    for (enum hash_kind kind = HASH_HELLO; kind <= HASH_PICTURE; kind++) {
        struct decode_frame frames[DECODE_HASH_FRAMES_MAX];
        struct hash_reply reply;

        if (hash_reply_get(in, kind, frames, &reply, NULL) != ASSAY_OK)
            continue;
        assert(hash_reply_put(&reply, again) == hash_reply_size(in));
        assert(memcmp(in, again, hash_reply_size(in)) == 0);
        for (uint32_t wants = 0; reply.answer == WIRE_GOOD && wants <= DECODE_HASH_WANTS; wants++)
            check_picture(&reply.picture, wants);
    }
    if (hash_request_get(in, &request) == ASSAY_OK) {
        hash_request_put(&request, again);
        assert(memcmp(in, again, HASH_REQUEST_BYTES) == 0);
    }
    return 0;
}
