/* Signature files of minisign 0.11, prehashed form: written. */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "keys/keys.h"
#include "keys/keys_impl.h"
#include "keys/minisign_impl.h"

static void key_id(const uint8_t public_key[KEYS_PUBLIC_BYTES], uint8_t id[ID_BYTES])
{
    uint8_t digest[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(digest, public_key, KEYS_PUBLIC_BYTES);
    memcpy(id, digest, ID_BYTES);
}

void keys_minisign(const struct keys *k, const void *bytes, size_t size,
                   const char *trusted_comment, struct buf *out)
{
    uint8_t hash[HASH_BYTES], line[SIGNATURE_BYTES] = {'E', 'D'}, global[KEYS_SIGNATURE_BYTES];
    uint8_t *signature = line + 2 + ID_BYTES;
    size_t comment_size = strlen(trusted_comment);
    struct buf text;

    assert(comment_size <= COMMENT_BYTES_MAX);
    assert(strpbrk(trusted_comment, "\r\n") == NULL);
    (void)crypto_generichash(hash, sizeof hash, bytes, size, NULL, 0);
    key_id(k->public_key[KEYS_SIGN_RELEASE], line + 2);
    keys_sign(k, KEYS_SIGN_RELEASE, hash, sizeof hash, signature);
    minisign_global_text(signature, trusted_comment, comment_size, &text);
    keys_sign(k, KEYS_SIGN_RELEASE, text.data, text.size, global);
    buf_clear(&text);

    buf_add_str(out, UNTRUSTED "signature by the release key of assay workspace ");
    buf_add_str(out, k->workspace);
    buf_add_char(out, '\n');
    str_base64(line, sizeof line, out);
    buf_add_str(out, "\n" TRUSTED);
    buf_add_str(out, trusted_comment);
    buf_add_char(out, '\n');
    str_base64(global, sizeof global, out);
    buf_add_char(out, '\n');
}

void keys_minisign_public(const struct keys *k, struct buf *out)
{
    uint8_t line[PUBLIC_BYTES] = {'E', 'd'};

    key_id(k->public_key[KEYS_SIGN_RELEASE], line + 2);
    memcpy(line + 2 + ID_BYTES, k->public_key[KEYS_SIGN_RELEASE], KEYS_PUBLIC_BYTES);
    buf_addf(out, UNTRUSTED "minisign public key %llX\n", minisign_id_number(line + 2));
    str_base64(line, sizeof line, out);
    buf_add_char(out, '\n');
}
