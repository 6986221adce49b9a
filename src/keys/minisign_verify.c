/* Signature files of minisign 0.11, prehashed form: checked. Needs no keyring. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/str.h"
#include "keys/keys.h"
#include "keys/minisign_impl.h"

unsigned long long minisign_id_number(const uint8_t id[ID_BYTES])
{
    unsigned long long number = 0;

    for (size_t i = ID_BYTES; i > 0; i--)
        number = number << 8 | id[i - 1];
    return number;
}

void minisign_global_text(const uint8_t signature[KEYS_SIGNATURE_BYTES], const char *comment,
                          size_t size, struct buf *b)
{
    buf_init(b, KEYS_SIGNATURE_BYTES + COMMENT_BYTES_MAX);
    buf_add(b, signature, KEYS_SIGNATURE_BYTES);
    buf_add(b, comment, size);
    assert(!b->over);
}

enum assay_err keys_verify(const uint8_t public_key[KEYS_PUBLIC_BYTES], const void *bytes,
                           size_t size, const uint8_t signature[KEYS_SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, bytes, size, public_key) == 0 ? ASSAY_OK
                                                                                : ASSAY_EDAMAGED;
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
                       minisign_id_number(line + 2), minisign_id_number(key + 2));
    const uint8_t *public_key = key + 2 + ID_BYTES, *signature = line + 2 + ID_BYTES;
    (void)crypto_generichash(hash, sizeof hash, bytes, size, NULL, 0);
    if (keys_verify(public_key, hash, sizeof hash, signature) != 0)
        return err_set(e, ASSAY_EDAMAGED, "the signature is not of these bytes");
    minisign_global_text(signature, comment, comment_size, &text);
    enum assay_err rc = keys_verify(public_key, text.data, text.size, global);
    buf_clear(&text);
    if (rc != 0)
        return err_set(e, rc, "the trusted comment was changed");
    return ASSAY_OK;
}
