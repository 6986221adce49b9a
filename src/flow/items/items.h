/* Items as text: looked for by id or hash, and all that is known of one. Never a picture. */
#ifndef FLOW_ITEMS_ITEMS_H
#define FLOW_ITEMS_ITEMS_H

#include "flow/flow.h"

/* Who may read an item's record, and who of them sees who did what. */
#define ITEMS_READERS                                                                              \
    (PEOPLE_LEAD | PEOPLE_QUALITY | PEOPLE_ARBITER | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR)
#define ITEMS_SEES_PEOPLE (PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR)

/*
 * Items of an id (of an item or a task, as digits) or of a hash, all hex digits of it: MD5 32,
 * SHA-1 40, SHA-256 or PDQ 64. A record entry says by what was looked and how many were found,
 * never the hash. ItemsFound. EFORMAT: it is none of these.
 */
enum assay_err items_search(struct world *w, const struct caller *c, const char *query,
                            struct buf *answer, struct err *e);

/*
 * Item. A record entry is written first. What could sway a person who may still grade or read a
 * task blind is left out of it, and said to be: for readers everything until they have read it or
 * its lot has passed, for who may still grade it the sources' votes, and for whoever grades, reads
 * or settles what lists know of it, until all its tasks have passed. ENOTFOUND.
 */
enum assay_err items_record(struct world *w, const struct caller *c, int64_t item_id,
                            struct buf *answer, struct err *e);

/* Its names, paths, URLs and notes; a record entry is written first. Names. */
enum assay_err items_names(struct world *w, const struct caller *c, int64_t item_id,
                           struct buf *answer, struct err *e);

#endif
