/* Fuzzes the telling of types: any bytes have one, and only what the first 4096 say. */
#include <assert.h>

#include "decode/decode.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum decode_type type = decode_sniff(bytes, size);

    assert((unsigned)type < DECODE_TYPE_COUNT);
    assert((type == DECODE_TYPE_EMPTY) == (size == 0));
    assert(decode_type_mime(type) != NULL);
    if (size > 4096)
        assert(decode_sniff(bytes, 4096) == type);
    return 0;
}
