/* Makes a backup: the blobs first, the store as of one moment, then what makes it whole. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assay/digest.h"
#include "audit/note.h"
#include "backup/backup.h"
#include "backup/copy.h"
#include "backup/repository.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/item.h"
#include "store/record.h"
#include "store/schemes.h"
#include "store/stats.h"
#include "store/workspace.h"

#define HEAD_MAX    (256 * 1024)
#define LINES_BYTES (1u << 20)
#define FOLDER_MODE 0700
#define NAMES_FIRST 4096
#define SECOND_MS   1000
#define SCHEMES_MAX 64
#define PATH_BYTES  PATH_MAX

struct name {
    char text[VAULT_NAME_SIZE];
};

/* What is read on the snapshot that is copied. */
struct snapshot {
    struct vault *vault;
    struct arena *arena;
    struct workspace_row workspace;
    struct backup_counts counts;
    struct buf head; /* the checkpoint's text */
    struct name *names;
    size_t names_count, names_capacity;
    struct scheme_text {
        const char *name, *body;
    } schemes[SCHEMES_MAX];
    size_t schemes_count;
};

struct making {
    struct world *world;
    struct repository repository;
    struct snapshot snapshot;
    char name[BACKUP_NAME_SIZE];
    char folder[PATH_BYTES], temp[PATH_BYTES];
    int64_t made_ms, began_ms;
    int files; /* fd of the list */
    struct assay_digester *digester;
    struct buf lines; /* of the list, not yet written */
    struct backup_manifest manifest;
    struct err why; /* a blob could not be taken */
};

/* ---- on the snapshot ---- */

static enum assay_err keep_name(void *ctx, const struct blob_row *b)
{
    struct snapshot *s = ctx;

    if (s->names_count == s->names_capacity) {
        s->names_capacity = s->names_capacity == 0 ? NAMES_FIRST : 2 * s->names_capacity;
        s->names = mem_resize(s->names, s->names_capacity, sizeof *s->names);
    }
    vault_name(s->vault, b->id, s->names[s->names_count++].text);
    return ASSAY_OK;
}

static enum assay_err keep_scheme(void *ctx, const char *name)
{
    struct snapshot *s = ctx;

    if (s->schemes_count < SCHEMES_MAX)
        s->schemes[s->schemes_count++].name = arena_strdup(s->arena, name);
    return ASSAY_OK;
}

static enum assay_err read_schemes(struct tx *tx, struct snapshot *s, struct err *e)
{
    uint8_t sha256[32];
    int64_t version;
    struct buf b;
    enum assay_err rc = schemes_each(tx, keep_scheme, s, e);

    buf_init(&b, SCHEME_TEXT_MAX);
    for (size_t i = 0; rc == ASSAY_OK && i < s->schemes_count; i++) {
        buf_reset(&b);
        rc = schemes_newest(tx, s->schemes[i].name, &version, sha256, &b, e);
        if (rc == ASSAY_OK)
            s->schemes[i].body = arena_strdup(s->arena, buf_cstr(&b));
    }
    buf_clear(&b);
    return rc;
}

static enum assay_err look(struct tx *tx, void *ctx, struct err *e)
{
    struct snapshot *s = ctx;
    struct stats_row stats;
    uint8_t last[16];
    enum assay_err rc;

    s->names_count = s->schemes_count = 0; /* this may be run again */
    buf_reset(&s->head);
    if ((rc = workspace_get(tx, &s->workspace, e)) != 0 || (rc = stats_get(tx, &stats, e)) != 0)
        return rc;
    rc = record_head_last(tx, &s->head, e);
    if (rc != ASSAY_OK && rc != ASSAY_ENOTFOUND)
        return rc;
    rc = blob_page(tx, NULL, last, keep_name, s, e);
    while (rc == ASSAY_OK) {
        uint8_t after[16];
        memcpy(after, last, sizeof after);
        rc = blob_page(tx, after, last, keep_name, s, e);
    }
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    s->counts = (struct backup_counts){stats.items, stats.sightings,   stats.decisions,
                                       stats.views, stats.record_size, (int64_t)s->names_count};
    return read_schemes(tx, s, e);
}

/* ---- files of the backup ---- */

static enum assay_err write_lines(struct making *m, struct err *e)
{
    enum assay_err rc = assay_digester_feed(m->digester, m->lines.data, m->lines.size);

    if (rc == ASSAY_OK)
        rc = fs_write_all(m->files, m->lines.data, m->lines.size, e);
    m->manifest.list_size += (int64_t)m->lines.size;
    buf_reset(&m->lines);
    return rc;
}

static enum assay_err add_line(struct making *m, const char *path, const struct copy_sum *sum,
                               struct err *e)
{
    struct list_line line = {.size = sum->size};

    if (!list_path_ok(path))
        return err_set(e, ASSAY_EDAMAGED, "a file of a name that backups cannot hold: %.200s",
                       path);
    memcpy(line.sha256, sum->sha256, sizeof line.sha256);
    (void)snprintf(line.path, sizeof line.path, "%s", path);
    list_write(&line, &m->lines);
    m->manifest.files++;
    m->manifest.bytes += (int64_t)sum->size;
    return m->lines.size > LINES_BYTES / 2 ? write_lines(m, e) : ASSAY_OK;
}

static enum assay_err add_bytes(struct making *m, const char *path, const void *bytes, size_t size,
                                struct err *e)
{
    char to[PATH_BYTES];
    struct copy_sum sum;
    enum assay_err rc;

    (void)snprintf(to, sizeof to, "%.3700s/%.250s", m->temp, path);
    if ((rc = copy_write(to, bytes, size, &sum, e)) != 0)
        return rc;
    return add_line(m, path, &sum, e);
}

static enum assay_err add_tile(void *ctx, const char *path, const void *bytes, size_t size,
                               struct err *e)
{
    char name[LIST_PATH_SIZE];

    (void)snprintf(name, sizeof name, "audit/%.200s", path);
    return add_bytes(ctx, name, bytes, size, e);
}

static enum assay_err add_record(struct making *m, struct err *e)
{
    struct audit_files files = {add_tile, m};
    struct snapshot *s = &m->snapshot;
    struct checkpoint c;
    struct note note;
    enum assay_err rc;

    if (s->head.size == 0)
        return ASSAY_OK;
    if ((rc = note_parse(buf_cstr(&s->head), s->head.size, &note, e)) != 0 ||
        (rc = checkpoint_parse(note.text, note.text_size, &c, e)) != 0 ||
        (rc = audit_each_file(m->world->data_dir, c.head.size, &files, e)) != 0)
        return rc;
    return add_bytes(m, "audit/checkpoint", s->head.data, s->head.size, e);
}

/* Each file that lies in a folder, by its name there. */
typedef enum assay_err each_fn(struct making *m, const char *folder, const char *name,
                               struct err *e);
static enum assay_err each_file(struct making *m, const char *folder, each_fn *fn, struct err *e)
{
    const struct dirent *entry;
    enum assay_err rc = ASSAY_OK;
    DIR *dir = opendir(folder);

    if (dir == NULL)
        return err_errno(e, "open %.300s", folder);
    while (rc == ASSAY_OK && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            rc = fn(m, folder, entry->d_name, e);
    (void)closedir(dir);
    return rc;
}

static enum assay_err add_key(struct making *m, const char *folder, const char *name, struct err *e)
{
    char from[PATH_BYTES], to[PATH_BYTES], path[LIST_PATH_SIZE];
    struct copy_sum sum;
    enum assay_err rc;

    (void)snprintf(from, sizeof from, "%.3700s/%.250s", folder, name);
    (void)snprintf(path, sizeof path, "keys/%.240s", name);
    (void)snprintf(to, sizeof to, "%.3700s/%.250s", m->temp, path);
    if ((rc = copy_file(from, to, &sum, e)) != 0)
        return rc;
    return add_line(m, path, &sum, e);
}

static enum assay_err add_stored(struct making *m, const char *folder, const char *name,
                                 struct err *e)
{
    char from[PATH_BYTES], path[LIST_PATH_SIZE];
    struct copy_sum sum;
    enum assay_err rc;

    (void)snprintf(from, sizeof from, "%.3700s/%.250s", folder, name);
    (void)snprintf(path, sizeof path, "store/%.240s", name);
    if ((rc = copy_hash(from, &sum, e)) != 0)
        return rc;
    return add_line(m, path, &sum, e);
}

static enum assay_err add_schemes(struct making *m, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < m->snapshot.schemes_count; i++) {
        const struct scheme_text *s = &m->snapshot.schemes[i];
        char path[LIST_PATH_SIZE];
        (void)snprintf(path, sizeof path, "schemes/%.200s.json", s->name);
        rc = add_bytes(m, path, s->body, strlen(s->body), e);
    }
    return rc;
}

/* ---- blobs ---- */

static enum assay_err take_present(void *ctx, const char *name, bool stray, int64_t age_s)
{
    struct making *m = ctx;

    (void)age_s;
    if (stray)
        return ASSAY_OK;
    enum assay_err rc = repository_take(&m->repository, name, &m->why);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc; /* taken away since */
}

static enum assay_err take_named(struct making *m, struct err *e)
{
    const struct snapshot *s = &m->snapshot;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < s->names_count; i++) {
        rc = repository_take(&m->repository, s->names[i].text, e);
        if (rc == ASSAY_ENOTFOUND)
            return err_set(e, ASSAY_EBUSY,
                           "the blob %.64s was replaced while the backup was made, or is missing: "
                           "run the backup again; if it says so again, assay vault check",
                           s->names[i].text);
    }
    return rc == ASSAY_OK ? repository_flush(&m->repository, e) : rc;
}

static enum assay_err add_blobs(struct making *m, struct err *e)
{
    const struct snapshot *s = &m->snapshot;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < s->names_count; i++) {
        uint8_t name[LIST_NAME_BYTES];
        char path[LIST_PATH_SIZE];
        struct copy_sum sum;
        (void)str_unhex(s->names[i].text, name, sizeof name);
        const struct list_blob *b = list_blobs_find(&m->repository.blobs, name);
        memcpy(sum.sha256, b->sha256, sizeof sum.sha256);
        sum.size = b->size;
        (void)snprintf(path, sizeof path, "vault/%.2s/%s", s->names[i].text, s->names[i].text);
        rc = add_line(m, path, &sum, e);
    }
    return rc;
}

/* ---- all of it ---- */

/* A second names a backup; two in one second would not be told apart. */
static void name_it(struct making *m)
{
    char text[CLOCK_TEXT_SIZE];
    struct stat st;

    for (;; clock_sleep_ms(SECOND_MS)) {
        m->made_ms = clock_now_ms();
        clock_text(m->made_ms, text);
        (void)snprintf(m->name, sizeof m->name, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text, text + 5,
                       text + 8, text + 11, text + 14, text + 17);
        (void)snprintf(m->folder, sizeof m->folder, "%.3900s/%s", m->repository.path, m->name);
        (void)snprintf(m->temp, sizeof m->temp, "%.3900s/" REPOSITORY_TEMP "%s", m->repository.path,
                       m->name);
        if (lstat(m->folder, &st) != 0)
            return;
    }
}

static void step_store(void *ctx, uint64_t done, uint64_t total)
{
    const struct making *m = ctx;

    if (m->repository.watch != NULL)
        m->repository.watch->step(m->repository.watch->ctx, "store", done, total);
}

static enum assay_err copy_store(struct making *m, char *folder, struct err *e)
{
    struct store_copy copy = {folder, look, &m->snapshot, step_store, m};
    enum assay_err rc;

    (void)snprintf(folder, PATH_BYTES, "%.3900s/store", m->temp);
    if ((rc = fs_make_dirs(folder, FOLDER_MODE, e)) != 0)
        return rc;
    return store_copy(m->world->store, &copy, e);
}

static enum assay_err start_list(struct making *m, struct err *e)
{
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_FILES, m->temp);
    m->files = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return m->files < 0 ? err_errno(e, "create %.300s", path) : assay_digester_new(&m->digester);
}

static enum assay_err finish_list(struct making *m, struct err *e)
{
    struct assay_digests d;
    enum assay_err rc = write_lines(m, e);

    if (rc == ASSAY_OK && (rc = assay_digester_finish(m->digester, &d)) == 0)
        memcpy(m->manifest.list_sha256, d.sha256, sizeof m->manifest.list_sha256);
    return rc;
}

static enum assay_err write_manifest(struct making *m, struct err *e)
{
    struct snapshot *s = &m->snapshot;
    char path[PATH_BYTES], comment[96];
    struct copy_sum sum;
    struct buf text, signature;
    enum assay_err rc;

    m->manifest.workspace = s->workspace.key;
    m->manifest.label = s->workspace.label;
    m->manifest.training = s->workspace.training;
    m->manifest.software = "assay " ASSAY_VERSION;
    m->manifest.made_ms = m->made_ms;
    m->manifest.engine = store_engine(m->world->store);
    m->manifest.schema = store_schema(m->world->store);
    m->manifest.counts = s->counts;
    m->manifest.head = buf_cstr(&s->head);
    buf_init(&text, BACKUP_MANIFEST_MAX);
    buf_init(&signature, BACKUP_MANIFEST_MAX);
    backup_manifest_write(&m->manifest, &text);
    (void)snprintf(comment, sizeof comment, "assay backup %s of %s", m->name, s->workspace.key);
    keys_minisign(m->world->keys, text.data, text.size, comment, &signature);
    (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_MANIFEST, m->temp);
    if ((rc = copy_write(path, text.data, text.size, &sum, e)) == 0) {
        (void)snprintf(path, sizeof path, "%.3900s/" BACKUP_SIGNATURE, m->temp);
        rc = copy_write(path, signature.data, signature.size, &sum, e);
    }
    buf_clear(&text);
    buf_clear(&signature);
    return rc;
}

static enum assay_err make_whole(struct making *m, const char *store, struct err *e)
{
    char keys[PATH_BYTES];
    enum assay_err rc;

    (void)snprintf(keys, sizeof keys, "%.3900s/keys", m->world->data_dir);
    if ((rc = start_list(m, e)) != 0 || (rc = each_file(m, store, add_stored, e)) != 0 ||
        (rc = add_record(m, e)) != 0 || (rc = each_file(m, keys, add_key, e)) != 0 ||
        (rc = add_schemes(m, e)) != 0 || (rc = add_blobs(m, e)) != 0 ||
        (rc = finish_list(m, e)) != 0 || (rc = write_manifest(m, e)) != 0 ||
        (rc = copy_sync(m->repository.path, e)) != 0)
        return rc;
    if (rename(m->temp, m->folder) != 0)
        return err_errno(e, "name %.300s", m->folder);
    return fs_sync_dir(m->repository.path, e);
}

static enum assay_err note_made(struct tx *tx, void *ctx, struct err *e)
{
    const struct making *m = ctx;
    const struct backup_manifest *f = &m->manifest;
    int64_t now = clock_now_ms();
    struct backup_row row = {rand_id(),
                             BACKUP_MADE,
                             "",
                             f->counts.entries,
                             f->files,
                             f->bytes,
                             clock_mono_ms() - m->began_ms,
                             now};
    char data[200];
    enum assay_err rc;

    (void)snprintf(row.name, sizeof row.name, "%s", m->name);
    (void)snprintf(data, sizeof data,
                   "{\"backup\":\"%s\",\"entries\":%lld,\"files\":%lld,\"bytes\":%lld}", m->name,
                   (long long)row.entries, (long long)row.files, (long long)row.size_bytes);
    struct audit_entry entry = {.action = AUDIT_BACKUP_MADE,
                                .keys = m->world->keys,
                                .actor = people_operator(),
                                .data = data,
                                .texts = {{"folder", m->repository.path}}};
    if ((rc = backup_insert(tx, &row, e)) != 0)
        return rc;
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err make(struct making *m, struct err *e)
{
    struct world *w = m->world;
    char store[PATH_BYTES];
    enum assay_err rc = audit_advance(w->store, w->keys, w->data_dir, NULL, e);

    if (rc != ASSAY_OK && rc != ASSAY_EBUSY) /* the server signs it just now */
        return rc;
    rc = vault_each(w->vault, take_present, m, e);
    if (rc != ASSAY_OK && m->why.code == rc)
        *e = m->why;
    if (rc != ASSAY_OK)
        return rc;
    name_it(m);
    if ((rc = copy_store(m, store, e)) != 0 || (rc = take_named(m, e)) != 0 ||
        (rc = make_whole(m, store, e)) != 0)
        return rc;
    return store_write(w->store, note_made, m, e);
}

enum assay_err backup_make(struct world *w, const char *repository,
                           const struct backup_watch *watch, struct backup_report *out,
                           struct err *e)
{
    struct making *m = mem_zalloc(sizeof *m);
    struct err own = {0};
    enum assay_err rc;

    e = e == NULL ? &own : e;
    m->world = w;
    m->files = -1;
    m->began_ms = clock_mono_ms();
    m->snapshot.vault = w->vault;
    m->snapshot.arena = arena_new();
    buf_init(&m->snapshot.head, HEAD_MAX);
    buf_init(&m->lines, LINES_BYTES);
    if ((rc = repository_open(&m->repository, w, repository, watch, e)) == 0)
        rc = make(m, e);
    if (rc == ASSAY_OK) {
        *out = (struct backup_report){.files = (uint64_t)m->manifest.files,
                                      .bytes = (uint64_t)m->manifest.bytes,
                                      .copied_files = m->repository.copied_files,
                                      .copied_bytes = m->repository.copied_bytes,
                                      .entries = m->manifest.counts.entries};
        (void)snprintf(out->name, sizeof out->name, "%s", m->name);
    } else if (m->temp[0] != '\0') {
        (void)copy_remove(m->temp, NULL);
    }
    if (m->files >= 0)
        (void)close(m->files);
    assay_digester_free(m->digester);
    repository_close(&m->repository);
    mem_free(m->snapshot.names);
    arena_free(m->snapshot.arena);
    buf_clear(&m->snapshot.head);
    buf_clear(&m->lines);
    mem_free(m);
    return rc;
}
