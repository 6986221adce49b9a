/* Strict streaming CSV reader; a bad row costs that row only. */
#include "format/csv.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define CHUNK_BYTES 65536u
#define BYTE_END    (-1)

struct csv_reader {
    csv_fill *fill; /* NULL when all bytes are in the window from the start */
    void *ctx;
    unsigned char *chunk; /* CHUNK_BYTES, when there is a fill */
    const unsigned char *window;
    size_t at, end;
    bool started, source_ended;
    char separator;
    bool latin1;
    size_t held, held_at; /* bytes of byte_order_mark taken in front that were none; given again */

    uint64_t line, row_line; /* present line; where the row began */

    struct buf text; /* the row's fields, each with a NUL behind it */
    size_t from[CSV_COLUMNS_MAX];
    const char *fields[CSV_COLUMNS_MAX];
    size_t count;

    const char *fault; /* what is wrong with this row; NULL: nothing */
    enum assay_err fault_code;
    uint64_t fault_line;
};

static struct csv_reader *reader_new(void)
{
    struct csv_reader *r = mem_zalloc(sizeof *r);

    buf_init(&r->text, (size_t)CSV_COLUMNS_MAX * (CSV_FIELD_MAX + 2));
    r->separator = ',';
    r->line = 1;
    r->row_line = 1;
    return r;
}

struct csv_reader *csv_reader_new(const void *bytes, size_t size)
{
    struct csv_reader *r = reader_new();

    assert(bytes != NULL || size == 0);
    r->window = bytes;
    r->end = size;
    r->source_ended = true;
    return r;
}

struct csv_reader *csv_reader_stream(csv_fill *fill, void *ctx)
{
    struct csv_reader *r = reader_new();

    assert(fill != NULL);
    r->fill = fill;
    r->ctx = ctx;
    r->chunk = mem_alloc(CHUNK_BYTES);
    r->window = r->chunk;
    return r;
}

/* Names, URLs and notes are content too, so they do not stay in freed memory. */
void csv_reader_free(struct csv_reader *r)
{
    if (r == NULL)
        return;
    buf_wipe(&r->text);
    mem_wipe_free(r->chunk, r->chunk == NULL ? 0 : CHUNK_BYTES);
    mem_free(r);
}

void csv_reader_separator(struct csv_reader *r, char separator)
{
    r->separator = separator;
}

void csv_reader_latin1(struct csv_reader *r)
{
    r->latin1 = true;
}

uint64_t csv_line(const struct csv_reader *r)
{
    return r->row_line;
}

static const unsigned char byte_order_mark[] = {0xef, 0xbb, 0xbf};

static int peek(struct csv_reader *r)
{
    if (r->held_at < r->held)
        return byte_order_mark[r->held_at];
    if (r->at == r->end && !r->source_ended) {
        r->at = 0;
        r->end = r->fill(r->ctx, r->chunk, CHUNK_BYTES);
        assert(r->end <= CHUNK_BYTES);
        r->source_ended = r->end == 0;
    }
    return r->at < r->end ? r->window[r->at] : BYTE_END;
}

static int take(struct csv_reader *r)
{
    int c = peek(r);

    if (r->held_at < r->held)
        r->held_at++;
    else if (c != BYTE_END)
        r->at++;
    if (c == '\n')
        r->line++;
    return c;
}

/* The first fault of a row stands; reading goes on to the row's end. */
static void fault(struct csv_reader *r, enum assay_err code, const char *what)
{
    if (r->fault != NULL)
        return;
    r->fault = what;
    r->fault_code = code;
    r->fault_line = r->line;
}

/* The first bytes of another character may be those of the mark: they are held, since a source
 * may give them in one piece and the next byte in another. */
static void skip_byte_order_mark(struct csv_reader *r)
{
    size_t same = 0;

    r->started = true;
    while (same < sizeof byte_order_mark && peek(r) == byte_order_mark[same]) {
        r->at++;
        same++;
    }
    r->held = same < sizeof byte_order_mark ? same : 0;
}

static void begin_field(struct csv_reader *r)
{
    if (r->count == CSV_COLUMNS_MAX) {
        fault(r, ASSAY_ELIMIT, "more than 64 columns");
        return;
    }
    r->from[r->count++] = r->text.size;
}

static void add_byte(struct csv_reader *r, int c)
{
    if (r->fault != NULL)
        return;
    if (c == '\0')
        fault(r, ASSAY_EFORMAT, "a zero byte in a field");
    else if (r->text.size - r->from[r->count - 1] >= CSV_FIELD_MAX)
        fault(r, ASSAY_ELIMIT, "a field is longer than 65536 bytes");
    else if (r->latin1 && c >= 0x80) {
        buf_add_char(&r->text, (char)(0xc0 | c >> 6));
        buf_add_char(&r->text, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_add_char(&r->text, (char)c);
    }
}

static void end_field(struct csv_reader *r)
{
    if (r->fault != NULL)
        return;
    size_t from = r->from[r->count - 1];
    if (r->text.size > from && !str_is_utf8(r->text.data + from, r->text.size - from))
        fault(r, ASSAY_EFORMAT, "a field is not UTF-8");
    buf_add_char(&r->text, '\0');
}

/* Behind the opening quote, up to and with the closing one. */
static void read_quoted(struct csv_reader *r)
{
    for (;;) {
        int c = take(r);
        if (c == BYTE_END) {
            fault(r, ASSAY_EFORMAT, "a quoted field does not end");
            return;
        }
        if (c == '"' && peek(r) != '"')
            return;
        if (c == '"')
            (void)take(r);
        add_byte(r, c);
    }
}

static bool ends_field(const struct csv_reader *r, int c)
{
    return c == BYTE_END || c == r->separator || c == '\n';
}

static void read_plain(struct csv_reader *r)
{
    for (int c = peek(r); !ends_field(r, c); c = peek(r)) {
        (void)take(r);
        if (c == '\r' && peek(r) == '\n')
            return;
        if (c == '\r')
            fault(r, ASSAY_EFORMAT, "a carriage return without a line feed");
        else if (c == '"')
            fault(r, ASSAY_EFORMAT, "a quote inside an unquoted field");
        add_byte(r, c);
    }
}

/* Behind a closing quote only the end of the field may stand. */
static void read_behind_quote(struct csv_reader *r)
{
    for (int c = peek(r); !ends_field(r, c); c = peek(r)) {
        (void)take(r);
        if (c == '\r' && peek(r) == '\n')
            return;
        fault(r, ASSAY_EFORMAT, "text behind a closing quote");
    }
}

/* Up to and with the row's line break. */
static void read_row(struct csv_reader *r)
{
    for (;;) {
        begin_field(r);
        if (peek(r) == '"') {
            (void)take(r);
            read_quoted(r);
            read_behind_quote(r);
        } else {
            read_plain(r);
        }
        end_field(r);
        if (take(r) != r->separator)
            return;
    }
}

enum assay_err csv_next(struct csv_reader *r, const char *const **fields, size_t *count,
                        struct err *e)
{
    r->fault = NULL;
    r->count = 0;
    buf_reset(&r->text);
    if (!r->started)
        skip_byte_order_mark(r);
    r->row_line = r->line;
    if (peek(r) == BYTE_END && r->fault == NULL) {
        *count = 0;
        return ASSAY_OK;
    }
    read_row(r);
    if (r->fault != NULL)
        return err_set(e, r->fault_code, "line %llu: %s", (unsigned long long)r->fault_line,
                       r->fault);
    assert(!r->text.over);
    for (size_t i = 0; i < r->count; i++)
        r->fields[i] = (const char *)r->text.data + r->from[i];
    *fields = r->fields;
    *count = r->count;
    return ASSAY_OK;
}
