/* The background's side of uploads: a finished one is read once and taken in; old ones are swept.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seekable.h"
#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "flow/intake/upload_impl.h"

#define HOLD_MS     (60 * 1000) /* without a sign of progress others may take it in */
#define PROGRESS_MS 1000
#define REMOVE_PAGE 64 /* parts a transaction */
#define KEEP_MS     ((int64_t)UPLOAD_KEEP_DAYS * 24 * 60 * 60 * 1000)

/* An upload that is being taken in. */
struct taking {
    struct world *world;
    struct upload_row row;
    struct batch_key batch;
    struct buf sealed, text;
    struct arena *arena;
    struct note note;
    struct taken taken;
    struct upload_part part;
    int64_t part_index, done; /* next part; bytes read */
    int64_t shown_ms;
    int64_t *ends; /* of each part, in the file: for an archive, which is read here and there */
    size_t end_count, end_room;
    struct buf window;       /* the part that was read last */
    char first_refusal[256]; /* of what an archive holds; empty: none */
    bool is_archive;
};

/* ---- ending ---- */

static void digest_text(const uint8_t sha256[32], bool there, char out[65])
{
    out[0] = '\0';
    if (there)
        str_hex(sha256, 32, out);
}

enum assay_err upload_close(struct world *w, struct tx *tx, struct upload_row *u, const char *from,
                            struct audit_actor by, struct err *e)
{
    char data[256], said[65], came[65];
    struct json_out o;
    struct buf b;
    enum assay_err rc;

    u->changed_ms = clock_now_ms();
    if ((rc = upload_end(tx, u, from, e)) != 0)
        return rc;
    digest_text(u->said, u->has_said, said);
    digest_text(u->sha256, u->has_sha256, came);
    buf_init(&b, sizeof data);
    json_out_init(&o, &b);
    json_object(&o, NULL);
    json_text(&o, "state", u->state);
    json_text(&o, "result", u->outcome);
    json_int(&o, "size", u->size);
    json_int(&o, "received", u->received);
    json_object_end(&o);
    bool good = str_equal(u->state, "done");
    struct audit_entry entry = {
        .action = AUDIT_UPLOAD_ENDED,
        .keys = w->keys,
        .actor = by,
        .objects = {{"upload", u->id}, {"batch", u->batch_id}, {"staff", u->staff_id}},
        .outcome = good ? NULL : u->state,
        .data = buf_cstr(&b)};
    if (str_equal(u->state, "differs")) { /* both values, kept apart from the entry like texts */
        entry.texts[0] = (struct audit_text){"sha256_said", said};
        entry.texts[1] = (struct audit_text){"sha256", came};
    }
    rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&b);
    return rc;
}

struct removing {
    int64_t id;
    struct upload_part parts[REMOVE_PAGE];
    size_t count;
};

static enum assay_err take_rows(struct tx *tx, void *ctx, struct err *e)
{
    struct removing *r = ctx;

    return upload_take_parts(tx, r->id, r->parts, REMOVE_PAGE, &r->count, e);
}

enum assay_err upload_remove_parts(struct world *w, int64_t id, struct err *e)
{
    struct removing *r = mem_zalloc(sizeof *r);
    enum assay_err rc;

    r->id = id;
    do {
        rc = store_write(w->store, take_rows, r, e);
        for (size_t i = 0; rc == ASSAY_OK && i < r->count; i++)
            vault_remove(w->vault, r->parts[i].blob_id);
    } while (rc == ASSAY_OK && r->count == REMOVE_PAGE);
    mem_free(r);
    return rc;
}

struct closing {
    struct taking *taking;
    const char *state, *outcome;
};

static enum assay_err close_taken(struct tx *tx, void *ctx, struct err *e)
{
    const struct closing *k = ctx;
    struct upload_row *u = &k->taking->row;

    (void)snprintf(u->state, sizeof u->state, "%s", k->state);
    (void)snprintf(u->outcome, sizeof u->outcome, "%s", k->outcome);
    return upload_close(k->taking->world, tx, u, "finishing", people_system(), e);
}

static enum assay_err end(struct taking *t, const char *state, const char *outcome, struct err *e)
{
    struct closing k = {t, state, outcome};
    enum assay_err rc = store_write(t->world->store, close_taken, &k, e);

    if (rc != ASSAY_OK || str_equal(state, "differs"))
        return rc; /* its bytes wait for its person */
    return upload_remove_parts(t->world, t->row.id, e);
}

/* ---- reading ---- */

static enum assay_err claim(struct tx *tx, void *ctx, struct err *e)
{
    struct taking *t = ctx;
    int64_t now = clock_now_ms(), id;
    enum assay_err rc;

    buf_reset(&t->sealed);
    if ((rc = upload_claim(tx, now, now + HOLD_MS, &id, e)) != 0 ||
        (rc = upload_get(tx, id, &t->row, &t->sealed, e)) != 0)
        return rc;
    return batch_get(tx, t->row.batch_id, &t->batch, e);
}

static const char *text_of(const struct json *root, const char *key)
{
    const struct json *v = json_get(root, key);

    return v != NULL && v->kind == JSON_IS_STRING ? v->text : "";
}

static enum assay_err open_text(struct taking *t, struct err *e)
{
    struct json *root;
    enum assay_err rc;

    if ((rc = keys_open_sealed(t->world->keys, &t->row.id, sizeof t->row.id, t->sealed.data,
                               t->sealed.size, &t->text, e)) != 0 ||
        (rc = json_parse(t->arena, t->text.data, t->text.size, &root, e)) != 0)
        return rc;
    t->note = (struct note){.source = text_of(root, "source"),
                            .scheme = t->batch.scheme,
                            .code = text_of(root, "code"),
                            .tags = text_of(root, "tags"),
                            .url = text_of(root, "url"),
                            .page_url = text_of(root, "page_url"),
                            .note = text_of(root, "note"),
                            .host_country = text_of(root, "host_country"),
                            .staff_id = t->row.staff_id};
    (void)json_want_int(root, "found_ms", 0, INT64_MAX, &t->note.found_ms, NULL);
    t->taken.inner = arena_strdup(t->arena, text_of(root, "name"));
    t->taken.path = t->taken.inner;
    t->taken.note = &t->note;
    return ASSAY_OK;
}

static enum assay_err get_part(struct tx *tx, void *ctx, struct err *e)
{
    struct taking *t = ctx;

    return upload_part_get(tx, t->row.id, t->part_index, &t->part, e);
}

static enum assay_err put_progress(struct tx *tx, void *ctx, struct err *e)
{
    const struct taking *t = ctx;

    return upload_progress(tx, t->row.id, t->done, clock_now_ms() + HOLD_MS, e);
}

static enum assay_err show_progress(struct taking *t, struct err *e)
{
    int64_t now = clock_mono_ms();

    if (now - t->shown_ms < PROGRESS_MS)
        return ASSAY_OK;
    t->shown_ms = now;
    return store_write(t->world->store, put_progress, t, e);
}

/* The next part's plain bytes into b. */
static enum assay_err read_part(struct taking *t, struct buf *b, struct err *e)
{
    struct audit_event_id event;
    enum assay_err rc = store_read(t->world->store, get_part, t, e);

    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, ASSAY_EDAMAGED, "part %lld of the upload has no row",
                       (long long)t->part_index);
    if (rc != ASSAY_OK)
        return rc;
    struct vault_blob blob = {.size = (uint64_t)t->part.size};
    memcpy(blob.id, t->part.blob_id, sizeof blob.id);
    memcpy(blob.wrapped, t->part.wrapped, sizeof blob.wrapped);
    memcpy(event.bytes, t->row.event, sizeof event.bytes);
    buf_reset(b);
    return vault_get(t->world->vault, &blob, &event, b, e);
}

static void note_end(struct taking *t)
{
    if (t->end_count == t->end_room) {
        t->end_room = t->end_room == 0 ? 64 : 2 * t->end_room;
        t->ends = mem_resize(t->ends, t->end_room, sizeof *t->ends);
    }
    t->done += t->part.size;
    t->ends[t->end_count++] = t->done;
    t->part_index++;
}

/* All parts through the digester and into one blob, in one pass. */
static enum assay_err read_all(struct taking *t, struct vault_writer *w, struct err *e)
{
    struct assay_digester *d;
    struct buf *b = &t->window;
    enum assay_err rc = assay_digester_new(&d);

    if (rc != ASSAY_OK)
        return err_set(e, rc, "out of memory");
    while (t->done < t->row.size) {
        bool first = t->done == 0;
        if ((rc = read_part(t, b, e)) != 0)
            goto out;
        note_end(t);
        if (first) {
            t->taken.type = decode_sniff(b->data, b->size);
            t->is_archive =
                archive_is(b->data, b->size < ARCHIVE_HEAD_BYTES ? b->size : ARCHIVE_HEAD_BYTES);
        }
        if ((rc = assay_digester_feed(d, b->data, b->size)) != 0 ||
            (!t->is_archive && (rc = vault_writer_feed(w, b->data, b->size, e)) != 0) ||
            (rc = show_progress(t, e)) != 0)
            goto out;
    }
    rc = assay_digester_finish(d, &t->taken.digests);
out:
    assay_digester_free(d);
    return rc;
}

/* Counts say how many, and the record has each; the reason of the first refusal is kept. */
static void keep_first_refusal(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                               const char *reason)
{
    struct taking *t = ctx;

    (void)path;
    (void)mime;
    if (v == INTAKE_REFUSED && reason != NULL && t->first_refusal[0] == '\0')
        (void)snprintf(t->first_refusal, sizeof t->first_refusal, "%s", reason);
}

static struct intake_options options_of(struct taking *t)
{
    return (struct intake_options){
        .batch_id = t->batch.id,
        .threads = 1,
        .report = keep_first_refusal,
        .ctx = t,
        .by = {.staff_id = t->row.staff_id, .role = t->row.role, .session_id = t->row.session_id}};
}

/* The part that holds the byte at offset. */
static size_t part_of(const struct taking *t, uint64_t offset)
{
    size_t low = 0, high = t->end_count;

    while (low < high) { /* the first that ends behind it */
        size_t middle = low + (high - low) / 2;
        if ((uint64_t)t->ends[middle] <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Bytes of the file from anywhere, by the part that holds them. */
static enum assay_err read_at(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    struct taking *t = ctx;
    uint8_t *to = out;
    enum assay_err rc;

    while (size > 0) {
        size_t i = part_of(t, offset);
        if (t->window.size == 0 || t->part_index != (int64_t)i) {
            t->part_index = (int64_t)i;
            if ((rc = read_part(t, &t->window, e)) != 0 || (rc = show_progress(t, e)) != 0)
                return rc;
        }
        size_t from = (size_t)(offset - (i == 0 ? 0 : (uint64_t)t->ends[i - 1]));
        size_t step = t->window.size - from < size ? t->window.size - from : size;
        memcpy(to, t->window.data + from, step);
        to += step;
        offset += step;
        size -= step;
    }
    return ASSAY_OK;
}

/* What it holds are the files; the archive itself is none. */
static enum assay_err unpack(struct taking *t, char *outcome, size_t outcome_size, struct err *e)
{
    const struct intake_options o = options_of(t);
    const struct seekable bytes = {.ctx = t, .size = (uint64_t)t->row.size, .read = read_at};
    const struct archive_in in = {t->taken.path, t->taken.inner, &bytes};
    struct intake_counts n = {0};
    struct run r = {.world = t->world, .options = &o, .counts = &n, .note = &t->note};
    enum assay_err rc = run_begin(&r, e);

    buf_reset(&t->window);
    if (rc == ASSAY_OK)
        rc = archive_take(&r, &in, e);
    run_end(&r);
    if (rc == ASSAY_OK)
        (void)snprintf(outcome, outcome_size,
                       "unpacked: %llu new, %llu known, %llu seen before, %llu refused%s%s",
                       (unsigned long long)n.fresh, (unsigned long long)(n.known + n.inherited),
                       (unsigned long long)n.seen, (unsigned long long)n.refused,
                       n.refused > 0 ? "; the first: " : "", t->first_refusal);
    return rc;
}

static enum assay_err commit(struct taking *t, struct vault_writer *w, struct err *e)
{
    const struct intake_options o = options_of(t);
    enum assay_err rc = vault_writer_finish(w, &t->taken.blob, e);

    if (rc != ASSAY_OK)
        return rc;
    t->taken.sealed = true;
    rc = intake_commit(t->world, &o, &t->batch, &t->taken, 1, e);
    /* After EIO nobody knows whether the rows are there: a blob too many is swept one day. */
    if (rc != ASSAY_EIO && (rc != ASSAY_OK || t->taken.verdict != INTAKE_NEW))
        vault_remove(t->world->vault, t->taken.blob.id);
    return rc;
}

static enum assay_err take_in(struct taking *t, struct err *e)
{
    struct vault_writer *w = NULL;
    char outcome[UPLOAD_OUTCOME_SIZE] = "";
    enum assay_err rc;

    if ((rc = open_text(t, e)) != 0 || (rc = vault_writer_new(t->world->vault, &w, e)) != 0)
        return rc;
    if ((rc = read_all(t, w, e)) != 0)
        goto out;
    t->row.has_sha256 = true;
    memcpy(t->row.sha256, t->taken.digests.sha256, sizeof t->row.sha256);
    if (t->row.has_said && memcmp(t->row.said, t->row.sha256, sizeof t->row.said) != 0)
        rc = end(t, "differs", "its SHA-256 is not the one that was said", e);
    else if (t->is_archive && (rc = unpack(t, outcome, sizeof outcome, e)) == ASSAY_OK)
        rc = end(t, "done", outcome, e);
    else if (!t->is_archive && (rc = commit(t, w, e)) == ASSAY_OK)
        rc = end(t, "done", intake_verdict_name(t->taken.verdict), e);
out:
    vault_writer_free(w);
    return rc;
}

enum assay_err intake_upload_next(struct world *w, struct err *e)
{
    struct taking *t = mem_zalloc(sizeof *t);
    enum assay_err rc;

    *t = (struct taking){.world = w, .taken = {.verdict = INTAKE_NEW}};
    t->arena = arena_new();
    buf_init(&t->sealed, UPLOAD_TEXT_MAX + 64);
    buf_init(&t->text, UPLOAD_TEXT_MAX);
    buf_init(&t->window, UPLOAD_PART_MAX);
    rc = store_write(w->store, claim, t, e);
    if (rc == ASSAY_OK) {
        rc = take_in(t, e);
        if (rc == ASSAY_EDAMAGED || rc == ASSAY_EKEY || rc == ASSAY_ENOTFOUND ||
            rc == ASSAY_EFORMAT) {
            log_error("upload.damaged", LOG_ID("upload", t->row.id), LOG_ERR(rc));
            rc = end(t, "refused", "its bytes in the vault are damaged; upload it again", e);
        }
    }
    buf_clear(&t->sealed);
    buf_wipe(&t->text);
    buf_wipe(&t->window);
    mem_free(t->ends);
    arena_free(t->arena);
    mem_free(t);
    return rc;
}

/* ---- sweeping ---- */

struct sweeping {
    struct world *world;
    int64_t id;
};

static enum assay_err abandon_one(struct tx *tx, void *ctx, struct err *e)
{
    struct sweeping *s = ctx;
    struct upload_row u;
    char from[sizeof u.state];
    enum assay_err rc;

    if ((rc = upload_abandoned(tx, clock_now_ms() - KEEP_MS, &s->id, e)) != 0 ||
        (rc = upload_get(tx, s->id, &u, NULL, e)) != 0)
        return rc;
    memcpy(from, u.state, sizeof from);
    (void)snprintf(u.state, sizeof u.state, "dropped");
    (void)snprintf(u.outcome, sizeof u.outcome, "nobody went on with it for %d days",
                   UPLOAD_KEEP_DAYS);
    return upload_close(s->world, tx, &u, from, people_system(), e);
}

static enum assay_err find_parts(struct tx *tx, void *ctx, struct err *e)
{
    struct sweeping *s = ctx;

    return upload_with_parts(tx, &s->id, e);
}

static enum assay_err forget(struct tx *tx, void *ctx, struct err *e)
{
    (void)ctx;
    return upload_forget(tx, clock_now_ms() - KEEP_MS, e);
}

enum assay_err intake_upload_sweep(struct world *w, int64_t *count, struct err *e)
{
    struct sweeping s = {.world = w};
    enum assay_err rc;

    *count = 0;
    while ((rc = store_write(w->store, abandon_one, &s, e)) == ASSAY_OK)
        (*count)++;
    if (rc != ASSAY_ENOTFOUND)
        return rc;
    while ((rc = store_read(w->store, find_parts, &s, e)) == ASSAY_OK) {
        if ((rc = upload_remove_parts(w, s.id, e)) != 0)
            return rc;
    }
    return rc != ASSAY_ENOTFOUND ? rc : store_write(w->store, forget, NULL, e);
}
