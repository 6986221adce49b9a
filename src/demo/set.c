/* Has the demo's pictures made, and says what their senders would say of them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/env.h"
#include "decode/spawn.h"
#include "demo/demo.h"
#include "flow/intake/intake.h"

#define SLICES      100
#define SLICE_S     300 /* of a wall clock; one takes under a second on an idle core */
#define THREADS_MAX 16
#define DAY_MS      (24LL * 60 * 60 * 1000)

struct making {
    pthread_mutex_t lock;
    char *program;
    const char *folder;
    char count[24], seed[24];
    unsigned next, done;
    void (*progress)(unsigned done);
    enum assay_err rc;
    struct err e;
};

static enum assay_err start(const struct making *m, const char *mode, const char *slice,
                            struct err *e)
{
    char name[] = "assay-make-media", of[8], *folder = mem_strdup(m->folder);
    char count[24], seed[24], which[16], word[16];
    char *argv[] = {name, word, folder, count, seed, slice == NULL ? NULL : which, of, NULL};
    struct spawn_end end;

    (void)snprintf(word, sizeof word, "%s", mode);
    (void)snprintf(count, sizeof count, "%s", m->count);
    (void)snprintf(seed, sizeof seed, "%s", m->seed);
    (void)snprintf(which, sizeof which, "%s", slice == NULL ? "" : slice);
    (void)snprintf(of, sizeof of, "%d", SLICES);
    enum assay_err rc = spawn_helper(m->program, argv, SLICE_S, &end, e);
    mem_free(folder);
    if (rc == ASSAY_OK && (end.how != SPAWN_EXITED || end.status != 0))
        rc =
            err_set(e, ASSAY_EIO, "%s", end.noise[0] != '\0' ? end.noise : "assay-make-media died");
    return rc;
}

static void *make_slices(void *ctx)
{
    struct making *m = ctx;

    (void)pthread_mutex_lock(&m->lock);
    while (m->rc == ASSAY_OK && m->next < SLICES) {
        char slice[16];
        struct err e = {0};
        (void)snprintf(slice, sizeof slice, "%u", m->next++);
        (void)pthread_mutex_unlock(&m->lock);
        enum assay_err rc = start(m, "pictures", slice, &e);
        (void)pthread_mutex_lock(&m->lock);
        m->done++;
        if (rc != ASSAY_OK && m->rc == ASSAY_OK) {
            m->rc = rc;
            m->e = e;
        }
        if (m->progress != NULL)
            m->progress(m->done);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return NULL;
}

enum assay_err demo_make_set(const char *folder, int64_t count, int64_t seed, unsigned threads,
                             void (*progress)(unsigned done), struct err *e)
{
    struct making m = {.folder = folder, .progress = progress};
    pthread_t others[THREADS_MAX];
    unsigned started = 0;
    enum assay_err rc = env_find("assay-make-media", &m.program, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(m.count, sizeof m.count, "%lld", (long long)count);
    (void)snprintf(m.seed, sizeof m.seed, "%lld", (long long)seed);
    (void)pthread_mutex_init(&m.lock, NULL);
    while (started + 1 < threads && started < THREADS_MAX &&
           pthread_create(&others[started], NULL, make_slices, &m) == 0)
        started++;
    (void)make_slices(&m);
    while (started > 0)
        (void)pthread_join(others[--started], NULL);
    (void)pthread_mutex_destroy(&m.lock);
    if (m.rc != ASSAY_OK)
        rc = err_set(e, m.rc, "%s", m.e.text);
    else
        rc = start(&m, "lists", NULL, e);
    mem_free(m.program);
    return rc;
}

void demo_batch(unsigned number, int64_t now_ms, struct batch_new *out)
{
    static const struct {
        const char *name, *sender, *contact, *case_reference, *authority;
        int64_t priority, due_days;
    } batches[DEMO_BATCHES] = {
        {"0412 north coast", "Unit 7", "desk 12", "C-0412", "order 88/26", 1, 3},
        {"0413 reports of the week", "Hotline North", "reports desk", "", "", 1, 7},
        {"0415 towns", "Unit 7", "desk 12", "C-0415", "order 91/26", 1, 0},
        {"0420 urgent", "Coast watch", "night desk", "C-0420", "order 93/26", 0, 1},
        {"0398 archive", "Hotline South", "archive", "", "", 2, 0},
    };
    const unsigned i = number - 1;

    *out = (struct batch_new){
        .name = batches[i].name,
        .scheme = "training-landscapes",
        .sender = batches[i].sender,
        .contact = batches[i].contact,
        .case_reference = batches[i].case_reference,
        .authority = batches[i].authority,
        .purpose = "training",
        .handling = i == 3 ? "answer by telephone first" : "",
        .priority = batches[i].priority,
        .due_ms = batches[i].due_days == 0 ? INT64_MAX : now_ms + batches[i].due_days * DAY_MS};
}
