/* Problems (RFC 9457) and the checks that handlers share. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "http/http.h"
#include "http/routes.h"

static const struct problem {
    enum assay_err rc;
    unsigned status;
    const char *code, *title;
    const char *detail; /* in place of the error's own text, which may name what is inside */
} problems[] = {
    {ASSAY_EFORMAT, 422, "invalid", "This cannot be taken", NULL},
    {ASSAY_ERANGE, 422, "invalid", "This cannot be taken", NULL},
    {ASSAY_EUNSUPPORTED, 422, "invalid", "This cannot be taken", NULL},
    {ASSAY_EDENIED, 403, "denied", "You may not do this", NULL},
    {ASSAY_ENOTFOUND, 404, "not_found", "There is no such thing", NULL},
    {ASSAY_ESTATE, 409, "state", "Not possible now", NULL},
    {ASSAY_EEXISTS, 409, "exists", "It is there already", NULL},
    {ASSAY_ELIMIT, 429, "slow_down", "Too much at once", NULL},
    {ASSAY_EFULL, 507, "full", "No room",
     "The disk of the server is full. Nothing was saved; try again when there is room."},
    {ASSAY_EBUSY, 503, "unavailable", "Not available now",
     "The server could not do this now. Nothing was saved; try again."},
    {ASSAY_EIO, 503, "unavailable", "Not available now",
     "The server could not read or write its disk. Whoever runs it must look at its log."},
    {ASSAY_OK, 500, "failed", "The server failed",
     "The server could not do this. Whoever runs it must look at its log and `assay doctor`."},
};

/* Statuses that no error code stands for. */
static const struct {
    unsigned status;
    const char *title;
} titles[] = {
    {400, "A request that is not understood"}, {401, "Sign in"},  {403, "You may not do this"},
    {404, "There is no such thing"},           {413, "Too long"}, {415, "Another type than JSON"},
};

static void write_problem(struct http_answer *a, const struct problem *p, const char *detail)
{
    char type[64];
    struct json_out o;

    bool hma = a->route != NULL && (a->route->takes & ROUTE_HMA) != 0;

    (void)snprintf(type, sizeof type, "urn:assay:problem:%s", p->code);
    buf_wipe(&a->body);
    buf_init(&a->body, HTTP_ANSWER_MAX);
    json_out_init(&o, &a->body);
    json_object(&o, NULL);
    if (hma) {
        json_text(&o, "message", detail);
        json_object_end(&o);
        *a = (struct http_answer){.status = p->status == 422 ? 400 : p->status,
                                  /* there it has no 422 */ .type = "application/json",
                                  .body = a->body,
                                  .route = a->route};
        return;
    }
    json_text(&o, "type", type);
    json_text(&o, "title", p->title);
    json_int(&o, "status", p->status);
    json_text(&o, "detail", detail);
    if (a->field != NULL)
        json_text(&o, "field", a->field);
    json_object_end(&o);
    *a = (struct http_answer){.status = p->status,
                              .type = "application/problem+json",
                              .body = a->body,
                              .forget = a->forget,
                              .route = a->route};
}

void http_problem(struct http_answer *a, unsigned status, const char *code, const char *detail)
{
    struct problem p = {.status = status, .code = code, .title = "The request is refused"};

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (titles[i].status == status)
            p.title = titles[i].title;
    }
    write_problem(a, &p, detail);
}

void http_problem_of(struct http_answer *a, enum assay_err rc, const struct err *e,
                     const char *operation)
{
    const struct problem *p = problems;

    while (p->rc != rc && p->rc != ASSAY_OK)
        p++;
    if (p->status >= 500)
        log_error("http.failed", LOG_WORD("operation", operation), LOG_ERR(rc),
                  LOG_TEXT("why", e->text));
    write_problem(a, p, p->detail != NULL ? p->detail : e->text);
}

enum assay_err http_id(const struct http_request *r, unsigned param, int64_t *id, struct err *e)
{
    const char *text = r->params[param];

    if (text[0] == '0' || str_int64(text, 1, INT64_MAX, id) != ASSAY_OK)
        return err_set(e, ASSAY_ENOTFOUND, "there is no such thing");
    return ASSAY_OK;
}

static enum assay_err lease_of(const char *text, uint8_t token[QUEUE_TOKEN_BYTES], struct err *e)
{
    if (str_unhex(text, token, QUEUE_TOKEN_BYTES) != ASSAY_OK)
        return err_set(e, ASSAY_ESTATE, "lease lost: there is no such lease of yours");
    return ASSAY_OK;
}

enum assay_err http_lease(const struct http_request *r, unsigned param,
                          uint8_t token[QUEUE_TOKEN_BYTES], struct err *e)
{
    return lease_of(r->params[param], token, e);
}

enum assay_err http_body_lease(const struct http_request *r, uint8_t token[QUEUE_TOKEN_BYTES],
                               struct err *e)
{
    const char *text;
    enum assay_err rc = json_need_text(r->body, "lease", 2 * QUEUE_TOKEN_BYTES, &text, e);

    return rc != ASSAY_OK ? rc : lease_of(text, token, e);
}

/* Characters, as the OpenAPI file counts them. */
static size_t length_of(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

enum assay_err http_text(const struct json *object, const char *key, size_t size_min,
                         size_t size_max, const char **out, struct err *e)
{
    const char *text = NULL;
    enum assay_err rc = size_min > 0 ? json_need_text(object, key, 4 * size_max, &text, e)
                                     : json_want_text(object, key, 4 * size_max, &text, e);

    if (rc != ASSAY_OK)
        return rc;
    if (text != NULL && (length_of(text) < size_min || length_of(text) > size_max))
        return err_set(e, ASSAY_EFORMAT, "%s has %zu to %zu characters", key, size_min, size_max);
    if (text != NULL)
        *out = text;
    return ASSAY_OK;
}

bool http_query_text(const char *query, const char *key, char *out, size_t room)
{
    size_t size = strlen(key);

    while (query != NULL && *query != '\0') {
        size_t length = strcspn(query, "&");
        if (length > size && length - size - 1 < room && memcmp(query, key, size) == 0 &&
            query[size] == '=') {
            memcpy(out, query + size + 1, length - size - 1);
            out[length - size - 1] = '\0';
            return true;
        }
        query += length + (query[length] == '&');
    }
    return false;
}

enum assay_err http_query_int(const char *query, const char *key, int64_t min, int64_t max,
                              int64_t *out, struct err *e)
{
    char text[24];

    if (http_query_text(query, key, text, sizeof text) &&
        str_int64(text, min, max, out) != ASSAY_OK)
        return err_set(e, ASSAY_EFORMAT, "%s is a number of %lld to %lld", key, (long long)min,
                       (long long)max);
    return ASSAY_OK;
}

#define TAGS_MAX     64
#define TAG_SIZE_MIN 3
#define TAG_SIZE_MAX 81

enum assay_err http_tags(const struct http_request *r, const struct json *object,
                         const char *const **tags, size_t *count, struct err *e)
{
    const struct json *list = json_get(object, "tags");
    size_t n = 0;

    if (list == NULL || list->kind != JSON_IS_ARRAY || list->size > TAGS_MAX)
        return err_set(e, ASSAY_EFORMAT, "tags is an array of at most %d texts", TAGS_MAX);
    const char **out = arena_alloc(r->arena, (list->size + 1) * sizeof *out);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if (j->kind != JSON_IS_STRING || j->size < TAG_SIZE_MIN || j->size > TAG_SIZE_MAX)
            return err_set(e, ASSAY_EFORMAT, "a tag is a text of %d to %d bytes", TAG_SIZE_MIN,
                           TAG_SIZE_MAX);
        out[n++] = j->text;
    }
    *tags = out;
    *count = n;
    return ASSAY_OK;
}
