/* Intake: each file's verdict, sidecars, races, and that a kill at any moment loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "flow/intake/intake.h"
#include "folder.h"
#include "store/item.h"
#include "world.h"

#define KILLS    20
#define FRESH    100 /* new files before each of them */
#define MANY     (KILLS * FRESH)
#define TEXT_MAX 4096

struct fixture {
    struct world_test *t;
    char folder[FOLDER_PATH_SIZE];
    struct intake_options options;
    struct intake_counts counts;
    struct buf report; /* a line "verdict path reason" a file */
    int ack;           /* a descriptor that each line goes to as well; -1: none */
};

static void report(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                   const char *reason)
{
    struct fixture *f = ctx;
    char line[TEXT_MAX];

    (void)mime;
    int size = snprintf(line, sizeof line, "%s %s %s\n", intake_verdict_name(v), path,
                        reason == NULL ? "" : reason);
    buf_add(&f->report, line, (size_t)size);
    if (f->ack >= 0 && write(f->ack, line, (size_t)size) != size)
        abort();
}

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);

    f->t = world_new();
    folder_make(f->folder);
    buf_init(&f->report, 64u << 20);
    f->ack = -1;
    f->options = (struct intake_options){.batch_id = f->t->batch_id,
                                         .threads = 2,
                                         .report = report,
                                         .ctx = f,
                                         .by = people_operator()};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    world_free(f->t);
    folder_remove(f->folder);
    buf_clear(&f->report);
    mem_free(f);
    return 0;
}

static const char *path_of(struct fixture *f, const char *name)
{
    static char path[4 * FOLDER_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    return path;
}

static void put(struct fixture *f, const char *name, const void *bytes, size_t size)
{
    int fd = open(path_of(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
        fail_msg("cannot write %s", name);
}

static void put_text(struct fixture *f, const char *name, const char *text)
{
    put(f, name, text, strlen(text));
}

static enum assay_err try_import(struct fixture *f, const char *path)
{
    f->counts = (struct intake_counts){0};
    buf_reset(&f->report);
    return intake_paths(&f->t->world, &f->options, &path, 1, &f->counts, &f->t->e);
}

static void import_path(struct fixture *f, const char *path)
{
    if (try_import(f, path) != ASSAY_OK)
        fail_msg("%s", f->t->e.text);
}

static void import(struct fixture *f)
{
    import_path(f, f->folder);
}

/* The report has a line with this verdict for this file, and this in its reason. */
static void said(struct fixture *f, const char *verdict, const char *name, const char *reason)
{
    char start[TEXT_MAX];

    (void)snprintf(start, sizeof start, "%s %s %s", verdict, path_of(f, name), reason);
    if (strstr(buf_cstr(&f->report), start) == NULL)
        fail_msg("no \"%s\" in:\n%s", start, buf_cstr(&f->report));
}

static void counted(const struct fixture *f, uint64_t fresh, uint64_t known, uint64_t seen,
                    uint64_t refused)
{
    assert_int_equal(f->counts.fresh, fresh);
    assert_int_equal(f->counts.known, known);
    assert_int_equal(f->counts.seen, seen);
    assert_int_equal(f->counts.refused, refused);
}

/* ---- verdicts ---- */

static void new_known_and_seen_files_are_told_apart(void **state)
{
    struct fixture *f = *state;

    put_text(f, "a.jpg", "first");
    put_text(f, "b.jpg", "second");
    put_text(f, "copy.jpg", "first");
    f->options.threads = 1; /* so that a.jpg comes before its copy */
    import(f);
    said(f, "new", "a.jpg", "");
    said(f, "new", "b.jpg", "");
    said(f, "known", "copy.jpg", "");
    counted(f, 2, 1, 0, 0);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM sighting"), 3);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task WHERE state = 'received'"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM identify_job"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM blob WHERE rendition = 'original'"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"item.imported\"%%'"),
                     3);
    import(f); /* the same again: nothing */
    counted(f, 0, 0, 3, 0);
    f->options.batch_id = world_batch(f->t, "second");
    import(f); /* in another batch: sighted anew */
    counted(f, 0, 3, 0, 0);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM sighting"), 6);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task"), 2);
}

static void a_slash_behind_a_folder_makes_no_other_files_of_its(void **state)
{
    struct fixture *f = *state;
    char path[FOLDER_PATH_SIZE + 2];

    put_text(f, "a.jpg", "first");
    import(f);
    (void)snprintf(path, sizeof path, "%s/", f->folder);
    import_path(f, path);
    counted(f, 0, 0, 1, 0);
    (void)snprintf(path, sizeof path, "%s//", f->folder);
    import_path(f, path);
    counted(f, 0, 0, 1, 0);
}

static void what_cannot_be_taken_is_refused_by_name_and_the_rest_goes_on(void **state)
{
    struct fixture *f = *state;

    put_text(f, "good.jpg", "good");
    put_text(f, "empty.jpg", "");
    assert_int_equal(symlink("good.jpg", path_of(f, "link.jpg")), 0);
    assert_int_equal(symlink("nowhere", path_of(f, "broken.jpg")), 0);
    assert_int_equal(mkfifo(path_of(f, "fifo.jpg"), 0600), 0); /* opening it would hang */
    assert_int_equal(mkdir(path_of(f, "sub"), 0700), 0);
    put_text(f, "sub/good.jpg", "also good");
    import(f);
    said(f, "new", "good.jpg", "");
    said(f, "new", "sub/good.jpg", "");
    said(f, "refused", "empty.jpg", "empty: no bytes in it");
    said(f, "refused", "link.jpg", "a symbolic link");
    said(f, "refused", "broken.jpg", "a symbolic link");
    said(f, "refused", "fifo.jpg", "not a regular file");
    counted(f, 2, 0, 0, 4);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"file.refused\"%%'"),
                     4);
    /* No name of a file stands in the record or the store as it is. */
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE '%%good%%'"), 0);
    import_path(f, path_of(f, "not-there"));
    counted(f, 0, 0, 0, 1);
    import_path(f, "/dev/null");
    counted(f, 0, 0, 0, 1);
}

static void an_unreadable_file_is_refused(void **state)
{
    struct fixture *f = *state;

    put_text(f, "closed.jpg", "closed");
    assert_int_equal(chmod(path_of(f, "closed.jpg"), 0), 0);
    if (access(path_of(f, "closed.jpg"), R_OK) == 0) {
        print_message("skipped: root may read everything\n");
        skip();
    }
    import(f);
    said(f, "refused", "closed.jpg", "cannot be opened");
}

static void a_name_that_is_not_utf8_is_kept_and_the_same_file_known_again(void **state)
{
    struct fixture *f = *state;

    put_text(f, "caf\xe9.jpg", "latin");
    import(f);
    counted(f, 1, 0, 0, 0);
    import(f);
    counted(f, 0, 0, 1, 0);
}

struct vanishing {
    struct fixture *f;
    unsigned calls;
};

static void report_and_remove(void *ctx, const char *path, enum intake_verdict v, const char *mime,
                              const char *reason)
{
    struct vanishing *x = ctx;

    report(x->f, path, v, mime, reason);
    if (x->calls++ == 0)
        folder_remove(path_of(x->f, "z"));
}

static void a_folder_that_vanishes_in_the_walk_is_refused_and_the_rest_goes_on(void **state)
{
    struct fixture *f = *state;
    struct vanishing x = {.f = f};
    char name[40];

    f->options.threads = 1;
    f->options.report = report_and_remove;
    f->options.ctx = &x;
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof name, "a%02d.jpg", i);
        put_text(f, name, name);
    }
    assert_int_equal(mkdir(path_of(f, "z"), 0700), 0);
    put_text(f, "z/in.jpg", "in");
    import(f);
    counted(f, 60, 0, 0, 1);
    said(f, "refused", "z", "cannot be read");
}

static void two_files_of_one_md5_are_two_items_and_the_second_says_so(void **state)
{
    /* The blocks that X. Wang and others published in 2004. */
    static const char hex[2][257] = {
        "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e48883"
        "2571415a085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd"
        "02396306d248cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70",
        "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e48883"
        "25f1415a085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd"
        "02396306d248cda0e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70"};
    struct fixture *f = *state;
    uint8_t bytes[128];

    for (int i = 0; i < 2; i++) {
        assert_int_equal(str_unhex(hex[i], bytes, sizeof bytes), ASSAY_OK);
        put(f, i == 0 ? "one.bin" : "two.bin", bytes, sizeof bytes);
    }
    f->options.threads = 1;
    import(f);
    counted(f, 2, 0, 0, 0);
    assert_int_equal(world_int(f->t, "SELECT count(DISTINCT md5) FROM item"), 1);
    assert_int_equal(world_int(f->t, "SELECT count(DISTINCT sha256) FROM item"), 2);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"md5_twin\":\"%%'"),
                     1);
}

/* ---- large files ---- */

static void put_large(struct fixture *f, const char *name, off_t size)
{
    put_text(f, name, "\xff\xd8\xff large");
    assert_int_equal(truncate(path_of(f, name), size), 0);
}

static void a_large_file_is_streamed_and_opens_again_whole(void **state)
{
    struct fixture *f = *state;

    put_large(f, "large.jpg", (off_t)40 << 20);
    import(f);
    counted(f, 1, 0, 0, 0);
    assert_int_equal(f->counts.bytes, 40u << 20);
    assert_int_equal(world_int(f->t, "SELECT size FROM blob"), 40 << 20);
    import(f);
    counted(f, 0, 0, 1, 0);
}

struct scribbler {
    const char *path;
    atomic_bool stop;
};

static void *scribble(void *ctx)
{
    struct scribbler *s = ctx;
    int fd = open(s->path, O_WRONLY);

    while (!atomic_load(&s->stop)) {
        uint8_t bytes[8];
        rand_bytes(bytes, sizeof bytes);
        if (pwrite(fd, bytes, sizeof bytes, 100) != sizeof bytes)
            abort();
    }
    (void)close(fd);
    return NULL;
}

static void a_large_file_that_changes_while_it_is_read_is_refused(void **state)
{
    struct fixture *f = *state;
    struct scribbler s = {0};
    pthread_t thread;

    put_large(f, "busy.jpg", (off_t)34 << 20);
    put_text(f, "calm.jpg", "calm");
    s.path = mem_strdup(path_of(f, "busy.jpg"));
    assert_int_equal(pthread_create(&thread, NULL, scribble, &s), 0);
    import(f);
    atomic_store(&s.stop, true);
    (void)pthread_join(thread, NULL);
    mem_free((void *)(uintptr_t)s.path);
    said(f, "refused", "busy.jpg", "the file changed while it was read");
    said(f, "new", "calm.jpg", "");
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), 1);
}

/* ---- two at once, and kills ---- */

static enum assay_err check_blob(void *ctx, const struct blob_row *b)
{
    struct world_test *t = ctx;
    struct vault_blob blob = {.size = (uint64_t)b->size};
    struct err e;

    memcpy(blob.id, b->id, sizeof blob.id);
    memcpy(blob.wrapped, b->wrapped, sizeof blob.wrapped);
    if (vault_check_blob(t->world.vault, &blob, true, &e) != ASSAY_OK)
        fail_msg("%s", e.text);
    return ASSAY_OK;
}

static enum assay_err check_blobs(struct tx *tx, void *ctx, struct err *e)
{
    uint8_t last[16];
    const uint8_t *after = NULL;
    enum assay_err rc;

    while ((rc = blob_page(tx, after, last, check_blob, ctx, e)) == ASSAY_OK)
        after = last;
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err count_file(void *ctx, const char *name, bool stray, int64_t age_s)
{
    int64_t *files = ctx;

    (void)name;
    (void)age_s;
    files[stray ? 1 : 0]++;
    return ASSAY_OK;
}

/* Every blob that a row names opens; files without a row are at most `strays`. */
static void vault_holds(struct world_test *t, int64_t strays)
{
    int64_t files[2] = {0, 0};

    if (store_read(t->world.store, check_blobs, t, &t->e) != ASSAY_OK)
        fail_msg("%s", t->e.text);
    assert_int_equal(vault_each(t->world.vault, count_file, files, &t->e), ASSAY_OK);
    int64_t rows = world_int(t, "SELECT count(*) FROM blob");
    assert_in_range(files[0], rows, rows + strays);
    assert_true(files[1] <= strays);
}

static void *import_thread(void *ctx)
{
    struct fixture *f = ctx;
    const char *path = f->folder;
    struct err e = {0};

    return intake_paths(&f->t->world, &f->options, &path, 1, &f->counts, &e) == ASSAY_OK ? f : NULL;
}

static void two_imports_of_one_folder_at_once_take_each_file_once(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;
    pthread_t threads[2];
    char name[40];
    void *good;

    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof name, "%03d.jpg", i);
        put_text(f, name, name);
    }
    buf_init(&other.report, 1 << 20);
    other.options.ctx = &other;
    other.options.batch_id = world_batch(f->t, "second");
    struct fixture *both[2] = {f, &other};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, import_thread, both[i]), 0);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], &good);
        assert_non_null(good);
        assert_int_equal(both[i]->counts.fresh + both[i]->counts.known, 200);
    }
    assert_int_equal(f->counts.fresh + other.counts.fresh, 200);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), 200);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task"), 200);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM sighting"), 400);
    vault_holds(f->t, 0);
    buf_clear(&other.report);
}

static void import_until_killed(struct fixture *f, int ack, int64_t wait_ms)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        world_open(f->t);
        f->ack = ack;
        _exit(try_import(f, f->folder) == ASSAY_OK ? 0 : 1);
    }
    clock_sleep_ms(wait_ms);
    (void)kill(child, SIGKILL);
    int status;
    (void)waitpid(child, &status, 0);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_kill_at_any_moment_loses_nothing_that_was_reported(void **state)
{
    struct fixture *f = *state;
    char ack_path[FOLDER_PATH_SIZE + 16], name[40];
    struct buf acks;

    (void)snprintf(ack_path, sizeof ack_path, "%s/acks", f->t->config);
    world_close(f->t);
    srand(5);
    for (int i = 0; i < KILLS; i++) {
        for (int k = 0; k < FRESH; k++) {
            (void)snprintf(name, sizeof name, "%02d-%03d.jpg", KILLS - i,
                           k); /* before the others */
            put_text(f, name, name);
        }
        int ack = open(ack_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        import_until_killed(f, ack,
                            db_engine() == STORE_SQLITE ? 5 + rand() % 40 : 50 + rand() % 200);
        (void)close(ack);
    }
    world_open(f->t);
    import(f);
    assert_int_equal(f->counts.files, MANY);
    assert_int_equal(f->counts.fresh + f->counts.seen, MANY);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), MANY);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM sighting"), MANY);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM task"), MANY);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"item.imported\"%%'"),
                     MANY);
    vault_holds(f->t, (int64_t)KILLS * 2 * 24 + KILLS * 2);
    /* What a killed run had reported is there now: seen, not new. */
    buf_init(&acks, 64u << 20);
    assert_int_equal(fs_read_file(ack_path, &acks, &f->t->e), ASSAY_OK);
    char *text = mem_strdup(buf_cstr(&acks)), *rest = text, *line;
    size_t lines = 0;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        char again[TEXT_MAX];
        (void)snprintf(again, sizeof again, "seen%s", strchr(line, ' '));
        if (strstr(buf_cstr(&f->report), again) == NULL)
            fail_msg("reported, but not there: %s", line);
        lines++;
    }
    print_message("# %zu acknowledged before %d kills\n", lines, KILLS);
    mem_free(text);
    buf_clear(&acks);
    struct audit_report whole;
    assert_int_equal(
        audit_advance(f->t->world.store, f->t->world.keys, f->t->world.data_dir, NULL, &f->t->e),
        ASSAY_OK);
    assert_int_equal(
        audit_verify(f->t->world.store, f->t->world.keys, f->t->world.data_dir, &whole, &f->t->e),
        ASSAY_OK);
}

/* ---- sidecars ---- */

static void a_sidecar_gives_hidden_votes_and_its_wrong_rows_are_named_by_line(void **state)
{
    struct fixture *f = *state;
    struct assay_digests d;
    char text[4000], sha256[65], sidecar[FOLDER_PATH_SIZE + 16];

    put_text(f, "a.jpg", "by path");
    assert_int_equal(mkdir(path_of(f, "sub"), 0700), 0);
    put_text(f, "sub/a.jpg", "by its own path");
    put_text(f, "sub/named.jpg", "by name alone");
    put_text(f, "other.jpg", "by hash");
    put_text(f, "none.jpg", "not in it");
    assert_int_equal(assay_digest("by hash", 7, &d), ASSAY_OK);
    str_hex(d.sha256, 32, sha256);
    (void)snprintf(text, sizeof text,
                   "file,sha256,source,scheme,code,tags,url,note\n"
                   "a.jpg,,hotline,training-landscapes,L1,season:winter light:day,,from the lake\n"
                   "sub/a.jpg,,hotline,training-landscapes,L2,,https://example.org/x,\n"
                   "named.jpg,,hotline,training-landscapes,L3,,,\n"
                   ",%s,hotline,training-landscapes,drawn,,,\n"
                   "x.jpg,,hotline,training-landscapes,no-such,,,\n"
                   "x.jpg,,hotline,another-scheme,L1,,,\n"
                   "x.jpg,,hotline,training-landscapes,not-listed,light:day,,\n"
                   "x.jpg,short,hotline,,,,,\n",
                   sha256);
    (void)snprintf(sidecar, sizeof sidecar, "%s/side.csv", f->t->config);
    assert_int_equal(fs_create(sidecar, text, strlen(text), 0600, &f->t->e), ASSAY_OK);
    f->options.sidecar = sidecar;
    import(f);
    counted(f, 5, 0, 0, 4);
    const char *lines = buf_cstr(&f->report);
    assert_non_null(strstr(lines, "line 6: code is not one of the scheme's"));
    assert_non_null(strstr(lines, "line 7: scheme is not the one of this batch"));
    assert_non_null(strstr(lines, "line 8: tags are not what the scheme allows"));
    assert_non_null(strstr(lines, "line 9: "));
    assert_null(strstr(lines, "no-such"));
    static const char *const codes[] = {"L1", "L2", "L3", "drawn"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(world_int(f->t, "SELECT count(*) FROM vote WHERE code = '%s'", codes[i]),
                         1);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM vote"), 4);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM vote WHERE code = 'L1' AND"
                                     " tags = 'light:day season:winter' AND source = 'hotline'"),
                     1);
    static const char *const secrets[] = {"lake", "example.org", "hotline", "drawn"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE '%%%s%%'", secrets[i]),
            0);
    import(f); /* the same again adds no vote */
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM vote"), 4);
}

static void a_sidecar_whose_header_is_wrong_stops_the_import_before_it_begins(void **state)
{
    struct fixture *f = *state;
    char sidecar[FOLDER_PATH_SIZE + 16];

    put_text(f, "a.jpg", "a");
    (void)snprintf(sidecar, sizeof sidecar, "%s/side.csv", f->t->config);
    assert_int_equal(fs_create(sidecar, "file,colour\na.jpg,red\n", 23, 0600, &f->t->e), ASSAY_OK);
    f->options.sidecar = sidecar;
    assert_int_equal(try_import(f, f->folder), ASSAY_EFORMAT);
    assert_non_null(strstr(f->t->e.text, "colour"));
    f->options.sidecar = "/not/there.csv";
    assert_int_equal(try_import(f, f->folder), ASSAY_ENOTFOUND);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM item"), 0);
}

/* ---- inheriting ---- */

static void bytes_whose_grade_has_passed_inherit_it(void **state)
{
    struct fixture *f = *state;

    put_text(f, "a.jpg", "passed");
    import(f);
    struct caller *anna = world_person(f->t, "anna", PEOPLE_ASSESSOR);
    world_sql(f->t,
              "INSERT INTO decision (id, task_id, version, staff_id, basis, scheme_name,"
              " scheme_version, guidance_version, code, tags, fence, revealed_ms, software,"
              " decided_ms) SELECT 77, id, 1, %lld, 'seen', scheme_name, 1, 0, 'L1', '', 1, 1, 'x',"
              " 1 FROM task",
              (long long)anna->staff_id);
    world_sql(f->t, "UPDATE task SET state = 'submitted', decision_id = 77");
    f->options.batch_id = world_batch(f->t, "second");
    import(f); /* not passed yet: known, no link */
    counted(f, 0, 1, 0, 0);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM inheritance"), 0);
    world_sql(f->t, "UPDATE task SET state = 'passed'");
    f->options.batch_id = world_batch(f->t, "third");
    import(f);
    assert_int_equal(f->counts.inherited, 1);
    said(f, "inherited", "a.jpg", "");
    assert_int_equal(world_int(f->t, "SELECT decision_id FROM inheritance"), 77);
    /* A second name of it in the first batch inherits as well. */
    put_text(f, "b.jpg", "passed");
    f->options.batch_id = f->t->batch_id;
    import(f);
    assert_int_equal(f->counts.inherited, 1);
    assert_int_equal(f->counts.seen, 1);
}

static void a_batch_is_opened_once_and_keeps_its_scheme(void **state)
{
    struct fixture *f = *state;
    struct batch_new in = {.name = "case 7",
                           .scheme = "training-landscapes",
                           .sender = "the police",
                           .contact = "",
                           .case_reference = "7",
                           .authority = "",
                           .purpose = "",
                           .handling = "",
                           .priority = 0,
                           .due_ms = INT64_MAX};
    int64_t id, again;

    assert_int_equal(intake_batch(&f->t->world, people_operator(), &in, &id, &f->t->e), ASSAY_OK);
    assert_int_equal(intake_batch(&f->t->world, people_operator(), &in, &again, &f->t->e),
                     ASSAY_OK);
    assert_int_equal(id, again);
    in.scheme = "no-such";
    assert_int_equal(intake_batch(&f->t->world, people_operator(), &in, &again, &f->t->e),
                     ASSAY_ENOTFOUND);
    in.scheme = "training-landscapes";
    in.name = "";
    assert_int_equal(intake_batch(&f->t->world, people_operator(), &in, &again, &f->t->e),
                     ASSAY_ERANGE);
    in.name = "caf\xe9";
    assert_int_equal(intake_batch(&f->t->world, people_operator(), &in, &again, &f->t->e),
                     ASSAY_ERANGE);
    assert_int_equal(world_int(f->t, "SELECT count(*) FROM record WHERE entry LIKE"
                                     " '%%\"batch.created\"%%'"),
                     1);
    /* An urgent batch presses what is known already. */
    put_text(f, "a.jpg", "a");
    import(f);
    f->options.batch_id = id;
    import(f);
    assert_int_equal(world_int(f->t, "SELECT priority FROM task"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_known_and_seen_files_are_told_apart),
        TEST(a_slash_behind_a_folder_makes_no_other_files_of_its),
        TEST(what_cannot_be_taken_is_refused_by_name_and_the_rest_goes_on),
        TEST(an_unreadable_file_is_refused),
        TEST(a_name_that_is_not_utf8_is_kept_and_the_same_file_known_again),
        TEST(a_folder_that_vanishes_in_the_walk_is_refused_and_the_rest_goes_on),
        TEST(two_files_of_one_md5_are_two_items_and_the_second_says_so),
        TEST(a_large_file_is_streamed_and_opens_again_whole),
        TEST(a_large_file_that_changes_while_it_is_read_is_refused),
        TEST(two_imports_of_one_folder_at_once_take_each_file_once),
        TEST(a_kill_at_any_moment_loses_nothing_that_was_reported),
        TEST(a_sidecar_gives_hidden_votes_and_its_wrong_rows_are_named_by_line),
        TEST(a_sidecar_whose_header_is_wrong_stops_the_import_before_it_begins),
        TEST(bytes_whose_grade_has_passed_inherit_it),
        TEST(a_batch_is_opened_once_and_keeps_its_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
