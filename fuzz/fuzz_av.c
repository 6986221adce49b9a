/* Fuzzes icons, TIFF and what else libavcodec decodes, as in the sandbox: no crash, and an answer
 * that the parent takes. */
#include "formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    try_format(bytes, size, av_pick);
    return 0;
}
