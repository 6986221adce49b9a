/* Reads scheme files; every refusal names the line and the reason. */
#include "scheme/scheme.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define LABEL_MAX     80  /* bytes: what fits a button */
#define LEGAL_MAX     400 /* bytes */
#define MARK_MAX      8   /* bytes: one or two characters */
#define SYNONYMS_MAX  20
#define RULES_MAX     200
#define VERSION_MAX   1000000
/* The assess screen's own keys (doc/schemes.md): no letter may mean two things there. */
#define RESERVED_KEYS "fcavzlsxniotbkm"

/* What the steps below share. */
struct reading {
    struct arena *a;
    struct scheme *s;
    struct err *e;
};

static enum assay_err bad(const struct reading *r, const struct json *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum assay_err bad(const struct reading *r, const struct json *at, const char *format, ...)
{
    char what[300];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(r->e, ASSAY_EFORMAT, "line %u: %s", at->line, what);
}

/* A member's own node, for its line; the text or number was found there before. */
static const struct json *at(const struct json *j, const char *key)
{
    const struct json *m = json_get(j, key);

    return m == NULL ? j : m;
}

/* Text for people: not empty, no control characters. */
static enum assay_err need_words(const struct reading *r, const struct json *j, const char *key,
                                 size_t size_max, const char **out)
{
    enum assay_err rc = json_need_text(j, key, size_max, out, r->e);

    if (rc != 0)
        return rc;
    if (**out == '\0')
        return bad(r, at(j, key), "\"%s\" is empty", key);
    for (const char *c = *out; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return bad(r, at(j, key), "\"%s\" holds a control character", key);
    }
    return ASSAY_OK;
}

/* A legal reference may be left out; it is "" then. */
static enum assay_err want_legal(const struct reading *r, const struct json *j, const char **out)
{
    *out = "";
    return json_get(j, "legal") == NULL ? ASSAY_OK : need_words(r, j, "legal", LEGAL_MAX, out);
}

static const char lower_set[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char code_set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static enum assay_err need_name(const struct reading *r, const struct json *j, const char *key,
                                const char *set, const char **out)
{
    enum assay_err rc = need_words(r, j, key, SCHEME_NAME_MAX, out);

    if (rc != 0)
        return rc;
    if (strspn(*out, set) != strlen(*out))
        return bad(r, at(j, key), "\"%s\" may hold only %s", key,
                   set == code_set ? "A-Z, a-z, 0-9, - and _" : "a-z, 0-9 and -");
    return ASSAY_OK;
}

static enum assay_err need_bool(const struct reading *r, const struct json *j, const char *key,
                                bool *out)
{
    const struct json *m = json_get(j, key);

    if (m == NULL)
        return bad(r, j, "\"%s\" is missing", key);
    if (m->kind != JSON_IS_BOOL)
        return bad(r, m, "\"%s\" must be true or false", key);
    *out = m->boolean;
    return ASSAY_OK;
}

/* The array under key, with min..max elements. */
static enum assay_err need_array(const struct reading *r, const struct json *j, const char *key,
                                 size_t min, size_t max, const struct json **out)
{
    const struct json *m = json_get(j, key);

    if (m == NULL)
        return bad(r, j, "\"%s\" is missing", key);
    if (m->kind != JSON_IS_ARRAY)
        return bad(r, m, "\"%s\" must be a list", key);
    if (m->size < min || m->size > max)
        return bad(r, m, "\"%s\" must have %zu to %zu entries", key, min, max);
    *out = m;
    return ASSAY_OK;
}

/* An optional list of texts, NULL-terminated; empty when absent. */
static enum assay_err want_texts(const struct reading *r, const struct json *j, const char *key,
                                 size_t max, const char ***out)
{
    const struct json *list;
    size_t count = 0;
    enum assay_err rc;

    *out = arena_alloc(r->a, (max + 1) * sizeof **out);
    if (json_get(j, key) == NULL)
        return ASSAY_OK;
    if ((rc = need_array(r, j, key, 0, max, &list)) != 0)
        return rc;
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        if (m->kind != JSON_IS_STRING || m->size == 0 || m->size > SCHEME_NAME_MAX)
            return bad(r, m, "\"%s\" must list texts of 1 to %d bytes", key, SCHEME_NAME_MAX);
        for (size_t i = 0; i < count; i++) {
            if (str_equal((*out)[i], m->text))
                return bad(r, m, "\"%s\" has an entry twice", key);
        }
        (*out)[count++] = m->text;
    }
    return ASSAY_OK;
}

static enum assay_err choose(const struct reading *r, const struct json *j, const char *key,
                             const char *const *names, int *out)
{
    const char *text;
    enum assay_err rc = json_need_text(j, key, SCHEME_NAME_MAX, &text, r->e);

    if (rc != 0)
        return rc;
    for (int i = 0; names[i] != NULL; i++) {
        if (str_equal(names[i], text)) {
            *out = i;
            return ASSAY_OK;
        }
    }
    return bad(r, at(j, key), "\"%s\" has a value that doc/schemes.md does not list", key);
}

static bool is_colour(const char *text)
{
    return strlen(text) == 7 && text[0] == '#' && strspn(text + 1, "0123456789abcdef") == 6;
}

static enum assay_err check_code_key(const struct reading *r, const struct json *j,
                                     const struct scheme_code *c)
{
    const struct json *m = at(j, "key");

    if (strlen(c->key) != 1 || strspn(c->key, "abcdefghijklmnopqrstuvwxyz0123456789") != 1)
        return bad(r, m, "\"key\" must be one of 0-9 and a-z");
    if (strchr(RESERVED_KEYS, c->key[0]) != NULL)
        return bad(r, m, "key \"%s\" is one of the assess screen's own", c->key);
    for (const struct scheme_code *o = r->s->codes; o != c; o++) {
        if (str_equal(o->key, c->key))
            return bad(r, m, "key \"%s\" is used twice, by \"%s\" and \"%s\"", c->key, o->code,
                       c->code);
    }
    return ASSAY_OK;
}

static enum assay_err check_code(const struct reading *r, const struct json *j,
                                 const struct scheme_code *c)
{
    for (const struct scheme_code *o = r->s->codes; o != c; o++) {
        if (str_equal(o->code, c->code))
            return bad(r, at(j, "code"), "code \"%s\" is used twice", c->code);
        if (c->rank != 0 && o->rank == c->rank)
            return bad(r, at(j, "rank"), "rank %d is used twice, by \"%s\" and \"%s\"", c->rank,
                       o->code, c->code);
    }
    if (!is_colour(c->colour))
        return bad(r, at(j, "colour"), "\"colour\" must be # and six of 0-9, a-f");
    if (c->rank != 0 && c->outcome != SCHEME_ILLEGAL)
        return bad(r, at(j, "rank"), "only a code with outcome \"illegal\" has a rank above 0");
    if (c->listed && c->outcome != SCHEME_ILLEGAL)
        return bad(r, at(j, "listed"), "only a code with outcome \"illegal\" may be listed");
    if (!c->tags && c->required_groups[0] != NULL)
        return bad(r, at(j, "required_groups"), "code \"%s\" takes no tags, so none is required",
                   c->code);
    return check_code_key(r, j, c);
}

static enum assay_err read_code(const struct reading *r, const struct json *j,
                                struct scheme_code *c)
{
    static const char *const keys[] = {"code",   "label",  "legal",           "key",
                                       "mark",   "colour", "outcome",         "rank",
                                       "listed", "tags",   "required_groups", NULL};
    static const char *const outcomes[] = {"illegal", "other", "not_illegal", "cannot_assess",
                                           NULL};
    enum assay_err rc;
    int outcome = 0;
    int64_t rank = 0;

    if ((rc = json_only(j, keys, r->e)) != 0 ||
        (rc = need_name(r, j, "code", code_set, &c->code)) != 0 ||
        (rc = need_words(r, j, "label", LABEL_MAX, &c->label)) != 0 ||
        (rc = want_legal(r, j, &c->legal)) != 0 ||
        (rc = need_words(r, j, "key", MARK_MAX, &c->key)) != 0 ||
        (rc = need_words(r, j, "mark", MARK_MAX, &c->mark)) != 0 ||
        (rc = need_words(r, j, "colour", MARK_MAX, &c->colour)) != 0 ||
        (rc = choose(r, j, "outcome", outcomes, &outcome)) != 0 ||
        (rc = json_need_int(j, "rank", 0, SCHEME_CODES_MAX, &rank, r->e)) != 0 ||
        (rc = need_bool(r, j, "listed", &c->listed)) != 0 ||
        (rc = need_bool(r, j, "tags", &c->tags)) != 0 ||
        (rc = want_texts(r, j, "required_groups", SCHEME_GROUPS_MAX, &c->required_groups)) != 0)
        return rc;
    c->outcome = (enum scheme_outcome)outcome;
    c->rank = (int32_t)rank;
    return check_code(r, j, c);
}

static enum assay_err read_codes(const struct reading *r, const struct json *root)
{
    const struct json *list;
    bool not_illegal = false, cannot_assess = false;
    enum assay_err rc = need_array(r, root, "codes", 1, SCHEME_CODES_MAX, &list);

    if (rc != 0)
        return rc;
    r->s->codes = arena_alloc(r->a, list->size * sizeof *r->s->codes);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        struct scheme_code *c = &r->s->codes[r->s->code_count];
        if ((rc = read_code(r, j, c)) != 0)
            return rc;
        r->s->code_count++;
        not_illegal |= c->outcome == SCHEME_NOT_ILLEGAL;
        cannot_assess |= c->outcome == SCHEME_CANNOT_ASSESS;
    }
    /* Without these a person would be driven to a grade that is not theirs. */
    if (!not_illegal || !cannot_assess)
        return bad(r, list, "no code has the outcome \"%s\"",
                   not_illegal ? "cannot_assess" : "not_illegal");
    return ASSAY_OK;
}

/* Tag keys work in all groups at once, so none may stand twice in the whole file. */
static enum assay_err check_tag_key(const struct reading *r, const struct json *j,
                                    const struct scheme_group *last, const char *key)
{
    if (*key == '\0')
        return ASSAY_OK;
    if (strlen(key) != 1 || strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789") != 1)
        return bad(r, at(j, "key"), "\"key\" must be one of 0-9 and a-z, or left out");
    for (const struct scheme_group *g = r->s->groups; g <= last; g++) {
        for (size_t i = 0; i < g->value_count; i++) {
            if (str_equal(g->values[i].key, key))
                return bad(r, at(j, "key"), "key \"%s\" is used twice, first by \"%s:%s\"", key,
                           g->group, g->values[i].tag);
        }
    }
    return ASSAY_OK;
}

static enum assay_err read_value(const struct reading *r, const struct json *j,
                                 struct scheme_group *g)
{
    static const char *const keys[] = {"tag", "label", "key", "synonyms", NULL};
    struct scheme_value *v = &g->values[g->value_count];
    enum assay_err rc;

    v->key = "";
    if ((rc = json_only(j, keys, r->e)) != 0 ||
        (rc = need_name(r, j, "tag", lower_set, &v->tag)) != 0 ||
        (rc = need_words(r, j, "label", LABEL_MAX, &v->label)) != 0 ||
        (rc = json_want_text(j, "key", MARK_MAX, &v->key, r->e)) != 0 ||
        (rc = want_texts(r, j, "synonyms", SYNONYMS_MAX, &v->synonyms)) != 0 ||
        (rc = check_tag_key(r, j, g, v->key)) != 0)
        return rc;
    for (size_t i = 0; i < g->value_count; i++) {
        if (str_equal(g->values[i].tag, v->tag))
            return bad(r, at(j, "tag"), "tag \"%s:%s\" is used twice", g->group, v->tag);
    }
    g->value_count++;
    return ASSAY_OK;
}

static enum assay_err read_group(const struct reading *r, const struct json *j,
                                 struct scheme_group *g)
{
    static const char *const keys[] = {"group", "label", "multiple", "per_picture", "values", NULL};
    const struct json *values;
    enum assay_err rc;

    if ((rc = json_only(j, keys, r->e)) != 0 ||
        (rc = need_name(r, j, "group", lower_set, &g->group)) != 0 ||
        (rc = need_words(r, j, "label", LABEL_MAX, &g->label)) != 0 ||
        (rc = need_bool(r, j, "multiple", &g->multiple)) != 0 ||
        (rc = need_bool(r, j, "per_picture", &g->per_picture)) != 0 ||
        (rc = need_array(r, j, "values", 1, SCHEME_VALUES_MAX, &values)) != 0)
        return rc;
    for (const struct scheme_group *o = r->s->groups; o != g; o++) {
        if (str_equal(o->group, g->group))
            return bad(r, at(j, "group"), "group \"%s\" is used twice", g->group);
    }
    g->values = arena_alloc(r->a, values->size * sizeof *g->values);
    for (const struct json *v = values->first; v != NULL && rc == 0; v = v->next)
        rc = read_value(r, v, g);
    return rc;
}

static enum assay_err read_groups(const struct reading *r, const struct json *root)
{
    const struct json *list;
    enum assay_err rc = need_array(r, root, "groups", 0, SCHEME_GROUPS_MAX, &list);

    if (rc != 0)
        return rc;
    r->s->groups = arena_alloc(r->a, (list->size + 1) * sizeof *r->s->groups);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if ((rc = read_group(r, j, &r->s->groups[r->s->group_count])) != 0)
            return rc;
        r->s->group_count++;
    }
    return ASSAY_OK;
}

/* Groups stand behind codes in the file, so what codes require is looked up last. */
static enum assay_err check_required(const struct reading *r, const struct json *root)
{
    const struct json *j = json_get(root, "codes")->first;

    for (size_t i = 0; i < r->s->code_count; i++, j = j->next) {
        const char **name = r->s->codes[i].required_groups;
        for (; *name != NULL; name++) {
            size_t g = 0;
            while (g < r->s->group_count && !str_equal(r->s->groups[g].group, *name))
                g++;
            if (g == r->s->group_count)
                return bad(r, at(j, "required_groups"),
                           "code \"%s\" requires a group that is not in \"groups\"",
                           r->s->codes[i].code);
        }
    }
    return ASSAY_OK;
}

/* One side of a rule: a code or a tag of this scheme. */
static enum assay_err need_choice(const struct reading *r, const struct json *j, const char *key,
                                  const char **out)
{
    char shown[81];
    enum assay_err rc = json_need_text(j, key, 2 * SCHEME_NAME_MAX + 1, out, r->e);

    if (rc != 0)
        return rc;
    if (scheme_find_code(r->s, *out) != NULL || scheme_find_tag(r->s, *out, NULL) != NULL)
        return ASSAY_OK;
    return bad(r, at(j, key), "\"%s\" is neither a code nor a tag of this scheme",
               str_shown(*out, shown, sizeof shown));
}

static enum assay_err read_rules(const struct reading *r, const struct json *root)
{
    static const char *const keys[] = {"when", "forbids", "reason", NULL};
    const struct json *list;
    enum assay_err rc = need_array(r, root, "rules", 0, RULES_MAX, &list);

    if (rc != 0)
        return rc;
    r->s->rules = arena_alloc(r->a, (list->size + 1) * sizeof *r->s->rules);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        struct scheme_rule *rule = &r->s->rules[r->s->rule_count];
        if ((rc = json_only(j, keys, r->e)) != 0 ||
            (rc = need_choice(r, j, "when", &rule->when)) != 0 ||
            (rc = need_choice(r, j, "forbids", &rule->forbids)) != 0 ||
            (rc = need_words(r, j, "reason", LEGAL_MAX, &rule->reason)) != 0)
            return rc;
        if (strchr(rule->when, ':') == NULL && strchr(rule->forbids, ':') == NULL)
            return bad(r, j, "a rule between two codes is needless: only one can be chosen");
        if (str_equal(rule->when, rule->forbids))
            return bad(r, j, "a rule forbids \"%s\" to itself", rule->when);
        r->s->rule_count++;
    }
    return ASSAY_OK;
}

static enum assay_err read_head(const struct reading *r, const struct json *root)
{
    static const char *const keys[] = {"$schema", "name",         "version", "kind",
                                       "label",   "jurisdiction", "legal",   "in_force_from",
                                       "codes",   "groups",       "rules",   NULL};
    static const char *const kinds[] = {"live", "training", NULL};
    struct scheme *s = r->s;
    enum assay_err rc;
    int kind = 0;
    int64_t ms;

    if ((rc = json_only(root, keys, r->e)) != 0 ||
        (rc = need_name(r, root, "name", lower_set, &s->name)) != 0 ||
        (rc = json_need_int(root, "version", 1, VERSION_MAX, &s->version, r->e)) != 0 ||
        (rc = choose(r, root, "kind", kinds, &kind)) != 0 ||
        (rc = need_words(r, root, "label", LABEL_MAX, &s->label)) != 0 ||
        (rc = need_words(r, root, "jurisdiction", LABEL_MAX, &s->jurisdiction)) != 0 ||
        (rc = want_legal(r, root, &s->legal)) != 0 ||
        (rc = need_words(r, root, "in_force_from", 10, &s->in_force_from)) != 0)
        return rc;
    s->kind = (enum scheme_kind)kind;
    if (strlen(s->in_force_from) != 10 || clock_parse(s->in_force_from, &ms) != ASSAY_OK)
        return bad(r, at(root, "in_force_from"),
                   "\"in_force_from\" must be a date such as 2014-04-01");
    return ASSAY_OK;
}

enum assay_err scheme_parse(struct arena *a, const void *text, size_t size, struct scheme **out,
                            struct err *e)
{
    struct reading r = {.a = a, .e = e};
    struct json *root;
    enum assay_err rc;

    if (size > SCHEME_TEXT_MAX)
        return err_set(e, ASSAY_ELIMIT, "a scheme file may have at most %d bytes", SCHEME_TEXT_MAX);
    if ((rc = json_parse(a, text, size, &root, e)) != 0)
        return rc;
    r.s = arena_alloc(a, sizeof *r.s);
    if ((rc = read_head(&r, root)) != 0 || (rc = read_codes(&r, root)) != 0 ||
        (rc = read_groups(&r, root)) != 0 || (rc = check_required(&r, root)) != 0 ||
        (rc = read_rules(&r, root)) != 0)
        return rc;
    *out = r.s;
    return ASSAY_OK;
}
