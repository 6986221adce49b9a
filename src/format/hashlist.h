/* The two lists of a release package, hashes.jsonl and hashes.csv. doc/package.md is the format. */
#ifndef FORMAT_HASHLIST_H
#define FORMAT_HASHLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "scheme/scheme.h"

#define HASHLIST_ROW_MAX 16384 /* bytes of one row in either form */

/* One file of the list. Texts are borrowed; rows ascend by sha256, without doubles. */
struct hashlist_row {
    uint8_t sha256[32], sha1[20], md5[16];
    int64_t size;           /* bytes, from 1: the empty file is never listed */
    const char *mime;       /* of the content, such as image/jpeg */
    int64_t width, height;  /* pixels; 0: not known */
    bool has_pdq;           /* there is a hash, trusted or not */
    uint8_t pdq[32];        /* of the stored picture */
    int64_t pdq_quality;    /* 0..100; meaningful with has_pdq */
    const char *pdq_reason; /* why pdq is absent or must not be matched on; NULL: it may be */
    bool has_pdq_oriented;  /* EXIF turns the picture, and the hash of the turned one differs */
    uint8_t pdq_oriented[32];
    const char *scheme, *code;
    int64_t scheme_version; /* from 1 */
    const char *tags;       /* canonical: sorted, one space between; "" for none */
    const char *basis;      /* seen, inherited, propagated or source */
    int64_t readings;       /* independent ones that gave this code, from 1 */
    const char *decided_on; /* date, such as 2026-11-22 */
    enum scheme_kind kind;  /* on every row, so that a list without its manifest says so too */
};

/* Append one row; csv_head comes first in the CSV form. */
void hashlist_jsonl_row(struct buf *b, const struct hashlist_row *row);
void hashlist_csv_head(struct buf *b);
void hashlist_csv_row(struct buf *b, const struct hashlist_row *row);

/* Called for each row, which lives for the call; anything but ASSAY_OK ends the reading. */
typedef enum assay_err hashlist_take(void *ctx, const struct hashlist_row *row, struct err *e);

/*
 * Read hashes.jsonl to its end. Only the very bytes that hashlist_jsonl_row writes are taken, so
 * the CSV form can be held against the rows by writing it again. *count (may be NULL) is the number
 * of rows. EFORMAT names the line and the reason: not our form, not ascending, a value out of
 * range.
 */
enum assay_err hashlist_read(json_fill *fill, void *fill_ctx, hashlist_take *take, void *take_ctx,
                             uint64_t *count, struct err *e);

#endif
