/* assay try: a training workspace with a person a role, filled with pictures, and served. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/intake/intake.h"

static const char usage[] =
    "usage: assay try [--listen ADDR:PORT] FOLDER\n\n"
    "Makes a training workspace in the folder of --data if there is none, with one person a role,\n"
    "takes in the pictures of FOLDER, and serves it on loopback with a sign-in link a role, so "
    "that\n"
    "one person can walk the whole way of a file. ./dev run calls it with generated landscapes.\n\n"
    "example: assay try ~/Pictures/holiday\n";

#define YEAR_MS (365LL * 24 * 60 * 60 * 1000)

/* One person a role, named like it; those who see media are authorised for the training. */
static enum assay_err add_people(struct world *w, struct err *e)
{
    struct caller nobody = {0};

    for (unsigned i = 0; i < PEOPLE_ROLE_COUNT; i++) {
        const char *name = people_role_name(i);
        struct people_new in = {.name = name, .label = name, .roles = 1u << i};
        int64_t now = clock_now_ms(), id;
        enum assay_err rc = people_add(w->store, w->keys, people_operator(), &in, &id, e);
        if (rc != ASSAY_OK)
            return rc;
        struct authorisation_new a = {.staff_id = id,
                                      .authorised_by = "training",
                                      .purpose = "training",
                                      .reference = "",
                                      .from_ms = now,
                                      .to_ms = now + YEAR_MS};
        if ((in.roles & PEOPLE_SEES_MEDIA) != 0 &&
            (rc = people_authorise(w->store, w->keys, &nobody, &a, &id, e)) != 0)
            return rc;
    }
    return ASSAY_OK;
}

static enum assay_err make(const struct cli *c, struct err *e)
{
    struct world w;
    enum assay_err rc = cli_make_workspace(c, "Training", true, e);

    if (rc != ASSAY_OK ||
        (rc = flow_open(c->data_dir, &c->place, c->store_url, FLOW_WITHOUT_DECODER, &w, e)) != 0)
        return rc;
    rc = add_people(&w, e);
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

static enum assay_err fill(struct world *w, const char *folder, struct err *e)
{
    struct intake_counts counts = {0};
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
    struct intake_options o = {
        .threads = cli_cores(), .report = report, .ctx = &counts, .by = people_operator()};
    uint64_t done[3];
    enum assay_err rc = intake_batch(w, o.by, &batch, &o.batch_id, e);

    if (rc == ASSAY_OK)
        rc = intake_paths(w, &o, &folder, 1, &counts, e);
    cli_progress_end();
    if (rc == ASSAY_OK)
        rc = cli_identify_all(w, o.threads, done, e);
    if (rc == ASSAY_OK)
        printf("%llu files: %llu new, %llu here before, %llu refused\n",
               (unsigned long long)counts.files, (unsigned long long)counts.fresh,
               (unsigned long long)(counts.known + counts.seen + counts.inherited),
               (unsigned long long)counts.refused);
    return rc;
}

static bool has_workspace(const struct cli *c)
{
    char path[4096];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/keys/keyring", c->data_dir);
    return stat(path, &st) == 0;
}

int cli_try(struct cli *c, int argc, char **argv)
{
    struct http_place place = {.listen_at = "127.0.0.1:8470"};
    const struct simple_flag flags[] = {{"listen", NULL, &place.listen_at}, {0}};
    struct err e = {0};
    struct world w;
    enum assay_err rc = ASSAY_OK;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1)
        return cli_usage("try", "name one folder of pictures");
    if (!has_workspace(c) && (rc = make(c, &e)) != ASSAY_OK)
        return cli_fail(rc, &e);
    if ((status = cli_open(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    if (!w.training)
        status = cli_usage("try", "%s is not a training workspace", c->data_dir);
    else if ((rc = fill(&w, argv[optind], &e)) != ASSAY_OK)
        status = cli_fail(rc, &e);
    else
        status = cli_run_server(&w, &place, true);
    flow_close(&w);
    return status;
}
