/* Rows of the workspace, of its settings and of requests that must act once. */
#ifndef STORE_WORKSPACE_H
#define STORE_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

#define WORKSPACE_LABEL_SIZE 81

struct workspace_row {
    char key[17]; /* the keyring's workspace id */
    char label[WORKSPACE_LABEL_SIZE];
    bool training;
    int64_t created_ms;
};

/* EEXISTS when the store has one. */
enum assay_err workspace_insert(struct tx *tx, const struct workspace_row *w, struct err *e);
enum assay_err workspace_get(struct tx *tx, struct workspace_row *out,
                             struct err *e); /* ENOTFOUND */

/* A setting's value appended to out; ENOTFOUND. Setting it replaces it. */
enum assay_err setting_get(struct tx *tx, const char *name, struct buf *out, struct err *e);
enum assay_err setting_set(struct tx *tx, const char *name, const char *value, int64_t now_ms,
                           struct err *e);

/* The answer kept for a request key: appended to answer, with the hash of the body it was given to.
 * ENOTFOUND. */
enum assay_err once_get(struct tx *tx, int64_t staff_id, const char *key, uint8_t body_sha256[32],
                        struct buf *answer, struct err *e);
/* Take a request key that is new: *taken false when it is there; while another transaction has just
 * taken it, waits for that one to end. Its answer follows with once_answer. */
enum assay_err once_take(struct tx *tx, int64_t staff_id, const char *key,
                         const uint8_t body_sha256[32], int64_t now_ms, bool *taken, struct err *e);
enum assay_err once_answer(struct tx *tx, int64_t staff_id, const char *key, const char *answer,
                           struct err *e);
/* Forget answers older than before_ms. */
enum assay_err once_expire(struct tx *tx, int64_t before_ms, struct err *e);

#endif
