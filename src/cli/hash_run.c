/* assay hash: many files at once, their lines in the order of the input, memory that stays flat. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/hash.h"

#define SLOTS       512  /* files under way or waiting for one before them */
#define FILES_EACH  32   /* descriptors that a thread and its decoders may hold */
#define END_WAIT_MS 2000 /* for a reader that does not take the line under way */

enum state { SLOT_WAITING, SLOT_DONE };

/* A file on its way through: found, hashed, then written when all before it are. */
struct slot {
    enum state state;
    char *path;
    char *failure; /* why it could not be hashed; NULL: it was */
    char *note;    /* for stderr, beside a line that has no error; NULL: none */
    struct buf line;
};

struct run {
    const struct hash_options *options;
    struct decode_env *env;
    struct err no_env; /* why env is NULL */
    pthread_mutex_t lock;
    pthread_cond_t room, work, idle;
    struct slot slots[SLOTS];       /* number n stands at n % SLOTS */
    uint64_t found, taken, written; /* written <= taken <= found <= written + SLOTS */
    bool closed;                    /* no more is found */
    bool writing;                   /* a thread writes, without the lock */
    bool stopped;                   /* nothing more is to be written */
    bool noted;
    bool showing; /* progress: not where the lines themselves go to the same terminal */
    uint64_t failed;
    int64_t started_ms;
    char *const *paths;
    size_t path_count;
    atomic_bool over;    /* the whole of it */
    atomic_ullong total; /* files that a look ahead counted; 0: not known */
};

/* ---- output ---- */

/* Ends the process: standard output takes no more. The decoders end with it. */
static void end_unwritten(int failed)
{
    if (failed == EPIPE) { /* whoever read has enough: end as every filter does */
        sigset_t pipe;

        (void)sigemptyset(&pipe);
        (void)sigaddset(&pipe, SIGPIPE);
        (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        (void)pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
        (void)raise(SIGPIPE);
    }
    cli_progress_end();
    fprintf(stderr, "assay: standard output cannot be written: %s\n", strerrordesc_np(failed));
    _exit(CLI_CANNOT);
}

static void put(const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        const ssize_t n = write(STDOUT_FILENO, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            end_unwritten(errno);
        at += n;
        size -= (size_t)n;
    }
}

static void show_progress(const struct run *r)
{
    if (!r->showing)
        return;
    const double seconds = (double)(clock_mono_ms() - r->started_ms) / 1000;
    const double rate = seconds > 0 ? (double)r->written / seconds : 0;
    const unsigned long long done = r->written, total = atomic_load(&r->total);

    if (total >= done && rate > 0)
        cli_progress("hash %llu of %llu files, %.0f a second, %.0f s left", done, total, rate,
                     (double)(total - done) / rate);
    else
        cli_progress("hash %llu files, %.0f a second", done, rate);
}

static void say_note(const struct slot *s)
{
    struct buf text;

    buf_init(&text, HASH_LINE_MAX);
    str_escaped(s->path, &text);
    buf_add_str(&text, ": no PDQ: ");
    str_escaped(s->note, &text);
    fprintf(stderr, "assay: %s\n", buf_cstr(&text));
    buf_clear(&text);
}

/* Writes one slot; called without the lock by the one thread that writes. */
static void write_slot(struct slot *s)
{
    put(s->line.data, s->line.size);
    if (s->failure != NULL || s->note != NULL)
        cli_progress_end();
    if (s->failure != NULL)
        cli_refused(s->path, s->failure);
    if (s->note != NULL)
        say_note(s);
}

/* Writes what is next in order, as far as it is done. With the lock, which is let go meanwhile. */
static void write_done(struct run *r)
{
    if (r->writing)
        return;
    r->writing = true;
    while (!r->stopped && r->written < r->taken &&
           r->slots[r->written % SLOTS].state == SLOT_DONE) {
        struct slot *s = &r->slots[r->written % SLOTS];

        (void)pthread_mutex_unlock(&r->lock);
        write_slot(s);
        (void)pthread_mutex_lock(&r->lock);
        r->failed += s->failure != NULL;
        mem_free(s->path);
        mem_free(s->failure);
        mem_free(s->note);
        buf_clear(&s->line);
        r->written++;
        show_progress(r);
        (void)pthread_cond_signal(&r->room);
    }
    r->writing = false;
    (void)pthread_cond_broadcast(&r->idle);
}

/* ---- files in ---- */

static bool found(void *ctx, const char *path, const char *why)
{
    struct run *r = ctx;
    struct slot *s;

    (void)pthread_mutex_lock(&r->lock);
    while (r->found == r->written + SLOTS && !r->stopped)
        (void)pthread_cond_wait(&r->room, &r->lock);
    if (!r->stopped) {
        s = &r->slots[r->found++ % SLOTS];
        *s = (struct slot){.state = SLOT_WAITING, .path = mem_strdup(path)};
        if (why != NULL)
            s->failure = mem_strdup(why);
        buf_init(&s->line, HASH_LINE_MAX);
        (void)pthread_cond_signal(&r->work);
    }
    const bool more = !r->stopped;
    (void)pthread_mutex_unlock(&r->lock);
    return more;
}

static struct slot *take(struct run *r)
{
    struct slot *s = NULL;

    (void)pthread_mutex_lock(&r->lock);
    while (r->taken == r->found && !r->closed && !r->stopped)
        (void)pthread_cond_wait(&r->work, &r->lock);
    if (r->taken < r->found && !r->stopped)
        s = &r->slots[r->taken++ % SLOTS];
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

static void finish(struct run *r, struct slot *s, const struct hash_result *result)
{
    r->options->line(r->options->line_ctx, s->path, result, &s->line);
    (void)pthread_mutex_lock(&r->lock);
    if (result->error[0] != '\0' && s->failure == NULL)
        s->failure = mem_strdup(result->error);
    if (result->note == HASH_NOTE_EACH || (result->note == HASH_NOTE_ONCE && !r->noted)) {
        r->noted = r->noted || result->note == HASH_NOTE_ONCE;
        s->note = mem_strdup(result->hashed.why.text);
    }
    s->state = SLOT_DONE;
    write_done(r);
    (void)pthread_mutex_unlock(&r->lock);
}

static void *work(void *ctx)
{
    struct run *r = ctx;
    struct hash_maker *m = NULL;
    struct err e = {0};
    struct hash_result *result = mem_alloc(sizeof *result);
    struct slot *s;

    while ((s = take(r)) != NULL) {
        *result = (struct hash_result){0};
        if (s->failure != NULL)
            (void)snprintf(result->error, sizeof result->error, "%s", s->failure);
        else if (m == NULL && hash_maker_new(r->options, r->env, &r->no_env, &m, &e) != ASSAY_OK)
            (void)snprintf(result->error, sizeof result->error, "%s", e.text);
        else
            hash_file(m, r->options, s->path, result);
        finish(r, s, result);
    }
    hash_maker_free(m);
    mem_free(result);
    return NULL;
}

/* ---- the look ahead, for the time that is left ---- */

struct counting {
    struct run *run;
    unsigned long long files;
};

static bool count_one(void *ctx, const char *path, const char *why)
{
    struct counting *c = ctx;

    (void)path;
    (void)why;
    c->files++;
    return !atomic_load(&c->run->over);
}

static void *count_all(void *ctx)
{
    struct counting c = {.run = ctx};
    struct run *r = ctx;

    if (hash_walk(r->options, r->paths, r->path_count, count_one, &c, NULL) == ASSAY_OK)
        atomic_store(&r->total, c.files);
    return NULL;
}

/* Only somebody who looks has use for it; and standard input cannot be read twice. */
static bool may_count(const struct run *r)
{
    for (size_t i = 0; i < r->path_count; i++) {
        if (str_equal(r->paths[i], "-"))
            return false;
    }
    return r->showing;
}

/* ---- signals ---- */

/* Those that would end the process and that whoever started it does not want ignored. */
static void hold_signals(sigset_t *held)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    (void)sigemptyset(held);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction now;

        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            (void)sigaddset(held, numbers[i]);
    }
    (void)sigaddset(held, SIGUSR1); /* ours, to end the watcher */
    (void)pthread_sigmask(SIG_BLOCK, held, NULL);
}

struct watcher {
    struct run *run;
    sigset_t held;
    pthread_t thread;
};

/* On a signal the line under way is finished, then the process ends by that signal, so that who
 * called it sees it; files that are being hashed are left, and their decoders end too. */
static void *watch(void *ctx)
{
    struct watcher *w = ctx;
    struct run *r = w->run;
    int number = 0;

    while (sigwait(&w->held, &number) != 0)
        continue;
    if (atomic_load(&r->over))
        return NULL;
    (void)pthread_mutex_lock(&r->lock);
    r->stopped = true;
    const struct timespec until = clock_mono_in(END_WAIT_MS);
    while (r->writing && pthread_cond_timedwait(&r->idle, &r->lock, &until) == 0)
        continue;
    cli_progress_end();
    fprintf(stderr, "assay: stopped after %llu files\n", (unsigned long long)r->written);
    (void)sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, &w->held, NULL);
    (void)raise(number);
    _exit(CLI_CANNOT);
}

/* ---- all of it ---- */

static void allow_files(unsigned threads)
{
    struct rlimit l;
    const rlim_t wanted = 64 + (rlim_t)threads * FILES_EACH;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= wanted)
        return;
    l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &l);
}

static void init(struct run *r)
{
    pthread_condattr_t attr;
    struct buf head;

    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->room, NULL);
    (void)pthread_cond_init(&r->work, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&r->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    if ((r->options->algorithms & HASH_OF_PICTURE) != 0 &&
        decode_env_new_for_pool(NULL, &decode_limits_default, &r->env, &r->no_env) != ASSAY_OK)
        r->env = NULL; /* each picture says so; other files have their digests all the same */
    buf_init(&head, HASH_LINE_MAX);
    hash_line_head(r->options, &head);
    put(head.data, head.size);
    buf_clear(&head);
}

static void clear(struct run *r)
{
    (void)pthread_cond_destroy(&r->idle);
    (void)pthread_cond_destroy(&r->work);
    (void)pthread_cond_destroy(&r->room);
    (void)pthread_mutex_destroy(&r->lock);
    decode_env_free(r->env);
    mem_free(r);
}

static enum assay_err run_all(struct run *r, struct err *e)
{
    const unsigned wanted = r->options->threads;
    pthread_t *threads = mem_array(wanted, sizeof *threads), counter;
    const bool counting = may_count(r) && pthread_create(&counter, NULL, count_all, r) == 0;
    unsigned started = 0;
    enum assay_err rc = ASSAY_OK;

    while (started < wanted && pthread_create(&threads[started], NULL, work, r) == 0)
        started++;
    if (started == 0)
        rc = err_set(e, ASSAY_EIO, "no thread can be started: a limit of this account or machine");
    else
        rc = hash_walk(r->options, r->paths, r->path_count, found, r, e);
    (void)pthread_mutex_lock(&r->lock);
    r->closed = true;
    (void)pthread_cond_broadcast(&r->work);
    (void)pthread_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    atomic_store(&r->over, true);
    if (counting)
        (void)pthread_join(counter, NULL);
    cli_progress_end();
    mem_free(threads);
    return rc;
}

int hash_run(const struct hash_options *o, char *const *paths, size_t count)
{
    struct run *r = mem_zalloc(sizeof *r);
    struct watcher w = {.run = r};
    struct err e = {0};
    bool watching;
    int status;

    *r = (struct run){.options = o,
                      .paths = paths,
                      .path_count = count,
                      .showing = isatty(STDERR_FILENO) != 0 && isatty(STDOUT_FILENO) == 0,
                      .started_ms = clock_mono_ms()};
    allow_files(o->threads);
    hold_signals(&w.held);
    init(r);
    watching = pthread_create(&w.thread, NULL, watch, &w) == 0;
    const enum assay_err rc = run_all(r, &e);
    if (watching) {
        (void)pthread_kill(w.thread, SIGUSR1);
        (void)pthread_join(w.thread, NULL);
    }
    status = rc != ASSAY_OK ? cli_fail(rc, &e) : r->failed > 0 ? CLI_SOME_FAILED : CLI_DONE;
    if (r->failed > 0)
        fprintf(stderr, "assay: %llu of %llu files were not hashed\n",
                (unsigned long long)r->failed, (unsigned long long)r->written);
    clear(r);
    return status;
}
