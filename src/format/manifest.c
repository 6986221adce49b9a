/* Writes and reads the manifest of a release package; one form only, since it is signed. */
#include "format/manifest.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#define FORMAT    "assay-package"
#define TITLE_MAX 200   /* bytes of a person's name, a software's name */
#define PROOF_MAX 32768 /* bytes of the proof, of the entry */

void manifest_content(struct buf *b, const struct manifest_file *csv,
                      const struct manifest_file *jsonl)
{
    char hex[2 * sizeof csv->sha256 + 1];

    buf_reset(b);
    str_hex(csv->sha256, sizeof csv->sha256, hex);
    buf_addf(b, MANIFEST_CSV " %lld %s\n", (long long)csv->size, hex);
    str_hex(jsonl->sha256, sizeof jsonl->sha256, hex);
    buf_addf(b, MANIFEST_JSONL " %lld %s\n", (long long)jsonl->size, hex);
}

static void add_file(struct json_out *o, const char *name, const struct manifest_file *f)
{
    json_object(o, NULL);
    json_text(o, "name", name);
    json_int(o, "size", f->size);
    json_hex(o, "sha256", f->sha256, sizeof f->sha256);
    json_object_end(o);
}

static void add_codes(struct json_out *o, const struct manifest *m)
{
    json_array(o, "codes");
    for (size_t i = 0; i < m->code_count; i++) {
        json_object(o, NULL);
        json_text(o, "code", m->codes[i].code);
        json_int(o, "count", m->codes[i].count);
        json_object_end(o);
    }
    json_array_end(o);
}

void manifest_write(struct buf *b, const struct manifest *m)
{
    struct json_out o;

    json_out_init(&o, b);
    json_object(&o, NULL);
    json_text(&o, "format", FORMAT);
    json_int(&o, "version", MANIFEST_FORMAT_VERSION);
    json_text(&o, "kind", m->kind == SCHEME_TRAINING ? "training" : "live");
    json_text(&o, "package", m->package);
    json_text(&o, "workspace", m->workspace);
    json_text(&o, "label", m->label);
    json_text(&o, "scheme", m->scheme);
    json_int(&o, "scheme_version", m->scheme_version);
    json_int(&o, "count", m->count);
    add_codes(&o, m);
    json_int(&o, "min_readings", m->min_readings);
    json_text(&o, "requested_by", m->requested_by);
    json_text(&o, "approved_by", m->approved_by);
    json_time(&o, "approved_at", m->approved_ms);
    json_text(&o, "software", m->software);
    json_array(&o, "files");
    add_file(&o, MANIFEST_JSONL, &m->jsonl);
    add_file(&o, MANIFEST_CSV, &m->csv);
    json_array_end(&o);
    json_hex(&o, "content_sha256", m->content_sha256, sizeof m->content_sha256);
    json_text(&o, "record_entry", m->record_entry);
    json_text(&o, "record_proof", m->record_proof);
    json_hex(&o, "record_key", m->record_key, sizeof m->record_key);
    json_text(&o, "release_key", m->release_key);
    json_object_end(&o);
    buf_add_char(b, '\n');
}

static enum assay_err read_hash(const struct json *j, const char *key, uint8_t out[32],
                                struct err *e)
{
    const char *hex;
    enum assay_err rc = json_need_text(j, key, 64, &hex, e);

    if (rc != 0)
        return rc;
    return str_unhex(hex, out, 32) == ASSAY_OK
               ? ASSAY_OK
               : err_set(e, ASSAY_EFORMAT, "\"%s\" must be 64 hex digits", key);
}

static enum assay_err read_file(const struct json *j, const char *name, struct manifest_file *f,
                                struct err *e)
{
    const char *found;
    enum assay_err rc;

    if ((rc = json_need_text(j, "name", TITLE_MAX, &found, e)) != 0 ||
        (rc = json_need_int(j, "size", 0, INT64_MAX, &f->size, e)) != 0 ||
        (rc = read_hash(j, "sha256", f->sha256, e)) != 0)
        return rc;
    if (!str_equal(found, name))
        return err_set(e, ASSAY_EFORMAT, "\"files\" must name %s here", name);
    return ASSAY_OK;
}

static enum assay_err read_codes(const struct json *j, struct manifest *m, struct err *e)
{
    const struct json *list = json_get(j, "codes");
    int64_t sum = 0;
    enum assay_err rc;

    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size > SCHEME_CODES_MAX)
        return err_set(e, ASSAY_EFORMAT, "\"codes\" must be a list of at most %d",
                       SCHEME_CODES_MAX);
    for (const struct json *c = list->first; c != NULL; c = c->next) {
        struct manifest_code *to = &m->codes[m->code_count++];
        if ((rc = json_need_text(c, "code", SCHEME_CODE_MAX, &to->code, e)) != 0 ||
            (rc = json_need_int(c, "count", 1, m->count, &to->count, e)) != 0)
            return rc;
        if (m->code_count > 1 && strcmp(to[-1].code, to->code) >= 0)
            return err_set(e, ASSAY_EFORMAT, "\"codes\" must ascend");
        if (to->count > m->count - sum)
            return err_set(e, ASSAY_EFORMAT, "\"codes\" count more rows than \"count\"");
        sum += to->count;
    }
    if (sum != m->count)
        return err_set(e, ASSAY_EFORMAT, "\"codes\" count fewer rows than \"count\"");
    return ASSAY_OK;
}

static enum assay_err read_files(const struct json *j, struct manifest *m, struct err *e)
{
    const struct json *list = json_get(j, "files");
    enum assay_err rc;

    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size != 2)
        return err_set(e, ASSAY_EFORMAT, "\"files\" must name %s and %s", MANIFEST_JSONL,
                       MANIFEST_CSV);
    rc = read_file(list->first, MANIFEST_JSONL, &m->jsonl, e);
    return rc != 0 ? rc : read_file(list->first->next, MANIFEST_CSV, &m->csv, e);
}

/* The version stands in front, so that a newer form is told from a broken one. */
static enum assay_err read_version(const struct json *j, struct err *e)
{
    const char *format;
    int64_t version;
    enum assay_err rc;

    if ((rc = json_need_text(j, "format", TITLE_MAX, &format, e)) != 0 ||
        (rc = json_need_int(j, "version", 1, INT32_MAX, &version, e)) != 0)
        return rc;
    if (!str_equal(format, FORMAT))
        return err_set(e, ASSAY_EFORMAT, "this is no manifest of an assay package");
    if (version > MANIFEST_FORMAT_VERSION)
        return err_set(e, ASSAY_EVERSION,
                       "the package has format version %lld; this assay reads up to %d",
                       (long long)version, MANIFEST_FORMAT_VERSION);
    return ASSAY_OK;
}

static enum assay_err read_members(const struct json *j, struct manifest *m, struct err *e)
{
    const char *kind, *approved_at;
    enum assay_err rc;

    if ((rc = json_need_text(j, "kind", TITLE_MAX, &kind, e)) != 0 ||
        (rc = json_need_text(j, "package", TITLE_MAX, &m->package, e)) != 0 ||
        (rc = json_need_text(j, "workspace", TITLE_MAX, &m->workspace, e)) != 0 ||
        (rc = json_need_text(j, "label", TITLE_MAX, &m->label, e)) != 0 ||
        (rc = json_need_text(j, "scheme", SCHEME_NAME_MAX, &m->scheme, e)) != 0 ||
        (rc = json_need_int(j, "scheme_version", 1, INT32_MAX, &m->scheme_version, e)) != 0 ||
        (rc = json_need_int(j, "count", 1, INT64_MAX, &m->count, e)) != 0 ||
        (rc = read_codes(j, m, e)) != 0 ||
        (rc = json_need_int(j, "min_readings", 1, INT32_MAX, &m->min_readings, e)) != 0 ||
        (rc = json_need_text(j, "requested_by", TITLE_MAX, &m->requested_by, e)) != 0 ||
        (rc = json_need_text(j, "approved_by", TITLE_MAX, &m->approved_by, e)) != 0 ||
        (rc = json_need_text(j, "approved_at", CLOCK_TEXT_SIZE, &approved_at, e)) != 0 ||
        (rc = json_need_text(j, "software", TITLE_MAX, &m->software, e)) != 0 ||
        (rc = read_files(j, m, e)) != 0 ||
        (rc = read_hash(j, "content_sha256", m->content_sha256, e)) != 0 ||
        (rc = json_need_text(j, "record_entry", PROOF_MAX, &m->record_entry, e)) != 0 ||
        (rc = json_need_text(j, "record_proof", PROOF_MAX, &m->record_proof, e)) != 0 ||
        (rc = read_hash(j, "record_key", m->record_key, e)) != 0 ||
        (rc = json_need_text(j, "release_key", TITLE_MAX, &m->release_key, e)) != 0)
        return rc;
    m->kind = str_equal(kind, "training") ? SCHEME_TRAINING : SCHEME_LIVE;
    if (clock_parse(approved_at, &m->approved_ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "\"approved_at\" is no time");
    return ASSAY_OK;
}

enum assay_err manifest_read(struct arena *a, const void *bytes, size_t size, struct manifest *m,
                             struct err *e)
{
    struct manifest found = {0};
    struct json *j;
    struct buf again;
    enum assay_err rc;

    if (size > MANIFEST_TEXT_MAX)
        return err_set(e, ASSAY_EFORMAT, "the manifest is longer than %d bytes", MANIFEST_TEXT_MAX);
    if ((rc = json_parse(a, bytes, size, &j, e)) != 0 || (rc = read_version(j, e)) != 0 ||
        (rc = read_members(j, &found, e)) != 0)
        return rc;
    buf_init(&again, (size_t)8 * MANIFEST_TEXT_MAX);
    manifest_write(&again, &found);
    if (again.over || again.size != size || memcmp(again.data, bytes, size) != 0)
        rc = err_set(e, ASSAY_EFORMAT, "the manifest is not written as assay writes it");
    buf_clear(&again);
    if (rc == 0)
        *m = found;
    return rc;
}
