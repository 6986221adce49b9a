/* Identify: what the sandboxed decoder makes of an item: hashes, flags, renditions. */
#ifndef FLOW_IDENTIFY_IDENTIFY_H
#define FLOW_IDENTIFY_IDENTIFY_H

#include "flow/flow.h"

struct identify_counts {
    uint64_t pictures, unsupported, undecodable;
};

/*
 * Take the next waiting item, if any, and identify it: claim (with the record entry of the
 * opening), decode, encode, seal the renditions, commit the result and move its tasks. ENOTFOUND:
 * nothing waits. An item that fails through no fault of its own (the machine's) comes back up to 3
 * times. Safe from several threads and processes at once.
 */
enum assay_err identify_next(struct world *w, struct identify_counts *counts, struct err *e);

/* How many items wait. */
enum assay_err identify_waiting(struct world *w, int64_t *count, struct err *e);

/* Put items back in the line: all, or (stale only) those made by an older decoder or by none. */
enum identify_which { IDENTIFY_STALE, IDENTIFY_ALL };
enum assay_err identify_again(struct world *w, enum identify_which which, int64_t *count,
                              struct err *e);

/*
 * Put those items back in the line that could not be shown by an older version, or for want of a
 * program that is there now: what this version decodes enters the way by itself. Their types are
 * told anew from their bytes. Each is tried once a version and program.
 */
enum assay_err identify_revive(struct world *w, int64_t *count, struct err *e);

#endif
