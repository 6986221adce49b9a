/* What the index is made of: segments and tails in a set that readers take by one pointer. */
#ifndef INDEX_INDEX_IMPL_H
#define INDEX_INDEX_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "assay/index.h"
#include "index/compact.h"
#include "index/kernels.h"
#include "index/segment.h"

#define TAIL_PAIRS KERNEL_RUN_MAX
#define MASKS      2517 /* values of a chunk within 4 bits of one: as far as radius 64 goes */
#define ERRORS_MAX 4    /* bits within one chunk that are looked up */

/* A block of the tail. A pair is written, then count is raised: who reads count sees it. */
struct index_tail {
    struct index_block blocks[TAIL_PAIRS / BLOCK_LANES];
    uint32_t ids[TAIL_PAIRS];
    _Atomic uint64_t dead[TAIL_PAIRS / 64];
    atomic_uint count;
    uint32_t dead_count; /* under the write lock */
};

/* What a search reads. Never changed once a reader can see it; a change is another set. */
struct index_set {
    size_t segment_count, tail_count;
    struct index_segment **segments;
    struct index_tail **tails; /* all full but the last */
};

#define PROBES 288  /* made together: as many as radius 31 takes, and some */
#define FOUND  1024 /* entries judged together */

/* One value of a chunk to look up in its column. */
struct probe {
    uint32_t begin, end;
    uint16_t key;
    uint8_t column, limit; /* limit: bits that the next chunk may differ in */
};

/* An entry of a column whose two chunks are near enough. */
struct candidate {
    uint32_t at, column, row; /* row: first, of compact segments, the bucket's key */
};

/* A candidate of a compact segment on its way around the ring. */
struct walker {
    uint32_t at, row;  /* where it is in its column, and was in column 0: COMPACT_NONE before */
    uint16_t key, sym; /* the chunk of its column and the next */
    uint8_t column, start, known; /* chunks that are known, from start on */
    uint16_t total;
    uint8_t distance[CHUNKS]; /* of the known ones to the query's */
    struct compact_step step;
};

/* The search of one segment by its columns. */
struct lookup {
    struct assay_index_reader *r;
    const struct index_segment *s;
    const struct index_row *query; /* of compact segments turned, below */
    struct index_row turned;
    unsigned radius;
    unsigned budget[CHUNKS + 1];   /* the first again at the end: chunks stand in a ring */
    struct kernel_budgets budgets; /* the same */
    unsigned column, errors;       /* of the next probe, and bits in which its key differs */
    uint32_t mask;
    struct probe probes[PROBES];
    struct candidate found[FOUND];
    struct walker walkers[FOUND];
    size_t found_count;
    int64_t candidates;     /* that were judged so far; of compact segments steps of their walks */
    int64_t candidates_max; /* with more, reading all rows would have been the quicker way */
    double spent_ns;        /* what else was done, as the model has it */
};

/*
 * A writer that has put another set in place waits until each reader has been seen outside a
 * search or in a later one, and frees the old set then. turn is odd during a search.
 */
struct assay_index_reader {
    _Alignas(64) _Atomic uint64_t turn; /* a line of its own: no reader writes another's */
    _Alignas(64) struct assay_index *ix;
    struct assay_index_reader *next;
    struct assay_index_hit *hits, *spare; /* capacity each; spare is for sorting */
    size_t count, capacity;
    struct lookup lookup;
    struct batch *batch;         /* of assay_index_search_many, or NULL before the first */
    uint16_t at[KERNEL_RUN_MAX]; /* what a kernel found */
};

/* Deletes during a merge, which the new segment must hear of. */
struct delete_log {
    bool open;
    struct index_pair *pairs;
    size_t count, capacity;
};

/* What a search by columns of random hashes takes. */
struct effort {
    double probes;
    double share; /* of the rows: candidates */
};

struct assay_index {
    struct index_set *_Atomic set;
    pthread_mutex_t writing; /* adds, deletes and changes of set; taken after merging */
    pthread_mutex_t merging; /* merges and saves */
    pthread_mutex_t reading; /* the list of readers; taken last */
    struct assay_index_reader *readers;
    struct delete_log log;
    const struct index_kernels *kernels;
    _Atomic(enum assay_index_form) form; /* of parts that are made */
    struct permutation permutation;
    uint16_t masks[MASKS];                /* by bits set, from none */
    uint32_t masks_until[ERRORS_MAX + 1]; /* how many have at most so many bits */
    struct effort effort[ASSAY_INDEX_RADIUS_MAX + 1];
    uint16_t at[KERNEL_RUN_MAX]; /* a writer's scratch, under writing */
    void *map;                   /* the snapshot that some segments lie in, or NULL */
    size_t map_size;
};

/* How a segment is searched: the cost model's choice, or one of the two for tests and figures. */
enum index_plan { PLAN_BEST, PLAN_SCAN, PLAN_COLUMNS };

/* assay_index_search by a plan; a segment without columns is always scanned. */
enum assay_err index_search(struct assay_index_reader *r, const uint8_t *hash, unsigned radius,
                            enum index_plan plan);

/* All near pairs of one segment, added to the reader's hits. ENOMEM. */
enum assay_err segment_search(struct assay_index_reader *r, const struct index_segment *s,
                              const struct index_row *query, unsigned radius, enum index_plan plan);
enum assay_err hits_add(struct assay_index_reader *r, uint32_t id, uint32_t distance);

/* The living pairs of one row. ENOMEM. */
enum assay_err hits_add_row(struct assay_index_reader *r, const struct index_segment *s,
                            uint32_t row, uint32_t distance);

/* By distance, then id, each pair of them once; spare has room for as many. Returns how many are
 * kept. */
size_t hits_sort(struct assay_index_hit *hits, struct assay_index_hit *spare, size_t count);

/* The near pairs of one tail, added to the reader's hits. ENOMEM. */
enum assay_err index_tail_search(struct assay_index_reader *r, const struct index_tail *t,
                                 const struct index_row *query, unsigned radius);

/* Fills the index's effort at the radius, where masks_until is filled. */
void lookup_set_effort(struct assay_index *ix, unsigned radius);

void lookup_set_budgets(struct lookup *l, unsigned radius);

/* Makes the reader's look-up ready for a search of the segment, all but the query. Whether columns
 * are the quicker way. */
bool lookup_by_columns(struct assay_index_reader *r, const struct index_segment *s,
                       unsigned radius);

/* Estimates of time; index_kernels has the rest of the model. */
double lookup_scan_ns(const struct assay_index_reader *r, const struct index_segment *s);
double lookup_cost_ns(double probes, double entries, double candidates);

/* The first column in which the row is found, so that it is answered once. */
unsigned lookup_first_column(const struct lookup *l, const struct index_row *row);

/* All near rows of a compact segment, by going through every column. ENOMEM. */
enum assay_err compact_scan(struct assay_index_reader *r, const struct index_segment *s,
                            const struct index_row *turned, unsigned radius);

/* Judges what was found in a compact segment: walk.c. ENOMEM. */
enum assay_err lookup_walk(struct lookup *l);

void batch_free(struct batch *b); /* NULL is fine */

/* A set of its own memory with room for so many; counts are set, entries are not. NULL: none. */
struct index_set *index_set_new(size_t segment_count, size_t tail_count);

/* Put set in place and wait until no reader has the old one, which is returned for the caller to
 * free, with what is no longer named. Under writing. */
struct index_set *index_publish(struct assay_index *ix, struct index_set *set);

/* assay_index_add_many of at most TAIL_PAIRS, into the tail. */
enum assay_err index_add_few(struct assay_index *ix, const uint8_t *hashes, const uint32_t *ids,
                             size_t count);

struct index_row index_tail_row(const struct index_tail *t, uint32_t at);

/* Take all tails into segments. Under merging and writing. ENOMEM. */
enum assay_err index_freeze_tails(struct assay_index *ix);

#endif
