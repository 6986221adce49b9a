/* assay export: write an approved release as a signed package. assay verify: check one. */
#include <getopt.h>
#include <stdio.h>

#include "base/fs.h"
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

static const char verify_usage[] =
    "usage: assay verify [--key FILE] [--training] PACKAGE\n\n"
    "Says that a package is whole and signed, or what is wrong with it. Needs no workspace.\n\n"
    "  --key FILE   the sender's minisign public key, got from them by another way; without it "
    "only\n"
    "               the package's own key is checked, which shows damage but not who signed\n"
    "  --training   accept a package of a training workspace\n\n"
    "example: assay verify --key hotline.pub assay-1/\n";

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

int cli_verify(struct cli *c, int argc, char **argv)
{
    const char *key = NULL;
    bool training = false;
    const struct simple_flag flags[] = {{"key", NULL, &key}, {"training", &training, NULL}, {0}};
    struct package_report report;
    struct err e = {0};
    struct buf text;
    enum assay_err rc = ASSAY_OK;
    int status = simple_options(c, verify_usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1)
        return cli_usage("verify", "name one package folder");
    buf_init(&text, 4096);
    if (key != NULL)
        rc = fs_read_file(key, &text, &e);
    if (rc == ASSAY_OK)
        rc = package_verify(argv[optind], key == NULL ? NULL : buf_cstr(&text),
                            training ? PACKAGE_TRAINING_TOO : PACKAGE_LIVE_ONLY, &report, &e);
    buf_clear(&text);
    if (rc != ASSAY_OK) {
        (void)cli_fail(rc, &e);
        return rc == ASSAY_ENOTFOUND || rc == ASSAY_EIO ? CLI_CANNOT : CLI_SOME_FAILED;
    }
    printf("good: %llu hashes under %s version %lld%s\n", (unsigned long long)report.rows,
           report.scheme, (long long)report.scheme_version,
           report.training ? " (training: not for use)" : "");
    if (key == NULL)
        fputs("The package is whole, but who signed it was not checked: give the sender's --key.\n",
              stderr);
    return CLI_DONE;
}
