/* Writes a folder under a temporary name and renames it when all of it is on the disk. */
#include "flow/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"

#define FILE_MODE   0640
#define FOLDER_MODE 0750

/* Take away the files of the folder that is read by dir, which fd is of. */
static void remove_files(DIR *dir, int fd)
{
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL) {
        if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, ".."))
            (void)unlinkat(fd, entry->d_name, 0);
    }
}

/* Take away a temporary folder of ours and the files in it. */
static void remove_temp(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    /* A writer that lives holds the lock of its folder. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        remove_files(dir, fd);
        (void)unlinkat(parent, name, AT_REMOVEDIR);
    }
    (void)closedir(dir);
}

static void sweep(int parent, const char *prefix)
{
    int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (str_starts(entry->d_name, prefix))
            remove_temp(parent, entry->d_name);
    }
    (void)closedir(dir);
}

enum assay_err folder_open(struct folder *f, const char *parent, int64_t id, struct err *e)
{
    char prefix[FOLDER_NAME_SIZE / 2], random[RAND_NAME_SIZE];
    enum assay_err rc = ASSAY_OK;

    *f = (struct folder){.parent = -1, .self = -1, .files = {-1, -1, -1, -1}};
    f->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->parent < 0)
        return err_errno(e, "open folder %.200s", parent);
    (void)snprintf(prefix, sizeof prefix, ".assay-%lld.tmp-", (long long)id);
    sweep(f->parent, prefix);
    rand_name(random);
    (void)snprintf(f->temp, sizeof f->temp, "%s%s", prefix, random + 5);
    if (mkdirat(f->parent, f->temp, FOLDER_MODE) != 0) {
        rc = err_errno(e, "make a folder in %.200s", parent);
        f->temp[0] = '\0';
        goto out;
    }
    f->self = openat(f->parent, f->temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f->self < 0 || flock(f->self, LOCK_EX | LOCK_NB) != 0)
        rc = err_errno(e, "open a folder in %.200s", parent);
out:
    if (rc != ASSAY_OK)
        folder_close(f);
    return rc;
}

enum assay_err folder_file(struct folder *f, size_t index, const char *name, struct err *e)
{
    assert(index < FOLDER_FILES);
    assert(f->files[index] < 0);
    f->files[index] =
        openat(f->self, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (f->files[index] < 0)
        return err_errno(e, "create %.100s", name);
    (void)snprintf(f->names[index], sizeof f->names[index], "%s", name);
    return ASSAY_OK;
}

enum assay_err folder_add(struct folder *f, size_t index, const void *bytes, size_t size,
                          struct err *e)
{
    assert(index < FOLDER_FILES);
    assert(f->files[index] >= 0);
    enum assay_err rc = fs_write_all(f->files[index], bytes, size, e);

    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%s", f->names[index]);
}

enum assay_err folder_done(struct folder *f, size_t index, struct err *e)
{
    assert(index < FOLDER_FILES);
    assert(f->files[index] >= 0);
    const enum assay_err rc = fs_sync(f->files[index], e);

    if (rc != ASSAY_OK)
        return err_prefix(e, rc, "%s", f->names[index]);
    (void)close(f->files[index]);
    f->files[index] = -1;
    return ASSAY_OK;
}

enum assay_err folder_sync(struct folder *f, struct err *e)
{
    enum assay_err rc;

    for (size_t i = 0; i < FOLDER_FILES; i++) {
        if (f->files[i] >= 0 && (rc = fs_sync(f->files[i], e)) != 0)
            return err_prefix(e, rc, "%s", f->names[i]);
    }
    return fs_sync(f->self, e);
}

enum assay_err folder_name(struct folder *f, const char *path, struct err *e)
{
    const char *name = strrchr(path, '/') + 1;
    struct stat st;
    enum assay_err rc;
    int done = renameat2(f->parent, f->temp, f->parent, name, RENAME_NOREPLACE);

    /* Some file systems do not know the flag; rename alone refuses any folder that is not empty. */
    if (done != 0 && errno == EINVAL) {
        if (fstatat(f->parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            errno = EEXIST;
        else
            done = renameat(f->parent, f->temp, f->parent, name);
    }
    if (done != 0)
        return err_errno(e, "name %.200s", path);
    if ((rc = fs_sync(f->parent, e)) != 0) {
        /* Not known to stay: back to a name that nobody takes for a package. */
        if (renameat(f->parent, name, f->parent, f->temp) != 0)
            f->temp[0] = '\0';
        return err_prefix(e, rc, "%.200s", path);
    }
    f->temp[0] = '\0';
    return ASSAY_OK;
}

static void take_away(const struct folder *f)
{
    const int fd = openat(f->self, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir != NULL) {
        remove_files(dir, fd);
        (void)closedir(dir);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    (void)unlinkat(f->parent, f->temp, AT_REMOVEDIR);
}

void folder_close(struct folder *f)
{
    for (size_t i = 0; i < FOLDER_FILES; i++) {
        if (f->files[i] >= 0)
            (void)close(f->files[i]);
    }
    if (f->temp[0] != '\0')
        take_away(f);
    if (f->self >= 0)
        (void)close(f->self);
    if (f->parent >= 0)
        (void)close(f->parent);
}
