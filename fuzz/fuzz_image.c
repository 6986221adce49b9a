/* Fuzzes the decoders as they run inside of the sandbox: no crash, and an answer that the parent
 * takes. Reports inside of the system's libraries are theirs; the sandbox is there for those. */
#include <assert.h>

#include "base/mem.h"
#include "decode/picture.h"
#include "decoder/image.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct decode_limits limits = decode_limits_default;
    unsigned char *pixels = mem_alloc(WIRE_PIXELS_BYTES);
    struct wire_picture p;
    enum wire_answer answer;

    limits.pixels_max = 1u << 18; /* so that each try is short */
    answer = image_decode(bytes, size, &limits, image_pick, pixels, &p);
    if (answer == WIRE_GOOD)
        assert(picture_check(&p, decode_sniff(bytes, size), &limits, NULL) == ASSAY_OK);
    mem_free(pixels);
    return 0;
}
