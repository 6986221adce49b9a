/* assay scheme: load or list grading schemes. */
#include <getopt.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] = "usage: assay scheme list\n"
                            "       assay scheme load FILE\n\n"
                            "Loads a new version of a scheme (doc/schemes.md is the format). A "
                            "file with an error is refused\n"
                            "with its line, and the version that is in force stays.\n\n"
                            "example: assay scheme load schemes/uk-2014.json\n";

static enum assay_err print(void *ctx, const char *name)
{
    struct world *w = ctx;
    const struct scheme *s;
    struct err e = {0};
    enum assay_err rc = flow_scheme(w, name, &s, &e);

    if (rc == ASSAY_OK)
        printf("%s\t%lld\t%s\n", name, (long long)s->version, s->label);
    return rc;
}

static enum assay_err load(struct world *w, const char *path, struct err *e)
{
    struct buf b;

    buf_init(&b, SCHEME_TEXT_MAX);
    enum assay_err rc = fs_read_file(path, &b, e);
    if (rc == ASSAY_OK) {
        rc = flow_scheme_load(w, people_operator(), (const char *)b.data, b.size, e);
        if (rc != ASSAY_OK)
            rc = err_prefix(e, rc, "%.200s", path);
    }
    buf_clear(&b);
    return rc;
}

int cli_scheme(struct cli *c, int argc, char **argv)
{
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, NULL, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    int words = argc - optind;
    char **word = argv + optind;
    bool lists = words == 1 && str_equal(word[0], "list");
    if (!lists && !(words == 2 && str_equal(word[0], "load")))
        return cli_usage("scheme", "say list, or load FILE");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = lists ? flow_each_scheme(&w, print, &w, &e) : load(&w, word[1], &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (rc == ASSAY_EFORMAT || rc == ASSAY_ERANGE || rc == ASSAY_ELIMIT || rc == ASSAY_ESTATE)
        status = CLI_SOME_FAILED; /* it is the file that is refused */
    if (!lists && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
