/* Lists as JSON: an object a line with all that is known, and VICS as tools take a flat list. */
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"
#include "format/listout_impl.h"

#define TAGS_MAX ((size_t)16 * LISTFILE_LINE_MAX) /* more than a list may say */

static void hash(struct json_out *o, const char *name, const struct listout_record *r,
                 unsigned kind, const void *bytes, size_t size)
{
    if ((r->has & kind) != 0)
        json_hex(o, name, bytes, size);
}

const char *listout_jsonl(struct listout *w, const struct listout_record *r)
{
    const struct listfile_record *h = r->hashes;
    struct json_out o;

    if (r->has == 0)
        return "it has no hash that may go out";
    json_out_init(&o, w->b);
    json_object(&o, NULL);
    hash(&o, "md5", r, LISTFILE_MD5, h->md5, sizeof h->md5);
    hash(&o, "sha1", r, LISTFILE_SHA1, h->sha1, sizeof h->sha1);
    hash(&o, "sha256", r, LISTFILE_SHA256, h->sha256, sizeof h->sha256);
    hash(&o, "pdq", r, LISTFILE_PDQ, h->pdq, sizeof h->pdq);
    hash(&o, "pdq_oriented", r, LISTFILE_ORIENTED, h->pdq_oriented, sizeof h->pdq_oriented);
    if ((r->has & LISTFILE_PDQ) != 0 && h->quality >= 0)
        json_int(&o, "pdq_quality", h->quality);
    for (const struct json *m = r->says == NULL ? NULL : r->says->first; m != NULL; m = m->next) {
        if (listfile_column(m->key, strlen(m->key)) == 0) /* else it would be read as a hash */
            json_value(&o, m->key, m);
    }
    json_object_end(&o);
    buf_add_char(w->b, '\n');
    return NULL;
}

/* ---- VICS ---- */

static const struct vics_shape shape = {.version = "2.0", .region = "Default", .flat = true};

void listout_vics_begin(struct listout *w)
{
    vics_write_begin(&w->vics, &shape, w->b);
}

void listout_vics_end(struct listout *w)
{
    vics_write_end(&w->vics);
}

/* -1: none is given for the record's code. */
static int64_t category(const struct listout_categories *all, const char *code)
{
    int64_t others = -1;

    for (size_t i = 0; i < all->count; i++) {
        if (code != NULL && str_equal(all->of[i].code, code))
            return all->of[i].category;
        if (str_equal(all->of[i].code, "*"))
            others = all->of[i].category;
    }
    return others;
}

static void other(struct json_out *o, const char *name, const struct listfile_record *h,
                  const uint8_t *bytes)
{
    json_object(o, NULL);
    json_hex(o, "MD5", h->md5, sizeof h->md5);
    json_text(o, "HashName", name);
    json_hex(o, "HashValue", bytes, 32);
    json_object_end(o);
}

const char *listout_vics(struct listout *w, const struct listout_record *r)
{
    const int64_t number = category(w->categories, listout_text(r, "code"));
    const struct listfile_record *h = r->hashes;
    struct json_out *o = &w->vics.out;
    struct buf tags;

    if ((r->has & LISTFILE_MD5) == 0)
        return "it has no MD5";
    if (number < 0)
        return "no category is given for its code";
    buf_init(&tags, TAGS_MAX);
    listout_tags(r, ',', &tags);
    json_object(o, NULL);
    json_int(o, "MediaID", w->records + 1);
    json_int(o, "Category", number);
    json_hex(o, "MD5", h->md5, sizeof h->md5);
    if ((r->has & LISTFILE_SHA1) != 0)
        json_hex(o, "SHA1", h->sha1, sizeof h->sha1);
    if (tags.size > 0)
        json_text(o, "Tags", buf_cstr(&tags));
    if ((r->has & (LISTFILE_SHA256 | LISTFILE_PDQ)) != 0) {
        json_array(o, "AlternativeHashes");
        if ((r->has & LISTFILE_SHA256) != 0)
            other(o, "SHA256", h, h->sha256);
        if ((r->has & LISTFILE_PDQ) != 0)
            other(o, "PDQ", h, h->pdq);
        json_array_end(o);
    }
    json_object_end(o);
    buf_clear(&tags);
    return NULL;
}
