/* Opens, verifies and searches a snapshot of lists; no number of the file is followed unchecked. */
#include "match/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "index/snapshot.h"
#include "match/ahead.h"
#include "match/set_impl.h"
#include "match/snapshot_impl.h"

struct match_snapshot {
    unsigned char *bytes;
    size_t size;
    const struct file_head *head; /* in bytes */
    struct assay_index *pdq;      /* NULL: no PDQ is in it */
};

struct match_snapshot_reader {
    struct match_snapshot *s;
    struct assay_index_reader *pdq; /* NULL, as the snapshot's */
    struct match_ahead ahead;
    struct match_hit *hits;
    size_t count, room;
};

static enum assay_err damaged(const char *path, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EDAMAGED, "%s is damaged: %s; build it anew", path, what);
}

/* Bytes of a part's element; 1 where it has none. */
static size_t stride_of(enum part part)
{
    return part == PART_PLACES ? sizeof(uint64_t)
           : part >= PART_MD5 && part <= PART_SHA256
               ? match_bytes((enum match_kind)(part - PART_MD5)) + sizeof(uint32_t)
               : 1;
}

/* The digest says that what was written is what is read, and these that it makes sense. */
static const char *check_parts(const struct file_head *h)
{
    uint64_t at = sizeof *h;

    for (unsigned i = 0; i < PARTS; i++) {
        at = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (h->parts[i].offset != at || h->parts[i].size > h->file_size - at)
            return "a section lies elsewhere";
        if (h->parts[i].size % stride_of((enum part)i) != 0)
            return "a section has a wrong size";
        at += h->parts[i].size;
    }
    if (at != h->file_size)
        return "the sections do not fill it";
    if (h->records >= UINT32_MAX || h->parts[PART_PLACES].size != 8 * (h->records + 1))
        return "the number of records is wrong";
    return NULL;
}

static enum assay_err check_head(const unsigned char *bytes, size_t size, const char *path,
                                 struct err *e)
{
    const struct file_head *h = (const struct file_head *)bytes;
    uint8_t digest[32];
    const char *wrong;

    if (size < 8 || memcmp(bytes, MATCH_SNAPSHOT_MAGIC, 8) != 0)
        return err_set(e, ASSAY_EFORMAT, "%s is no snapshot of lists", path);
    if (size >= 12 && h->version > FILE_VERSION)
        return err_set(e, ASSAY_EVERSION, "%s was made by a later assay: format %u, not %d", path,
                       h->version, FILE_VERSION);
    if (size < sizeof *h)
        return damaged(path, "it ends within its header", e);
    if (EVP_Digest(h, offsetof(struct file_head, sha256), digest, NULL, EVP_sha256(), NULL) != 1 ||
        memcmp(digest, h->sha256, sizeof digest) != 0 || h->version != FILE_VERSION)
        return damaged(path, "its header is not what was written", e);
    if (h->file_size != size)
        return damaged(path, "it was cut, or something stands behind it", e);
    wrong = check_parts(h);
    return wrong == NULL ? ASSAY_OK : damaged(path, wrong, e);
}

static enum assay_err map(const char *path, unsigned char **bytes, size_t *size, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum assay_err rc = ASSAY_OK;
    struct stat st = {0};

    if (fd < 0)
        return err_errno(e, "%s cannot be opened", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        rc = err_set(e, ASSAY_EFORMAT, "%s is no snapshot of lists", path);
    } else {
        *size = (size_t)st.st_size;
        /* Private: the index marks in memory what is deleted. */
        *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
        if (*bytes == MAP_FAILED)
            rc = err_errno(e, "%s cannot be mapped", path);
    }
    (void)close(fd);
    return rc;
}

enum assay_err match_snapshot_open(const char *path, struct match_snapshot **out, struct err *e)
{
    struct match_snapshot *s = mem_zalloc(sizeof *s);
    char reason[ASSAY_INDEX_REASON_SIZE] = "";
    enum assay_err rc;

    if ((rc = map(path, &s->bytes, &s->size, e)) != ASSAY_OK) {
        mem_free(s);
        return rc;
    }
    rc = check_head(s->bytes, s->size, path, e);
    s->head = (const struct file_head *)s->bytes;
    if (rc == ASSAY_OK && s->head->parts[PART_PDQ].size > 0) {
        rc = snapshot_index(s->bytes + s->head->parts[PART_PDQ].offset,
                            s->head->parts[PART_PDQ].size, &s->pdq, reason);
        if (rc != ASSAY_OK)
            rc = rc == ASSAY_ENOMEM ? match_failed(rc, e) : damaged(path, reason, e);
    }
    if (rc != ASSAY_OK) {
        match_snapshot_free(s);
        return rc;
    }
    *out = s;
    return ASSAY_OK;
}

void match_snapshot_free(struct match_snapshot *s)
{
    if (s == NULL)
        return;
    assay_index_free(s->pdq);
    (void)munmap(s->bytes, s->size);
    mem_free(s);
}

static const unsigned char *part_bytes(const struct match_snapshot *s, enum part part)
{
    return s->bytes + s->head->parts[part].offset;
}

size_t match_snapshot_list(const struct match_snapshot *s, uint32_t list, char *out, size_t size)
{
    const unsigned char *at = part_bytes(s, PART_LISTS);
    size_t left = s->head->parts[PART_LISTS].size;
    uint32_t length = 0;

    for (uint32_t i = 0; i <= list; i++) {
        if (left < sizeof length)
            return 0;
        memcpy(&length, at, sizeof length);
        left -= sizeof length;
        if (length > left)
            return 0;
        if (i < list) {
            at += sizeof length + length;
            left -= length;
        }
    }
    const size_t n = length < size ? length : size - 1;
    memcpy(out, at + sizeof length, n);
    out[n] = '\0';
    return length;
}

const struct listed *match_snapshot_record(const struct match_snapshot *s, uint64_t record)
{
    const size_t all = s->head->parts[PART_RECORDS].size;
    uint64_t from, to;

    if (record >= s->head->records)
        return NULL;
    memcpy(&from, part_bytes(s, PART_PLACES) + record * sizeof from, sizeof from);
    memcpy(&to, part_bytes(s, PART_PLACES) + (record + 1) * sizeof to, sizeof to);
    if (from % 8 != 0 || to > all || from > to || to - from < sizeof(struct listed))
        return NULL;
    const struct listed *r = (const struct listed *)(part_bytes(s, PART_RECORDS) + from);
    return r->list < s->head->lists && (r->has & ~(LISTED_ALL | LISTED_NOT_PDQ)) == 0 &&
                   listed_size(r->has, r->says_size) == to - from
               ? r
               : NULL;
}

void match_snapshot_info(const struct match_snapshot *s, struct match_snapshot_info *out)
{
    struct assay_index_info info = {0};

    *out = (struct match_snapshot_info){
        .records = s->head->records, .bytes = s->size, .lists = s->head->lists};
    for (unsigned kind = 0; kind < MATCH_PDQ; kind++)
        out->entries[kind] = s->head->parts[PART_MD5 + kind].size /
                             (match_bytes((enum match_kind)kind) + sizeof(uint32_t));
    if (s->pdq != NULL)
        assay_index_get_info(s->pdq, &info);
    out->entries[MATCH_PDQ] = info.pairs;
}

/* ---- every byte ---- */

static const char *check_records(const struct match_snapshot *s)
{
    uint64_t last;

    memcpy(&last, part_bytes(s, PART_PLACES) + 8 * s->head->records, sizeof last);
    if (last != s->head->parts[PART_RECORDS].size)
        return "the records do not fill their section";
    for (uint64_t i = 0; i < s->head->records; i++) {
        if (match_snapshot_record(s, i) == NULL)
            return "a record is no record";
    }
    return NULL;
}

static uint32_t number_behind(const unsigned char *digest, size_t bytes)
{
    const unsigned char *at = digest + bytes;

    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const char *check_digests(const struct match_snapshot *s, enum match_kind kind)
{
    const size_t bytes = match_bytes(kind), stride = bytes + sizeof(uint32_t);
    const unsigned char *at = part_bytes(s, PART_MD5 + (enum part)kind);
    const size_t count = s->head->parts[PART_MD5 + kind].size / stride;

    for (size_t i = 0; i < count; i++, at += stride) {
        const struct listed *r = match_snapshot_record(s, number_behind(at, bytes));
        const uint8_t *hash = r == NULL ? NULL : listed_hash(r, 1u << kind);

        if (i > 0 && memcmp(at - stride, at, stride) >= 0)
            return "its digests are not in order";
        if (hash == NULL || memcmp(hash, at, bytes) != 0)
            return "a digest is not that of its record";
    }
    return NULL;
}

/* What stands between the sections. */
static const char *check_gaps(const struct match_snapshot *s)
{
    uint64_t at = sizeof *s->head;

    for (unsigned i = 0; i < PARTS; i++) {
        for (; at < s->head->parts[i].offset; at++) {
            if (s->bytes[at] != 0)
                return "something stands between its sections";
        }
        at += s->head->parts[i].size;
    }
    return NULL;
}

enum assay_err match_snapshot_verify(const char *path, struct err *e)
{
    char reason[ASSAY_INDEX_REASON_SIZE] = "";
    struct match_snapshot *s = NULL;
    enum assay_err rc = match_snapshot_open(path, &s, e);
    const char *wrong;
    uint8_t digest[32];

    if (rc != ASSAY_OK)
        return rc;
    wrong = check_gaps(s);
    for (unsigned i = 0; i < PARTS && wrong == NULL; i++) {
        if (EVP_Digest(part_bytes(s, (enum part)i), s->head->parts[i].size, digest, NULL,
                       EVP_sha256(), NULL) != 1 ||
            memcmp(digest, s->head->parts[i].sha256, sizeof digest) != 0)
            wrong = "a section is not what was written";
    }
    if (wrong == NULL)
        wrong = check_records(s);
    for (unsigned kind = 0; kind < MATCH_PDQ && wrong == NULL; kind++)
        wrong = check_digests(s, (enum match_kind)kind);
    if (wrong == NULL && s->pdq != NULL &&
        snapshot_verify(part_bytes(s, PART_PDQ), s->head->parts[PART_PDQ].size, reason) != ASSAY_OK)
        wrong = reason;
    rc = wrong == NULL ? ASSAY_OK : damaged(path, wrong, e);
    match_snapshot_free(s);
    return rc;
}

/* ---- searching ---- */

struct match_snapshot_reader *match_snapshot_reader_new(struct match_snapshot *s)
{
    struct match_snapshot_reader *r = mem_zalloc(sizeof *r);

    r->s = s;
    r->room = 64;
    r->hits = mem_array(r->room, sizeof *r->hits);
    if (s->pdq != NULL && assay_index_reader_new(s->pdq, &r->pdq) != ASSAY_OK)
        abort(); /* as for all else in the program: with so little memory it ends */
    return r;
}

void match_snapshot_reader_free(struct match_snapshot_reader *r)
{
    if (r == NULL)
        return;
    assay_index_reader_free(r->pdq);
    ahead_clear(&r->ahead);
    mem_free(r->hits);
    mem_free(r);
}

void match_snapshot_announce(struct match_snapshot_reader *r, const uint8_t *pdqs, size_t count,
                             unsigned radius)
{
    ahead_announce(&r->ahead, pdqs, radius <= MATCH_RADIUS_MAX ? count : 0, radius);
}

static void take(struct match_snapshot_reader *r, uint64_t record, uint32_t distance)
{
    const struct listed *listed = match_snapshot_record(r->s, record);

    if (r->count == r->room) {
        r->room *= 2;
        r->hits = mem_resize(r->hits, r->room, sizeof *r->hits);
    }
    r->hits[r->count++] = (struct match_hit){listed == NULL ? 0 : listed->list, distance, record};
}

static void find_digest(struct match_snapshot_reader *r, enum match_kind kind, const uint8_t *hash)
{
    const size_t bytes = match_bytes(kind), stride = bytes + sizeof(uint32_t);
    const unsigned char *all = part_bytes(r->s, PART_MD5 + (enum part)kind);
    size_t from = 0, to = r->s->head->parts[PART_MD5 + kind].size / stride;
    const size_t end = to;

    while (from < to) { /* the first that is not below */
        const size_t middle = from + (to - from) / 2;

        if (memcmp(all + middle * stride, hash, bytes) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < end && memcmp(all + from * stride, hash, bytes) == 0; from++)
        take(r, number_behind(all + from * stride, bytes), 0);
}

static enum assay_err find_pdq(struct match_snapshot_reader *r, const uint8_t *hash,
                               unsigned radius, struct err *e)
{
    const struct assay_index_hit *found;
    size_t count;
    enum assay_err rc;

    if (radius > MATCH_RADIUS_MAX)
        return err_set(e, ASSAY_ERANGE, "a distance is at most %d", MATCH_RADIUS_MAX);
    if (r->pdq == NULL)
        return ASSAY_OK;
    if ((rc = ahead_search(&r->ahead, r->pdq, hash, radius, &found, &count)) != ASSAY_OK)
        return match_failed(rc, e);
    for (size_t i = 0; i < count; i++)
        take(r, found[i].id, found[i].distance);
    return ASSAY_OK;
}

enum assay_err match_snapshot_search(struct match_snapshot_reader *r, enum match_kind kind,
                                     const uint8_t *hash, unsigned radius,
                                     const struct match_hit **hits, size_t *count, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    r->count = 0;
    if (kind == MATCH_PDQ)
        rc = find_pdq(r, hash, radius, e);
    else
        find_digest(r, kind, hash);
    *hits = r->hits;
    *count = rc == ASSAY_OK ? r->count : 0;
    return rc;
}
