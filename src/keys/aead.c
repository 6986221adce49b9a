/* AES-256-GCM through OpenSSL's EVP. */
#include "keys/aead.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"

#define MESSAGE_BYTES_MAX ((size_t)1 << 30) /* EVP counts in int */

struct aead {
    EVP_CIPHER_CTX *context;
    enum aead_way way;
};

/* These calls fail only without memory or without the cipher: nothing that a caller could mend. */
static void must(int done)
{
    if (done != 1)
        abort();
}

struct aead *aead_new(enum aead_way way, const uint8_t key[AEAD_KEY_BYTES])
{
    struct aead *a = mem_zalloc(sizeof *a);

    a->way = way;
    a->context = EVP_CIPHER_CTX_new();
    must(a->context != NULL);
    must(EVP_CipherInit_ex(a->context, EVP_aes_256_gcm(), NULL, key, NULL, way == AEAD_SEAL));
    return a;
}

void aead_free(struct aead *a)
{
    if (a == NULL)
        return;
    EVP_CIPHER_CTX_free(a->context); /* cleanses the key schedule */
    mem_free(a);
}

void aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_BYTES], const void *ad,
               size_t ad_size, const void *plain, size_t size, uint8_t *out)
{
    int n = 0, tail = 0;

    assert(a->way == AEAD_SEAL);
    assert(size <= MESSAGE_BYTES_MAX);
    assert(ad_size <= MESSAGE_BYTES_MAX);
    must(EVP_EncryptInit_ex(a->context, NULL, NULL, NULL, nonce));
    if (ad_size > 0)
        must(EVP_EncryptUpdate(a->context, NULL, &n, ad, (int)ad_size));
    n = 0;
    if (size > 0)
        must(EVP_EncryptUpdate(a->context, out, &n, plain, (int)size));
    assert((size_t)n == size);
    must(EVP_EncryptFinal_ex(a->context, out + n, &tail));
    assert(tail == 0);
    must(EVP_CIPHER_CTX_ctrl(a->context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, out + size));
}

enum assay_err aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_BYTES], const void *ad,
                         size_t ad_size, const uint8_t *sealed, size_t size, uint8_t *plain)
{
    uint8_t tag[AEAD_TAG_BYTES], none[AEAD_TAG_BYTES];
    int n = 0, tail = 0;

    assert(a->way == AEAD_OPEN);
    assert(size <= MESSAGE_BYTES_MAX);
    assert(ad_size <= MESSAGE_BYTES_MAX);
    if (size < AEAD_TAG_BYTES)
        return ASSAY_EDAMAGED;
    size -= AEAD_TAG_BYTES;
    for (size_t i = 0; i < AEAD_TAG_BYTES; i++)
        tag[i] = sealed[size + i];
    must(EVP_DecryptInit_ex(a->context, NULL, NULL, NULL, nonce));
    if (ad_size > 0)
        must(EVP_DecryptUpdate(a->context, NULL, &n, ad, (int)ad_size));
    n = 0;
    if (size > 0)
        must(EVP_DecryptUpdate(a->context, plain, &n, sealed, (int)size));
    assert((size_t)n == size);
    must(EVP_CIPHER_CTX_ctrl(a->context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag));
    if (EVP_DecryptFinal_ex(a->context, none, &tail) != 1) {
        mem_wipe(plain, size);
        return ASSAY_EDAMAGED;
    }
    return ASSAY_OK;
}
