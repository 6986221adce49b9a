/* Finds media of a case, beneath their folder or among the entries of a ZIP alone. */
#include "flow/intake/case_media.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define CHUNK_BYTES (256 * 1024)

enum way { BY_SHA256, BY_SHA1, BY_MD5, BY_PATH, WAYS };

struct case_media {
    char *folder; /* NULL: a ZIP */
    char *below;  /* of a ZIP: where paths begin */
    int fd;       /* of the folder, or -1 */
    bool ready;   /* sorted */
    struct case_entry **entries;
    size_t count, room;
    struct case_entry **sorted[WAYS];
    size_t sorted_count[WAYS];
};

enum assay_err case_media_open(const char *folder, struct case_media **out, struct err *e)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *out = NULL;
    if (fd < 0)
        return err_errno(e, "open the folder of media %.300s", folder);
    *out = case_media_new();
    (*out)->folder = mem_strdup(folder);
    (*out)->fd = fd;
    return ASSAY_OK;
}

struct case_media *case_media_new(void)
{
    struct case_media *m = mem_zalloc(sizeof *m);

    m->fd = -1;
    m->below = mem_strdup("");
    return m;
}

void case_media_close(struct case_media *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++) {
        mem_free(m->entries[i]->path);
        mem_free(m->entries[i]);
    }
    for (size_t i = 0; i < WAYS; i++)
        mem_free(m->sorted[i]);
    mem_free(m->entries);
    mem_free(m->folder);
    mem_free(m->below);
    if (m->fd >= 0)
        (void)close(m->fd);
    mem_free(m);
}

/* One form for what means one place: slashes, single, and no "." between them. Nothing is ever
 * opened by it. */
static char *plain_path(const char *front, const char *name)
{
    const size_t size = strlen(front) + strlen(name) + 2;
    char *out = mem_alloc(size), *to = out;

    (void)snprintf(out, size, "%s%s%s", front, front[0] == '\0' ? "" : "/", name);
    for (char *c = out; *c != '\0'; c++)
        *c = (char)(*c == '\\' ? '/' : *c);
    for (const char *from = out; *from != '\0';) {
        const size_t part = strcspn(from, "/");
        if (part > 0 && !(part == 1 && *from == '.')) {
            if (to != out)
                *to++ = '/';
            memmove(to, from, part);
            to += part;
        }
        from += part + (from[part] == '/');
    }
    *to = '\0';
    return out;
}

struct case_entry *case_media_add(struct case_media *m, const char *name)
{
    struct case_entry *n = mem_zalloc(sizeof *n);

    if (m->count == m->room) {
        m->room = m->room == 0 ? 64 : 2 * m->room;
        m->entries = mem_resize(m->entries, m->room, sizeof(struct case_entry *));
    }
    n->path = plain_path("", name);
    m->entries[m->count++] = n;
    return n;
}

struct case_entry *case_media_entry(const struct case_media *m, size_t index)
{
    return index < m->count ? m->entries[index] : NULL;
}

void case_media_below(struct case_media *m, const char *folder)
{
    mem_free(m->below);
    m->below = mem_strdup(folder);
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
    case_media_add(m, path)->digests = digests;
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

/* What entries are sorted by: the bytes of a hash, or the path with its end. */
static const void *key_of(const struct case_entry *n, enum way way, size_t *size)
{
    switch (way) {
    case BY_SHA256:
        *size = sizeof n->digests.sha256;
        return n->digests.sha256;
    case BY_SHA1:
        *size = sizeof n->digests.sha1;
        return n->digests.sha1;
    case BY_MD5:
        *size = sizeof n->digests.md5;
        return n->digests.md5;
    default:
        *size = 0;
        return n->path;
    }
}

static int hold(const struct case_entry *n, enum way way, const void *key)
{
    size_t size;
    const void *own = key_of(n, way, &size);

    return way == BY_PATH ? strcmp(own, key) : memcmp(own, key, size);
}

static int compare(const void *a, const void *b, void *ctx)
{
    const enum way way = *(const enum way *)ctx;
    size_t size;

    return hold(*(struct case_entry *const *)a, way,
                key_of(*(struct case_entry *const *)b, way, &size));
}

static void sort(struct case_media *m)
{
    for (enum way way = 0; way < WAYS; way++) {
        m->sorted[way] = mem_array(m->count + 1, sizeof(struct case_entry *));
        for (size_t i = 0; i < m->count; i++) {
            if (way == BY_PATH || m->entries[i]->fault == NULL)
                m->sorted[way][m->sorted_count[way]++] = m->entries[i];
        }
        qsort_r(m->sorted[way], m->sorted_count[way], sizeof(struct case_entry *), compare, &way);
    }
    m->ready = true;
}

/* The first that has the key. */
static struct case_entry *find(const struct case_media *m, enum way way, const void *key)
{
    size_t from = 0, to = m->sorted_count[way];

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (hold(m->sorted[way][middle], way, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == m->sorted_count[way] || hold(m->sorted[way][from], way, key) != 0)
        return NULL;
    /* Two programs would see two files under one name. */
    if (way == BY_PATH && from + 1 < m->sorted_count[way] &&
        hold(m->sorted[way][from + 1], way, key) == 0)
        return NULL;
    return m->sorted[way][from];
}

static struct case_entry *find_by_hash(const struct case_media *m, const struct vics_media *v)
{
    return v->has_sha256 ? find(m, BY_SHA256, v->sha256)
           : v->has_sha1 ? find(m, BY_SHA1, v->sha1)
           : v->has_md5  ? find(m, BY_MD5, v->md5)
                         : NULL;
}

static void find_in_zip(struct case_media *m, const struct vics_media *v, struct case_found *out)
{
    if (!m->ready)
        sort(m);
    if (v->path != NULL) {
        char *path = plain_path(m->below, v->path);
        out->entry = find(m, BY_PATH, path);
        mem_free(path);
    }
    if (out->entry == NULL)
        out->entry = find_by_hash(m, v);
}

enum assay_err case_media_find(struct case_media *m, const struct vics_media *v,
                               struct case_found *out, struct err *e)
{
    enum assay_err rc;

    *out = (struct case_found){.fd = -1};
    if (m->folder == NULL) {
        find_in_zip(m, v, out);
        return ASSAY_OK;
    }
    if (v->path != NULL)
        out->fd = open_beneath(m, v->path);
    if (out->fd >= 0 || (!v->has_md5 && !v->has_sha1 && !v->has_sha256))
        return ASSAY_OK;
    if (!m->ready) {
        if ((rc = walk(m, e)) != ASSAY_OK)
            return rc;
        sort(m);
    }
    const struct case_entry *n = find_by_hash(m, v);
    if (n != NULL)
        out->fd = open_beneath(m, n->path);
    return ASSAY_OK;
}
