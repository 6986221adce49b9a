/* Session, role, origin and body of a request, checked in one place for every route. */
#include "http/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "assay/digest.h"
#include "base/log.h"
#include "base/str.h"
#include "flow/service/service.h"
#include "http/client_cert.h"
#include "http/metrics.h"
#include "http/routes.h"

#define OPEN (ROUTE_PUBLIC | ROUTE_LOCAL) /* without signing in */

/* What may not be done and what is not there look the same from outside. */
static void not_there(struct http_answer *a)
{
    http_problem(a, 404, "not_found",
                 "There is nothing here for you. If you expected something, ask for the role.");
}

struct refusal {
    const struct caller *caller;
    const char *operation;
};

static enum assay_err write_refusal(struct tx *tx, void *ctx, struct err *e)
{
    const struct refusal *f = ctx;
    char data[96];

    (void)snprintf(data, sizeof data, "{\"operation\":\"%s\"}", f->operation);
    const struct audit_entry entry = {.action = AUDIT_ACCESS_REFUSED,
                                      .actor =
                                          people_actor(f->caller, people_viewing_role(f->caller)),
                                      .outcome = "refused",
                                      .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* Whether the caller may use the route; the one place that looks at a route's roles. */
static bool may(const struct route *route, struct http_request *r, struct http_answer *a)
{
    struct refusal f = {&r->caller, route->operation};
    struct err e = {0};

    if (r->machine != NULL || (route->roles & (OPEN | ROUTE_ANY)) != 0 ||
        (route->roles & r->caller.roles) != 0)
        return true;
    metrics_refused(r->metrics, METRICS_ROLE);
    enum assay_err rc = store_write(r->world->store, write_refusal, &f, &e);
    if (rc != ASSAY_OK)
        http_problem_of(a, rc, &e, route->operation);
    else
        not_there(a);
    return false;
}

const char *http_cookie_name(const struct gate_site *site)
{
    return site->public_host != NULL ? "__Host-assay_session" : "assay_session";
}

/* Fills the caller; false and a problem when nobody is signed in. */
static bool signed_in(const struct http_came *came, struct http_request *r, struct http_answer *a)
{
    char token[PEOPLE_TOKEN_SIZE];
    const char *header = gate_header(came->request, "cookie");
    struct err e = {0};
    enum assay_err rc = ASSAY_EDENIED;

    if (gate_cookie(header, http_cookie_name(came->site), token, sizeof token))
        rc = people_session(r->world->store, r->world->keys, token, &r->caller, &e);
    if (rc == ASSAY_OK)
        return true;
    if (rc == ASSAY_EDENIED) {
        metrics_refused(r->metrics, METRICS_SESSION);
        http_problem(a, 401, "not_signed_in",
                     "You are not signed in, or your session is over; sign in.");
    } else {
        http_problem_of(a, rc, &e, "session");
    }
    return false;
}

/* The key behind "Bearer"; NULL: the header is something else. */
static const char *bearer(const struct gate_request *r)
{
    static const char scheme[] = "Bearer ";
    const char *header = gate_header(r, "authorization");

    return header != NULL && strncasecmp(header, scheme, sizeof scheme - 1) == 0
               ? header + sizeof scheme - 1
               : NULL;
}

/* By the certificate that the proxy has seen. EDENIED: it is nobody's. */
static enum assay_err admit_cert(const struct http_came *came, const struct http_request *r,
                                 struct machine *m, struct err *e)
{
    struct assay_digests d;
    struct buf der;
    enum assay_err rc = ASSAY_EDENIED;

    buf_init(&der, CLIENT_CERT_MAX);
    if (client_cert_der(gate_header(came->request, "client-cert"), &der) &&
        (rc = assay_digest(der.data, der.size, &d)) == ASSAY_OK)
        rc = machines_admit_cert(r->service->machines, d.sha256, m, e);
    buf_clear(&der);
    return rc;
}

/* Fills the machine, by its key, its certificate, or as a program of this machine; false and a
 * problem when it is nobody's. */
static bool is_machine(const struct http_came *came, struct http_request *r, struct http_answer *a)
{
    struct machine *m = arena_alloc(r->arena, sizeof *m);
    const char *key = bearer(came->request);
    struct err e = {0};
    enum assay_err rc = ASSAY_EDENIED;

    if (came->verdict->has_cookie) {
        http_problem(a, 400, "bad_request", "A client's request carries no cookie.");
        return false;
    }
    if (key != NULL)
        rc = machines_admit(r->service->machines, key, m, &e);
    else if (came->verdict->by_cert && !came->verdict->by_key)
        rc = admit_cert(came, r, m, &e);
    else if (came->verdict->by_local)
        rc = machines_admit_local(r->service->machines, m, &e);
    r->machine = m;
    if (rc == ASSAY_OK)
        return true;
    if (rc == ASSAY_EDENIED) {
        metrics_refused(r->metrics, METRICS_SESSION);
        http_problem(a, 401, "no_client",
                     "This key or certificate lets nobody in: it is wrong, was replaced, has ended "
                     "or is switched off. Ask whoever gave you access.");
    } else {
        http_problem_of(a, rc, &e, "key");
    }
    return false;
}

/* Whether a key may be missing: on routes in the form of HMA, by the setting. */
static bool is_local(const struct http_came *came, const struct route *route)
{
    return came->verdict->by_local && (route->takes & ROUTE_HMA) != 0;
}

/* Fills caller or machine; false and a problem when the request is nobody's. */
static bool known(const struct http_came *came, const struct route *route, struct http_request *r,
                  struct http_answer *a)
{
    if (route != NULL && route->roles == ROUTE_CLIENT &&
        (came->verdict->by_key || came->verdict->by_cert || is_local(came, route)))
        return is_machine(came, r, a);
    return signed_in(came, r, a);
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";

    if (type == NULL || strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    type += sizeof json - 1;
    while (*type == ' ')
        type++;
    if (*type == '\0')
        return true;
    if (*type++ != ';')
        return false;
    while (*type == ' ')
        type++;
    return strcasecmp(type, "charset=utf-8") == 0;
}

#define PART_TYPE_TEXT "The body must be bytes of a file: Content-Type application/octet-stream."

static bool take_body(const struct http_came *came, const struct route *route,
                      struct http_request *r, struct http_answer *a)
{
    struct json *body;
    struct err e = {0};

    if ((route->takes & ROUTE_BODY) == 0) {
        if (came->body_size == 0)
            return true;
        http_problem(a, 400, "bad_request", "This request takes no body.");
        return false;
    }
    if (!is_json(came->verdict->content_type)) {
        http_problem(a, 415, "media_type", "The body must be JSON: Content-Type application/json.");
        return false;
    }
    if (json_parse(r->arena, came->body, came->body_size, &body, &e) != ASSAY_OK) {
        http_problem(a, 400, "bad_request", e.text);
        return false;
    }
    if (body->kind != JSON_IS_OBJECT) {
        http_problem(a, 400, "bad_request", "The body must be a JSON object.");
        return false;
    }
    r->body = body;
    return true;
}

#define KEY_SIZE_MIN 8
#define KEY_SIZE_MAX 64

/* What makes a request the same request: key, and hash of method, path and body. */
static bool take_once(const struct http_came *came, const struct route *route,
                      struct http_request *r, struct http_answer *a)
{
    const char *key = gate_header(came->request, "idempotency-key");
    struct assay_digests d;
    struct buf b;

    if ((route->takes & ROUTE_ONCE) == 0)
        return true;
    size_t size = key == NULL ? 0 : strlen(key);
    if (size < KEY_SIZE_MIN || size > KEY_SIZE_MAX || !str_is_utf8(key, size)) {
        http_problem(a, 400, "bad_request",
                     "This request needs an Idempotency-Key of 8 to 64 characters, new for each "
                     "act.");
        return false;
    }
    buf_init(&b, GATE_TARGET_MAX + GATE_BODY_MAX + 64);
    buf_addf(&b, "%s %.*s\n", gate_method_name(came->verdict->method),
             (int)came->verdict->path_size, came->request->target);
    buf_add(&b, came->body, came->body_size);
    enum assay_err rc = assay_digest(b.data, b.size, &d);
    buf_clear(&b);
    if (rc != ASSAY_OK) {
        http_problem_of(a, rc, &(struct err){.text = "digest"}, route->operation);
        return false;
    }
    r->once.key = key;
    memcpy(r->once.body_sha256, d.sha256, sizeof r->once.body_sha256);
    return true;
}

static void call(const struct route *route, struct http_request *r, struct http_answer *a)
{
    struct err e = {0};
    enum assay_err rc = route->handler(r, a, &e);

    if (rc == ASSAY_OK && a->body.over)
        rc = err_set(&e, ASSAY_ELIMIT, "the answer is too long; ask for less");
    if (rc != ASSAY_OK)
        http_problem_of(a, rc, &e, route->operation);
}

static bool is_api(const struct gate_verdict *v, const char *target)
{
    return v->path_size >= 4 && memcmp(target, "/api", 4) == 0 &&
           (v->path_size == 4 || target[4] == '/');
}

/* While signed entries are missing nothing is graded or looked at; people may sign in and read. */
static bool may_now(const struct route *route, const struct http_request *r, struct http_answer *a)
{
    bool reads = route->method == GATE_GET && !str_equal(route->operation, "getPicture");
    bool session = str_equal(route->pattern, "/api/v1/session");

    if (reads || session || !atomic_load(&r->world->behind))
        return true;
    http_problem(a, 503, "behind",
                 "An older backup was put back and signed entries are missing. Nothing can be done "
                 "until a lead or administrator accepts the loss: assay restore --help.");
    return false;
}

/* A matching node has the routes of clients and of those who look after the machine. */
static bool is_of_node(const struct route *route)
{
    return route != NULL && (route->roles == ROUTE_CLIENT ||
                             (route->method == GATE_GET && (route->roles & OPEN) != 0));
}

/* The route, when the caller may use it; NULL with the answer: a problem, or the console's file. */
static const struct route *admit(const struct http_came *came, struct http_request *r,
                                 struct http_answer *a)
{
    const struct gate_verdict *v = came->verdict;
    const char *target = came->request->target;
    bool api = is_api(v, target);
    struct err e = {0};

    a->status = 200;
    a->type = "application/json";
    buf_init(&a->body, HTTP_ANSWER_MAX);
    if (gate_same_site(came->site, v, api, &e) != ASSAY_OK) {
        metrics_refused(r->metrics, METRICS_SITE);
        http_problem(a, 403, "other_site", e.text);
        return NULL;
    }
    const struct route *route = route_find(v->method, target, v->path_size, r->params);
    if (route != NULL && (route->takes & ROUTE_HMA) != 0 && !r->service->hma)
        route = NULL;
    a->route = route;
    if (route != NULL && route->roles == ROUTE_LOCAL && r->through_proxy) {
        not_there(a);
        return NULL;
    }
    if (r->service->feed != NULL && !is_of_node(route)) {
        not_there(a);
        return NULL;
    }
    if (r->service->feed != NULL && route->roles == ROUTE_CLIENT && !service_ready(r->service)) {
        http_problem(a, 503, "not_ready", "This matching node is fetching its lists; try again.");
        return NULL;
    }
    if (route == NULL && !api) {
        if ((v->method != GATE_GET && v->method != GATE_HEAD) ||
            !http_asset(target, v->path_size, v->query, a))
            not_there(a);
        return NULL;
    }
    if ((route == NULL || (route->roles & OPEN) == 0) && !known(came, route, r, a))
        return NULL;
    if (route == NULL) {
        not_there(a);
        return NULL;
    }
    if (!may(route, r, a) || !may_now(route, r, a))
        return NULL;
    if (r->service->feed != NULL && (route->takes & ROUTE_HOME) != 0) {
        http_problem(a, 409, "node",
                     "This is a matching node, which changes nothing and is followed by none: ask "
                     "the system of record.");
        return NULL;
    }
    if (v->query != NULL && (route->takes & ROUTE_QUERY) == 0) {
        http_problem(a, 400, "bad_request", "This request takes no query.");
        return NULL;
    }
    r->query = v->query;
    r->content_type = v->content_type;
    return route;
}

void http_dispatch(const struct http_came *came, struct http_request *r, struct http_answer *a)
{
    const struct route *route = admit(came, r, a);

    if (route == NULL)
        return;
    if ((route->takes & ROUTE_PART) != 0)
        http_problem(a, 415, "media_type", PART_TYPE_TEXT);
    else if (take_body(came, route, r, a) && take_once(came, route, r, a))
        call(route, r, a);
}

bool http_takes_part(const struct http_came *came)
{
    char params[HTTP_PARAMS_MAX][HTTP_PARAM_SIZE];
    const struct gate_verdict *v = came->verdict;
    const struct route *route =
        v->is_part ? route_find(v->method, came->request->target, v->path_size, params) : NULL;

    return route != NULL && (route->takes & ROUTE_PART) != 0;
}

bool http_part_begin(const struct http_came *came, struct http_request *r, struct http_answer *a)
{
    const struct route *route = admit(came, r, a);

    if (route != NULL)
        call(route, r, a);
    return r->sink.ctx != NULL;
}

void http_part_end(struct http_request *r, struct http_answer *a, enum assay_err rc,
                   const struct err *e)
{
    struct err failed = {0};

    if (rc == ASSAY_OK) {
        e = &failed;
        rc = r->sink.finish(r->sink.ctx, a, &failed);
    }
    if (rc == ASSAY_ELIMIT)
        http_problem(a, 413, "too_large", e->text);
    else if (rc != ASSAY_OK)
        http_problem_of(a, rc, e, route_operation(a->route));
}
