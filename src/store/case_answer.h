/* Rows of answers to cases: what goes back for each record, as it stood when the answer was made.
 */
#ifndef STORE_CASE_ANSWER_H
#define STORE_CASE_ANSWER_H

#include "store/cases.h"

enum case_answer_state {
    CASE_ANSWER_GRADED,
    CASE_ANSWER_CANNOT_BE_ASSESSED,
    CASE_ANSWER_MEDIA_MISSING,
    CASE_ANSWER_MEDIA_MISMATCH,
    CASE_ANSWER_RECORD_REFUSED,
    CASE_ANSWER_CANNOT_BE_DECODED,
    CASE_ANSWER_TYPE_NOT_SUPPORTED,
    CASE_ANSWER_WAITING, /* from here on: not settled, which a part leaves out */
    CASE_ANSWER_DISPUTED,
    CASE_ANSWER_TOO_FEW_VOTES
};
#define CASE_ANSWER_STATES 10
const char *case_answer_state_name(enum case_answer_state s); /* "graded" ...; static */

/* Texts are borrowed. */
struct case_answer_row {
    int64_t id, batch_id, number, votes, created_ms;
    bool part, written;
    uint8_t content_sha256[32];
    const char *profile, *profile_text, *software;
    const char *scheme; /* of the batch */
};

/* The next number of the batch. Answers of it that were begun and never written are forgotten. */
enum assay_err case_answer_put(struct tx *tx, struct case_answer_row *r, struct err *e);
/* A row for each record of the batch, by what stands now; of a part, those that are settled and
 * that no earlier part had. *count is how many. */
enum assay_err case_answer_fill(struct tx *tx, const struct case_answer_row *r, int64_t *count,
                                struct err *e);
/* Graded with this code: no grade, but that it cannot be assessed. */
enum assay_err case_answer_set_apart(struct tx *tx, int64_t answer_id, const char *code,
                                     struct err *e);
/* Its files are on the disk. */
enum assay_err case_answer_written(struct tx *tx, int64_t answer_id,
                                   const uint8_t content_sha256[32], struct err *e);
typedef enum assay_err case_answer_fn(void *ctx, const struct case_answer_row *r, struct err *e);
/* Those of a batch that are written, by number; the one of a number alone when it is not 0. */
enum assay_err case_answer_each(struct tx *tx, int64_t batch_id, int64_t number, case_answer_fn *fn,
                                void *ctx, struct err *e);

/* How many records of a batch there are; *being_taken: files of it that are not here whole. */
enum assay_err case_answer_received(struct tx *tx, int64_t batch_id, int64_t *records,
                                    int64_t *being_taken, struct err *e);
/* Rows of one file (0: of all) by state; and of all, by code and tags of what is graded. */
enum assay_err case_answer_counts(struct tx *tx, int64_t answer_id, int64_t file_id,
                                  int64_t out[CASE_ANSWER_STATES], struct err *e);
struct case_answer_grade {
    const char *code, *tags; /* borrowed for the call */
    int64_t records;
};
typedef enum assay_err case_answer_grade_fn(void *ctx, const struct case_answer_grade *g,
                                            struct err *e);
enum assay_err case_answer_grades(struct tx *tx, int64_t answer_id, case_answer_grade_fn *fn,
                                  void *ctx, struct err *e);

/* Rows of a case in a file (0: of no case). */
enum assay_err case_answer_in_case(struct tx *tx, int64_t answer_id, int64_t file_id,
                                   int64_t case_number, int64_t *count, struct err *e);
/* What a case said beside its media, sealed; borrowed until the call returns. ENOTFOUND. */
enum assay_err case_head_get(struct tx *tx, int64_t file_id, int64_t number,
                             void (*fn)(void *ctx, const void *sealed, size_t size), void *ctx,
                             struct err *e);

/* One record with what stands for it; borrowed for the call. */
struct case_answer_line {
    struct case_record_row record;
    enum case_answer_state state;
    int64_t readings;
    bool has_item; /* what follows is of its bytes; hashes in the record are as it said */
    uint8_t md5[16], sha1[20], sha256[32];
    int64_t size;
    const char *mime;
    bool has_pdq; /* one to match on */
    uint8_t pdq[32];
    int64_t decision_id, task_id, scheme_version, decided_ms; /* 0: none */
    const char *code, *tags, *basis;                          /* NULL: none */
};
typedef enum assay_err case_answer_line_fn(void *ctx, const struct case_answer_line *l,
                                           struct err *e);
/* Of a file, behind this number, at most 500; *last is the last one's. ENOTFOUND: no more. */
enum assay_err case_answer_page(struct tx *tx, int64_t answer_id, int64_t file_id, int64_t after,
                                int64_t *last, case_answer_line_fn *fn, void *ctx, struct err *e);

/* Why a third reader settled a task as they did, the latest: its reading and the sealed text.
 * ENOTFOUND. */
enum assay_err case_answer_settled(struct tx *tx, int64_t task_id,
                                   void (*fn)(void *ctx, int64_t reading_id, const void *sealed,
                                              size_t size),
                                   void *ctx, struct err *e);

/* ---- proof ---- */

/* Once for a profile and tool is enough. */
struct profile_proof_row {
    uint8_t profile_sha256[32];
    const char *tool, *person;
    int64_t created_ms;
};
enum assay_err profile_proof_put(struct tx *tx, const struct profile_proof_row *p, struct err *e);
typedef void profile_proof_fn(void *ctx, const struct profile_proof_row *p);
enum assay_err profile_proof_each(struct tx *tx, const uint8_t profile_sha256[32],
                                  profile_proof_fn *fn, void *ctx, struct err *e);

#endif
