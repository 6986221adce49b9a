/* The rows of a release as the bytes of its two lists; for the files of this folder. */
#ifndef FLOW_EXPORT_IMPL_H
#define FLOW_EXPORT_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "assay/digest.h"
#include "flow/export/release.h"
#include "format/hashlist.h"
#include "format/manifest.h"
#include "store/releases.h"

#define EXPORT_MANIFEST      "manifest.json"
#define EXPORT_SIGNATURE     "manifest.json.minisig"
/* Four short lines; the trusted comment is the longest of ours. */
#define EXPORT_SIGNATURE_MAX 8192

enum export_list { EXPORT_CSV, EXPORT_JSONL, EXPORT_LISTS };
const char *export_list_name(enum export_list which);

/* Takes the next bytes of a list. */
typedef enum assay_err export_sink(void *ctx, enum export_list which, const void *bytes,
                                   size_t size, struct err *e);

/* Rows by code, ascending. */
struct export_codes {
    size_t count;
    struct {
        char code[SCHEME_CODE_MAX + 1];
        int64_t rows;
    } at[SCHEME_CODES_MAX];
};
/* ELIMIT: more codes than a scheme has. */
enum assay_err export_codes_add(struct export_codes *c, const char *code, int64_t rows,
                                struct err *e);

/* Both lists while they are made: bytes go to the sink as they come, so memory does not grow. */
struct export_lists {
    const char *scheme;
    enum scheme_kind kind;
    export_sink *sink; /* NULL: only measured */
    void *ctx;
    struct buf out[EXPORT_LISTS];
    struct assay_digester *digesters[EXPORT_LISTS];
    /* After export_finish: */
    struct manifest_file files[EXPORT_LISTS];
    uint8_t content_sha256[32];
    struct export_codes codes;
    int64_t rows;
};
/* Start, also anew; scheme, kind, sink and ctx are kept. */
enum assay_err export_start(struct export_lists *x, struct err *e);
enum assay_err export_add(struct export_lists *x, const struct release_line *l, struct err *e);
enum assay_err export_finish(struct export_lists *x, struct err *e);
void export_clear(struct export_lists *x);

/* The bytes of a list's row, and its date in out of EXPORT_DATE_SIZE. */
#define EXPORT_DATE_SIZE 11
void export_row(const struct release_line *l, const char *scheme, enum scheme_kind kind,
                char out[EXPORT_DATE_SIZE], struct hashlist_row *row);

/* The SHA-256 that an approval is for. */
enum assay_err export_content(const struct manifest_file files[EXPORT_LISTS], uint8_t out[32],
                              struct err *e);

/*
 * The stored rows of a release into x (started here, finished). ESTATE when they are not what was
 * asked for: a row does not stand any more, some are missing, or the bytes have another hash.
 */
enum assay_err export_stored(struct tx *tx, const struct release_row *r, struct export_lists *x,
                             struct err *e);

/* The release, or ENOTFOUND with a sentence. */
enum assay_err export_find(struct tx *tx, int64_t id, struct release_row *out, struct err *e);

/* live or training: of the workspace, or of the scheme. */
enum scheme_kind export_kind(const struct world *w, const struct scheme *s);

/* The trusted comment: release and time of the approval. */
#define EXPORT_COMMENT_SIZE 80
void export_comment(const char *package, int64_t approved_ms, char out[EXPORT_COMMENT_SIZE]);

#endif
