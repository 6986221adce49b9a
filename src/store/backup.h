/* Rows of backups that were made and of restores that were tried. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define BACKUP_NAME_SIZE 32 /* 20261122T193000Z, with room for more, and a NUL */

enum backup_act { BACKUP_MADE, BACKUP_TESTED };
const char *backup_act_name(enum backup_act act);

struct backup_row {
    int64_t id;
    enum backup_act act;
    char name[BACKUP_NAME_SIZE];
    int64_t entries; /* of the record */
    int64_t files, size_bytes, took_ms, done_ms;
};
enum assay_err backup_insert(struct tx *tx, const struct backup_row *b, struct err *e);

/* The last of its kind; ENOTFOUND. */
enum assay_err backup_last(struct tx *tx, enum backup_act act, struct backup_row *out,
                           struct err *e);

/* The newest first, at most max. */
typedef void backup_each_fn(void *ctx, const struct backup_row *b);
enum assay_err backup_each(struct tx *tx, int64_t max, backup_each_fn *fn, void *ctx,
                           struct err *e);

#endif
