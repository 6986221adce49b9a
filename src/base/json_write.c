/* JSON writer: no spaces, members in the order given, always well-formed UTF-8. */
#include "base/json.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

void json_out_init(struct json_out *o, struct buf *b)
{
    *o = (struct json_out){.b = b};
}

/* The length of the well-formed UTF-8 character at s, 0 when there is none. */
static size_t character_size(const char *s, size_t left)
{
    size_t longest = left < 4 ? left : 4;

    for (size_t size = 1; size <= longest; size++) {
        if (str_is_utf8(s, size))
            return size;
    }
    return 0;
}

static void add_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_add(b, "\\\"", 2);
        break;
    case '\\':
        buf_add(b, "\\\\", 2);
        break;
    case '\b':
        buf_add(b, "\\b", 2);
        break;
    case '\f':
        buf_add(b, "\\f", 2);
        break;
    case '\n':
        buf_add(b, "\\n", 2);
        break;
    case '\r':
        buf_add(b, "\\r", 2);
        break;
    case '\t':
        buf_add(b, "\\t", 2);
        break;
    default:
        buf_addf(b, "\\u%04x", c);
        break;
    }
}

/* Bytes that are no UTF-8 (a file name may hold any) become U+FFFD, so that readers never refuse
 * the whole document for one name. */
static void add_quoted(struct buf *b, const char *text, size_t size)
{
    bool clean = str_is_utf8(text, size);
    size_t from = 0, at = 0;

    buf_add_char(b, '"');
    while (at < size) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x20 && c != '"' && c != '\\' && (clean || c < 0x80)) {
            at++;
            continue;
        }
        buf_add(b, text + from, at - from);
        if (c < 0x80) {
            add_escape(b, c);
            at++;
        } else {
            size_t step = character_size(text + at, size - at);
            if (step == 0)
                buf_add_str(b, "\xef\xbf\xbd");
            else
                buf_add(b, text + at, step);
            at += step == 0 ? 1 : step;
        }
        from = at;
    }
    buf_add(b, text + from, size - from);
    buf_add_char(b, '"');
}

/* What stands before each value: a comma when one is due, and the key. */
static void begin(struct json_out *o, const char *key)
{
    assert(o->b != NULL);
    if (o->comma)
        buf_add_char(o->b, ',');
    if (key != NULL) {
        add_quoted(o->b, key, strlen(key));
        buf_add_char(o->b, ':');
    }
    o->comma = true;
}

static void open_with(struct json_out *o, const char *key, char bracket)
{
    begin(o, key);
    buf_add_char(o->b, bracket);
    o->comma = false;
}

static void close_with(struct json_out *o, char bracket)
{
    buf_add_char(o->b, bracket);
    o->comma = true;
}

void json_object(struct json_out *o, const char *key)
{
    open_with(o, key, '{');
}

void json_object_end(struct json_out *o)
{
    close_with(o, '}');
}

void json_array(struct json_out *o, const char *key)
{
    open_with(o, key, '[');
}

void json_array_end(struct json_out *o)
{
    close_with(o, ']');
}

void json_text(struct json_out *o, const char *key, const char *text)
{
    if (text == NULL)
        json_null(o, key);
    else
        json_text_n(o, key, text, strlen(text));
}

void json_text_n(struct json_out *o, const char *key, const char *text, size_t size)
{
    begin(o, key);
    add_quoted(o->b, text, size);
}

void json_int(struct json_out *o, const char *key, int64_t v)
{
    begin(o, key);
    buf_addf(o->b, "%lld", (long long)v);
}

void json_id(struct json_out *o, const char *key, int64_t id)
{
    assert(id >= 0);
    if (id == 0) {
        json_null(o, key);
        return;
    }
    begin(o, key);
    buf_addf(o->b, "\"%lld\"", (long long)id);
}

void json_bool(struct json_out *o, const char *key, bool v)
{
    begin(o, key);
    buf_add_str(o->b, v ? "true" : "false");
}

void json_null(struct json_out *o, const char *key)
{
    begin(o, key);
    buf_add_str(o->b, "null");
}

void json_hex(struct json_out *o, const char *key, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;

    if (size == 0) {
        json_null(o, key);
        return;
    }
    begin(o, key);
    buf_add_char(o->b, '"');
    for (size_t i = 0; i < size; i += 32) {
        char text[2 * 32 + 1];
        str_hex(from + i, size - i < 32 ? size - i : 32, text);
        buf_add_str(o->b, text);
    }
    buf_add_char(o->b, '"');
}

void json_time(struct json_out *o, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (ms == 0) {
        json_null(o, key);
        return;
    }
    clock_text(ms, text);
    json_text(o, key, text);
}

void json_raw(struct json_out *o, const char *key, const char *json_text)
{
    begin(o, key);
    buf_add_str(o->b, json_text);
}

void json_value(struct json_out *o, const char *key, const struct json *j)
{
    switch (j->kind) {
    case JSON_IS_OBJECT:
    case JSON_IS_ARRAY:
        j->kind == JSON_IS_OBJECT ? json_object(o, key) : json_array(o, key);
        for (const struct json *child = j->first; child != NULL; child = child->next)
            json_value(o, child->key, child);
        j->kind == JSON_IS_OBJECT ? json_object_end(o) : json_array_end(o);
        break;
    case JSON_IS_STRING:
        json_text(o, key, j->text);
        break;
    case JSON_IS_NUMBER:
        json_raw(o, key, j->text);
        break;
    case JSON_IS_BOOL:
        json_bool(o, key, j->boolean);
        break;
    case JSON_IS_NULL:
        json_null(o, key);
    }
}
