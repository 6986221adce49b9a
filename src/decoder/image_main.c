/* assay-decode-image: JPEG, PNG, WebP and GIF, one file inside the sandbox. */
#include "decoder/child.h"
#include "decoder/formats.h"
#include "decoder/image.h"

static enum wire_answer work(struct child *c)
{
    return image_work(c, image_pick);
}

int main(int argc, char **argv)
{
    child_main(argc, argv, WIRE_DECODE, work);
}
