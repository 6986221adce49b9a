/* Verifying the record beside the requests: begun by one, watched and fetched by others. */
#ifndef HTTP_PROVING_H
#define HTTP_PROVING_H

#include "base/err.h"
#include "base/json.h"
#include "flow/flow.h"

/* A record of a million entries takes longer to verify than a browser waits for an answer; so it
 * runs in a thread of its own, one at a time. */
struct proving;

struct proving *proving_new(struct world *w);
/* Ends what runs; it then counts for nothing. NULL is fine. */
void proving_free(struct proving *p);

/* Begin, in the name of the caller; nothing when one is running. EBUSY: no thread is to be had. */
enum assay_err proving_begin(struct proving *p, const struct caller *c, struct err *e);

/* The members running, done, size, started_at and report, written into an open object. report is
 * null before the first has ended in this process. */
void proving_show(struct proving *p, struct json_out *o);

#endif
