/* A client's certificate: what is kept of it. */
#ifndef PEOPLE_CERT_H
#define PEOPLE_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CERT_TEXT_MAX (64 * 1024)
#define CERT_BYTES    32

struct cert {
    uint8_t sha256[CERT_BYTES]; /* of its DER: what it is known by */
    int64_t until_ms;           /* notAfter */
};

/* The first certificate of a PEM text. EFORMAT: there is none, or it cannot be read. */
enum assay_err cert_read(const void *pem, size_t size, struct cert *out, struct err *e);

#endif
