/* assay import --profile: a case of VICS, looked at or taken in. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/import.h"
#include "cli/profile.h"
#include "format/vics.h"

#define HEAD_BYTES 4096

struct opened {
    struct arena *a;
    struct buf text;
    struct profile *profile;
};

static enum assay_err open_profile(struct opened *p, const char *name, struct err *e)
{
    p->a = arena_new();
    buf_init(&p->text, PROFILE_TEXT_MAX);
    return cli_profile_find(p->a, name, &p->text, &p->profile, e);
}

static void close_profile(struct opened *p)
{
    buf_clear(&p->text);
    arena_free(p->a);
}

enum assay_err import_case_check(const char *path, struct err *e)
{
    unsigned char head[HEAD_BYTES];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    struct buf names;

    if (fd >= 0)
        (void)close(fd);
    if (n <= 0 || vics_begins(head, (size_t)n) != VICS_YES || head[0] == 0xff)
        return ASSAY_OK;
    buf_init(&names, 4096);
    cli_profile_names(&names);
    enum assay_err rc =
        err_set(e, ASSAY_ERANGE,
                "%.200s is VICS, whose grades mean different things by region: name a profile "
                "(--profile NAME), one of %s, or a file of your own (assay profile --help)",
                path, buf_cstr(&names));
    buf_clear(&names);
    return rc;
}

enum assay_err import_case_scheme(struct world *w, const struct import_case *c,
                                  char out[SCHEME_NAME_MAX + 1], struct err *e)
{
    const struct scheme *scheme;
    struct opened p;
    enum assay_err rc = open_profile(&p, c->profile, e);

    if (rc == ASSAY_OK) {
        (void)snprintf(out, SCHEME_NAME_MAX + 1, "%s", p.profile->scheme);
        rc = flow_scheme(w, out, &scheme, e);
        if (rc == ASSAY_ENOTFOUND)
            rc = err_set(e, ASSAY_ERANGE,
                         "the profile %s gives grades of the scheme %s, which is not loaded here: "
                         "name with --scheme the one to grade under; the sender's grades are kept "
                         "with the records then, and are no votes",
                         p.profile->name, out);
    }
    close_profile(&p);
    return rc;
}

static struct cases_options options_of(const struct import_case *c, const struct intake_options *o,
                                       const char *path, struct opened *p)
{
    return (struct cases_options){.intake = o,
                                  .path = path,
                                  .media = c->media,
                                  .profile = p->profile,
                                  .profile_text = buf_cstr(&p->text),
                                  .wrong = c->keep_going ? CASES_KEEP : CASES_STOP};
}

static void print_counts(const struct cases_counts *n)
{
    fprintf(stderr, "%lld records of VICS %s%s%s:", (long long)n->records,
            n->version[0] == '\0' ? "(no version)" : n->version,
            n->region[0] == '\0' ? "" : ", region ", n->region);
    for (int m = PROFILE_GRADE; m >= 0; m--)
        fprintf(stderr, " %lld %s%s", (long long)n->means[m],
                profile_means_name((enum profile_means)m), m == 0 ? "\n" : ",");
    fprintf(stderr,
            "%lld media missing, %lld other than their records say, %lld records refused, "
            "%lld here before\n",
            (long long)n->missing, (long long)n->mismatched, (long long)n->refused,
            (long long)n->already);
}

int import_case_look(const struct import_case *c, const struct intake_options *o, const char *path)
{
    struct cases_counts counts = {0};
    struct err e = {0};
    struct opened p;
    enum assay_err rc = open_profile(&p, c->profile, &e);

    if (rc == ASSAY_OK) {
        const struct cases_options options = options_of(c, o, path, &p);
        rc = cases_look(&options, &counts, &e);
        print_counts(&counts);
        if (rc == ASSAY_OK && p.profile->missing != NULL)
            fprintf(stderr, "profile %s: %s\n", p.profile->name, p.profile->missing);
        fputs("nothing was taken: --dry-run\n", stderr);
    }
    close_profile(&p);
    if (rc == ASSAY_EFORMAT)
        return cli_fail(rc, &e), CLI_SOME_FAILED;
    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    return counts.missing + counts.mismatched + counts.refused > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

enum assay_err import_case_take(struct world *w, const struct import_case *c,
                                const struct intake_options *o, const char *path,
                                struct intake_counts *counts, struct err *e)
{
    struct cases_counts n = {0};
    struct opened p;
    enum assay_err rc = open_profile(&p, c->profile, e);

    if (rc == ASSAY_OK && (p.profile->kind == PROFILE_TRAINING) != w->training)
        rc = err_set(e, ASSAY_ESTATE, "the profile %s is %s, the workspace is not", p.profile->name,
                     p.profile->kind == PROFILE_TRAINING ? "for training" : "for live work");
    if (rc == ASSAY_OK) {
        const struct cases_options options = options_of(c, o, path, &p);
        rc = cases_take(w, &options, counts, &n, e);
        if (rc == ASSAY_EEXISTS) {
            fprintf(stderr, "%s\n", e->text);
            rc = ASSAY_OK;
        } else {
            print_counts(&n);
        }
    }
    counts->refused += (uint64_t)n.missing; /* so that the exit status says it */
    close_profile(&p);
    return rc;
}
