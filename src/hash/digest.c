/* MD5, SHA-1 and SHA-256, or some of them, in one pass over the bytes, by OpenSSL. */
#include "assay/digest.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define KINDS       3
#define PIECE_BYTES (16 << 10) /* stays in the first-level cache while all three read it */

/* What is not asked for has no context. */
struct assay_digester {
    EVP_MD *md[KINDS];
    EVP_MD_CTX *context[KINDS];
    uint64_t size;
};

/* MD5 and SHA-1 name things for exchange here, so a FIPS-only default set-up need not forbid them.
 */
static const struct {
    const char *name, *properties;
    unsigned bit;
} known[KINDS] = {{"MD5", "-fips", ASSAY_DIGEST_MD5},
                  {"SHA1", "-fips", ASSAY_DIGEST_SHA1},
                  {"SHA256", NULL, ASSAY_DIGEST_SHA256}};

static_assert(ASSAY_DIGEST_KINDS == (ASSAY_DIGEST_MD5 | ASSAY_DIGEST_SHA1 | ASSAY_DIGEST_SHA256),
              "all of them");

/*
 * OpenSSL keeps a queue of errors a thread, and it is the caller's: what is done here is marked
 * before and popped after. In an empty queue no mark can be set; popping then empties it.
 *
 * Without memory OpenSSL may end by saying that it has no such digest. So every error is read;
 * where others stood before in the queue, which can only be read from its front, just the last.
 */
static enum assay_err why(bool empty_before)
{
    unsigned long last = ERR_peek_last_error(), e;

    while (empty_before && (e = ERR_get_error()) != 0)
        if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
            return ASSAY_ENOMEM;
    return ERR_GET_REASON(last) == ERR_R_UNSUPPORTED ? ASSAY_EUNSUPPORTED : ASSAY_ENOMEM;
}

static enum assay_err fetch(size_t kind, EVP_MD **out)
{
    enum assay_err rc = ASSAY_OK;
    bool empty_before = ERR_peek_error() == 0;

    (void)ERR_set_mark();
    *out = EVP_MD_fetch(NULL, known[kind].name, known[kind].properties);
    if (*out == NULL)
        rc = why(empty_before);
    (void)ERR_pop_to_mark();
    return rc;
}

static enum assay_err start(struct assay_digester *d)
{
    enum assay_err rc = ASSAY_OK;

    d->size = 0;
    (void)ERR_set_mark();
    for (size_t i = 0; i < KINDS && rc == ASSAY_OK; i++)
        if (d->context[i] != NULL && EVP_DigestInit_ex2(d->context[i], d->md[i], NULL) != 1)
            rc = ASSAY_ENOMEM;
    (void)ERR_pop_to_mark();
    return rc;
}

enum assay_err assay_digester_new_of(unsigned kinds, struct assay_digester **out)
{
    enum assay_err rc;

    assert(out != NULL);
    assert((kinds & ~ASSAY_DIGEST_KINDS) == 0);
    struct assay_digester *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < KINDS; i++) {
        if ((kinds & known[i].bit) == 0)
            continue;
        rc = ASSAY_ENOMEM;
        d->context[i] = EVP_MD_CTX_new();
        if (d->context[i] == NULL)
            goto out;
        if ((rc = fetch(i, &d->md[i])) != ASSAY_OK)
            goto out;
    }
    rc = start(d);
out:
    if (rc != ASSAY_OK)
        assay_digester_free(d);
    else
        *out = d;
    return rc;
}

enum assay_err assay_digester_new(struct assay_digester **out)
{
    return assay_digester_new_of(ASSAY_DIGEST_KINDS, out);
}

enum assay_err assay_digester_feed(struct assay_digester *d, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    assert(d != NULL);
    assert(bytes != NULL || size == 0);
    d->size += size;
    while (size > 0) {
        size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
        for (size_t i = 0; i < KINDS; i++)
            if (d->context[i] != NULL && EVP_DigestUpdate(d->context[i], at, piece) != 1)
                return ASSAY_ENOMEM;
        at += piece;
        size -= piece;
    }
    return ASSAY_OK;
}

enum assay_err assay_digester_finish(struct assay_digester *d, struct assay_digests *out)
{
    struct assay_digests digests = {.size = d->size};
    unsigned char *const at[KINDS] = {digests.md5, digests.sha1, digests.sha256};

    assert(out != NULL);
    for (size_t i = 0; i < KINDS; i++)
        if (d->context[i] != NULL && EVP_DigestFinal_ex(d->context[i], at[i], NULL) != 1)
            return ASSAY_ENOMEM;
    enum assay_err rc = start(d);
    if (rc == ASSAY_OK)
        *out = digests;
    return rc;
}

void assay_digester_free(struct assay_digester *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < KINDS; i++) {
        EVP_MD_CTX_free(d->context[i]);
        EVP_MD_free(d->md[i]);
    }
    free(d);
}

enum assay_err assay_digest(const void *bytes, size_t size, struct assay_digests *out)
{
    struct assay_digester *d;
    enum assay_err rc = assay_digester_new(&d);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay_digester_feed(d, bytes, size);
    if (rc == ASSAY_OK)
        rc = assay_digester_finish(d, out);
    assay_digester_free(d);
    return rc;
}
