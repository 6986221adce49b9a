/* Adds, deletes, merges and saves while others search: what stays is always found, what is gone is
 * never found, what was added is found from then on. And the same in any order between crashes,
 * after each of which the index is what was saved last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "index/index_impl.h"
#include "index_fixture.h"

#define STAY      20000
#define COME      60000
#define LAG       20000 /* so late that what goes lies in a part, or is on its way into one */
#define SEARCHERS 2
#define RADIUS    12 /* made-up hashes are never so near by chance */
#define LIVES     6
#define STEPS     12 /* of a life */
#define MANY      4000

/* The first STAY hashes stay; of those behind, which come one by one, each tenth goes again. */
struct shared {
    struct assay_index *ix;
    uint8_t *hashes;
    char path[FOLDER_PATH_SIZE + 8];
    atomic_size_t come, gone; /* how many were added; of those, all before gone were looked at */
    atomic_bool end;
    atomic_uint wrong, searches;
};

static bool goes(size_t i)
{
    return i % 10 == 3;
}

/* Whether the search for hash i answers it at the distance asked for, and nothing else. */
static bool found(struct shared *s, struct assay_index_reader *r, uint64_t *draw, size_t i)
{
    const struct assay_index_hit *hits;
    uint8_t query[HASH_BYTES];
    unsigned bits = (unsigned)(made_next(draw) % (RADIUS + 1));
    size_t count;

    made_near(draw, s->hashes + i * HASH_BYTES, bits, query);
    if (assay_index_search(r, query, RADIUS, &hits, &count) != ASSAY_OK || count > 1)
        s->wrong++;
    if (count == 1 && (hits[0].id != i || hits[0].distance != bits))
        s->wrong++;
    return count == 1;
}

static void *search(void *shared)
{
    struct shared *s = shared;
    struct assay_index_reader *r;
    uint64_t draw = (uint64_t)(uintptr_t)&r;

    if (assay_index_reader_new(s->ix, &r) != ASSAY_OK) {
        s->wrong++;
        return NULL;
    }
    while (!s->end) {
        size_t gone = s->gone, come = s->come;
        s->wrong += !found(s, r, &draw, made_next(&draw) % STAY);
        if (come > 0) {
            size_t i = made_next(&draw) % come;
            bool there = found(s, r, &draw, STAY + i);
            s->wrong += !goes(i) && !there;
            s->wrong += goes(i) && i < gone && there;
        }
        s->searches++;
    }
    assay_index_reader_free(r);
    return NULL;
}

static void *change(void *shared)
{
    struct shared *s = shared;

    for (size_t i = 0; i < COME; i++) {
        const uint8_t *hash = s->hashes + (STAY + i) * HASH_BYTES;
        s->wrong += assay_index_add(s->ix, hash, (uint32_t)(STAY + i)) != ASSAY_OK;
        s->come = i + 1;
        if (i < LAG || !goes(i - LAG))
            continue;
        hash -= (size_t)LAG * HASH_BYTES;
        s->wrong += assay_index_delete(s->ix, hash, (uint32_t)(STAY + i - LAG)) != ASSAY_OK;
        s->gone = i - LAG + 1;
    }
    s->end = true;
    return NULL;
}

static void *tidy(void *shared)
{
    struct shared *s = shared;

    for (unsigned round = 0; !s->end; round++) {
        assay_index_set_form(s->ix, round % 2 == 0 ? ASSAY_INDEX_COMPACT : ASSAY_INDEX_FAST);
        s->wrong += assay_index_merge(s->ix) != ASSAY_OK;
        if (round % 4 == 0)
            s->wrong += assay_index_save(s->ix, s->path, NULL) != ASSAY_OK;
    }
    return NULL;
}

/* After all: the file that a last save writes holds what should be there. */
static void check_saved(struct shared *s)
{
    struct assay_index_reader *r;
    struct assay_index_info info;
    uint64_t draw = 1;

    assert_int_equal(assay_index_save(s->ix, s->path, NULL), ASSAY_OK);
    assay_index_free(s->ix);
    assert_int_equal(assay_index_verify(s->path, NULL), ASSAY_OK);
    assert_int_equal(assay_index_open(s->path, &s->ix, NULL), ASSAY_OK);
    assay_index_get_info(s->ix, &info);
    assert_int_equal(info.pairs, STAY + COME - (COME - LAG) / 10);
    assert_int_equal(assay_index_reader_new(s->ix, &r), ASSAY_OK);
    for (size_t i = 0; i < STAY + COME; i += 97)
        assert_int_equal(found(s, r, &draw, i),
                         i < STAY || !goes(i - STAY) || i - STAY >= COME - LAG);
    assay_index_reader_free(r);
}

static void searches_are_right_while_all_else_goes_on(void **state)
{
    char folder[FOLDER_PATH_SIZE];
    pthread_t threads[SEARCHERS + 2];
    uint32_t *ids = calloc(STAY, sizeof *ids);
    struct shared *s = calloc(1, sizeof *s);

    (void)state;
    assert_non_null(s);
    assert_non_null(ids);
    folder_make(folder);
    (void)snprintf(s->path, sizeof s->path, "%s/index", folder);
    s->hashes = malloc((size_t)(STAY + COME) * HASH_BYTES);
    assert_non_null(s->hashes);
    made_hashes(MADE_UNIFORM, 1, STAY + COME, s->hashes);
    for (uint32_t i = 0; i < STAY; i++)
        ids[i] = i;
    assert_int_equal(assay_index_new(&s->ix), ASSAY_OK);
    assert_int_equal(assay_index_add_many(s->ix, s->hashes, ids, STAY), ASSAY_OK);
    for (unsigned i = 0; i < SEARCHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search, s), 0);
    assert_int_equal(pthread_create(&threads[SEARCHERS], NULL, change, s), 0);
    assert_int_equal(pthread_create(&threads[SEARCHERS + 1], NULL, tidy, s), 0);
    for (unsigned i = 0; i < SEARCHERS + 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(s->wrong, 0);
    assert_true(s->searches > 0);
    check_saved(s);
    assert_int_equal(s->wrong, 0);
    assay_index_free(s->ix);
    folder_remove(folder);
    free(s->hashes);
    free(ids);
    free(s);
}

/* An index and what should be in it; was_count and was_gone: what should be in the file. */
struct life {
    struct assay_index *ix;
    struct model m;
    size_t was_count;
    bool *was_gone;
    uint64_t draw;
    char folder[FOLDER_PATH_SIZE], path[FOLDER_PATH_SIZE + 8];
    uint8_t queries[64][HASH_BYTES]; /* of the thread that searches meanwhile */
    atomic_bool end;
    atomic_uint wrong;
};

/* What changes meanwhile may be found or not; each hit is near, and they are in order. */
static void *search_meanwhile(void *context)
{
    struct life *l = context;
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    size_t count;

    if (assay_index_reader_new(l->ix, &r) != ASSAY_OK) {
        l->wrong++;
        return NULL;
    }
    for (size_t round = 0; !l->end; round++) {
        l->wrong += assay_index_search(r, l->queries[round % 64], 31, &hits, &count) != ASSAY_OK;
        for (size_t i = 0; i < count; i++) {
            l->wrong += hits[i].distance > 31;
            l->wrong += i > 0 && hits[i - 1].distance > hits[i].distance;
        }
    }
    assay_index_reader_free(r);
    return NULL;
}

static void add_some(struct life *l)
{
    const size_t from = l->m.count, count = 1 + made_next(&l->draw) % MANY;
    const bool near = from > 0 && made_next(&l->draw) % 2 == 0;
    uint8_t hash[HASH_BYTES];

    for (size_t i = 0; i < count; i++) {
        if (near)
            made_near(&l->draw, l->m.hashes + made_next(&l->draw) % from * HASH_BYTES,
                      (unsigned)(made_next(&l->draw) % 32), hash);
        else
            made_hashes(MADE_UNIFORM, made_next(&l->draw), 1, hash);
        model_add(&l->m, hash, (uint32_t)(made_next(&l->draw) % 9999));
    }
    assert_int_equal(
        assay_index_add_many(l->ix, l->m.hashes + from * HASH_BYTES, l->m.ids + from, count),
        ASSAY_OK);
}

static void delete_some(struct life *l)
{
    for (unsigned i = 0; i < 30 && l->m.count > 0; i++) {
        const size_t at = made_next(&l->draw) % l->m.count;
        const uint8_t *hash = l->m.hashes + at * HASH_BYTES;
        const bool there = model_delete(&l->m, hash, l->m.ids[at]);
        assert_int_equal(assay_index_delete(l->ix, hash, l->m.ids[at]),
                         there ? ASSAY_OK : ASSAY_ENOTFOUND);
    }
}

static void remember(struct life *l)
{
    l->was_count = l->m.count;
    memcpy(l->was_gone, l->m.gone, l->m.capacity * sizeof *l->m.gone);
}

static void step(struct life *l)
{
    const uint64_t chance = made_next(&l->draw) % 100;

    if (chance < 45) {
        add_some(l);
    } else if (chance < 70) {
        delete_some(l);
    } else if (chance < 85) {
        assert_int_equal(assay_index_merge(l->ix), ASSAY_OK);
    } else if (chance < 93) {
        assay_index_set_form(l->ix, chance % 2 == 0 ? ASSAY_INDEX_COMPACT : ASSAY_INDEX_FAST);
    } else {
        assert_int_equal(assay_index_save(l->ix, l->path, NULL), ASSAY_OK);
        remember(l);
    }
}

static void compare(struct life *l)
{
    static const unsigned radii[] = {0, 8, 31, 47, 64};
    const struct assay_index_hit *hits;
    struct assay_index_reader *r;
    uint8_t query[HASH_BYTES];
    size_t count;

    assert_int_equal(assay_index_reader_new(l->ix, &r), ASSAY_OK);
    for (size_t i = 0; i < 10; i++) {
        made_hashes(MADE_UNIFORM, i, 1, query);
        if (i % 5 > 0 && l->m.count > 0)
            made_near(&l->draw, l->m.hashes + made_next(&l->draw) % l->m.count * HASH_BYTES,
                      radii[i % 5] / 2, query);
        model_search(&l->m, query, radii[i % 5]);
        assert_int_equal(assay_index_search(r, query, radii[i % 5], &hits, &count), ASSAY_OK);
        assert_int_equal(count, l->m.hit_count);
        assert_memory_equal(hits, l->m.hits, count * sizeof *hits);
    }
    assay_index_reader_free(r);
}

/* A process that is killed in the midst of a save leaves the old file, and beside it a cut one,
 * which is refused; one whose file is whole before that has saved. */
static void save_and_be_killed(struct life *l)
{
    struct rlimit most = {0, RLIM_INFINITY};
    char pattern[FOLDER_PATH_SIZE + 16];
    glob_t left;
    int status;

    most.rlim_cur = made_next(&l->draw) % ((size_t)24 << 20);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit no_core = {0, 0};
        if (setrlimit(RLIMIT_CORE, &no_core) != 0 || setrlimit(RLIMIT_FSIZE, &most) != 0)
            _exit(2);
        _exit(assay_index_save(l->ix, l->path, NULL) == ASSAY_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        remember(l);
    } else {
        assert_int_equal(WTERMSIG(status), SIGXFSZ);
    }
    (void)snprintf(pattern, sizeof pattern, "%s?*", l->path);
    if (glob(pattern, 0, NULL, &left) != 0)
        return;
    for (size_t i = 0; i < left.gl_pathc; i++) {
        struct assay_index *ix;
        assert_int_not_equal(assay_index_open(left.gl_pathv[i], &ix, NULL), ASSAY_OK);
        assert_int_equal(unlink(left.gl_pathv[i]), 0);
    }
    globfree(&left);
}

static void live(struct life *l)
{
    pthread_t searcher;

    for (size_t i = 0; i < 64; i++)
        memcpy(l->queries[i],
               l->m.count > 0 ? l->m.hashes + made_next(&l->draw) % l->m.count * HASH_BYTES
                              : l->queries[0],
               HASH_BYTES);
    l->end = false;
    assert_int_equal(pthread_create(&searcher, NULL, search_meanwhile, l), 0);
    for (unsigned i = 0; i < STEPS; i++)
        step(l);
    l->end = true;
    assert_int_equal(pthread_join(searcher, NULL), 0);
    assert_int_equal(l->wrong, 0);
    compare(l);
}

static void after_each_crash_the_index_is_what_was_saved_last(void **state)
{
    struct life *l = calloc(1, sizeof *l);

    (void)state;
    assert_non_null(l);
    l->draw = 21;
    model_init(&l->m, (size_t)LIVES * STEPS * MANY);
    l->was_gone = calloc(l->m.capacity, sizeof *l->was_gone);
    assert_non_null(l->was_gone);
    folder_make(l->folder);
    (void)snprintf(l->path, sizeof l->path, "%s/index", l->folder);
    assert_int_equal(assay_index_new(&l->ix), ASSAY_OK);
    assert_int_equal(assay_index_save(l->ix, l->path, NULL), ASSAY_OK);
    for (unsigned i = 0; i < LIVES; i++) {
        live(l);
        save_and_be_killed(l);
        assay_index_free(l->ix); /* as the memory of a process that is gone */
        l->m.count = l->was_count;
        memcpy(l->m.gone, l->was_gone, l->m.capacity * sizeof *l->m.gone);
        assert_int_equal(assay_index_verify(l->path, NULL), ASSAY_OK);
        assert_int_equal(assay_index_open(l->path, &l->ix, NULL), ASSAY_OK);
        compare(l);
    }
    assert_true(l->was_count > 0);
    assay_index_free(l->ix);
    folder_remove(l->folder);
    model_clear(&l->m);
    free(l->was_gone);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_right_while_all_else_goes_on),
        cmocka_unit_test(after_each_crash_the_index_is_what_was_saved_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
