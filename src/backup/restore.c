/* Restores a backup into an empty place, and holds it against its manifest. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/opened.h"
#include "backup/repository.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/item.h"
#include "store/stats.h"

#define UNFINISHED  "restore.unfinished" /* in DATA while it is being filled */
#define KEYRING     "keys/keyring"       /* comes last: without it DATA is no workspace */
#define KEY_MAX     4096
#define FOLDER_MODE 0700

struct restoring {
    struct opened opened;
    const struct backup_target *to;
    const struct backup_watch *watch;
    struct store_filling filling;
    struct list_line keyring;
    bool has_keyring;
    uint64_t bytes;
};

/* The mark of a restore that was cut off is in the file that says so. */
static enum assay_err read_mark(const char *path, char mark[2 * STORE_MARK_BYTES + 1],
                                struct err *e)
{
    uint8_t bytes[STORE_MARK_BYTES];
    struct buf text;
    enum assay_err rc;

    buf_init(&text, KEY_MAX);
    if ((rc = fs_read_file(path, &text, e)) == 0) {
        if ((rc = str_unhex(buf_cstr(&text), bytes, sizeof bytes)) == ASSAY_OK)
            str_hex(bytes, sizeof bytes, mark);
        else
            rc = err_set(e, ASSAY_EDAMAGED,
                         "%.300s is damaged: remove its folder and restore into an empty place",
                         path);
    }
    buf_clear(&text);
    return rc;
}

static enum assay_err make_mark(const char *path, char mark[2 * STORE_MARK_BYTES + 1],
                                struct err *e)
{
    uint8_t bytes[STORE_MARK_BYTES];

    rand_bytes(bytes, sizeof bytes);
    str_hex(bytes, sizeof bytes, mark);
    return fs_create(path, mark, 2 * sizeof bytes, 0600, e);
}

/* Whether DATA may be filled: nothing lies in it, or what a restore that was cut off has left. */
static enum assay_err check_target(const char *data_dir, char mark[2 * STORE_MARK_BYTES + 1],
                                   struct err *e)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    bool empty = true;
    enum assay_err rc = fs_make_dirs(data_dir, FOLDER_MODE, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(path, sizeof path, "%.3900s/" UNFINISHED, data_dir);
    if (access(path, F_OK) == 0)
        return read_mark(path, mark, e);
    DIR *dir = opendir(data_dir);
    if (dir == NULL)
        return err_errno(e, "open %.300s", data_dir);
    while ((entry = readdir(dir)) != NULL)
        empty = empty && (str_equal(entry->d_name, ".") || str_equal(entry->d_name, "..") ||
                          str_equal(entry->d_name, "lost+found") ||
                          str_starts(entry->d_name, REPOSITORY_TEMP)); /* of making the mark */
    (void)closedir(dir);
    if (!empty)
        return err_set(e, ASSAY_EEXISTS,
                       "%.300s is not empty: restore into an empty folder, and put nothing over "
                       "what is there",
                       data_dir);
    return make_mark(path, mark, e);
}

/* DATA's path of a listed file; false for what stays in the backup. */
static bool target_path(const struct restoring *r, const struct list_line *line, char *out)
{
    const char *path = line->path;

    if (str_equal(path, "store/assay.db"))
        path = "assay.db";
    else if (str_starts(path, "store/") || str_starts(path, "schemes/"))
        return false;
    (void)snprintf(out, PATH_MAX, "%.3800s/%s", r->to->data_dir, path);
    return true;
}

static bool same(const struct copy_sum *sum, const struct list_line *line)
{
    return sum->size == line->size && memcmp(sum->sha256, line->sha256, sizeof sum->sha256) == 0;
}

/* A blob that an earlier run of this restore has put there whole is kept. */
static bool is_there(const struct list_line *line, const char *to)
{
    struct copy_sum sum;
    struct stat st;

    return lstat(to, &st) == 0 && (uint64_t)st.st_size == line->size &&
           copy_hash(to, &sum, NULL) == ASSAY_OK && same(&sum, line);
}

static enum assay_err differs(const char *path, struct err *e)
{
    return err_set(e, ASSAY_EDAMAGED, "%.300s is not what the backup's list says; verify it", path);
}

static enum assay_err put_file(struct restoring *r, const struct list_line *line, struct err *e)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct copy_sum sum;
    enum assay_err rc;

    opened_path(&r->opened, line, from);
    if (!target_path(r, line, to)) {
        if ((rc = copy_hash(from, &sum, e)) != 0)
            return rc;
        return same(&sum, line) ? ASSAY_OK : differs(from, e);
    }
    if (is_there(line, to))
        return ASSAY_OK;
    if (unlink(to) != 0 && errno != ENOENT)
        return err_errno(e, "replace %.300s", to);
    if ((rc = copy_file(from, to, &sum, e)) != 0)
        return rc;
    if (same(&sum, line))
        return ASSAY_OK;
    (void)unlink(to);
    return differs(from, e);
}

static enum assay_err take_line(void *ctx, const struct list_line *line, struct err *e)
{
    struct restoring *r = ctx;
    enum assay_err rc = ASSAY_OK;

    if (str_equal(line->path, KEYRING)) {
        r->keyring = *line;
        r->has_keyring = true;
    } else {
        rc = put_file(r, line, e);
    }
    r->bytes += line->size;
    if (r->watch != NULL)
        r->watch->step(r->watch->ctx, "restore", r->bytes, (uint64_t)r->opened.manifest.bytes);
    return rc;
}

/* What a cut-off run may have opened or half written. */
static void clear_store(const char *data_dir)
{
    static const char *const names[] = {"assay.db", "assay.db-wal", "assay.db-shm"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%.3900s/%s", data_dir, names[i]);
        (void)unlink(path);
    }
}

/* PostgreSQL is filled in one transaction, when every table's file is known to be whole. A run that
 * was cut off behind it finds its own mark there. */
static enum assay_err fill_store(struct restoring *r, struct err *e)
{
    char folder[PATH_MAX];

    if (r->opened.manifest.engine == STORE_SQLITE)
        return ASSAY_OK;
    (void)snprintf(folder, sizeof folder, "%.3900s/store", r->opened.folder);
    r->filling.folder = folder;
    return store_fill(r->to->store_url, &r->filling, r->opened.manifest.schema, e);
}

static enum assay_err restore(struct restoring *r, struct err *e)
{
    const char *data = r->to->data_dir;
    char path[PATH_MAX];
    enum assay_err rc;

    if ((rc = check_target(data, r->filling.mark, e)) != 0)
        return rc;
    clear_store(data);
    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_FILES, r->opened.folder);
    if ((rc = list_lines(path, take_line, r, NULL, e)) != 0)
        return rc;
    if (!r->has_keyring)
        return err_set(e, ASSAY_EDAMAGED, "the backup lists no keyring");
    if ((rc = fill_store(r, e)) != 0 || (rc = copy_sync(data, e)) != 0 ||
        (rc = put_file(r, &r->keyring, e)) != 0 || (rc = copy_sync(data, e)) != 0)
        return rc;
    (void)snprintf(path, sizeof path, "%.3900s/" UNFINISHED, data);
    if (unlink(path) != 0)
        return err_errno(e, "remove %.300s", path);
    return fs_sync_dir(data, e);
}

/* The site key opens the backup, and the key in its keyring has signed it: asked before anything is
 * copied. */
static enum assay_err check_source(struct opened *o, const struct keys_place *place, struct err *e)
{
    struct keys *k;
    struct buf key;
    enum assay_err rc = keys_open(o->folder, place, &k, e);

    if (rc != ASSAY_OK)
        return rc;
    buf_init(&key, KEY_MAX);
    keys_minisign_public(k, &key);
    if (!str_equal(keys_workspace(k), o->manifest.workspace))
        rc = err_set(e, ASSAY_EDAMAGED, "the backup's keyring and manifest are of two workspaces");
    else
        rc = opened_verify(o, buf_cstr(&key), e);
    buf_clear(&key);
    keys_close(k);
    return rc;
}

static enum assay_err check_engine(const struct backup_manifest *m, const char *url, struct err *e)
{
    if (m->engine == STORE_SQLITE && url != NULL)
        return err_set(e, ASSAY_ESTATE, "the backup holds a SQLite store: restore it without --db");
    if (m->engine == STORE_POSTGRES && url == NULL)
        return err_set(e, ASSAY_ESTATE,
                       "the backup holds a PostgreSQL store: name an empty database with --db");
    return ASSAY_OK;
}

enum assay_err backup_restore(const struct backup_source *from, const struct backup_target *to,
                              const struct backup_watch *watch, struct backup_report *out,
                              struct err *e)
{
    struct restoring *r = mem_zalloc(sizeof *r);
    enum assay_err rc = opened_open(&r->opened, from->repository, from->name, e);

    r->to = to;
    r->watch = watch;
    if (rc == ASSAY_OK && (rc = check_engine(&r->opened.manifest, to->store_url, e)) == 0 &&
        (rc = check_source(&r->opened, from->place, e)) == 0 && (rc = restore(r, e)) == 0)
        opened_report(&r->opened, out);
    opened_close(&r->opened);
    mem_free(r);
    return rc;
}

/* ---- what was restored is what the manifest says ---- */

struct found {
    struct stats_row stats;
    int64_t blobs;
};

static enum assay_err count_blob(void *ctx, const struct blob_row *b)
{
    struct found *f = ctx;

    (void)b;
    f->blobs++;
    return ASSAY_OK;
}

static enum assay_err count_all(struct tx *tx, void *ctx, struct err *e)
{
    struct found *f = ctx;
    uint8_t last[16], after[16];
    enum assay_err rc = stats_get(tx, &f->stats, e);

    f->blobs = 0;
    if (rc == ASSAY_OK)
        rc = blob_page(tx, NULL, last, count_blob, f, e);
    while (rc == ASSAY_OK) {
        memcpy(after, last, sizeof after);
        rc = blob_page(tx, after, last, count_blob, f, e);
    }
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

enum assay_err backup_compare(struct world *restored, const struct backup_source *from,
                              struct err *e)
{
    struct found f = {0};
    struct opened o;
    enum assay_err rc = opened_open(&o, from->repository, from->name, e);

    if (rc == ASSAY_OK)
        rc = store_read(restored->store, count_all, &f, e);
    const struct backup_counts *m = &o.manifest.counts;
    const struct {
        const char *what;
        int64_t found, wanted;
    } rows[] = {
        {"items", f.stats.items, m->items},
        {"sightings", f.stats.sightings, m->sightings},
        {"decisions", f.stats.decisions, m->decisions},
        {"views", f.stats.views, m->views},
        {"entries", f.stats.record_size, m->entries},
        {"blobs", f.blobs, m->blobs},
    };
    for (size_t i = 0; rc == ASSAY_OK && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].found != rows[i].wanted)
            rc = err_set(e, ASSAY_EDAMAGED,
                         "the restored store has %" PRId64 " %s, the backup's manifest says "
                         "%" PRId64,
                         rows[i].found, rows[i].what, rows[i].wanted);
    opened_close(&o);
    return rc;
}
