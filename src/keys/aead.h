/* AES-256-GCM with one context for many messages; what keys and vault seal with. */
#ifndef KEYS_AEAD_H
#define KEYS_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define AEAD_KEY_BYTES   32
#define AEAD_NONCE_BYTES 12
#define AEAD_TAG_BYTES   16

/*
 * The key schedule is made once, in aead_new, and kept for all messages; so a blob of many chunks
 * pays for it once. One way only, and not for two threads at a time. A nonce must never serve twice
 * under one key: a counter per random key (blobs), or random bytes (at most 2^32 messages a key, SP
 * 800-38D 8.3). Without memory or the cipher the process aborts, as base/mem.h does.
 */
struct aead;
enum aead_way { AEAD_SEAL, AEAD_OPEN };

struct aead *aead_new(enum aead_way way, const uint8_t key[AEAD_KEY_BYTES]);
void aead_free(struct aead *a); /* wipes; NULL is fine */

/* Seal size bytes (at most 2^30) of plain into out, which holds size + AEAD_TAG_BYTES: the sealed
 * bytes, then the tag. ad is bound to it and not in it. out may be plain itself. */
void aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_BYTES], const void *ad,
               size_t ad_size, const void *plain, size_t size, uint8_t *out);

/* Open size bytes of sealed (tag last) into plain, which holds size - AEAD_TAG_BYTES. EDAMAGED when
 * it does not verify or is shorter than a tag; plain is then wiped. */
enum assay_err aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_BYTES], const void *ad,
                         size_t ad_size, const uint8_t *sealed, size_t size, uint8_t *plain);

#endif
