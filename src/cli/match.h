/* assay match in its parts: lists in memory, one query looked up, many of them in order. */
#ifndef CLI_MATCH_H
#define CLI_MATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/hash.h"
#include "format/listfile.h"
#include "match/match.h"
#include "match/snapshot.h"

#define MATCH_DISTANCE    31 /* bits: the reference's threshold */
#define MATCH_MIN_QUALITY 50

/* ---- match_lists.c: the lists ---- */

enum match_lists_use {
    MATCH_TO_SEARCH, /* hashes go into a set, and lists may be snapshots */
    MATCH_TO_SAVE    /* records alone, of files */
};

struct match_lists {
    enum match_lists_use use;
    struct match_set *set;
    char *const *names; /* as typed; a list's number is its place */
    size_t count;
    struct arena *arena;
    struct listed **records; /* an entry's record is its place */
    size_t record_count, record_room;
    struct match_snapshot **snapshots;
    size_t snapshot_count;
    unsigned held;     /* enum match_kind, a bit each: what can be looked up at all */
    const char *empty; /* a list without any record, NULL: none is */
    uint64_t refused;  /* lines that are no records */
    int min_quality;
};

/* Read the files. Each refused line is told on stderr (of each file the first 20).
 * EFORMAT, EIO, EDAMAGED, EVERSION: a file is no list or cannot be read; the text names it. */
enum assay_err match_lists_read(struct match_lists *l, char *const *names, size_t count,
                                struct err *e);
void match_lists_clear(struct match_lists *l);

/* ---- match_query.c: one query ---- */

enum match_status { MATCH_NO_MATCH, MATCH_MATCH, MATCH_UNMATCHABLE };

#define MATCH_WAYS                                                                                 \
    (1 + ASSAY_PDQ_TURNS) /* as stored; turned by EXIF and in seven more positions                 \
                           */

/* What is looked for. */
struct match_query {
    unsigned has; /* LISTFILE_MD5 to LISTFILE_PDQ: what is known of it */
    const uint8_t *md5, *sha1, *sha256;
    struct {
        const uint8_t *hash;
        const char *turn; /* NULL: as stored */
    } pdqs[MATCH_WAYS];
    size_t pdq_count;
    const char *no_pdq; /* why its PDQ cannot be looked up: a word; NULL where pdq_count > 0 */
};

struct match_asker; /* one thread's */
struct match_asker *match_asker_new(struct match_lists *l, unsigned distance);
void match_asker_free(struct match_asker *a); /* NULL is fine */

/* PDQs that will be asked for next, in this order, which is quicker; borrowed until others are.
 */
void match_asker_announce(struct match_asker *a, const uint8_t *pdqs, size_t count);

/* Look it up; then hits are written as the members status, reason and hits of the object that is
 * open. error: why nothing is known of it at all; NULL. */
enum match_status match_ask(struct match_asker *a, const struct match_query *q, const char *error,
                            struct json_out *o);

/* ---- match_run.c: all of them ---- */

struct match_run {
    struct match_lists lists;
    unsigned distance, threads;
    int min_quality;
    bool turned;
    atomic_ullong queries, hits, unmatchable;
    pthread_mutex_t lock; /* of askers */
    struct match_asker *askers[256];
    size_t asker_count;
};

/* The line of a file that was hashed, for hash_run; ctx is the struct match_run. */
void match_file_line(void *ctx, const char *path, const struct hash_result *r, struct buf *b);
/* Look up what standard input or a file holds, in any form of a list; returns the exit status. */
int match_hashes(struct match_run *m, const char *path);

#endif
