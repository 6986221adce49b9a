/* Reads bytes at any place, and makes such bytes of an open file. */
#include "base/seekable.h"

#include <errno.h>
#include <unistd.h>

enum assay_err seekable_read(const struct seekable *s, uint64_t offset, void *out, size_t size,
                             struct err *e)
{
    if (offset > s->size || size > s->size - offset)
        return err_set(e, ASSAY_ERANGE, "bytes behind the end were asked for");
    return size == 0 ? ASSAY_OK : s->read(s->ctx, offset, out, size, e);
}

static enum assay_err read_file(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    const int *fd = ctx;
    unsigned char *to = out;

    while (size > 0) {
        ssize_t n = pread(*fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "read");
        if (n == 0)
            return err_set(e, ASSAY_EDAMAGED, "the file became shorter while it was read");
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

struct seekable seekable_of_file(int *fd, uint64_t size)
{
    return (struct seekable){.ctx = fd, .size = size, .read = read_file};
}
