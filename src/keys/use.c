/* What an open keyring is used for: wrapping, sealing, naming, signing. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "keys/aead.h"
#include "keys/keys.h"
#include "keys/keys_impl.h"

/* Key id and nonce stand in front of what is sealed. */
#define FRONT_BYTES      (KEYRING_ID_BYTES + AEAD_NONCE_BYTES)
#define PURPOSE_BYTES    4
#define CONTEXT_SIZE_MAX 1024

static_assert(KEYS_WRAPPED_BYTES == FRONT_BYTES + KEYS_DATA_BYTES + AEAD_TAG_BYTES,
              "a wrapped key is id, nonce, key, tag");
static_assert(sizeof((struct keys_about *)0)->id == KEYRING_ID_BYTES, "an id of the ring");
static_assert(KEYS_MAC_BYTES == crypto_auth_hmacsha256_BYTES, "HMAC-SHA256");
static_assert(KEYS_NAME_BYTES == crypto_auth_hmacsha256_BYTES, "HMAC-SHA256");
static_assert(KEYS_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");
static_assert(KEYS_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
static_assert(KEYS_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519");

/* Bound to what is sealed: what for ("wrap", "seal"), the key's id, the caller's context. */
struct bound {
    uint8_t bytes[PURPOSE_BYTES + KEYRING_ID_BYTES + CONTEXT_SIZE_MAX];
    size_t size;
};

static void bind_to(struct bound *b, const char purpose[PURPOSE_BYTES + 1], const uint8_t *key_id,
                    const void *context, size_t context_size)
{
    assert(context_size <= CONTEXT_SIZE_MAX);
    memcpy(b->bytes, purpose, PURPOSE_BYTES);
    memcpy(b->bytes + PURPOSE_BYTES, key_id, KEYRING_ID_BYTES);
    if (context_size > 0)
        memcpy(b->bytes + PURPOSE_BYTES + KEYRING_ID_BYTES, context, context_size);
    b->size = PURPOSE_BYTES + KEYRING_ID_BYTES + context_size;
}

/* out holds FRONT_BYTES + size + AEAD_TAG_BYTES. */
static void seal(const struct keys *k, const char *purpose, const void *context,
                 size_t context_size, const void *bytes, size_t size, uint8_t *out)
{
    const struct keyring_key *key = k->current[KEYRING_WRAP];
    struct aead *a = aead_new(AEAD_SEAL, key->bytes);
    struct bound b;

    bind_to(&b, purpose, key->id, context, context_size);
    memcpy(out, key->id, KEYRING_ID_BYTES);
    rand_bytes(out + KEYRING_ID_BYTES, AEAD_NONCE_BYTES);
    aead_seal(a, out + KEYRING_ID_BYTES, b.bytes, b.size, bytes, size, out + FRONT_BYTES);
    aead_free(a);
}

/* plain holds size - FRONT_BYTES - AEAD_TAG_BYTES; size is at least their sum. */
static enum assay_err unseal(const struct keys *k, const char *purpose, const void *context,
                             size_t context_size, const uint8_t *sealed, size_t size,
                             uint8_t *plain, struct err *e)
{
    const struct keyring_key *key = NULL;
    struct bound b;

    for (size_t i = 0; i < k->ring.count; i++) {
        const struct keyring_key *one = &k->ring.keys[i];
        if (one->kind == KEYRING_WRAP && memcmp(one->id, sealed, KEYRING_ID_BYTES) == 0)
            key = one;
    }
    if (key == NULL)
        return err_set(e, ASSAY_EKEY,
                       "it was sealed under the key %02x%02x%02x%02x, which is not "
                       "in the keyring",
                       sealed[0], sealed[1], sealed[2], sealed[3]);
    bind_to(&b, purpose, key->id, context, context_size);
    struct aead *a = aead_new(AEAD_OPEN, key->bytes);
    enum assay_err rc = aead_open(a, sealed + KEYRING_ID_BYTES, b.bytes, b.size,
                                  sealed + FRONT_BYTES, size - FRONT_BYTES, plain);
    aead_free(a);
    if (rc != 0)
        return err_set(e, rc, "the sealed bytes do not verify");
    return ASSAY_OK;
}

void keys_wrap(const struct keys *k, const uint8_t data_key[KEYS_DATA_BYTES], const void *context,
               size_t context_size, uint8_t out[KEYS_WRAPPED_BYTES])
{
    seal(k, "wrap", context, context_size, data_key, KEYS_DATA_BYTES, out);
}

enum assay_err keys_unwrap(const struct keys *k, const uint8_t wrapped[KEYS_WRAPPED_BYTES],
                           const void *context, size_t context_size,
                           uint8_t data_key[KEYS_DATA_BYTES], struct err *e)
{
    return unseal(k, "wrap", context, context_size, wrapped, KEYS_WRAPPED_BYTES, data_key, e);
}

void keys_seal(const struct keys *k, const void *context, size_t context_size, const void *bytes,
               size_t size, struct buf *out)
{
    uint8_t *to = buf_reserve(out, FRONT_BYTES + size + AEAD_TAG_BYTES);

    if (to == NULL)
        return; /* out->over says so */
    seal(k, "seal", context, context_size, bytes, size, to);
    out->size += FRONT_BYTES + size + AEAD_TAG_BYTES;
}

enum assay_err keys_open_sealed(const struct keys *k, const void *context, size_t context_size,
                                const void *sealed, size_t size, struct buf *plain, struct err *e)
{
    enum assay_err rc;

    if (size < FRONT_BYTES + AEAD_TAG_BYTES)
        return err_set(e, ASSAY_EDAMAGED, "the sealed bytes are cut short (%zu)", size);
    size_t plain_size = size - FRONT_BYTES - AEAD_TAG_BYTES;
    uint8_t *to = buf_reserve(plain, plain_size);
    if (to == NULL)
        return err_set(e, ASSAY_ELIMIT, "sealed text of %zu bytes, at most %zu fit", plain_size,
                       plain->max - plain->size);
    if ((rc = unseal(k, "seal", context, context_size, sealed, size, to, e)) != 0)
        return rc;
    plain->size += plain_size;
    return ASSAY_OK;
}

/* HMAC over label, a zero byte and the bytes: labels hold no zero, so no two uses ever meet. */
static void mac(const struct keyring_key *key, const char *label, const void *bytes, size_t size,
                uint8_t *out)
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, key->bytes, sizeof key->bytes);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)label, strlen(label) + 1);
    (void)crypto_auth_hmacsha256_update(&state, bytes, size);
    (void)crypto_auth_hmacsha256_final(&state, out);
    mem_wipe(&state, sizeof state);
}

void keys_name(const struct keys *k, const char *label, const void *bytes, size_t size,
               uint8_t out[KEYS_NAME_BYTES])
{
    mac(k->current[KEYRING_NAME], label, bytes, size, out);
}

void keys_ticket_mac(const struct keys *k, const char *label, const void *bytes, size_t size,
                     uint8_t out[KEYS_MAC_BYTES])
{
    mac(k->current[KEYRING_TICKET], label, bytes, size, out);
}

void keys_sign(const struct keys *k, enum keys_signer signer, const void *bytes, size_t size,
               uint8_t out[KEYS_SIGNATURE_BYTES])
{
    assert((size_t)signer < KEYS_SIGNERS);
    (void)crypto_sign_detached(out, NULL, bytes, size, k->secret[signer]);
}

void keys_public(const struct keys *k, enum keys_signer signer, uint8_t out[KEYS_PUBLIC_BYTES])
{
    assert((size_t)signer < KEYS_SIGNERS);
    memcpy(out, k->public_key[signer], KEYS_PUBLIC_BYTES);
}

bool keys_about(const struct keys *k, size_t index, struct keys_about *out)
{
    static const char *const uses[KEYRING_KINDS + 1] = {
        [KEYRING_WRAP] = "wrap",
        [KEYRING_NAME] = "name",
        [KEYRING_RECORD_SIGN] = "record-sign",
        [KEYRING_RELEASE_SIGN] = "release-sign",
        [KEYRING_TICKET] = "ticket",
        [KEYRING_WELLBEING] = "wellbeing",
        [KEYRING_INTAKE] = "intake",
    };
    uint8_t secret[KEYS_SECRET_BYTES];

    if (index >= k->ring.count)
        return false;
    const struct keyring_key *key = &k->ring.keys[index];
    assert(key->kind >= 1 && key->kind <= KEYRING_KINDS); /* keyring_open refuses others */
    *out = (struct keys_about){.use = uses[key->kind],
                               .in_use = key == k->current[key->kind],
                               .signs = key->kind == KEYRING_RECORD_SIGN ||
                                        key->kind == KEYRING_RELEASE_SIGN};
    memcpy(out->id, key->id, sizeof out->id);
    if (out->signs) {
        (void)crypto_sign_seed_keypair(out->public_key, secret, key->bytes);
        mem_wipe(secret, sizeof secret);
    }
    return true;
}
