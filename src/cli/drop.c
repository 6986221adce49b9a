/* assay drop: the folder that the server watches for what senders lay into it. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/intake/drop.h"

static const char usage[] =
    "usage: assay drop show\n"
    "       assay drop set FOLDER [--taken keep|delete] [--scheme NAME]\n"
    "       assay drop off\n\n"
    "The server (and assay work) takes in what lies in FOLDER, as assay import would: a subfolder\n"
    "is a batch of its name, what lies beside is of the batch 'drop DAY'. A file is taken when it\n"
    "did not change for drop.settle_s seconds (a setting); names that begin with a dot or end in\n"
    ".part wait, so write to NAME.part and rename it. What was taken whole goes to FOLDER/done, "
    "or\n"
    "is deleted; what was refused, whole or in part, to FOLDER/failed with a .txt that says why.\n"
    "In force at once. Give write access to FOLDER only to those who may import.\n\n"
    "example: assay drop set /srv/drop --taken delete\n";

static enum assay_err show(struct world *w, struct err *e)
{
    struct drop d;
    enum assay_err rc = drop_get(w, &d, e);

    if (rc != ASSAY_OK)
        return rc;
    if (d.folder[0] == '\0')
        puts("no drop folder is set");
    else
        printf("%s\tscheme %s\twhat was taken: %s\n", d.folder, d.scheme,
               d.taken == DROP_DELETE ? "delete" : "keep");
    return ASSAY_OK;
}

int cli_drop(struct cli *c, int argc, char **argv)
{
    const char *taken = "keep", *scheme = "";
    const struct simple_flag flags[] = {{"taken", NULL, &taken}, {"scheme", NULL, &scheme}, {0}};
    struct err e = {0};
    struct drop d = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    const char *verb = optind < argc ? argv[optind] : "";
    int words = argc - optind;
    bool sets = str_equal(verb, "set") && words == 2, off = str_equal(verb, "off") && words == 1;
    if (!sets && !off && !(str_equal(verb, "show") && words == 1))
        return cli_usage("drop", "say show, set FOLDER, or off");
    if (!str_equal(taken, "keep") && !str_equal(taken, "delete"))
        return cli_usage("drop", "--taken is keep or delete");
    d.taken = str_equal(taken, "delete") ? DROP_DELETE : DROP_KEEP;
    (void)snprintf(d.folder, sizeof d.folder, "%s", sets ? argv[optind + 1] : "");
    (void)snprintf(d.scheme, sizeof d.scheme, "%s", scheme);
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = sets || off ? drop_set(&w, people_operator(), &d, &e) : ASSAY_OK;
    if (rc == ASSAY_OK)
        rc = show(&w, &e);
    if (rc != ASSAY_OK)
        status = cli_fail(rc, &e);
    if ((sets || off) && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
