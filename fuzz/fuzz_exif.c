/* Fuzzes the EXIF reader: whatever it finds lies inside of the block. */
#include <assert.h>
#include <string.h>

#include "decoder/exif.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct exif got = exif_read_marked(bytes, size);

    assert(got.orientation >= 1);
    assert(got.orientation <= 8);
    if (got.thumbnail != NULL) {
        assert(got.thumbnail_size >= 4);
        assert(got.thumbnail >= bytes);
        assert(got.thumbnail_size <= (size_t)(bytes + size - got.thumbnail));
        assert(memcmp(got.thumbnail, "\xff\xd8\xff", 3) == 0);
    }
    return 0;
}
