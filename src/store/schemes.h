/* Rows of loaded schemes and of a site's guidance. */
#ifndef STORE_SCHEMES_H
#define STORE_SCHEMES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

/* EEXISTS when that version is there. */
enum assay_err schemes_insert(struct tx *tx, const char *name, int64_t version, const char *body,
                              const uint8_t sha256[32], int64_t now_ms, struct err *e);
/* The newest version: number, hash, and body appended to body (may be NULL). ENOTFOUND. */
enum assay_err schemes_newest(struct tx *tx, const char *name, int64_t *version, uint8_t sha256[32],
                              struct buf *body, struct err *e);
/* Names of all schemes, in order. fn returns an error to stop. */
typedef enum assay_err schemes_each_fn(void *ctx, const char *name);
enum assay_err schemes_each(struct tx *tx, schemes_each_fn *fn, void *ctx, struct err *e);

struct scheme_row {
    int64_t version, loaded_ms;
    uint8_t sha256[32];
};
/* All versions of a scheme, newest first. */
typedef void schemes_version_fn(void *ctx, const struct scheme_row *row);
enum assay_err schemes_versions(struct tx *tx, const char *name, schemes_version_fn *fn, void *ctx,
                                struct err *e);
/* One version, its body appended to body. ENOTFOUND. */
enum assay_err schemes_get(struct tx *tx, const char *name, int64_t version, struct scheme_row *out,
                           struct buf *body, struct err *e);

struct guidance_row {
    const char *target; /* a code, or group:value; borrowed for the call */
    int64_t version;
    const char *body;
};
typedef void guidance_each_fn(void *ctx, const struct guidance_row *g);
/* The newest guidance of each target. */
enum assay_err guidance_each(struct tx *tx, const char *scheme, guidance_each_fn *fn, void *ctx,
                             struct err *e);
/* The newest version's number for a target; 0 when there is none. */
enum assay_err guidance_version(struct tx *tx, const char *scheme, const char *target,
                                int64_t *version, struct err *e);
enum assay_err guidance_insert(struct tx *tx, const char *scheme, const struct guidance_row *g,
                               int64_t staff_id, int64_t now_ms, struct err *e);

#endif
