/* Columns by their names, whatever their order: those of hashes, and all others as they are. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "format/csv.h"
#include "format/listfile_impl.h"

#define HASH_DIGITS_MIN 32

/* What has been read goes first, then what is still to come. */
struct rest {
    struct listfile *f;
    const char *first;
    size_t size, at; /* of first and its line break */
};

static size_t fill_rest(void *ctx, void *out, size_t size)
{
    struct rest *r = ctx;
    struct listfile *f = r->f;
    size_t n = 0;

    for (; n < size && r->at <= r->size; r->at++)
        ((char *)out)[n++] = r->at < r->size ? r->first[r->at] : '\n';
    if (n > 0)
        return n;
    if (f->at == f->in.size)
        return f->ended ? 0 : f->fill(f->fill_ctx, out, size);
    n = f->in.size - f->at < size ? f->in.size - f->at : size;
    memcpy(out, f->in.data + f->at, n);
    f->at += n;
    return n;
}

/* Text may have the name of a kind between commas too: behind a hash, or in a remark. */
static bool has_hash(const char *line)
{
    size_t digits = 0;

    for (; *line != '\0' && digits < HASH_DIGITS_MIN; line++)
        digits = isxdigit((unsigned char)*line) ? digits + 1 : 0;
    return digits == HASH_DIGITS_MIN;
}

bool listfile_is_head(const char *line)
{
    if (line[strspn(line, " \t")] == '#' || has_hash(line))
        return false;
    for (;; line++) {
        size_t size;

        line += strspn(line, " \t\"");
        size = strcspn(line, ",;\t\"");
        if ((listfile_column(line, size) & LISTFILE_HASHES) != 0)
            return true;
        line += size;
        line += strspn(line, "\" ");
        if (*line == '\0')
            return false;
    }
}

/* Whether a name of a hash stands between such separators. */
static bool is_separated_by(const char *line, const char *separator)
{
    for (;;) {
        const char *name = line + strspn(line, " \t\"");
        size_t size = strcspn(name, separator);

        line = name + size;
        while (size > 0 && strchr(" \t\"\r", name[size - 1]) != NULL)
            size--;
        if ((listfile_column(name, size) & LISTFILE_HASHES) != 0)
            return true;
        if (*line == '\0')
            return false;
        line++;
    }
}

static const char *take_field(unsigned column, const char *field, struct listfile_record *r)
{
    int64_t number;

    if (column == LISTFILE_REASON) {
        r->unmatchable = true;
        return NULL;
    }
    if (column != LISTFILE_QUALITY)
        return listfile_value(field, column, r);
    if (str_int64(field, 0, 100, &number) != ASSAY_OK)
        return "a quality is a whole number from 0 to 100";
    r->quality = (int)number;
    return NULL;
}

struct head {
    unsigned columns[CSV_COLUMNS_MAX];
    enum listfile_icse icse[CSV_COLUMNS_MAX]; /* where the form is ICSE */
    char *names[CSV_COLUMNS_MAX];
    size_t count;
    enum listfile_form form;
};

/* Names of files say where others found them; NSRL has hundreds of millions. */
static bool is_kept_back(const struct head *h, size_t column)
{
    return h->form == LISTFILE_NSRL && strcasecmp(h->names[column], "FileName") == 0;
}

static const char *take_row(struct listfile *f, const struct head *h, const char *const *fields,
                            size_t count, struct listfile_record *r)
{
    struct json_out o;
    const char *why = NULL, *unnamed = NULL;

    if (count != h->count)
        return "another number of columns than in the first line";
    buf_reset(&f->says);
    json_out_init(&o, &f->says);
    json_object(&o, NULL);
    for (size_t i = 0; i < count && why == NULL; i++) {
        if (fields[i][0] == '\0' || is_kept_back(h, i))
            continue;
        if (h->columns[i] == LISTFILE_UNNAMED)
            unnamed = fields[i];
        else if (h->columns[i] != 0)
            why = take_field(h->columns[i], fields[i], r);
        else if (h->form == LISTFILE_ICSE)
            why = listfile_icse_field(h->icse[i], h->names[i], fields[i], &o);
        else
            json_text(&o, h->names[i], fields[i]);
    }
    json_object_end(&o);
    if (why == NULL && unnamed != NULL)
        why = listfile_unnamed(unnamed, r);
    if (why != NULL)
        return why;
    return r->has == 0 ? "no hash in any of its columns" : NULL;
}

static enum assay_err read_rows(struct listfile *f, struct csv_reader *csv, const struct head *h,
                                struct err *e)
{
    const uint64_t before = f->line - 1; /* lines in front of the head */
    const char *const *fields;
    enum assay_err rc = ASSAY_OK;
    size_t count;

    while (rc == ASSAY_OK) {
        struct listfile_record r = {.quality = -1};
        struct err why;

        rc = csv_next(csv, &fields, &count, &why);
        f->line = r.line = before + csv_line(csv);
        if (rc == ASSAY_OK && count == 0)
            return ASSAY_OK;
        if (rc == ASSAY_OK && count == 1 && fields[0][0] == '\0')
            continue;
        const char *words =
            rc == ASSAY_OK ? take_row(f, h, fields, count, &r) : strchr(why.text, ':') + 2;
        rc = words != NULL ? listfile_refuse(f, words, e) : listfile_give(f, &r, e);
    }
    return rc;
}

/* Fields of one row come back as one object, whose keys must differ. */
static char *name_of(const struct head *h, size_t at, const char *field, bool *twice)
{
    char number[32];

    (void)snprintf(number, sizeof number, "column %zu", at + 1);
    if (field[0] == '\0')
        field = number;
    for (size_t i = 0; i < at; i++)
        *twice = *twice || str_equal(h->names[i], field);
    return mem_strdup(field);
}

static bool has_name(const struct head *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++) {
        if (strcasecmp(h->names[i], name) == 0)
            return true;
    }
    return false;
}

static enum listfile_form form_of(struct head *h, char separator)
{
    bool icse = false;

    for (size_t i = 0; i < h->count; i++) {
        h->icse[i] = listfile_icse_column(h->names[i]);
        icse = icse || h->icse[i] != LISTFILE_ICSE_NONE;
    }
    if (separator == ';' && icse)
        return LISTFILE_ICSE;
    return has_name(h, "FileName") && has_name(h, "ProductCode") && has_name(h, "OpSystemCode")
               ? LISTFILE_NSRL
               : LISTFILE_CSV;
}

static enum assay_err read_head(struct csv_reader *csv, struct head *h, struct err *e)
{
    const char *const *fields;
    enum assay_err rc = csv_next(csv, &fields, &h->count, e);
    bool twice = false;
    unsigned seen = 0;

    for (size_t i = 0; i < h->count && rc == ASSAY_OK; i++) {
        h->names[i] = name_of(h, i, fields[i], &twice);
        h->columns[i] = listfile_column(fields[i], strlen(fields[i]));
        if (twice || (seen & h->columns[i]) != 0)
            rc = err_set(e, ASSAY_EFORMAT,
                         "two columns of the first line have one name or are of one kind");
        seen |= h->columns[i];
    }
    if (rc == ASSAY_OK && (seen & LISTFILE_HASHES) == 0)
        rc = err_set(e, ASSAY_EFORMAT,
                     "the columns must stand between commas or semicolons: no name of a hash is "
                     "found so");
    return rc;
}

enum assay_err listfile_csv(struct listfile *f, const char *first, size_t size,
                            enum listfile_form *form, struct err *e)
{
    const char separator = !is_separated_by(first, ",") && is_separated_by(first, ";") ? ';' : ',';
    struct rest rest = {.f = f, .first = first, .size = size};
    struct csv_reader *csv = csv_reader_stream(fill_rest, &rest);
    struct head h = {0};

    csv_reader_separator(csv, separator);
    enum assay_err rc = read_head(csv, &h, e);
    if (rc == ASSAY_OK)
        *form = h.form = form_of(&h, separator);
    if (h.form == LISTFILE_NSRL)
        csv_reader_latin1(csv);
    if (rc == ASSAY_OK)
        rc = read_rows(f, csv, &h, e);
    for (size_t i = 0; i < h.count; i++)
        mem_free(h.names[i]);
    csv_reader_free(csv);
    return rc;
}
