/* The one door to JSON: a strict pull reader, a small tree for bodies and settings, and a writer.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/*
 * Grammar: RFC 8259, nothing more. UTF-8 and surrogate pairs are checked, depth at most
 * JSON_DEPTH_MAX, one token at most the reader's token maximum, a byte order mark in front is
 * skipped.
 * `\u0000` in a string is refused: our C strings end there. Numbers stay text until asked for.
 * Errors name line and column, both from 1.
 */
#define JSON_DEPTH_MAX 64

enum json_token {
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
    JSON_ARRAY_BEGIN,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END /* the document is over and nothing follows it */
};

/* Fills at most size bytes and returns how many, 0 at the end; the ctx may note a read error. */
typedef size_t json_fill(void *ctx, void *out, size_t size);

struct json_reader;

/* Read from memory (borrowed until json_reader_free) or from a source; token_max bytes a token. */
struct json_reader *json_reader_new(const void *bytes, size_t size, size_t token_max);
struct json_reader *json_reader_stream(json_fill *fill, void *ctx, size_t token_max);
void json_reader_free(struct json_reader *r); /* NULL is fine */

/* The next token. For keys, strings and numbers *text (NUL-terminated, unescaped, borrowed until
 * the next call) and *size are set. EFORMAT, ELIMIT (token or depth); each later call gives the
 * same error again. */
enum assay_err json_next(struct json_reader *r, enum json_token *token, const char **text,
                         size_t *size, struct err *e);

/* Skip the value that begins with the token just read (or follows the key just read). */
enum assay_err json_skip(struct json_reader *r, struct err *e);

uint64_t json_line(const struct json_reader *r);   /* of the token just read, from 1 */
uint64_t json_offset(const struct json_reader *r); /* bytes consumed so far */

/* ---- a tree, for what fits in memory: API bodies, schemes, settings ---- */

enum json_kind {
    JSON_IS_OBJECT,
    JSON_IS_ARRAY,
    JSON_IS_STRING,
    JSON_IS_NUMBER,
    JSON_IS_BOOL,
    JSON_IS_NULL
};

struct json {
    enum json_kind kind;
    bool boolean;
    uint32_t line;             /* of its first character, from 1 */
    const char *key;           /* in an object; else NULL */
    const char *text;          /* strings and numbers; NUL-terminated */
    size_t size;               /* bytes of text; number of children of objects and arrays */
    struct json *first, *next; /* children in order; next sibling */
};

/* The whole document in arena a. Duplicate keys in an object are EFORMAT. */
enum assay_err json_parse(struct arena *a, const void *bytes, size_t size, struct json **out,
                          struct err *e);

/*
 * The value whose first token was just read from a stream, as a tree in arena a; the reader stands
 * behind it then. Where only this value is at fault, since a key stands twice in an object
 * (EFORMAT) or it takes more memory than *room bytes (ELIMIT), that is in *wrong, *out is NULL,
 * and the reading can go on. What is returned is the document's error. *room becomes what is left.
 */
enum assay_err json_take(struct json_reader *r, enum json_token first, const char *text,
                         size_t size, struct arena *a, size_t *room, struct json **out,
                         struct err *wrong, struct err *e);

/* Child by key; NULL when absent or when j is NULL or no object. */
const struct json *json_get(const struct json *j, const char *key);

/* Members with checks, for bodies; texts are borrowed from the tree. EFORMAT, naming line and key,
 * for a required member that is absent and for one of another kind, too long (size_max bytes) or
 * out of min..max; optional ones leave *out as it was when absent or null. */
enum assay_err json_need_text(const struct json *j, const char *key, size_t size_max,
                              const char **out, struct err *e);
enum assay_err json_need_int(const struct json *j, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct err *e);
enum assay_err json_want_text(const struct json *j, const char *key, size_t size_max,
                              const char **out, struct err *e);
enum assay_err json_want_int(const struct json *j, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct err *e);
enum assay_err json_want_bool(const struct json *j, const char *key, bool *out, struct err *e);
/* An id as a string of decimal digits, 1 .. 2^63-1. */
enum assay_err json_need_id(const struct json *j, const char *key, int64_t *out, struct err *e);

/* EFORMAT naming the first key of object j that is not in the NULL-terminated list. */
enum assay_err json_only(const struct json *j, const char *const *keys, struct err *e);

/* ---- writer: no spaces, members in the order given ----
 * Text that is not UTF-8 is written with U+FFFD for each byte that does not fit. */

struct json_out {
    struct buf *b;
    bool comma; /* a comma is due before the next member or value */
};

void json_out_init(struct json_out *o, struct buf *b);
/* key is NULL for a value in an array or the document itself. */
void json_object(struct json_out *o, const char *key);
void json_object_end(struct json_out *o);
void json_array(struct json_out *o, const char *key);
void json_array_end(struct json_out *o);
void json_text(struct json_out *o, const char *key, const char *text); /* NULL writes null */
void json_text_n(struct json_out *o, const char *key, const char *text, size_t size);
void json_int(struct json_out *o, const char *key, int64_t v);
void json_id(struct json_out *o, const char *key, int64_t id); /* as a string; 0 writes null */
void json_bool(struct json_out *o, const char *key, bool v);
void json_null(struct json_out *o, const char *key);
void json_hex(struct json_out *o, const char *key, const void *bytes,
              size_t size);                                      /* size 0: null */
void json_time(struct json_out *o, const char *key, int64_t ms); /* RFC 3339; 0 writes null */
void json_raw(struct json_out *o, const char *key, const char *json_text);  /* already JSON */
void json_value(struct json_out *o, const char *key, const struct json *j); /* a tree again */

#endif
