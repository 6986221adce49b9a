/* CSV writer that leaves no formula for a spreadsheet to run. */
#include "format/csv.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

void csv_out_init(struct csv_out *o, struct buf *b)
{
    *o = (struct csv_out){.b = b, .separator = ','};
}

static bool is_formula(const char *text)
{
    static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "\n",
                                         /* U+FF1D, U+FF0B, U+FF0D, U+FF20 */
                                         "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                         "\xef\xbc\xa0"};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (str_starts(text, starts[i]))
            return true;
    }
    return false;
}

static void separate(struct csv_out *o)
{
    assert(o->b != NULL);
    if (o->columns++ > 0)
        buf_add_char(o->b, o->separator);
}

static void quoted(struct csv_out *o, const char *front, const char *text)
{
    buf_add_char(o->b, '"');
    buf_add_str(o->b, front);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            buf_add_char(o->b, '"');
        buf_add_char(o->b, *c);
    }
    buf_add_char(o->b, '"');
}

void csv_text(struct csv_out *o, const char *text)
{
    if (text == NULL || !is_formula(text)) {
        csv_plain(o, text);
        return;
    }
    separate(o);
    quoted(o, "'", text);
}

void csv_plain(struct csv_out *o, const char *text)
{
    separate(o);
    if (text == NULL || *text == '\0')
        return;
    if (strpbrk(text, "\"\r\n") != NULL || strchr(text, o->separator) != NULL)
        quoted(o, "", text);
    else
        buf_add_str(o->b, text);
}

void csv_hex(struct csv_out *o, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;

    separate(o);
    for (size_t i = 0; i < size; i++)
        buf_addf(o->b, "%02x", from[i]);
}

void csv_int(struct csv_out *o, int64_t v)
{
    separate(o);
    buf_addf(o->b, "%lld", (long long)v);
}

void csv_end_row(struct csv_out *o)
{
    assert(o->columns >= 2);
    buf_add_str(o->b, "\r\n");
    o->columns = 0;
}
