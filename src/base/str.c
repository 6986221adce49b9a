/* Hex, base64, UTF-8 and decimal, strict in what is taken from outside. */
#include "base/str.h"

#include <assert.h>
#include <string.h>

void str_hex(const void *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[from[i] >> 4];
        out[2 * i + 1] = digits[from[i] & 15];
    }
    out[2 * size] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum assay_err str_unhex(const char *text, void *out, size_t size)
{
    unsigned char *to = out;

    if (strlen(text) != 2 * size)
        return ASSAY_EFORMAT;
    for (size_t i = 0; i < 2 * size; i++) {
        if (hex_value(text[i]) < 0)
            return ASSAY_EFORMAT;
    }
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return ASSAY_OK;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void str_base64(const void *bytes, size_t size, struct buf *b)
{
    const unsigned char *from = bytes;

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t v = (uint32_t)from[i] << 16;
        v |= left > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)from[i + 2] : 0;
        char four[4] = {base64_digits[v >> 18], base64_digits[v >> 12 & 63],
                        left > 1 ? base64_digits[v >> 6 & 63] : '=',
                        left > 2 ? base64_digits[v & 63] : '='};
        buf_add(b, four, 4);
    }
}

static int base64_value(char c)
{
    const char *at = c == '\0' ? NULL : strchr(base64_digits, c);

    return at == NULL ? -1 : (int)(at - base64_digits);
}

enum assay_err str_unbase64(const char *text, size_t text_size, struct buf *b)
{
    if (text_size % 4 != 0)
        return ASSAY_EFORMAT;
    for (size_t i = 0; i < text_size; i += 4) {
        size_t pad = 0;
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            char c = text[i + k];
            bool last = i + 4 == text_size;
            if (c == '=' && last && k >= 2) {
                pad++;
                v <<= 6;
                continue;
            }
            int value = base64_value(c);
            if (value < 0 || pad > 0)
                return ASSAY_EFORMAT;
            v = v << 6 | (uint32_t)value;
        }
        if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
            return ASSAY_EFORMAT; /* bits behind the end: two texts for one value */
        unsigned char three[3] = {(unsigned char)(v >> 16), (unsigned char)(v >> 8),
                                  (unsigned char)v};
        buf_add(b, three, 3 - pad);
    }
    return b->over ? ASSAY_ELIMIT : ASSAY_OK;
}

/* The number of bytes of the well-formed UTF-8 character at s, 0 when there is none. */
static size_t utf8_char(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80,
                  high = 0xbf; /* what the second byte may be: no overlong, no surrogate */
    size_t size;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        size = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        size = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        size = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (left < size || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}

bool str_is_utf8(const void *bytes, size_t size)
{
    const unsigned char *s = bytes;

    for (size_t i = 0; i < size;) {
        size_t step = utf8_char(s + i, size - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

enum assay_err str_int64(const char *text, int64_t min, int64_t max, int64_t *out)
{
    bool negative = text[0] == '-';
    const char *at = text + (negative ? 1 : 0);
    int64_t v = 0;

    if (*at == '\0')
        return ASSAY_EFORMAT;
    for (; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return ASSAY_EFORMAT;
        int digit = *at - '0';
        if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_sub_overflow(v, (int64_t)digit, &v))
            return ASSAY_ERANGE;
    }
    if (!negative && v == INT64_MIN)
        return ASSAY_ERANGE;
    v = negative ? v : -v;
    if (v < min || v > max)
        return ASSAY_ERANGE;
    *out = v;
    return ASSAY_OK;
}

bool str_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t size = strlen(text), tail = strlen(suffix);

    return size >= tail && memcmp(text + size - tail, suffix, tail) == 0;
}

const char *str_shown(const char *text, char *out, size_t size)
{
    size_t used = strlen(text);

    assert(size > 0);
    if (used >= size) {
        used = size - 1;
        while (used > 0 && ((unsigned char)text[used] & 0xc0) == 0x80)
            used--;
    }
    for (size_t i = 0; i < used; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    out[used] = '\0';
    return out;
}

/* U+0080 to U+009F, U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069: what steers a terminal.
 */
static bool steers(const unsigned char *s, size_t size)
{
    if (size == 2)
        return s[0] == 0xc2 && s[1] < 0xa0;
    if (size != 3 || s[0] != 0xe2)
        return false;
    return (s[1] == 0x80 && ((s[2] >= 0xa8 && s[2] <= 0xae) || s[2] == 0x8e || s[2] == 0x8f)) ||
           (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

void str_escaped(const char *text, struct buf *b)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t size = strlen(text);

    for (size_t i = 0; i < size;) {
        size_t step = utf8_char(s + i, size - i);
        bool plain =
            step > 0 && s[i] >= 0x20 && s[i] != 0x7f && s[i] != '\\' && !steers(s + i, step);
        if (step == 0)
            step = 1;
        for (size_t j = 0; j < step; j++) {
            if (plain)
                buf_add_char(b, (char)s[i + j]);
            else
                buf_addf(b, "\\x%02x", (unsigned)s[i + j]);
        }
        i += step;
    }
}

bool str_equal_secret(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    unsigned char differ = 0;

    for (size_t i = 0; i < size; i++)
        differ |= (unsigned char)(x[i] ^ y[i]);
    return differ == 0;
}
