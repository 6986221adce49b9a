/* A long body that is kept in memory until it is whole. */
#ifndef HTTP_API_WHOLE_H
#define HTTP_API_WHOLE_H

#include "http/http.h"

/* Answers when all is there; the bytes are wiped afterwards. */
typedef enum assay_err whole_fn(struct http_request *r, const void *bytes, size_t size,
                                struct http_answer *a, struct err *e);

/* Make fn the answer of a route that takes a part. A body of more than size_max bytes gets 413, an
 * empty one EFORMAT. */
void whole_begin(struct http_request *r, size_t size_max, whole_fn *fn);

#endif
