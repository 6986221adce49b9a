/* Names, paths, URLs and notes of an item: content too, so whoever shows them records it first. */
#ifndef FLOW_NAMES_H
#define FLOW_NAMES_H

#include "base/json.h"
#include "flow/flow.h"

/* The member sightings of a Names object, into an open object: those of batches that the caller may
 * see. EDAMAGED or EKEY, in words for the
 * person, when a seal does not open. */
enum assay_err flow_add_names(const struct world *w, struct tx *tx, const struct caller *c,
                              int64_t item_id, struct json_out *o, struct err *e);

#endif
