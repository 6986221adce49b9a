/* Intake: files and folders are read once, sealed in the vault and sighted in a batch. */
#ifndef FLOW_INTAKE_INTAKE_H
#define FLOW_INTAKE_INTAKE_H

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

enum intake_verdict {
    INTAKE_NEW,       /* first time these bytes are here */
    INTAKE_KNOWN,     /* the bytes are here; a new sighting was added */
    INTAKE_SEEN,      /* this very file is in this batch already; nothing was done */
    INTAKE_INHERITED, /* known, and its grade has passed: the sighting inherits it */
    INTAKE_REFUSED    /* with a reason; the rest goes on */
};
const char *intake_verdict_name(enum intake_verdict v);

struct intake_counts {
    uint64_t files, bytes, fresh, known, seen, inherited, refused, unsupported;
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
 */
enum assay_err intake_paths(struct world *w, const struct intake_options *o,
                            const char *const *paths, size_t path_count,
                            struct intake_counts *counts, struct err *e);

#endif
