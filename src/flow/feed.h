/* A matching node's way to what it knows: it follows the change feed of a system of record. */
#ifndef FLOW_FEED_H
#define FLOW_FEED_H

#include "flow/flow.h"
#include "flow/live.h"

struct feed;

/* Texts are borrowed. */
struct feed_place {
    /* "https://HOST[:PORT]", "unix:PATH", or "http://" with a loopback address. */
    const char *url;
    const char *key_file; /* its first line is the key of a client with the feed right */
    const char *ca_file;  /* PEM certificates that are trusted alone; NULL: the system's */
};

/*
 * Follow the feed in a thread of its own, into w's store; lists shows when it is searched.
 * doc/feed.md tells the rest. ERANGE: the URL; EFORMAT, EIO, ENOTFOUND: the key file; ESTATE: the
 * workspace has items, so it is no node's. What goes wrong later is logged, said by feed_info, and
 * tried again.
 */
enum assay_err feed_follow(struct world *w, struct live *lists, const struct feed_place *place,
                           struct feed **out, struct err *e);
void feed_stop(struct feed *f); /* NULL is fine */

/* When everything that there was at the system of record was here; 0: never yet, so that what is
 * not found may be in a list all the same. */
int64_t feed_as_of(struct feed *f);

struct feed_info {
    int64_t seq, head;   /* changes that are here, and that there are */
    int64_t answered_ms; /* when the system of record last answered, by this clock; 0: not yet */
    char why[200];       /* why it did not the last time; "": it did */
};
void feed_info(struct feed *f, struct feed_info *out);

/* Whether the workspace is a node's: it was told something by a feed. */
enum assay_err feed_is_node(struct world *w, bool *is, struct err *e);

/* A backup was put back here: nodes that follow begin anew. */
enum assay_err feed_renew(struct world *w, struct err *e);

#endif
