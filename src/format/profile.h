/* Profiles: what the Category of a sender's VICS means, by region and version. Pure. */
#ifndef FORMAT_PROFILE_H
#define FORMAT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/* doc/profiles.md is the format; profiles/NAME.json the files. VICS has one byte for a grade, and
 * regions and versions disagree on what its values are. */
#define PROFILE_TEXT_MAX       65536
#define PROFILE_NAME_MAX       40 /* bytes; [a-z0-9-] */
#define PROFILE_CATEGORY_MAX   255
#define PROFILE_CATEGORIES_MAX 257 /* each number, and none */
#define PROFILE_READS_MAX      20

enum profile_kind { PROFILE_LIVE, PROFILE_TRAINING };

enum profile_means {
    PROFILE_UNDEFINED, /* the profile does not say */
    PROFILE_UNCATEGORISED,
    PROFILE_NOT_PERTINENT,
    PROFILE_GRADE
};
const char *profile_means_name(enum profile_means m); /* "undefined" ...; static */

struct profile_category {
    int64_t value; /* 0 .. PROFILE_CATEGORY_MAX; -1: the record has none */
    enum profile_means means;
    const char *code; /* of the scheme, where it is a grade; else NULL */
};

struct profile_context {
    const char *version, *region; /* as in the document's context; region "" before 2.0 */
};

enum profile_hex { PROFILE_LOWER, PROFILE_UPPER };
enum profile_order { PROFILE_OURS, PROFILE_RECEIVED }; /* of a record's members */

/* What a grade becomes in the answer to the sender. */
struct profile_code {
    const char *code; /* of the profile's scheme */
    int64_t value;    /* 0 .. PROFILE_CATEGORY_MAX */
    bool exact;       /* else something is lost on the way */
};

/* How the answer to the sender is written. */
struct profile_writes {
    const char *version, *region; /* of the document's context; region "" before 2.0 */
    bool bom;
    enum profile_hex hex;
    enum profile_order order;
    int64_t records_per_file; /* 0: as many as the sender's own file had */
    int64_t votes;            /* 1 .. PROFILE_VOTES_MAX: readings that a grade needs */
    int64_t ungraded;         /* Category of a record without a grade; -1: null */
    struct profile_code *codes;
    size_t code_count;
};
#define PROFILE_VOTES_MAX 9

struct profile {
    const char *name, *label, *scheme;
    int64_t version; /* 1.. */
    enum profile_kind kind;
    const char *missing; /* what is not known, for people; NULL: nothing */
    struct profile_context *reads;
    size_t read_count; /* 0: whatever the document says it is */
    struct profile_category *categories;
    size_t category_count;
    struct profile_writes *writes; /* NULL: it is for reading alone */
};

/* Read and check a profile; all of *out lives in arena a. EFORMAT names line and reason; ELIMIT. */
enum assay_err profile_parse(struct arena *a, const void *text, size_t size, struct profile **out,
                             struct err *e);

/* Whether it is for documents of this context. */
bool profile_reads(const struct profile *p, const char *version, const char *region);
/* What a value means, -1 for none; *code (may be NULL) is the grade's, else NULL. */
enum profile_means profile_category(const struct profile *p, int64_t value, const char **code);

/* What a grade of the profile's scheme is written as; NULL: undefined. */
const struct profile_code *profile_code(const struct profile *p, const char *code);

/* The profiles that are part of the program, index from 0: borrowed text (NUL-terminated), its file
 * name and size. NULL behind the last one. */
const char *profile_builtin(size_t index, const char **name, size_t *size);

#endif
