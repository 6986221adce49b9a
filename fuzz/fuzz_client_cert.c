/* Any text as the header Client-Cert, and as a certificate: read or refused. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/client_cert.h"
#include "people/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = malloc(size + 1);
    struct cert cert;
    struct err e = {0};
    struct buf der;

    if (value == NULL)
        abort();
    memcpy(value, data, size);
    value[size] = '\0';
    buf_init(&der, CLIENT_CERT_MAX);
    if (client_cert_der(value, &der) ? der.size == 0 || der.size > CLIENT_CERT_MAX : false)
        abort();
    if (cert_read(data, size, &cert, &e) == ASSAY_OK && cert.until_ms <= 0)
        abort();
    buf_clear(&der);
    free(value);
    return 0;
}
