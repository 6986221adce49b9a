/* An answer on its way out; for the files of this folder. */
#ifndef FLOW_ANSWER_ANSWER_IMPL_H
#define FLOW_ANSWER_ANSWER_IMPL_H

#include "assay/digest.h"
#include "base/json.h"
#include "flow/answer/answer.h"
#include "flow/folder.h"
#include "format/vics_write.h"
#include "scheme/mapping.h"

#define ANSWER_SOFTWARE "assay " /* what a row's software begins with */

/* A file of VICS as it was received. */
struct answered_file {
    int64_t id;
    uint8_t sha256[32];
    char *profile_text;
};

/* A file that was written. */
struct written_file {
    char name[FOLDER_NAME_SIZE];
    int64_t size, records; /* bytes */
    uint8_t sha256[32];
    size_t from; /* the received file, from 0 */
};

/* How many records had this Category and are answered so. */
struct difference_cell {
    int64_t category; /* -1: none */
    char answered[SCHEME_CODE_MAX + 1];
    bool graded; /* answered is a code; else the state */
    int64_t count;
};

/* A file being written: bytes go to the folder and the digest as they come. */
struct outflow {
    struct folder *folder;
    size_t index; /* of the folder's open files */
    struct buf b;
    struct assay_digester *digester;
    int64_t size;
};

/* By what grades become Categories. */
struct answer_rules {
    const struct profile *profile;
    const char *scheme;            /* of the grades */
    const struct mapping *mapping; /* from it to the profile's; NULL: it is the profile's */
};

struct answering {
    struct world *world;
    const struct case_answer_options *o;
    struct arena *arena; /* of the profile, where it is not the caller's, and of the mapping */
    const struct profile *profile;
    struct answer_rules rules;
    const struct scheme *scheme; /* that the batch is graded under */
    struct case_answer_row row;
    struct case_answer_report *report;
    struct vics_shape shape;
    struct folder folder;
    struct answered_file *received;
    size_t received_count;
    struct written_file *written;
    size_t written_count;
    struct difference_cell *cells;
    size_t cell_count;
    int64_t done; /* records that are written */
    /* Of the file that is being written: */
    struct outflow out;
    struct vics_writer writer;
    size_t part; /* of the received file, from 1 */
    int64_t records, case_number;
    struct outflow differences;
    struct json_out differences_out;
};

/* What a grade is written as. */
struct answer_value {
    int64_t category;
    bool exact;
};
/* False: undefined. */
bool answer_value(const struct answer_rules *r, const char *code, const char *tags,
                  struct answer_value *out);

/* The form of a document by the profile. */
struct vics_shape answer_shape(const struct profile *p, bool flat);

/* A record with what we say of it: said as it was received, or NULL; reason: why it was not taken,
 * or NULL. A grade has a value. */
void answer_say(struct vics_writer *w, const struct answer_rules *r,
                const struct case_answer_line *l, const struct json *said, const char *reason);

/* Choose the rows: in one transaction all that is checked before anything is written. */
enum assay_err answer_choose(struct answering *a, struct err *e);

enum assay_err outflow_begin(struct outflow *o, struct folder *f, size_t index, const char *name,
                             struct err *e);
/* What is in o->b goes out when it is much. */
enum assay_err outflow_flush(struct outflow *o, struct err *e);
/* All of it is on the disk; *w but for records and from. */
enum assay_err outflow_end(struct outflow *o, const char *name, struct written_file *w,
                           struct err *e);
void outflow_clear(struct outflow *o); /* in any case; also when it never began */

/* The files that were received, and their end. */
enum assay_err answer_find_received(struct answering *a, struct err *e);
void answer_forget_received(struct answering *a);

/* All files of VICS and the report of differences, into the folder. */
enum assay_err answer_write_files(struct answering *a, struct err *e);
/* SHA-256 over the lines "NAME SIZE SHA256\n" of the files written. */
void answer_content(const struct answering *a, uint8_t out[32]);
/* The manifest and its signature, into the folder. */
enum assay_err answer_write_manifest(struct answering *a, const uint8_t content_sha256[32],
                                     struct err *e);

/* One record's line, into the file that is being written. */
enum assay_err answer_media(struct answering *a, const struct case_answer_line *l, struct err *e);

/* SHA-256 of a profile's text: what a proof is of. */
enum assay_err profile_digest(const char *text, uint8_t out[32], struct err *e);

/* Where our grade is not the sender's. */
void differences_begin(struct answering *a);
enum assay_err differences_add(struct answering *a, struct tx *tx, const struct case_answer_line *l,
                               size_t file, struct err *e);
void differences_end(struct answering *a);

#endif
