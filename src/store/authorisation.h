/* Rows that say who may view media, authorised by whom, from and to. */
#ifndef STORE_AUTHORISATION_H
#define STORE_AUTHORISATION_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* The authorisation of this person that is in force now. ENOTFOUND. */
enum assay_err authorisation_in_force(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *id,
                                      struct err *e);

#endif
