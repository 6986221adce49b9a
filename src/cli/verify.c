/* assay verify, and the program assay-verify: a package alone, without a workspace. */
#include <getopt.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/fs.h"
#include "cli/simple.h"
#include "flow/export/release.h"

static const char verify_usage[] =
    "usage: assay verify [--key FILE] [--training] PACKAGE\n\n"
    "Says that a package is whole and signed, or what is wrong with it. Needs no workspace.\n"
    "assay-verify is the same as a program of its own, which needs libsodium alone.\n\n"
    "  --key FILE   the sender's minisign public key, got from them by another way; without it "
    "only\n"
    "               the package's own key is checked, which shows damage but not who signed\n"
    "  --training   accept a package of a training workspace\n\n"
    "example: assay verify --key hotline.pub assay-1/\n";

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
