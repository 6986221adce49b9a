/* Rows that say who may view media, authorised by whom, from and to. */
#ifndef STORE_AUTHORISATION_H
#define STORE_AUTHORISATION_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* The authorisation of this person that is in force now. ENOTFOUND. */
enum assay_err authorisation_in_force(struct tx *tx, int64_t staff_id, int64_t now_ms, int64_t *id,
                                      struct err *e);
/* When the authorisation in force now ends; 0 when there is none. */
enum assay_err authorisation_until(struct tx *tx, int64_t staff_id, int64_t now_ms,
                                   int64_t *until_ms, struct err *e);

struct authorisation_row {
    int64_t id, staff_id, from_ms, to_ms, created_ms;
    int64_t revoked_ms;     /* 0: not revoked */
    const char *staff_name; /* read only; borrowed for the call, as are the others */
    const char *authorised_by, *purpose, *reference;
};
enum assay_err authorisation_insert(struct tx *tx, const struct authorisation_row *a,
                                    struct err *e);
/* Whose it is; ENOTFOUND: no such one, or it is revoked. */
enum assay_err authorisation_revoke(struct tx *tx, int64_t id, int64_t now_ms, int64_t *staff_id,
                                    struct err *e);
/* The one of this id, or with id 0 all of them, newest first. */
typedef void authorisation_each_fn(void *ctx, const struct authorisation_row *a);
enum assay_err authorisation_each(struct tx *tx, int64_t id, authorisation_each_fn *fn, void *ctx,
                                  struct err *e);

#endif
