/* assay identify: hash and render what waits, or again. */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/identify/identify.h"

static const char usage[] =
    "usage: assay identify [--again | --all]\n\n"
    "Decodes what waits, in the sandbox: perceptual hashes, flags, covers and previews.\n\n"
    "  --again   also what an older decoder made\n"
    "  --all     everything anew\n\n"
    "example: assay identify --again\n";

int cli_identify(struct cli *c, int argc, char **argv)
{
    bool again = false, all = false;
    const struct simple_flag flags[] = {{"again", &again, NULL}, {"all", &all, NULL}, {0}};
    uint64_t done[3] = {0};
    struct err e = {0};
    struct world w;
    int64_t queued = 0;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("identify", "'%s' is not understood", argv[optind]);
    if ((status = cli_open(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = ASSAY_OK;
    if (again || all)
        rc = identify_again(&w, all ? IDENTIFY_ALL : IDENTIFY_STALE, &queued, &e);
    if (rc == ASSAY_OK)
        rc = cli_identify_all(&w, cli_cores(), done, &e);
    fprintf(stderr, "identified: %llu pictures, %llu not supported, %llu not decodable\n",
            (unsigned long long)done[0], (unsigned long long)done[1], (unsigned long long)done[2]);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
