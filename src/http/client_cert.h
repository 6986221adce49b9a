/* The certificate that a proxy in front has seen, from its header Client-Cert. Pure. */
#ifndef HTTP_CLIENT_CERT_H
#define HTTP_CLIENT_CERT_H

#include <stdbool.h>

#include "base/buf.h"

#define CLIENT_CERT_MAX (16 * 1024) /* bytes of DER */

/*
 * The DER of one certificate, appended to der. Two forms are read: of RFC 9440, ":BASE64:", as
 * HAProxy makes it; and PEM with %XX for what a header must not have, as nginx makes it
 * ($ssl_client_escaped_cert). false: it is neither.
 */
bool client_cert_der(const char *value, struct buf *der);

#endif
