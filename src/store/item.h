/* Rows of items, their sealed blobs, sightings, batches and what the decoder made of them. */
#ifndef STORE_ITEM_H
#define STORE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct batch_row {
    int64_t id;
    const char *name, *scheme, *sender, *contact, *case_reference, *authority, *purpose, *handling;
    int64_t priority, due_ms, created_ms;
};
enum assay_err batch_insert(struct tx *tx, const struct batch_row *b, struct err *e); /* EEXISTS */

/* What a step needs of a batch. */
struct batch_key {
    int64_t id, priority, due_ms;
    char scheme[41];
};
enum assay_err batch_find(struct tx *tx, const char *name, struct batch_key *out, struct err *e);
enum assay_err batch_get(struct tx *tx, int64_t id, struct batch_key *out, struct err *e);
/* The batch's name into out. */
enum assay_err batch_name(struct tx *tx, int64_t id, char *out, size_t out_size, struct err *e);

#define ITEM_MIME_SIZE 64
struct item_row {
    int64_t id, size;
    uint8_t sha256[32], sha1[20], md5[16];
    char mime[ITEM_MIME_SIZE], kind[8];
    int64_t created_ms;
};
enum assay_err item_insert(struct tx *tx, const struct item_row *i, struct err *e); /* EEXISTS */
enum assay_err item_get(struct tx *tx, int64_t id, struct item_row *out, struct err *e);
/* Write mime and kind of i, an item that is there. */
enum assay_err item_set_type(struct tx *tx, const struct item_row *i, struct err *e);
enum assay_err item_find(struct tx *tx, const uint8_t sha256[32], struct item_row *out,
                         struct err *e);
/* Another item with this MD5 but another SHA-256: *id is it, 0 when there is none. */
enum assay_err item_md5_twin(struct tx *tx, const uint8_t md5[16], const uint8_t sha256[32],
                             int64_t *id, struct err *e);
enum assay_err item_count_sightings(struct tx *tx, int64_t item_id, int64_t *count, struct err *e);

struct blob_row {
    uint8_t id[16], wrapped[64];
    int64_t size, item_id, created_ms;
    const char *rendition; /* static or borrowed */
    int64_t width, height;
    const char *maker;
};
enum assay_err blob_insert(struct tx *tx, const struct blob_row *b, struct err *e);
/* Where the rendition of an item lies. ENOTFOUND also when purged. rendition and maker of out are
 * not set. */
enum assay_err blob_find(struct tx *tx, int64_t item_id, const char *rendition,
                         struct blob_row *out, struct err *e);
/* Take the row of a rendition away, giving its blob id; ENOTFOUND. */
enum assay_err blob_delete_rendition(struct tx *tx, int64_t item_id, const char *rendition,
                                     uint8_t id[16], struct err *e);
/* All blobs with a key, those of uploads (item_id 0) among them, in order of id, after the given
 * one (NULL: from the start), at most 500: fn each; *last is the last id. ENOTFOUND: no more. */
typedef enum assay_err blob_each_fn(void *ctx, const struct blob_row *b);
enum assay_err blob_page(struct tx *tx, const uint8_t *after, uint8_t last[16], blob_each_fn *fn,
                         void *ctx, struct err *e);

struct sighting_row {
    int64_t id, item_id, batch_id;
    uint8_t path_mac[32];
    const void *text_sealed;
    size_t text_size;
    int64_t found_ms; /* 0: not known */
    int64_t created_ms;
};
enum assay_err sighting_insert(struct tx *tx, const struct sighting_row *s, struct err *e);
/* The item seen at this path in this batch, with its size and SHA-256; ENOTFOUND. */
enum assay_err sighting_find(struct tx *tx, int64_t batch_id, const uint8_t path_mac[32],
                             const uint8_t sha256[32], int64_t *sighting_id, struct err *e);
typedef enum assay_err sighting_each_fn(void *ctx, const struct sighting_row *s,
                                        const char *batch_name);
enum assay_err sighting_each(struct tx *tx, int64_t item_id, sighting_each_fn *fn, void *ctx,
                             struct err *e);

struct picture_row {
    int64_t item_id, pixel_policy, width, height, frames, frames_seen, orientation, flags;
    int64_t pdq_quality, made_ms;
    bool has_pdq, has_oriented;
    uint8_t pdq[32], pdq_oriented[32];
    const char *maker;
    char reason[16];  /* "" : trusted */
    char failure[16]; /* "" : none */
};
enum assay_err picture_put(struct tx *tx, const struct picture_row *p, struct err *e);
/* maker of out is not set. ENOTFOUND: not identified yet. */
enum assay_err picture_get(struct tx *tx, int64_t item_id, struct picture_row *out, struct err *e);

enum assay_err identify_job_insert(struct tx *tx, int64_t item_id, int64_t priority, struct err *e);
/* Claim the next: held until held_until_ms by holder; *tries counts claims, this one included.
 * ENOTFOUND. */
enum assay_err identify_job_claim(struct tx *tx, const uint8_t holder[16], int64_t now_ms,
                                  int64_t held_until_ms, int64_t *item_id, int64_t *tries,
                                  struct err *e);
/* Done, if still ours; ESTATE when another holds it. */
enum assay_err identify_job_done(struct tx *tx, int64_t item_id, const uint8_t holder[16],
                                 struct err *e);
enum assay_err identify_job_release(struct tx *tx, int64_t item_id, const uint8_t holder[16],
                                    struct err *e);
enum assay_err identify_job_count(struct tx *tx, int64_t *count, struct err *e);
/* Queue items anew: those whose picture was made by another maker than this one or failed as
 * unsupported; all when maker is NULL. */
enum assay_err identify_job_again(struct tx *tx, const char *maker, int64_t *count, struct err *e);
/* Queue anew the items that failed as unsupported and were made by none of these makers. */
#define IDENTIFY_MAKERS 3
enum assay_err identify_job_revive(struct tx *tx, const char *const makers[IDENTIFY_MAKERS],
                                   int64_t *count, struct err *e);

#endif
