/* A plain look at every hash, which shares nothing with what is measured. */
#include "index_truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "index_fixture.h"

#define WORDS (HASH_BYTES / 8)

static const char *const names[MADE_KINDS] = {"uniform", "clustered", "pdqlike", "skewed"};

const char *workload_name(unsigned kind)
{
    return names[kind];
}

int64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

struct figures figures_of(int64_t *took_ns, size_t count)
{
    int64_t sum = 0;

    qsort(took_ns, count, sizeof *took_ns, by_value);
    for (size_t i = 0; i < count; i++)
        sum += took_ns[i];
    return (struct figures){.mean_us = (double)sum / 1e3 / (double)count,
                            .p50_us = (double)took_ns[count / 2] / 1e3,
                            .p99_us = (double)took_ns[count * 99 / 100] / 1e3};
}

static unsigned distance(const uint8_t *left, const uint8_t *right)
{
    uint64_t a[WORDS], b[WORDS];
    int sum = 0;

    memcpy(a, left, sizeof a);
    memcpy(b, right, sizeof b);
    for (unsigned i = 0; i < WORDS; i++)
        sum += __builtin_popcountll(a[i] ^ b[i]);
    return (unsigned)sum;
}

static int by_rank(const void *left, const void *right)
{
    const struct assay_index_hit *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void look_at_all(struct workload *w)
{
    size_t room[CHECKED] = {0};

    for (size_t i = 0; i < w->count; i++) {
        for (size_t q = 0; q < CHECKED; q++) {
            unsigned d = distance(w->hashes + i * HASH_BYTES, w->queries + q * HASH_BYTES);
            if (d > ASSAY_INDEX_RADIUS_MAX)
                continue;
            if (w->truth_count[q] == room[q]) {
                room[q] = 2 * room[q] + 64;
                w->truth[q] = mem_resize(w->truth[q], room[q], sizeof *w->truth[q]);
            }
            w->truth[q][w->truth_count[q]++] = (struct assay_index_hit){(uint32_t)i, d};
        }
    }
    for (size_t q = 0; q < CHECKED; q++) {
        if (w->truth_count[q] > 0)
            qsort(w->truth[q], w->truth_count[q], sizeof *w->truth[q], by_rank);
    }
}

void workload_init(struct workload *w, unsigned kind, size_t count, size_t query_count)
{
    uint64_t draw = 99;

    *w = (struct workload){.name = names[kind], .count = count, .query_count = query_count};
    w->hashes = mem_array(count, HASH_BYTES);
    w->ids = mem_array(count, sizeof *w->ids);
    w->queries = mem_array(query_count, HASH_BYTES);
    made_hashes((enum made)kind, 1, count, w->hashes);
    for (size_t i = 0; i < count; i++)
        w->ids[i] = (uint32_t)i;
    made_hashes(MADE_UNIFORM, 12345, query_count, w->queries);
    for (size_t i = 0; i < query_count; i += 2)
        made_near(&draw, w->hashes + made_next(&draw) % count * HASH_BYTES,
                  (unsigned)(made_next(&draw) % 32), w->queries + i * HASH_BYTES);
    look_at_all(w);
}

void workload_clear(struct workload *w)
{
    for (size_t q = 0; q < CHECKED; q++)
        mem_free(w->truth[q]);
    mem_free(w->hashes);
    mem_free(w->ids);
    mem_free(w->queries);
}

void workload_check(const struct workload *w, size_t q, unsigned radius,
                    const struct assay_index_hit *hits, size_t count)
{
    size_t wanted = 0;
    bool same;

    while (wanted < w->truth_count[q] && w->truth[q][wanted].distance <= radius)
        wanted++;
    same = count == wanted;
    for (size_t i = 0; i < count && same; i++)
        same = by_rank(&hits[i], &w->truth[q][i]) == 0;
    if (same)
        return;
    (void)fprintf(stderr,
                  "%s, %zu hashes, query %zu, radius %u: %zu hits are not the %zu that "
                  "there are\n",
                  w->name, w->count, q, radius, count, wanted);
    exit(1);
}
