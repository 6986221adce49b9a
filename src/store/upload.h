/* Rows of files on their way in over HTTP, and of the sealed parts that hold their bytes. */
#ifndef STORE_UPLOAD_H
#define STORE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

#define UPLOAD_OUTCOME_SIZE 400

/*
 * open -> finishing -> done       taken in; outcome is intake's verdict
 *                   -> differs    its SHA-256 is not the one that was said; kept for its person
 *                   -> refused    outcome says why
 * open, differs     -> dropped    by its person, or after lying too long
 */
struct upload_row {
    int64_t id, staff_id, batch_id, session_id, created_ms, changed_ms;
    int64_t size, received, parts, taken; /* bytes in all, acknowledged; parts; bytes read again */
    uint8_t name_mac[32];
    bool has_said, has_sha256, has_event;
    uint8_t said[32], sha256[32], event[16];
    char state[10], role[12], outcome[UPLOAD_OUTCOME_SIZE];
};

/* state is open. EEXISTS: the same file of this person is open in this batch. */
enum assay_err upload_insert(struct tx *tx, const struct upload_row *u, const void *text_sealed,
                             size_t text_size, struct err *e);
/* ENOTFOUND. text (may be NULL): the sealed text is appended. */
enum assay_err upload_get(struct tx *tx, int64_t id, struct upload_row *out, struct buf *text,
                          struct err *e);
/* The open one of this person with this name and size in this batch. ENOTFOUND. */
enum assay_err upload_find_open(struct tx *tx, const struct upload_row *like, int64_t *id,
                                struct err *e);
enum assay_err upload_count_open(struct tx *tx, int64_t staff_id, int64_t *count, struct err *e);

struct upload_line {
    struct upload_row row;
    const char *batch, *person; /* name and label; borrowed */
};
typedef void upload_each_fn(void *ctx, const struct upload_line *l);
/* Newest first, at most 500: of a person; with staff_id 0 those of everybody that are open or
 * finishing. */
enum assay_err upload_each(struct tx *tx, int64_t staff_id, upload_each_fn *fn, void *ctx,
                           struct err *e);

struct upload_part {
    int64_t upload_id, index, size;
    uint8_t blob_id[16], wrapped[64];
};
/* Add the part that begins at `offset`, and count its bytes as received. ESTATE when the upload is
 * not open or has another number of bytes. */
enum assay_err upload_add_part(struct tx *tx, const struct upload_part *p, int64_t offset,
                               int64_t now_ms, struct err *e);
enum assay_err upload_part_get(struct tx *tx, int64_t upload_id, int64_t index,
                               struct upload_part *out, struct err *e);
/* Take away the rows of at most max parts of an upload that has ended, giving them; *count 0: none
 * are left. */
enum assay_err upload_take_parts(struct tx *tx, int64_t upload_id, struct upload_part *out,
                                 size_t max, size_t *count, struct err *e);

/* From open to finishing with session, role and event; ESTATE when it is not open or not whole. */
enum assay_err upload_finishing(struct tx *tx, const struct upload_row *u, struct err *e);
/* The next to take in, held until held_until_ms; ENOTFOUND. */
enum assay_err upload_claim(struct tx *tx, int64_t now_ms, int64_t held_until_ms, int64_t *id,
                            struct err *e);
/* It is still being taken in. */
enum assay_err upload_progress(struct tx *tx, int64_t id, int64_t taken, int64_t held_until_ms,
                               struct err *e);
/* Write state, outcome, sha256 and changed_ms, if it is in state `from`; ESTATE. */
enum assay_err upload_end(struct tx *tx, const struct upload_row *u, const char *from,
                          struct err *e);

/* One that is open or differs and was not touched since before_ms; ENOTFOUND. */
enum assay_err upload_abandoned(struct tx *tx, int64_t before_ms, int64_t *id, struct err *e);
/* One that has ended and still has parts; ENOTFOUND. */
enum assay_err upload_with_parts(struct tx *tx, int64_t *id, struct err *e);
/* Forget those that ended before before_ms; the record keeps what happened. */
enum assay_err upload_forget(struct tx *tx, int64_t before_ms, struct err *e);

#endif
