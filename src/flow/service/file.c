/* Hashing a client's file: memory, the sandbox, memory, and it is gone. */
#include <string.h>
#include <unistd.h>

#include "decode/memfd.h"
#include "decode/pool.h"
#include "flow/service/service.h"

static void add_hash(struct service_ask *ask, enum match_kind kind, const uint8_t *bytes)
{
    struct service_hash *h = &ask->hashes[ask->count++];

    h->kind = kind;
    memcpy(h->bytes, bytes, match_bytes(kind));
}

/* Why a file has no PDQ, in a word of at most SERVICE_REASON_MAX. */
static const char *no_picture(const struct decode_hashed *h)
{
    if (decode_type_kind(h->type) != DECODE_KIND_PICTURE)
        return "not_a_picture";
    return h->picture == ASSAY_EUNSUPPORTED ? "unsupported" : "undecodable";
}

static void take(const struct machine *who, const struct decode_hashed *h, struct service_file *out)
{
    memcpy(out->md5, h->digests.md5, sizeof out->md5);
    memcpy(out->sha1, h->digests.sha1, sizeof out->sha1);
    memcpy(out->sha256, h->digests.sha256, sizeof out->sha256);
    out->type = decode_type_mime(h->type);
    add_hash(&out->ask, MATCH_SHA256, out->sha256);
    add_hash(&out->ask, MATCH_SHA1, out->sha1);
    add_hash(&out->ask, MATCH_MD5, out->md5);
    if (h->picture != ASSAY_OK) {
        out->pdq_reason = no_picture(h);
    } else if (!h->has_pdq) {
        out->pdq_reason = "too_small";
    } else {
        out->has_pdq = true;
        memcpy(out->pdq, h->pdq.bytes, sizeof out->pdq);
        out->quality = h->pdq.quality;
        out->pdq_reason = decode_pdq_reason_name(h->pdq_reason);
        if (out->pdq_reason == NULL)
            out->pdq_reason = service_refuses(who, out->pdq, out->quality);
        if (out->pdq_reason == NULL)
            add_hash(&out->ask, MATCH_PDQ, out->pdq);
        if (out->pdq_reason == NULL && h->has_pdq_oriented)
            add_hash(&out->ask, MATCH_PDQ, h->pdq_oriented.bytes);
    }
    out->ask.reason = out->pdq_reason;
}

enum assay_err service_hash_file(const struct service *s, const struct machine *who,
                                 const void *bytes, size_t size, struct service_file *out,
                                 struct err *e)
{
    const struct memfd_part part = {bytes, size};
    struct decode_worker *worker;
    struct decode_hashed hashed;
    int fd;
    enum assay_err rc = memfd_input(&part, 1, &fd, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = decode_worker_new(s->world->decode, ASSAY_DIGEST_KINDS, &worker, e)) != 0)
        goto out;
    if (lseek(fd, 0, SEEK_SET) != 0)
        rc = err_errno(e, "a memory file");
    if (rc == ASSAY_OK)
        rc = decode_worker_hash(worker, fd, DECODE_HASH_PDQ, &hashed, e);
    decode_worker_free(worker);
    /* A fault of the machine is no finding about the file. */
    if (rc == ASSAY_OK && hashed.picture == ASSAY_EIO)
        rc = err_set(e, ASSAY_EIO, "%s", hashed.why.text);
    if (rc == ASSAY_OK) {
        *out = (struct service_file){.size = size, .quality = -1};
        take(who, &hashed, out);
    }
out:
    (void)close(fd);
    return rc;
}
