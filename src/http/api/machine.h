/* What the routes of clients share. */
#ifndef HTTP_API_MACHINE_H
#define HTTP_API_MACHINE_H

#include "flow/service/service.h"
#include "http/http.h"

/* Take so many hashes from the client's rate; false with 429 in a, and counted. */
bool machine_may_ask(struct http_request *r, int64_t hashes, struct http_answer *a);

/* service_hash_file, a few at a time: each is a process with memory of its own. */
enum assay_err machine_hash_file(struct http_request *r, const struct machine *who,
                                 const void *bytes, size_t size, struct service_file *out,
                                 struct err *e);

/* Its member "file". */
void machine_write_file(const struct service_file *f, struct json_out *o);

#endif
