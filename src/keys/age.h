/* Opens files that the `age` program encrypted to the workspace's intake key. */
#ifndef KEYS_AGE_H
#define KEYS_AGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/seekable.h"
#include "keys/keys.h"

/*
 * doc/keys.md says what is read: format age-encryption.org/v1, binary, X25519 recipients. The plain
 * bytes can be read at any place and never lie on a disk. The last chunk is verified first, so a
 * file that was cut is found before any of it is used; each chunk is verified whenever it is read.
 */
struct age_reader;

/* Whether a file that begins so is one; the armoured form too, which age_open refuses by name. */
bool age_is(const void *head, size_t size);

/*
 * sealed is borrowed until age_close; *plain are the plain bytes. EKEY: it was encrypted to others,
 * to a passphrase, or there is no intake key yet. EFORMAT: the header is none. EDAMAGED: the
 * header or the last chunk does not verify, or the file was cut; from reading *plain: a chunk does
 * not verify. EUNSUPPORTED: armoured.
 */
enum assay_err age_open(const struct keys *k, const struct seekable *sealed,
                        struct age_reader **reader, struct seekable *plain, struct err *e);
void age_close(struct age_reader *r); /* wipes; NULL is fine */

#endif
