/* assay-decode-heif: HEIC and AVIF by libheif, one file inside the sandbox. */
#include "decoder/child.h"
#include "decoder/formats.h"
#include "decoder/image.h"

static enum wire_answer work(struct child *c)
{
    return image_work(c, heif_pick);
}

int main(int argc, char **argv)
{
    heif_begin(); /* it looks into its folder of plugins, which the sandbox would forbid */
    child_main(argc, argv, WIRE_DECODE, work);
}
