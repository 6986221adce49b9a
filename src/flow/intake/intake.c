/* Walks files and folders, reads each once and seals what is new, by several threads. */
#include "flow/intake/intake.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/intake_impl.h"

/* "ROOT/inner" for what lies in the folder ROOT that was named, the base name for a file. */
static char *inner_path(const FTSENT *f)
{
    const FTSENT *root = f;

    while (root->fts_level > FTS_ROOTLEVEL)
        root = root->fts_parent;
    char *copy = mem_strdup(root->fts_path), *inner;
    size_t root_size = root->fts_pathlen;
    const char *below = f->fts_path + root_size;
    while (*below == '/') /* "folder/" means what "folder" means */
        below++;
    copy[root_size] = '\0';
    const char *base = basename(copy);
    size_t size = strlen(base) + strlen(below) + 2;
    inner = mem_alloc(size);
    (void)snprintf(inner, size, "%s%s%s", base, *below == '\0' ? "" : "/", below);
    mem_free(copy);
    return inner;
}

/* The next file of a list, whose caller looked at it already. */
static bool next_listed(struct run *r, struct taken *t)
{
    bool found = false;

    (void)pthread_mutex_lock(&r->lock);
    if (r->list_count > 0 && r->failure == ASSAY_OK) {
        t->path = mem_strdup(r->list->path);
        t->inner = mem_strdup(r->list->inner);
        r->list++;
        r->list_count--;
        found = true;
    }
    (void)pthread_mutex_unlock(&r->lock);
    return found;
}

/* The next file, or false at the end. A thing that cannot be taken comes as refused. */
static bool next_file(struct run *r, struct taken *t)
{
    bool found = false;
    FTSENT *f;

    *t = (struct taken){.verdict = INTAKE_NEW};
    if (r->walk == NULL)
        return next_listed(r, t);
    (void)pthread_mutex_lock(&r->lock);
    while (!found && r->failure == ASSAY_OK) {
        errno = 0;
        if ((f = fts_read(r->walk)) == NULL) {
            if (errno != 0) /* the walk itself broke: what is behind was not seen */
                r->failure = err_errno(&r->error, "walk the folders");
            break;
        }
        char reason[160] = "";
        switch (f->fts_info) {
        case FTS_D:
        case FTS_DP:
        case FTS_DOT:
            continue;
        case FTS_F:
            break;
        case FTS_SL:
        case FTS_SLNONE:
            (void)snprintf(reason, sizeof reason, "a symbolic link: name the file itself");
            break;
        case FTS_NS:
        case FTS_DNR:
        case FTS_ERR:
            (void)snprintf(reason, sizeof reason, "cannot be read: %s",
                           strerrordesc_np(f->fts_errno));
            break;
        default:
            (void)snprintf(reason, sizeof reason, "not a regular file");
            break;
        }
        t->path = mem_dup(f->fts_path, f->fts_pathlen + 1u);
        t->inner = inner_path(f);
        if (reason[0] != '\0')
            taken_refuse(t, reason);
        found = true;
    }
    (void)pthread_mutex_unlock(&r->lock);
    return found;
}

/* Read all of fd from its start through the digester, into whole (small files) or into w (may be
 * NULL). */
static enum assay_err read_through(int fd, struct assay_digests *d, struct buf *whole,
                                   struct vault_writer *w, unsigned char *chunk,
                                   enum decode_type *type, struct err *e)
{
    struct assay_digester *digester;
    enum assay_err rc = assay_digester_new(&digester);
    bool first = true;
    ssize_t n = 0;

    if (rc != ASSAY_OK)
        return err_set(e, rc, "out of memory");
    if (lseek(fd, 0, SEEK_SET) < 0) {
        rc = err_errno(e, "seek");
        goto out;
    }
    for (;;) {
        n = read(fd, chunk, INTAKE_CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (first)
            *type = decode_sniff(chunk, (size_t)n);
        first = false;
        if (whole != NULL)
            buf_add(whole, chunk, (size_t)n);
        if ((rc = assay_digester_feed(digester, chunk, (size_t)n)) != 0 ||
            (w != NULL && (rc = vault_writer_feed(w, chunk, (size_t)n, e)) != 0))
            goto out;
    }
    if (n < 0) {
        rc = err_errno(e, "read");
        goto out;
    }
    rc = assay_digester_finish(digester, d);
out:
    assay_digester_free(digester);
    return rc;
}

/* Seal a large file by a second reading, which must give the same bytes. */
static enum assay_err seal_large(struct run *r, int fd, struct taken *t, unsigned char *chunk,
                                 struct err *e)
{
    struct assay_digests again;
    struct vault_writer *w;
    enum decode_type type;
    enum assay_err rc = vault_writer_new(r->world->vault, &w, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = read_through(fd, &again, NULL, w, chunk, &type, e)) != 0)
        goto out;
    if (memcmp(again.sha256, t->digests.sha256, sizeof again.sha256) != 0) {
        taken_refuse(t, "the file changed while it was read; import it again");
        goto out;
    }
    rc = vault_writer_finish(w, &t->blob, e);
    t->sealed = rc == ASSAY_OK;
out:
    vault_writer_free(w);
    return rc;
}

enum assay_err intake_take_open(struct run *r, int fd, struct taken *t, unsigned char *chunk,
                                struct err *e)
{
    bool known;
    struct err why = {0};
    struct buf whole;
    struct stat st;
    enum assay_err rc;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        taken_refuse(t, "not a regular file");
        return ASSAY_OK;
    }
    bool small = st.st_size <= WHOLE_BYTES;
    buf_init(&whole, WHOLE_BYTES + INTAKE_CHUNK_BYTES);
    rc = read_through(fd, &t->digests, small ? &whole : NULL, NULL, chunk, &t->type, &why);
    if (rc != ASSAY_OK || whole.over) {
        char reason[200];
        (void)snprintf(reason, sizeof reason, "cannot be read: %.150s",
                       rc != ASSAY_OK ? why.text : "it grew while it was read");
        taken_refuse(t, reason);
        rc = ASSAY_OK;
        goto out;
    }
    if (t->digests.size == 0) {
        taken_refuse(t, "empty: no bytes in it");
        goto out;
    }
    if ((rc = run_knows(r, t->digests.sha256, &known, e)) != 0 || known)
        goto out;
    if (small) {
        rc = vault_put(r->world->vault, whole.data, whole.size, &t->blob, e);
        t->sealed = rc == ASSAY_OK;
    } else {
        rc = seal_large(r, fd, t, chunk, e);
    }
out:
    buf_wipe(&whole);
    return rc;
}

/* Archives are read here and there: what they hold is committed by itself. */
static enum assay_err take_archive(struct run *r, int fd, const struct taken *t, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(e, "look at a file");
    const struct seekable bytes = seekable_of_file(&fd, (uint64_t)st.st_size);
    const struct archive_in in = {.path = t->path, .inner = t->inner, .bytes = &bytes};
    return archive_take(r, &in, e);
}

static bool is_archive(int fd)
{
    unsigned char head[ARCHIVE_HEAD_BYTES];
    ssize_t n = pread(fd, head, sizeof head, 0);

    return n > 0 && archive_is(head, (size_t)n);
}

/* *archive true: t was one, and all of it is done. */
static enum assay_err take(struct run *r, struct taken *t, unsigned char *chunk, bool *archive,
                           struct err *e)
{
    *archive = false;
    if (t->verdict == INTAKE_REFUSED)
        return ASSAY_OK;
    int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        char reason[160];
        (void)snprintf(reason, sizeof reason, "cannot be opened: %s", strerrordesc_np(errno));
        taken_refuse(t, reason);
        return ASSAY_OK;
    }
    *archive = is_archive(fd);
    enum assay_err rc = *archive ? take_archive(r, fd, t, e) : intake_take_open(r, fd, t, chunk, e);
    (void)close(fd);
    if (rc == ASSAY_OK && !*archive && t->verdict != INTAKE_REFUSED)
        t->note = notes_find(r->notes, t->inner, &t->digests);
    return rc;
}

static void *work(void *ctx)
{
    struct run *r = ctx;
    unsigned char *chunk = mem_alloc(INTAKE_CHUNK_BYTES);
    struct taken group[GROUP_FILES];
    struct err e = {0};
    bool more = true;

    while (more) {
        enum assay_err rc = ASSAY_OK;
        uint64_t bytes = 0;
        size_t n = 0;
        while (rc == ASSAY_OK && n < GROUP_FILES && bytes < GROUP_BYTES &&
               (more = next_file(r, &group[n]))) {
            bool archive;
            rc = take(r, &group[n], chunk, &archive, &e);
            if (archive) {
                mem_free(group[n].path);
                mem_free(group[n].inner);
                continue;
            }
            bytes += group[n].digests.size;
            n++;
        }
        rc = run_finish(r, group, n, rc, &e);
        more = more && rc == ASSAY_OK;
    }
    mem_wipe_free(chunk, INTAKE_CHUNK_BYTES);
    return NULL;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum assay_err start_walk(struct run *r, const char *const *paths, size_t path_count,
                                 struct err *e)
{
    char **list = mem_array(path_count + 1, sizeof *list);
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < path_count; i++)
        list[i] = mem_strdup(paths[i]);
    r->walk = fts_open(list, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (r->walk == NULL)
        rc = err_errno(e, "walk the folders");
    for (size_t i = 0; i < path_count; i++)
        mem_free(list[i]);
    mem_free(list);
    return rc;
}

/* Take all there is to take, by as many threads as were asked for. */
static enum assay_err take_all(struct run *r, struct err *e)
{
    const unsigned count = r->options->threads;
    pthread_t *threads = mem_array(count, sizeof *threads);
    unsigned started = 0;

    assert(count > 0);
    while (started < count && pthread_create(&threads[started], NULL, work, r) == 0)
        started++;
    if (started == 0)
        (void)work(r);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    mem_free(threads);
    if (r->failure != ASSAY_OK && e != NULL)
        *e = r->error;
    return r->failure;
}

enum assay_err intake_paths(struct world *w, const struct intake_options *o,
                            const char *const *paths, size_t path_count,
                            struct intake_counts *counts, struct err *e)
{
    struct run r = {.world = w, .options = o, .counts = counts};
    enum assay_err rc = run_begin(&r, e);

    if (rc == ASSAY_OK && (rc = start_walk(&r, paths, path_count, e)) == ASSAY_OK)
        rc = take_all(&r, e);
    if (r.walk != NULL)
        (void)fts_close(r.walk);
    run_end(&r);
    return rc;
}

enum assay_err intake_files(struct world *w, const struct intake_options *o,
                            const struct intake_file *files, size_t file_count,
                            struct intake_counts *counts, struct err *e)
{
    struct run r = {
        .world = w, .options = o, .counts = counts, .list = files, .list_count = file_count};
    enum assay_err rc = run_begin(&r, e);

    if (rc == ASSAY_OK)
        rc = take_all(&r, e);
    run_end(&r);
    return rc;
}

enum assay_err intake_bytes(struct world *w, const struct intake_options *o, const char *path,
                            const struct seekable *bytes, struct intake_counts *counts,
                            struct err *e)
{
    struct run r = {.world = w, .options = o, .counts = counts};
    const struct archive_in in = {.path = path, .inner = path, .bytes = bytes};
    enum assay_err rc = run_begin(&r, e);

    if (rc == ASSAY_OK)
        rc = archive_take(&r, &in, e);
    run_end(&r);
    return rc;
}
