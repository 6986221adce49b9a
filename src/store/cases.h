/* Rows of VICS files that were sent, of the cases in them, and of each record. */
#ifndef STORE_CASES_H
#define STORE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define CASE_CONTEXT_SIZE 32

/* Texts are borrowed. */
struct case_file_row {
    int64_t id, batch_id, size, created_ms;
    int64_t done_ms; /* 0: it is being taken in */
    int64_t records;
    uint8_t sha256[32];
    const char *profile, *profile_text;
    char version[CASE_CONTEXT_SIZE], region[CASE_CONTEXT_SIZE];
};
/*
 * Begin with a file, or go on with it: f->id is which, *last the number of its last record that is
 * here. EEXISTS: it is here whole, f->records are in it. ESTATE: it was begun by another profile.
 */
enum assay_err case_file_begin(struct tx *tx, struct case_file_row *f, int64_t *last,
                               struct err *e);
/* All of its records are here. */
enum assay_err case_file_end(struct tx *tx, const struct case_file_row *f, struct err *e);

/* What a case says; once is enough. */
enum assay_err case_head_put(struct tx *tx, int64_t file_id, int64_t number, const void *sealed,
                             size_t size, struct err *e);

enum case_state { CASE_TAKEN, CASE_MISSING, CASE_MISMATCH, CASE_REFUSED };
const char *case_state_name(enum case_state s); /* static */

struct case_record_row {
    int64_t id, file_id, number, case_number;
    enum case_state state;
    int64_t item_id;  /* 0: none */
    int64_t category; /* -1: none */
    bool has_md5, has_sha1, has_sha256;
    uint8_t md5[16], sha1[20], sha256[32];
    const void *said_sealed;
    size_t said_size;
};
/* EEXISTS is no error: a record that is there stays as it was. */
enum assay_err case_record_put(struct tx *tx, const struct case_record_row *r, struct err *e);

/* Files of a batch in the order in which they came; records: those that are here. Borrowed for the
 * call; fn may use the transaction for other statements. */
typedef enum assay_err case_file_fn(struct tx *tx, void *ctx, const struct case_file_row *f,
                                    struct err *e);
enum assay_err case_files(struct tx *tx, int64_t batch_id, case_file_fn *fn, void *ctx,
                          struct err *e);
/* How many records of a file are in each state, by enum case_state. */
#define CASE_STATES 4
enum assay_err case_counts(struct tx *tx, int64_t file_id, int64_t out[CASE_STATES], struct err *e);

/* By number; borrowed for the call. */
typedef enum assay_err case_record_fn(void *ctx, const struct case_record_row *r, struct err *e);
/* Records of a file behind this number, at most 500; *last is the last one's. ENOTFOUND: no more.
 */
enum assay_err case_record_page(struct tx *tx, int64_t file_id, int64_t after, int64_t *last,
                                case_record_fn *fn, void *ctx, struct err *e);

/* Those that are not taken, by number, at most max. */
enum assay_err case_not_taken(struct tx *tx, int64_t file_id, int64_t max, case_record_fn *fn,
                              void *ctx, struct err *e);

#endif
