/* Lists of hashes and their rows, and the order in which rows changed. doc/store.md knows more. */
#ifndef STORE_LIST_H
#define STORE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define LIST_NAME_MAX 40 /* characters, of a-z 0-9 . _ - */

/* ---- lists ---- */

/* Texts and bytes are borrowed, for as long as the call or the callback. */
struct list_row_head {
    int64_t id;
    const char *name;
    const char *kind;    /* hashes, own, known_good, never_export, test, client */
    const char *trust;   /* trusted, candidate */
    const char *confirm; /* hidden_vote, one; as read alone */
    const void *about_sealed;
    size_t about_size;
    int64_t version; /* the last that was imported whole; 0: none */
    int64_t created_by, created_ms;
    /* Of list_each alone, of rows that are in the list: */
    int64_t hits, off, quarantined; /* items matched; rows switched off; rows in quarantine */
    int64_t expires_ms;             /* the last of its rows to expire; 0: none does */
};
/* version is not looked at. EEXISTS: the name, or a second list of one's own. */
enum assay_err list_insert(struct tx *tx, const struct list_row_head *l, struct err *e);

typedef enum assay_err list_each_fn(void *ctx, const struct list_row_head *l, int64_t rows,
                                    struct err *e);
/* By name, those that are not removed; rows: that are in the list now. id: that one alone, 0: all.
 */
enum assay_err list_each(struct tx *tx, int64_t id, list_each_fn *fn, void *ctx, struct err *e);
/* The same without its count, which costs time where there are many rows. ENOTFOUND. */
enum assay_err list_head(struct tx *tx, int64_t id, list_each_fn *fn, void *ctx, struct err *e);
/* Ids and kinds alone, which costs the same however many rows there are. */
typedef enum assay_err list_kind_fn(void *ctx, int64_t id, const char *kind, struct err *e);
enum assay_err list_kinds(struct tx *tx, list_kind_fn *fn, void *ctx, struct err *e);
/* One that is not removed. ENOTFOUND. */
enum assay_err list_find(struct tx *tx, const char *name, int64_t *id, struct err *e);
/* What its exact hashes with a grade do: hidden_vote, one. */
enum assay_err list_set_confirm(struct tx *tx, int64_t id, const char *confirm, struct err *e);
/* From now on it is in no answer, and its name is free: it is called NAME~ID where it is told of.
 * Its rows go by list_drop_page, with a version that none has.
 * ENOTFOUND. */
enum assay_err list_set_removed(struct tx *tx, int64_t id, int64_t now_ms, struct err *e);

/* ---- versions ---- */

struct list_version_row {
    int64_t list_id, version;
    uint8_t file_sha256[32];
    const char *form;
    int64_t staff_id, started_ms, done_ms; /* 0: nobody; done 0: under way */
    int64_t records, added, removed, refused;
};
/*
 * Begin the next version, or go on with the one under way: v->version is which. list_id,
 * file_sha256, form, staff_id and started_ms are the caller's. EEXISTS: the last version is of this
 * very file. ESTATE: the one under way is of another file.
 */
enum assay_err list_version_begin(struct tx *tx, struct list_version_row *v, struct err *e);
/* Its counts as they stand; done_ms not 0: it is the list's version from now on. */
enum assay_err list_version_put(struct tx *tx, const struct list_version_row *v, struct err *e);
typedef enum assay_err list_version_fn(void *ctx, const struct list_version_row *v, struct err *e);
/* Newest first, at most 100. */
enum assay_err list_versions(struct tx *tx, int64_t list_id, list_version_fn *fn, void *ctx,
                             struct err *e);

/* ---- rows ---- */

enum list_hash { LIST_MD5 = 1, LIST_SHA1 = 2, LIST_SHA256 = 4, LIST_PDQ = 8, LIST_ORIENTED = 16 };

/* Texts and bytes are borrowed. */
struct list_record {
    int64_t id, list_id, item_id;
    unsigned has;         /* enum list_hash */
    uint8_t identity[32]; /* SHA-256 of all its hashes: what makes two records of a list one */
    uint8_t md5[16], sha1[20], sha256[32], pdq[32], pdq_oriented[32];
    int64_t pdq_quality; /* -1: the list does not say */
    const char *scheme;  /* NULL, as code, where the list gives no grade */
    int64_t scheme_version;
    const char *code, *tags;
    const void *details_sealed;
    size_t details_size;
    int64_t expires_ms; /* 0: never */
    /* Below: as read; not looked at when put. */
    bool live; /* in the list and not switched off: it may match */
    int64_t first_version, removed_version, off_ms, off_by, hits, quarantined_ms;
    const void *off_reason_sealed;
    size_t off_reason_size;
};

enum list_put { LIST_ADDED, LIST_CHANGED, LIST_SAME };
/* Put the record into its list as of this version: added, back again, changed in what the list says
 * of it, or there already. r->id becomes the row's. At least one hash. */
enum assay_err list_put(struct tx *tx, struct list_record *r, int64_t version, enum list_put *what,
                        struct err *e);
/* Take out of the list up to 500 rows that this version does not have. *count 0: no more. */
enum assay_err list_drop_page(struct tx *tx, int64_t list_id, int64_t version, int64_t *count,
                              struct err *e);
/* Take one row out of its list. ENOTFOUND: it is not in that list. */
enum assay_err list_take_out(struct tx *tx, int64_t list_id, int64_t row_id, int64_t version,
                             struct err *e);
/* ENOTFOUND. fn is called once. */
typedef enum assay_err list_record_fn(void *ctx, const struct list_record *r, struct err *e);
enum assay_err list_get(struct tx *tx, int64_t row_id, list_record_fn *fn, void *ctx,
                        struct err *e);
/* Rows that are in the list, by id, after the given one, at most 500. *last is the last id.
 * ENOTFOUND: no more. list_id 0: of all lists that are not removed. */
enum assay_err list_page(struct tx *tx, int64_t list_id, int64_t after, int64_t *last,
                         list_record_fn *fn, void *ctx, struct err *e);

/* Rows that are in the list and switched off or in quarantine, by id, at most max. */
enum assay_err list_held(struct tx *tx, int64_t list_id, int64_t max, list_record_fn *fn, void *ctx,
                         struct err *e);

/* Ids of rows that are in this list and have one hash of LIST_MD5 to LIST_PDQ, at most max. */
struct list_hash_key {
    enum list_hash which;
    const void *bytes;
    size_t size;
};
enum assay_err list_rows_of_hash(struct tx *tx, int64_t list_id, const struct list_hash_key *key,
                                 int64_t *out, size_t max, size_t *count, struct err *e);

struct list_switch {
    int64_t staff_id, now_ms;
    const void *reason_sealed; /* NULL: on again */
    size_t reason_size;
};
/* Switch one row off or on. ESTATE: it is so already. ENOTFOUND. */
enum assay_err list_switch(struct tx *tx, int64_t row_id, const struct list_switch *s,
                           struct err *e);
/* Both that a person may have switched it off and that too many hits put it in quarantine end.
 * ESTATE: neither was so. ENOTFOUND. */
enum assay_err list_switch_on(struct tx *tx, int64_t row_id, struct err *e);
/* Count an item that matched the row. *flooded: this is the first of the day beyond limit (1 or
 * more), and the row is in quarantine from now on. */
enum assay_err list_hit(struct tx *tx, int64_t row_id, int64_t now_ms, int64_t limit, bool *flooded,
                        struct err *e);
/* How many rows of all lists are in quarantine. */
enum assay_err list_quarantined(struct tx *tx, int64_t *count, struct err *e);
/* End the quarantine of a row. ESTATE: it is in none. ENOTFOUND. */
enum assay_err list_end_quarantine(struct tx *tx, int64_t row_id, struct err *e);

/* ---- what changed ---- */

/* The number of the last change; 0: none yet. */
enum assay_err list_clock(struct tx *tx, int64_t *seq, struct err *e);
/* Rows that changed after this number, as they are now, at most 500; *last is the last number read.
 * ENOTFOUND: no more. */
enum assay_err list_changes(struct tx *tx, int64_t after, int64_t *last, list_record_fn *fn,
                            void *ctx, struct err *e);

#endif
