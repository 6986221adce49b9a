/* Opens media of a case, beneath their folder alone. */
#include "flow/intake/case_media.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define CHUNK_BYTES (256 * 1024)

/* A file of the folder, and what its bytes are. */
struct found {
    char *path; /* in the folder */
    struct assay_digests digests;
};

enum way { BY_SHA256, BY_SHA1, BY_MD5, WAYS };

struct case_media {
    char *folder;
    int fd;
    bool walked;
    struct found *files;
    size_t count, room;
    struct found **sorted[WAYS];
};

enum assay_err case_media_open(const char *folder, struct case_media **out, struct err *e)
{
    struct case_media *m;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *out = NULL;
    if (fd < 0)
        return err_errno(e, "open the folder of media %.300s", folder);
    m = mem_zalloc(sizeof *m);
    m->folder = mem_strdup(folder);
    m->fd = fd;
    *out = m;
    return ASSAY_OK;
}

void case_media_close(struct case_media *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        mem_free(m->files[i].path);
    for (size_t i = 0; i < WAYS; i++)
        mem_free(m->sorted[i]);
    mem_free(m->files);
    mem_free(m->folder);
    (void)close(m->fd);
    mem_free(m);
}

/* The kernel itself holds the path to the folder: a link, "..", or one that is made meanwhile gets
 * nowhere. */
static int open_beneath(const struct case_media *m, const char *path)
{
    const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                                 .resolve =
                                     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, m->fd, path, &how, sizeof how);
}

void case_media_by_path(struct case_media *m, const struct vics_media *v, int *fd)
{
    *fd = v->path == NULL ? -1 : open_beneath(m, v->path);
}

/* ---- by hash ---- */

bool case_media_digest(int fd, struct assay_digests *out)
{
    struct assay_digester *d;
    unsigned char *chunk;
    ssize_t n;

    if (assay_digester_new(&d) != ASSAY_OK)
        return false;
    chunk = mem_alloc(CHUNK_BYTES);
    while ((n = read(fd, chunk, CHUNK_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0 && assay_digester_feed(d, chunk, (size_t)n) != ASSAY_OK)
            break;
    }
    const bool good = n == 0 && assay_digester_finish(d, out) == ASSAY_OK;
    assay_digester_free(d);
    mem_wipe_free(chunk, CHUNK_BYTES);
    return good;
}

static void add_file(struct case_media *m, const char *path)
{
    struct assay_digests digests;
    const int fd = open_beneath(m, path);

    if (fd < 0)
        return;
    const bool good = case_media_digest(fd, &digests);
    (void)close(fd);
    if (!good)
        return;
    if (m->count == m->room) {
        m->room = m->room == 0 ? 64 : 2 * m->room;
        m->files = mem_resize(m->files, m->room, sizeof *m->files);
    }
    m->files[m->count++] = (struct found){mem_strdup(path), digests};
}

static enum assay_err walk(struct case_media *m, struct err *e)
{
    char *roots[] = {m->folder, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *f;

    if (tree == NULL)
        return err_errno(e, "walk %.300s", m->folder);
    const size_t root = strlen(m->folder);
    errno = 0;
    while ((f = fts_read(tree)) != NULL) {
        const char *inner = f->fts_path + root;
        if (f->fts_info == FTS_F)
            add_file(m, inner + strspn(inner, "/"));
        errno = 0;
    }
    const enum assay_err rc = errno == 0 ? ASSAY_OK : err_errno(e, "walk %.300s", m->folder);
    (void)fts_close(tree);
    return rc;
}

static const uint8_t *hash_of(const struct found *f, enum way way, size_t *size)
{
    switch (way) {
    case BY_SHA256:
        *size = sizeof f->digests.sha256;
        return f->digests.sha256;
    case BY_SHA1:
        *size = sizeof f->digests.sha1;
        return f->digests.sha1;
    default:
        *size = sizeof f->digests.md5;
        return f->digests.md5;
    }
}

static int compare(const void *a, const void *b, void *ctx)
{
    const enum way way = *(const enum way *)ctx;
    size_t size;
    const uint8_t *x = hash_of(*(struct found *const *)a, way, &size);

    return memcmp(x, hash_of(*(struct found *const *)b, way, &size), size);
}

static void sort(struct case_media *m)
{
    for (enum way way = 0; way < WAYS; way++) {
        m->sorted[way] = mem_array(m->count + 1, sizeof *m->sorted[way]);
        for (size_t i = 0; i < m->count; i++)
            m->sorted[way][i] = &m->files[i];
        qsort_r(m->sorted[way], m->count, sizeof *m->sorted[way], compare, &way);
    }
}

static const struct found *find(const struct case_media *m, enum way way, const uint8_t *hash)
{
    size_t from = 0, to = m->count, size;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int order = memcmp(hash_of(m->sorted[way][middle], way, &size), hash, size);
        if (order == 0)
            return m->sorted[way][middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

enum assay_err case_media_by_hash(struct case_media *m, const struct vics_media *v, int *fd,
                                  struct err *e)
{
    const struct found *f = NULL;
    enum assay_err rc;

    *fd = -1;
    if (!v->has_md5 && !v->has_sha1 && !v->has_sha256)
        return ASSAY_OK;
    if (!m->walked) {
        if ((rc = walk(m, e)) != ASSAY_OK)
            return rc;
        sort(m);
        m->walked = true;
    }
    if (v->has_sha256)
        f = find(m, BY_SHA256, v->sha256);
    else if (v->has_sha1)
        f = find(m, BY_SHA1, v->sha1);
    else
        f = find(m, BY_MD5, v->md5);
    if (f != NULL)
        *fd = open_beneath(m, f->path);
    return ASSAY_OK;
}
