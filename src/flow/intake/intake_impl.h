/* Between the files of intake: one file read, and the notes of a sidecar. */
#ifndef FLOW_INTAKE_INTAKE_IMPL_H
#define FLOW_INTAKE_INTAKE_IMPL_H

#include <fts.h>
#include <pthread.h>

#include "assay/digest.h"
#include "decode/unpack.h"
#include "flow/intake/intake.h"
#include "store/cases.h"
#include "store/item.h"

#define GROUP_FILES 24                 /* a transaction; keeps it well under 50 ms */
#define GROUP_BYTES (16 * 1024 * 1024) /* sealed bytes that may wait for their row */
#define WHOLE_BYTES                                                                                \
    (32 * 1024 * 1024) /* files up to this are held in memory; larger are read twice or sealed     \
                          while they are read */

/* What a sidecar says of a file. Borrowed from struct notes. */
struct note {
    const char *source, *scheme, *code; /* code "" : no grade of the source's own */
    const char *tags;                   /* canonical text */
    const char *url, *page_url, *note;
    const char *host_country; /* NULL: not said */
    int64_t found_ms;         /* 0: not known */
    int64_t staff_id;         /* the person of ours who says it; 0: none */
};

struct notes;
/* Read o->sidecar; rows that are wrong are reported by line through refuse (and recorded by the
 * caller) and left out. */
typedef void notes_refuse_fn(void *ctx, const char *line_and_reason);
enum assay_err notes_load(const struct intake_options *o, const struct scheme *scheme,
                          notes_refuse_fn *refuse, void *ctx, struct notes **out, struct err *e);
/* By path inside the folder, by base name, or by any of the hashes; NULL when the sidecar has none.
 */
const struct note *notes_find(const struct notes *n, const char *path,
                              const struct assay_digests *d);
void notes_free(struct notes *n); /* NULL is fine */

/* A record of a case on its way into the store. */
#define INTAKE_PATH_SIZE 4400 /* of what a record is called */
struct case_line {
    struct case_record_row row; /* without item and what is sealed */
    struct note note;           /* code "": no vote */
    struct buf said;            /* the record's JSON; empty: it could not be read */
    uint64_t line, offset;      /* where in the file it stands */
};

/* A file on its way into the store. */
struct taken {
    char *path;  /* as reported */
    char *inner; /* as stored: the root's base name and what is below it */
    struct assay_digests digests;
    enum decode_type type;
    bool sealed; /* blob is filled and on the disk */
    struct vault_blob blob;
    const struct note *note; /* or NULL */
    struct case_line *line;  /* or NULL */
    enum intake_verdict verdict;
    char reason[256]; /* refused: why */
};

/* Commit a group in one transaction; sets each verdict. */
enum assay_err intake_commit(struct world *w, const struct intake_options *o,
                             const struct batch_key *batch, struct taken *group, size_t count,
                             struct err *e);

/* One import, shared by its threads. */
struct run {
    struct world *world;
    const struct intake_options *options;
    struct intake_counts *counts;
    const struct note *note; /* of all that an archive holds; NULL: as the sidecar says */
    /* Where files come from: a walk through folders, or a list. */
    FTS *walk;
    const struct intake_file *list;
    size_t list_count;
    /* Filled by run_begin. */
    struct batch_key batch;
    struct notes *notes;
    struct unpack_limits unpack;
    pthread_mutex_t lock; /* walk, list, counts, report, failure */
    enum assay_err failure;
    struct err error;
};
/* Read batch, scheme, limits and sidecar; run_end in any case. */
enum assay_err run_begin(struct run *r, struct err *e);
void run_end(struct run *r);

void taken_refuse(struct taken *t, const char *reason);

/* Read an open file, digest it and, if its bytes are new, seal it. A fault of the file refuses it;
 * an error is the vault's. chunk has INTAKE_CHUNK_BYTES. */
#define INTAKE_CHUNK_BYTES (256 * 1024)
enum assay_err intake_take_open(struct run *r, int fd, struct taken *t, unsigned char *chunk,
                                struct err *e);

/* Whether these bytes are an item already. */
enum assay_err run_knows(struct run *r, const uint8_t sha256[32], bool *yes, struct err *e);

/* Commit what was taken (when rc is good), report it, and take away blobs that got no row; frees
 * the paths. A failure, rc or its own, is kept in r and returned. */
enum assay_err run_finish(struct run *r, struct taken *group, size_t n, enum assay_err rc,
                          struct err *e);
/* Count and report something that has no row. */
void run_report(struct run *r, const char *path, enum intake_verdict v, const char *mime);

/* Whether the first bytes of a file say that it holds others: ZIP, or encrypted by age. */
#define ARCHIVE_HEAD_BYTES 4096
bool archive_is(const void *head, size_t size);

/*
 * Take in what an archive holds, and what the archives in it hold, commit and report it all. path
 * and inner as in struct taken; bytes that are no archive are taken as one file of that name. What
 * is wrong with an archive is reported as a refusal; an error is the store's or the vault's.
 */
struct archive_in {
    const char *path, *inner;
    const struct seekable *bytes;
};
enum assay_err archive_take(struct run *r, const struct archive_in *in, struct err *e);

/* Digests of all of an archive's bytes. */
enum assay_err archive_digest(const struct seekable *bytes, struct assay_digests *d, struct err *e);

/* What the record says of one archive. Its maker sets run and inner; the texts are borrowed. */
struct archive_entry {
    const struct run *run;
    const char *inner;
    const char *outcome, *reason; /* of its end: both NULL, it is done */
    /* Filled by archive_record_opening: */
    char sha256[2 * ASSAY_SHA256_BYTES + 1];
    struct audit_event_id event;
    /* Of one writing: */
    enum audit_action action;
    const char *data;
};
struct archive_counts {
    uint64_t entries, refused, bytes; /* plain bytes of what was not refused */
};
/* Before an archive's bytes are opened: no entry, no opening. depth: 1 is the outermost. */
enum assay_err archive_record_opening(struct archive_entry *a, const struct assay_digests *d,
                                      unsigned depth, struct err *e);
/* Afterwards. */
enum assay_err archive_record_end(struct archive_entry *a, const struct archive_counts *n,
                                  struct err *e);

#endif
