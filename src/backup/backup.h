/* Backups: made while others work, verified to the last byte, restored into an empty place. */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include <stdint.h>

#include "backup/manifest.h"
#include "base/err.h"
#include "flow/flow.h"
#include "store/backup.h"

/* doc/backup.md is the format. `repository` is DIR there: a folder of backups of one workspace. */

/* Progress: what is being done, and how much of it; total 0 when that is not known. */
struct backup_watch {
    void (*step)(void *ctx, const char *what, uint64_t done, uint64_t total);
    void *ctx;
};

struct backup_report {
    char name[BACKUP_NAME_SIZE];
    uint64_t files, bytes;               /* of the backup */
    uint64_t copied_files, copied_bytes; /* blobs that the repository lacked */
    int64_t entries;                     /* of the record, under the backup's head */
};

/*
 * Make a backup of an open workspace. Nobody waits for it. What was cut off before is gone on with;
 * on an error earlier backups stand as they were. ERANGE (a repository in DATA or around it),
 * ESTATE (another workspace's, or no repository and not empty), EBUSY (another backup is being
 * made; a blob was replaced meanwhile), EFULL, EIO, EDAMAGED. Row and record entry are written.
 */
enum assay_err backup_make(struct world *w, const char *repository,
                           const struct backup_watch *watch, struct backup_report *out,
                           struct err *e);

/*
 * Read every byte of a backup (name NULL: the newest). minisign_key: the text of a release public
 * key, by which the signature must be; NULL: the one that lies in the backup, which proves that
 * nothing broke, not whose it is. ENOTFOUND, EFORMAT, EVERSION, EDAMAGED (names the first file).
 */
enum assay_err backup_verify(const char *repository, const char *name, const char *minisign_key,
                             const struct backup_watch *watch, struct backup_report *out,
                             struct err *e);

struct backup_source {
    const char *repository, *name; /* name NULL: the newest */
    const struct keys_place *place;
};
struct backup_target {
    const char *data_dir, *store_url; /* url NULL: SQLite */
};

/*
 * Fill an empty folder (and an empty PostgreSQL database) from a backup; a restore that was cut off
 * is run again. The site key must open the backup. On return it is a workspace, on the disk, that
 * nobody has opened; its counts are still to be held against the manifest (backup_compare). EEXISTS
 * (the folder or database holds something), EKEY, ESTATE (the engine is another), EVERSION,
 * EDAMAGED, EFULL, EIO.
 */
enum assay_err backup_restore(const struct backup_source *from, const struct backup_target *to,
                              const struct backup_watch *watch, struct backup_report *out,
                              struct err *e);

/* A restored workspace has what the backup's manifest says. EDAMAGED names the first difference.
 * Before anything is written to it. */
enum assay_err backup_compare(struct world *restored, const struct backup_source *from,
                              struct err *e);

/* Entry and, for BACKUP_TESTED, row of what was done with a backup. */
enum assay_err backup_note_tested(struct world *w, const struct backup_report *r, int64_t took_ms,
                                  struct err *e);
enum assay_err backup_note_restored(struct world *w, const struct backup_report *r, struct err *e);

/* {"last_backup":...,"last_test":...,"backups":[...]} as in the OpenAPI file; the newest 100. */
enum assay_err backup_list(struct store *s, struct buf *answer, struct err *e);

#endif
