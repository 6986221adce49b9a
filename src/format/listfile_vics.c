/* A list in VICS JSON: hashes of each record of media, and what a look-up may say of it. */
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"
#include "format/vics.h"

/* Members that are not given back: hashes, which are a record's own; where others found the file,
 * which is none of a look-up's business; and what has a name that we give. */
static bool is_kept_back(const char *key)
{
    static const char *const keys[] = {
        "AlternativeHashes", "PhotoDNA", "MediaFiles", "Exifs", "RelativeFilePath", "Cases",
        "Identifiers",       "MD5",      "SHA1",       "tags",  "series",           "vics_version",
        "vics_region"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (str_equal(key, keys[i]))
            return true;
    }
    return false;
}

static const char *text_of(const struct json *object, const char *key)
{
    const struct json *m = json_get(object, key);

    return m != NULL && m->kind == JSON_IS_STRING && m->size > 0 ? m->text : NULL;
}

static const char *take_named(const struct json *media, const char *key, unsigned bit,
                              struct listfile_record *r)
{
    const struct json *m = json_get(media, key);

    if (m == NULL || m->kind == JSON_IS_NULL || (m->kind == JSON_IS_STRING && m->size == 0))
        return NULL;
    return m->kind == JSON_IS_STRING ? listfile_value(m->text, bit, r)
                                     : "a hash is a string of hex digits";
}

/* Hashes of kinds that we do not know stand there as well; SHA-1 often a second time. */
static const char *take_others(const struct json *media, struct listfile_record *r)
{
    const struct json *all = json_get(media, "AlternativeHashes");
    const char *why = NULL;

    for (const struct json *h = all != NULL ? all->first : NULL; h != NULL && why == NULL;
         h = h->next) {
        const char *name = text_of(h, "HashName"), *value = text_of(h, "HashValue");
        const unsigned bit = name != NULL ? listfile_kind(name, strlen(name)) : 0;

        if (bit == 0 || value == NULL)
            continue;
        why = listfile_again(value, bit, r);
    }
    return why;
}

/* One text with commas between, as VICS has tags and series, is a list of them. */
static void write_parts(struct json_out *o, const char *key, const char *text)
{
    json_array(o, key);
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        const char *part = text;

        text += size + (text[size] == ',');
        while (size > 0 && part[0] == ' ') {
            part++;
            size--;
        }
        while (size > 0 && part[size - 1] == ' ')
            size--;
        if (size > 0)
            json_text_n(o, NULL, part, size);
    }
    json_array_end(o);
}

static void write_says(struct listfile *f, const struct vics_context *c, const struct json *media)
{
    struct json_out o;

    buf_reset(&f->says);
    json_out_init(&o, &f->says);
    json_object(&o, NULL);
    if (c->version[0] != '\0')
        json_text(&o, "vics_version", c->version);
    if (c->region[0] != '\0')
        json_text(&o, "vics_region", c->region);
    for (const struct json *m = media->first; m != NULL; m = m->next) {
        const bool parts =
            m->kind == JSON_IS_STRING && (str_equal(m->key, "Tags") || str_equal(m->key, "Series"));

        if (parts)
            write_parts(&o, str_equal(m->key, "Tags") ? "tags" : "series", m->text);
        else if (m->kind != JSON_IS_NULL && !is_kept_back(m->key))
            json_value(&o, m->key, m);
    }
    json_object_end(&o);
}

static enum assay_err take_media(void *ctx, const struct vics_context *context,
                                 const struct json *media, struct err *e)
{
    struct listfile *f = ctx;
    struct listfile_record r = {.line = media->line, .quality = -1};
    const char *why = take_named(media, "MD5", LISTFILE_MD5, &r);

    f->line = media->line;
    if (why == NULL)
        why = take_named(media, "SHA1", LISTFILE_SHA1, &r);
    if (why == NULL)
        why = take_others(media, &r);
    if (why == NULL && r.has == 0)
        why = "no hash: MD5, SHA1 or one of AlternativeHashes is wanted";
    if (why != NULL)
        return listfile_refuse(f, why, e);
    write_says(f, context, media);
    return listfile_give(f, &r, e);
}

static enum assay_err refuse(void *ctx, const struct vics_context *context, uint64_t line,
                             const char *reason, struct err *e)
{
    struct listfile *f = ctx;

    (void)context;
    f->line = line;
    return listfile_refuse(f, reason, e);
}

/* What was read to tell the form, then the rest. */
static size_t fill_from(void *ctx, void *out, size_t size)
{
    struct listfile *f = ctx;
    const size_t n = f->in.size - f->at < size ? f->in.size - f->at : size;

    if (n == 0)
        return f->ended ? 0 : f->fill(f->fill_ctx, out, size);
    memcpy(out, f->in.data + f->at, n);
    f->at += n;
    return n;
}

enum assay_err listfile_vics(struct listfile *f, struct err *e)
{
    const struct vics_sink sink = {.ctx = f, .media = take_media, .refused = refuse};

    return vics_read(fill_from, f, &sink, e);
}
