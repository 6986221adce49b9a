/* Any bytes as a keyring, with its digest put right, and any keys sealed into one: read without
 * fault, opened by no key but its own, and what opens is what was sealed. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "keys/keyring.h"

#define DIGEST_BYTES crypto_hash_sha256_BYTES

static const uint8_t site[KEYRING_KEY_BYTES] = {1}, other[KEYRING_KEY_BYTES] = {2};

static void as_file(const uint8_t *data, size_t size)
{
    struct keyring *ring = mem_zalloc(sizeof *ring);
    uint8_t *copy = mem_dup(data, size);
    struct keyring_header h;

    (void)keyring_read_header(copy, size, &h, NULL);
    if (size >= DIGEST_BYTES)
        (void)crypto_hash_sha256(copy + size - DIGEST_BYTES, copy, size - DIGEST_BYTES);
    bool read = keyring_read_header(copy, size, &h, NULL) == 0;
    bool opened = keyring_open(copy, size, site, ring, NULL) == 0;
    bool opened_other = keyring_open(copy, size, other, ring, NULL) == 0;
    if ((opened || opened_other) && (!read || (opened && opened_other)))
        abort();
    mem_free(copy);
    mem_free(ring);
}

static void as_keys(const uint8_t *data, size_t size)
{
    struct keyring *ring = mem_zalloc(sizeof *ring), *back = mem_zalloc(sizeof *back);
    const struct keyring_header h = {.site = KEYRING_SITE_PASSPHRASE, .passes = 3, .kib = 65536};
    struct buf b;

    ring->count = size / sizeof ring->keys[0];
    if (ring->count > KEYRING_KEYS_MAX)
        ring->count = KEYRING_KEYS_MAX;
    if (ring->count > 0)
        memcpy(ring->keys, data, ring->count * sizeof ring->keys[0]);
    buf_init(&b, KEYRING_SIZE_MAX);
    keyring_seal(&h, ring, site, &b);
    enum assay_err rc = keyring_open(b.data, b.size, site, back, NULL);
    if (rc == ASSAY_EKEY)
        abort();
    if (rc == 0 && (back->count != ring->count ||
                    memcmp(back->keys, ring->keys, back->count * sizeof back->keys[0]) != 0))
        abort();
    if (keyring_open(b.data, b.size, other, back, NULL) != ASSAY_EKEY)
        abort();
    buf_clear(&b);
    mem_free(ring);
    mem_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_file(data, size);
    as_keys(data, size);
    return 0;
}
