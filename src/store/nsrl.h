/* NSRL's data set of version 3, an SQLite file that somebody else made: read and never trusted. */
#ifndef STORE_NSRL_H
#define STORE_NSRL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NSRL_MAGIC "SQLite format 3" /* with its NUL, the first 16 bytes of such a file */

/* The hashes of a row as hex of either case, or whatever stands there; NULL: none, or no text.
 * Borrowed for the call. */
struct nsrl_row {
    uint64_t number; /* from 1, in the file's order */
    const char *md5, *sha1, *sha256;
};
/* Anything but ASSAY_OK ends the reading and is returned. */
typedef enum assay_err nsrl_take(void *ctx, const struct nsrl_row *row, struct err *e);

/*
 * Give each row of the table METADATA, or where there is none of FILE; views, triggers, functions
 * and virtual tables of the file are never run. The file must not change meanwhile.
 * EFORMAT: it has no such table with a column md5, sha1 or sha256, is damaged, or a row takes too
 * much work. EIO, ENOMEM.
 */
enum assay_err nsrl_read(const char *path, nsrl_take *take, void *ctx, struct err *e);

#endif
