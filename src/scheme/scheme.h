/* Grading schemes as data: codes, tag groups and their rules. Pure: text in, values out. */
#ifndef SCHEME_SCHEME_H
#define SCHEME_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/*
 * schemes/scheme.schema.json and doc/schemes.md are the format; schemes/NAME.json the files. A
 * scheme file carries codes, neutral labels and legal references only, never a description of
 * material.
 */
#define SCHEME_NAME_MAX   40 /* bytes; [a-z0-9-] */
#define SCHEME_CODE_MAX   40 /* bytes; [A-Za-z0-9_-] */
#define SCHEME_TEXT_MAX   262144
#define SCHEME_CODES_MAX  20
#define SCHEME_GROUPS_MAX 24
#define SCHEME_VALUES_MAX 40 /* a group */
#define SCHEME_TAGS_MAX   64 /* a decision */

enum scheme_kind { SCHEME_LIVE, SCHEME_TRAINING };

/* What a code means for the flow. */
enum scheme_outcome {
    SCHEME_ILLEGAL, /* goes on lists; across the legal line from the two below */
    SCHEME_OTHER,   /* recorded, not listed (indicative) */
    SCHEME_NOT_ILLEGAL,
    SCHEME_CANNOT_ASSESS
};

struct scheme_code {
    const char *code, *label, *legal; /* legal reference or "" */
    const char *key;                  /* the default key on the keyboard, one of 0-9 a-z */
    const char *mark;                 /* letter or shape shown beside the colour */
    const char *colour;               /* "#rrggbb" */
    enum scheme_outcome outcome;
    int32_t rank;                 /* 1 is most severe; 0: not on the scale */
    bool listed;                  /* exported to hash lists */
    bool tags;                    /* the tag panel opens after this code */
    const char **required_groups; /* NULL-terminated: these groups must be set for this code */
};

struct scheme_value {
    const char *tag, *label, *key; /* tag is GROUP:VALUE's value; key may be "" */
    const char **synonyms;         /* NULL-terminated */
};

struct scheme_group {
    const char *group, *label;
    bool multiple;    /* several values at once; else exclusive */
    bool per_picture; /* does not spread over a stack */
    struct scheme_value *values;
    size_t value_count;
};

/* "When `when` is chosen, `forbids` may not be": both are a code, or group:value. */
struct scheme_rule {
    const char *when, *forbids, *reason;
};

struct scheme {
    const char *name, *label, *jurisdiction, *legal;
    int64_t version; /* 1.. */
    enum scheme_kind kind;
    const char *in_force_from; /* date, RFC 3339 full-date */
    struct scheme_code *codes;
    size_t code_count;
    struct scheme_group *groups;
    size_t group_count;
    struct scheme_rule *rules;
    size_t rule_count;
};

/* Read and check a scheme file; everything in *out lives in arena a. EFORMAT names line and reason;
 * ELIMIT: more than SCHEME_TEXT_MAX bytes. */
enum assay_err scheme_parse(struct arena *a, const void *text, size_t size, struct scheme **out,
                            struct err *e);

/* The scheme files that are part of the program, index from 0: borrowed text (NUL-terminated), its
 * file name and size. NULL behind the last one. */
const char *scheme_builtin(size_t index, const char **name, size_t *size);

const struct scheme_code *scheme_find_code(const struct scheme *s, const char *code); /* or NULL */

/* The value of "group:value", or NULL; *group (may be NULL) is set when found. */
const struct scheme_value *scheme_find_tag(const struct scheme *s, const char *tag,
                                           const struct scheme_group **group);

/*
 * Check a decision: the code exists, each tag ("group:value", no doubles) exists, exclusive groups
 * have at most one, a code without the tag panel has none, required groups are set, no rule is
 * broken. SCHEME_CHECK_PARTIAL leaves out "required" (a half-made decision). EFORMAT: the text
 * names the rule in words for the assessor.
 */
enum scheme_check { SCHEME_CHECK_COMPLETE, SCHEME_CHECK_PARTIAL };
enum assay_err scheme_check_decision(const struct scheme *s, const char *code,
                                     const char *const *tags, size_t tag_count,
                                     enum scheme_check check, struct err *e);

/* Canonical text of tags (at most SCHEME_TAGS_MAX): sorted, joined by one space; appended to b.
 * What the store keeps. */
void scheme_tags_text(const char *const *tags, size_t tag_count, struct buf *b);

/* How far two codes are apart, for quality reading: none (same), minor (tags only, by the caller),
 * major (another code on the same side of the legal line, or one of them "cannot assess", which is
 * on neither), critical (across it, or a code that this scheme does not have). */
enum scheme_severity { SCHEME_SAME, SCHEME_MINOR, SCHEME_MAJOR, SCHEME_CRITICAL };
enum scheme_severity scheme_compare(const struct scheme *s, const char *code_a, const char *code_b);

#endif
