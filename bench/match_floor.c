/* Writes a made-up list and queries for bench_match.py, and times the library alone on them. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "index_fixture.h"
#include "match/match.h"

#define RADIUS 31
#define ADDED  4096 /* entries at once */

/* Record i has hash i of each. */
struct made_list {
    uint8_t *pdqs, *digests;
    size_t count;
};

static double cpu_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

static void finish(FILE *f)
{
    if (ferror(f) != 0 || fclose(f) != 0) {
        perror("match-floor: a file cannot be written");
        exit(1);
    }
}

static void put_hex(FILE *f, const uint8_t *hash)
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        fprintf(f, "%02x", hash[i]);
}

static void write_list(const char *folder, const struct made_list *l)
{
    FILE *f = create(folder, "list.csv");

    fputs("sha256,pdq,grade\n", f);
    for (size_t i = 0; i < l->count; i++) {
        put_hex(f, l->digests + i * HASH_BYTES);
        fputc(',', f);
        put_hex(f, l->pdqs + i * HASH_BYTES);
        fputs(",L1\n", f);
    }
    finish(f);
}

static void write_queries(const char *folder, enum match_kind kind, const uint8_t *queries,
                          size_t count)
{
    char name[32];

    (void)snprintf(name, sizeof name, "%s.txt", match_name(kind));
    FILE *f = create(folder, name);
    for (size_t i = 0; i < count; i++) {
        fprintf(f, "%s:", match_name(kind));
        put_hex(f, queries + i * HASH_BYTES);
        fputc('\n', f);
    }
    finish(f);
}

static struct match_set *load(const struct made_list *l)
{
    struct match_entry *entries = mem_array(ADDED, sizeof *entries);
    struct match_set *set = match_set_new();
    struct err e = {0};
    size_t n = 0;

    for (size_t i = 0; i < 2 * l->count; i++) {
        const uint8_t *hash = (i % 2 == 0 ? l->digests : l->pdqs) + i / 2 * HASH_BYTES;

        entries[n].kind = i % 2 == 0 ? MATCH_SHA256 : MATCH_PDQ;
        entries[n].record = i / 2;
        memcpy(entries[n++].hash, hash, HASH_BYTES);
        if (n < ADDED && i + 1 < 2 * l->count)
            continue;
        enum assay_err rc = match_set_add(set, entries, n, &e);
        assert(rc == ASSAY_OK);
        n = 0;
    }
    enum assay_err rc = match_set_merge(set, &e);
    assert(rc == ASSAY_OK);
    mem_free(entries);
    return set;
}

/* Half of the queries meet a record: PDQs within the radius, digests exactly. */
static void measure(const char *folder, const struct made_list *l, struct match_set *set,
                    enum match_kind kind, size_t count)
{
    uint8_t *queries = mem_array(count, HASH_BYTES);
    struct match_reader *r = match_reader_new(set);
    const uint8_t *stored = kind == MATCH_PDQ ? l->pdqs : l->digests;
    uint64_t draw = 99;
    size_t hits = 0;

    made_hashes(MADE_UNIFORM, 12345 + kind, count, queries);
    for (size_t i = 0; i < count; i += 2)
        made_near(&draw, stored + made_next(&draw) % l->count * HASH_BYTES,
                  kind == MATCH_PDQ ? (unsigned)(made_next(&draw) % (RADIUS + 1)) : 0,
                  queries + i * HASH_BYTES);
    write_queries(folder, kind, queries, count);
    const double begin = cpu_s();
    for (size_t i = 0; i < count; i++) {
        const struct match_hit *found;
        struct err e = {0};
        size_t found_count;
        enum assay_err rc =
            match_search(r, kind, queries + i * HASH_BYTES, RADIUS, &found, &found_count, &e);

        assert(rc == ASSAY_OK);
        hits += found_count > 0;
    }
    printf("%s %zu %.6f\n", match_name(kind), hits, cpu_s() - begin);
    match_reader_free(r);
    mem_free(queries);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: match-floor FOLDER RECORDS QUERIES\n", stderr);
        return 2;
    }
    const size_t queries = strtoul(argv[3], NULL, 10);
    struct made_list l = {.count = strtoul(argv[2], NULL, 10)};

    l.pdqs = mem_array(l.count, HASH_BYTES);
    l.digests = mem_array(l.count, HASH_BYTES);
    made_hashes(MADE_UNIFORM, 1, l.count, l.pdqs);
    made_hashes(MADE_UNIFORM, 2, l.count, l.digests);
    write_list(argv[1], &l);
    struct match_set *set = load(&l);
    measure(argv[1], &l, set, MATCH_PDQ, queries);
    measure(argv[1], &l, set, MATCH_SHA256, queries);
    match_set_free(set);
    mem_free(l.digests);
    mem_free(l.pdqs);
    return 0;
}
