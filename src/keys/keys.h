/* The workspace's keys: one sealed keyring, opened by the site key, kept in locked memory. */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * doc/keys.md is the format. `assay init` makes random keys: wrap, name (never rotated),
 * record-sign, release-sign, ticket, wellbeing, intake. The site key only seals the keyring
 * (DATA/keys/keyring) and never lies under DATA: by default ~/.config/assay/ID.key (0600), ID being
 * the workspace's id. A later *keeper* process may hold these alone; so nobody but this folder sees
 * key bytes.
 */
#define KEYS_ID_SIZE         17 /* 16 hex digits and a NUL: the workspace's id */
#define KEYS_NAME_BYTES      32
#define KEYS_DATA_BYTES      32 /* a data key, AES-256 */
#define KEYS_WRAPPED_BYTES   64 /* key id 4, nonce 12, sealed data key 32 + tag 16 */
#define KEYS_SIGNATURE_BYTES 64 /* Ed25519 */
#define KEYS_PUBLIC_BYTES    32
#define KEYS_MAC_BYTES       32

struct keys;

/* Where the site key is: both NULL: the default file; at most one is set. And where the last signed
 * head is kept; NULL: beside the site key. */
struct keys_place {
    const char *key_file;        /* --key-file or ASSAY_KEY_FILE: 64 hex digits and a newline */
    const char *passphrase_file; /* --passphrase-file or ASSAY_PASSPHRASE_FILE: its first line,
                                    through Argon2id */
    const char *head_file;       /* --head-file or ASSAY_HEAD_FILE; never under DATA */
};

/* Fill what is NULL from ASSAY_KEY_FILE or ASSAY_PASSPHRASE_FILE, and from ASSAY_HEAD_FILE. */
void keys_place_from_env(struct keys_place *p);

/* For main(), before any key is read: no core dumps, and no other process of this user may read our
 * memory (PR_SET_DUMPABLE, RLIMIT_CORE). EIO. */
enum assay_err keys_harden_process(struct err *e);

/* Make keyring, site key and DATA/keys/{record,release}.pub (and release.minisign.pub) for a new
 * workspace. EEXISTS when there is a keyring; ERANGE when the site key would lie under data_dir.
 * Everything is on the disk on return. */
enum assay_err keys_create(const char *data_dir, const struct keys_place *place, struct err *e);

/* EKEY with a plain sentence when the key is wrong or missing; EDAMAGED; ENOTFOUND without
 * workspace. */
enum assay_err keys_open(const char *data_dir, const struct keys_place *place, struct keys **out,
                         struct err *e);
void keys_close(struct keys *k); /* wipes; NULL is fine */

/*
 * Seal the same keys under another site key, to's (a key file that is not there is made), and take
 * the last signed head along. Whoever has the old site key and an old copy of the keyring can still
 * open it: the keys themselves stay. No process may have the workspace open that signs its record.
 * Errors as of keys_open and keys_create; the keyring is the old one then.
 */
enum assay_err keys_reseal(const char *data_dir, const struct keys_place *from,
                           const struct keys_place *to, struct err *e);

const char *keys_workspace(const struct keys *k); /* its id, KEYS_ID_SIZE with NUL; borrowed */

/* The site key's file, or the passphrase file, that opened it; borrowed. The last signed head is
 * kept in its folder or where ASSAY_HEAD_FILE says (keys_head_path), apart from DATA and its
 * backups. */
const char *keys_site_path(const struct keys *k);
const char *keys_head_path(const struct keys *k); /* such as ~/.config/assay/ID.head */

/* The keys of the ring, from index 0: false behind the last. What it is for (a static word), its
 * id, whether it is the one in use of its kind, and for signing keys the public half. Never key
 * bytes.
 */
struct keys_about {
    const char *use;
    uint8_t id[4];
    bool in_use, signs;
    uint8_t public_key[KEYS_PUBLIC_BYTES];
};
bool keys_about(const struct keys *k, size_t index, struct keys_about *out);

/* Add a new intake key to the keyring on the disk; the earlier ones still open what was encrypted
 * to them. Open keys take it up when they are opened anew. EKEY, EDAMAGED, EFULL, EIO; ELIMIT. */
enum assay_err keys_make_intake(const char *data_dir, const struct keys_place *place,
                                struct err *e);
/* What senders encrypt to with the age program: "age1..." of the last intake key. ENOTFOUND. */
#define KEYS_RECIPIENT_SIZE 63
enum assay_err keys_intake_recipient(const struct keys *k, char out[KEYS_RECIPIENT_SIZE],
                                     struct err *e);

/* Seal a data key under the wrap key; context (such as a blob id) is bound to it. */
void keys_wrap(const struct keys *k, const uint8_t data_key[KEYS_DATA_BYTES], const void *context,
               size_t context_size, uint8_t out[KEYS_WRAPPED_BYTES]);
/* EKEY when the wrap key named in it is not in the ring, EDAMAGED when it does not verify. */
enum assay_err keys_unwrap(const struct keys *k, const uint8_t wrapped[KEYS_WRAPPED_BYTES],
                           const void *context, size_t context_size,
                           uint8_t data_key[KEYS_DATA_BYTES], struct err *e);

/* Seal a short text (a note, a path) under the wrap key, appended to out: key id 4, nonce 12,
 * sealed bytes, tag 16. context, such as table and id, is bound to it. */
void keys_seal(const struct keys *k, const void *context, size_t context_size, const void *bytes,
               size_t size, struct buf *out);
/* Open it, appended to plain. EKEY, EDAMAGED. */
enum assay_err keys_open_sealed(const struct keys *k, const void *context, size_t context_size,
                                const void *sealed, size_t size, struct buf *plain, struct err *e);

/* HMAC-SHA256 under the name key; label keeps uses apart, such as "blob" or "item". */
void keys_name(const struct keys *k, const char *label, const void *bytes, size_t size,
               uint8_t out[KEYS_NAME_BYTES]);

/* HMAC-SHA256 under the ticket key (picture tickets, sign-in links, session tokens at rest). */
void keys_ticket_mac(const struct keys *k, const char *label, const void *bytes, size_t size,
                     uint8_t out[KEYS_MAC_BYTES]);

enum keys_signer { KEYS_SIGN_RECORD, KEYS_SIGN_RELEASE };
void keys_sign(const struct keys *k, enum keys_signer signer, const void *bytes, size_t size,
               uint8_t out[KEYS_SIGNATURE_BYTES]);
void keys_public(const struct keys *k, enum keys_signer signer, uint8_t out[KEYS_PUBLIC_BYTES]);
/* EDAMAGED when the signature does not verify. No keyring needed. */
enum assay_err keys_verify(const uint8_t public_key[KEYS_PUBLIC_BYTES], const void *bytes,
                           size_t size, const uint8_t signature[KEYS_SIGNATURE_BYTES]);

/* The minisign file of bytes (doc/package.md): untrusted comment, signature (prehashed, "ED"),
 * trusted comment, global signature; Debian's minisign verifies it with
 * DATA/keys/release.minisign.pub. */
void keys_minisign(const struct keys *k, const void *bytes, size_t size,
                   const char *trusted_comment, struct buf *out);
/* The public key file's text for it. */
void keys_minisign_public(const struct keys *k, struct buf *out);
/* Check such a file against a public key file's text. EFORMAT, EDAMAGED. */
enum assay_err keys_minisign_verify(const char *public_text, const void *bytes, size_t size,
                                    const char *signature_text, struct err *e);

/* Argon2id (t=3, 64 MiB) text form of a password, and its check (EDENIED). Always the same cost:
 * pass stored NULL for an unknown user. */
enum assay_err keys_password_hash(const char *password, char out[128], struct err *e);
enum assay_err keys_password_check(const char *stored, const char *password);

#endif
