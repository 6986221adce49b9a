/* Reads each file once into a region that a decoder sees, and digests it while that one decodes. */
#include "decode/pool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "decode/hasher.h"
#include "decode/memfd.h"
#include "decode/picture.h"

#define FIRST_BYTES (64u << 10) /* enough to tell the type by */
#define PIECE_BYTES (1u << 20)  /* of a file that no decoder is given */

/* After a file of so many bytes the region is emptied, and after a picture of so many pixels the
 * process is replaced, so that one large file does not keep its memory for good. */
#define LARGE_BYTES  (64u << 20)
#define LARGE_PIXELS 40000000u

struct decode_worker {
    struct decode_env *env;
    int region_fd, region_read_fd;
    unsigned char *region;
    size_t region_size;
    size_t filled; /* bytes of the region that files have touched since it was emptied */
    struct assay_digester *digester;
    struct hasher hashers[DECODE_PROGRAM_COUNT];
    bool tried[DECODE_PROGRAM_COUNT];
    struct err lacks[DECODE_PROGRAM_COUNT];             /* what came of it */
    struct decode_frame frames[DECODE_HASH_FRAMES_MAX]; /* of the latest file */
};

enum assay_err decode_worker_new(struct decode_env *env, uint32_t digests,
                                 struct decode_worker **out, struct err *e)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct decode_worker *w = mem_zalloc(sizeof *w);
    enum assay_err rc;
    void *region;

    w->env = env;
    w->region_fd = w->region_read_fd = -1;
    /* A byte more than decoders take shows that a file is larger. */
    w->region_size = (picture_bytes_max(&env->limits) / page + 1) * page;
    if ((rc = assay_digester_new_of(digests, &w->digester)) != ASSAY_OK) {
        rc = err_set(e, rc, "the digests cannot be made: OpenSSL lacks MD5, SHA-1 or SHA-256");
        goto out;
    }
    if ((rc = memfd_region(w->region_size, &w->region_fd, &w->region_read_fd, e)) != ASSAY_OK)
        goto out;
    region = mmap(NULL, w->region_size, PROT_READ | PROT_WRITE, MAP_SHARED, w->region_fd, 0);
    if (region == MAP_FAILED) {
        rc = err_errno(e, "decoder: map %zu MB for files", w->region_size >> 20);
        goto out;
    }
    w->region = region;
    *out = w;
out:
    if (rc != ASSAY_OK)
        decode_worker_free(w);
    return rc;
}

void decode_worker_free(struct decode_worker *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < DECODE_PROGRAM_COUNT; i++)
        hasher_end(&w->hashers[i]);
    if (w->region != NULL)
        (void)munmap(w->region, w->region_size); /* its memory goes back with its last descriptor */
    if (w->region_fd >= 0)
        (void)close(w->region_fd);
    if (w->region_read_fd >= 0)
        (void)close(w->region_read_fd);
    assay_digester_free(w->digester);
    mem_free(w);
}

/* Reads until the region holds `to` bytes or the file ends; *size counts on. */
static enum assay_err fill(struct decode_worker *w, int fd, size_t to, size_t *size, struct err *e)
{
    while (*size < to) {
        const ssize_t n = read(fd, w->region + *size, to - *size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, "read");
        if (n == 0)
            break;
        *size += (size_t)n;
    }
    if (*size > w->filled)
        w->filled = *size;
    return ASSAY_OK;
}

static enum assay_err feed(struct decode_worker *w, size_t size, struct err *e)
{
    const enum assay_err rc = assay_digester_feed(w->digester, w->region, size);

    return rc == ASSAY_OK ? rc : err_set(e, rc, "the digests cannot be made: memory is short");
}

/* The digests of the region's bytes and of all that still comes of the file. */
static enum assay_err digest_on(struct decode_worker *w, int fd, size_t size, struct err *e)
{
    enum assay_err rc;

    do {
        if ((rc = feed(w, size, e)) != ASSAY_OK)
            return rc;
        size = 0;
        if ((rc = fill(w, fd, PIECE_BYTES, &size, e)) != ASSAY_OK)
            return rc;
    } while (size > 0);
    return ASSAY_OK;
}

static void take_picture(const struct hash_picture *p, struct decode_hashed *out)
{
    out->picture = ASSAY_OK;
    out->width = p->width;
    out->height = p->height;
    out->frames = p->frames;
    out->flags = p->flags;
    out->orientation = (uint8_t)p->orientation;
    out->reduced = (uint8_t)p->reduced;
    out->has_pdq = p->has_pdq;
    out->has_pdq_oriented = p->has_pdq_oriented;
    out->pdq = p->pdq;
    out->pdq_oriented = p->pdq_oriented;
    out->has_turned = p->has_turned;
    out->has_stable_bits = p->has_stable_bits;
    memcpy(out->turned, p->turned, sizeof out->turned);
    out->stable_bits = p->stable_bits;
    out->has_duration = p->has_duration;
    out->duration_ms = p->duration_ms;
    out->chances = p->chances;
    out->pdq_reason = picture_pdq_reason(&p->pdq, p->width, p->height, p->flags);
    if (p->oriented_too_large)
        out->pdq_oriented_reason = DECODE_PDQ_TOO_LARGE;
    else if (p->orientation > 1)
        out->pdq_oriented_reason =
            picture_pdq_reason(&p->pdq_oriented, p->width, p->height, p->flags);
}

/* A program that env did not try: once, and what comes of it holds for all its files. */
static enum assay_err try_program(struct decode_worker *w, enum decode_type type, struct err *e)
{
    const enum decode_program program = decode_type_program(type);
    struct err *lacks = &w->lacks[program];

    if (!w->env->tries_all && program != DECODE_PROGRAM_IMAGE && !w->tried[program]) {
        w->tried[program] = true;
        (void)env_try(w->env, program, lacks);
    }
    if (lacks->code == ASSAY_OK)
        return ASSAY_OK;
    return err_set(e, ASSAY_EUNSUPPORTED, "%s is not decoded here: %s", decode_type_mime(type),
                   lacks->text);
}

/* What a used process does not decode is tried in a fresh one, so that a file before cannot spoil
 * this one's result other than by a lie that is sound. */
static enum assay_err hash_region(struct decode_worker *w, size_t size, uint32_t wants,
                                  struct decode_hashed *out, struct err *e)
{
    const struct hasher_place place = {w->env, decode_type_program(out->type), w->region_read_fd,
                                       w->frames};
    struct hasher *h = &w->hashers[place.program];
    const bool used = h->files > 0;
    struct hash_picture p;
    enum assay_err rc;

    out->picture = hasher_ask(h, &place, size, wants, &out->why);
    rc = feed(w, size, e); /* meanwhile */
    if (rc == ASSAY_OK && out->picture == ASSAY_OK)
        out->picture = hasher_answer(h, &place, out->type, wants, &p, &out->why);
    if (rc == ASSAY_OK && out->picture != ASSAY_OK && used &&
        (out->picture = hasher_ask(h, &place, size, wants, &out->why)) == ASSAY_OK)
        out->picture = hasher_answer(h, &place, out->type, wants, &p, &out->why);
    if (rc != ASSAY_OK) {
        hasher_end(h);
        return rc;
    }
    if (out->picture != ASSAY_OK)
        return ASSAY_OK;
    take_picture(&p, out);
    if ((p.flags & DECODE_DAMAGED) != 0 || (uint64_t)p.width * p.height > LARGE_PIXELS)
        hasher_end(h);
    return ASSAY_OK;
}

static enum assay_err hash_file(struct decode_worker *w, int fd, uint32_t wants,
                                struct decode_hashed *out, struct err *e)
{
    size_t size = 0;
    enum assay_err rc;

    if ((rc = fill(w, fd, FIRST_BYTES, &size, e)) != ASSAY_OK)
        return rc;
    out->type = decode_sniff(w->region, size);
    out->picture = (wants & DECODE_HASH_PDQ) == 0
                       ? err_set(&out->why, ASSAY_ESTATE, "no hash of the picture was asked for")
                       : picture_refuse(w->env, out->type, size, &out->why);
    if (out->picture == ASSAY_OK) {
        if ((rc = fill(w, fd, picture_bytes_max(&w->env->limits) + 1, &size, e)) != ASSAY_OK)
            return rc;
        out->picture = picture_refuse(w->env, out->type, size, &out->why);
    }
    if (out->picture == ASSAY_OK)
        out->picture = try_program(w, out->type, &out->why);
    return out->picture == ASSAY_OK ? hash_region(w, size, wants, out, e)
                                    : digest_on(w, fd, size, e);
}

enum assay_err decode_worker_hash(struct decode_worker *w, int fd, uint32_t wants,
                                  struct decode_hashed *out, struct err *e)
{
    struct decode_hashed made = {.pdq_reason = DECODE_PDQ_NONE,
                                 .pdq_oriented_reason = DECODE_PDQ_NONE};
    enum assay_err rc, finished;

    assert((wants & ~DECODE_HASH_WANTS) == 0);
    rc = hash_file(w, fd, wants, &made, e);
    finished = assay_digester_finish(w->digester, &made.digests); /* so that it starts anew */
    if (rc == ASSAY_OK && finished != ASSAY_OK)
        rc = err_set(e, finished, "the digests cannot be made: memory is short");
    if (w->filled > LARGE_BYTES) {
        memfd_punch(w->region_fd, w->filled);
        w->filled = 0;
    }
    if (rc == ASSAY_OK)
        *out = made;
    return rc;
}
