/* Reads the two forms in which proxies tell a certificate. */
#include "http/client_cert.h"

#include <string.h>

#include "base/str.h"

#define TEXT_MAX (2 * CLIENT_CERT_MAX)

/* The base64 between the two lines of a PEM, without its line ends. */
static bool pem_base64(const char *pem, struct buf *text)
{
    static const char begins[] = "-----BEGIN CERTIFICATE-----\n",
                      ends[] = "-----END CERTIFICATE-----";
    const char *end = strstr(pem, ends);

    if (!str_starts(pem, begins) || end == NULL)
        return false;
    for (const char *at = pem + strlen(begins); at < end; at++) {
        if (*at != '\n' && *at != '\r')
            buf_add_char(text, *at);
    }
    const char *rest = end + strlen(ends);
    return rest[strspn(rest, "\r\n")] == '\0' && !text->over;
}

static bool unescape(const char *value, struct buf *pem)
{
    for (; *value != '\0'; value++) {
        uint8_t byte;
        if (*value != '%') {
            buf_add_char(pem, *value);
            continue;
        }
        const char hex[3] = {value[1], value[1] == '\0' ? '\0' : value[2], '\0'};
        if (str_unhex(hex, &byte, 1) != ASSAY_OK || byte == 0)
            return false;
        buf_add_char(pem, (char)byte);
        value += 2;
    }
    return !pem->over;
}

bool client_cert_der(const char *value, struct buf *der)
{
    const size_t before = der->size, size = strlen(value);
    struct buf pem, text;
    bool is = false;

    if (size > TEXT_MAX)
        return false;
    buf_init(&pem, TEXT_MAX);
    buf_init(&text, TEXT_MAX);
    if (size > 2 && value[0] == ':' && value[size - 1] == ':') {
        buf_add(&text, value + 1, size - 2);
        is = true;
    } else {
        is = unescape(value, &pem) && pem_base64(buf_cstr(&pem), &text);
    }
    is = is && str_unbase64(buf_cstr(&text), text.size, der) == ASSAY_OK && der->size > before &&
         !der->over;
    buf_clear(&pem);
    buf_clear(&text);
    return is;
}
