/* assay export: write an approved release as a signed package. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/export/release.h"

static const char export_usage[] =
    "usage: assay export [-o DIR] [--release ID | --min-readings N]\n\n"
    "Writes an approved release as a folder in DIR (the present one): manifest.json, "
    "hashes.jsonl,\n"
    "hashes.csv and manifest.json.minisig, which minisign verifies. A release is asked for and\n"
    "approved in the console, by two people.\n\n"
    "  -o DIR             the folder to write it in\n"
    "  --release ID       this release; without it the newest one\n"
    "  --min-readings N   the newest one that asked for at least N readings of each row\n\n"
    "examples:\n"
    "  assay export -o /srv/out\n"
    "  minisign -V -p assay-data/keys/release.minisign.pub -m /srv/out/assay-1/manifest.json\n";

int cli_export(struct cli *c, int argc, char **argv)
{
    const char *dir = ".", *release = NULL, *readings = NULL;
    const struct simple_flag flags[] = {{"output", NULL, &dir},
                                        {"release", NULL, &release},
                                        {"min-readings", NULL, &readings},
                                        {0}};
    int64_t id = 0, min_readings = 0;
    struct err e = {0};
    struct world w;
    char *path;
    int status = simple_options(c, export_usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("export", "'%s' is not understood", argv[optind]);
    if (release != NULL && str_int64(release, 1, INT64_MAX, &id) != ASSAY_OK)
        return cli_usage("export", "--release is the number of a release");
    if (readings != NULL && str_int64(readings, 1, 9, &min_readings) != ASSAY_OK)
        return cli_usage("export", "--min-readings is a number from 1 to 9");
    if (release != NULL && readings != NULL)
        return cli_usage("export", "a release has its own least readings: give --release or "
                                   "--min-readings");
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = release_write(&w, people_operator(), id, min_readings, dir, &path, &e);
    if (rc == ASSAY_OK) {
        puts(path);
        mem_free(path);
    } else {
        (void)cli_fail(rc, &e);
        status = CLI_CANNOT;
    }
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
