/* assay-decode-heif: HEIC and AVIF by libheif, inside the sandbox, one file or, for hashes alone,
 * many. */
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

int main(int argc, char **argv)
{
    heif_begin(); /* it looks into its folder of plugins, which the sandbox would forbid */
    if (child_hashes(argc, argv))
        child_hash_main(argc, argv, hash);
    child_main(argc, argv, WIRE_DECODE, work);
}
