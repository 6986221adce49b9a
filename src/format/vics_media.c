/* Reads what intake needs of a record of VICS media. */
#include "format/vics_media.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

#define PATH_BYTES_MAX 4000

/* A text that says something; NULL: absent, null, empty or no text. */
static const char *text_of(const struct json *object, const char *key)
{
    const struct json *m = json_get(object, key);

    return m != NULL && m->kind == JSON_IS_STRING && m->size > 0 ? m->text : NULL;
}

static bool is_absent(const struct json *m)
{
    return m == NULL || m->kind == JSON_IS_NULL || (m->kind == JSON_IS_STRING && m->size == 0);
}

static enum assay_err read_hash(const struct json *m, const char *key, uint8_t *out, size_t size,
                                bool *has, struct err *e)
{
    if (is_absent(m))
        return ASSAY_OK;
    if (m->kind != JSON_IS_STRING || str_unhex(m->text, out, size) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s is no text of %zu hex digits", key, 2 * size);
    *has = true;
    return ASSAY_OK;
}

static enum assay_err read_number(const struct json *media, const char *key, int64_t max,
                                  int64_t *out, struct err *e)
{
    const struct json *m = json_get(media, key);

    if (is_absent(m))
        return ASSAY_OK;
    if ((m->kind != JSON_IS_NUMBER && m->kind != JSON_IS_STRING) ||
        str_int64(m->text, 0, max, out) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s is no whole number of 0 to %lld", key, (long long)max);
    return ASSAY_OK;
}

/* Tools write SHA256 and SHA-256; a second SHA-1 or MD5 says nothing new. */
static enum assay_err read_sha256(const struct json *media, struct vics_media *out, struct err *e)
{
    const struct json *all = json_get(media, "AlternativeHashes");
    enum assay_err rc = ASSAY_OK;

    if (all == NULL || all->kind != JSON_IS_ARRAY)
        return ASSAY_OK;
    for (const struct json *h = all->first; h != NULL && rc == ASSAY_OK; h = h->next) {
        const char *name = text_of(h, "HashName");
        if (name != NULL && (strcasecmp(name, "SHA256") == 0 || strcasecmp(name, "SHA-256") == 0))
            rc = read_hash(json_get(h, "HashValue"), "SHA256", out->sha256, sizeof out->sha256,
                           &out->has_sha256, e);
    }
    return rc;
}

/* Whether no part of it is "..": with slashes already. */
static bool stays_inside(const char *path)
{
    while (*path != '\0') {
        size_t size = strcspn(path, "/");
        if (size == 2 && path[0] == '.' && path[1] == '.')
            return false;
        path += size + (path[size] == '/');
    }
    return true;
}

static enum assay_err read_path(struct arena *a, const struct json *media, struct vics_media *out,
                                struct err *e)
{
    const char *text = text_of(media, "RelativeFilePath");
    char *path;

    if (text == NULL)
        return ASSAY_OK;
    path = arena_strdup(a, text);
    for (char *c = path; *c != '\0'; c++)
        *c = *c == '\\' ? '/' : *c;
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    if (path[0] == '/' || (path[0] != '\0' && path[1] == ':'))
        return err_set(e, ASSAY_EFORMAT, "RelativeFilePath is absolute");
    if (!stays_inside(path))
        return err_set(e, ASSAY_EFORMAT, "RelativeFilePath leads out of its folder");
    if (strlen(path) > PATH_BYTES_MAX)
        return err_set(e, ASSAY_EFORMAT, "RelativeFilePath has more than %d bytes", PATH_BYTES_MAX);
    out->path = path[0] == '\0' ? NULL : path;
    return ASSAY_OK;
}

static void read_name(const struct json *media, struct vics_media *out)
{
    const struct json *files = json_get(media, "MediaFiles");

    out->name = text_of(media, "Name"); /* before 1.2 */
    if (files != NULL && files->kind == JSON_IS_ARRAY && files->first != NULL &&
        text_of(files->first, "FileName") != NULL)
        out->name = text_of(files->first, "FileName");
}

enum assay_err vics_media_read(struct arena *a, const struct json *media, struct vics_media *out,
                               struct err *e)
{
    enum assay_err rc;

    *out = (struct vics_media){.size = -1, .category = -1};
    if ((rc = read_hash(json_get(media, "MD5"), "MD5", out->md5, sizeof out->md5, &out->has_md5,
                        e)) != 0 ||
        (rc = read_hash(json_get(media, "SHA1"), "SHA1", out->sha1, sizeof out->sha1,
                        &out->has_sha1, e)) != 0 ||
        (rc = read_sha256(media, out, e)) != 0 ||
        (rc = read_number(media, "MediaSize", INT64_MAX, &out->size, e)) != 0 ||
        (rc = read_number(media, "Category", 255, &out->category, e)) != 0 ||
        (rc = read_path(a, media, out, e)) != 0)
        return rc;
    read_name(media, out);
    if (!out->has_md5 && !out->has_sha1 && !out->has_sha256 && out->path == NULL)
        return err_set(e, ASSAY_EFORMAT, "there is neither a hash nor a RelativeFilePath");
    return ASSAY_OK;
}
