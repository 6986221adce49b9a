/* Columns by their names, whatever their order: those of hashes, and all others as they are. */
#include <string.h>

#include "base/str.h"
#include "format/csv.h"
#include "format/listfile_impl.h"

#define QUALITY ((unsigned)1 << 8)
#define REASON  ((unsigned)1 << 9)
#define HASH    ((unsigned)1 << 10) /* of a kind that its length tells */

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

static unsigned column_of(const char *name)
{
    const unsigned bits = listfile_kind(name, strlen(name));

    if (bits != 0)
        return bits;
    if (strcasecmp(name, "pdq_quality") == 0 || strcasecmp(name, "quality") == 0)
        return QUALITY;
    if (strcasecmp(name, "pdq_reason") == 0)
        return REASON;
    return strcasecmp(name, "hash") == 0 || strcasecmp(name, "hash_value") == 0 ? HASH : 0;
}

bool listfile_is_head(const char *line)
{
    char name[40];

    for (;; line++) {
        size_t size;

        line += strspn(line, " \t\"");
        size = strcspn(line, ",;\t\"");
        if (size < sizeof name) {
            memcpy(name, line, size);
            name[size] = '\0';
            if ((column_of(name) & ~(QUALITY | REASON)) != 0)
                return true;
        }
        line += size;
        line += strspn(line, "\" ");
        if (*line == '\0')
            return false;
    }
}

static const char *take_field(unsigned column, const char *field, struct listfile_record *r)
{
    int64_t number;

    if (column == HASH && (column = listfile_bits_by_length(strlen(field))) == 0)
        return "no hash: MD5 has 32 hex digits, SHA-1 40, SHA-256 and PDQ 64";
    if (column == REASON) {
        r->unmatchable = true;
        return NULL;
    }
    if (column != QUALITY)
        return listfile_value(field, column, r);
    if (str_int64(field, 0, 100, &number) != ASSAY_OK)
        return "a quality is a whole number from 0 to 100";
    r->quality = (int)number;
    return NULL;
}

struct head {
    unsigned columns[CSV_COLUMNS_MAX];
    char *names[CSV_COLUMNS_MAX];
    size_t count;
};

static const char *take_row(struct listfile *f, const struct head *h, const char *const *fields,
                            size_t count, struct listfile_record *r)
{
    struct json_out o;
    const char *why = NULL;

    if (count != h->count)
        return "another number of columns than in the first line";
    buf_reset(&f->says);
    json_out_init(&o, &f->says);
    json_object(&o, NULL);
    for (size_t i = 0; i < count && why == NULL; i++) {
        if (fields[i][0] == '\0')
            continue;
        if (h->columns[i] != 0)
            why = take_field(h->columns[i], fields[i], r);
        else
            json_text(&o, h->names[i], fields[i]);
    }
    json_object_end(&o);
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
        const char *words = rc == ASSAY_OK ? take_row(f, h, fields, count, &r) : why.text;
        rc = words != NULL ? listfile_refuse(f, words, e) : listfile_give(f, &r, e);
    }
    return rc;
}

static enum assay_err read_head(struct csv_reader *csv, struct head *h, struct err *e)
{
    const char *const *fields;
    enum assay_err rc = csv_next(csv, &fields, &h->count, e);
    unsigned seen = 0;

    for (size_t i = 0; i < h->count && rc == ASSAY_OK; i++) {
        h->names[i] = mem_strdup(fields[i]);
        h->columns[i] = column_of(fields[i]);
        if ((seen & h->columns[i]) != 0)
            rc = err_set(e, ASSAY_EFORMAT, "two columns of the first line are of one kind");
        seen |= h->columns[i];
    }
    if (rc == ASSAY_OK && (seen & ~(QUALITY | REASON)) == 0)
        rc = err_set(e, ASSAY_EFORMAT,
                     "the columns must stand between commas: no name of a hash is found so");
    return rc;
}

enum assay_err listfile_csv(struct listfile *f, const char *first, size_t size, struct err *e)
{
    struct rest rest = {.f = f, .first = first, .size = size};
    struct csv_reader *csv = csv_reader_stream(fill_rest, &rest);
    struct head h = {0};
    enum assay_err rc = read_head(csv, &h, e);

    if (rc == ASSAY_OK)
        rc = read_rows(f, csv, &h, e);
    for (size_t i = 0; i < h.count; i++)
        mem_free(h.names[i]);
    csv_reader_free(csv);
    return rc;
}
