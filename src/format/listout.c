/* The table of writers of lists, what goes out at all, and the forms of a hash a line. */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "format/listout_impl.h"

#define QUALITY_MIN 50 /* below it PDQ is not to be matched on */

/* ---- text ---- */

static void add_hex(struct buf *b, const void *bytes, size_t size)
{
    char hex[2 * 32 + 1];

    str_hex(bytes, size, hex);
    buf_add_str(b, hex);
}

static const char *hash_line(struct listout *w, const struct listout_record *r, unsigned kind)
{
    const struct listfile_record *h = r->hashes;

    if ((r->has & kind) == 0)
        return kind == LISTFILE_MD5      ? "it has no MD5"
               : kind == LISTFILE_SHA1   ? "it has no SHA-1"
               : kind == LISTFILE_SHA256 ? "it has no SHA-256"
                                         : "it has no PDQ to match on";
    if (kind == LISTFILE_MD5)
        add_hex(w->b, h->md5, sizeof h->md5);
    else if (kind == LISTFILE_SHA1)
        add_hex(w->b, h->sha1, sizeof h->sha1);
    else
        add_hex(w->b, kind == LISTFILE_SHA256 ? h->sha256 : h->pdq, 32);
    return NULL;
}

static const char *plain(struct listout *w, const struct listout_record *r, unsigned kind)
{
    const char *why = hash_line(w, r, kind);

    if (why == NULL)
        buf_add_char(w->b, '\n');
    return why;
}

static const char *plain_md5(struct listout *w, const struct listout_record *r)
{
    return plain(w, r, LISTFILE_MD5);
}

static const char *plain_sha1(struct listout *w, const struct listout_record *r)
{
    return plain(w, r, LISTFILE_SHA1);
}

static const char *plain_sha256(struct listout *w, const struct listout_record *r)
{
    return plain(w, r, LISTFILE_SHA256);
}

/* Of a picture that EXIF turns, both. */
static const char *plain_pdq(struct listout *w, const struct listout_record *r)
{
    const char *why = plain(w, r, LISTFILE_PDQ);

    if (why == NULL && (r->has & LISTFILE_ORIENTED) != 0) {
        add_hex(w->b, r->hashes->pdq_oriented, 32);
        buf_add_char(w->b, '\n');
    }
    return why;
}

static const char *sum(struct listout *w, const struct listout_record *r, unsigned kind)
{
    const char *why = hash_line(w, r, kind);
    char name[LISTOUT_NAME_SIZE];

    if (why == NULL)
        buf_addf(w->b, "  %s\n", listout_name(r, name));
    return why;
}

static const char *md5sum(struct listout *w, const struct listout_record *r)
{
    return sum(w, r, LISTFILE_MD5);
}

static const char *sha1sum(struct listout *w, const struct listout_record *r)
{
    return sum(w, r, LISTFILE_SHA1);
}

static const char *sha256sum(struct listout *w, const struct listout_record *r)
{
    return sum(w, r, LISTFILE_SHA256);
}

/* python-threatexchange knows PDQ of pictures and MD5 of films, and no MD5 of pictures. */
static const char *local_file(struct listout *w, const struct listout_record *r)
{
    const char *mime = listout_text(r, "mime"), *vics_mime = listout_text(r, "MimeType");
    const bool is_film = (mime != NULL && str_starts(mime, "video/")) ||
                         (vics_mime != NULL && str_starts(vics_mime, "video/"));
    const bool has_md5 = is_film && (r->has & LISTFILE_MD5) != 0;

    if ((r->has & (LISTFILE_PDQ | LISTFILE_ORIENTED)) == 0 && !has_md5)
        return "it has no PDQ to match on, and is no video with an MD5";
    if ((r->has & LISTFILE_PDQ) != 0) {
        buf_add_str(w->b, "pdq ");
        (void)plain(w, r, LISTFILE_PDQ);
    }
    if ((r->has & LISTFILE_ORIENTED) != 0) {
        buf_add_str(w->b, "pdq ");
        add_hex(w->b, r->hashes->pdq_oriented, 32);
        buf_add_char(w->b, '\n');
    }
    if (has_md5) {
        buf_add_str(w->b, "video_md5 ");
        (void)plain(w, r, LISTFILE_MD5);
    }
    return NULL;
}

/* ---- the table ---- */

struct listout_form {
    const char *name;
    listout_edge *begin;
    listout_write *row;
    listout_edge *end;
};

static const struct listout_form forms[] = {
    {"md5", NULL, plain_md5, NULL},
    {"sha1", NULL, plain_sha1, NULL},
    {"sha256", NULL, plain_sha256, NULL},
    {"pdq", NULL, plain_pdq, NULL},
    {"md5sum", NULL, md5sum, NULL},
    {"sha1sum", NULL, sha1sum, NULL},
    {"sha256sum", NULL, sha256sum, NULL},
    {"csv", listout_csv_begin, listout_csv, NULL},
    {"jsonl", NULL, listout_jsonl, NULL},
    {"vics", listout_vics_begin, listout_vics, listout_vics_end},
    {"icse", listout_icse_begin, listout_icse, NULL},
    {"nsrl", listout_nsrl_begin, listout_nsrl, NULL},
    {"local-file", NULL, local_file, NULL},
};
#define FORMS (sizeof forms / sizeof forms[0])

const struct listout_form *listout_form(const char *name)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (str_equal(forms[i].name, name))
            return &forms[i];
    }
    return NULL;
}

const char *listout_form_name(size_t index)
{
    return index < FORMS ? forms[index].name : NULL;
}

bool listout_is_graded(const struct listout_form *form)
{
    return form->row == listout_vics;
}

void listout_begin(struct listout *w, const struct listout_form *form,
                   const struct listout_categories *categories, struct buf *b)
{
    assert(categories != NULL || !listout_is_graded(form));
    *w = (struct listout){.form = form, .categories = categories, .b = b};
    if (form->begin != NULL)
        form->begin(w);
}

void listout_end(struct listout *w)
{
    if (w->form->end != NULL)
        w->form->end(w);
}

const char *listout_row(struct listout *w, const struct listfile_record *r)
{
    const bool poor = r->unmatchable || (r->quality >= 0 && r->quality < QUALITY_MIN);
    const unsigned pdqs = LISTFILE_PDQ | LISTFILE_ORIENTED, both = LISTFILE_SHA256 | LISTFILE_PDQ;
    struct listout_record out = {.hashes = r, .has = poor ? r->has & ~pdqs : r->has};
    struct arena *a = arena_new();
    struct json *says = NULL;
    const char *why;

    if ((r->has & both) == both && memcmp(r->sha256, r->pdq, sizeof r->pdq) == 0) {
        why = "its list does not say whether it is a SHA-256 or a PDQ";
        goto out;
    }
    if (json_parse(a, r->says, r->says_size, &says, NULL) != ASSAY_OK)
        says = NULL;
    out.says = says;
    why = w->form->row(w, &out);
    if (why == NULL)
        w->records++;
out:
    arena_free(a);
    return why;
}

/* ---- what the forms share ---- */

const char *listout_text(const struct listout_record *r, const char *name)
{
    const struct json *m = json_get(r->says, name);

    return m != NULL && m->kind == JSON_IS_STRING && m->size > 0 ? m->text : NULL;
}

const char *listout_name(const struct listout_record *r, char name[LISTOUT_NAME_SIZE])
{
    const char *text = listout_text(r, "text"), *code = listout_text(r, "code");

    text = text != NULL ? text : code != NULL ? code : "-";
    return str_shown(text, name, LISTOUT_NAME_SIZE);
}

void listout_tags(const struct listout_record *r, char between, struct buf *b)
{
    const struct json *tags = json_get(r->says, "tags");

    if (tags != NULL && tags->kind == JSON_IS_STRING) { /* of CSV: with blanks between */
        for (const char *at = tags->text; *at != '\0'; at++)
            buf_add_char(b, *at == ' ' ? between : *at);
        return;
    }
    if (tags == NULL || tags->kind != JSON_IS_ARRAY)
        return;
    for (const struct json *t = tags->first; t != NULL; t = t->next) {
        if (t->kind != JSON_IS_STRING || t->size == 0 || strchr(t->text, between) != NULL)
            continue;
        if (b->size > 0)
            buf_add_char(b, between);
        buf_add_str(b, t->text);
    }
}

static enum assay_err read_category(const char *text, size_t size, struct listout_category *out)
{
    const char *sign = memchr(text, '=', size);
    char number[8];

    if (sign == NULL || sign == text || sign - text > LISTOUT_CODE_MAX ||
        size - (size_t)(sign - text) > sizeof number)
        return ASSAY_EFORMAT;
    const size_t digits = size - (size_t)(sign + 1 - text);
    memcpy(out->code, text, (size_t)(sign - text));
    out->code[sign - text] = '\0';
    memcpy(number, sign + 1, digits);
    number[digits] = '\0';
    return str_int64(number, 0, 255, &out->category);
}

enum assay_err listout_read_categories(const char *text, struct listout_categories *out,
                                       struct err *e)
{
    out->count = 0;
    for (;;) {
        const size_t size = strcspn(text, ",");

        if (out->count == LISTOUT_CATEGORIES_MAX ||
            read_category(text, size, &out->of[out->count]) != ASSAY_OK)
            return err_set(e, ASSAY_EFORMAT,
                           "categories are CODE=NUMBER with commas between, such as A=1,B=2,*=0: "
                           "numbers from 0 to 255, at most %d",
                           LISTOUT_CATEGORIES_MAX);
        out->count++;
        if (text[size] == '\0')
            return ASSAY_OK;
        text += size + 1;
    }
}
