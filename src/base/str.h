/* Text forms of bytes and numbers: hex, base64, UTF-8, decimal. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Lower-case hex of size bytes into out, which holds 2 * size + 1 characters (NUL added). */
void str_hex(const void *bytes, size_t size, char *out);

/* Exactly 2 * size hex digits of either case, NUL-terminated, into out (size bytes).
 * ASSAY_EFORMAT when the text is anything else; out is then untouched. */
enum assay_err str_unhex(const char *text, void *out, size_t size);

/* Standard base64 with padding, appended to b. */
void str_base64(const void *bytes, size_t size, struct buf *b);

/* Strict standard base64 (padding required, no white space) appended to b. ASSAY_EFORMAT. */
enum assay_err str_unbase64(const char *text, size_t text_size, struct buf *b);

/* True when the bytes are well-formed UTF-8 without surrogates; a NUL byte is allowed. */
bool str_is_utf8(const void *bytes, size_t size);

/* Decimal digits only (a leading '-' too for the signed form); the whole NUL-terminated text must
 * be used. ASSAY_EFORMAT for other text, ASSAY_ERANGE when it does not fit min..max. */
enum assay_err str_int64(const char *text, int64_t min, int64_t max, int64_t *out);

bool str_equal(const char *a, const char *b); /* both non-NULL */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Text from outside as it may stand in a message: at most size - 1 bytes, cut between characters,
 * control characters as '?' so that no terminal or log obeys them. Returns out. */
const char *str_shown(const char *text, char *out, size_t size);

/* Text from outside, whole, appended to b: each byte that a terminal could obey (control
 * characters, C1, marks that turn the direction of writing), that is no UTF-8, or a backslash, as
 * \xHH. */
void str_escaped(const char *text, struct buf *b);

/* Compare secrets in time that depends on size only. */
bool str_equal_secret(const void *a, const void *b, size_t size);

#endif
