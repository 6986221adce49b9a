/* Memory files that carry bytes to a child and back. */
#ifndef DECODE_MEMFD_H
#define DECODE_MEMFD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct memfd_part {
    const void *bytes;
    size_t size;
};

/* A memory file of the parts, one behind the other, sealed against every change. *fd is 16 or
 * higher and the caller's to close. EIO, ELIMIT (no memory). */
enum assay_err memfd_input(const struct memfd_part *parts, size_t count, int *fd, struct err *e);

/* An empty memory file of size bytes, sparse, sealed against shrinking and growing. As above. */
enum assay_err memfd_output(size_t size, int *fd, struct err *e);

/* An empty memory file of size bytes, sparse, sealed against shrinking and growing: *fd to write
 * and to give memory back, *read_fd to read alone, for a child. Both as above. */
enum assay_err memfd_region(size_t size, int *fd, int *read_fd, struct err *e);

/* Give the memory of its first size bytes back; they are zero afterwards. */
void memfd_punch(int fd, size_t size);

/* Copy size bytes at offset out of it. EIO. */
enum assay_err memfd_read(int fd, uint64_t offset, void *out, size_t size, struct err *e);

#endif
