/* MD5, SHA-1 and SHA-256 of a byte stream, all three or some of them in one pass. */
#ifndef ASSAY_DIGEST_H
#define ASSAY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "assay/err.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define ASSAY_MD5_BYTES    16
#define ASSAY_SHA1_BYTES   20
#define ASSAY_SHA256_BYTES 32

/* A bit each. */
enum assay_digest_kind {
    ASSAY_DIGEST_MD5 = 1 << 0,
    ASSAY_DIGEST_SHA1 = 1 << 1,
    ASSAY_DIGEST_SHA256 = 1 << 2
};
#define ASSAY_DIGEST_KINDS 7u /* all three */

/* MD5 and SHA-1 are for exchange with others; identity is SHA-256 alone. */
struct assay_digests {
    uint8_t md5[ASSAY_MD5_BYTES];
    uint8_t sha1[ASSAY_SHA1_BYTES];
    uint8_t sha256[ASSAY_SHA256_BYTES];
    uint64_t size; /* bytes hashed */
};

struct assay_digester; /* opaque; one thread at a time */

/* ENOMEM; EUNSUPPORTED when the OpenSSL installed lacks one of the three. The caller frees *out
 * with assay_digester_free. */
enum assay_err assay_digester_new(struct assay_digester **out);

/*
 * The same, but of kinds, bits of enum assay_digest_kind, alone: what is not among them costs
 * nothing and is zero in what assay_digester_finish gives, which is no digest of anything. With no
 * bit at all bytes are counted. ENOMEM; EUNSUPPORTED as above, of those asked for.
 */
enum assay_err assay_digester_new_of(unsigned kinds, struct assay_digester **out);

/* Add size bytes (borrowed for the call; size 0 is fine). ENOMEM. */
enum assay_err assay_digester_feed(struct assay_digester *d, const void *bytes, size_t size);

/* The digests of all bytes fed; the digester then starts anew. ENOMEM. */
enum assay_err assay_digester_finish(struct assay_digester *d, struct assay_digests *out);

void assay_digester_free(struct assay_digester *d); /* NULL is fine */

/* All at once. ENOMEM, EUNSUPPORTED. */
enum assay_err assay_digest(const void *bytes, size_t size, struct assay_digests *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
