/* Finds, reads, makes and derives the site key. */
#include "keys/site.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"

#define KEY_TEXT_BYTES (2 * KEYRING_KEY_BYTES)

void *locked_new(size_t size, struct err *e)
{
    void *p = sodium_malloc(size);

    if (p == NULL || mlock(p, size) != 0) { /* sodium_malloc itself lets a refused mlock pass */
        sodium_free(p);
        (void)err_set(e, ASSAY_ELIMIT,
                      "the system locks no memory for keys: raise the limit (ulimit -l)");
        return NULL;
    }
    sodium_memzero(p, size);
    return p;
}

void locked_free(void *p)
{
    sodium_free(p);
}

static const char *env(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

void keys_place_from_env(struct keys_place *p)
{
    if (p->head_file == NULL)
        p->head_file = env("ASSAY_HEAD_FILE");
    if (p->key_file != NULL || p->passphrase_file != NULL)
        return; /* what was said on the command line counts alone */
    p->key_file = env("ASSAY_KEY_FILE");
    p->passphrase_file = env("ASSAY_PASSPHRASE_FILE");
}

enum assay_err site_path(const struct keys_place *place, const char *id, char *path,
                         enum keyring_site *kind, struct err *e)
{
    const char *config = env("XDG_CONFIG_HOME"), *home = env("HOME");
    int n;

    if (place->key_file != NULL && place->passphrase_file != NULL)
        return err_set(e, ASSAY_EKEY,
                       "both a key file and a passphrase file are named (ASSAY_KEY_FILE, "
                       "ASSAY_PASSPHRASE_FILE): name one");
    *kind = place->passphrase_file != NULL ? KEYRING_SITE_PASSPHRASE : KEYRING_SITE_FILE;
    if (place->passphrase_file != NULL)
        n = snprintf(path, PATH_MAX, "%s", place->passphrase_file);
    else if (place->key_file != NULL)
        n = snprintf(path, PATH_MAX, "%s", place->key_file);
    else if (config != NULL && config[0] == '/') /* the XDG rules ignore a relative one */
        n = snprintf(path, PATH_MAX, "%s/assay/%s.key", config, id);
    else if (home != NULL)
        n = snprintf(path, PATH_MAX, "%s/.config/assay/%s.key", home, id);
    else
        return err_set(e, ASSAY_EKEY,
                       "no place for the site key: HOME is not set; name it with --key-file");
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ASSAY_EKEY, "the site key's path is too long");
    return ASSAY_OK;
}

/* The path with all links followed, into out (PATH_MAX); parts that do not exist yet are kept as
 * they are. */
static enum assay_err real(const char *path, char *out, struct err *e)
{
    char head[PATH_MAX], part[PATH_MAX], rest[PATH_MAX] = "";

    if ((size_t)snprintf(head, sizeof head, "%s", path) >= sizeof head)
        return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
    while (realpath(head, out) == NULL) {
        char longer[PATH_MAX];
        if (errno != ENOENT)
            return err_errno(e, "%.200s", path);
        (void)snprintf(part, sizeof part, "%s", head);
        const char *name = basename(part);
        if (str_equal(name, ".."))
            return err_set(e, ASSAY_ERANGE, "%.200s goes up from a folder that does not exist",
                           path);
        int n = snprintf(longer, sizeof longer, "/%s%s", name, rest);
        if (n < 0 || (size_t)n >= sizeof longer)
            return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
        memcpy(rest, longer, (size_t)n + 1);
        memcpy(part, head, sizeof part);
        const char *above = dirname(part);
        memmove(head, above, strlen(above) + 1);
    }
    if (strlen(out) + strlen(rest) >= PATH_MAX)
        return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
    memcpy(out + strlen(out), rest, strlen(rest) + 1);
    return ASSAY_OK;
}

enum assay_err site_is_apart(const char *path, const char *data_dir, struct err *e)
{
    char key[PATH_MAX], data[PATH_MAX];
    enum assay_err rc;

    if ((rc = real(path, key, e)) != 0 || (rc = real(data_dir, data, e)) != 0)
        return rc;
    size_t size = strlen(data);
    if (strncmp(key, data, size) == 0 && (key[size] == '/' || key[size] == '\0' || size == 1))
        return err_set(e, ASSAY_ERANGE,
                       "the site key %.200s would lie in the workspace it protects: name a file "
                       "elsewhere with --key-file",
                       path);
    return ASSAY_OK;
}

/* The rights that nobody but the owner may have. systemd hands credentials over in a folder that
 * only the service may enter, and lets it read by an ACL, which shows as a right of the group. */
static mode_t not_for_others(const char *path)
{
    const char *folder = env("CREDENTIALS_DIRECTORY");
    size_t size = folder == NULL ? 0 : strlen(folder);
    bool handed_over = size > 0 && strncmp(path, folder, size) == 0 && path[size] == '/';

    return handed_over ? 037 : 077;
}

/* The first line of a file that nobody else may read, into text (locked, size_max bytes); *size
 * without the line's end. */
static enum assay_err read_secret(const char *path, char *text, size_t size_max, size_t *size,
                                  struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    struct stat st;
    size_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return err_set(e, ASSAY_EKEY,
                       "the site key %.200s is missing: put it back, or name it with --key-file",
                       path);
    if (fd < 0) {
        (void)err_errno(e, "the site key %.200s", path);
        if (e != NULL)
            e->code = ASSAY_EKEY;
        return ASSAY_EKEY;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        rc = err_set(e, ASSAY_EKEY, "the site key %.200s is no regular file", path);
        goto out;
    }
    if ((st.st_mode & not_for_others(path)) != 0) {
        rc =
            err_set(e, ASSAY_EKEY, "others may read the site key (mode %04o): run chmod 600 %.200s",
                    (unsigned)(st.st_mode & 07777), path);
        goto out;
    }
    while (got < size_max) {
        ssize_t n = read(fd, text + got, size_max - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(e, "read the site key %.200s", path);
            goto out;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    const char *end = memchr(text, '\n', got);
    *size = end == NULL ? got : (size_t)(end - text);
    if (end == NULL && got == size_max)
        rc = err_set(e, ASSAY_EKEY, "the first line of %.200s is too long for a site key", path);
out:
    (void)close(fd);
    return rc;
}

static enum assay_err derive(const char *path, const struct keyring_header *h,
                             const char *passphrase, size_t size, uint8_t *key, struct err *e)
{
    if (size == 0)
        return err_set(e, ASSAY_EKEY, "the passphrase file %.200s is empty", path);
    if (crypto_pwhash(key, KEYRING_KEY_BYTES, passphrase, size, h->salt, h->passes,
                      (size_t)h->kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(e, ASSAY_ELIMIT, "no memory (%u KiB) to derive the site key", h->kib);
    return ASSAY_OK;
}

/* The hex key of a key file that begins text, which holds more than the key's size. */
static enum assay_err parse(const char *path, char *text, size_t size, uint8_t *key, struct err *e)
{
    text[size] = '\0';
    if (size != KEY_TEXT_BYTES || str_unhex(text, key, KEYRING_KEY_BYTES) != 0)
        return err_set(e, ASSAY_EKEY, "%.200s is no site key: it should be %d hex digits", path,
                       KEY_TEXT_BYTES);
    return ASSAY_OK;
}

enum assay_err site_key(const char *path, const struct keyring_header *h, uint8_t *key,
                        struct err *e)
{
    char *text = locked_new(SITE_PASSPHRASE_MAX + 1, e);
    enum assay_err rc;
    size_t size = 0;

    if (text == NULL)
        return ASSAY_ELIMIT;
    if ((rc = read_secret(path, text, SITE_PASSPHRASE_MAX, &size, e)) != 0)
        goto out;
    rc = h->site == KEYRING_SITE_PASSPHRASE ? derive(path, h, text, size, key, e)
                                            : parse(path, text, size, key, e);
out:
    locked_free(text);
    return rc;
}

/* Make a key file with a random key; false in *made when there is one. */
static enum assay_err make_file(const char *path, bool *made, struct err *e)
{
    char folder[PATH_MAX];
    uint8_t *key = locked_new(KEYRING_KEY_BYTES, e);
    char *text = locked_new(KEY_TEXT_BYTES + 2, e);
    enum assay_err rc = ASSAY_ELIMIT;

    if (key == NULL || text == NULL)
        goto out;
    (void)snprintf(folder, sizeof folder, "%s", path);
    rand_bytes(key, KEYRING_KEY_BYTES);
    str_hex(key, KEYRING_KEY_BYTES, text);
    text[KEY_TEXT_BYTES] = '\n';
    if ((rc = fs_make_dirs(dirname(folder), 0700, e)) != 0)
        goto out;
    rc = fs_create(path, text, KEY_TEXT_BYTES + 1, 0600, e);
    *made = rc == 0;
    if (rc == ASSAY_EEXISTS)
        rc = ASSAY_OK;
out:
    locked_free(key);
    locked_free(text);
    return rc;
}

enum assay_err site_key_make(const char *path, const struct keyring_header *h, uint8_t *key,
                             bool *made, struct err *e)
{
    enum assay_err rc;

    *made = false;
    if (h->site == KEYRING_SITE_FILE && (rc = make_file(path, made, e)) != 0)
        return rc;
    if (h->site == KEYRING_SITE_PASSPHRASE) {
        char *text = locked_new(SITE_PASSPHRASE_MAX + 1, e);
        size_t size = 0;
        if (text == NULL)
            return ASSAY_ELIMIT;
        rc = read_secret(path, text, SITE_PASSPHRASE_MAX, &size, e);
        locked_free(text);
        if (rc != 0)
            return rc;
        if (size < SITE_PASSPHRASE_MIN)
            return err_set(e, ASSAY_ERANGE, "the passphrase in %.200s is shorter than %d bytes",
                           path, SITE_PASSPHRASE_MIN);
    }
    return site_key(path, h, key, e);
}
