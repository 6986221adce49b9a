/* The table of routes: the one place that says what there is and who may. */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http/http.h"

#define ROUTE_CLIENT (1u << 28) /* a client, by its key, and no person */
#define ROUTE_LOCAL  (1u << 29) /* whoever asks from this machine, past no proxy */
#define ROUTE_PUBLIC (1u << 30) /* whoever asks */
#define ROUTE_ANY    (1u << 31) /* whoever is signed in */

enum route_takes {
    ROUTE_NOTHING,
    ROUTE_BODY = 1,  /* a JSON object */
    ROUTE_ONCE = 2,  /* an Idempotency-Key */
    ROUTE_QUERY = 4, /* a query */
    ROUTE_HMA = 16,  /* in the form of HMA: there unless the setting match.hma is 0 */
    ROUTE_HOME = 32, /* only at the system of record: a matching node has nothing to say there */
    ROUTE_PART = 8,  /* a long body: its handler is called before any of it is read */
};

struct route {
    enum gate_method method;
    const char *pattern;   /* {name} stands for one part of the path */
    const char *operation; /* operationId of the OpenAPI file; NULL behind the last row */
    uint32_t roles;        /* any of these, or ROUTE_PUBLIC, or ROUTE_ANY */
    unsigned takes;        /* bits of enum route_takes */
    http_handler *handler;
};

/* The route of a request, its parameters filled in; NULL when there is none. */
const struct route *route_find(enum gate_method method, const char *path, size_t path_size,
                               char params[HTTP_PARAMS_MAX][HTTP_PARAM_SIZE]);

/* Its operation's name; "none" for NULL. */
const char *route_operation(const struct route *r);
/* Its place in the table, from 0 to below ROUTES_MAX. */
#define ROUTES_MAX 256
size_t route_index(const struct route *r);
/* By place; NULL behind the last. */
const struct route *route_at(size_t index);

/* Every route as a line "METHOD PATTERN OPERATION ROLE,ROLE..." (client, local, public, any): what
 * is compared with the OpenAPI file. */
void routes_list(struct buf *out);

#endif
