/* Writing, syncing and replacing files. */
#include "base/fs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"

enum assay_err fs_write_all(int fd, const void *bytes, size_t size, struct err *e)
{
    const unsigned char *from = bytes;

    while (size > 0) {
        ssize_t n = write(fd, from, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "write");
        from += n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

enum assay_err fs_sync(int fd, struct err *e)
{
    if (fsync(fd) != 0)
        return err_errno(e, "fsync");
    return ASSAY_OK;
}

enum assay_err fs_sync_dir(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, "open folder %.200s", path);
    enum assay_err rc = fs_sync(fd, e);
    (void)close(fd);
    return rc;
}

enum assay_err fs_read_file(const char *path, struct buf *b, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return err_errno(e, "open %.200s", path);
    if (fstat(fd, &st) != 0) {
        rc = err_errno(e, "stat %.200s", path);
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        rc = err_set(e, ASSAY_EUNSUPPORTED, "%.200s is not a regular file", path);
        goto out;
    }
    for (;;) {
        size_t left = b->max - b->size;
        size_t step = left < 65536 ? left : 65536;
        char beyond;
        ssize_t n;
        if (step == 0) {
            n = read(fd, &beyond, 1);
        } else {
            unsigned char *to = buf_reserve(b, step);
            n = read(fd, to, step);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(e, "read %.200s", path);
            goto out;
        }
        if (n == 0)
            break;
        if (step == 0) {
            rc = err_set(e, ASSAY_ELIMIT, "%.200s is larger than %zu bytes", path, b->max);
            goto out;
        }
        b->size += (size_t)n;
    }
out:
    (void)close(fd);
    return rc;
}

/* The folder of path, into out. */
static enum assay_err dir_of(const char *path, char *out, size_t out_size, struct err *e)
{
    char copy[PATH_MAX];

    if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
        return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
    (void)snprintf(out, out_size, "%s", dirname(copy));
    return ASSAY_OK;
}

enum on_present { PRESENT_REPLACE, PRESENT_REFUSE };

static enum assay_err put(const char *path, const void *bytes, size_t size, mode_t mode,
                          enum on_present present, struct err *e)
{
    char dir[PATH_MAX], name[RAND_NAME_SIZE], temp[PATH_MAX + RAND_NAME_SIZE + 1];
    enum assay_err rc;

    if ((rc = dir_of(path, dir, sizeof dir, e)) != 0)
        return rc;
    rand_name(name);
    (void)snprintf(temp, sizeof temp, "%s/%s", dir, name);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno(e, "create a file in %.200s", dir);
    if ((rc = fs_write_all(fd, bytes, size, e)) != 0 || (rc = fs_sync(fd, e)) != 0) {
        rc = err_prefix(e, rc, "%.200s", path);
        goto out;
    }
    int done = present == PRESENT_REPLACE ? rename(temp, path) : link(temp, path);
    if (done != 0) {
        rc = err_errno(e, "name %.200s", path);
        goto out;
    }
    if ((rc = fs_sync_dir(dir, e)) != 0 && present == PRESENT_REFUSE)
        (void)unlink(path); /* it was not there before, and is not known to stay */
out:
    (void)close(fd);
    (void)unlink(temp); /* gone already after a rename */
    return rc;
}

enum assay_err fs_replace(const char *path, const void *bytes, size_t size, mode_t mode,
                          struct err *e)
{
    return put(path, bytes, size, mode, PRESENT_REPLACE, e);
}

enum assay_err fs_create(const char *path, const void *bytes, size_t size, mode_t mode,
                         struct err *e)
{
    return put(path, bytes, size, mode, PRESENT_REFUSE, e);
}

enum assay_err fs_make_dirs(const char *path, mode_t mode, struct err *e)
{
    char part[PATH_MAX], above[PATH_MAX];
    size_t size = strlen(path);
    enum assay_err rc;

    if (size == 0 || size >= sizeof part)
        return err_set(e, ASSAY_ERANGE, "folder name of %zu bytes", size);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, mode) != 0) {
            if (errno != EEXIST)
                return err_errno(e, "make folder %.200s", part);
            continue;
        }
        if ((rc = dir_of(part, above, sizeof above, e)) != 0 || (rc = fs_sync_dir(above, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}
