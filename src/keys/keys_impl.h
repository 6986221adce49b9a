/* What the files of this folder share about an open keyring. */
#ifndef KEYS_KEYS_IMPL_H
#define KEYS_KEYS_IMPL_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "keys/keyring.h"
#include "keys/keys.h"

#define KEYS_SIGNERS      2
#define KEYS_SECRET_BYTES 64 /* Ed25519 seed and public key */

/* Lies whole in locked memory, which is read-only once filled; so all threads may use it. */
struct keys {
    struct keyring ring;
    const struct keyring_key *current[KEYRING_KINDS + 1]; /* by kind: the last in the ring */
    uint8_t secret[KEYS_SIGNERS][KEYS_SECRET_BYTES];
    uint8_t public_key[KEYS_SIGNERS][KEYS_PUBLIC_BYTES];
    char workspace[KEYS_ID_SIZE];
    char site_path[PATH_MAX], head_path[PATH_MAX];
};

/* Find the keys in use, make the signing pairs. ring is filled. */
void keys_ready(struct keys *k);

#endif
