/* Between the files of intake: one file read, and the notes of a sidecar. */
#ifndef FLOW_INTAKE_INTAKE_IMPL_H
#define FLOW_INTAKE_INTAKE_IMPL_H

#include "assay/digest.h"
#include "flow/intake/intake.h"
#include "store/item.h"

/* What a sidecar says of a file. Borrowed from struct notes. */
struct note {
    const char *source, *scheme, *code; /* code "" : no grade of the source's own */
    const char *tags;                   /* canonical text */
    const char *url, *page_url, *note;
    const char *host_country; /* NULL: not said */
    int64_t found_ms;         /* 0: not known */
    int64_t staff_id;         /* the person of ours who says it; 0: none */
};

struct notes;
/* Read o->sidecar; rows that are wrong are reported by line through refuse (and recorded by the
 * caller) and left out. */
typedef void notes_refuse_fn(void *ctx, const char *line_and_reason);
enum assay_err notes_load(const struct intake_options *o, const struct scheme *scheme,
                          notes_refuse_fn *refuse, void *ctx, struct notes **out, struct err *e);
/* By path inside the folder, by base name, or by any of the hashes; NULL when the sidecar has none.
 */
const struct note *notes_find(const struct notes *n, const char *path,
                              const struct assay_digests *d);
void notes_free(struct notes *n); /* NULL is fine */

/* A file on its way into the store. */
struct taken {
    char *path;  /* as reported */
    char *inner; /* as stored: the root's base name and what is below it */
    struct assay_digests digests;
    enum decode_type type;
    bool sealed; /* blob is filled and on the disk */
    struct vault_blob blob;
    const struct note *note; /* or NULL */
    enum intake_verdict verdict;
    char reason[256]; /* refused: why */
};

/* Commit a group in one transaction; sets each verdict. */
enum assay_err intake_commit(struct world *w, const struct intake_options *o,
                             const struct batch_key *batch, struct taken *group, size_t count,
                             struct err *e);

#endif
