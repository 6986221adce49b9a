/* Reads and writes a backup's manifest. */
#include "backup/manifest.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#define TEXT_MAX 65536

static const char *const engines[] = {"sqlite", "postgres"}; /* by enum store_engine */

void backup_manifest_write(const struct backup_manifest *m, struct buf *b)
{
    const struct backup_counts *c = &m->counts;
    struct json_out o;

    json_out_init(&o, b);
    json_object(&o, NULL);
    json_text(&o, "format", "assay-backup");
    json_int(&o, "version", BACKUP_VERSION);
    json_text(&o, "workspace", m->workspace);
    json_text(&o, "label", m->label);
    json_bool(&o, "training", m->training);
    json_text(&o, "software", m->software);
    json_time(&o, "made", m->made_ms);
    json_text(&o, "engine", engines[m->engine]);
    json_int(&o, "schema", m->schema);
    json_object(&o, "counts");
    json_int(&o, "items", c->items);
    json_int(&o, "sightings", c->sightings);
    json_int(&o, "decisions", c->decisions);
    json_int(&o, "views", c->views);
    json_int(&o, "entries", c->entries);
    json_int(&o, "blobs", c->blobs);
    json_object_end(&o);
    json_text(&o, "head", m->head);
    json_object(&o, "files");
    json_int(&o, "count", m->files);
    json_int(&o, "bytes", m->bytes);
    json_int(&o, "size", m->list_size);
    json_hex(&o, "sha256", m->list_sha256, sizeof m->list_sha256);
    json_object_end(&o);
    json_object_end(&o);
    buf_add_char(b, '\n');
}

static enum assay_err read_counts(const struct json *j, struct backup_counts *out, struct err *e)
{
    const struct {
        const char *key;
        int64_t *to;
    } members[] = {
        {"items", &out->items}, {"sightings", &out->sightings}, {"decisions", &out->decisions},
        {"views", &out->views}, {"entries", &out->entries},     {"blobs", &out->blobs},
    };
    enum assay_err rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < sizeof members / sizeof members[0]; i++)
        rc = json_need_int(j, members[i].key, 0, INT64_MAX, members[i].to, e);
    return rc;
}

static enum assay_err read_head(const struct json *j, struct backup_manifest *out, struct err *e)
{
    const char *format, *made, *engine;
    int64_t version;
    enum assay_err rc;

    if ((rc = json_need_text(j, "format", TEXT_MAX, &format, e)) != 0 ||
        (rc = json_need_int(j, "version", 1, INT64_MAX, &version, e)) != 0)
        return rc;
    if (!str_equal(format, "assay-backup"))
        return err_set(e, ASSAY_EFORMAT, "no manifest of a backup");
    if (version > BACKUP_VERSION)
        return err_set(e, ASSAY_EVERSION, "a backup of format %lld; use a newer assay",
                       (long long)version);
    if ((rc = json_need_text(j, "workspace", 16, &out->workspace, e)) != 0 ||
        (rc = json_need_text(j, "label", TEXT_MAX, &out->label, e)) != 0 ||
        (rc = json_want_bool(j, "training", &out->training, e)) != 0 ||
        (rc = json_need_text(j, "software", TEXT_MAX, &out->software, e)) != 0 ||
        (rc = json_need_text(j, "made", 40, &made, e)) != 0 ||
        (rc = clock_parse(made, &out->made_ms)) != 0 ||
        (rc = json_need_text(j, "engine", 16, &engine, e)) != 0 ||
        (rc = json_need_int(j, "schema", 1, INT32_MAX, &out->schema, e)) != 0)
        return rc;
    for (int i = 0; i < 2; i++)
        if (str_equal(engine, engines[i])) {
            out->engine = (enum store_engine)i;
            return json_need_text(j, "head", TEXT_MAX, &out->head, e);
        }
    return err_set(e, ASSAY_EUNSUPPORTED, "a store of another engine (%.16s)", engine);
}

static enum assay_err read_all(const struct json *j, struct backup_manifest *out, struct err *e)
{
    const struct json *files = json_get(j, "files");
    const char *sha256;
    enum assay_err rc;

    if ((rc = read_head(j, out, e)) != 0 ||
        (rc = read_counts(json_get(j, "counts"), &out->counts, e)) != 0 ||
        (rc = json_need_int(files, "count", 0, INT64_MAX, &out->files, e)) != 0 ||
        (rc = json_need_int(files, "bytes", 0, INT64_MAX, &out->bytes, e)) != 0 ||
        (rc = json_need_int(files, "size", 0, INT64_MAX, &out->list_size, e)) != 0 ||
        (rc = json_need_text(files, "sha256", 64, &sha256, e)) != 0)
        return rc;
    return str_unhex(sha256, out->list_sha256, sizeof out->list_sha256);
}

enum assay_err backup_manifest_read(struct arena *a, const void *bytes, size_t size,
                                    struct backup_manifest *out, struct err *e)
{
    struct backup_manifest found = {0};
    struct json *j;
    enum assay_err rc;

    if ((rc = json_parse(a, bytes, size, &j, e)) == 0)
        rc = read_all(j, &found, e);
    if (rc == ASSAY_OK)
        *out = found;
    else
        rc = err_prefix(e, rc, BACKUP_MANIFEST);
    return rc;
}
