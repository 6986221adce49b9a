/* Clients of the matching service, as administrators see them. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "http/api/api.h"
#include "people/client.h"

static struct audit_actor actor(const struct http_request *r)
{
    return people_actor(&r->caller, PEOPLE_ADMIN);
}

enum assay_err api_get_clients(struct http_request *r, struct http_answer *a, struct err *e)
{
    return people_clients(r->world->store, NULL, &a->body, e);
}

static enum assay_err limits_of(const struct json *body, struct people_client_limits *out,
                                struct err *e)
{
    const char *expires = NULL;
    bool disabled = false, feed = false;
    enum assay_err rc;

    if ((rc = json_want_int(body, "rate", 1, PEOPLE_RATE_MAX, &out->rate, e)) != 0 ||
        (rc = json_want_int(body, "burst", 1, PEOPLE_BURST_MAX, &out->burst, e)) != 0 ||
        (rc = json_want_int(body, "distance_max", 0, PEOPLE_DISTANCE_MAX, &out->distance_max, e)) !=
            0 ||
        (rc = json_want_int(body, "quality_min", 0, 100, &out->quality_min, e)) != 0 ||
        (rc = json_want_text(body, "keeps", 16, &out->keeps, e)) != 0 ||
        (rc = json_want_text(body, "expires_at", 40, &expires, e)) != 0 ||
        (rc = json_want_bool(body, "disabled", &disabled, e)) != 0 ||
        (rc = json_want_bool(body, "feed", &feed, e)) != 0)
        return rc;
    if (json_get(body, "disabled") != NULL)
        out->disabled = disabled;
    if (json_get(body, "feed") != NULL)
        out->feeds = feed;
    if (expires != NULL && clock_parse(expires, &out->expires_ms) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "expires_at is no time such as 2027-06-30T00:00:00Z");
    return ASSAY_OK;
}

/* {"list":"alpha","right":"answer"} */
static enum assay_err right_of(const struct json *j, const char **list, enum client_right *right,
                               struct err *e)
{
    static const char *const members[] = {"list", "right", NULL};
    static const char *const names[] = {"none", "answer", "detail"};
    const char *text;
    enum assay_err rc;

    if ((rc = json_only(j, members, e)) != 0 ||
        (rc = json_need_text(j, "list", CLIENT_NAME_SIZE - 1, list, e)) != 0 ||
        (rc = json_need_text(j, "right", 8, &text, e)) != 0)
        return rc;
    for (int i = 0; i < 3; i++) {
        if (str_equal(text, names[i])) {
            *right = (enum client_right)(i - 1);
            return ASSAY_OK;
        }
    }
    return err_set(e, ASSAY_EFORMAT, "right is none, answer or detail");
}

/* {"client":{...},"key":"..."}: the one time that the key is told. */
static enum assay_err tell_key(struct http_request *r, const char *name, char key[PEOPLE_KEY_SIZE],
                               struct http_answer *a, struct err *e)
{
    struct json_out o;
    struct buf client;

    buf_init(&client, HTTP_ANSWER_MAX);
    enum assay_err rc = people_clients(r->world->store, name, &client, e);
    if (rc == ASSAY_OK) {
        json_out_init(&o, &a->body);
        json_object(&o, NULL);
        json_raw(&o, "client", buf_cstr(&client));
        json_text(&o, "key", key);
        json_object_end(&o);
    }
    buf_clear(&client);
    mem_wipe(key, PEOPLE_KEY_SIZE);
    return rc;
}

enum assay_err api_add_client(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {"name",         "rate",        "burst",
                                          "distance_max", "quality_min", "keeps",
                                          "expires_at",   "feed",        NULL};
    struct people_client_limits limits = PEOPLE_CLIENT_USUAL;
    char key[PEOPLE_KEY_SIZE];
    const char *name;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 ||
        (rc = http_text(r->body, "name", 1, CLIENT_NAME_SIZE - 1, &name, e)) != 0 ||
        (rc = limits_of(r->body, &limits, e)) != 0 ||
        (rc = people_client_add(r->world->store, r->world->keys, actor(r), name, &limits, key,
                                e)) != 0)
        return rc;
    a->status = 201;
    return tell_key(r, name, key, a, e);
}

enum has_cert { CERT_STAYS, CERT_GIVEN, CERT_NONE };

/* Member "certificate": PEM, or "none". */
static enum assay_err cert_of(const struct json *body, struct cert *out, enum has_cert *has,
                              struct err *e)
{
    const char *pem = NULL;
    enum assay_err rc = json_want_text(body, "certificate", CERT_TEXT_MAX, &pem, e);

    *has = pem == NULL ? CERT_STAYS : str_equal(pem, "none") ? CERT_NONE : CERT_GIVEN;
    return rc != ASSAY_OK || *has != CERT_GIVEN ? rc : cert_read(pem, strlen(pem), out, e);
}

enum assay_err api_change_client(struct http_request *r, struct http_answer *a, struct err *e)
{
    static const char *const members[] = {
        "rate",     "burst", "distance_max", "quality_min", "keeps", "expires_at",
        "disabled", "feed",  "rights",       "certificate", NULL};
    struct people_client_limits limits = PEOPLE_CLIENT_USUAL;
    const struct json *rights = json_get(r->body, "rights");
    enum client_right right;
    struct cert cert;
    const char *list;
    enum has_cert has;
    enum assay_err rc;

    if ((rc = json_only(r->body, members, e)) != 0 || (rc = limits_of(r->body, &limits, e)) != 0 ||
        (rc = cert_of(r->body, &cert, &has, e)) != 0)
        return rc;
    if (rights != NULL && rights->kind != JSON_IS_ARRAY)
        return err_set(e, ASSAY_EFORMAT, "rights is an array");
    const struct json *first = rights == NULL ? NULL : rights->first;
    for (const struct json *j = first; j != NULL; j = j->next) {
        if ((rc = right_of(j, &list, &right, e)) != 0)
            return rc;
    }
    if ((rc = people_client_change(r->world->store, actor(r), r->params[0], &limits, e)) != 0)
        return rc;
    if (has != CERT_STAYS && (rc = people_client_cert(r->world->store, actor(r), r->params[0],
                                                      has == CERT_GIVEN ? &cert : NULL, e)) != 0)
        return rc;
    for (const struct json *j = first; j != NULL; j = j->next) {
        if ((rc = right_of(j, &list, &right, e)) != 0 ||
            (rc = people_client_right(r->world->store, actor(r), r->params[0], list, right, e)) !=
                0)
            return rc;
    }
    return people_clients(r->world->store, r->params[0], &a->body, e);
}

enum assay_err api_rotate_client(struct http_request *r, struct http_answer *a, struct err *e)
{
    char key[PEOPLE_KEY_SIZE];
    enum assay_err rc =
        people_client_rotate(r->world->store, r->world->keys, actor(r), r->params[0], key, e);

    return rc != ASSAY_OK ? rc : tell_key(r, r->params[0], key, a, e);
}
