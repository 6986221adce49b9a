/* Writes a snapshot of lists: records as they are, digests sorted, the index of PDQs behind. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/index.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "match/snapshot_impl.h"

#define PIECE_BYTES (1u << 20)

/* A file on its way: where it is written to, and the part under way. */
struct saving {
    const struct match_snapshot_source *source;
    struct file_head head;
    char *folder, *path, *pdq_path; /* temporary ones, in the folder of the last */
    int fd;
    uint64_t at; /* bytes written */
    EVP_MD_CTX *digest;
    struct buf out;
};

static enum assay_err flush(struct saving *v, struct err *e)
{
    const enum assay_err rc = fs_write_all(v->fd, v->out.data, v->out.size, e);

    buf_reset(&v->out);
    return rc;
}

static enum assay_err put(struct saving *v, const void *bytes, size_t size, struct err *e)
{
    (void)EVP_DigestUpdate(v->digest, bytes, size);
    v->at += size;
    if (size > PIECE_BYTES) {
        const enum assay_err rc = flush(v, e);
        return rc != ASSAY_OK ? rc : fs_write_all(v->fd, bytes, size, e);
    }
    if (size == 0)
        return ASSAY_OK;
    buf_add(&v->out, bytes, size);
    return v->out.size > PIECE_BYTES ? flush(v, e) : ASSAY_OK;
}

static enum assay_err begin_part(struct saving *v, enum part part, struct err *e)
{
    static const uint8_t zeros[ALIGNMENT];
    const size_t gap = (size_t)(-v->at & (ALIGNMENT - 1));
    enum assay_err rc = put(v, zeros, gap, e);

    v->head.parts[part].offset = v->at;
    (void)EVP_DigestInit_ex(v->digest, EVP_sha256(), NULL);
    return rc;
}

static void end_part(struct saving *v, enum part part)
{
    v->head.parts[part].size = v->at - v->head.parts[part].offset;
    (void)EVP_DigestFinal_ex(v->digest, v->head.parts[part].sha256, NULL);
}

static enum assay_err put_lists(struct saving *v, struct err *e)
{
    enum assay_err rc = begin_part(v, PART_LISTS, e);

    for (size_t i = 0; i < v->source->list_count && rc == ASSAY_OK; i++) {
        const uint32_t size = (uint32_t)strlen(v->source->lists[i]);

        if ((rc = put(v, &size, sizeof size, e)) == ASSAY_OK)
            rc = put(v, v->source->lists[i], size, e);
    }
    end_part(v, PART_LISTS);
    return rc;
}

static enum assay_err put_records(struct saving *v, struct err *e)
{
    enum assay_err rc = begin_part(v, PART_PLACES, e);
    uint64_t place = 0;

    for (size_t i = 0; i <= v->source->record_count && rc == ASSAY_OK; i++) {
        rc = put(v, &place, sizeof place, e);
        if (i < v->source->record_count)
            place += listed_size(v->source->records[i]->has, v->source->records[i]->says_size);
    }
    end_part(v, PART_PLACES);
    if (rc == ASSAY_OK)
        rc = begin_part(v, PART_RECORDS, e);
    for (size_t i = 0; i < v->source->record_count && rc == ASSAY_OK; i++) {
        const struct listed *r = v->source->records[i];

        rc = put(v, r, listed_size(r->has, r->says_size), e);
    }
    end_part(v, PART_RECORDS);
    return rc;
}

static int compare(const void *left, const void *right, void *size)
{
    return memcmp(left, right, *(const size_t *)size);
}

/* The number behind the digest is big-endian here, so that equal digests sort by it. */
static uint8_t *gather(const struct match_snapshot_source *s, enum match_kind kind, size_t *count)
{
    const size_t bytes = match_bytes(kind), stride = bytes + sizeof(uint32_t);
    uint8_t *all;
    size_t n = 0;

    for (size_t i = 0; i < s->record_count; i++)
        n += (s->records[i]->has & 1u << kind) != 0;
    all = mem_array(n + 1, stride);
    *count = n;
    n = 0;
    for (size_t i = 0; i < s->record_count; i++) {
        const uint8_t *hash = listed_hash(s->records[i], 1u << kind);

        if (hash == NULL)
            continue;
        memcpy(all + n * stride, hash, bytes);
        for (unsigned b = 0; b < 4; b++)
            all[n * stride + bytes + b] = (uint8_t)(i >> (24 - 8 * b));
        n++;
    }
    return all;
}

static enum assay_err put_digests(struct saving *v, enum match_kind kind, struct err *e)
{
    const enum part part = PART_MD5 + (enum part)kind;
    size_t stride = match_bytes(kind) + sizeof(uint32_t), count;
    uint8_t *all = gather(v->source, kind, &count);
    enum assay_err rc = begin_part(v, part, e);

    qsort_r(all, count, stride, compare, &stride);
    if (rc == ASSAY_OK)
        rc = put(v, all, count * stride, e);
    end_part(v, part);
    mem_free(all);
    return rc;
}

static enum assay_err failed(enum assay_err rc, struct err *e)
{
    return err_set(e, rc, "the index of PDQs cannot be made: %s",
                   rc == ASSAY_ENOMEM ? "there is not enough memory" : "its file is not written");
}

/* All PDQs that may be matched on as an index of their own, saved beside; none: no file. */
static enum assay_err save_pdqs(struct saving *v, bool *any, struct err *e)
{
    const struct match_snapshot_source *s = v->source;
    uint8_t *hashes = mem_array(2 * s->record_count + 1, ASSAY_INDEX_HASH_BYTES);
    uint32_t *ids = mem_array(2 * s->record_count + 1, sizeof *ids);
    char reason[ASSAY_INDEX_REASON_SIZE];
    struct assay_index *ix = NULL;
    size_t n = 0;
    enum assay_err rc;

    for (size_t i = 0; i < s->record_count; i++) {
        for (unsigned bit = LISTED_PDQ; bit <= LISTED_ORIENTED; bit *= 2) {
            const uint8_t *hash = listed_hash(s->records[i], bit);

            if (hash == NULL || (s->records[i]->has & LISTED_NOT_PDQ) != 0)
                continue;
            memcpy(hashes + n * ASSAY_INDEX_HASH_BYTES, hash, ASSAY_INDEX_HASH_BYTES);
            ids[n++] = (uint32_t)i;
        }
    }
    *any = n > 0;
    rc = n == 0 ? ASSAY_OK : assay_index_new(&ix);
    if (rc == ASSAY_OK && n > 0)
        rc = assay_index_add_many(ix, hashes, ids, n);
    mem_free(hashes);
    mem_free(ids);
    if (rc == ASSAY_OK && n > 0)
        rc = assay_index_merge(ix);
    if (rc != ASSAY_OK)
        rc = failed(rc, e);
    else if (n > 0 && (rc = assay_index_save(ix, v->pdq_path, reason)) != ASSAY_OK)
        rc = err_set(e, rc, "%s", reason);
    assay_index_free(ix);
    return rc;
}

static enum assay_err put_pdqs(struct saving *v, struct err *e)
{
    bool any = false;
    enum assay_err rc = begin_part(v, PART_PDQ, e);
    char *piece;
    ssize_t n;
    int fd;

    if (rc == ASSAY_OK)
        rc = save_pdqs(v, &any, e);
    if (rc != ASSAY_OK || !any) {
        end_part(v, PART_PDQ);
        return rc;
    }
    if ((fd = open(v->pdq_path, O_RDONLY | O_CLOEXEC)) < 0)
        return err_errno(e, "the index beside %s cannot be read again", v->path);
    piece = mem_alloc(PIECE_BYTES);
    while (rc == ASSAY_OK && (n = read(fd, piece, PIECE_BYTES)) != 0)
        rc = n > 0            ? put(v, piece, (size_t)n, e)
             : errno == EINTR ? ASSAY_OK
                              : err_errno(e, "the index beside %s cannot be read again", v->path);
    mem_free(piece);
    (void)close(fd);
    end_part(v, PART_PDQ);
    return rc;
}

static enum assay_err write_all(struct saving *v, struct err *e)
{
    struct file_head *h = &v->head;
    enum assay_err rc = put(v, h, sizeof *h, e); /* its place; written again at the end */

    if (rc != ASSAY_OK || (rc = put_lists(v, e)) != 0 || (rc = put_records(v, e)) != 0)
        return rc;
    for (unsigned kind = MATCH_MD5; kind < MATCH_PDQ && rc == ASSAY_OK; kind++)
        rc = put_digests(v, (enum match_kind)kind, e);
    if (rc != ASSAY_OK || (rc = put_pdqs(v, e)) != 0 || (rc = flush(v, e)) != 0)
        return rc;
    memcpy(h->magic, MATCH_SNAPSHOT_MAGIC, sizeof h->magic);
    h->version = FILE_VERSION;
    h->lists = (uint32_t)v->source->list_count;
    h->records = v->source->record_count;
    h->file_size = v->at;
    (void)EVP_Digest(h, offsetof(struct file_head, sha256), h->sha256, NULL, EVP_sha256(), NULL);
    if (pwrite(v->fd, h, sizeof *h, 0) != (ssize_t)sizeof *h)
        return err_errno(e, "%s cannot be written", v->path);
    return fs_sync(v->fd, e);
}

static void name_files(struct saving *v, const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[RAND_NAME_SIZE];
    const int folder = slash == NULL ? 0 : (int)(slash - path) + 1;
    const size_t size = strlen(path) + 2 * RAND_NAME_SIZE + 16;

    rand_name(name);
    v->folder = mem_alloc(size);
    v->path = mem_alloc(size);
    v->pdq_path = mem_alloc(size);
    (void)snprintf(v->folder, size, "%.*s", folder == 0 ? 1 : folder, folder == 0 ? "." : path);
    (void)snprintf(v->path, size, "%.*s%s", folder, path, name);
    (void)snprintf(v->pdq_path, size, "%.*s%s.pdq", folder, path, name);
}

enum assay_err match_snapshot_save(const char *path, const struct match_snapshot_source *s,
                                   struct err *e)
{
    struct saving v = {.source = s, .fd = -1, .digest = EVP_MD_CTX_new()};
    enum assay_err rc;

    if (s->record_count >= UINT32_MAX)
        rc = err_set(e, ASSAY_ELIMIT, "more than 4 billion records");
    else
        rc = v.digest == NULL ? err_set(e, ASSAY_ENOMEM, "there is not enough memory") : ASSAY_OK;
    if (rc != ASSAY_OK)
        goto out;
    name_files(&v, path);
    buf_init(&v.out, 4 * PIECE_BYTES);
    (void)EVP_DigestInit_ex(v.digest, EVP_sha256(), NULL);
    v.fd = open(v.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    rc = v.fd < 0 ? err_errno(e, "no file can be made in %s", v.folder) : write_all(&v, e);
    if (v.fd >= 0 && close(v.fd) != 0 && rc == ASSAY_OK)
        rc = err_errno(e, "%s cannot be written", path);
    if (rc == ASSAY_OK && rename(v.path, path) != 0)
        rc = err_errno(e, "%s cannot be replaced", path);
    if (rc == ASSAY_OK)
        rc = fs_sync_dir(v.folder, e);
    else if (v.fd >= 0)
        (void)unlink(v.path);
    (void)unlink(v.pdq_path);
    buf_clear(&v.out);
out:
    EVP_MD_CTX_free(v.digest);
    mem_free(v.folder);
    mem_free(v.path);
    mem_free(v.pdq_path);
    return rc;
}
