/* assay: finds the command and runs it. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

static const struct {
    const char *name;
    cli_command *run;
    const char *what;
} commands[] = {
    {"hash", cli_hash, "hash files: digests and PDQ; needs no workspace"},
    {"index", cli_index, "lists of hashes as one file that opens at once; needs no workspace"},
    {"match", cli_match, "look files or hashes up in lists of hashes; needs no workspace"},
    {"init", cli_init, "make a workspace: keys, store, vault, record"},
    {"key", cli_key, "another site key or passphrase; the key that senders encrypt to"},
    {"user", cli_user, "add, list, disable people; authorise them to view"},
    {"client", cli_client, "programs of others that may match hashes: keys, lists, limits"},
    {"list", cli_list, "lists of hashes: import, show, check, switch off, remove"},
    {"scheme", cli_scheme, "load or list grading schemes"},
    {"profile", cli_profile, "what a sender's VICS grades mean; needs no workspace"},
    {"setting", cli_setting, "list or change limits"},
    {"drop", cli_drop, "a folder that the server takes files in from"},
    {"import", cli_import, "take files and folders in"},
    {"receipt", cli_receipt, "what was received in a batch, and where it stands, signed"},
    {"answer", cli_answer, "every record of a batch back to who sent it, with its grade, signed"},
    {"rehearse", cli_rehearse, "a made-up case and its answer, for a sender's tool to load"},
    {"identify", cli_identify, "hash and render what waits, or all again"},
    {"serve", cli_serve, "run the server and the console"},
    {"work", cli_work, "run the background steps alone, beside a server"},
    {"export", cli_export, "write an approved release as a signed package"},
    {"verify", cli_verify, "check a package"},
    {"audit", cli_audit, "verify the record, show its head, prove an entry"},
    {"vault", cli_vault, "check the vault"},
    {"stats", cli_stats, "print counts"},
    {"backup", cli_backup, "make, verify or test a backup"},
    {"restore", cli_restore, "fill an empty place from a backup; accept a loss"},
    {"doctor", cli_doctor, "look for what is wrong with this installation"},
    {"demo", cli_demo, "make a training workspace with work to look at, and serve it"},
};

static void help(FILE *out)
{
    fputs(
        "usage: assay [--data DIR] [--key-file FILE | --passphrase-file FILE] [--head-file FILE]\n"
        "             [--db URL] COMMAND ...\n\n",
        out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].what);
    fputs("\n"
          "  --data DIR              the workspace; else ASSAY_DATA, else ./assay-data\n"
          "  --key-file FILE         the site key; else ASSAY_KEY_FILE, ASSAY_PASSPHRASE_FILE,\n"
          "                          else ~/.config/assay/ID.key\n"
          "  --passphrase-file FILE  its first line instead of a site key\n"
          "  --head-file FILE        the last signed head; else ASSAY_HEAD_FILE, else beside\n"
          "                          the site key\n"
          "  --db URL                postgres://... instead of DATA/assay.db; else ASSAY_DB\n"
          "  --version, --help; assay COMMAND --help shows a command with examples\n\n"
          "exit: 0 done, 1 some inputs failed, 2 usage, 3 cannot work\n\n"
          "examples:\n"
          "  assay init\n"
          "  assay import --batch 0412 --sender 'Unit 7' folder/\n"
          "  assay serve\n",
          out);
}

/* Options in front of the command; returns its index in argv, or -1. */
static int globals(struct cli *c, int argc, char **argv, int *status)
{
    static const struct option options[] = {
        {"passphrase-file", required_argument, NULL, 'p'},
        {"head-file", required_argument, NULL, 'e'},
        {"data", required_argument, NULL, 'd'},
        {"key-file", required_argument, NULL, 'k'},
        {"db", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            c->data_dir = optarg;
            break;
        case 'k':
            c->place.key_file = optarg;
            break;
        case 'p':
            c->place.passphrase_file = optarg;
            break;
        case 'e':
            c->place.head_file = optarg;
            break;
        case 'b':
            c->store_url = optarg;
            break;
        case 'h':
            help(stdout);
            *status = CLI_DONE;
            return -1;
        case 'V':
            puts("assay " ASSAY_VERSION);
            *status = CLI_DONE;
            return -1;
        default:
            *status = CLI_USAGE;
            return -1;
        }
    }
    if (optind < argc)
        return optind;
    help(stderr);
    *status = CLI_USAGE;
    return -1;
}

int main(int argc, char **argv)
{
    const char *data = getenv("ASSAY_DATA"), *db = getenv("ASSAY_DB");
    struct cli c = {.data_dir = data == NULL || data[0] == '\0' ? "assay-data" : data,
                    .store_url = db == NULL || db[0] == '\0' ? NULL : db};
    struct err e = {0};
    int status = CLI_DONE;

    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    /* Whoever started this may ignore SIGCHLD; our children could not be waited for then. */
    (void)sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    enum assay_err rc = keys_harden_process(&e);
    if (rc != ASSAY_OK)
        return cli_fail(rc, &e);
    int at = globals(&c, argc, argv, &status);
    if (at < 0)
        return cli_flush(status);
    keys_place_from_env(&c.place);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (str_equal(argv[at], commands[i].name)) {
            optind = 0; /* the command reads its own options, from the start */
            return cli_flush(commands[i].run(&c, argc - at, argv + at));
        }
    }
    char shown[41];
    fprintf(stderr, "assay: there is no command '%s'; see assay --help\n",
            str_shown(argv[at], shown, sizeof shown));
    return CLI_USAGE;
}
