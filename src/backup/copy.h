/* Files copied, written and hashed; on the disk only when the caller says so for all of them. */
#ifndef BACKUP_COPY_H
#define BACKUP_COPY_H

#include <stdint.h>

#include "base/err.h"

struct copy_sum {
    uint8_t sha256[32];
    uint64_t size; /* bytes */
};

/* ENOTFOUND, EIO, EUNSUPPORTED (no regular file). Links are not followed. */
enum assay_err copy_hash(const char *path, struct copy_sum *out, struct err *e);

/* Copy into a new file (EEXISTS); folders are made. On an error there is none. */
enum assay_err copy_file(const char *from, const char *to, struct copy_sum *out, struct err *e);

/* Write a new file. */
enum assay_err copy_write(const char *to, const void *bytes, size_t size, struct copy_sum *out,
                          struct err *e);

/* All that was written to the file system of this folder is on the disk. */
enum assay_err copy_sync(const char *folder, struct err *e);

/* Remove a folder and all that is in it; missing is fine. */
enum assay_err copy_remove(const char *folder, struct err *e);

#endif
