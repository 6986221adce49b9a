/* Files written so that "done" means "on the disk". */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Write all of it, over short writes and EINTR. EFULL, EIO. */
enum assay_err fs_write_all(int fd, const void *bytes, size_t size, struct err *e);

/* fsync(2). An error means that the bytes may be lost for good: never call it saved, never retry.
 */
enum assay_err fs_sync(int fd, struct err *e);

/* fsync of a folder, so that names made or removed in it are on the disk. */
enum assay_err fs_sync_dir(const char *path, struct err *e);

/* All bytes of a file, appended to b. ENOTFOUND, EDENIED, EIO, ELIMIT (larger than b's maximum),
 * EUNSUPPORTED (not a regular file). Symbolic links are followed. */
enum assay_err fs_read_file(const char *path, struct buf *b, struct err *e);

/* Replace path whole: temporary file beside it with the given mode, write, fsync, rename, fsync of
 * the folder. On an error the old file stands. */
enum assay_err fs_replace(const char *path, const void *bytes, size_t size, mode_t mode,
                          struct err *e);

/* The same, but the file must not exist yet: EEXISTS. On any other error it does not exist. */
enum assay_err fs_create(const char *path, const void *bytes, size_t size, mode_t mode,
                         struct err *e);

/* mkdir -p with the given mode for the last part and parents alike; fine when it exists. The
 * folders made are on the disk on return. */
enum assay_err fs_make_dirs(const char *path, mode_t mode, struct err *e);

#endif
