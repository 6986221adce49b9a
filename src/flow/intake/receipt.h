/* A receipt: what was received in a batch, where it stands, signed. doc/receipt.md is its format.
 */
#ifndef FLOW_INTAKE_RECEIPT_H
#define FLOW_INTAKE_RECEIPT_H

#include "flow/flow.h"

#define RECEIPT_NOT_TAKEN_MAX 10000 /* records told one by one, of a file */
#define RECEIPT_MAX           (64 * 1024 * 1024)

/* The receipt's text and its minisign file, each appended; it is on the record. ENOTFOUND: there is
 * no batch of that name. ELIMIT: it has too many files. */
enum assay_err receipt_make(struct world *w, struct audit_actor by, const char *batch,
                            struct buf *text, struct buf *signature, struct err *e);

#endif
