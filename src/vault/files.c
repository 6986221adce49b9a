/* The vault's files as files: listed and taken away, never opened. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "vault/vault.h"
#include "vault/vault_impl.h"

#define TEMP_PREFIX ".tmp-" /* as rand_name makes them */

/* `..` plus a stray name of any length that a folder can hold. */
#define STRAY_SIZE (3 + NAME_MAX + 1)

static bool is_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") == size && text[size] == '\0';
}

static bool is_blob_name(const char *name)
{
    return is_hex(name, VAULT_NAME_SIZE - 1);
}

/* One folder's entries; `folder` is NULL for DATA/vault itself, where everything but the 256
 * folders is stray. */
static enum assay_err each_in(struct vault *v, const char *folder, vault_each_fn *fn, void *ctx,
                              struct err *e)
{
    int fd = openat(v->dir, folder == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    enum assay_err rc = ASSAY_OK;

    if (dir == NULL) {
        rc = err_errno(e, "read the vault's folder %s", folder == NULL ? "." : folder);
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    while (rc == 0) {
        char name[STRAY_SIZE];
        struct stat st;
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            if (errno != 0)
                rc = err_errno(e, "read the vault's folder %s", folder == NULL ? "." : folder);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (folder == NULL && is_hex(entry->d_name, 2))
            continue;
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue; /* gone since: a writer's temporary file */
        bool stray = folder == NULL || !is_blob_name(entry->d_name) ||
                     strncmp(entry->d_name, folder, 2) != 0 || !S_ISREG(st.st_mode);
        if (stray && folder != NULL)
            (void)snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        else
            (void)snprintf(name, sizeof name, "%s", entry->d_name);
        int64_t age_s = clock_now_ms() / 1000 - (int64_t)st.st_mtim.tv_sec;
        rc = fn(ctx, name, stray, age_s > 0 ? age_s : 0);
    }
    (void)closedir(dir);
    return rc;
}

enum assay_err vault_each(struct vault *v, vault_each_fn *fn, void *ctx, struct err *e)
{
    enum assay_err rc = each_in(v, NULL, fn, ctx, e);

    for (unsigned i = 0; i < 256 && rc == 0; i++) {
        char folder[3];
        (void)snprintf(folder, sizeof folder, "%02x", i);
        rc = each_in(v, folder, fn, ctx, e);
    }
    return rc;
}

void vault_remove(struct vault *v, const uint8_t id[VAULT_ID_BYTES])
{
    char path[VAULT_PATH_SIZE];

    vault_path(v, id, path);
    (void)unlinkat(v->dir, path, 0);
}

enum assay_err vault_remove_named(struct vault *v, const char *name, struct err *e)
{
    char path[VAULT_PATH_SIZE];
    size_t size = strlen(name);

    if (is_blob_name(name))
        (void)snprintf(path, sizeof path, "%.2s/%s", name, name);
    else if (size == 3 + RAND_NAME_SIZE - 1 && strspn(name, "0123456789abcdef") == 2 &&
             name[2] == '/' && strncmp(name + 3, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0 &&
             is_hex(name + 3 + strlen(TEMP_PREFIX), 32))
        (void)snprintf(path, sizeof path, "%s", name);
    else
        return err_set(e, ASSAY_ERANGE, "the vault did not make the file %.200s", name);
    if (unlinkat(v->dir, path, 0) != 0 && errno != ENOENT)
        return err_errno(e, "remove %s from the vault", path);
    return ASSAY_OK;
}
