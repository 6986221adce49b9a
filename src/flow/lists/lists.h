/* Lists: others' hashes taken into the workspace, by versions; shown, switched off, removed. */
#ifndef FLOW_LISTS_LISTS_H
#define FLOW_LISTS_LISTS_H

#include <stdio.h>

#include "flow/flow.h"
#include "format/listout.h"

/* Who may change lists in the console. */
#define LISTS_KEEPERS (PEOPLE_LEAD | PEOPLE_ADMIN)

enum lists_new { LISTS_MAKES, LISTS_KNOWS }; /* the list: made if need be, or ENOTFOUND */
enum lists_wrong {
    LISTS_SKIPS,
    LISTS_STOPS
}; /* what cannot be used: left out, or EFORMAT for all */

/* All texts are borrowed. NULL: not said; of a list that is there, all but path may be NULL. */
struct lists_import {
    const char *name;  /* [a-z0-9._-], up to LIST_NAME_MAX */
    const char *kind;  /* hashes (NULL), known_good, never_export */
    const char *trust; /* candidate (NULL), trusted */
    const char *source, *licence, *contact;
    const char *reason; /* known_good, never_export: why; needed by the first version */
    int64_t expires_ms; /* known_good, never_export: until when its rows hold; 0: for good */
    const char *path;   /* a regular file, read twice; NULL: these bytes in its place */
    const void *bytes;
    size_t size;
    enum lists_new list;
    enum lists_wrong wrong;
    struct audit_actor by;
    /* A record that cannot be used, by its line, and why; may be NULL. */
    void (*refused)(void *ctx, uint64_t line, const char *reason);
    void *ctx;
};

struct lists_counts {
    int64_t version;                          /* 0: of lists_lint */
    int64_t records, added, removed, refused; /* added: of lists_lint, those that can be used */
    bool same; /* the list's last version is this very file; nothing was done */
};

/*
 * Make the list if it is not there, and this file its next version: records that the version before
 * did not have are added, those that only it had are removed. Killed at any moment, the same call
 * goes on. ENOTFOUND, EIO: the file; EFORMAT: it is no list, or a name or word is wrong; ESTATE:
 * another file's import is under way, or the list is of another kind.
 */
enum assay_err lists_import(struct world *w, const struct lists_import *in,
                            struct lists_counts *out, struct err *e);

/* Make a list without hashes, as an import does; path, bytes, list and wrong are not looked at.
 * EFORMAT; ESTATE: there is one of the name. */
enum assay_err lists_make(struct world *w, const struct lists_import *in, struct err *e);

/* Read the file and count, without a workspace: what an import would refuse is reported. */
enum assay_err lists_lint(const char *path,
                          void (*refused)(void *ctx, uint64_t line, const char *reason), void *ctx,
                          struct lists_counts *out, struct err *e);

/* The same of bytes. */
enum assay_err lists_lint_bytes(const void *bytes, size_t size,
                                void (*refused)(void *ctx, uint64_t line, const char *reason),
                                void *ctx, struct lists_counts *out, struct err *e);

/* Why records could not be written in a form, and how many; static texts. */
#define LISTS_REASONS_MAX 16
struct lists_left_out {
    struct {
        const char *why;
        int64_t records;
    } of[LISTS_REASONS_MAX];
    size_t count;
};

/*
 * Read a file of hashes and write its records to out (the caller's, who closes it) in another form,
 * without a workspace. What cannot be read is reported and passed over. ENOTFOUND, EIO: the file;
 * EFORMAT: it is no list; EFULL, EIO: out.
 */
struct lists_convert {
    const char *path;
    const struct listout_form *form;
    const struct listout_categories *categories; /* of a form that is graded */
    FILE *out;
    void (*refused)(void *ctx, uint64_t line, const char *reason);
    void *ctx;
    int64_t records, refused_count; /* set: written, and reported */
    struct lists_left_out left_out; /* set */
};
enum assay_err lists_convert(struct lists_convert *c, struct err *e);

/* ListList: all lists with their counts, or those of this name with their versions. ENOTFOUND. */
enum assay_err lists_show(struct world *w, const char *name, struct buf *answer, struct err *e);

/* ListHeld: rows that are switched off or in quarantine, up to 100. ENOTFOUND. */
enum assay_err lists_held(struct world *w, const char *name, struct buf *answer, struct err *e);

/* Take the list out of all answers. Its rows stay in the store, as history. ENOTFOUND; ESTATE: the
 * workspace's own lists cannot be removed. */
enum assay_err lists_remove(struct world *w, struct audit_actor by, const char *name,
                            struct err *e);

/* What an exact hash of the list with a grade does beside being a hidden vote: hidden_vote,
 * nothing; one, a person's equal grade, given blind, is enough, and the task is left out of its
 * lot's sample. ENOTFOUND; EFORMAT: another word; ESTATE: one needs a trusted list of hashes. */
enum assay_err lists_confirm(struct world *w, struct audit_actor by, const char *name,
                             const char *confirm, struct err *e);

/* Switch the rows that have this hash (32, 40 or 64 hex digits) off in a list, with a reason, or on
 * (reason NULL), which ends their quarantine, too. *count is how many were changed. ENOTFOUND. */
enum assay_err lists_switch(struct world *w, struct audit_actor by, const char *name,
                            const char *hash, const char *reason, int64_t *count, struct err *e);

#endif
