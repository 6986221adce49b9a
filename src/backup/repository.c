/* Opens a folder of backups and takes blobs into it. */
#include "backup/repository.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/copy.h"
#include "base/fs.h"
#include "base/str.h"

#define MARK         "assay-backup"
#define MARK_MAX     256
#define FILE_MODE    0600
#define FOLDER_MODE  0700
#define LINES_MAX    256u
#define BYTES_MAX    (64u << 20)
#define LINES_BYTES  (2 * LINES_MAX * LIST_LINE_SIZE)
#define NAME_PATTERN "00000000T000000Z" /* 0: a digit */

bool repository_is_name(const char *name)
{
    static const char pattern[] = NAME_PATTERN;

    if (strlen(name) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        if (pattern[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != pattern[i])
            return false;
    return true;
}

enum assay_err repository_newest(const char *path, char *out, struct err *e)
{
    const struct dirent *entry;
    bool any = false;
    DIR *dir = opendir(path);

    if (dir == NULL)
        return err_errno(e, "open %.300s", path);
    while ((entry = readdir(dir)) != NULL)
        if (repository_is_name(entry->d_name) && (!any || strcmp(entry->d_name, out) > 0)) {
            (void)snprintf(out, BACKUP_NAME_SIZE, "%.16s", entry->d_name);
            any = true;
        }
    (void)closedir(dir);
    return any ? ASSAY_OK
               : err_set(e, ASSAY_ENOTFOUND, "%.300s holds no backup that is whole", path);
}

static bool lies_in(const char *inner, const char *outer)
{
    size_t size = strlen(outer);

    return strncmp(inner, outer, size) == 0 && (inner[size] == '/' || inner[size] == '\0');
}

/* A backup in what it is to save is lost with it; a workspace in a backup would be copied for ever.
 */
static enum assay_err is_apart(const char *path, const char *data_dir, struct err *e)
{
    char repository[PATH_MAX], data[PATH_MAX];

    if (realpath(path, repository) == NULL || realpath(data_dir, data) == NULL)
        return err_errno(e, "%.300s", path);
    if (lies_in(repository, data) || lies_in(data, repository))
        return err_set(e, ASSAY_ERANGE,
                       "%.200s and the workspace %.200s lie in each other: name a folder on "
                       "another disk",
                       repository, data);
    return ASSAY_OK;
}

static bool is_empty(const char *path)
{
    const struct dirent *entry;
    int count = 0;
    DIR *dir = opendir(path);

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        count += !str_equal(entry->d_name, ".") && !str_equal(entry->d_name, "..") &&
                 !str_equal(entry->d_name, "lost+found") &&
                 !str_starts(entry->d_name, REPOSITORY_TEMP); /* of making the mark */
    if (dir != NULL)
        (void)closedir(dir);
    return dir != NULL && count == 0;
}

/* The mark says whose backups these are; a folder without one must be empty. */
static enum assay_err check_mark(const char *path, const char *workspace, struct err *e)
{
    char file[PATH_MAX], wanted[MARK_MAX];
    struct buf mark;
    enum assay_err rc;

    (void)snprintf(file, sizeof file, "%.3900s/" MARK, path);
    (void)snprintf(wanted, sizeof wanted, "assay backup 1\nworkspace %.16s\n", workspace);
    buf_init(&mark, MARK_MAX);
    rc = fs_read_file(file, &mark, e);
    if (rc == ASSAY_ENOTFOUND) {
        rc = is_empty(path)
                 ? fs_create(file, wanted, strlen(wanted), FILE_MODE, e)
                 : err_set(e, ASSAY_ESTATE,
                           "%.200s is not empty and no folder of backups; name another", path);
    } else if (rc == ASSAY_OK && !str_equal(buf_cstr(&mark), wanted)) {
        rc = str_starts(buf_cstr(&mark), "assay backup 1\n")
                 ? err_set(e, ASSAY_ESTATE, "%.200s holds backups of another workspace", path)
                 : err_set(e, ASSAY_EVERSION, "%.200s: another assay made this folder", path);
    }
    buf_clear(&mark);
    return rc;
}

static enum assay_err lock(struct repository *r, struct err *e)
{
    char file[PATH_MAX];

    (void)snprintf(file, sizeof file, "%.3900s/" MARK, r->path);
    r->lock = open(file, O_RDONLY | O_CLOEXEC);
    if (r->lock < 0)
        return err_errno(e, "open %.300s", file);
    if (flock(r->lock, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, ASSAY_EBUSY, "another backup is being made in %.300s; wait for it",
                       r->path);
    return ASSAY_OK;
}

static enum assay_err keep_line(void *ctx, const struct list_line *line, struct err *e)
{
    struct repository *r = ctx;
    uint8_t name[LIST_NAME_BYTES];
    const char *last = strrchr(line->path, '/');

    if (last == NULL || str_unhex(last + 1, name, sizeof name) != 0)
        return err_set(e, ASSAY_EFORMAT, "no blob");
    struct list_blob *b = list_blobs_put(&r->blobs, name);
    memcpy(b->sha256, line->sha256, sizeof b->sha256);
    b->size = line->size;
    return ASSAY_OK;
}

static enum assay_err read_list(struct repository *r, struct err *e)
{
    char path[PATH_MAX];
    uint64_t whole = 0;
    enum assay_err rc;

    (void)snprintf(path, sizeof path, "%.3900s/" REPOSITORY_VAULT, r->path);
    if ((rc = fs_make_dirs(path, FOLDER_MODE, e)) != 0)
        return rc;
    (void)snprintf(path, sizeof path, "%.3900s/" REPOSITORY_VAULT "/list", r->path);
    r->list = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (r->list < 0)
        return err_errno(e, "open %.300s", path);
    if ((rc = list_lines(path, keep_line, r, &whole, e)) != 0)
        return rc;
    /* A line that was cut off goes; its blob is copied anew. */
    return ftruncate(r->list, (off_t)whole) == 0 ? ASSAY_OK : err_errno(e, "cut %.300s", path);
}

/* Backups that were cut off: nothing in them is needed. */
static enum assay_err clear_temporary(const char *path, struct err *e)
{
    const struct dirent *entry;
    enum assay_err rc = ASSAY_OK;
    DIR *dir = opendir(path);

    if (dir == NULL)
        return err_errno(e, "open %.300s", path);
    while (rc == ASSAY_OK && (entry = readdir(dir)) != NULL) {
        char temp[PATH_MAX];
        if (!str_starts(entry->d_name, REPOSITORY_TEMP))
            continue;
        (void)snprintf(temp, sizeof temp, "%.3800s/%.255s", path, entry->d_name);
        rc = copy_remove(temp, e);
    }
    (void)closedir(dir);
    return rc;
}

enum assay_err repository_open(struct repository *r, const struct world *w, const char *path,
                               const struct backup_watch *watch, struct err *e)
{
    enum assay_err rc;

    *r = (struct repository){
        .path = path, .data_dir = w->data_dir, .lock = -1, .list = -1, .watch = watch};
    buf_init(&r->lines, LINES_BYTES);
    if ((rc = fs_make_dirs(path, FOLDER_MODE, e)) != 0 ||
        (rc = is_apart(path, w->data_dir, e)) != 0 ||
        (rc = check_mark(path, keys_workspace(w->keys), e)) != 0 || (rc = lock(r, e)) != 0 ||
        (rc = clear_temporary(path, e)) != 0)
        return rc;
    return read_list(r, e);
}

void repository_close(struct repository *r)
{
    if (r->lock >= 0)
        (void)close(r->lock);
    if (r->list >= 0)
        (void)close(r->list);
    list_blobs_clear(&r->blobs);
    buf_clear(&r->lines);
}

enum assay_err repository_flush(struct repository *r, struct err *e)
{
    enum assay_err rc;

    if (r->lines.size == 0)
        return ASSAY_OK;
    if ((rc = copy_sync(r->path, e)) != 0 ||
        (rc = fs_write_all(r->list, r->lines.data, r->lines.size, e)) != 0 ||
        (rc = fs_sync(r->list, e)) != 0)
        return rc;
    buf_reset(&r->lines);
    r->lines_count = r->lines_bytes = 0;
    return ASSAY_OK;
}

/* Whether it is there in the size that the list says. */
static bool has(const struct repository *r, const uint8_t name[LIST_NAME_BYTES], const char *path)
{
    const struct list_blob *b = list_blobs_find(&r->blobs, name);
    struct stat st;

    return b != NULL && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == b->size;
}

enum assay_err repository_take(struct repository *r, const char *name, struct err *e)
{
    char from[PATH_MAX], to[PATH_MAX], temp[PATH_MAX];
    uint8_t bytes[LIST_NAME_BYTES];
    struct copy_sum sum;
    struct list_line line;
    enum assay_err rc;

    if (str_unhex(name, bytes, sizeof bytes) != 0)
        return err_set(e, ASSAY_EDAMAGED, "%.80s is no name of a blob", name);
    (void)snprintf(to, sizeof to, "%.3900s/vault/%.2s/%s", r->path, name, name);
    if (has(r, bytes, to))
        return ASSAY_OK;
    (void)snprintf(from, sizeof from, "%.3900s/vault/%.2s/%s", r->data_dir, name, name);
    (void)snprintf(temp, sizeof temp, "%.3900s/vault/%.2s/.tmp-%s", r->path, name, name);
    (void)unlink(temp); /* of a backup that was cut off */
    if ((rc = copy_file(from, temp, &sum, e)) != 0)
        return rc;
    if (rename(temp, to) != 0)
        return err_errno(e, "name %.300s", to);
    struct list_blob *b = list_blobs_put(&r->blobs, bytes);
    memcpy(b->sha256, sum.sha256, sizeof b->sha256);
    b->size = sum.size;
    memcpy(line.sha256, sum.sha256, sizeof line.sha256);
    line.size = sum.size;
    (void)snprintf(line.path, sizeof line.path, "vault/%.2s/%.64s", name, name);
    list_write(&line, &r->lines);
    r->copied_files++;
    r->copied_bytes += sum.size;
    r->lines_bytes += sum.size;
    if (r->watch != NULL)
        r->watch->step(r->watch->ctx, "vault", r->copied_bytes, 0);
    if (++r->lines_count >= LINES_MAX || r->lines_bytes >= BYTES_MAX)
        return repository_flush(r, e);
    return ASSAY_OK;
}
