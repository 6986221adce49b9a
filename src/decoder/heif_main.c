/* assay-decode-heif: HEIC and AVIF by libheif, inside the sandbox, one file or, for hashes alone,
 * many. */
#include <malloc.h>

#include "decoder/child.h"
#include "decoder/formats.h"
#include "decoder/image.h"

static enum wire_answer work(struct child *c)
{
    return image_work(c, heif_pick);
}

static enum wire_answer hash(const struct child_file *file, struct hash_picture *out)
{
    return image_hash(file, heif_pick, out);
}

#define FILLED_WITH 0x55

/* Of a damaged file the coder leaves parts of its picture as it found the memory, which would be
 * what another file left there: filled, so that the same file has the same hash every time. */
int main(int argc, char **argv)
{
    (void)mallopt(M_PERTURB, FILLED_WITH);
    heif_begin(); /* it looks into its folder of plugins, which the sandbox would forbid */
    if (child_hashes(argc, argv))
        child_hash_main(argc, argv, hash);
    child_main(argc, argv, WIRE_DECODE, work);
}
