/* Matching: what the lists know of the items that are here. */
#ifndef FLOW_MATCHING_MATCHING_H
#define FLOW_MATCHING_MATCHING_H

#include "flow/flow.h"
#include "flow/live.h"

#define MATCHING_RADIUS 31 /* bits: so far a PDQ is looked for */
#define MATCHING_TIGHT  16 /* and so far two pictures are as good as the same */

/*
 * Look up to 20 items that wait for it up in the lists, and write what came of it, each match once:
 *
 *   vote         an exact hash of a trusted list with a grade of a task's scheme: a hidden vote
 *   guard        an exact hash, or a PDQ within MATCHING_TIGHT, of known_good or never_export: the
 *                item goes into no release
 *   candidate    all that is near alone, of a list that is not trusted, or of MD5 alone
 *   quarantined  the row had more than match.hits_day_max matches on a day
 *   test         of the list of kind test
 *   noted        all else
 *
 * A picture near one that is decided joins its stack. An equal MD5 or SHA-1 where the SHA-256
 * differ is an alarm on the record. *count is how many items were looked up. ENOTFOUND: nothing
 * waits; EBUSY: the lists are not in memory yet, or behind; later. Safe from several processes.
 */
enum assay_err matching_next(struct world *w, struct live *lists, int64_t *count, struct err *e);

/* Who may ask what the lists know of a hash. */
#define MATCHING_ASKERS (PEOPLE_ANALYST | PEOPLE_LEAD | PEOPLE_COMPLIANCE | PEOPLE_AUDITOR)

/* The hashes of one file, as far as they are known. */
struct matching_hash {
    enum match_kind kind;
    uint8_t bytes[MATCH_HASH_MAX];
};
#define MATCHING_HASHES_MAX 8
struct matching_ask {
    struct matching_hash hashes[MATCHING_HASHES_MAX];
    size_t count;
    bool has_sha256; /* it is known for certain: a row with another one is of another file */
    uint8_t sha256[32];
    const char *reason; /* why nothing, or not all, can be looked up; NULL: all is. Static */
};
#define MATCHING_ASKS_MAX 500 /* at once */

/* The hashes at the beginning of a line, each as a list of text has it (doc/lists.md), with blanks,
 * commas or semicolons between; 64 digits alone are a SHA-256 and a PDQ. What follows them is not
 * looked at. The reason, where there is none, is a sentence. */
void matching_ask_of(const char *line, struct matching_ask *out);

/*
 * The array of LookupAnswer, one an ask, in their order, added to out: its status, and the rows
 * that have one of its hashes, up to 100 an ask and 1,000 together; a record entry is written.
 * EBUSY: the lists are not in memory yet.
 */
enum assay_err matching_look_up(struct world *w, struct live *lists, const struct caller *c,
                                const struct matching_ask *asks, size_t count, struct buf *out,
                                struct err *e);

/*
 * Go on with the pass over all items that rows changed since the last one call for: a page of
 * items, of which those that such a row may match are put in the line for matching_next. ENOTFOUND:
 * no row changed. Killed at any moment, another process goes on.
 */
struct matching_pass; /* what a thread keeps between pages */
struct matching_pass *matching_pass_new(void);
void matching_pass_free(struct matching_pass *p);
enum assay_err matching_go_on(struct world *w, struct matching_pass *p, struct err *e);

#endif
