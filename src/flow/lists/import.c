/* Takes a file of hashes in as the next version of its list, in groups, each a transaction. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/listed.h"
#include "flow/lists/lists_impl.h"

#define GROUP_ROWS  500
#define TEXTS_MAX   (2 * 1024 * 1024) /* bytes of what a record says, and of a list's texts */
#define GROUP_BYTES (8 * 1024 * 1024)

/* A record that waits for its group. Texts are the group's. */
struct waiting {
    struct list_record row;
    const char *says;
    size_t says_size;
};

struct import {
    struct world *world;
    const struct lists_import *in;
    const char *kind;
    struct list_version_row v;
    bool fresh; /* the list was made for it */
    struct waiting *group;
    size_t count, bytes;
    struct arena *arena; /* of the group */
    int64_t records, refused, added, dropped;
};

static bool is_guard(const char *kind)
{
    return str_equal(kind, "known_good") || str_equal(kind, "never_export");
}

static enum assay_err check(const struct lists_import *in, struct err *e)
{
    const size_t size = strlen(in->name);

    if (size == 0 || size > LIST_NAME_MAX ||
        strspn(in->name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != size)
        return err_set(e, ASSAY_EFORMAT, "a list's name is of a-z, 0-9, dot, _ and -, up to %d",
                       LIST_NAME_MAX);
    if (in->kind != NULL && !str_equal(in->kind, "hashes") && !is_guard(in->kind))
        return err_set(e, ASSAY_EFORMAT, "a list is of hashes, known_good or never_export");
    if (in->trust != NULL && !str_equal(in->trust, "trusted") && !str_equal(in->trust, "candidate"))
        return err_set(e, ASSAY_EFORMAT, "a list is trusted or candidate");
    return ASSAY_OK;
}

/* ---- the list ---- */

static enum assay_err look_at_list(void *ctx, const struct list_row_head *l, int64_t rows,
                                   struct err *e)
{
    struct import *m = ctx;

    (void)rows;
    if ((m->in->kind != NULL && !str_equal(m->in->kind, l->kind)) || str_equal(l->kind, "own") ||
        str_equal(l->kind, "test") || str_equal(l->kind, "client"))
        return err_set(e, ASSAY_ESTATE, "the list %s is of kind %s; take another name", l->name,
                       l->kind);
    if (m->in->trust != NULL && !str_equal(m->in->trust, l->trust))
        return err_set(e, ASSAY_ESTATE, "the list %s is %s; take another name", l->name, l->trust);
    m->kind = str_equal(l->kind, "known_good")     ? "known_good"
              : str_equal(l->kind, "never_export") ? "never_export"
                                                   : "hashes";
    return ASSAY_OK;
}

static enum assay_err make_list(struct tx *tx, struct import *m, struct err *e)
{
    const struct lists_import *in = m->in;
    struct list_row_head l = {.id = rand_id(),
                              .name = in->name,
                              .kind = m->kind,
                              .trust = in->trust == NULL ? "candidate" : in->trust,
                              .created_by = in->by.staff_id,
                              .created_ms = clock_now_ms()};
    struct buf plain, sealed;
    struct json_out o;

    if (is_guard(m->kind) && (in->reason == NULL || in->reason[0] == '\0'))
        return err_set(e, ASSAY_EFORMAT, "say why its files are held back (--reason)");
    buf_init(&plain, TEXTS_MAX);
    buf_init(&sealed, TEXTS_MAX + 64);
    json_out_init(&o, &plain);
    json_object(&o, NULL);
    json_text(&o, "source", in->source);
    json_text(&o, "licence", in->licence);
    json_text(&o, "contact", in->contact);
    json_text(&o, "reason", in->reason);
    json_object_end(&o);
    keys_seal(m->world->keys, &l.id, sizeof l.id, plain.data, plain.size, &sealed);
    l.about_sealed = sealed.data;
    l.about_size = sealed.size;
    enum assay_err rc = list_insert(tx, &l, e);
    buf_wipe(&plain);
    buf_clear(&sealed);
    m->v.list_id = l.id;
    m->fresh = true;
    return rc;
}

static enum assay_err write_entry(struct tx *tx, const struct import *m, enum audit_action action,
                                  struct err *e)
{
    char hex[65];
    struct json_out o;
    struct buf data;

    str_hex(m->v.file_sha256, sizeof m->v.file_sha256, hex);
    buf_init(&data, 1024);
    json_out_init(&o, &data);
    json_object(&o, NULL);
    json_text(&o, "list", m->in->name);
    json_text(&o, "kind", m->kind);
    if (action != AUDIT_LIST_MADE) {
        json_int(&o, "version", m->v.version);
        json_text(&o, "sha256", hex);
    }
    if (action == AUDIT_LIST_IMPORTED) {
        json_int(&o, "records", m->v.records);
        json_int(&o, "added", m->v.added);
        json_int(&o, "removed", m->v.removed);
        json_int(&o, "refused", m->v.refused);
    }
    json_object_end(&o);
    struct audit_entry entry = {.action = action,
                                .keys = m->world->keys,
                                .actor = m->in->by,
                                .objects = {{"list", m->v.list_id}},
                                .data = buf_cstr(&data),
                                .texts = {{"source", m->in->source}, {"reason", m->in->reason}}};
    enum assay_err rc = audit_write(tx, &entry, NULL, e);
    buf_clear(&data);
    return rc;
}

struct last_version {
    bool seen;
    struct list_version_row v;
};

static enum assay_err keep_first(void *ctx, const struct list_version_row *v, struct err *e)
{
    struct last_version *last = ctx;

    (void)e;
    if (!last->seen)
        last->v = *v;
    last->seen = true;
    return ASSAY_OK;
}

static enum assay_err begin(struct tx *tx, void *ctx, struct err *e)
{
    struct import *m = ctx;
    struct last_version last = {0};
    enum assay_err rc = list_find(tx, m->in->name, &m->v.list_id, e);

    m->fresh = false;
    m->kind = m->in->kind == NULL ? "hashes" : m->in->kind;
    if (rc == ASSAY_ENOTFOUND && m->in->list == LISTS_KNOWS)
        return err_set(e, rc, "there is no list %.60s", m->in->name);
    if (rc == ASSAY_ENOTFOUND)
        rc = make_list(tx, m, e);
    else if (rc == ASSAY_OK)
        rc = list_each(tx, m->v.list_id, look_at_list, m, e);
    if (rc != ASSAY_OK || (rc = list_versions(tx, m->v.list_id, keep_first, &last, e)) != 0 ||
        (rc = list_version_begin(tx, &m->v, e)) != 0)
        return rc;
    /* What an import that was cut had counted; rows that it put are there already. */
    const bool goes_on = last.seen && last.v.version == m->v.version;
    m->v.added = goes_on ? last.v.added : 0;
    m->v.removed = goes_on ? last.v.removed : 0;
    return goes_on ? ASSAY_OK : write_entry(tx, m, AUDIT_LIST_BEGUN, e);
}

static enum assay_err make_empty(struct tx *tx, void *ctx, struct err *e)
{
    struct import *m = ctx;
    enum assay_err rc;

    m->kind = m->in->kind == NULL ? "hashes" : m->in->kind;
    rc = make_list(tx, m, e);
    return rc != ASSAY_OK ? rc : write_entry(tx, m, AUDIT_LIST_MADE, e);
}

enum assay_err lists_make(struct world *w, const struct lists_import *in, struct err *e)
{
    struct import m = {.world = w, .in = in};
    enum assay_err rc = check(in, e);

    if (rc == ASSAY_OK)
        rc = store_write(w->store, make_empty, &m, e);
    return rc != ASSAY_EEXISTS
               ? rc
               : err_set(e, ASSAY_ESTATE, "a list of the name %s is here; take another", in->name);
}

/* ---- the rows ---- */

static void seal_details(const struct import *m, struct waiting *n, struct buf *sealed)
{
    struct list_record *r = &n->row;

    buf_reset(sealed);
    if (n->says_size == 0)
        return;
    keys_seal(m->world->keys, r->identity, sizeof r->identity, n->says, n->says_size, sealed);
    r->details_sealed = sealed->data;
    r->details_size = sealed->size;
}

static enum assay_err put_group(struct tx *tx, void *ctx, struct err *e)
{
    struct import *m = ctx;
    struct list_version_row v = m->v;
    enum list_put what;
    struct buf sealed;
    enum assay_err rc = ASSAY_OK;

    m->added = 0;
    buf_init(&sealed, TEXTS_MAX + 64);
    for (size_t i = 0; i < m->count && rc == ASSAY_OK; i++) {
        seal_details(m, &m->group[i], &sealed);
        rc = list_put(tx, &m->group[i].row, m->v.version, &what, e);
        m->added += what == LIST_ADDED;
    }
    buf_clear(&sealed);
    v.added += m->added;
    v.records = m->records;
    v.refused = m->refused;
    return rc != ASSAY_OK ? rc : list_version_put(tx, &v, e);
}

static enum assay_err flush(struct import *m, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (m->count > 0)
        rc = store_write(m->world->store, put_group, m, e);
    if (rc == ASSAY_OK && m->count > 0)
        m->v.added += m->added;
    m->count = m->bytes = 0;
    arena_free(m->arena);
    m->arena = arena_new();
    return rc;
}

/* Tags as the store has them; a list of texts or one text. "" where there are none. */
static const char *tags_of(struct arena *a, const struct json *says)
{
    const struct json *tags = json_get(says, "tags");
    struct buf b;

    if (tags == NULL || (tags->kind != JSON_IS_ARRAY && tags->kind != JSON_IS_STRING))
        return "";
    if (tags->kind == JSON_IS_STRING)
        return tags->text;
    buf_init(&b, TEXTS_MAX);
    for (const struct json *t = tags->first; t != NULL; t = t->next) {
        if (t->kind != JSON_IS_STRING)
            continue;
        if (b.size > 0)
            buf_add_char(&b, ' ');
        buf_add_str(&b, t->text);
    }
    const char *text = b.size == 0 ? "" : arena_strdup(a, buf_cstr(&b));
    buf_clear(&b);
    return text;
}

static void read_says(struct import *m, struct waiting *n)
{
    struct json *says = NULL;

    n->row.tags = "";
    if (n->says_size == 0 || json_parse(m->arena, n->says, n->says_size, &says, NULL) != ASSAY_OK)
        return;
    (void)json_want_text(says, "scheme", SCHEME_NAME_MAX, &n->row.scheme, NULL);
    (void)json_want_text(says, "code", SCHEME_CODE_MAX, &n->row.code, NULL);
    (void)json_want_int(says, "scheme_version", 1, INT64_MAX, &n->row.scheme_version, NULL);
    if (n->row.scheme == NULL || n->row.code == NULL) {
        n->row.scheme = n->row.code = NULL;
        n->row.scheme_version = 0;
    }
    n->row.tags = tags_of(m->arena, says);
}

static enum assay_err take_refused(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    struct import *m = ctx;

    (void)e;
    m->refused++;
    if (m->in->refused != NULL)
        m->in->refused(m->in->ctx, line, reason);
    return ASSAY_OK;
}

static enum assay_err take_record(void *ctx, const struct listfile_record *given, struct err *e)
{
    struct import *m = ctx;
    struct listfile_record r = *given;
    const char *reason = lists_judge(&r);

    m->records++;
    if (reason != NULL)
        return take_refused(m, r.line, reason, e);
    struct waiting *n = &m->group[m->count++];
    *n = (struct waiting){.row = {.id = rand_id(),
                                  .list_id = m->v.list_id,
                                  .has = r.has,
                                  .pdq_quality = r.quality,
                                  .expires_ms = is_guard(m->kind) ? m->in->expires_ms : 0}};
    memcpy(n->row.md5, r.md5, sizeof r.md5);
    memcpy(n->row.sha1, r.sha1, sizeof r.sha1);
    memcpy(n->row.sha256, r.sha256, sizeof r.sha256);
    memcpy(n->row.pdq, r.pdq, sizeof r.pdq);
    memcpy(n->row.pdq_oriented, r.pdq_oriented, sizeof r.pdq_oriented);
    flow_row_identity(&n->row, n->row.identity);
    if (r.says != NULL && r.says_size > 0) {
        n->says = arena_strndup(m->arena, r.says, r.says_size);
        n->says_size = r.says_size;
    }
    read_says(m, n);
    m->bytes += r.says_size;
    return m->count == GROUP_ROWS || m->bytes >= GROUP_BYTES ? flush(m, e) : ASSAY_OK;
}

/* ---- the end ---- */

static enum assay_err drop_page(struct tx *tx, void *ctx, struct err *e)
{
    struct import *m = ctx;
    struct list_version_row v = m->v;
    enum assay_err rc = list_drop_page(tx, m->v.list_id, m->v.version, &m->dropped, e);

    v.removed += m->dropped;
    return rc != ASSAY_OK ? rc : list_version_put(tx, &v, e);
}

static enum assay_err finish(struct tx *tx, void *ctx, struct err *e)
{
    struct import *m = ctx;
    enum assay_err rc;

    m->v.done_ms = clock_now_ms();
    if ((rc = list_version_put(tx, &m->v, e)) != 0)
        return rc;
    return write_entry(tx, m, AUDIT_LIST_IMPORTED, e);
}

static enum assay_err read_and_put(struct import *m, FILE *f, struct err *e)
{
    const struct listfile_sink sink = {m, take_record, take_refused};
    enum assay_err rc;

    m->group = mem_array(GROUP_ROWS, sizeof *m->group);
    m->arena = arena_new();
    if ((rc = lists_read(m->in->path, f, &sink, NULL, e)) == ASSAY_OK)
        rc = flush(m, e);
    arena_free(m->arena);
    mem_free(m->group);
    m->v.records = m->records;
    m->v.refused = m->refused;
    do {
        m->dropped = 0;
        if (rc == ASSAY_OK)
            rc = store_write(m->world->store, drop_page, m, e);
        m->v.removed += rc == ASSAY_OK ? m->dropped : 0;
    } while (rc == ASSAY_OK && m->dropped > 0);
    return rc != ASSAY_OK ? rc : store_write(m->world->store, finish, m, e);
}

/* ---- all of it ---- */

/* The first look at a file: nothing is kept but its first fault. */
struct glance {
    int64_t refused, line;
    char why[200];
};

static enum assay_err glance_refused(void *ctx, uint64_t line, const char *reason, struct err *e)
{
    struct glance *g = ctx;

    (void)e;
    if (g->refused++ == 0) {
        g->line = (int64_t)line;
        (void)snprintf(g->why, sizeof g->why, "%s", reason);
    }
    return ASSAY_OK;
}

static enum assay_err glance_record(void *ctx, const struct listfile_record *given, struct err *e)
{
    struct listfile_record r = *given;
    const char *reason = lists_judge(&r);

    return reason == NULL ? ASSAY_OK : glance_refused(ctx, r.line, reason, e);
}

/* Read once without keeping anything: what is no list to its end begins no version. */
static enum assay_err look_through(struct import *m, FILE *f, struct err *e)
{
    enum listfile_form form = LISTFILE_TEXT;
    struct glance g = {0};
    const struct listfile_sink look = {&g, glance_record, glance_refused};
    enum assay_err rc = lists_read(m->in->path, f, &look, &form, e);

    if (rc != ASSAY_OK)
        return rc;
    if (m->in->wrong == LISTS_STOPS && g.refused > 0)
        return err_set(e, ASSAY_EFORMAT,
                       "%lld records cannot be used, the first on line %lld: %s; nothing was taken",
                       (long long)g.refused, (long long)g.line, g.why);
    rewind(f);
    m->v.form = listfile_form_name(form);
    return ASSAY_OK;
}

enum assay_err lists_import(struct world *w, const struct lists_import *in,
                            struct lists_counts *out, struct err *e)
{
    struct import m = {.world = w, .in = in};
    FILE *f = NULL;
    enum assay_err rc;

    *out = (struct lists_counts){0};
    if ((rc = check(in, e)) != 0)
        return rc;
    rc = in->path != NULL ? lists_open(in->path, &f, m.v.file_sha256, e)
                          : lists_open_bytes(in->bytes, in->size, &f, m.v.file_sha256, e);
    if (rc != ASSAY_OK)
        return rc;
    if ((rc = look_through(&m, f, e)) != ASSAY_OK)
        goto out;
    m.v.staff_id = in->by.staff_id;
    m.v.started_ms = clock_now_ms();
    rc = store_write(w->store, begin, &m, e);
    if (rc == ASSAY_EEXISTS && m.fresh)
        rc = err_set(e, ASSAY_ESTATE, "a list of the name %s was just made; do it again", in->name);
    out->same = rc == ASSAY_EEXISTS;
    if (out->same)
        rc = ASSAY_OK;
    else if (rc == ASSAY_OK)
        rc = read_and_put(&m, f, e);
    *out = (struct lists_counts){.version = m.v.version,
                                 .records = m.v.records,
                                 .added = m.v.added,
                                 .removed = m.v.removed,
                                 .refused = m.v.refused,
                                 .same = out->same};
out:
    (void)fclose(f);
    return rc;
}
