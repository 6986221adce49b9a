/* C2SP signed notes, tlog checkpoints and witness cosignatures: keys, reading, writing, checking.
 */
#ifndef AUDIT_NOTE_H
#define AUDIT_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/tree.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/keys.h"

/*
 * Sources: c2sp.org/signed-note@v1.0.0, c2sp.org/tlog-checkpoint@v1.0.0, c2sp.org/tlog-cosignature.
 *
 *     text, ending in a newline
 *     (empty line)
 *     — name base64(4-byte key id || signature)      one or more, each with its newline
 */
#define NOTE_SIZE_MAX       (256 * 1024) /* bytes; room for 32 post-quantum signatures */
#define NOTE_SIGNATURES_MAX 32           /* the standard wants at least 16 */
#define NOTE_NAME_SIZE      256          /* a key's name and a NUL */
#define NOTE_ORIGIN_SIZE    256          /* a checkpoint's first line and a NUL */
#define NOTE_KEPT_BYTES     (8 + KEYS_SIGNATURE_BYTES) /* the longest signature that we can check */

/* Algorithms, as the byte that goes into the key id. Others are carried and ignored. */
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

struct note_key {
    char name[NOTE_NAME_SIZE];
    uint32_t id; /* first 4 bytes of SHA-256(name || newline || type || public key), big-endian */
    enum note_type type;
    uint8_t public_key[KEYS_PUBLIC_BYTES];
};

struct note_signature {
    char name[NOTE_NAME_SIZE];
    uint32_t key_id;
    size_t size;                    /* bytes behind the key id */
    uint8_t bytes[NOTE_KEPT_BYTES]; /* the first of them */
};

/* A note that was read; text points into the bytes it was read from. */
struct note {
    const char *text;
    size_t text_size; /* with its last newline */
    size_t count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/* Name: no white space, no '+', not empty, shorter than NOTE_NAME_SIZE (asserted). */
void note_key_init(struct note_key *key, const char *name, enum note_type type,
                   const uint8_t public_key[KEYS_PUBLIC_BYTES]);
/* The same for a name from outside: EFORMAT when it is none. */
enum assay_err note_key_make(struct note_key *key, const char *name, enum note_type type,
                             const uint8_t public_key[KEYS_PUBLIC_BYTES], struct err *e);
/* name+8 hex digits+base64(type || public key). EFORMAT, also for an id that is not the key's;
 * EUNSUPPORTED for another algorithm. */
enum assay_err note_key_parse(const char *text, struct note_key *key, struct err *e);
void note_key_text(const struct note_key *key, struct buf *b);

/* EFORMAT, ELIMIT. Nothing is believed yet: use note_verify. */
enum assay_err note_parse(const char *bytes, size_t size, struct note *out, struct err *e);

/* ENOTFOUND when the key has not signed it, EDAMAGED when a signature under its name and id does
 * not verify. *time_s (may be NULL) is a cosignature's time, seconds since 1970; 0 for Ed25519. */
enum assay_err note_verify(const struct note *note, const struct note_key *key, uint64_t *time_s,
                           struct err *e);

/* A signature line, appended to b, behind text, empty line and earlier signatures. */
void note_add_signature(const struct note_key *key, const uint8_t signature[KEYS_SIGNATURE_BYTES],
                        struct buf *b);

struct checkpoint {
    char origin[NOTE_ORIGIN_SIZE];
    struct tree_head head;
};

/* origin, size and base64 root, a newline behind each, appended to b: what a log signs. */
void checkpoint_text(const struct checkpoint *c, struct buf *b);

/* Such a text; further lines (extensions) must not be empty and are ignored. EFORMAT. */
enum assay_err checkpoint_parse(const char *text, size_t size, struct checkpoint *out,
                                struct err *e);

/* Read a whole checkpoint note that the key must have signed, and whose origin is the key's name.
 * EFORMAT, EDAMAGED (not signed by it, or wrongly). */
enum assay_err checkpoint_open(const char *bytes, size_t size, const struct note_key *key,
                               struct checkpoint *out, struct err *e);

#endif
