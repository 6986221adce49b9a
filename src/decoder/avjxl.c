/* Whether a JPEG XL file is an animation: one bit of its head, found by walking the bits before. */
#include <string.h>

#include "decoder/av.h"

#define MARK_BYTES 2u

/* Bits of a byte count from the lowest; behind the end there are zeros. */
struct bits {
    const uint8_t *bytes;
    size_t size, at;
};

static uint32_t take(struct bits *b, unsigned count)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < count; i++, b->at++)
        if (b->at / 8 < b->size)
            v |= (uint32_t)(b->bytes[b->at / 8] >> b->at % 8 & 1) << i;
    return v;
}

/* Two bits say how many bits follow. */
static void skip_number(struct bits *b, const unsigned lengths[4])
{
    (void)take(b, lengths[take(b, 2)]);
}

/* Height, shape, and the width unless the shape says it. */
static void skip_sides(struct bits *b)
{
    static const unsigned lengths[4] = {9, 13, 18, 30};
    const bool small = take(b, 1) != 0;

    for (unsigned i = 0; i < 2; i++) {
        if (small)
            (void)take(b, 5);
        else
            skip_number(b, lengths);
        if (i == 0 && take(b, 3) != 0)
            return;
    }
}

static void skip_preview(struct bits *b)
{
    static const unsigned eighths[4] = {0, 0, 5, 9}, plain[4] = {6, 8, 10, 12};
    const bool small = take(b, 1) != 0;

    skip_number(b, small ? eighths : plain);
    if (take(b, 3) == 0)
        skip_number(b, small ? eighths : plain);
}

/* The first box that holds codestream; its payload, behind the number of a part. */
static bool find_codestream(const uint8_t *p, size_t size, struct bits *out)
{
    size_t at = 0, head;
    uint64_t length;

    if (size >= MARK_BYTES && p[0] == 0xff) {
        *out = (struct bits){p, size, 0};
        return true;
    }
    while (at < size && size - at >= 16) {
        length = av_get(p + at, 4, AV_BIG);
        head = length == 1 ? 16 : 8;
        if (length == 1)
            length = (uint64_t)av_get(p + at + 8, 4, AV_BIG) << 32 | av_get(p + at + 12, 4, AV_BIG);
        if (length == 0 || length > size - at)
            length = size - at;
        if (length < head)
            return false;
        if (memcmp(p + at + 4, "jxlp", 4) == 0 && length >= head + 4)
            head += 4;
        else if (memcmp(p + at + 4, "jxlc", 4) != 0)
            head = 0;
        if (head > 0) {
            *out = (struct bits){p + at + head, (size_t)length - head, 0};
            return true;
        }
        at += (size_t)length;
    }
    return false;
}

bool av_jxl_animated(const uint8_t *bytes, size_t size)
{
    struct bits b;

    if (!find_codestream(bytes, size, &b))
        return false;
    (void)take(&b, 8 * MARK_BYTES);
    skip_sides(&b);
    if (take(&b, 1) != 0 || take(&b, 1) == 0) /* all as by default, or nothing special */
        return false;
    (void)take(&b, 3); /* turn */
    if (take(&b, 1) != 0)
        skip_sides(&b); /* those that it is meant to be shown at */
    if (take(&b, 1) != 0)
        skip_preview(&b);
    return take(&b, 1) != 0;
}
