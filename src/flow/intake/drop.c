/* Setting the drop folder, finding what has settled in it, taking it in and moving it away. */
#include "flow/intake/drop.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "flow/settings.h"
#include "store/workspace.h"

#define GROUP_FILES  24
#define REASONS_MAX  (64 * 1024) /* bytes of a .txt */
#define SAME_NAMES   1000        /* files of one name in done/ or failed/ */
#define SETTING_ROWS 3
#define LEAVING      "done/.leaving" /* what is on its way to be deleted */

/* ---- what is set ---- */

static const char *const names[SETTING_ROWS] = {"drop.folder", "drop.scheme", "drop.taken"};

struct values {
    struct buf text[SETTING_ROWS];
};

static enum assay_err read_rows(struct tx *tx, void *ctx, struct err *e)
{
    struct values *v = ctx;

    for (size_t i = 0; i < SETTING_ROWS; i++) {
        buf_reset(&v->text[i]);
        enum assay_err rc = setting_get(tx, names[i], &v->text[i], e);
        if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
            return rc;
    }
    return ASSAY_OK;
}

enum assay_err drop_get(struct world *w, struct drop *out, struct err *e)
{
    struct values v;

    for (size_t i = 0; i < SETTING_ROWS; i++)
        buf_init(&v.text[i], PATH_MAX);
    enum assay_err rc = store_read(w->store, read_rows, &v, e);
    if (rc == ASSAY_OK) {
        *out = (struct drop){.taken = str_equal(buf_cstr(&v.text[2]), "delete") ? DROP_DELETE
                                                                                : DROP_KEEP};
        (void)snprintf(out->folder, sizeof out->folder, "%s", buf_cstr(&v.text[0]));
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", buf_cstr(&v.text[1]));
    }
    for (size_t i = 0; i < SETTING_ROWS; i++)
        buf_clear(&v.text[i]);
    return rc;
}

struct setting_it {
    const struct world *world;
    const struct drop *drop;
    struct audit_actor by;
};

static enum assay_err write_rows(struct tx *tx, void *ctx, struct err *e)
{
    const struct setting_it *s = ctx;
    const char *taken = s->drop->taken == DROP_DELETE ? "delete" : "keep";
    const char *const values[SETTING_ROWS] = {s->drop->folder, s->drop->scheme, taken};
    char data[64];

    for (size_t i = 0; i < SETTING_ROWS; i++) {
        enum assay_err rc = setting_set(tx, names[i], values[i], clock_now_ms(), e);
        if (rc != ASSAY_OK)
            return rc;
    }
    (void)snprintf(data, sizeof data, "{\"setting\":\"drop.folder\",\"taken\":\"%s\"}", taken);
    const struct audit_entry entry = {.action = AUDIT_SETTING_CHANGED,
                                      .keys = s->world->keys,
                                      .actor = s->by,
                                      .data = data,
                                      .texts = {{"path", s->drop->folder}}};
    return audit_write(tx, &entry, NULL, e);
}

static bool lies_in(const char *inner, const char *outer)
{
    size_t size = strlen(outer);

    return strncmp(inner, outer, size) == 0 && (inner[size] == '/' || inner[size] == '\0');
}

static enum assay_err only_scheme(void *ctx, const char *name)
{
    char *out = ctx;

    if (out[0] != '\0')
        return ASSAY_ERANGE;
    (void)snprintf(out, SCHEME_NAME_MAX + 1, "%s", name);
    return ASSAY_OK;
}

static enum assay_err make_places(const char *folder, struct err *e)
{
    static const char *const places[] = {"done", "failed"};
    char path[PATH_MAX + 16];

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, places[i]);
        enum assay_err rc = fs_make_dirs(path, 0700, e);
        if (rc != ASSAY_OK)
            return rc;
    }
    return access(folder, R_OK | W_OK | X_OK) == 0 ? ASSAY_OK
                                                   : err_errno(e, "the drop folder %.200s", folder);
}

enum assay_err drop_set(struct world *w, struct audit_actor by, const struct drop *in,
                        struct err *e)
{
    const struct scheme *scheme;
    struct drop d = *in;
    struct setting_it s = {w, &d, by};
    char data[PATH_MAX];
    enum assay_err rc;

    if (in->folder[0] == '\0')
        return store_write(w->store, write_rows, &s, e);
    if (realpath(in->folder, d.folder) == NULL)
        return err_errno(e, "the drop folder %.200s", in->folder);
    if (realpath(w->data_dir, data) == NULL)
        return err_errno(e, "the workspace %.200s", w->data_dir);
    if (lies_in(d.folder, data) || lies_in(data, d.folder))
        return err_set(e, ASSAY_ERANGE, "the drop folder and the workspace must lie apart");
    if (d.scheme[0] == '\0') {
        rc = flow_each_scheme(w, only_scheme, d.scheme, e);
        if (rc == ASSAY_ERANGE)
            return err_set(e, rc, "several schemes are loaded: name one with --scheme");
        if (rc != ASSAY_OK)
            return rc;
    }
    if ((rc = flow_scheme(w, d.scheme, &scheme, e)) != 0 || (rc = make_places(d.folder, e)) != 0)
        return rc;
    return store_write(w->store, write_rows, &s, e);
}

/* ---- one group: files of one batch ---- */

struct dropped {
    char *path, *inner;
    struct stat st;     /* when it was found */
    bool ended;         /* reported to its end */
    struct buf reasons; /* refusals, of it or of what it holds */
};

struct group {
    struct world *world;
    const struct drop *drop;
    char batch[256];
    int64_t batch_id;
    struct dropped files[GROUP_FILES];
    size_t count;
    struct drop_counts *counts;
};

static void report(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                   const char *reason)
{
    struct group *g = ctx;

    (void)mime;
    for (size_t i = 0; i < g->count; i++) {
        struct dropped *f = &g->files[i];
        if (!lies_in(path, f->path))
            continue;
        if (str_equal(path, f->path))
            f->ended = true;
        if (v == INTAKE_REFUSED) {
            str_escaped(path + strlen(g->drop->folder) + 1, &f->reasons);
            buf_addf(&f->reasons, ": %s\n", reason);
        }
    }
}

struct clearing {
    const struct group *group;
    uint64_t done, failed;
};

static enum assay_err write_clearing(struct tx *tx, void *ctx, struct err *e)
{
    const struct clearing *c = ctx;
    char data[96];

    (void)snprintf(data, sizeof data, "{\"taken\":%llu,\"failed\":%llu,\"delete\":%d}",
                   (unsigned long long)c->done, (unsigned long long)c->failed,
                   c->group->drop->taken == DROP_DELETE);
    const struct audit_entry entry = {.action = AUDIT_DROP_CLEARED,
                                      .actor = people_system(),
                                      .objects = {{"batch", c->group->batch_id}},
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* From a path to FOLDER/place/..., under the same path below it; a name that is there gets a
 * number. *to is PATH_MAX + 64 bytes. */
static enum assay_err move_to(const struct drop *d, const char *from, const char *below,
                              const char *place, char *to, struct err *e)
{
    const size_t size = PATH_MAX + 64;
    char folder[PATH_MAX + 64], reason[PATH_MAX + 80];
    enum assay_err rc;

    (void)snprintf(to, size, "%s/%s/%s", d->folder, place, below);
    size_t used = strlen(to);
    (void)snprintf(folder, sizeof folder, "%s", to);
    *strrchr(folder, '/') = '\0';
    if (used > PATH_MAX)
        return err_set(e, ASSAY_ERANGE, "a path in the drop folder is too long");
    if ((rc = fs_make_dirs(folder, 0700, e)) != 0)
        return rc;
    for (unsigned n = 2; n < SAME_NAMES; n++) {
        (void)snprintf(reason, sizeof reason, "%s.txt", to);
        if (access(reason, F_OK) != 0) {
            if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
                return fs_sync_dir(folder, e);
            if (errno != EEXIST)
                return err_errno(e, "move a file out of the drop folder");
        }
        (void)snprintf(to + used, size - used, ".%u", n);
    }
    return err_set(e, ASSAY_EEXISTS, "the drop folder's %s/ has too many files of one name", place);
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Away with one file. Looked at once more after it was moved: who wrote on meanwhile did not lose
 * it, for a changed file is never deleted. */
static enum assay_err clear_one(const struct group *g, struct dropped *f, struct err *e)
{
    const struct drop *d = g->drop;
    const char *below = f->path + strlen(d->folder) + 1;
    bool failed = f->reasons.size > 0;
    const char *place = failed ? "failed" : d->taken == DROP_KEEP ? "done" : LEAVING;
    char to[PATH_MAX + 64], kept[PATH_MAX + 64], reason[PATH_MAX + 80];
    struct stat now;
    enum assay_err rc = move_to(d, f->path, below, place, to, e);

    if (rc != ASSAY_OK)
        return rc;
    if (failed) {
        (void)snprintf(reason, sizeof reason, "%s.txt", to);
        return fs_replace(reason, f->reasons.data, f->reasons.size, 0600, e);
    }
    if (d->taken == DROP_KEEP)
        return ASSAY_OK;
    if (lstat(to, &now) != 0)
        return err_errno(e, "look at a file of the drop folder");
    if (!same(&now, &f->st))
        return move_to(d, to, below, "done", kept, e);
    return unlink(to) == 0 ? ASSAY_OK : err_errno(e, "delete a file of the drop folder");
}

/*
 * What a kill left on its way to be deleted goes back to where it lay, and is taken once more:
 * whether somebody wrote to it meanwhile is known to nobody now. In the folder's lock.
 */
static enum assay_err take_back(const struct drop *d, struct err *e)
{
    char leaving[PATH_MAX + 32], to[PATH_MAX + 64];
    enum assay_err rc = ASSAY_OK;
    FTSENT *f;

    (void)snprintf(leaving, sizeof leaving, "%s/%s", d->folder, LEAVING);
    char *const roots[] = {leaving, NULL};
    if (access(leaving, F_OK) != 0)
        return ASSAY_OK;
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (tree == NULL)
        return err_errno(e, "the drop folder");
    while (rc == ASSAY_OK && (f = fts_read(tree)) != NULL) {
        if (f->fts_info != FTS_D && f->fts_info != FTS_DP)
            rc = move_to(d, f->fts_path, f->fts_path + strlen(leaving) + 1, ".", to, e);
    }
    (void)fts_close(tree);
    return rc;
}

/* The entry first, then the files; those that changed while they were taken stay for the next
 * look. */
static enum assay_err clear_group(struct group *g, struct err *e)
{
    struct clearing c = {.group = g};
    enum assay_err rc;

    for (size_t i = 0; i < g->count; i++) {
        struct dropped *f = &g->files[i];
        struct stat now;
        f->ended = f->ended && lstat(f->path, &now) == 0 && same(&now, &f->st);
        c.failed += f->ended && f->reasons.size > 0;
        c.done += f->ended && f->reasons.size == 0;
    }
    if (c.done + c.failed == 0)
        return ASSAY_OK;
    if ((rc = store_write(g->world->store, write_clearing, &c, e)) != 0)
        return rc;
    for (size_t i = 0; rc == ASSAY_OK && i < g->count; i++) {
        if (g->files[i].ended)
            rc = clear_one(g, &g->files[i], e);
    }
    g->counts->done += c.done;
    g->counts->failed += c.failed;
    return rc;
}

/* Take the group in; whatever was reported to its end is moved, also when the rest failed. */
static enum assay_err take_group(struct group *g, struct err *e)
{
    const struct batch_new batch = {.name = g->batch,
                                    .scheme = g->drop->scheme,
                                    .sender = "",
                                    .contact = "",
                                    .case_reference = "",
                                    .authority = "",
                                    .purpose = "",
                                    .handling = "",
                                    .priority = 1,
                                    .due_ms = INT64_MAX};
    struct intake_options o = {.threads = 1, .report = report, .ctx = g, .by = people_system()};
    struct intake_file files[GROUP_FILES];
    struct intake_counts counts = {0};
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < g->count; i++)
        files[i] = (struct intake_file){g->files[i].path, g->files[i].inner};
    if (g->count > 0 && (rc = intake_batch(g->world, o.by, &batch, &o.batch_id, e)) == ASSAY_OK) {
        g->batch_id = o.batch_id;
        rc = intake_files(g->world, &o, files, g->count, &counts, e);
        enum assay_err cleared = clear_group(g, rc == ASSAY_OK ? e : NULL);
        rc = rc == ASSAY_OK ? cleared : rc;
    }
    for (size_t i = 0; i < g->count; i++) {
        mem_free(g->files[i].path);
        mem_free(g->files[i].inner);
        buf_clear(&g->files[i].reasons);
    }
    g->count = 0;
    return rc;
}

/* ---- looking ---- */

struct look {
    struct group group;
    int64_t settle_ms;
    size_t folder_size;
};

static bool waits(const struct look *l, const FTSENT *f)
{
    const struct stat *st = f->fts_statp;
    const struct timespec *last =
        st->st_ctim.tv_sec > st->st_mtim.tv_sec ? &st->st_ctim : &st->st_mtim;
    int64_t age_ms = clock_now_ms() - (int64_t)last->tv_sec * 1000 - last->tv_nsec / 1000000;

    return str_ends(f->fts_name, ".part") || age_ms < l->settle_ms;
}

/* The batch of a path below the folder: its first part, or the day for what lies beside. */
static void batch_of(const char *below, const struct stat *st, char *out, size_t size)
{
    const char *slash = strchr(below, '/');
    char day[CLOCK_TEXT_SIZE];

    clock_text((int64_t)st->st_mtim.tv_sec * 1000, day);
    if (slash == NULL)
        (void)snprintf(out, size, "drop %.10s", day);
    else
        (void)snprintf(out, size, "%.*s", (int)(slash - below), below);
}

static enum assay_err add_file(struct look *l, const FTSENT *f, struct err *e)
{
    const char *below = f->fts_path + l->folder_size + 1;
    struct group *g = &l->group;
    char batch[sizeof g->batch];
    enum assay_err rc = ASSAY_OK;

    batch_of(below, f->fts_statp, batch, sizeof batch);
    if (g->count == GROUP_FILES || (g->count > 0 && !str_equal(batch, g->batch)))
        rc = take_group(g, e);
    (void)snprintf(g->batch, sizeof g->batch, "%s", batch);
    struct dropped *d = &g->files[g->count++];
    *d = (struct dropped){.path = mem_strdup(f->fts_path), .inner = mem_strdup(below)};
    d->st = *f->fts_statp;
    buf_init(&d->reasons, REASONS_MAX);
    return rc;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_ours(const FTSENT *f)
{
    return f->fts_level == 1 &&
           (str_equal(f->fts_name, "done") || str_equal(f->fts_name, "failed"));
}

/* What one batch cannot bring must not keep the others out. */
static bool stops(enum assay_err rc)
{
    return rc == ASSAY_EFULL || rc == ASSAY_EIO || rc == ASSAY_EKEY;
}

static enum assay_err walk(struct look *l, FTS *tree, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    FTSENT *f;

    while (!stops(rc) && (f = fts_read(tree)) != NULL) {
        if (f->fts_info == FTS_DP || (f->fts_info == FTS_D && f->fts_level == 0))
            continue;
        if (f->fts_name[0] == '.' || is_ours(f)) {
            (void)fts_set(tree, f, FTS_SKIP);
            continue;
        }
        if (f->fts_info == FTS_D || f->fts_info == FTS_NS || f->fts_info == FTS_DNR)
            continue;
        if (waits(l, f))
            l->group.counts->waiting++;
        else if ((rc = add_file(l, f, e)) != ASSAY_OK)
            log_warn("drop.failed", LOG_ERR(rc));
    }
    enum assay_err last = take_group(&l->group, stops(rc) ? NULL : e);
    return rc != ASSAY_OK ? rc : last;
}

enum assay_err drop_scan(struct world *w, struct drop_counts *counts, struct err *e)
{
    struct look *l = mem_zalloc(sizeof *l);
    int64_t settle_s;
    struct drop d;
    int lock = -1;
    enum assay_err rc;

    *counts = (struct drop_counts){0};
    if ((rc = drop_get(w, &d, e)) != 0 || d.folder[0] == '\0' ||
        (rc = settings_get(w->store, DROP_SETTLE_SETTING, &settle_s, e)) != 0)
        goto out;
    lock = open(d.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) {
        rc = err_errno(e, "the drop folder %.200s", d.folder);
        goto out;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        goto out; /* another process is at it */
    if ((rc = make_places(d.folder, e)) != 0 || (rc = take_back(&d, e)) != 0)
        goto out;
    *l = (struct look){.group = {.world = w, .drop = &d, .counts = counts},
                       .settle_ms = settle_s * 1000,
                       .folder_size = strlen(d.folder)};
    char *const roots[] = {d.folder, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (tree == NULL) {
        rc = err_errno(e, "the drop folder");
        goto out;
    }
    rc = walk(l, tree, e);
    (void)fts_close(tree);
out:
    if (lock >= 0)
        (void)close(lock);
    mem_free(l);
    return rc;
}

enum assay_err drop_failed(const struct drop *d, uint64_t *count, struct err *e)
{
    char path[PATH_MAX + 16];
    uint64_t files = 0;
    FTSENT *f;

    (void)snprintf(path, sizeof path, "%s/failed", d->folder);
    char *const roots[] = {path, NULL};
    FTS *tree = access(path, R_OK) == 0 ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    if (tree == NULL)
        return err_errno(e, "%.200s", path);
    while ((f = fts_read(tree)) != NULL)
        files += f->fts_info == FTS_F && str_ends(f->fts_name, ".txt");
    (void)fts_close(tree);
    *count = files;
    return ASSAY_OK;
}
