/* assay restore: a workspace from a backup, and going on when entries were lost. */
#include "cli/restore.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/simple.h"
#include "flow/feed.h"
#include "store/item.h"
#include "store/staff.h"

static const char usage[] =
    "usage: assay restore [--backup NAME] [--data NEW] [--db URL] DIR\n"
    "       assay restore --accept-loss --by NAME --reason TEXT\n\n"
    "Fills the empty folder of --data (./assay-data), and with --db an empty PostgreSQL database,\n"
    "from a backup in DIR. Every byte is verified, and the site key must open the backup. Cut "
    "off,\n"
    "run it again. What was recorded after the backup is missing then; where the signed head that\n"
    "is kept outside (ID.head beside the site key) tells of it, the restored workspace is\n"
    "read-only until a lead or administrator accepts the loss. Never restore ID.head itself.\n\n"
    "  --backup NAME   which, such as 20261122T193000Z; else the newest\n"
    "  --accept-loss   give up the entries that the workspace of --data lacks; both heads go on\n"
    "                  the record, and the head that vouches for them is kept as "
    "ID.head.lost-SIZE\n"
    "  --by NAME       who accepts it: a person with the role lead or admin\n"
    "  --reason TEXT   why\n\n"
    "exit: 0 done, 1 the backup is damaged, 3 cannot work\n\n"
    "examples:\n"
    "  assay --data /srv/assay-new restore /mnt/backup/assay\n"
    "  assay --data /srv/assay-new restore --accept-loss --by kim --reason 'disk failed 22 Nov'\n";

/* ---- blobs ---- */

struct blobs {
    struct vault *vault;
    uint8_t last[16];
    bool any;
    struct vault_blob page[500];
    size_t count;
};

static enum assay_err keep(void *ctx, const struct blob_row *row)
{
    struct blobs *b = ctx;
    struct vault_blob *to = &b->page[b->count++];

    *to = (struct vault_blob){.size = (uint64_t)row->size};
    memcpy(to->id, row->id, sizeof to->id);
    memcpy(to->wrapped, row->wrapped, sizeof to->wrapped);
    return ASSAY_OK;
}

static enum assay_err next_page(struct tx *tx, void *ctx, struct err *e)
{
    struct blobs *b = ctx;
    uint8_t after[16];

    memcpy(after, b->last, sizeof after);
    b->count = 0;
    return blob_page(tx, b->any ? after : NULL, b->last, keep, b, e);
}

enum assay_err cli_check_blobs(struct world *w, enum cli_blob_depth depth, struct err *e)
{
    struct blobs *b = mem_zalloc(sizeof *b);
    enum assay_err rc;

    while ((rc = store_read(w->store, next_page, b, e)) == ASSAY_OK) {
        b->any = true;
        for (size_t i = 0; rc == ASSAY_OK && i < b->count; i++)
            rc = vault_check_blob(w->vault, &b->page[i], depth == CLI_EVERY_BYTE, e);
        if (rc != ASSAY_OK)
            break;
    }
    mem_free(b);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

/* ---- restoring ---- */

static void say_gap(const struct audit_gap *gap)
{
    char text[AUDIT_GAP_SIZE];

    audit_gap_text(gap, text);
    fprintf(stderr,
            "assay: the record was further when the head outside was signed: %s.\n"
            "The workspace is read-only until a lead or administrator accepts the loss:\n"
            "  assay restore --accept-loss --by NAME --reason TEXT\n",
            text);
}

/* The restored workspace is what the manifest says, before a word is written to it. */
static enum assay_err check(struct world *w, const struct backup_source *from,
                            const struct backup_report *r, struct err *e)
{
    struct audit_gap gap;
    enum assay_err rc;

    if ((rc = backup_compare(w, from, e)) != 0 ||
        (rc = audit_verify_copy(w->store, w->keys, w->data_dir, NULL, e)) != 0 ||
        (rc = cli_check_blobs(w, CLI_LENGTHS, e)) != 0 ||
        (rc = audit_gap(w->store, w->keys, w->data_dir, &gap, e)) != 0 ||
        (rc = backup_note_restored(w, r, e)) != 0 || (rc = feed_renew(w, e)) != 0)
        return rc;
    if (gap.have != gap.want) {
        say_gap(&gap);
        return ASSAY_OK;
    }
    return audit_advance(w->store, w->keys, w->data_dir, NULL, e);
}

static int restore(struct cli *c, const char *dir, const char *name)
{
    const struct backup_source from = {dir, name, &c->place};
    const struct backup_target to = {c->data_dir, c->store_url};
    struct backup_report r;
    struct err e = {0};
    struct world w;
    enum assay_err rc = backup_restore(&from, &to, cli_watch_backup(), &r, &e);

    cli_progress_end();
    if (rc == ASSAY_OK &&
        (rc = flow_open(c->data_dir, &c->place, c->store_url, FLOW_WITHOUT_DECODER, &w, &e)) == 0) {
        rc = check(&w, &from, &r, &e);
        flow_close(&w);
    }
    if (rc != ASSAY_OK)
        return rc == ASSAY_EDAMAGED ? (cli_fail(rc, &e), CLI_SOME_FAILED) : cli_fail(rc, &e);
    printf("restored %s from backup %s: %llu files, %lld entries in the record\n", c->data_dir,
           r.name, (unsigned long long)r.files, (long long)r.entries);
    return CLI_DONE;
}

/* ---- going on without what is lost ---- */

struct who {
    int64_t id;
    uint32_t roles;
};

static void add_role(void *ctx, const char *role)
{
    struct who *who = ctx;

    (void)!people_role_parse(role, &who->roles);
}

static enum assay_err read_roles(struct tx *tx, void *ctx, struct err *e)
{
    struct who *who = ctx;

    who->roles = 0;
    return staff_roles(tx, who->id, add_role, who, e);
}

static enum assay_err accept_loss(struct world *w, const char *by, const char *reason,
                                  struct err *e)
{
    struct audit_gap gap;
    struct who who;
    char text[AUDIT_GAP_SIZE];
    enum assay_err rc;

    if ((rc = people_find(w->store, by, &who.id, e)) != 0 ||
        (rc = store_read(w->store, read_roles, &who, e)) != 0)
        return rc;
    if ((who.roles & (PEOPLE_LEAD | PEOPLE_ADMIN)) == 0)
        return err_set(e, ASSAY_EDENIED, "%.40s is neither lead nor administrator", by);
    const struct audit_loss loss = {who.id, reason};
    if ((rc = audit_accept_loss(w->store, w->keys, w->data_dir, &loss, &gap, e)) != 0)
        return rc;
    audit_gap_text(&gap, text);
    printf("accepted: %s; kept for the day they are found: %s.lost-%llu\n", text,
           keys_head_path(w->keys), (unsigned long long)gap.want);
    return ASSAY_OK;
}

int cli_restore(struct cli *c, int argc, char **argv)
{
    const char *name = NULL, *by = NULL, *reason = NULL;
    bool accept = false;
    const struct simple_flag flags[] = {{"backup", NULL, &name},     {"accept-loss", &accept, NULL},
                                        {"by", NULL, &by},           {"reason", NULL, &reason},
                                        {"db", NULL, &c->store_url}, {0}};
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (!accept)
        return argc - optind == 1 && by == NULL && reason == NULL
                   ? restore(c, argv[optind], name)
                   : cli_usage("restore", "say DIR, a folder of backups");
    if (by == NULL || reason == NULL || argc != optind)
        return cli_usage("restore", "--accept-loss needs --by NAME and --reason TEXT, no folder");
    if ((status = cli_open_behind(c, FLOW_WITHOUT_DECODER, &w)) != CLI_DONE)
        return status;
    enum assay_err rc = accept_loss(&w, by, reason, &e);
    flow_close(&w);
    return rc == ASSAY_OK ? CLI_DONE : (cli_fail(rc, &e), CLI_CANNOT);
}
