/* assay demo: a training workspace with people, pictures and work done on them, served. */
#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "demo/demo.h"
#include "flow/intake/intake.h"

#define COUNT_DEFAULT "500"
#define COUNT_MIN     40 /* fewer leave some of the people nothing to do */
#define COUNT_MAX     100000
#define FIRST_BATCHES 3 /* taken in before the first days of work; the others after */

static const char usage[] =
    "usage: assay demo [--listen ADDR:PORT] [--count N] [--seed N] [FOLDER]\n\n"
    "Makes a training workspace in the folder of --data if there is none, with one person a role\n"
    "(and a second assessor and quality reader), and serves it on loopback with a sign-in link "
    "for\n"
    "each, so that one person can walk the whole way of a file.\n\n"
    "Without FOLDER it is filled with generated pictures of landscapes and with some days of "
    "work:\n"
    "batches, shifts, readings, disagreements, a correction, escalations, releases. A script did\n"
    "that work: its entries in the record say 'assay demo' for the workstation. With FOLDER that\n"
    "folder's pictures are taken in instead, and nothing is graded. A workspace that is there\n"
    "already is served as it is.\n\n"
    "  --count N   so many generated files (" COUNT_DEFAULT "; at least 40)\n"
    "  --seed N    another set of pictures; the same number gives the same set (1)\n\n"
    "examples:\n"
    "  assay demo\n"
    "  assay --data /tmp/small demo --count 60\n"
    "  assay demo ~/Pictures/holiday\n";

struct demo {
    int64_t count, seed;
    const char *pictures; /* somebody's own folder, or NULL */
    char *set;            /* where the generated files lie meanwhile */
};

static enum assay_err make(const struct cli *c, struct err *e)
{
    struct world w;
    enum assay_err rc = cli_make_workspace(c, "Training", true, e);

    if (rc != ASSAY_OK ||
        (rc = flow_open(c->data_dir, &c->place, c->store_url, FLOW_WITHOUT_DECODER, &w, e)) != 0)
        return rc;
    rc = demo_people(&w, e);
    flow_close(&w);
    return rc;
}

static void report(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                   const char *reason)
{
    const struct intake_counts *n = ctx;

    (void)mime;
    if (v == INTAKE_REFUSED)
        cli_refused(path, reason);
    cli_progress("import %llu files", (unsigned long long)n->files);
}

/* The set holds some files that are refused on purpose; they are counted, and on the record. */
static void report_set(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                       const char *reason)
{
    const struct intake_counts *n = ctx;

    (void)path;
    (void)v;
    (void)mime;
    (void)reason;
    cli_progress("import %llu files", (unsigned long long)n->files);
}

static void report_drawn(unsigned done)
{
    cli_progress("draw pictures: %u of 100 parts", done);
}

static enum assay_err take_in(struct world *w, const struct batch_new *batch, const char *folder,
                              struct intake_options *o, struct intake_counts *counts, struct err *e)
{
    o->threads = cli_cores();
    o->ctx = counts;
    o->by = people_operator();
    enum assay_err rc = intake_batch(w, o->by, batch, &o->batch_id, e);
    if (rc == ASSAY_OK)
        rc = intake_paths(w, o, &folder, 1, counts, e);
    cli_progress_end();
    return rc;
}

static void say_counts(const struct intake_counts *n)
{
    printf("%llu files: %llu new, %llu here before, %llu refused\n", (unsigned long long)n->files,
           (unsigned long long)n->fresh, (unsigned long long)(n->known + n->seen + n->inherited),
           (unsigned long long)n->refused);
}

static enum assay_err fill_own(struct world *w, const char *folder, struct err *e)
{
    struct intake_counts counts = {0};
    struct intake_options o = {.report = report};
    struct batch_new batch = {.name = "Training",
                              .scheme = "training-landscapes",
                              .sender = "training",
                              .contact = "",
                              .case_reference = "",
                              .authority = "",
                              .purpose = "training",
                              .handling = "",
                              .priority = 1,
                              .due_ms = INT64_MAX};
    uint64_t done[3];
    enum assay_err rc = take_in(w, &batch, folder, &o, &counts, e);

    if (rc == ASSAY_OK)
        rc = cli_identify_all(w, o.threads, done, e);
    if (rc == ASSAY_OK)
        say_counts(&counts);
    return rc;
}

static enum assay_err take_in_set(struct world *w, const char *set, unsigned first, unsigned last,
                                  struct intake_counts *counts, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    uint64_t done[3];

    for (unsigned i = first; rc == ASSAY_OK && i <= last; i++) {
        char folder[4096], sidecar[4096];
        struct intake_options o = {.report = report_set, .sidecar = sidecar};
        struct batch_new batch;
        (void)snprintf(folder, sizeof folder, "%s/batch-%u", set, i);
        (void)snprintf(sidecar, sizeof sidecar, "%s/batch-%u.csv", set, i);
        demo_batch(i, clock_now_ms(), &batch);
        rc = take_in(w, &batch, folder, &o, counts, e);
    }
    return rc == ASSAY_OK ? cli_identify_all(w, cli_cores(), done, e) : rc;
}

static enum assay_err fill_set(struct world *w, const struct demo *d, struct err *e)
{
    struct intake_counts counts = {0};
    int64_t began_ms = clock_mono_ms();
    char grades[4096];
    enum assay_err rc;

    (void)snprintf(grades, sizeof grades, "%s/grades.csv", d->set);
    rc = demo_make_set(d->set, d->count, d->seed, cli_cores(), report_drawn, e);
    cli_progress_end();
    if (rc != ASSAY_OK || (rc = take_in_set(w, d->set, 1, FIRST_BATCHES, &counts, e)) != 0)
        return rc;
    cli_progress("the first days of work");
    rc = demo_first_days(w, grades, e);
    cli_progress_end();
    if (rc != ASSAY_OK ||
        (rc = take_in_set(w, d->set, FIRST_BATCHES + 1, DEMO_BATCHES, &counts, e)) != 0)
        return rc;
    cli_progress("today's work");
    rc = demo_today(w, grades, e);
    cli_progress_end();
    if (rc != ASSAY_OK)
        return rc;
    say_counts(&counts);
    fprintf(stderr, "the demo was made in %.1f s\n", (double)(clock_mono_ms() - began_ms) / 1000);
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path) == 0 ? 0 : -1;
}

/* The pictures lie in a folder of their own until they are sealed. */
static enum assay_err fill(struct world *w, struct demo *d, struct err *e)
{
    const char *top = getenv("TMPDIR");
    char name[RAND_NAME_SIZE], path[2048];

    if (d->pictures != NULL)
        return fill_own(w, d->pictures, e);
    rand_name(name);
    (void)snprintf(path, sizeof path, "%.1900s/assay-demo%s",
                   top == NULL || top[0] == '\0' ? "/tmp" : top, name);
    d->set = path;
    enum assay_err rc = fs_make_dirs(path, 0700, e);
    if (rc == ASSAY_OK)
        rc = fill_set(w, d, e);
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    d->set = NULL;
    return rc;
}

static bool has_workspace(const struct cli *c)
{
    char path[4096];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/keys/keyring", c->data_dir);
    return stat(path, &st) == 0;
}

static int run(struct cli *c, struct demo *d, struct cli_serving *serving)
{
    const bool fresh = !has_workspace(c);
    struct err e = {0};
    struct world w;
    enum assay_err rc = fresh ? make(c, &e) : ASSAY_OK;
    int status;

    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    if ((status = cli_open(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    if (!w.training) {
        status = cli_usage("demo", "%s is not a training workspace", c->data_dir);
        goto out;
    }
    if (fresh || d->pictures != NULL)
        rc = fill(&w, d, &e);
    else
        printf("%s is served as it is; another --data makes a fresh one\n", c->data_dir);
    status = rc == ASSAY_OK ? cli_run_server(&w, serving) : cli_fail(rc, &e);
out:
    flow_close(&w);
    return status;
}

int cli_demo(struct cli *c, int argc, char **argv)
{
    struct cli_serving serving = {.place.listen_at = "127.0.0.1:8470", .links = true};
    const char *count = COUNT_DEFAULT, *seed = "1";
    const struct simple_flag flags[] = {{"listen", NULL, &serving.place.listen_at},
                                        {"count", NULL, &count},
                                        {"seed", NULL, &seed},
                                        {0}};
    struct demo d = {0};
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind > 1)
        return cli_usage("demo", "name one folder of pictures, or none");
    if (str_int64(count, COUNT_MIN, COUNT_MAX, &d.count) != ASSAY_OK)
        return cli_usage("demo", "--count is from %d to %d", COUNT_MIN, COUNT_MAX);
    if (str_int64(seed, 0, INT64_MAX, &d.seed) != ASSAY_OK)
        return cli_usage("demo", "--seed is a number");
    if (optind < argc)
        d.pictures = argv[optind];
    return run(c, &d, &serving);
}
