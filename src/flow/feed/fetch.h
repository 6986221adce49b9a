/* One GET after the other from the system of record, over TLS or on this machine. */
#ifndef FLOW_FEED_FETCH_H
#define FLOW_FEED_FETCH_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "flow/feed.h"

struct fetch;

/* ending is borrowed: when it is true a transfer ends within a second or two. ERANGE: the URL;
 * EFORMAT, EIO, ENOTFOUND: the key file. */
enum assay_err fetch_new(const struct feed_place *place, const atomic_bool *ending,
                         struct fetch **out, struct err *e);
void fetch_free(struct fetch *f); /* NULL is fine */

/* The body of a 200 in out, which is reset first. wait_s: how long the answer may be held back.
 * EDENIED: 401 or 403; ENOTFOUND: 404; EBUSY: 429 or 503; EIO: no answer; else EFORMAT. */
enum assay_err fetch_get(struct fetch *f, const char *path, long wait_s, struct buf *out,
                         struct err *e);

#endif
