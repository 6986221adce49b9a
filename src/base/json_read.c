/* Strict pull reader for JSON, from memory or from a source, in constant memory. */
#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define CHUNK_BYTES 65536u /* asked of a source at once */
#define TEXT_ROOM   256u   /* for a token at first */
#define BYTE_END    (-1)   /* what peek returns behind the last byte */

static_assert(JSON_DEPTH_MAX <= 64, "one bit a level must fit into `objects`");

/* What may come next. */
enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* just behind '[' */
    EXPECT_KEY,          /* behind a comma in an object */
    EXPECT_KEY_OR_END,   /* just behind '{' */
    EXPECT_MORE,         /* behind a value: comma or closing bracket */
    EXPECT_NOTHING       /* the document's value is complete */
};

struct json_reader {
    json_fill *fill; /* NULL when all bytes are in the window from the start */
    void *ctx;
    unsigned char *chunk; /* CHUNK_BYTES, when there is a fill */

    const unsigned char *window; /* the bytes at hand */
    size_t at, end;              /* read up to; size of the window */
    uint64_t before;             /* bytes consumed before the window */
    bool started, source_ended;

    uint64_t line, line_start; /* present line from 1; offset of its first byte */
    uint64_t token_line, token_column;

    enum expect expect;
    enum json_token last;
    uint32_t depth;
    uint64_t objects; /* bit i: level i is an object, else an array */

    char *text; /* of the token; room for `room` bytes and a NUL */
    size_t text_size, room, token_max;
    struct err failure; /* the first error, given again at each later call */
};

static struct json_reader *reader_new(size_t token_max)
{
    struct json_reader *r = mem_zalloc(sizeof *r);

    assert(token_max > 0);
    r->token_max = token_max;
    r->room = token_max < TEXT_ROOM ? token_max : TEXT_ROOM;
    r->text = mem_alloc(r->room + 1);
    r->line = 1;
    r->token_line = 1;
    r->token_column = 1;
    r->last = JSON_NULL;
    return r;
}

struct json_reader *json_reader_new(const void *bytes, size_t size, size_t token_max)
{
    struct json_reader *r = reader_new(token_max);

    assert(bytes != NULL || size == 0);
    r->window = bytes;
    r->end = size;
    r->source_ended = true;
    return r;
}

struct json_reader *json_reader_stream(json_fill *fill, void *ctx, size_t token_max)
{
    struct json_reader *r = reader_new(token_max);

    assert(fill != NULL);
    r->fill = fill;
    r->ctx = ctx;
    r->chunk = mem_alloc(CHUNK_BYTES);
    r->window = r->chunk;
    return r;
}

/* Tokens may quote what must not stay in memory (a name, a secret), so they are overwritten. */
void json_reader_free(struct json_reader *r)
{
    if (r == NULL)
        return;
    mem_wipe_free(r->text, r->room + 1);
    mem_wipe_free(r->chunk, r->chunk == NULL ? 0 : CHUNK_BYTES);
    mem_free(r);
}

uint64_t json_line(const struct json_reader *r)
{
    return r->token_line;
}

uint64_t json_offset(const struct json_reader *r)
{
    return r->before + r->at;
}

/* True when there is a byte at r->at; fetches the next window when this one is used up. */
static bool have_byte(struct json_reader *r)
{
    if (r->at < r->end)
        return true;
    if (r->source_ended)
        return false;
    r->before += r->end;
    r->at = 0;
    r->end = r->fill(r->ctx, r->chunk, CHUNK_BYTES);
    assert(r->end <= CHUNK_BYTES);
    r->source_ended = r->end == 0;
    return r->end > 0;
}

static int peek(struct json_reader *r)
{
    return have_byte(r) ? r->window[r->at] : BYTE_END;
}

static void here(struct json_reader *r)
{
    r->token_line = r->line;
    r->token_column = json_offset(r) - r->line_start + 1;
}

static enum assay_err fail(struct json_reader *r, enum assay_err code, const char *what)
{
    return err_set(&r->failure, code, "line %llu, column %llu: %s",
                   (unsigned long long)r->token_line, (unsigned long long)r->token_column, what);
}

/* A byte that does not fit here; named, so that a reader of the message finds it. */
static enum assay_err fail_byte(struct json_reader *r, int byte, const char *expected)
{
    char what[160];

    here(r);
    if (byte == BYTE_END)
        (void)snprintf(what, sizeof what, "the text ends where %s is expected", expected);
    else if (byte > 0x20 && byte < 0x7f)
        (void)snprintf(what, sizeof what, "'%c' stands where %s is expected", byte, expected);
    else
        (void)snprintf(what, sizeof what, "byte 0x%02x stands where %s is expected",
                       (unsigned int)byte, expected);
    return fail(r, ASSAY_EFORMAT, what);
}

static void skip_space(struct json_reader *r)
{
    while (have_byte(r)) {
        unsigned char c = r->window[r->at];
        if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return;
        r->at++;
        if (c == '\n') {
            r->line++;
            r->line_start = json_offset(r);
        }
    }
}

static enum assay_err skip_byte_order_mark(struct json_reader *r)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};

    r->started = true;
    if (peek(r) != mark[0])
        return ASSAY_OK;
    for (size_t i = 0; i < sizeof mark; i++) {
        int c = peek(r);
        if (c != mark[i])
            return fail_byte(r, c, "the rest of a byte order mark");
        r->at++;
    }
    r->line_start = sizeof mark;
    return ASSAY_OK;
}

/* Room for size more bytes of the token; a struct buf does the same at a call a piece, which halved
 * the reader's speed. */
static enum assay_err grow_text(struct json_reader *r, size_t size)
{
    size_t room = r->room;

    if (size > r->token_max - r->text_size)
        return fail(r, ASSAY_ELIMIT, "this value is longer than allowed");
    while (room < r->text_size + size)
        room = room > r->token_max / 2 ? r->token_max : 2 * room;
    char *grown = mem_alloc(room + 1);
    memcpy(grown, r->text, r->text_size);
    mem_wipe_free(r->text, r->room + 1);
    r->text = grown;
    r->room = room;
    return ASSAY_OK;
}

static enum assay_err add_text(struct json_reader *r, const void *bytes, size_t size)
{
    enum assay_err rc;

    if (size > r->room - r->text_size && (rc = grow_text(r, size)) != 0)
        return rc;
    memcpy(r->text + r->text_size, bytes, size);
    r->text_size += size;
    return ASSAY_OK;
}

#define EACH_BYTE(v) (0x0101010101010101u * (uint64_t)(v))

/* High bit set in some byte when a byte of v is zero (and never else). */
static uint64_t zero_byte(uint64_t v)
{
    return (v - EACH_BYTE(1)) & ~v & EACH_BYTE(0x80);
}

/* Compilers make one load of it, and the order of bytes does not matter. */
static uint64_t load_le64(const unsigned char *s)
{
    return (uint64_t)s[0] | (uint64_t)s[1] << 8 | (uint64_t)s[2] << 16 | (uint64_t)s[3] << 24 |
           (uint64_t)s[4] << 32 | (uint64_t)s[5] << 40 | (uint64_t)s[6] << 48 |
           (uint64_t)s[7] << 56;
}

/*
 * Take the bytes that stand for themselves in a string (no quote, backslash or control character)
 * off the window and add them to the token, eight at a time while there are eight. The lowest mark
 * in `stop` is exact; a borrow may leave false ones above it. *high gets a bit where a byte above
 * 0x7f was seen.
 */
static enum assay_err take_plain(struct json_reader *r, uint64_t *high)
{
    while (r->end - r->at >= 8) {
        if (r->room - r->text_size < 8) {
            if (r->token_max - r->text_size < 8)
                break;
            (void)grow_text(r, 8); /* cannot fail: the maximum leaves room for eight */
        }
        const unsigned char *s = r->window + r->at;
        uint64_t v = load_le64(s);
        uint64_t control = (v - EACH_BYTE(0x20)) & ~v & EACH_BYTE(0x80);
        uint64_t stop = zero_byte(v ^ EACH_BYTE('"')) | zero_byte(v ^ EACH_BYTE('\\')) | control;
        size_t taken = stop == 0 ? 8 : (size_t)__builtin_ctzll(stop) / 8;
        memcpy(r->text + r->text_size, s, 8);
        *high |= v & EACH_BYTE(0x80);
        r->at += taken;
        r->text_size += taken;
        if (stop != 0)
            return ASSAY_OK;
    }
    size_t from = r->at;
    while (r->at < r->end && r->window[r->at] >= 0x20 && r->window[r->at] != '"' &&
           r->window[r->at] != '\\')
        *high |= r->window[r->at++] & 0x80u;
    return add_text(r, r->window + from, r->at - from);
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum assay_err read_hex4(struct json_reader *r, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(r), digit = hex_digit(c);
        if (digit < 0)
            return fail_byte(r, c, "a hex digit of \\uXXXX");
        *out = *out << 4 | (uint32_t)digit;
        r->at++;
    }
    return ASSAY_OK;
}

static enum assay_err add_code_point(struct json_reader *r, uint32_t c)
{
    unsigned char out[4];
    size_t size;

    if (c < 0x80) {
        out[0] = (unsigned char)c;
        size = 1;
    } else if (c < 0x800) {
        out[0] = (unsigned char)(0xc0 | c >> 6);
        out[1] = (unsigned char)(0x80 | (c & 0x3f));
        size = 2;
    } else if (c < 0x10000) {
        out[0] = (unsigned char)(0xe0 | c >> 12);
        out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (unsigned char)(0x80 | (c & 0x3f));
        size = 3;
    } else {
        out[0] = (unsigned char)(0xf0 | c >> 18);
        out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
        out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        out[3] = (unsigned char)(0x80 | (c & 0x3f));
        size = 4;
    }
    return add_text(r, out, size);
}

/* Behind \u. A high surrogate must be followed by a low one; U+0000 would end a C string early. */
static enum assay_err read_unicode_escape(struct json_reader *r)
{
    uint32_t c, low;
    enum assay_err rc = read_hex4(r, &c);

    if (rc != 0)
        return rc;
    if (c == 0)
        return fail(r, ASSAY_EFORMAT, "\\u0000 in text is not taken");
    if (c >= 0xdc00 && c <= 0xdfff)
        return fail(r, ASSAY_EFORMAT, "a low surrogate stands alone");
    if (c < 0xd800 || c > 0xdbff)
        return add_code_point(r, c);

    for (const char *want = "\\u"; *want != '\0'; want++) {
        if (peek(r) != *want)
            return fail(r, ASSAY_EFORMAT, "a high surrogate stands alone");
        r->at++;
    }
    if ((rc = read_hex4(r, &low)) != 0)
        return rc;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(r, ASSAY_EFORMAT, "a high surrogate stands alone");
    return add_code_point(r, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
}

static enum assay_err read_escape(struct json_reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);

    if (c == 'u') {
        r->at++;
        return read_unicode_escape(r);
    }
    const char *found = c <= 0 ? NULL : strchr(from, c);
    if (found == NULL)
        return fail_byte(r, c, "an escape character");
    r->at++;
    return add_text(r, to + (found - from), 1);
}

/* Behind the opening quote, up to and with the closing one. */
static enum assay_err read_string(struct json_reader *r)
{
    uint64_t high = 0;

    r->text_size = 0;
    while (have_byte(r)) {
        enum assay_err rc = take_plain(r, &high);
        if (rc != 0)
            return rc;
        if (r->at == r->end)
            continue;
        unsigned char c = r->window[r->at];
        if (c != '"' && c != '\\')
            return fail_byte(r, c, "text without raw control characters");
        r->at++;
        if (c == '"') {
            if (high != 0 && !str_is_utf8(r->text, r->text_size))
                return fail(r, ASSAY_EFORMAT, "this text is not UTF-8");
            return ASSAY_OK;
        }
        if ((rc = read_escape(r)) != 0)
            return rc;
    }
    return fail_byte(r, BYTE_END, "the closing quote");
}

static const char *digits(const char *s)
{
    while (*s >= '0' && *s <= '9')
        s++;
    return s;
}

/* RFC 8259 section 6: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool is_number(const char *s)
{
    const char *from;

    if (*s == '-')
        s++;
    from = s;
    s = *s == '0' ? s + 1 : digits(s);
    if (s == from)
        return false;
    if (*s == '.') {
        from = ++s;
        s = digits(s);
        if (s == from)
            return false;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        from = s;
        s = digits(s);
        if (s == from)
            return false;
    }
    return *s == '\0';
}

static bool in_number(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static enum assay_err read_number(struct json_reader *r)
{
    r->text_size = 0;
    while (have_byte(r)) {
        size_t from = r->at;
        while (r->at < r->end && in_number(r->window[r->at]))
            r->at++;
        enum assay_err rc = add_text(r, r->window + from, r->at - from);
        if (rc != 0)
            return rc;
        if (r->at < r->end)
            break;
    }
    r->text[r->text_size] = '\0';
    return is_number(r->text) ? ASSAY_OK : fail(r, ASSAY_EFORMAT, "this is no JSON number");
}

static enum assay_err read_word(struct json_reader *r, const char *word)
{
    for (; *word != '\0'; word++) {
        int c = peek(r);
        if (c != *word)
            return fail_byte(r, c, "true, false or null");
        r->at++;
    }
    return ASSAY_OK;
}

static void after_value(struct json_reader *r)
{
    r->expect = r->depth == 0 ? EXPECT_NOTHING : EXPECT_MORE;
}

static enum assay_err open_level(struct json_reader *r, int bracket)
{
    bool object = bracket == '{';

    if (r->depth == JSON_DEPTH_MAX)
        return fail(r, ASSAY_ELIMIT, "nested deeper than 64 levels");
    uint64_t bit = (uint64_t)1 << r->depth;
    r->objects = object ? r->objects | bit : r->objects & ~bit;
    r->depth++;
    r->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return ASSAY_OK;
}

static bool in_object(const struct json_reader *r)
{
    return r->depth > 0 && (r->objects >> (r->depth - 1) & 1) != 0;
}

static enum assay_err read_value(struct json_reader *r, int c, enum json_token *token)
{
    enum assay_err rc;

    switch (c) {
    case '{':
    case '[':
        r->at++;
        *token = c == '{' ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN;
        return open_level(r, c);
    case '"':
        r->at++;
        *token = JSON_STRING;
        rc = read_string(r);
        break;
    case 't':
        *token = JSON_TRUE;
        rc = read_word(r, "true");
        break;
    case 'f':
        *token = JSON_FALSE;
        rc = read_word(r, "false");
        break;
    case 'n':
        *token = JSON_NULL;
        rc = read_word(r, "null");
        break;
    default:
        if (c != '-' && (c < '0' || c > '9'))
            return fail_byte(r, c, "a value");
        *token = JSON_NUMBER;
        rc = read_number(r);
        break;
    }
    if (rc == 0)
        after_value(r);
    return rc;
}

/* The colon is read along with its key, so that a key is always followed by a value. */
static enum assay_err read_key(struct json_reader *r, int c, enum json_token *token)
{
    enum assay_err rc;

    if (c != '"')
        return fail_byte(r, c, "a key in quotes");
    r->at++;
    if ((rc = read_string(r)) != 0)
        return rc;
    skip_space(r);
    c = peek(r);
    if (c != ':')
        return fail_byte(r, c, "a colon");
    r->at++;
    *token = JSON_KEY;
    r->expect = EXPECT_VALUE;
    return ASSAY_OK;
}

static enum assay_err close_level(struct json_reader *r, enum json_token *token)
{
    *token = in_object(r) ? JSON_OBJECT_END : JSON_ARRAY_END;
    r->at++;
    r->depth--;
    after_value(r);
    return ASSAY_OK;
}

/* One token of the grammar; the caller has looked for an earlier failure. */
static enum assay_err read_token(struct json_reader *r, enum json_token *token)
{
    enum assay_err rc;

    if (!r->started && (rc = skip_byte_order_mark(r)) != 0)
        return rc;
    skip_space(r);
    here(r);
    int c = peek(r), closing = in_object(r) ? '}' : ']';

    switch (r->expect) {
    case EXPECT_NOTHING:
        if (c != BYTE_END)
            return fail_byte(r, c, "the end of the text");
        *token = JSON_END;
        return ASSAY_OK;
    case EXPECT_MORE:
        if (c == closing)
            return close_level(r, token);
        if (c != ',')
            return fail_byte(r, c, in_object(r) ? "a comma or '}'" : "a comma or ']'");
        r->at++;
        skip_space(r);
        here(r);
        c = peek(r);
        return in_object(r) ? read_key(r, c, token) : read_value(r, c, token);
    case EXPECT_VALUE_OR_END:
    case EXPECT_KEY_OR_END:
        if (c == closing)
            return close_level(r, token);
        return in_object(r) ? read_key(r, c, token) : read_value(r, c, token);
    case EXPECT_KEY:
        return read_key(r, c, token);
    case EXPECT_VALUE:
        break;
    }
    return read_value(r, c, token);
}

enum assay_err json_next(struct json_reader *r, enum json_token *token, const char **text,
                         size_t *size, struct err *e)
{
    enum json_token found = JSON_NULL;

    if (r->failure.code == ASSAY_OK && read_token(r, &found) == ASSAY_OK) {
        r->last = found;
        *token = found;
        if (found == JSON_KEY || found == JSON_STRING || found == JSON_NUMBER) {
            r->text[r->text_size] = '\0';
            *text = r->text;
            *size = r->text_size;
        }
        return ASSAY_OK;
    }
    if (e != NULL)
        *e = r->failure;
    return r->failure.code;
}

enum assay_err json_skip(struct json_reader *r, struct err *e)
{
    enum json_token token = r->last;
    const char *text;
    size_t size;
    enum assay_err rc;

    if (token == JSON_KEY && (rc = json_next(r, &token, &text, &size, e)) != 0)
        return rc;
    if (token != JSON_OBJECT_BEGIN && token != JSON_ARRAY_BEGIN)
        return ASSAY_OK;
    uint32_t outside = r->depth - 1;
    while (r->depth > outside) {
        if ((rc = json_next(r, &token, &text, &size, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}
