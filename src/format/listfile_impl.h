/* What the readers of the forms share. */
#ifndef FORMAT_LISTFILE_IMPL_H
#define FORMAT_LISTFILE_IMPL_H

#include "base/buf.h"
#include "format/listfile.h"

/* A file being read: lines of it, and where the readers put what they make of them. */
struct listfile {
    json_fill *fill;
    void *fill_ctx;
    const struct listfile_sink *sink;
    struct buf in;   /* read and not yet taken */
    size_t at;       /* in it */
    bool ended;      /* fill has no more */
    uint64_t line;   /* of the one just taken, from 1 */
    struct buf says; /* of the present record */
};

/* The next line without its end, NUL behind it; borrowed until the next. ENOTFOUND: no more.
 * EFORMAT: it is too long, has a NUL or is not UTF-8; the next call goes on behind it. */
enum assay_err listfile_line(struct listfile *f, const char **line, size_t *size, struct err *e);

/* The readers: from the first line, which is given, to the end. */
enum assay_err listfile_text(struct listfile *f, const char *first, struct err *e);
enum assay_err listfile_jsonl(struct listfile *f, const char *first, size_t size, struct err *e);
enum assay_err listfile_csv(struct listfile *f, const char *first, size_t size,
                            enum listfile_form *form, struct err *e);
enum assay_err listfile_vics(struct listfile *f, struct err *e); /* from the file's first byte */
/* Whether the line is names of columns, one of them a hash's. */
bool listfile_is_head(const char *line);

/* What INTERPOL's list has in a column beside the two digests. */
enum listfile_icse {
    LISTFILE_ICSE_NONE,
    LISTFILE_ICSE_TEXT,
    LISTFILE_ICSE_FLAG,
    LISTFILE_ICSE_DNA
};
enum listfile_icse listfile_icse_column(const char *name);
/* Such a field, not empty: into o by its column's name, or why not (static). */
const char *listfile_icse_field(enum listfile_icse what, const char *name, const char *field,
                                struct json_out *o);

/* A line as BSD's md5 writes it, KIND (NAME) = HEX: its parts, within the line. */
struct listfile_bsd {
    unsigned kind; /* enum listfile_has */
    const char *name, *hex;
    size_t name_size;
};
bool listfile_bsd(const char *line, struct listfile_bsd *out); /* false: another form */

/* What else a column or member may hold, beside the bits of enum listfile_has. */
#define LISTFILE_QUALITY ((unsigned)1 << 8)
#define LISTFILE_REASON  ((unsigned)1 << 9)
#define LISTFILE_UNNAMED ((unsigned)1 << 10) /* a hash of a kind that its length tells */
#define LISTFILE_HASHES  (~(LISTFILE_QUALITY | LISTFILE_REASON))

/* Which kind of hash a word stands for: enum listfile_has, 0 for none; and the same of a column's
 * or member's name, or one of the above. */
unsigned listfile_kind(const char *name, size_t size);
unsigned listfile_column(const char *name, size_t size);
/* The value into r, or why not (static): as the given kinds; as what its length and the named
 * ones, which are in r by then, let it be. */
const char *listfile_value(const char *hex, unsigned bits, struct listfile_record *r);
const char *listfile_unnamed(const char *hex, struct listfile_record *r);
/* The same of one kind that r may have already; it must be the same value then. */
const char *listfile_again(const char *hex, unsigned bit, struct listfile_record *r);

/* Hand a record over, or why it is none. */
enum assay_err listfile_give(struct listfile *f, struct listfile_record *r, struct err *e);
enum assay_err listfile_refuse(struct listfile *f, const char *why, struct err *e);

#endif
