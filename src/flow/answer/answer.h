/* Answers to cases: every record that police sent goes back, once, with its grade or the reason for
 * none. doc/answer.md is the format. */
#ifndef FLOW_ANSWER_ANSWER_H
#define FLOW_ANSWER_ANSWER_H

#include "flow/flow.h"
#include "format/profile.h"
#include "store/case_answer.h"

#define CASE_ANSWER_NAME_SIZE 64

/* All borrowed. */
struct case_answer_options {
    struct audit_actor by;
    const char *batch;
    const char *out_dir; /* made where it is not there */
    /* NULL: the one that all of the batch's files were read by. */
    const struct profile *profile;
    const char *profile_text; /* that it was read from */
    bool part;                /* what is settled and no earlier part had */
    int64_t votes;            /* readings of ours that a grade needs; 0: as the profile says */
    void (*progress)(void *ctx, int64_t done, int64_t all); /* NULL: nobody asks */
    void *ctx;
};

struct case_answer_report {
    int64_t number, received, answered; /* of the batch; records */
    int64_t counts[CASE_ANSWER_STATES];
    int64_t differing; /* grades that are not the sender's */
    size_t files;      /* of VICS */
    bool proven;       /* somebody recorded that a tool took what this profile writes */
};

/*
 * Make the batch's next answer and write it as a signed folder, out_dir/answer-BATCH-N, whole or
 * absent; *path (mem_free) is the folder. It is on the record. ENOTFOUND: no such batch. ESTATE: a
 * file of it is not here whole, there is nothing to answer, a grade has no defined Category
 * (nothing is written; the text says which code), the folder is there.
 */
enum assay_err case_answer_make(struct world *w, const struct case_answer_options *o,
                                struct case_answer_report *out, char **path, struct err *e);

/* Write an answer again, the same files: of o only by, batch, out_dir and progress are looked at.
 * ENOTFOUND: the batch has no such answer. EDAMAGED: its files would not be the same. */
enum assay_err case_answer_again(struct world *w, const struct case_answer_options *o,
                                 int64_t number, struct case_answer_report *out, char **path,
                                 struct err *e);

/* Those of a batch, by number: text is borrowed for the call. */
enum assay_err case_answer_list(struct world *w, const char *batch, case_answer_fn *fn, void *ctx,
                                struct err *e);

/* A person loaded what is written by this profile's text into a tool, and it was taken. */
enum assay_err profile_proof_record(struct world *w, struct audit_actor by, const char *name,
                                    const char *text, const char *tool, const char *person,
                                    struct err *e);

/* What is recorded of these very bytes. */
enum assay_err profile_proof_list(struct world *w, const char *text, profile_proof_fn *fn,
                                  void *ctx, struct err *e);

#endif
