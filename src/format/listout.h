/* Lists of hashes as others read them: one writer a form. doc/lists.md tells the forms. */
#ifndef FORMAT_LISTOUT_H
#define FORMAT_LISTOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "format/listfile.h"
#include "format/vics_write.h"

#define LISTOUT_CATEGORIES_MAX 64
#define LISTOUT_CODE_MAX       64 /* bytes */

/* Which Category of VICS a grade has; the code `*` stands for all others and for no grade. */
struct listout_category {
    char code[LISTOUT_CODE_MAX + 1];
    int64_t category; /* 0..255 */
};
struct listout_categories {
    struct listout_category of[LISTOUT_CATEGORIES_MAX];
    size_t count;
};

/* CODE=NUMBER with commas between, into out. EFORMAT. */
enum assay_err listout_read_categories(const char *text, struct listout_categories *out,
                                       struct err *e);

struct listout_form; /* a row of the table of writers */
/* By its name; NULL: there is none. */
const struct listout_form *listout_form(const char *name);
/* Their names, in order; NULL behind the last. */
const char *listout_form_name(size_t index);
/* It has a Category, so it needs categories. */
bool listout_is_graded(const struct listout_form *form);

/* A list being written. The bytes go to b, which the caller may empty after any call. */
struct listout {
    const struct listout_form *form;
    const struct listout_categories *categories; /* may be NULL where the form is not graded */
    struct buf *b;
    int64_t records; /* written so far */
    struct vics_writer vics;
};
void listout_begin(struct listout *w, const struct listout_form *form,
                   const struct listout_categories *categories, struct buf *b);
void listout_end(struct listout *w);

/*
 * Write the record; or nothing, and return why the form cannot have it (static). A PDQ that must
 * not be matched on, or of a quality below 50, is never written; nor are 64 digits of which the
 * list did not say whether they are a SHA-256 or a PDQ.
 */
const char *listout_row(struct listout *w, const struct listfile_record *r);

#endif
