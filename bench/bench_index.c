/* Searching an index by columns and by reading all rows, on made-up hashes, in one run. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "index/index_impl.h"
#include "index_fixture.h"
#include "index_truth.h"

#define QUERIES 10000     /* at once */
#define SINGLE  4000      /* one by one */
#define PART_NS 150000000 /* processor time for one figure */
#define BASE    1000000
#define ADDED   500000
#define SCANNED 40000000 /* rows a radius: each way would take minutes for more */
#define STEP    1000     /* adds in STEP_MS: 100,000 a second */
#define STEP_MS 10

static const unsigned radii[] = {0, 8, 15, 31, 47, 64};
#define RADII (sizeof radii / sizeof radii[0])
static const char *const forms[] = {"fast", "compact"};

/* Thread processor time of single searches. */
struct searched {
    struct figures took;
    double hits;
};

static struct searched searches(struct assay_index_reader *r, const struct workload *w,
                                unsigned radius, enum index_plan plan)
{
    static int64_t took[SINGLE];
    int64_t sum = 0;
    size_t done = 0, found = 0;

    while (done < SINGLE && (done < 5 || sum < PART_NS)) {
        int64_t begin = cpu_ns();
        enum assay_err rc = index_search(r, w->queries + done * HASH_BYTES, radius, plan);
        took[done] = cpu_ns() - begin;
        assert(rc == ASSAY_OK);
        found += r->count;
        sum += took[done++];
    }
    return (struct searched){figures_of(took, done), (double)found / (double)done};
}

/* The answers by each plan and of all queries at once, against what a look at each hash found. */
static void check_answers(struct assay_index_reader *r, const struct workload *w)
{
    size_t *begin = mem_array(w->query_count + 1, sizeof *begin);
    const struct assay_index_hit *hits;
    size_t found = 0;

    for (size_t i = 0; i < RADII; i++) {
        for (size_t q = 0; q < CHECKED; q++) {
            for (enum index_plan plan = PLAN_BEST; plan <= PLAN_COLUMNS; plan++) {
                if (plan != PLAN_BEST && w->count * q > SCANNED)
                    continue;
                enum assay_err rc = index_search(r, w->queries + q * HASH_BYTES, radii[i], plan);
                assert(rc == ASSAY_OK);
                workload_check(w, q, radii[i], r->hits, r->count);
                found += r->count;
            }
        }
        /* At great distances more would take minutes and say no more. */
        const size_t many = radii[i] <= 31 ? w->query_count : 3 * CHECKED;
        enum assay_err rc = assay_index_search_many(r, w->queries, many, radii[i], &hits, begin);
        assert(rc == ASSAY_OK);
        for (size_t q = 0; q < CHECKED; q++)
            workload_check(w, q, radii[i], hits + begin[q], begin[q + 1] - begin[q]);
    }
    (void)printf("  answers of %d queries at %zu radii, by each plan and at once: as by looking at"
                 " each hash (%zu hits)\n",
                 CHECKED, RADII, found);
    mem_free(begin);
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

static struct assay_index *build(const struct workload *w, enum assay_index_form form)
{
    struct assay_index_info info;
    struct assay_index *ix;

    enum assay_err rc = assay_index_new(&ix);
    assert(rc == ASSAY_OK);
    assay_index_set_form(ix, form);
    int64_t begin = cpu_ns();
    rc = assay_index_add_many(ix, w->hashes, w->ids, w->count);
    assert(rc == ASSAY_OK);
    double seconds = (double)(cpu_ns() - begin) / 1e9;
    assay_index_get_info(ix, &info);
    (void)printf("%s, %s, %zu hashes: build %.2f CPU s, %.1f bytes a hash, %s\n", w->name,
                 forms[form], w->count, seconds, (double)info.bytes / (double)w->count,
                 info.kernel);
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
    static const unsigned rounds = 3;
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

static void measure_many(struct assay_index *ix, const struct workload *w)
{
    struct many half[2] = {{ix, w->queries, QUERIES / 2, 0},
                           {ix, w->queries + QUERIES / 2 * HASH_BYTES, QUERIES / 2, 0}};
    struct many all = {ix, w->queries, QUERIES, 0};
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

static void compare_plans(struct assay_index_reader *r, const struct workload *w)
{
    (void)printf("  radius  columns us    scan us  ratio   chosen us   p50 us   p99 us   hits\n");
    for (size_t i = 0; i < RADII; i++) {
        struct searched columns = searches(r, w, radii[i], PLAN_COLUMNS);
        struct searched scan = searches(r, w, radii[i], PLAN_SCAN);
        struct searched best = searches(r, w, radii[i], PLAN_BEST);
        (void)printf("  %6u  %10.2f %10.1f %6.1f  %10.2f %8.2f %8.2f %6.1f\n", radii[i],
                     columns.took.mean_us, scan.took.mean_us,
                     scan.took.mean_us / columns.took.mean_us, best.took.mean_us, best.took.p50_us,
                     best.took.p99_us, best.hits);
    }
}

static void measure(const struct workload *w, enum assay_index_form form)
{
    struct assay_index_reader *r;

    struct assay_index *ix = build(w, form);
    enum assay_err rc = assay_index_reader_new(ix, &r);
    assert(rc == ASSAY_OK);
    check_answers(r, w);
    compare_plans(r, w);
    measure_many(ix, w);
    open_again(ix, w->queries);
    (void)fflush(stdout);
    assay_index_reader_free(r);
    assay_index_free(ix);
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

/* Single searches within 31 bits until the end, or so many. */
static struct figures search_until(struct assay_index_reader *r, const struct workload *w,
                                   atomic_bool *end, size_t most)
{
    int64_t *took = mem_array(most, sizeof *took);
    size_t done = 0;

    while (done < most && (done == 0 || !atomic_load(end))) {
        int64_t begin = cpu_ns();
        enum assay_err rc =
            index_search(r, w->queries + done % QUERIES * HASH_BYTES, 31, PLAN_BEST);
        took[done++] = cpu_ns() - begin;
        assert(rc == ASSAY_OK);
    }
    struct figures f = figures_of(took, done);
    mem_free(took);
    return f;
}

/* Searches within 31 of a million hashes alone, and then beside a thread that adds. */
static void measure_adding(void)
{
    uint8_t *more = mem_array(ADDED, HASH_BYTES);
    struct adding a = {.hashes = more};
    struct assay_index_reader *r;
    struct workload w;
    pthread_t thread;

    workload_init(&w, MADE_UNIFORM, BASE, QUERIES);
    made_hashes(MADE_UNIFORM, 2, ADDED, more);
    (void)printf("adding to: ");
    a.ix = build(&w, ASSAY_INDEX_FAST);
    enum assay_err rc = assay_index_reader_new(a.ix, &r);
    assert(rc == ASSAY_OK);
    struct figures alone = search_until(r, &w, &a.end, 10 * QUERIES);
    int failed = pthread_create(&thread, NULL, add_all, &a);
    assert(failed == 0);
    struct figures beside = search_until(r, &w, &a.end, 100 * QUERIES);
    failed = pthread_join(thread, NULL);
    assert(failed == 0);
    (void)printf("  %d adds with merges: %.0f a second, %.0f a CPU second\n", ADDED,
                 ADDED / a.seconds, ADDED / a.cpu_s);
    (void)printf("  searches alone: p50 %.1f us, p99 %.1f us; beside: p50 %.1f us, p99 %.1f us\n",
                 alone.p50_us, alone.p99_us, beside.p50_us, beside.p99_us);
    assay_index_reader_free(r);
    assay_index_free(a.ix);
    workload_clear(&w);
    mem_free(more);
}

/* What the arguments name: nothing is everything. */
struct choice {
    bool form[ASSAY_INDEX_COMPACT + 1], kind[MADE_KINDS], adding;
    size_t counts[8], count_count;
};

static void choose(struct choice *c, int argc, char **argv)
{
    bool any_form = false, any_kind = false;

    for (int i = 1; i < argc; i++) {
        for (unsigned f = 0; f <= ASSAY_INDEX_COMPACT; f++)
            any_form |= c->form[f] |= strcmp(argv[i], forms[f]) == 0;
        for (unsigned k = 0; k < MADE_KINDS; k++)
            any_kind |= c->kind[k] |= strcmp(argv[i], workload_name(k)) == 0;
        c->adding |= strcmp(argv[i], "adding") == 0;
        size_t count = strtoul(argv[i], NULL, 10);
        if (count > 0 && c->count_count < sizeof c->counts / sizeof c->counts[0])
            c->counts[c->count_count++] = count;
    }
    for (unsigned f = 0; f <= ASSAY_INDEX_COMPACT; f++)
        c->form[f] |= !any_form;
    for (unsigned k = 0; k < MADE_KINDS; k++)
        c->kind[k] |= !any_kind;
    if (c->count_count == 0 && !c->adding)
        c->counts[c->count_count++] = BASE;
    c->adding |= argc == 1;
}

/* bench_index [COUNT | FORM | WORKLOAD | adding]...: 10000000 fast needs 3 GB of memory and 1.3 GB
 * of the present folder's disk. */
int main(int argc, char **argv)
{
    struct choice c = {0};

    choose(&c, argc, argv);
    for (size_t i = 0; i < c.count_count; i++) {
        for (unsigned k = 0; k < MADE_KINDS; k++) {
            struct workload w;
            if (!c.kind[k])
                continue;
            workload_init(&w, k, c.counts[i], QUERIES);
            for (enum assay_index_form f = ASSAY_INDEX_FAST; f <= ASSAY_INDEX_COMPACT; f++) {
                if (c.form[f])
                    measure(&w, f);
            }
            workload_clear(&w);
        }
    }
    if (c.adding)
        measure_adding();
    return 0;
}
