/* Walks files and folders, reads each once, seals what is new and commits in groups. */
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

#define GROUP_FILES 24                 /* a transaction; keeps it well under 50 ms */
#define GROUP_BYTES (16 * 1024 * 1024) /* sealed bytes that may wait for their row */
#define WHOLE_BYTES                                                                                \
    (32 * 1024 * 1024) /* files up to this are held in memory; larger are read twice */
#define CHUNK_BYTES (256 * 1024)

const char *intake_verdict_name(enum intake_verdict v)
{
    static const char *const names[] = {"new", "known", "seen", "inherited", "refused"};

    assert((unsigned)v < sizeof names / sizeof names[0]);
    return names[v];
}

/* One import, shared by its threads. */
struct run {
    struct world *world;
    const struct intake_options *options;
    struct batch_key batch;
    struct notes *notes;
    pthread_mutex_t lock; /* walk, counts, report, failure */
    FTS *walk;
    struct intake_counts *counts;
    enum assay_err failure;
    struct err error;
};

static void refuse(struct taken *t, const char *reason)
{
    t->verdict = INTAKE_REFUSED;
    (void)snprintf(t->reason, sizeof t->reason, "%s", reason);
}

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

/* The next file, or false at the end. A thing that cannot be taken comes as refused. */
static bool next_file(struct run *r, struct taken *t)
{
    bool found = false;
    FTSENT *f;

    *t = (struct taken){.verdict = INTAKE_NEW};
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
            refuse(t, reason);
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
        n = read(fd, chunk, CHUNK_BYTES);
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

struct known {
    const uint8_t *sha256;
    bool yes;
};

static enum assay_err find_item(struct tx *tx, void *ctx, struct err *e)
{
    struct known *k = ctx;
    struct item_row item;
    enum assay_err rc = item_find(tx, k->sha256, &item, e);

    k->yes = rc == ASSAY_OK;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
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
        refuse(t, "the file changed while it was read; import it again");
        goto out;
    }
    rc = vault_writer_finish(w, &t->blob, e);
    t->sealed = rc == ASSAY_OK;
out:
    vault_writer_free(w);
    return rc;
}

/* Read, digest and, if its bytes are new, seal. A fault of the file refuses it; an error is the
 * vault's. */
static enum assay_err take_open(struct run *r, int fd, struct taken *t, unsigned char *chunk,
                                struct err *e)
{
    struct known known = {.sha256 = t->digests.sha256};
    struct err why = {0};
    struct buf whole;
    struct stat st;
    enum assay_err rc;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        refuse(t, "not a regular file");
        return ASSAY_OK;
    }
    bool small = st.st_size <= WHOLE_BYTES;
    buf_init(&whole, WHOLE_BYTES + CHUNK_BYTES);
    rc = read_through(fd, &t->digests, small ? &whole : NULL, NULL, chunk, &t->type, &why);
    if (rc != ASSAY_OK || whole.over) {
        char reason[200];
        (void)snprintf(reason, sizeof reason, "cannot be read: %.150s",
                       rc != ASSAY_OK ? why.text : "it grew while it was read");
        refuse(t, reason);
        rc = ASSAY_OK;
        goto out;
    }
    if (t->digests.size == 0) {
        refuse(t, "empty: no bytes in it");
        goto out;
    }
    if ((rc = store_read(r->world->store, find_item, &known, e)) != 0 || known.yes)
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

static enum assay_err take(struct run *r, struct taken *t, unsigned char *chunk, struct err *e)
{
    if (t->verdict == INTAKE_REFUSED)
        return ASSAY_OK;
    int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        char reason[160];
        (void)snprintf(reason, sizeof reason, "cannot be opened: %s", strerrordesc_np(errno));
        refuse(t, reason);
        return ASSAY_OK;
    }
    enum assay_err rc = take_open(r, fd, t, chunk, e);
    (void)close(fd);
    if (rc == ASSAY_OK && t->verdict != INTAKE_REFUSED)
        t->note = notes_find(r->notes, t->inner, &t->digests);
    return rc;
}

static void count(struct intake_counts *c, const struct taken *t)
{
    c->files++;
    c->bytes += t->digests.size;
    switch (t->verdict) {
    case INTAKE_NEW:
        c->fresh++;
        break;
    case INTAKE_KNOWN:
        c->known++;
        break;
    case INTAKE_SEEN:
        c->seen++;
        break;
    case INTAKE_INHERITED:
        c->inherited++;
        break;
    case INTAKE_REFUSED:
        c->refused++;
        break;
    }
    if (t->verdict != INTAKE_REFUSED && !decode_type_supported(t->type))
        c->unsupported++;
}

/* Commit what was taken, report it, and take away blobs that got no row. */
static void finish(struct run *r, struct taken *group, size_t n, enum assay_err rc, struct err *e)
{
    const struct intake_options *o = r->options;

    if (rc == ASSAY_OK && n > 0)
        rc = intake_commit(r->world, o, &r->batch, group, n, e);
    for (size_t i = 0; i < n; i++) {
        /* After EIO nobody knows whether the rows are there: a blob too many is swept one day. */
        if (group[i].sealed && rc != ASSAY_EIO &&
            (rc != ASSAY_OK || group[i].verdict != INTAKE_NEW))
            vault_remove(r->world->vault, group[i].blob.id);
    }
    (void)pthread_mutex_lock(&r->lock);
    if (rc != ASSAY_OK && r->failure == ASSAY_OK) {
        r->failure = rc;
        r->error = *e;
    }
    for (size_t i = 0; i < n; i++) {
        struct taken *t = &group[i];
        if (rc == ASSAY_OK) {
            count(r->counts, t);
            o->report(o->ctx, t->path, t->verdict, decode_type_mime(t->type),
                      t->verdict == INTAKE_REFUSED ? t->reason : NULL);
        }
        mem_free(t->path);
        mem_free(t->inner);
    }
    (void)pthread_mutex_unlock(&r->lock);
}

static void *work(void *ctx)
{
    struct run *r = ctx;
    unsigned char *chunk = mem_alloc(CHUNK_BYTES);
    struct taken group[GROUP_FILES];
    struct err e = {0};
    bool more = true;

    while (more) {
        enum assay_err rc = ASSAY_OK;
        uint64_t bytes = 0;
        size_t n = 0;
        while (rc == ASSAY_OK && n < GROUP_FILES && bytes < GROUP_BYTES &&
               (more = next_file(r, &group[n]))) {
            rc = take(r, &group[n], chunk, &e);
            bytes += group[n].digests.size;
            n++;
        }
        finish(r, group, n, rc, &e);
        more = more && rc == ASSAY_OK;
    }
    mem_wipe_free(chunk, CHUNK_BYTES);
    return NULL;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void sidecar_refused(void *ctx, const char *line_and_reason)
{
    struct run *r = ctx;

    r->counts->refused++;
    r->options->report(r->options->ctx, r->options->sidecar, INTAKE_REFUSED, "text/csv",
                       line_and_reason);
}

static enum assay_err read_batch(struct tx *tx, void *ctx, struct err *e)
{
    struct run *r = ctx;

    return batch_get(tx, r->options->batch_id, &r->batch, e);
}

static enum assay_err prepare(struct run *r, const char *const *paths, size_t path_count,
                              struct err *e)
{
    const struct scheme *scheme;
    enum assay_err rc;

    if ((rc = store_read(r->world->store, read_batch, r, e)) != 0 ||
        (rc = flow_scheme(r->world, r->batch.scheme, &scheme, e)) != 0)
        return rc;
    if (r->options->sidecar != NULL &&
        (rc = notes_load(r->options, scheme, sidecar_refused, r, &r->notes, e)) != 0)
        return rc;
    char **list = mem_array(path_count + 1, sizeof *list);
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

enum assay_err intake_paths(struct world *w, const struct intake_options *o,
                            const char *const *paths, size_t path_count,
                            struct intake_counts *counts, struct err *e)
{
    struct run r = {.world = w, .options = o, .counts = counts};
    pthread_t *threads = mem_array(o->threads, sizeof *threads);
    unsigned started = 0;

    assert(o->threads > 0);
    (void)pthread_mutex_init(&r.lock, NULL);
    enum assay_err rc = prepare(&r, paths, path_count, e);
    if (rc != ASSAY_OK)
        goto out;
    while (started < o->threads && pthread_create(&threads[started], NULL, work, &r) == 0)
        started++;
    if (started == 0)
        (void)work(&r);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    rc = r.failure;
    if (rc != ASSAY_OK && e != NULL)
        *e = r.error;
out:
    if (r.walk != NULL)
        (void)fts_close(r.walk);
    notes_free(r.notes);
    (void)pthread_mutex_destroy(&r.lock);
    mem_free(threads);
    return rc;
}
