/* The drop folder: what senders lay into it is taken in as by assay import, and moved away. */
#ifndef FLOW_INTAKE_DROP_H
#define FLOW_INTAKE_DROP_H

#include <limits.h>

#include "flow/flow.h"

/*
 * A subfolder is a batch of its name; what lies beside is of the batch "drop DAY", the day of its
 * last change. A file is taken when neither its bytes nor its name changed for drop.settle_s
 * seconds; names that begin with a dot or end in .part wait. What was taken whole goes to done/ or
 * is deleted, what was refused, whole or in part, to failed/ with a .txt that says why.
 */
#define DROP_SETTLE_SETTING "drop.settle_s"

enum drop_taken { DROP_KEEP, DROP_DELETE };

struct drop {
    char folder[PATH_MAX]; /* absolute; "": none is set */
    char scheme[SCHEME_NAME_MAX + 1];
    enum drop_taken taken;
};

/* What is set. EDAMAGED. */
enum assay_err drop_get(struct world *w, struct drop *out, struct err *e);

/* Set it (folder "": none any more), and make done/ and failed/ in it; in force at once. scheme
 * "": the only one that is loaded. ENOTFOUND, EDENIED: no folder, or not ours to write; ERANGE: it
 * lies in the workspace or the other way round, or several schemes are loaded. */
enum assay_err drop_set(struct world *w, struct audit_actor by, const struct drop *in,
                        struct err *e);

struct drop_counts {
    uint64_t waiting, done, failed; /* waiting: not yet settled, or of a kind that waits */
};

/* Take what has settled. Quiet when none is set or another process is at it. What is not moved
 * because of an error is taken again, and then seen already. EFULL, EIO; ENOTFOUND: the folder is
 * gone. */
enum assay_err drop_scan(struct world *w, struct drop_counts *counts, struct err *e);

/* How many files lie in failed/ (without their .txt). */
enum assay_err drop_failed(const struct drop *d, uint64_t *count, struct err *e);

#endif
