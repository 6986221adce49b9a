/* Requests and answers as the handlers see them; nothing of libmicrohttpd shows here. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "flow/flow.h"
#include "flow/lease.h"
#include "http/gate.h"

#define HTTP_ANSWER_MAX   (8u * 1024 * 1024) /* bytes of a JSON answer */
#define HTTP_PARAMS_MAX   2
#define HTTP_PARAM_SIZE   401 /* the longest parameter of a path, a ticket, and a NUL */
#define HTTP_ADDRESS_SIZE 64
#define HTTP_SIGN_INS_MAX 4 /* at once: each takes 64 MiB for its password's hash */

struct machine; /* people/machines.h */
struct metrics;
struct proving; /* http/proving.h */
struct service; /* flow/service/service.h */
struct route;

struct http_answer;

/* Where a body goes as it comes, on routes that take a part; the handler fills it in. */
struct http_sink {
    void *ctx; /* NULL: none */
    enum assay_err (*feed)(void *ctx, const void *bytes, size_t size, struct err *e);
    /* The whole body was fed: the answer. */
    enum assay_err (*finish)(void *ctx, struct http_answer *a, struct err *e);
    void (*free)(void *ctx); /* always; without finish nothing of it remains */
};

struct http_request {
    struct world *world;
    struct metrics *metrics;
    sem_t *sign_ins; /* HTTP_SIGN_INS_MAX of them */
    struct proving *proving;
    const struct service *service;
    struct arena *arena;
    const struct machine *machine; /* on routes of clients; else NULL */
    const char *content_type;      /* NULL: none */
    struct caller caller;          /* all zero on public routes */
    const struct json *body;       /* an object; NULL on routes without */
    char params[HTTP_PARAMS_MAX][HTTP_PARAM_SIZE];
    const char *query;               /* NULL: none */
    struct once once;                /* on routes that need an idempotency key */
    char address[HTTP_ADDRESS_SIZE]; /* the client's, for the session's workstation */
    bool through_proxy;              /* somebody in front named a client */
    struct http_sink sink;           /* out, on routes that take a part */
};

struct http_answer {
    unsigned status; /* 200 unless the handler says otherwise */
    const char *type;
    struct buf body;
    bool immutable;                 /* may be kept by the browser for ever */
    const char *download;           /* the file's name, when it is to be saved; or NULL */
    char cookie[PEOPLE_TOKEN_SIZE]; /* new session's token; empty: none */
    bool forget;                    /* take the session cookie away */
    int64_t view_id;                /* header Assay-View; 0: none */
    const char *rendition;          /* header Assay-Rendition; or NULL */
    const char *field;              /* member of a problem; or NULL */
    int64_t retry_s;                /* header Retry-After; 0: none */
    const struct route *route;      /* what was asked for; NULL: the console, or nothing there */
};

/* Does one thing: the answer's body is filled, or an error is returned, and becomes a problem. */
typedef enum assay_err http_handler(struct http_request *r, struct http_answer *a, struct err *e);

/* The problem document of an error, RFC 9457, in place of what is in the answer. */
void http_problem(struct http_answer *a, unsigned status, const char *code, const char *detail);
/* The same for what a handler returned; logged when it is our fault. */
void http_problem_of(struct http_answer *a, enum assay_err rc, const struct err *e,
                     const char *operation);

/* ---- for handlers ---- */

/* A parameter of the path as an id; ENOTFOUND, as for ids that nobody has. */
enum assay_err http_id(const struct http_request *r, unsigned param, int64_t *id, struct err *e);
/* As a lease's token. ESTATE, as for a lease that is lost. */
enum assay_err http_lease(const struct http_request *r, unsigned param,
                          uint8_t token[QUEUE_TOKEN_BYTES], struct err *e);
/* Member "lease" of the body. */
enum assay_err http_body_lease(const struct http_request *r, uint8_t token[QUEUE_TOKEN_BYTES],
                               struct err *e);
/* A member of the query as it stands; false: it is absent, or has room bytes or more. */
bool http_query_text(const char *query, const char *key, char *out, size_t room);
/* A member of the query, "from=0&count=50"; what is not there leaves *out as it is. EFORMAT. */
enum assay_err http_query_int(const char *query, const char *key, int64_t min, int64_t max,
                              int64_t *out, struct err *e);
/* Member "tags": an array of texts of the arena. */
enum assay_err http_tags(const struct http_request *r, const struct json *object,
                         const char *const **tags, size_t *count, struct err *e);
/* A text member of 1..size_max bytes. */
enum assay_err http_text(const struct json *object, const char *key, size_t size_min,
                         size_t size_max, const char **out, struct err *e);

#endif
