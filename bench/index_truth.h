/* Made-up hashes with queries and, for some of these, what a plain look at all hashes answers. */
#ifndef BENCH_INDEX_TRUTH_H
#define BENCH_INDEX_TRUTH_H

#include <stddef.h>
#include <stdint.h>

#include "assay/index.h"

#define CHECKED 24 /* queries of which the answers are known */

struct workload {
    const char *name;
    size_t count, query_count;
    uint8_t *hashes; /* the i-th has the id i */
    uint32_t *ids;   /* so this is 0, 1, ... */
    uint8_t
        *queries; /* every other one within 31 bits of a stored hash, those between by nothing */
    struct assay_index_hit *truth[CHECKED]; /* within ASSAY_INDEX_RADIUS_MAX, in order */
    size_t truth_count[CHECKED];
};

/* kind: an enum made. Everything is the same in each run. */
void workload_init(struct workload *w, unsigned kind, size_t count, size_t query_count);
void workload_clear(struct workload *w);

const char *workload_name(unsigned kind);

/* Ends the program unless these are the hits of query q (below CHECKED) within the radius. */
void workload_check(const struct workload *w, size_t q, unsigned radius,
                    const struct assay_index_hit *hits, size_t count);

/* Processor time of the calling thread. */
int64_t cpu_ns(void);

/* Of count times, in order or not: they are sorted. */
struct figures {
    double mean_us, p50_us, p99_us;
};
struct figures figures_of(int64_t *took_ns, size_t count);

#endif
