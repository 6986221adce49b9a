/* Makes and opens a workspace's keyring. */
#include "keys/keys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "keys/age_header.h"
#include "keys/keyring.h"
#include "keys/keys_impl.h"
#include "keys/site.h"

/* The password's cost, for passphrases of a site key too (doc/keys.md). */
#define SITE_PASSES 3
#define SITE_KIB    65536
#define HEAD_MAX    (64 * 1024)

static_assert(KEYS_RECIPIENT_SIZE == AGE_RECIPIENT_SIZE, "one text");

enum assay_err keys_harden_process(struct err *e)
{
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return err_errno(e, "forbid core dumps");
    return ASSAY_OK;
}

static enum assay_err join(char *out, const char *folder, const char *name, struct err *e)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);

    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ASSAY_ERANGE, "path of over %d bytes", PATH_MAX);
    return ASSAY_OK;
}

static enum assay_err start(struct err *e)
{
    if (sodium_init() < 0)
        return err_set(e, ASSAY_EIO, "libsodium does not start");
    return ASSAY_OK;
}

void keys_ready(struct keys *k)
{
    static const enum keyring_kind kinds[KEYS_SIGNERS] = {
        [KEYS_SIGN_RECORD] = KEYRING_RECORD_SIGN,
        [KEYS_SIGN_RELEASE] = KEYRING_RELEASE_SIGN,
    };

    for (size_t i = 0; i < k->ring.count; i++)
        k->current[k->ring.keys[i].kind] = &k->ring.keys[i];
    for (size_t kind = 1; kind <= KEYRING_KINDS_ALWAYS; kind++)
        assert(k->current[kind] != NULL);
    for (size_t s = 0; s < KEYS_SIGNERS; s++)
        (void)crypto_sign_seed_keypair(k->public_key[s], k->secret[s], k->current[kinds[s]]->bytes);
}

/* ---- make ---- */

/* A new key at the end of the ring, which has room. */
static void add_key(struct keyring *ring, enum keyring_kind kind)
{
    struct keyring_key *key = &ring->keys[ring->count];
    bool again = true;

    while (again) {
        rand_bytes(key->id, sizeof key->id);
        again = false;
        for (size_t j = 0; j < ring->count; j++)
            again = again || memcmp(key->id, ring->keys[j].id, sizeof key->id) == 0;
    }
    key->kind = (uint8_t)kind;
    rand_bytes(key->bytes, sizeof key->bytes);
    ring->count++;
}

static void fill_ring(struct keyring *ring)
{
    ring->count = 0;
    for (size_t kind = 1; kind <= KEYRING_KINDS; kind++)
        add_key(ring, (enum keyring_kind)kind);
}

static enum assay_err write_public(const struct keys *k, enum keys_signer signer,
                                   const char *folder, const char *name, struct err *e)
{
    char path[PATH_MAX], text[2 * KEYS_PUBLIC_BYTES + 2];
    enum assay_err rc;

    if ((rc = join(path, folder, name, e)) != 0)
        return rc;
    str_hex(k->public_key[signer], KEYS_PUBLIC_BYTES, text);
    text[2 * KEYS_PUBLIC_BYTES] = '\n';
    return fs_replace(path, text, 2 * KEYS_PUBLIC_BYTES + 1, 0644, e);
}

static enum assay_err write_publics(const struct keys *k, const char *folder, struct err *e)
{
    char path[PATH_MAX];
    enum assay_err rc;
    struct buf text;

    buf_init(&text, 1024);
    keys_minisign_public(k, &text);
    if ((rc = write_public(k, KEYS_SIGN_RECORD, folder, "record.pub", e)) == 0 &&
        (rc = write_public(k, KEYS_SIGN_RELEASE, folder, "release.pub", e)) == 0 &&
        (rc = join(path, folder, "release.minisign.pub", e)) == 0)
        rc = fs_replace(path, text.data, text.size, 0644, e);
    buf_clear(&text);
    return rc;
}

/* Seal the ring and give the file its name: the last step, which alone makes the workspace real. */
static enum assay_err write_keyring(const struct keys *k, const struct keyring_header *h,
                                    const uint8_t *site, const char *path, struct err *e)
{
    enum assay_err rc;
    struct buf bytes;

    buf_init(&bytes, KEYRING_SIZE_MAX);
    keyring_seal(h, &k->ring, site, &bytes);
    rc = fs_create(path, bytes.data, bytes.size, 0600, e);
    buf_clear(&bytes);
    return rc;
}

/* The site key's source for h's workspace; the site key's path into k. */
static enum assay_err plan(const struct keys_place *place, struct keyring_header *h, struct keys *k,
                           struct err *e)
{
    enum assay_err rc;

    rand_bytes(h->nonce, sizeof h->nonce);
    str_hex(h->workspace, sizeof h->workspace, k->workspace);
    if ((rc = site_path(place, k->workspace, k->site_path, &h->site, e)) != 0)
        return rc;
    if (h->site == KEYRING_SITE_PASSPHRASE) {
        rand_bytes(h->salt, sizeof h->salt);
        h->passes = SITE_PASSES;
        h->kib = SITE_KIB;
    }
    return ASSAY_OK;
}

/* The lock on the folder keeps a second `assay init` from writing its public halves beside our
 * keyring. Of a crash before the last step there remains at most a site key that opens nothing. */
static enum assay_err create_locked(const char *folder, const char *keyring_path,
                                    const struct keyring_header *h, struct keys *k, struct err *e)
{
    enum assay_err rc = ASSAY_OK;
    bool made = false;
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint8_t *site = locked_new(KEYRING_KEY_BYTES, e);

    if (site == NULL) {
        rc = ASSAY_ELIMIT;
        goto out;
    }
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        rc = err_errno(e, "lock %.200s", folder);
        goto out;
    }
    if (access(keyring_path, F_OK) == 0) {
        rc = err_set(e, ASSAY_EEXISTS, "there is a workspace with keys already: %.200s",
                     keyring_path);
        goto out;
    }
    if ((rc = site_key_make(k->site_path, h, site, &made, e)) != 0)
        goto out;
    fill_ring(&k->ring);
    keys_ready(k);
    if ((rc = write_publics(k, folder, e)) == 0)
        rc = write_keyring(k, h, site, keyring_path, e);
out:
    if (rc != 0 && made && access(keyring_path, F_OK) != 0)
        (void)unlink(k->site_path); /* it opens nothing */
    locked_free(site);
    if (lock >= 0)
        (void)close(lock);
    return rc;
}

enum assay_err keys_create(const char *data_dir, const struct keys_place *place, struct err *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct keyring_header h = {0};
    struct keys *k = NULL;
    enum assay_err rc;

    assert(data_dir != NULL);
    assert(place != NULL);
    if ((rc = start(e)) != 0 || (rc = join(folder, data_dir, "keys", e)) != 0 ||
        (rc = join(path, folder, "keyring", e)) != 0)
        return rc;
    if (access(path, F_OK) == 0)
        return err_set(e, ASSAY_EEXISTS, "there is a workspace with keys already: %.200s", path);
    k = locked_new(sizeof *k, e);
    if (k == NULL)
        return ASSAY_ELIMIT;
    rand_bytes(h.workspace, sizeof h.workspace);
    if ((rc = plan(place, &h, k, e)) != 0 || (rc = site_is_apart(k->site_path, data_dir, e)) != 0 ||
        (rc = fs_make_dirs(folder, 0700, e)) != 0)
        goto out;
    rc = create_locked(folder, path, &h, k, e);
out:
    locked_free(k);
    return rc;
}

/* ---- open ---- */

static enum assay_err read_keyring(const char *data_dir, struct buf *bytes, struct err *e)
{
    char path[PATH_MAX];
    enum assay_err rc;

    if ((rc = join(path, data_dir, "keys/keyring", e)) != 0)
        return rc;
    rc = fs_read_file(path, bytes, e);
    if (rc == ASSAY_ENOTFOUND)
        return err_set(e, rc,
                       "no workspace at %.200s: make one with assay init, or name it with "
                       "--data",
                       data_dir);
    if (rc == ASSAY_ELIMIT)
        return err_set(e, ASSAY_EDAMAGED, "%.200s is too large for a keyring", path);
    return rc;
}

/* Where the head is told to lie; its folder must be there. */
static enum assay_err settle_head(const char *data_dir, const char *head_file, struct keys *k,
                                  struct err *e)
{
    char folder[PATH_MAX], name[PATH_MAX], real[PATH_MAX];

    if (site_is_apart(head_file, data_dir, e) != ASSAY_OK)
        return err_set(e, ASSAY_EKEY,
                       "the head %.200s would lie in the workspace it watches: name a file "
                       "elsewhere with --head-file",
                       head_file);
    (void)snprintf(folder, sizeof folder, "%s", head_file);
    (void)snprintf(name, sizeof name, "%s", head_file);
    if (realpath(dirname(folder), real) == NULL)
        return err_errno(e, "the folder of the head %.200s", head_file);
    return join(k->head_path, real, basename(name), e);
}

/* The site key's real path (the program may change its folder later) and the head's beside it or
 * where place says. */
static enum assay_err settle_paths(const char *data_dir, const struct keys_place *place,
                                   struct keys *k, struct err *e)
{
    char real[PATH_MAX], folder[PATH_MAX], name[KEYS_ID_SIZE + 8];

    if (realpath(k->site_path, real) == NULL)
        return err_errno(e, "the site key %.200s", k->site_path);
    memcpy(k->site_path, real, sizeof real);
    if (place->head_file != NULL)
        return settle_head(data_dir, place->head_file, k, e);
    memcpy(folder, real, sizeof folder);
    (void)snprintf(name, sizeof name, "%s.head", k->workspace);
    return join(k->head_path, dirname(folder), name, e);
}

static enum assay_err open_ring(const char *data_dir, const struct keys_place *place,
                                const struct buf *bytes, struct keys *k, uint8_t *site,
                                struct err *e)
{
    struct keyring_header h;
    enum keyring_site kind;
    enum assay_err rc;

    if ((rc = keyring_read_header(bytes->data, bytes->size, &h, e)) != 0)
        return rc;
    str_hex(h.workspace, sizeof h.workspace, k->workspace);
    if ((rc = site_path(place, k->workspace, k->site_path, &kind, e)) != 0)
        return rc;
    if (kind != h.site)
        return err_set(e, ASSAY_EKEY,
                       h.site == KEYRING_SITE_PASSPHRASE
                           ? "the workspace at %.200s (%s) opens with a passphrase: name its file "
                             "in ASSAY_PASSPHRASE_FILE"
                           : "the workspace at %.200s (%s) opens with a key file, not a "
                             "passphrase: name it with --key-file",
                       data_dir, k->workspace);
    if (site_is_apart(k->site_path, data_dir, e) == ASSAY_ERANGE)
        return err_set(e, ASSAY_EKEY,
                       "the site key %.200s lies in the workspace it protects: move it elsewhere "
                       "and name it with --key-file",
                       k->site_path);
    if ((rc = site_key(k->site_path, &h, site, e)) != 0)
        return rc;
    rc = keyring_open(bytes->data, bytes->size, site, &k->ring, e);
    if (rc == ASSAY_EKEY)
        return err_set(e, rc,
                       h.site == KEYRING_SITE_PASSPHRASE
                           ? "this passphrase does not open the workspace at %.200s (%s)"
                           : "this key does not open the workspace at %.200s: use the key file "
                             "made by assay init (%s.key) with --key-file",
                       data_dir, k->workspace);
    if (rc != 0)
        return rc;
    return settle_paths(data_dir, place, k, e);
}

enum assay_err keys_open(const char *data_dir, const struct keys_place *place, struct keys **out,
                         struct err *e)
{
    struct keys *k = NULL;
    uint8_t *site = NULL;
    enum assay_err rc;
    struct buf bytes;

    assert(data_dir != NULL);
    assert(place != NULL);
    if ((rc = start(e)) != 0)
        return rc;
    buf_init(&bytes, KEYRING_SIZE_MAX);
    if ((rc = read_keyring(data_dir, &bytes, e)) != 0)
        goto out;
    k = locked_new(sizeof *k, e);
    site = locked_new(KEYRING_KEY_BYTES, e);
    if (k == NULL || site == NULL) {
        rc = ASSAY_ELIMIT;
        goto out;
    }
    if ((rc = open_ring(data_dir, place, &bytes, k, site, e)) != 0)
        goto out;
    keys_ready(k);
    (void)sodium_mprotect_readonly(k); /* a stray write then faults; it may be refused */
    *out = k;
    k = NULL;
out:
    buf_clear(&bytes);
    locked_free(site);
    locked_free(k);
    return rc;
}

/* ---- another site key ---- */

/* The last signed head goes along, so that an older record is noticed as before. */
static enum assay_err take_head_along(const struct keys *old, const struct keys *k, struct err *e)
{
    struct buf head;
    enum assay_err rc;

    if (str_equal(old->head_path, k->head_path))
        return ASSAY_OK;
    buf_init(&head, HEAD_MAX);
    rc = fs_read_file(old->head_path, &head, e);
    if (rc == ASSAY_OK)
        rc = fs_replace(k->head_path, head.data, head.size, 0600, e);
    buf_clear(&head);
    return rc == ASSAY_ENOTFOUND ? ASSAY_OK : rc;
}

static enum assay_err reseal(const char *data_dir, const struct keys_place *to,
                             const struct keys *old, struct keys *k, uint8_t *site, struct err *e)
{
    struct keyring_header h = {0};
    char path[PATH_MAX];
    struct buf bytes;
    bool made = false;
    enum assay_err rc;

    buf_init(&bytes, KEYRING_SIZE_MAX);
    if (str_unhex(old->workspace, h.workspace, sizeof h.workspace) != ASSAY_OK)
        return err_set(e, ASSAY_EDAMAGED, "the workspace's id is no id");
    if ((rc = join(path, data_dir, "keys/keyring", e)) != 0 || (rc = plan(to, &h, k, e)) != 0 ||
        (rc = site_is_apart(k->site_path, data_dir, e)) != 0 ||
        (rc = site_key_make(k->site_path, &h, site, &made, e)) != 0)
        return rc;
    if ((rc = settle_paths(data_dir, to, k, e)) == 0 && (rc = take_head_along(old, k, e)) == 0) {
        keyring_seal(&h, &old->ring, site, &bytes);
        rc = fs_replace(path, bytes.data, bytes.size, 0600, e);
    }
    buf_clear(&bytes);
    return rc;
}

enum assay_err keys_reseal(const char *data_dir, const struct keys_place *from,
                           const struct keys_place *to, struct err *e)
{
    struct keys *old = NULL, *k = NULL;
    uint8_t *site = NULL;
    enum assay_err rc = keys_open(data_dir, from, &old, e);

    if (rc != ASSAY_OK)
        return rc;
    k = locked_new(sizeof *k, e);
    site = locked_new(KEYRING_KEY_BYTES, e);
    rc = k == NULL || site == NULL ? ASSAY_ELIMIT : reseal(data_dir, to, old, k, site, e);
    locked_free(site);
    locked_free(k);
    keys_close(old);
    return rc;
}

void keys_close(struct keys *k)
{
    locked_free(k);
}

const char *keys_workspace(const struct keys *k)
{
    return k->workspace;
}

const char *keys_site_path(const struct keys *k)
{
    return k->site_path;
}

const char *keys_head_path(const struct keys *k)
{
    return k->head_path;
}

/* ---- the intake key ---- */

static enum assay_err replace_keyring(const char *data_dir, const struct buf *old, struct keys *k,
                                      const uint8_t *site, struct err *e)
{
    char path[PATH_MAX];
    struct keyring_header h;
    struct buf bytes;
    enum assay_err rc;

    if ((rc = keyring_read_header(old->data, old->size, &h, e)) != 0 ||
        (rc = join(path, data_dir, "keys/keyring", e)) != 0)
        return rc;
    rand_bytes(h.nonce, sizeof h.nonce); /* one nonce never seals two rings */
    buf_init(&bytes, KEYRING_SIZE_MAX);
    keyring_seal(&h, &k->ring, site, &bytes);
    rc = fs_replace(path, bytes.data, bytes.size, 0600, e);
    buf_clear(&bytes);
    return rc;
}

enum assay_err keys_make_intake(const char *data_dir, const struct keys_place *place, struct err *e)
{
    char folder[PATH_MAX];
    struct keys *k = NULL;
    uint8_t *site = NULL;
    enum assay_err rc;
    struct buf bytes;

    if ((rc = start(e)) != 0 || (rc = join(folder, data_dir, "keys", e)) != 0)
        return rc;
    buf_init(&bytes, KEYRING_SIZE_MAX);
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        rc = err_errno(e, "lock %.200s", folder);
        goto out;
    }
    k = locked_new(sizeof *k, e);
    site = locked_new(KEYRING_KEY_BYTES, e);
    if (k == NULL || site == NULL) {
        rc = ASSAY_ELIMIT;
        goto out;
    }
    if ((rc = read_keyring(data_dir, &bytes, e)) != 0 ||
        (rc = open_ring(data_dir, place, &bytes, k, site, e)) != 0)
        goto out;
    if (k->ring.count == KEYRING_KEYS_MAX) {
        rc = err_set(e, ASSAY_ELIMIT, "the keyring is full");
        goto out;
    }
    add_key(&k->ring, KEYRING_INTAKE);
    rc = replace_keyring(data_dir, &bytes, k, site, e);
out:
    buf_clear(&bytes);
    locked_free(site);
    locked_free(k);
    if (lock >= 0)
        (void)close(lock);
    return rc;
}

enum assay_err keys_intake_recipient(const struct keys *k, char out[KEYS_RECIPIENT_SIZE],
                                     struct err *e)
{
    const struct keyring_key *key = k->current[KEYRING_INTAKE];
    uint8_t public_key[KEYS_PUBLIC_BYTES];

    if (key == NULL)
        return err_set(
            e, ASSAY_ENOTFOUND,
            "this workspace has no intake key yet; make one with: assay key make intake");
    (void)crypto_scalarmult_base(public_key, key->bytes);
    age_recipient(public_key, out);
    return ASSAY_OK;
}
