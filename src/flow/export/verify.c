/* Verifies a package folder alone: no workspace, no keyring, nothing in it is trusted. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sodium.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/export/export_impl.h"

#define KEY_COMMENT "untrusted comment: "
#define SHOWN_SIZE  64
#define CHUNK       65536

/* One list while it is read: whatever is read is hashed. */
struct source {
    const char *name;
    int fd;
    crypto_hash_sha256_state state;
    int64_t size; /* bytes read so far */
    bool failed;  /* the system refused a read */
};

struct check {
    int dir;
    struct arena *arena;
    struct manifest m;
    struct buf manifest, signature;
    struct source lists[EXPORT_LISTS];
    struct buf row, there; /* of hashes.csv: what it must have, what it has */
    struct export_codes codes;
    int64_t rows;
};

/* ---- the folder ---- */

static enum assay_err check_names(int dir, struct err *e)
{
    static const char *const known[] = {
        ".", "..", EXPORT_MANIFEST, MANIFEST_JSONL, MANIFEST_CSV, EXPORT_SIGNATURE};
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd < 0 ? NULL : fdopendir(fd);
    enum assay_err rc = ASSAY_OK;
    const struct dirent *entry;
    char shown[SHOWN_SIZE];

    if (names == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return err_errno(e, "read the folder");
    }
    while (rc == ASSAY_OK && (entry = readdir(names)) != NULL) {
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && !str_equal(known[i], entry->d_name))
            i++;
        if (i == sizeof known / sizeof known[0])
            rc = err_set(e, ASSAY_EDAMAGED, "%s does not belong to a package",
                         str_shown(entry->d_name, shown, sizeof shown));
    }
    (void)closedir(names);
    return rc;
}

/* A regular file of the folder itself: no link, no device that would block or never end. */
static enum assay_err open_file(int dir, const char *name, int *out, int64_t *size, struct err *e)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return err_set(e, ASSAY_EDAMAGED, "%s is missing", name);
    if (fd < 0 && errno == ELOOP)
        return err_set(e, ASSAY_EDAMAGED, "%s is a link; a package has none", name);
    if (fd < 0)
        return err_errno(e, "open %s", name);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return err_set(e, ASSAY_EDAMAGED, "%s is not a regular file", name);
    }
    *out = fd;
    *size = (int64_t)st.st_size;
    return ASSAY_OK;
}

static ssize_t read_some(int fd, void *out, size_t size)
{
    ssize_t n;

    do
        n = read(fd, out, size);
    while (n < 0 && errno == EINTR);
    return n;
}

/* A whole small file; a byte more than the buffer holds is too much. */
static enum assay_err read_small(int dir, const char *name, struct buf *b, struct err *e)
{
    enum assay_err rc;
    int64_t size;
    ssize_t n = 0;
    int fd;

    if ((rc = open_file(dir, name, &fd, &size, e)) != 0)
        return rc;
    if (size > (int64_t)b->max) {
        rc = err_set(e, ASSAY_EDAMAGED, "%s is larger than %zu bytes", name, b->max);
    } else {
        while (b->size < b->max &&
               (n = read_some(fd, buf_reserve(b, b->max - b->size), b->max - b->size)) > 0)
            b->size += (size_t)n;
        if (n < 0)
            rc = err_errno(e, "read %s", name);
    }
    (void)close(fd);
    return rc;
}

/* ---- manifest and signature ---- */

static enum assay_err read_manifest(struct check *c, struct err *e)
{
    enum assay_err rc;

    if ((rc = read_small(c->dir, EXPORT_MANIFEST, &c->manifest, e)) != 0 ||
        (rc = read_small(c->dir, EXPORT_SIGNATURE, &c->signature, e)) != 0)
        return rc;
    rc = manifest_read(c->arena, c->manifest.data, c->manifest.size, &c->m, e);
    if (rc == ASSAY_EVERSION)
        return err_prefix(e, ASSAY_EUNSUPPORTED, EXPORT_MANIFEST);
    return rc == ASSAY_OK ? rc : err_prefix(e, ASSAY_EDAMAGED, EXPORT_MANIFEST);
}

/* A key file's text, or its second line alone, as the manifest and minisign's -P have it. */
static enum assay_err check_signature(struct check *c, const char *public_key, struct err *e)
{
    const char *key = public_key == NULL ? c->m.release_key : public_key;
    char comment[EXPORT_COMMENT_SIZE];
    enum assay_err rc;

    if (!str_starts(key, KEY_COMMENT))
        key = arena_printf(c->arena, KEY_COMMENT "key\n%.*s\n", (int)strcspn(key, "\r\n"), key);
    const char *text = buf_cstr(&c->signature);
    rc = strlen(text) != c->signature.size
             ? err_set(e, ASSAY_EFORMAT, "this is no minisign signature file")
             : keys_minisign_verify(key, c->manifest.data, c->manifest.size, text, e);
    if (rc != ASSAY_OK)
        return err_prefix(e, ASSAY_EDAMAGED, EXPORT_SIGNATURE);
    /* The four lines were checked just now, so the third is there. */
    export_comment(c->m.package, c->m.approved_ms, comment);
    const char *line = strchr(strchr(text, '\n') + 1, '\n') + 1 + strlen("trusted comment: ");
    size_t size = strcspn(line, "\r\n");
    if (size != strlen(comment) || memcmp(line, comment, size) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       EXPORT_SIGNATURE ": its trusted comment is of another package");
    return ASSAY_OK;
}

/* ---- the lists ---- */

static enum assay_err open_list(struct check *c, enum export_list which,
                                const struct manifest_file *file, struct err *e)
{
    struct source *s = &c->lists[which];
    enum assay_err rc;
    int64_t size;

    s->name = export_list_name(which);
    if ((rc = open_file(c->dir, s->name, &s->fd, &size, e)) != 0)
        return rc;
    if (size != file->size)
        return err_set(e, ASSAY_EDAMAGED, "%s has %lld bytes; the manifest says %lld", s->name,
                       (long long)size, (long long)file->size);
    (void)crypto_hash_sha256_init(&s->state);
    return ASSAY_OK;
}

static size_t fill(void *ctx, void *out, size_t size)
{
    struct source *s = ctx;
    ssize_t n = s->failed ? 0 : read_some(s->fd, out, size);

    if (n < 0) {
        s->failed = true;
        return 0;
    }
    (void)crypto_hash_sha256_update(&s->state, out, (unsigned long long)n);
    s->size += n;
    return (size_t)n;
}

/* The next bytes of hashes.csv must be those of c->row. */
static enum assay_err match_csv(struct check *c, struct err *e)
{
    size_t have = 0, n = 1;

    buf_reset(&c->there);
    unsigned char *to = buf_reserve(&c->there, c->row.size);
    assert(to != NULL);
    while (have < c->row.size && n > 0) {
        n = fill(&c->lists[EXPORT_CSV], to + have, c->row.size - have);
        have += n;
    }
    if (have != c->row.size || memcmp(to, c->row.data, have) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       MANIFEST_CSV ": row %lld is not what " MANIFEST_JSONL " has",
                       (long long)c->rows);
    buf_reset(&c->row);
    return ASSAY_OK;
}

static enum assay_err take_row(void *ctx, const struct hashlist_row *row, struct err *e)
{
    struct check *c = ctx;
    const char *wrong = NULL;

    c->rows++;
    if (row->kind != c->m.kind)
        wrong = "is of the other kind, live or training";
    else if (!str_equal(row->scheme, c->m.scheme))
        wrong = "is of another scheme";
    else if (row->scheme_version > c->m.scheme_version)
        wrong = "is of a newer version of the scheme";
    else if (row->readings < c->m.min_readings)
        wrong = "has too few readings";
    else if (export_codes_add(&c->codes, row->code, 1, NULL) != ASSAY_OK)
        wrong = "is of one code too many";
    if (wrong != NULL)
        return err_set(e, ASSAY_EDAMAGED, MANIFEST_JSONL ": row %lld %s", (long long)c->rows,
                       wrong);
    hashlist_csv_row(&c->row, row);
    return match_csv(c, e);
}

static enum assay_err check_rows(struct check *c, struct err *e)
{
    unsigned char beyond;
    enum assay_err rc;

    hashlist_csv_head(&c->row);
    if ((rc = match_csv(c, e)) != 0)
        return rc;
    rc = hashlist_read(fill, &c->lists[EXPORT_JSONL], take_row, c, NULL, e);
    if (rc == ASSAY_EFORMAT)
        return err_prefix(e, ASSAY_EDAMAGED, MANIFEST_JSONL);
    if (rc != ASSAY_OK)
        return rc;
    if (fill(&c->lists[EXPORT_CSV], &beyond, 1) != 0)
        return err_set(e, ASSAY_EDAMAGED, MANIFEST_CSV " has more rows than " MANIFEST_JSONL);
    if (c->rows != c->m.count)
        return err_set(e, ASSAY_EDAMAGED, MANIFEST_JSONL " has %lld rows; the manifest says %lld",
                       (long long)c->rows, (long long)c->m.count);
    for (size_t i = 0; i < c->m.code_count; i++) {
        if (i >= c->codes.count || !str_equal(c->codes.at[i].code, c->m.codes[i].code) ||
            c->codes.at[i].rows != c->m.codes[i].count)
            return err_set(e, ASSAY_EDAMAGED,
                           EXPORT_MANIFEST ": \"codes\" are not those of the rows");
    }
    return ASSAY_OK;
}

/* Read what is left of a list and hold its hash against the manifest's. */
static enum assay_err finish_list(struct source *s, const struct manifest_file *file, struct err *e)
{
    unsigned char *rest = mem_alloc(CHUNK);
    uint8_t sha256[crypto_hash_sha256_BYTES];
    enum assay_err rc = ASSAY_OK;

    while (s->size <= file->size && fill(s, rest, CHUNK) > 0)
        continue;
    mem_free(rest);
    (void)crypto_hash_sha256_final(&s->state, sha256);
    if (s->failed)
        return err_set(e, ASSAY_EIO, "%s could not be read", s->name);
    if (s->size != file->size || memcmp(sha256, file->sha256, sizeof sha256) != 0)
        rc = err_set(e, ASSAY_EDAMAGED, "%s: its SHA-256 is not the one in the manifest", s->name);
    return rc;
}

/* A list that is not the signed one is named as that, whatever else its rows then break. */
static enum assay_err check_lists(struct check *c, struct err *e)
{
    struct err rows = {0};
    enum assay_err rc, read;

    if ((rc = open_list(c, EXPORT_JSONL, &c->m.jsonl, e)) != 0 ||
        (rc = open_list(c, EXPORT_CSV, &c->m.csv, e)) != 0)
        return rc;
    read = check_rows(c, &rows);
    if ((rc = finish_list(&c->lists[EXPORT_JSONL], &c->m.jsonl, e)) != 0 ||
        (rc = finish_list(&c->lists[EXPORT_CSV], &c->m.csv, e)) != 0)
        return rc;
    return read == ASSAY_OK ? read : err_set(e, read, "%s", rows.text);
}

/* ---- the approval ---- */

static bool names_release(const struct json *entry, const char *package)
{
    const struct json *list = json_get(entry, "objects");
    const struct json *o = list == NULL || list->kind != JSON_IS_ARRAY ? NULL : list->first;

    for (; o != NULL; o = o->next) {
        if (o->kind == JSON_IS_STRING && str_starts(o->text, "release:") &&
            str_equal(o->text + strlen("release:"), package))
            return true;
    }
    return false;
}

static enum assay_err check_approval(struct check *c, struct err *e)
{
    const struct manifest_file files[EXPORT_LISTS] = {c->m.csv, c->m.jsonl};
    const char *action, *outcome, *approved;
    uint8_t content[32];
    char hex[65];
    struct json *entry;
    int64_t rows;
    enum assay_err rc;

    if ((rc = export_content(files, content, e)) != 0)
        return rc;
    if (memcmp(content, c->m.content_sha256, sizeof content) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       EXPORT_MANIFEST ": content_sha256 is not that of the files");
    rc = audit_proof_verify(c->m.record_proof, c->m.record_entry, strlen(c->m.record_entry),
                            c->m.record_key, NULL, e);
    if (rc != ASSAY_OK)
        return err_prefix(e, ASSAY_EDAMAGED, EXPORT_MANIFEST ": record_proof");
    str_hex(content, sizeof content, hex);
    if (json_parse(c->arena, c->m.record_entry, strlen(c->m.record_entry), &entry, e) != 0 ||
        json_need_text(entry, "action", SHOWN_SIZE, &action, e) != 0 ||
        json_need_text(entry, "outcome", SHOWN_SIZE, &outcome, e) != 0 ||
        json_need_text(json_get(entry, "data"), "content_sha256", 64, &approved, e) != 0 ||
        json_need_int(json_get(entry, "data"), "rows", 1, INT64_MAX, &rows, e) != 0)
        return err_prefix(e, ASSAY_EDAMAGED, EXPORT_MANIFEST ": record_entry");
    if (!str_equal(action, audit_action_name(AUDIT_RELEASE_APPROVED)) ||
        !str_equal(outcome, "done") || !names_release(entry, c->m.package) ||
        !str_equal(approved, hex) || rows != c->m.count)
        return err_set(e, ASSAY_EDAMAGED,
                       EXPORT_MANIFEST ": record_entry does not approve this package");
    return ASSAY_OK;
}

static enum assay_err check_package(struct check *c, const char *public_key,
                                    enum package_accept accept, struct err *e)
{
    enum assay_err rc;

    if ((rc = check_names(c->dir, e)) != 0 || (rc = read_manifest(c, e)) != 0 ||
        (rc = check_signature(c, public_key, e)) != 0 || (rc = check_lists(c, e)) != 0 ||
        (rc = check_approval(c, e)) != 0)
        return rc;
    if (c->m.kind == SCHEME_TRAINING && accept == PACKAGE_LIVE_ONLY)
        return err_set(e, ASSAY_ESTATE,
                       "this is a training package: whole, but never to be used as a real list");
    return ASSAY_OK;
}

enum assay_err package_verify(const char *dir, const char *public_key, enum package_accept accept,
                              struct package_report *out, struct err *e)
{
    struct check *c;
    enum assay_err rc;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, "open the package %.200s", dir);
    c = mem_zalloc(sizeof *c);
    c->dir = fd;
    c->arena = arena_new();
    buf_init(&c->manifest, MANIFEST_TEXT_MAX);
    buf_init(&c->signature, EXPORT_SIGNATURE_MAX);
    buf_init(&c->row, 8 * HASHLIST_ROW_MAX);
    buf_init(&c->there, 8 * HASHLIST_ROW_MAX);
    for (int i = 0; i < EXPORT_LISTS; i++)
        c->lists[i].fd = -1;
    rc = check_package(c, public_key, accept, e);
    if (rc == ASSAY_OK) {
        *out = (struct package_report){.rows = (uint64_t)c->rows,
                                       .training = c->m.kind == SCHEME_TRAINING,
                                       .scheme_version = c->m.scheme_version};
        (void)snprintf(out->scheme, sizeof out->scheme, "%s", c->m.scheme);
        (void)snprintf(out->label, sizeof out->label, "%s", c->m.label);
    }
    for (int i = 0; i < EXPORT_LISTS; i++) {
        if (c->lists[i].fd >= 0)
            (void)close(c->lists[i].fd);
    }
    buf_clear(&c->manifest);
    buf_clear(&c->signature);
    buf_clear(&c->row);
    buf_clear(&c->there);
    arena_free(c->arena);
    mem_free(c);
    (void)close(fd);
    return rc;
}
