/* Between the files of uploads. */
#ifndef FLOW_INTAKE_UPLOAD_IMPL_H
#define FLOW_INTAKE_UPLOAD_IMPL_H

#include "base/json.h"
#include "flow/intake/upload.h"
#include "store/upload.h"

#define UPLOAD_TEXT_MAX (128 * 1024) /* name and fields at their longest, each byte escaped */

/* End an upload that is in state `from`: u's state, outcome and sha256, with the record entry. */
enum assay_err upload_close(struct world *w, struct tx *tx, struct upload_row *u, const char *from,
                            struct audit_actor by, struct err *e);
/* Take away the parts of an upload that has ended: rows first, so that no row is without its blob.
 */
enum assay_err upload_remove_parts(struct world *w, int64_t id, struct err *e);

#endif
