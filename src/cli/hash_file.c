/* assay hash: opens one file, hashes it, and says what became of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/hash.h"

#define PIECE_BYTES (256 * 1024)

struct hash_maker {
    struct decode_env *env;
    struct err no_env;
    struct decode_worker *worker;    /* with env */
    struct assay_digester *digester; /* without */
    unsigned char *piece;
};

enum assay_err hash_maker_new(const struct hash_options *o, struct decode_env *env,
                              const struct err *no_env, struct hash_maker **out, struct err *e)
{
    const uint32_t digests = o->algorithms & ASSAY_DIGEST_KINDS;
    struct hash_maker *m = mem_zalloc(sizeof *m);
    enum assay_err rc;

    m->env = env;
    if (env != NULL) {
        rc = decode_worker_new(env, digests, &m->worker, e);
    } else {
        m->no_env = *no_env;
        m->piece = mem_alloc(PIECE_BYTES);
        rc = assay_digester_new_of(digests, &m->digester);
        if (rc != ASSAY_OK)
            (void)err_set(e, rc, "OpenSSL here lacks MD5, SHA-1 or SHA-256");
    }
    if (rc != ASSAY_OK)
        hash_maker_free(m);
    else
        *out = m;
    return rc;
}

void hash_maker_free(struct hash_maker *m)
{
    if (m == NULL)
        return;
    decode_worker_free(m->worker);
    assay_digester_free(m->digester);
    mem_wipe_free(m->piece, m->piece == NULL ? 0 : PIECE_BYTES);
    mem_free(m);
}

/* The digests alone, as the worker makes them where there are decoders. */
static enum assay_err digest(struct hash_maker *m, int fd, uint32_t wants,
                             struct decode_hashed *out, struct err *e)
{
    struct decode_hashed made = {.pdq_reason = DECODE_PDQ_NONE,
                                 .pdq_oriented_reason = DECODE_PDQ_NONE};
    enum assay_err rc = ASSAY_OK, finished;
    bool first = true;
    ssize_t n;

    do {
        n = read(fd, m->piece, PIECE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_errno(e, "read");
        else
            rc = assay_digester_feed(m->digester, m->piece, (size_t)n);
        if (n >= 0 && first)
            made.type = decode_sniff(m->piece, (size_t)n);
        first = false;
    } while (rc == ASSAY_OK && n != 0);
    finished = assay_digester_finish(m->digester, &made.digests); /* starts anew in any case */
    if (rc == ASSAY_OK)
        rc = finished;
    if (rc == ASSAY_ENOMEM)
        (void)err_set(e, rc, "memory is short");
    if ((wants & DECODE_HASH_PDQ) == 0)
        made.picture = err_set(&made.why, ASSAY_ESTATE, "no hash of the picture was asked for");
    else if (!decode_type_supported(made.type))
        made.picture = err_set(&made.why, ASSAY_EUNSUPPORTED, "%s is not decoded",
                               decode_type_mime(made.type));
    else
        made.picture = err_set(&made.why, ASSAY_EIO, "%s", m->no_env.text);
    if (rc == ASSAY_OK)
        *out = made;
    return rc;
}

/* What a picture that was not decoded ends as: a fact about the file, or a failure of ours. */
static void judge(const struct hash_maker *m, struct hash_result *r)
{
    const struct decode_hashed *h = &r->hashed;
    const enum decode_kind kind = decode_type_kind(h->type);

    switch (h->picture) {
    case ASSAY_OK:
        r->reason = decode_pdq_reason_name(h->pdq_reason);
        return;
    case ASSAY_ESTATE: /* not asked for */
        return;
    case ASSAY_EUNSUPPORTED:
    case ASSAY_ELIMIT:
        r->reason = kind == DECODE_KIND_PICTURE ? "unsupported" : "not_a_picture";
        if (h->picture == ASSAY_ELIMIT)
            r->note = HASH_NOTE_EACH;
        else if (m->env != NULL && decode_type_supported(h->type) &&
                 !decode_env_supports(m->env, h->type))
            r->note = HASH_NOTE_ONCE;
        return;
    case ASSAY_EFORMAT:
        r->reason = kind == DECODE_KIND_PICTURE ? "damaged" : "not_a_picture";
        return;
    default:
        (void)snprintf(r->error, sizeof r->error, "its picture was not hashed: %s", h->why.text);
    }
}

/* Opened without waiting for anybody and without following a link that took the file's place. */
static int open_regular(const struct hash_options *o, const char *path, struct stat *st,
                        struct hash_result *r)
{
    const int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (o->follow ? 0 : O_NOFOLLOW));

    if (fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    if (fd >= 0 && !S_ISREG(st->st_mode))
        (void)snprintf(r->error, sizeof r->error, "is not a file any more");
    else
        (void)snprintf(r->error, sizeof r->error, "cannot be opened: %s", strerrordesc_np(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Whether the bytes that were read are those of one moment. */
static bool changed(int fd, const struct stat *before, uint64_t size)
{
    struct stat after;

    return fstat(fd, &after) != 0 || after.st_size != before->st_size ||
           (uint64_t)after.st_size != size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
           after.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

void hash_file(struct hash_maker *m, const struct hash_options *o, const char *path,
               struct hash_result *r)
{
    struct err e = {0};
    struct stat st = {0};
    int fd;
    enum assay_err rc;

    *r = (struct hash_result){0};
    if ((fd = open_regular(o, path, &st, r)) < 0)
        return;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    rc = m->worker != NULL ? decode_worker_hash(m->worker, fd, o->wants, &r->hashed, &e)
                           : digest(m, fd, o->wants, &r->hashed, &e);
    if (rc != ASSAY_OK) {
        (void)snprintf(r->error, sizeof r->error, "cannot be read: %s", e.text);
    } else if (changed(fd, &st, r->hashed.digests.size)) {
        (void)snprintf(r->error, sizeof r->error,
                       "changed while it was read: hash it again when nobody writes to it");
    } else {
        r->digested = true;
        judge(m, r);
    }
    (void)close(fd);
}
