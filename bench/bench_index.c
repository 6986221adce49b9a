/* Searching an index by columns and by reading all rows, on made-up hashes, in one run. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "index/index_impl.h"
#include "index_fixture.h"

#define QUERIES 4000
#define PART_NS 250000000 /* processor time for one figure */
#define BASE    1000000
#define ADDED   300000
#define STEP    1000 /* adds in STEP_MS: 100,000 a second */
#define STEP_MS 10

static const unsigned radii[] = {0, 15, 31, 48, 64};

static int64_t cpu_ns(void)
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

/* Half of the queries lie within 31 bits of a stored hash, half by nothing. */
static uint8_t *make_queries(const uint8_t *hashes, size_t count)
{
    uint8_t *queries = mem_array(QUERIES, HASH_BYTES);
    uint64_t draw = 99;

    made_hashes(MADE_UNIFORM, 12345, QUERIES, queries);
    for (size_t i = 0; i < QUERIES; i += 2)
        made_near(&draw, hashes + made_next(&draw) % count * HASH_BYTES,
                  (unsigned)(made_next(&draw) % 32), queries + i * HASH_BYTES);
    return queries;
}

/* Thread processor time of single searches. */
struct figures {
    double mean_us, p50_us, p99_us, hits;
};

static struct figures searches(struct assay_index_reader *r, const uint8_t *queries,
                               unsigned radius, enum index_plan plan)
{
    static int64_t took[QUERIES];
    struct figures f = {0};
    int64_t sum = 0;
    size_t done = 0, found = 0;

    while (done < QUERIES && (done < 5 || sum < PART_NS)) {
        int64_t begin = cpu_ns();
        enum assay_err rc = index_search(r, queries + done * HASH_BYTES, radius, plan);
        took[done] = cpu_ns() - begin;
        assert(rc == ASSAY_OK);
        found += r->count;
        sum += took[done++];
    }
    qsort(took, done, sizeof *took, by_value);
    f.mean_us = (double)sum / 1e3 / (double)done;
    f.p50_us = (double)took[done / 2] / 1e3;
    f.p99_us = (double)took[done * 99 / 100] / 1e3;
    f.hits = (double)found / (double)done;
    return f;
}

/* Saved, and opened again up to the first answer; milliseconds by the wall. */
static void open_again(struct assay_index *ix, const uint8_t *query)
{
    char path[] = "bench-index-XXXXXX";
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    struct assay_index *opened;
    size_t count;

    int fd = mkstemp(path);
    assert(fd >= 0);
    (void)close(fd);
    int64_t begin = clock_mono_ms();
    enum assay_err rc = assay_index_save(ix, path, NULL);
    int64_t saved = clock_mono_ms();
    assert(rc == ASSAY_OK);
    rc = assay_index_open(path, &opened, NULL);
    assert(rc == ASSAY_OK);
    rc = assay_index_reader_new(opened, &r);
    assert(rc == ASSAY_OK);
    rc = assay_index_search(r, query, 31, &hits, &count);
    assert(rc == ASSAY_OK);
    int64_t answered = clock_mono_ms();
    rc = assay_index_verify(path, NULL);
    assert(rc == ASSAY_OK);
    (void)printf("  save %lld ms, open and first answer %lld ms, verify %lld ms\n",
                 (long long)(saved - begin), (long long)(answered - saved),
                 (long long)(clock_mono_ms() - answered));
    assay_index_reader_free(r);
    assay_index_free(opened);
    (void)unlink(path);
}

static struct assay_index *build(const char *name, enum assay_index_form form,
                                 const uint8_t *hashes, size_t count)
{
    uint32_t *ids = mem_array(count, sizeof *ids);
    struct assay_index_info info;
    struct assay_index *ix;

    for (size_t i = 0; i < count; i++)
        ids[i] = (uint32_t)i;
    enum assay_err rc = assay_index_new(&ix);
    assert(rc == ASSAY_OK);
    assay_index_set_form(ix, form);
    int64_t begin = cpu_ns();
    rc = assay_index_add_many(ix, hashes, ids, count);
    assert(rc == ASSAY_OK);
    double seconds = (double)(cpu_ns() - begin) / 1e9;
    assay_index_get_info(ix, &info);
    (void)printf("%s, %s, %zu hashes: build %.2f CPU s, %.1f bytes a hash, %s\n", name,
                 form == ASSAY_INDEX_FAST ? "fast" : "compact", count, seconds,
                 (double)info.bytes / (double)count, info.kernel);
    mem_free(ids);
    return ix;
}

/* All queries at once, by one thread and by two that each take half. */
struct many {
    struct assay_index *ix;
    const uint8_t *queries;
    size_t count;
    double cpu_us; /* a query */
};

static void *search_many(void *context)
{
    static const unsigned rounds = 8;
    struct many *m = context;
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    size_t *begin = mem_array(m->count + 1, sizeof *begin);

    enum assay_err rc = assay_index_reader_new(m->ix, &r);
    assert(rc == ASSAY_OK);
    rc = assay_index_search_many(r, m->queries, m->count, 31, &hits, begin); /* warm */
    assert(rc == ASSAY_OK);
    int64_t start = cpu_ns();
    for (unsigned i = 0; i < rounds; i++) {
        rc = assay_index_search_many(r, m->queries, m->count, 31, &hits, begin);
        assert(rc == ASSAY_OK);
    }
    m->cpu_us = (double)(cpu_ns() - start) / 1e3 / (double)(rounds * m->count);
    assay_index_reader_free(r);
    mem_free(begin);
    return NULL;
}

static void measure_many(struct assay_index *ix, const uint8_t *queries)
{
    struct many half[2] = {{ix, queries, QUERIES / 2, 0},
                           {ix, queries + QUERIES / 2 * HASH_BYTES, QUERIES / 2, 0}};
    struct many all = {ix, queries, QUERIES, 0};
    pthread_t threads[2];
    int failed = 0;

    (void)search_many(&all);
    for (unsigned i = 0; i < 2; i++)
        failed |= pthread_create(&threads[i], NULL, search_many, &half[i]);
    assert(failed == 0);
    for (unsigned i = 0; i < 2; i++)
        failed |= pthread_join(threads[i], NULL);
    assert(failed == 0);
    (void)printf("  %d at once, radius 31: %.2f us a query; two threads: %.0f in a second of"
                 " two processors\n",
                 QUERIES, all.cpu_us, 2e6 / (half[0].cpu_us + half[1].cpu_us) * 2);
}

static void compare_plans(struct assay_index_reader *r, const uint8_t *queries)
{
    (void)printf("  radius  columns us    scan us  ratio   chosen us   p50 us   p99 us   hits\n");
    for (size_t i = 0; i < sizeof radii / sizeof radii[0]; i++) {
        struct figures columns = searches(r, queries, radii[i], PLAN_COLUMNS);
        struct figures scan = searches(r, queries, radii[i], PLAN_SCAN);
        struct figures best = searches(r, queries, radii[i], PLAN_BEST);
        (void)printf("  %6u  %10.2f %10.1f %6.1f  %10.2f %8.2f %8.2f %6.1f\n", radii[i],
                     columns.mean_us, scan.mean_us, scan.mean_us / columns.mean_us, best.mean_us,
                     best.p50_us, best.p99_us, best.hits);
    }
}

/* The compact form has but one way. */
static void measure_radii(struct assay_index_reader *r, const uint8_t *queries)
{
    (void)printf("  radius     mean us   p50 us   p99 us   hits\n");
    for (size_t i = 0; i < sizeof radii / sizeof radii[0]; i++) {
        struct figures f = searches(r, queries, radii[i], PLAN_BEST);
        (void)printf("  %6u  %10.2f %8.2f %8.2f %6.1f\n", radii[i], f.mean_us, f.p50_us, f.p99_us,
                     f.hits);
    }
}

static void measure(enum made kind, const char *name, enum assay_index_form form, size_t count)
{
    uint8_t *hashes = mem_array(count, HASH_BYTES);
    struct assay_index_reader *r;

    made_hashes(kind, 1, count, hashes);
    struct assay_index *ix = build(name, form, hashes, count);
    uint8_t *queries = make_queries(hashes, count);
    enum assay_err rc = assay_index_reader_new(ix, &r);
    assert(rc == ASSAY_OK);
    if (form == ASSAY_INDEX_FAST)
        compare_plans(r, queries);
    else
        measure_radii(r, queries);
    measure_many(ix, queries);
    open_again(ix, queries);
    assay_index_reader_free(r);
    assay_index_free(ix);
    mem_free(queries);
    mem_free(hashes);
}

/* A thread that adds 100,000 a second, and merges whenever a block of the tail is full. */
struct adding {
    struct assay_index *ix;
    const uint8_t *hashes;
    double cpu_s, seconds;
    atomic_bool end;
};

static void *add_all(void *context)
{
    struct adding *a = context;
    int64_t begin = cpu_ns(), start_ms = clock_mono_ms();
    enum assay_err rc = ASSAY_OK;

    for (uint32_t i = 0; i < ADDED && rc == ASSAY_OK; i++) {
        int64_t early_ms = start_ms + i / STEP * STEP_MS - clock_mono_ms();
        if (i % STEP == 0 && early_ms > 0)
            clock_sleep_ms(early_ms);
        rc = assay_index_add(a->ix, a->hashes + (size_t)i * HASH_BYTES, i);
        if (rc == ASSAY_OK && i % TAIL_PAIRS == TAIL_PAIRS - 1)
            rc = assay_index_merge(a->ix);
    }
    assert(rc == ASSAY_OK);
    a->cpu_s = (double)(cpu_ns() - begin) / 1e9;
    a->seconds = (double)(clock_mono_ms() - start_ms) / 1e3;
    atomic_store(&a->end, true);
    return NULL;
}

/* Searches within 31 of a million hashes alone, and then beside a thread that adds. */
static void measure_adding(void)
{
    uint8_t *hashes = mem_array(BASE, HASH_BYTES), *more = mem_array(ADDED, HASH_BYTES);
    struct assay_index_reader *r;
    struct figures beside = {0}, least = {.p99_us = 1e9};
    struct adding a = {.hashes = more};
    pthread_t thread;
    unsigned rounds = 0;

    made_hashes(MADE_UNIFORM, 1, BASE, hashes);
    made_hashes(MADE_UNIFORM, 2, ADDED, more);
    a.ix = build("adding", ASSAY_INDEX_FAST, hashes, BASE);
    uint8_t *queries = make_queries(hashes, BASE);
    enum assay_err rc = assay_index_reader_new(a.ix, &r);
    assert(rc == ASSAY_OK);
    struct figures alone = searches(r, queries, 31, PLAN_BEST);
    int failed = pthread_create(&thread, NULL, add_all, &a);
    assert(failed == 0);
    for (; !atomic_load(&a.end) || rounds == 0; rounds++) {
        struct figures f = searches(r, queries, 31, PLAN_BEST);
        beside.p50_us += f.p50_us;
        beside.p99_us = f.p99_us > beside.p99_us ? f.p99_us : beside.p99_us;
        least.p99_us = f.p99_us < least.p99_us ? f.p99_us : least.p99_us;
    }
    failed = pthread_join(thread, NULL);
    assert(failed == 0);
    (void)printf("  %d adds with merges: %.0f a second, %.0f a CPU second\n", ADDED,
                 ADDED / a.seconds, ADDED / a.cpu_s);
    (void)printf("  searches alone: p50 %.1f us, p99 %.1f us; beside: p50 %.1f us, p99 of %u rounds"
                 " %.1f to %.1f us\n",
                 alone.p50_us, alone.p99_us, beside.p50_us / rounds, rounds, least.p99_us,
                 beside.p99_us);
    assay_index_reader_free(r);
    assay_index_free(a.ix);
    mem_free(queries);
    mem_free(hashes);
    mem_free(more);
}

/* bench_index [COUNT...]: 10000000 needs 2 GB of memory and of the present folder's disk. */
int main(int argc, char **argv)
{
    size_t counts[8] = {100000, 1000000}, given = 2;

    if (argc > 1)
        given = 0;
    for (int i = 1; i < argc && given < sizeof counts / sizeof counts[0]; i++)
        counts[given++] = strtoul(argv[i], NULL, 10);
    for (size_t i = 0; i < given; i++) {
        for (enum assay_index_form f = ASSAY_INDEX_FAST; f <= ASSAY_INDEX_COMPACT; f++) {
            measure(MADE_UNIFORM, "uniform", f, counts[i]);
            measure(MADE_CLUSTERED, "clustered", f, counts[i]);
            measure(MADE_PDQLIKE, "pdqlike", f, counts[i]);
            measure(MADE_SKEWED, "skewed", f, counts[i]);
        }
    }
    measure_adding();
    return 0;
}
