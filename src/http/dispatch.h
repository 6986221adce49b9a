/* From a request that the gate let in to its answer. */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/http.h"

/* The session cookie's name. Behind TLS the prefix makes browsers take it from this host alone,
 * over TLS, for all paths; so no other host of the domain can plant one. */
const char *http_cookie_name(const struct gate_site *site);

/* A request as it came; all borrowed for the call. */
struct http_came {
    const struct gate_site *site;
    const struct gate_request *request;
    const struct gate_verdict *verdict;
    const void *body;
    size_t body_size;
};

/* Answer it: console, API or problem. r holds world, sign_ins, arena and address; a is fresh and
 * the caller's to clear (body). */
void http_dispatch(const struct http_came *came, struct http_request *r, struct http_answer *a);

/* Whether its body goes to a sink as it comes. */
bool http_takes_part(const struct http_came *came);
/* For those, before any of the body is read: true with r->sink, or false with a problem in a. Feed
 * and finish it, then http_part_end. */
bool http_part_begin(const struct http_came *came, struct http_request *r, struct http_answer *a);
/* The answer of a part whose body ended, or whose feeding failed with rc and e. */
void http_part_end(struct http_request *r, struct http_answer *a, enum assay_err rc,
                   const struct err *e);

/* The console's file of this path; false when there is none. */
bool http_asset(const char *path, size_t path_size, const char *query, struct http_answer *a);

#endif
