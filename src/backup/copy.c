/* Copies files in one pass that also hashes them. */
#include "backup/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assay/digest.h"
#include "base/fs.h"
#include "base/mem.h"

#define PORTION     (1u << 20)
#define FILE_MODE   0600
#define FOLDER_MODE 0700
#define OPEN_FDS    16

static enum assay_err open_regular(const char *path, int *fd, struct err *e)
{
    struct stat st;

    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return err_errno(e, "open %.300s", path);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
        return ASSAY_OK;
    (void)close(*fd);
    return err_set(e, ASSAY_EUNSUPPORTED, "%.300s is no regular file", path);
}

/* Read all of `from`; to (-1: nowhere) gets it. */
static enum assay_err pass(int from, int to, struct copy_sum *out, struct err *e)
{
    unsigned char *bytes = mem_alloc(PORTION);
    struct assay_digester *d = NULL;
    struct assay_digests digests;
    enum assay_err rc = assay_digester_new(&d);

    while (rc == ASSAY_OK) {
        ssize_t n = read(from, bytes, PORTION);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_errno(e, "read");
        if (n <= 0)
            break;
        if ((rc = assay_digester_feed(d, bytes, (size_t)n)) == 0 && to >= 0)
            rc = fs_write_all(to, bytes, (size_t)n, e);
    }
    if (rc == ASSAY_OK && (rc = assay_digester_finish(d, &digests)) == 0) {
        memcpy(out->sha256, digests.sha256, sizeof out->sha256);
        out->size = digests.size;
    }
    assay_digester_free(d);
    mem_free(bytes);
    return rc;
}

enum assay_err copy_hash(const char *path, struct copy_sum *out, struct err *e)
{
    int fd;
    enum assay_err rc = open_regular(path, &fd, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = pass(fd, -1, out, e)) != 0)
        rc = err_prefix(e, rc, "%.300s", path);
    (void)close(fd);
    return rc;
}

/* A new file to write, its folder made when it is missing. */
static enum assay_err create(const char *to, int *fd, struct err *e)
{
    char folder[PATH_MAX];
    enum assay_err rc;

    for (int tries = 0;; tries++) {
        *fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        if (*fd >= 0)
            return ASSAY_OK;
        if (errno != ENOENT || tries > 0)
            return err_errno(e, "create %.300s", to);
        (void)snprintf(folder, sizeof folder, "%s", to);
        *strrchr(folder, '/') = '\0';
        if ((rc = fs_make_dirs(folder, FOLDER_MODE, e)) != 0)
            return rc;
    }
}

static enum assay_err ended(int fd, const char *to, enum assay_err rc, struct err *e)
{
    if (close(fd) != 0 && rc == ASSAY_OK)
        rc = err_errno(e, "close");
    if (rc == ASSAY_OK)
        return rc;
    (void)unlink(to);
    return err_prefix(e, rc, "%.300s", to);
}

enum assay_err copy_file(const char *from, const char *to, struct copy_sum *out, struct err *e)
{
    int source, fd;
    enum assay_err rc = open_regular(from, &source, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = create(to, &fd, e)) == 0)
        rc = ended(fd, to, pass(source, fd, out, e), e);
    (void)close(source);
    return rc;
}

enum assay_err copy_write(const char *to, const void *bytes, size_t size, struct copy_sum *out,
                          struct err *e)
{
    struct assay_digests d;
    int fd;
    enum assay_err rc = assay_digest(bytes, size, &d);

    if (rc != ASSAY_OK || (rc = create(to, &fd, e)) != 0)
        return rc;
    memcpy(out->sha256, d.sha256, sizeof out->sha256);
    out->size = size;
    return ended(fd, to, fs_write_all(fd, bytes, size, e), e);
}

enum assay_err copy_sync(const char *folder, struct err *e)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum assay_err rc = ASSAY_OK;

    if (fd < 0)
        return err_errno(e, "open folder %.300s", folder);
    if (syncfs(fd) != 0)
        rc = err_errno(e, "syncfs %.300s", folder);
    (void)close(fd);
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

enum assay_err copy_remove(const char *folder, struct err *e)
{
    if (nftw(folder, remove_one, OPEN_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0 &&
        errno != ENOENT)
        return err_errno(e, "remove %.300s", folder);
    return ASSAY_OK;
}
