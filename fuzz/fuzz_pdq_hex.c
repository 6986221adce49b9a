/* Fuzzes PDQ's text form: what is read is written back the same, and nothing else is read. */
#include <assert.h>
#include <string.h>

#include "assay/pdq.h"
#include "fuzz.h"

static int is_hash(const uint8_t *text, size_t length)
{
    if (length != ASSAY_PDQ_HEX_LENGTH)
        return 0;
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return 0;
    return 1;
}

/* The input is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_pdq hash = {.quality = 77}, zero = {0};
    char hex[ASSAY_PDQ_HEX_SIZE];

    enum assay_err rc = assay_pdq_from_hex((const char *)data, size, &hash);
    assert((rc == ASSAY_OK) == (is_hash(data, size) != 0));
    assert((rc == ASSAY_ERANGE) == (size != ASSAY_PDQ_HEX_LENGTH));
    if (rc != ASSAY_OK) {
        assert(hash.quality == 77);
        return 0;
    }
    assay_pdq_to_hex(&hash, hex);
    assert(strlen(hex) == size);
    assert(memcmp(hex, data, size) == 0);
    assert(assay_pdq_distance(&hash, &hash) == 0);
    assert(assay_pdq_distance(&hash, &zero) == assay_pdq_distance(&zero, &hash));
    assert(assay_pdq_distance(&hash, &zero) <= 8 * ASSAY_PDQ_BYTES);
    return 0;
}
