/* The site key: where it lies, how it is read, made or derived. Private to this folder. */
#ifndef KEYS_SITE_H
#define KEYS_SITE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "keys/keyring.h"
#include "keys/keys.h"

#define SITE_PASSPHRASE_MIN 8 /* bytes, for new workspaces; SP 800-63B's least */
#define SITE_PASSPHRASE_MAX 1024

/* The file's path for a workspace id (KEYS_ID_SIZE text) into path (PATH_MAX): what place names, or
 * the default. *kind says what is in it. EKEY when there is no home folder or place names two. */
enum assay_err site_path(const struct keys_place *place, const char *id, char *path,
                         enum keyring_site *kind, struct err *e);

/* ERANGE when path lies under data_dir, links followed; either may not exist yet. */
enum assay_err site_is_apart(const char *path, const char *data_dir, struct err *e);

/* The site key into key (locked memory of KEYRING_KEY_BYTES), by header h: read from a key file, or
 * derived from a passphrase file's first line. EKEY when the file is missing, others may read it,
 * or it is no key file. */
enum assay_err site_key(const char *path, const struct keyring_header *h, uint8_t *key,
                        struct err *e);

/* For a new workspace: makes the key file when path does not exist (folder 0700, file 0600, on the
 * disk on return; *made then true) and else takes what is there; ERANGE for a short passphrase. */
enum assay_err site_key_make(const char *path, const struct keyring_header *h, uint8_t *key,
                             bool *made, struct err *e);

/* Locked memory that no core dump holds, guard pages around it; wiped by locked_free. NULL when the
 * system gives none: e then says how to raise the limit, code ELIMIT. */
void *locked_new(size_t size, struct err *e);
void locked_free(void *p); /* NULL is fine */

#endif
