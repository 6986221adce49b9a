/* assay key: seal the workspace's keys under another site key or passphrase. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay key change --to-key-file FILE | --to-passphrase-file FILE [--to-head-file FILE]\n"
    "\n"
    "Seals the keyring under another site key: the one in a key file, which is made when it is "
    "not\n"
    "there, or one derived (Argon2id) from the first line of a passphrase file. The present one "
    "is\n"
    "found as always. The last signed head goes along. Stop server and workers first. The keys\n"
    "themselves stay, so whoever has an old copy of the keyring and the old site key can still "
    "open\n"
    "it: destroy both.\n\n"
    "  --to-head-file FILE   where the last signed head will be kept: as --head-file from then "
    "on;\n"
    "                        else where it is told now, else beside the new site key\n\n"
    "examples:\n"
    "  assay key change --to-passphrase-file /etc/assay/passphrase\n"
    "  assay --passphrase-file /etc/assay/passphrase key change --to-key-file "
    "/mnt/stick/site.key\n";

static enum assay_err write_changed(struct tx *tx, void *ctx, struct err *e)
{
    const struct keys_place *to = ctx;
    const struct audit_entry entry = {
        .action = AUDIT_SITE_KEY_CHANGED,
        .actor = people_operator(),
        .data = to->passphrase_file != NULL ? "{\"to\":\"passphrase\"}" : "{\"to\":\"key_file\"}"};

    return audit_write(tx, &entry, NULL, e);
}

/* The entry comes first and is signed under the old site key's head: no entry, no act. */
static int record(const struct cli *c, struct keys_place *to)
{
    struct err e = {0};
    struct world w;
    int status = cli_open(c, FLOW_WITHOUT_DECODER, &w);

    if (status != CLI_DONE)
        return status;
    enum assay_err rc = store_write(w.store, write_changed, to, &e);
    if (rc != ASSAY_OK)
        status = cli_fail(rc, &e);
    if (cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}

int cli_key(struct cli *c, int argc, char **argv)
{
    struct keys_place to = {0};
    const struct simple_flag flags[] = {{"to-key-file", NULL, &to.key_file},
                                        {"to-passphrase-file", NULL, &to.passphrase_file},
                                        {"to-head-file", NULL, &to.head_file},
                                        {0}};
    struct err e = {0};
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (argc - optind != 1 || !str_equal(argv[optind], "change"))
        return cli_usage("key", "say change");
    if ((to.key_file == NULL) == (to.passphrase_file == NULL))
        return cli_usage("key", "name a key file or a passphrase file");
    if (to.head_file == NULL)
        to.head_file = c->place.head_file;
    if ((status = record(c, &to)) != CLI_DONE)
        return status;
    enum assay_err rc = keys_reseal(c->data_dir, &c->place, &to, &e);
    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    printf("the workspace opens with %s now\n",
           to.key_file != NULL ? "the new key file" : "the new passphrase");
    return CLI_DONE;
}
