/* The header of an age file: pure, values in and values out. Private to this folder. */
#ifndef KEYS_AGE_HEADER_H
#define KEYS_AGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define AGE_HEADER_MAX     65536 /* bytes; some hundred recipients */
#define AGE_SHARE_BYTES    32
#define AGE_FILE_KEY_BYTES 16
#define AGE_BODY_BYTES     (AGE_FILE_KEY_BYTES + 16)
#define AGE_MAC_BYTES      32
#define AGE_STANZAS_MAX    500 /* of X25519; each costs a multiplication for each of our keys */

/* A recipient of the X25519 kind; those of other kinds are passed over. */
struct age_stanza {
    uint8_t share[AGE_SHARE_BYTES], body[AGE_BODY_BYTES];
};

struct age_header {
    size_t size;     /* bytes of the header, to the line break of its last line */
    size_t mac_size; /* bytes of it that the MAC is of: to the last line's dashes */
    uint8_t mac[AGE_MAC_BYTES];
    bool passphrase; /* a stanza is of a passphrase */
    size_t count;
    struct age_stanza stanzas[AGE_STANZAS_MAX];
};

/* Read it from the file's first bytes, AGE_HEADER_MAX or all there are. EFORMAT, saying what. */
enum assay_err age_header_read(const void *bytes, size_t size, struct age_header *out,
                               struct err *e);

#define AGE_RECIPIENT_SIZE 63 /* "age1", 58 characters and a NUL */

/* The text that senders encrypt to: bech32 of a public key. */
void age_recipient(const uint8_t public_key[32], char out[AGE_RECIPIENT_SIZE]);

#endif
