/* A JSON document as a tree in an arena, and members taken from it with checks. */
#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SORT_FROM 16 /* members; below, comparing each with each is cheaper than sorting */

static int by_key(const void *a, const void *b)
{
    const struct json *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);

    return order != 0 ? order : (int)((*x)->line > (*y)->line) - (int)((*x)->line < (*y)->line);
}

#define SHOWN_SIZE 81 /* bytes of a key quoted in an error, with the NUL */

static enum assay_err twice(const struct json *member, struct err *e)
{
    char key[SHOWN_SIZE];

    return err_set(e, ASSAY_EFORMAT, "line %u: \"%s\" stands twice in one object", member->line,
                   str_shown(member->key, key, sizeof key));
}

/* Two parsers of one text may choose different members of one name; so such a text is refused. */
static enum assay_err refuse_double_keys(const struct json *object, struct err *e)
{
    enum assay_err rc = ASSAY_OK;

    if (object->size <= SORT_FROM) {
        for (const struct json *m = object->first; m != NULL; m = m->next) {
            for (const struct json *n = object->first; n != m; n = n->next) {
                if (str_equal(m->key, n->key))
                    return twice(m, e);
            }
        }
        return ASSAY_OK;
    }
    const struct json **sorted = mem_array(object->size, sizeof *sorted);
    size_t count = 0;
    for (const struct json *m = object->first; m != NULL; m = m->next)
        sorted[count++] = m;
    assert(count == object->size);
    qsort(sorted, count, sizeof *sorted, by_key);
    for (size_t i = 1; i < count && rc == 0; i++) {
        if (str_equal(sorted[i - 1]->key, sorted[i]->key))
            rc = twice(sorted[i], e);
    }
    mem_free(sorted);
    return rc;
}

/* The open objects and arrays while the tree grows. */
struct builder {
    struct arena *a;
    struct json *root;
    struct json *open[JSON_DEPTH_MAX], *tail[JSON_DEPTH_MAX]; /* tail: last child so far */
    size_t depth;
    const char *key; /* waits for its value */
    size_t bytes;    /* of memory, so far */
};

static struct json *add_node(struct builder *b, enum json_kind kind, uint64_t line)
{
    struct json *node = arena_alloc(b->a, sizeof *node);

    b->bytes += sizeof *node;
    node->kind = kind;
    node->line = line > UINT32_MAX ? UINT32_MAX : (uint32_t)line;
    node->key = b->key;
    b->key = NULL;
    if (b->depth == 0) {
        b->root = node;
        return node;
    }
    struct json *parent = b->open[b->depth - 1], **tail = &b->tail[b->depth - 1];
    if (*tail == NULL)
        parent->first = node;
    else
        (*tail)->next = node;
    *tail = node;
    parent->size++;
    return node;
}

static void open_node(struct builder *b, enum json_kind kind, uint64_t line)
{
    struct json *node = add_node(b, kind, line);

    assert(b->depth < JSON_DEPTH_MAX);
    b->open[b->depth] = node;
    b->tail[b->depth] = NULL;
    b->depth++;
}

static enum assay_err add_token(struct builder *b, enum json_token token, const char *text,
                                size_t size, uint64_t line, struct err *e)
{
    struct json *node;

    switch (token) {
    case JSON_OBJECT_BEGIN:
        open_node(b, JSON_IS_OBJECT, line);
        break;
    case JSON_ARRAY_BEGIN:
        open_node(b, JSON_IS_ARRAY, line);
        break;
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
        b->depth--;
        if (token == JSON_OBJECT_END)
            return refuse_double_keys(b->open[b->depth], e);
        break;
    case JSON_KEY:
        b->bytes += size + 1;
        b->key = arena_strndup(b->a, text, size);
        break;
    case JSON_STRING:
    case JSON_NUMBER:
        node = add_node(b, token == JSON_STRING ? JSON_IS_STRING : JSON_IS_NUMBER, line);
        b->bytes += size + 1;
        node->text = arena_strndup(b->a, text, size);
        node->size = size;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        add_node(b, JSON_IS_BOOL, line)->boolean = token == JSON_TRUE;
        break;
    case JSON_NULL:
        (void)add_node(b, JSON_IS_NULL, line);
        break;
    case JSON_END:
        break;
    }
    return ASSAY_OK;
}

enum assay_err json_parse(struct arena *a, const void *bytes, size_t size, struct json **out,
                          struct err *e)
{
    struct json_reader *r = json_reader_new(bytes, size, size == 0 ? 1 : size);
    struct builder b = {.a = a};
    enum json_token token = JSON_NULL;
    enum assay_err rc = ASSAY_OK;

    while (rc == 0 && token != JSON_END) {
        const char *text = NULL;
        size_t text_size = 0;
        if ((rc = json_next(r, &token, &text, &text_size, e)) == 0)
            rc = add_token(&b, token, text, text_size, json_line(r), e);
    }
    json_reader_free(r);
    if (rc == 0) {
        assert(b.root != NULL);
        *out = b.root;
    }
    return rc;
}

enum assay_err json_take(struct json_reader *r, enum json_token first, const char *text,
                         size_t size, struct arena *a, size_t *room, struct json **out,
                         struct err *wrong, struct err *e)
{
    struct builder b = {.a = a};
    size_t depth = first == JSON_OBJECT_BEGIN || first == JSON_ARRAY_BEGIN;
    enum json_token token = first;
    enum assay_err bad = add_token(&b, first, text, size, json_line(r), wrong);

    while (depth > 0) {
        const enum assay_err rc = json_next(r, &token, &text, &size, e);
        if (rc != ASSAY_OK)
            return rc;
        depth += token == JSON_OBJECT_BEGIN || token == JSON_ARRAY_BEGIN;
        depth -= token == JSON_OBJECT_END || token == JSON_ARRAY_END;
        if (bad == ASSAY_OK)
            bad = add_token(&b, token, text, size, json_line(r), wrong);
        if (bad == ASSAY_OK && b.bytes > *room)
            bad = err_set(wrong, ASSAY_ELIMIT, "there is too much in one record");
    }
    *room -= b.bytes < *room ? b.bytes : *room;
    *out = bad == ASSAY_OK ? b.root : NULL;
    return ASSAY_OK;
}

const struct json *json_get(const struct json *j, const char *key)
{
    if (j == NULL || j->kind != JSON_IS_OBJECT)
        return NULL;
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        if (str_equal(m->key, key))
            return m;
    }
    return NULL;
}

static enum assay_err wrong(const struct json *j, const char *key, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "line %u: \"%s\" %s", j == NULL ? 1 : j->line, key, what);
}

static enum assay_err need(const struct json *j, const char *key, const struct json **out,
                           struct err *e)
{
    if (j == NULL || j->kind != JSON_IS_OBJECT)
        return err_set(e, ASSAY_EFORMAT, "line %u: an object with \"%s\" is expected here",
                       j == NULL ? 1 : j->line, key);
    *out = json_get(j, key);
    return *out == NULL ? wrong(j, key, "is missing", e) : ASSAY_OK;
}

/* An optional member: NULL when absent or null. */
static const struct json *want(const struct json *j, const char *key)
{
    const struct json *m = json_get(j, key);

    return m == NULL || m->kind == JSON_IS_NULL ? NULL : m;
}

static enum assay_err text_of(const struct json *m, const char *key, size_t size_max,
                              const char **out, struct err *e)
{
    if (m->kind != JSON_IS_STRING)
        return wrong(m, key, "must be text", e);
    if (m->size > size_max)
        return err_set(e, ASSAY_EFORMAT, "line %u: \"%s\" is longer than %zu bytes", m->line, key,
                       size_max);
    *out = m->text;
    return ASSAY_OK;
}

static enum assay_err int_of(const struct json *m, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct err *e)
{
    if (m->kind != JSON_IS_NUMBER || str_int64(m->text, min, max, out) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "line %u: \"%s\" must be a whole number from %lld to %lld",
                       m->line, key, (long long)min, (long long)max);
    return ASSAY_OK;
}

enum assay_err json_need_text(const struct json *j, const char *key, size_t size_max,
                              const char **out, struct err *e)
{
    const struct json *m;
    enum assay_err rc = need(j, key, &m, e);

    return rc != 0 ? rc : text_of(m, key, size_max, out, e);
}

enum assay_err json_need_int(const struct json *j, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct err *e)
{
    const struct json *m;
    enum assay_err rc = need(j, key, &m, e);

    return rc != 0 ? rc : int_of(m, key, min, max, out, e);
}

enum assay_err json_want_text(const struct json *j, const char *key, size_t size_max,
                              const char **out, struct err *e)
{
    const struct json *m = want(j, key);

    return m == NULL ? ASSAY_OK : text_of(m, key, size_max, out, e);
}

enum assay_err json_want_int(const struct json *j, const char *key, int64_t min, int64_t max,
                             int64_t *out, struct err *e)
{
    const struct json *m = want(j, key);

    return m == NULL ? ASSAY_OK : int_of(m, key, min, max, out, e);
}

enum assay_err json_want_bool(const struct json *j, const char *key, bool *out, struct err *e)
{
    const struct json *m = want(j, key);

    if (m == NULL)
        return ASSAY_OK;
    if (m->kind != JSON_IS_BOOL)
        return wrong(m, key, "must be true or false", e);
    *out = m->boolean;
    return ASSAY_OK;
}

enum assay_err json_need_id(const struct json *j, const char *key, int64_t *out, struct err *e)
{
    const struct json *m;
    int64_t id;
    enum assay_err rc = need(j, key, &m, e);

    if (rc != 0)
        return rc;
    if (m->kind != JSON_IS_STRING || str_int64(m->text, 1, INT64_MAX, &id) != ASSAY_OK ||
        m->text[0] == '0')
        return wrong(m, key, "must be an id: decimal digits as text", e);
    *out = id;
    return ASSAY_OK;
}

enum assay_err json_only(const struct json *j, const char *const *keys, struct err *e)
{
    if (j == NULL || j->kind != JSON_IS_OBJECT)
        return err_set(e, ASSAY_EFORMAT, "line %u: an object is expected here",
                       j == NULL ? 1 : j->line);
    for (const struct json *m = j->first; m != NULL; m = m->next) {
        size_t i = 0;
        while (keys[i] != NULL && !str_equal(keys[i], m->key))
            i++;
        if (keys[i] == NULL) {
            char key[SHOWN_SIZE];
            return err_set(e, ASSAY_EFORMAT, "line %u: \"%s\" is not known here", m->line,
                           str_shown(m->key, key, sizeof key));
        }
    }
    return ASSAY_OK;
}
