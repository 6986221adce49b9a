/* Fuzzes age's header: what is read lies inside, and the same header reads the same again. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "keys/age_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct age_header *h = mem_zalloc(sizeof *h), *again = mem_zalloc(sizeof *again);
    size_t given = size < AGE_HEADER_MAX ? size : AGE_HEADER_MAX;

    if (age_header_read(bytes, given, h, NULL) == ASSAY_OK) {
        assert(h->size <= given && h->mac_size < h->size && h->count <= AGE_STANZAS_MAX);
        assert(memcmp(bytes + h->mac_size - 3, "---", 3) == 0 && bytes[h->size - 1] == '\n');
        assert(age_header_read(bytes, h->size, again, NULL) == ASSAY_OK);
        assert(memcmp(h, again, sizeof *h) == 0);
        assert(age_header_read(bytes, h->size - 1, again, NULL) == ASSAY_EFORMAT);
    }
    mem_free(h);
    mem_free(again);
    return 0;
}
