/* Between the files of lists: reading a file of hashes into records that the store takes. */
#ifndef FLOW_LISTS_LISTS_IMPL_H
#define FLOW_LISTS_LISTS_IMPL_H

#include <stdio.h>

#include "flow/lists/lists.h"
#include "format/listfile.h"
#include "store/list.h"

/* Why no hash of the record may stand in a list; NULL: it may. What must not be matched on is taken
 * away. */
const char *lists_judge(struct listfile_record *r);

/* Open a regular file for reading and tell its SHA-256. ENOTFOUND, EFORMAT, EIO. */
enum assay_err lists_open(const char *path, FILE **out, uint8_t sha256[32], struct err *e);
/* The same of bytes, which are borrowed until the file is closed. */
enum assay_err lists_open_bytes(const void *bytes, size_t size, FILE **out, uint8_t sha256[32],
                                struct err *e);

/* Read what lists_open gave, by its path; or with path NULL bytes. A file of SQLite is NSRL's of
 * version 3, whose lines are the numbers of its rows; all else is as listfile_read takes it. */
enum assay_err lists_read(const char *path, FILE *f, const struct listfile_sink *sink,
                          enum listfile_form *form, struct err *e);

#endif
