/* The hashes of all lists in memory, following the store. */
#ifndef FLOW_LIVE_H
#define FLOW_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "match/match.h"
#include "store/store.h"

/*
 * A thread reads every row that may match, then the changes, in their order, as the store counts
 * them (store/list.h): a row that was put or taken in one process is found, or not found any more,
 * in every other within LIVE_LAG_MS. The record of an entry is the row's id, its list a number from
 * here. A PDQ that its list says to be of quality under LIVE_QUALITY_MIN is not entered: flat
 * pictures lie near one another. Every function may be called from any thread.
 */
#define LIVE_LAG_MS      500
#define LIVE_QUALITY_MIN 50

struct live;

struct live *live_new(struct store *s);
void live_free(struct live *l); /* no search may be under way; NULL is fine */

/* Whether all rows were read once: before, a hash that is not found may be in a list. */
bool live_ready(struct live *l);
/* The number of the last change that is in it. */
int64_t live_seq(struct live *l);

/* A list's number, as in struct match_hit; UINT32_MAX: nothing of it was read. */
uint32_t live_number(struct live *l, int64_t list_id);
/* The number of the list of kind test; UINT32_MAX: there is none. */
uint32_t live_test(struct live *l);

/* A reader for one thread, to be given back. */
struct match_reader *live_take(struct live *l);
void live_give(struct live *l, struct match_reader *r);

void live_info(struct live *l, struct match_info *out);

#endif
