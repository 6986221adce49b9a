/* Fuzzes JPEG, PNG, WebP and GIF as in the sandbox: no crash, and an answer that the parent takes.
 */
#include "formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    try_format(bytes, size, image_pick);
    return 0;
}
