/* From the codes of one scheme to those of another, as data. Pure: text in, values out. */
#ifndef SCHEME_MAPPING_H
#define SCHEME_MAPPING_H

#include "scheme/scheme.h"

/* doc/mappings.md is the format; mappings/FROM--TO.json the files. */
#define MAPPING_TEXT_MAX  65536
#define MAPPING_CELLS_MAX 400
#define MAPPING_WHEN_MAX  8 /* tags of a cell */

enum mapping_kind {
    MAPPING_UNDEFINED, /* nobody can say */
    MAPPING_LOSSY,     /* right, and says less than the code did */
    MAPPING_EXACT
};
const char *mapping_kind_name(enum mapping_kind k); /* "undefined" ...; static */

struct mapping_cell {
    const char *code;
    const char **when; /* NULL-terminated: tags that must all be set; empty: whatever is */
    enum mapping_kind kind;
    const char *to, *note; /* NULL: undefined; nothing to say */
};

struct mapping {
    const char *from, *to, *source; /* source: where the rule comes from */
    int64_t version;                /* 1.. */
    struct mapping_cell *cells;
    size_t cell_count;
};

/* Read and check a mapping; all of *out lives in arena a. EFORMAT names line and reason; ELIMIT. */
enum assay_err mapping_parse(struct arena *a, const void *text, size_t size, struct mapping **out,
                             struct err *e);

/* What a decision with this code and these tags (canonical text, scheme_tags_text; "" for none) is
 * in the other scheme, by the first cell that fits; NULL: no cell, which is undefined. */
const struct mapping_cell *mapping_find(const struct mapping *m, const char *code,
                                        const char *tags);

/* The mappings that are part of the program, index from 0: borrowed text (NUL-terminated), its file
 * name and size. NULL behind the last one. */
const char *mapping_builtin(size_t index, const char **name, size_t *size);
/* The one between two schemes, in arena a. ENOTFOUND: there is none. */
enum assay_err mapping_between(struct arena *a, const char *from, const char *to,
                               struct mapping **out, struct err *e);

#endif
