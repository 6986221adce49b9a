/* assay doctor: looks for what is wrong, or weaker than it could be, with this installation. */
#include "cli/doctor.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/simple.h"
#include "flow/intake/drop.h"
#include "store/backup.h"
#include "store/list.h"
#include "store/stats.h"

static const char usage[] =
    "usage: assay doctor [--format text|json]\n\n"
    "Prints a line a point: good, weak (it works, but less safely) or bad (mend it), and what to\n"
    "do. Looks at the site key, permissions, disk space, sandbox, store, record, backups, lists,\n"
    "swap, core dumps, clock and open ports.\n\n"
    "  --format FORMAT   text, or json for programs\n\n"
    "exit: 0 nothing bad, 1 something bad, 3 the workspace cannot be opened\n\n"
    "example: assay doctor\n";

#define ROOM_WEAK_BYTES (10ULL << 30)
#define ROOM_BAD_BYTES  (1ULL << 30)
#define HOUR_MS         (60 * 60 * 1000LL)
#define DAY_MS          (24 * HOUR_MS)
#define BACKUP_WEAK_MS  (26 * HOUR_MS) /* a daily one that has not come */
#define BACKUP_BAD_MS   (7 * DAY_MS)
#define TEST_WEAK_MS    (90 * DAY_MS)
#define TEXT_SIZE       1024

static const char *const grades[] = {"good", "weak", "bad"};

void doctor_say(struct doctor *d, enum doctor_grade grade, const char *point, const char *format,
                ...)
{
    struct doctor_finding *f = arena_alloc(d->arena, sizeof *f);
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *f = (struct doctor_finding){
        .grade = grade, .point = point, .text = arena_strdup(d->arena, text)};
    *d->last = f;
    d->last = &f->next;
    if (grade > d->worst)
        d->worst = grade;
}

/* The site key on the disk that it is to protect is stolen with it. */
static void look_at_key(struct doctor *d)
{
    const char *path = keys_site_path(d->world->keys);
    struct stat key, data;

    if (stat(path, &key) != 0 || stat(d->world->data_dir, &data) != 0)
        doctor_say(d, DOCTOR_BAD, "site key", "%.300s cannot be looked at: put it back", path);
    else if (key.st_dev == data.st_dev)
        doctor_say(d, DOCTOR_WEAK, "site key",
                   "lies on the same file system as the workspace and is stolen with it: move "
                   "%.300s to another and name it with --key-file",
                   path);
    else
        doctor_say(d, DOCTOR_GOOD, "site key",
                   "%.300s, on another file system than the workspace; backups do not hold it",
                   path);
}

static void look_at_modes(struct doctor *d)
{
    static const char *const names[] = {"", "/keys", "/keys/keyring", "/vault", "/assay.db"};
    char path[PATH_MAX];
    struct stat st;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%.3900s%s", d->world->data_dir, names[i]);
        if (stat(path, &st) != 0)
            continue; /* PostgreSQL has no assay.db */
        if ((st.st_mode & 077) != 0) {
            doctor_say(d, DOCTOR_BAD, "permissions", "others may use %.300s: run chmod go= %.300s",
                       path, path);
            return;
        }
        if (st.st_uid != geteuid()) {
            doctor_say(d, DOCTOR_WEAK, "permissions",
                       "%.300s belongs to another user: run assay as its owner", path);
            return;
        }
    }
    doctor_say(d, DOCTOR_GOOD, "permissions", "the workspace is its owner's alone");
}

static void look_at_room(struct doctor *d)
{
    struct statvfs fs;

    if (statvfs(d->world->data_dir, &fs) != 0) {
        doctor_say(d, DOCTOR_BAD, "disk", "its free space cannot be read");
        return;
    }
    unsigned long long room = (unsigned long long)fs.f_bavail * fs.f_frsize;
    enum doctor_grade grade = room < ROOM_BAD_BYTES    ? DOCTOR_BAD
                              : room < ROOM_WEAK_BYTES ? DOCTOR_WEAK
                                                       : DOCTOR_GOOD;
    doctor_say(d, grade, "disk", "%llu GB free where the workspace is%s", room >> 30,
               grade == DOCTOR_GOOD ? "" : ": make room; nothing is written on a full disk");
}

static void look_at_sandbox(struct doctor *d)
{
    const struct decode_env *env = d->world->decode;
    const char *layers = decode_env_layers(env), *why;
    bool all = strstr(layers, "landlock") != NULL && strstr(layers, "userns") != NULL;

    doctor_say(d, all ? DOCTOR_GOOD : DOCTOR_WEAK, "sandbox", "%s%s", layers,
               all ? ""
                   : " (this kernel or container gives no more; a newer one, or user namespaces, "
                     "would)");
    for (int i = 0; i < DECODE_PROGRAM_COUNT; i++)
        if ((why = decode_env_lacks(env, (enum decode_program)i)) != NULL)
            doctor_say(d, DOCTOR_WEAK, "decoders", "%.300s; its types count as unsupported", why);
}

struct version {
    enum store_engine engine;
    char text[STATS_VERSION_SIZE];
};

static enum assay_err read_version(struct tx *tx, void *ctx, struct err *e)
{
    struct version *v = ctx;

    return stats_version(tx, v->engine, v->text, e);
}

static void look_at_store(struct doctor *d)
{
    struct store *s = d->world->store;
    struct version v = {.engine = store_engine(s)};
    struct err e = {0};

    if (store_check(s, &e) != ASSAY_OK || store_read(s, read_version, &v, &e) != ASSAY_OK)
        doctor_say(d, DOCTOR_BAD, "store", "%s: restore a backup (assay restore --help)", e.text);
    else
        doctor_say(d, DOCTOR_GOOD, "store", "%s %s, schema %lld, whole",
                   v.engine == STORE_SQLITE ? "SQLite" : "PostgreSQL", v.text,
                   (long long)store_schema(s));
}

static void look_at_record(struct doctor *d)
{
    struct world *w = d->world;
    struct audit_report r;
    struct err e = {0};
    enum assay_err rc = audit_verify(w->store, w->keys, w->data_dir, &r, &e);

    if (rc != ASSAY_OK)
        doctor_say(d, DOCTOR_BAD, "record", "%s", e.text);
    else
        doctor_say(d, DOCTOR_GOOD, "record", "%llu entries, all verify",
                   (unsigned long long)r.entries);
}

static void look_at_drop(struct doctor *d)
{
    struct err e = {0};
    struct drop drop;
    uint64_t failed;

    if (drop_get(d->world, &drop, &e) != ASSAY_OK)
        doctor_say(d, DOCTOR_BAD, "drop folder", "%s", e.text);
    else if (drop.folder[0] == '\0')
        doctor_say(d, DOCTOR_GOOD, "drop folder", "none is set");
    else if (drop_failed(&drop, &failed, &e) != ASSAY_OK)
        doctor_say(d, DOCTOR_BAD, "drop folder", "%s: make it, or run assay drop off", e.text);
    else
        doctor_say(d, failed == 0 ? DOCTOR_GOOD : DOCTOR_WEAK, "drop folder",
                   "%llu files in failed/%s", (unsigned long long)failed,
                   failed == 0 ? "" : ": read the .txt beside each, mend it, take it away");
}

/* ---- lists ---- */

static enum assay_err read_quarantined(struct tx *tx, void *ctx, struct err *e)
{
    return list_quarantined(tx, ctx, e);
}

static void look_at_lists(struct doctor *d)
{
    struct err e = {0};
    int64_t count;

    if (store_read(d->world->store, read_quarantined, &count, &e) != ASSAY_OK)
        doctor_say(d, DOCTOR_BAD, "lists", "%s", e.text);
    else if (count == 0)
        doctor_say(d, DOCTOR_GOOD, "lists", "no hash is in quarantine");
    else
        doctor_say(
            d, DOCTOR_WEAK, "lists",
            "%lld hashes matched too many files on a day and count for nothing: look at them on "
            "the page Lists, switch each on or off (assay list on, off)",
            (long long)count);
}

/* ---- backups ---- */

struct backups {
    bool made, tested;
    struct backup_row backup, test;
    struct stats_row stats;
};

static enum assay_err read_backups(struct tx *tx, void *ctx, struct err *e)
{
    struct backups *b = ctx;
    enum assay_err rc = backup_last(tx, BACKUP_MADE, &b->backup, e);

    b->made = rc == ASSAY_OK;
    if (rc == ASSAY_OK || rc == ASSAY_ENOTFOUND)
        rc = backup_last(tx, BACKUP_TESTED, &b->test, e);
    b->tested = rc == ASSAY_OK;
    return rc == ASSAY_OK || rc == ASSAY_ENOTFOUND ? stats_get(tx, &b->stats, e) : rc;
}

static void look_at_backups(struct doctor *d)
{
    struct backups b = {0};
    struct err e = {0};
    int64_t now = clock_now_ms();

    if (store_read(d->world->store, read_backups, &b, &e) != ASSAY_OK) {
        doctor_say(d, DOCTOR_BAD, "backup", "%s", e.text);
        return;
    }
    /* What is at stake: a training workspace, or one without files, can be made again. */
    enum doctor_grade none = d->world->training || b.stats.items == 0 ? DOCTOR_WEAK : DOCTOR_BAD;
    int64_t age = now - b.backup.done_ms;
    if (!b.made)
        doctor_say(d, none, "backup", "there is none: assay backup DIR, on another disk");
    else
        doctor_say(d,
                   age > BACKUP_BAD_MS    ? none
                   : age > BACKUP_WEAK_MS ? DOCTOR_WEAK
                                          : DOCTOR_GOOD,
                   "backup", "%s, %lld hours ago%s", b.backup.name, (long long)(age / HOUR_MS),
                   age > BACKUP_WEAK_MS ? ": make one a day (assay backup DIR)" : "");
    age = now - b.test.done_ms;
    if (!b.tested)
        doctor_say(d, DOCTOR_WEAK, "restore test",
                   "none was tried: assay backup test DIR says whether a backup can be restored");
    else
        doctor_say(d, age > TEST_WEAK_MS ? DOCTOR_WEAK : DOCTOR_GOOD, "restore test",
                   "%s, %lld days ago%s", b.test.name, (long long)(age / DAY_MS),
                   age > TEST_WEAK_MS ? ": try again (assay backup test DIR)" : "");
}

/* ---- saying it ---- */

static void print_json(const struct doctor *d)
{
    struct json_out o;
    struct buf b;

    buf_init(&b, 1 << 20);
    json_out_init(&o, &b);
    json_object(&o, NULL);
    json_text(&o, "worst", grades[d->worst]);
    json_array(&o, "findings");
    for (const struct doctor_finding *f = d->first; f != NULL; f = f->next) {
        json_object(&o, NULL);
        json_text(&o, "grade", grades[f->grade]);
        json_text(&o, "point", f->point);
        json_text(&o, "text", f->text);
        json_object_end(&o);
    }
    json_array_end(&o);
    json_object_end(&o);
    puts(buf_cstr(&b));
    buf_clear(&b);
}

static void print_text(const struct doctor *d)
{
    for (const struct doctor_finding *f = d->first; f != NULL; f = f->next)
        printf("%-4s  %-14s %s\n", grades[f->grade], f->point, f->text);
}

int cli_doctor(struct cli *c, int argc, char **argv)
{
    const char *format = "text";
    const struct simple_flag flags[] = {{"format", NULL, &format}, {0}};
    struct world w;
    int status = simple_options(c, usage, flags, argc, argv);

    if (status != CLI_DONE)
        return status < 0 ? CLI_DONE : status;
    if (optind < argc)
        return cli_usage("doctor", "'%s' is not understood", argv[optind]);
    if (!str_equal(format, "text") && !str_equal(format, "json"))
        return cli_usage("doctor", "--format is text or json");
    if ((status = cli_open_behind(c, FLOW_WITH_DECODER, &w)) != CLI_DONE)
        return status;
    struct doctor d = {.world = &w, .arena = arena_new()};
    d.last = &d.first;
    look_at_key(&d);
    look_at_modes(&d);
    look_at_room(&d);
    look_at_sandbox(&d);
    look_at_store(&d);
    look_at_record(&d);
    look_at_backups(&d);
    look_at_drop(&d);
    look_at_lists(&d);
    doctor_machine(&d);
    if (str_equal(format, "json"))
        print_json(&d);
    else
        print_text(&d);
    status = d.worst == DOCTOR_BAD ? CLI_SOME_FAILED : CLI_DONE;
    arena_free(d.arena);
    flow_close(&w);
    return cli_flush(status);
}
