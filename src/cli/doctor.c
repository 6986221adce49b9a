/* assay doctor: looks for what is wrong, or weaker than it could be, with this installation. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"

static const char usage[] =
    "usage: assay doctor\n\n"
    "Prints a line a point: good, weak (it works, but less safely) or bad (mend it).\n\n"
    "exit: 0 nothing bad, 1 something bad, 3 the workspace cannot be opened\n\n"
    "example: assay doctor\n";

#define ROOM_WEAK_BYTES (10ULL << 30)
#define ROOM_BAD_BYTES  (1ULL << 30)

enum finding { GOOD, WEAK, BAD };

static int worst;

static void say(enum finding f, const char *what, const char *detail)
{
    static const char *const words[] = {"good", "weak", "bad "};

    printf("%s  %-14s %s\n", words[f], what, detail);
    if ((int)f > worst)
        worst = (int)f;
}

/* The site key on the disk that it is to protect is stolen with it. */
static void look_at_key(const struct world *w)
{
    struct stat key, data;

    if (stat(keys_site_path(w->keys), &key) != 0 || stat(w->data_dir, &data) != 0)
        say(BAD, "site key", "cannot be looked at");
    else if (key.st_dev == data.st_dev)
        say(WEAK, "site key", "lies on the same file system as the workspace; keep it on another");
    else
        say(GOOD, "site key", "lies on another file system than the workspace");
}

static void look_at_room(const struct world *w)
{
    struct statvfs fs;
    char text[96];

    if (statvfs(w->data_dir, &fs) != 0) {
        say(BAD, "disk", "its free space cannot be read");
        return;
    }
    unsigned long long room = (unsigned long long)fs.f_bavail * fs.f_frsize;
    (void)snprintf(text, sizeof text, "%llu GB free where the workspace is", room >> 30);
    say(room < ROOM_BAD_BYTES ? BAD : room < ROOM_WEAK_BYTES ? WEAK : GOOD, "disk", text);
}

static void look_at_sandbox(const struct world *w)
{
    const char *layers = decode_env_layers(w->decode);
    bool all = strstr(layers, "landlock") != NULL && strstr(layers, "userns") != NULL;
    char text[160];

    (void)snprintf(text, sizeof text, "%s%s", layers,
                   all ? "" : " (this kernel or container gives no more)");
    say(all ? GOOD : WEAK, "sandbox", text);
}

static void look_at_record(const struct world *w)
{
    struct audit_report r;
    struct err e = {0};
    char text[96];
    enum assay_err rc = audit_verify(w->store, w->keys, w->data_dir, &r, &e);

    if (rc != ASSAY_OK) {
        say(BAD, "record", e.text);
        return;
    }
    (void)snprintf(text, sizeof text, "%llu entries, all verify", (unsigned long long)r.entries);
    say(GOOD, "record", text);
}

int cli_doctor(struct cli *c, int argc, char **argv)
{
    struct err e = {0};
    struct world w;
    int status = simple_options(c, usage, NULL, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("doctor", "'%s' is not understood", argv[optind]);
    if ((status = cli_open_behind(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    look_at_key(&w);
    look_at_room(&w);
    look_at_sandbox(&w);
    if (store_check(w.store, &e) == ASSAY_OK)
        say(GOOD, "store", store_engine(w.store) == STORE_SQLITE ? "SQLite" : "PostgreSQL");
    else
        say(BAD, "store", e.text);
    look_at_record(&w);
    flow_close(&w);
    return worst == BAD ? CLI_SOME_FAILED : CLI_DONE;
}
