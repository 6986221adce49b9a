/* keys: a workspace's keyring made, opened and refused; what its keys seal, name and sign. */
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "fault.h"
#include "folder.h"
#include "keys/keyring.h"
#include "keys/keys.h"

/* AddressSanitizer turns mlock off; gcc and clang say differently that it is there. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED false
#endif

/* A workspace in a folder of its own, its site key in another; both empty at the start. */
struct fixture {
    char top[FOLDER_PATH_SIZE], data[FOLDER_PATH_SIZE + 32], config[FOLDER_PATH_SIZE + 32];
    char key_file[FOLDER_PATH_SIZE + 32], passphrase_file[FOLDER_PATH_SIZE + 32];
    struct err e;
};

static const struct keys_place by_default = {0};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);

    folder_make(f->top);
    (void)snprintf(f->data, sizeof f->data, "%s/data", f->top);
    (void)snprintf(f->config, sizeof f->config, "%s/config", f->top);
    (void)snprintf(f->key_file, sizeof f->key_file, "%s/elsewhere/site.key", f->top);
    (void)snprintf(f->passphrase_file, sizeof f->passphrase_file, "%s/passphrase", f->top);
    (void)setenv("XDG_CONFIG_HOME", f->config, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    folder_remove(f->top);
    mem_free(f);
    return 0;
}

static struct keys *made_and_opened(struct fixture *f, const struct keys_place *place)
{
    struct keys *k = NULL;

    if (keys_create(f->data, place, &f->e) != 0)
        fail_msg("create: %s", f->e.text);
    if (keys_open(f->data, place, &k, &f->e) != 0)
        fail_msg("open: %s", f->e.text);
    return k;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    (void)unlink(path);
    assert_int_equal(fs_create(path, text, strlen(text), mode, NULL), ASSAY_OK);
}

static void assert_refused(struct fixture *f, const struct keys_place *place, enum assay_err want,
                           const char *part)
{
    char *before = folder_list(f->top), *after;
    struct keys *k = NULL;

    assert_int_equal(keys_open(f->data, place, &k, &f->e), want);
    assert_int_equal(f->e.code, want);
    assert_null(k);
    if (strstr(f->e.text, part) == NULL)
        fail_msg("'%s' does not say '%s'", f->e.text, part);
    after = folder_list(f->top);
    assert_string_equal(before, after); /* nothing was written */
    mem_free(before);
    mem_free(after);
}

static mode_t mode_of(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    assert_true(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void a_new_keyring_opens_with_the_default_site_key(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    char path[PATH_MAX];

    assert_int_equal(strlen(keys_workspace(k)), KEYS_ID_SIZE - 1);
    (void)snprintf(path, sizeof path, "%s/assay/%s.key", f->config, keys_workspace(k));
    assert_string_equal(keys_site_path(k), path);
    (void)snprintf(path, sizeof path, "%s/assay/%s.head", f->config, keys_workspace(k));
    assert_string_equal(keys_head_path(k), path);
    (void)snprintf(path, sizeof path, "assay/%s.key", keys_workspace(k));
    assert_int_equal(mode_of(f->config, path), 0600);
    assert_int_equal(mode_of(f->config, "assay"), 0700);
    assert_int_equal(mode_of(f->data, "keys"), 0700);
    assert_int_equal(mode_of(f->data, "keys/keyring"), 0600);
    assert_int_equal(mode_of(f->data, "keys/record.pub"), 0644);
    keys_close(k);
    keys_close(NULL);
}

static void the_public_halves_lie_beside_the_keyring(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    static const char *const names[] = {"record.pub", "release.pub"};
    uint8_t want[2][KEYS_PUBLIC_BYTES];

    for (int s = 0; s < 2; s++) {
        char path[PATH_MAX + 32], hex[2 * KEYS_PUBLIC_BYTES + 2];
        struct buf b;
        keys_public(k, (enum keys_signer)s, want[s]);
        str_hex(want[s], KEYS_PUBLIC_BYTES, hex);
        (void)snprintf(path, sizeof path, "%s/keys/%s", f->data, names[s]);
        buf_init(&b, 1000);
        assert_int_equal(fs_read_file(path, &b, NULL), ASSAY_OK);
        assert_int_equal(b.size, 2 * KEYS_PUBLIC_BYTES + 1);
        assert_memory_equal(b.data, hex, 2 * KEYS_PUBLIC_BYTES);
        buf_clear(&b);
    }
    assert_memory_not_equal(want[0], want[1], KEYS_PUBLIC_BYTES);
    keys_close(k);
}

static void a_second_workspace_in_one_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    char *before, *after;

    keys_close(made_and_opened(f, &by_default));
    before = folder_list(f->top);
    assert_int_equal(keys_create(f->data, &by_default, &f->e), ASSAY_EEXISTS);
    after = folder_list(f->top);
    assert_string_equal(before, after);
    mem_free(before);
    mem_free(after);
}

/* Whatever fails and whenever: there is no keyring and init can be run again, or all is there. */
static void a_failed_init_leaves_nothing_or_all(void **state)
{
    struct fixture *f = *state;
    size_t failures = 0;

    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        for (long n = 0; n < 100; n++) {
            struct keys *k = NULL;
            fault_after((enum fault_kind)kind, n, ENOSPC);
            enum assay_err rc = keys_create(f->data, &by_default, &f->e);
            fault_none();
            enum assay_err opened = keys_open(f->data, &by_default, &k, &f->e);
            if (rc == 0) {
                assert_int_equal(opened, ASSAY_OK);
                n = 100;
            } else {
                assert_int_equal(rc, ASSAY_EFULL);
                assert_true(opened == ASSAY_ENOTFOUND || opened == ASSAY_OK);
                if (opened == ASSAY_ENOTFOUND) {
                    size_t left = 0;
                    (void)folder_search(f->config, "x", 1, &left);
                    assert_int_equal(left, 0); /* no site key that opens nothing */
                    assert_int_equal(keys_create(f->data, &by_default, &f->e), ASSAY_OK);
                    assert_int_equal(keys_open(f->data, &by_default, &k, &f->e), ASSAY_OK);
                }
                failures++;
            }
            keys_close(k);
            folder_remove(f->data);
            folder_remove(f->config);
        }
    }
    assert_true(failures >= 12);
}

static void a_key_file_can_lie_where_the_site_wants(void **state)
{
    struct fixture *f = *state;
    const struct keys_place place = {.key_file = f->key_file};
    struct keys *k = made_and_opened(f, &place);
    char path[PATH_MAX];

    assert_string_equal(keys_site_path(k), f->key_file);
    (void)snprintf(path, sizeof path, "%s/elsewhere/%s.head", f->top, keys_workspace(k));
    assert_string_equal(keys_head_path(k), path);
    assert_int_equal(mode_of(f->top, "elsewhere/site.key"), 0600);
    keys_close(k);
    assert_refused(f, &by_default, ASSAY_EKEY, "--key-file");
}

static void a_key_file_that_is_there_is_used(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX], text[2 * KEYRING_KEY_BYTES + 1];
    const struct keys_place place = {.key_file = path};

    (void)snprintf(path, sizeof path, "%.240s/own.key", f->top);
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_file(path, text, 0600); /* without a newline: fine too */
    keys_close(made_and_opened(f, &place));
}

static void a_wrong_key_is_refused_and_nothing_written(void **state)
{
    struct fixture *f = *state;
    const struct keys_place place = {.key_file = f->key_file};
    char want[PATH_MAX];

    struct keys *k = made_and_opened(f, &place);
    (void)snprintf(want, sizeof want, "made by assay init (%s.key) with --key-file",
                   keys_workspace(k));
    keys_close(k);
    write_file(f->key_file, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
               0600);
    assert_refused(f, &place, ASSAY_EKEY, "this key does not open the workspace at");
    assert_refused(f, &place, ASSAY_EKEY, want);
    write_file(f->key_file, "0011\n", 0600);
    assert_refused(f, &place, ASSAY_EKEY, "64 hex digits");
    write_file(f->key_file, "", 0600);
    assert_refused(f, &place, ASSAY_EKEY, "64 hex digits");
    assert_int_equal(unlink(f->key_file), 0);
    assert_refused(f, &place, ASSAY_EKEY, "is missing");
    assert_int_equal(mkdir(f->key_file, 0700), 0);
    assert_refused(f, &place, ASSAY_EKEY, "no regular file");
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0666, 0610};
    struct fixture *f = *state;
    const struct keys_place place = {.key_file = f->key_file};

    keys_close(made_and_opened(f, &place));
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(f->key_file, modes[i]), 0);
        assert_refused(f, &place, ASSAY_EKEY, "chmod 600");
    }
    assert_int_equal(chmod(f->key_file, 0400), 0);
    struct keys *k = NULL;
    assert_int_equal(keys_open(f->data, &place, &k, &f->e), ASSAY_OK);
    keys_close(k);
}

static void a_site_key_under_the_workspace_is_refused(void **state)
{
    struct fixture *f = *state;
    char inside[PATH_MAX], linked[PATH_MAX], dotted[PATH_MAX], later[PATH_MAX], target[PATH_MAX];
    const char *const paths[] = {inside, linked, dotted, later};
    struct stat st;

    (void)snprintf(inside, sizeof inside, "%.240s/data/new/site.key", f->top);
    (void)snprintf(linked, sizeof linked, "%.240s/link/site.key", f->top);
    (void)snprintf(dotted, sizeof dotted, "%.240s/link/../data/site.key", f->top);
    (void)snprintf(later, sizeof later, "%.240s/nowhere/../data/site.key", f->top);
    (void)snprintf(target, sizeof target, "%.240s/link", f->top);
    assert_int_equal(mkdir(f->data, 0700), 0);
    assert_int_equal(symlink(f->data, target), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct keys_place place = {.key_file = paths[i]};
        assert_int_equal(keys_create(f->data, &place, &f->e), ASSAY_ERANGE);
        assert_non_null(strstr(f->e.text, paths[i]));
    }
    assert_int_equal(rmdir(f->data), 0); /* so it stayed empty */
    const struct keys_place early = {.key_file = inside};
    assert_int_equal(keys_create(f->data, &early, &f->e), ASSAY_ERANGE);
    assert_int_equal(stat(f->data, &st), -1);

    /* Moved there later, it is no longer taken. */
    const struct keys_place place = {.key_file = f->key_file};
    keys_close(made_and_opened(f, &place));
    (void)snprintf(inside, sizeof inside, "%.240s/data/site.key", f->top);
    assert_int_equal(rename(f->key_file, inside), 0);
    assert_refused(f, &early, ASSAY_EKEY, "lies in the workspace");
    (void)setenv("XDG_CONFIG_HOME", f->data, 1);
    folder_remove(f->data);
    assert_int_equal(keys_create(f->data, &by_default, &f->e), ASSAY_ERANGE);
}

static void a_passphrase_opens_and_another_does_not(void **state)
{
    struct fixture *f = *state;
    const struct keys_place place = {.passphrase_file = f->passphrase_file};

    write_file(f->passphrase_file, "short\n", 0600);
    assert_int_equal(keys_create(f->data, &place, &f->e), ASSAY_ERANGE);
    write_file(f->passphrase_file, "eleven grey herons\nsecond line", 0600);
    struct keys *k = made_and_opened(f, &place);
    assert_string_equal(keys_site_path(k), f->passphrase_file);
    keys_close(k);
    assert_refused(f, &by_default, ASSAY_EKEY, "ASSAY_PASSPHRASE_FILE");
    write_file(f->passphrase_file, "eleven grey heron\n", 0600);
    assert_refused(f, &place, ASSAY_EKEY, "this passphrase does not open");
    write_file(f->passphrase_file, "\n", 0600);
    assert_refused(f, &place, ASSAY_EKEY, "is empty");
    write_file(f->passphrase_file, "eleven grey herons\n", 0644);
    assert_refused(f, &place, ASSAY_EKEY, "chmod 600");
}

static void the_environment_names_the_site_key_unless_the_command_does(void **state)
{
    struct keys_place p = {0};

    (void)state;
    (void)setenv("ASSAY_KEY_FILE", "/a", 1);
    (void)setenv("ASSAY_PASSPHRASE_FILE", "", 1);
    keys_place_from_env(&p);
    assert_string_equal(p.key_file, "/a");
    assert_null(p.passphrase_file);
    (void)setenv("ASSAY_PASSPHRASE_FILE", "/b", 1);
    p = (struct keys_place){.key_file = "/c"};
    keys_place_from_env(&p);
    assert_string_equal(p.key_file, "/c");
    assert_null(p.passphrase_file);
    (void)unsetenv("ASSAY_KEY_FILE");
    (void)unsetenv("ASSAY_PASSPHRASE_FILE");
}

static void two_places_at_once_and_no_place_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct keys_place both = {f->key_file, f->passphrase_file, NULL};
    char *home = mem_strdup(getenv("HOME") == NULL ? "" : getenv("HOME"));

    assert_int_equal(keys_create(f->data, &both, &f->e), ASSAY_EKEY);
    (void)unsetenv("XDG_CONFIG_HOME");
    (void)unsetenv("HOME");
    assert_int_equal(keys_create(f->data, &by_default, &f->e), ASSAY_EKEY);
    assert_non_null(strstr(f->e.text, "--key-file"));
    (void)setenv("HOME", home, 1);
    mem_free(home);
}

static void no_workspace_is_said_plainly(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, &by_default, ASSAY_ENOTFOUND, "assay init");
}

static void every_flipped_bit_of_the_keyring_is_damage_not_a_wrong_key(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX + 32];
    struct keys *k = made_and_opened(f, &by_default);
    struct buf b;

    keys_close(k);
    (void)snprintf(path, sizeof path, "%s/keys/keyring", f->data);
    buf_init(&b, KEYRING_SIZE_MAX);
    assert_int_equal(fs_read_file(path, &b, NULL), ASSAY_OK);
    for (size_t i = 0; i < b.size; i++) {
        struct keyring_header h;
        b.data[i] ^= (unsigned char)(1u << (i % 8));
        assert_int_equal(keyring_read_header(b.data, b.size, &h, NULL), ASSAY_EDAMAGED);
        b.data[i] ^= (unsigned char)(1u << (i % 8));
    }
    for (size_t size = 0; size < b.size; size++) {
        struct keyring_header h;
        assert_int_equal(keyring_read_header(b.data, size, &h, NULL), ASSAY_EDAMAGED);
    }
    assert_int_equal(fs_replace(path, b.data, b.size - 1, 0600, NULL), ASSAY_OK);
    buf_clear(&b);
    assert_refused(f, &by_default, ASSAY_EDAMAGED, "damaged");
    struct buf large;
    buf_init(&large, KEYRING_SIZE_MAX + 1);
    memset(buf_reserve(&large, KEYRING_SIZE_MAX + 1), 0, KEYRING_SIZE_MAX + 1);
    assert_int_equal(fs_replace(path, large.data, KEYRING_SIZE_MAX + 1, 0600, NULL), ASSAY_OK);
    buf_clear(&large);
    assert_refused(f, &by_default, ASSAY_EDAMAGED, "too large");
}

/* The example of doc/keys.md. */
static void example(struct keyring_header *h, struct keyring *ring, uint8_t *site)
{
    *h = (struct keyring_header){.site = KEYRING_SITE_FILE};
    *ring = (struct keyring){.count = KEYRING_KINDS_ALWAYS};
    for (size_t i = 0; i < KEYRING_KEY_BYTES; i++)
        site[i] = (uint8_t)i;
    for (size_t i = 0; i < KEYRING_WORKSPACE_BYTES; i++)
        h->workspace[i] = (uint8_t)(0x10 * i + i);
    for (size_t i = 0; i < KEYRING_NONCE_BYTES; i++)
        h->nonce[i] = (uint8_t)(0xa0 + i);
    for (size_t i = 0; i < KEYRING_KINDS_ALWAYS; i++) {
        memset(ring->keys[i].id, (int)(0xc0 + i), KEYRING_ID_BYTES);
        ring->keys[i].kind = (uint8_t)(i + 1);
        memset(ring->keys[i].bytes, (int)(i + 1), KEYRING_KEY_BYTES);
    }
}

/* Made apart, by Python's cryptography package, from the words of doc/keys.md. */
static const char example_hex[] =
    "41535341594b45590100060000112233445566770000000000000000000000000000000000000000"
    "00000000a0a1a2a3a4a5a6a7a8a9aaab26d8bced44ca03be636486d2067bc1df71ad581193b6436d"
    "9d0f27877eaa7400d37746feaee392fc9e9e06ca0b7881fb4519444a60d2187c435c095ca67287b2"
    "b6be876d32a7e6e2f6e03dda4d0ccfb9ce08a8a7c6c29a79ed763d99b2994e978c8728a800ad8c98"
    "9dd80553868beeebe793a2aada319f382bcbdaa0b051f649c115b47bd7468413335dfa8f164e95d2"
    "8cdda96f7a143e48f8c8b8f0aac2312ec31d1ab4b36f4513870f2e276ad7b3e47223f89d0763ab3b"
    "8747b3fc9984195132304acf66d7bdebf55b46c94f2234b354efe2ee3965debeebc75ee35bc087df"
    "46b3a94ec9131c506c77aae619be97b0f0879d1216eb59ce63d3cec6552881703022777c101bcfa4"
    "50383c91646a";

static void the_keyring_of_the_documentation_is_made_to_the_byte(void **state)
{
    struct keyring *ring = mem_alloc(sizeof *ring), *back = mem_zalloc(sizeof *back);
    struct keyring_header h, again;
    uint8_t site[KEYRING_KEY_BYTES];
    char hex[2 * 1024];
    struct buf b;

    (void)state;
    example(&h, ring, site);
    buf_init(&b, KEYRING_SIZE_MAX);
    keyring_seal(&h, ring, site, &b);
    assert_true(b.size < sizeof hex / 2);
    str_hex(b.data, b.size, hex);
    assert_string_equal(hex, example_hex);
    assert_int_equal(keyring_read_header(b.data, b.size, &again, NULL), ASSAY_OK);
    assert_memory_equal(again.workspace, h.workspace, sizeof h.workspace);
    assert_int_equal(keyring_open(b.data, b.size, site, back, NULL), ASSAY_OK);
    assert_memory_equal(back->keys, ring->keys, ring->count * sizeof ring->keys[0]);
    site[31] ^= 1;
    assert_int_equal(keyring_open(b.data, b.size, site, back, NULL), ASSAY_EKEY);
    buf_clear(&b);
    mem_free(ring);
    mem_free(back);
}

static void a_keyring_of_a_newer_form_or_an_odd_set_is_refused(void **state)
{
    struct keyring *ring = mem_alloc(sizeof *ring), *back = mem_alloc(sizeof *back);
    struct keyring_header h;
    uint8_t site[KEYRING_KEY_BYTES];
    struct err e = {0};
    struct buf b;

    (void)state;
    buf_init(&b, KEYRING_SIZE_MAX);
    static const enum assay_err want[] = {ASSAY_EVERSION, ASSAY_EDAMAGED, ASSAY_EDAMAGED,
                                          ASSAY_EDAMAGED, ASSAY_EDAMAGED, ASSAY_OK};
    for (size_t which = 0; which < sizeof want / sizeof want[0]; which++) {
        example(&h, ring, site);
        if (which == 0)
            ring->keys[5].kind = KEYRING_KINDS + 1;
        else if (which == 1)
            ring->keys[5].kind = KEYRING_NAME;
        else if (which == 2)
            ring->count = 5;
        else if (which == 3)
            memcpy(ring->keys[1].id, ring->keys[0].id, KEYRING_ID_BYTES);
        else if (which == 4)
            h.passes = 1; /* of a key file */
        else
            h = (struct keyring_header){.site = KEYRING_SITE_PASSPHRASE, .passes = 1, .kib = 8};
        buf_reset(&b);
        keyring_seal(&h, ring, site, &b);
        assert_int_equal(keyring_open(b.data, b.size, site, back, &e), want[which]);
    }
    buf_clear(&b);
    mem_free(ring);
    mem_free(back);
}

static void a_rotated_keyring_seals_with_the_last_and_opens_with_all(void **state)
{
    struct fixture *f = *state;
    const struct keys_place place = {.key_file = f->key_file};
    struct keyring *ring = mem_zalloc(sizeof *ring);
    struct keyring_header h;
    uint8_t site[KEYRING_KEY_BYTES], first[KEYS_WRAPPED_BYTES], second[KEYS_WRAPPED_BYTES];
    uint8_t data_key[KEYS_DATA_BYTES] = {9}, back[KEYS_DATA_BYTES];
    char path[PATH_MAX + 32];
    struct keys *k = NULL;
    struct buf b;

    example(&h, ring, site);
    write_file(f->passphrase_file, "", 0600);
    assert_int_equal(keys_create(f->data, &place, &f->e), ASSAY_OK);
    write_file(f->key_file, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
               0600);
    (void)snprintf(path, sizeof path, "%s/keys/keyring", f->data);
    for (int rotated = 0; rotated < 2; rotated++) {
        if (rotated == 1) {
            ring->keys[ring->count] = ring->keys[0];
            ring->keys[ring->count].id[0] = 1;
            ring->keys[ring->count++].bytes[0] ^= 1;
        }
        buf_init(&b, KEYRING_SIZE_MAX);
        keyring_seal(&h, ring, site, &b);
        assert_int_equal(fs_replace(path, b.data, b.size, 0600, NULL), ASSAY_OK);
        buf_clear(&b);
        assert_int_equal(keys_open(f->data, &place, &k, &f->e), ASSAY_OK);
        keys_wrap(k, data_key, "c", 1, rotated == 0 ? first : second);
        if (rotated == 0)
            keys_close(k);
    }
    assert_memory_equal(first, ring->keys[0].id, KEYRING_ID_BYTES);
    assert_memory_equal(second, ring->keys[KEYRING_KINDS_ALWAYS].id, KEYRING_ID_BYTES);
    assert_int_equal(keys_unwrap(k, first, "c", 1, back, &f->e), ASSAY_OK);
    assert_memory_equal(back, data_key, sizeof back);
    assert_int_equal(keys_unwrap(k, second, "c", 1, back, &f->e), ASSAY_OK);
    first[1] ^= 1;
    assert_int_equal(keys_unwrap(k, first, "c", 1, back, &f->e), ASSAY_EKEY);
    keys_close(k);
    mem_free(ring);
}

static void a_wrapped_key_opens_only_whole_and_in_its_context(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    uint8_t data_key[KEYS_DATA_BYTES], back[KEYS_DATA_BYTES], wrapped[KEYS_WRAPPED_BYTES];
    uint8_t again[KEYS_WRAPPED_BYTES];

    memset(data_key, 7, sizeof data_key);
    keys_wrap(k, data_key, "blob 1", 6, wrapped);
    keys_wrap(k, data_key, "blob 1", 6, again);
    assert_memory_not_equal(wrapped, again, sizeof wrapped);
    assert_int_equal(keys_unwrap(k, wrapped, "blob 1", 6, back, &f->e), ASSAY_OK);
    assert_memory_equal(back, data_key, sizeof back);
    assert_int_equal(keys_unwrap(k, wrapped, "blob 2", 6, back, &f->e), ASSAY_EDAMAGED);
    assert_int_equal(keys_unwrap(k, wrapped, "blob ", 5, back, &f->e), ASSAY_EDAMAGED);
    for (size_t i = 0; i < sizeof wrapped; i++) {
        wrapped[i] ^= 0x10;
        assert_int_equal(keys_unwrap(k, wrapped, "blob 1", 6, back, &f->e),
                         i < 4 ? ASSAY_EKEY : ASSAY_EDAMAGED);
        wrapped[i] ^= 0x10;
    }
    keys_close(k);
}

static void a_sealed_text_opens_only_whole_and_in_its_context(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    const char text[] = "a path with an \xc3\xbc";
    struct buf sealed, plain;

    buf_init(&sealed, 1000);
    buf_init(&plain, 100);
    for (size_t size = 0; size <= sizeof text; size++) {
        buf_reset(&sealed);
        buf_reset(&plain);
        buf_add_str(&plain, "kept ");
        keys_seal(k, "note 7", 6, text, size, &sealed);
        assert_int_equal(sealed.size, 4 + 12 + size + 16);
        assert_int_equal(keys_open_sealed(k, "note 7", 6, sealed.data, sealed.size, &plain, &f->e),
                         ASSAY_OK);
        assert_int_equal(plain.size, 5 + size);
        assert_memory_equal(plain.data, "kept ", 5);
        if (size > 0)
            assert_memory_equal(plain.data + 5, text, size);
        assert_int_equal(keys_open_sealed(k, "note 8", 6, sealed.data, sealed.size, &plain, &f->e),
                         ASSAY_EDAMAGED);
        for (size_t cut = 0; cut < sealed.size; cut++) {
            enum assay_err rc = keys_open_sealed(k, "note 7", 6, sealed.data, cut, &plain, &f->e);
            assert_int_equal(rc, ASSAY_EDAMAGED);
        }
        assert_int_equal(plain.size, 5 + size); /* refusals add nothing */
    }
    struct buf small;
    buf_init(&small, 3);
    assert_int_equal(keys_open_sealed(k, "note 7", 6, sealed.data, sealed.size, &small, &f->e),
                     ASSAY_ELIMIT);
    buf_clear(&small);
    buf_clear(&sealed);
    buf_clear(&plain);
    keys_close(k);
}

static void a_wrapped_key_is_no_sealed_text(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    uint8_t data_key[KEYS_DATA_BYTES] = {1}, wrapped[KEYS_WRAPPED_BYTES];
    struct buf plain;

    keys_wrap(k, data_key, "x", 1, wrapped);
    buf_init(&plain, 100);
    assert_int_equal(keys_open_sealed(k, "x", 1, wrapped, sizeof wrapped, &plain, &f->e),
                     ASSAY_EDAMAGED);
    assert_int_equal(plain.size, 0);
    buf_clear(&plain);
    keys_close(k);
}

static void names_and_ticket_codes_differ_by_key_label_and_bytes(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default), *again = NULL;
    uint8_t out[6][KEYS_NAME_BYTES], same[KEYS_NAME_BYTES];

    keys_name(k, "blob", "abc", 3, out[0]);
    keys_name(k, "item", "abc", 3, out[1]);
    keys_name(k, "blob", "abd", 3, out[2]);
    keys_name(k, "bloba", "bc", 2, out[3]);
    keys_ticket_mac(k, "blob", "abc", 3, out[4]);
    keys_name(k, "blob", "", 0, out[5]);
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(out[i], out[j], KEYS_NAME_BYTES);
    }
    keys_close(k);
    assert_int_equal(keys_open(f->data, &by_default, &again, &f->e), ASSAY_OK);
    keys_name(again, "blob", "abc", 3, same);
    assert_memory_equal(same, out[0], sizeof same);
    keys_close(again);
}

static void a_signature_is_of_one_key_and_these_bytes(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    uint8_t record[KEYS_PUBLIC_BYTES], release[KEYS_PUBLIC_BYTES], sig[KEYS_SIGNATURE_BYTES];

    keys_public(k, KEYS_SIGN_RECORD, record);
    keys_public(k, KEYS_SIGN_RELEASE, release);
    keys_sign(k, KEYS_SIGN_RECORD, "head", 4, sig);
    assert_int_equal(keys_verify(record, "head", 4, sig), ASSAY_OK);
    assert_int_equal(keys_verify(release, "head", 4, sig), ASSAY_EDAMAGED);
    assert_int_equal(keys_verify(record, "heab", 4, sig), ASSAY_EDAMAGED);
    assert_int_equal(keys_verify(record, "hea", 3, sig), ASSAY_EDAMAGED);
    sig[0] ^= 1;
    assert_int_equal(keys_verify(record, "head", 4, sig), ASSAY_EDAMAGED);
    keys_close(k);
}

static void passwords_are_checked_and_an_unknown_user_costs_the_same(void **state)
{
    char stored[128], other[128];
    int64_t start, known_us, unknown_us, broken_us;

    (void)state;
    assert_int_equal(keys_password_hash("eleven grey herons", stored, NULL), ASSAY_OK);
    assert_int_equal(keys_password_hash("eleven grey herons", other, NULL), ASSAY_OK);
    assert_string_not_equal(stored, other);
    assert_true(str_starts(stored, "$argon2id$v=19$m=65536,t=3,p=1$"));
    assert_int_equal(keys_password_check(stored, "eleven grey herons"), ASSAY_OK);
    start = clock_cpu_us();
    assert_int_equal(keys_password_check(stored, "eleven grey heron"), ASSAY_EDENIED);
    known_us = clock_cpu_us() - start;
    start = clock_cpu_us();
    assert_int_equal(keys_password_check(NULL, "eleven grey herons"), ASSAY_EDENIED);
    unknown_us = clock_cpu_us() - start;
    start = clock_cpu_us();
    assert_int_equal(keys_password_check("!", "eleven grey herons"), ASSAY_EDENIED);
    broken_us = clock_cpu_us() - start;
    assert_true(unknown_us > known_us / 3 && unknown_us < known_us * 3);
    assert_true(broken_us > known_us / 3 && broken_us < known_us * 3);
    assert_int_equal(keys_password_check(stored, ""), ASSAY_EDENIED);
}

static void no_key_lies_bare_in_any_file_of_the_workspace(void **state)
{
    struct fixture *f = *state;
    struct keys *k = made_and_opened(f, &by_default);
    struct buf text;
    uint8_t site[KEYRING_KEY_BYTES];
    size_t files = 0;

    buf_init(&text, 1000);
    assert_int_equal(fs_read_file(keys_site_path(k), &text, NULL), ASSAY_OK);
    assert_int_equal(text.size, 2 * KEYRING_KEY_BYTES + 1);
    assert_int_equal(folder_search(f->data, text.data, 2 * KEYRING_KEY_BYTES, &files), 0);
    assert_int_equal(files, 4);
    text.size--;
    assert_int_equal(str_unhex(buf_cstr(&text), site, sizeof site), ASSAY_OK);
    assert_int_equal(folder_search(f->data, site, sizeof site, NULL), 0);
    assert_int_equal(folder_search(f->top, text.data, 2 * KEYRING_KEY_BYTES, NULL), 1);

    /* The keys inside: opened by the site key, and then searched for. */
    struct keyring *ring = mem_alloc(sizeof *ring);
    char path[PATH_MAX + 32];
    buf_reset(&text);
    text.max = KEYRING_SIZE_MAX;
    (void)snprintf(path, sizeof path, "%s/keys/keyring", f->data);
    assert_int_equal(fs_read_file(path, &text, NULL), ASSAY_OK);
    assert_int_equal(keyring_open(text.data, text.size, site, ring, NULL), ASSAY_OK);
    for (size_t i = 0; i < ring->count; i++)
        assert_int_equal(
            folder_search(f->top, ring->keys[i].bytes, sizeof ring->keys[i].bytes, NULL), 0);
    mem_free(ring);
    buf_wipe(&text);
    keys_close(k);
}

static long locked_kib(void)
{
    struct buf b;
    long kib = -1;

    buf_init(&b, 1u << 20);
    assert_int_equal(fs_read_file("/proc/self/status", &b, NULL), ASSAY_OK);
    const char *line = strstr(buf_cstr(&b), "VmLck:");
    if (line != NULL)
        kib = strtol(line + strlen("VmLck:"), NULL, 10);
    buf_clear(&b);
    return kib;
}

static void open_keys_lie_in_locked_memory(void **state)
{
    struct fixture *f = *state;
    long before = locked_kib();
    struct keys *k = made_and_opened(f, &by_default);

    if (!SANITIZED)
        assert_true(locked_kib() > before);
    keys_close(k);
    assert_int_equal(locked_kib(), before);
}

static void without_lockable_memory_no_key_is_made(void **state)
{
    struct fixture *f = *state;
    int status = 0;

    if (SANITIZED) {
        print_message("skipped: AddressSanitizer turns mlock off\n");
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct err e = {0};
        /* root may lock without limit */
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(1);
        if (keys_create(f->data, &by_default, &e) != ASSAY_ELIMIT)
            _exit(2);
        _exit(strstr(e.text, "ulimit -l") != NULL ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_hardened_process_leaves_no_core(void **state)
{
    int status = 0;

    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit;
        bool good = keys_harden_process(NULL) == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                    getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_new_keyring_opens_with_the_default_site_key),
        CASE(the_public_halves_lie_beside_the_keyring),
        CASE(a_second_workspace_in_one_folder_is_refused),
        CASE(a_failed_init_leaves_nothing_or_all),
        CASE(a_key_file_can_lie_where_the_site_wants),
        CASE(a_key_file_that_is_there_is_used),
        CASE(a_wrong_key_is_refused_and_nothing_written),
        CASE(a_key_file_that_others_may_read_is_refused),
        CASE(a_site_key_under_the_workspace_is_refused),
        CASE(a_passphrase_opens_and_another_does_not),
        CASE(the_environment_names_the_site_key_unless_the_command_does),
        CASE(two_places_at_once_and_no_place_are_refused),
        CASE(no_workspace_is_said_plainly),
        CASE(every_flipped_bit_of_the_keyring_is_damage_not_a_wrong_key),
        CASE(the_keyring_of_the_documentation_is_made_to_the_byte),
        CASE(a_keyring_of_a_newer_form_or_an_odd_set_is_refused),
        CASE(a_rotated_keyring_seals_with_the_last_and_opens_with_all),
        CASE(a_wrapped_key_opens_only_whole_and_in_its_context),
        CASE(a_sealed_text_opens_only_whole_and_in_its_context),
        CASE(a_wrapped_key_is_no_sealed_text),
        CASE(names_and_ticket_codes_differ_by_key_label_and_bytes),
        CASE(a_signature_is_of_one_key_and_these_bytes),
        CASE(passwords_are_checked_and_an_unknown_user_costs_the_same),
        CASE(no_key_lies_bare_in_any_file_of_the_workspace),
        CASE(open_keys_lie_in_locked_memory),
        CASE(without_lockable_memory_no_key_is_made),
        CASE(a_hardened_process_leaves_no_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
