/* Signature files of minisign 0.11, prehashed form; written and checked. */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "keys/keys.h"
#include "keys/keys_impl.h"

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

static void key_id(const uint8_t public_key[KEYS_PUBLIC_BYTES], uint8_t id[ID_BYTES])
{
    uint8_t digest[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(digest, public_key, KEYS_PUBLIC_BYTES);
    memcpy(id, digest, ID_BYTES);
}

/* minisign shows the id as a little-endian number. */
static unsigned long long id_number(const uint8_t id[ID_BYTES])
{
    unsigned long long number = 0;

    for (size_t i = ID_BYTES; i > 0; i--)
        number = number << 8 | id[i - 1];
    return number;
}

/* What the global signature is over: signature, then comment; appended to an empty b. */
static void global_text(const uint8_t signature[KEYS_SIGNATURE_BYTES], const char *comment,
                        size_t size, struct buf *b)
{
    buf_init(b, KEYS_SIGNATURE_BYTES + COMMENT_BYTES_MAX);
    buf_add(b, signature, KEYS_SIGNATURE_BYTES);
    buf_add(b, comment, size);
    assert(!b->over);
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
    global_text(signature, trusted_comment, comment_size, &text);
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
    buf_addf(out, UNTRUSTED "minisign public key %llX\n", id_number(line + 2));
    str_base64(line, sizeof line, out);
    buf_add_char(out, '\n');
}

/* The next line of *text into line and size, without its end (LF or CR LF); false after the last.
 */
static bool next_line(const char **text, const char **line, size_t *size)
{
    if (**text == '\0')
        return false;
    *line = *text;
    *size = strcspn(*text, "\n");
    *text += *size + ((*text)[*size] == '\n');
    if (*size > 0 && (*line)[*size - 1] == '\r')
        (*size)--;
    return true;
}

/* A line of base64 that stands for exactly want bytes. */
static enum assay_err base64_line(const char **text, uint8_t *out, size_t want)
{
    enum assay_err rc = ASSAY_EFORMAT;
    const char *line;
    struct buf b;
    size_t size;

    if (!next_line(text, &line, &size))
        return rc;
    buf_init(&b, want);
    if (str_unbase64(line, size, &b) == 0 && !b.over && b.size == want) {
        memcpy(out, b.data, want);
        rc = ASSAY_OK;
    }
    buf_clear(&b);
    return rc;
}

/* A line that begins with prefix; the rest of it into rest and size. */
static enum assay_err comment_line(const char **text, const char *prefix, const char **rest,
                                   size_t *size)
{
    const char *line;

    if (!next_line(text, &line, size) || *size < strlen(prefix) ||
        memcmp(line, prefix, strlen(prefix)) != 0 || *size - strlen(prefix) > COMMENT_BYTES_MAX)
        return ASSAY_EFORMAT;
    *rest = line + strlen(prefix);
    *size -= strlen(prefix);
    return ASSAY_OK;
}

enum assay_err keys_minisign_verify(const char *public_text, const void *bytes, size_t size,
                                    const char *signature_text, struct err *e)
{
    uint8_t key[PUBLIC_BYTES], line[SIGNATURE_BYTES], global[KEYS_SIGNATURE_BYTES];
    uint8_t hash[HASH_BYTES];
    const char *comment = NULL;
    size_t comment_size = 0;
    struct buf text;

    if (comment_line(&public_text, UNTRUSTED, &comment, &comment_size) != 0 ||
        base64_line(&public_text, key, sizeof key) != 0 || *public_text != '\0' ||
        memcmp(key, "Ed", 2) != 0)
        return err_set(e, ASSAY_EFORMAT, "this is no minisign public key file");
    if (comment_line(&signature_text, UNTRUSTED, &comment, &comment_size) != 0 ||
        base64_line(&signature_text, line, sizeof line) != 0 ||
        comment_line(&signature_text, TRUSTED, &comment, &comment_size) != 0 ||
        base64_line(&signature_text, global, sizeof global) != 0 || *signature_text != '\0')
        return err_set(e, ASSAY_EFORMAT, "this is no minisign signature file");
    if (memcmp(line, "ED", 2) != 0)
        return err_set(e, ASSAY_EFORMAT, "the signature is not of minisign's prehashed form");

    if (memcmp(line + 2, key + 2, ID_BYTES) != 0)
        return err_set(e, ASSAY_EDAMAGED, "signed with key %llX, not with %llX",
                       id_number(line + 2), id_number(key + 2));
    const uint8_t *public_key = key + 2 + ID_BYTES, *signature = line + 2 + ID_BYTES;
    (void)crypto_generichash(hash, sizeof hash, bytes, size, NULL, 0);
    if (keys_verify(public_key, hash, sizeof hash, signature) != 0)
        return err_set(e, ASSAY_EDAMAGED, "the signature is not of these bytes");
    global_text(signature, comment, comment_size, &text);
    enum assay_err rc = keys_verify(public_key, text.data, text.size, global);
    buf_clear(&text);
    if (rc != 0)
        return err_set(e, rc, "the trusted comment was changed");
    return ASSAY_OK;
}
