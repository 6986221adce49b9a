/* An object a line: members with hashes, and all others as they are. */
#include <string.h>

#include "base/str.h"
#include "format/listfile_impl.h"

/* Whoever calls something else `hash` has it back as it is. */
static bool is_text(const struct json *m)
{
    return m->kind == JSON_IS_STRING || m->kind == JSON_IS_NULL;
}

/* A member that this reader knows into r, or the hash of no named kind into *unnamed. */
static const char *take_member(const struct json *m, unsigned column, struct listfile_record *r,
                               const char **unnamed)
{
    int64_t number;

    if (m->kind == JSON_IS_NULL || (m->kind == JSON_IS_STRING && m->size == 0))
        return NULL;
    if (column == LISTFILE_REASON) {
        r->unmatchable = true;
        return NULL;
    }
    if (column == LISTFILE_QUALITY) {
        if (m->kind != JSON_IS_NUMBER || str_int64(m->text, 0, 100, &number) != ASSAY_OK)
            return "a quality is a whole number from 0 to 100";
        if (r->quality >= 0)
            return "two qualities";
        r->quality = (int)number;
        return NULL;
    }
    if (m->kind != JSON_IS_STRING)
        return "a hash is a string of hex digits";
    if (column != LISTFILE_UNNAMED)
        return listfile_value(m->text, column, r);
    if (*unnamed != NULL)
        return "two hashes of one kind";
    *unnamed = m->text;
    return NULL;
}

static const char *take_object(struct listfile *f, const struct json *root,
                               struct listfile_record *r)
{
    struct json_out o;
    const char *why = NULL, *unnamed = NULL;

    if (root->kind != JSON_IS_OBJECT)
        return "no object: JSON Lines have one on each line";
    buf_reset(&f->says);
    json_out_init(&o, &f->says);
    json_object(&o, NULL);
    for (const struct json *m = root->first; m != NULL && why == NULL; m = m->next) {
        const unsigned column = listfile_column(m->key, strlen(m->key));

        if (column != 0 && (column != LISTFILE_UNNAMED || is_text(m)))
            why = take_member(m, column, r, &unnamed);
        else
            json_value(&o, m->key, m);
    }
    json_object_end(&o);
    if (why == NULL && unnamed != NULL)
        why = listfile_unnamed(unnamed, r);
    if (why != NULL)
        return why;
    return r->has == 0 ? "no hash: md5, sha1, sha256 or pdq is wanted" : NULL;
}

static enum assay_err read_line(struct listfile *f, const char *line, size_t size, struct err *e)
{
    struct listfile_record r = {.line = f->line, .quality = -1};
    struct arena *a = arena_new();
    struct json *root;
    struct err why;
    enum assay_err rc = json_parse(a, line, size, &root, &why);

    if (rc != ASSAY_OK) {
        rc = listfile_refuse(f, why.text + strlen("line 1, "), e); /* the caller says which */
    } else {
        const char *words = take_object(f, root, &r);

        rc = words != NULL ? listfile_refuse(f, words, e) : listfile_give(f, &r, e);
    }
    arena_free(a);
    return rc;
}

enum assay_err listfile_jsonl(struct listfile *f, const char *first, size_t size, struct err *e)
{
    struct err why;
    const char *line;

    if (first[1 + strspn(first + 1, " \t")] == '\0')
        return err_set(e, ASSAY_EFORMAT, "this is one JSON document, and not an object a line");
    enum assay_err rc = read_line(f, first, size, e);
    while (rc == ASSAY_OK) {
        rc = listfile_line(f, &line, &size, &why);
        if (rc == ASSAY_ENOTFOUND)
            return ASSAY_OK;
        if (rc != ASSAY_OK)
            rc = listfile_refuse(f, why.text, e);
        else if (line[strspn(line, " \t")] != '\0')
            rc = read_line(f, line, size, e);
    }
    return rc;
}
