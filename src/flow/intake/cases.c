/* Reads a case twice: once to know that all of it can be taken, then to take it, some at a time. */
#include "flow/intake/cases.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/case_media.h"
#include "flow/intake/case_zip.h"
#include "flow/intake/intake_impl.h"
#include "format/vics.h"

#define GROUP_RECORDS 200 /* a transaction; of them at most GROUP_FILES with media */
#define SAID_MAX      ((size_t)32 * 1024 * 1024) /* bytes of a record's JSON; more than is read */
#define WRONG_TOLD    100                        /* records that are wrong and told one by one */

/* Where a case and its media lie. */
struct place {
    struct case_zip *zip; /* NULL: a file */
    struct case_media *folder;
    struct case_media *media; /* the folder, or of the ZIP */
};

/* A document of VICS being read. */
struct reading {
    const struct cases_options *o;
    struct cases_counts counts;
    const struct place *place;
    size_t document; /* of the ZIP */
    int fd;
    struct assay_digester *digester;
    struct assay_digests digests; /* of the file, when it was read */
    struct err failed;
    struct case_media *media; /* NULL: they are not looked for */
    int64_t number, size, wrong;
    /* Of taking alone: */
    struct run *run;
    struct case_file_row file;
    int64_t last;
    struct taken *group;
    struct case_line *lines;
    size_t count, with_media;
    uint64_t bytes, groups;
    unsigned char *chunk;
};

static size_t fill(void *ctx, void *bytes, size_t size)
{
    struct reading *r = ctx;
    ssize_t n;

    while ((n = read(r->fd, bytes, size)) < 0 && errno == EINTR)
        ;
    if (n < 0)
        (void)err_errno(&r->failed, "read %.300s", r->o->path);
    if (n > 0) {
        r->size += n;
        if (assay_digester_feed(r->digester, bytes, (size_t)n) != ASSAY_OK)
            (void)err_set(&r->failed, ASSAY_ENOMEM, "out of memory");
    }
    return n < 0 || r->failed.code != ASSAY_OK ? 0 : (size_t)n;
}

static enum assay_err read_open(struct reading *r, const struct vics_sink *sink, struct err *e)
{
    enum assay_err rc = vics_read(fill, r, sink, e);

    if (r->failed.code != ASSAY_OK) {
        *e = r->failed;
        rc = r->failed.code;
    }
    if (rc == ASSAY_OK && assay_digester_finish(r->digester, &r->digests) != ASSAY_OK)
        rc = err_set(e, ASSAY_ENOMEM, "out of memory");
    return rc;
}

static enum assay_err open_document(struct reading *r, struct err *e)
{
    if (r->place->zip != NULL)
        return case_zip_read(r->place->zip, r->document, &r->fd, e);
    r->fd = open(r->o->path, O_RDONLY | O_CLOEXEC);
    return r->fd < 0 ? err_errno(e, "open %.300s", r->o->path) : ASSAY_OK;
}

/* What is wrong with the archive comes before what was made of its bytes. */
static enum assay_err close_document(struct reading *r, enum assay_err rc, struct err *e)
{
    struct err why = {0};

    if (r->place->zip == NULL) {
        (void)close(r->fd);
        return rc;
    }
    const enum assay_err archive = case_zip_read_end(r->place->zip, r->fd, &why);
    if (archive != ASSAY_OK)
        *e = why;
    else if (rc != ASSAY_OK)
        rc = err_prefix(e, rc, "%.200s", case_zip_document(r->place->zip, r->document));
    return archive != ASSAY_OK ? archive : rc;
}

static enum assay_err read_all(struct reading *r, const struct vics_sink *sink, struct err *e)
{
    enum assay_err rc;

    r->number = r->size = r->wrong = 0;
    r->counts = (struct cases_counts){0};
    if ((rc = open_document(r, e)) != ASSAY_OK)
        return rc;
    rc = assay_digester_new(&r->digester);
    if (rc == ASSAY_OK)
        rc = read_open(r, sink, e);
    else
        rc = err_set(e, rc, "out of memory");
    assay_digester_free(r->digester);
    r->counts.records = r->number;
    return close_document(r, rc, e);
}

static void note_context(void *ctx, const struct vics_context *c)
{
    struct reading *r = ctx;

    static_assert(VICS_VERSION_SIZE <= CASE_CONTEXT_SIZE && VICS_REGION_SIZE <= CASE_CONTEXT_SIZE,
                  "as in the store");
    (void)snprintf(r->counts.version, sizeof r->counts.version, "%s", c->version);
    (void)snprintf(r->counts.region, sizeof r->counts.region, "%s", c->region);
}

/* How a record is called where it is told of. */
static void name_of(int64_t number, const struct vics_media *m, char out[INTAKE_PATH_SIZE])
{
    const char *name = m != NULL && m->path != NULL ? m->path : m != NULL ? m->name : NULL;

    if (name != NULL)
        (void)snprintf(out, INTAKE_PATH_SIZE, "%s", name);
    else
        (void)snprintf(out, INTAKE_PATH_SIZE, "record %lld", (long long)number);
}

/* ---- looking ---- */

static void tell_wrong(struct reading *r, const struct vics_context *c, uint64_t line,
                       const char *why)
{
    char name[INTAKE_PATH_SIZE], reason[400];

    r->wrong++;
    r->counts.refused++;
    if (r->wrong > WRONG_TOLD || (r->run != NULL && r->o->wrong == CASES_KEEP))
        return; /* of those that are kept the second reading tells */
    name_of(r->number, NULL, name);
    (void)snprintf(reason, sizeof reason, "line %llu, byte %llu: %.300s", (unsigned long long)line,
                   (unsigned long long)c->offset, why);
    r->o->intake->report(r->o->intake->ctx, name, INTAKE_REFUSED, NULL, reason);
}

static enum assay_err look_refused(void *ctx, const struct vics_context *c, uint64_t line,
                                   const char *reason, struct err *e)
{
    struct reading *r = ctx;

    (void)e;
    r->number++;
    tell_wrong(r, c, line, reason);
    return ASSAY_OK;
}

static void tell_difference(struct taken *t, const char *what, const void *found, const void *said,
                            size_t size)
{
    char is[65], says[65];

    str_hex(found, size, is);
    str_hex(said, size, says);
    (void)snprintf(t->reason, sizeof t->reason, "%s is %s, the record says %s", what, is, says);
}

/* Both values of the strongest hash that differs, or of the size. */
static bool differs(struct taken *t, const struct vics_media *m)
{
    const struct assay_digests *d = &t->digests;

    t->reason[0] = '\0';
    if (m->has_sha256 && memcmp(d->sha256, m->sha256, sizeof d->sha256) != 0)
        tell_difference(t, "SHA-256", d->sha256, m->sha256, sizeof d->sha256);
    else if (m->has_sha1 && memcmp(d->sha1, m->sha1, sizeof d->sha1) != 0)
        tell_difference(t, "SHA-1", d->sha1, m->sha1, sizeof d->sha1);
    else if (m->has_md5 && memcmp(d->md5, m->md5, sizeof d->md5) != 0)
        tell_difference(t, "MD5", d->md5, m->md5, sizeof d->md5);
    else if (m->size >= 0 && (uint64_t)m->size != d->size)
        (void)snprintf(t->reason, sizeof t->reason, "it has %llu bytes, the record says %lld",
                       (unsigned long long)d->size, (long long)m->size);
    return t->reason[0] != '\0';
}

static void look_at(const struct case_found *found, struct taken *t)
{
    t->verdict = INTAKE_NEW;
    if (found->entry == NULL && !case_media_digest(found->fd, &t->digests))
        taken_refuse(t, "cannot be read");
    else if (found->entry != NULL && found->entry->fault != NULL)
        taken_refuse(t, found->entry->fault);
    else if (found->entry != NULL)
        t->digests = found->entry->digests;
}

/* Whether media are there, and are what the record says. */
static enum assay_err look_for(struct reading *r, const struct vics_media *m, struct err *e)
{
    char name[INTAKE_PATH_SIZE];
    struct taken t = {.verdict = INTAKE_MISSING};
    struct case_found found;
    enum assay_err rc;

    if (r->media == NULL)
        return ASSAY_OK;
    rc = case_media_find(r->media, m, &found, e);
    if (found.fd >= 0 || found.entry != NULL) {
        look_at(&found, &t);
        if (t.verdict == INTAKE_NEW && differs(&t, m))
            t.verdict = INTAKE_REFUSED;
    }
    if (found.fd >= 0)
        (void)close(found.fd);
    r->counts.missing += t.verdict == INTAKE_MISSING;
    r->counts.mismatched += t.verdict == INTAKE_REFUSED;
    name_of(r->number, m, name);
    if (rc == ASSAY_OK)
        r->o->intake->report(r->o->intake->ctx, name, t.verdict, NULL,
                             t.verdict == INTAKE_REFUSED ? t.reason : NULL);
    return rc;
}

static enum assay_err look_media(void *ctx, const struct vics_context *c, const struct json *media,
                                 struct err *e)
{
    struct reading *r = ctx;
    struct arena *a = arena_new();
    struct vics_media m;
    struct err why;
    enum assay_err rc = ASSAY_OK;

    r->number++;
    if (vics_media_read(a, media, &m, &why) != ASSAY_OK) {
        tell_wrong(r, c, media->line, why.text);
    } else {
        r->counts.means[profile_category(r->o->profile, m.category, NULL)]++;
        rc = look_for(r, &m, e);
    }
    arena_free(a);
    return rc;
}

static enum assay_err check_context(const struct reading *r, struct err *e)
{
    const struct cases_counts *c = &r->counts;

    if (profile_reads(r->o->profile, c->version, c->region))
        return ASSAY_OK;
    return err_set(e, ASSAY_ESTATE,
                   "the file is VICS %s%s%s, which the profile %s is not for; see assay profile "
                   "list",
                   c->version[0] == '\0' ? "of no version" : c->version,
                   c->region[0] == '\0' ? "" : ", region ", c->region, r->o->profile->name);
}

/* Reads all of it; nothing is taken. */
static enum assay_err look(struct reading *r, struct err *e)
{
    const struct vics_sink sink = {
        .ctx = r, .media = look_media, .refused = look_refused, .ended = note_context};
    enum assay_err rc = read_all(r, &sink, e);

    if (rc != ASSAY_OK || (rc = check_context(r, e)) != ASSAY_OK)
        return rc;
    if (r->wrong > 0 && r->o->wrong == CASES_STOP)
        return err_set(e, ASSAY_EFORMAT,
                       "%lld of %lld records are wrong, so nothing is taken; --keep-going takes "
                       "the others and keeps these as refused",
                       (long long)r->wrong, (long long)r->number);
    return ASSAY_OK;
}

/* run NULL: nothing is taken, and no workspace is there. */
static enum assay_err open_zip(struct place *p, const struct cases_options *o, struct run *run,
                               struct decode_env *decode, struct err *e)
{
    const struct case_zip_in in = {.path = o->path,
                                   .decode = decode,
                                   .limits = run == NULL ? unpack_limits_default : run->unpack,
                                   .run = run,
                                   .use = o->media != NULL ? CASE_ZIP_DOCUMENTS
                                          : run == NULL    ? CASE_ZIP_DIGESTS
                                                           : CASE_ZIP_SEAL};

    if (decode == NULL)
        return err_set(e, ASSAY_EUNSUPPORTED, "archives need the sandbox, which is not at hand");
    const enum assay_err rc = case_zip_open(&in, &p->zip, e);
    if (rc == ASSAY_OK && o->media == NULL)
        p->media = case_zip_media(p->zip);
    return rc;
}

static enum assay_err open_folder(struct place *p, const struct cases_options *o, struct err *e)
{
    char *copy = mem_strdup(o->path);
    const enum assay_err rc =
        case_media_open(o->media != NULL ? o->media : dirname(copy), &p->folder, e);

    mem_free(copy);
    p->media = p->folder;
    return rc;
}

static enum assay_err open_place(struct place *p, const struct cases_options *o, struct run *run,
                                 struct decode_env *decode, struct err *e)
{
    const bool zip = case_zip_is(o->path);
    enum assay_err rc = ASSAY_OK;

    *p = (struct place){0};
    if (!zip || o->media != NULL)
        rc = open_folder(p, o, e);
    return rc == ASSAY_OK && zip ? open_zip(p, o, run, decode, e) : rc;
}

static void close_place(struct place *p)
{
    case_zip_close(p->zip);
    case_media_close(p->folder);
}

static size_t documents_of(const struct place *p)
{
    size_t count = 0;

    while (p->zip != NULL && case_zip_document(p->zip, count) != NULL)
        count++;
    return p->zip == NULL ? 1 : count;
}

/* Paths of a document begin in its own folder. */
static void go_to_document(const struct reading *r)
{
    const char *name = r->place->zip == NULL ? NULL : case_zip_document(r->place->zip, r->document);
    char *folder = mem_strdup(name == NULL ? "" : name);
    char *end = folder + strlen(folder);

    while (end > folder && *end != '/' && *end != '\\')
        end--;
    *end = '\0';
    if (name != NULL)
        case_media_below(r->place->media, folder);
    mem_free(folder);
}

static void add_counts(struct cases_counts *out, const struct cases_counts *c)
{
    out->records += c->records;
    out->already += c->already;
    out->missing += c->missing;
    out->mismatched += c->mismatched;
    out->refused += c->refused;
    for (int i = 0; i <= PROFILE_GRADE; i++)
        out->means[i] += c->means[i];
    if (c->version[0] == '\0') /* of one that is here already nothing more is said */
        return;
    memcpy(out->version, c->version, sizeof out->version);
    memcpy(out->region, c->region, sizeof out->region);
}

static enum assay_err look_at_all(const struct place *p, const struct cases_options *o,
                                  struct cases_counts *out, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < documents_of(p); i++) {
        struct reading r = {.o = o, .place = p, .document = i, .media = p->media};
        go_to_document(&r);
        rc = look(&r, e);
        add_counts(out, &r.counts);
    }
    return rc;
}

enum assay_err cases_look(const struct cases_options *o, struct cases_counts *out, struct err *e)
{
    struct decode_env *decode = NULL;
    struct place p = {0};
    enum assay_err rc = ASSAY_OK;

    *out = (struct cases_counts){0};
    if (case_zip_is(o->path))
        rc = decode_env_new(&decode_limits_default, &decode, e);
    if (rc == ASSAY_OK && (rc = open_place(&p, o, NULL, decode, e)) == ASSAY_OK)
        rc = look_at_all(&p, o, out, e);
    close_place(&p);
    decode_env_free(decode);
    return rc;
}

/* ---- taking ---- */

static enum assay_err flush(struct reading *r, enum assay_err rc, struct err *e)
{
    const size_t count = r->count;

    r->count = r->with_media = 0;
    r->bytes = 0;
    r->groups++;
    rc = run_finish(r->run, r->group, count, rc, e);
    for (size_t i = 0; i < count; i++)
        buf_wipe(&r->lines[i].said);
    return rc;
}

/* The next place of the group, which knows its record. */
static struct taken *begin_line(struct reading *r, const struct vics_context *c, uint64_t line,
                                const struct vics_media *m)
{
    struct taken *t = &r->group[r->count];
    struct case_line *l = &r->lines[r->count++];
    char name[INTAKE_PATH_SIZE];

    name_of(r->number, m, name);
    *l = (struct case_line){.row = {.id = rand_id(),
                                    .file_id = r->file.id,
                                    .number = r->number,
                                    .case_number = (int64_t)c->cases,
                                    .state = CASE_REFUSED,
                                    .category = -1},
                            .line = line,
                            .offset = c->offset};
    buf_init(&l->said, SAID_MAX);
    *t = (struct taken){
        .verdict = INTAKE_MISSING, .path = mem_strdup(name), .inner = mem_strdup(name), .line = l};
    return t;
}

static enum assay_err take_refused(void *ctx, const struct vics_context *c, uint64_t line,
                                   const char *reason, struct err *e)
{
    struct reading *r = ctx;

    if (++r->number <= r->last)
        return ASSAY_OK;
    r->counts.refused++;
    taken_refuse(begin_line(r, c, line, NULL), reason);
    return r->count == GROUP_RECORDS ? flush(r, ASSAY_OK, e) : ASSAY_OK;
}

/* What was found becomes an item, if it is what the record says. */
static void settle(struct reading *r, struct taken *t, const struct vics_media *m)
{
    struct case_line *l = t->line;

    r->with_media++;
    r->bytes += t->digests.size;
    if (differs(t, m)) {
        t->verdict = INTAKE_REFUSED;
        l->row.state = CASE_MISMATCH;
        r->counts.mismatched++;
        return;
    }
    l->row.state = CASE_TAKEN;
    t->note = l->note.code[0] == '\0' ? NULL : &l->note;
}

static enum assay_err take_file(struct reading *r, struct taken *t, const struct vics_media *m,
                                int fd, struct err *e)
{
    t->verdict = INTAKE_NEW;
    const enum assay_err rc = intake_take_open(r->run, fd, t, r->chunk, e);
    r->counts.refused += t->verdict == INTAKE_REFUSED;
    if (rc == ASSAY_OK && t->verdict != INTAKE_REFUSED)
        settle(r, t, m);
    return rc;
}

/* Its bytes were sealed when the ZIP was unpacked, unless they were an item already. */
static enum assay_err take_entry(struct reading *r, struct taken *t, const struct vics_media *m,
                                 struct case_entry *n, struct err *e)
{
    bool known;
    enum assay_err rc;

    if (n->fault != NULL) {
        taken_refuse(t, n->fault);
        r->counts.refused++;
        return ASSAY_OK;
    }
    t->verdict = INTAKE_NEW;
    t->digests = n->digests;
    t->type = n->type;
    settle(r, t, m);
    if (t->verdict == INTAKE_REFUSED ||
        (rc = run_knows(r->run, t->digests.sha256, &known, e)) != ASSAY_OK || known)
        return t->verdict == INTAKE_REFUSED ? ASSAY_OK : rc;
    if (!n->sealed)
        return err_set(e, ASSAY_EIO, "an item went away meanwhile; import the case again");
    t->blob = n->blob;
    t->sealed = true;
    n->sealed = false;
    n->group = r->groups;
    return ASSAY_OK;
}

static enum assay_err take_found(struct reading *r, struct taken *t, const struct vics_media *m,
                                 const struct case_found *found, struct err *e)
{
    if (found->entry != NULL)
        return take_entry(r, t, m, found->entry, e);
    if (found->fd >= 0)
        return take_file(r, t, m, found->fd, e);
    t->line->row.state = CASE_MISSING;
    r->counts.missing++;
    return ASSAY_OK;
}

static void say(struct case_line *l, const struct json *media)
{
    struct json_out o;

    json_out_init(&o, &l->said);
    json_value(&o, NULL, media);
}

static void describe(struct reading *r, struct case_line *l, const struct vics_media *m)
{
    const char *code = NULL;
    const enum profile_means means = profile_category(r->o->profile, m->category, &code);
    const bool ours = code != NULL && str_equal(r->o->profile->scheme, r->run->batch.scheme);

    r->counts.means[means]++;
    l->row.category = m->category;
    l->row.has_md5 = m->has_md5;
    l->row.has_sha1 = m->has_sha1;
    l->row.has_sha256 = m->has_sha256;
    memcpy(l->row.md5, m->md5, sizeof l->row.md5);
    memcpy(l->row.sha1, m->sha1, sizeof l->row.sha1);
    memcpy(l->row.sha256, m->sha256, sizeof l->row.sha256);
    l->note = (struct note){.source = r->o->profile->label,
                            .scheme = r->o->profile->scheme,
                            .code = ours ? code : "",
                            .tags = "",
                            .url = "",
                            .page_url = "",
                            .note = ""};
}

/* A record that can be read. */
static enum assay_err take_record(struct reading *r, const struct vics_context *c,
                                  const struct json *media, const struct vics_media *m,
                                  struct err *e)
{
    struct case_found found;
    enum assay_err rc = case_media_find(r->media, m, &found, e);

    /* An entry's blob goes with one group: only when that is in the store are its bytes known. */
    if (rc == ASSAY_OK && found.entry != NULL && found.entry->group == r->groups)
        rc = flush(r, ASSAY_OK, e);
    if (rc == ASSAY_OK) {
        struct taken *t = begin_line(r, c, media->line, m);
        say(t->line, media);
        describe(r, t->line, m);
        rc = take_found(r, t, m, &found, e);
    }
    if (found.fd >= 0)
        (void)close(found.fd);
    return rc;
}

static enum assay_err take_media(void *ctx, const struct vics_context *c, const struct json *media,
                                 struct err *e)
{
    struct reading *r = ctx;
    struct arena *a;
    struct vics_media m;
    struct err why;
    enum assay_err rc = ASSAY_OK;

    if (++r->number <= r->last)
        return ASSAY_OK;
    a = arena_new();
    if (vics_media_read(a, media, &m, &why) != ASSAY_OK) {
        struct taken *t = begin_line(r, c, media->line, NULL);
        say(t->line, media);
        taken_refuse(t, why.text);
        r->counts.refused++;
    } else {
        rc = take_record(r, c, media, &m, e);
    }
    arena_free(a);
    if (rc != ASSAY_OK || r->count == GROUP_RECORDS || r->with_media == GROUP_FILES ||
        r->bytes >= GROUP_BYTES)
        rc = flush(r, rc, e);
    return rc;
}

struct head {
    int64_t file_id, number;
    struct buf sealed;
};

static enum assay_err put_head(struct tx *tx, void *ctx, struct err *e)
{
    const struct head *h = ctx;

    return case_head_put(tx, h->file_id, h->number, h->sealed.data, h->sealed.size, e);
}

static enum assay_err take_head(void *ctx, const struct vics_context *c, const struct json *said,
                                struct err *e)
{
    struct reading *r = ctx;
    struct head h = {.file_id = r->file.id, .number = (int64_t)c->cases};
    const int64_t context[2] = {h.file_id, h.number};
    struct json_out o;
    struct buf plain;

    buf_init(&plain, SAID_MAX);
    buf_init(&h.sealed, SAID_MAX + 64);
    json_out_init(&o, &plain);
    json_value(&o, NULL, said);
    keys_seal(r->run->world->keys, context, sizeof context, plain.data, plain.size, &h.sealed);
    const enum assay_err rc = store_write(r->run->world->store, put_head, &h, e);
    buf_wipe(&plain);
    buf_clear(&h.sealed);
    return rc;
}

static enum assay_err write_entry(struct tx *tx, const struct reading *r, enum audit_action action,
                                  struct err *e)
{
    const struct cases_counts *c = &r->counts;
    char hex[65], data[400];

    str_hex(r->file.sha256, sizeof r->file.sha256, hex);
    (void)snprintf(data, sizeof data,
                   "{\"sha256\":\"%s\",\"size\":%lld,\"profile\":\"%s\",\"records\":%lld,"
                   "\"missing\":%lld,\"mismatched\":%lld,\"refused\":%lld}",
                   hex, (long long)r->file.size, r->file.profile, (long long)c->records,
                   (long long)c->missing, (long long)c->mismatched, (long long)c->refused);
    const struct audit_entry entry = {
        .action = action,
        .actor = r->o->intake->by,
        .objects = {{"batch", r->file.batch_id}, {"case", r->file.id}},
        .data = data};
    return audit_write(tx, &entry, NULL, e);
}

static enum assay_err begin_file(struct tx *tx, void *ctx, struct err *e)
{
    struct reading *r = ctx;
    enum assay_err rc = case_file_begin(tx, &r->file, &r->last, e);

    return rc != ASSAY_OK ? rc : write_entry(tx, r, AUDIT_CASE_BEGUN, e);
}

static enum assay_err end_file(struct tx *tx, void *ctx, struct err *e)
{
    struct reading *r = ctx;
    enum assay_err rc;

    r->file.done_ms = clock_now_ms();
    r->file.records = r->number;
    (void)snprintf(r->file.version, sizeof r->file.version, "%s", r->counts.version);
    (void)snprintf(r->file.region, sizeof r->file.region, "%s", r->counts.region);
    rc = case_file_end(tx, &r->file, e);
    return rc != ASSAY_OK ? rc : write_entry(tx, r, AUDIT_CASE_TAKEN, e);
}

/* What the first reading found is what the second must be of. Media are not looked for yet. */
static enum assay_err look_first(struct reading *r, struct err *e)
{
    const enum assay_err rc = look(r, e);

    memcpy(r->file.sha256, r->digests.sha256, sizeof r->file.sha256);
    r->file.size = r->size;
    return rc;
}

static enum assay_err take_all(struct reading *r, struct err *e)
{
    const struct vics_sink sink = {.ctx = r,
                                   .media = take_media,
                                   .refused = take_refused,
                                   .head = take_head,
                                   .ended = note_context};
    struct world *w = r->run->world;
    enum assay_err rc = read_all(r, &sink, e);

    rc = flush(r, rc, e);
    r->counts.already = r->last;
    if (rc == ASSAY_OK && memcmp(r->digests.sha256, r->file.sha256, sizeof r->file.sha256) != 0)
        rc = err_set(e, ASSAY_EIO, "%.300s changed while it was read; import it again", r->o->path);
    return rc != ASSAY_OK ? rc : store_write(w->store, end_file, r, e);
}

static enum assay_err take(struct reading *r, struct err *e)
{
    enum assay_err rc = store_write(r->run->world->store, begin_file, r, e);

    if (rc == ASSAY_EEXISTS)
        r->counts = (struct cases_counts){.records = r->number, .already = r->number};
    if (rc != ASSAY_OK)
        return rc;
    r->media = r->place->media;
    go_to_document(r);
    r->groups = 1;
    r->group = mem_array(GROUP_RECORDS, sizeof *r->group);
    r->lines = mem_array(GROUP_RECORDS, sizeof *r->lines);
    r->chunk = mem_alloc(INTAKE_CHUNK_BYTES);
    rc = take_all(r, e);
    mem_wipe_free(r->chunk, INTAKE_CHUNK_BYTES);
    mem_free(r->lines);
    mem_free(r->group);
    return rc;
}

/* All documents are looked through before any is taken; one that is here already is passed over. */
static enum assay_err take_documents(struct reading *all, size_t count, struct cases_counts *out,
                                     struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    size_t here = 0;

    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        if ((rc = look_first(&all[i], e)) != ASSAY_OK)
            add_counts(out, &all[i].counts);
    }
    for (size_t i = 0; rc == ASSAY_OK && i < count; i++) {
        rc = take(&all[i], e);
        add_counts(out, &all[i].counts);
        here += rc == ASSAY_EEXISTS;
        if (rc == ASSAY_EEXISTS && here < count)
            rc = ASSAY_OK;
    }
    return rc;
}

enum assay_err cases_take(struct world *w, const struct cases_options *o,
                          struct intake_counts *counts, struct cases_counts *out, struct err *e)
{
    struct run run = {.world = w, .options = o->intake, .counts = counts};
    struct place p = {0};
    enum assay_err rc = run_begin(&run, e);

    *out = (struct cases_counts){0};
    if (rc == ASSAY_OK && (rc = open_place(&p, o, &run, w->decode, e)) == ASSAY_OK) {
        const size_t count = documents_of(&p);
        struct reading *all = mem_array(count, sizeof *all);
        for (size_t i = 0; i < count; i++)
            all[i] = (struct reading){.o = o,
                                      .place = &p,
                                      .document = i,
                                      .run = &run,
                                      .file = {.id = rand_id(),
                                               .batch_id = o->intake->batch_id,
                                               .created_ms = clock_now_ms(),
                                               .profile = o->profile->name,
                                               .profile_text = o->profile_text}};
        rc = take_documents(all, count, out, e);
        mem_free(all);
    }
    close_place(&p);
    run_end(&run);
    return rc;
}
