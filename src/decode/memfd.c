/* Sealed memory files: what was sealed cannot change size under the reader. */
#include "decode/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"

static enum assay_err make(const char *name, int *fd, struct err *e)
{
    int low = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), high;

    if (low < 0)
        return err_errno(e, "decoder: make a memory file");
    high = fcntl(low, F_DUPFD_CLOEXEC, 16);
    (void)close(low);
    if (high < 0)
        return err_errno(e, "decoder: make a memory file");
    *fd = high;
    return ASSAY_OK;
}

enum assay_err memfd_input(const struct memfd_part *parts, size_t count, int *out, struct err *e)
{
    enum assay_err rc;
    int fd;

    if ((rc = make("assay-in", &fd, e)) != ASSAY_OK)
        return rc;
    for (size_t i = 0; i < count; i++)
        if ((rc = fs_write_all(fd, parts[i].bytes, parts[i].size, e)) != ASSAY_OK)
            goto out;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        rc = err_errno(e, "decoder: seal a memory file");
        goto out;
    }
    *out = fd;
    return ASSAY_OK;
out:
    (void)close(fd);
    return rc;
}

enum assay_err memfd_output(size_t size, int *out, struct err *e)
{
    enum assay_err rc;
    int fd;

    if ((rc = make("assay-out", &fd, e)) != ASSAY_OK)
        return rc;
    if (ftruncate(fd, (off_t)size) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        rc = err_errno(e, "decoder: seal a memory file");
        (void)close(fd);
        return rc;
    }
    *out = fd;
    return ASSAY_OK;
}

enum assay_err memfd_region(size_t size, int *fd, int *read_fd, struct err *e)
{
    enum assay_err rc = memfd_output(size, fd, e);
    char path[64];
    int low, high;

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    low = open(path, O_RDONLY | O_CLOEXEC);
    high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 16);
    if (high < 0) {
        rc = err_errno(e, "decoder: open %s for reading alone", path);
        (void)close(*fd);
    }
    if (low >= 0)
        (void)close(low);
    *read_fd = high;
    return rc;
}

void memfd_punch(int fd, size_t size)
{
    (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
}

enum assay_err memfd_read(int fd, uint64_t offset, void *out, size_t size, struct err *e)
{
    unsigned char *to = out;

    while (size > 0) {
        ssize_t n = pread(fd, to, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, "decoder: read a memory file");
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}
