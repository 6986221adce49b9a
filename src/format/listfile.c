/* A list's file: which form it has, its lines, then its reader. */
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"
#include "format/vics.h"

#define PIECE_BYTES (64 * 1024)
#define BEGIN_BYTES 512 /* that tell VICS from lines */
#define SAYS_MAX    ((size_t)8 * LISTFILE_LINE_MAX)

/* More bytes behind those that wait; false at the end. */
static bool more(struct listfile *f)
{
    if (f->ended)
        return false;
    if (f->at > 0)
        memmove(f->in.data, f->in.data + f->at, f->in.size - f->at);
    f->in.size -= f->at;
    f->at = 0;
    const size_t n = f->fill(f->fill_ctx, buf_reserve(&f->in, PIECE_BYTES + 1), PIECE_BYTES);
    f->in.size += n;
    f->ended = n == 0;
    return n > 0;
}

static const char *line_end(const struct listfile *f, size_t from)
{
    return f->in.size == f->at + from
               ? NULL
               : memchr(f->in.data + f->at + from, '\n', f->in.size - f->at - from);
}

/* Everything up to the next line break is passed over. */
static void pass_over(struct listfile *f)
{
    const char *end;

    do {
        f->at = f->in.size;
    } while (more(f) && (end = line_end(f, 0)) == NULL);
    if (f->in.size > f->at)
        f->at = (size_t)(line_end(f, 0) - (const char *)f->in.data) + 1;
}

static enum assay_err take(struct listfile *f, size_t size, const char **line, size_t *out,
                           struct err *e)
{
    char *at = (char *)f->in.data + f->at;

    f->at += size + (f->at + size < f->in.size ? 1 : 0); /* its line break, but at the end */
    if (size > 0 && at[size - 1] == '\r')
        size--;
    at[size] = '\0'; /* on the line break, or in the byte kept free behind the last */
    *line = at;
    *out = size;
    if (memchr(at, '\0', size) != NULL)
        return err_set(e, ASSAY_EFORMAT, "a NUL byte: this is no text");
    if (!str_is_utf8(at, size))
        return err_set(e, ASSAY_EFORMAT, "this is not UTF-8");
    return ASSAY_OK;
}

static enum assay_err too_long(struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "a line of more than %d bytes", LISTFILE_LINE_MAX);
}

enum assay_err listfile_line(struct listfile *f, const char **line, size_t *size, struct err *e)
{
    size_t looked = 0;
    const char *end;

    while ((end = line_end(f, looked)) == NULL) {
        looked = f->in.size - f->at;
        if (looked > LISTFILE_LINE_MAX) {
            f->line++;
            pass_over(f);
            return too_long(e);
        }
        if (!more(f))
            break;
    }
    if (end == NULL && f->in.size == f->at)
        return ASSAY_ENOTFOUND;
    f->line++;
    const size_t length =
        end == NULL ? f->in.size - f->at : (size_t)(end - (const char *)f->in.data) - f->at;
    if (length <= LISTFILE_LINE_MAX)
        return take(f, length, line, size, e);
    f->at += length + (end != NULL ? 1 : 0);
    return too_long(e);
}

enum assay_err listfile_give(struct listfile *f, struct listfile_record *r, struct err *e)
{
    if (f->says.over)
        return listfile_refuse(f, "what the list says of it is more than 8 MiB", e);
    r->says = buf_cstr(&f->says);
    r->says_size = f->says.size;
    return f->sink->record(f->sink->ctx, r, e);
}

enum assay_err listfile_refuse(struct listfile *f, const char *why, struct err *e)
{
    return f->sink->refused(f->sink->ctx, f->line, why, e);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

static enum assay_err read_form(struct listfile *f, const char *first, size_t size,
                                enum listfile_form *form, struct err *e)
{
    const size_t blank = strspn(first, " \t");

    if (first[blank] == '{' || first[blank] == '[') {
        *form = LISTFILE_JSONL;
        return listfile_jsonl(f, first + blank, size - blank, e);
    }
    if (listfile_is_head(first)) {
        *form = LISTFILE_CSV;
        return listfile_csv(f, first, size, form, e);
    }
    *form = LISTFILE_TEXT;
    return listfile_text(f, first, e);
}

enum assay_err listfile_read(json_fill *fill, void *fill_ctx, const struct listfile_sink *sink,
                             enum listfile_form *form, struct err *e)
{
    struct listfile f = {.fill = fill, .fill_ctx = fill_ctx, .sink = sink};
    enum listfile_form which = LISTFILE_TEXT;
    const char *line;
    size_t size;
    enum assay_err rc;

    buf_init(&f.in, LISTFILE_LINE_MAX + 4 * PIECE_BYTES);
    buf_init(&f.says, SAYS_MAX);
    while (vics_begins(f.in.data, f.in.size) == VICS_PERHAPS && f.in.size < BEGIN_BYTES &&
           more(&f)) {
    }
    if (vics_begins(f.in.data, f.in.size) == VICS_YES) {
        which = LISTFILE_VICS;
        rc = listfile_vics(&f, e);
        goto out;
    }
    do {
        rc = listfile_line(&f, &line, &size, e);
        if (rc == ASSAY_OK && f.line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
            line += 3;
            size -= 3;
        }
    } while (rc == ASSAY_OK && is_blank(line));
    if (rc == ASSAY_OK)
        rc = read_form(&f, line, size, &which, e);
    else if (rc == ASSAY_EFORMAT)
        rc = err_set(e, rc,
                     "line %llu: this is no list of hashes in text, CSV, JSON Lines, VICS, ICSE or "
                     "NSRL's forms",
                     (unsigned long long)f.line);
out:
    if (form != NULL)
        *form = which;
    buf_clear(&f.says);
    buf_clear(&f.in);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

const char *listfile_form_name(enum listfile_form form)
{
    static const char *const names[] = {"text", "csv", "jsonl", "vics", "icse", "nsrl"};

    return names[form];
}
