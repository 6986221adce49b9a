/* C2SP tlog-proof text: an entry's index, its inclusion proof and the checkpoint it leads to. */
#ifndef AUDIT_PROOF_H
#define AUDIT_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Source: c2sp.org/tlog-proof@v1.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>                 may be left out
 *     index <decimal>
 *     <base64 of a hash>             none or more, from the leaf's sibling up
 *     (empty line)
 *     <checkpoint, a signed note>
 */
struct proof {
    uint64_t index;
    struct tree_proof path;
    const char *checkpoint; /* borrowed from the text that was read, to its end */
    size_t checkpoint_size;
};

/* Appended to b, without an extra line. */
void proof_write(const struct proof *p, struct buf *b);

/* EFORMAT; ELIMIT for more hashes than any tree needs. The extra line is checked and dropped. */
enum assay_err proof_parse(const char *text, size_t size, struct proof *out, struct err *e);

#endif
