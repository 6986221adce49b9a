/* The folder that holds a workspace's backups, and the blobs that they share. */
#ifndef BACKUP_REPOSITORY_H
#define BACKUP_REPOSITORY_H

#include <limits.h>

#include "backup/backup.h"
#include "backup/list.h"

#define REPOSITORY_VAULT "vault"
#define REPOSITORY_TEMP  ".tmp-" /* then the backup's name: one that is not whole */

struct repository {
    const char *path;
    const char *data_dir;
    int lock;
    int list;                /* DIR/vault/list, to be appended to */
    struct list_blobs blobs; /* that the list names */
    struct buf lines;        /* of blobs that are not known to be on the disk */
    uint64_t lines_count, lines_bytes;
    uint64_t copied_files, copied_bytes;
    const struct backup_watch *watch;
};

/* Make or open it for writing, locked. Close in any case. */
enum assay_err repository_open(struct repository *r, const struct world *w, const char *path,
                               const struct backup_watch *watch, struct err *e);
void repository_close(struct repository *r);

/* Copy one blob of DATA/vault, by its name of 64 hex digits, unless it is there whole. ENOTFOUND:
 * DATA has it no more. */
enum assay_err repository_take(struct repository *r, const char *name, struct err *e);

/* All that was taken is on the disk and in the list. */
enum assay_err repository_flush(struct repository *r, struct err *e);

/* The name of the newest backup, into out of BACKUP_NAME_SIZE. ENOTFOUND. */
enum assay_err repository_newest(const char *path, char *out, struct err *e);
/* Whether it is a name that backups have. */
bool repository_is_name(const char *name);

#endif
