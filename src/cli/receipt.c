/* assay receipt: what was received in a batch, and where it stands, signed. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "cli/import.h"
#include "cli/simple.h"
#include "flow/intake/receipt.h"

#define SIGNATURE_MAX 4096

static const char usage[] =
    "usage: assay receipt [-o FILE] BATCH\n\n"
    "Writes what was received in a batch and where it stands (doc/receipt.md) to FILE\n"
    "(BATCH.receipt.json), and its signature beside it, FILE.minisig, which minisign verifies\n"
    "with DATA/keys/release.minisign.pub. At once after an import, and any time later.\n\n"
    "examples:\n"
    "  assay receipt 0412 -o /srv/out/0412.receipt.json\n"
    "  minisign -V -p assay-data/keys/release.minisign.pub -m /srv/out/0412.receipt.json\n";

enum assay_err cli_write_receipt(struct world *w, const char *batch, const char *path,
                                 struct err *e)
{
    struct buf text, signature;
    char beside[4200];

    buf_init(&text, RECEIPT_MAX);
    buf_init(&signature, SIGNATURE_MAX);
    (void)snprintf(beside, sizeof beside, "%.4000s.minisig", path);
    enum assay_err rc = receipt_make(w, people_operator(), batch, &text, &signature, e);
    if (rc == ASSAY_OK && (rc = fs_replace(path, text.data, text.size, 0644, e)) == ASSAY_OK)
        rc = fs_replace(beside, signature.data, signature.size, 0644, e);
    if (rc == ASSAY_OK)
        fprintf(stderr, "receipt %s\n", path);
    buf_clear(&text);
    buf_clear(&signature);
    return rc;
}

int cli_receipt(struct cli *c, int argc, char **argv)
{
    const char *path = NULL;
    const struct simple_flag flags[] = {{"output", NULL, &path}, {0}};
    char own[4200];
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1)
        return cli_usage("receipt", "name one batch");
    const char *batch = argv[optind];
    if (path == NULL && strchr(batch, '/') != NULL)
        return cli_usage("receipt", "this batch's name is no file's: give one with -o");
    (void)snprintf(own, sizeof own, "%.4000s.receipt.json", batch);
    if ((status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = cli_write_receipt(&w, batch, path == NULL ? own : path, &e);
    status = rc == ASSAY_OK ? CLI_DONE : cli_fail(rc, &e);
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}
