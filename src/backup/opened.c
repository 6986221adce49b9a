/* Opens a backup and reads it whole. */
#include "backup/opened.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backup/repository.h"
#include "base/fs.h"
#include "base/str.h"

#define KEY_TEXT_MAX 4096

enum assay_err opened_open(struct opened *o, const char *repository, const char *name,
                           struct err *e)
{
    char path[PATH_MAX];
    enum assay_err rc;

    *o = (struct opened){.arena = arena_new(), .repository = repository};
    buf_init(&o->text, BACKUP_MANIFEST_MAX);
    buf_init(&o->signature, BACKUP_MANIFEST_MAX);
    if (name == NULL && (rc = repository_newest(repository, o->name, e)) != 0)
        return rc;
    if (name != NULL && !repository_is_name(name))
        return err_set(e, ASSAY_ERANGE, "'%.40s' is no name of a backup, such as 20261122T193000Z",
                       name);
    if (name != NULL)
        (void)snprintf(o->name, sizeof o->name, "%.16s", name);
    (void)snprintf(o->folder, sizeof o->folder, "%.3900s/%s", repository, o->name);
    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_MANIFEST, o->folder);
    if ((rc = fs_read_file(path, &o->text, e)) != 0)
        return rc;
    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_SIGNATURE, o->folder);
    if ((rc = fs_read_file(path, &o->signature, e)) != 0)
        return rc;
    return backup_manifest_read(o->arena, o->text.data, o->text.size, &o->manifest, e);
}

void opened_close(struct opened *o)
{
    arena_free(o->arena);
    buf_clear(&o->text);
    buf_clear(&o->signature);
}

enum assay_err opened_verify(const struct opened *o, const char *minisign_key, struct err *e)
{
    char path[PATH_MAX];
    struct copy_sum sum;
    struct buf signature;
    enum assay_err rc;

    buf_init(&signature, BACKUP_MANIFEST_MAX);
    buf_add(&signature, o->signature.data, o->signature.size);
    rc = keys_minisign_verify(minisign_key, o->text.data, o->text.size, buf_cstr(&signature), e);
    buf_clear(&signature);
    if (rc != ASSAY_OK)
        return err_prefix(e, rc, "%s/" BACKUP_SIGNATURE, o->name);
    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_FILES, o->folder);
    if ((rc = copy_hash(path, &sum, e)) != 0)
        return rc;
    if (sum.size != (uint64_t)o->manifest.list_size ||
        memcmp(sum.sha256, o->manifest.list_sha256, sizeof sum.sha256) != 0)
        return err_set(e, ASSAY_EDAMAGED, "%s/" BACKUP_FILES " is not the one that was signed",
                       o->name);
    return ASSAY_OK;
}

void opened_path(const struct opened *o, const struct list_line *line, char out[PATH_MAX])
{
    bool shared = str_starts(line->path, REPOSITORY_VAULT "/");

    (void)snprintf(out, PATH_MAX, "%.3800s/%s", shared ? o->repository : o->folder, line->path);
}

void opened_report(const struct opened *o, struct backup_report *out)
{
    *out = (struct backup_report){.files = (uint64_t)o->manifest.files,
                                  .bytes = (uint64_t)o->manifest.bytes,
                                  .entries = o->manifest.counts.entries};
    (void)snprintf(out->name, sizeof out->name, "%s", o->name);
}

/* ---- verifying alone ---- */

struct verifying {
    const struct opened *opened;
    const struct backup_watch *watch;
    int64_t files, bytes;
};

static enum assay_err check_file(void *ctx, const struct list_line *line, struct err *e)
{
    struct verifying *v = ctx;
    char path[PATH_MAX];
    struct copy_sum sum;
    enum assay_err rc;

    opened_path(v->opened, line, path);
    if ((rc = copy_hash(path, &sum, e)) != 0)
        return rc == ASSAY_ENOTFOUND ? err_set(e, ASSAY_EDAMAGED, "%.300s is missing", path) : rc;
    if (sum.size != line->size)
        return err_set(e, ASSAY_EDAMAGED, "%.300s has %" PRIu64 " bytes, not %" PRIu64, path,
                       sum.size, line->size);
    if (memcmp(sum.sha256, line->sha256, sizeof sum.sha256) != 0)
        return err_set(e, ASSAY_EDAMAGED, "%.300s was changed: its SHA-256 is another", path);
    v->files++;
    v->bytes += (int64_t)line->size;
    if (v->watch != NULL)
        v->watch->step(v->watch->ctx, "verify", (uint64_t)v->bytes,
                       (uint64_t)v->opened->manifest.bytes);
    return ASSAY_OK;
}

static enum assay_err verify_files(const struct opened *o, const struct backup_watch *watch,
                                   struct err *e)
{
    struct verifying v = {.opened = o, .watch = watch};
    char path[PATH_MAX];
    enum assay_err rc;

    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_FILES, o->folder);
    if ((rc = list_lines(path, check_file, &v, NULL, e)) != 0)
        return rc;
    if (v.files != o->manifest.files || v.bytes != o->manifest.bytes)
        return err_set(e, ASSAY_EDAMAGED, "%s/" BACKUP_FILES " has not what the manifest says",
                       o->name);
    return ASSAY_OK;
}

enum assay_err backup_verify(const char *repository, const char *name, const char *minisign_key,
                             const struct backup_watch *watch, struct backup_report *out,
                             struct err *e)
{
    char path[PATH_MAX];
    struct opened o;
    struct buf own;
    enum assay_err rc = opened_open(&o, repository, name, e);

    buf_init(&own, KEY_TEXT_MAX);
    (void)snprintf(path, sizeof path, "%.3900s/keys/release.minisign.pub", o.folder);
    if (rc == ASSAY_OK && minisign_key == NULL && (rc = fs_read_file(path, &own, e)) == 0)
        minisign_key = buf_cstr(&own);
    if (rc == ASSAY_OK && (rc = opened_verify(&o, minisign_key, e)) == 0)
        rc = verify_files(&o, watch, e);
    if (rc == ASSAY_OK)
        opened_report(&o, out);
    buf_clear(&own);
    opened_close(&o);
    return rc;
}
