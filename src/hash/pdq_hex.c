/* PDQ's text form: 64 lower-case hex digits. */
#include <assert.h>
#include <string.h>

#include "assay/pdq.h"

static const char digits[] = "0123456789abcdef";

void assay_pdq_to_hex(const struct assay_pdq *hash, char hex[ASSAY_PDQ_HEX_SIZE])
{
    assert(hash != NULL);
    assert(hex != NULL);
    for (size_t i = 0; i < ASSAY_PDQ_BYTES; i++) {
        hex[2 * i] = digits[hash->bytes[i] >> 4];
        hex[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    hex[ASSAY_PDQ_HEX_LENGTH] = '\0';
}

enum assay_err assay_pdq_from_hex(const char *text, size_t length, struct assay_pdq *out)
{
    struct assay_pdq hash = {0};

    assert(text != NULL || length == 0);
    assert(out != NULL);
    if (length != ASSAY_PDQ_HEX_LENGTH)
        return ASSAY_ERANGE;
    for (size_t i = 0; i < ASSAY_PDQ_HEX_LENGTH; i++) {
        const char *digit = memchr(digits, text[i], sizeof digits - 1);
        if (digit == NULL)
            return ASSAY_EFORMAT;
        hash.bytes[i / 2] = (uint8_t)(hash.bytes[i / 2] << 4 | (digit - digits));
    }
    *out = hash;
    return ASSAY_OK;
}
