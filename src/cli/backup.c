/* assay backup: make one while others work, verify it, and try whether it can be restored. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/copy.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/restore.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay backup DIR\n"
    "       assay backup verify [--backup NAME] [--key FILE] DIR\n"
    "       assay backup test [--backup NAME] [--scratch FOLDER] [--scratch-db URL] DIR\n\n"
    "Makes a backup of the workspace in DIR while a server runs: store, record, keyring, schemes,\n"
    "and the media that DIR does not have yet. Cut off, it goes on when it is run again.\n"
    "The site key is NOT in a backup, and nothing can be read without it: keep a copy of it "
    "apart,\n"
    "in a safe. DIR belongs on another disk, and on an encrypted one.\n\n"
    "  verify            read every byte of a backup; needs no workspace\n"
    "  test              restore it into a scratch folder, verify record and media, take it away,\n"
    "                    and record that it was tried; assay doctor asks for it\n"
    "  --backup NAME     which, such as 20261122T193000Z; else the newest\n"
    "  --key FILE        the release.minisign.pub that must have signed it; else the one in the\n"
    "                    backup, which proves that nothing broke, not whose it is\n"
    "  --scratch FOLDER  where to restore it to; else beside DIR's backups\n"
    "  --scratch-db URL  an empty PostgreSQL database, for a backup of one\n\n"
    "exit: 0 good, 1 a backup is damaged, 3 cannot work\n\n"
    "examples:\n"
    "  assay backup /mnt/backup/assay\n"
    "  assay backup verify /mnt/backup/assay\n"
    "  assay backup test /mnt/backup/assay\n";

#define KEY_TEXT_MAX 4096
#define MB           (1024.0 * 1024.0)

static int64_t began_ms;

static void show(void *ctx, const char *what, uint64_t done, uint64_t total)
{
    double seconds = (double)(clock_mono_ms() - began_ms) / 1000;

    (void)ctx;
    if (str_equal(what, "store"))
        cli_progress("store %llu of %llu", (unsigned long long)done, (unsigned long long)total);
    else if (total == 0)
        cli_progress("%s %.0f MB, %.0f MB a second", what, (double)done / MB,
                     seconds > 0 ? (double)done / MB / seconds : 0);
    else
        cli_progress("%s %.0f of %.0f MB, %.0f MB a second", what, (double)done / MB,
                     (double)total / MB, seconds > 0 ? (double)done / MB / seconds : 0);
}

const struct backup_watch *cli_watch_backup(void)
{
    static const struct backup_watch watch = {show, NULL};

    began_ms = clock_mono_ms();
    return &watch;
}

static int make(struct cli *c, const char *dir)
{
    struct backup_report r;
    struct err e = {0};
    struct world w;
    int status = cli_open(c, FLOW_WITHOUT_DECODER, &w);

    if (status != CLI_DONE)
        return status;
    enum assay_err rc = backup_make(&w, dir, cli_watch_backup(), &r, &e);
    double seconds = (double)(clock_mono_ms() - began_ms) / 1000;
    cli_progress_end();
    if (rc == ASSAY_OK) {
        printf("backup %s/%s: %llu files, %.1f MB, of which %llu (%.1f MB) were new; %.1f s\n", dir,
               r.name, (unsigned long long)r.files, (double)r.bytes / MB,
               (unsigned long long)r.copied_files, (double)r.copied_bytes / MB, seconds);
        fprintf(stderr, "The site key is not in it: keep a copy of %s apart.\n",
                keys_site_path(w.keys));
        if (cli_sign(&w) != ASSAY_OK)
            status = CLI_CANNOT;
    } else {
        status = cli_fail(rc, &e);
    }
    flow_close(&w);
    return status;
}

static int verify(const char *dir, const char *name, const char *key_file)
{
    struct backup_report r;
    struct err e = {0};
    struct buf key;
    enum assay_err rc = ASSAY_OK;

    buf_init(&key, KEY_TEXT_MAX);
    if (key_file != NULL)
        rc = fs_read_file(key_file, &key, &e);
    if (rc == ASSAY_OK)
        rc = backup_verify(dir, name, key_file == NULL ? NULL : buf_cstr(&key), cli_watch_backup(),
                           &r, &e);
    buf_clear(&key);
    cli_progress_end();
    if (rc != ASSAY_OK)
        return rc == ASSAY_EDAMAGED ? (cli_fail(rc, &e), CLI_SOME_FAILED) : cli_fail(rc, &e);
    printf("good: backup %s, %llu files, %.1f MB, %lld entries in the record%s\n", r.name,
           (unsigned long long)r.files, (double)r.bytes / MB, (long long)r.entries,
           key_file == NULL ? "; signed by the key that lies in it" : "");
    return CLI_DONE;
}

/* Restored beside its workspace: looked at to the last byte, never signed, never served. */
static enum assay_err look_at(const struct backup_source *from, const struct backup_target *to,
                              struct backup_report *r, struct err *e)
{
    struct audit_report record;
    struct world copy;
    enum assay_err rc = backup_restore(from, to, cli_watch_backup(), r, e);

    if (rc != ASSAY_OK || (rc = flow_open(to->data_dir, from->place, to->store_url,
                                          FLOW_WITHOUT_DECODER, &copy, e)) != 0)
        return rc;
    if ((rc = backup_compare(&copy, from, e)) == 0 && (rc = store_check(copy.store, e)) == 0 &&
        (rc = audit_verify_copy(copy.store, copy.keys, copy.data_dir, &record, e)) == 0)
        rc = cli_check_blobs(&copy, CLI_EVERY_BYTE, e);
    flow_close(&copy);
    return rc;
}

static int test(struct cli *c, const struct backup_source *from, const char *scratch,
                const char *scratch_db)
{
    char folder[PATH_MAX], name[RAND_NAME_SIZE];
    struct backup_target to = {folder, scratch_db};
    struct backup_report r;
    struct err e = {0};
    struct world w;
    int status = cli_open(c, FLOW_WITHOUT_DECODER, &w);

    if (status != CLI_DONE)
        return status;
    rand_name(name); /* .tmp-...: the next backup takes away what a kill leaves */
    (void)snprintf(folder, sizeof folder, "%.3800s/%s",
                   scratch == NULL ? from->repository : scratch, name);
    enum assay_err rc = look_at(from, &to, &r, &e);
    int64_t took_ms = clock_mono_ms() - began_ms;
    cli_progress_end();
    (void)copy_remove(folder, NULL);
    if (rc == ASSAY_OK)
        rc = backup_note_tested(&w, &r, took_ms, &e);
    if (rc == ASSAY_OK)
        printf("good: backup %s was restored and verified, %.1f MB in %.1f s\n", r.name,
               (double)r.bytes / MB, (double)took_ms / 1000);
    else
        status = rc == ASSAY_EDAMAGED ? (cli_fail(rc, &e), CLI_SOME_FAILED) : cli_fail(rc, &e);
    if (rc == ASSAY_OK && cli_sign(&w) != ASSAY_OK)
        status = CLI_CANNOT;
    flow_close(&w);
    return status;
}

int cli_backup(struct cli *c, int argc, char **argv)
{
    const char *name = NULL, *key = NULL, *scratch = NULL, *scratch_db = NULL;
    const struct simple_flag flags[] = {{"backup", NULL, &name},
                                        {"key", NULL, &key},
                                        {"scratch", NULL, &scratch},
                                        {"scratch-db", NULL, &scratch_db},
                                        {0}};
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    int words = argc - optind;
    bool verifies = words == 2 && str_equal(argv[optind], "verify");
    bool tests = words == 2 && str_equal(argv[optind], "test");
    if (words != 1 && !verifies && !tests)
        return cli_usage("backup", "say DIR, verify DIR or test DIR");
    const char *dir = argv[argc - 1];
    if (verifies)
        return verify(dir, name, key);
    const struct backup_source from = {dir, name, &c->place};
    return tests ? test(c, &from, scratch, scratch_db) : make(c, dir);
}
