/* Export: releases are asked for by one person, approved by another, and written as signed
 * packages. */
#ifndef FLOW_EXPORT_RELEASE_H
#define FLOW_EXPORT_RELEASE_H

#include "flow/flow.h"

/*
 * A release holds every listed decision of a scheme whose task has passed (its lot is closed, no
 * correction open) and that has at least min_readings concordant independent readings: the
 * grader's, agreeing quality readings, agreeing hidden votes. Its content hash is SHA-256 over the
 * lines "NAME SIZE SHA256\n" of hashes.csv and hashes.jsonl, exactly as they go out.
 */
enum assay_err release_list(struct world *w, const struct caller *c, struct buf *answer,
                            struct err *e); /* Releases */
enum assay_err release_get(struct world *w, const struct caller *c, int64_t id, struct buf *answer,
                           struct err *e); /* Release */
enum assay_err release_request(struct world *w, const struct caller *c, const struct once *o,
                               const char *scheme, int64_t min_readings, struct buf *answer,
                               struct err *e); /* Release */
/* ESTATE: another content than the one read, or changed since; EDENIED: by who asked. */
enum assay_err release_approve(struct world *w, const struct caller *c, int64_t id,
                               const uint8_t content_sha256[32], struct buf *answer,
                               struct err *e); /* Release */
enum assay_err release_refuse(struct world *w, const struct caller *c, int64_t id,
                              const char *reason, struct buf *answer, struct err *e); /* Release */

/* One file of an approved release's package, made from the same rows; for downloads. */
enum assay_err release_file(struct world *w, const struct caller *c, int64_t id, const char *name,
                            struct buf *out, struct err *e);

/*
 * Write an approved release (id 0: the newest; min_readings 0: any, else the newest with at least
 * that many) as a package folder out_dir/assay-ID/ : temporary folder, fsync of each file, rename,
 * fsync. ENOTFOUND: none is approved yet (the text says what to do). *path (mem_free) is the
 * folder.
 */
enum assay_err release_write(struct world *w, struct audit_actor by, int64_t id,
                             int64_t min_readings, const char *out_dir, char **path, struct err *e);

#define PACKAGE_LABEL_MAX 200 /* bytes of a label that is passed on */

/* What `assay verify` says. */
struct package_report {
    uint64_t rows;
    bool training;
    char scheme[SCHEME_NAME_MAX + 1];
    int64_t scheme_version;
    char label[PACKAGE_LABEL_MAX + 1]; /* the name of the workspace that let it go */
};
enum package_accept { PACKAGE_LIVE_ONLY, PACKAGE_TRAINING_TOO };
/*
 * Verify a package folder alone: names, sizes and SHA-256 of the files, row count, signature
 * (public_key: the text of a minisign public key, or NULL: the key named in the manifest, then only
 * integrity is shown and *out says so by the caller's words), checkpoint and inclusion proof of the
 * approval. EDAMAGED names what is wrong; ESTATE: a training package and PACKAGE_LIVE_ONLY.
 */
enum assay_err package_verify(const char *dir, const char *public_key, enum package_accept accept,
                              struct package_report *out, struct err *e);

#endif
