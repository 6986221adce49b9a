/* A backup that is there: its manifest, signed, and its list of files, whole. */
#ifndef BACKUP_OPENED_H
#define BACKUP_OPENED_H

#include <limits.h>

#include "backup/backup.h"
#include "backup/copy.h"
#include "backup/list.h"

struct opened {
    struct arena *arena;
    const char *repository;
    char name[BACKUP_NAME_SIZE];
    char folder[PATH_MAX]; /* DIR/NAME */
    struct buf text, signature;
    struct backup_manifest manifest;
};

/* Read manifest and signature of a backup (name NULL: the newest); nothing is believed yet. Close
 * in any case. */
enum assay_err opened_open(struct opened *o, const char *repository, const char *name,
                           struct err *e);
void opened_close(struct opened *o);

/* The signature is by this key (the text of a minisign public key file) and the list of files is
 * the one that was signed. */
enum assay_err opened_verify(const struct opened *o, const char *minisign_key, struct err *e);

/* The file that a line stands for, in the repository. */
void opened_path(const struct opened *o, const struct list_line *line, char out[PATH_MAX]);

void opened_report(const struct opened *o, struct backup_report *out);

#endif
