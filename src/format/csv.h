/* Comma-separated values: a strict streaming reader and a writer. */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * RFC 4180: fields between commas, quoted ones may hold commas, quotes (doubled) and line breaks.
 * Line breaks are CRLF or LF. UTF-8 without NUL; a byte order mark in front is skipped. A quote
 * inside an unquoted field, text behind a closing quote and a CR alone are refused: readers differ
 * on them.
 */
#define CSV_FIELD_MAX   65536 /* bytes */
#define CSV_COLUMNS_MAX 64

/* Fills at most size bytes and returns how many, 0 at the end; the ctx may note a read error. */
typedef size_t csv_fill(void *ctx, void *out, size_t size);

struct csv_reader;

/* Read from memory (borrowed until csv_reader_free) or from a source. */
struct csv_reader *csv_reader_new(const void *bytes, size_t size);
struct csv_reader *csv_reader_stream(csv_fill *fill, void *ctx);
void csv_reader_free(struct csv_reader *r); /* NULL is fine */

/*
 * The next row: *count fields (NUL-terminated, borrowed until the next call); an empty line is one
 * empty field; *count 0 is the end. EFORMAT, ELIMIT (field size, columns): the text names the line,
 * the row is skipped up to its line break, and the next call goes on behind it.
 */
enum assay_err csv_next(struct csv_reader *r, const char *const **fields, size_t *count,
                        struct err *e);

/* Before the first row: another separator than the comma. Between rows: from now on the bytes are
 * ISO-8859-1, which comes out as UTF-8. */
void csv_reader_separator(struct csv_reader *r, char separator);
void csv_reader_latin1(struct csv_reader *r);

uint64_t csv_line(const struct csv_reader *r); /* on which the row just read begins, from 1 */

/* ---- writer: CRLF, quotes only where needed; a row has at least two fields, since a single empty
 * one would be an empty line ---- */

struct csv_out {
    struct buf *b;
    size_t columns; /* written of the present row */
    char separator; /* a comma; the caller may set another before the first row */
};

void csv_out_init(struct csv_out *o, struct buf *b);

/*
 * csv_text is for text from people and files: where it begins with = + - @, a tab, CR, LF or the
 * full-width forms of the four signs, a spreadsheet would run it as a formula, so a ' goes in front
 * and the field is quoted (OWASP, CSV injection). csv_plain is for what we make ourselves: numbers,
 * hashes, dates. NULL writes an empty field.
 */
void csv_text(struct csv_out *o, const char *text);
void csv_plain(struct csv_out *o, const char *text);
void csv_hex(struct csv_out *o, const void *bytes, size_t size); /* size 0: an empty field */
void csv_int(struct csv_out *o, int64_t v);
void csv_end_row(struct csv_out *o);

#endif
