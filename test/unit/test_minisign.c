/* minisign files: ours are verified by Debian's minisign and its files by us; every change is
 * refused by both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "folder.h"
#include "keys/keys.h"

static const char message[] = "{\"manifest\":1}\n";
#define MESSAGE_SIZE (sizeof message - 1)
static const char comment[] = "release 12, 40 rows, timestamp:1795363280";

struct fixture {
    char top[FOLDER_PATH_SIZE];
    struct keys *k;
    struct buf public_text, signature;
};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    char data[PATH_MAX];

    folder_make(f->top);
    (void)snprintf(data, sizeof data, "%s/config", f->top);
    (void)setenv("XDG_CONFIG_HOME", data, 1);
    (void)snprintf(data, sizeof data, "%s/data", f->top);
    const struct keys_place place = {0};
    if (keys_create(data, &place, NULL) != 0 || keys_open(data, &place, &f->k, NULL) != 0)
        return -1;
    buf_init(&f->public_text, 4096);
    buf_init(&f->signature, 4096);
    keys_minisign_public(f->k, &f->public_text);
    keys_minisign(f->k, message, MESSAGE_SIZE, comment, &f->signature);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_clear(&f->public_text);
    buf_clear(&f->signature);
    keys_close(f->k);
    folder_remove(f->top);
    mem_free(f);
    return 0;
}

/* Run minisign in the folder; its exit status, or -1 when it is not installed. */
static int minisign(const struct fixture *f, const char *const *args)
{
    int status = -1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        char *argv[16] = {NULL};
        int null = open("/dev/null", O_RDWR);
        for (size_t i = 0; args[i] != NULL && i < 15; i++)
            argv[i] = mem_strdup(args[i]);
        if (chdir(f->top) != 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
            dup2(null, 2) < 0)
            _exit(126);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

static void put(const struct fixture *f, const char *name, const void *bytes, size_t size)
{
    char path[FOLDER_PATH_SIZE + 32];

    (void)snprintf(path, sizeof path, "%s/%s", f->top, name);
    assert_int_equal(fs_replace(path, bytes, size, 0600, NULL), ASSAY_OK);
}

static void get(const struct fixture *f, const char *name, struct buf *b)
{
    char path[FOLDER_PATH_SIZE + 32];

    (void)snprintf(path, sizeof path, "%s/%s", f->top, name);
    buf_init(b, 8192);
    assert_int_equal(fs_read_file(path, b, NULL), ASSAY_OK);
}

static int minisign_verifies(const struct fixture *f)
{
    static const char *const args[] = {"minisign", "-V",        "-q", "-m",      "message",
                                       "-x",       "signature", "-p", "key.pub", NULL};

    return minisign(f, args);
}

static void the_real_minisign_verifies_what_we_sign(void **state)
{
    struct fixture *f = *state;
    static const char *const marks[] = {"release 12", "RU", "trusted comment: release"};

    put(f, "message", message, MESSAGE_SIZE);
    put(f, "key.pub", f->public_text.data, f->public_text.size);
    put(f, "signature", f->signature.data, f->signature.size);
    int status = minisign_verifies(f);
    if (status == -1) {
        print_message("skipped: minisign is not installed\n");
        skip();
    }
    assert_int_equal(status, 0);
    put(f, "message", "{\"manifest\":2}\n", MESSAGE_SIZE);
    assert_int_not_equal(minisign_verifies(f), 0);
    put(f, "message", message, MESSAGE_SIZE);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char *text = mem_strdup(buf_cstr(&f->signature));
        strstr(text, marks[i])[strlen(marks[i]) + 1] ^= 1;
        put(f, "signature", text, strlen(text));
        assert_int_not_equal(minisign_verifies(f), 0);
        mem_free(text);
    }
}

static void we_verify_what_the_real_minisign_signs(void **state)
{
    static const char *const make[] = {"minisign", "-G", "-W",    "-f", "-p",
                                       "a.pub",    "-s", "a.key", NULL};
    static const char *const sign[] = {"minisign", "-S", "-H",    "-s", "a.key", "-m",
                                       "message",  "-x", "a.sig", "-t", comment, NULL};
    struct fixture *f = *state;
    struct buf public_text, signature;
    struct err e = {0};

    put(f, "message", message, MESSAGE_SIZE);
    if (minisign(f, make) == -1) {
        print_message("skipped: minisign is not installed\n");
        skip();
    }
    assert_int_equal(minisign(f, sign), 0);
    get(f, "a.pub", &public_text);
    get(f, "a.sig", &signature);
    assert_int_equal(keys_minisign_verify(buf_cstr(&public_text), message, MESSAGE_SIZE,
                                          buf_cstr(&signature), &e),
                     ASSAY_OK);
    assert_int_equal(keys_minisign_verify(buf_cstr(&public_text), message, MESSAGE_SIZE - 1,
                                          buf_cstr(&signature), &e),
                     ASSAY_EDAMAGED);
    assert_int_equal(keys_minisign_verify(buf_cstr(&f->public_text), message, MESSAGE_SIZE,
                                          buf_cstr(&signature), &e),
                     ASSAY_EDAMAGED);
    assert_non_null(strstr(e.text, "signed with key"));
    buf_clear(&public_text);
    buf_clear(&signature);
}

static void we_verify_what_we_sign_and_no_other_text(void **state)
{
    struct fixture *f = *state;
    const char *public_text = buf_cstr(&f->public_text), *good = buf_cstr(&f->signature);
    struct err e = {0};

    assert_int_equal(keys_minisign_verify(public_text, message, MESSAGE_SIZE, good, &e), ASSAY_OK);
    assert_int_equal(
        keys_minisign_verify(public_text, "{\"manifest\":2}\n", MESSAGE_SIZE, good, &e),
        ASSAY_EDAMAGED);
    assert_string_equal(e.text, "the signature is not of these bytes");
    char *text = mem_strdup(good);
    strstr(text, "release 12")[8] = '3';
    assert_int_equal(keys_minisign_verify(public_text, message, MESSAGE_SIZE, text, &e),
                     ASSAY_EDAMAGED);
    assert_string_equal(e.text, "the trusted comment was changed");
    mem_free(text);
}

/* All but the untrusted comment's text and the line ends counts. */
static void every_changed_byte_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *public_text = buf_cstr(&f->public_text);
    size_t size = f->signature.size;
    char *text = buf_take(&f->signature);

    for (size_t i = strcspn(text, "\n") + 1; i < size; i++) {
        char was = text[i];
        if (was == '\n' && i + 1 == size)
            continue; /* the last line's end may be absent */
        text[i] ^= 1;
        assert_int_not_equal(keys_minisign_verify(public_text, message, MESSAGE_SIZE, text, NULL),
                             ASSAY_OK);
        text[i] = was;
    }
    for (size_t i = 0; i + 1 < size; i++) {
        char was = text[i];
        text[i] = '\0';
        assert_int_not_equal(keys_minisign_verify(public_text, message, MESSAGE_SIZE, text, NULL),
                             ASSAY_OK);
        text[i] = was;
    }
    mem_free(text);
}

static void other_files_are_no_minisign_files(void **state)
{
    struct fixture *f = *state;
    const char *public_text = buf_cstr(&f->public_text), *good = buf_cstr(&f->signature);
    static const char *const bad[] = {"", "\n\n\n\n", "untrusted comment: x\n", "RWQ="};
    struct buf more;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(keys_minisign_verify(public_text, "", 0, bad[i], NULL), ASSAY_EFORMAT);
        assert_int_equal(keys_minisign_verify(bad[i], "", 0, good, NULL), ASSAY_EFORMAT);
    }
    assert_int_equal(keys_minisign_verify(good, "", 0, good, NULL), ASSAY_EFORMAT);
    assert_int_equal(keys_minisign_verify(public_text, "", 0, public_text, NULL), ASSAY_EFORMAT);
    buf_init(&more, 4096);
    buf_add_str(&more, good);
    buf_add_str(&more, "more");
    assert_int_equal(
        keys_minisign_verify(public_text, message, MESSAGE_SIZE, buf_cstr(&more), NULL),
        ASSAY_EFORMAT);
    buf_clear(&more);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_real_minisign_verifies_what_we_sign),
        CASE(we_verify_what_the_real_minisign_signs),
        CASE(we_verify_what_we_sign_and_no_other_text),
        CASE(every_changed_byte_is_refused),
        CASE(other_files_are_no_minisign_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
