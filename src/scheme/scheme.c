/* What a scheme says about one decision, and about two. */
#include "scheme/scheme.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

#define SHOWN_SIZE 81 /* bytes of a code or tag from outside in a message */

const struct scheme_code *scheme_find_code(const struct scheme *s, const char *code)
{
    for (size_t i = 0; i < s->code_count; i++) {
        if (str_equal(s->codes[i].code, code))
            return &s->codes[i];
    }
    return NULL;
}

static bool is_group(const struct scheme_group *g, const char *tag)
{
    size_t size = strlen(g->group);

    return strncmp(tag, g->group, size) == 0 && tag[size] == ':';
}

const struct scheme_value *scheme_find_tag(const struct scheme *s, const char *tag,
                                           const struct scheme_group **group)
{
    for (size_t i = 0; i < s->group_count; i++) {
        const struct scheme_group *g = &s->groups[i];
        if (!is_group(g, tag))
            continue;
        const char *value = strchr(tag, ':') + 1;
        for (size_t k = 0; k < g->value_count; k++) {
            if (!str_equal(g->values[k].tag, value))
                continue;
            if (group != NULL)
                *group = g;
            return &g->values[k];
        }
    }
    return NULL;
}

static enum assay_err check_tags(const struct scheme *s, const char *const *tags, size_t count,
                                 struct err *e)
{
    char shown[SHOWN_SIZE];

    for (size_t i = 0; i < count; i++) {
        const struct scheme_group *group = NULL;
        if (scheme_find_tag(s, tags[i], &group) == NULL)
            return err_set(e, ASSAY_EFORMAT, "\"%s\" is no tag of %s",
                           str_shown(tags[i], shown, sizeof shown), s->label);
        for (size_t k = 0; k < i; k++) {
            if (str_equal(tags[i], tags[k]))
                return err_set(e, ASSAY_EFORMAT, "\"%s\" is given twice", tags[i]);
            if (!group->multiple && is_group(group, tags[k]))
                return err_set(e, ASSAY_EFORMAT, "%s: choose one, not \"%s\" and \"%s\"",
                               group->label, tags[k], tags[i]);
        }
    }
    return ASSAY_OK;
}

static const char *label_of_group(const struct scheme *s, const char *name)
{
    for (size_t i = 0; i < s->group_count; i++) {
        if (str_equal(s->groups[i].group, name))
            return s->groups[i].label;
    }
    return name;
}

static enum assay_err check_required(const struct scheme *s, const struct scheme_code *c,
                                     const char *const *tags, size_t count, struct err *e)
{
    for (const char **name = c->required_groups; *name != NULL; name++) {
        size_t size = strlen(*name), i = 0;
        while (i < count && !(strncmp(tags[i], *name, size) == 0 && tags[i][size] == ':'))
            i++;
        if (i == count)
            return err_set(e, ASSAY_EFORMAT, "%s needs a choice under \"%s\"", c->label,
                           label_of_group(s, *name));
    }
    return ASSAY_OK;
}

static bool is_chosen(const char *choice, const char *code, const char *const *tags, size_t count)
{
    if (str_equal(choice, code))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(choice, tags[i]))
            return true;
    }
    return false;
}

enum assay_err scheme_check_decision(const struct scheme *s, const char *code,
                                     const char *const *tags, size_t tag_count,
                                     enum scheme_check check, struct err *e)
{
    const struct scheme_code *c = scheme_find_code(s, code);
    char shown[SHOWN_SIZE];
    enum assay_err rc;

    if (c == NULL)
        return err_set(e, ASSAY_EFORMAT, "\"%s\" is no code of %s",
                       str_shown(code, shown, sizeof shown), s->label);
    if (tag_count > SCHEME_TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "a decision takes at most %d tags", SCHEME_TAGS_MAX);
    if ((rc = check_tags(s, tags, tag_count, e)) != 0)
        return rc;
    if (!c->tags && tag_count > 0)
        return err_set(e, ASSAY_EFORMAT, "%s takes no tags", c->label);
    if (check == SCHEME_CHECK_COMPLETE && (rc = check_required(s, c, tags, tag_count, e)) != 0)
        return rc;
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct scheme_rule *rule = &s->rules[i];
        if (is_chosen(rule->when, code, tags, tag_count) &&
            is_chosen(rule->forbids, code, tags, tag_count))
            return err_set(e, ASSAY_EFORMAT, "\"%s\" and \"%s\" contradict each other: %s",
                           rule->when, rule->forbids, rule->reason);
    }
    return ASSAY_OK;
}

void scheme_tags_text(const char *const *tags, size_t tag_count, struct buf *b)
{
    const char *sorted[SCHEME_TAGS_MAX];

    assert(tag_count <= SCHEME_TAGS_MAX);
    for (size_t i = 0; i < tag_count; i++) {
        size_t k = i;
        for (; k > 0 && strcmp(sorted[k - 1], tags[i]) > 0; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = tags[i];
    }
    for (size_t i = 0; i < tag_count; i++) {
        if (i > 0)
            buf_add_char(b, ' ');
        buf_add_str(b, sorted[i]);
    }
}

enum scheme_severity scheme_compare(const struct scheme *s, const char *code_a, const char *code_b)
{
    const struct scheme_code *a = scheme_find_code(s, code_a), *b = scheme_find_code(s, code_b);

    if (str_equal(code_a, code_b))
        return SCHEME_SAME;
    if (a == NULL || b == NULL)
        return SCHEME_CRITICAL;
    if (a->outcome == SCHEME_CANNOT_ASSESS || b->outcome == SCHEME_CANNOT_ASSESS)
        return SCHEME_MAJOR;
    return (a->outcome == SCHEME_ILLEGAL) == (b->outcome == SCHEME_ILLEGAL) ? SCHEME_MAJOR
                                                                            : SCHEME_CRITICAL;
}
