/* Writes and reads the keyring's bytes. */
#include "keys/keyring.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "keys/aead.h"

#define MAGIC        "ASSAYKEY"
#define MAGIC_BYTES  8
#define DIGEST_BYTES 32
#define ENTRY_BYTES  (KEYRING_ID_BYTES + 1 + KEYRING_KEY_BYTES)

static_assert(KEYRING_NONCE_BYTES == AEAD_NONCE_BYTES, "the header's nonce is the cipher's");
/* So the keys are sealed and opened in place, and never lie outside the caller's locked memory. */
static_assert(sizeof(struct keyring_key) == ENTRY_BYTES, "a key in memory is a key in the file");
static_assert(crypto_hash_sha256_BYTES == DIGEST_BYTES, "the file ends in a SHA-256");

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void keyring_seal(const struct keyring_header *h, const struct keyring *ring,
                  const uint8_t site_key[KEYRING_KEY_BYTES], struct buf *out)
{
    uint8_t digest[DIGEST_BYTES];
    size_t plain_size = ring->count * ENTRY_BYTES, start = out->size;

    assert(ring->count <= KEYRING_KEYS_MAX);
    buf_add(out, MAGIC, MAGIC_BYTES);
    buf_add_char(out, KEYRING_VERSION);
    buf_add_char(out, (char)h->site);
    buf_add_le16(out, (uint16_t)ring->count);
    buf_add(out, h->workspace, KEYRING_WORKSPACE_BYTES);
    buf_add(out, h->salt, KEYRING_SALT_BYTES);
    buf_add_le32(out, h->passes);
    buf_add_le32(out, h->kib);
    buf_add(out, h->nonce, KEYRING_NONCE_BYTES);
    assert(out->size - start == KEYRING_HEADER_BYTES);

    uint8_t *sealed = buf_reserve(out, plain_size + AEAD_TAG_BYTES);
    assert(sealed != NULL);
    struct aead *a = aead_new(AEAD_SEAL, site_key);
    aead_seal(a, h->nonce, out->data + start, KEYRING_HEADER_BYTES, ring->keys, plain_size, sealed);
    aead_free(a);
    out->size += plain_size + AEAD_TAG_BYTES;

    (void)crypto_hash_sha256(digest, out->data + start, out->size - start);
    buf_add(out, digest, DIGEST_BYTES);
    assert(!out->over);
}

enum assay_err keyring_read_header(const void *bytes, size_t size, struct keyring_header *h,
                                   struct err *e)
{
    const uint8_t *at = bytes;
    uint8_t digest[DIGEST_BYTES];

    if (size < KEYRING_HEADER_BYTES + AEAD_TAG_BYTES + DIGEST_BYTES)
        return err_set(e, ASSAY_EDAMAGED, "the keyring is cut short (%zu bytes)", size);
    (void)crypto_hash_sha256(digest, at, size - DIGEST_BYTES);
    if (memcmp(digest, at + size - DIGEST_BYTES, DIGEST_BYTES) != 0)
        return err_set(e, ASSAY_EDAMAGED, "the keyring is damaged: put it back from a backup");
    if (memcmp(at, MAGIC, MAGIC_BYTES) != 0)
        return err_set(e, ASSAY_EDAMAGED, "the keyring is no keyring of assay");
    if (at[8] != KEYRING_VERSION)
        return err_set(e, ASSAY_EVERSION, "the keyring has version %u, this assay reads %d", at[8],
                       KEYRING_VERSION);
    size_t count = (size_t)at[10] | (size_t)at[11] << 8;
    if (count > KEYRING_KEYS_MAX ||
        size != KEYRING_HEADER_BYTES + count * ENTRY_BYTES + AEAD_TAG_BYTES + DIGEST_BYTES)
        return err_set(e, ASSAY_EDAMAGED, "the keyring's size does not fit its %zu keys", count);

    uint32_t passes = le32(at + 36), kib = le32(at + 40);
    bool cost_fits = at[9] == KEYRING_SITE_FILE
                         ? passes == 0 && kib == 0
                         : passes >= 1 && passes <= KEYRING_PASSES_MAX && kib >= KEYRING_KIB_MIN &&
                               kib <= KEYRING_KIB_MAX;
    if (at[9] > KEYRING_SITE_PASSPHRASE || !cost_fits)
        return err_set(e, ASSAY_EDAMAGED, "the keyring's header asks for an impossible site key");
    h->site = at[9] == KEYRING_SITE_FILE ? KEYRING_SITE_FILE : KEYRING_SITE_PASSPHRASE;
    memcpy(h->workspace, at + 12, KEYRING_WORKSPACE_BYTES);
    memcpy(h->salt, at + 20, KEYRING_SALT_BYTES);
    h->passes = passes;
    h->kib = kib;
    memcpy(h->nonce, at + 44, KEYRING_NONCE_BYTES);
    return ASSAY_OK;
}

static enum assay_err check(const struct keyring *ring, struct err *e)
{
    size_t of_kind[KEYRING_KINDS + 1] = {0};

    for (size_t i = 0; i < ring->count; i++) {
        uint8_t kind = ring->keys[i].kind;
        if (kind == 0 || kind > KEYRING_KINDS)
            return err_set(e, ASSAY_EVERSION, "the keyring holds a key of unknown kind %u", kind);
        of_kind[kind]++;
        for (size_t j = 0; j < i; j++) {
            if (memcmp(ring->keys[i].id, ring->keys[j].id, KEYRING_ID_BYTES) == 0)
                return err_set(e, ASSAY_EDAMAGED, "the keyring holds two keys of one id");
        }
    }
    for (size_t kind = 1; kind <= KEYRING_KINDS_ALWAYS; kind++) {
        if (of_kind[kind] == 0)
            return err_set(e, ASSAY_EDAMAGED, "the keyring lacks a key of kind %zu", kind);
    }
    if (of_kind[KEYRING_NAME] != 1)
        return err_set(e, ASSAY_EDAMAGED, "the keyring holds more than one name key");
    return ASSAY_OK;
}

enum assay_err keyring_open(const void *bytes, size_t size,
                            const uint8_t site_key[KEYRING_KEY_BYTES], struct keyring *ring,
                            struct err *e)
{
    const uint8_t *at = bytes;
    struct keyring_header h;
    enum assay_err rc;

    if ((rc = keyring_read_header(bytes, size, &h, e)) != 0)
        return rc;
    size_t sealed_size = size - KEYRING_HEADER_BYTES - DIGEST_BYTES;
    struct aead *a = aead_new(AEAD_OPEN, site_key);
    rc = aead_open(a, h.nonce, at, KEYRING_HEADER_BYTES, at + KEYRING_HEADER_BYTES, sealed_size,
                   (uint8_t *)ring->keys);
    aead_free(a);
    if (rc != 0) /* the digest holds, so the bytes are as written: it is the key that is wrong */
        return err_set(e, ASSAY_EKEY, "this key does not open the keyring");

    ring->count = (sealed_size - AEAD_TAG_BYTES) / ENTRY_BYTES;
    if ((rc = check(ring, e)) != 0)
        mem_wipe(ring, sizeof *ring);
    return rc;
}
