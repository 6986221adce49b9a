/* What writing and checking minisign's files share. */
#ifndef KEYS_MINISIGN_IMPL_H
#define KEYS_MINISIGN_IMPL_H

#include "base/buf.h"
#include "keys/keys.h"

/*
 * Signature file, four lines: a comment nobody signs; base64 of "ED", key id, Ed25519 over the
 * BLAKE2b-512 of the file; a comment; base64 of Ed25519 over signature and that comment. Public key
 * file, two lines: a comment; base64 of "Ed", key id, public key. The 8-byte key id is any: ours is
 * the front of the public key's SHA-256.
 */
#define ID_BYTES          8
#define HASH_BYTES        64
#define PUBLIC_BYTES      (2 + ID_BYTES + KEYS_PUBLIC_BYTES)
#define SIGNATURE_BYTES   (2 + ID_BYTES + KEYS_SIGNATURE_BYTES)
#define COMMENT_BYTES_MAX 4096 /* minisign itself reads 8192 */
#define UNTRUSTED         "untrusted comment: "
#define TRUSTED           "trusted comment: "

/* minisign shows the id as a little-endian number. */
unsigned long long minisign_id_number(const uint8_t id[ID_BYTES]);

/* What the global signature is over: signature, then comment; appended to an empty b. */
void minisign_global_text(const uint8_t signature[KEYS_SIGNATURE_BYTES], const char *comment,
                          size_t size, struct buf *b);

#endif
