/* Takes in what archives hold: entries as files, archives in archives, all in constant memory. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/intake/intake_impl.h"
#include "keys/age.h"

#define PIECE_BYTES 65536
#define NESTED_MAX  1000 /* archives that wait; each is sealed in the vault meanwhile */
#define INNER_MAX                                                                                  \
    (4 * PIECE_BYTES) /* bytes of a path through all archives, depth_max at most 8                 \
                       */

/* An archive in an archive, spooled into the vault until its turn comes. */
struct waiting {
    struct waiting *next;
    char *path, *inner;
    unsigned depth;
    struct assay_digests digests;
    struct vault_blob blob;
};

/* All that comes of one archive that was named. */
struct unpacked {
    struct run *run;
    struct waiting *first, **last;
    size_t waiting_count;
    struct unpack_limits left; /* of what may come of all of it */
    enum assay_err fatal;      /* of the store or the vault: stop everything */

    /* The archive that is being read. */
    const char *path, *inner;
    unsigned depth;
    uint64_t entries, refused, bytes;

    /* What came out of it and has no row yet. */
    struct taken group[GROUP_FILES];
    size_t group_count;
    uint64_t group_bytes;

    /* The entry that is being read. */
    struct taken *entry;
    struct assay_digester *digester;
    struct buf whole;            /* up to WHOLE_BYTES */
    struct vault_writer *writer; /* beyond */
    bool begun, nested;
    bool large; /* by its own words too large to be held: to the vault at once */
};

bool archive_is(const void *head, size_t size)
{
    return decode_sniff(head, size) == DECODE_TYPE_ZIP || age_is(head, size);
}

static enum assay_err flush(struct unpacked *u, enum assay_err rc, struct err *e)
{
    rc = run_finish(u->run, u->group, u->group_count, rc, e);
    u->group_count = 0;
    u->group_bytes = 0;
    if (rc != ASSAY_OK)
        u->fatal = rc;
    return rc;
}

/* A place for the next file of this name; NULL name: the archive itself. */
static struct taken *add(struct unpacked *u, const char *name)
{
    const char *const fronts[] = {u->path, u->inner};
    struct taken *t = &u->group[u->group_count++];
    char *texts[2];

    *t = (struct taken){.verdict = INTAKE_NEW};
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        buf_init(&b, INNER_MAX);
        buf_add_str(&b, fronts[i]);
        if (name != NULL)
            buf_addf(&b, "/%s", name);
        texts[i] = buf_take(&b);
    }
    t->path = texts[0];
    t->inner = texts[1];
    return t;
}

static enum assay_err flush_full(struct unpacked *u, struct err *e)
{
    if (u->group_count < GROUP_FILES && u->group_bytes < GROUP_BYTES)
        return ASSAY_OK;
    return flush(u, ASSAY_OK, e);
}

static void refuse_entry(struct unpacked *u, const char *reason)
{
    taken_refuse(u->entry, reason);
    u->refused++;
}

/* ---- one entry ---- */

static void forget_entry(struct unpacked *u)
{
    assay_digester_free(u->digester);
    u->digester = NULL;
    buf_wipe(&u->whole);
    vault_writer_free(u->writer);
    u->writer = NULL;
    u->entry = NULL;
}

static enum assay_err begin_file(struct unpacked *u, const char *name, uint64_t size, struct err *e)
{
    u->entry = add(u, name);
    u->begun = u->nested = false;
    u->large = size > WHOLE_BYTES;
    buf_init(&u->whole, WHOLE_BYTES);
    if (!u->large)
        (void)buf_reserve(&u->whole, (size_t)size); /* so that it need not grow */
    if (assay_digester_new(&u->digester) != ASSAY_OK)
        return u->fatal = err_set(e, ASSAY_ENOMEM, "out of memory");
    return ASSAY_OK;
}

/* What it is shows with its first bytes: an archive goes to the vault, to be read in its turn. */
static void look_at_head(struct unpacked *u, const void *bytes, size_t size)
{
    u->begun = true;
    u->entry->type = decode_sniff(bytes, size);
    u->nested = u->depth > 0 && archive_is(bytes, size);
    if (u->nested && u->depth >= u->run->unpack.depth_max)
        refuse_entry(u, "an archive inside of too many others (archive.depth_max)");
    else if (u->nested && u->waiting_count >= NESTED_MAX)
        refuse_entry(u, "more than 1,000 archives lie in this one");
}

static enum assay_err feed_file(struct unpacked *u, const void *bytes, size_t size, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (!u->begun)
        look_at_head(u, bytes, size);
    if (u->entry->verdict == INTAKE_REFUSED)
        return ASSAY_OK;
    if (assay_digester_feed(u->digester, bytes, size) != ASSAY_OK)
        return u->fatal = err_set(e, ASSAY_ENOMEM, "out of memory");
    if (u->writer == NULL && (u->nested || u->large || u->whole.size + size > WHOLE_BYTES)) {
        rc = vault_writer_new(u->run->world->vault, &u->writer, e);
        if (rc == ASSAY_OK && u->whole.size > 0)
            rc = vault_writer_feed(u->writer, u->whole.data, u->whole.size, e);
        buf_wipe(&u->whole);
    }
    if (rc == ASSAY_OK && u->writer != NULL)
        rc = vault_writer_feed(u->writer, bytes, size, e);
    else if (rc == ASSAY_OK)
        buf_add(&u->whole, bytes, size);
    return u->fatal = rc;
}

/* The archive in the archive is sealed; its place among the files is given back. */
static enum assay_err let_wait(struct unpacked *u, struct err *e)
{
    struct waiting *n = mem_zalloc(sizeof *n);
    enum assay_err rc = vault_writer_finish(u->writer, &n->blob, e);

    if (rc != ASSAY_OK) {
        mem_free(n);
        return u->fatal = rc;
    }
    n->path = u->entry->path;
    n->inner = u->entry->inner;
    n->depth = u->depth + 1;
    n->digests = u->entry->digests;
    u->group_count--;
    *u->last = n;
    u->last = &n->next;
    u->waiting_count++;
    return ASSAY_OK;
}

static enum assay_err keep_file(struct unpacked *u, struct err *e)
{
    struct taken *t = u->entry;
    bool known;
    enum assay_err rc;

    if (assay_digester_finish(u->digester, &t->digests) != ASSAY_OK)
        return u->fatal = err_set(e, ASSAY_ENOMEM, "out of memory");
    if (t->digests.size == 0) {
        refuse_entry(u, "empty: no bytes in it");
        return ASSAY_OK;
    }
    u->bytes += t->digests.size;
    if (u->nested)
        return let_wait(u, e);
    rc = run_knows(u->run, t->digests.sha256, &known, e);
    if (rc == ASSAY_OK && !known) {
        rc = u->writer != NULL
                 ? vault_writer_finish(u->writer, &t->blob, e)
                 : vault_put(u->run->world->vault, u->whole.data, u->whole.size, &t->blob, e);
        t->sealed = rc == ASSAY_OK;
    }
    t->note =
        u->run->note != NULL ? u->run->note : notes_find(u->run->notes, t->inner, &t->digests);
    u->group_bytes += t->digests.size;
    return u->fatal = rc;
}

static enum assay_err end_file(struct unpacked *u, const char *fault, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    u->entries++;
    if (fault != NULL && u->entry->verdict != INTAKE_REFUSED)
        refuse_entry(u, fault);
    if (u->entry->verdict != INTAKE_REFUSED)
        rc = keep_file(u, e);
    forget_entry(u);
    return rc != ASSAY_OK ? rc : flush_full(u, e);
}

static enum assay_err begin(void *ctx, const struct unpack_entry *entry, struct err *e)
{
    return begin_file(ctx, entry->name, entry->unpacked, e);
}

static enum assay_err data(void *ctx, const void *bytes, size_t size, struct err *e)
{
    return feed_file(ctx, bytes, size, e);
}

static enum assay_err end(void *ctx, const struct unpack_entry *entry, enum unpack_fault fault,
                          struct err *e)
{
    struct unpacked *u = ctx;

    if (u->entry == NULL)
        u->entry = add(u, entry->name[0] == '\0' ? "(no name)" : entry->name);
    return end_file(u, fault == UNPACK_FINE ? NULL : unpack_fault_text(fault), e);
}

/* ---- the record ---- */

static enum assay_err write_entry(struct tx *tx, void *ctx, struct err *e)
{
    struct archive_entry *a = ctx;
    const struct run *r = a->run;
    const struct audit_entry entry = {
        .action = a->action,
        .keys = r->world->keys,
        .actor = r->options->by,
        .objects = {{"batch", r->options->batch_id}},
        .outcome = a->outcome,
        .data = a->data,
        .texts = {{"path", a->inner}, {"sha256", a->sha256}, {"reason", a->reason}}};

    return audit_write(tx, &entry, &a->event, e);
}

enum assay_err archive_record_opening(struct archive_entry *a, const struct assay_digests *d,
                                      unsigned depth, struct err *e)
{
    char name[FLOW_ITEM_NAME_SIZE], text[256];

    str_hex(d->sha256, sizeof d->sha256, a->sha256);
    flow_item_name(a->run->world, d->sha256, name);
    (void)snprintf(text, sizeof text, "{\"archive_name\":\"%s\",\"size\":%llu,\"depth\":%u}", name,
                   (unsigned long long)d->size, depth);
    a->action = AUDIT_ARCHIVE_OPENED;
    a->data = text;
    const enum assay_err rc = store_write(a->run->world->store, write_entry, a, e);
    a->data = NULL;
    return rc;
}

enum assay_err archive_record_end(struct archive_entry *a, const struct archive_counts *n,
                                  struct err *e)
{
    char text[160];

    (void)snprintf(text, sizeof text, "{\"entries\":%llu,\"refused\":%llu,\"bytes\":%llu}",
                   (unsigned long long)n->entries, (unsigned long long)n->refused,
                   (unsigned long long)n->bytes);
    a->action = AUDIT_ARCHIVE_UNPACKED;
    a->data = text;
    const enum assay_err rc = store_write(a->run->world->store, write_entry, a, e);
    a->data = NULL;
    return rc;
}

/* How it ended: whole, or with the error rc. */
static enum assay_err record_end(struct unpacked *u, enum assay_err rc, const struct err *why,
                                 struct archive_entry *a, struct err *e)
{
    const struct archive_counts counts = {u->entries, u->refused, u->bytes};
    char reason[256];
    bool whole = rc == ASSAY_OK;

    if (!whole) {
        (void)snprintf(reason, sizeof reason, "%s%.200s",
                       u->entries > 0 ? "incomplete: what was taken of it stays; " : "", why->text);
        a->outcome = u->entries > 0 ? "incomplete" : "refused";
        a->reason = reason;
        taken_refuse(add(u, NULL), reason);
    }
    if ((rc = flush(u, ASSAY_OK, e)) != ASSAY_OK)
        return rc;
    if (whole)
        run_report(u->run, u->path, INTAKE_UNPACKED, "application/zip");
    return u->fatal = archive_record_end(a, &counts, e);
}

/* ---- one archive ---- */

/* Piece by piece to fn, in order. */
typedef enum assay_err piece_fn(void *ctx, const void *bytes, size_t size, struct err *e);
static enum assay_err each_piece(const struct seekable *bytes, piece_fn *fn, void *ctx,
                                 struct err *e)
{
    unsigned char *piece = mem_alloc(PIECE_BYTES);
    enum assay_err rc = ASSAY_OK;

    for (uint64_t at = 0; rc == ASSAY_OK && at < bytes->size; at += PIECE_BYTES) {
        uint64_t left = bytes->size - at;
        size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        if ((rc = seekable_read(bytes, at, piece, size, e)) == ASSAY_OK)
            rc = fn(ctx, piece, size, e);
    }
    mem_wipe_free(piece, PIECE_BYTES);
    return rc;
}

/* What the callbacks began and nobody ended. */
static void drop_entry(struct unpacked *u)
{
    if (u->entry == NULL)
        return;
    mem_free(u->entry->path);
    mem_free(u->entry->inner);
    u->group_count--;
    forget_entry(u);
}

/* Bytes that are no archive: one file. */
static enum assay_err take_file(struct unpacked *u, const char *name, const struct seekable *bytes,
                                struct err *e)
{
    enum assay_err rc = begin_file(u, name, bytes->size, e);

    if (rc == ASSAY_OK && (rc = each_piece(bytes, data, u, e)) == ASSAY_OK)
        rc = end_file(u, NULL, e);
    drop_entry(u);
    return rc;
}

static enum assay_err unpack(struct unpacked *u, const struct seekable *bytes, struct err *e)
{
    const struct unpack_sink sink = {.ctx = u, .begin = begin, .data = data, .end = end};
    enum assay_err rc;

    if (u->run->world->decode == NULL)
        return err_set(e, ASSAY_EUNSUPPORTED, "archives need the sandbox, which is not at hand");
    if (u->left.entries_max == 0 || u->left.total_bytes == 0)
        return err_set(e, ASSAY_ELIMIT,
                       "the archives before it in the same one used up what all may hold");
    rc = unpack_zip(u->run->world->decode, bytes, &u->left, &sink, e);
    drop_entry(u);
    u->left.entries_max -= (uint32_t)u->entries;
    u->left.total_bytes -= u->bytes < u->left.total_bytes ? u->bytes : u->left.total_bytes;
    return rc;
}

enum holds { HOLDS_ITSELF, HOLDS_ENTRIES, HOLDS_AGE };

static enum assay_err look(const struct seekable *bytes, enum holds *out, struct err *e)
{
    unsigned char head[ARCHIVE_HEAD_BYTES];
    size_t size = bytes->size < sizeof head ? (size_t)bytes->size : sizeof head;
    enum assay_err rc = seekable_read(bytes, 0, head, size, e);

    if (rc != ASSAY_OK)
        return rc;
    *out = age_is(head, size)                            ? HOLDS_AGE
           : decode_sniff(head, size) == DECODE_TYPE_ZIP ? HOLDS_ENTRIES
                                                         : HOLDS_ITSELF;
    mem_wipe(head, sizeof head);
    return ASSAY_OK;
}

/* The last part of a path without its ".age". */
static char *plain_name(const char *inner)
{
    const char *slash = strrchr(inner, '/');
    char *name = mem_strdup(slash == NULL ? inner : slash + 1);
    size_t size = strlen(name);

    if (size > 4 && str_ends(name, ".age"))
        name[size - 4] = '\0';
    return name;
}

static enum assay_err take_age(struct unpacked *u, const struct seekable *bytes, struct err *e)
{
    struct age_reader *reader;
    struct seekable plain;
    enum holds holds;
    enum assay_err rc = age_open(u->run->world->keys, bytes, &reader, &plain, e);

    if (rc != ASSAY_OK)
        return rc;
    if ((rc = look(&plain, &holds, e)) == ASSAY_OK && holds == HOLDS_ENTRIES) {
        rc = unpack(u, &plain, e);
    } else if (rc == ASSAY_OK) {
        char *name = plain_name(u->inner);
        rc = take_file(u, name, &plain, e);
        mem_free(name);
    }
    age_close(reader);
    return rc;
}

static enum assay_err take_bytes(struct unpacked *u, const struct seekable *bytes, struct err *e)
{
    enum holds holds;
    enum assay_err rc = look(bytes, &holds, e);

    if (rc != ASSAY_OK)
        return rc;
    return holds == HOLDS_AGE ? take_age(u, bytes, e) : unpack(u, bytes, e);
}

/* Take what it holds; its bytes are `bytes`, or sealed in the vault by `blob`. */
static enum assay_err take_one(struct unpacked *u, const struct assay_digests *d,
                               const struct seekable *bytes, const struct vault_blob *blob,
                               struct err *e)
{
    struct archive_entry opened = {.run = u->run, .inner = u->inner};
    struct vault_reader *reader = NULL;
    struct seekable sealed;
    struct err why = {0};

    u->entries = u->refused = u->bytes = 0;
    enum assay_err rc = u->fatal = archive_record_opening(&opened, d, u->depth, &why);
    if (rc == ASSAY_OK && blob != NULL) {
        rc = vault_reader_open(u->run->world->vault, blob, &opened.event, &reader, &sealed, &why);
        bytes = &sealed;
    }
    if (rc == ASSAY_OK)
        rc = take_bytes(u, bytes, &why);
    vault_reader_close(reader);
    if (u->fatal != ASSAY_OK) {
        if (e != NULL)
            *e = why;
        return u->fatal;
    }
    return record_end(u, rc, &why, &opened, e);
}

static void free_waiting(struct unpacked *u, struct waiting *n)
{
    vault_remove(u->run->world->vault, n->blob.id);
    mem_free(n->path);
    mem_free(n->inner);
    mem_free(n);
}

/* The archives in it, one behind the other, and what they hold in turn. */
static enum assay_err take_waiting(struct unpacked *u, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    while (rc == ASSAY_OK && u->first != NULL) {
        struct waiting *n = u->first;
        u->first = n->next;
        if (u->first == NULL)
            u->last = &u->first;
        u->path = n->path;
        u->inner = n->inner;
        u->depth = n->depth;
        rc = take_one(u, &n->digests, NULL, &n->blob, e);
        free_waiting(u, n);
    }
    return rc;
}

static enum assay_err digest_piece(void *ctx, const void *bytes, size_t size, struct err *e)
{
    if (assay_digester_feed(ctx, bytes, size) == ASSAY_OK)
        return ASSAY_OK;
    return err_set(e, ASSAY_ENOMEM, "out of memory");
}

enum assay_err archive_digest(const struct seekable *bytes, struct assay_digests *d, struct err *e)
{
    struct assay_digester *digester;
    enum assay_err rc = assay_digester_new(&digester);

    if (rc != ASSAY_OK)
        return err_set(e, rc, "out of memory");
    if ((rc = each_piece(bytes, digest_piece, digester, e)) == ASSAY_OK)
        rc = assay_digester_finish(digester, d);
    assay_digester_free(digester);
    return rc;
}

enum assay_err archive_take(struct run *r, const struct archive_in *in, struct err *e)
{
    struct unpacked *u = mem_zalloc(sizeof *u);
    struct assay_digests d;
    struct err why = {0};
    enum holds holds;

    *u = (struct unpacked){.run = r, .left = r->unpack, .path = in->path, .inner = in->inner};
    u->last = &u->first;
    enum assay_err rc = look(in->bytes, &holds, &why);
    if (rc == ASSAY_OK && holds == HOLDS_ITSELF)
        rc = take_file(u, NULL, in->bytes, &why);
    else if (rc == ASSAY_OK && (rc = archive_digest(in->bytes, &d, &why)) == ASSAY_OK) {
        u->depth = 1;
        if ((rc = take_one(u, &d, in->bytes, NULL, &why)) == ASSAY_OK)
            rc = take_waiting(u, &why);
    }
    if (rc != ASSAY_OK && u->fatal == ASSAY_OK) { /* its bytes cannot be read */
        u->path = in->path;
        u->inner = in->inner;
        taken_refuse(add(u, NULL), why.text);
        rc = ASSAY_OK;
    }
    if (u->group_count > 0 || rc != ASSAY_OK)
        rc = run_finish(r, u->group, u->group_count, rc, &why);
    if (rc != ASSAY_OK) {
        if (e != NULL)
            *e = why;
    }
    mem_free(u);
    return rc;
}
