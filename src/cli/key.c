/* assay key: seal the workspace's keys under another site key; the key that senders encrypt to. */
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay key change --to-key-file FILE | --to-passphrase-file FILE [--to-head-file FILE]\n"
    "       assay key show intake\n"
    "       assay key make intake\n\n"
    "change seals the keyring under another site key: the one in a key file, which is made when it "
    "is "
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
    "show intake prints the workspace's recipient, age1..., for senders: what they encrypt to it\n"
    "with the age program is opened by assay import and by nobody else. make intake adds a new "
    "one;\n"
    "the earlier ones still open what was encrypted to them. A running server takes it up when it\n"
    "is started anew. Make a backup of the keyring afterwards.\n\n"
    "examples:\n"
    "  age -r \"$(assay key show intake)\" -o batch.zip.age batch.zip     (the sender)\n"
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

/* ---- the intake key ---- */

struct making {
    const char *outcome;
};

static enum assay_err write_made(struct tx *tx, void *ctx, struct err *e)
{
    const struct making *m = ctx;
    struct audit_entry entry = {.action = AUDIT_KEY_MADE,
                                .actor = people_operator(),
                                .outcome = m->outcome,
                                .data = "{\"use\":\"intake\"}"};

    return audit_write(tx, &entry, NULL, e);
}

/* The entry first: no entry, no key. A key that could not be made after it is on the record too. */
static enum assay_err make(const struct cli *c, struct world *w, struct err *e)
{
    struct making m = {NULL};
    enum assay_err rc = store_write(w->store, write_made, &m, e);

    if (rc != ASSAY_OK || (rc = keys_make_intake(w->data_dir, &c->place, e)) == ASSAY_OK)
        return rc;
    m.outcome = "failed";
    (void)store_write(w->store, write_made, &m, NULL);
    return rc;
}

static enum assay_err show(const struct world *w, struct err *e)
{
    char recipient[KEYS_RECIPIENT_SIZE];
    enum assay_err rc = keys_intake_recipient(w->keys, recipient, e);

    if (rc == ASSAY_OK)
        puts(recipient);
    return rc;
}

static int intake(const struct cli *c, const char *verb)
{
    struct err e = {0};
    struct world w;
    bool makes = str_equal(verb, "make");

    if (!makes && !str_equal(verb, "show"))
        return cli_usage("key", "say change, show intake, or make intake");
    int status = cli_open(c, FLOW_WITHOUT_DECODER, &w);
    if (status != CLI_DONE)
        return status;
    enum assay_err rc = makes ? make(c, &w, &e) : show(&w, &e);
    if (makes && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    if (rc == ASSAY_OK && makes && (status = cli_open(c, FLOW_WITHOUT_DECODER, &w)) == CLI_DONE) {
        rc = show(&w, &e);
        flow_close(&w);
    }
    return rc == ASSAY_OK ? status : cli_fail(rc, &e);
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
    if (argc - optind == 2 && str_equal(argv[optind + 1], "intake"))
        return intake(c, argv[optind]);
    if (argc - optind != 1 || !str_equal(argv[optind], "change"))
        return cli_usage("key", "say change, show intake, or make intake");
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
