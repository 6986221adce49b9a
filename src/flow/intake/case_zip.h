/* A case inside a ZIP: its documents of VICS, and its media, which only the sandbox unpacks. */
#ifndef FLOW_INTAKE_CASE_ZIP_H
#define FLOW_INTAKE_CASE_ZIP_H

#include "flow/intake/case_media.h"
#include "flow/intake/intake_impl.h"

#define CASE_ZIP_DOCUMENTS_MAX 1000

struct case_zip;

enum case_zip_use {
    CASE_ZIP_DOCUMENTS, /* media are elsewhere */
    CASE_ZIP_DIGESTS,   /* media are looked at, and nothing of them is kept */
    CASE_ZIP_SEAL       /* media whose bytes are new are sealed in the vault */
};

struct case_zip_in {
    const char *path; /* of the archive */
    struct decode_env *decode;
    struct unpack_limits limits;
    enum case_zip_use use;
    struct run *run; /* NULL: no workspace, so nothing is on the record; not with CASE_ZIP_SEAL */
};

/* Whether a file's first bytes are a ZIP's; false too when it cannot be read. */
bool case_zip_is(const char *path);

/*
 * Unpack it once from its first entry to its last, in constant memory but for some 400 bytes an
 * entry. A document is an entry that ends in .json and begins as VICS; all others are media. An
 * entry with a fault (doc/archives.md) is kept as one that cannot be used, unless it ends in .json.
 * EFORMAT: no ZIP, no document in it, or one that cannot be read; ELIMIT, EDAMAGED, EUNSUPPORTED as
 * of unpack_zip; or what the store or the vault answered.
 */
enum assay_err case_zip_open(const struct case_zip_in *in, struct case_zip **out, struct err *e);
/* Takes sealed media away that still belong to their entries. NULL is fine. */
void case_zip_close(struct case_zip *z);

struct case_media *case_zip_media(struct case_zip *z);
/* The names of its documents, in the order of the archive; NULL behind the last one. */
const char *case_zip_document(const struct case_zip *z, size_t index);

/*
 * A document's bytes, to be read from *fd up to its end. They are unpacked once more meanwhile, by
 * a thread of its own: a document may be larger than memory, and must lie in clear nowhere. One at
 * a time, and case_zip_read_end in any case, which closes fd and says what was wrong with the
 * archive, if anything was; to stop reading early is fine.
 */
enum assay_err case_zip_read(struct case_zip *z, size_t index, int *fd, struct err *e);
enum assay_err case_zip_read_end(struct case_zip *z, int fd, struct err *e);

#endif
