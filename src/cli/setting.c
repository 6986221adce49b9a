/* assay setting: list and change the numbers of a workspace. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/settings.h"

static const char usage[] =
    "usage: assay setting list\n"
    "       assay setting set NAME NUMBER\n\n"
    "Lists each setting with its value, bounds and meaning, or changes one; the record holds both\n"
    "values. A running server takes it up when it is started anew.\n\n"
    "example: assay setting set decode.wall_s 60\n";

static enum assay_err list(struct world *w, struct err *e)
{
    const struct setting *s;

    for (size_t i = 0; (s = settings_at(i)) != NULL; i++) {
        int64_t value;
        enum assay_err rc = settings_get(w->store, s->name, &value, e);
        if (rc != ASSAY_OK)
            return rc;
        printf("%-20s %lld\t%lld to %lld: %s\n", s->name, (long long)value, (long long)s->min,
               (long long)s->max, s->what);
    }
    return ASSAY_OK;
}

int cli_setting(struct cli *c, int argc, char **argv)
{
    struct err e = {0};
    struct world w;
    int64_t value = 0;
    int status = simple_options(c, usage, NULL, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    bool lists = argc - optind == 1 && str_equal(argv[optind], "list");
    if (!lists && !(argc - optind == 3 && str_equal(argv[optind], "set")))
        return cli_usage("setting", "say list, or set NAME NUMBER");
    if (!lists && str_int64(argv[optind + 2], 0, INT64_MAX, &value) != ASSAY_OK)
        return cli_usage("setting", "the value is a whole number");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc =
        lists ? list(&w, &e) : settings_set(&w, people_operator(), argv[optind + 1], value, &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (!lists && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
