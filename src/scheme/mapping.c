/* Reads mappings, and applies them. */
#include "scheme/mapping.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define SOURCE_MAX  400
#define VERSION_MAX 1000000

static const char *const kinds[] = {"undefined", "lossy", "exact"};

const char *mapping_kind_name(enum mapping_kind k)
{
    return kinds[k];
}

static enum assay_err wrong(const struct json *at, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "line %u: %s", at->line, what);
}

static bool is_of(const char *text, const char *set)
{
    return text[0] != '\0' && text[strspn(text, set)] == '\0';
}

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789-"
#define CODE  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_" LOWER

static enum assay_err read_when(struct arena *a, const struct json *j, struct mapping_cell *c,
                                struct err *e)
{
    const struct json *list = json_get(j, "when");
    size_t count = 0;

    c->when = arena_alloc(a, (MAPPING_WHEN_MAX + 1) * sizeof *c->when);
    if (list == NULL)
        return ASSAY_OK;
    if (list->kind != JSON_IS_ARRAY || list->size < 1 || list->size > MAPPING_WHEN_MAX)
        return wrong(list, "when is a list of 1 to 8 tags", e);
    for (const struct json *t = list->first; t != NULL; t = t->next) {
        if (t->kind != JSON_IS_STRING || t->size > 2 * SCHEME_NAME_MAX + 1 ||
            !is_of(t->text, ":" LOWER) || strchr(t->text, ':') == NULL)
            return wrong(t, "a tag is written group:tag", e);
        c->when[count++] = t->text;
    }
    return ASSAY_OK;
}

static enum assay_err read_cell(struct arena *a, const struct json *j, struct mapping_cell *c,
                                struct err *e)
{
    static const char *const members[] = {"code", "when", "kind", "to", "note", NULL};
    const char *kind;
    enum assay_err rc;

    if (j->kind != JSON_IS_OBJECT)
        return wrong(j, "a cell is an object", e);
    if ((rc = json_only(j, members, e)) != 0 ||
        (rc = json_need_text(j, "code", SCHEME_CODE_MAX, &c->code, e)) != 0 ||
        (rc = json_need_text(j, "kind", 20, &kind, e)) != 0 ||
        (rc = json_want_text(j, "to", SCHEME_CODE_MAX, &c->to, e)) != 0 ||
        (rc = json_want_text(j, "note", SOURCE_MAX, &c->note, e)) != 0)
        return rc;
    while (c->kind <= MAPPING_EXACT && !str_equal(kind, kinds[c->kind]))
        c->kind++;
    if (c->kind > MAPPING_EXACT)
        return wrong(j, "kind is exact, lossy or undefined", e);
    if ((c->kind == MAPPING_UNDEFINED) != (c->to == NULL))
        return wrong(j, "a cell has \"to\" unless it is undefined", e);
    if (!is_of(c->code, CODE) || (c->to != NULL && !is_of(c->to, CODE)))
        return wrong(j, "a code has letters, digits, _ and -", e);
    return read_when(a, j, c, e);
}

static bool same_condition(const struct mapping_cell *x, const struct mapping_cell *y)
{
    size_t i = 0;

    while (x->when[i] != NULL && y->when[i] != NULL && str_equal(x->when[i], y->when[i]))
        i++;
    return str_equal(x->code, y->code) && x->when[i] == NULL && y->when[i] == NULL;
}

static enum assay_err read_cells(struct arena *a, const struct json *root, struct mapping *m,
                                 struct err *e)
{
    const struct json *list = json_get(root, "cells");
    enum assay_err rc;

    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size == 0)
        return wrong(list == NULL ? root : list, "cells is a list", e);
    if (list->size > MAPPING_CELLS_MAX)
        return err_set(e, ASSAY_ELIMIT, "line %u: cells has more than %d entries", list->line,
                       MAPPING_CELLS_MAX);
    m->cells = arena_alloc(a, list->size * sizeof *m->cells);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        struct mapping_cell *c = &m->cells[m->cell_count];
        if ((rc = read_cell(a, j, c, e)) != ASSAY_OK)
            return rc;
        for (size_t i = 0; i < m->cell_count; i++) {
            if (same_condition(&m->cells[i], c))
                return wrong(j, "this code stands there twice under the same tags", e);
            if (str_equal(m->cells[i].code, c->code) && m->cells[i].when[0] == NULL)
                return wrong(j, "it stands behind one that always fits", e);
        }
        m->cell_count++;
    }
    return ASSAY_OK;
}

enum assay_err mapping_parse(struct arena *a, const void *text, size_t size, struct mapping **out,
                             struct err *e)
{
    static const char *const members[] = {"from", "to", "version", "source", "cells", NULL};
    struct mapping *m = arena_alloc(a, sizeof *m);
    struct json *root;
    enum assay_err rc;

    if (size > MAPPING_TEXT_MAX)
        return err_set(e, ASSAY_ELIMIT, "a mapping has at most %d bytes", MAPPING_TEXT_MAX);
    if ((rc = json_parse(a, text, size, &root, e)) != ASSAY_OK)
        return rc;
    if (root->kind != JSON_IS_OBJECT)
        return wrong(root, "a mapping is an object", e);
    if ((rc = json_only(root, members, e)) != 0 ||
        (rc = json_need_text(root, "from", SCHEME_NAME_MAX, &m->from, e)) != 0 ||
        (rc = json_need_text(root, "to", SCHEME_NAME_MAX, &m->to, e)) != 0 ||
        (rc = json_need_text(root, "source", SOURCE_MAX, &m->source, e)) != 0 ||
        (rc = json_need_int(root, "version", 1, VERSION_MAX, &m->version, e)) != 0)
        return rc;
    if (!is_of(m->from, LOWER) || !is_of(m->to, LOWER) || str_equal(m->from, m->to))
        return wrong(root, "from and to are two schemes: a-z, 0-9 and -", e);
    if ((rc = read_cells(a, root, m, e)) != ASSAY_OK)
        return rc;
    *out = m;
    return ASSAY_OK;
}

/* Whether the tag is one of those between the blanks. */
static bool has_tag(const char *tags, const char *tag)
{
    const size_t size = strlen(tag);

    while (*tags != '\0') {
        const size_t one = strcspn(tags, " ");
        if (one == size && memcmp(tags, tag, size) == 0)
            return true;
        tags += one + (tags[one] == ' ');
    }
    return false;
}

const struct mapping_cell *mapping_find(const struct mapping *m, const char *code, const char *tags)
{
    for (size_t i = 0; i < m->cell_count; i++) {
        const struct mapping_cell *c = &m->cells[i];
        size_t fit = 0;
        while (c->when[fit] != NULL && has_tag(tags, c->when[fit]))
            fit++;
        if (str_equal(c->code, code) && c->when[fit] == NULL)
            return c;
    }
    return NULL;
}

enum assay_err mapping_between(struct arena *a, const char *from, const char *to,
                               struct mapping **out, struct err *e)
{
    char wanted[2 * SCHEME_NAME_MAX + 16];
    const char *name, *text;
    size_t size;

    (void)snprintf(wanted, sizeof wanted, "%.40s--%.40s.json", from, to);
    for (size_t i = 0; (text = mapping_builtin(i, &name, &size)) != NULL; i++) {
        if (str_equal(name, wanted))
            return mapping_parse(a, text, size, out, e);
    }
    return err_set(e, ASSAY_ENOTFOUND, "there is no mapping from %.40s to %.40s", from, to);
}
