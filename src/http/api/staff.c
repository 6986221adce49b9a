/* People and their authorisations. */
#include <string.h>

#include "base/clock.h"
#include "http/api/api.h"

#define LABEL_CHARS     80
#define PURPOSE_CHARS   80
#define REFERENCE_CHARS 200

static struct audit_actor actor(const struct http_request *r)
{
    return people_actor(&r->caller, PEOPLE_ADMIN);
}

enum assay_err api_get_staff(struct http_request *r, struct http_answer *a, struct err *e)
{
    return people_list(r->world->store, 0, &a->body, e);
}

static enum assay_err roles_of(const struct json *list, uint32_t *roles, struct err *e)
{
    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size > PEOPLE_ROLE_COUNT)
        return err_set(e, ASSAY_EFORMAT, "roles is an array of at most %d names",
                       PEOPLE_ROLE_COUNT);
    *roles = 0;
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if (j->kind != JSON_IS_STRING || people_role_parse(j->text, roles) != ASSAY_OK)
            return err_set(e, ASSAY_EFORMAT, "there is no such role");
    }
    return ASSAY_OK;
}

enum assay_err api_add_staff(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"name", "label", "roles", "password", NULL};
    struct people_new in = {0};
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "name", 1, PEOPLE_NAME_SIZE - 1, &in.name, e)) != 0 ||
        (rc = http_text(r->body, "label", 1, LABEL_CHARS, &in.label, e)) != 0 ||
        (rc = roles_of(json_get(r->body, "roles"), &in.roles, e)) != 0 ||
        (rc = http_text(r->body, "password", PEOPLE_PASSWORD_MIN, PEOPLE_PASSWORD_MAX, &in.password,
                        e)) != 0 ||
        (rc = people_add(r->world->store, r->world->keys, actor(r), &in, &id, e)) != 0)
        return rc;
    a->status = 201;
    return people_list(r->world->store, id, &a->body, e);
}

enum assay_err api_change_staff(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"roles", "disabled", "password", NULL};
    const struct json *roles = json_get(r->body, "roles");
    struct people_change in = {.set_roles = roles != NULL,
                               .set_disabled = json_get(r->body, "disabled") != NULL};
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (in.set_roles && (rc = roles_of(roles, &in.roles, e)) != 0) ||
        (in.set_disabled && (rc = json_want_bool(r->body, "disabled", &in.disabled, e)) != 0) ||
        (json_get(r->body, "password") != NULL &&
         (rc = http_text(r->body, "password", PEOPLE_PASSWORD_MIN, PEOPLE_PASSWORD_MAX,
                         &in.password, e)) != 0) ||
        (rc = http_id(r, 0, &id, e)) != 0)
        return rc;
    if (!in.set_roles && !in.set_disabled && in.password == NULL)
        return err_set(e, ASSAY_EFORMAT, "nothing to change: give roles, disabled or password");
    if (id == r->caller.staff_id && (in.set_roles || in.set_disabled))
        return err_set(e, ASSAY_EDENIED,
                       "nobody changes their own roles or state; ask another administrator");
    if ((rc = people_change(r->world->store, r->world->keys, actor(r), id, &in, e)) != 0)
        return rc;
    return people_list(r->world->store, id, &a->body, e);
}

enum assay_err api_get_authorisations(struct http_request *r, struct http_answer *a, struct err *e)
{
    return people_authorisations(r->world->store, 0, &a->body, e);
}

static enum assay_err need_time(const struct json *body, const char *key, int64_t *ms,
                                struct err *e)
{
    const char *text;
    enum assay_err rc = json_need_text(body, key, 40, &text, e);

    if (rc == ASSAY_OK && clock_parse(text, ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s is no time such as 2026-11-22T09:00:00Z", key);
    return rc;
}

enum assay_err api_add_authorisation(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"staff",   "purpose", "reference",
                                          "from_at", "to_at",   NULL};
    struct authorisation_new in = {.authorised_by = r->caller.label, .reference = ""};
    int64_t id;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = json_need_id(r->body, "staff", &in.staff_id, e)) != 0 ||
        (rc = http_text(r->body, "purpose", 1, PURPOSE_CHARS, &in.purpose, e)) != 0 ||
        (rc = http_text(r->body, "reference", 0, REFERENCE_CHARS, &in.reference, e)) != 0 ||
        (rc = need_time(r->body, "from_at", &in.from_ms, e)) != 0 ||
        (rc = need_time(r->body, "to_at", &in.to_ms, e)) != 0 ||
        (rc = people_authorise(r->world->store, r->world->keys, &r->caller, &in, &id, e)) != 0)
        return rc;
    a->status = 201;
    return people_authorisations(r->world->store, id, &a->body, e);
}

enum assay_err api_revoke_authorisation(struct http_request *r, struct http_answer *a,
                                        struct err *e)
{
    int64_t id;
    enum assay_err rc;

    if ((rc = http_id(r, 0, &id, e)) != 0 ||
        (rc = people_revoke(r->world->store, r->world->keys, &r->caller, id, e)) != 0)
        return rc;
    return people_authorisations(r->world->store, id, &a->body, e);
}
