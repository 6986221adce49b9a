/* Finds the intake key that opens an age file, and opens its chunks as they are asked for. */
#include "keys/age.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "keys/age_header.h"
#include "keys/keys_impl.h"

#define CHUNK_BYTES   65536u
#define TAG_BYTES     crypto_aead_chacha20poly1305_ietf_ABYTES
#define SEALED_BYTES  (CHUNK_BYTES + TAG_BYTES)
#define NONCE_BYTES   crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define PAYLOAD_NONCE 16u
#define KEY_BYTES     32u

static_assert(TAG_BYTES == 16, "Poly1305");
static_assert(crypto_auth_hmacsha256_BYTES == KEY_BYTES, "HKDF gives one block");

static const char binary_mark[] = "age-encryption.org/"; /* of any version */
static const char armour_mark[] = "-----BEGIN AGE ENCRYPTED FILE-----";

struct age_reader {
    const struct seekable *sealed;
    uint64_t first_at;          /* of the first chunk in the file */
    uint64_t chunks, last_size; /* last_size: sealed bytes of the last chunk */
    uint64_t held;              /* index of the chunk in plain; UINT64_MAX: none */
    uint8_t key[KEY_BYTES];
    uint8_t bytes[SEALED_BYTES], plain[CHUNK_BYTES];
};

bool age_is(const void *head, size_t size)
{
    const size_t binary = sizeof binary_mark - 1, armour = sizeof armour_mark - 1;

    return (size >= binary && memcmp(head, binary_mark, binary) == 0) ||
           (size >= armour && memcmp(head, armour_mark, armour) == 0);
}

/* HKDF-SHA-256 of RFC 5869, one block of output. */
static void derive(const uint8_t *secret, size_t secret_size, const uint8_t *salt, size_t salt_size,
                   const char *info, uint8_t out[KEY_BYTES])
{
    static const uint8_t zeros[KEY_BYTES];
    uint8_t middle[KEY_BYTES];
    crypto_auth_hmacsha256_state s;

    (void)crypto_auth_hmacsha256_init(&s, salt_size == 0 ? zeros : salt,
                                      salt_size == 0 ? sizeof zeros : salt_size);
    (void)crypto_auth_hmacsha256_update(&s, secret, secret_size);
    (void)crypto_auth_hmacsha256_final(&s, middle);
    (void)crypto_auth_hmacsha256_init(&s, middle, sizeof middle);
    (void)crypto_auth_hmacsha256_update(&s, (const uint8_t *)info, strlen(info));
    (void)crypto_auth_hmacsha256_update(&s, (const uint8_t *)"\x01", 1);
    (void)crypto_auth_hmacsha256_final(&s, out);
    mem_wipe(middle, sizeof middle);
    mem_wipe(&s, sizeof s);
}

/* Whether this intake key opens the stanza; the file key then. */
static bool try_stanza(const struct keyring_key *key, const struct age_stanza *s,
                       uint8_t file_key[AGE_FILE_KEY_BYTES])
{
    static const uint8_t nonce[NONCE_BYTES];
    uint8_t shared[32], salt[64], wrap[KEY_BYTES];
    bool opens = false;

    memcpy(salt, s->share, 32);
    (void)crypto_scalarmult_base(salt + 32, key->bytes);
    if (crypto_scalarmult(shared, key->bytes, s->share) == 0) { /* not 0: a share of low order */
        derive(shared, sizeof shared, salt, sizeof salt, "age-encryption.org/v1/X25519", wrap);
        opens = crypto_aead_chacha20poly1305_ietf_decrypt(
                    file_key, NULL, NULL, s->body, sizeof s->body, NULL, 0, nonce, wrap) == 0;
    }
    mem_wipe(shared, sizeof shared);
    mem_wipe(wrap, sizeof wrap);
    return opens;
}

static enum assay_err find_file_key(const struct keys *k, const struct age_header *h,
                                    uint8_t file_key[AGE_FILE_KEY_BYTES], struct err *e)
{
    for (size_t i = 0; i < k->ring.count; i++) {
        if (k->ring.keys[i].kind != KEYRING_INTAKE)
            continue;
        for (size_t j = 0; j < h->count; j++) {
            if (try_stanza(&k->ring.keys[i], &h->stanzas[j], file_key))
                return ASSAY_OK;
        }
    }
    if (h->passphrase)
        return err_set(e, ASSAY_EKEY,
                       "it is encrypted by a passphrase; ask the sender to encrypt it to this "
                       "workspace (assay key show intake)");
    if (k->current[KEYRING_INTAKE] == NULL)
        return err_set(e, ASSAY_EKEY,
                       "this workspace has no intake key yet: make one with assay key make intake "
                       "and give it to the sender");
    return err_set(e, ASSAY_EKEY,
                   "it is encrypted to somebody else; the sender needs what assay key show intake "
                   "prints");
}

static enum assay_err check_header(const uint8_t *bytes, const struct age_header *h,
                                   const uint8_t file_key[AGE_FILE_KEY_BYTES], struct err *e)
{
    uint8_t key[KEY_BYTES];
    crypto_auth_hmacsha256_state s;
    uint8_t mac[AGE_MAC_BYTES];

    derive(file_key, AGE_FILE_KEY_BYTES, NULL, 0, "header", key);
    (void)crypto_auth_hmacsha256_init(&s, key, sizeof key);
    (void)crypto_auth_hmacsha256_update(&s, bytes, h->mac_size);
    (void)crypto_auth_hmacsha256_final(&s, mac);
    mem_wipe(key, sizeof key);
    mem_wipe(&s, sizeof s);
    if (sodium_memcmp(mac, h->mac, sizeof mac) != 0)
        return err_set(e, ASSAY_EDAMAGED, "its age header was changed or is damaged");
    return ASSAY_OK;
}

/* Open chunk `index` into r->plain. */
static enum assay_err hold(struct age_reader *r, uint64_t index, struct err *e)
{
    bool last = index == r->chunks - 1;
    size_t size = last ? (size_t)r->last_size : SEALED_BYTES;
    uint8_t nonce[NONCE_BYTES] = {0};
    enum assay_err rc;

    if (r->held == index)
        return ASSAY_OK;
    r->held = UINT64_MAX;
    if ((rc = seekable_read(r->sealed, r->first_at + index * SEALED_BYTES, r->bytes, size, e)) != 0)
        return rc;
    for (unsigned i = 0; i < 8; i++)
        nonce[10 - i] = (uint8_t)(index >> (8 * i));
    nonce[11] = last ? 1 : 0;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(r->plain, NULL, NULL, r->bytes, size, NULL, 0,
                                                  nonce, r->key) != 0)
        return err_set(e, ASSAY_EDAMAGED,
                       last ? "it was cut short or its end is damaged (age chunk %llu, the last)"
                            : "age chunk %llu does not verify: the file is damaged",
                       (unsigned long long)index);
    r->held = index;
    return ASSAY_OK;
}

static enum assay_err read_at(void *ctx, uint64_t offset, void *out, size_t size, struct err *e)
{
    struct age_reader *r = ctx;
    uint8_t *to = out;

    while (size > 0) {
        enum assay_err rc = hold(r, offset / CHUNK_BYTES, e);
        if (rc != ASSAY_OK)
            return rc;
        size_t from = offset % CHUNK_BYTES, step = CHUNK_BYTES - from;
        step = step < size ? step : size;
        memcpy(to, r->plain + from, step);
        to += step;
        offset += step;
        size -= step;
    }
    return ASSAY_OK;
}

/* Where the chunks are. The last may be empty only when it is the only one. */
static enum assay_err plan_chunks(struct age_reader *r, size_t header_size, struct err *e)
{
    uint64_t all = r->sealed->size - header_size;

    if (all < PAYLOAD_NONCE + TAG_BYTES)
        return err_set(e, ASSAY_EDAMAGED, "it was cut short behind its age header");
    all -= PAYLOAD_NONCE;
    r->first_at = header_size + PAYLOAD_NONCE;
    r->chunks = (all + SEALED_BYTES - 1) / SEALED_BYTES;
    r->last_size = all - (r->chunks - 1) * SEALED_BYTES;
    if (r->last_size < TAG_BYTES || (r->chunks > 1 && r->last_size == TAG_BYTES))
        return err_set(e, ASSAY_EDAMAGED, "it was cut short: its last age chunk is not whole");
    return ASSAY_OK;
}

static enum assay_err open_header(const struct keys *k, struct age_reader *r, const uint8_t *bytes,
                                  size_t size, struct age_header *h, struct err *e)
{
    uint8_t file_key[AGE_FILE_KEY_BYTES], nonce[PAYLOAD_NONCE];
    enum assay_err rc = age_header_read(bytes, size, h, e);

    if (rc != ASSAY_OK || (rc = find_file_key(k, h, file_key, e)) != 0)
        return rc;
    if ((rc = check_header(bytes, h, file_key, e)) == 0 && (rc = plan_chunks(r, h->size, e)) == 0 &&
        (rc = seekable_read(r->sealed, h->size, nonce, sizeof nonce, e)) == 0)
        derive(file_key, sizeof file_key, nonce, sizeof nonce, "payload", r->key);
    mem_wipe(file_key, sizeof file_key);
    return rc;
}

enum assay_err age_open(const struct keys *k, const struct seekable *sealed,
                        struct age_reader **reader, struct seekable *plain, struct err *e)
{
    size_t size = sealed->size < AGE_HEADER_MAX ? (size_t)sealed->size : AGE_HEADER_MAX;
    uint8_t *bytes = mem_alloc(AGE_HEADER_MAX);
    struct age_header *h = mem_zalloc(sizeof *h);
    struct age_reader *r = mem_zalloc(sizeof *r);
    enum assay_err rc = seekable_read(sealed, 0, bytes, size, e);

    r->sealed = sealed;
    r->held = UINT64_MAX;
    if (rc == ASSAY_OK && size > 0 && bytes[0] == '-')
        rc = err_set(e, ASSAY_EUNSUPPORTED,
                     "it is armoured (text); ask the sender to encrypt it without -a");
    if (rc == ASSAY_OK)
        rc = open_header(k, r, bytes, size, h, e);
    if (rc == ASSAY_OK) /* a cut is found before anything of it is used */
        rc = hold(r, r->chunks - 1, e);
    mem_free(h);
    mem_free(bytes);
    if (rc != ASSAY_OK) {
        age_close(r);
        return rc;
    }
    *reader = r;
    *plain = (struct seekable){.ctx = r,
                               .size = (r->chunks - 1) * CHUNK_BYTES + r->last_size - TAG_BYTES,
                               .read = read_at};
    return ASSAY_OK;
}

void age_close(struct age_reader *r)
{
    mem_wipe_free(r, sizeof *r);
}
