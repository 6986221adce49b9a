/* What the files of this folder share. */
#ifndef VAULT_VAULT_IMPL_H
#define VAULT_VAULT_IMPL_H

#include "vault/vault.h"

#define VAULT_PATH_SIZE (2 + 1 + VAULT_NAME_SIZE) /* xx/NAME and a NUL */

/* Nothing in it changes after vault_open, so all threads may use one. */
struct vault {
    const struct keys *keys; /* borrowed */
    int dir;                 /* DATA/vault */
};

/* The blob's path below DATA/vault. */
void vault_path(const struct vault *v, const uint8_t id[VAULT_ID_BYTES], char out[VAULT_PATH_SIZE]);

#endif
