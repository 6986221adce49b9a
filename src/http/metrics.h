/* Counts and durations for whoever watches the machine: GET /metrics, in Prometheus' text form. */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "flow/feed.h"
#include "flow/flow.h"

/*
 * Numbers only, labelled by states, routes and reasons of the program: no name, no id of a person,
 * case or item. Safe from several threads. What is counted here begins at 0 with the process; what
 * is counted in the store is the workspace's.
 */
struct metrics;
struct route;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* NULL is fine */

/* An answered request; route NULL: the console, or nothing there. */
void metrics_answered(struct metrics *m, const struct route *route, unsigned status,
                      int64_t took_ms);

enum metrics_refusal {
    METRICS_ODD,     /* the gate understood it in two ways */
    METRICS_SITE,    /* from another site */
    METRICS_SESSION, /* nobody is signed in */
    METRICS_ROLE,    /* the role does not allow it */
    METRICS_REFUSALS
};
void metrics_refused(struct metrics *m, enum metrics_refusal why);

/* All of it, appended to out. The store is asked at most every METRICS_STORE_MS: counting all rows
 * must not become a load because somebody asks often. */
#define METRICS_STORE_MS 10000
enum assay_err metrics_text(struct metrics *m, struct world *w, struct buf *out, struct err *e);
/* What a matching node says of its feed, appended to out. */
void metrics_feed(struct feed *f, struct buf *out);

#endif
