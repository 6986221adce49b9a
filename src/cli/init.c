/* assay init: make a workspace without asking anything. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "store/workspace.h"

static const char usage[] =
    "usage: assay init [--training] [--label NAME] [--db URL]\n\n"
    "Makes a workspace in the folder of --data (./assay-data): a keyring sealed by a new site "
    "key,\n"
    "the store, the vault, the record, and the built-in schemes. Asks nothing.\n\n"
    "  --training     a workspace for learning and trying: it says so on every screen for ever,\n"
    "                 refuses live schemes, and its packages are refused by others\n"
    "  --label NAME   what people see as its name\n\n"
    "The site key is written to ~/.config/assay/ID.key. Without it nothing can be opened: keep a\n"
    "copy in a safe, never in the folder of the workspace. With --passphrase-file before init the\n"
    "keys are sealed under the first line of that file instead.\n\n"
    "examples:\n"
    "  assay init --label 'Hotline North'\n"
    "  assay --data /srv/assay --key-file /etc/assay/site.key init\n"
    "  assay --passphrase-file /etc/assay/passphrase init\n";

static enum assay_err insert(struct tx *tx, void *ctx, struct err *e)
{
    const struct workspace_row *row = ctx;
    char data[96];
    enum assay_err rc = workspace_insert(tx, row, e);

    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(data, sizeof data, "{\"workspace\":\"%s\",\"training\":%d}", row->key,
                   row->training);
    struct audit_entry entry = {
        .action = AUDIT_WORKSPACE_CREATED, .actor = people_operator(), .data = data};
    return audit_write(tx, &entry, NULL, e);
}

/* Others are loaded by who works under them: assay scheme load NAME. */
static bool is_first(const char *name)
{
    return str_equal(name, "uk-2014.json") || str_equal(name, "training-landscapes.json");
}

static enum assay_err load_schemes(struct world *w, struct err *e)
{
    const char *name, *text;
    size_t size;

    for (size_t i = 0; (text = scheme_builtin(i, &name, &size)) != NULL; i++) {
        struct arena *a = arena_new();
        struct scheme *s;
        enum assay_err rc = scheme_parse(a, text, size, &s, e);
        if (rc == ASSAY_OK && is_first(name) && (s->kind == SCHEME_TRAINING) == w->training)
            rc = flow_scheme_load(w, people_operator(), text, size, e);
        arena_free(a);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

/* Signing is the last step of init: a workspace without a signed head is one that was cut off. */
static bool was_cut_off(const char *data_dir)
{
    struct buf checkpoint;

    buf_init(&checkpoint, 1 << 20);
    bool none = audit_checkpoint(data_dir, &checkpoint, NULL) == ASSAY_ENOTFOUND;
    buf_clear(&checkpoint);
    return none;
}

enum assay_err cli_make_workspace(const struct cli *c, const char *label, bool training,
                                  struct err *e)
{
    struct workspace_row row = {.training = training, .created_ms = clock_now_ms()};
    struct store *s = NULL;
    struct keys *k = NULL;
    struct world w;
    enum assay_err rc = fs_make_dirs(c->data_dir, 0700, e);

    if (rc != ASSAY_OK)
        return rc;
    rc = keys_create(c->data_dir, &c->place, e);
    if (rc != ASSAY_OK && rc != ASSAY_EEXISTS)
        return rc;
    /* A keyring without a workspace row is an init that was cut off: go on with it. */
    if ((rc = keys_open(c->data_dir, &c->place, &k, e)) != 0 ||
        (rc = store_open(c->data_dir, c->store_url, &s, e)) != 0)
        goto out;
    (void)snprintf(row.key, sizeof row.key, "%s", keys_workspace(k));
    (void)snprintf(row.label, sizeof row.label, "%s", label);
    rc = store_write(s, insert, &row, e);
    if (rc == ASSAY_EEXISTS)
        rc = was_cut_off(c->data_dir)
                 ? ASSAY_OK
                 : err_set(e, rc, "%.200s is a workspace already", c->data_dir);
    store_close(s);
    s = NULL;
    if (rc != ASSAY_OK ||
        (rc = flow_open(c->data_dir, &c->place, c->store_url, FLOW_WITHOUT_DECODER, &w, e)) != 0)
        goto out;
    rc = load_schemes(&w, e);
    if (rc == ASSAY_OK)
        rc = audit_advance(w.store, w.keys, w.data_dir, NULL, e);
    flow_close(&w);
out:
    store_close(s);
    keys_close(k);
    return rc;
}

int cli_init(struct cli *c, int argc, char **argv)
{
    static const struct option options[] = {
        {"training", no_argument, NULL, 't'},   {"label", required_argument, NULL, 'l'},
        {"data", required_argument, NULL, 'd'}, {"db", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},       {0},
    };
    const char *label = "assay";
    bool training = false;
    struct err e = {0};
    struct keys *k;
    int o;

    while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (o) {
        case 't':
            training = true;
            break;
        case 'l':
            label = optarg;
            break;
        case 'd':
            c->data_dir = optarg;
            break;
        case 'b':
            c->store_url = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return CLI_DONE;
        default:
            return CLI_USAGE;
        }
    }
    if (optind < argc)
        return cli_usage("init", "'%s' is not understood", argv[optind]);
    if (strlen(label) >= WORKSPACE_LABEL_SIZE || !str_is_utf8(label, strlen(label)))
        return cli_usage("init", "the label is too long or not UTF-8");
    enum assay_err rc = cli_make_workspace(c, label, training, &e);
    if (rc != ASSAY_OK || (rc = keys_open(c->data_dir, &c->place, &k, &e)) != 0)
        return cli_fail(rc, &e);
    printf("workspace %s in %s%s\nsite key  %s\n", keys_workspace(k), c->data_dir,
           training ? " (training)" : "", keys_site_path(k));
    fprintf(stderr,
            "Keep a copy of the site key in a safe: without it nothing can be opened.\n"
            "Next: assay user add NAME --role admin, then assay import, then assay serve\n");
    keys_close(k);
    return CLI_DONE;
}
