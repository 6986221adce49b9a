/* Seals a blob as a stream: constant memory, and a name only when every byte is on the disk. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "keys/aead.h"
#include "vault/blob.h"
#include "vault/vault.h"
#include "vault/vault_impl.h"

#define TEMP_SIZE (2 + 1 + RAND_NAME_SIZE)

/*
 * A full chunk waits in plain until more bytes follow it, because the last one is sealed otherwise.
 * out holds the header in front of the first chunk, so that a small blob is one write.
 */
struct vault_writer {
    struct vault *vault;
    struct blob_stream stream;
    uint8_t id[VAULT_ID_BYTES], wrapped[KEYS_WRAPPED_BYTES];
    char temp[TEMP_SIZE], path[VAULT_PATH_SIZE];
    int fd;
    enum assay_err failed; /* ASSAY_OK so far; an incomplete blob can never be finished */
    uint64_t size;         /* plain bytes fed */
    size_t used;           /* of plain */
    size_t front;          /* of out: the header's bytes until it is written */
    uint8_t plain[BLOB_CHUNK_BYTES];
    uint8_t out[BLOB_HEADER_BYTES + BLOB_SEALED_MAX];
};

enum assay_err vault_writer_new(struct vault *v, struct vault_writer **out, struct err *e)
{
    struct vault_writer *w = mem_alloc(sizeof *w);
    uint8_t data_key[KEYS_DATA_BYTES];
    char name[RAND_NAME_SIZE];

    memset(w, 0, offsetof(struct vault_writer, plain));
    w->vault = v;
    rand_bytes(w->id, sizeof w->id);
    rand_bytes(data_key, sizeof data_key);
    w->stream.aead = aead_new(AEAD_SEAL, data_key);
    keys_wrap(v->keys, data_key, w->id, sizeof w->id, w->wrapped);
    mem_wipe(data_key, sizeof data_key);
    /* The wrap key's id stands in front of what it wrapped. */
    blob_header_write(w->wrapped, w->id, w->stream.header);
    memcpy(w->out, w->stream.header, BLOB_HEADER_BYTES);
    w->front = BLOB_HEADER_BYTES;

    vault_path(v, w->id, w->path);
    rand_name(name);
    (void)snprintf(w->temp, sizeof w->temp, "%.2s/%s", w->path, name);
    w->fd = openat(v->dir, w->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (w->fd < 0) {
        enum assay_err rc = err_errno(e, "make a file in the vault");
        vault_writer_free(w);
        return rc;
    }
    *out = w;
    return ASSAY_OK;
}

static enum assay_err write_chunk(struct vault_writer *w, enum blob_place place,
                                  const uint8_t *plain, size_t size, struct err *e)
{
    blob_seal_chunk(&w->stream, place, plain, size, w->out + w->front);
    w->failed = fs_write_all(w->fd, w->out, w->front + size + AEAD_TAG_BYTES, e);
    w->front = 0;
    if (w->failed != 0)
        return err_prefix(e, w->failed, "seal a blob");
    return ASSAY_OK;
}

static enum assay_err refuse(const struct vault_writer *w, struct err *e)
{
    return err_set(e, w->failed, "this blob cannot be sealed: an earlier write failed");
}

enum assay_err vault_writer_feed(struct vault_writer *w, const void *bytes, size_t size,
                                 struct err *e)
{
    const uint8_t *from = bytes;
    enum assay_err rc;

    if (w->failed != 0)
        return refuse(w, e);
    if (size > BLOB_SIZE_MAX - w->size) {
        w->failed = ASSAY_ELIMIT;
        return err_set(e, w->failed, "a blob of over %llu bytes",
                       (unsigned long long)BLOB_SIZE_MAX);
    }
    w->size += size;
    while (size > 0) {
        if (w->used == BLOB_CHUNK_BYTES) {
            if ((rc = write_chunk(w, BLOB_MORE_FOLLOW, w->plain, w->used, e)) != 0)
                return rc;
            w->used = 0;
        }
        if (w->used == 0 && size > BLOB_CHUNK_BYTES) { /* straight from the caller's bytes */
            if ((rc = write_chunk(w, BLOB_MORE_FOLLOW, from, BLOB_CHUNK_BYTES, e)) != 0)
                return rc;
            from += BLOB_CHUNK_BYTES;
            size -= BLOB_CHUNK_BYTES;
            continue;
        }
        size_t room = BLOB_CHUNK_BYTES - w->used, step = size < room ? size : room;
        memcpy(w->plain + w->used, from, step);
        w->used += step;
        from += step;
        size -= step;
    }
    return ASSAY_OK;
}

/* Give the file its name and put that on the disk. A name whose folder did not reach the disk is
 * taken back: it was not acknowledged. */
static enum assay_err name_it(struct vault_writer *w, struct err *e)
{
    const char folder[] = {w->path[0], w->path[1], '\0'};
    int root = w->vault->dir;
    enum assay_err rc;

    int dir = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(e, "open folder %s of the vault", folder);
    if (linkat(root, w->temp, root, w->path, 0) != 0) {
        rc = err_errno(e, "name blob %s", w->path);
        goto out;
    }
    (void)unlinkat(root, w->temp, 0);
    w->temp[0] = '\0';
    if ((rc = fs_sync(dir, e)) != 0)
        (void)unlinkat(root, w->path, 0);
out:
    (void)close(dir);
    return rc;
}

enum assay_err vault_writer_finish(struct vault_writer *w, struct vault_blob *out, struct err *e)
{
    enum assay_err rc;

    if (w->failed != 0)
        return refuse(w, e);
    if ((rc = write_chunk(w, BLOB_LAST, w->plain, w->used, e)) != 0)
        return rc;
    w->failed = ASSAY_ESTATE; /* nothing more may come, whatever follows */
    if ((rc = fs_sync(w->fd, e)) != 0 || (rc = name_it(w, e)) != 0)
        return err_prefix(e, rc, "seal a blob");
    memcpy(out->id, w->id, sizeof out->id);
    memcpy(out->wrapped, w->wrapped, sizeof out->wrapped);
    out->size = w->size;
    return ASSAY_OK;
}

void vault_writer_free(struct vault_writer *w)
{
    if (w == NULL)
        return;
    if (w->fd >= 0)
        (void)close(w->fd);
    if (w->fd >= 0 && w->temp[0] != '\0')
        (void)unlinkat(w->vault->dir, w->temp, 0);
    aead_free(w->stream.aead);
    mem_wipe(w->plain, w->size < sizeof w->plain ? (size_t)w->size : sizeof w->plain);
    mem_free(w);
}

enum assay_err vault_put(struct vault *v, const void *bytes, size_t size, struct vault_blob *out,
                         struct err *e)
{
    struct vault_writer *w = NULL;
    enum assay_err rc;

    if ((rc = vault_writer_new(v, &w, e)) != 0)
        return rc;
    if ((rc = vault_writer_feed(w, bytes, size, e)) == 0)
        rc = vault_writer_finish(w, out, e);
    vault_writer_free(w);
    return rc;
}
