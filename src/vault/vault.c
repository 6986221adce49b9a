/* The vault's folder, and the opening of blobs. */
#include "vault/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "keys/aead.h"
#include "vault/blob.h"
#include "vault/vault_impl.h"

static_assert(VAULT_ID_BYTES == BLOB_ID_BYTES, "one id");

/* All 256 folders are made once, so that sealing need not sync the folder above its own. */
static enum assay_err make_folders(int dir, struct err *e)
{
    bool made = false;

    for (unsigned i = 0; i < 256; i++) {
        char name[3];
        (void)snprintf(name, sizeof name, "%02x", i);
        if (mkdirat(dir, name, 0700) == 0)
            made = true;
        else if (errno != EEXIST)
            return err_errno(e, "make folder %s of the vault", name);
    }
    return made ? fs_sync(dir, e) : ASSAY_OK;
}

enum assay_err vault_open(const char *data_dir, const struct keys *k, struct vault **out,
                          struct err *e)
{
    char path[PATH_MAX];
    enum assay_err rc;
    struct vault *v;

    assert(data_dir != NULL);
    assert(k != NULL);
    int n = snprintf(path, sizeof path, "%s/vault", data_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
    if ((rc = fs_make_dirs(path, 0700, e)) != 0)
        return rc;
    v = mem_zalloc(sizeof *v);
    v->keys = k;
    v->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->dir < 0)
        rc = err_errno(e, "open the vault %.200s", path);
    else
        rc = make_folders(v->dir, e);
    if (rc != 0) {
        vault_close(v);
        return rc;
    }
    *out = v;
    return ASSAY_OK;
}

void vault_close(struct vault *v)
{
    if (v == NULL)
        return;
    if (v->dir >= 0)
        (void)close(v->dir);
    mem_free(v);
}

void vault_name(const struct vault *v, const uint8_t id[VAULT_ID_BYTES], char out[VAULT_NAME_SIZE])
{
    uint8_t name[KEYS_NAME_BYTES];

    keys_name(v->keys, "blob", id, VAULT_ID_BYTES, name);
    str_hex(name, sizeof name, out);
}

void vault_path(const struct vault *v, const uint8_t id[VAULT_ID_BYTES], char out[VAULT_PATH_SIZE])
{
    char name[VAULT_NAME_SIZE];

    vault_name(v, id, name);
    (void)snprintf(out, VAULT_PATH_SIZE, "%.2s/%s", name, name);
}

/* ---- reading ---- */

/* An open blob file, its length and header checked, its first chunk next. */
struct reading {
    int fd;
    struct blob_stream stream;
    char path[VAULT_PATH_SIZE];
};

/* Exactly size bytes; fewer are damage. */
static enum assay_err read_exactly(int fd, uint8_t *out, size_t size, struct err *e)
{
    while (size > 0) {
        ssize_t n = read(fd, out, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "read");
        if (n == 0)
            return err_set(e, ASSAY_EDAMAGED, "its file is cut short");
        out += n;
        size -= (size_t)n;
    }
    return ASSAY_OK;
}

static enum assay_err check_start(struct reading *r, const struct vault_blob *blob, struct err *e)
{
    struct stat st;
    enum assay_err rc;

    if (fstat(r->fd, &st) != 0)
        return err_errno(e, "stat");
    if (!S_ISREG(st.st_mode))
        return err_set(e, ASSAY_EDAMAGED, "it is no regular file");
    if (blob->size > BLOB_SIZE_MAX || (uint64_t)st.st_size != blob_file_size(blob->size))
        return err_set(e, ASSAY_EDAMAGED, "its file has %lld bytes, which do not hold %llu plain",
                       (long long)st.st_size, (unsigned long long)blob->size);
    if ((rc = read_exactly(r->fd, r->stream.header, BLOB_HEADER_BYTES, e)) != 0)
        return rc;
    return blob_header_check(r->stream.header, blob->id, e);
}

static enum assay_err read_begin(const struct vault *v, const struct vault_blob *blob,
                                 struct reading *r, struct err *e)
{
    enum assay_err rc;

    *r = (struct reading){.fd = -1, .stream = {.plain_left = blob->size}};
    vault_path(v, blob->id, r->path);
    r->fd = openat(v->dir, r->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (r->fd < 0) {
        if (errno == ENOENT)
            return err_set(e, ASSAY_ENOTFOUND, "blob %s is not in the vault", r->path);
        return err_errno(e, "open blob %s", r->path);
    }
    if ((rc = check_start(r, blob, e)) != 0) {
        (void)close(r->fd);
        return err_prefix(e, rc, "blob %s", r->path);
    }
    return ASSAY_OK;
}

/* Unwrap the blob's key and make it ready for the chunks. */
static enum assay_err read_key(const struct vault *v, const struct vault_blob *blob,
                               struct reading *r, struct err *e)
{
    uint8_t data_key[KEYS_DATA_BYTES];
    enum assay_err rc;

    rc = keys_unwrap(v->keys, blob->wrapped, blob->id, VAULT_ID_BYTES, data_key, e);
    if (rc != 0)
        return err_prefix(e, rc, "blob %s: its key", r->path);
    r->stream.aead = aead_new(AEAD_OPEN, data_key);
    mem_wipe(data_key, sizeof data_key);
    return ASSAY_OK;
}

static void read_end(struct reading *r)
{
    aead_free(r->stream.aead);
    (void)close(r->fd);
}

/* Read and open the next chunk into plain; *size (may be NULL) is its plain bytes. */
static enum assay_err read_chunk(struct reading *r, uint8_t *sealed, uint8_t *plain, size_t *size,
                                 struct err *e)
{
    size_t sealed_size = blob_next_size(&r->stream);
    unsigned long long index = r->stream.index;
    enum assay_err rc;

    if ((rc = read_exactly(r->fd, sealed, sealed_size, e)) != 0)
        return err_prefix(e, rc, "blob %s", r->path);
    if ((rc = blob_open_chunk(&r->stream, sealed, plain)) != 0)
        return err_set(e, rc, "blob %s: chunk %llu does not verify", r->path, index);
    if (size != NULL)
        *size = sealed_size - AEAD_TAG_BYTES;
    return ASSAY_OK;
}

static void assert_event(const struct audit_event_id *event)
{
    static const struct audit_event_id zero;

    assert(event != NULL);
    assert(memcmp(event, &zero, sizeof zero) != 0);
}

enum assay_err vault_get(struct vault *v, const struct vault_blob *blob,
                         const struct audit_event_id *event, struct buf *plain, struct err *e)
{
    uint8_t *sealed = NULL, *to;
    enum assay_err rc;
    struct reading r;
    size_t done = 0;

    assert_event(event);
    if ((rc = read_begin(v, blob, &r, e)) != 0)
        return rc;
    if ((rc = read_key(v, blob, &r, e)) != 0)
        goto out;
    to = buf_reserve(plain, blob->size);
    if (to == NULL) {
        rc = err_set(e, ASSAY_ELIMIT, "blob %s has %llu bytes, more than may be read", r.path,
                     (unsigned long long)blob->size);
        goto out;
    }
    sealed = mem_alloc(BLOB_SEALED_MAX);
    while (blob_next_size(&r.stream) > 0) {
        size_t size;
        if ((rc = read_chunk(&r, sealed, to + done, &size, e)) != 0) {
            mem_wipe(to, done); /* none of it is given out */
            goto out;
        }
        done += size;
    }
    assert(done == blob->size);
    plain->size += done;
out:
    mem_free(sealed);
    read_end(&r);
    return rc;
}

/* The chunk that was read last stays open, since archives are read in small steps. */
struct vault_reader {
    struct reading reading;
    uint64_t size;
    uint64_t held; /* index of the chunk in plain; UINT64_MAX: none */
    uint8_t sealed[BLOB_SEALED_MAX], plain[BLOB_CHUNK_BYTES];
};

static enum assay_err hold(struct vault_reader *r, uint64_t index, struct err *e)
{
    enum assay_err rc;
    off_t at = (off_t)(BLOB_HEADER_BYTES + index * BLOB_SEALED_MAX);

    if (r->held == index)
        return ASSAY_OK;
    r->held = UINT64_MAX;
    if (lseek(r->reading.fd, at, SEEK_SET) < 0)
        return err_errno(e, "blob %s: seek", r->reading.path);
    r->reading.stream.index = index;
    r->reading.stream.plain_left = r->size - index * BLOB_CHUNK_BYTES;
    if ((rc = read_chunk(&r->reading, r->sealed, r->plain, NULL, e)) != 0)
        return rc;
    r->held = index;
    return ASSAY_OK;
}

static enum assay_err read_at(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    struct vault_reader *r = ctx;
    uint8_t *to = out;

    while (size > 0) {
        enum assay_err rc = hold(r, offset / BLOB_CHUNK_BYTES, e);
        if (rc != 0)
            return rc;
        size_t from = offset % BLOB_CHUNK_BYTES, step = BLOB_CHUNK_BYTES - from;
        step = step < size ? step : size;
        memcpy(to, r->plain + from, step);
        to += step;
        offset += step;
        size -= step;
    }
    return ASSAY_OK;
}

enum assay_err vault_reader_open(struct vault *v, const struct vault_blob *blob,
                                 const struct audit_event_id *event, struct vault_reader **reader,
                                 struct seekable *out, struct err *e)
{
    enum assay_err rc;

    assert_event(event);
    struct vault_reader *r = mem_zalloc(sizeof *r);
    if ((rc = read_begin(v, blob, &r->reading, e)) != 0) {
        mem_free(r);
        return rc;
    }
    if ((rc = read_key(v, blob, &r->reading, e)) != 0) {
        vault_reader_close(r);
        return rc;
    }
    r->size = blob->size;
    r->held = UINT64_MAX;
    *reader = r;
    *out = (struct seekable){.ctx = r, .size = r->size, .read = read_at};
    return ASSAY_OK;
}

void vault_reader_close(struct vault_reader *r)
{
    if (r == NULL)
        return;
    read_end(&r->reading);
    mem_wipe_free(r, sizeof *r);
}

enum assay_err vault_check_blob(struct vault *v, const struct vault_blob *blob, bool data,
                                struct err *e)
{
    uint8_t *sealed = NULL, *plain = NULL;
    enum assay_err rc;
    struct reading r;

    if ((rc = read_begin(v, blob, &r, e)) != 0)
        return rc;
    if ((rc = read_key(v, blob, &r, e)) != 0 || !data)
        goto out;
    sealed = mem_alloc(BLOB_SEALED_MAX);
    plain = mem_alloc(BLOB_CHUNK_BYTES);
    while (blob_next_size(&r.stream) > 0) {
        if ((rc = read_chunk(&r, sealed, plain, NULL, e)) != 0)
            goto out;
    }
out:
    mem_free(sealed);
    mem_wipe_free(plain, BLOB_CHUNK_BYTES);
    read_end(&r);
    return rc;
}
