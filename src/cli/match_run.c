/* assay match: the lines of files as they are hashed, and of hashes as they are read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/match.h"

#define BATCH     4096 /* queries looked up at once */
#define OUT_BYTES ((size_t)1 << 30)

/* ---- askers: one for each thread that needs one just now ---- */

static struct match_asker *asker_take(struct match_run *m)
{
    struct match_asker *a = NULL;

    (void)pthread_mutex_lock(&m->lock);
    if (m->asker_count > 0)
        a = m->askers[--m->asker_count];
    (void)pthread_mutex_unlock(&m->lock);
    return a != NULL ? a : match_asker_new(&m->lists, m->distance);
}

static void asker_put(struct match_run *m, struct match_asker *a)
{
    (void)pthread_mutex_lock(&m->lock);
    const bool room = m->asker_count < sizeof m->askers / sizeof m->askers[0];
    if (room)
        m->askers[m->asker_count++] = a;
    (void)pthread_mutex_unlock(&m->lock);
    if (!room)
        match_asker_free(a);
}

static void count(struct match_run *m, enum match_status status)
{
    atomic_fetch_add(&m->queries, 1);
    if (status == MATCH_MATCH)
        atomic_fetch_add(&m->hits, 1);
    if (status == MATCH_UNMATCHABLE)
        atomic_fetch_add(&m->unmatchable, 1);
}

/* ---- files ---- */

static void add_pdq(struct match_query *q, const struct assay_pdq *pdq, const char *turn)
{
    q->pdqs[q->pdq_count].hash = pdq->bytes;
    q->pdqs[q->pdq_count++].turn = turn;
    q->has |= LISTFILE_PDQ;
}

/* The hashes of a picture that may be looked up, or why there are none. A quality below 50 is a
 * reason of hashing; whether it is one here is for --min-quality to say. */
static void add_pdqs(const struct match_run *m, const struct hash_result *r, struct match_query *q)
{
    const struct decode_hashed *h = &r->hashed;
    const bool low = r->reason != NULL && str_equal(r->reason, "low_quality");

    q->no_pdq = r->reason != NULL ? r->reason : "low_quality";
    if (h->picture != ASSAY_OK || !h->has_pdq || (r->reason != NULL && !low) ||
        h->pdq.quality < m->min_quality)
        return;
    add_pdq(q, &h->pdq, NULL);
    for (unsigned i = 1; i < ASSAY_PDQ_TURNS && h->has_turned; i++)
        add_pdq(q, &h->turned[i], assay_pdq_turn_name((enum assay_pdq_turn)i));
    if (h->has_pdq_oriented && h->pdq_oriented.quality >= m->min_quality)
        add_pdq(q, &h->pdq_oriented, "exif");
}

void match_file_line(void *ctx, const char *path, const struct hash_result *r, struct buf *b)
{
    struct match_run *m = ctx;
    struct match_query q = {0};
    struct match_asker *a = asker_take(m);
    struct json_out o;

    json_out_init(&o, b);
    json_object(&o, NULL);
    hash_line_path(&o, "query", path);
    if (r->digested) {
        q.has = LISTFILE_MD5 | LISTFILE_SHA1 | LISTFILE_SHA256;
        q.md5 = r->hashed.digests.md5;
        q.sha1 = r->hashed.digests.sha1;
        q.sha256 = r->hashed.digests.sha256;
        add_pdqs(m, r, &q);
    }
    count(m, match_ask(a, &q, r->digested ? NULL : r->error, &o));
    json_object_end(&o);
    buf_add_char(b, '\n');
    asker_put(m, a);
}

/* ---- hashes ---- */

/* One query that was read; refused: why it is none. */
struct asked {
    struct listfile_record r;
    char refused[120];
};

struct hashes {
    struct match_run *run;
    int fd, failed;    /* errno of a read that failed */
    enum assay_err rc; /* of lines that were to be written before a read */
    struct err why;
    struct asked asked[BATCH];
    size_t count;
};

/* A part of the batch, a thread's. */
struct part {
    struct match_run *run;
    const struct asked *asked;
    size_t count;
    struct buf out;
};

static void write_query(struct json_out *o, const struct listfile_record *r)
{
    const uint8_t *hash = (r->has & LISTFILE_SHA256) != 0 ? r->sha256
                          : (r->has & LISTFILE_PDQ) != 0  ? r->pdq
                          : (r->has & LISTFILE_SHA1) != 0 ? r->sha1
                          : (r->has & LISTFILE_MD5) != 0  ? r->md5
                                                          : r->pdq_oriented;
    const size_t size = (r->has & (LISTFILE_SHA256 | LISTFILE_PDQ)) != 0 ? 32
                        : (r->has & LISTFILE_SHA1) != 0                  ? 20
                        : (r->has & LISTFILE_MD5) != 0                   ? 16
                        : r->has != 0                                    ? 32
                                                                         : 0;

    json_hex(o, "query", hash, size);
    json_int(o, "query_line", (int64_t)r->line);
}

static bool is_poor(const struct match_run *m, const struct listfile_record *r)
{
    return r->unmatchable || (r->quality >= 0 && r->quality < m->min_quality);
}

/* The PDQs that are looked up, as stored and turned; returns how many. */
static size_t pdqs_of(const struct match_run *m, const struct listfile_record *r,
                      const uint8_t *pdqs[2])
{
    size_t count = 0;

    if (is_poor(m, r))
        return 0;
    if ((r->has & LISTFILE_PDQ) != 0)
        pdqs[count++] = r->pdq;
    if ((r->has & LISTFILE_ORIENTED) != 0)
        pdqs[count++] = r->pdq_oriented;
    return count;
}

static void ask_one(struct match_run *m, struct match_asker *a, const struct asked *asked,
                    struct buf *out)
{
    const struct listfile_record *r = &asked->r;
    const unsigned has_pdq = r->has & (LISTFILE_PDQ | LISTFILE_ORIENTED);
    const uint8_t *pdqs[2];
    struct match_query q = {.has = r->has & (LISTFILE_MD5 | LISTFILE_SHA1 | LISTFILE_SHA256),
                            .md5 = r->md5,
                            .sha1 = r->sha1,
                            .sha256 = r->sha256};
    struct json_out o;

    if (is_poor(m, r) && has_pdq != 0)
        q.no_pdq = "low_quality";
    q.pdq_count = pdqs_of(m, r, pdqs);
    for (size_t i = 0; i < q.pdq_count; i++)
        q.pdqs[i].hash = pdqs[i];
    if (has_pdq != 0)
        q.has |= LISTFILE_PDQ;
    json_out_init(&o, out);
    json_object(&o, NULL);
    write_query(&o, r);
    count(m, match_ask(a, &q, asked->refused[0] != '\0' ? asked->refused : NULL, &o));
    json_object_end(&o);
    buf_add_char(out, '\n');
}

static void *ask_part(void *ctx)
{
    struct part *p = ctx;
    struct match_asker *a = asker_take(p->run);
    uint8_t *all = mem_array(2 * p->count, ASSAY_PDQ_BYTES);
    size_t n = 0;

    for (size_t i = 0; i < p->count; i++) {
        const uint8_t *pdqs[2];
        const size_t count = pdqs_of(p->run, &p->asked[i].r, pdqs);
        for (size_t k = 0; k < count; k++)
            memcpy(all + n++ * ASSAY_PDQ_BYTES, pdqs[k], ASSAY_PDQ_BYTES);
    }
    match_asker_announce(a, all, n);
    for (size_t i = 0; i < p->count; i++)
        ask_one(p->run, a, &p->asked[i], &p->out);
    match_asker_announce(a, NULL, 0);
    mem_free(all);
    asker_put(p->run, a);
    return NULL;
}

/* Look up all that was read, in threads, and write the lines in order. */
static enum assay_err flush(struct hashes *h, struct err *e)
{
    const size_t each = 64, wanted = h->run->threads; /* fewer are not worth a thread */
    struct part parts[256] = {0};
    pthread_t threads[256];
    bool running[256] = {false};
    size_t n = (h->count + each - 1) / each;
    enum assay_err rc = ASSAY_OK;

    n = n < wanted ? n : wanted;
    for (size_t i = 0; i < n; i++) {
        const size_t from = h->count * i / n;

        parts[i] = (struct part){h->run, h->asked + from, h->count * (i + 1) / n - from, {0}};
        buf_init(&parts[i].out, OUT_BYTES);
        running[i] = i + 1 < n && pthread_create(&threads[i], NULL, ask_part, &parts[i]) == 0;
        if (!running[i])
            (void)ask_part(&parts[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (running[i])
            (void)pthread_join(threads[i], NULL);
        if (rc == ASSAY_OK && parts[i].out.over)
            rc = err_set(e, ASSAY_ELIMIT, "too many hits: ask for a smaller --distance");
        else if (rc == ASSAY_OK &&
                 fwrite(parts[i].out.data, 1, parts[i].out.size, stdout) != parts[i].out.size)
            rc = err_errno(e, "standard output cannot be written");
        buf_clear(&parts[i].out);
    }
    h->count = 0;
    return rc;
}

static enum assay_err take(void *ctx, const struct listfile_record *r, struct err *e)
{
    struct hashes *h = ctx;

    h->asked[h->count].r = *r;
    h->asked[h->count++].refused[0] = '\0';
    return h->count == BATCH ? flush(h, e) : ASSAY_OK;
}

static enum assay_err refuse(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    struct hashes *h = ctx;
    struct asked *asked = &h->asked[h->count++];

    asked->r = (struct listfile_record){.line = line};
    (void)snprintf(asked->refused, sizeof asked->refused, "%s", reason);
    return h->count == BATCH ? flush(h, e) : ASSAY_OK;
}

static enum assay_err write_now(struct hashes *h)
{
    const enum assay_err rc = flush(h, &h->why);

    if (rc == ASSAY_OK && fflush(stdout) != 0)
        return err_errno(&h->why, "standard output cannot be written");
    return rc;
}

/* Who types or sends a line and waits gets its answer: before a read that would block, what was
 * read is looked up. Where that fails there is no more to read. */
static size_t fill(void *ctx, void *out, size_t size)
{
    struct hashes *h = ctx;
    struct pollfd ready = {.fd = h->fd, .events = POLLIN};
    ssize_t n;

    if (h->count > 0 && poll(&ready, 1, 0) == 0)
        h->rc = write_now(h);
    if (h->rc != ASSAY_OK)
        return 0;
    do {
        n = read(h->fd, out, size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        h->failed = errno;
    return n < 0 ? 0 : (size_t)n;
}

static enum assay_err read_all(struct hashes *h, const char *path, struct err *e)
{
    const struct listfile_sink sink = {h, take, refuse};
    enum assay_err rc = listfile_read(fill, h, &sink, NULL, e);

    if (rc == ASSAY_OK && h->rc == ASSAY_OK)
        rc = flush(h, e);
    if (h->rc != ASSAY_OK) {
        *e = h->why;
        rc = h->rc;
    }
    if (h->failed != 0) {
        errno = h->failed;
        rc = err_errno(e, "%s cannot be read", path);
    }
    return rc;
}

int match_hashes(struct match_run *m, const char *path)
{
    struct hashes *h = mem_zalloc(sizeof *h);
    struct err e = {0};
    enum assay_err rc;

    h->run = m;
    h->fd = str_equal(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    rc = h->fd < 0 ? err_errno(&e, "%s cannot be opened", path) : read_all(h, path, &e);
    if (h->fd > STDIN_FILENO)
        (void)close(h->fd);
    mem_free(h);
    if (rc != ASSAY_OK)
        (void)cli_fail(rc, &e);
    return rc == ASSAY_OK ? CLI_DONE : CLI_CANNOT;
}
