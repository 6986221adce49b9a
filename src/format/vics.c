/* VICS JSON: the document is never held whole, only one record of media at a time. */
#include "format/vics.h"

#include <string.h>

#include "base/str.h"
#include "format/utf16.h"

#define TOKEN_MAX   (1024 * 1024)              /* bytes */
#define RECORD_MAX  ((size_t)16 * 1024 * 1024) /* bytes of memory */
#define MEMBERS_MAX 200                        /* of a record, beside annotations */
#define SHOWN_SIZE  81                         /* bytes of a key quoted in an error, with the NUL */

/* A document being read. */
struct vics {
    struct json_reader *json;
    const struct vics_sink *sink;
    struct vics_context context;
    bool listed; /* a list of values was there */
};

/* What json_next gave last. */
struct token {
    enum json_token kind;
    const char *text;
    size_t size;
};

static enum assay_err next(struct vics *v, struct token *t, struct err *e)
{
    return json_next(v->json, &t->kind, &t->text, &t->size, e);
}

static bool is_context(const char *key)
{
    return str_equal(key, "@odata.context") || str_equal(key, "odata.metadata");
}

/* Other writers' links and types: nothing of the media. */
static bool is_annotation(const char *key)
{
    return strchr(key, '@') != NULL || strncmp(key, "odata.", 6) == 0;
}

static void copy_until(char *out, size_t size, const char *from, const char *end)
{
    const size_t length = (size_t)(end - from);

    if (length < size) {
        memcpy(out, from, length);
        out[length] = '\0';
    }
}

/* ".../ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases": version and region. */
static void read_context(struct vics_context *c, const char *text)
{
    static const char before[] = "ProjectVic/DataModels/";
    const char *version = strstr(text, before), *end, *region, *region_end;

    if (version == NULL || (end = strstr(version, ".xml")) == NULL)
        return;
    version += sizeof before - 1;
    if (version >= end || strspn(version, "0123456789.") < (size_t)(end - version))
        return;
    copy_until(c->version, sizeof c->version, version, end);
    region = end + strlen(".xml/");
    if (end[strlen(".xml")] == '/' && (region_end = strchr(region, '/')) != NULL)
        copy_until(c->region, sizeof c->region, region, region_end);
}

/* A record being put together from its members. */
struct record {
    struct arena *a;
    struct json *object, *last;
    uint64_t line;
    size_t room; /* bytes */
    bool is_case;
    struct err wrong; /* code ASSAY_OK: nothing yet */
};

static void add_member(struct record *r, char *key, struct json *value)
{
    char shown[SHOWN_SIZE];

    if (r->object->size == MEMBERS_MAX) {
        (void)err_set(&r->wrong, ASSAY_ELIMIT, "a record of more than %d members", MEMBERS_MAX);
        return;
    }
    if (json_get(r->object, key) != NULL) {
        (void)err_set(&r->wrong, ASSAY_EFORMAT, "\"%s\" stands twice in one record",
                      str_shown(key, shown, sizeof shown));
        return;
    }
    value->key = key;
    if (r->last == NULL)
        r->object->first = value;
    else
        r->last->next = value;
    r->last = value;
    r->object->size++;
}

static enum assay_err read_list(struct vics *v, const struct token *first, bool of_cases,
                                struct err *e);

static enum assay_err read_member(struct vics *v, struct record *r, bool may_be_case,
                                  struct token *t, struct err *e)
{
    char *key = arena_strndup(r->a, t->text, t->size);
    struct json *value = NULL;
    enum assay_err rc;

    if (is_annotation(key) || r->wrong.code != ASSAY_OK)
        return json_skip(v->json, e);
    if ((rc = next(v, t, e)) != ASSAY_OK)
        return rc;
    if (may_be_case && str_equal(key, "Media")) {
        v->context.cases += !r->is_case;
        r->is_case = true;
        return read_list(v, t, false, e);
    }
    rc = json_take(v->json, t->kind, t->text, t->size, r->a, &r->room, &value, &r->wrong, e);
    if (rc == ASSAY_OK && value != NULL)
        add_member(r, key, value);
    return rc;
}

static enum assay_err refuse(struct vics *v, const struct record *r, struct err *e)
{
    const char *why = r->wrong.text, *colon = strstr(why, ": ");

    if (strncmp(why, "line ", 5) == 0 && colon != NULL) /* the record's line is told */
        why = colon + 2;
    return v->sink->refused(v->sink->ctx, &v->context, r->line, why, e);
}

static enum assay_err end_object(struct vics *v, const struct record *r, struct err *e)
{
    const struct vics_sink *s = v->sink;

    if (r->is_case && s->head == NULL)
        return ASSAY_OK;
    if (r->wrong.code != ASSAY_OK)
        return refuse(v, r, e);
    return r->is_case ? s->head(s->ctx, &v->context, r->object, e)
                      : s->media(s->ctx, &v->context, r->object, e);
}

/* An object of a list, which has just begun: a case where it holds media, else a record of them. */
static enum assay_err read_object(struct vics *v, bool may_be_case, struct err *e)
{
    struct record r = {.a = arena_new(), .line = json_line(v->json), .room = RECORD_MAX};
    struct token t = {.kind = JSON_OBJECT_BEGIN};
    enum assay_err rc;

    v->context.offset = json_offset(v->json);
    r.object = arena_alloc(r.a, sizeof *r.object);
    r.object->kind = JSON_IS_OBJECT;
    r.object->line = r.line > UINT32_MAX ? UINT32_MAX : (uint32_t)r.line;
    while ((rc = next(v, &t, e)) == ASSAY_OK && t.kind == JSON_KEY) {
        if ((rc = read_member(v, &r, may_be_case, &t, e)) != ASSAY_OK)
            break;
    }
    if (rc == ASSAY_OK)
        rc = end_object(v, &r, e);
    arena_free(r.a);
    return rc;
}

/* The value of `value` or `Media`, whose first token was read: a list, one object, or nothing. */
static enum assay_err read_list(struct vics *v, const struct token *first, bool of_cases,
                                struct err *e)
{
    struct token t = *first;
    enum assay_err rc = ASSAY_OK;

    if (t.kind == JSON_OBJECT_BEGIN)
        return read_object(v, of_cases, e);
    if (t.kind != JSON_ARRAY_BEGIN)
        return ASSAY_OK;
    while (rc == ASSAY_OK && (rc = next(v, &t, e)) == ASSAY_OK && t.kind != JSON_ARRAY_END) {
        if (t.kind == JSON_OBJECT_BEGIN)
            rc = read_object(v, of_cases, e);
        else if ((rc = v->sink->refused(v->sink->ctx, &v->context, json_line(v->json),
                                        "no object: a record of media is one", e)) == ASSAY_OK)
            rc = json_skip(v->json, e);
    }
    return rc;
}

static enum assay_err read_root(struct vics *v, struct err *e)
{
    struct token t = {.kind = JSON_NULL};
    enum assay_err rc = next(v, &t, e);

    if (rc == ASSAY_OK && t.kind != JSON_OBJECT_BEGIN)
        return err_set(e, ASSAY_EFORMAT, "this is no VICS: it does not begin with an object");
    while (rc == ASSAY_OK && (rc = next(v, &t, e)) == ASSAY_OK && t.kind == JSON_KEY) {
        const bool context = is_context(t.text), list = str_equal(t.text, "value");
        if (!context && !list) {
            rc = json_skip(v->json, e);
        } else if ((rc = next(v, &t, e)) == ASSAY_OK) {
            if (list) {
                v->listed = true;
                rc = read_list(v, &t, true, e);
            } else if (t.kind == JSON_STRING) {
                read_context(&v->context, t.text);
            } else {
                rc = json_skip(v->json, e);
            }
        }
    }
    if (rc == ASSAY_OK)
        rc = next(v, &t, e); /* nothing may follow */
    if (rc == ASSAY_OK && v->sink->ended != NULL)
        v->sink->ended(v->sink->ctx, &v->context);
    if (rc == ASSAY_OK && !v->listed)
        rc = err_set(e, ASSAY_EFORMAT, "this is no VICS: no list of media (\"value\") is in it");
    return rc;
}

enum assay_err vics_read(json_fill *fill, void *fill_ctx, const struct vics_sink *sink,
                         struct err *e)
{
    struct utf16 text = {.fill = fill, .ctx = fill_ctx};
    struct vics v = {.json = json_reader_stream(utf16_fill, &text, TOKEN_MAX), .sink = sink};
    const enum assay_err rc = read_root(&v, e);

    json_reader_free(v.json);
    return rc;
}

/* Bytes being told: what is read of them so far. */
struct looked {
    const char *at;
    size_t left;
};

/* Whether the text stands next, which is passed then; or it may, of what bytes there are. */
static enum vics_guess stands(struct looked *l, const char *text)
{
    const size_t size = strlen(text), have = l->left < size ? l->left : size;

    if (memcmp(l->at, text, have) != 0)
        return VICS_NO;
    l->at += have;
    l->left -= have;
    return have == size ? VICS_YES : VICS_PERHAPS;
}

static void pass_blanks(struct looked *l)
{
    while (l->left > 0 && memchr(" \t\r\n", *l->at, 4) != NULL) {
        l->at++;
        l->left--;
    }
}

/* The first of them that stands next, or may. */
static enum vics_guess one_stands(struct looked *l, const char *const *texts)
{
    enum vics_guess guess = VICS_NO;

    for (; *texts != NULL && guess != VICS_YES; texts++) {
        struct looked copy = *l;
        const enum vics_guess one = stands(&copy, *texts);
        if (one == VICS_YES)
            *l = copy;
        guess = one == VICS_NO ? guess : one;
    }
    return guess;
}

enum vics_guess vics_begins(const void *bytes, size_t size)
{
    static const char *const contexts[] = {"\"@odata.", "\"odata.", NULL};
    static const char *const lists[] = {"[", "{", NULL};
    struct looked l = {bytes, size};
    enum vics_guess guess = size > 0 ? stands(&l, "\xff\xfe") : VICS_PERHAPS;

    if (guess != VICS_NO || (guess = stands(&l, "\xef\xbb\xbf")) == VICS_PERHAPS)
        return guess;
    pass_blanks(&l);
    if ((guess = stands(&l, "{")) != VICS_YES)
        return guess;
    pass_blanks(&l);
    if ((guess = one_stands(&l, contexts)) == VICS_YES)
        return guess;
    if (stands(&l, "\"value\"") != VICS_YES)
        return guess == VICS_PERHAPS || l.left == 0 ? VICS_PERHAPS : VICS_NO;
    pass_blanks(&l);
    if ((guess = stands(&l, ":")) != VICS_YES)
        return guess;
    pass_blanks(&l);
    return one_stands(&l, lists);
}
