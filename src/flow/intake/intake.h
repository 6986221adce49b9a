/* Intake: files and folders are read once, sealed in the vault and sighted in a batch. */
#ifndef FLOW_INTAKE_INTAKE_H
#define FLOW_INTAKE_INTAKE_H

#include "base/seekable.h"
#include "flow/flow.h"

struct batch_new {
    const char *name, *scheme, *sender, *contact, *case_reference, *authority, *purpose, *handling;
    int64_t priority; /* 0 urgent, 1 normal, 2 background */
    int64_t due_ms;   /* INT64_MAX: none */
};
/* Open a batch, or find the one of that name (then the other fields are as they were; ESTATE when
 * the scheme differs). */
enum assay_err intake_batch(struct world *w, struct audit_actor by, const struct batch_new *in,
                            int64_t *batch_id, struct err *e);

/* What to change of a batch; what is not set stays. */
struct batch_change {
    bool set_priority, set_due, set_people;
    int64_t priority, due_ms; /* as in batch_new */
    const int64_t *people;    /* who alone may see it; none: everybody with the role */
    size_t people_count;
};
/*
 * The queue follows before it returns: its tasks have their new places, and a lease of somebody
 * whom the batch is not for any more is over. The batch's object is the answer. ENOTFOUND; ERANGE:
 * too many people; ESTATE: there is no such person.
 */
enum assay_err intake_change_batch(struct world *w, const struct caller *c, int64_t batch_id,
                                   const struct batch_change *in, struct buf *answer,
                                   struct err *e);
/* Give new places to tasks of batches that were changed before a kill; for the background. */
enum assay_err intake_press(struct world *w, struct err *e);

/* {"batches":[...]}, newest first; only those that are for the caller too, unless they may change
 * batches. id not 0: that one's object alone (ENOTFOUND). */
enum assay_err intake_batches(struct world *w, const struct caller *c, int64_t id,
                              struct buf *answer, struct err *e);
#define INTAKE_KEEPERS (PEOPLE_INTAKE | PEOPLE_LEAD) /* who sees and may change every batch */
#define INTAKE_OPENERS (INTAKE_KEEPERS | PEOPLE_ANALYST)

/* What is coming in: batches of the last 24 hours, uploads, what waits for the decoder, and what it
 * could not show. Analysts get what is for them, and their own uploads. */
enum assay_err intake_monitor(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e);

enum intake_verdict {
    INTAKE_NEW,       /* first time these bytes are here */
    INTAKE_KNOWN,     /* the bytes are here; a new sighting was added */
    INTAKE_SEEN,      /* this very file is in this batch already; nothing was done */
    INTAKE_INHERITED, /* known, and its grade has passed: the sighting inherits it */
    INTAKE_MISSING,   /* a record of a case names it, and it is not there */
    INTAKE_REFUSED,   /* with a reason; the rest goes on */
    INTAKE_UNPACKED   /* an archive, whole; no item itself. What it held was reported before */
};
const char *intake_verdict_name(enum intake_verdict v);

struct intake_counts {
    uint64_t files, bytes, fresh, known, seen, inherited, refused, unsupported;
    uint64_t archives; /* unpacked whole; not among the files */
};

struct intake_options {
    int64_t batch_id;
    const char *sidecar;   /* CSV file, or package folder when its publisher is given, or NULL */
    const char *publisher; /* the source of a package's grades; its caller verified the package */
    unsigned threads;      /* 1.. */
    /* One call a file, from one thread at a time: path (borrowed), verdict, reason (refused only),
     * mime. */
    void (*report)(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                   const char *reason);
    void *ctx;
    struct audit_actor by;
};

/*
 * Take in files and folders (recursive, sorted; symbolic links are not followed and are refused by
 * name). When it returns, each file reported as new or known is on the disk. Idempotent: run it
 * again after a kill and it goes on. ASSAY_OK also when some were refused (counts say so); EFULL or
 * EIO stop it: what was reported stays.
 *
 * ZIP archives, told by their content, are unpacked (doc/archives.md) and so is what age encrypted
 * to the workspace (doc/keys.md): each entry is a file of the path ARCHIVE/NAME. One that breaks
 * off is refused by name; the entries that were reported stay. w needs FLOW_WITH_DECODER for that.
 */
enum assay_err intake_paths(struct world *w, const struct intake_options *o,
                            const char *const *paths, size_t path_count,
                            struct intake_counts *counts, struct err *e);

/* The same for single files, each kept under the path that is given with it. */
struct intake_file {
    const char *path;  /* to open, and as reported */
    const char *inner; /* as kept */
};
enum assay_err intake_files(struct world *w, const struct intake_options *o,
                            const struct intake_file *files, size_t file_count,
                            struct intake_counts *counts, struct err *e);

/* The same for bytes that lie in no file, such as an upload in sealed parts: a picture, an archive,
 * or an encrypted one. They are read once or twice in order, an archive then here and there, in
 * constant memory and in this thread. path is reported and kept; options->sidecar is not used. */
enum assay_err intake_bytes(struct world *w, const struct intake_options *o, const char *path,
                            const struct seekable *bytes, struct intake_counts *counts,
                            struct err *e);

#endif
