/* UTF-16LE to UTF-8, piece by piece. */
#include "format/utf16.h"

#include <string.h>

#define UTF8_MAX    4 /* bytes of a character */
#define REPLACEMENT 0xfffdu

/* Room is made in front of what is read; false at the end. */
static bool more(struct utf16 *u)
{
    memmove(u->in, u->in + u->at, u->size - u->at);
    u->size -= u->at;
    u->at = 0;
    const size_t n = u->ended ? 0 : u->fill(u->ctx, u->in + u->size, sizeof u->in - u->size);
    u->size += n;
    u->ended = n == 0;
    return n > 0;
}

static size_t put(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* One unit: what it makes of the text, at most a replacement and a character. */
static size_t take_unit(struct utf16 *u, uint32_t unit, uint8_t *out)
{
    const bool is_high = unit >= 0xd800 && unit < 0xdc00, is_low = unit >= 0xdc00 && unit < 0xe000;
    size_t n = 0;

    if (u->high != 0 && is_low) {
        n = put(0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00), out);
        u->high = 0;
        return n;
    }
    if (u->high != 0)
        n = put(REPLACEMENT, out);
    u->high = is_high ? unit : 0;
    if (!is_high)
        n += put(is_low ? REPLACEMENT : unit, out + n);
    return n;
}

static size_t give_as_it_is(struct utf16 *u, uint8_t *out, size_t size)
{
    size_t n = u->size - u->at;

    if (n == 0)
        return u->fill(u->ctx, out, size);
    n = n < size ? n : size;
    memcpy(out, u->in + u->at, n);
    u->at += n;
    return n;
}

size_t utf16_fill(void *ctx, void *out, size_t size)
{
    struct utf16 *u = ctx;
    uint8_t *to = out;
    size_t n = 0;

    if (!u->begun) {
        while (u->size < 2 && more(u)) {
        }
        u->begun = true;
        u->is_utf16 = u->size >= 2 && u->in[0] == 0xff && u->in[1] == 0xfe;
        u->at = u->is_utf16 ? 2 : 0;
    }
    if (!u->is_utf16)
        return give_as_it_is(u, to, size);
    while (size - n >= 2 * UTF8_MAX) {
        if (u->size - u->at >= 2) {
            n += take_unit(u, u->in[u->at] | (uint32_t)u->in[u->at + 1] << 8, to + n);
            u->at += 2;
        } else if (n > 0 || !more(u)) {
            break;
        }
    }
    if (n == 0 && (u->size > u->at || u->high != 0)) { /* the end, in the middle of a character */
        u->at = u->size;
        u->high = 0;
        n = put(REPLACEMENT, to);
    }
    return n;
}
