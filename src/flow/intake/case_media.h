/* Media of a case, found by path and by hash: in the folder that they lie in, or of a ZIP. */
#ifndef FLOW_INTAKE_CASE_MEDIA_H
#define FLOW_INTAKE_CASE_MEDIA_H

#include "assay/digest.h"
#include "decode/decode.h"
#include "format/vics_media.h"
#include "vault/vault.h"

struct case_media;

/* One of them. Of a file in a folder only path and digests are set. */
struct case_entry {
    char *path; /* below the folder or in the ZIP, without "." and doubled slashes */
    struct assay_digests digests;
    const char *fault; /* static: why it cannot be used, with no digests then; NULL: it can */
    enum decode_type type;
    bool sealed; /* blob is on the disk and belongs to this entry */
    struct vault_blob blob;
    uint64_t group; /* for who takes it in: the last group of records that it went with */
};

/* Media in a folder. ENOTFOUND, EIO: the folder. */
enum assay_err case_media_open(const char *folder, struct case_media **out, struct err *e);
/* Media in a ZIP, none yet. */
struct case_media *case_media_new(void);
/* One more of them, before any is looked for; back-slashes count as slashes. It lives as long as
 * m. */
struct case_entry *case_media_add(struct case_media *m, const char *name);
/* In the order of adding; NULL behind the last one. */
struct case_entry *case_media_entry(const struct case_media *m, size_t index);
/* Where in the ZIP paths begin from now on (kept; "": at its root). */
void case_media_below(struct case_media *m, const char *folder);
void case_media_close(struct case_media *m); /* NULL is fine; blobs are the caller's */

struct case_found {
    int fd;                   /* an open file of the folder, the caller's; or -1 */
    struct case_entry *entry; /* of the ZIP; or NULL */
};

/*
 * What RelativeFilePath names, never outside of the folder or the ZIP and over no symbolic link; a
 * name that two entries of a ZIP have is none's. Where there is nothing, what has the strongest
 * hash that is there, among all files of the folder, which are all read for that the first time, or
 * all entries. EIO: the folder cannot be walked.
 */
enum assay_err case_media_find(struct case_media *m, const struct vics_media *v,
                               struct case_found *out, struct err *e);

/* Digests of an open file's bytes from where it stands; false: it cannot be read. */
bool case_media_digest(int fd, struct assay_digests *out);

#endif
