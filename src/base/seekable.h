/* Bytes of a known size that can be read at any place: a file, a sealed blob, an encrypted file. */
#ifndef BASE_SEEKABLE_H
#define BASE_SEEKABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * So an archive can be read without its bytes ever lying plain on a disk. ctx is the maker's and
 * outlives it. One thread at a time.
 */
struct seekable {
    void *ctx;
    uint64_t size; /* bytes; never changes */
    /* Exactly size bytes from offset, which lie inside; called by seekable_read only. */
    enum assay_err (*read)(void *ctx, uint64_t offset, void *out, size_t size, struct err *e);
};

/* Exactly size bytes from offset into out. ERANGE when they do not lie inside; else the maker's
 * errors: EIO, EDAMAGED. */
enum assay_err seekable_read(const struct seekable *s, uint64_t offset, void *out, size_t size,
                             struct err *e);

/* The size bytes of an open file; *fd is borrowed and read by pread(2). A file that became
 * shorter is EDAMAGED. */
struct seekable seekable_of_file(int *fd, uint64_t size);

#endif
