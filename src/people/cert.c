/* Reads a certificate with OpenSSL. */
#include "people/cert.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static enum assay_err read_x509(const X509 *x, struct cert *out, struct err *e)
{
    char text[80]; /* whatever numbers a certificate has */
    unsigned size = 0;
    struct tm until;

    if (X509_digest(x, EVP_sha256(), out->sha256, &size) != 1 || size != CERT_BYTES ||
        ASN1_TIME_to_tm(X509_get0_notAfter(x), &until) != 1)
        return err_set(e, ASSAY_EFORMAT, "the certificate cannot be read");
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", until.tm_year + 1900,
                   until.tm_mon + 1, until.tm_mday, until.tm_hour, until.tm_min, until.tm_sec);
    if (clock_parse(text, &out->until_ms) != ASSAY_OK || out->until_ms <= 0)
        return err_set(e, ASSAY_EFORMAT, "the certificate's end is no date");
    return ASSAY_OK;
}

enum assay_err cert_read(const void *pem, size_t size, struct cert *out, struct err *e)
{
    BIO *bio = size <= CERT_TEXT_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;
    X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    enum assay_err rc = x != NULL ? read_x509(x, out, e)
                                  : err_set(e, ASSAY_EFORMAT,
                                            "this is no certificate; it begins with the line "
                                            "-----BEGIN CERTIFICATE-----");

    X509_free(x);
    (void)BIO_free(bio);
    return rc;
}
