/* The sealed keyring's bytes (doc/keys.md, version 1): pure, values in and values out. */
#ifndef KEYS_KEYRING_H
#define KEYS_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define KEYRING_VERSION         1
#define KEYRING_WORKSPACE_BYTES 8
#define KEYRING_SALT_BYTES      16
#define KEYRING_NONCE_BYTES     12
#define KEYRING_ID_BYTES        4
#define KEYRING_KEY_BYTES       32
#define KEYRING_HEADER_BYTES    56
#define KEYRING_KEYS_MAX        256 /* rotations of a lifetime */
#define KEYRING_SIZE_MAX                                                                           \
    (KEYRING_HEADER_BYTES + KEYRING_KEYS_MAX * (KEYRING_ID_BYTES + 1 + KEYRING_KEY_BYTES) + 16 + 32)

/* The least and most an Argon2id header may ask for, so that a hostile file cannot eat the machine.
 */
#define KEYRING_PASSES_MAX 16
#define KEYRING_KIB_MIN    8
#define KEYRING_KIB_MAX    1048576

enum keyring_kind {
    KEYRING_WRAP = 1,
    KEYRING_NAME,         /* exactly one, never rotated */
    KEYRING_RECORD_SIGN,  /* an Ed25519 seed */
    KEYRING_RELEASE_SIGN, /* an Ed25519 seed */
    KEYRING_TICKET,
    KEYRING_WELLBEING,
    KEYRING_INTAKE /* an X25519 secret; workspaces from before it may have none */
};
#define KEYRING_KINDS        7
#define KEYRING_KINDS_ALWAYS 6 /* every ring has a key of the first six */

/* How the site key is had. */
enum keyring_site { KEYRING_SITE_FILE = 0, KEYRING_SITE_PASSPHRASE = 1 };

struct keyring_header {
    enum keyring_site site;
    uint8_t workspace[KEYRING_WORKSPACE_BYTES];
    uint8_t salt[KEYRING_SALT_BYTES]; /* zero for a key file */
    uint32_t passes;                  /* Argon2id; 0 for a key file */
    uint32_t kib;                     /* Argon2id; 0 for a key file */
    uint8_t nonce[KEYRING_NONCE_BYTES];
};

struct keyring_key {
    uint8_t id[KEYRING_ID_BYTES];
    uint8_t kind; /* enum keyring_kind */
    uint8_t bytes[KEYRING_KEY_BYTES];
};

/* Of several keys of a kind the last is the one in use; earlier ones still open what they sealed.
 */
struct keyring {
    size_t count;
    struct keyring_key keys[KEYRING_KEYS_MAX];
};

/* The file's bytes, appended to out (whose maximum is at least KEYRING_SIZE_MAX). */
void keyring_seal(const struct keyring_header *h, const struct keyring *ring,
                  const uint8_t site_key[KEYRING_KEY_BYTES], struct buf *out);

/* Check the file's digest and read its header, before any key is known. EDAMAGED; EVERSION. */
enum assay_err keyring_read_header(const void *bytes, size_t size, struct keyring_header *h,
                                   struct err *e);

/* Open the keys. EKEY when the site key is another; EDAMAGED; EVERSION for a kind not known here.
 * ring is overwritten in any case. On success there is at least one key of each of the first
 * six kinds, exactly one name key, and no id twice. */
enum assay_err keyring_open(const void *bytes, size_t size,
                            const uint8_t site_key[KEYRING_KEY_BYTES], struct keyring *ring,
                            struct err *e);

#endif
