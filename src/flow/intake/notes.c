/* The notes of a sidecar: read whole, checked against the scheme, found by path, name or hash. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "format/hashlist.h"
#include "format/sidecar.h"

#define NOTES_MAX  1000000 /* rows; each takes some hundred bytes of memory */
#define TAGS_BYTES 8192    /* canonical text of SCHEME_TAGS_MAX tags */
#define REASON_MAX 200

/* A row. Where it names several things, all of them must fit the file. */
struct kept {
    struct note note;
    const char *file, *name; /* as it stands there, and its last part; NULL: none */
    const uint8_t *md5, *sha1, *sha256;
    size_t order; /* place in the sidecar: of two that fit alike the first is meant */
};

/* The rows that have a key of one kind, sorted by it. */
enum way { BY_NAME, BY_MD5, BY_SHA1, BY_SHA256, WAYS };

struct notes {
    struct arena *arena;
    struct kept **rows;
    size_t count, capacity;
    struct kept **sorted[WAYS];
    size_t sorted_count[WAYS];
};

static const void *key_of(const struct kept *k, enum way way)
{
    const void *const keys[WAYS] = {k->name, k->md5, k->sha1, k->sha256};

    return keys[way];
}

static int compare(const void *a, const void *b, enum way way)
{
    static const size_t sizes[WAYS] = {0, 16, 20, 32};

    return way == BY_NAME ? strcmp(a, b) : memcmp(a, b, sizes[way]);
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
    const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
    enum way way = *(enum way *)ctx;
    int by_key = compare(key_of(x, way), key_of(y, way), way);

    return by_key != 0 ? by_key : (x->order > y->order) - (x->order < y->order);
}

static void sort(struct notes *n)
{
    for (enum way way = 0; way < WAYS; way++) {
        size_t count = 0;
        n->sorted[way] = arena_alloc(n->arena, (n->count + 1) * sizeof(struct kept *));
        for (size_t i = 0; i < n->count; i++) {
            if (key_of(n->rows[i], way) != NULL)
                n->sorted[way][count++] = n->rows[i];
        }
        qsort_r(n->sorted[way], count, sizeof(struct kept *), compare_rows, &way);
        n->sorted_count[way] = count;
    }
}

/* ---- loading ---- */

struct loading {
    struct notes *notes;
    const struct scheme *scheme;
    const char *publisher; /* of a package; NULL: a CSV file */
    notes_refuse_fn *refuse;
    void *ctx;
    uint64_t line; /* of a package's list */
    int fd;
    int failed; /* errno of a read that failed; 0: none */
};

static size_t fill(void *ctx, void *out, size_t size)
{
    struct loading *l = ctx;
    ssize_t n;

    do
        n = read(l->fd, out, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        l->failed = errno;
    return n < 0 ? 0 : (size_t)n;
}

static void refused(void *ctx, uint64_t line, const char *reason)
{
    struct loading *l = ctx;

    (void)line; /* the reason begins with it */
    l->refuse(l->ctx, reason);
}

/* Why the source's grade cannot be kept, without a word of it; NULL when it can. A source need not
 * set every tag that our assessors must. */
static const char *refuse_grade(const struct loading *l, const struct sidecar_row *r)
{
    if (r->code == NULL)
        return NULL;
    if (!str_equal(r->scheme, l->scheme->name))
        return "scheme is not the one of this batch";
    if (scheme_find_code(l->scheme, r->code) == NULL)
        return "code is not one of the scheme's";
    if (scheme_check_decision(l->scheme, r->code, r->tags, r->tag_count, SCHEME_CHECK_PARTIAL,
                              NULL) != ASSAY_OK)
        return "tags are not what the scheme allows with this code";
    return NULL;
}

static const char *keep(struct arena *a, const char *text)
{
    return text == NULL ? "" : arena_strdup(a, text);
}

static const uint8_t *keep_hash(struct arena *a, const uint8_t *hash, size_t size)
{
    if (hash == NULL)
        return NULL;
    uint8_t *copy = arena_alloc(a, size);
    memcpy(copy, hash, size);
    return copy;
}

static void keep_row(struct notes *n, const struct sidecar_row *r)
{
    struct kept *k = arena_alloc(n->arena, sizeof *k);
    struct buf tags;

    buf_init(&tags, TAGS_BYTES);
    scheme_tags_text(r->tags, r->tag_count, &tags);
    assert(!tags.over);
    k->note = (struct note){.source = keep(n->arena, r->source),
                            .scheme = keep(n->arena, r->scheme),
                            .code = keep(n->arena, r->code),
                            .tags = keep(n->arena, buf_cstr(&tags)),
                            .url = keep(n->arena, r->url),
                            .page_url = keep(n->arena, r->page_url),
                            .note = keep(n->arena, r->note),
                            .found_ms = r->time_found_ms};
    buf_clear(&tags);
    if (r->file != NULL) {
        k->file = arena_strdup(n->arena, str_starts(r->file, "./") ? r->file + 2 : r->file);
        const char *slash = strrchr(k->file, '/');
        k->name = slash == NULL ? k->file : slash + 1;
    }
    k->md5 = keep_hash(n->arena, r->md5, 16);
    k->sha1 = keep_hash(n->arena, r->sha1, 20);
    k->sha256 = keep_hash(n->arena, r->sha256, 32);
    k->order = n->count;
    if (n->count == n->capacity) {
        n->capacity = n->capacity == 0 ? 256 : 2 * n->capacity;
        n->rows = mem_resize(n->rows, n->capacity, sizeof(struct kept *));
    }
    n->rows[n->count++] = k;
}

static enum assay_err take_row(void *ctx, const struct sidecar_row *r, struct err *e)
{
    struct loading *l = ctx;
    const char *reason = refuse_grade(l, r);
    char text[REASON_MAX];

    if (reason != NULL) {
        (void)snprintf(text, sizeof text, "line %llu: %s", (unsigned long long)r->line, reason);
        l->refuse(l->ctx, text);
        return ASSAY_OK;
    }
    if (l->notes->count == NOTES_MAX)
        return err_set(e, ASSAY_ELIMIT, "the sidecar has more than %d rows; split it", NOTES_MAX);
    keep_row(l->notes, r);
    return ASSAY_OK;
}

/* A row of a package as a source's grade, found by the bytes alone. */
static enum assay_err take_hash(void *ctx, const struct hashlist_row *row, struct err *e)
{
    struct loading *l = ctx;
    struct sidecar_row r = {.line = ++l->line,
                            .sha256 = row->sha256,
                            .source = l->publisher,
                            .scheme = row->scheme,
                            .code = row->code};
    struct arena *a = arena_new();
    const char **tags = arena_alloc(a, SCHEME_TAGS_MAX * sizeof *tags);
    char *rest, *text = arena_strdup(a, row->tags);
    enum assay_err rc;

    for (char *tag = strtok_r(text, " ", &rest); tag != NULL && r.tag_count < SCHEME_TAGS_MAX;
         tag = strtok_r(NULL, " ", &rest))
        tags[r.tag_count++] = tag;
    r.tags = tags;
    rc = take_row(l, &r, e);
    arena_free(a);
    return rc;
}

static enum assay_err read_rows(struct loading *l, struct err *e)
{
    struct sidecar_sink sink = {.ctx = l, .row = take_row, .refused = refused};

    if (l->publisher != NULL)
        return hashlist_read(fill, l, take_hash, l, NULL, e);
    struct csv_reader *csv = csv_reader_stream(fill, l);
    enum assay_err rc = sidecar_read(csv, &sink, e);
    csv_reader_free(csv);
    return rc;
}

static int open_rows(const struct intake_options *o)
{
    int folder, fd;

    if (o->publisher == NULL)
        return open(o->sidecar, O_RDONLY | O_CLOEXEC);
    folder = open(o->sidecar, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    fd = openat(folder, "hashes.jsonl", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    (void)close(folder);
    return fd;
}

enum assay_err notes_load(const struct intake_options *o, const struct scheme *scheme,
                          notes_refuse_fn *refuse, void *ctx, struct notes **out, struct err *e)
{
    struct notes *n = mem_zalloc(sizeof *n);
    struct loading l = {.notes = n,
                        .scheme = scheme,
                        .publisher = o->publisher,
                        .refuse = refuse,
                        .ctx = ctx,
                        .fd = open_rows(o)};
    char room[128];
    const char *shown = str_shown(o->sidecar, room, sizeof room);
    enum assay_err rc;

    n->arena = arena_new();
    if (l.fd < 0) {
        rc = err_errno(e, "open the sidecar %s", shown);
        goto out;
    }
    rc = read_rows(&l, e);
    if (rc != ASSAY_OK)
        rc = err_prefix(e, rc, "the sidecar %s", shown);
    (void)close(l.fd);
    if (l.failed != 0) {
        errno = l.failed;
        rc = err_errno(e, "read the sidecar %s", shown);
    }
out:
    if (rc != ASSAY_OK) {
        notes_free(n);
        return rc;
    }
    sort(n);
    *out = n;
    return ASSAY_OK;
}

void notes_free(struct notes *n)
{
    if (n == NULL)
        return;
    arena_free(n->arena);
    mem_free(n->rows);
    mem_free(n);
}

/* ---- finding ---- */

/* How well a row fits a file: 3 by its path, 2 by a hash, 1 by its name alone, 0 not at all. inner
 * is the path below the folder that was named. */
static int fit(const struct kept *k, const char *path, const char *inner,
               const struct assay_digests *d)
{
    bool exact = k->file != NULL && (str_equal(k->file, inner) || str_equal(k->file, path));

    if (k->file != NULL && !exact && k->name != k->file)
        return 0; /* a path, but another one */
    if ((k->md5 != NULL && memcmp(k->md5, d->md5, 16) != 0) ||
        (k->sha1 != NULL && memcmp(k->sha1, d->sha1, 20) != 0) ||
        (k->sha256 != NULL && memcmp(k->sha256, d->sha256, 32) != 0))
        return 0;
    if (exact)
        return 3;
    return k->md5 != NULL || k->sha1 != NULL || k->sha256 != NULL ? 2 : 1;
}

const struct note *notes_find(const struct notes *n, const char *path,
                              const struct assay_digests *d)
{
    const struct kept *best = NULL;
    int best_fit = 0;

    if (n == NULL)
        return NULL;
    const char *below = strchr(path, '/'), *slash = strrchr(path, '/');
    const char *inner = below == NULL ? path : below + 1;
    const void *const keys[WAYS] = {slash == NULL ? path : slash + 1, d->md5, d->sha1, d->sha256};
    for (enum way way = 0; way < WAYS; way++) {
        size_t low = 0, high = n->sorted_count[way];
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (compare(key_of(n->sorted[way][middle], way), keys[way], way) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < n->sorted_count[way]; low++) {
            const struct kept *k = n->sorted[way][low];
            if (compare(key_of(k, way), keys[way], way) != 0)
                break;
            int f = fit(k, path, inner, d);
            if (f > best_fit || (f > 0 && f == best_fit && k->order < best->order)) {
                best = k;
                best_fit = f;
            }
        }
    }
    return best == NULL ? NULL : &best->note;
}
