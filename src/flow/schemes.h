/* Schemes as administrators see them: what is loaded, each version, and a file before it is taken.
 */
#ifndef FLOW_SCHEMES_H
#define FLOW_SCHEMES_H

#include "flow/flow.h"

/* SchemeList: every scheme with all its versions, newest first. */
enum assay_err schemes_list(struct world *w, struct buf *answer, struct err *e);

/* SchemeVersion: one version as it was loaded. ENOTFOUND. */
enum assay_err schemes_version(struct world *w, const char *name, int64_t version,
                               struct buf *answer, struct err *e);

/* SchemeChecked: whether this file could be taken, and if not, why, with the line. Changes nothing.
 */
enum assay_err schemes_check(struct world *w, const char *text, struct buf *answer, struct err *e);

/* Take it: in force at once, for every decision from now on. SchemeList. As flow_scheme_load. */
enum assay_err schemes_take(struct world *w, const struct caller *c, const char *text,
                            struct buf *answer, struct err *e);

#endif
