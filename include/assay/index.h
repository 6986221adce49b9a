/* An index of 256-bit hashes: all within a distance of a query, exactly, while it changes. */
#ifndef ASSAY_INDEX_H
#define ASSAY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "assay/err.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * An index holds pairs of a hash and an id of the caller's. It is a set: a pair added again is
 * there once. One id may stand with many hashes (all turns of a picture) and one hash with many
 * ids; equal hashes are stored once. A search answers every pair within its radius and no other:
 * it is no approximation.
 *
 * Method: sixteen orders of the hashes by 16 of their bits each, with the next 16 bits beside, so
 * that most candidates fall without being looked at; doc/index.md says how and why it is exact.
 * Memory is about 120 bytes a hash, or 54 in the compact form, and 4.3 MB more for each of its few
 * parts.
 *
 * Threads: add, delete, merge and save may be called from any thread at any time. Each searching
 * thread has a reader of its own. A search takes no lock and waits for nobody; what was added or
 * deleted before it began is seen, what is added or deleted meanwhile may be.
 *
 * New pairs lie in a tail that every search reads through, a block of 16,384 at about 2 us each.
 * assay_index_merge takes full blocks into the sorted parts; call it from a thread that has time.
 * No thread is started here.
 *
 * The environment variable ASSAY_CPU may name the processor's instructions to use, as in the info's
 * kernel; what it cannot run, or another name, is passed over. Answers are the same by all.
 */
#define ASSAY_INDEX_HASH_BYTES  32 /* in the order of the hex form, as ASSAY_PDQ_BYTES */
#define ASSAY_INDEX_RADIUS_MAX  64 /* bits */
#define ASSAY_INDEX_REASON_SIZE 256

enum assay_index_form {
    ASSAY_INDEX_FAST,   /* about 120 bytes a hash */
    ASSAY_INDEX_COMPACT /* 54 bytes a hash at ten million, 65 at a million, and some 4 more where
                           any has several ids. Searches take as long at a million hashes and 1.7
                           times as long at ten, and 5 us or more for each hash that is near, a hit
                           or not: those of a crowd milliseconds. Building takes twice the time.
                           Parts of under 4,096 hashes are always FAST. */
};

struct assay_index;
struct assay_index_reader; /* one thread at a time */

struct assay_index_hit {
    uint32_t id;
    uint32_t distance; /* bits, 0 .. the radius */
};

struct assay_index_info {
    uint64_t pairs;     /* stored and not deleted; a pair added twice counts twice until a merge */
    uint64_t hashes;    /* rows in the sorted parts, those of deleted pairs too */
    uint64_t deleted;   /* pairs that a merge will leave out */
    uint64_t tail;      /* pairs in the tail, deleted ones too */
    uint64_t bytes;     /* memory or mapped file that the parts and the tail take */
    uint32_t parts;     /* sorted parts */
    const char *kernel; /* the processor's instructions in use: "scalar", "avx2", "avx512" */
};

/* An empty index. ENOMEM. The caller frees *out with assay_index_free. */
enum assay_err assay_index_new(struct assay_index **out);

/*
 * An index over a snapshot file, which is mapped and never written: what is added and deleted
 * afterwards is in memory until it is saved. Only the header and the section table are checked, so
 * this takes no longer for ten million hashes than for one; assay_index_verify reads every byte. A
 * file that is damaged behind its table gives wrong answers, but no read outside of it. Replace
 * the file by renaming another over it; cutting it short ends the process by SIGBUS.
 *
 *   reason   NULL, or ASSAY_INDEX_REASON_SIZE bytes: a sentence for people, on failure only
 *
 * ENOTFOUND, EDENIED, EIO; EFORMAT: no index; EVERSION: a later format; EDAMAGED; ENOMEM.
 */
enum assay_err assay_index_open(const char *path, struct assay_index **out, char *reason);

/* Every byte of a snapshot file and all that its parts say of one another. Errors as of open. */
enum assay_err assay_index_verify(const char *path, char *reason);

/*
 * All pairs that are in the index at one moment of the call, into a file that replaces path whole:
 * written beside it, synced, renamed. Deletes and adds wait while that moment is fixed
 * (milliseconds when merges are up to date), not while the file is written; searches never.
 * ENOMEM; EDENIED, ENOTFOUND, EIO, EFULL: the old file stands; ELIMIT: over 512 parts.
 */
enum assay_err assay_index_save(struct assay_index *ix, const char *path, char *reason);

/*
 * The form of sorted parts that are made from now on, by add_many, merge and save; those that there
 * are stay as they are until a merge takes them. FAST at first, also after assay_index_open.
 */
void assay_index_set_form(struct assay_index *ix, enum assay_index_form form);

/* No search may be under way and all readers must be freed. NULL is fine. */
void assay_index_free(struct assay_index *ix);

/* hash: ASSAY_INDEX_HASH_BYTES bytes, borrowed. ENOMEM: nothing was added. */
enum assay_err assay_index_add(struct assay_index *ix, const uint8_t *hash, uint32_t id);

/*
 * Add count pairs, or none. More than a block of the tail at once becomes a sorted part of its own,
 * which is how to fill an index: 10 million take about 5 s of processor time, compact ones 8.
 *
 *   hashes   count * ASSAY_INDEX_HASH_BYTES bytes; borrowed, as ids
 *
 * ENOMEM.
 */
enum assay_err assay_index_add_many(struct assay_index *ix, const uint8_t *hashes,
                                    const uint32_t *ids, size_t count);

/* Take the pair out. ENOTFOUND; ENOMEM: it is still there. */
enum assay_err assay_index_delete(struct assay_index *ix, const uint8_t *hash, uint32_t id);

/*
 * Take full blocks of the tail and parts of like size into one part, without what was deleted.
 * Nothing to do is fine and fast. One merge or save runs at a time, another waits. Needs memory
 * for the new part beside the old ones. ENOMEM: all is as before.
 */
enum assay_err assay_index_merge(struct assay_index *ix);

void assay_index_get_info(struct assay_index *ix, struct assay_index_info *out);

/* A reader for one thread at a time. It holds the index, which must outlive it, and the memory for
 * answers. ENOMEM. Free it with assay_index_reader_free. */
enum assay_err assay_index_reader_new(struct assay_index *ix, struct assay_index_reader **out);
void assay_index_reader_free(struct assay_index_reader *r); /* NULL is fine */

/*
 * All pairs whose hash differs from the query in at most radius bits.
 *
 *   hash     ASSAY_INDEX_HASH_BYTES bytes, borrowed
 *   radius   0 .. ASSAY_INDEX_RADIUS_MAX
 *   hits     the reader's, until its next search; by distance, then id. An id that stands with
 *            several hashes comes once for each distance.
 *
 * ERANGE; ENOMEM, only when there are more hits than any search of this reader had before.
 */
enum assay_err assay_index_search(struct assay_index_reader *r, const uint8_t *hash,
                                  unsigned radius, const struct assay_index_hit **hits,
                                  size_t *count);

/*
 * The same for many queries, which takes a half to four fifths of the time of as many searches in
 * parts of the fast form, and as much in compact ones: some hundreds at once, better thousands.
 * Each query is answered as by assay_index_search; what is added or deleted meanwhile may be seen
 * by some of them.
 *
 *   hashes   query_count * ASSAY_INDEX_HASH_BYTES bytes, borrowed
 *   hits     the reader's, until its next search
 *   begin    query_count + 1 numbers of the caller's: hits begin[i] .. begin[i + 1] - 1 are those
 *            of query i, in the order of assay_index_search
 *
 * ERANGE; ENOMEM.
 */
enum assay_err assay_index_search_many(struct assay_index_reader *r, const uint8_t *hashes,
                                       size_t query_count, unsigned radius,
                                       const struct assay_index_hit **hits, size_t *begin);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
