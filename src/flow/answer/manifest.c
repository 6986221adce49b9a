/* The manifest of an answer, and the check that what was written is what was counted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "flow/answer/answer_impl.h"
#include "format/vics.h"
#include "store/batch.h"

#define MANIFEST      "answer.json"
#define SIGNATURE     "answer.json.minisig"
#define MANIFEST_MAX  ((size_t)16 * 1024 * 1024)
#define SIGNATURE_MAX 8192
#define VERSION       1

/* ---- reading again what was written ---- */

struct rereading {
    int fd;
    bool failed;
    int64_t records;
};

static size_t fill(void *ctx, void *bytes, size_t size)
{
    struct rereading *r = ctx;
    ssize_t n;

    while ((n = read(r->fd, bytes, size)) < 0 && errno == EINTR)
        ;
    r->failed = r->failed || n < 0;
    return n < 0 ? 0 : (size_t)n;
}

static enum assay_err count_media(void *ctx, const struct vics_context *c, const struct json *media,
                                  struct err *e)
{
    struct rereading *r = ctx;

    (void)c;
    (void)media;
    (void)e;
    r->records++;
    return ASSAY_OK;
}

static enum assay_err refuse(void *ctx, const struct vics_context *c, uint64_t line,
                             const char *reason, struct err *e)
{
    (void)ctx;
    (void)c;
    return err_set(e, ASSAY_EDAMAGED, "line %llu: %s", (unsigned long long)line, reason);
}

static enum assay_err reread(const struct answering *a, const struct written_file *w, struct err *e)
{
    struct rereading r = {.fd = openat(a->folder.self, w->name, O_RDONLY | O_CLOEXEC)};
    const struct vics_sink sink = {.ctx = &r, .media = count_media, .refused = refuse};

    if (r.fd < 0)
        return err_errno(e, "read %s again", w->name);
    enum assay_err rc = vics_read(fill, &r, &sink, e);
    (void)close(r.fd);
    if (rc == ASSAY_OK && (r.failed || r.records != w->records))
        rc = err_set(e, ASSAY_EDAMAGED, "%lld records were written and %lld are read again",
                     (long long)w->records, (long long)r.records);
    return rc == ASSAY_OK ? rc : err_prefix(e, rc, "%s", w->name);
}

/* ---- the manifest ---- */

static bool is_vics(const struct answering *a, size_t i)
{
    return i + 1 < a->written_count; /* the last one is the report of differences */
}

static void add_files(const struct answering *a, struct json_out *o)
{
    json_array(o, "files");
    for (size_t i = 0; i < a->written_count; i++) {
        const struct written_file *w = &a->written[i];
        json_object(o, NULL);
        json_text(o, "name", w->name);
        json_int(o, "size", w->size);
        json_hex(o, "sha256", w->sha256, sizeof w->sha256);
        if (is_vics(a, i)) {
            json_int(o, "records", w->records);
            json_hex(o, "answers", a->received[w->from].sha256, 32);
        }
        json_object_end(o);
    }
    json_array_end(o);
}

static void add_counts(const struct answering *a, struct json_out *o)
{
    json_object(o, "records");
    json_int(o, "received", a->report->received);
    json_int(o, "answered", a->report->answered);
    for (size_t s = 0; s < CASE_ANSWER_STATES; s++)
        json_int(o, case_answer_state_name((enum case_answer_state)s), a->report->counts[s]);
    json_object_end(o);
}

static void add_proof(void *ctx, const struct profile_proof_row *p)
{
    struct json_out *o = ctx;

    json_object(o, NULL);
    json_text(o, "tool", p->tool);
    json_text(o, "person", p->person);
    json_time(o, "at", p->created_ms);
    json_object_end(o);
}

struct about {
    const struct answering *a;
    struct json_out *o;
    uint8_t profile_sha256[32];
};

static enum assay_err add_batch(struct tx *tx, void *ctx, const struct batch_line *b, struct err *e)
{
    const struct about *about = ctx;
    struct json_out *o = about->o;

    (void)tx;
    (void)e;
    json_text(o, "batch", b->row.name);
    json_text(o, "sender", b->row.sender);
    json_text(o, "case_reference", b->row.case_reference);
    return ASSAY_OK;
}

static enum assay_err add_stored(struct tx *tx, void *ctx, struct err *e)
{
    const struct about *about = ctx;
    struct json_out *o = about->o;
    const struct json_out begun = *o;
    const size_t size = o->b->size;
    enum assay_err rc = batch_each(tx, about->a->row.batch_id, 0, add_batch, ctx, e);

    if (rc == ASSAY_OK) {
        json_array(o, "proven");
        rc = profile_proof_each(tx, about->profile_sha256, add_proof, o, e);
        about->a->report->proven = o->comma;
        json_array_end(o);
    }
    if (rc != ASSAY_OK) { /* tried again, maybe */
        *o = begun;
        o->b->size = size;
    }
    return rc;
}

static enum assay_err write_text(const struct answering *a, const uint8_t content_sha256[32],
                                 struct buf *b, struct err *e)
{
    const struct case_answer_row *r = &a->row;
    struct json_out o;
    struct about about = {.a = a, .o = &o};
    enum assay_err rc = profile_digest(r->profile_text, about.profile_sha256, e);

    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, b);
    json_object(&o, NULL);
    json_text(&o, "format", "assay-answer");
    json_int(&o, "version", VERSION);
    json_text(&o, "workspace", keys_workspace(a->world->keys));
    json_bool(&o, "training", a->world->training);
    json_int(&o, "number", r->number);
    json_bool(&o, "part", r->part);
    json_text(&o, "scheme", r->scheme);
    json_text(&o, "profile", r->profile);
    json_hex(&o, "profile_sha256", about.profile_sha256, sizeof about.profile_sha256);
    json_int(&o, "votes", r->votes);
    json_time(&o, "made_at", r->created_ms);
    json_text(&o, "software", r->software);
    rc = store_read(a->world->store, add_stored, &about, e);
    add_counts(a, &o);
    json_int(&o, "differing", a->report->differing);
    add_files(a, &o);
    json_hex(&o, "content_sha256", content_sha256, 32);
    json_object_end(&o);
    buf_add_char(b, '\n');
    if (rc == ASSAY_OK && b->over)
        rc = err_set(e, ASSAY_ELIMIT, "the manifest is longer than %zu bytes", MANIFEST_MAX);
    return rc;
}

static enum assay_err add_file(struct answering *a, const char *name, const struct buf *b,
                               struct err *e)
{
    enum assay_err rc = folder_file(&a->folder, 0, name, e);

    if (rc == ASSAY_OK && (rc = folder_add(&a->folder, 0, b->data, b->size, e)) == ASSAY_OK)
        rc = folder_done(&a->folder, 0, e);
    return rc;
}

void answer_content(const struct answering *a, uint8_t out[32])
{
    struct assay_digests d;
    struct buf b;

    buf_init(&b, 128 * (a->written_count + 1));
    for (size_t i = 0; i < a->written_count; i++) {
        const struct written_file *w = &a->written[i];
        char hex[65];
        str_hex(w->sha256, sizeof w->sha256, hex);
        buf_addf(&b, "%s %lld %s\n", w->name, (long long)w->size, hex);
    }
    const bool good = !b.over && assay_digest(b.data, b.size, &d) == ASSAY_OK;
    memset(out, 0, 32);
    if (good)
        memcpy(out, d.sha256, 32);
    buf_clear(&b);
}

enum assay_err answer_write_manifest(struct answering *a, const uint8_t content_sha256[32],
                                     struct err *e)
{
    char comment[96], at[CLOCK_TEXT_SIZE];
    struct buf text, signature;
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; i < a->written_count && rc == ASSAY_OK; i++) {
        if (is_vics(a, i))
            rc = reread(a, &a->written[i], e);
    }
    if (rc != ASSAY_OK)
        return rc;
    buf_init(&text, MANIFEST_MAX);
    buf_init(&signature, SIGNATURE_MAX);
    clock_text(a->row.created_ms, at);
    (void)snprintf(comment, sizeof comment, "assay answer %lld, made at %s",
                   (long long)a->row.number, at);
    if ((rc = write_text(a, content_sha256, &text, e)) == ASSAY_OK &&
        (rc = add_file(a, MANIFEST, &text, e)) == ASSAY_OK) {
        keys_minisign(a->world->keys, text.data, text.size, comment, &signature);
        rc = add_file(a, SIGNATURE, &signature, e);
    }
    buf_clear(&text);
    buf_clear(&signature);
    return rc;
}
