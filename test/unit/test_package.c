/* Packages: verified by us and by minisign, every tampering named, whole or not there at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay/digest.h"
#include "base/clock.h"
#include "base/str.h"
#include "format/manifest.h"
#include "release_fixture.h"

#define FILE_MAX  (1 << 20)
#define PATH_SIZE 512
#define KILLED    77

/* The n-th fsync or write ends the program, or the n-th write fails with a full disk; they stand
 * before the C library's own. */
static int syncs_left = -1, writes_left = -1;
static bool write_kills = false;

int fsync(int fd)
{
    if (syncs_left == 0)
        _exit(KILLED);
    if (syncs_left > 0)
        syncs_left--;
    return (int)syscall(SYS_fsync, fd);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (writes_left == 0 && write_kills)
        _exit(KILLED);
    if (writes_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (writes_left > 0)
        writes_left--;
    return (ssize_t)syscall(SYS_write, fd, bytes, size);
}

static const char *const files[] = {"hashes.csv", "hashes.jsonl", "manifest.json",
                                    "manifest.json.minisig"};
#define FILES (sizeof files / sizeof files[0])

static void path_of(char *out, const char *dir, const char *name)
{
    assert_true(snprintf(out, PATH_SIZE, "%s/%s", dir, name) < PATH_SIZE);
}

static void read_in(struct buf *b, const char *dir, const char *name)
{
    char path[PATH_SIZE];

    path_of(path, dir, name);
    buf_init(b, FILE_MAX);
    assert_int_equal(fs_read_file(path, b, NULL), ASSAY_OK);
}

static void write_in(const char *dir, const char *name, const void *bytes, size_t size)
{
    char path[PATH_SIZE];

    path_of(path, dir, name);
    assert_int_equal(fs_replace(path, bytes, size, 0600, NULL), ASSAY_OK);
}

/* A copy of the package in f->out/copy, which is made anew. Static. */
static const char *copied(struct release_fixture *f, const char *from)
{
    static char dir[PATH_SIZE];
    struct buf b;

    path_of(dir, f->out, "copy");
    folder_remove(dir);
    assert_int_equal(fs_make_dirs(dir, 0700, NULL), ASSAY_OK);
    for (size_t i = 0; i < FILES; i++) {
        read_in(&b, from, files[i]);
        write_in(dir, files[i], b.data, b.size);
        buf_clear(&b);
    }
    return dir;
}

/* A release of four rows, of two codes, written. */
static char *small_package(struct release_fixture *f)
{
    static const struct graded cases[] = {
        {0}, {.vote = "L1"}, {.code = "L2", .reading = "L2"}, {.pdq_reason = "degenerate"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        (void)release_grade(f, &cases[i], 1);
    return release_to_folder(f, release_approved(f, 1));
}

static char *public_key(struct release_fixture *f)
{
    struct buf b;

    buf_init(&b, 1000);
    keys_minisign_public(f->w.keys, &b);
    return buf_take(&b);
}

static enum assay_err verify(struct release_fixture *f, const char *dir, const char *key)
{
    struct package_report report;

    f->e.text[0] = '\0';
    return package_verify(dir, key, PACKAGE_TRAINING_TOO, &report, &f->e);
}

static void a_package_verifies_by_its_own_key_and_by_the_given_one(void **state)
{
    struct release_fixture *f = *state;
    char *dir = small_package(f), *key = public_key(f);
    struct package_report report;
    const char *line = strchr(key, '\n') + 1;
    struct buf b;

    assert_int_equal(package_verify(dir, key, PACKAGE_TRAINING_TOO, &report, &f->e), ASSAY_OK);
    assert_int_equal(report.rows, 4);
    assert_true(report.training);
    assert_string_equal(report.scheme, "training-landscapes");
    assert_int_equal(report.scheme_version, 1);
    read_in(&b, dir, "manifest.json"); /* recipients do not learn who sits where */
    assert_null(strstr(buf_cstr(&b), "by the window"));
    buf_clear(&b);
    assert_int_equal(verify(f, dir, NULL), ASSAY_OK);
    assert_int_equal(verify(f, dir, line), ASSAY_OK); /* minisign's -P form, with its line break */
    assert_int_equal(package_verify(dir, key, PACKAGE_LIVE_ONLY, &report, &f->e), ASSAY_ESTATE);
    assert_string_equal(f->e.text,
                        "this is a training package: whole, but never to be used as a real list");
    assert_int_equal(verify(f, f->config, NULL), ASSAY_EDAMAGED);
    assert_int_equal(verify(f, "/nowhere", NULL), ASSAY_ENOTFOUND);
    mem_free(dir);
    mem_free(key);
}

static void a_live_package_is_taken_as_one(void **state)
{
    struct release_fixture *f = *state;
    char *dir = small_package(f);
    struct package_report report;
    struct buf b;

    assert_int_equal(package_verify(dir, NULL, PACKAGE_LIVE_ONLY, &report, &f->e), ASSAY_OK);
    assert_false(report.training);
    read_in(&b, dir, "hashes.csv");
    assert_null(strstr(buf_cstr(&b), ",training\r\n"));
    buf_clear(&b);
    mem_free(dir);
}

static void minisign_itself_verifies_it(void **state)
{
    struct release_fixture *f = *state;
    char *dir = small_package(f), *key = public_key(f);
    char manifest[PATH_SIZE], line[100];
    int status;

    if (access("/usr/bin/minisign", X_OK) != 0) {
        print_message("skipped: minisign is not installed\n");
        mem_free(dir);
        mem_free(key);
        skip();
    }
    (void)snprintf(line, sizeof line, "%s", strchr(key, '\n') + 1);
    line[strcspn(line, "\n")] = '\0';
    path_of(manifest, dir, "manifest.json");
    for (int changed = 0; changed < 2; changed++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            int null = open("/dev/null", O_WRONLY);
            (void)dup2(null, 1);
            (void)dup2(null, 2);
            (void)execl("/usr/bin/minisign", "minisign", "-Vm", manifest, "-P", line, (char *)NULL);
            _exit(99);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status) != 0, changed);
        write_in(dir, "manifest.json", "{}\n", 3);
    }
    mem_free(dir);
    mem_free(key);
}

/* ---- tampering ---- */

/* Replace the first `find` in a file of the copy. */
static void edit(const char *dir, const char *name, const char *find, const char *put)
{
    struct buf b, out;

    read_in(&b, dir, name);
    char *found = strstr(buf_cstr(&b), find);
    if (found == NULL)
        fail_msg("%s is not in %s", find, name);
    buf_init(&out, FILE_MAX);
    buf_add(&out, b.data, (size_t)(found - (char *)b.data));
    buf_add_str(&out, put);
    buf_add_str(&out, found + strlen(find));
    write_in(dir, name, out.data, out.size);
    buf_clear(&out);
    buf_clear(&b);
}

static void measure(const char *dir, const char *name, struct manifest_file *out)
{
    struct assay_digests d;
    struct buf b;

    read_in(&b, dir, name);
    assert_int_equal(assay_digest(b.data, b.size, &d), ASSAY_OK);
    out->size = (int64_t)b.size;
    memcpy(out->sha256, d.sha256, sizeof d.sha256);
    buf_clear(&b);
}

/* What a thief with the key, but without an approval, could do: sign what lies there. */
static void sign_again(struct release_fixture *f, const char *dir,
                       void (*change)(struct manifest *m))
{
    struct arena *a = arena_new();
    char time[CLOCK_TEXT_SIZE], comment[100];
    struct assay_digests d;
    struct manifest m;
    struct buf b, out;

    read_in(&b, dir, "manifest.json");
    assert_int_equal(manifest_read(a, b.data, b.size, &m, &f->e), ASSAY_OK);
    measure(dir, "hashes.csv", &m.csv);
    measure(dir, "hashes.jsonl", &m.jsonl);
    buf_reset(&b);
    manifest_content(&b, &m.csv, &m.jsonl);
    assert_int_equal(assay_digest(b.data, b.size, &d), ASSAY_OK);
    memcpy(m.content_sha256, d.sha256, sizeof d.sha256);
    if (change != NULL)
        change(&m);
    buf_reset(&b);
    manifest_write(&b, &m);
    write_in(dir, "manifest.json", b.data, b.size);
    clock_text(m.approved_ms, time);
    (void)snprintf(comment, sizeof comment, "assay-package %s %s", m.package, time);
    buf_init(&out, FILE_MAX);
    keys_minisign(f->w.keys, b.data, b.size, comment, &out);
    write_in(dir, "manifest.json.minisig", out.data, out.size);
    buf_clear(&out);
    buf_clear(&b);
    arena_free(a);
}

static void names(struct release_fixture *f, const char *dir, const char *text)
{
    if (verify(f, dir, NULL) != ASSAY_EDAMAGED || strstr(f->e.text, text) == NULL)
        fail_msg("wanted \"%s\", got %s \"%s\"", text, assay_err_name(f->e.code), f->e.text);
}

static void missing_extra_and_linked_files_are_named(void **state)
{
    struct release_fixture *f = *state;
    char *from = small_package(f), path[PATH_SIZE], text[PATH_SIZE], target[PATH_SIZE];
    const char *dir;

    for (size_t i = 0; i < FILES; i++) {
        dir = copied(f, from);
        path_of(path, dir, files[i]);
        assert_int_equal(unlink(path), 0);
        (void)snprintf(text, sizeof text, "%s is missing", files[i]);
        names(f, dir, text);
        path_of(target, from, files[i]); /* the right bytes, but behind a link */
        assert_int_equal(symlink(target, path), 0);
        (void)snprintf(text, sizeof text, "%s is a link", files[i]);
        names(f, dir, text);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
        (void)snprintf(text, sizeof text, "%s is not a regular file", files[i]);
        names(f, dir, text);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        names(f, dir, text);
    }
    dir = copied(f, from);
    write_in(dir, "more\n.txt", "", 0);
    names(f, dir, "more?.txt does not belong to a package");
    mem_free(from);
}

static void changed_bytes_are_named_by_file(void **state)
{
    static const struct {
        const char *file, *find, *put, *text;
    } cases[] = {
        {"hashes.jsonl", "\"code\":\"L1\"", "\"code\":\"L2\"",
         "hashes.jsonl: its SHA-256 is not the one in the manifest"},
        {"hashes.jsonl", "}\n", "}", "hashes.jsonl has "},
        {"hashes.csv", ",L1,", ",L2,", "hashes.csv: its SHA-256 is not the one in the manifest"},
        {"hashes.csv", "\r\n", "\r\n\r\n", "hashes.csv has "},
        {"manifest.json", "\"min_readings\":1", "\"min_readings\":2",
         "manifest.json.minisig: the signature is not of these bytes"},
        {"manifest.json", "\"count\":4", "\"count\":5", "\"codes\" count fewer rows"},
        {"manifest.json", "{", "{ ", "the manifest is not written as assay writes it"},
        {"manifest.json.minisig", "assay-package", "assay-bundle",
         "manifest.json.minisig: the trusted comment was changed"},
        {"manifest.json.minisig", "trusted comment: assay", "comment: assay",
         "manifest.json.minisig: this is no minisign signature file"},
    };
    struct release_fixture *f = *state;
    char *from = small_package(f);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *dir = copied(f, from);
        edit(dir, cases[i].file, cases[i].find, cases[i].put);
        names(f, dir, cases[i].text);
    }
    const char *dir = copied(f, from);
    edit(dir, "manifest.json", "\"version\":1", "\"version\":2");
    assert_int_equal(verify(f, dir, NULL), ASSAY_EUNSUPPORTED);
    assert_non_null(strstr(f->e.text, "format version 2; this assay reads up to 1"));
    mem_free(from);
}

static void drop_first_code(struct manifest *m)
{
    m->count--;
    m->codes[0].count--;
}

static void swap_rows(const char *dir)
{
    struct buf b, out;

    read_in(&b, dir, "hashes.jsonl");
    const char *first = buf_cstr(&b), *second = strchr(first, '\n') + 1;
    const char *third = strchr(second, '\n') + 1;
    buf_init(&out, FILE_MAX);
    buf_add(&out, second, (size_t)(third - second));
    buf_add(&out, first, (size_t)(second - first));
    buf_add_str(&out, third);
    write_in(dir, "hashes.jsonl", out.data, out.size);
    buf_clear(&out);
    buf_clear(&b);
}

static void double_row(const char *dir)
{
    struct buf b, out;

    read_in(&b, dir, "hashes.jsonl");
    const char *first = buf_cstr(&b), *second = strchr(first, '\n') + 1;
    buf_init(&out, FILE_MAX);
    buf_add(&out, first, (size_t)(second - first));
    buf_add_str(&out, first);
    write_in(dir, "hashes.jsonl", out.data, out.size);
    buf_clear(&out);
    buf_clear(&b);
}

static void what_the_key_alone_could_sign_is_still_named(void **state)
{
    static const struct {
        const char *file, *find, *put, *text;
    } cases[] = {
        {"hashes.jsonl", "\"code\":\"L1\"", "\"code\":\"L3\"", "is not what hashes.jsonl has"},
        {"hashes.jsonl", "\"basis\":\"seen\"", "\"basis\":\"felt\"", "hashes.jsonl: row 1: "},
        {"hashes.jsonl", "\"kind\":\"training\"", "\"kind\":\"live\"",
         "hashes.jsonl: row 1 is of the other kind"},
        {"hashes.jsonl", "\"scheme\":\"training-landscapes\"", "\"scheme\":\"other\"",
         "hashes.jsonl: row 1 is of another scheme"},
        {"hashes.jsonl", "\"scheme_version\":1", "\"scheme_version\":2",
         "hashes.jsonl: row 1 is of a newer version"},
        {"hashes.csv", ",seen,", ",inherited,", "hashes.csv: row 1 is not what hashes.jsonl has"},
        {"hashes.csv", "sha256,", "sha512,", "hashes.csv: row 0 is not what hashes.jsonl has"},
    };
    struct release_fixture *f = *state;
    char *from = small_package(f);
    const char *dir;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dir = copied(f, from);
        edit(dir, cases[i].file, cases[i].find, cases[i].put);
        sign_again(f, dir, NULL);
        names(f, dir, cases[i].text);
    }
    dir = copied(f, from);
    swap_rows(dir);
    sign_again(f, dir, NULL);
    names(f, dir, "row"); /* the csv differs first, or the order */
    dir = copied(f, from);
    double_row(dir);
    sign_again(f, dir, NULL);
    names(f, dir, "row 2: the rows do not ascend by sha256");
    /* Well-formed in both lists, signed, but not what was approved. */
    dir = copied(f, from);
    edit(dir, "hashes.jsonl", "\"size\":100", "\"size\":200");
    edit(dir, "hashes.csv", ",100", ",200");
    sign_again(f, dir, NULL);
    names(f, dir, "manifest.json: record_entry does not approve this package");
    dir = copied(f, from);
    sign_again(f, dir, drop_first_code);
    names(f, dir, "hashes.jsonl has 4 rows; the manifest says 3");
    mem_free(from);
}

static void other_package(struct manifest *m)
{
    m->package = "17";
}

static void other_content(struct manifest *m)
{
    m->content_sha256[0] ^= 1;
}

static void other_entry(struct manifest *m)
{
    static char text[FILE_MAX];

    (void)snprintf(text, sizeof text, "%s", m->record_entry);
    char *action = strstr(text, "release.approved");
    assert_non_null(action);
    memcpy(action, "release.refused_", 16);
    m->record_entry = text;
}

static void other_proof(struct manifest *m)
{
    static char text[FILE_MAX];

    (void)snprintf(text, sizeof text, "%s", m->record_proof);
    char *index = strstr(text, "index ");
    assert_non_null(index);
    index[6] = index[6] == '0' ? '1' : '0';
    m->record_proof = text;
}

static void other_record_key(struct manifest *m)
{
    m->record_key[3] ^= 1;
}

static void few_readings(struct manifest *m)
{
    m->min_readings = 2;
}

static void other_codes(struct manifest *m)
{
    m->codes[0].code = "L0";
}

static void a_manifest_signed_without_approval_is_named(void **state)
{
    static const struct {
        void (*change)(struct manifest *m);
        const char *text;
    } cases[] = {
        {other_package, "manifest.json: record_entry does not approve this package"},
        {other_content, "manifest.json: content_sha256 is not that of the files"},
        {other_entry, "manifest.json: record_proof"},
        {other_proof, "manifest.json: record_proof"},
        {other_record_key, "manifest.json: record_proof"},
        {few_readings, "has too few readings"},
        {other_codes, "\"codes\" are not those of the rows"},
    };
    struct release_fixture *f = *state;
    char *from = small_package(f), *again;
    struct buf b, out;
    const char *dir;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dir = copied(f, from);
        sign_again(f, dir, cases[i].change);
        names(f, dir, cases[i].text);
    }
    dir = copied(f, from);
    read_in(&b, dir, "manifest.json");
    buf_init(&out, FILE_MAX);
    keys_minisign(f->w.keys, b.data, b.size, "assay-package 17 2026-11-22T16:01:20.123Z", &out);
    write_in(dir, "manifest.json.minisig", out.data, out.size);
    buf_clear(&out);
    buf_clear(&b);
    names(f, dir, "manifest.json.minisig: its trusted comment is of another package");
    /* Signed, proven, but an approval of another release. */
    again = release_to_folder(f, release_approved(f, 2));
    dir = copied(f, from);
    for (size_t i = 0; i < 2; i++) {
        read_in(&b, again, files[i]);
        write_in(dir, files[i], b.data, b.size);
        buf_clear(&b);
    }
    names(f, dir, "bytes; the manifest says");
    /* Another package's whole manifest and signature: each is right by itself. */
    dir = copied(f, from);
    read_in(&b, again, "manifest.json.minisig");
    write_in(dir, "manifest.json.minisig", b.data, b.size);
    buf_clear(&b);
    names(f, dir, "manifest.json.minisig: the signature is not of these bytes");
    mem_free(again);
    mem_free(from);
}

static void another_key_is_named(void **state)
{
    struct release_fixture *f = *state;
    struct keys_place place = {.key_file = f->key_file};
    char *from = small_package(f), other[PATH_SIZE];
    struct keys *k;
    struct buf key;

    path_of(other, f->out, "other");
    (void)snprintf(f->key_file, sizeof f->key_file, "%s/other.key", f->config);
    assert_int_equal(fs_make_dirs(other, 0700, NULL), ASSAY_OK);
    assert_int_equal(keys_create(other, &place, &f->e), ASSAY_OK);
    assert_int_equal(keys_open(other, &place, &k, &f->e), ASSAY_OK);
    buf_init(&key, 1000);
    keys_minisign_public(k, &key);
    assert_int_equal(verify(f, from, buf_cstr(&key)), ASSAY_EDAMAGED);
    assert_non_null(strstr(f->e.text, "manifest.json.minisig: signed with key "));
    buf_clear(&key);
    keys_close(k);
    mem_free(from);
}

/* ---- writing ---- */

static void downloads_and_a_second_writing_give_the_same_bytes(void **state)
{
    struct release_fixture *f = *state;
    const struct graded more = {0};
    char *dir = small_package(f), *again;
    struct buf there, got;
    int64_t id = 0;

    assert_int_equal(str_int64(strrchr(dir, '-') + 1, 1, INT64_MAX, &id), ASSAY_OK);
    (void)release_grade(f, &more, 3); /* the record and the store go on */
    (void)release_approved(f, 1);
    assert_int_equal(audit_advance(f->w.store, f->w.keys, f->w.data_dir, NULL, &f->e), ASSAY_OK);
    for (size_t i = 0; i < FILES; i++) {
        read_in(&there, dir, files[i]);
        buf_init(&got, FILE_MAX);
        assert_int_equal(release_file(&f->w, &f->asks, id, files[i], &got, &f->e), ASSAY_OK);
        assert_int_equal(got.size, there.size);
        assert_memory_equal(got.data, there.data, there.size);
        buf_clear(&got);
        buf_clear(&there);
    }
    again = release_to_folder(f, id); /* it is there: fine */
    assert_string_equal(again, dir);
    mem_free(again);
    edit(dir, "hashes.csv", "L1", "L2");
    assert_int_equal(release_write(&f->w, people_operator(), id, 0, f->out, &again, &f->e),
                     ASSAY_EEXISTS);
    assert_non_null(strstr(f->e.text, "is there with other content; move it away"));
    read_in(&there, dir, "hashes.csv"); /* left as it was found */
    assert_non_null(strstr(buf_cstr(&there), "L2"));
    buf_clear(&there);
    mem_free(dir);
}

/* What lies in f->out, hidden names too. */
static size_t entries(struct release_fixture *f, bool *package)
{
    DIR *dir = opendir(f->out);
    const struct dirent *entry;
    size_t n = 0;

    *package = false;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        *package = *package || str_starts(entry->d_name, "assay-");
    }
    (void)closedir(dir);
    return n;
}

static void a_full_disk_leaves_nothing(void **state)
{
    struct release_fixture *f = *state;
    const struct graded one = {0};
    char *path = NULL;
    bool package;

    (void)release_grade(f, &one, 3);
    int64_t id = release_approved(f, 1);
    assert_int_equal(audit_advance(f->w.store, f->w.keys, f->w.data_dir, NULL, &f->e), ASSAY_OK);
    for (int n = 0; n < 4; n++) { /* one write a file */
        writes_left = n;
        enum assay_err rc = release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e);
        writes_left = -1;
        assert_int_equal(rc, ASSAY_EFULL);
        assert_int_equal(entries(f, &package), 0);
        assert_null(path);
    }
    path = release_to_folder(f, id);
    assert_int_equal(verify(f, path, NULL), ASSAY_OK);
    mem_free(path);
}

enum kill { AT_FSYNC, AT_WRITE };

/* Write the package in a child that dies at its n-th call; true: it came to the end before. */
static bool killed_at(struct release_fixture *f, int64_t id, enum kill kill, int n)
{
    char *path = NULL;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        release_open(f);
        write_kills = true;
        *(kill == AT_FSYNC ? &syncs_left : &writes_left) = n;
        enum assay_err rc = release_write(&f->w, people_operator(), id, 0, f->out, &path, &f->e);
        _exit(rc == ASSAY_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != KILLED)
        assert_int_equal(WEXITSTATUS(status), 0);
    return WEXITSTATUS(status) == 0;
}

static void kill_in_turn(struct release_fixture *f, enum kill kill, int files_without)
{
    const struct graded one = {0};
    char name[PATH_SIZE], dir[PATH_SIZE];
    bool package, done = false;
    int without = 0;

    (void)release_grade(f, &one, 5);
    int64_t id = release_approved(f, 1);
    /* What a kill does to the record while it grows is tested with the record. */
    assert_int_equal(audit_advance(f->w.store, f->w.keys, f->w.data_dir, NULL, &f->e), ASSAY_OK);
    (void)snprintf(name, sizeof name, "assay-%lld", (long long)id);
    path_of(dir, f->out, name);
    release_shut(f);
    for (int n = 0; !done && n < 200; n++) {
        done = killed_at(f, id, kill, n);
        (void)entries(f, &package);
        without += !package;
        if (package)
            assert_int_equal(verify(f, dir, NULL), ASSAY_OK);
        if (package && !done)
            folder_remove(dir); /* so that the next child comes as far */
    }
    assert_true(done);
    assert_true(without >= files_without);
    assert_int_equal(entries(f, &package), 1); /* what the killed ones left is gone too */
    release_open(f);
}

static void killed_at_any_sync_leaves_a_whole_package_or_none(void **state)
{
    kill_in_turn(*state, AT_FSYNC, FILES + 1); /* each file's and the folder's */
}

static void killed_at_any_write_leaves_a_whole_package_or_none(void **state)
{
    kill_in_turn(*state, AT_WRITE, FILES);
}

#define PACKAGE_TEST(t) cmocka_unit_test_setup_teardown(t, release_setup, release_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PACKAGE_TEST(a_package_verifies_by_its_own_key_and_by_the_given_one),
        cmocka_unit_test_setup_teardown(a_live_package_is_taken_as_one, release_setup_live,
                                        release_teardown),
        PACKAGE_TEST(minisign_itself_verifies_it),
        PACKAGE_TEST(missing_extra_and_linked_files_are_named),
        PACKAGE_TEST(changed_bytes_are_named_by_file),
        PACKAGE_TEST(what_the_key_alone_could_sign_is_still_named),
        PACKAGE_TEST(a_manifest_signed_without_approval_is_named),
        PACKAGE_TEST(another_key_is_named),
        PACKAGE_TEST(downloads_and_a_second_writing_give_the_same_bytes),
        PACKAGE_TEST(a_full_disk_leaves_nothing),
        PACKAGE_TEST(killed_at_any_sync_leaves_a_whole_package_or_none),
        PACKAGE_TEST(killed_at_any_write_leaves_a_whole_package_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
