/* Reads profiles. */
#include "format/profile.h"

#include <string.h>

#include "base/embed.h"
#include "base/str.h"
#include "format/vics.h"
#include "format/vics_write.h"
#include "scheme/scheme.h"

#define LABEL_MAX   200
#define MISSING_MAX 2000
#define CONTEXT_MAX 31

extern const struct embedded profile_files[]; /* made from profiles/ by tools/embed.py */

const char *profile_builtin(size_t index, const char **name, size_t *size)
{
    for (size_t i = 0; i <= index; i++) {
        if (profile_files[i].name == NULL)
            return NULL;
    }
    *name = profile_files[index].name;
    *size = profile_files[index].size;
    return (const char *)profile_files[index].bytes;
}

static const char *const means_names[] = {"undefined", "uncategorised", "not_pertinent", "grade"};

const char *profile_means_name(enum profile_means m)
{
    return means_names[m];
}

static enum assay_err wrong(const struct json *at, const char *what, struct err *e)
{
    return err_set(e, ASSAY_EFORMAT, "line %u: %s", at->line, what);
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static bool is_code(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && *c != '_' && *c != '-')
            return false;
    }
    return text[0] != '\0';
}

static enum assay_err need_list(const struct json *root, const char *key, size_t max,
                                const struct json **out, struct err *e)
{
    const struct json *list = json_get(root, key);

    if (list == NULL || list->kind != JSON_IS_ARRAY)
        return err_set(e, ASSAY_EFORMAT, "line %u: %s is a list", root->line, key);
    if (list->size > max)
        return err_set(e, ASSAY_ELIMIT, "line %u: %s has more than %zu entries", list->line, key,
                       max);
    *out = list;
    return ASSAY_OK;
}

static enum assay_err read_reads(struct arena *a, const struct json *root, struct profile *p,
                                 struct err *e)
{
    static const char *const members[] = {"version", "region", NULL};
    const struct json *list;
    enum assay_err rc = need_list(root, "reads", PROFILE_READS_MAX, &list, e);

    if (rc != ASSAY_OK)
        return rc;
    p->reads = arena_alloc(a, (list->size + 1) * sizeof *p->reads);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        struct profile_context *c = &p->reads[p->read_count++];
        if ((rc = json_only(j, members, e)) != 0 ||
            (rc = json_need_text(j, "version", CONTEXT_MAX, &c->version, e)) != 0 ||
            (rc = json_need_text(j, "region", CONTEXT_MAX, &c->region, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err read_value(const struct json *j, int64_t *out, struct err *e)
{
    const struct json *value = json_get(j, "value");

    *out = -1;
    if (value != NULL && value->kind == JSON_IS_NULL)
        return ASSAY_OK;
    return json_need_int(j, "value", 0, PROFILE_CATEGORY_MAX, out, e);
}

static enum assay_err read_category(const struct json *j, struct profile_category *c, struct err *e)
{
    static const char *const members[] = {"value", "means", "code", NULL};
    const char *means;
    enum assay_err rc;

    if ((rc = json_only(j, members, e)) != 0 || (rc = read_value(j, &c->value, e)) != 0 ||
        (rc = json_need_text(j, "means", 20, &means, e)) != 0 ||
        (rc = json_want_text(j, "code", SCHEME_CODE_MAX, &c->code, e)) != 0)
        return rc;
    while (c->means <= PROFILE_GRADE && !str_equal(means, means_names[c->means]))
        c->means++;
    if (c->means > PROFILE_GRADE)
        return wrong(j, "means is grade, uncategorised, not_pertinent or undefined", e);
    if ((c->means == PROFILE_GRADE) != (c->code != NULL))
        return wrong(j, "a grade has a code, and nothing else has", e);
    if (c->code != NULL && !is_code(c->code))
        return wrong(j, "a code has letters, digits, _ and -", e);
    return ASSAY_OK;
}

static enum assay_err read_categories(struct arena *a, const struct json *root, struct profile *p,
                                      struct err *e)
{
    const struct json *list;
    enum assay_err rc = need_list(root, "categories", PROFILE_CATEGORIES_MAX, &list, e);

    if (rc != ASSAY_OK)
        return rc;
    p->categories = arena_alloc(a, (list->size + 1) * sizeof *p->categories);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        struct profile_category *c = &p->categories[p->category_count];
        if ((rc = read_category(j, c, e)) != ASSAY_OK)
            return rc;
        for (size_t i = 0; i < p->category_count; i++) {
            if (p->categories[i].value == c->value)
                return wrong(j, "this value stands there twice", e);
        }
        p->category_count++;
    }
    return ASSAY_OK;
}

/* One of two words, or as it was. */
static enum assay_err want_word(const struct json *j, const char *key, const char *const words[2],
                                int *out, struct err *e)
{
    const char *word = words[*out];
    enum assay_err rc = json_want_text(j, key, 20, &word, e);

    if (rc != ASSAY_OK)
        return rc;
    *out = str_equal(word, words[1]);
    if (!str_equal(word, words[*out]))
        return err_set(e, ASSAY_EFORMAT, "line %u: %s is %s or %s", j->line, key, words[0],
                       words[1]);
    return ASSAY_OK;
}

static enum assay_err read_code(const struct json *j, struct profile_code *c, struct err *e)
{
    static const char *const members[] = {"code", "value", "mapping", NULL};
    static const char *const kinds[] = {"lossy", "exact"};
    const char *kind;
    enum assay_err rc;
    int exact = 0;

    if ((rc = json_only(j, members, e)) != 0 ||
        (rc = json_need_text(j, "code", SCHEME_CODE_MAX, &c->code, e)) != 0 ||
        (rc = json_need_int(j, "value", 0, PROFILE_CATEGORY_MAX, &c->value, e)) != 0 ||
        (rc = json_need_text(j, "mapping", 20, &kind, e)) != 0 ||
        (rc = want_word(j, "mapping", kinds, &exact, e)) != 0)
        return rc;
    c->exact = exact;
    return is_code(c->code) ? ASSAY_OK : wrong(j, "a code has letters, digits, _ and -", e);
}

static enum assay_err read_codes(struct arena *a, const struct json *j, struct profile_writes *w,
                                 struct err *e)
{
    const struct json *list;
    enum assay_err rc = need_list(j, "codes", PROFILE_CATEGORIES_MAX, &list, e);

    if (rc != ASSAY_OK)
        return rc;
    w->codes = arena_alloc(a, (list->size + 1) * sizeof *w->codes);
    for (const struct json *one = list->first; one != NULL; one = one->next) {
        struct profile_code *c = &w->codes[w->code_count];
        if ((rc = read_code(one, c, e)) != ASSAY_OK)
            return rc;
        for (size_t i = 0; i < w->code_count; i++) {
            if (str_equal(w->codes[i].code, c->code))
                return wrong(one, "this code stands there twice", e);
        }
        w->code_count++;
    }
    return ASSAY_OK;
}

static enum assay_err read_shape(const struct json *j, struct profile_writes *w, struct err *e)
{
    static const char *const hexes[] = {"lower", "upper"}, *const orders[] = {"ours", "received"};
    int hex = PROFILE_LOWER, order = PROFILE_OURS;
    enum assay_err rc;

    if ((rc = json_want_bool(j, "bom", &w->bom, e)) != 0 ||
        (rc = want_word(j, "hex", hexes, &hex, e)) != 0 ||
        (rc = want_word(j, "order", orders, &order, e)) != 0 ||
        (rc = json_want_int(j, "records_per_file", 0, INT32_MAX, &w->records_per_file, e)) != 0)
        return rc;
    w->hex = (enum profile_hex)hex;
    w->order = (enum profile_order)order;
    return ASSAY_OK;
}

static enum assay_err read_ungraded(const struct profile *p, const struct json *j,
                                    struct profile_writes *w, struct err *e)
{
    const struct json *m = json_get(j, "ungraded");
    enum assay_err rc = ASSAY_OK;

    w->ungraded = -1;
    if (m == NULL || m->kind != JSON_IS_NULL)
        rc = json_need_int(j, "ungraded", 0, PROFILE_CATEGORY_MAX, &w->ungraded, e);
    if (rc == ASSAY_OK && profile_category(p, w->ungraded, NULL) != PROFILE_UNCATEGORISED)
        rc = wrong(j, "ungraded is no value whose meaning is uncategorised", e);
    return rc;
}

static enum assay_err read_writes(struct arena *a, const struct json *root, struct profile *p,
                                  struct err *e)
{
    static const char *const members[] = {
        "version",          "region", "bom",      "hex",   "order",
        "records_per_file", "votes",  "ungraded", "codes", NULL};
    const struct json *j = json_get(root, "writes");
    struct profile_writes *w;
    enum assay_err rc;

    if (j == NULL)
        return ASSAY_OK;
    if (j->kind != JSON_IS_OBJECT)
        return wrong(j, "writes is an object", e);
    w = arena_alloc(a, sizeof *w);
    w->votes = 1;
    if ((rc = json_only(j, members, e)) != 0 ||
        (rc = json_need_text(j, "version", VICS_VERSION_SIZE - 1, &w->version, e)) != 0 ||
        (rc = json_need_text(j, "region", VICS_REGION_SIZE - 1, &w->region, e)) != 0 ||
        (rc = json_want_int(j, "votes", 1, PROFILE_VOTES_MAX, &w->votes, e)) != 0 ||
        (rc = read_shape(j, w, e)) != 0 || (rc = read_ungraded(p, j, w, e)) != 0 ||
        (rc = read_codes(a, j, w, e)) != 0)
        return rc;
    if (!vics_context_fits(w->version, w->region))
        return wrong(j, "version is 1.0 to 1.3 without a region, or 2.0 with one", e);
    p->writes = w;
    return ASSAY_OK;
}

static enum assay_err read_head(const struct json *root, struct profile *p, struct err *e)
{
    const char *kind;
    enum assay_err rc;

    if ((rc = json_need_text(root, "name", PROFILE_NAME_MAX, &p->name, e)) != 0 ||
        (rc = json_need_int(root, "version", 1, INT32_MAX, &p->version, e)) != 0 ||
        (rc = json_need_text(root, "kind", 10, &kind, e)) != 0 ||
        (rc = json_need_text(root, "label", LABEL_MAX, &p->label, e)) != 0 ||
        (rc = json_need_text(root, "scheme", SCHEME_NAME_MAX, &p->scheme, e)) != 0 ||
        (rc = json_want_text(root, "missing", MISSING_MAX, &p->missing, e)) != 0)
        return rc;
    if (!is_name(p->name) || !is_name(p->scheme))
        return wrong(root, "name and scheme have a-z, 0-9 and -", e);
    if (!str_equal(kind, "live") && !str_equal(kind, "training"))
        return wrong(root, "kind is live or training", e);
    p->kind = str_equal(kind, "live") ? PROFILE_LIVE : PROFILE_TRAINING;
    return ASSAY_OK;
}

enum assay_err profile_parse(struct arena *a, const void *text, size_t size, struct profile **out,
                             struct err *e)
{
    static const char *const members[] = {"name",   "version",    "kind",   "label",   "reads",
                                          "scheme", "categories", "writes", "missing", NULL};
    struct profile *p = arena_alloc(a, sizeof *p);
    struct json *root;
    enum assay_err rc;

    if (size > PROFILE_TEXT_MAX)
        return err_set(e, ASSAY_ELIMIT, "a profile has at most %d bytes", PROFILE_TEXT_MAX);
    if ((rc = json_parse(a, text, size, &root, e)) != ASSAY_OK)
        return rc;
    if (root->kind != JSON_IS_OBJECT)
        return wrong(root, "a profile is an object", e);
    if ((rc = json_only(root, members, e)) != 0 || (rc = read_head(root, p, e)) != 0 ||
        (rc = read_reads(a, root, p, e)) != 0 || (rc = read_categories(a, root, p, e)) != 0 ||
        (rc = read_writes(a, root, p, e)) != 0)
        return rc;
    *out = p;
    return ASSAY_OK;
}

bool profile_reads(const struct profile *p, const char *version, const char *region)
{
    for (size_t i = 0; i < p->read_count; i++) {
        if (str_equal(p->reads[i].version, version) && str_equal(p->reads[i].region, region))
            return true;
    }
    return p->read_count == 0;
}

enum profile_means profile_category(const struct profile *p, int64_t value, const char **code)
{
    if (code != NULL)
        *code = NULL;
    for (size_t i = 0; i < p->category_count; i++) {
        if (p->categories[i].value != value)
            continue;
        if (code != NULL)
            *code = p->categories[i].code;
        return p->categories[i].means;
    }
    return PROFILE_UNDEFINED;
}

const struct profile_code *profile_code(const struct profile *p, const char *code)
{
    for (size_t i = 0; p->writes != NULL && i < p->writes->code_count; i++) {
        if (str_equal(p->writes->codes[i].code, code))
            return &p->writes->codes[i];
    }
    return NULL;
}
