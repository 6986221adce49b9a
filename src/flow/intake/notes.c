/* What a sidecar says of files, found again by path, base name or hash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "format/sidecar.h"

#define SIDECAR_BYTES_MAX (1u << 30)

/* One way to find a note; sorted by kind, then key. Paths and base names are kept as text. */
enum key_kind { KEY_FILE, KEY_MD5, KEY_SHA1, KEY_SHA256 };
struct key {
    enum key_kind kind;
    const void *bytes;
    size_t size;
    const struct note *note;
};

struct notes {
    struct arena *arena;
    struct key *keys;
    size_t count, room;
    const struct scheme *scheme;
    notes_refuse_fn *refuse;
    void *ctx;
};

static int compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    size_t least = x->size < y->size ? x->size : y->size;
    int c = memcmp(x->bytes, y->bytes, least);
    if (c != 0)
        return c;
    return x->size < y->size ? -1 : x->size > y->size;
}

static void add_key(struct notes *n, enum key_kind kind, const void *bytes, size_t size,
                    const struct note *note)
{
    if (bytes == NULL)
        return;
    if (n->count == n->room) {
        n->room = n->room == 0 ? 256 : n->room * 2;
        n->keys = mem_resize(n->keys, n->room, sizeof *n->keys);
    }
    char *copy = arena_strndup(n->arena, bytes, size);
    n->keys[n->count++] = (struct key){kind, copy, size, note};
}

static void refuse(void *ctx, uint64_t line, const char *reason)
{
    const struct notes *n = ctx;
    char text[256];

    (void)snprintf(text, sizeof text, "line %llu: %.200s", (unsigned long long)line, reason);
    n->refuse(n->ctx, text);
}

static const char *keep(struct notes *n, const char *text)
{
    return text == NULL ? "" : arena_strdup(n->arena, text);
}

/* A grade of the source's own must be one that the batch's scheme has. */
static bool grade_fits(struct notes *n, const struct sidecar_row *row)
{
    struct err why = {0};

    if (row->code == NULL)
        return true;
    if (!str_equal(row->scheme, n->scheme->name)) {
        refuse(n, row->line, "the scheme is not the batch's");
        return false;
    }
    if (scheme_check_decision(n->scheme, row->code, row->tags, row->tag_count, SCHEME_CHECK_PARTIAL,
                              &why) == ASSAY_OK)
        return true;
    refuse(n, row->line, why.text);
    return false;
}

static enum assay_err take_row(void *ctx, const struct sidecar_row *row, struct err *e)
{
    struct notes *n = ctx;
    struct note *note;
    struct buf tags;

    (void)e;
    if (!grade_fits(n, row))
        return ASSAY_OK;
    note = arena_alloc(n->arena, sizeof *note);
    buf_init(&tags, 1 << 16);
    scheme_tags_text(row->tags, row->tag_count, &tags);
    *note = (struct note){.source = keep(n, row->source),
                          .scheme = keep(n, row->scheme),
                          .code = keep(n, row->code),
                          .tags = arena_strdup(n->arena, buf_cstr(&tags)),
                          .url = keep(n, row->url),
                          .page_url = keep(n, row->page_url),
                          .note = keep(n, row->note),
                          .found_ms = row->time_found_ms};
    buf_clear(&tags);
    add_key(n, KEY_FILE, row->file, row->file == NULL ? 0 : strlen(row->file), note);
    add_key(n, KEY_MD5, row->md5, ASSAY_MD5_BYTES, note);
    add_key(n, KEY_SHA1, row->sha1, ASSAY_SHA1_BYTES, note);
    add_key(n, KEY_SHA256, row->sha256, ASSAY_SHA256_BYTES, note);
    return ASSAY_OK;
}

enum assay_err notes_load(const char *path, const struct scheme *scheme, notes_refuse_fn *refuse_fn,
                          void *ctx, struct notes **out, struct err *e)
{
    struct notes *n = mem_zalloc(sizeof *n);
    struct sidecar_sink sink = {n, take_row, refuse};
    struct buf text;
    enum assay_err rc;

    n->arena = arena_new();
    n->scheme = scheme;
    n->refuse = refuse_fn;
    n->ctx = ctx;
    buf_init(&text, SIDECAR_BYTES_MAX);
    if ((rc = fs_read_file(path, &text, e)) == ASSAY_OK) {
        struct csv_reader *r = csv_reader_new(text.data, text.size);
        rc = sidecar_read(r, &sink, e);
        if (rc != ASSAY_OK)
            rc = err_prefix(e, rc, "%.200s", path);
        csv_reader_free(r);
    }
    buf_wipe(&text);
    if (rc != ASSAY_OK) {
        notes_free(n);
        return rc;
    }
    qsort(n->keys, n->count, sizeof *n->keys, compare);
    *out = n;
    return ASSAY_OK;
}

static const struct note *find(const struct notes *n, enum key_kind kind, const void *bytes,
                               size_t size)
{
    struct key want = {.kind = kind, .bytes = bytes, .size = size};
    const struct key *k =
        n->count == 0 ? NULL : bsearch(&want, n->keys, n->count, sizeof *n->keys, compare);

    return k == NULL ? NULL : k->note;
}

/* Hashes say most, then the path below the named folder, the path with it, the base name. */
const struct note *notes_find(const struct notes *n, const char *path,
                              const struct assay_digests *d)
{
    const struct note *note;

    if (n == NULL)
        return NULL;
    const char *inner = strchr(path, '/'), *base = strrchr(path, '/');
    if ((note = find(n, KEY_SHA256, d->sha256, sizeof d->sha256)) != NULL ||
        (note = find(n, KEY_SHA1, d->sha1, sizeof d->sha1)) != NULL ||
        (note = find(n, KEY_MD5, d->md5, sizeof d->md5)) != NULL ||
        (inner != NULL && (note = find(n, KEY_FILE, inner + 1, strlen(inner + 1))) != NULL) ||
        (note = find(n, KEY_FILE, path, strlen(path))) != NULL)
        return note;
    return base == NULL ? NULL : find(n, KEY_FILE, base + 1, strlen(base + 1));
}

void notes_free(struct notes *n)
{
    if (n == NULL)
        return;
    arena_free(n->arena);
    mem_free(n->keys);
    mem_free(n);
}
