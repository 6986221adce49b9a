/* Hashes of many lists in one set, looked up while it changes: digests exactly, PDQ by distance. */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * An entry says that a record of a list has a hash. Lists and records are the caller's numbers: a
 * row's id, or where a line begins. Entries are a set: one that is added again is answered once.
 * One record may have many hashes, and a hash may stand in many records; a million records that
 * share one cost no more than others to add. A removal looks at all that share its hash, once for
 * those of one call.
 *
 * Threads: every function may be called from any thread at any time; each searching thread has a
 * reader of its own. A search for a PDQ takes no lock; one for a digest shares one with those who
 * change the same 64th of its kind. What was added or removed before a search began is seen.
 *
 * Memory: an entry takes 16 bytes and its hash, a digest half as much again for room to grow, a
 * PDQ some 120 bytes (assay/index.h). The 16 of one that was removed come back with
 * match_set_free alone.
 */
enum match_kind { MATCH_MD5, MATCH_SHA1, MATCH_SHA256, MATCH_PDQ, MATCH_KINDS };

#define MATCH_HASH_MAX   32 /* bytes of the longest */
#define MATCH_RADIUS_MAX 64 /* bits, of PDQ */

struct match_entry {
    enum match_kind kind;
    uint32_t list;
    uint64_t record;
    uint8_t hash[MATCH_HASH_MAX]; /* the first match_bytes(kind) */
};

struct match_hit {
    uint32_t list;
    uint32_t distance; /* bits; 0 for digests */
    uint64_t record;
};

struct match_info {
    uint64_t entries[MATCH_KINDS]; /* one added twice counts twice */
    uint64_t pdq_bytes;            /* that the index of PDQs takes */
};

struct match_set;
struct match_reader; /* one thread at a time */

size_t match_bytes(enum match_kind kind);     /* 16, 20, 32 or 32 */
const char *match_name(enum match_kind kind); /* "md5", "sha1", "sha256" or "pdq" */

struct match_set *match_set_new(void);
/* No search may be under way and all readers must be freed. NULL is fine. */
void match_set_free(struct match_set *set);

/* Add all count entries, or none: many at once cost less each. ENOMEM; ELIMIT: more than 2^32 - 2
 * were ever added. */
enum assay_err match_set_add(struct match_set *set, const struct match_entry *entries, size_t count,
                             struct err *e);

/* Remove those of the entries that are there. ENOMEM: some may be gone; do it again. */
enum assay_err match_set_remove(struct match_set *set, const struct match_entry *entries,
                                size_t count, struct err *e);

/* Bring the index of PDQs into order, which makes searches fast after many were added; from a
 * thread that has time. Searches go on meanwhile. ENOMEM: all is as before. */
enum assay_err match_set_merge(struct match_set *set, struct err *e);

void match_set_info(struct match_set *set, struct match_info *out);

/* The reader holds the set, which must outlive it. */
struct match_reader *match_reader_new(struct match_set *set);
void match_reader_free(struct match_reader *r); /* NULL is fine */

/*
 * PDQs that will be searched for next, in this order and within this radius, count *
 * ASSAY_INDEX_HASH_BYTES bytes: match_search looks them up many at once, in half of the time or
 * less, and answers each when it is asked for. They are borrowed until all were asked for, another
 * PDQ was, or others are announced. What is added or removed after the first was asked for may be
 * seen by some of them. At most MATCH_RADIUS_MAX; where another is asked for, nothing was
 * announced.
 */
void match_announce(struct match_reader *r, const uint8_t *pdqs, size_t count, unsigned radius);

/*
 * All entries of this kind whose hash is the one given or, of PDQ, differs in at most radius bits.
 *
 *   hash     match_bytes(kind) bytes, borrowed
 *   radius   0 .. MATCH_RADIUS_MAX; of digests it is not looked at
 *   hits     the reader's, until its next search; by distance, then list, then record
 *
 * ERANGE; ENOMEM.
 */
enum assay_err match_search(struct match_reader *r, enum match_kind kind, const uint8_t *hash,
                            unsigned radius, const struct match_hit **hits, size_t *count,
                            struct err *e);

#endif
