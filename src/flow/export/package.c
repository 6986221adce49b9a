/* Writes an approved release as a signed package, into a folder or file by file. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/export/export_impl.h"
#include "flow/folder.h"

#define ENTRY_MAX 65536 /* bytes of the approval's entry, of its proof */

struct package {
    struct world *world;
    int64_t id;
    struct release_row row;
    struct export_lists lists;
    struct buf manifest, signature;
};

static void package_init(struct package *p, struct world *w, int64_t id)
{
    *p = (struct package){.world = w, .id = id};
    buf_init(&p->manifest, MANIFEST_TEXT_MAX);
    buf_init(&p->signature, EXPORT_SIGNATURE_MAX);
}

static void package_clear(struct package *p)
{
    export_clear(&p->lists);
    buf_clear(&p->manifest);
    buf_clear(&p->signature);
}

/* The lists to their sink; one snapshot. */
static enum assay_err make_lists(struct tx *tx, void *ctx, struct err *e)
{
    struct package *p = ctx;
    const struct scheme *scheme;
    enum assay_err rc;

    if ((rc = export_find(tx, p->id, &p->row, e)) != 0)
        return rc;
    if (!str_equal(p->row.state, "approved"))
        return err_set(e, ASSAY_ESTATE, "release %lld is %s; only an approved one goes out",
                       (long long)p->id, p->row.state);
    if ((rc = flow_scheme_tx(p->world, tx, p->row.scheme, &scheme, e)) != 0)
        return rc;
    p->lists.scheme = scheme->name;
    p->lists.kind = export_kind(p->world, scheme);
    return export_stored(tx, &p->row, &p->lists, e);
}

/* The approval's entry and its proof; the record is brought up to it when it waits for its index.
 * EBUSY of the sequencer is no fault when the other one has done it. */
static enum assay_err prove(const struct package *p, struct buf *entry, struct buf *proof,
                            struct err *e)
{
    struct world *w = p->world;
    struct audit_event_id id;
    enum assay_err rc;

    assert(p->row.has_event);
    memcpy(id.bytes, p->row.event, sizeof id.bytes);
    if (audit_prove_first(w->store, w->data_dir, &id, entry, proof, NULL) == ASSAY_OK)
        return ASSAY_OK;
    buf_reset(entry);
    buf_reset(proof);
    rc = audit_advance(w->store, w->keys, w->data_dir, NULL, e);
    if (rc != ASSAY_OK && rc != ASSAY_EBUSY)
        return rc;
    return audit_prove_first(w->store, w->data_dir, &id, entry, proof, e);
}

/* The second line of the public key file. */
static void release_key(const struct world *w, struct arena *a, const char **out)
{
    struct buf b;

    buf_init(&b, 1024);
    keys_minisign_public(w->keys, &b);
    const char *line = strchr(buf_cstr(&b), '\n') + 1;
    *out = arena_strndup(a, line, strcspn(line, "\n"));
    buf_clear(&b);
}

/* All of the manifest is of the approval, so that it has the same bytes whenever it is made: the
 * software too is what wrote the approval's entry. */
static enum assay_err fill_manifest(struct package *p, struct arena *a, struct buf *entry,
                                    struct buf *proof, struct manifest *m, struct err *e)
{
    struct json *j;
    const char *software;
    enum assay_err rc;

    if ((rc = json_parse(a, entry->data, entry->size, &j, e)) != 0 ||
        (rc = json_need_text(j, "software", 200, &software, e)) != 0)
        return err_prefix(e, ASSAY_EDAMAGED, "record: the approval's entry");
    *m = (struct manifest){.kind = p->lists.kind,
                           .package = arena_printf(a, "%lld", (long long)p->id),
                           .workspace = keys_workspace(p->world->keys),
                           .label = p->world->label,
                           .scheme = p->row.scheme,
                           .scheme_version = p->row.scheme_version,
                           .count = p->row.row_count,
                           .min_readings = p->row.min_readings,
                           .code_count = p->lists.codes.count,
                           .requested_by = p->row.requested_label,
                           .approved_by = p->row.decided_label,
                           .approved_ms = p->row.decided_ms,
                           .software = software,
                           .jsonl = p->lists.files[EXPORT_JSONL],
                           .csv = p->lists.files[EXPORT_CSV],
                           .record_entry = buf_cstr(entry),
                           .record_proof = buf_cstr(proof)};
    for (size_t i = 0; i < m->code_count; i++)
        m->codes[i] = (struct manifest_code){p->lists.codes.at[i].code, p->lists.codes.at[i].rows};
    memcpy(m->content_sha256, p->lists.content_sha256, sizeof m->content_sha256);
    keys_public(p->world->keys, KEYS_SIGN_RECORD, m->record_key);
    release_key(p->world, a, &m->release_key);
    return ASSAY_OK;
}

static enum assay_err make_manifest(struct package *p, struct err *e)
{
    struct arena *a = arena_new();
    char comment[EXPORT_COMMENT_SIZE];
    struct buf entry, proof;
    struct manifest m;
    enum assay_err rc;

    buf_init(&entry, ENTRY_MAX);
    buf_init(&proof, ENTRY_MAX);
    if ((rc = prove(p, &entry, &proof, e)) != 0 ||
        (rc = fill_manifest(p, a, &entry, &proof, &m, e)) != 0)
        goto out;
    manifest_write(&p->manifest, &m);
    if (p->manifest.over) {
        rc = err_set(e, ASSAY_ELIMIT, "the manifest is longer than %d bytes", MANIFEST_TEXT_MAX);
        goto out;
    }
    export_comment(m.package, m.approved_ms, comment);
    keys_minisign(p->world->keys, p->manifest.data, p->manifest.size, comment, &p->signature);
    assert(!p->signature.over);
out:
    buf_clear(&entry);
    buf_clear(&proof);
    arena_free(a);
    return rc;
}

/* ---- going out ---- */

struct going {
    const struct package *package;
    struct audit_actor by;
    const char *file; /* NULL: the whole folder */
};

static enum assay_err note_going(struct tx *tx, void *ctx, struct err *e)
{
    const struct going *g = ctx;
    const struct release_row *r = &g->package->row;
    char hex[65], data[256];
    enum assay_err rc;

    str_hex(r->content_sha256, sizeof r->content_sha256, hex);
    (void)snprintf(data, sizeof data, "{\"rows\":%lld,\"content_sha256\":\"%s\",\"file\":\"%s\"}",
                   (long long)r->row_count, hex, g->file == NULL ? "" : g->file);
    struct audit_entry entry = {.action = AUDIT_RELEASE_WRITTEN,
                                .actor = g->by,
                                .objects = {{"release", r->id}},
                                .outcome = g->file == NULL ? "done" : "downloaded",
                                .data = data};
    if ((rc = audit_write(tx, &entry, NULL, e)) != 0)
        return rc;
    return release_written(tx, r->id, clock_now_ms(), e);
}

struct keeping {
    enum export_list which;
    struct buf *out;
};

static enum assay_err keep_list(void *ctx, enum export_list which, const void *bytes, size_t size,
                                struct err *e)
{
    struct keeping *k = ctx;

    if (which == k->which)
        buf_add(k->out, bytes, size);
    if (k->out->over)
        return err_set(e, ASSAY_ELIMIT,
                       "%s is larger than %zu bytes; write the package with: assay export",
                       export_list_name(which), k->out->max);
    return ASSAY_OK;
}

enum assay_err release_file(struct world *w, const struct caller *c, int64_t id, const char *name,
                            struct buf *out, struct err *e)
{
    struct keeping keep = {.which = EXPORT_LISTS, .out = out};
    struct package p;
    enum assay_err rc;

    for (int i = 0; i < EXPORT_LISTS; i++) {
        if (str_equal(name, export_list_name((enum export_list)i)))
            keep.which = (enum export_list)i;
    }
    bool manifest = str_equal(name, EXPORT_MANIFEST);
    if (keep.which == EXPORT_LISTS && !manifest && !str_equal(name, EXPORT_SIGNATURE))
        return err_set(e, ASSAY_ENOTFOUND, "a package has no such file");
    package_init(&p, w, id);
    if (keep.which != EXPORT_LISTS) {
        p.lists.sink = keep_list;
        p.lists.ctx = &keep;
    }
    if ((rc = store_read(w->store, make_lists, &p, e)) != 0)
        goto out;
    if (keep.which == EXPORT_LISTS) {
        if ((rc = make_manifest(&p, e)) != 0)
            goto out;
        const struct buf *b = manifest ? &p.manifest : &p.signature;
        buf_add(out, b->data, b->size);
    }
    struct going g = {&p, people_actor(c, PEOPLE_RELEASE), name};
    rc = store_write(w->store, note_going, &g, e); /* no entry, no file */
out:
    if (rc != ASSAY_OK)
        buf_reset(out);
    package_clear(&p);
    return rc;
}

/* ---- the folder ---- */

static enum assay_err write_list(void *ctx, enum export_list which, const void *bytes, size_t size,
                                 struct err *e)
{
    struct folder *f = ctx;

    return folder_add(f, (size_t)which, bytes, size, e);
}

static enum assay_err write_bytes(struct folder *f, size_t index, const char *name,
                                  const struct buf *b, struct err *e)
{
    enum assay_err rc;

    if ((rc = folder_file(f, index, name, e)) != 0)
        return rc;
    return folder_add(f, index, b->data, b->size, e);
}

/* The folder that stands under the final name must be this package. */
static enum assay_err same_package(const struct package *p, const char *path, struct err *e)
{
    struct package_report report;
    struct buf key, there;
    char *manifest = NULL;
    enum assay_err rc;

    buf_init(&key, 1024);
    buf_init(&there, MANIFEST_TEXT_MAX);
    keys_minisign_public(p->world->keys, &key);
    rc = package_verify(path, buf_cstr(&key), PACKAGE_TRAINING_TOO, &report, e);
    if (rc == ASSAY_OK) {
        struct buf name;
        buf_init(&name, 8192);
        buf_addf(&name, "%s/" EXPORT_MANIFEST, path);
        manifest = buf_take(&name);
        rc = fs_read_file(manifest, &there, e);
    }
    if (rc == ASSAY_OK &&
        (there.size != p->manifest.size || memcmp(there.data, p->manifest.data, there.size) != 0))
        rc = err_set(e, ASSAY_EEXISTS, "it is another package");
    if (rc != ASSAY_OK)
        rc = err_prefix(e, ASSAY_EEXISTS, "%.200s is there with other content; move it away", path);
    mem_free(manifest);
    buf_clear(&there);
    buf_clear(&key);
    return rc;
}

static enum assay_err write_folder(struct package *p, struct audit_actor by, const char *out_dir,
                                   const char *path, struct err *e)
{
    struct going g = {p, by, NULL};
    struct folder f;
    enum assay_err rc;

    if ((rc = fs_make_dirs(out_dir, 0750, e)) != 0 ||
        (rc = folder_open(&f, out_dir, p->id, e)) != 0)
        return rc;
    p->lists.sink = write_list;
    p->lists.ctx = &f;
    for (int i = 0; i < EXPORT_LISTS && rc == ASSAY_OK; i++)
        rc = folder_file(&f, (size_t)i, export_list_name((enum export_list)i), e);
    if (rc == ASSAY_OK && (rc = store_read(p->world->store, make_lists, p, e)) == ASSAY_OK &&
        (rc = make_manifest(p, e)) == ASSAY_OK &&
        (rc = write_bytes(&f, EXPORT_LISTS, EXPORT_MANIFEST, &p->manifest, e)) == ASSAY_OK &&
        (rc = write_bytes(&f, EXPORT_LISTS + 1, EXPORT_SIGNATURE, &p->signature, e)) == ASSAY_OK &&
        (rc = folder_sync(&f, e)) == ASSAY_OK &&
        (rc = store_write(p->world->store, note_going, &g, e)) == ASSAY_OK)
        rc = folder_name(&f, path, e); /* last: no entry, no package */
    folder_close(&f);
    return rc == ASSAY_EEXISTS ? same_package(p, path, e) : rc;
}

struct newest {
    int64_t min_readings, id;
};

static enum assay_err find_newest(struct tx *tx, void *ctx, struct err *e)
{
    struct newest *n = ctx;

    return release_newest(tx, n->min_readings, &n->id, e);
}

enum assay_err release_write(struct world *w, struct audit_actor by, int64_t id,
                             int64_t min_readings, const char *out_dir, char **path, struct err *e)
{
    struct newest n = {min_readings, id};
    struct package p;
    struct buf name;
    enum assay_err rc;

    if (id == 0 && (rc = store_read(w->store, find_newest, &n, e)) != 0)
        return rc != ASSAY_ENOTFOUND
                   ? rc
                   : err_set(e, rc,
                             "no release is approved yet; ask for one on the release page, "
                             "have another person approve it, then export again");
    package_init(&p, w, n.id);
    buf_init(&name, 8192);
    buf_addf(&name, "%s/assay-%lld", out_dir, (long long)n.id);
    char *final = buf_take(&name);
    rc = write_folder(&p, by, out_dir, final, e);
    if (rc == ASSAY_OK)
        *path = final;
    else
        mem_free(final);
    package_clear(&p);
    return rc;
}
