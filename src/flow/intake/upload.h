/* Uploads: files that come in over HTTP in parts, go on after a cut, and are taken in like others.
 */
#ifndef FLOW_INTAKE_UPLOAD_H
#define FLOW_INTAKE_UPLOAD_H

#include "flow/flow.h"

#define UPLOAD_PART_MAX  (8 * 1024 * 1024) /* bytes */
#define UPLOAD_PART_MIN  (64 * 1024)       /* but the last: each part is a file of the vault */
#define UPLOAD_NAME_MAX  1024              /* bytes */
#define UPLOAD_URL_MAX   4096
#define UPLOAD_NOTE_MAX  8000
#define UPLOAD_KEEP_DAYS 7 /* an upload that nobody goes on with is taken away after so long */
#define UPLOAD_ROLES     (PEOPLE_INTAKE | PEOPLE_ANALYST)

/* A file that is to come, and what its person says of it. Texts NULL: nothing said. */
struct upload_new {
    int64_t batch_id, size;
    const char *name;      /* or path below a folder */
    int64_t modified_ms;   /* by the client's clock; only tells files of one name apart */
    const uint8_t *sha256; /* or NULL; compared when all is here */
    const char *url, *page_url, *note;
    const char *host_country; /* ISO 3166-1 alpha-2 */
    int64_t found_ms;         /* 0: not known */
    const char *code;         /* own grade, kept as a hidden vote; NULL: none */
    const char *const *tags;
    size_t tag_count;
};

/*
 * Begin, or find the one that is open: the same name, size and modified_ms of the same person in
 * the same batch is the same upload, gone on with from `received`; what was said of it at first
 * stands. Answers an Upload object. ENOTFOUND: no such batch for the caller; ERANGE, EFORMAT: a
 * field, or a grade that the scheme does not allow; ELIMIT: it is too large; ESTATE: too many are
 * open.
 */
enum assay_err intake_upload_start(struct world *w, const struct caller *c,
                                   const struct upload_new *in, struct buf *answer, struct err *e);

/* {"uploads":[...]} of the caller, newest first, with the limits; one's own object. ENOTFOUND. */
enum assay_err intake_uploads(struct world *w, const struct caller *c, struct buf *answer,
                              struct err *e);
enum assay_err intake_upload(struct world *w, const struct caller *c, int64_t id,
                             struct buf *answer, struct err *e);

/*
 * A part, as a stream into the vault in constant memory: begin, feed..., finish. After finish has
 * returned ASSAY_OK its bytes are on the disk; without, free leaves nothing behind. Begin:
 * ENOTFOUND, ESTATE (not open; or the bytes received are not `offset`: the text has their number).
 * Feed and finish: ELIMIT (too long a part), ERANGE (more bytes than were said, or too few), EFULL,
 * EIO.
 */
struct upload_sink;
enum assay_err intake_part_begin(struct world *w, const struct caller *c, int64_t id,
                                 int64_t offset, struct upload_sink **out, struct err *e);
enum assay_err intake_part_feed(struct upload_sink *s, const void *bytes, size_t size,
                                struct err *e);
enum assay_err intake_part_finish(struct upload_sink *s, struct buf *answer, struct err *e);
void intake_part_free(struct upload_sink *s); /* NULL is fine */

/* All bytes are here: from now on the background takes it in. Again: nothing more. ESTATE: not all
 * are here. */
enum assay_err intake_upload_finish(struct world *w, const struct caller *c, int64_t id,
                                    struct buf *answer, struct err *e);
/* Give it up: its bytes are taken away. ESTATE while or after it is taken in. */
enum assay_err intake_upload_drop(struct world *w, const struct caller *c, int64_t id,
                                  struct err *e);

/* Take in the next that is finished; for the background. ENOTFOUND: none waits. EFULL, EIO: it is
 * tried again later. */
enum assay_err intake_upload_next(struct world *w, struct err *e);
/* Take away what was given up, and what nobody went on with; *count is how many. */
enum assay_err intake_upload_sweep(struct world *w, int64_t *count, struct err *e);

#endif
