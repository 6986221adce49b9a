/* Text in UTF-16LE, told by its byte order mark, read as UTF-8; all else as it is. */
#ifndef FORMAT_UTF16_H
#define FORMAT_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/* Set fill and ctx, the rest is zero at first. */
struct utf16 {
    json_fill *fill;
    void *ctx;
    bool begun, is_utf16, ended;
    uint8_t in[4096]; /* read and not yet given */
    size_t at, size;
    uint32_t high; /* a first surrogate whose second has not come; 0: none */
};

/* A json_fill of struct utf16. Surrogates without their other, and half a character at the end,
 * become U+FFFD. */
size_t utf16_fill(void *ctx, void *out, size_t size);

#endif
