/* Any bytes as an entry bundle: every entry lies inside, and writing them gives the bytes back. */
#include <stdlib.h>
#include <string.h>

#include "audit/tile.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *entry;
    size_t offset = 0, entry_size;
    enum assay_err rc;
    struct buf b;

    buf_init(&b, size);
    while ((rc = tile_bundle_next(data, size, &offset, &entry, &entry_size)) == ASSAY_OK) {
        if (entry < data || entry + entry_size > data + size)
            abort();
        tile_bundle_add(&b, entry, entry_size);
    }
    if (b.over || (rc == ASSAY_ENOTFOUND && b.size != size) ||
        (b.size > 0 && memcmp(b.data, data, b.size) != 0))
        abort();
    buf_clear(&b);
    return 0;
}
