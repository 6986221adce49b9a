/* Signing in, who I am, signing out. */
#include <string.h>

#include "base/clock.h"
#include "http/api/api.h"

#define LINK_MAX          200
#define SIGN_IN_WAITS     250 /* times SIGN_IN_WAIT_MS: some seconds for a place to hash */
#define SIGN_IN_WAIT_MS   20
#define WORKSTATION_CHARS 64

static enum assay_err write_me(struct http_request *r, const struct caller *c,
                               struct http_answer *a, struct err *e)
{
    struct json_out o;
    int64_t until;
    enum assay_err rc = people_authorised_until(r->world->store, c->staff_id, &until, e);

    if (rc != ASSAY_OK)
        return rc;
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    json_id(&o, "staff", c->staff_id);
    json_text(&o, "name", c->name);
    json_text(&o, "label", c->label);
    json_array(&o, "roles");
    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        if ((c->roles >> i & 1) != 0)
            json_text(&o, NULL, people_role_name(i));
    }
    json_array_end(&o);
    json_id(&o, "session", c->session_id);
    json_bool(&o, "training", r->world->training);
    json_text(&o, "workspace", r->world->label);
    json_int(&o, "idle_minutes", PEOPLE_IDLE_MS / (60 * 1000));
    json_time(&o, "ends_at", c->created_ms + PEOPLE_SESSION_MS);
    json_time(&o, "authorised_until", until);
    json_object_end(&o);
    return ASSAY_OK;
}

/* Hashing a password takes much memory, so few do it at once and the others wait. */
static enum assay_err by_password(struct http_request *r, const char *name, const char *password,
                                  const char *workstation, char token[PEOPLE_TOKEN_SIZE],
                                  struct err *e)
{
    for (unsigned i = 0; sem_trywait(r->sign_ins) != 0; i++) {
        if (i == SIGN_IN_WAITS)
            return err_set(e, ASSAY_ELIMIT, "many are signing in at this moment; try again");
        clock_sleep_ms(SIGN_IN_WAIT_MS);
    }
    enum assay_err rc =
        people_sign_in(r->world->store, r->world->keys, name, password, workstation, token, e);
    (void)sem_post(r->sign_ins);
    return rc;
}

enum assay_err api_sign_in(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"name", "password", "link", "workstation", NULL};
    const char *name = NULL, *password = NULL, *link = NULL, *workstation = r->address;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "name", 0, 64, &name, e)) != 0 ||
        (rc = http_text(r->body, "password", 0, PEOPLE_PASSWORD_MAX, &password, e)) != 0 ||
        (rc = http_text(r->body, "link", 0, LINK_MAX, &link, e)) != 0 ||
        (rc = http_text(r->body, "workstation", 0, WORKSTATION_CHARS, &workstation, e)) != 0)
        return rc;
    bool with_link = link != NULL && name == NULL && password == NULL;
    bool with_password = link == NULL && name != NULL && password != NULL;
    if (!with_link && !with_password)
        return err_set(e, ASSAY_EFORMAT, "sign in with name and password, or with a link");
    rc = with_link
             ? people_sign_in_link(r->world->store, r->world->keys, link, workstation, a->cookie, e)
             : by_password(r, name, password, workstation, a->cookie, e);
    if (rc == ASSAY_EDENIED) {
        http_problem(a, 401, "sign_in_refused", e->text);
        return ASSAY_OK;
    }
    if (rc != ASSAY_OK)
        return rc;
    struct caller c;
    if ((rc = people_session(r->world->store, r->world->keys, a->cookie, &c, e)) != 0)
        return rc;
    return write_me(r, &c, a, e);
}

enum assay_err api_get_me(struct http_request *r, struct http_answer *a, struct err *e)
{
    return write_me(r, &r->caller, a, e);
}

enum assay_err api_sign_out(struct http_request *r, struct http_answer *a, struct err *e)
{
    enum assay_err rc = people_sign_out(r->world->store, r->world->keys, &r->caller, e);

    if (rc == ASSAY_OK) {
        a->status = 204;
        a->forget = true;
    }
    return rc;
}
